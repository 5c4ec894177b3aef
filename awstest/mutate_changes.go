package awstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

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
