package records

import (
	"errors"
	"io"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
)

// string reads a string. What is kept of it has escape sequences only where it must.
func (j *jsonReader) string() error {
	j.at++ // the mark
	if err := j.add('"'); err != nil {
		return err
	}
	for {
		if _, err := j.peek(); err != nil {
			return malformedUnless(err)
		}
		rest := j.rest()
		n := 0
		for n < len(rest) && rest[n] != '"' && rest[n] != '\\' && rest[n] >= ' ' {
			n++
		}
		if err := j.add(rest[:n]...); err != nil {
			return err
		}
		if j.at += n; n == len(rest) {
			continue
		}
		switch rest[n] {
		case '"':
			j.at++
			return j.add('"')
		case '\\':
			if err := j.escape(); err != nil {
				return err
			}
		default:
			return malformed()
		}
	}
}

// longestEscape is that of a pair of surrogates.
const longestEscape = 12

// escape reads an escape sequence.
func (j *jsonReader) escape() error {
	for len(j.rest()) < longestEscape {
		if err := j.more(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	rest := j.rest()
	var plain [8]byte
	text, n := selectsql.AppendUnescaped(plain[:0], string(rest[:min(len(rest), longestEscape)]))
	if n == 0 {
		return malformed()
	}
	j.at += n
	quoted := selectsql.AppendQuoted(nil, string(text))
	return j.add(quoted[1 : len(quoted)-1]...)
}

// number reads a number, in the form of JSON.
func (j *jsonReader) number() error {
	if err := j.sign("-"); err != nil {
		return err
	}
	first, err := j.peek()
	if err != nil {
		return malformedUnless(err)
	}
	n, err := j.digits()
	if err != nil {
		return err
	}
	if n == 0 || first == '0' && n > 1 {
		return malformed()
	}
	if c, err := j.peek(); err == nil && c == '.' {
		if err := j.one(c); err != nil {
			return err
		}
		if n, err := j.digits(); err != nil || n == 0 {
			return malformedUnless(err)
		}
	}
	if c, err := j.peek(); err == nil && c|0x20 == 'e' {
		if err := j.one(c); err != nil {
			return err
		}
		if err := j.sign("+-"); err != nil {
			return err
		}
		if n, err := j.digits(); err != nil || n == 0 {
			return malformedUnless(err)
		}
	}
	return nil
}

// one takes the next byte, which is known.
func (j *jsonReader) one(c byte) error {
	j.at++
	return j.add(c)
}

// digits reads digits, and returns how many there were.
func (j *jsonReader) digits() (int, error) {
	for n := 0; ; n++ {
		c, err := j.peek()
		if errors.Is(err, io.EOF) || err == nil && (c < '0' || c > '9') {
			return n, nil
		}
		if err == nil {
			err = j.one(c)
		}
		if err != nil {
			return n, err
		}
	}
}

// sign reads a sign, if there is one.
func (j *jsonReader) sign(signs string) error {
	c, err := j.peek()
	if err != nil {
		return malformedUnless(err)
	}
	for i := range len(signs) {
		if c == signs[i] {
			j.at++
			return j.add(c)
		}
	}
	return nil
}
