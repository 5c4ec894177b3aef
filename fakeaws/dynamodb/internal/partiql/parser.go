package partiql

import (
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A parser reads one statement.
type parser struct {
	tokens     []token
	at         int
	depth      int
	operators  int
	parameters []value.Value
	used       int
}

// Parse reads a statement with the values of its question marks.
func Parse(text string, parameters []value.Value) (*Statement, error) {
	p := &parser{tokens: scan(text), parameters: parameters}
	s, err := p.statement()
	if err != nil {
		return nil, err
	}
	p.accept(";")
	if p.peek().kind != tokenEnd {
		return nil, p.unexpected()
	}
	if p.used != len(parameters) {
		return nil, value.Error(textParameters)
	}
	return s, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) peekSecond() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// accept takes a sign or keyword if it is next.
func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

// expect takes some signs and keywords, which must be next.
func (p *parser) expect(texts ...string) error {
	for _, text := range texts {
		if !p.accept(text) {
			return p.unexpected()
		}
	}
	return nil
}

// unexpected is the error of the next token.
func (p *parser) unexpected() error {
	switch t := p.peek(); {
	case t.kind == tokenEnd:
		return malformed(textEnd)
	case t.kind == tokenWord && keywords[strings.ToUpper(t.text)]:
		return malformed(textKeyword)
	default:
		return malformed(textToken, t.text)
	}
}

// deeper counts a level of nesting; leave ends it.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		return malformed(textDeep)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// operator counts an operator or function.
func (p *parser) operator() error {
	if p.operators++; p.operators > maxOperators {
		return malformed(textOperators)
	}
	return nil
}

func (p *parser) statement() (*Statement, error) {
	switch {
	case p.accept("SELECT"):
		return p.selects()
	case p.accept("INSERT"):
		return p.insert()
	case p.accept("UPDATE"):
		return p.update()
	case p.accept("DELETE"):
		return p.delete()
	case p.accept("EXISTS"):
		if err := p.expect("(", "SELECT"); err != nil {
			return nil, err
		}
		s, err := p.selects()
		if err != nil {
			return nil, err
		}
		s.Kind = Exists
		return s, p.expect(")")
	}
	return nil, malformed(textNoStatement)
}

// selects reads a SELECT, behind that word.
func (p *parser) selects() (*Statement, error) {
	s := &Statement{Kind: Select}
	if !p.accept("*") {
		var err error
		if s.Projection, err = p.projection(); err != nil {
			return nil, err
		}
	}
	if err := p.expect("FROM"); err != nil {
		return nil, err
	}
	if err := p.table(s); err != nil {
		return nil, err
	}
	if p.accept("WHERE") {
		var err error
		if s.Where, err = p.or(); err != nil {
			return nil, err
		}
	}
	return s, p.order(s)
}

func (p *parser) projection() (*expression.Paths, error) {
	var paths []expression.Path
	for {
		if t := p.peek(); t.kind == tokenWord && p.peekSecond().is("(") {
			return nil, UnsupportedError("the function " + strings.ToUpper(t.text) + " in a SELECT list")
		}
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
		switch t := p.peek(); {
		case t.is("AS"):
			return nil, UnsupportedError("AS in a SELECT list")
		case t.is("+"), t.is("-"):
			return nil, UnsupportedError("an operator in a SELECT list")
		}
		if !p.accept(",") {
			list, err := expression.Project(paths...)
			if err != nil {
				return nil, err
			}
			return list.Rows(), nil
		}
	}
}

// table reads the name of a table, and of an index behind a dot.
func (p *parser) table(s *Statement) error {
	var err error
	if s.Table, err = p.tableName(); err != nil {
		return err
	}
	if !p.accept(".") {
		return nil
	}
	s.Index, err = p.tableName()
	return err
}

func (p *parser) tableName() (string, error) {
	t := p.peek()
	if t.kind != tokenQuoted && (t.kind != tokenWord || keywords[strings.ToUpper(t.text)]) {
		return "", p.unexpected()
	}
	p.at++
	return t.text, nil
}

// order reads ORDER BY, if it is there.
func (p *parser) order(s *Statement) error {
	if !p.accept("ORDER") {
		return nil
	}
	if err := p.expect("BY"); err != nil {
		return err
	}
	for {
		path, err := p.path()
		if err != nil {
			return err
		}
		o := Order{Attribute: path.Attribute()}
		if !path.Simple() {
			return malformed(textToken, path)
		}
		if p.accept("DESC") {
			o.Descending = true
		} else {
			p.accept("ASC")
		}
		s.Order = append(s.Order, o)
		if !p.accept(",") {
			return nil
		}
	}
}

// insert reads an INSERT, behind that word.
func (p *parser) insert() (*Statement, error) {
	s := &Statement{Kind: Insert}
	if err := p.expect("INTO"); err != nil {
		return nil, err
	}
	if err := p.table(s); err != nil {
		return nil, err
	}
	if err := p.expect("VALUE"); err != nil {
		return nil, err
	}
	v, err := p.literal()
	if err != nil {
		return nil, err
	}
	if v.Kind() != value.M {
		return nil, malformed(textType, "INSERT")
	}
	s.Item = v.Map()
	return s, nil
}

// delete reads a DELETE, behind that word.
func (p *parser) delete() (*Statement, error) {
	s := &Statement{Kind: Delete}
	if err := p.expect("FROM"); err != nil {
		return nil, err
	}
	if err := p.table(s); err != nil {
		return nil, err
	}
	return s, p.whereReturning(s)
}

// whereReturning reads the end of a DELETE or UPDATE.
func (p *parser) whereReturning(s *Statement) error {
	if p.peek().kind == tokenEnd {
		return malformed(textWhere)
	}
	if err := p.expect("WHERE"); err != nil {
		return err
	}
	var err error
	if s.Where, err = p.or(); err != nil {
		return err
	}
	if !p.accept("RETURNING") {
		return nil
	}
	which := strings.ToUpper(p.next().text)
	when := strings.ToUpper(p.next().text)
	if err := p.expect("*"); err != nil {
		return err
	}
	s.Returning = map[string]string{
		"ALL OLD": "ALL_OLD", "ALL NEW": "ALL_NEW", "MODIFIED OLD": "UPDATED_OLD", "MODIFIED NEW": "UPDATED_NEW",
	}[which+" "+when]
	if s.Returning == "" || s.Kind == Delete && s.Returning != "ALL_OLD" {
		return malformed(textReturning)
	}
	return nil
}

// path reads a document path.
func (p *parser) path() (expression.Path, error) {
	t := p.peek()
	if t.kind != tokenQuoted && (t.kind != tokenWord || keywords[strings.ToUpper(t.text)]) || t.text == "" {
		return nil, p.unexpected()
	}
	p.at++
	path := expression.NewPath(t.text)
	for {
		switch {
		case p.accept("."):
			t := p.peek()
			if t.kind != tokenQuoted && (t.kind != tokenWord || keywords[strings.ToUpper(t.text)]) {
				return nil, malformed(textDot)
			}
			p.at++
			path = path.Field(t.text)
		case p.peek().is("[") && (p.peekSecond().kind == tokenNumber || p.peekSecond().kind == tokenString):
			p.at++
			t := p.next()
			if t.kind == tokenString {
				path = path.Field(t.text)
			} else {
				const longest = 9 // digits
				i, err := strconv.Atoi(t.text)
				if err != nil || len(t.text) > longest {
					return nil, malformed(textIndex)
				}
				path = path.Element(i)
			}
			if err := p.expect("]"); err != nil {
				return nil, err
			}
		default:
			return path, nil
		}
		if path.TooLong() {
			return nil, malformed(textDeep)
		}
	}
}
