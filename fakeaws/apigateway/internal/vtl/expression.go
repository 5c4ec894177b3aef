package vtl

import (
	"encoding/json"
	"fmt"
	"strings"
)

// An expression is what has a value.
type expression interface {
	value(e *evaluation) (any, error)
}

type (
	literal   struct{ of any }
	quotedRef struct{ nodes []node } // a text in double quotes
	listOf    []expression
	rangeOf   struct{ from, to expression }
	mapOf     struct{ keys, values []expression }
	unary     struct {
		op string
		of expression
	}
	binary struct {
		op          string
		left, right expression
	}
	// A reference is $name with what is asked of it.
	reference struct {
		name  string
		parts []part
	}
	part struct {
		name  string
		call  bool
		args  []expression
		index expression // in brackets
	}
)

func isName(c byte, first bool) bool {
	return isLetter(c) || c == '_' || !first && ('0' <= c && c <= '9' || c == '-')
}

func (p *parser) name() string {
	start := p.at
	for p.at < len(p.text) && isName(p.text[p.at], p.at == start) {
		p.at++
	}
	return p.text[start:p.at]
}

// reference reads a reference in text. ok is false where $ is only a dollar.
func (p *parser) reference() (node, bool, error) {
	start := p.at
	ref, quiet, ok, err := p.bareReference()
	if err != nil || !ok {
		p.at = start
		return nil, false, err
	}
	return &refNode{ref, quiet, p.text[start:p.at]}, true, nil
}

func (p *parser) bareReference() (ref *reference, quiet, ok bool, err error) {
	if !p.has("$") {
		return nil, false, false, nil
	}
	p.at++
	if quiet = p.has("!"); quiet {
		p.at++
	}
	braced := p.has("{")
	if braced {
		p.at++
	}
	ref = &reference{name: p.name()}
	if ref.name == "" {
		return nil, false, false, nil
	}
	if err := p.parts(ref); err != nil {
		return nil, false, false, err
	}
	if braced {
		if !p.has("}") {
			return nil, false, false, nil
		}
		p.at++
	}
	return ref, quiet, true, nil
}

// parts reads what follows the name of a reference.
func (p *parser) parts(ref *reference) error {
	for p.at < len(p.text) && len(ref.parts) < maxDepth {
		switch p.text[p.at] {
		case '.':
			start := p.at
			p.at++
			name := p.name()
			if name == "" {
				p.at = start
				return nil
			}
			one := part{name: name}
			if p.has("(") {
				p.at++
				args, err := p.list(")")
				if err != nil {
					return err
				}
				one.call, one.args = true, args
			}
			ref.parts = append(ref.parts, one)
		case '[':
			start := p.at
			p.at++
			index, err := p.expression()
			if err != nil {
				p.at = start // it is text
				return nil
			}
			if p.space(); !p.has("]") {
				p.at = start
				return nil
			}
			p.at++
			ref.parts = append(ref.parts, part{index: index})
		default:
			return nil
		}
	}
	return nil
}

// list reads expressions with commas between them, up to what closes them.
func (p *parser) list(closing string) ([]expression, error) {
	var all []expression
	for {
		p.space()
		if len(all) == 0 && p.has(closing) {
			p.at++
			return all, nil
		}
		one, err := p.expression()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		p.space()
		switch {
		case p.has(closing):
			p.at++
			return all, nil
		case !p.has(","):
			return nil, p.fail("expected , or " + closing)
		}
		p.at++
	}
}

// levels are the binary operators, those that bind least first, with their names in words.
var levels = [][]struct{ text, op string }{
	{{"||", "||"}, {"or", "||"}},
	{{"&&", "&&"}, {"and", "&&"}},
	{{"==", "=="}, {"!=", "!="}, {"eq", "=="}, {"ne", "!="}},
	{{"<=", "<="}, {">=", ">="}, {"<", "<"}, {">", ">"}, {"le", "<="}, {"ge", ">="}, {"lt", "<"}, {"gt", ">"}},
	{{"+", "+"}, {"-", "-"}},
	{{"*", "*"}, {"/", "/"}, {"%", "%"}},
}

