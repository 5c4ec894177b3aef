package eventpattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Texts of what is wrong with a pattern, as EventBridge answers them.
const (
	textEmptyArray = "Empty arrays are not allowed"
	textContainer  = "%q must be an object or an array"
	textComplex    = "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"
)

// Texts of which no answer of EventBridge is on record: unverified. They are those of the
// library that EventBridge has published, Event Ruler, but for what is wrong with the JSON.
const (
	textNoObject    = "Filter is not an object"
	textEmpty       = "Empty objects are not allowed"
	textValue       = "Match value must be String, number, true, false, or null"
	textNoName      = "Match expression name not found"
	textOneKey      = "Only one key allowed in match expression"
	textTwice       = "Path `%s` cannot be allowed multiple times"
	textCombination = "Rule is too complex - $or has too many combinations"
	textToken       = "Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	textSyntax      = "Unexpected character or end of input: not valid JSON"
)

const (
	// maxCombinations bounds how many patterns without $or a pattern stands for
	// ("Considerations when creating rules with $or" of the user guide).
	maxCombinations = 1000
	// maxWildcards bounds the complexity of all wildcards of a pattern together. That
	// EventBridge counts so, and up to this number, is unverified.
	maxWildcards = 100
	// maxSnippet is how many characters of a pattern an error repeats.
	maxSnippet = 500
)

// A parser reads one pattern.
type parser struct {
	scanner
	path      []string
	absent    [][]string // see Pattern
	wildcards int
	filter    bool // see ParseFilter
}

// A problem is what is wrong with a pattern, and where.
type problem struct{ text string }

// Error implements error.
func (p *problem) Error() string { return p.text }

// Parse reads an event pattern. Its errors are in EventBridge's words.
func Parse(document string) (*Pattern, error) { return parse(document, false) }

// ParseFilter reads the pattern of an event filter, as event source mappings of Lambda have
// them. It takes the comparisons alone that the table of Lambda's developer guide has
// ("Filter rule syntax"): no exact, wildcard and cidr, and within prefix, suffix and
// anything-but no other comparison.
func ParseFilter(document string) (*Pattern, error) { return parse(document, true) }

func parse(document string, filter bool) (*Pattern, error) {
	p := parser{scanner: scanner{src: document}, filter: filter}
	if err := p.valid(); err != nil {
		return nil, err
	}
	if p.next() != startObject {
		return nil, p.errorf(textNoObject)
	}
	o, combinations, err := p.object()
	switch {
	case err != nil:
		return nil, err
	case combinations > maxCombinations:
		return nil, &problem{textCombination}
	case p.wildcards > maxWildcards:
		return nil, &problem{textComplex}
	}
	return &Pattern{o, p.absent}, nil
}

// valid refuses what is no JSON.
func (p *parser) valid() error {
	var skipped json.RawMessage
	err := json.Unmarshal([]byte(p.src), &skipped)
	if err == nil {
		return nil
	}
	trimmed := strings.TrimLeft(p.src, " \t\r\n")
	if trimmed == "" {
		return p.errorf(textNoObject)
	}
	isWord := func(r rune) bool { return r == '_' || r == '$' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
	if end := strings.IndexFunc(trimmed, func(r rune) bool { return !isWord(r) && (r < '0' || r > '9') }); end != 0 && isWord(rune(trimmed[0])) {
		word := trimmed
		if end > 0 {
			word = trimmed[:end]
		}
		p.pos = len(p.src) - len(trimmed) + len(word)
		return p.errorf(textToken, word)
	}
	if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
		p.pos = min(int(syntax.Offset), len(p.src))
	}
	return p.errorf(textSyntax)
}

// errorf is an error with the place where the parser is.
func (p *parser) errorf(format string, args ...any) error {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	return &problem{text + p.where()}
}

// where is the place in the words of the JSON library that EventBridge uses.
func (p *parser) where() string {
	line, column := p.place()
	source, more := p.src, ""
	if units := utf16.Encode([]rune(source)); len(units) > maxSnippet {
		source = string(utf16.Decode(units[:maxSnippet]))
		more = fmt.Sprintf("[truncated %d chars]", len(units)-maxSnippet)
	}
	return fmt.Sprintf("\n at [Source: (String)\"%s\"%s; line: %d, column: %d]", source, more, line, column)
}

