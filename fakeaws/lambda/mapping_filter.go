package lambda

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// A filter is the pattern of an event filter ("Control which events Lambda sends to your
// function" of the developer guide). It never changes once it is read.
type filter struct{ root *pattern }

// A pattern is an object of a filter: all its fields must match, and one of its
// alternatives if it has some.
type pattern struct {
	fields map[string]*rule
	or     []*pattern
}

// A rule is what a filter demands of one field: an object within it, or one of some
// comparisons.
type rule struct {
	inside *pattern
	any    []comparison
}

// A comparison is one way in which a value may match. The value is missing where there is
// none.
type comparison func(value any, there bool) bool

// maxFilters is how many filters a mapping has at most without a raised quota; unverified is
// that the quota is not asked for here.
const maxFilters = 10

// readFilters reads the filters of a mapping.
func readFilters(c *types.FilterCriteria) (all []filter, err error) {
	if c == nil {
		return nil, nil
	}
	if len(c.Filters) > maxFilters {
		return nil, invalidParameter(textFilter)
	}
	for _, f := range c.Filters {
		var object map[string]any
		d := json.NewDecoder(strings.NewReader(aws.ToString(f.Pattern)))
		d.UseNumber()
		if d.Decode(&object) != nil || object == nil || d.More() {
			return nil, invalidParameter(textFilter)
		}
		root, ok := readPattern(object, 0)
		if !ok {
			return nil, invalidParameter(textFilter)
		}
		all = append(all, filter{root})
	}
	return all, nil
}

// maxFilterDepth bounds how deep patterns are.
const maxFilterDepth = 64

func readPattern(object map[string]any, depth int) (*pattern, bool) {
	if depth == maxFilterDepth {
		return nil, false
	}
	p := &pattern{fields: make(map[string]*rule, len(object))}
	for name, value := range object {
		list, isList := value.([]any)
		if name == "$or" && isList {
			for _, item := range list {
				inner, ok := item.(map[string]any)
				if !ok {
					return nil, false
				}
				alternative, ok := readPattern(inner, depth+1)
				if !ok {
					return nil, false
				}
				p.or = append(p.or, alternative)
			}
			continue
		}
		r := new(rule)
		if inner, ok := value.(map[string]any); ok {
			if r.inside, ok = readPattern(inner, depth+1); !ok {
				return nil, false
			}
		} else if !isList || len(list) == 0 {
			return nil, false
		}
		for _, item := range list {
			c, ok := readComparison(item)
			if !ok {
				return nil, false
			}
			r.any = append(r.any, c)
		}
		p.fields[name] = r
	}
	return p, len(object) > 0
}

// readComparison reads one comparison: a value, or an operator with its operand.
func readComparison(item any) (comparison, bool) {
	switch v := item.(type) {
	case nil, bool, string, json.Number:
		return equal(v), true
	case map[string]any:
		for name, operand := range v {
			if len(v) == 1 {
				return readOperator(name, operand)
			}
		}
	}
	return nil, false
}

func equal(want any) comparison {
	return func(value any, there bool) bool { return there && same(value, want) }
}

// same compares values; numbers by what they are worth.
func same(a, b any) bool {
	x, isNumber := a.(json.Number)
	y, alsoNumber := b.(json.Number)
	if isNumber && alsoNumber {
		f, err1 := x.Float64()
		g, err2 := y.Float64()
		return err1 == nil && err2 == nil && f == g
	}
	switch a.(type) {
	case nil, bool, string:
		return a == b
	}
	return false
}

func readOperator(name string, operand any) (comparison, bool) {
	text, isText := operand.(string)
	onText := func(match func(string) bool) comparison {
		return func(value any, there bool) bool {
			s, ok := value.(string)
			return there && ok && match(s)
		}
	}
	switch name {
	case "prefix":
		return onText(func(s string) bool { return strings.HasPrefix(s, text) }), isText
	case "suffix":
		return onText(func(s string) bool { return strings.HasSuffix(s, text) }), isText
	case "equals-ignore-case":
		return onText(func(s string) bool { return strings.EqualFold(s, text) }), isText
	case "exists":
		want, ok := operand.(bool)
		return func(_ any, there bool) bool { return there == want }, ok
	case "anything-but":
		return readAnythingBut(operand)
	case "numeric":
		return readNumeric(operand)
	}
	return nil, false
}

// readAnythingBut reads what a value must not be: one or several values, or a beginning.
func readAnythingBut(operand any) (comparison, bool) {
	items, ok := operand.([]any)
	if !ok {
		items = []any{operand}
	}
	var refused []comparison
	for _, item := range items {
		c, ok := readComparison(item)
		if !ok {
			return nil, false
		}
		refused = append(refused, c)
	}
	return func(value any, there bool) bool {
		for _, c := range refused {
			if c(value, there) {
				return false
			}
		}
		return there
	}, len(refused) > 0
}

// readNumeric reads a range: ["=", 1] or [">", 0, "<=", 5].
func readNumeric(operand any) (comparison, bool) {
	list, ok := operand.([]any)
	const pair = 2
	if !ok || len(list) != pair && len(list) != 2*pair {
		return nil, false
	}
	low, high := math.Inf(-1), math.Inf(1)
	lowOpen, highOpen := false, false
	for i := 0; i < len(list); i += pair {
		operator, ok := list[i].(string)
		number, isNumber := list[i+1].(json.Number)
		if !ok || !isNumber {
			return nil, false
		}
		bound, err := number.Float64()
		if err != nil {
			return nil, false
		}
		switch operator {
		case "=":
			low, high = bound, bound
		case ">", ">=":
			low, lowOpen = bound, operator == ">"
		case "<", "<=":
			high, highOpen = bound, operator == "<"
		default:
			return nil, false
		}
	}
	return func(value any, there bool) bool {
		number, ok := value.(json.Number)
		if !there || !ok {
			return false
		}
		f, err := number.Float64()
		return err == nil && (f > low || f == low && !lowOpen) && (f < high || f == high && !highOpen)
	}, true
}

// matches reports whether a value is as the pattern demands. Of a list one element must be.
func (p *pattern) matches(value any) bool {
	object, ok := value.(map[string]any)
	if !ok {
		return false
	}
	for name, r := range p.fields {
		field, there := object[name]
		if !r.matches(field, there) {
			return false
		}
	}
	for _, alternative := range p.or {
		if alternative.matches(value) {
			return true
		}
	}
	return len(p.or) == 0
}

func (r *rule) matches(value any, there bool) bool {
	if r.inside != nil {
		return there && r.inside.matches(value)
	}
	list, isList := value.([]any)
	for _, c := range r.any {
		if !isList && c(value, there) || isList && len(list) == 0 && c(nil, there) {
			return true
		}
		for _, element := range list {
			if c(element, there) {
				return true
			}
		}
	}
	return false
}

// passes reports whether a record passes one of a mapping's filters. What the sender sent is
// at a key of its own, as text. A filter of the inside of it looks at JSON alone.
func (m *mapping) passes(record map[string]any, key, text string) bool {
	if len(m.filters) == 0 {
		return true
	}
	seen := make(map[string]any, len(record)+1)
	maps.Copy(seen, record)
	parsed := parse([]byte(text))
	for _, f := range m.filters {
		seen[key] = text
		if r := f.root.fields[key]; r != nil && r.inside != nil {
			seen[key] = parsed
		}
		if f.root.matches(seen) {
			return true
		}
	}
	return false
}

// parse is a text as filters see it; nil when it is no JSON.
func parse(text []byte) (value any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil || d.More() {
		return nil
	}
	return value
}
