package asl

import (
	"encoding/json"
	"strings"
)

// A filter is the condition of "[?(…)]": comparisons with && and || between them, and !.
type filter struct {
	or, and []*filter
	not     *filter
	// left and right are compared with the operator; without one left must exist.
	left, right *operand
	operator    string
}

// An operand is a value, or a path below the element or of the data.
type operand struct {
	value any
	path  *Path
	// element says that the path begins with @.
	element bool
}

// filter reads a condition with or without parentheses around it.
func (s *scanner) filter(depth int) *filter {
	if depth > maxFilterDepth {
		return nil
	}
	f := s.join("||", depth, func() *filter {
		return s.join("&&", depth, func() *filter { return s.term(depth) })
	})
	return f
}

// join reads conditions with an operator between them.
func (s *scanner) join(operator string, _ int, read func() *filter) *filter {
	var list []*filter
	for range maxSteps {
		f := read()
		if f == nil {
			return nil
		}
		list = append(list, f)
		s.spaces()
		if !s.accept(operator) {
			break
		}
	}
	switch {
	case len(list) == 1:
		return list[0]
	case operator == "||":
		return &filter{or: list}
	}
	return &filter{and: list}
}

func (s *scanner) term(depth int) *filter {
	s.spaces()
	switch {
	case s.accept("!"):
		if depth > maxFilterDepth {
			return nil
		}
		in := s.term(depth + 1)
		if in == nil {
			return nil
		}
		return &filter{not: in}
	case s.accept("("):
		in := s.filter(depth + 1)
		s.spaces()
		if in == nil || !s.accept(")") {
			return nil
		}
		return in
	}
	left := s.operand(depth)
	if left == nil {
		return nil
	}
	s.spaces()
	for _, operator := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if !s.accept(operator) {
			continue
		}
		s.spaces()
		right := s.operand(depth)
		if right == nil {
			return nil
		}
		return &filter{left: left, right: right, operator: operator}
	}
	if left.path == nil {
		return nil
	}
	return &filter{left: left}
}

func (s *scanner) operand(depth int) *operand {
	switch c := s.peek(); {
	case c == '@':
		s.at++
		p := &Path{definite: true}
		if !s.steps(p, depth+1) {
			return nil
		}
		return &operand{path: p, element: true}
	case c == '$':
		if p := s.path(depth + 1); p != nil {
			return &operand{path: p}
		}
		return nil
	case c == '\'' || c == '"':
		text, ok := s.quoted()
		if !ok {
			return nil
		}
		return &operand{value: text}
	}
	for word, value := range map[string]any{"true": true, "false": false, "null": nil} {
		if s.accept(word) {
			return &operand{value: value}
		}
	}
	if n, ok := s.number(); ok {
		return &operand{value: n}
	}
	return nil
}

// number reads a number as JSON has it.
func (s *scanner) number() (json.Number, bool) {
	start := s.at
	for strings.IndexByte("+-.eE0123456789", s.peek()) >= 0 && s.at < len(s.text) {
		s.at++
	}
	text := s.text[start:s.at]
	if !json.Valid([]byte(text)) || text == "" {
		s.at = start
		return "", false
	}
	return json.Number(text), true
}

// holds reports whether the condition holds of an element.
func (f *filter) holds(env *Env, element any) bool {
	switch {
	case f.not != nil:
		return !f.not.holds(env, element)
	case f.or != nil:
		for _, in := range f.or {
			if in.holds(env, element) {
				return true
			}
		}
		return false
	case f.and != nil:
		for _, in := range f.and {
			if !in.holds(env, element) {
				return false
			}
		}
		return true
	}
	left, ok := f.left.of(env, element)
	if f.operator == "" {
		return ok
	}
	right, both := f.right.of(env, element)
	if !ok || !both {
		return f.operator == "!=" && ok != both
	}
	switch f.operator {
	case "==":
		return env.meter.equal(left, right)
	case "!=":
		return !env.meter.equal(left, right)
	}
	order, ok := compare(left, right)
	return ok && relation(f.operator, order)
}

func relation(operator string, order int) bool {
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// of is the value of an operand; false where its path finds nothing.
func (o *operand) of(env *Env, element any) (any, bool) {
	if o.path == nil {
		return o.value, true
	}
	from := element
	if !o.element {
		var err error
		if from, err = o.path.from(env); err != nil {
			return nil, false
		}
	}
	found := []any{from}
	for i := range o.path.steps {
		found = o.path.steps[i].of(env, found)
	}
	if len(found) == 0 {
		return nil, false
	}
	if !o.path.definite {
		return found, true
	}
	return found[0], true
}
