package vtl

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errRange = errors.New("the index is out of range")

// A host is one of the objects that API Gateway gives to templates.
type host interface {
	name() string
	get(name string) (any, bool)
	call(e *evaluation, name string, args []any) (any, error)
}

func (r *reference) value(e *evaluation) (any, error) {
	v := e.variables[r.name]
	for i := range r.parts {
		p := &r.parts[i]
		if err := e.spend(1); err != nil {
			return nil, err
		}
		next, err := e.member(v, p)
		if err != nil {
			return nil, fmt.Errorf("$%s: %w", r.name, err)
		}
		v = next
	}
	if o, ok := v.(*Object); ok && o == nil {
		return nil, nil
	}
	return v, nil
}

// member is what a part of a reference asks of a value; of nothing it is nothing.
func (e *evaluation) member(v any, p *part) (any, error) {
	if p.index != nil {
		index, err := p.index.value(e)
		if err != nil {
			return nil, err
		}
		if l, ok := v.(*List); ok {
			return l.at(index), nil
		}
		if o, ok := v.(*Object); ok && o != nil {
			return o.Get(e.asText(index)), nil
		}
		return nil, nil
	}
	var args []any
	for _, a := range p.args {
		x, err := a.value(e)
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	if h, ok := v.(host); ok {
		if p.call {
			return h.call(e, p.name, args)
		}
		x, ok := h.get(p.name)
		if !ok {
			return nil, fmt.Errorf("%s has no %s", h.name(), p.name)
		}
		return x, nil
	}
	if o, ok := v.(*Object); ok && o == nil || v == nil {
		return nil, nil
	}
	if !p.call {
		return property(v, p.name), nil
	}
	return e.method(v, p.name, args)
}

func property(v any, name string) any {
	switch v := v.(type) {
	case *Object:
		return v.Get(name)
	case *List:
		switch name {
		case "empty":
			return len(v.items) == 0
		case "size":
			return number(len(v.items))
		}
	case string:
		if name == "empty" {
			return v == ""
		}
	}
	return nil
}

func (l *List) at(index any) any {
	i, ok := integer(index)
	if ok && i < 0 {
		i += len(l.items)
	}
	if !ok || i < 0 || i >= len(l.items) {
		return nil
	}
	return l.items[i]
}

// method calls a method of Java's classes as far as templates use them.
func (e *evaluation) method(v any, name string, args []any) (any, error) {
	var out any
	ok := false
	var err error
	switch v := v.(type) {
	case string:
		out, ok, err = e.textMethod(v, name, args)
	case *List:
		out, ok, err = e.listMethod(v, name, args)
	case *Object:
		out, ok, err = e.objectMethod(v, name, args)
	}
	if err != nil || ok {
		return out, err
	}
	switch {
	case name == "toString" && len(args) == 0:
		return e.asText(v), nil
	case name == "equals" && len(args) == 1:
		return e.equal(v, args[0]), nil
	}
	return nil, fmt.Errorf("the method %s with %d arguments is not implemented", name, len(args))
}

// signature is a method by its name and the number of its arguments.
func signature(name string, args []any) string { return name + "/" + strconv.Itoa(len(args)) }

func (e *evaluation) textMethod(s, name string, args []any) (any, bool, error) {
	if err := e.spend(len(s) / textStep); err != nil { // a copy of a long text takes its time
		return nil, true, err
	}
	arg := func(i int) string { return e.asText(args[i]) }
	switch signature(name, args) {
	case "length/0":
		return number(utf8.RuneCountInString(s)), true, nil
	case "isEmpty/0":
		return s == "", true, nil
	case "trim/0":
		return strings.TrimSpace(s), true, nil
	case "toLowerCase/0":
		return strings.ToLower(s), true, nil
	case "toUpperCase/0":
		return strings.ToUpper(s), true, nil
	case "contains/1":
		return strings.Contains(s, arg(0)), true, nil
	case "startsWith/1":
		return strings.HasPrefix(s, arg(0)), true, nil
	case "endsWith/1":
		return strings.HasSuffix(s, arg(0)), true, nil
	case "equalsIgnoreCase/1":
		return strings.EqualFold(s, arg(0)), true, nil
	case "concat/1":
		out := s + arg(0)
		return out, true, e.spend(len(out) / textStep)
	case "indexOf/1":
		return number(strings.Index(s, arg(0))), true, nil
	case "lastIndexOf/1":
		return number(strings.LastIndex(s, arg(0))), true, nil
	case "replace/2":
		if out, ok := replaced(s, arg(0), arg(1)); ok {
			return out, true, e.spend(len(out) / textStep)
		}
		return nil, true, errLong
	case "substring/1", "substring/2", "charAt/1":
		return substring(s, name, args)
	case "split/1", "matches/1", "replaceAll/2", "replaceFirst/2":
		return e.patternMethod(s, name, args)
	}
	return nil, false, nil
}

// replaced replaces a text by another, unless the result would be too long.
func replaced(s, old, by string) (string, bool) {
	if n := strings.Count(s, old); len(s)+n*(len(by)-len(old)) > maxOutput {
		return "", false
	}
	return strings.ReplaceAll(s, old, by), true
}

func substring(s, name string, args []any) (any, bool, error) {
	runes := []rune(s)
	from, ok := integer(args[0])
	end := len(runes)
	if name == "charAt" {
		end = from + 1
	} else if len(args) > 1 {
		var ok2 bool
		end, ok2 = integer(args[1])
		ok = ok && ok2
	}
	if !ok || from < 0 || end > len(runes) || from > end {
		return nil, true, fmt.Errorf("%s: the index is out of range", name)
	}
	return string(runes[from:end]), true, nil
}

var javaGroup = regexp.MustCompile(`\$(\d)`)

// patternMethod has the methods whose first argument is a regular expression.
func (e *evaluation) patternMethod(s, name string, args []any) (any, bool, error) {
	pattern, err := e.pattern(e.asText(args[0]), s)
	if err != nil {
		return nil, true, fmt.Errorf("%s: %w", name, err)
	}
	switch name {
	case "matches":
		whole, err := regexp.Compile(`^(?:` + pattern.String() + `)$`)
		if err != nil {
			return nil, true, err
		}
		return whole.MatchString(s), true, nil
	case "split":
		out := &List{}
		parts := pattern.Split(s, -1)
		for len(parts) > 1 && parts[len(parts)-1] == "" {
			parts = parts[:len(parts)-1]
		}
		for _, p := range parts {
			out.items = append(out.items, p)
		}
		return out, true, nil
	}
	by := javaGroup.ReplaceAllString(e.asText(args[1]), "$${$1}")
	by = strings.ReplaceAll(strings.ReplaceAll(by, `\$`, "$$"), `\\`, `\`)
	if n := len(pattern.FindAllStringIndex(s, -1)); len(s)+n*(len(by)+len(s)/max(n, 1)) > maxOutput {
		return nil, true, errLong
	}
	if name == "replaceAll" {
		return pattern.ReplaceAllString(s, by), true, nil
	}
	at := pattern.FindStringSubmatchIndex(s)
	if at == nil {
		return s, true, nil
	}
	return s[:at[0]] + string(pattern.ExpandString(nil, by, s, at)) + s[at[1]:], true, nil
}

func (e *evaluation) listMethod(l *List, name string, args []any) (any, bool, error) {
	switch signature(name, args) {
	case "size/0":
		return number(len(l.items)), true, nil
	case "isEmpty/0":
		return len(l.items) == 0, true, nil
	case "get/1":
		return l.at(args[0]), true, nil
	case "contains/1":
		return slices.ContainsFunc(l.items, func(v any) bool { return e.equal(v, args[0]) }), true, e.spend(len(l.items))
	case "indexOf/1":
		return number(slices.IndexFunc(l.items, func(v any) bool { return e.equal(v, args[0]) })), true, e.spend(len(l.items))
	case "add/1":
		l.items = append(l.items, args[0])
		return true, true, nil
	case "addAll/1":
		other, ok := args[0].(*List)
		if !ok {
			return false, true, nil
		}
		if err := e.spend(len(other.items)); err != nil {
			return nil, true, err
		}
		l.items = append(l.items, other.items...)
		return true, true, nil
	case "set/2":
		i, ok := integer(args[0])
		if !ok || i < 0 || i >= len(l.items) {
			return nil, true, errRange
		}
		before := l.items[i]
		l.items[i] = args[1]
		return before, true, nil
	case "remove/1":
		i, ok := integer(args[0])
		if !ok || i < 0 || i >= len(l.items) {
			return nil, true, errRange
		}
		before := l.items[i]
		l.items = slices.Delete(slices.Clone(l.items), i, i+1)
		return before, true, e.spend(len(l.items))
	}
	return nil, false, nil
}

func (e *evaluation) objectMethod(o *Object, name string, args []any) (any, bool, error) {
	if err := e.spend(len(o.keys)); err != nil {
		return nil, true, err
	}
	switch signature(name, args) {
	case "size/0":
		return number(len(o.keys)), true, nil
	case "isEmpty/0":
		return len(o.keys) == 0, true, nil
	case "get/1":
		return o.Get(e.asText(args[0])), true, nil
	case "getOrDefault/2":
		if key := e.asText(args[0]); o.Has(key) {
			return o.Get(key), true, nil
		}
		return args[1], true, nil
	case "containsKey/1":
		return o.Has(e.asText(args[0])), true, nil
	case "put/2":
		key := e.asText(args[0])
		before := o.Get(key)
		o.Put(key, args[1])
		return before, true, nil
	case "remove/1":
		key := e.asText(args[0])
		before := o.Get(key)
		o.remove(key)
		return before, true, nil
	case "keySet/0":
		return o.list(func(key string) any { return key }), true, nil
	case "values/0":
		return o.list(func(key string) any { return o.by[key] }), true, nil
	case "entrySet/0":
		return o.list(func(key string) any {
			entry := &Object{}
			entry.Put("key", key)
			entry.Put("value", o.by[key])
			return entry
		}), true, nil
	case "getKey/0":
		return o.Get("key"), true, nil
	case "getValue/0":
		return o.Get("value"), true, nil
	}
	return nil, false, nil
}

// list has something for each entry of an object.
func (o *Object) list(of func(key string) any) *List {
	out := &List{}
	for _, key := range o.keys {
		out.items = append(out.items, of(key))
	}
	return out
}
