package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// A mutant is one change of one file.
type mutant struct {
	number   int // by which the compiled package knows it, from 1
	path     string
	function string // in which it is
	line     int
	was, is  string // the expression around it, or the head of a case

	tests    []*test // that reach it
	noticed  string  // by which test, or how
	survived bool
}

// name says what the change is, without its line: that of another change above
// it does not alter it.
func (m *mutant) name() string {
	name := fmt.Sprintf("%s %s: `%s` -> `%s`", filepath.Base(m.path), m.function, m.was, m.is)
	return strings.Join(strings.Fields(name), " ")
}

// A source is a file with all of its mutants in it.
type source struct {
	path, pkg string
	text      string
	mutants   []*mutant
}

// mutate returns the files of a directory that match patterns.
func mutate(dir string, patterns []string) (sources []source, err error) {
	number := 0
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			return nil, errors.Join(err, fmt.Errorf("no file in %s matches %q", dir, pattern))
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			s, err := mutateFile(path, number)
			if err != nil {
				return nil, err
			}
			number += len(s.mutants)
			sources = append(sources, s)
		}
	}
	return sources, nil
}

func mutateFile(path string, number int) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	f := finder{files: token.NewFileSet(), path: path, text: text, number: number, edits: newEdits()}
	tree, err := parser.ParseFile(f.files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	for _, d := range tree.Decls {
		if general, ok := d.(*ast.GenDecl); ok && general.Tok == token.CONST {
			continue // what is constant cannot depend on a mutant
		}
		f.function = "package"
		if function, ok := d.(*ast.FuncDecl); ok {
			f.function = function.Name.Name
		}
		ast.Inspect(d, f.visit)
	}
	return source{path, tree.Name.Name, f.edits.apply(text), f.found}, nil
}

// edits are what is put into a text, by the offset. Of two things around the
// same text the outer one was put there first.
type edits struct {
	before, after map[int]string
	instead       map[int]replacement
}

type replacement struct {
	end  int
	text string
}

func newEdits() edits {
	return edits{make(map[int]string), make(map[int]string), make(map[int]replacement)}
}

func (e *edits) around(start, end int, before, after string) {
	e.before[start] += before
	e.after[end] = after + e.after[end]
}

func (e *edits) apply(text []byte) string {
	var b strings.Builder
	for i := 0; i <= len(text); i++ {
		b.WriteString(e.after[i])
		b.WriteString(e.before[i])
		if r, ok := e.instead[i]; ok {
			b.WriteString(r.text)
			i = r.end - 1
		} else if i < len(text) {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// A finder finds what can be changed, and puts the changes into the text: where
// an expression is, the choice between it and what it may become.
type finder struct {
	files          *token.FileSet
	path, function string
	text           []byte
	number         int // of the last mutant
	found          []*mutant
	edits          edits
}

func (f *finder) offset(p token.Pos) int { return f.files.Position(p).Offset }

func (f *finder) source(n ast.Node) string {
	return string(f.text[f.offset(n.Pos()):f.offset(n.End())])
}

// mutant adds the mutant in which the text from start to end, a part of the node
// around it, is replaced. It returns the expression that is true when that
// mutant is at work.
func (f *finder) mutant(around ast.Node, start, end token.Pos, with string) (on string) {
	from, to := f.offset(start), f.offset(end)
	first, last := f.offset(around.Pos()), f.offset(around.End())
	f.number++
	f.found = append(f.found, &mutant{
		number: f.number, path: f.path, function: f.function, line: f.files.Position(start).Line,
		was: f.source(around), is: string(f.text[first:from]) + with + string(f.text[min(to, last):last]),
	})
	return fmt.Sprintf("mutantOn(%d)", f.number)
}

// around puts text around a node.
func (f *finder) around(n ast.Node, before, after string) {
	f.edits.around(f.offset(n.Pos()), f.offset(n.End()), before, after)
}

// negate makes a condition the opposite when a mutant is at work.
func (f *finder) negate(n ast.Node, on string) { f.around(n, "((", ") != "+on+")") }

var (
	// opposites has what a comparison becomes.
	opposites = map[token.Token]string{token.EQL: "!=", token.NEQ: "==", token.LSS: ">=", token.GEQ: "<", token.GTR: "<=", token.LEQ: ">"}
	// neighbours differ in what they say of equals only.
	neighbours = map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}
	// connectives become each other.
	connectives = map[token.Token]string{token.LAND: "||", token.LOR: "&&"}
)

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.CONST
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.negate(n, f.mutant(n, n.OpPos, n.X.Pos(), ""))
		}
	case *ast.ReturnStmt:
		for _, result := range n.Results {
			if with := map[string]string{"true": "false", "false": "true"}[f.source(result)]; with != "" {
				f.negate(result, f.mutant(n, result.Pos(), result.End(), with))
			}
		}
	case *ast.SwitchStmt:
		if len(n.Body.List) > 0 {
			f.switches(n)
		}
	}
	return true
}

func (f *finder) binary(n *ast.BinaryExpr) {
	end := n.OpPos + token.Pos(len(n.Op.String()))
	if with := opposites[n.Op]; with != "" {
		f.negate(n, f.mutant(n, n.OpPos, end, with))
	}
	if with := neighbours[n.Op]; with != "" {
		on := f.mutant(n, n.OpPos, end, with)
		f.around(n, fmt.Sprintf("(%s && (%s %s %s) || !%s && (", on, f.source(n.X), with, f.source(n.Y), on), "))")
	}
	if with := connectives[n.Op]; with != "" {
		// a || b is !(!a && !b), and the other way round: so neither is evaluated
		// when it would not be.
		on := f.mutant(n, n.OpPos, end, with)
		f.around(n, "((((", ") != "+on+")) != "+on+")")
		f.edits.instead[f.offset(n.OpPos)] = replacement{f.offset(end), ") != " + on + ") " + n.Op.String() + " (("}
	}
}

// switches negates the conditions of the cases, or leaves their values out one
// by one.
func (f *finder) switches(n *ast.SwitchStmt) {
	tag := "mutantTag"
	switch {
	case n.Tag == nil:
	case n.Init == nil:
		f.around(n.Tag, tag+" := ", "; ")
	default:
		// There is no room for another variable; the tag is a name.
		tag = f.source(n.Tag)
		f.edits.instead[f.offset(n.Tag.Pos())] = replacement{f.offset(n.Tag.End()), ""}
	}
	for _, s := range n.Body.List {
		c := s.(*ast.CaseClause)
		head := &ast.CaseClause{Case: c.Case, List: c.List, Colon: c.Colon}
		for i, value := range c.List {
			switch {
			case n.Tag == nil && compares(value):
				// Its opposite is a mutant already.
			case n.Tag == nil:
				f.negate(value, f.mutant(head, value.Pos(), value.End(), "!("+f.source(value)+")"))
			case len(c.List) == 1:
				f.without(value, tag, f.mutant(head, c.Case, c.End(), ""))
			case i == 0:
				f.without(value, tag, f.mutant(head, value.Pos(), c.List[1].Pos(), ""))
			default:
				f.without(value, tag, f.mutant(head, c.List[i-1].End(), value.End(), ""))
			}
		}
	}
}

// without makes a value of a case a condition that a mutant never fulfils.
func (f *finder) without(value ast.Node, tag, on string) {
	f.around(value, tag+" == (", ") && !"+on)
}

// compares reports whether the opposite of an expression is a mutant of its own.
func compares(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BinaryExpr:
		return opposites[x.Op] != ""
	case *ast.UnaryExpr:
		return x.Op == token.NOT
	}
	return false
}
