package selectsql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A tokenType is what S3 Select calls the tokens of an expression in its errors.
type tokenType string

const (
	identifier   tokenType = "IDENTIFIER"
	quotedName   tokenType = "QUOTED_IDENTIFIER"
	keyword      tokenType = "KEYWORD"
	literal      tokenType = "LITERAL"
	ionLiteral   tokenType = "ION_LITERAL"
	operator     tokenType = "OPERATOR"
	star         tokenType = "STAR"
	dot          tokenType = "DOT"
	comma        tokenType = "COMMA"
	leftParen    tokenType = "LEFT_PAREN"
	rightParen   tokenType = "RIGHT_PAREN"
	leftBracket  tokenType = "LEFT_BRACKET"
	rightBracket tokenType = "RIGHT_BRACKET"
	semicolon    tokenType = "SEMICOLON"
	endOfText    tokenType = "EOF"
)

// A token is a word of an expression.
type token struct {
	typ          tokenType
	text         string // of a keyword, in lower case; of a quoted name and a string without their marks
	value        Value  // of a literal
	line, column int
}

// describe names a token as S3 Select's errors do: the values are in the text form of Ion.
// Of numbers, quoted names and words that form is what callers quote; the rest is
// unverified.
func (t *token) describe() string {
	text := t.text
	switch t.typ {
	case endOfText:
		return string(t.typ)
	case quotedName:
		text = "'" + text + "'"
	case literal:
		switch t.value.kind {
		case String:
			text = string(AppendQuoted(nil, t.value.text))
		case Decimal:
			if d, err := t.value.dec(); err == nil && digitsOf(d.coef) <= -d.exp {
				text = fmt.Sprintf("%sd%d", d.coef, d.exp)
			}
		}
	}
	return string(t.typ) + ":" + text
}

func (t *token) is(typ tokenType, text string) bool { return t.typ == typ && t.text == text }

// A lexer cuts an expression into tokens.
type lexer struct {
	text         string
	at           int
	line, column int // of at
}

func newLexer(text string) lexer { return lexer{text: text, line: 1, column: 1} }

// lex finds what is wrong with the tokens of an expression. They are not kept: there may be
// a quarter of a million.
func lex(text string) error {
	for l := newLexer(text); ; {
		if t, err := l.next(); err != nil || t.typ == endOfText {
			return err
		}
	}
}

// take moves on by so many bytes, and returns them.
func (l *lexer) take(n int) string {
	s := l.text[l.at : l.at+n]
	l.at += n
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		l.line += strings.Count(s, "\n")
		l.column, s = 1, s[i+1:]
		l.column += utf8.RuneCountInString(s)
		return l.text[l.at-n : l.at]
	}
	l.column += utf8.RuneCountInString(s)
	return s
}

// skipSpace skips space and comments.
func (l *lexer) skipSpace() {
	for {
		rest := l.text[l.at:]
		switch {
		case rest == "":
			return
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			l.take(1)
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.take(end)
		case strings.HasPrefix(rest, "/*") && strings.Contains(rest, "*/"):
			l.take(strings.Index(rest, "*/") + 2)
		default:
			return
		}
	}
}

var punctuation = map[byte]tokenType{
	'.': dot, ',': comma, '(': leftParen, ')': rightParen, '[': leftBracket, ']': rightBracket, ';': semicolon, '*': star,
}

func (l *lexer) next() (token, error) {
	l.skipSpace()
	t := token{line: l.line, column: l.column}
	rest := l.text[l.at:]
	if rest == "" {
		t.typ = endOfText
		return t, nil
	}
	c := rest[0]
	switch {
	case isLetter(c):
		return l.word(t), nil
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return l.number(t)
	case c == '\'', c == '"':
		return l.quoted(t, c)
	case c == '`':
		return l.ion(t)
	}
	if typ, ok := punctuation[c]; ok {
		t.typ, t.text = typ, l.take(1)
		return t, nil
	}
	for _, op := range []string{"<=", ">=", "<>", "!=", "||", "<", ">", "=", "+", "-", "/", "%"} {
		if strings.HasPrefix(rest, op) {
			t.typ, t.text = operator, l.take(len(op))
			return t, nil
		}
	}
	return t, at("LexerInvalidChar", "Invalid character", &t)
}

func isLetter(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (l *lexer) word(t token) token {
	n := 1
	for rest := l.text[l.at:]; n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n])); {
		n++
	}
	t.typ, t.text = identifier, l.take(n)
	switch lower := strings.ToLower(t.text); {
	case lower == "true", lower == "false":
		t.typ, t.value = literal, boolOf(lower == "true")
	case lower == "null":
		t.typ, t.value = literal, null
	case lower == "missing":
		t.typ, t.value = literal, Value{}
	case reserved[lower]:
		t.typ, t.text = keyword, lower
	}
	return t
}

func (l *lexer) number(t token) (token, error) {
	rest, n := l.text[l.at:], 0
	digits := func() {
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
	}
	digits()
	if n < len(rest) && rest[n] == '.' {
		n++
		digits()
	}
	if n < len(rest) && rest[n]|0x20 == 'e' {
		n++
		if n < len(rest) && (rest[n] == '+' || rest[n] == '-') {
			n++
		}
		digits()
	}
	t.typ, t.text = literal, l.take(n)
	value, ok := numberIn(t.text)
	if !ok || n < len(rest) && isLetter(rest[n]) {
		return t, at("LexerInvalidLiteral", "Invalid literal", &t)
	}
	t.value = value
	return t, nil
}

// quoted reads a string or a quoted name, in which two marks are one.
func (l *lexer) quoted(t token, mark byte) (token, error) {
	rest := l.text[l.at:]
	for i := 1; i < len(rest); i++ {
		if rest[i] != mark {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == mark {
			i++
			continue
		}
		one := string(mark)
		t.typ, t.text = quotedName, strings.ReplaceAll(l.take(i + 1)[1:i], one+one, one)
		if mark == '\'' {
			t.typ, t.value = literal, stringOf(t.text)
		}
		return t, nil
	}
	return t, at("LexerInvalidLiteral", "Invalid literal", &t)
}

// ion reads a literal of Ion between backquotes: a timestamp, a number, a string, a truth
// value or null. The others that Ion has are refused.
func (l *lexer) ion(t token) (token, error) {
	rest := l.text[l.at+1:]
	end := strings.IndexByte(rest, '`')
	if end < 0 {
		return t, at("LexerInvalidIONLiteral", "Invalid ION literal", &t)
	}
	text := strings.TrimSpace(l.take(end + 2)[1 : end+1])
	t.typ, t.text = ionLiteral, text
	if time, ok := parseTimestamp(text); ok {
		t.value = timeOf(time)
		return t, nil
	}
	if n, ok := numberIn(text); ok {
		t.value = n
		return t, nil
	}
	switch {
	case text == "true", text == "false":
		t.value = boolOf(text == "true")
	case text == "null":
		t.value = null
	case len(text) > 1 && text[0] == '"' && skipString(text, 0) == len(text) && text[len(text)-1] == '"':
		t.value = stringOf(unquoteJSON(text))
	default:
		return t, at("LexerInvalidIONLiteral", "Invalid ION literal", &t)
	}
	return t, nil
}
