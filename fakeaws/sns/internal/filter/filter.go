// Package filter reads filter policies of Amazon SNS subscriptions and matches messages
// with them, by their attributes or by their body.
package filter

import (
	"encoding/json"
)

// A Scope says what of a message a filter policy looks at.
type Scope string

// The values of FilterPolicyScope.
const (
	Attributes Scope = "MessageAttributes"
	Body       Scope = "MessageBody"
)

// A Policy is a filter policy. It is immutable.
type Policy struct{ root object }

// An object is what a policy demands of a JSON object, or of the attributes of a message:
// all of its fields, and of each $or one alternative.
type object struct {
	fields []field
	ors    [][]object
}

// A field is one key with the rules of which one must match its value, or with what is
// demanded of the object that it has.
type field struct {
	name   string
	rules  []rule
	nested *object
}

// A rule is one element of the array of a key. absent is {"exists": false}, which matches
// what is not there.
type rule struct {
	match  func(Value) bool
	absent bool
}

// A Value is one value of a message: nil for null, a bool, a string or a float64.
type Value = any

// A Message is what a policy is matched with: the value of each key. A value is a [Value],
// a map[string]any or a []any.
type Message = map[string]any

// ParseBody reads the body of a message; false when it is no JSON object, which no policy
// matches.
func ParseBody(body string) (Message, bool) {
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil || m == nil {
		return nil, false
	}
	return m, true
}

// ParseArray reads the value of an attribute of the type String.Array.
func ParseArray(text string) (any, bool) {
	var list []any
	if err := json.Unmarshal([]byte(text), &list); err != nil || list == nil {
		return nil, false
	}
	return list, true
}

// Match reports whether a message passes the policy.
func (p *Policy) Match(m Message) bool { return p.root.match(m) }

func (o *object) match(m map[string]any) bool {
	for i := range o.fields {
		if !o.fields[i].match(m) {
			return false
		}
	}
	for _, alternatives := range o.ors {
		if !anyOf(alternatives, m) {
			return false
		}
	}
	return true
}

func anyOf(alternatives []object, m map[string]any) bool {
	for i := range alternatives {
		if alternatives[i].match(m) {
			return true
		}
	}
	return false
}

func (f *field) match(m map[string]any) bool {
	v, there := m[f.name]
	if f.nested != nil {
		return f.nested.matchValue(v, there)
	}
	for i := range f.rules {
		r := &f.rules[i]
		if r.absent {
			if !there {
				return true
			}
			continue
		}
		if there && r.matchAny(v) {
			return true
		}
	}
	return false
}

// matchValue matches a nested object. Of an array, one element must have all that is
// demanded. What is not there is an object without fields: {"exists": false} matches it.
func (o *object) matchValue(v any, there bool) bool {
	switch v := v.(type) {
	case map[string]any:
		return o.match(v)
	case []any:
		for _, element := range v {
			if o.matchValue(element, true) {
				return true
			}
		}
		return false
	}
	return !there && o.match(nil)
}

// matchAny matches a value, or one of an array. An object is no value.
func (r *rule) matchAny(v any) bool {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if r.matchAny(element) {
				return true
			}
		}
		return false
	case map[string]any:
		return false
	}
	return r.match(v)
}