// again is an error that came out of a list in a match expression: it says twice where.
func (p *parser) again(err error) error {
	var known *problem
	if !errors.As(err, &known) {
		return err
	}
	return &problem{known.text + p.where()}
}

// object reads the fields of an object whose beginning has been read, and counts the
// combinations of its alternatives.
func (p *parser) object() (o object, combinations int, err error) {
	combinations = 1
	empty := true
	for p.next() != endObject {
		empty = false
		name := p.name
		n := 1
		switch p.next() {
		case startObject:
			n, err = p.inside(&o, name)
		case startArray:
			if name == "$or" && p.isOr() {
				n, err = p.or(&o)
			} else {
				err = p.array(&o, name)
			}
		default:
			err = p.errorf(textContainer, name)
		}
		if err != nil {
			return o, 0, err
		}
		// More than the most is not looked at further, and must not overflow.
		combinations = min(combinations*n, maxCombinations+1)
	}
	if empty {
		return o, 0, p.errorf(textEmpty)
	}
	return o, combinations, nil
}

// inside reads an object in an object.
func (p *parser) inside(o *object, name string) (int, error) {
	names := split(name)
	p.path = append(p.path, names...)
	nested, n, err := p.object()
	p.path = p.path[:len(p.path)-len(names)]
	if err != nil {
		return 0, err
	}
	o.merge(names, &nested)
	return n, nil
}

// array reads the rules of a field.
func (p *parser) array(o *object, name string) error {
	names := split(name)
	p.path = append(p.path, names...)
	defer func() { p.path = p.path[:len(p.path)-len(names)] }()
	f := field{name: names[len(names)-1]}
	for {
		k := p.next()
		if k == endArray {
			break
		}
		r, err := p.rule(k)
		if err != nil {
			return err
		}
		f.rules = append(f.rules, r)
	}
	if len(f.rules) == 0 {
		return p.errorf(textEmptyArray)
	}
	if !o.merge(names[:len(names)-1], &object{fields: []field{f}}) {
		return p.errorf(textTwice, strings.Join(p.path, "."))
	}
	return nil
}

// merge adds what is demanded of an object that is so deep in this one. It is false where
// a field has rules already.
func (o *object) merge(names []string, of *object) bool {
	if len(names) == 0 {
		o.ors = append(o.ors, of.ors...)
		for i := range of.fields {
			if !o.mergeField(&of.fields[i]) {
				return false
			}
		}
		return true
	}
	nested := new(object)
	if !nested.merge(names[1:], of) {
		return false
	}
	return o.mergeField(&field{name: names[0], nested: nested})
}

func (o *object) mergeField(f *field) bool {
	same := func(g field) bool { return g.name == f.name && (g.nested == nil) == (f.nested == nil) }
	i := slices.IndexFunc(o.fields, same)
	switch {
	case i < 0:
		o.fields = append(o.fields, *f)
		return true
	case f.nested == nil:
		return false
	}
	return o.fields[i].nested.merge(nil, f.nested)
}

// operators are the names of match expressions. A $or whose alternatives have such names is
// a field of that name.
var operators = []string{"exact", "anything-but", "prefix", "suffix", "wildcard", "equals-ignore-case", "numeric", "exists", "cidr"}

// isOr reports whether the array that has been begun has alternatives: at least two
// objects, none of which is a match expression. It reads nothing.
func (p *parser) isOr() bool {
	d := json.NewDecoder(strings.NewReader(p.src[p.from:]))
	var alternatives []json.RawMessage
	if d.Decode(&alternatives) != nil || len(alternatives) < 2 {
		return false
	}
	for _, a := range alternatives {
		var fields map[string]json.RawMessage
		if json.Unmarshal(a, &fields) != nil || fields == nil {
			return false
		}
		for _, operator := range operators {
			if _, is := fields[operator]; is {
				return false
			}
		}
	}
	return true
}

// or reads alternatives, whose combinations add up.
func (p *parser) or(o *object) (sum int, err error) {
	var list []object
	for p.next() == startObject {
		alternative, n, err := p.object()
		if err != nil {
			return 0, err
		}
		list = append(list, alternative)
		sum = min(sum+n, maxCombinations+1)
	}
	o.ors = append(o.ors, list)
	return sum, nil
}
