// Package pattern has the filter patterns of CloudWatch Logs ("Filter pattern syntax for
// metric filters, subscription filters, filter log events, and Live Tail" of the user guide):
// terms, JSON patterns, space-delimited patterns and regular expressions.
package pattern

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Pattern is a parsed filter pattern. It never changes.
type Pattern struct {
	text    string
	matcher matcher
	regexes int
}

// A matcher is a pattern of one kind; nil matches every event.
type matcher interface {
	match(message string) bool
	extract(message string) map[string]string
}

// An Error says what is wrong with a pattern, in the words of CloudWatch Logs.
type Error struct{ Message string }

// Error implements error.
func (e *Error) Error() string { return e.Message }

// The bounds of patterns: the longest text ("Length Constraints: Maximum length of 1024"),
// and "a limit of 2 regex for each filter pattern".
const (
	maxText    = 1024
	maxRegexes = 2
)

// Texts of errors. That of a term is as users quote it; the others are unverified.
const (
	textTerm    = "Invalid character(s) in term '"
	textInvalid = "Invalid filter pattern"
	textRegex   = "Invalid regular expression in filter pattern"
	textRegexes = "Filter pattern contains more than 2 regular expressions"
)

// Parse reads a pattern. The error is an [*Error].
func Parse(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	if utf8.RuneCountInString(text) > maxText || strings.Contains(text, "\x00") {
		return nil, &Error{textInvalid}
	}
	r := &reader{text: text}
	r.space()
	var err error
	switch r.peek() {
	case 0:
	case '{':
		p.matcher, err = parseJSON(r)
	case '[':
		p.matcher, err = parseFields(r)
	default:
		p.matcher, err = parseTerms(r)
	}
	if err != nil {
		return nil, err
	}
	if r.regexes > maxRegexes {
		return nil, &Error{textRegexes}
	}
	p.regexes = r.regexes
	return p, nil
}

// Text is the pattern as it was written.
func (p *Pattern) Text() string { return p.text }

// HasRegex reports whether the pattern has a regular expression.
func (p *Pattern) HasRegex() bool { return p.regexes > 0 }

// All reports whether the pattern matches every event.
func (p *Pattern) All() bool { return p.matcher == nil }

// Match reports whether an event has what the pattern asks for.
func (p *Pattern) Match(message string) bool {
	return p.matcher == nil || p.matcher.match(message)
}

// Extract returns what a pattern takes out of an event that it matches: the fields of a
// space-delimited pattern, "$ip", and the properties that a JSON pattern looks at, "$.ip".
func (p *Pattern) Extract(message string) map[string]string {
	if p.matcher == nil {
		return nil
	}
	return p.matcher.extract(message)
}

// A reader goes through the text of a pattern.
type reader struct {
	text    string
	at      int
	regexes int
}

// peek is the next byte; 0 at the end.
func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) space() {
	for r.at < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		if !unicode.IsSpace(c) {
			return
		}
		r.at += size
	}
}

// take takes a text that comes next, after any space.
func (r *reader) take(text string) bool {
	r.space()
	if strings.HasPrefix(r.text[r.at:], text) {
		r.at += len(text)
		return true
	}
	return false
}

// word takes a word of letters, in any case, and not the beginning of a longer one.
func (r *reader) word(text string) bool {
	r.space()
	rest := r.text[r.at:]
	if len(rest) < len(text) || !strings.EqualFold(rest[:len(text)], text) {
		return false
	}
	if len(rest) > len(text) && isWord(rune(rest[len(text)])) {
		return false
	}
	r.at += len(text)
	return true
}

// quoted takes a text in double quotes, in which a backslash escapes.
func (r *reader) quoted() (string, bool) {
	if r.peek() != '"' {
		return "", false
	}
	var b strings.Builder
	for i := r.at + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '\\' && i+1 < len(r.text) && (r.text[i+1] == '"' || r.text[i+1] == '\\'):
			i++
			b.WriteByte(r.text[i])
		case c == '"':
			r.at = i + 1
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }
