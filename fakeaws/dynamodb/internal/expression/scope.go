// Package expression reads and evaluates the expressions of DynamoDB: conditions, filters,
// key conditions, updates and projections (developer guide, "Using expressions in DynamoDB").
package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// The kinds of expressions, as the parameters of requests are called.
const (
	Condition    = "ConditionExpression"
	Filter       = "FilterExpression"
	KeyCondition = "KeyConditionExpression"
	Update       = "UpdateExpression"
	Projection   = "ProjectionExpression"
)

// The limits of expressions (developer guide, "Quotas in Amazon DynamoDB").
const (
	maxText      = 4096
	maxOperators = 300
	maxPath      = 32 // steps of a document path
	maxIn        = 100
)

// maxNames is how much the names and values of all placeholders take together: 2 MB.
const maxNames = 2 << 20

// Texts as DynamoDB answers them.
const (
	textEmpty         = "The expression can not be empty;"
	textSyntax        = "Syntax error; token: \"%s\", near: \"%s\""
	textReserved      = "Attribute name is a reserved keyword; reserved keyword: %s"
	textNoName        = "An expression attribute name used in the document path is not defined; attribute name: %s"
	textNoValue       = "An expression attribute value used in expression is not defined; attribute value: %s"
	textSize          = "Expression size has exceeded the maximum allowed size; expression size: %d"
	textFunction      = "Invalid function name; function: %s"
	textOperands      = "Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d"
	textOperandType   = "Incorrect operand type for operator or function; operator or function: %s, operand type: %s"
	textDistinct      = "The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s"
	textNotHere       = "The function is not allowed to be used this way in an expression; function: %s"
	textNotInUpdate   = "The function is not allowed in an update expression; function: %s"
	textNotInCond     = "The function is not allowed in a condition expression; function: %s"
	textNeedsPath     = "Operator or function requires a document path; operator or function: %s"
	textTypeName      = "Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
	textParentheses   = "The expression has redundant parentheses;"
	textBounds        = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s"
	textBoundTypes    = "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s"
	textSection       = "The \"%s\" section can only be used once in an update expression;"
	textOverlap       = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s"
	textConflict      = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %s, path two: %s"
	textActionType    = "Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND"
	textUnused        = "Value provided in %s unused in expressions: keys: {%s}"
	textInvalidKey    = "%s contains invalid key: Syntax error; key: \"%s\""
	textInvalidValue  = "ExpressionAttributeValues contains invalid value: %s for key %s"
	textNoAttribute   = "The provided expression refers to an attribute that does not exist in the item"
	textInvalidPath   = "The document path provided in the update expression is invalid for update"
	textDataType      = "An operand in the update expression has an incorrect data type"
	textNotSupported  = "Query key condition not supported"
	textOnePerKey     = "KeyConditionExpressions must only contain one condition per key"
	textMissesKey     = "Query condition missed key schema element: %s"
	textKeyOperator   = "Invalid operator used in KeyConditionExpression: %s"
	textKeyType       = "One or more parameter values were invalid: Condition parameter type does not match schema type"
	textKeyNested     = "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes"
	textFilterKey     = "Filter Expression can only contain non-primary key attributes: Primary key attribute: %s"
	textEmptyParam    = "%s must not be empty"
	textNoExpressions = "%s can only be specified when using expressions"
)

// Texts that no answer of DynamoDB is on record for: unverified.
const (
	textOperators  = "The expression contains too many operators; operator count has exceeded the maximum: 300"
	textNesting    = "The document path has too many nesting elements; nesting levels: %d"
	textIndex      = "List index is not within the allowable range; index: [%s]"
	textInOperands = "The IN operator has too many operands; number of operands: %d"
	textNamesSize  = "ExpressionAttributeNames and ExpressionAttributeValues have exceeded the maximum allowed size"
	textEmptyName  = "ExpressionAttributeNames contains invalid value: Empty attribute name for key %s"
)

