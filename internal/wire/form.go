package wire

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A param is one name=value of a form or query string, decoded.
type param struct{ name, value string }

// The errors of forms. AWS documents the codes (CommonErrors of each service's
// API reference) and not the texts: but for "Unexpected … element termination",
// which users have quoted, they are ours: unverified.
const (
	malformedQueryString = "MalformedQueryString"
	malformedInput       = "MalformedInput"
)

// longForm is from what length on the values of a form are no parts of it: whoever keeps
// one of them, as the log does, must not keep all of the form.
const longForm = 4 << 10

// maxParams is how many parameters a request of the Query protocol may have. AWS's own
// limit is unverified; no valid request comes near it.
const maxParams = 20_000

// appendForm appends the parameters of an encoded form.
func appendForm(ps []param, form string) ([]param, error) {
	long := len(form) >= longForm
	for len(form) > 0 {
		var pair string
		pair, form, _ = strings.Cut(form, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		var ok [2]bool
		name, ok[0] = unescapeForm(name)
		value, ok[1] = unescapeForm(value)
		if long {
			value = strings.Clone(value)
		}
		if !ok[0] || !ok[1] {
			return nil, &Error{Code: malformedQueryString, Message: "The query string contains a syntax error: " + quoteShort(pair)}
		}
		ps = append(ps, param{name, value})
	}
	return ps, nil
}

// unescapeForm decodes %XX and +, and copies nothing when there is neither.
func unescapeForm(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	return unescapePercent(s, true)
}

// unescapePercent decodes %XX, and + as a space where plus says so.
func unescapePercent(s string, plus bool) (string, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return "", false
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi > 15 || lo > 15 {
				return "", false
			}
			b = append(b, hi<<4|lo)
			i += 2
		case c == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// quoteShort quotes the begin of a text that came from outside.
func quoteShort(s string) string {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return strconv.QuoteToASCII(s)
}

// decodeQuery reads an awsQuery request: the parameters of the query string and
// of the body together. Sorted by name, those of one member stand side by side,
// so nothing is built but what was sent; a list index may be as large as it likes.
func decodeQuery(o *Operation, n *node, v reflect.Value, r *Request) error {
	ps := make([]param, 0, 16)
	text := ""
	if r.Method == http.MethodPost {
		text = r.formText()
	}
	if strings.Count(r.RawQuery, "&")+strings.Count(text, "&") >= maxParams {
		return &Error{Code: malformedQueryString, Message: "The request has too many parameters"}
	}
	ps, err := appendForm(ps, r.RawQuery)
	if err != nil {
		return err
	}
	if ps, err = appendForm(ps, text); err != nil {
		return err
	}
	if byName := func(a, b param) int { return cmp.Compare(a.name, b.name) }; !slices.IsSortedFunc(ps, byName) {
		slices.SortStableFunc(ps, byName)
	}
	for i := 1; i < len(ps); i++ {
		if ps[i].name == ps[i-1].name {
			return &Error{Code: malformedInput, Message: "Duplicate parameter: " + quoteShort(ps[i].name)}
		}
	}
	if err := n.readFormStruct(ps, 0, v); err != nil {
		return err
	}
	setQueueURL(o, n, v, r)
	return nil
}

// group returns how many of ps have the same next segment of their names as the
// first, and that segment. skip is the length of the names' common beginning.
func group(ps []param, skip int) (count int, segment string) {
	segment, _, _ = strings.Cut(ps[0].name[skip:], ".")
	count = 1
	for count < len(ps) {
		next, _, _ := strings.Cut(ps[count].name[skip:], ".")
		if next != segment {
			break
		}
		count++
	}
	return count, segment
}

// below returns those of ps whose names go on after segment, and the length of
// the names' common beginning there. own is the parameter called like the
// segment itself, which is the first; nil without it.
func below(ps []param, skip int, segment string) (rest []param, at int, own *param) {
	at = skip + len(segment)
	if len(ps[0].name) == at {
		own, ps = &ps[0], ps[1:]
	}
	return ps, at + 1, own
}

func (n *node) readFormStruct(ps []param, skip int, v reflect.Value) error {
	for len(ps) > 0 {
		count, segment := group(ps, skip)
		if f := n.byXML[segment]; f != nil {
			if err := f.node.readForm(ps[:count], skip, segment, f.flat, v.Field(f.index)); err != nil {
				return err
			}
		}
		ps = ps[count:] // AWS ignores parameters that it does not know
	}
	return nil
}

// readForm reads one member or element from the parameters that begin with
// segment at skip.
func (n *node) readForm(ps []param, skip int, segment string, flat bool, v reflect.Value) error {
	rest, at, own := below(ps, skip, segment)
	if own != nil && own.value != "" {
		switch n.kind {
		case structKind, unionKind:
			return &Error{Code: malformedInput, Message: "Unexpected complex element termination"}
		case listKind, mapKind:
			return &Error{Code: malformedInput, Message: "Unexpected list element termination"}
		}
	}
	switch n.kind {
	case structKind:
		return n.readFormStruct(rest, at, n.target(v))
	case unionKind:
		return n.readFormUnion(rest, at, v)
	case listKind:
		// "Name=" says an empty list.
		v.Set(reflect.MakeSlice(n.base, 0, 0))
		return n.eachIndex(rest, at, flat, n.elemName, func(ps []param, skip int, index string) error {
			return n.elem.readForm(ps, skip, index, false, n.grow(v))
		})
	case mapKind:
		v.Set(reflect.MakeMap(n.base))
		return n.eachIndex(rest, at, flat, "entry", func(ps []param, skip int, index string) error {
			return n.readFormEntry(ps, skip, index, v)
		})
	}
	if own == nil {
		return badParam(ps[0].name)
	}
	if err := n.setText(v, own.value, dateTime); err != nil {
		return badParam(own.name)
	}
	return nil
}

func badParam(name string) error {
	return &Error{Code: malformedInput, Message: "Invalid value for parameter " + quoteShort(name)}
}

// eachIndex calls f for each index of a list or map, in the order of the
// numbers. Gaps between them close, as AWS's do.
func (n *node) eachIndex(ps []param, skip int, flat bool, name string, f func(ps []param, skip int, index string) error) error {
	if !flat {
		// Foo.member.1; a list with a name of its own for elements is read by
		// both, since clients differ.
		for len(ps) > 0 {
			count, segment := group(ps, skip)
			if segment == name || segment == "member" {
				rest, at, _ := below(ps[:count], skip, segment)
				return n.eachIndex(rest, at, true, name, f)
			}
			ps = ps[count:]
		}
		return nil
	}
	type run struct {
		index uint64
		name  string
		ps    []param
	}
	var runs []run
	for len(ps) > 0 {
		count, segment := group(ps, skip)
		index, err := strconv.ParseUint(segment, 10, 32)
		if err != nil || index == 0 {
			return badParam(ps[0].name)
		}
		runs = append(runs, run{index, segment, ps[:count]})
		ps = ps[count:]
	}
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(a.index, b.index) })
	for i, r := range runs {
		if i > 0 && r.index == runs[i-1].index {
			return &Error{Code: malformedInput, Message: "Duplicate parameter: " + quoteShort(r.ps[0].name)}
		}
		if err := f(r.ps, skip, r.name); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) readFormEntry(ps []param, skip int, index string, v reflect.Value) error {
	ps, skip, _ = below(ps, skip, index)
	e := reflect.New(n.base.Elem()).Elem()
	var key *param
	for len(ps) > 0 {
		count, segment := group(ps, skip)
		switch segment {
		case n.keyName:
			_, _, key = below(ps[:count], skip, segment)
		case n.valueName:
			if err := n.elem.readForm(ps[:count], skip, segment, false, e); err != nil {
				return err
			}
		}
		ps = ps[count:]
	}
	if key == nil {
		return &Error{Code: malformedInput, Message: "A map entry has no " + n.keyName}
	}
	k := reflect.ValueOf(key.value).Convert(n.base.Key())
	if v.MapIndex(k).IsValid() {
		return &Error{Code: malformedInput, Message: "Duplicate map key: " + quoteShort(key.value)}
	}
	v.SetMapIndex(k, e)
	return nil
}

func (n *node) readFormUnion(ps []param, skip int, v reflect.Value) error {
	if len(ps) == 0 {
		return nil
	}
	count, segment := group(ps, skip)
	f := n.byXML[segment]
	if f == nil || count < len(ps) {
		return badParam(ps[0].name)
	}
	member := reflect.New(n.cases[f.index])
	v.Set(member)
	return f.node.readForm(ps, skip, segment, f.flat, member.Elem().Field(0))
}
