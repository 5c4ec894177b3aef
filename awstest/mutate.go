package awstest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
)

// A T is a test that [Mutate] runs: what testify's require needs too.
type T interface {
	TB
	FailNow()
}

// Mutate shows which parts of policies a test does not look at. It runs the test, which
// must pass, and then again once for each mutant of the policies that this package puts
// in place for it: with one statement, action, resource or condition taken away, or one
// action, resource or principal widened. A mutant with which the test still passes
// is one that no assertion noticed; Mutate fails with all of them, each with its file and
// line. A widened grant that nobody notices wants a denial in the test, a grant that can
// be taken away wants to be used by it, or is one too many.
//
// A mutant that decides every request as the policy does, as far as one can tell, is
// equivalent: no test can notice it. It is logged, and is no failure: what it takes away
// is written twice, or what it widens is wide already.
//
// The test makes what it needs in Worlds of its own, by [New] with the T that it gets,
// since runs are beside each other. A mutant that AWS does not take as a policy is none.
//
//	awstest.Mutate(t, func(t awstest.T) {
//		acct := awstest.New(t)
//		…
//	})
func Mutate(t *testing.T, test func(T)) {
	t.Helper()
	baseline := newMutantT(t, nil)
	baseline.run(test)
	if baseline.Failed() {
		t.Fatalf("awstest: Mutate: the test fails without a mutant:\n%s", baseline.text())
	}
	mutants, equivalent := baseline.split()
	if len(equivalent) > 0 {
		t.Logf("awstest: Mutate: %d mutants are equivalent, and mean what the policy means:\n%s", len(equivalent), strings.Join(equivalent, "\n"))
	}
	survivors := survivorsOf(t, mutants, test)
	if len(survivors) > 0 {
		t.Errorf("awstest: Mutate: no assertion notices %d of %d mutants:\n%s", len(survivors), len(mutants), strings.Join(survivors, "\n"))
	}
}

// split returns the mutants that a test can notice, and what the others are.
func (t *mutantT) split() (mutants []mutant, equivalent []string) {
	for _, m := range t.mutants {
		if m.equivalent {
			equivalent = append(equivalent, "  "+m.what)
		} else {
			mutants = append(mutants, m)
		}
	}
	return mutants, equivalent
}

// survivorsOf runs the test with each mutant, as many at once as there are processors.
func survivorsOf(t *testing.T, mutants []mutant, test func(T)) []string {
	t.Helper()
	passed := make([]bool, len(mutants))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(mutants)) {
		wg.Go(func() {
			for i := range next {
				m := newMutantT(t, &mutants[i])
				m.run(test)
				passed[i] = !m.Failed()
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	wg.Wait()
	var survivors []string
	for i, m := range mutants {
		if passed[i] {
			survivors = append(survivors, "  "+m.what)
		}
	}
	return survivors
}

// A mutant is one change of one of the documents that a test puts in place, by the order
// in which it does. What it is about is the name of the policy's owner.
type mutant struct {
	document int
	about    string
	what     string // for people
	source   enforce.Source
	text     string
	// equivalent says that it decides every request as the document does.
	equivalent bool
}

// mutantT is the T of a run: it collects mutants, or puts one in place.
type mutantT struct {
	name string
	ctx  context.Context

	mu        sync.Mutex
	failures  []string
	cleanups  []func()
	documents int
	mutants   []mutant // of a run without one
	mutant    *mutant
}

func newMutantT(t *testing.T, m *mutant) *mutantT {
	return &mutantT{name: t.Name(), ctx: t.Context(), mutant: m}
}

// run runs the test and what it registered to clean up. What panics has failed.
func (t *mutantT) run(test func(T)) {
	ctx, cancel := context.WithCancel(t.ctx)
	t.ctx = ctx
	done := make(chan struct{})
	go func() { // FailNow ends it
		defer close(done)
		defer t.recovered()
		test(t)
	}()
	<-done
	cancel()
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

func (t *mutantT) recovered() {
	if p := recover(); p != nil {
		t.Errorf("panic: %v", p)
	}
}

// Helper implements [TB].
func (t *mutantT) Helper() {}

// Name implements [TB].
func (t *mutantT) Name() string { return t.name }

// Context implements [TB].
func (t *mutantT) Context() context.Context { return t.ctx }

// Logf implements [TB]: what a mutant logs, nobody wants to read.
func (t *mutantT) Logf(string, ...any) {}

// Cleanup implements [TB].
func (t *mutantT) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Failed implements [TB].
func (t *mutantT) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.failures) > 0
}

// Errorf implements [TB].
func (t *mutantT) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// FailNow implements [T].
func (t *mutantT) FailNow() {
	t.mu.Lock()
	t.failures = append(t.failures, "FailNow")
	t.mu.Unlock()
	runtime.Goexit()
}

// Fatalf implements [TB].
func (t *mutantT) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *mutantT) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.failures, "\n")
}

