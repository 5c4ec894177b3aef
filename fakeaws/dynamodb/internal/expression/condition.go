package expression

import (
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A Predicate is a condition or a filter.
type Predicate struct{ root node }

// Holds reports whether an item meets the condition; nil is one that does not exist.
func (c *Predicate) Holds(item value.Map) bool { return c == nil || c.root.holds(item) }

// Attributes are the attributes of the item that the condition looks at, in order.
func (c *Predicate) Attributes() []string {
	if c == nil {
		return nil
	}
	all := make(map[string]bool)
	c.root.visit(func(p Path) { all[p.Attribute()] = true })
	return slices.Sorted(maps.Keys(all))
}

// A node is a part of a condition that holds or does not.
type node interface {
	holds(item value.Map) bool
	visit(func(Path))
}

// An Operand is a part of a comparison: a path, a placeholder, or a size.
type Operand struct {
	path Path // of size too; nil for a placeholder
	size bool
	v    value.Value
}

func (o *Operand) get(item value.Map) (value.Value, bool) {
	if o.path == nil {
		return o.v, true
	}
	v, ok := o.path.Get(item)
	if ok && o.size {
		n, sized := v.Length()
		return value.OfInt(n), sized
	}
	return v, ok
}

func (o *Operand) visit(visit func(Path)) {
	if o.path != nil {
		visit(o.path)
	}
}

// literal is the type of a placeholder.
func (o *Operand) literal() value.Kind {
	if o.path != nil {
		return value.None
	}
	return o.v.Kind()
}

func (o *Operand) same(other *Operand) bool {
	if o.path == nil || other.path == nil {
		return o.path == nil && other.path == nil && o.v.Equal(other.v)
	}
	return o.size == other.size && slices.Equal(o.path, other.path)
}

func (o *Operand) String() string {
	if o.path == nil {
		return o.v.Describe()
	}
	return o.path.String()
}

type logical struct {
	and  bool
	a, b node
}

func (l *logical) holds(item value.Map) bool {
	if l.and {
		return l.a.holds(item) && l.b.holds(item)
	}
	return l.a.holds(item) || l.b.holds(item)
}

func (l *logical) visit(visit func(Path)) { l.a.visit(visit); l.b.visit(visit) }

type negation struct{ of node }

func (n *negation) holds(item value.Map) bool { return !n.of.holds(item) }
func (n *negation) visit(visit func(Path))    { n.of.visit(visit) }

// A comparison is an operator or function with its operands.
type comparison struct {
	operator string
	operands []*Operand
}

func (c *comparison) visit(visit func(Path)) {
	for _, o := range c.operands {
		o.visit(visit)
	}
}

func (c *comparison) holds(item value.Map) bool {
	a, ok := c.operands[0].get(item)
	switch c.operator {
	case "attribute_exists":
		return ok
	case "attribute_not_exists":
		return !ok
	case "attribute_type":
		return ok && a.Kind().String() == c.operands[1].v.Text()
	case "<>":
		b, there := c.operands[1].get(item)
		return !ok || !there || !a.Equal(b)
	}
	if !ok {
		return false
	}
	if c.operator == "IN" {
		return slices.ContainsFunc(c.operands[1:], func(o *Operand) bool {
			b, there := o.get(item)
			return there && a.Equal(b)
		})
	}
	b, there := c.operands[1].get(item)
	if !there {
		return false
	}
	if c.operator == "BETWEEN" {
		high, there := c.operands[2].get(item)
		return there && ordered(">=", a, b) && ordered("<=", a, high)
	}
	return ordered(c.operator, a, b)
}

// ordered applies an operator to two values that are there. Values of different types are
// not equal and have no order.
func ordered(operator string, a, b value.Value) bool {
	switch operator {
	case "=":
		return a.Equal(b)
	case "begins_with":
		return a.Kind() == b.Kind() && (a.Kind() == value.S || a.Kind() == value.B) && strings.HasPrefix(a.Text(), b.Text())
	case "contains":
		if a.Kind() == value.S || a.Kind() == value.B {
			return a.Kind() == b.Kind() && strings.Contains(a.Text(), b.Text())
		}
		return (a.Kind() == value.L || a.Kind().IsSet()) && a.Has(b)
	}
	if a.Kind() != b.Kind() || !a.Kind().IsScalar() {
		return false
	}
	switch order := a.Compare(b); operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// Condition reads a condition or filter: kind is the parameter.
func (s *Scope) Condition(kind, text string) (*Predicate, error) {
	p, err := s.parser(kind, text)
	if err != nil {
		return nil, err
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenEnd {
		return nil, p.unexpected()
	}
	return &Predicate{root}, nil
}

func (p *parser) or() (node, error) {
	a, err := p.and()
	for err == nil && p.accept("OR") {
		var b node
		if err = p.operator(); err != nil {
			break
		}
		if b, err = p.and(); err == nil {
			a = &logical{false, a, b}
		}
	}
	return a, err
}

func (p *parser) and() (node, error) {
	a, err := p.not()
	for err == nil && p.accept("AND") {
		var b node
		if err = p.operator(); err != nil {
			break
		}
		if b, err = p.not(); err == nil {
			a = &logical{true, a, b}
		}
	}
	return a, err
}

func (p *parser) not() (node, error) {
	if !p.accept("NOT") {
		return p.primary()
	}
	if err := p.operator(); err != nil {
		return nil, err
	}
	of, err := p.not()
	return &negation{of}, err
}

// primary reads a comparison, a function or what stands in parentheses.
func (p *parser) primary() (node, error) {
	if p.accept("(") {
		redundant := p.peek().is("(")
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		end := p.at
		if err := p.expect(")"); err != nil {
			return nil, err
		}
		if redundant && p.closes(end-1) {
			return nil, p.errorf(textParentheses)
		}
		return n, nil
	}
	if t := p.peek(); t.kind == tokenWord && p.peekSecond().is("(") {
		return p.function()
	}
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	return p.compare(a)
}

// closes reports whether the parenthesis at a place closes the second of two that began
// together: the part before it is one in parentheses itself.
func (p *parser) closes(end int) bool {
	if !p.tokens[end].is(")") {
		return false
	}
	depth := 0
	for i := end; i >= 0; i-- {
		switch {
		case p.tokens[i].is(")"):
			depth++
		case p.tokens[i].is("("):
			depth--
		}
		if depth == 0 {
			return i > 0 && p.tokens[i-1].is("(")
		}
	}
	return false
}

// list reads operands up to a closing parenthesis.
func (p *parser) list() ([]*Operand, error) {
	var all []*Operand
	for {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		all = append(all, o)
		if p.accept(")") {
			return all, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) operand() (*Operand, error) {
	switch t := p.peek(); {
	case t.kind == tokenValue:
		v, err := p.value()
		return &Operand{v: v}, err
	case t.kind == tokenWord && p.peekSecond().is("("):
		p.at += 2
		if t.text != "size" {
			if _, known := functions[t.text]; known {
				return nil, p.errorf(textNotHere, t.text)
			}
			return nil, p.errorf(textFunction, t.text)
		}
		if err := p.operator(); err != nil {
			return nil, err
		}
		return p.size()
	}
	path, err := p.path()
	return &Operand{path: path}, err
}

func (p *parser) size() (*Operand, error) {
	of, err := p.list()
	switch {
	case err != nil:
		return nil, err
	case len(of) != 1:
		return nil, p.errorf(textOperands, "size", len(of))
	case of[0].size:
		return nil, p.errorf(textNotHere, "size")
	case of[0].path == nil:
		n, ok := of[0].v.Length()
		if !ok {
			return nil, p.errorf(textOperandType, "size", of[0].v.Kind())
		}
		return &Operand{v: value.OfInt(n)}, nil
	}
	of[0].size = true
	return of[0], nil
}

// compare reads the operator of a comparison and the rest of it.
func (p *parser) compare(a *Operand) (node, error) {
	if err := p.operator(); err != nil {
		return nil, err
	}
	c := &comparison{operands: []*Operand{a}}
	switch t := p.peek(); {
	case t.is("BETWEEN"):
		p.at++
		return p.between(c)
	case t.is("IN"):
		p.at++
		c.operator = "IN"
		if err := p.expect("("); err != nil {
			return nil, err
		}
		of, err := p.list()
		if err != nil {
			return nil, err
		}
		if len(of) > maxIn {
			return nil, p.errorf(textInOperands, len(of))
		}
		c.operands = append(c.operands, of...)
		return c, p.distinct(c)
	case t.is("="), t.is("<>"), t.is("<"), t.is("<="), t.is(">"), t.is(">="):
		p.at++
		c.operator = t.text
	default:
		return nil, p.unexpected()
	}
	b, err := p.operand()
	if err != nil {
		return nil, err
	}
	c.operands = append(c.operands, b)
	if c.operator != "=" && c.operator != "<>" {
		if err := p.inOrder(c); err != nil {
			return nil, err
		}
	}
	return c, p.distinct(c)
}

// inOrder refuses placeholders of types that have no order.
func (p *parser) inOrder(c *comparison) error {
	for _, o := range c.operands {
		if kind := o.literal(); kind != value.None && !kind.IsScalar() {
			return p.errorf(textOperandType, c.operator, kind)
		}
	}
	return nil
}

func (p *parser) between(c *comparison) (node, error) {
	c.operator = "BETWEEN"
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect("AND"); err != nil {
		return nil, err
	}
	high, err := p.operand()
	if err != nil {
		return nil, err
	}
	c.operands = append(c.operands, low, high)
	if err := p.inOrder(c); err != nil {
		return nil, err
	}
	if low.path == nil && high.path == nil {
		if low.v.Kind() != high.v.Kind() {
			return nil, p.errorf(textBoundTypes, low.v.Describe(), high.v.Describe())
		}
		if low.v.Compare(high.v) > 0 {
			return nil, p.errorf(textBounds, low.v.Describe(), high.v.Describe())
		}
	}
	return c, p.distinct(c)
}
