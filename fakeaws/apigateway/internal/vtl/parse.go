package vtl

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of templates. A template has 300 KB at most and a loop 1,000 rounds ("Amazon API Gateway
// quotas"); the others are unverified.
const (
	maxTemplate = 300 << 10
	maxRounds   = 1000
	maxSteps    = 500_000
	maxRange    = 100_000
	maxDepth    = 100
	maxOutput   = 10 << 20
)

// A Template is a mapping template. It never changes.
type Template struct{ nodes []node }

// A node is a part of a template.
type node interface {
	render(e *evaluation) error
}

type (
	textNode string
	refNode  struct {
		ref    *reference
		quiet  bool
		source string
	}
	setNode struct {
		ref   *reference
		value expression
	}
	ifNode struct {
		conditions []expression
		blocks     [][]node // one more than conditions where there is an else
	}
	forNode struct {
		variable string
		over     expression
		body     []node
	}
	breakNode struct{}
	stopNode  struct{}
)

// Parse reads a template.
func Parse(text string) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the mapping template has more than %d bytes", maxTemplate)
	}
	p := &parser{text: text}
	nodes, end, err := p.block(0)
	if err == nil && end != "" {
		err = p.fail("#" + end + " belongs to nothing")
	}
	if err != nil {
		return nil, err
	}
	return &Template{nodes}, nil
}

type parser struct {
	text  string
	at    int
	depth int
}

func (p *parser) fail(what string) error {
	line := strings.Count(p.text[:min(p.at, len(p.text))], "\n") + 1
	return fmt.Errorf("line %d: %s", line, what)
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) has(s string) bool { return strings.HasPrefix(p.rest(), s) }

// block reads nodes until a directive that ends the block: it returns its name.
func (p *parser) block(depth int) (nodes []node, end string, err error) {
	if depth > maxDepth {
		return nil, "", p.fail("the mapping template is nested too deeply")
	}
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			nodes = append(nodes, textNode(plain.String()))
			plain.Reset()
		}
	}
	for p.at < len(p.text) {
		next := strings.IndexAny(p.rest(), "$#\\")
		if next < 0 {
			next = len(p.rest())
		}
		plain.WriteString(p.text[p.at : p.at+next])
		if p.at += next; p.at == len(p.text) {
			break
		}
		n, end, err := p.special(depth, &plain)
		if err != nil {
			return nil, "", err
		}
		if n != nil || end != "" {
			flush()
		}
		if end != "" {
			return nodes, end, nil
		}
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	flush()
	return nodes, "", nil
}

// special reads what begins with a character that is not only text: a node, text, or the name of a
// directive that ends the block.
func (p *parser) special(depth int, plain *strings.Builder) (n node, end string, err error) {
	switch p.text[p.at] {
	case '\\':
		p.escape(plain)
		return nil, "", nil
	case '$':
		n, ok, err := p.reference()
		if !ok && err == nil {
			plain.WriteByte('$')
			p.at++
			return nil, "", nil
		}
		return n, "", err
	}
	if done, err := p.comment(plain); done || err != nil {
		return nil, "", err
	}
	name, width := p.directive()
	switch name {
	case "":
		plain.WriteByte('#')
		p.at++
		return nil, "", nil
	case "end", "else", "elseif":
		p.at += width
		return nil, name, nil
	}
	p.at += width
	n, err = p.statement(name, depth)
	return n, "", err
}

// escape reads a backslash: before $ or # it has the next character stand for itself.
func (p *parser) escape(to *strings.Builder) {
	p.at++
	if p.has("$") || p.has("#") {
		if name, _ := p.directive(); p.has("$") || name != "" {
			to.WriteByte(p.text[p.at])
			p.at++
			return
		}
	}
	to.WriteByte('\\')
}

// comment reads a comment, or text that is not evaluated.
func (p *parser) comment(to *strings.Builder) (done bool, err error) {
	switch {
	case p.has("##"):
		end := strings.IndexByte(p.rest(), '\n')
		if end < 0 {
			p.at = len(p.text)
			return true, nil
		}
		p.at += end + 1
		return true, nil
	case p.has("#*"):
		end := strings.Index(p.rest()[2:], "*#")
		if end < 0 {
			return false, p.fail("a comment has no end")
		}
		p.at += end + 4
		return true, nil
	case p.has("#[["):
		end := strings.Index(p.rest(), "]]#")
		if end < 0 {
			return false, p.fail("#[[ has no end")
		}
		to.WriteString(p.rest()[3:end])
		p.at += end + 3
		return true, nil
	}
	return false, nil
}

