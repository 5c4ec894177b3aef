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
// The source is not touched: each mutant is compiled with go test -overlay. One
// that does not compile says nothing about the tests. Mutants that behave as the
// original does are listed, with the reason, in the file of -equivalent:
//
//	match.go better: `m > g` -> `m >= g` # why no test can tell
//
// The exit status is 0 when every mutant is noticed or listed, 1 when some
// survive or a listed one does not, and 2 when the tool cannot work.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	files := flag.String("files", "*.go", "patterns of the files to change, separated by commas")
	equivalent := flag.String("equivalent", "internal/mutate/equivalent.txt", "file that lists equivalent mutants")
	parallel := flag.Int("parallel", 2, "how many mutants to test at a time")
	flag.Parse()
	findings, err := check(flag.Arg(0), strings.Split(*files, ","), *equivalent, max(*parallel, 1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if findings > 0 {
		os.Exit(1)
	}
}

// check tests every mutant, prints what it finds and returns how much that is.
func check(dir string, files []string, equivalent string, parallel int) (int, error) {
	mutants, err := mutantsOf(dir, files)
	known, failed := readKnown(equivalent)
	temp, refused := os.MkdirTemp("", "mutate")
	if err := errors.Join(err, failed, refused); err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	r := runner{dir: dir, temp: temp, timeout: 10 * time.Minute}
	start := time.Now()
	if result, output, err := r.test("unchanged", nil); err != nil || result != survived {
		return 0, errors.Join(err, errors.New("the tests fail without a change:\n"+output))
	}
	r.timeout = 30*time.Second + 5*time.Since(start) // a mutant that takes longer is in a loop
	err = r.testAll(mutants, parallel)
	return report(mutants, known), err
}

// A result is what the tests said of a mutant.
type result int

const (
	killed result = iota
	survived
	unbuilt
)

// A runner tests mutants of the package in a directory.
type runner struct {
	dir, temp string
	timeout   time.Duration
}

func (r *runner) testAll(mutants []mutant, parallel int) error {
	failures, slots := make([]error, len(mutants)), make(chan bool, parallel)
	var workers sync.WaitGroup
	for i := range mutants {
		slots <- true
		workers.Go(func() {
			mutants[i].result, _, failures[i] = r.test(fmt.Sprint(i), &mutants[i])
			if mutants[i].result == survived {
				fmt.Println("survived:", mutants[i].name()) // a run takes long
			}
			<-slots
		})
	}
	workers.Wait()
	return errors.Join(failures...)
}

// test runs the tests with a mutant, or without a change.
func (r *runner) test(name string, m *mutant) (result, string, error) {
	replace := make(map[string]string)
	if m != nil {
		original, err := filepath.Abs(m.path)
		replace[original] = filepath.Join(r.temp, name+".go")
		if err := errors.Join(err, os.WriteFile(replace[original], m.source(), 0o600)); err != nil {
			return killed, "", err
		}
	}
	overlay := filepath.Join(r.temp, name+".json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err := errors.Join(err, os.WriteFile(overlay, text, 0o600)); err != nil {
		return killed, "", err
	}
	command := exec.Command("go", "test", "-overlay", overlay, "-ldflags=-s -w", "-vet=off", "-count=1", "-short",
		"-failfast", "-timeout", r.timeout.String(), ".", "-args", "-rapid.nofailfile", "-rapid.shrinktime=1ms")
	command.Dir = r.dir
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, string(output), nil
	case !errors.As(err, &exit):
		return killed, string(output), err
	case strings.Contains(string(output), "[build failed]"):
		return unbuilt, string(output), nil
	}
	return killed, string(output), nil
}

