// Package constraint checks the members of an operation's input against the
// constraints of AWS's service model and answers as AWS's front end does:
//
//	1 validation error detected: Value 'a b' at 'roleSessionName' failed to
//	satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*
//
// All violations of a request are reported in one error, in the order of the
// input's members.
package constraint

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Member is what the model demands of one member of an input.
type Member struct {
	// Required refuses an absent member.
	Required bool
	// Min and Max bound the length of a string (in characters) or of a list, or
	// the value of a number. A Max of zero does not bound.
	Min, Max int
	// Pattern is what a string, or each string of a list, must match.
	Pattern *Pattern
	// Enum lists the values that a string may have.
	Enum []string
	// Item has the length bounds of the strings of a list.
	Item *Member
	// Fields has the members of the structures of a list.
	Fields Table
	// Invalid is the whole message with which a service answers a value that
	// does not match Pattern, where it does not use the front end's text. It is
	// answered only when nothing else is wrong.
	Invalid string
}

// Optional returns m without the demand to be present.
func (m Member) Optional() Member {
	m.Required = false
	return m
}

// AtMost returns m with another upper bound.
func (m Member) AtMost(maximum int) Member {
	m.Max = maximum
	return m
}

// A Table holds the constraints of members by the name of their Go field.
type Table map[string]Member

// A Pattern is a regular expression of the model: its text as AWS prints it,
// and a function that decides it without a regexp engine.
type Pattern struct {
	Text  string
	Match func(string) bool
}

// Chars is the pattern of a value all of whose characters satisfy ok.
func Chars(text string, ok func(rune) bool) *Pattern {
	return &Pattern{Text: text, Match: func(s string) bool {
		return strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0
	}}
}

// WordAnd accepts the letters, digits and underscore of \w, and the others.
func WordAnd(others string) func(rune) bool {
	return func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' ||
			strings.ContainsRune(others, r)
	}
}

// Between accepts the characters of ranges, given as pairs of first and last,
// and the others.
func Between(others string, ranges ...rune) func(rune) bool {
	return func(r rune) bool {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return strings.ContainsRune(others, r)
	}
}

// tagText accepts the characters of tag keys and values on AWS.
func tagText(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Z, r) || strings.ContainsRune("_.:/=+-@", r)
}

// The constraints of tags are the same in IAM and STS: the pages "Tag" of both
// API references.
var (
	TagKey   = Member{Required: true, Min: 1, Max: 128, Pattern: Chars(`[\p{L}\p{Z}\p{N}_.:/=+\-@]+`, tagText)}
	TagValue = Member{Required: true, Max: 256, Pattern: Chars(`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, tagText)}
	Tags     = Member{Required: true, Max: 50, Fields: Table{"Key": TagKey, "Value": TagValue}}
	TagKeys  = Member{Required: true, Max: 50, Item: &Member{Min: 1, Max: 128}, Pattern: TagKey.Pattern}
)

// A Plan checks the inputs of one operation. It is immutable.
type Plan struct {
	fields []field
}

type field struct {
	index int
	name  string
	Member
}

// Compile makes the plan of an input type out of the first table that has each
// field. A field that no table has is not checked.
func Compile(input reflect.Type, tables ...Table) *Plan {
	p := new(Plan)
	for i := range input.NumField() {
		f := input.Field(i)
		for _, t := range tables {
			if m, ok := t[f.Name]; ok {
				p.fields = append(p.fields, field{index: i, name: lowerFirst(f.Name), Member: m})
				break
			}
		}
	}
	return p
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// Check returns a ValidationError that lists all violations of in, a pointer to
// the input.
func (p *Plan) Check(in any) error {
	v := reflect.ValueOf(in).Elem()
	var c checker
	for i := range p.fields {
		f := &p.fields[i]
		c.check(v.Field(f.index), f.name, &f.Member)
	}
	switch len(c.violations) {
	case 0:
		if c.invalid != "" {
			return Error(c.invalid)
		}
		return nil
	case 1:
		return Error("1 validation error detected: " + c.violations[0])
	}
	return Error(fmt.Sprintf("%d validation errors detected: %s", len(c.violations), strings.Join(c.violations, "; ")))
}

// Error is AWS's ValidationError with a message of a service's own.
func Error(message string) error {
	return &wire.Error{Code: "ValidationError", Message: message, Status: 400}
}

type checker struct {
	violations []string
	invalid    string
}

func (c *checker) add(value, path, constraint string) {
	c.violations = append(c.violations, "Value "+value+" at '"+path+"' failed to satisfy constraint: Member must "+constraint)
}

func (c *checker) check(v reflect.Value, path string, m *Member) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			c.absent(path, m)
			return
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		// The SDK's enums are strings without a pointer: empty is absent.
		if len(m.Enum) > 0 && v.Len() == 0 {
			c.absent(path, m)
			return
		}
		c.text(v.String(), path, m)
	case reflect.Int32:
		c.bounds(int(v.Int()), strconv.FormatInt(v.Int(), 10), path, "have value", m)
	case reflect.Slice:
		if v.IsNil() {
			c.absent(path, m)
			return
		}
		c.list(v, path, m)
	}
}

func (c *checker) absent(path string, m *Member) {
	if m.Required {
		c.add("null", path, "not be null")
	}
}

func (c *checker) text(s, path string, m *Member) {
	c.bounds(utf8.RuneCountInString(s), s, path, "have length", m)
	if m.Pattern != nil && !m.Pattern.Match(s) {
		if m.Invalid == "" {
			c.add("'"+s+"'", path, "satisfy regular expression pattern: "+m.Pattern.Text)
		} else if c.invalid == "" {
			c.invalid = m.Invalid
		}
	}
	if len(m.Enum) == 0 {
		return
	}
	for _, e := range m.Enum {
		if s == e {
			return
		}
	}
	c.add("'"+s+"'", path, "satisfy enum value set: ["+strings.Join(m.Enum, ", ")+"]")
}

func (c *checker) bounds(n int, value, path, what string, m *Member) {
	if n < m.Min {
		c.add("'"+value+"'", path, what+" greater than or equal to "+strconv.Itoa(m.Min))
	}
	if m.Max > 0 && n > m.Max {
		c.add("'"+value+"'", path, what+" less than or equal to "+strconv.Itoa(m.Max))
	}
}

// list checks a list of strings or of structures; AWS counts items from 1.
func (c *checker) list(v reflect.Value, path string, m *Member) {
	if n := v.Len(); n < m.Min || m.Max > 0 && n > m.Max {
		c.bounds(n, printList(v), path, "have length", m)
	}
	for i := range v.Len() {
		item := v.Index(i)
		at := path + "." + strconv.Itoa(i+1) + ".member"
		if item.Kind() == reflect.String {
			each := Member{Pattern: m.Pattern}
			if m.Item != nil {
				each.Min, each.Max = m.Item.Min, m.Item.Max
			}
			c.text(item.String(), at, &each)
			continue
		}
		for j := range item.NumField() {
			name := item.Type().Field(j).Name
			if field, ok := m.Fields[name]; ok {
				c.check(item.Field(j), at+"."+lowerFirst(name), &field)
			}
		}
	}
}

// printList prints a list as AWS's messages do; of structures the exact form is
// unverified.
func printList(v reflect.Value) string {
	items := make([]string, v.Len())
	for i := range items {
		item := v.Index(i)
		if item.Kind() == reflect.Struct {
			if key := item.FieldByName("Key"); key.Kind() == reflect.Pointer && !key.IsNil() {
				item = key.Elem()
			}
		}
		items[i] = fmt.Sprint(item)
	}
	return "[" + strings.Join(items, ", ") + "]"
}
