package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// noValue is what Ref gives of AWS::NoValue: the property or element is not there.
type noValue struct{}

// Values are string, json.Number, bool, nil, []any, map[string]any, noValue,
// deploy.Document, and deploy.Unknown for what cannot be known.

// unknown is a value that cannot be known; whoever makes the resource reports it.
func (s *stack) unknown(n *node, format string, args ...any) deploy.Unknown {
	return deploy.Unknown{Problem: deploy.Problem{Position: n.position(), Address: s.address(), Text: fmt.Sprintf(format, args...)}}
}

// fail adds a problem, and returns a value that leads to no others.
func (s *stack) fail(n *node, format string, args ...any) deploy.Unknown {
	u := s.unknown(n, format, args...)
	s.load.problems.addAll(u.Problem)
	return u
}

// evaluateNode evaluates a node with all that is in it.
func (s *stack) evaluateNode(n *node) any {
	if n == nil {
		return nil
	}
	switch n.kind {
	case stringNode:
		return s.dynamic(n, n.text)
	case numberNode:
		return json.Number(n.text)
	case boolNode:
		return n.value() == "true"
	case listNode:
		list := make([]any, 0, len(n.items))
		for _, item := range n.items {
			if v := s.evaluateNode(item); v != (noValue{}) {
				list = append(list, v)
			}
		}
		return list
	case objectNode:
		if name, argument, ok := n.function(); ok {
			return s.call(n, name, argument)
		}
		return s.evaluateObject(n)
	}
	return nil
}

// evaluateObject evaluates an object that is no function.
func (s *stack) evaluateObject(n *node) any {
	object := make(map[string]any, len(n.keys))
	for i, key := range n.keys {
		item := n.items[i]
		if key == "Fn::Transform" {
			object[key] = s.call(n, key, item)
			continue
		}
		if strings.HasPrefix(key, "Fn::") {
			s.problem(item, "the function %s cannot stand here", key)
			continue
		}
		v := s.property(key, item)
		if v != (noValue{}) {
			object[key] = v
		}
	}
	return object
}

// property evaluates a value under a key. Policies become documents, which know where
// their statements stand.
func (s *stack) property(key string, n *node) any {
	if !isDocument[key] || s.load.live != nil {
		return s.evaluateNode(n)
	}
	chosen, unknown := s.choose(n)
	switch {
	case unknown != nil:
		return *unknown
	case chosen == nil:
		return noValue{}
	case chosen.isObject() && chosen.get("Statement") != nil:
		return s.document(chosen)
	}
	v := s.evaluateNode(chosen)
	if text, ok := v.(string); ok && strings.HasPrefix(strings.TrimSpace(text), "{") {
		return deploy.Document{Text: text, Source: sourceOf(chosen)}
	}
	return v
}

// choose follows Fn::If to what it chooses, nil where that is AWS::NoValue: what stands in
// the branch stands in the file there.
func (s *stack) choose(n *node) (*node, *deploy.Unknown) {
	for {
		branches := n.is("Fn::If")
		if branches == nil {
			break
		}
		chosen := s.branch(n, branches)
		if chosen == nil {
			u := s.unknown(n, "Fn::If chooses nothing")
			return nil, &u
		}
		n = chosen
	}
	if n.is("Ref").value() == "AWS::NoValue" {
		return nil, nil
	}
	return n, nil
}

// plain makes values of what is understood: numbers are float64.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return value
}

// textOf is a value as text: what functions of text take, and what statements have.
func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case nil, noValue:
		return ""
	case []any:
		texts := make([]string, len(v))
		for i, e := range v {
			texts[i] = textOf(e)
		}
		return strings.Join(texts, ",")
	}
	return toJSON(value)
}

// toJSON returns JSON in which <, > and & stay as they are.
func toJSON(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// isUnknown finds what cannot be known in a value.
func isUnknown(value any) (deploy.Unknown, bool) {
	switch v := value.(type) {
	case deploy.Unknown:
		return v, true
	case []any:
		for _, e := range v {
			if u, ok := isUnknown(e); ok {
				return u, true
			}
		}
	case map[string]any:
		for _, e := range v {
			if u, ok := isUnknown(e); ok {
				return u, true
			}
		}
	}
	return deploy.Unknown{}, false
}

// dynamic replaces the dynamic references of a text.
func (s *stack) dynamic(n *node, text string) any {
	const start, end = "{{resolve:", "}}"
	if !strings.Contains(text, start) || s.load.live != nil {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, start)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		reference, after, ok := strings.Cut(rest, end)
		if !ok {
			return s.unknown(n, "the dynamic reference does not end: %s%s", start, rest)
		}
		value, ok := s.load.resolved(reference)
		if !ok {
			return s.unknown(n, "%s%s%s cannot be known: give it with cloudformation.Resolve(%q, …)", start, reference, end, reference)
		}
		b.WriteString(value)
		text = after
	}
}

// resolved finds the value of a dynamic reference; the version at the end may be missing.
func (l *load) resolved(reference string) (string, bool) {
	if value, ok := l.config.resolve[reference]; ok {
		return value, true
	}
	service, _, _ := strings.Cut(reference, ":")
	if i := strings.LastIndexByte(reference, ':'); i > len(service) && strings.HasPrefix(service, "ssm") {
		value, ok := l.config.resolve[reference[:i]]
		return value, ok
	}
	return "", false
}
