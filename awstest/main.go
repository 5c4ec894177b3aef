package awstest

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
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
// A test takes the account as acct.For(t). Where nothing is shared, setUp is nil. Main does
// not return: it exits with the code of the tests, or with 1 where setUp fails or an option
// asks for more.
func Main(m *testing.M, setUp func(TB), options ...MainOption) {
	os.Exit(run(setUp, m.Run, options...))
}

// A MainOption changes what [Main] does.
type MainOption func(*mainOptions)

type mainOptions struct {
	coverage bool
	least    float64
}

// MinCoverage prints how many of the grants of the policies in all Worlds of the test
// binary were used, and fails where it is less than a percentage; with 0 it only prints.
// A run of some tests (-run, -skip, -short) only prints too. See [CoverageDir] for
// the tests of several packages together.
func MinCoverage(percent float64) MainOption {
	return func(o *mainOptions) { o.coverage, o.least = true, percent }
}

// run sets up, runs the tests and cleans up, and returns the exit code.
func run(setUp func(TB), tests func() int, options ...MainOption) int {
	var o mainOptions
	for _, option := range options {
		option(&o)
	}
	if o.coverage {
		coverAlways()
	}
	code := runShared(setUp, tests)
	if o.coverage && code == 0 {
		return o.cover(os.Stderr)
	}
	return code
}

// runShared is run without options. What fails while it cleans up fails the run too.
func runShared(setUp func(TB), tests func() int) int {
	t := newBasicTB(context.Background(), "TestMain", os.Stderr)
	if setUp != nil {
		t.do(func() { setUp(t) })
	}
	code := 1
	if !t.Failed() {
		code = tests()
	}
	if code != 0 {
		t.fail("the tests") // so that the calls are logged
	}
	t.end()
	if code == 0 && t.Failed() {
		return 1
	}
	return code
}

// coverAlways notes coverage also where no profile is to be written.
func coverAlways() {
	covering.Lock()
	defer covering.Unlock()
	if covering.always == nil {
		covering.always = new(coverage)
	}
}

// cover prints the coverage, and returns the exit code of a run that passed.
func (o *mainOptions) cover(w io.Writer) int {
	c, err := currentCoverage()
	if err != nil {
		fmt.Fprintf(w, "awstest: %v\n", err)
		return 1
	}
	report := c.profile().Report()
	fmt.Fprintf(w, "%s\n", report.Summary())
	switch {
	case report.Percent() >= o.least:
		return 0
	case partial():
		fmt.Fprintf(w, "awstest: %g%% is wanted of a run of all tests\n", o.least)
		return 0
	}
	fmt.Fprintf(w, "awstest: %g%% is wanted; leastpriv cover lists what is not used\n", o.least)
	return 1
}

// partial reports whether flags leave tests out.
func partial() bool {
	return slices.ContainsFunc([]string{"test.run", "test.skip", "test.short", "test.list"}, func(name string) bool {
		f := flag.Lookup(name)
		return f != nil && f.Value.String() != f.DefValue
	})
}
