package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// The legacy parameters say what expressions say (developer guide, "Legacy conditional
// parameters"). Here they are read into the trees that expressions are read into.

// A sent is a parameter of a request, and whether it is there.
type sent struct {
	name  string
	there bool
}

// notBoth refuses legacy parameters beside expressions.
func notBoth(legacy, expressions []sent) error {
	older, newer := namesOf(legacy), namesOf(expressions)
	if older == "" || newer == "" {
		return nil
	}
	return invalidf(textNotBoth, older, newer)
}

func namesOf(all []sent) string {
	var names []string
	for _, p := range all {
		if p.there {
			names = append(names, p.name)
		}
	}
	return strings.Join(names, ", ")
}

// conditionOperators are the operators that comparisons have in expressions, and how many
// values they take.
var conditionOperators = map[types.ComparisonOperator]struct {
	is     string
	values int
}{
	types.ComparisonOperatorEq: {"=", 1}, types.ComparisonOperatorNe: {"<>", 1}, types.ComparisonOperatorLe: {"<=", 1}, types.ComparisonOperatorLt: {"<", 1},
	types.ComparisonOperatorGe: {">=", 1}, types.ComparisonOperatorGt: {">", 1}, types.ComparisonOperatorNotNull: {"attribute_exists", 0},
	types.ComparisonOperatorNull: {"attribute_not_exists", 0}, types.ComparisonOperatorContains: {"contains", 1},
	types.ComparisonOperatorNotContains: {"contains", 1}, types.ComparisonOperatorBeginsWith: {"begins_with", 1},
	types.ComparisonOperatorIn: {"IN", anyNumber}, types.ComparisonOperatorBetween: {"BETWEEN", 2},
}

// anyNumber is one value or several: as many as IN has in an expression, unverified.
const (
	anyNumber   = -1
	maxInValues = 100
)

// legacyComparison reads an operator with its values.
func legacyComparison(name string, operator types.ComparisonOperator, list []types.AttributeValue) (*expression.Predicate, error) {
	of, ok := conditionOperators[operator]
	if !ok {
		return nil, invalidf(textNoOperator, name)
	}
	if len(list) != of.values && (of.values != anyNumber || len(list) == 0 || len(list) > maxInValues) {
		return nil, invalidf(textArguments, operator)
	}
	operands := []*expression.Operand{expression.At(expression.NewPath(name))}
	var first value.Value
	for i, av := range list {
		v, err := value.Of(av)
		if err != nil {
			return nil, valid(err)
		}
		if !takes(operator, v.Kind()) {
			return nil, invalidf(textOperatorType, operator, v.Kind())
		}
		if i == 0 {
			first = v
		} else if v.Kind() != first.Kind() {
			return nil, invalidf(textSameTypes, operator)
		}
		operands = append(operands, expression.Literal(v))
	}
	if operator == types.ComparisonOperatorBetween && first.Compare(operands[2].Value()) > 0 {
		return nil, invalid(textLegacyBounds)
	}
	c := expression.Compare(of.is, operands...)
	if operator == types.ComparisonOperatorNotContains {
		return c.Not(), nil
	}
	return c, nil
}

// How many conditions a request has, and how many attributes it gets: as many as an expression
// has operators, and more than it has names. Both are unverified.
const (
	maxConditions = 300
	maxAttributes = 1000
)

// takes reports whether an operator takes values of a type (API reference, "Condition").
func takes(operator types.ComparisonOperator, kind value.Kind) bool {
	switch operator {
	case types.ComparisonOperatorEq, types.ComparisonOperatorNe:
		return true
	case types.ComparisonOperatorBeginsWith:
		return kind == value.S || kind == value.B
	}
	return kind.IsScalar()
}

// combined combines conditions by a ConditionalOperator.
func combined(conditions []*expression.Predicate, operator types.ConditionalOperator) (*expression.Predicate, error) {
	switch {
	case len(conditions) > maxConditions:
		return nil, invalid(textManyConditions)
	case operator != "" && len(conditions) == 0:
		return nil, invalid(textOperatorAlone)
	case operator != "" && len(conditions) == 1:
		return nil, invalid(textOperatorOne)
	}
	var all *expression.Predicate
	for _, c := range conditions {
		if operator == types.ConditionalOperatorOr && all != nil {
			all = all.Or(c)
		} else {
			all = all.And(c)
		}
	}
	return all, nil
}

// readExpected reads the parameter Expected.
func readExpected(expected map[string]types.ExpectedAttributeValue, operator types.ConditionalOperator) (*expression.Predicate, error) {
	var conditions []*expression.Predicate
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		e := expected[name]
		if name == "" {
			return nil, invalid(textEmptyAttribute)
		}
		var c *expression.Predicate
		var err error
		if e.ComparisonOperator != "" {
			c, err = expectedBy(name, &e)
		} else {
			c, err = expectedExists(name, &e)
		}
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, c)
	}
	return combined(conditions, operator)
}

func expectedBy(name string, e *types.ExpectedAttributeValue) (*expression.Predicate, error) {
	list := e.AttributeValueList
	switch {
	case e.Exists != nil:
		return nil, invalidf(textExistsOperator, name)
	case e.Value != nil && list != nil:
		return nil, invalidf(textValueList, name)
	case e.Value != nil:
		list = []types.AttributeValue{e.Value}
	}
	return legacyComparison(name, e.ComparisonOperator, list)
}