func (p *parser) expression() (expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("an expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	return p.level(0)
}

func (p *parser) level(n int) (expression, error) {
	if n == len(levels) {
		return p.unary()
	}
	left, err := p.level(n + 1)
	if err != nil {
		return nil, err
	}
	for count := 0; ; count++ {
		op := p.operator(n)
		if op == "" {
			return left, nil
		}
		if count > maxDepth {
			return nil, p.fail("an expression is too long")
		}
		right, err := p.level(n + 1)
		if err != nil {
			return nil, err
		}
		left = &binary{op, left, right}
	}
}

func (p *parser) operator(n int) string {
	p.space()
	for _, o := range levels[n] {
		if !p.has(o.text) {
			continue
		}
		after := p.at + len(o.text)
		if isLetter(o.text[0]) && after < len(p.text) && isName(p.text[after], false) {
			continue
		}
		p.at = after
		return o.op
	}
	return ""
}

func (p *parser) word(w string) bool {
	after := p.at + len(w)
	return p.has(w) && (after == len(p.text) || !isName(p.text[after], false))
}

func (p *parser) unary() (expression, error) {
	p.space()
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("an expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	var op string
	width := 1
	switch {
	case p.has("!") && !p.has("!="):
		op = "!"
	case p.word("not"):
		op, width = "!", len("not")
	case p.has("-"):
		op = "-"
	default:
		return p.primary()
	}
	p.at += width
	of, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &unary{op, of}, nil
}

func (p *parser) primary() (expression, error) {
	if p.at == len(p.text) {
		return nil, p.fail("expected an expression")
	}
	for w, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if p.word(w) {
			p.at += len(w)
			return literal{v}, nil
		}
	}
	switch c := p.text[p.at]; {
	case c == '$':
		ref, _, ok, err := p.bareReference()
		if err != nil || !ok {
			return nil, p.orFail(err, "a reference has no name")
		}
		return ref, nil
	case c == '\'' || c == '"':
		return p.quoted(c)
	case '0' <= c && c <= '9':
		return p.number(), nil
	case c == '(':
		p.at++
		in, err := p.expression()
		if err != nil {
			return nil, err
		}
		return in, p.expect(")")
	case c == '[':
		p.at++
		return p.brackets()
	case c == '{':
		p.at++
		return p.braces()
	}
	return nil, p.fail("expected an expression")
}

func (p *parser) orFail(err error, what string) error {
	if err != nil {
		return err
	}
	return p.fail(what)
}

func (p *parser) number() expression {
	start := p.at
	digits := func() {
		for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
			p.at++
		}
	}
	digits()
	if p.has(".") && !p.has("..") && p.at+1 < len(p.text) && '0' <= p.text[p.at+1] && p.text[p.at+1] <= '9' {
		p.at++
		digits()
	}
	return literal{json.Number(p.text[start:p.at])}
}

// quoted reads a text. That in double quotes has references; quotes in it are doubled.
func (p *parser) quoted(quote byte) (expression, error) {
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		if p.text[i] != quote {
			b.WriteByte(p.text[i])
			continue
		}
		if i+1 < len(p.text) && p.text[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		p.at = i + 1
		text := b.String()
		if quote == '\'' || !strings.ContainsAny(text, "$#") {
			return literal{text}, nil
		}
		inner := &parser{text: text, depth: p.depth}
		nodes, end, err := inner.block(p.depth)
		if err != nil || end != "" {
			return nil, fmt.Errorf("in %q: %w", text, p.orFail(err, "#"+end+" belongs to nothing"))
		}
		return &quotedRef{nodes}, nil
	}
	return nil, p.fail("a text has no end")
}

// brackets reads a list or a range.
func (p *parser) brackets() (expression, error) {
	start := p.at
	if p.space(); p.has("]") {
		p.at++
		return listOf(nil), nil
	}
	first, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.space(); p.has("..") {
		p.at += len("..")
		to, err := p.expression()
		if err != nil {
			return nil, err
		}
		return &rangeOf{first, to}, p.expect("]")
	}
	p.at = start
	all, err := p.list("]")
	return listOf(all), err
}

func (p *parser) braces() (expression, error) {
	m := &mapOf{}
	if p.space(); p.has("}") {
		p.at++
		return m, nil
	}
	for {
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		m.keys, m.values = append(m.keys, key), append(m.values, v)
		if p.space(); p.has(",") {
			p.at++
			continue
		}
		return m, p.expect("}")
	}
}
