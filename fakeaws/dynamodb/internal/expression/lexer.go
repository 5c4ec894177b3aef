package expression

import "strings"

// A token is a word or sign of an expression, and where it stands.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenName   // #name
	tokenValue  // :value
	tokenNumber // of an index
	tokenSign
	tokenWrong
)

// textEnd is what DynamoDB calls the end of an expression.
const textEnd = "<EOF>"

// is reports whether a token is a sign, or a keyword in any case.
func (t token) is(text string) bool {
	switch t.kind {
	case tokenSign:
		return t.text == text
	case tokenWord:
		return strings.EqualFold(t.text, text)
	}
	return false
}

// scan takes an expression apart. The last token is the end.
func scan(text string) []token {
	tokens := make([]token, 0, len(text)/4+2)
	for i := 0; i < len(text); {
		if isSpace(text[i]) {
			i++
			continue
		}
		t := next(text, i)
		tokens = append(tokens, t)
		i = t.end
	}
	return append(tokens, token{kind: tokenEnd, text: textEnd, start: len(text), end: len(text)})
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) }

// next reads the token that begins at i.
func next(text string, i int) token {
	end := i + 1
	kind := tokenWrong
	switch c := text[i]; {
	case isLetter(c):
		kind, end = tokenWord, span(text, end, isWord)
	case isDigit(c):
		kind, end = tokenNumber, span(text, end, isDigit)
	case c == '#' || c == ':':
		if end = span(text, end, isWord); end > i+1 {
			kind = tokenName
			if c == ':' {
				kind = tokenValue
			}
		}
	case c == '<' && end < len(text) && (text[end] == '>' || text[end] == '='), c == '>' && end < len(text) && text[end] == '=':
		kind, end = tokenSign, end+1
	case strings.IndexByte("=<>()[].,+-", c) >= 0:
		kind = tokenSign
	case c >= 0x80: // a character of several bytes is one token
		end = span(text, end, func(c byte) bool { return c >= 0x80 && c < 0xC0 })
	}
	return token{kind, text[i:end], i, end}
}

func span(text string, i int, in func(byte) bool) int {
	for i < len(text) && in(text[i]) {
		i++
	}
	return i
}
