package awstest

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// A basicTB is a test that package testing does not run: the set-up of [Main], and a run of
// the check of [Mutate]. It has what both need of a [T].
type basicTB struct {
	name   string
	ctx    context.Context
	cancel context.CancelFunc
	out    io.Writer // where failures and logs go at once; nil is nowhere

	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func newBasicTB(ctx context.Context, name string, out io.Writer) *basicTB {
	t := &basicTB{name: name, out: out}
	t.ctx, t.cancel = context.WithCancel(ctx)
	return t
}

// do calls f, and returns when it has returned, has ended with FailNow or has panicked,
// which fails the test.
func (t *basicTB) do(f func()) {
	done := make(chan struct{})
	go func() { // FailNow ends it
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		f()
	}()
	<-done
}

// end ends the context and cleans up.
func (t *basicTB) end() {
	t.cancel()
	for f := t.lastCleanup(); f != nil; f = t.lastCleanup() {
		t.do(f)
	}
}

func (t *basicTB) lastCleanup() func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.cleanups) - 1
	if last < 0 {
		return nil
	}
	f := t.cleanups[last]
	t.cleanups = slices.Delete(t.cleanups, last, last+1)
	return f
}

// Helper implements [TB].
func (t *basicTB) Helper() {}

// Name implements [TB].
func (t *basicTB) Name() string { return t.name }

// Context implements [TB].
func (t *basicTB) Context() context.Context { return t.ctx }

// Cleanup implements [TB].
func (t *basicTB) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Failed implements [TB].
func (t *basicTB) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.failures) > 0
}

// Logf implements [TB].
func (t *basicTB) Logf(format string, args ...any) {
	if t.out != nil {
		fmt.Fprintf(t.out, t.name+": "+format+"\n", args...)
	}
}

// Errorf implements [TB].
func (t *basicTB) Errorf(format string, args ...any) {
	t.fail(fmt.Sprintf(format, args...))
	t.Logf(format, args...)
}

// Fatalf implements [TB].
func (t *basicTB) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// FailNow implements [T].
func (t *basicTB) FailNow() {
	t.fail("FailNow")
	runtime.Goexit()
}

func (t *basicTB) fail(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, text)
}

// text is what has failed.
func (t *basicTB) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.failures, "\n")
}
