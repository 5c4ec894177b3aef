package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Rule is one of the rules of a Choice state, or what is in one.
type Rule struct {
	Next   string
	Assign *Template

	and, or []*Rule
	not     *Rule

	variable *Path
	operator string
	value    any
	path     *Path // of what is compared with, for operators that end with Path
}

// orders are the comparisons of strings, numbers and timestamps, by the end of their names.
var orders = map[string]func(int) bool{
	"Equals":            func(c int) bool { return c == 0 },
	"LessThan":          func(c int) bool { return c < 0 },
	"GreaterThan":       func(c int) bool { return c > 0 },
	"LessThanEquals":    func(c int) bool { return c <= 0 },
	"GreaterThanEquals": func(c int) bool { return c >= 0 },
}

// tests are the operators that ask what a value is.
var tests = map[string]func(any) bool{
	"IsNull":      func(v any) bool { return v == nil },
	"IsString":    func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric":   func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean":   func(v any) bool { _, ok := v.(bool); return ok },
	"IsTimestamp": func(v any) bool { _, ok := timestamp(v); return ok },
	"IsPresent":   func(any) bool { return true },
}

// kinds are the types that are compared, by the beginning of the names of operators.
var kinds = map[string]func(a, b any) (int, bool){
	"String": func(a, b any) (int, bool) {
		x, okX := a.(string)
		y, okY := b.(string)
		return strings.Compare(x, y), okX && okY
	},
	"Numeric": func(a, b any) (int, bool) {
		if _, ok := a.(json.Number); !ok {
			return 0, false
		}
		return compare(a, b)
	},
	"Boolean": func(a, b any) (int, bool) {
		x, okX := a.(bool)
		y, okY := b.(bool)
		if x == y {
			return 0, okX && okY
		}
		return 1, okX && okY
	},
	"Timestamp": func(a, b any) (int, bool) {
		x, okX := timestamp(a)
		y, okY := timestamp(b)
		return x.Compare(y), okX && okY
	},
}

func timestamp(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	return Timestamp(s)
}

// operator takes the name of a comparison apart.
func operator(name string) (compare func(a, b any) (int, bool), order func(int) bool, path, ok bool) {
	name, path = strings.CutSuffix(name, "Path")
	for kind, compare := range kinds {
		rest, found := strings.CutPrefix(name, kind)
		if !found {
			continue
		}
		order, ok := orders[rest]
		return compare, order, path, ok && (kind != "Boolean" || rest == "Equals")
	}
	return nil, nil, false, false
}

func (p *parser) choice(f *fields, s *State) {
	s.Default = f.text("Default")
	if !f.has("Choices") {
		p.report(CodeSchema, f.at, textRequired, "Choices")
		return
	}
	for i, v := range f.list("Choices") {
		if r := p.rule(v, fmt.Sprintf("%s/Choices[%d]", f.at, i), true); r != nil {
			s.Choices = append(s.Choices, r)
		}
	}
}

// rule reads a choice rule; only those of the state itself have Next and Assign.
func (p *parser) rule(v any, at string, top bool) *Rule {
	f, ok := p.object(v, at)
	if !ok {
		return nil
	}
	r := &Rule{}
	if top {
		r.Next, r.Assign = f.need("Next"), f.assign()
	}
	if f.has("Condition") {
		f.wrong("Condition", textField)
	}
	found := 0
	for _, name := range slices.Sorted(maps.Keys(f.of)) {
		switch {
		case name == "Comment" || name == "Variable" || name == "Condition" || top && (name == "Next" || name == "Assign"):
			continue
		case name == "And" || name == "Or":
			list := p.rules(f, name)
			if name == "And" {
				r.and = list
			} else {
				r.or = list
			}
		case name == "Not":
			r.not = p.rule(f.of[name], at+"/Not", false)
		default:
			p.comparison(f, name, r)
		}
		found++
	}
	if found != 1 {
		p.report(CodeSchema, at, textRule)
	}
	return r
}

func (p *parser) rules(f *fields, name string) (list []*Rule) {
	for i, v := range f.list(name) {
		if r := p.rule(v, fmt.Sprintf("%s/%s[%d]", f.at, name, i), false); r != nil {
			list = append(list, r)
		}
	}
	return list
}

// comparison reads the operator of a rule, and what it compares.
func (p *parser) comparison(f *fields, name string, r *Rule) {
	if !f.has("Variable") {
		p.report(CodeSchema, f.at, textRequired, "Variable")
	}
	r.variable, r.operator, r.value = f.path("Variable"), name, f.of[name]
	compare, _, path, ok := operator(name)
	switch {
	case tests[name] != nil:
		if _, ok := r.value.(bool); !ok {
			f.wrong(name, textType, "Boolean")
		}
	case name == "StringMatches":
		if _, ok := r.value.(string); !ok {
			f.wrong(name, textType, "String")
		}
	case !ok:
		f.wrong(name, textField)
	case path:
		r.path = f.path(name)
	default:
		if _, ok := compare(r.value, r.value); !ok {
			f.wrong(name, textType, strings.TrimSuffix(strings.TrimSuffix(name, "Equals"), "Than"))
		}
	}
}

// Holds reports whether a rule applies. The error is that of a path that finds nothing.
func (r *Rule) Holds(env *Env) (bool, error) {
	env.begin()
	return r.holds(env)
}

func (r *Rule) holds(env *Env) (bool, error) {
	switch {
	case r.not != nil:
		ok, err := r.not.holds(env)
		return !ok, err
	case r.and != nil:
		for _, in := range r.and {
			if ok, err := in.holds(env); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	case r.or != nil:
		for _, in := range r.or {
			if ok, err := in.holds(env); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	return r.compare(env)
}

func (r *Rule) compare(env *Env) (bool, error) {
	v, err := r.variable.Eval(env)
	if r.operator == "IsPresent" {
		return (err == nil) == r.value.(bool), nil
	}
	if err != nil {
		return false, invalidPath(r.variable, "The choice state's condition path references an invalid value.")
	}
	if test := tests[r.operator]; test != nil {
		return test(v) == r.value.(bool), nil
	}
	if r.operator == "StringMatches" {
		s, ok := v.(string)
		return ok && matches(r.value.(string), s), nil
	}
	with := r.value
	if r.path != nil {
		if with, err = r.path.Eval(env); err != nil {
			return false, invalidPath(r.path, "The choice state's condition path references an invalid value.")
		}
	}
	compare, order, _, _ := operator(r.operator)
	c, ok := compare(v, with)
	return ok && order(c), nil
}

func invalidPath(p *Path, why string) error {
	return &Error{ErrRuntime, fmt.Sprintf("Invalid path '%s': %s", p.text, why)}
}

// matches reports whether a text is as a pattern says: "*" stands for any text, and a
// backslash takes that from it.
func matches(pattern, text string) bool {
	var parts []string // between asterisks
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			part.WriteByte(pattern[i])
		case pattern[i] == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(pattern[i])
		}
	}
	last := part.String()
	if len(parts) == 0 {
		return text == last
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	if text, ok = strings.CutSuffix(text, last); !ok {
		return false
	}
	for _, middle := range parts[1:] {
		_, after, found := strings.Cut(text, middle)
		if !found {
			return false
		}
		text = after
	}
	return true
}
