package pattern

import (
	"math/big"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

// An expression is conditions with && and || between them, and parentheses.
type expression interface {
	// holds asks about an event; value finds what a selector or field is.
	holds(event any) bool
}

type both struct{ a, b expression }
type either struct{ a, b expression }

func (x both) holds(event any) bool   { return x.a.holds(event) && x.b.holds(event) }
func (x either) holds(event any) bool { return x.a.holds(event) || x.b.holds(event) }

// maxDepth is how deep parentheses may be. The bound of AWS is unverified.
const maxDepth = 64

// parseExpression reads an expression whose conditions one reads.
func parseExpression(r *reader, depth int, one func(*reader) (expression, error)) (expression, error) {
	x, err := parseAll(r, depth, one)
	for err == nil && r.take("||") {
		var y expression
		if y, err = parseAll(r, depth, one); err == nil {
			x = either{x, y}
		}
	}
	return x, err
}

func parseAll(r *reader, depth int, one func(*reader) (expression, error)) (expression, error) {
	x, err := parseOne(r, depth, one)
	for err == nil && r.take("&&") {
		var y expression
		if y, err = parseOne(r, depth, one); err == nil {
			x = both{x, y}
		}
	}
	return x, err
}

func parseOne(r *reader, depth int, one func(*reader) (expression, error)) (expression, error) {
	if !r.take("(") {
		return one(r)
	}
	if depth == maxDepth {
		return nil, &Error{textInvalid}
	}
	x, err := parseExpression(r, depth+1, one)
	if err == nil && !r.take(")") {
		err = &Error{textInvalid}
	}
	return x, err
}

// A comparison is an operator with the value that something is compared with.
type comparison struct {
	op     string
	text   string
	quoted bool
	number *big.Rat
	regex  *bounded.Regexp
}

// operators, the longer ones first.
var operators = []string{"!=", ">=", "<=", "=", ">", "<"}

// parseComparison reads an operator and a value, which ends before space and the characters
// of ends.
func parseComparison(r *reader, ends string) (*comparison, error) {
	c := new(comparison)
	for _, op := range operators {
		if r.take(op) {
			c.op = op
			break
		}
	}
	if c.op == "" {
		return nil, &Error{textInvalid}
	}
	r.space()
	switch r.peek() {
	case '"':
		text, ok := r.quoted()
		if !ok {
			return nil, &Error{textInvalid}
		}
		c.text, c.quoted = text, true
	case '%':
		re, err := r.regex()
		if err != nil {
			return nil, err
		}
		c.regex = re
	default:
		c.text = r.bare(ends)
		if c.text == "" {
			return nil, &Error{textInvalid}
		}
		c.number = number(c.text)
	}
	if c.op != "=" && c.op != "!=" && c.number == nil {
		return nil, &Error{textInvalid} // texts are in no order
	}
	return c, nil
}

// bare takes a value without quotes.
func (r *reader) bare(ends string) string {
	rest := r.text[r.at:]
	end := len(rest)
	for i := range len(rest) {
		if isSpace(rune(rest[i])) || strings.IndexByte(ends, rest[i]) >= 0 || strings.HasPrefix(rest[i:], "&&") || strings.HasPrefix(rest[i:], "||") {
			end = i
			break
		}
	}
	r.at += end
	return rest[:end]
}

// maxNumber is how long the text of a number may be, and maxExponent bounds its exponent:
// what is longer is compared as text.
const (
	maxNumber   = 64
	maxExponent = 3
)

// number reads a number; nil when the text is none.
func number(text string) *big.Rat {
	if len(text) > maxNumber || strings.Trim(text, "0123456789+-.eE") != "" || strings.Trim(text, "+-.eE") == "" {
		return nil
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 && len(strings.TrimLeft(text[i+1:], "+-0")) > maxExponent {
		return nil
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return n
}

// of compares a value, which is a number or the text of something.
func (c *comparison) of(text string, isNumber bool) bool {
	switch {
	case c.regex != nil:
		return c.regex.MatchString(text) == (c.op == "=")
	case c.quoted:
		return glob(c.text, text) == (c.op == "=")
	case c.number != nil:
		if n := number(text); n != nil && isNumber {
			return c.orders(n.Cmp(c.number))
		}
		if c.op != "=" && c.op != "!=" {
			return false
		}
	}
	return glob(c.text, text) == (c.op == "=")
}

func (c *comparison) orders(order int) bool {
	switch c.op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	}
	return order <= 0
}
