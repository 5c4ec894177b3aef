package awstest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

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
	refused   bool // AWS does not take the mutant
	began     bool // the check
}

func newMutantT(t TB, m *mutant) *mutantT {
	return &mutantT{name: t.Name(), ctx: t.Context(), mutant: m}
}

// run runs the check on a clone and what it registered to clean up. What panics has failed.
func (t *mutantT) run(acct *Account, check func(T, *Account)) {
	ctx, cancel := context.WithCancel(t.ctx)
	t.ctx = ctx
	done := make(chan struct{})
	go func() { // FailNow ends it
		defer close(done)
		defer t.recovered()
		clone := acct.Clone(t)
		if t.mutant != nil && t.mutant.place != nil && t.mutant.put(clone) != nil {
			t.refused = true
			return
		}
		t.began = true
		check(t, clone)
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