// A Scope has what the placeholders of a request stand for. All its expressions are read in
// it, so that it knows which placeholders none uses.
type Scope struct {
	names      map[string]string
	values     map[string]value.Value
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewScope checks the placeholders of a request. Of values, read has their types.
func NewScope(names map[string]string, values map[string]value.Value) (*Scope, error) {
	s := &Scope{names: names, values: values, usedNames: make(map[string]bool, len(names)), usedValues: make(map[string]bool, len(values))}
	if names != nil && len(names) == 0 {
		return nil, invalidf(textEmptyParam, "ExpressionAttributeNames")
	}
	if values != nil && len(values) == 0 {
		return nil, invalidf(textEmptyParam, "ExpressionAttributeValues")
	}
	size := 0
	for _, key := range slices.Sorted(maps.Keys(names)) {
		if !isPlaceholder(key, '#') {
			return nil, invalidf(textInvalidKey, "ExpressionAttributeNames", key)
		}
		if names[key] == "" {
			return nil, invalidf(textEmptyName, key)
		}
		size += len(key) + len(names[key])
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !isPlaceholder(key, ':') {
			return nil, invalidf(textInvalidKey, "ExpressionAttributeValues", key)
		}
		size += len(key) + values[key].Size()
	}
	if size > maxNames {
		return nil, value.Error(textNamesSize)
	}
	return s, nil
}

// InvalidValue is the error of a placeholder's value that is none.
func InvalidValue(key string, err error) error { return invalidf(textInvalidValue, err.Error(), key) }

// WithoutExpression is the error of placeholders in a request without expressions.
func WithoutExpression(parameter string) error { return invalidf(textNoExpressions, parameter) }

func isPlaceholder(key string, sign byte) bool {
	return len(key) > 1 && key[0] == sign && span(key, 1, isWord) == len(key)
}

// Finish returns the error of placeholders that no expression uses.
func (s *Scope) Finish() error {
	if err := unused("ExpressionAttributeNames", maps.Keys(s.names), s.usedNames); err != nil {
		return err
	}
	return unused("ExpressionAttributeValues", maps.Keys(s.values), s.usedValues)
}

func unused(parameter string, keys func(func(string) bool), used map[string]bool) error {
	var rest []string
	for key := range keys {
		if !used[key] {
			rest = append(rest, key)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	slices.Sort(rest)
	return invalidf(textUnused, parameter, strings.Join(rest, ", "))
}

func invalidf(format string, args ...any) error { return value.Error(fmt.Sprintf(format, args...)) }

// A parser reads one expression.
type parser struct {
	*Scope
	kind   string
	text   string
	tokens []token
	at     int
	depth  int
	// operators counts the operators and functions.
	operators int
}

// parser begins to read an expression.
func (s *Scope) parser(kind, text string) (*parser, error) {
	p := &parser{Scope: s, kind: kind, text: text}
	if len(text) > maxText {
		return nil, p.errorf(textSize, len(text))
	}
	if strings.TrimSpace(text) == "" {
		return nil, p.errorf(textEmpty)
	}
	p.tokens = scan(text)
	return p, nil
}

func (p *parser) errorf(format string, args ...any) error {
	return value.Error("Invalid " + p.kind + ": " + fmt.Sprintf(format, args...))
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

// accept takes a token if it is next.
func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if !p.accept(text) {
		return p.unexpected()
	}
	return nil
}

// unexpected is the error of the next token. It shows the one before and the one behind.
func (p *parser) unexpected() error {
	t := p.peek()
	start, end := t.start, t.end
	if p.at > 0 {
		start = p.tokens[p.at-1].start
	}
	if t.kind == tokenEnd && p.at > 0 {
		end = p.tokens[p.at-1].end
	} else if n := p.peekSecond(); n.kind != tokenEnd {
		end = n.end
	}
	return p.errorf(textSyntax, t.text, p.text[start:end])
}

// operator counts an operator or function.
func (p *parser) operator() error {
	p.operators++
	if p.operators > maxOperators {
		return p.errorf(textOperators)
	}
	return nil
}

// path reads a document path.
func (p *parser) path() (Path, error) {
	first, err := p.name()
	if err != nil {
		return nil, err
	}
	path := Path{first}
	for {
		switch {
		case p.accept("."):
			s, err := p.name()
			if err != nil {
				return nil, err
			}
			path = append(path, s)
		case p.accept("["):
			s, err := p.index()
			if err != nil {
				return nil, err
			}
			path = append(path, s)
		default:
			return path, nil
		}
		if len(path) > maxPath {
			return nil, p.errorf(textNesting, len(path))
		}
	}
}

// name reads a name in a path.
func (p *parser) name() (step, error) {
	t := p.peek()
	switch t.kind {
	case tokenWord:
		p.at++
		if isReserved(t.text) {
			return step{}, p.errorf(textReserved, t.text)
		}
		return step{name: t.text}, nil
	case tokenName:
		p.at++
		name, ok := p.names[t.text]
		if !ok {
			return step{}, p.errorf(textNoName, t.text)
		}
		p.usedNames[t.text] = true
		return step{name: name}, nil
	}
	return step{}, p.unexpected()
}

// index reads an index, after its bracket.
func (p *parser) index() (step, error) {
	t := p.peek()
	if t.kind != tokenNumber {
		return step{}, p.unexpected()
	}
	p.at++
	const longest = 9 // digits
	if len(t.text) > longest {
		return step{}, p.errorf(textIndex, t.text)
	}
	i := 0
	for _, c := range t.text {
		i = i*10 + int(c-'0')
	}
	return step{index: i, list: true}, p.expect("]")
}

// value reads a placeholder of a value.
func (p *parser) value() (value.Value, error) {
	t := p.peek()
	if t.kind != tokenValue {
		return value.Value{}, p.unexpected()
	}
	p.at++
	v, ok := p.values[t.text]
	if !ok {
		return value.Value{}, p.errorf(textNoValue, t.text)
	}
	p.usedValues[t.text] = true
	return v, nil
}
