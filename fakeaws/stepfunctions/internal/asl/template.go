package asl

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Template is a payload template: a JSON value in which fields whose names end with ".$" are
// expressions.
type Template struct {
	value   any
	object  map[string]*Template
	list    []*Template
	dynamic map[string]*Expression // by name without ".$"
	static  bool                   // nothing in it is evaluated
}

// ParseTemplate reads a payload template. The place of what is wrong is given to report with
// the name of the field.
func ParseTemplate(v any, report func(place, message string)) *Template {
	return parseTemplate(v, "", report)
}

func parseTemplate(v any, place string, report func(place, message string)) *Template {
	t := &Template{value: v, static: true}
	switch v := v.(type) {
	case []any:
		for i, in := range v {
			one := parseTemplate(in, fmt.Sprintf("%s[%d]", place, i), report)
			t.list = append(t.list, one)
			t.static = t.static && one.static
		}
	case map[string]any:
		t.object = make(map[string]*Template, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			in := v[name]
			stem, dynamic := strings.CutSuffix(name, ".$")
			if !dynamic {
				one := parseTemplate(in, place+"/"+name, report)
				t.object[name] = one
				t.static = t.static && one.static
				continue
			}
			t.static = false
			if _, twice := v[stem]; twice {
				report(place, fmt.Sprintf("The field '%s' is defined twice.", stem))
			}
			written, _ := in.(string)
			e, err := ParseExpression(written)
			if err != nil {
				report(place+"/"+name, fmt.Sprintf(TextExpression, name))
				continue
			}
			if t.dynamic == nil {
				t.dynamic = make(map[string]*Expression)
			}
			t.dynamic[stem] = e
		}
	}
	return t
}

// Eval fills a template in.
func (t *Template) Eval(env *Env) (any, error) {
	env.begin()
	return t.eval(env)
}

func (t *Template) eval(env *Env) (any, error) {
	switch {
	case t.static:
		return t.value, nil
	case t.list != nil:
		list := make([]any, len(t.list))
		for i, in := range t.list {
			var err error
			if list[i], err = in.eval(env); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	object := make(map[string]any, len(t.object)+len(t.dynamic))
	for _, name := range slices.Sorted(maps.Keys(t.object)) {
		v, err := t.object[name].eval(env)
		if err != nil {
			return nil, err
		}
		object[name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(t.dynamic)) {
		v, err := t.dynamic[name].Eval(env)
		if err != nil {
			return nil, fieldError(name+".$", err)
		}
		object[name] = v
	}
	return object, nil
}

// fieldError is the error of a field of a template.
func fieldError(name string, err error) error {
	var missing *MissingError
	if errors.As(err, &missing) {
		data, _ := Encode(missing.Data, 1<<15)
		err = said("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", missing.Path, name, data)
	}
	return failure(ErrRuntime, err)
}
