package insights

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

// An expression is what filter asks of a row.
type expression interface{ holds(*row) bool }

type filter struct{ expression }

func (f filter) run(r *result) error {
	kept := r.rows[:0]
	for _, one := range r.rows {
		if err := r.err(); err != nil { // messages may be long
			return err
		}
		if f.holds(one) {
			kept = append(kept, one)
		}
	}
	r.rows = kept
	return nil
}

type (
	both   struct{ a, b expression }
	either struct{ a, b expression }
	not    struct{ x expression }
	exists struct{ name string }
)

func (x both) holds(r *row) bool   { return x.a.holds(r) && x.b.holds(r) }
func (x either) holds(r *row) bool { return x.a.holds(r) || x.b.holds(r) }
func (x not) holds(r *row) bool    { return !x.x.holds(r) }
func (x exists) holds(r *row) bool { _, ok := r.get(x.name); return ok }

// A comparison compares a field with values. A field that a row does not have meets none.
type comparison struct {
	name   string
	op     string
	values []string
	regex  *bounded.Regexp
}

func (c *comparison) holds(r *row) bool {
	value, ok := r.get(c.name)
	if !ok {
		return false
	}
	switch c.op {
	case "like":
		if c.regex != nil {
			return c.regex.MatchString(value)
		}
		return strings.Contains(value, c.values[0])
	case "in":
		return slices.ContainsFunc(c.values, func(want string) bool { return compare(value, want) == 0 })
	}
	order := compare(value, c.values[0])
	switch c.op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// maxDepth is how deep expressions may be.
const maxDepth = 64

func (p *parser) or(depth int) (expression, error) {
	x, err := p.and(depth)
	for err == nil && p.keyword("or") {
		var y expression
		if y, err = p.and(depth); err == nil {
			x = either{x, y}
		}
	}
	return x, err
}

func (p *parser) and(depth int) (expression, error) {
	x, err := p.one(depth)
	for err == nil && p.keyword("and") {
		var y expression
		if y, err = p.one(depth); err == nil {
			x = both{x, y}
		}
	}
	return x, err
}

func (p *parser) one(depth int) (expression, error) {
	if depth == maxDepth {
		return nil, p.wrong()
	}
	switch {
	case p.keyword("not"):
		x, err := p.one(depth + 1)
		return not{x}, err
	case p.take("("):
		x, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = p.wrong()
		}
		return x, err
	case p.keyword("ispresent"):
		if !p.take("(") {
			return nil, p.wrong()
		}
		name, err := p.name()
		if err == nil && !p.take(")") {
			err = p.wrong()
		}
		return exists{name}, err
	}
	return p.comparison()
}

func (p *parser) comparison() (expression, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	negated := p.keyword("not")
	c := &comparison{name: name}
	switch {
	case p.take("=~"), p.keyword("like"):
		c.op = "like"
		if text, ok := p.quoted(); ok {
			c.values = []string{text}
		} else if c.regex, err = p.regex(); err != nil {
			return nil, err
		}
	case p.keyword("in"):
		c.op = "in"
		if c.values, err = p.list(); err != nil {
			return nil, err
		}
	case negated:
		return nil, p.wrong()
	default:
		for _, op := range []string{"!=", "<=", ">=", "=", "<", ">"} {
			if p.take(op) {
				c.op = op
				break
			}
		}
		if c.op == "" {
			return nil, p.wrong()
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		c.values = []string{value}
	}
	if negated {
		return not{c}, nil
	}
	return c, nil
}

func (p *parser) list() (values []string, err error) {
	if !p.take("[") {
		return nil, p.wrong()
	}
	for {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		if p.take("]") {
			return values, nil
		}
		if !p.take(",") {
			return nil, p.wrong()
		}
	}
}

// value takes a text in quotes or a number.
func (p *parser) value() (string, error) {
	if text, ok := p.quoted(); ok {
		return text, nil
	}
	p.space()
	end := p.at
	for end < len(p.text) && (isName(p.text[end]) || p.text[end] == '+') {
		end++
	}
	text := p.text[p.at:end]
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		if text != "" && isLetter(text[0]) || strings.HasPrefix(text, "@") {
			return "", &UnsupportedError{"the comparison with " + text}
		}
		return "", p.wrong()
	}
	p.at = end
	return text, nil
}
