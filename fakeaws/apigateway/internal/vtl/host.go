package vtl

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// inputHost is $input.
type inputHost struct {
	in   *Input
	root any
	read bool
}

func (*inputHost) name() string { return "$input" }

func (h *inputHost) get(name string) (any, bool) { return h.in.Body, name == "body" }

// body is the payload as JSON; one that is none is a text.
func (h *inputHost) body() any {
	if !h.read {
		h.read = true
		if h.in.Body == "" {
			return nil
		}
		v, err := Decode([]byte(h.in.Body))
		if err != nil {
			v = h.in.Body
		}
		h.root = v
	}
	return h.root
}

func (h *inputHost) call(e *evaluation, name string, args []any) (any, error) {
	switch signature(name, args) {
	case "path/1":
		return e.find(h.body(), e.asText(args[0]))
	case "json/1":
		v, err := e.find(h.body(), e.asText(args[0]))
		if err != nil {
			return nil, err
		}
		if v == nil {
			return `""`, nil // a path that finds nothing
		}
		w := writer{left: maxOutput}
		if err := w.json(v); err != nil {
			return nil, err
		}
		return w.b.String(), e.spend(w.b.Len() / textStep)
	case "params/0":
		all := &Object{}
		all.Put("path", orEmpty(h.in.Path))
		all.Put("querystring", orEmpty(h.in.Query))
		all.Put("header", orEmpty(h.in.Header))
		return all, nil
	case "params/1":
		key := e.asText(args[0])
		for _, o := range []*Object{h.in.Path, h.in.Query, h.in.Header} {
			if o != nil && o.Has(key) {
				return o.Get(key), nil
			}
		}
		return headerOf(h.in.Header, key), nil
	}
	return nil, fmt.Errorf("$input has no method %s with %d arguments", name, len(args))
}

func orEmpty(o *Object) *Object {
	if o == nil {
		return &Object{}
	}
	return o
}

// headerOf finds a header in any case.
func headerOf(o *Object, key string) any {
	if o == nil {
		return ""
	}
	for _, k := range o.keys {
		if strings.EqualFold(k, key) {
			return o.by[k]
		}
	}
	return ""
}

// utilHost is $util.
type utilHost struct{}

func (utilHost) name() string { return "$util" }

func (utilHost) get(string) (any, bool) { return nil, false }

func (utilHost) call(e *evaluation, name string, args []any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("$util has no method %s with %d arguments", name, len(args))
	}
	text := e.asText(args[0])
	if err := e.spend(len(text) / textStep); err != nil {
		return nil, err
	}
	switch name {
	case "escapeJavaScript":
		return escapeJavaScript(text), nil
	case "parseJson":
		return Decode([]byte(text))
	case "urlEncode":
		return url.QueryEscape(text), nil
	case "urlDecode":
		return url.QueryUnescape(text)
	case "base64Encode":
		return base64.StdEncoding.EncodeToString([]byte(text)), nil
	case "base64Decode":
		out, err := base64.StdEncoding.DecodeString(text)
		return string(out), err
	}
	return nil, fmt.Errorf("$util.%s is not implemented", name)
}

// escapeJavaScript escapes as StringEscapeUtils of Apache Commons does: also single quotes and
// slashes.
func escapeJavaScript(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\'' || r == '\\' || r == '/':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04X\u%04X`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		case r < 0x20 || r > 0x7e:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
