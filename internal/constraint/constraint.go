// Package constraint checks the members of an operation's input against the
// constraints of AWS's service model and answers as AWS's front end does:
//
//	1 validation error detected: Value 'a b' at 'roleSessionName' failed to
//	satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*
//
// All violations of a request are reported in one error, in the order in which
// the model has the input's members.
package constraint

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Plan checks the inputs of one operation. It is immutable.
type Plan struct {
	fields []field
	hidden bool // see Wording
	fail   func(message string) error
}

// A field is a member of a structure.
type field struct {
	index    int
	name     string // as messages print it
	required bool
	rule     *rule
}

// A rule is what the model demands of a value that is there.
type rule struct {
	// min and max bound the length of a string (in characters) or of a list, or
	// the value of a number. A max below zero does not bound.
	min, max int
	pattern  *Pattern
	enum     []string
	// secret keeps the value out of messages, unnamed the values that an enum has.
	secret, unnamed bool
	// notNull says that errors about a list mention that no item is null.
	notNull bool
	// said is the service's own message for a value that does not match pattern.
	said   string
	form   *Form
	item   *rule   // of a list
	fields []field // of a structure
}

// Check returns an error that lists all violations of in, a pointer to the input.
func (p *Plan) Check(in any) error {
	c := checker{hidden: p.hidden}
	c.structure(reflect.ValueOf(in).Elem(), p.fields)
	switch len(c.violations) {
	case 0:
		if c.said != "" {
			return p.fail(c.said)
		}
		return nil
	case 1:
		return p.fail("1 validation error detected: " + c.violations[0])
	}
	return p.fail(fmt.Sprintf("%d validation errors detected: %s", len(c.violations), strings.Join(c.violations, "; ")))
}

// Error is AWS's ValidationError with a message of a service's own.
func Error(message string) error {
	return &wire.Error{Code: "ValidationError", Message: message, Status: 400}
}

// A Violation is the first thing that is wrong with an input, for services that
// word it themselves.
type Violation struct {
	Kind   ViolationKind
	Member string // as messages print it: "policyId"
}

// ViolationKind says what is wrong with a value.
type ViolationKind int

// The kinds of violations.
const (
	Missing ViolationKind = iota + 1
	TooShort
	TooLong
	TooSmall
	TooLarge
	BadPattern
	BadEnum
)

// First returns the first violation of in, a pointer to the input; false when
// there is none.
func (p *Plan) First(in any) (Violation, bool) {
	c := checker{lengthFirst: true}
	c.structure(reflect.ValueOf(in).Elem(), p.fields)
	return c.first, c.first.Kind != 0
}

// A checker collects what is wrong. It knows where it is as a stack, which is
// put into words only where something is wrong: valid input costs no memory.
type checker struct {
	at     [maxDepth]step
	depth  int
	hidden bool
	// lengthFirst: a wrong length is named before a wrong pattern.
	lengthFirst bool
	violations  []string
	first       Violation
	said        string
}

// maxViolations is how many violations an error lists. That AWS stops somewhere, and
// where, is unverified: a list of thousands of items with three wrong members each would
// make an answer far longer than the request.
const maxViolations = 100

// maxDepth is how deep the structures of inputs may be. IAM's deepest have
// three steps: "contextEntries.1.member.contextKeyValues".
const maxDepth = 16

// A step is a member, or an item of a list when it has a number.
type step struct {
	name string
	item int // from 1
}

