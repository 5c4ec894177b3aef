package selectsql

// count counts an operator, and refuses what is too complex.
func (p *parser) count() error {
	if p.operators++; p.operators > maxOperators {
		return Fail("MaxOperatorsExceeded")
	}
	return nil
}

// expression reads an expression of any precedence.
func (p *parser) expression() (expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, Fail("MaxOperatorsExceeded")
	}
	defer func() { p.depth-- }()
	return p.logical("or", p.conjunction)
}

func (p *parser) conjunction() (expr, error) { return p.logical("and", p.negation) }

// logical reads what an operator joins: as many as there are, side by side.
func (p *parser) logical(word string, operand func() (expr, error)) (expr, error) {
	first, err := operand()
	if err != nil || !p.peek().is(keyword, word) {
		return first, err
	}
	all := &logical{or: word == "or", operands: []expr{first}}
	for p.acceptWord(word) {
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all.operands = append(all.operands, next)
	}
	return all, nil
}

func (p *parser) negation() (expr, error) {
	negated := false
	for p.acceptWord("not") {
		negated = !negated
		if err := p.count(); err != nil {
			return nil, err
		}
	}
	x, err := p.comparison()
	if err != nil || !negated {
		return x, err
	}
	return &not{x}, nil
}

// comparison reads the operators that compare, which stand side by side: a = b = c.
func (p *parser) comparison() (expr, error) {
	x, err := p.sum()
	for err == nil {
		t := p.peek()
		switch {
		case t.typ == operator && comparisons[t.text] != nil:
			p.take()
			var y expr
			if y, err = p.sum(); err == nil {
				x = &compared{x, y, comparisons[t.text]}
			}
		case t.is(keyword, "is"):
			p.take()
			x, err = p.is(x)
		case t.is(keyword, "not"):
			p.take()
			if x, err = p.ranged(x); err == nil {
				x = &not{x}
			}
		case t.is(keyword, "between"), t.is(keyword, "in"), t.is(keyword, "like"):
			x, err = p.ranged(x)
		case t.is(operator, "||"):
			err = Fail("UnsupportedSqlOperation") // the User Guide has no such operator
		default:
			return x, nil
		}
		if err == nil {
			err = p.count()
		}
	}
	return nil, err
}

// is reads what follows IS: NULL, MISSING, or a type.
func (p *parser) is(x expr) (expr, error) {
	negated := p.acceptWord("not")
	t := p.take()
	var test expr
	switch {
	case t.typ == literal && t.value.kind == Null:
		test = &isKind{x, func(k Kind) bool { return k <= Null }}
	case t.typ == literal && t.value.kind == Missing:
		test = &isKind{x, func(k Kind) bool { return k == Missing }}
	default:
		kind, ok := typeNames[t.text]
		if !ok || t.typ != keyword {
			return nil, unexpected("ParseExpectedTypeName", "Expected type name, found", t)
		}
		test = &isKind{x, func(k Kind) bool { return k == kind || k == Text && kind == String }}
	}
	if negated {
		return &not{test}, nil
	}
	return test, nil
}

// ranged reads BETWEEN, IN and LIKE.
func (p *parser) ranged(x expr) (expr, error) {
	switch {
	case p.acceptWord("between"):
		low, err := p.sum()
		if err != nil {
			return nil, err
		}
		if err := p.expectWord("and"); err != nil {
			return nil, err
		}
		high, err := p.sum()
		return &between{x, low, high}, err
	case p.acceptWord("in"):
		if err := p.expect(leftParen, "ParseExpectedLeftParenValueConstructor"); err != nil {
			return nil, err
		}
		list, err := p.arguments()
		if err == nil && len(list) == 0 {
			err = unexpected("ParseUnexpectedTerm", "Unexpected term found", p.peek())
		}
		return &in{x, list}, err
	case p.acceptWord("like"):
		pattern, err := p.sum()
		if err != nil {
			return nil, err
		}
		l := &like{text: x, pattern: pattern}
		if p.acceptWord("escape") {
			if l.escape, err = p.sum(); err != nil {
				return nil, err
			}
		}
		return l, l.prepare()
	}
	return nil, unexpected("ParseUnexpectedToken", "Unexpected token found", p.peek())
}

func (p *parser) sum() (expr, error) { return p.chain(p.product, "+", "-") }

func (p *parser) product() (expr, error) { return p.chain(p.unary, "/", "%", "*") }

