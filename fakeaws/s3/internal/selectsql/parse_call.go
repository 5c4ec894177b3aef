package selectsql

import "strings"

// call reads the call of a function. Some have a form of their own.
func (p *parser) call() (expr, error) {
	t := p.take()
	name := strings.ToLower(t.text)
	p.take() // the parenthesis
	switch name {
	case "cast":
		return p.cast()
	case "count", "sum", "avg", "min", "max":
		return p.aggregateOf(name)
	case "extract":
		return p.extract()
	case "trim":
		return p.trim()
	case "substring":
		return p.substring()
	case "date_add", "date_diff":
		return p.dated(name)
	}
	f, ok := functions[name]
	if !ok {
		return nil, Fail("UnsupportedFunction")
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) < f.least || len(args) > f.most {
		return nil, Fail("EvaluatorInvalidArguments")
	}
	return &call{args, f.apply, f.propagates}, nil
}

// closed ends a call of a form of its own.
func (p *parser) closed() error {
	return p.expect(rightParen, "ParseExpectedRightParenBuiltinFunctionCall")
}

func (p *parser) cast() (expr, error) {
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.peek().typ == comma || p.peek().typ == rightParen {
		return nil, Fail("ParseCastArity")
	}
	if err := p.expectWord("as"); err != nil {
		return nil, err
	}
	kind, err := p.typeName()
	if err != nil {
		return nil, err
	}
	return &castTo{x, kind}, p.closed()
}

// typeNames are the data types (User Guide, "Data types"), with the synonyms that SQL has.
var typeNames = map[string]Kind{
	"bool": Bool, "boolean": Bool, "int": Int, "integer": Int, "string": String, "float": Float, "double": Float,
	"decimal": Decimal, "numeric": Decimal, "timestamp": Time,
}

// typeName reads a type. S3 Select ignores precision and scale.
func (p *parser) typeName() (Kind, error) {
	t := p.take()
	kind, ok := typeNames[t.text]
	switch {
	case t.typ == keyword && !ok, t.typ == identifier:
		return 0, Fail("InvalidDataType")
	case t.typ != keyword:
		return 0, unexpected("ParseExpectedTypeName", "Expected type name, found", t)
	case t.text == "double":
		p.acceptWord("precision")
	}
	if kind != Decimal || !p.accept(leftParen, "") {
		return kind, nil
	}
	for range 2 {
		if n := p.take(); n.typ != literal || n.value.kind != Int {
			return 0, unexpected("ParseInvalidTypeParam", "Invalid type parameter", n)
		}
		if !p.accept(comma, "") {
			break
		}
	}
	return kind, p.closed()
}

func (p *parser) aggregateOf(name string) (expr, error) {
	if !p.list || p.aggregate {
		return nil, Fail("UnsupportedSqlStructure") // that it is this error is unverified
	}
	a := &aggregate{name: name}
	p.query.aggregates = append(p.query.aggregates, a)
	if p.peek().is(keyword, "distinct") || p.peek().is(keyword, "all") {
		return nil, Fail("ParseUnsupportedSyntax")
	}
	if p.accept(star, "") {
		if name != "count" {
			return nil, Fail("ParseUnsupportedCallWithStar")
		}
		return a, p.closed()
	}
	p.aggregate = true
	args, err := p.arguments()
	p.aggregate = false
	if err != nil {
		return nil, err
	}
	if len(args) != 1 {
		return nil, Fail("ParseNonUnaryAgregateFunctionCall")
	}
	a.value = args[0]
	return a, nil
}

// part reads the name of a part of a date.
func (p *parser) part(offsets bool) (datePart, error) {
	t := p.take()
	name := strings.ToLower(t.text)
	if t.typ != identifier && t.typ != keyword || !isDatePart(name, offsets) {
		return "", unexpected("ParseExpectedDatePart", "Expected date part, found", t)
	}
	return datePart(name), nil
}

// extract reads EXTRACT( date_part FROM timestamp ).
func (p *parser) extract() (expr, error) {
	part, err := p.part(true)
	if err != nil {
		return nil, err
	}
	if err := p.expectWord("from"); err != nil {
		return nil, err
	}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	return &call{[]expr{x}, func(_ *env, args []Value) (Value, error) {
		t, err := timestampOf(&args[0])
		if err != nil {
			return Value{}, err
		}
		return t.extract(part), nil
	}, true}, p.closed()
}

// dated reads DATE_ADD and DATE_DIFF, whose first argument is a part of a date.
func (p *parser) dated(name string) (expr, error) {
	part, err := p.part(false)
	if err != nil {
		return nil, err
	}
	if !p.accept(comma, "") {
		return nil, unexpected("ParseExpectedArgumentDelimiter", "Expected argument delimiter, found", p.peek())
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) != 2 {
		return nil, Fail("EvaluatorInvalidArguments")
	}
	if name == "date_add" {
		return &call{args, func(_ *env, args []Value) (Value, error) { return dateAdd(part, args) }, true}, nil
	}
	return &call{args, func(_ *env, args []Value) (Value, error) { return dateDiff(part, args) }, true}, nil
}

// trim reads TRIM( [[LEADING | TRAILING | BOTH [remove_chars]] FROM] string ).
func (p *parser) trim() (expr, error) {
	left, right := true, true
	named := true
	switch {
	case p.acceptWord("leading"):
		right = false
	case p.acceptWord("trailing"):
		left = false
	default:
		named = p.acceptWord("both")
	}
	args := []expr{nil, &constant{stringOf(" ")}}
	if named && p.acceptWord("from") {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		args[0] = x
	} else {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		args[0] = x
		if p.acceptWord("from") {
			args[1] = x
			if args[0], err = p.expression(); err != nil {
				return nil, err
			}
		} else if named {
			return nil, p.expectWord("from")
		}
	}
	return &call{args, func(e *env, args []Value) (Value, error) { return trimmedText(e, args, left, right) }, true}, p.closed()
}

// substring reads SUBSTRING( string FROM start [ FOR length ] ), and the form with commas.
func (p *parser) substring() (expr, error) {
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	args := []expr{x}
	for _, word := range []string{"from", "for"} {
		if p.peek().typ == rightParen && len(args) == 2 {
			break
		}
		if !p.accept(comma, "") && !p.acceptWord(word) {
			return nil, unexpected("ParseExpectedArgumentDelimiter", "Expected argument delimiter, found", p.peek())
		}
		if x, err = p.expression(); err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	return &call{args, substringOf, true}, p.closed()
}
