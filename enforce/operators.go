package enforce

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// An operator is one row of the table of condition operators.
type operator struct {
	name string
	// compile reads a value of the policy.
	compile func(value string, variables bool) (operand, error)
	// negated operators hold when none of the policy's values matches.
	negated bool
	// textual operators know policy variables.
	textual bool
	// null is the operator that asks whether the key is there at all.
	null bool
}

// An operand is a value of a condition in a policy, compiled for its operator.
type operand interface {
	match(e *eval, v item) outcome
}

// An outcome is what comparing one value with one operand says.
type outcome uint8

const (
	miss outcome = iota
	hit
	// void is a comparison that makes no sense, like that of a word with a
	// number: the condition does not hold, whether negated or not.
	void
)

// What a value that its operator cannot read is: no match, so that a negated operator is
// satisfied, or void, so that it is not. AWS's page says nothing of such values with
// negated operators; all four are unverified.
const (
	unreadableNumber  = void
	unreadableDate    = void
	unreadableAddress = miss
	unreadableARN     = miss
)

func outcomeOf(matched bool) outcome {
	if matched {
		return hit
	}
	return miss
}

// operators has every operator of "IAM JSON policy elements: Condition
// operators". IfExists, ForAllValues, ForAnyValue and negation are not theirs:
// parseOperator and condition know them for all.
var operators = func() map[string]*operator {
	table := []operator{
		{name: "StringEquals", compile: stringEquals, textual: true},
		{name: "StringNotEquals", compile: stringEquals, textual: true, negated: true},
		{name: "StringEqualsIgnoreCase", compile: stringEqualsIgnoreCase, textual: true},
		{name: "StringNotEqualsIgnoreCase", compile: stringEqualsIgnoreCase, textual: true, negated: true},
		{name: "StringLike", compile: stringLike, textual: true},
		{name: "StringNotLike", compile: stringLike, textual: true, negated: true},
		{name: "NumericEquals", compile: numeric(equal)},
		{name: "NumericNotEquals", compile: numeric(equal), negated: true},
		{name: "NumericLessThan", compile: numeric(less)},
		{name: "NumericLessThanEquals", compile: numeric(lessOrEqual)},
		{name: "NumericGreaterThan", compile: numeric(greater)},
		{name: "NumericGreaterThanEquals", compile: numeric(greaterOrEqual)},
		{name: "DateEquals", compile: date(equal)},
		{name: "DateNotEquals", compile: date(equal), negated: true},
		{name: "DateLessThan", compile: date(less)},
		{name: "DateLessThanEquals", compile: date(lessOrEqual)},
		{name: "DateGreaterThan", compile: date(greater)},
		{name: "DateGreaterThanEquals", compile: date(greaterOrEqual)},
		{name: "Bool", compile: boolean, textual: true},
		{name: "BinaryEquals", compile: binaryEquals},
		{name: "IpAddress", compile: ipAddress},
		{name: "NotIpAddress", compile: ipAddress, negated: true},
		// ArnEquals and ArnLike are the same thing.
		{name: "ArnEquals", compile: arnLike, textual: true},
		{name: "ArnNotEquals", compile: arnLike, textual: true, negated: true},
		{name: "ArnLike", compile: arnLike, textual: true},
		{name: "ArnNotLike", compile: arnLike, textual: true, negated: true},
		{name: "Null", compile: isNull, null: true},
	}
	byName := make(map[string]*operator, len(table))
	for i := range table {
		byName[table[i].name] = &table[i]
	}
	return byName
}()

// A comparison says which results of comparing a value with an operand match.
type comparison func(order int) bool

func equal(order int) bool          { return order == 0 }
func less(order int) bool           { return order < 0 }
func lessOrEqual(order int) bool    { return order <= 0 }
func greater(order int) bool        { return order > 0 }
func greaterOrEqual(order int) bool { return order >= 0 }

// A setQualifier says how the values of a multivalued key count.
type setQualifier uint8

const (
	noQualifier setQualifier = iota
	forAllValues
	forAnyValue
)

// String returns the set operator as policies write it.
func (q setQualifier) String() string {
	return [...]string{noQualifier: "", forAllValues: "ForAllValues", forAnyValue: "ForAnyValue"}[q]
}

// A qualified is an operator with its qualifiers, as a policy names it.
type qualified struct {
	op       *operator
	set      setQualifier
	ifExists bool
}

// String returns the name with its qualifiers.
func (q qualified) String() string {
	name := q.op.name
	if q.set != noQualifier {
		name = q.set.String() + ":" + name
	}
	if q.ifExists {
		name += "IfExists"
	}
	return name
}

// parseOperator reads a name like "ForAnyValue:StringLikeIfExists".
func parseOperator(name string) (q qualified, err error) {
	base := name
	if prefix, rest, found := strings.Cut(name, ":"); found {
		switch base = rest; prefix {
		case "ForAllValues":
			q.set = forAllValues
		case "ForAnyValue":
			q.set = forAnyValue
		default:
			return q, fmt.Errorf("unknown set operator %q in %q; want ForAllValues or ForAnyValue", prefix, name)
		}
	}
	if rest, found := strings.CutSuffix(base, "IfExists"); found {
		base, q.ifExists = rest, true
	}
	q.op = operators[base]
	switch {
	case q.op == nil:
		return q, fmt.Errorf("unknown condition operator %q%s", name, operatorLike(base))
	case q.op.null && q.ifExists:
		return q, fmt.Errorf("%q: Null already asks whether the key exists", name)
	case q.op.null && q.set != noQualifier:
		return q, fmt.Errorf("%q: Null takes no set operator", name)
	}
	return q, nil
}

// operatorLike suggests the operator that was probably meant.
func operatorLike(name string) string {
	near := catalog.Nearest(name, slices.Collect(maps.Keys(operators)))
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", near)
}
