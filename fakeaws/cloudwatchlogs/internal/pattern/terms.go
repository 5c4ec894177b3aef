package pattern

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

// terms is a pattern of terms: an event must have all that are required, none that are
// excluded, and one of those that are optional if there are no others.
type terms struct{ required, excluded, optional []term }

// A term is a text, or a regular expression.
type term struct {
	text  string
	regex *bounded.Regexp
}

func (t *term) in(message string) bool {
	if t.regex != nil {
		return t.regex.MatchString(message)
	}
	return strings.Contains(message, t.text)
}

// parseTerms reads terms. "You can't combine the question mark ("?") with other filter
// patterns, such as include and exclude terms. If you combine "?" with other filter patterns,
// the question mark ("?") will be ignored": that the whole term is, is unverified.
func parseTerms(r *reader) (matcher, error) {
	t := new(terms)
	for r.space(); r.peek() != 0; r.space() {
		into := &t.required
		switch r.peek() {
		case '-':
			into = &t.excluded
			r.at++
		case '?':
			into = &t.optional
			r.at++
		}
		one, err := parseTerm(r)
		if err != nil {
			return nil, err
		}
		*into = append(*into, one)
	}
	if len(t.required)+len(t.excluded) > 0 {
		t.optional = nil
	}
	return t, nil
}

func parseTerm(r *reader) (term, error) {
	switch r.peek() {
	case '"':
		text, ok := r.quoted()
		if !ok || text == "" {
			return term{}, &Error{textInvalid}
		}
		return term{text: text}, nil
	case '%':
		re, err := r.regex()
		return term{regex: re}, err
	}
	rest := r.text[r.at:]
	end := strings.IndexFunc(rest, isSpace)
	if end < 0 {
		end = len(rest)
	}
	text := rest[:end]
	// "Enclose exact phrases and terms that include non-alphanumeric characters in double
	// quotation marks". That an underscore needs none is unverified.
	if text == "" || strings.IndexFunc(text, func(c rune) bool { return !isWord(c) }) >= 0 {
		return term{}, &Error{textTerm + text + "'"}
	}
	r.at += end
	return term{text: text}, nil
}

func isSpace(c rune) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func (t *terms) match(message string) bool {
	for i := range t.required {
		if !t.required[i].in(message) {
			return false
		}
	}
	for i := range t.excluded {
		if t.excluded[i].in(message) {
			return false
		}
	}
	for i := range t.optional {
		if t.optional[i].in(message) {
			return true
		}
	}
	return len(t.optional) == 0
}

func (t *terms) extract(string) map[string]string { return nil }
