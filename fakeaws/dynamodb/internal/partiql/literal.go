package partiql

import (
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// literal reads a value: a parameter, a scalar, a list, a map or a set.
func (p *parser) literal() (value.Value, error) {
	if err := p.deeper(); err != nil {
		return value.Value{}, err
	}
	defer p.leave()
	switch t := p.next(); {
	case t.is("?"):
		if p.used == len(p.parameters) {
			return value.Value{}, value.Error(textParameters)
		}
		p.used++
		return p.parameters[p.used-1], nil
	case t.kind == tokenString:
		return value.String(t.text), nil
	case t.kind == tokenNumber:
		n, err := value.ParseNumber(t.text)
		return value.OfNumber(n), err
	case t.is("-") && p.peek().kind == tokenNumber:
		n, err := value.ParseNumber(p.next().text)
		return value.OfNumber(n.Negate()), err
	case t.is("TRUE"), t.is("FALSE"):
		return value.OfBool(t.is("TRUE")), nil
	case t.is("NULL"):
		return value.NullValue(), nil
	case t.is("["):
		list, err := p.elements("]")
		return value.OfList(list), err
	case t.is("<<"):
		list, err := p.elements(">>")
		if err != nil {
			return value.Value{}, err
		}
		return value.OfSet(list)
	case t.is("{"):
		return p.mapping()
	}
	p.at = max(p.at-1, 0)
	return value.Value{}, p.unexpected()
}

// isLiteral reports whether the next token begins a value.
func (p *parser) isLiteral() bool {
	switch t := p.peek(); t.kind {
	case tokenString, tokenNumber:
		return true
	case tokenSign:
		return t.text == "?" || t.text == "[" || t.text == "{" || t.text == "<<" || t.text == "-"
	case tokenWord:
		return t.is("TRUE") || t.is("FALSE") || t.is("NULL")
	}
	return false
}

// elements reads values up to a closing sign.
func (p *parser) elements(end string) ([]value.Value, error) {
	list := []value.Value{}
	if p.accept(end) {
		return list, nil
	}
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if p.accept(end) {
			return list, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

// mapping reads a map, behind its brace.
func (p *parser) mapping() (value.Value, error) {
	m := make(value.Map)
	if p.accept("}") {
		return value.OfMap(m), nil
	}
	for {
		name := p.peek()
		if name.kind != tokenString && name.kind != tokenQuoted {
			return value.Value{}, p.unexpected()
		}
		p.at++
		if err := p.expect(":"); err != nil {
			return value.Value{}, err
		}
		v, err := p.literal()
		if err != nil {
			return value.Value{}, err
		}
		m[name.text] = v
		if p.accept("}") {
			return value.OfMap(m), nil
		}
		if err := p.expect(","); err != nil {
			return value.Value{}, err
		}
	}
}
