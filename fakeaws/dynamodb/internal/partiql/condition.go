package partiql

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

func (p *parser) or() (*expression.Predicate, error) {
	a, err := p.and()
	for err == nil && p.accept("OR") {
		var b *expression.Predicate
		if err = p.operator(); err != nil {
			break
		}
		if b, err = p.and(); err == nil {
			a = a.Or(b)
		}
	}
	return a, err
}

func (p *parser) and() (*expression.Predicate, error) {
	a, err := p.not()
	for err == nil && p.accept("AND") {
		var b *expression.Predicate
		if err = p.operator(); err != nil {
			break
		}
		if b, err = p.not(); err == nil {
			a = a.And(b)
		}
	}
	return a, err
}

func (p *parser) not() (*expression.Predicate, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.leave()
	if !p.accept("NOT") {
		return p.primary()
	}
	if err := p.operator(); err != nil {
		return nil, err
	}
	of, err := p.not()
	if err != nil {
		return nil, err
	}
	return of.Not(), nil
}

// primary reads a comparison, a function or what stands in parentheses.
func (p *parser) primary() (*expression.Predicate, error) {
	if p.accept("(") {
		c, err := p.or()
		if err != nil {
			return nil, err
		}
		return c, p.expect(")")
	}
	if err := p.operator(); err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind == tokenWord && p.peekSecond().is("(") && !t.is("SIZE") {
		return p.function(strings.ToLower(t.text))
	}
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	return p.compare(a)
}

// function reads a condition that is a function.
func (p *parser) function(name string) (*expression.Predicate, error) {
	switch name {
	case "attribute_type", "begins_with", "contains":
	case "exists":
		return nil, UnsupportedError("EXISTS in a condition")
	default:
		return nil, malformed(textFunction, name)
	}
	p.at += 2
	of, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	with, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.peek().is(",") {
		return nil, malformed(textOperands, name)
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	literal := with.Value().Kind()
	switch name {
	case "attribute_type":
		if of.Path() == nil {
			return nil, malformed(textPath, name)
		}
		if literal != value.S {
			return nil, malformed(textType, name)
		}
		if _, ok := value.KindOf(with.Value().Text()); !ok {
			return nil, malformed(textTypeName, with.Value().Text())
		}
	case "begins_with":
		for _, kind := range []value.Kind{of.Value().Kind(), literal} {
			if kind != value.None && kind != value.S && kind != value.B {
				return nil, malformed(textType, name)
			}
		}
	}
	return expression.Compare(name, of, with), nil
}

// operand reads a path, a value or a size.
func (p *parser) operand() (*expression.Operand, error) {
	switch {
	case p.isLiteral():
		v, err := p.literal()
		return expression.Literal(v), err
	case p.peek().is("SIZE") && p.peekSecond().is("("):
		p.at += 2
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		return expression.SizeOf(path), p.expect(")")
	}
	path, err := p.path()
	return expression.At(path), err
}

// mirrored are the operators of a comparison whose sides are exchanged.
var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// compare reads the operator of a comparison and the rest of it.
func (p *parser) compare(a *expression.Operand) (*expression.Predicate, error) {
	switch t := p.next(); {
	case t.is("IS"):
		return p.is(a)
	case t.is("IN"):
		return p.in(a)
	case t.is("BETWEEN"):
		return p.between(a)
	case t.is("NOT") && p.peek().is("IN"):
		p.at++
		c, err := p.in(a)
		if err != nil {
			return nil, err
		}
		return c.Not(), nil
	case t.is("NOT") && p.peek().is("BETWEEN"):
		p.at++
		c, err := p.between(a)
		if err != nil {
			return nil, err
		}
		return c.Not(), nil
	case t.is("!="), mirrored[t.text] != "" && t.kind == tokenSign:
		operator := t.text
		if operator == "!=" {
			operator = "<>"
		}
		b, err := p.operand()
		if err != nil {
			return nil, err
		}
		if err := ordered(operator, a, b); err != nil {
			return nil, err
		}
		if a.Value().Kind() != value.None {
			a, b, operator = b, a, mirrored[operator]
		}
		return expression.Compare(operator, a, b), nil
	case t.kind != tokenEnd:
		p.at--
	}
	return nil, p.unexpected()
}

// ordered refuses values of types that have no order.
func ordered(operator string, operands ...*expression.Operand) error {
	if operator == "=" || operator == "<>" {
		return nil
	}
	for _, o := range operands {
		if kind := o.Value().Kind(); kind != value.None && !kind.IsScalar() {
			return malformed(textType, operator)
		}
	}
	return nil
}

// is reads what follows IS: MISSING or NULL, or a type, which this package does not know by the
// names of PartiQL.
func (p *parser) is(a *expression.Operand) (*expression.Predicate, error) {
	not := p.accept("NOT")
	if a.Path() == nil {
		return nil, malformed(textPath, "IS")
	}
	var c *expression.Predicate
	switch t := p.next(); {
	case t.is("MISSING"):
		c = expression.Compare("attribute_not_exists", a)
	case t.is("NULL"): // of the type NULL alone, and not of what is missing; unverified
		c = expression.Compare("attribute_type", a, expression.Literal(value.String(value.Null.String())))
	case t.kind == tokenWord:
		return nil, UnsupportedError("IS " + strings.ToUpper(t.text))
	default:
		p.at = max(p.at-1, 0)
		return nil, p.unexpected()
	}
	if not {
		return c.Not(), nil
	}
	return c, nil
}

// in reads the values of IN: a list in brackets or parentheses.
func (p *parser) in(a *expression.Operand) (*expression.Predicate, error) {
	var values []value.Value
	var err error
	switch {
	case p.accept("["):
		values, err = p.elements("]")
	case p.accept("("):
		values, err = p.elements(")")
	default:
		return nil, p.unexpected()
	}
	if err != nil {
		return nil, err
	}
	if len(values) > maxIn {
		return nil, malformed(textIn)
	}
	operands := []*expression.Operand{a}
	for _, v := range values {
		operands = append(operands, expression.Literal(v))
	}
	return expression.Compare("IN", operands...), nil
}

func (p *parser) between(a *expression.Operand) (*expression.Predicate, error) {
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
	if err := ordered("BETWEEN", low, high); err != nil {
		return nil, err
	}
	return expression.Compare("BETWEEN", a, low, high), nil
}
