// Command mutate checks that the tests of a package notice when its code is
// wrong. It changes one thing at a time in the named files and runs the tests
// with each change; a change that no test notices is a survivor.
//
//	go run ./internal/mutate -files 'evaluate.go,match.go,cond_*.go' ./enforce
//
// What it changes: a comparison becomes its opposite, and < and <= (> and >=)
// each other; && and || become each other, and a ! goes; true and false become
// each other where they are returned; a case loses its values one by one, and
// its opposite takes the place of a case that is a condition.
//
// The source is not touched, and the package is compiled once, with go test
// -overlay: every change is in it, behind a question for the number of the
// mutant at work. A first run of each test records which mutants it reaches and
// how long it takes; a mutant then runs only the tests that reach it, the quick
// ones first.
//
// Mutants that behave as the original does are listed, with the reason, in the
// file of -equivalent:
//
//	match.go better: `m > g` -> `m >= g` # why no test can tell
//
// With -part 1/2 every second mutant is tested, with -part 2/2 the others.
//
// The exit status is 0 when every mutant is noticed or listed, 1 when some
// survive or a listed one does not, and 2 when the tool cannot work.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	files := flag.String("files", "*.go", "patterns of the files to change, separated by commas")
	equivalent := flag.String("equivalent", "internal/mutate/equivalent.txt", "file that lists equivalent mutants")
	parallel := flag.Int("parallel", 2, "how many mutants to test at a time")
	// Random tests with a fixed seed: a mutant is noticed always or never.
	args := flag.String("args", "-rapid.seed=1 -rapid.nofailfile -rapid.shrinktime=1ms", "further arguments for the tests")
	var of part
	flag.Func("part", "`n/of`: which part of the mutants to test", of.parse)
	flag.Parse()
	findings, err := check(flag.Arg(0), strings.Split(*files, ","), *equivalent, of, max(*parallel, 1), strings.Fields(*args))
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if findings > 0 {
		os.Exit(1)
	}
}

// A part is one of several equal parts of all mutants, counted from 1. The zero value
// is all of them.
type part struct{ n, of int }

func (p *part) parse(text string) error {
	if n, err := fmt.Sscanf(text+"\n", "%d/%d\n", &p.n, &p.of); n != 2 || err != nil || p.n < 1 || p.n > p.of {
		return fmt.Errorf("want a part like 1/2, not %q", text)
	}
	return nil
}

// has reports whether a mutant is in the part.
func (p part) has(m *mutant) bool { return p.of == 0 || m.number%p.of == p.n-1 }

// check tests every mutant of a part, prints what it finds and returns how much that is.
func check(dir string, files []string, equivalent string, of part, parallel int, args []string) (int, error) {
	sources, err := mutate(dir, files)
	known, failed := readKnown(equivalent)
	temp, refused := os.MkdirTemp("", "mutate")
	if err := errors.Join(err, failed, refused); err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	r := runner{dir: dir, temp: temp, args: args, parallel: parallel}
	if err := r.build(sources); err != nil {
		return 0, err
	}
	var mutants []*mutant
	for _, s := range sources {
		mutants = append(mutants, s.mutants...)
	}
	if err := r.record(mutants); err != nil {
		return 0, err
	}
	var tested []*mutant
	listed := make(map[string]bool)
	for _, m := range mutants {
		listed[m.name()] = true
		if of.has(m) {
			tested = append(tested, m)
		}
	}
	err = r.testAll(tested)
	return report(tested, listed, known), err
}

// report prints the survivors that are not known to be equivalent, those known that
// are none, and what is known of mutants that are not listed; it returns their number.
func report(mutants []*mutant, listed, known map[string]bool) int {
	survivors, equivalent := 0, 0
	var findings []string
	for _, m := range mutants {
		name := m.name()
		switch {
		case m.survived && known[name]:
			equivalent++
		case m.survived:
			survivors++
			findings = append(findings, fmt.Sprintf("%s:%d: survivor: %s", m.path, m.line, name))
		case known[name]:
			findings = append(findings, fmt.Sprintf("%s:%d: listed as equivalent, but no survivor: %s (%s)", m.path, m.line, name, m.noticed))
		}
	}
	for name := range known {
		if !listed[name] {
			findings = append(findings, "listed as equivalent, but no mutant: "+name)
		}
	}
	fmt.Printf("%d mutants: %d killed, %d equivalent, %d survived; %d findings\n",
		len(mutants), len(mutants)-survivors-equivalent, equivalent, survivors, len(findings))
	for _, finding := range findings {
		fmt.Println(finding)
	}
	return len(findings)
}

// readKnown reads the list of equivalent mutants; what has no reason is not one.
func readKnown(path string) (map[string]bool, error) {
	text, err := os.ReadFile(path)
	known := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if name, reason, _ := strings.Cut(strings.TrimSpace(line), " # "); reason != "" {
			known[name] = true
		}
	}
	return known, err
}