// chain reads operators of one precedence, from left to right.
func (p *parser) chain(operand func() (expr, error), ops ...string) (expr, error) {
	x, err := operand()
	for n := 1; err == nil; n++ {
		t := p.peek()
		found := false
		for _, op := range ops {
			found = found || t.text == op && (t.typ == operator || t.typ == star)
		}
		if !found {
			return x, nil
		}
		p.take()
		var y expr
		if y, err = operand(); err == nil {
			x = &arithmetic{x, y, t.text[0]}
			err = p.count()
		}
		if n > maxDepth {
			return nil, Fail("MaxOperatorsExceeded") // each is in the one before
		}
	}
	return nil, err
}

func (p *parser) unary() (expr, error) {
	negative := false
	for p.peek().is(operator, "-") || p.peek().is(operator, "+") {
		negative = negative != (p.take().text == "-")
		if err := p.count(); err != nil {
			return nil, err
		}
	}
	x, err := p.primary()
	if err != nil || !negative {
		return x, err
	}
	return &arithmetic{&constant{intOf(0)}, x, '-'}, nil
}

// primary reads a literal, a path, a call, or what is in parentheses.
func (p *parser) primary() (expr, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	t := p.peek()
	switch {
	case t.typ == literal, t.typ == ionLiteral:
		p.take()
		return &constant{t.value}, nil
	case t.typ == leftParen:
		p.take()
		if p.peek().is(keyword, "select") {
			return nil, Fail("UnsupportedSqlStructure") // a subquery
		}
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		return x, p.expect(rightParen, "ParseExpectedTokenType")
	case t.is(keyword, "case"):
		p.take()
		return p.caseOf()
	case (t.typ == identifier || t.typ == keyword) && p.after().typ == leftParen:
		return p.call()
	case t.typ == identifier, t.typ == quotedName:
		return p.path()
	case t.is(keyword, "cast"):
		return nil, unexpected("ParseExpectedLeftParenAfterCast", "Expected left parenthesis after CAST, found", p.after())
	case t.typ == keyword:
		return nil, unexpected("ParseUnExpectedKeyword", "Unexpected keyword found", t)
	case t.typ == endOfText:
		return nil, at("ParseExpectedExpression", "Expected expression", t)
	case t.typ == operator:
		return nil, unexpected("ParseUnexpectedOperator", "Unexpected operator found", t)
	}
	return nil, unexpected("ParseUnexpectedTerm", "Unexpected term found", t)
}

// path reads the name of a column, or a path into JSON.
func (p *parser) path() (expr, error) {
	root := p.take()
	steps, last, every, err := p.steps(false)
	if err != nil {
		return nil, err
	}
	if every && (!p.list || len(steps) > 0 || p.depth > 1) {
		return nil, Fail("ParseInvalidContextForWildcardInSelectList")
	}
	named := &path{root: *root, steps: steps, last: last, every: every}
	p.loose = p.loose || p.list && !p.aggregate
	p.query.paths = append(p.query.paths, named)
	return named, nil
}

// arguments reads expressions up to the parenthesis that closes them.
func (p *parser) arguments() (list []expr, err error) {
	if p.accept(rightParen, "") {
		return nil, nil
	}
	for {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		switch {
		case p.accept(rightParen, ""):
			return list, nil
		case !p.accept(comma, ""):
			return nil, unexpected("ParseExpectedArgumentDelimiter", "Expected argument delimiter, found", p.peek())
		}
	}
}

// caseOf reads a CASE: simple, with a value that is compared, or searched.
func (p *parser) caseOf() (expr, error) {
	c := new(caseExpr)
	var err error
	if !p.peek().is(keyword, "when") {
		if p.peek().is(keyword, "end") {
			return nil, unexpected("ParseExpectedWhenClause", "Expected WHEN clause, found", p.peek())
		}
		if c.value, err = p.expression(); err != nil {
			return nil, err
		}
	}
	for p.acceptWord("when") {
		var w when
		if w.test, err = p.expression(); err != nil {
			return nil, err
		}
		if err = p.expectWord("then"); err != nil {
			return nil, err
		}
		if w.result, err = p.expression(); err != nil {
			return nil, err
		}
		c.whens = append(c.whens, w)
	}
	if len(c.whens) == 0 {
		return nil, unexpected("ParseExpectedWhenClause", "Expected WHEN clause, found", p.peek())
	}
	if p.acceptWord("else") {
		if c.otherwise, err = p.expression(); err != nil {
			return nil, err
		}
	}
	return c, p.expectWord("end")
}
