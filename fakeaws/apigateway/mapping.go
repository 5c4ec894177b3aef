package apigateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws/apigateway/internal/vtl"
)

// A source is what a mapping of a parameter takes its value of.
type source struct {
	kind string // "static", "path", "querystring", "header", "body", "stageVariables", "context", "response.header", "response.body"
	name string
	all  bool // of several values all
}

var errSource = errors.New("it is no source of a parameter")

// parseSource reads the right side of a mapping of a parameter.
func parseSource(text string) (source, error) {
	if len(text) > 1 && text[0] == '\'' && text[len(text)-1] == '\'' {
		return source{kind: "static", name: text[1 : len(text)-1]}, nil
	}
	for _, prefix := range []string{"method.request.", "integration.response."} {
		rest, ok := strings.CutPrefix(text, prefix)
		if !ok {
			continue
		}
		kind, name, _ := strings.Cut(rest, ".")
		if kind == "body" {
			kind = "body"
		} else if name == "" {
			return source{}, errSource
		}
		bare := strings.TrimPrefix(kind, "multivalue")
		s := source{kind: bare, name: name, all: bare != kind}
		if prefix == "integration.response." {
			if bare != "header" && bare != "body" {
				return source{}, errSource
			}
			s.kind = "response." + bare
		} else if bare != "path" && bare != "querystring" && bare != "header" && bare != "body" {
			return source{}, errSource
		}
		return s, nil
	}
	for _, kind := range []string{"stageVariables", "context"} {
		if name, ok := strings.CutPrefix(text, kind+"."); ok && name != "" {
			return source{kind: kind, name: name}, nil
		}
	}
	return source{}, errSource
}

// value is what a mapping of a parameter gives; false where the request or the answer has no such
// value.
func (v *invocation) value(s *Fake, text string, out *outcome) (string, bool) {
	values, ok := v.values(s, text, out)
	if !ok || len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

func (v *invocation) values(s *Fake, text string, out *outcome) ([]string, bool) {
	from, err := parseSource(text)
	if err != nil {
		return nil, false
	}
	some := func(values []string) ([]string, bool) {
		if len(values) > 1 && !from.all {
			values = values[len(values)-1:]
		}
		return values, len(values) > 0
	}
	switch from.kind {
	case "static":
		return []string{from.name}, true
	case "path":
		value, ok := v.pathValues[from.name]
		return []string{value}, ok
	case "querystring":
		return some(v.query[from.name])
	case "header":
		if strings.EqualFold(from.name, "Host") {
			return []string{v.host}, true
		}
		return some(v.header.Values(from.name))
	case "stageVariables":
		value, ok := v.variables[from.name]
		return []string{value}, ok
	case "response.header":
		if out == nil {
			return nil, false
		}
		return some(out.header.Values(from.name))
	case "context":
		at := any(v.context(s))
		for name := range strings.SplitSeq(from.name, ".") {
			o, ok := at.(*vtl.Object)
			if !ok || o == nil {
				return nil, false
			}
			at = o.Get(name)
		}
		return textual(at)
	}
	body := v.body
	if from.kind == "response.body" {
		if out == nil {
			return nil, false
		}
		body = out.body
	}
	return fromBody(textOf(body), from.name)
}

// fromBody is a value of a JSON body by a path, or all of a body.
func fromBody(body, path string) ([]string, bool) {
	if path == "" {
		return []string{body}, true
	}
	t, err := vtl.Parse("$!input.path('" + strings.ReplaceAll("$."+path, "'", "''") + "')")
	if err != nil {
		return nil, false
	}
	text, err := t.Render(&vtl.Input{Body: body})
	return []string{text}, err == nil && text != ""
}

func textual(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, v != ""
	case json.Number:
		return []string{v.String()}, true
	case bool:
		return []string{boolText(v)}, true
	}
	return nil, false
}

// withVariables puts stage variables in place of ${stageVariables.name}.
func (v *invocation) withVariables(text string) string {
	const opening = "${stageVariables."
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, opening)
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			if ok {
				b.WriteString(opening + rest)
			}
			return b.String()
		}
		b.WriteString(v.variables[name])
		text = after
	}
}

// input is what a template is evaluated with.
func (v *invocation) input(s *Fake, body string) *vtl.Input {
	query, header := &vtl.Object{}, &vtl.Object{}
	for _, name := range sortedKeys(v.query) {
		query.Put(name, v.query[name][len(v.query[name])-1])
	}
	for _, name := range sortedKeys(v.header) {
		header.Put(name, v.header.Get(name))
	}
	if v.host != "" {
		header.Put("Host", v.host)
	}
	return &vtl.Input{Body: body, Path: vtl.NewObject(v.pathValues), Query: query, Header: header, Context: v.context(s), StageVariables: vtl.NewObject(v.variables), Err: v.call.Err}
}

// context is $context: what API Gateway knows of a request.
func (v *invocation) context(s *Fake) *vtl.Object {
	about := v.about(s)
	return object(about)
}

// object makes a value of a template of JSON.
func object(v map[string]any) *vtl.Object {
	text, err := json.Marshal(v)
	if err != nil {
		return &vtl.Object{}
	}
	decoded, err := vtl.Decode(text)
	if err != nil {
		return &vtl.Object{}
	}
	o, _ := decoded.(*vtl.Object)
	return o
}

// mapped are parameters of a request to an endpoint.
type mapped struct {
	path   map[string]string
	query  url.Values
	header http.Header
}

// parameters are those that the integration maps.
func (v *invocation) parameters(s *Fake) *mapped {
	m := &mapped{path: map[string]string{}, query: url.Values{}, header: http.Header{}}
	for to, from := range v.method.MethodIntegration.RequestParameters {
		values, ok := v.values(s, from, nil)
		if !ok {
			continue
		}
		kind, name, _ := strings.Cut(strings.TrimPrefix(to, "integration.request."), ".")
		switch kind {
		case "path":
			m.path[name] = values[0]
		case "querystring":
			m.query[name] = values
		case "header":
			m.header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return m
}

// override applies $context.requestOverride of a template.
func (m *mapped) override(context *vtl.Object) {
	o, _ := context.Get("requestOverride").(*vtl.Object)
	if o == nil {
		return
	}
	each := func(kind string, set func(name, value string)) {
		values, _ := o.Get(kind).(*vtl.Object)
		if values == nil {
			return
		}
		for _, name := range values.Keys() {
			if text, ok := textual(values.Get(name)); ok {
				set(name, text[0])
			}
		}
	}
	each("header", func(name, value string) { m.header.Set(name, value) })
	each("querystring", func(name, value string) { m.query.Set(name, value) })
	each("path", func(name, value string) { m.path[name] = value })
}

// uri is the URI of the integration, with its variables.
func (v *invocation) uri(m *mapped) string {
	uri := v.withVariables(aws.ToString(v.method.MethodIntegration.Uri))
	for name, value := range m.path {
		escaped := make([]string, 0, 1)
		for part := range strings.SplitSeq(value, "/") {
			escaped = append(escaped, url.PathEscape(part))
		}
		uri = strings.ReplaceAll(uri, "{"+name+"}", strings.Join(escaped, "/"))
	}
	return uri
}
