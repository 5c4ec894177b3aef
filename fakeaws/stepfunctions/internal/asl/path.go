package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Path is a JSONPath as the states language has it: "$.items[0]" of the data, "$$.Execution.Id"
// of the context object, "$name.part" of a variable.
type Path struct {
	text  string
	root  root
	name  string // of the variable
	steps []step
	// definite says that the path finds one value at most: it is then the result, and not
	// the only element of a list.
	definite bool
}

type root uint8

const (
	ofData root = iota
	ofContext
	ofVariable
)

// A step selects values of a value.
type step struct {
	kind   stepKind
	deep   bool // of the value and of all that are in it
	names  []string
	index  []int
	slice  [3]*int
	filter *filter
}

type stepKind uint8

const (
	byName stepKind = iota
	byIndex
	bySlice
	byFilter
	all
)

// String returns the path as it was written.
func (p *Path) String() string { return p.text }

// Variable returns the name of the variable that the path begins with; "" where it is none.
func (p *Path) Variable() string { return p.name }

// IsReference reports whether the path is a reference path: one that can name only a single
// place ("Reference Paths" of the language).
func (p *Path) IsReference() bool {
	for i := range p.steps {
		s := &p.steps[i]
		if s.deep || s.kind == byName && len(s.names) != 1 || s.kind == byIndex && (len(s.index) != 1 || s.index[0] < 0) || s.kind > byIndex {
			return false
		}
	}
	return true
}

var errPath = errors.New("it is no valid JSONPath")

// maxSteps and maxFilterDepth bound what a path is made of.
const (
	maxSteps       = 200
	maxFilterDepth = 20
)

// ParsePath reads a path.
func ParsePath(text string) (*Path, error) {
	s := scanner{text: text}
	p := s.path(0)
	if p == nil || s.at != len(text) {
		return nil, fmt.Errorf("%q: %w", text, errPath)
	}
	return p, nil
}

// Eval returns what a path finds: a definite path one value, the others a list. The error
// says that a definite path finds nothing, or that a variable is unknown.
func (p *Path) Eval(env *Env) (any, error) {
	from, err := p.from(env)
	if err != nil {
		return nil, err
	}
	found := []any{from}
	for i := range p.steps {
		found = p.steps[i].of(env, found)
	}
	switch {
	case env.meter.left < 0:
		return nil, errMuch
	case !p.definite:
		return found, nil
	case len(found) == 0:
		return nil, &MissingError{p.text, env.Data}
	}
	return found[0], nil
}

func (p *Path) from(env *Env) (any, error) {
	switch p.root {
	case ofContext:
		return env.Context, nil
	case ofVariable:
		if env.Variable != nil {
			if v, ok := env.Variable(p.name); ok {
				return v, nil
			}
		}
		return nil, said("The variable '$%s' is not defined.", p.name)
	}
	return env.Data, nil
}

// A MissingError says that a path finds nothing in the data.
type MissingError struct {
	Path string
	Data any
}

func (e *MissingError) Error() string {
	data, _ := Encode(e.Data, 1<<15)
	return fmt.Sprintf("The JSONPath '%s' could not be found in the input '%s'", e.Path, data)
}

var errMuch = errors.New("evaluating the expression visits too many values")

// of selects of values.
func (s *step) of(env *Env, values []any) []any {
	found := []any{} // also as the result, where nothing is found
	if s.deep {
		var within []any
		for _, v := range values {
			within = descend(env, v, within)
		}
		values = within
	}
	for _, v := range values {
		before := len(found)
		found = s.select1(env, v, found)
		if !env.meter.pay(1 + len(found) - before) {
			return nil
		}
	}
	return found
}

// descend lists a value and all that are in it.
func descend(env *Env, v any, into []any) []any {
	if !env.meter.pay(1) {
		return into
	}
	into = append(into, v)
	for _, in := range children(v) {
		into = descend(env, in, into)
	}
	return into
}

// children are the elements of a list or object, the latter by name.
func children(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		list := make([]any, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			list = append(list, v[name])
		}
		return list
	}
	return nil
}

// select1 adds what a step selects of one value.
func (s *step) select1(env *Env, v any, found []any) []any {
	switch s.kind {
	case byName:
		if object, ok := v.(map[string]any); ok {
			for _, name := range s.names {
				if in, ok := object[name]; ok {
					found = append(found, in)
				}
			}
		}
	case byIndex:
		if list, ok := v.([]any); ok {
			for _, i := range s.index {
				if i < 0 {
					i += len(list)
				}
				if i >= 0 && i < len(list) {
					found = append(found, list[i])
				}
			}
		}
	case bySlice:
		if list, ok := v.([]any); ok {
			found = append(found, s.cut(list)...)
		}
	case all:
		found = append(found, children(v)...)
	case byFilter:
		for _, in := range children(v) {
			if env.meter.pay(1) && s.filter.holds(env, in) {
				found = append(found, in)
			}
		}
	}
	return found
}

// cut is a slice of a list, by Python's rules.
func (s *step) cut(list []any) []any {
	bound := func(at *int, otherwise int) int {
		if at == nil {
			return otherwise
		}
		i := *at
		if i < 0 {
			i += len(list)
		}
		return min(max(i, 0), len(list))
	}
	by := 1
	if s.slice[2] != nil {
		by = *s.slice[2]
	}
	var found []any
	for i, end := bound(s.slice[0], 0), bound(s.slice[1], len(list)); i < end; i += by {
		found = append(found, list[i])
		if by > len(list) {
			break
		}
	}
	return found
}

// Put returns the data with a value at the place that a reference path names. Objects are
// made where there are none yet; a list must have the element.
func (p *Path) Put(data, value any) (any, error) {
	return put(data, p.steps, value, p.text)
}

func put(data any, steps []step, value any, text string) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	s := &steps[0]
	if s.kind == byIndex {
		list, ok := data.([]any)
		if !ok || s.index[0] >= len(list) {
			return nil, said("Unable to apply step %q to input: there is no element %d.", text, s.index[0])
		}
		in, err := put(list[s.index[0]], steps[1:], value, text)
		if err != nil {
			return nil, err
		}
		list = slices.Clone(list)
		list[s.index[0]] = in
		return list, nil
	}
	object, ok := data.(map[string]any)
	if !ok && data != nil {
		encoded, _ := Encode(data, 1<<15)
		return nil, said("Unable to apply ReferencePath %s to input %s", text, encoded)
	}
	in, err := put(object[s.names[0]], steps[1:], value, text)
	if err != nil {
		return nil, err
	}
	copied := make(map[string]any, len(object)+1)
	maps.Copy(copied, object)
	copied[s.names[0]] = in
	return copied, nil
}

// compare orders two values of one type; false where they cannot be compared.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return strings.Compare(a, b), ok
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return 0, false
		}
		x, errX := a.Float64()
		y, errY := b.Float64()
		switch {
		case errX != nil || errY != nil:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	return 0, false
}
