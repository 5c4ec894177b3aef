package awstest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
)

// Main runs the tests of a package that share what setUp makes, from its TestMain:
//
//	var acct *awstest.Account
//
//	func TestMain(m *testing.M) {
//		awstest.Main(m, func(t awstest.TB) { acct = awstest.New(t) })
//	}
//
// A test takes the account as acct.For(t). Main does not return: it exits with the code
// of the tests, or with 1 where setUp fails.
func Main(m *testing.M, setUp func(TB)) {
	os.Exit(run(setUp, m.Run))
}

// run sets up, runs the tests and cleans up, and returns the exit code.
func run(setUp func(TB), tests func() int) int {
	ctx, cancel := context.WithCancel(context.Background())
	t := &mainTB{ctx: ctx}
	defer t.cleanUp(cancel)
	done := make(chan struct{})
	go func() { // Fatalf ends it
		defer close(done)
		setUp(t)
	}()
	<-done
	if t.Failed() {
		return 1
	}
	if code := tests(); code != 0 {
		t.failed.Store(true)
		return code
	}
	if t.Failed() {
		return 1
	}
	return 0
}

// mainTB is what TestMain has for a test.
type mainTB struct {
	ctx      context.Context
	failed   atomic.Bool
	cleanups []func()
}

func (t *mainTB) Helper()                  {}
func (t *mainTB) Name() string             { return "TestMain" }
func (t *mainTB) Context() context.Context { return t.ctx }
func (t *mainTB) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *mainTB) Failed() bool             { return t.failed.Load() }

func (t *mainTB) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "TestMain: "+format+"\n", args...)
}

func (t *mainTB) Errorf(format string, args ...any) {
	t.failed.Store(true)
	t.Logf(format, args...)
}

func (t *mainTB) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *mainTB) cleanUp(cancel func()) {
	cancel()
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
