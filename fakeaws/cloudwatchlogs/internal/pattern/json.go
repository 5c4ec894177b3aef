package pattern

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// document is a JSON pattern: "{ $.status = 404 && $.user.name = a* }".
type document struct {
	condition expression
	selectors []selector
}

// A selector names properties of a JSON document.
type selector struct {
	text  string
	steps []step
}

// A step is the name of a property, the index of an element, or all of either.
type step struct {
	name  string
	index int // of an element; -1 for a property
	all   bool
}

// maxSteps is how many steps a selector has, and maxWildcards how many of them stand for all
// properties. The bounds of AWS are unverified.
const (
	maxSteps     = 32
	maxWildcards = 1
)

func parseJSON(r *reader) (matcher, error) {
	d := new(document)
	r.at++
	x, err := parseExpression(r, 0, d.parse)
	if err != nil {
		return nil, err
	}
	if !r.take("}") {
		return nil, &Error{textInvalid}
	}
	if r.space(); r.peek() != 0 {
		return nil, &Error{textInvalid}
	}
	d.condition = x
	return d, nil
}

// parse reads one condition.
func (d *document) parse(r *reader) (expression, error) {
	s, err := parseSelector(r)
	if err != nil {
		return nil, err
	}
	d.selectors = append(d.selectors, s)
	c := ofProperty{selector: s}
	switch {
	case r.word("IS"):
		switch {
		case r.word("TRUE"):
			c.is = "true"
		case r.word("FALSE"):
			c.is = "false"
		case r.word("NULL"):
			c.is = "null"
		default:
			return nil, &Error{textInvalid}
		}
	case r.word("NOT"):
		if !r.word("EXISTS") {
			return nil, &Error{textInvalid}
		}
		c.missing = true
	default:
		if c.comparison, err = parseComparison(r, ")}"); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// parseSelector reads "$.a.b[0]", "$.a[*].b" or "$.['a-b']".
func parseSelector(r *reader) (selector, error) {
	r.space()
	begin := r.at
	var s selector
	wildcards := 0
	if !r.take("$") {
		return s, &Error{textInvalid}
	}
	for len(s.steps) < maxSteps {
		if c := r.peek(); c != '.' && c != '[' {
			if len(s.steps) == 0 {
				return s, &Error{textInvalid}
			}
			s.text = r.text[begin:r.at]
			return s, nil
		}
		one, ok := r.step()
		if one.all {
			wildcards++
		}
		if !ok || wildcards > maxWildcards {
			return s, &Error{textInvalid}
		}
		s.steps = append(s.steps, one)
	}
	return s, &Error{textInvalid}
}

// step takes ".name", ".*", "[0]", "[*]" or ".['name']".
func (r *reader) step() (one step, ok bool) {
	if r.peek() == '.' {
		r.at++
		if r.peek() != '[' {
			rest := r.text[r.at:]
			end := strings.IndexFunc(rest, func(c rune) bool { return !isWord(c) && c != '-' && c != '*' })
			if end < 0 {
				end = len(rest)
			}
			r.at += end
			return step{name: rest[:end], index: -1, all: rest[:end] == "*"}, end > 0
		}
	}
	end := strings.IndexByte(r.text[r.at:], ']')
	if end < 0 {
		return one, false
	}
	one = element(r.text[r.at+1 : r.at+end])
	r.at += end + 1
	return one, one.index >= 0 || one.all || one.name != ""
}

// element reads what is between brackets: an index, an asterisk, or a name in quotes.
func element(text string) step {
	text = strings.TrimSpace(text)
	if text == "*" {
		return step{index: -1, all: true}
	}
	if n := len(text); n > 2 && (text[0] == '\'' || text[0] == '"') && text[n-1] == text[0] {
		return step{name: text[1 : n-1], index: -1}
	}
	if index, err := strconv.ParseUint(text, 10, 31); err == nil {
		return step{index: int(index)}
	}
	return step{index: -1}
}

// find calls visit for the properties that there are, until it returns true.
func find(value any, steps []step, visit func(any) bool) bool {
	if len(steps) == 0 {
		return visit(value)
	}
	one, rest := steps[0], steps[1:]
	switch value := value.(type) {
	case map[string]any:
		if one.all {
			for _, inner := range value {
				if find(inner, rest, visit) {
					return true
				}
			}
			return false
		}
		inner, ok := value[one.name]
		return ok && one.index < 0 && find(inner, rest, visit)
	case []any:
		if one.all {
			for _, inner := range value {
				if find(inner, rest, visit) {
					return true
				}
			}
			return false
		}
		return one.index >= 0 && one.index < len(value) && find(value[one.index], rest, visit)
	}
	return false
}

// ofProperty is a condition of properties: one of those that the selector names must meet it.
// What is missing meets none but NOT EXISTS.
type ofProperty struct {
	selector
	*comparison
	is      string
	missing bool
}

func (c *ofProperty) holds(event any) bool {
	if c.missing {
		return !find(event, c.steps, func(any) bool { return true })
	}
	return find(event, c.steps, func(value any) bool {
		text, kind := scalar(value)
		switch {
		case c.comparison == nil:
			return kind == literal && text == c.is
		case kind == none, kind == literal && text == "null":
			return false
		case c.quoted && kind != isText: // a text in quotes is no number
			return c.op == "!="
		}
		return c.of(text, kind == isNumber)
	})
}

type kind int

const (
	none kind = iota
	isText
	isNumber
	literal
)

// scalar is the text of a value that is no object or array.
func scalar(value any) (string, kind) {
	switch value := value.(type) {
	case nil:
		return "null", literal
	case bool:
		return strconv.FormatBool(value), literal
	case string:
		return value, isText
	case json.Number:
		return value.String(), isNumber
	}
	return "", none
}

// parseEvent reads an event that is a JSON object or array.
func parseEvent(message string) (any, bool) {
	text := strings.TrimLeft(message, " \t\r\n")
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var event any
	if decoder.Decode(&event) != nil {
		return nil, false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return event, true
}

func (d *document) match(message string) bool {
	event, ok := parseEvent(message)
	return ok && d.condition.holds(event)
}

func (d *document) extract(message string) map[string]string {
	event, ok := parseEvent(message)
	if !ok {
		return nil
	}
	values := make(map[string]string, len(d.selectors))
	for _, s := range d.selectors {
		find(event, s.steps, func(value any) bool {
			text, kind := scalar(value)
			if kind != none {
				values[s.text] = text
			}
			return kind != none
		})
	}
	return values
}

// Property returns the number or text that a selector names in an event.
func Property(selector, message string) (string, bool) {
	r := &reader{text: selector}
	s, err := parseSelector(r)
	event, ok := parseEvent(message)
	if err != nil || r.at != len(selector) || !ok {
		return "", false
	}
	text, found := "", false
	find(event, s.steps, func(value any) bool {
		var kind kind
		text, kind = scalar(value)
		found = kind != none
		return found
	})
	return text, found
}
