package asl

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A scanner reads paths and intrinsic functions.
type scanner struct {
	text string
	at   int
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) accept(token string) bool {
	if strings.HasPrefix(s.text[s.at:], token) {
		s.at += len(token)
		return true
	}
	return false
}

func (s *scanner) spaces() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.at++
	}
}

// path reads a path as far as it goes; nil where there is none.
func (s *scanner) path(depth int) *Path {
	start := s.at
	if !s.accept("$") {
		return nil
	}
	p := &Path{definite: true}
	if s.accept("$") {
		p.root = ofContext
	} else if name := s.identifier(); name != "" {
		p.root, p.name = ofVariable, name
	}
	if !s.steps(p, depth) {
		return nil
	}
	p.text = s.text[start:s.at]
	return p
}

// steps reads what follows the root of a path.
func (s *scanner) steps(p *Path, depth int) bool {
	for s.peek() == '.' || s.peek() == '[' {
		var one step
		var ok bool
		switch {
		case s.accept(".."):
			one.deep = true
			if s.peek() == '[' {
				ok = s.bracket(&one, depth)
			} else {
				ok = s.dotted(&one)
			}
		case s.accept("."):
			ok = s.dotted(&one)
		default:
			ok = s.bracket(&one, depth)
		}
		if !ok || len(p.steps) == maxSteps {
			return false
		}
		p.definite = p.definite && !one.deep && (one.kind == byName && len(one.names) == 1 || one.kind == byIndex && len(one.index) == 1)
		p.steps = append(p.steps, one)
	}
	return true
}

// dotted reads the name after a dot, or an asterisk.
func (s *scanner) dotted(one *step) bool {
	if s.accept("*") {
		one.kind = all
		return true
	}
	start := s.at
	for s.at < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[s.at:])
		if r == utf8.RuneError && size < 2 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' {
			break
		}
		s.at += size
	}
	one.kind, one.names = byName, []string{s.text[start:s.at]}
	return s.at > start
}

// identifier reads the name of a variable.
func (s *scanner) identifier() string {
	start := s.at
	for s.at < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[s.at:])
		if r == utf8.RuneError && size < 2 || !unicode.IsLetter(r) && r != '_' && (s.at == start || !unicode.IsDigit(r)) {
			break
		}
		s.at += size
	}
	return s.text[start:s.at]
}

// bracket reads a selection in square brackets.
func (s *scanner) bracket(one *step, depth int) bool {
	s.at++ // the bracket
	s.spaces()
	var ok bool
	switch c := s.peek(); {
	case c == '*':
		s.at++
		one.kind, ok = all, true
	case c == '?':
		s.at++
		one.kind = byFilter
		one.filter = s.filter(depth)
		ok = one.filter != nil
	case c == '\'' || c == '"':
		one.kind = byName
		ok = s.list(func() bool {
			name, ok := s.quoted()
			one.names = append(one.names, name)
			return ok
		})
	default:
		ok = s.numbers(one)
	}
	s.spaces()
	return ok && s.accept("]")
}

// list reads things with commas between them.
func (s *scanner) list(read func() bool) bool {
	for range maxSteps {
		s.spaces()
		if !read() {
			return false
		}
		s.spaces()
		if !s.accept(",") {
			return true
		}
	}
	return false
}

// quoted reads a string in single or double quotes, in which a backslash quotes.
func (s *scanner) quoted() (string, bool) {
	quote := s.peek()
	if quote != '\'' && quote != '"' {
		return "", false
	}
	var b strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case quote:
			s.at++
			return b.String(), true
		case '\\':
			if s.at++; s.at < len(s.text) {
				b.WriteByte(s.text[s.at])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// whole reads a whole number; nil where there is none.
func (s *scanner) whole() *int {
	start := s.at
	s.accept("-")
	for s.peek() >= '0' && s.peek() <= '9' {
		s.at++
	}
	n, err := strconv.Atoi(s.text[start:s.at])
	if err != nil {
		s.at = start
		return nil
	}
	return &n
}

// numbers reads indexes, or a slice.
func (s *scanner) numbers(one *step) bool {
	first := s.whole()
	s.spaces()
	if s.peek() != ':' {
		if first == nil {
			return false
		}
		one.kind, one.index = byIndex, []int{*first}
		if !s.accept(",") {
			return true
		}
		return s.list(func() bool {
			n := s.whole()
			if n != nil {
				one.index = append(one.index, *n)
			}
			return n != nil
		})
	}
	one.kind, one.slice[0] = bySlice, first
	for i := 1; i < 3 && s.accept(":"); i++ {
		s.spaces()
		one.slice[i] = s.whole()
		s.spaces()
	}
	return one.slice[2] == nil || *one.slice[2] > 0
}