func (c *checker) path() string {
	var b strings.Builder
	for i, s := range c.at[:c.depth] {
		if i > 0 {
			b.WriteByte('.')
		}
		if s.item > 0 {
			b.WriteString(strconv.Itoa(s.item) + ".member")
		} else {
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// violated adds a violation by a value that is there.
func (c *checker) violated(kind ViolationKind, r *rule, value, constraint string) {
	if r.secret {
		c.add(kind, "Value", constraint)
	} else {
		c.add(kind, "Value '"+value+"'", constraint)
	}
}

func (c *checker) add(kind ViolationKind, value, constraint string) {
	if c.first.Kind == 0 {
		c.first = Violation{kind, c.path()}
	}
	if len(c.violations) == maxViolations {
		return
	}
	c.violations = append(c.violations, value+" at '"+c.path()+"' failed to satisfy constraint: Member must "+constraint)
}

func (c *checker) structure(v reflect.Value, fields []field) {
	c.depth++
	for i := range fields {
		f := &fields[i]
		c.at[c.depth-1] = step{name: f.name}
		value := v.Field(f.index)
		if absent(value) {
			if f.required && c.hidden {
				// That a missing value is hidden as others are is unverified.
				c.add(Missing, "Value", "not be null")
			} else if f.required {
				c.add(Missing, "Value null", "not be null")
			}
		} else if f.rule != nil {
			c.value(value, f.rule)
		}
	}
	c.depth--
}

// absent reports whether a member was not sent. The SDK's enums are strings
// without a pointer, whose empty value is absent.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

func (c *checker) value(v reflect.Value, r *rule) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		c.text(v.String(), r)
	case reflect.Int32, reflect.Int64:
		if n := int(v.Int()); !r.bounds(n) {
			c.outside(TooSmall, r, n, strconv.Itoa(n), "have value ")
		}
	case reflect.Slice:
		c.list(v, r)
	case reflect.Struct:
		c.structure(v, r.fields)
	}
}

func (r *rule) bounds(n int) bool { return n >= r.min && (r.max < 0 || n <= r.max) }

// outside adds the violation of a bound; below is the kind of the lower one.
func (c *checker) outside(below ViolationKind, r *rule, n int, value, what string) {
	if n < r.min {
		c.violated(below, r, value, what+atLeast+strconv.Itoa(r.min))
	} else {
		c.violated(below+1, r, value, what+atMost+strconv.Itoa(r.max))
	}
}

const (
	atLeast   = "greater than or equal to "
	atMost    = "less than or equal to "
	inPattern = "satisfy regular expression pattern: "
)

// text checks a string. AWS names a wrong pattern before a wrong length. That services
// with words of their own do it the other way around is unverified.
func (c *checker) text(s string, r *rule) {
	if c.lengthFirst {
		c.length(s, r)
	}
	if r.pattern != nil && !r.pattern.Match(s) {
		if r.said == "" {
			c.violated(BadPattern, r, s, inPattern+r.pattern.Text)
		} else {
			c.say(r.said)
		}
	}
	if !c.lengthFirst {
		c.length(s, r)
	}
	if !r.lists(s) {
		c.violated(BadEnum, r, s, r.inEnum())
	}
	if r.form != nil && !r.form.Valid(s) {
		c.say(r.form.Message)
	}
}

func (c *checker) length(s string, r *rule) {
	if n := utf8.RuneCountInString(s); !r.bounds(n) {
		c.outside(TooShort, r, n, s, "have length ")
	}
}

// say keeps the first message of the service's own.
func (c *checker) say(message string) {
	if c.said == "" {
		c.said = message
	}
}

// lists reports whether s is among the values of an enum, if r is one.
func (r *rule) lists(s string) bool {
	for _, e := range r.enum {
		if s == e {
			return true
		}
	}
	return len(r.enum) == 0
}

func (r *rule) inEnum() string {
	if r.unnamed {
		return "satisfy enum value set"
	}
	return "satisfy enum value set: [" + strings.Join(r.enum, ", ") + "]"
}

// blob checks the length of binary data, which AWS prints as its own buffers.
func (c *checker) blob(n int, r *rule) {
	if !r.bounds(n) {
		length := strconv.Itoa(n)
		c.outside(TooShort, r, n, "java.nio.HeapByteBuffer[pos=0 lim="+length+" cap="+length+"]", "have length ")
	}
}

// list checks a list. Items that are structures are named one by one, counted
// from 1; of simple items AWS says for the whole list what each must be.
func (c *checker) list(v reflect.Value, r *rule) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		c.blob(v.Len(), r)
		return
	}
	if n := v.Len(); !r.bounds(n) {
		c.outside(TooShort, r, n, printList(v), "have length ")
	}
	if r.item == nil {
		return
	}
	simple := v.Type().Elem().Kind() == reflect.String
	for i := range v.Len() {
		if !simple {
			c.depth++
			c.at[c.depth-1] = step{item: i + 1}
			c.value(v.Index(i), r.item)
			c.depth--
		} else if !r.item.allows(v.Index(i).String()) {
			c.violated(BadPattern, r, printList(v), "satisfy constraint: ["+strings.Join(r.item.demands(), ", ")+"]")
			return
		}
	}
}

// allows reports whether an item of a list satisfies everything.
func (r *rule) allows(s string) bool {
	return r.bounds(utf8.RuneCountInString(s)) && (r.pattern == nil || r.pattern.Match(s)) && r.lists(s)
}

// demands lists what the items of a list must satisfy, as AWS prints it.
func (r *rule) demands() []string {
	var all []string
	if r.max >= 0 {
		all = append(all, "Member must have length "+atMost+strconv.Itoa(r.max))
	}
	if r.max >= 0 || r.min > 0 {
		all = append(all, "Member must have length "+atLeast+strconv.Itoa(r.min))
	}
	if r.pattern != nil {
		all = append(all, "Member must "+inPattern+r.pattern.Text)
	}
	if len(r.enum) > 0 {
		all = append(all, "Member must "+r.inEnum())
	}
	if r.notNull {
		all = append(all, "Member must not be null")
	}
	return all
}

// maxPrinted is how many bytes of a list a message prints. That AWS stops somewhere, and
// where, is unverified: a list that fills a request would be printed several times as long.
const maxPrinted = 64 << 10

// printList prints a list as AWS's messages do; of structures the form, that of the
// toString methods that AWS generates for Java, is unverified.
func printList(v reflect.Value) string { return string(appendList(nil, v)) }

func appendList(b []byte, v reflect.Value) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		if len(b) > maxPrinted {
			break
		}
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendItem(b, v.Index(i))
	}
	return append(b, ']')
}

func appendItem(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Pointer:
		return appendItem(b, v.Elem())
	case reflect.Slice:
		return appendList(b, v)
	case reflect.Struct:
		return appendStructure(b, v)
	case reflect.String:
		return append(b, v.String()...)
	}
	return fmt.Append(b, v)
}

func appendStructure(b []byte, v reflect.Value) []byte {
	b = append(append(b, v.Type().Name()...), '(')
	first := true
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || absent(v.Field(i)) {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		b = append(append(append(b, strings.ToLower(f.Name[:1])...), f.Name[1:]...), '=')
		b = appendItem(b, v.Field(i))
	}
	return append(b, ')')
}
