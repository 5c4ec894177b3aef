package anyservice

import (
	"net/url"
	"path"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A request reads what the catalog's sources name: members of a request, by their places on
// the wire.
type request struct {
	call *fakeaws.Call
	msg  *fakeaws.Message
	body *wire.Value // read at first use
}

// A found is one text of a source. at says of which elements of which lists it is: texts of
// the same element belong together.
type found struct {
	text string
	at   []place
}

// A place is an element of a list, which its path names.
type place struct {
	list  string
	index int
}

// together reports whether two texts are of the same elements of the lists that they share.
func (f *found) together(other *found) bool {
	for i := 0; i < len(f.at) && i < len(other.at); i++ {
		if f.at[i].list == other.at[i].list && f.at[i].index != other.at[i].index {
			return false
		}
	}
	return true
}

// document reads the body once.
func (r *request) document() (*wire.Value, error) {
	if r.body == nil {
		v, err := r.msg.Document(r.msg.Protocol)
		if err != nil {
			return nil, err
		}
		r.body = &v
	}
	return r.body, nil
}

// texts returns the texts of a source: none where the request does not have it. A function
// may follow the source after "|".
func (r *request) texts(source string) ([]found, error) {
	bare, function, _ := strings.Cut(source, "|")
	kind, name, _ := strings.Cut(bare, ":")
	var all []found
	switch kind {
	case "b":
		body, err := r.document()
		if err != nil {
			return nil, err
		}
		walk(body, name, "", nil, func(v *wire.Value, at []place) {
			if text, ok := v.Text(); ok {
				all = append(all, found{text, at})
			}
		})
	case "q":
		for _, value := range r.msg.Param(name) {
			all = append(all, found{text: value})
		}
	case "h":
		for _, value := range r.msg.Header.Values(name) {
			all = append(all, found{text: value})
		}
	case "l":
		if value, ok := r.msg.Operation.Label(r.msg.Request, name); ok {
			all = append(all, found{text: value})
		}
	}
	kept := all[:0]
	for _, f := range all {
		if f.text = apply(function, f.text); f.text != "" {
			kept = append(kept, f)
		}
	}
	return kept, nil
}

// exists reports whether the request has a source, also as a structure or an empty list.
func (r *request) exists(source string) (bool, error) {
	bare, function, _ := strings.Cut(source, "|")
	kind, name, _ := strings.Cut(bare, ":")
	if kind != "b" || function != "" {
		all, err := r.texts(source)
		return len(all) > 0, err
	}
	body, err := r.document()
	exists := false
	if err == nil {
		walk(body, name, "", nil, func(v *wire.Value, _ []place) { exists = exists || v.Exists() })
	}
	return exists, err
}

// value returns the value of a member of the body.
func (r *request) value(source string) (*wire.Value, error) {
	body, err := r.document()
	if err != nil {
		return nil, err
	}
	v := new(wire.Value)
	walk(body, strings.TrimPrefix(source, "b:"), "", nil, func(x *wire.Value, _ []place) { v = x })
	return v, nil
}

// walk goes along a path: names with dots between them, "[]" after a list, "{}" after a map
// whose keys are meant, "{*}" after one whose values are.
func walk(v *wire.Value, rest, done string, at []place, f func(*wire.Value, []place)) {
	if rest == "" {
		f(v, at)
		return
	}
	step, rest, _ := strings.Cut(rest, ".")
	done += "." + step
	name := strings.TrimRight(step, "[]{*}")
	suffix := step[len(name):]
	if name != "" {
		v = v.Member(name)
	}
	within := func(e *wire.Value, index int) {
		inner := append(at[:len(at):len(at)], place{done, index})
		walk(e, rest, done, inner, f)
	}
	switch suffix {
	case "[]":
		for i, e := range v.Elements() {
			within(e, i)
		}
	case "{}", "{*}":
		i := 0
		v.Entries(func(key string, e *wire.Value) {
			if suffix == "{}" {
				e = wire.Text(key)
			}
			within(e, i)
			i++
		})
	default:
		walk(v, rest, done, at, f)
	}
}

// apply applies a function of the catalog to a text; "" where the text is not meant.
func apply(function, text string) string {
	switch function {
	case "last": // of a queue's URL
		return text[strings.LastIndexByte(text, '/')+1:]
	case "slashless":
		return strings.TrimPrefix(text, "/")
	case "family": // of a task definition: family:revision
		family, _, _ := strings.Cut(text, ":")
		return family
	case "alias":
		if strings.HasPrefix(text, "alias/") {
			return text
		}
		return ""
	case "copied": // bucket/key?versionId=x, escaped
		source, _, _ := strings.Cut(text, "?")
		if plain, err := url.PathUnescape(source); err == nil {
			return strings.TrimPrefix(plain, "/")
		}
		return strings.TrimPrefix(source, "/")
	case "version":
		_, query, _ := strings.Cut(text, "?versionId=")
		return query
	case "base":
		return path.Base(text)
	}
	return text
}
