package pattern

import "strings"

// fields is a space-delimited pattern: a name for each field of an event, some with
// conditions. more is where the ellipsis stands, which is for any number of fields; -1
// without one.
type fields struct {
	all  []field
	more int
}

type field struct {
	name      string
	condition expression // nil is none
}

// ofField is a condition of a field. An event is its text.
type ofField struct{ *comparison }

func (c ofField) holds(event any) bool {
	text := event.(string)
	return c.of(text, true)
}

// parseFields reads "[ip, status = 4*, ...]". That empty brackets match every event is
// unverified.
func parseFields(r *reader) (matcher, error) {
	f := &fields{more: -1}
	r.at++
	if r.take("]") {
		if r.space(); r.peek() != 0 {
			return nil, &Error{textInvalid}
		}
		return nil, nil
	}
	for {
		if err := f.parse(r); err != nil {
			return nil, err
		}
		switch {
		case r.take(","):
		case r.take("]"):
			if r.space(); r.peek() != 0 {
				return nil, &Error{textInvalid}
			}
			return f, nil
		default:
			return nil, &Error{textInvalid}
		}
	}
}

// parse reads one field.
func (f *fields) parse(r *reader) error {
	if r.take("...") {
		if f.more >= 0 {
			return &Error{textInvalid}
		}
		f.more = len(f.all)
		return nil
	}
	r.space()
	begin := r.at
	paren := r.peek() == '('
	for r.peek() == '(' || isSpace(rune(r.peek())) {
		r.at++
	}
	name := r.name()
	if name == "" {
		return &Error{textInvalid}
	}
	one := field{name: name}
	r.space()
	if c := r.peek(); paren || c != ',' && c != ']' {
		r.at = begin
		x, err := parseExpression(r, 0, func(r *reader) (expression, error) {
			r.space()
			if r.name() != name { // all conditions of a field are about it
				return nil, &Error{textInvalid}
			}
			c, err := parseComparison(r, ",])")
			if err != nil {
				return nil, err
			}
			return ofField{c}, nil
		})
		if err != nil {
			return err
		}
		one.condition = x
	}
	f.all = append(f.all, one)
	return nil
}

// name takes the name of a field.
func (r *reader) name() string {
	rest := r.text[r.at:]
	end := strings.IndexFunc(rest, func(c rune) bool { return !isWord(c) && c != '-' && c != '.' })
	if end < 0 {
		end = len(rest)
	}
	r.at += end
	return rest[:end]
}

// split splits an event at space. What is between brackets or quotation marks is one field,
// without these.
func split(message string) []string {
	var all []string
	for i := 0; i < len(message); {
		c := message[i]
		if isSpace(rune(c)) {
			i++
			continue
		}
		closing := byte(0)
		switch c {
		case '"':
			closing = '"'
		case '[':
			closing = ']'
		}
		if closing != 0 {
			if end := strings.IndexByte(message[i+1:], closing); end >= 0 {
				all = append(all, message[i+1:i+1+end])
				i += end + 2
				continue
			}
		}
		end := strings.IndexFunc(message[i:], isSpace)
		if end < 0 {
			end = len(message) - i
		}
		all = append(all, message[i:i+end])
		i += end
	}
	return all
}

// assign returns the text of each field; nil when the event has not as many.
func (f *fields) assign(message string) []string {
	texts := split(message)
	if f.more < 0 {
		if len(texts) != len(f.all) {
			return nil
		}
		return texts
	}
	if len(texts) < len(f.all) {
		return nil
	}
	behind := len(f.all) - f.more
	return append(texts[:f.more:f.more], texts[len(texts)-behind:]...)
}

func (f *fields) match(message string) bool {
	texts := f.assign(message)
	if texts == nil {
		return false
	}
	for i := range f.all {
		if c := f.all[i].condition; c != nil && !c.holds(texts[i]) {
			return false
		}
	}
	return true
}

func (f *fields) extract(message string) map[string]string {
	texts := f.assign(message)
	values := make(map[string]string, len(texts))
	for i, text := range texts {
		values["$"+f.all[i].name] = text
	}
	return values
}

// Fields returns the fields that a space-delimited pattern takes out of an event, by their
// names; nil for other patterns.
func (p *Pattern) Fields(message string) map[string]string {
	f, ok := p.matcher.(*fields)
	if !ok {
		return nil
	}
	values := make(map[string]string)
	for name, text := range f.extract(message) {
		values[strings.TrimPrefix(name, "$")] = text
	}
	return values
}
