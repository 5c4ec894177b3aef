package awstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Calls are calls that a World was asked, newest last. Its methods choose some of them:
//
//	acct.Calls().By(worker).Denied()
type Calls []fakeaws.Event

// Calls returns what the World was asked, newest last, as far as its log reaches: the
// latest 4,096 calls. What this package itself does to set a test up is in the
// World's log and not here.
func (a *Account) Calls() Calls { return withoutFixtures(a.world.Log().Events()) }

func withoutFixtures(events []fakeaws.Event) []fakeaws.Event {
	return slices.DeleteFunc(events, func(e fakeaws.Event) bool { return e.Fixture })
}

// By returns the calls of a principal; of a role, those of all its sessions.
func (c Calls) By(p *Principal) Calls {
	return c.where(func(e *fakeaws.Event) bool { return p.made(e.Caller) })
}

// Of returns the calls that needed one of the permissions, or had one of the names, such
// as "s3:PutObject".
func (c Calls) Of(actions ...string) Calls {
	return c.where(func(e *fakeaws.Event) bool {
		return containsFold(actions, e.Service+":"+e.Operation) ||
			slices.ContainsFunc(e.Decisions, func(d decision) bool { return containsFold(actions, d.Request.Action) })
	})
}

// Denied returns the calls that the policies denied, also in part or in [Soft] mode.
func (c Calls) Denied() Calls { return c.where(func(e *fakeaws.Event) bool { return e.Denied }) }

// Allowed returns the calls that no policy denied; some failed for other reasons.
func (c Calls) Allowed() Calls { return c.where(func(e *fakeaws.Event) bool { return !e.Denied }) }

func (c Calls) where(wanted func(*fakeaws.Event) bool) Calls {
	var chosen Calls
	for i := range c {
		if wanted(&c[i]) {
			chosen = append(chosen, c[i])
		}
	}
	return chosen
}

// String lists the calls, a line for each permission that was asked.
func (c Calls) String() string {
	var b strings.Builder
	for i, repeated := 0, 1; i < len(c); i++ {
		text := c[i].String()
		if i+1 < len(c) && c[i+1].String() == text {
			repeated++
			continue
		}
		for line := range strings.Lines(text) {
			b.WriteString("  " + strings.TrimRight(line, "\n"))
			if repeated > 1 {
				fmt.Fprintf(&b, "  (%d times)", repeated)
			}
			b.WriteString("\n")
		}
		repeated = 1
	}
	return b.String()
}

// made reports whether a caller is the principal, or a session of it.
func (p *Principal) made(caller string) bool {
	if caller == p.arn {
		return true
	}
	session, err := arn.Parse(caller)
	if err != nil || p.kind != aRole || session.AccountID != p.account.acct.ID {
		return false
	}
	return strings.HasPrefix(session.Resource, "assumed-role/"+p.name+"/")
}

// AssertDenied checks that the policies denied a call for lack of one of the actions, or
// any call where none is given: for programs that swallow the error. It looks at the
// calls of the whole World that no assertion has looked at. The test goes on.
func (a *Account) AssertDenied(t TB, actions ...string) bool {
	t.Helper()
	return a.denied(t, t.Errorf, actions)
}

// RequireDenied is AssertDenied, but ends the test.
func (a *Account) RequireDenied(t TB, actions ...string) {
	t.Helper()
	a.denied(t, t.Fatalf, actions)
}

func (a *Account) denied(t TB, fail func(format string, args ...any), actions []string) bool {
	t.Helper()
	want := "want: a call that is denied"
	if len(actions) > 0 {
		want += " for lack of " + strings.Join(actions, " or ")
	}
	calls := a.Calls()
	for i := range calls {
		if e := &calls[i]; e.Denied && !e.Settled && lacks(e, actions) {
			a.world.Log().Settle(e.RequestID)
			return true
		}
	}
	got := calls.Of(actions...)
	if len(actions) == 0 {
		got = calls
	}
	switch {
	case len(got) > 0:
		fail("%s\ngot:  these calls%s", want, listed(got))
	case len(calls) > 0:
		fail("%s\ngot:  no call that needs it; there were%s", want, listed(calls))
	default:
		fail("%s\ngot:  no call of AWS", want)
	}
	return false
}

// lacks reports whether a call was denied for lack of one of the actions, or at all
// where none is given.
func lacks(e *fakeaws.Event, actions []string) bool {
	return len(actions) == 0 || slices.ContainsFunc(e.Decisions, func(d decision) bool {
		return !d.Allowed() && containsFold(actions, d.Request.Action)
	})
}