// expectedExists reads an expectation without an operator: that an attribute has a value, or is
// not there.
func expectedExists(name string, e *types.ExpectedAttributeValue) (*expression.Predicate, error) {
	exists := e.Exists == nil || *e.Exists
	switch {
	case e.AttributeValueList != nil:
		return nil, invalidf(textListOperator, name)
	case !exists && e.Value != nil:
		return nil, invalidf(textValueNot, name)
	case !exists:
		return legacyComparison(name, types.ComparisonOperatorNull, nil)
	case e.Value == nil && e.Exists == nil:
		return nil, invalidf(textValueNeeded, "null", name)
	case e.Value == nil:
		return nil, invalidf(textValueNeeded, "true", name)
	}
	return legacyComparison(name, types.ComparisonOperatorEq, []types.AttributeValue{e.Value})
}

// readConditions reads KeyConditions, QueryFilter or ScanFilter, in the order of their names.
func readConditions(of map[string]types.Condition) ([]*expression.Predicate, error) {
	var all []*expression.Predicate
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if name == "" {
			return nil, invalid(textEmptyAttribute)
		}
		c, err := legacyComparison(name, of[name].ComparisonOperator, of[name].AttributeValueList)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// readFilter reads QueryFilter or ScanFilter with their ConditionalOperator.
func readFilter(of map[string]types.Condition, operator types.ConditionalOperator) (*expression.Predicate, error) {
	conditions, err := readConditions(of)
	if err != nil {
		return nil, err
	}
	return combined(conditions, operator)
}

// readKeyConditions reads the parameter KeyConditions.
func readKeyConditions(of map[string]types.Condition) (*expression.Terms, error) {
	conditions, err := readConditions(of)
	if err != nil {
		return nil, err
	}
	terms, err := expression.NewTerms(conditions...)
	return terms, valid(err)
}

// readAttributes reads the parameter AttributesToGet.
func readAttributes(names []string) (*expression.Paths, error) {
	if names == nil {
		return nil, nil
	}
	if len(names) > maxAttributes {
		return nil, invalid(textManyAttributes)
	}
	paths, seen := make([]expression.Path, len(names)), make(map[string]bool, len(names))
	for i, name := range names {
		if name == "" {
			return nil, invalid(textEmptyAttribute)
		}
		if seen[name] {
			return nil, invalidf(textAttributeTwice, name)
		}
		seen[name] = true
		paths[i] = expression.NewPath(name)
	}
	p, err := expression.Project(paths...)
	return p, valid(err)
}

// readUpdates reads the parameter AttributeUpdates. One that only deletes makes no item.
func readUpdates(of map[string]types.AttributeValueUpdate) (u *expression.Updates, deletes bool, err error) {
	u, deletes = new(expression.Updates), len(of) > 0
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if name == "" {
			return nil, false, invalid(textEmptyAttribute)
		}
		action := of[name].Action
		if action == "" {
			action = types.AttributeActionPut
		}
		if action != types.AttributeActionDelete {
			deletes = false
		}
		if err := addUpdate(u, name, action, of[name].Value); err != nil {
			return nil, false, err
		}
	}
	return u, deletes, nil
}

func addUpdate(u *expression.Updates, name string, action types.AttributeAction, av types.AttributeValue) error {
	path := expression.NewPath(name)
	if av == nil {
		if action != types.AttributeActionDelete {
			return invalid(textOnlyDelete)
		}
		return valid(u.Remove(path))
	}
	v, err := value.Of(av)
	if err != nil {
		return valid(err)
	}
	switch {
	case action == types.AttributeActionPut:
		return valid(u.Set(path, expression.Assigned(expression.Literal(v))))
	case action == types.AttributeActionDelete && !v.Kind().IsSet():
		return invalidf(textDeleteType, v.Kind())
	case action == types.AttributeActionDelete:
		return valid(u.Delete(path, v))
	case !v.Kind().IsSet() && v.Kind() != value.N:
		return invalidf(textAddType, v.Kind())
	}
	return valid(u.Add(path, v))
}

// A filtering is how Query and Scan say, without expressions, what they return.
type filtering struct {
	parameter string // QueryFilter or ScanFilter
	filter    map[string]types.Condition
	operator  types.ConditionalOperator
	get       []string
	keys      map[string]types.Condition // of a query
}

// sent are the parameters that are there.
func (f *filtering) sent() []sent {
	return []sent{
		{"AttributesToGet", f.get != nil}, {f.parameter, f.filter != nil}, {"ConditionalOperator", f.operator != ""}, {"KeyConditions", f.keys != nil},
	}
}

// on has a reading be as the legacy parameters say.
func (f *filtering) on(r *reading) error {
	var err error
	if f.filter != nil || f.operator != "" {
		if r.filter, err = readFilter(f.filter, f.operator); err != nil {
			return err
		}
	}
	if f.get != nil {
		r.projection, err = readAttributes(f.get)
		r.list = "AttributesToGet"
	}
	return err
}
