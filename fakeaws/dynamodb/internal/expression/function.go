package expression

import (
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// function reads a condition that is a function, or a size that is compared.
func (p *parser) function() (node, error) {
	name := p.peek().text
	if name == "size" {
		a, err := p.operand()
		if err != nil {
			return nil, err
		}
		if t := p.peek(); t.kind == tokenEnd || t.is("AND") || t.is("OR") || t.is(")") {
			return nil, p.errorf(textNotHere, name)
		}
		return p.compare(a)
	}
	want, known := functions[name]
	p.at += 2
	if !known {
		switch name {
		case "if_not_exists", "list_append":
			return nil, p.errorf(textNotInCond, name)
		}
		return nil, p.errorf(textFunction, name)
	}
	if err := p.operator(); err != nil {
		return nil, err
	}
	operands, err := p.list()
	if err != nil {
		return nil, err
	}
	if len(operands) != want {
		return nil, p.errorf(textOperands, name, len(operands))
	}
	c := &comparison{name, operands}
	return c, p.checkFunction(c)
}

// functions have the number of their operands.
var functions = map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}

// checkFunction checks what is known of the operands of a function.
func (p *parser) checkFunction(c *comparison) error {
	first := c.operands[0]
	switch c.operator {
	case "attribute_exists", "attribute_not_exists":
		if first.path == nil || first.size {
			return p.errorf(textNeedsPath, c.operator)
		}
		return nil
	case "attribute_type":
		if first.path == nil || first.size {
			return p.errorf(textNeedsPath, c.operator)
		}
		of := c.operands[1]
		if of.literal() != value.S {
			return p.errorf(textOperandType, c.operator, kindOrPath(of))
		}
		if _, ok := value.KindOf(of.v.Text()); !ok {
			return p.errorf(textTypeName, of.v.Text())
		}
		return nil
	case "begins_with":
		for _, o := range c.operands {
			if kind := o.literal(); kind != value.None && kind != value.S && kind != value.B {
				return p.errorf(textOperandType, c.operator, kind)
			}
		}
	}
	return p.distinct(c)
}

func kindOrPath(o *Operand) string {
	if o.path != nil {
		return "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}" // a path may be of any type
	}
	return o.v.Kind().String()
}

// distinct refuses a first operand that is compared with itself.
func (p *parser) distinct(c *comparison) error {
	first := c.operands[0]
	if first.path != nil && slices.ContainsFunc(c.operands[1:], first.same) {
		return p.errorf(textDistinct, c.operator, first)
	}
	return nil
}
