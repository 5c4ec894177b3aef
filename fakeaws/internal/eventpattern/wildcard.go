package eventpattern

import (
	"fmt"
	"strings"
)

// A Wildcard is the text between the stars of a pattern, in which * stands for any
// characters, and \* and \\ for a star and a backslash. Filter policies of SNS have it too.
type Wildcard []string

// ParseWildcard takes a pattern apart at its stars.
func ParseWildcard(pattern string) (w Wildcard, err error) {
	var part strings.Builder
	star := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '*' && star:
			return nil, fmt.Errorf("Consecutive wildcard characters at pos %d", i) //nolint:staticcheck // EventBridge's words
		case c == '*':
			w = append(w, part.String())
			part.Reset()
			star = true
			continue
		case c == '\\':
			i++
			if i == len(pattern) || pattern[i] != '*' && pattern[i] != '\\' {
				return nil, fmt.Errorf("Invalid escape character at pos %d", i-1) //nolint:staticcheck // the same
			}
			c = pattern[i]
		}
		star = false
		part.WriteByte(c)
	}
	return append(w, part.String()), nil
}

// Stars is how many there are.
func (w Wildcard) Stars() int { return len(w) - 1 }

// Match reports whether a text matches. It finds each part as far to the left as it goes, which costs no more than to look
// through the text once for each part.
func (w Wildcard) Match(s string) bool {
	if len(w) == 1 {
		return s == w[0]
	}
	s, ok := strings.CutPrefix(s, w[0])
	if !ok {
		return false
	}
	s, ok = strings.CutSuffix(s, w[len(w)-1])
	if !ok {
		return false
	}
	for _, part := range w[1 : len(w)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// complexity is how many places of the pattern a text can be at at once, at most: each
// star keeps its place while those behind it go on, and what repeats behind a star begins
// anew with each repetition.
func (w Wildcard) complexity() int {
	if len(w) == 1 {
		return 0
	}
	n := w.Stars()
	for _, part := range w[1:] {
		n += borders(part)
	}
	return n
}

// borders is how many beginnings of a text are also its end: at how many places, besides
// the last, one is after having read it.
func borders(text string) (n int) {
	if text == "" {
		return 0
	}
	back := make([]int, len(text))
	for i := 1; i < len(text); i++ {
		j := back[i-1]
		for j > 0 && text[i] != text[j] {
			j = back[j-1]
		}
		if text[i] == text[j] {
			j++
		}
		back[i] = j
	}
	for j := back[len(text)-1]; j > 0; j = back[j-1] {
		n++
	}
	return n
}
