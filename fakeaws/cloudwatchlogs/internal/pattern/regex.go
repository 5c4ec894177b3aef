package pattern

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

// symbols are the characters that a regular expression may have beside letters, digits and
// space: "Supported symbol characters" and "Supported operators" of the user guide. The
// colon is in its examples.
const symbols = "_#=@/;,-:'\"<>& " + `^$?[]{}|\*+.`

// regex takes a regular expression between percent signs.
func (r *reader) regex() (*bounded.Regexp, error) {
	end := strings.IndexByte(r.text[r.at+1:], '%')
	if r.peek() != '%' || end <= 0 {
		return nil, &Error{textRegex}
	}
	text := r.text[r.at+1 : r.at+1+end]
	for i := range len(text) {
		c := text[i]
		if !isAlphanumeric(c) && strings.IndexByte(symbols, c) < 0 {
			return nil, &Error{textRegex}
		}
	}
	re, err := bounded.Compile(text)
	if err != nil {
		return nil, &Error{textRegex}
	}
	r.at += end + 2
	r.regexes++
	return re, nil
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// glob reports whether a text is as a pattern with asterisks, each of which stands for any
// characters. Every part is found where it comes first, so that the time is linear.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}
