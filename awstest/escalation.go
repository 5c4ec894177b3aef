package awstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/enforce/prove/escalation"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// AssertNoEscalation checks that there is no chain of calls by which a user or role can come
// to hold permissions that it does not have: not for the calls that a test makes, but for all
// those that are known to give permissions away ([escalation.Ways]), by whoever it comes to
// act as, in all accounts of the World.
//
//	awstest.AssertNoEscalation(t, pipeline)
//
// It reads the World as it is: identities and their policies, boundaries and tags, the
// organization's policies, the policies of resources, and what runs with a role. What is
// gained is what these leave: where a boundary keeps it out there is no escalation.
//
// A failure shows the calls with the requests that they ask for, the statements that allow
// them, what is gained, and the smallest change that closes the path. What cannot be known
// fails too, and says why. The test goes on.
func AssertNoEscalation(t TB, p *Principal) bool {
	t.Helper()
	if problem := p.escalations(t); problem != "" {
		t.Errorf("%s", problem)
		return false
	}
	return true
}

// RequireNoEscalation is AssertNoEscalation, but ends the test.
func RequireNoEscalation(t TB, p *Principal) {
	t.Helper()
	if problem := p.escalations(t); problem != "" {
		t.Fatalf("%s", problem)
	}
}

// escalations tells by which paths the principal can come to hold more; empty when by none.
func (p *Principal) escalations(t TB) string {
	want := "want: no escalation by " + p.arn
	result, err := p.escalate(t)
	switch {
	case err != nil:
		return want + "\ngot:  no answer: " + err.Error()
	case result.Verdict() == prove.No:
		return ""
	case len(result.Paths) == 0:
		return want + "\ngot:  not known: " + strings.Join(shortened(result.Unknown), "\n      ")
	}
	var paths []string
	for _, path := range result.Paths {
		paths = append(paths, path.String())
	}
	text := fmt.Sprintf("%s\ngot:  %d, with what each call asks for\n%s", want, len(paths), onScreen(paths))
	if len(result.Unknown) > 0 {
		text += "\nthere may be more: " + result.Unknown[0]
	}
	return text
}

// shortened is the first of many reasons.
func shortened(reasons []string) []string {
	const most = 10
	if len(reasons) <= most {
		return reasons
	}
	return append(slices.Clone(reasons[:most]), fmt.Sprintf("and %d more reasons", len(reasons)-most))
}

// escalate searches the World from the principal.
func (p *Principal) escalate(t TB) (*escalation.Result, error) {
	t.Helper()
	a := p.account
	var ids []string
	for _, other := range a.world.Accounts() {
		ids = append(ids, other.ID)
	}
	accounts, undescribed := a.world.Describe(ids...)
	world := &escalation.World{Accounts: accounts, Region: a.options.region, Complete: true, Unlisted: undescribed, Managed: managed.Document, Names: managed.ARNs}
	if m := a.world.Membership(a.acct.ID); m != nil {
		world.Management = m.Management
	}
	search, err := escalation.New(world)
	if err != nil {
		return nil, err
	}
	for _, described := range accounts {
		if described.ID != a.acct.ID {
			continue
		}
		var id *account.Identity
		if u := described.User(p.arn); u != nil {
			id = &u.Identity
		}
		if r := described.Role(p.arn); r != nil {
			id = &r.Identity
		}
		if id != nil {
			return search.From(t.Context(), id)
		}
	}
	return nil, errors.New("it is no user or role of the account")
}
