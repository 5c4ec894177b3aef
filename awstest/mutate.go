package awstest

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
)

// A T is what a check that [Mutate] runs gets as its test: what testify's require needs too.
type T interface {
	TB
	FailNow()
}

// Mutate shows which parts of policies a check does not look at. It runs the check on a
// clone of the account's World, where it must pass, and then once for each mutant of the
// policies, each time on a clone in which the mutant has taken the policy's place: with one
// statement, action, resource or condition taken away, or one action, resource or principal
// widened. A mutant with which the check still passes is one that no assertion noticed;
// Mutate fails with all of them, each with its file and line. A widened grant that nobody
// notices wants a denial in the check, a grant that can be taken away wants to be used by
// it, or is one too many.
//
// The check gets the account of the clone. Principals that were made before are those of
// the clone by [Principal.In], the rows of a table by [Cases.In], and acct.S3().Bucket and its
// like find the rest:
//
//	role := acct.NewRole("reporter", awstest.File("reporter.json"))
//	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) {
//		cfg := role.In(acct).Config()
//		…
//
// The policies are those that this package has put in place before, of users, roles, groups,
// buckets, queues, keys, sessions and organizations, and those that the resources of all other
// services have, whoever gave them, as they are when Mutate is called; and those that the check
// puts in place itself. A mutant that AWS does not
// take as a policy is none. The checks of several mutants run at once.
//
// A mutant that decides every request as the policy does, as far as one can tell, is
// equivalent: no check can notice it. It is logged, and is no failure: what it takes away
// is written twice, or what it widens is wide already.
func Mutate(t TB, acct *Account, check func(t T, acct *Account)) {
	t.Helper()
	all := acct.mutants(t)
	baseline := newMutantT(t, nil)
	baseline.run(acct, check)
	if baseline.Failed() {
		t.Fatalf("awstest: Mutate: the check fails without a mutant:\n%s", baseline.text())
	}
	mutants, equivalent := split(append(all, baseline.mutants...))
	if len(equivalent) > 0 {
		t.Logf("awstest: Mutate: %d mutants are equivalent, and mean what the policy means:\n%s", len(equivalent), strings.Join(equivalent, "\n"))
	}
	survivors, tried := survivorsOf(t, acct, mutants, check)
	switch {
	case tried == 0 && len(equivalent) == 0:
		t.Errorf("awstest: Mutate: there is no policy to change: neither in the World of the account nor put in place by the check")
	case len(survivors) > 0:
		hint := ""
		if len(survivors) == tried {
			hint = "\n(is the check about its own account? Principal.In and Cases.In give what was made before)"
		}
		t.Errorf("awstest: Mutate: no assertion notices %d of %d mutants:\n%s%s", len(survivors), tried, strings.Join(survivors, "\n"), hint)
	}
}

// mutants are those of the policies that are in place.
func (a *Account) mutants(t TB) (mutants []mutant) {
	t.Helper()
	a.shared.mu.Lock()
	placements := slices.Clone(a.shared.placements)
	a.shared.mu.Unlock()
	placements = append(placements, a.resourcePolicies()...)
	for i := range placements {
		p := &placements[i]
		if p.put == nil {
			t.Fatalf("awstest: Mutate: nothing is known that replaces the policy of %s", p.at)
			return nil
		}
		if d, ok := p.inForce(); ok {
			for _, m := range mutantsOf(d) {
				m.place, m.original = p, d
				mutants = append(mutants, m)
			}
		}
	}
	return mutants
}

// split returns the mutants that a check can notice, and what the others are.
func split(all []mutant) (mutants []mutant, equivalent []string) {
	for _, m := range all {
		if m.equivalent {
			equivalent = append(equivalent, "  "+m.what)
		} else {
			mutants = append(mutants, m)
		}
	}
	return mutants, equivalent
}

// survivorsOf runs the check with each mutant, as many at once as there are processors. It
// returns what the mutants are with which the check passes, and how many AWS takes.
func survivorsOf(t TB, acct *Account, mutants []mutant, check func(T, *Account)) (survivors []string, tried int) {
	t.Helper()
	runs := make([]*mutantT, len(mutants))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(mutants)) {
		wg.Go(func() {
			for i := range next {
				runs[i] = newMutantT(t, &mutants[i])
				runs[i].run(acct, check)
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	wg.Wait()
	for i, m := range mutants {
		switch {
		case runs[i].refused:
			// Only the mutant may be at fault, not the way in which it is put in place.
			if err := m.place.put(m.place.account.In(acct.Clone(t)), m.original); err != nil {
				t.Errorf("awstest: Mutate: the policy of %s cannot be put in its own place: %v", m.place.at, err)
			}
			continue
		case !runs[i].began:
			t.Errorf("awstest: Mutate: %s: %s", m.what, runs[i].text())
		case !runs[i].Failed():
			survivors = append(survivors, "  "+m.what)
		}
		tried++
	}
	return survivors, tried
}

// A mutant is one change of one of the policies: of one that was in place before, or else of
// one of the documents that the check puts in place, by the order in which it does. What
// that is about is the name of the policy's owner.
type mutant struct {
	place    *placement
	original *document // that has the place
	document int
	about    string
	what     string // for people
	source   enforce.Source
	text     string
	// equivalent says that it decides every request as the document does.
	equivalent bool
}

// put has the mutant take the place of the policy in a clone.
func (m *mutant) put(clone *Account) error {
	return m.place.put(m.place.account.In(clone), &document{m.text, m.source, m.place.document.kind})
}

// mutate collects the mutants of a document that the check puts in place, or makes it the
// run's. The documents of a check come in the same order in every run, unless it depends on
// chance; then their owners tell.
func (t *mutantT) mutate(d *document, owner string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.documents
	t.documents++
	if m := t.mutant; m != nil {
		if m.place == nil && m.document == n && m.about == owner {
			d.text, d.source = m.text, m.source
		}
		return
	}
	for _, m := range mutantsOf(d) {
		m.document, m.about = n, owner
		t.mutants = append(t.mutants, m)
	}
}

// mutantsOf returns the mutants of a document that can be a policy.
func mutantsOf(d *document) (mutants []mutant) {
	policy, err := enforce.Parse(d.text, d.kind, d.source)
	if err != nil {
		return nil
	}
	for _, change := range changesOf(policy) {
		changed := policy.Elements()
		if !change.apply(changed) {
			continue
		}
		source := d.source
		source.Statements = positionsOf(policy, change)
		built, err := enforce.Build(changed, d.kind, source)
		if err != nil {
			continue // AWS does not take it
		}
		mutants = append(mutants, mutant{
			what: change.where + ": " + change.what, source: source, text: built.Document(),
			equivalent: lint.SameMeaning(policy.Elements(), built.Elements()),
		})
	}
	return mutants
}

// mutates lets a test with mutants change a document that is put in place.
func mutates(t TB, d *document, owner string) {
	if m, ok := t.(*mutantT); ok && d != nil {
		m.mutate(d, owner)
	}
}
