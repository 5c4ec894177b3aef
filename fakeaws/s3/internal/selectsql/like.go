package selectsql

import (
	"strings"
	"unicode/utf8"
)

// A like is LIKE.
type like struct {
	text, pattern, escape expr // escape is nil without ESCAPE
	compiled              *pattern
}

// prepare compiles a pattern that is the same for every row.
func (l *like) prepare() error {
	p, ok := l.pattern.(*constant)
	if !ok {
		return nil
	}
	var escape Value
	if l.escape != nil {
		c, ok := l.escape.(*constant)
		if !ok {
			return nil
		}
		escape = c.value
	}
	if p.value.unknown() || l.escape != nil && escape.unknown() {
		return nil
	}
	var err error
	l.compiled, err = compile(&p.value, l.escape != nil, &escape)
	return err
}

func (l *like) eval(e *env) (Value, error) {
	v, err := l.text.eval(e)
	if err != nil {
		return null, err
	}
	compiled := l.compiled
	if compiled == nil {
		var known bool
		if compiled, known, err = l.compile(e); err != nil || !known {
			return null, err
		}
	}
	switch {
	case v.unknown():
		return null, nil
	case !v.isText():
		return null, Fail("LikeInvalidInputs")
	}
	ok, err := compiled.matches(e, v.text)
	return boolOf(ok), err
}

// compile compiles the pattern of a row; false when it is not known.
func (l *like) compile(e *env) (*pattern, bool, error) {
	p, err := l.pattern.eval(e)
	if err != nil {
		return nil, false, err
	}
	var escape Value
	if l.escape != nil {
		if escape, err = l.escape.eval(e); err != nil {
			return nil, false, err
		}
	}
	if p.unknown() || l.escape != nil && escape.unknown() {
		return nil, false, nil
	}
	if err := e.work(len(p.text)); err != nil {
		return nil, false, err
	}
	compiled, err := compile(&p, l.escape != nil, &escape)
	return compiled, true, err
}

// anyRune is _ in a piece of a pattern. No text that is UTF-8 has it.
const anyRune = -1

// A piece of a pattern is what stands between two %.
type piece struct {
	runes []rune
	// text is the piece without any _; empty where it has one.
	text string
}

// A pattern is that of a LIKE.
type pattern struct {
	pieces []piece
	// open says that the pattern begins with a %, closes that it does not end with one.
	open, closes bool
}

func compile(text *Value, escaped bool, escape *Value) (*pattern, error) {
	if !text.isText() || escaped && !escape.isText() {
		return nil, Fail("LikeInvalidInputs")
	}
	mark := rune(anyRune)
	if escaped {
		r, n := utf8.DecodeRuneInString(escape.text)
		if n == 0 || n != len(escape.text) {
			return nil, Fail("EvaluatorLikePatternInvalidEscapeSequence")
		}
		mark = r
	}
	p := &pattern{closes: true}
	var runes []rune
	wild := false
	flush := func() {
		if len(runes) > 0 {
			next := piece{runes: runes}
			if !wild {
				next.text = string(runes)
			}
			p.pieces = append(p.pieces, next)
		}
		runes, wild = nil, false
	}
	after := false // an escape
	for i, r := range text.text {
		switch {
		case after && r != '%' && r != '_' && r != mark:
			return nil, Fail("EvaluatorLikePatternInvalidEscapeSequence")
		case !after && r == mark:
			after = true
			continue
		case !after && r == '%':
			p.open = p.open || i == 0
			flush()
			p.closes = false
			continue
		case !after && r == '_':
			r, wild = anyRune, true
		}
		runes, after, p.closes = append(runes, r), false, true
	}
	if after {
		return nil, Fail("EvaluatorLikePatternInvalidEscapeSequence")
	}
	flush()
	return p, nil
}

// matches reports whether the pattern is that of a text: its pieces are in it one after
// the other. What is found soonest leaves most for the others.
func (p *pattern) matches(e *env, s string) (bool, error) {
	pieces := p.pieces
	if len(pieces) == 0 {
		return p.open || s == "", nil
	}
	if !p.open {
		n := pieces[0].prefix(s)
		if n < 0 {
			return false, nil
		}
		if s, pieces = s[n:], pieces[1:]; len(pieces) == 0 {
			return !p.closes || s == "", nil
		}
	}
	if p.closes {
		last := pieces[len(pieces)-1]
		n := last.suffix(s)
		if n < 0 {
			return false, nil
		}
		s, pieces = s[:len(s)-n], pieces[:len(pieces)-1]
	}
	for i := range pieces {
		at, n, err := pieces[i].find(e, s)
		if at < 0 || err != nil {
			return false, err
		}
		s = s[at+n:]
	}
	return true, nil
}

// prefix is how many bytes of a text the piece takes at its beginning; -1 for none.
func (p *piece) prefix(s string) int {
	if p.text != "" {
		if !strings.HasPrefix(s, p.text) {
			return -1
		}
		return len(p.text)
	}
	n := 0
	for _, want := range p.runes {
		r, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || want != anyRune && want != r {
			return -1
		}
		n += size
	}
	return n
}

// suffix is how many bytes of a text the piece takes at its end; -1 for none.
func (p *piece) suffix(s string) int {
	n := 0
	for i := len(p.runes) - 1; i >= 0; i-- {
		r, size := utf8.DecodeLastRuneInString(s[:len(s)-n])
		if size == 0 || p.runes[i] != anyRune && p.runes[i] != r {
			return -1
		}
		n += size
	}
	return n
}

// find finds the piece in a text: where, and how many bytes it takes there.
func (p *piece) find(e *env, s string) (at, n int, err error) {
	if p.text != "" {
		at = strings.Index(s, p.text)
		return at, len(p.text), e.work(len(s) / 16)
	}
	for at = 0; at <= len(s); {
		if n := p.prefix(s[at:]); n >= 0 {
			return at, n, nil
		}
		if err := e.work(len(p.runes)); err != nil {
			return -1, 0, err
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += max(size, 1)
	}
	return -1, 0, nil
}
