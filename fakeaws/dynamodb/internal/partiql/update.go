package partiql

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
)

// update reads an UPDATE, behind that word.
func (p *parser) update() (*Statement, error) {
	s := &Statement{Kind: Update, Update: new(expression.Updates)}
	if err := p.table(s); err != nil {
		return nil, err
	}
	if t := p.peek(); !t.is("SET") && !t.is("REMOVE") {
		return nil, p.unexpected()
	}
	for {
		var action func(*expression.Updates) error
		switch {
		case p.accept("SET"):
			action = p.set
		case p.accept("REMOVE"):
			action = p.remove
		default:
			return s, p.whereReturning(s)
		}
		for {
			if err := p.operator(); err != nil {
				return nil, err
			}
			if err := action(s.Update); err != nil {
				return nil, err
			}
			if !p.accept(",") {
				break
			}
		}
	}
}

func (p *parser) remove(u *expression.Updates) error {
	path, err := p.path()
	if err != nil {
		return err
	}
	return u.Remove(path)
}

// set reads one assignment. What SET_ADD and SET_DELETE do to an attribute are the actions ADD
// and DELETE.
func (p *parser) set(u *expression.Updates) error {
	path, err := p.path()
	if err != nil {
		return err
	}
	if err := p.expect("="); err != nil {
		return err
	}
	if t := p.peek(); t.kind == tokenWord && p.peekSecond().is("(") {
		switch name := strings.ToLower(t.text); name {
		case "set_add", "set_delete":
			p.at += 2
			return p.setOperation(u, name, path)
		}
	}
	t, err := p.sum()
	if err != nil {
		return err
	}
	return u.Set(path, t)
}

func (p *parser) setOperation(u *expression.Updates, name string, path expression.Path) error {
	of, err := p.path()
	if err != nil {
		return err
	}
	if !of.Same(path) {
		return UnsupportedError(strings.ToUpper(name) + " of another attribute than the one that is set")
	}
	if err := p.expect(","); err != nil {
		return err
	}
	v, err := p.literal()
	if err != nil {
		return err
	}
	if !v.Kind().IsSet() {
		return malformed(textType, name)
	}
	if err := p.expect(")"); err != nil {
		return err
	}
	if name == "set_add" {
		return u.Add(path, v)
	}
	return u.Delete(path, v)
}

// sum reads what SET assigns: a term, or the sum or difference of two.
func (p *parser) sum() (*expression.Term, error) {
	a, err := p.term()
	if err != nil {
		return nil, err
	}
	operator := p.peek()
	if !operator.is("+") && !operator.is("-") {
		return a, nil
	}
	p.at++
	if err := p.operator(); err != nil {
		return nil, err
	}
	b, err := p.term()
	if err != nil {
		return nil, err
	}
	t, ok := expression.Apply(operator.text, a, b)
	if !ok {
		return nil, malformed(textType, operator.text)
	}
	return t, nil
}

func (p *parser) term() (*expression.Term, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.leave()
	t := p.peek()
	switch {
	case p.isLiteral():
		v, err := p.literal()
		return expression.Assigned(expression.Literal(v)), err
	case t.kind != tokenWord || !p.peekSecond().is("("):
		path, err := p.path()
		return expression.Assigned(expression.At(path)), err
	case !t.is("LIST_APPEND"):
		return nil, malformed(textFunction, t.text)
	}
	p.at += 2
	if err := p.operator(); err != nil {
		return nil, err
	}
	a, err := p.term()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	b, err := p.term()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	of, ok := expression.Apply("list_append", a, b)
	if !ok {
		return nil, malformed(textType, t.text)
	}
	return of, nil
}
