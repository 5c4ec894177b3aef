package selectsql

import (
	"strings"
	"unicode/utf8"
)

// tableName is the only table that there is.
const tableName = "S3Object"

// Parse parses an expression.
func Parse(expression string) (*Query, error) {
	if len(expression) > MaxExpression {
		return nil, Fail("ExpressionTooLong")
	}
	if !utf8.ValidString(expression) {
		return nil, Fail("InvalidRequestParameter")
	}
	if err := lex(expression); err != nil {
		return nil, err
	}
	p := &parser{lexer: newLexer(expression), query: &Query{limit: -1}}
	p.next[0], p.next[1] = p.read(), p.read()
	if err := p.statement(); err != nil {
		return nil, err
	}
	return p.query, nil
}

// A parser reads the tokens of an expression, one after the other.
type parser struct {
	lexer lexer
	next  [2]*token
	query *Query
	// operators and depth are how many there were, and how deep the parser is in them.
	operators, depth int
	// list says that the SELECT list is read, loose that it names columns outside of
	// aggregates; aggregate that it is in the argument of one.
	list, loose, aggregate bool
}

// read reads a token. None is wrong: lex has seen to that.
func (p *parser) read() *token {
	t, _ := p.lexer.next()
	return &t
}

func (p *parser) peek() *token { return p.next[0] }

// after is the token behind the next one.
func (p *parser) after() *token { return p.next[1] }

func (p *parser) take() *token {
	t := p.next[0]
	p.next[0], p.next[1] = p.next[1], p.read()
	return t
}

// accept takes the next token if it is the one.
func (p *parser) accept(typ tokenType, text string) bool {
	if t := p.peek(); t.typ != typ || text != "" && t.text != text {
		return false
	}
	p.take()
	return true
}

func (p *parser) acceptWord(word string) bool { return p.accept(keyword, word) }

// expectWord takes a keyword, which must be there.
func (p *parser) expectWord(word string) error {
	if !p.acceptWord(word) {
		return unexpected("ParseExpectedKeyword", "Expected keyword "+strings.ToUpper(word)+", found", p.peek())
	}
	return nil
}

// expect takes a token of a type, which must be there.
func (p *parser) expect(typ tokenType, code string) error {
	if !p.accept(typ, "") {
		return unexpected(code, "Expected token "+string(typ)+", found", p.peek())
	}
	return nil
}

// statement reads all of the expression.
func (p *parser) statement() error {
	if !p.acceptWord("select") {
		return unexpected("ParseUnexpectedToken", "Unexpected token found", p.peek())
	}
	if t := p.peek(); t.is(keyword, "distinct") || t.is(keyword, "all") {
		return Fail("ParseUnsupportedSelect")
	}
	p.list = true
	if err := p.selectList(); err != nil {
		return err
	}
	p.list = false
	if !p.acceptWord("from") {
		if p.peek().typ == endOfText {
			return at("ParseSelectMissingFrom", "Missing FROM after SELECT list", p.peek())
		}
		return unexpected("ParseUnexpectedToken", "Unexpected token found", p.peek())
	}
	if err := p.from(); err != nil {
		return err
	}
	if p.acceptWord("where") {
		where, err := p.expression()
		if err != nil {
			return err
		}
		p.query.where = where
	}
	if err := p.limit(); err != nil {
		return err
	}
	p.accept(semicolon, "")
	return p.end()
}

// end refuses what follows the last clause: what SQL has and S3 Select has not, by name.
func (p *parser) end() error {
	t := p.peek()
	switch {
	case t.typ == endOfText:
	case t.is(keyword, "group"), t.is(keyword, "order"), t.is(keyword, "having"), t.is(keyword, "union"):
		return unexpected("UnsupportedSqlStructure", "Unsupported SQL structure:", t)
	default:
		return unexpected("ParseUnexpectedToken", "Unexpected token found", t)
	}
	if p.loose && len(p.query.aggregates) > 0 {
		return Fail("UnsupportedSqlStructure") // a column beside an aggregate needs GROUP BY; that it is this error is unverified
	}
	return nil
}

func (p *parser) limit() error {
	if !p.acceptWord("limit") {
		return nil
	}
	if p.peek().is(operator, "-") {
		return Fail("EvaluatorNegativeLimit")
	}
	t := p.take()
	if t.typ != literal || t.value.kind != Int {
		return unexpected("ParseExpectedNumber", "Expected number, found", t)
	}
	p.query.limit = t.value.num
	return nil
}

func (p *parser) selectList() error {
	q := p.query
	if p.peek().is(keyword, "from") || p.peek().typ == endOfText {
		return Fail("ParseEmptySelect")
	}
	if p.accept(star, "") {
		if p.peek().typ == comma {
			return Fail("ParseAsteriskIsNotAloneInSelectList")
		}
		q.all = true
		return nil
	}
	for {
		if p.peek().typ == star {
			return Fail("ParseAsteriskIsNotAloneInSelectList")
		}
		it, err := p.item()
		if err != nil {
			return err
		}
		if q.items = append(q.items, it); len(q.items) > MaxColumns {
			return Fail("OverMaxColumn")
		}
		if !p.accept(comma, "") {
			return nil
		}
	}
}