// directives are the directives that there are; those of which the value is false are refused.
var directives = map[string]bool{
	"set": true, "if": true, "elseif": true, "else": true, "end": true, "foreach": true, "break": true, "stop": true,
	"macro": false, "define": false, "parse": false, "include": false, "evaluate": false, "return": false,
}

// directive returns the name of the directive that begins here, and its width.
func (p *parser) directive() (name string, width int) {
	rest := p.rest()
	if rest == "" || rest[0] != '#' {
		return "", 0
	}
	braced := strings.HasPrefix(rest, "#{")
	start := 1
	if braced {
		start = 2
	}
	end := start
	for end < len(rest) && isLetter(rest[end]) {
		end++
	}
	name = rest[start:end]
	if _, ok := directives[name]; !ok {
		if !strings.HasPrefix(name, "else") || braced {
			return "", 0
		}
		name, end = "else", start+len("else") // "#elsetext"
	}
	if braced {
		if end >= len(rest) || rest[end] != '}' {
			return "", 0
		}
		end++
	}
	return name, end
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// statement reads what follows the name of a directive.
func (p *parser) statement(name string, depth int) (node, error) {
	if !directives[name] {
		return nil, p.fail("#" + name + " is not implemented")
	}
	switch name {
	case "break":
		p.line()
		return breakNode{}, nil
	case "stop":
		p.line()
		return stopNode{}, nil
	case "set":
		return p.set()
	case "if":
		return p.conditional(depth)
	}
	return p.foreach(depth)
}

// line skips the rest of a line that has nothing else.
func (p *parser) line() {
	rest := p.rest()
	trimmed := strings.TrimLeft(rest, " \t")
	for _, newline := range []string{"\r\n", "\n"} {
		if strings.HasPrefix(trimmed, newline) {
			p.at += len(rest) - len(trimmed) + len(newline)
			return
		}
	}
}

func (p *parser) set() (node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	p.space()
	ref, _, ok, err := p.bareReference()
	if err != nil || !ok {
		return nil, errors.Join(err, p.fail("#set assigns to a reference"))
	}
	if err := p.expect("="); err != nil {
		return nil, err
	}
	value, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.line()
	return &setNode{ref, value}, nil
}

func (p *parser) condition() (expression, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	c, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.line()
	return c, nil
}

func (p *parser) conditional(depth int) (node, error) {
	n := &ifNode{}
	name := "if"
	for {
		if name != "else" {
			if len(n.blocks) > len(n.conditions) {
				return nil, p.fail("#elseif follows #else")
			}
			c, err := p.condition()
			if err != nil {
				return nil, err
			}
			n.conditions = append(n.conditions, c)
		} else {
			p.line()
		}
		body, end, err := p.block(depth + 1)
		if err != nil {
			return nil, err
		}
		n.blocks = append(n.blocks, body)
		switch {
		case end == "end":
			p.line()
			return n, nil
		case end == "":
			return nil, p.fail("#if has no #end")
		case len(n.blocks) > len(n.conditions):
			return nil, p.fail("#" + end + " follows #else")
		}
		name = end
	}
}

func (p *parser) foreach(depth int) (node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	p.space()
	ref, _, ok, err := p.bareReference()
	if err != nil || !ok || len(ref.parts) > 0 {
		return nil, errors.Join(err, p.fail("#foreach needs a variable"))
	}
	p.space()
	if !p.has("in") {
		return nil, p.fail("#foreach needs in")
	}
	p.at += len("in")
	over, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.line()
	body, end, err := p.block(depth + 1)
	if err != nil {
		return nil, err
	}
	if end != "end" {
		return nil, p.fail("#foreach has no #end")
	}
	p.line()
	return &forNode{ref.name, over, body}, nil
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) expect(s string) error {
	p.space()
	if !p.has(s) {
		return p.fail("expected " + s)
	}
	p.at += len(s)
	return nil
}
