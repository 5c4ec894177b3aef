package awstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

type decision = enforce.Decision

// A span is a part of the World's log: the calls that came after the first ones.
type span struct{ first, end int }

// A row is a row of Cases that runs.
type row struct {
	account *Account
	first   int
}

func (a *Account) beginRow() row { return row{a, a.world.Log().Count()} }

// end returns the calls of the row. The log of a failed test leaves them out: where the
// row failed, the failure lists them, and elsewhere they are as expected.
func (r row) end() []fakeaws.Event {
	a := r.account
	events := a.world.Log().Since(r.first)
	a.shared.mu.Lock()
	defer a.shared.mu.Unlock()
	a.shared.rows = append(a.shared.rows, span{r.first, a.world.Log().Count()})
	return withoutFixtures(events)
}

// outsideRows returns the calls of the World that no row of Cases made.
func (a *Account) outsideRows() []fakeaws.Event {
	a.shared.mu.Lock()
	defer a.shared.mu.Unlock()
	events := a.world.Log().Since(0)
	n := a.world.Log().Count() - len(events)
	return slices.DeleteFunc(events, func(fakeaws.Event) bool {
		n++
		return slices.ContainsFunc(a.shared.rows, func(s span) bool { return s.first < n && n <= s.end })
	})
}

// maxListed is how many calls a failure lists.
const maxListed = 30

// listed lists calls below a failure. Of too many it leaves out first those that were
// allowed.
func listed(calls Calls) string {
	if len(calls) == 0 {
		return ""
	}
	left := len(calls) - maxListed
	if left <= 0 {
		return ":\n" + strings.TrimRight(calls.String(), "\n")
	}
	out := left
	calls = slices.DeleteFunc(slices.Clone(calls), func(e fakeaws.Event) bool {
		out--
		return out >= 0 && !e.Denied && e.Code == ""
	})
	calls = calls[max(0, len(calls)-maxListed):]
	return fmt.Sprintf(" (%d are left out; acct.Calls() has them):\n%s", left, strings.TrimRight(calls.String(), "\n"))
}

// logCalls logs the calls of a test, newest last, and explains the last denial that no
// assertion has dealt with.
func (a *Account) logCalls() {
	a.t.Helper()
	var events []fakeaws.Event
	if a.options.verbose {
		events = a.world.Log().Events()
	} else {
		events = withoutFixtures(a.outsideRows())
	}
	if len(events) > 0 {
		a.t.Logf("AWS calls of this test, newest last%s%s", listed(events), explained(events))
	}
	for _, warning := range a.world.UnrecognizedPrincipals() {
		a.t.Logf("%s", warning)
	}
}

// explained explains the last denial that no assertion has dealt with, and the last
// failed call of which the log knows more: of a signature, or a policy that is refused.
func explained(events []fakeaws.Event) string {
	text := ""
	for _, e := range slices.Backward(events) {
		if e.Denied && !e.Settled {
			text = "\nthe last denied call that no assertion has looked at:\n" + explain(e)
			break
		}
	}
	for _, e := range slices.Backward(events) {
		if e.Help != "" && !e.Denied && e.Code != "" {
			return text + "\nmore of the last call that failed with " + e.Code + ", " + e.Service + ":" + e.Operation + ":\n" + e.Help
		}
	}
	return text
}
