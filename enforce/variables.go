package enforce

import (
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// A template is the text of a policy that may contain policy variables. Its
// literal parts are compiled patterns (see anyRun).
type template struct {
	text   string  // the whole pattern, when it has no variables
	pieces []piece // literal parts and variables otherwise
}

// A piece is a literal, or a variable when key is set.
type piece struct {
	literal    string // the literal, or the variable's default
	key        *conditionKey
	hasDefault bool
}

// A textMode says what the characters of a policy's text mean where it stands.
type textMode struct {
	wild      bool // * and ? are wildcards
	variables bool // ${…} is a variable: Version 2012-10-17, and an element that allows it
}

// compileTemplate reads the text of a policy.
func compileTemplate(s string, mode textMode) (template, error) {
	literal := func(s string) string {
		if mode.wild {
			return wildcards.Replace(s)
		}
		return s
	}
	if !mode.variables || !strings.Contains(s, "${") {
		return template{text: literal(s)}, nil
	}
	var pieces []piece
	var text strings.Builder // the literal since the last variable
	flush := func() {
		if text.Len() > 0 {
			pieces = append(pieces, piece{literal: text.String()})
			text.Reset()
		}
	}
	for {
		before, rest, found := strings.Cut(s, "${")
		text.WriteString(literal(before))
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return template{}, fmt.Errorf("policy variable ${%s has no closing brace", rest)
		}
		s = after
		if isEscape(inner) {
			text.WriteString(inner)
			continue
		}
		variable, err := parseVariable(inner)
		if err != nil {
			return template{}, err
		}
		flush()
		pieces = append(pieces, variable)
	}
	if len(pieces) == 0 {
		return template{text: text.String()}, nil
	}
	flush()
	return template{pieces: pieces}, nil
}

// parseVariable reads what stands between the braces: a condition key, with an
// optional default as in ${aws:PrincipalTag/team, 'none'}.
func parseVariable(inner string) (piece, error) {
	name, def, hasDefault := strings.Cut(inner, ", ")
	if name == "" || strings.ContainsAny(name, " ,'") {
		return piece{}, fmt.Errorf("policy variable ${%s} does not name a condition key", inner)
	}
	if hasDefault {
		if len(def) < 2 || def[0] != '\'' || def[len(def)-1] != '\'' {
			return piece{}, fmt.Errorf("policy variable ${%s}: a default is written ${key, 'default'}", inner)
		}
		def = def[1 : len(def)-1]
	}
	return piece{literal: def, key: newConditionKey(name), hasDefault: hasDefault}, nil
}

// expand puts the values of the variables in, for a text of so many bytes. It returns
// false when a variable has neither a value nor a default, and when the text is too short:
// such a pattern matches nothing. The result is valid until the next call.
func (e *eval) expand(t *template, size int) (string, bool) {
	if t.pieces == nil {
		return t.text, true
	}
	e.buf = e.buf[:0]
	for i := range t.pieces {
		p := &t.pieces[i]
		text := p.literal
		if p.key != nil {
			if value, ok := e.variable(p.key); ok {
				text = value
			} else if !p.hasDefault {
				return "", false
			}
		}
		if size -= len(text) - strings.Count(text, anyRuns); size < 0 {
			return "", false // it is not made: a variable may be there many times
		}
		e.buf = append(e.buf, text...)
	}
	if len(e.buf) == 0 {
		return "", true
	}
	// The string shares the buffer, which saves one allocation for each
	// variable that is looked at; it is not used after the next expand.
	return unsafe.String(&e.buf[0], len(e.buf)), true
}

// variable returns the text of a condition key that is used as a policy
// variable. A multivalued key has no value there ("You can't use a multivalued
// condition key as a variable"), and neither has text that is not UTF-8, which
// could pass for a wildcard.
func (e *eval) variable(k *conditionKey) (string, bool) {
	v := e.value(k)
	if v == nil || v.kind == multi {
		return "", false
	}
	text := v.item().string()
	if text == e.checked {
		return text, true
	}
	if !utf8.ValidString(text) {
		return text, false
	}
	e.checked = text
	return text, true
}
