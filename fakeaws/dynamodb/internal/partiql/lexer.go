package partiql

import (
	"strings"
)

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a keyword, or a name without quotes
	tokenQuoted           // a "name"
	tokenString           // a 'string'
	tokenNumber
	tokenSign
	tokenWrong
)

// A token is a part of a statement. Its text is without quotes.
type token struct {
	kind tokenKind
	text string
}

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

// scan takes a statement apart. The last token is the end.
func scan(text string) []token {
	tokens := make([]token, 0, len(text)/4+2)
	for i := 0; i < len(text); {
		switch {
		case strings.IndexByte(" \t\r\n\f", text[i]) >= 0:
			i++
			continue
		case strings.HasPrefix(text[i:], "--"): // a comment
			if end := strings.IndexByte(text[i:], '\n'); end >= 0 {
				i += end
				continue
			}
			i = len(text)
			continue
		}
		t, end := next(text, i)
		tokens = append(tokens, t)
		i = end
	}
	return append(tokens, token{kind: tokenEnd})
}

// next reads the token that begins at i.
func next(text string, i int) (token, int) {
	switch c := text[i]; {
	case c == '\'':
		return quoted(text, i, tokenString)
	case c == '"':
		return quoted(text, i, tokenQuoted)
	case isLetter(c):
		end := span(text, i, isWord)
		return token{tokenWord, text[i:end]}, end
	case isDigit(c), c == '.' && i+1 < len(text) && isDigit(text[i+1]):
		end := number(text, i)
		return token{tokenNumber, text[i:end]}, end
	}
	for _, sign := range []string{"<<", ">>", "<>", "!=", "<=", ">="} {
		if strings.HasPrefix(text[i:], sign) {
			return token{tokenSign, sign}, i + len(sign)
		}
	}
	kind := tokenWrong
	if strings.IndexByte("=<>()[]{}.,:+-*?;", text[i]) >= 0 {
		kind = tokenSign
	}
	return token{kind, text[i : i+1]}, i + 1
}

// quoted reads what stands in quotes, which are written twice inside.
func quoted(text string, i int, kind tokenKind) (token, int) {
	quote := text[i : i+1]
	var b strings.Builder
	for rest := text[i+1:]; ; {
		part, after, ok := strings.Cut(rest, quote)
		b.WriteString(part)
		switch {
		case !ok:
			return token{tokenWrong, quote}, len(text)
		case !strings.HasPrefix(after, quote):
			return token{kind, b.String()}, len(text) - len(after)
		}
		b.WriteString(quote)
		rest = after[1:]
	}
}

// number is the end of a number: digits, a fraction and an exponent.
func number(text string, i int) int {
	i = span(text, i, isDigit)
	if i < len(text) && text[i] == '.' {
		i = span(text, i+1, isDigit)
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		j := i + 1
		if j < len(text) && (text[j] == '+' || text[j] == '-') {
			j++
		}
		if end := span(text, j, isDigit); end > j {
			return end
		}
	}
	return i
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' }

func span(text string, i int, in func(byte) bool) int {
	for i < len(text) && in(text[i]) {
		i++
	}
	return i
}