// mutate collects the mutants of a document that is put in place, or makes it the run's.
// The documents of a test come in the same order in every run, unless it depends on
// chance; then their owners tell.
func (t *mutantT) mutate(d *document, owner string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.documents
	t.documents++
	if m := t.mutant; m != nil {
		if m.document == n && m.about == owner {
			d.text, d.source = m.text, m.source
		}
		return
	}
	policy, err := enforce.Parse(d.text, d.kind, d.source)
	if err != nil {
		return
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
		t.mutants = append(t.mutants, mutant{n, owner, change.where + ": " + change.what, source, built.Document(), lint.SameMeaning(policy.Elements(), built.Elements())})
	}
}

// A change makes a mutant of a document.
type change struct {
	where, what string
	statement   int
	removed     bool
	apply       func(*enforce.Document) bool
}

// positionsOf are where the statements of the mutant stand in the file.
func positionsOf(p *enforce.Policy, c change) (at []enforce.Position) {
	for i, s := range p.Statements() {
		if c.removed && i == c.statement {
			continue
		}
		line, column := s.Position()
		at = append(at, enforce.Position{Line: line, Column: column})
	}
	return at
}

// changesOf returns the changes that make the mutants of a policy.
func changesOf(p *enforce.Policy) (changes []change) {
	for i, s := range p.Statements() {
		line, column := s.Position()
		file := p.Source().File
		if file == "" {
			file = p.Label()
		}
		where := fmt.Sprintf("%s:%d:%d %s", file, line, column, s.Label())
		add := func(what string, removed bool, apply func(*enforce.Document, *enforce.StatementElements) bool) {
			changes = append(changes, change{where, what, i, removed, func(d *enforce.Document) bool { return apply(d, &d.Statements[i]) }})
		}
		add("without the statement, "+s.Effect(), true, func(d *enforce.Document, _ *enforce.StatementElements) bool {
			d.Statements = slices.Delete(d.Statements, i, i+1)
			return len(d.Statements) > 0
		})
		e := s.Elements()
		for j, c := range e.Conditions {
			add(fmt.Sprintf("without %s %s", c.Operator.Value, c.Key.Value), false, func(_ *enforce.Document, e *enforce.StatementElements) bool {
				e.Conditions = slices.Delete(slices.Clone(e.Conditions), j, j+1)
				return true
			})
		}
		withoutOne := func(name string, list []enforce.Text, of func(*enforce.StatementElements) *[]enforce.Text) {
			for j := range list {
				if len(list) > 1 {
					add(fmt.Sprintf("without %s %q", name, list[j].Value), false, func(_ *enforce.Document, e *enforce.StatementElements) bool {
						*of(e) = slices.Delete(slices.Clone(*of(e)), j, j+1)
						return true
					})
				}
			}
		}
		withoutOne("Action", e.Action, func(e *enforce.StatementElements) *[]enforce.Text { return &e.Action })
		withoutOne("Resource", e.Resource, func(e *enforce.StatementElements) *[]enforce.Text { return &e.Resource })
		if s.Effect() == "Allow" {
			widen(e, add)
		}
	}
	return changes
}

// widen adds the changes that let an Allow statement grant more.
func widen(e *enforce.StatementElements, add func(what string, removed bool, apply func(*enforce.Document, *enforce.StatementElements) bool)) {
	for j, a := range e.Action {
		if service, name, ok := strings.Cut(a.Value, ":"); ok && name != "*" {
			wide := service + ":*"
			add(fmt.Sprintf("Action %q is %q", a.Value, wide), false, func(_ *enforce.Document, e *enforce.StatementElements) bool {
				e.Action = replaced(e.Action, j, wide)
				return true
			})
		}
	}
	for j, r := range e.Resource {
		if r.Value != "*" {
			add(fmt.Sprintf("Resource %q is %q", r.Value, "*"), false, func(_ *enforce.Document, e *enforce.StatementElements) bool {
				e.Resource = replaced(e.Resource, j, "*")
				return true
			})
		}
	}
	for j, p := range e.Principal {
		if p.Value != "*" && p.Type == "AWS" {
			add(fmt.Sprintf("Principal %q is %q", p.Value, "*"), false, func(_ *enforce.Document, e *enforce.StatementElements) bool {
				e.Principal = slices.Clone(e.Principal)
				e.Principal[j].Value = "*"
				return true
			})
		}
	}
}

func replaced(list []enforce.Text, at int, value string) []enforce.Text {
	list = slices.Clone(list)
	list[at].Value = value
	return list
}

// mutates lets a test with mutants change a document that is put in place.
func mutates(t TB, d *document, owner string) {
	if m, ok := t.(*mutantT); ok && d != nil {
		m.mutate(d, owner)
	}
}
