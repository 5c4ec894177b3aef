// Package bounded has regular expressions that take bounded time, whoever wrote them and
// whatever they look at.
package bounded

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// A Regexp is a regular expression. It never changes.
type Regexp struct {
	regexp *regexp.Regexp
	most   int // bytes that it looks at
}

// The bounds of an expression: its size, with what it repeats counted as often, and the steps
// of a match. So of an event only the beginning is looked at when it is long and the expression
// too: all of 1 MiB up to a size of 19. The bounds of AWS are unverified.
const (
	maxSize  = 1000
	maxSteps = 20_000_000
)

// errSize is why an expression is too large.
var errSize = errors.New("the regular expression is too large")

// Compile reads an expression in Go's syntax.
func Compile(text string) (*Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	n := size(parsed)
	if n > maxSize {
		return nil, errSize
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &Regexp{re, maxSteps / n}, nil
}

// size is how many instructions an expression has, about.
func size(re *syntax.Regexp) int {
	n := max(1, len(re.Rune)*bit(re.Op == syntax.OpLiteral))
	for _, sub := range re.Sub {
		n = min(n+size(sub), maxSize+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min+1, re.Max)
	}
	return min(n, maxSize+1)
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}

// begin is as much of a text as is looked at, without half a character at its end.
func (r *Regexp) begin(text string) string {
	if len(text) <= r.most {
		return text
	}
	text = text[:r.most]
	for i := 0; i < utf8.UTFMax && len(text) > 0; i++ {
		if c, n := utf8.DecodeLastRuneInString(text); c != utf8.RuneError || n != 1 {
			break
		}
		text = text[:len(text)-1]
	}
	return text
}

// MatchString reports whether a text has what the expression is for.
func (r *Regexp) MatchString(text string) bool { return r.regexp.MatchString(r.begin(text)) }

// FindStringSubmatch is that of package regexp.
func (r *Regexp) FindStringSubmatch(text string) []string {
	return r.regexp.FindStringSubmatch(r.begin(text))
}

// SubexpNames is that of package regexp.
func (r *Regexp) SubexpNames() []string { return r.regexp.SubexpNames() }