// report prints the survivors that are not known to be equivalent, and those
// known that are none, and returns their number.
func report(mutants []mutant, known map[string]bool) int {
	count := make(map[result]int)
	var findings []string
	for i := range mutants {
		m := &mutants[i]
		count[m.result]++
		what := "survivor"
		if known[m.name()] {
			what = "listed as equivalent, but no survivor"
		}
		if (m.result == survived) != known[m.name()] && m.result != unbuilt {
			findings = append(findings, fmt.Sprintf("%s:%d: %s: %s", m.path, m.line, what, m.name()))
		}
	}
	fmt.Printf("%d mutants: %d killed, %d survived, %d did not build; %d findings\n",
		len(mutants), count[killed], count[survived], count[unbuilt], len(findings))
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

// A mutant is one change of one file.
type mutant struct {
	path       string
	text       []byte // of the file
	function   string // in which it is
	line       int
	start, end int // offsets of what is replaced
	with       string
	was, is    string // the expression around it, or the head of a case
	result     result
}

// name says what the change is, without its line: that of another change above
// it does not alter it.
func (m *mutant) name() string {
	name := fmt.Sprintf("%s %s: `%s` -> `%s`", filepath.Base(m.path), m.function, m.was, m.is)
	return strings.Join(strings.Fields(name), " ")
}

func (m *mutant) source() []byte {
	return slices.Concat(m.text[:m.start], []byte(m.with), m.text[m.end:])
}

// mutantsOf returns all changes of the files of a directory that match patterns.
func mutantsOf(dir string, patterns []string) ([]mutant, error) {
	f := finder{files: token.NewFileSet()}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			return nil, errors.Join(err, fmt.Errorf("no file in %s matches %q", dir, pattern))
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			if f.text, err = os.ReadFile(path); err != nil {
				return nil, err
			}
			tree, err := parser.ParseFile(f.files, path, f.text, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, d := range tree.Decls {
				f.path, f.function = path, "package"
				if function, ok := d.(*ast.FuncDecl); ok {
					f.function = function.Name.Name
				}
				ast.Inspect(d, f.visit)
			}
		}
	}
	return f.found, nil
}

// A finder finds what can be changed.
type finder struct {
	files          *token.FileSet
	path, function string
	text           []byte
	found          []mutant
}

func (f *finder) offset(p token.Pos) int { return f.files.Position(p).Offset }

func (f *finder) source(n ast.Node) string {
	return string(f.text[f.offset(n.Pos()):f.offset(n.End())])
}

// change adds the mutant in which the text from start to end, a part of the node
// around it, is replaced.
func (f *finder) change(around ast.Node, start, end token.Pos, with string) {
	from, to := f.offset(start), f.offset(end)
	first, last := f.offset(around.Pos()), f.offset(around.End())
	f.found = append(f.found, mutant{
		path: f.path, text: f.text, function: f.function, line: f.files.Position(start).Line,
		start: from, end: to, with: with, was: f.source(around),
		is: string(f.text[first:from]) + with + string(f.text[min(to, last):last]),
	})
}

// opposites has what an operator becomes.
var opposites = map[token.Token][]string{
	token.EQL: {"!="}, token.NEQ: {"=="}, token.LAND: {"||"}, token.LOR: {"&&"},
	token.LSS: {">=", "<="}, token.GEQ: {"<", ">"}, token.GTR: {"<=", ">="}, token.LEQ: {">", "<"},
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		for _, with := range opposites[n.Op] {
			f.change(n, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), with)
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.change(n, n.OpPos, n.X.Pos(), "")
		}
	case *ast.ReturnStmt:
		for _, result := range n.Results {
			if with := map[string]string{"true": "false", "false": "true"}[f.source(result)]; with != "" {
				f.change(n, result.Pos(), result.End(), with)
			}
		}
	case *ast.SwitchStmt:
		for _, clause := range n.Body.List {
			f.clause(clause.(*ast.CaseClause), n.Tag == nil)
		}
	}
	return true
}

// clause negates the conditions of a case, or leaves its values out one by one.
func (f *finder) clause(c *ast.CaseClause, conditions bool) {
	head := &ast.CaseClause{Case: c.Case, List: c.List, Colon: c.Colon}
	for i, value := range c.List {
		switch {
		case conditions:
			f.change(head, value.Pos(), value.End(), "!("+f.source(value)+")")
		case len(c.List) == 1:
			f.change(head, c.Case, c.End(), "")
		case i == 0:
			f.change(head, value.Pos(), c.List[1].Pos(), "")
		default:
			f.change(head, c.List[i-1].End(), value.End(), "")
		}
	}
}