// item reads an item of the SELECT list, with its alias.
func (p *parser) item() (it item, err error) {
	if it.value, err = p.expression(); err != nil {
		return it, err
	}
	if named, ok := it.value.(*path); ok {
		if named.every {
			it.all = named
			return it, nil
		}
		it.name = named.name()
	}
	alias, err := p.alias()
	if alias != nil {
		it.name = alias.text
	}
	return it, err
}

// alias reads the alias of an item or of the table, if there is one.
func (p *parser) alias() (*token, error) {
	as := p.acceptWord("as")
	switch t := p.peek(); {
	case t.typ == identifier, t.typ == quotedName:
		return p.take(), nil
	case as:
		return nil, unexpected("ParseExpectedIdentForAlias", "Expected identifier for alias, found", t)
	}
	return nil, nil
}

// from reads the FROM clause: S3Object, S3Object[*] and a path behind that.
func (p *parser) from() error {
	q, table := p.query, p.take()
	if (table.typ != identifier && table.typ != quotedName) || !strings.EqualFold(table.text, tableName) {
		if table.typ == leftParen {
			return Fail("UnsupportedSqlStructure") // a subquery
		}
		if table.typ != identifier && table.typ != quotedName {
			return unexpected("ParseUnexpectedToken", "Unexpected token found", table)
		}
		return Fail("InvalidTableAlias") // that it is this error is unverified
	}
	steps, last, every, err := p.steps(true)
	if err != nil {
		return err
	}
	if every || len(steps) > 0 && steps[0].Kind != AllElements {
		return Fail("InvalidKeyPath") // that it is this error is unverified
	}
	q.alias = token{typ: identifier, text: tableName}
	if len(steps) > 0 {
		q.path = steps[1:]
	}
	switch {
	case len(q.path) == 0:
		q.rowName = columnName(0)
	case last.typ == star, last.typ == literal: // it ends with a wildcard or an index
		q.alias.text, q.rowName = columnName(0), columnName(0)
	default:
		q.alias = last
	}
	alias, err := p.alias()
	if err != nil {
		return err
	}
	if alias != nil {
		q.alias, q.rowName = *alias, ""
	}
	return p.oneTable()
}

// oneTable refuses joins.
func (p *parser) oneTable() error {
	t := p.peek()
	switch {
	case t.typ == comma:
		return Fail("MultipleDataSourcesUnsupported")
	case t.typ != keyword:
		return nil
	}
	switch t.text {
	case "join", "inner", "left", "right", "full", "cross", "natural":
		return Fail("ParseMalformedJoin")
	}
	return nil
}

// steps reads the steps of a path. With wildcards they may be any of those of the FROM
// clause; elsewhere .* ends the path, and every says so. last is the token of the last
// step: its name, or the wildcard.
func (p *parser) steps(wildcards bool) (steps []Step, last token, every bool, err error) {
	for {
		switch {
		case p.accept(dot, ""):
			t := p.take()
			last = *t
			switch {
			case t.typ == identifier, t.typ == quotedName:
				steps = append(steps, Step{Kind: ByName, Name: t.text, Exact: t.typ == quotedName})
			case t.typ == star && wildcards:
				steps = append(steps, Step{Kind: AllMembers})
			case t.typ == star:
				return steps, last, true, nil
			default:
				return nil, last, false, Failf("ParseInvalidPathComponent",
					"Invalid Path component, expecting either an IDENTIFIER or STAR, got: %s,at line %d, column %d.", t.typ, t.line, t.column)
			}
		case p.accept(leftBracket, ""):
			step, t, err := p.bracket(wildcards)
			if err != nil {
				return nil, last, false, err
			}
			steps, last = append(steps, step), t
		default:
			return steps, last, false, nil
		}
		if p.operators++; p.operators > maxOperators {
			return nil, last, false, Fail("MaxOperatorsExceeded")
		}
	}
}

// bracket reads a step in brackets: an index, a name, or a wildcard.
func (p *parser) bracket(wildcards bool) (step Step, t token, err error) {
	t = *p.take()
	switch {
	case t.typ == literal && t.value.kind == Int:
		step = Step{Kind: ByIndex, Index: t.value.num}
	case t.typ == literal && t.value.kind == String:
		step = Step{Kind: ByName, Name: t.text, Exact: true}
		t.typ = quotedName
	case t.typ == star && wildcards:
		step = Step{Kind: AllElements}
	case t.typ == star:
		return step, t, Fail("ParseInvalidContextForWildcardInSelectList")
	default:
		return step, t, unexpected("ParseUnexpectedToken", "Unexpected token found", &t)
	}
	return step, t, p.expect(rightBracket, "ParseExpectedTokenType")
}
