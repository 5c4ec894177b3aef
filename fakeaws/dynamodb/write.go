package dynamodb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A writing is what a request wants done to one item, as PutItem, UpdateItem, DeleteItem and
// the parts of TransactWriteItems say it.
type writing struct {
	action            string // the IAM action
	table             *string
	item, key         map[string]types.AttributeValue
	condition, update *string
	names             map[string]string
	values            map[string]types.AttributeValue
	returns           types.ReturnValue
	onFailure         types.ReturnValuesOnConditionCheckFailure
	// The legacy parameters.
	expected map[string]types.ExpectedAttributeValue
	operator types.ConditionalOperator
	updates  map[string]types.AttributeValueUpdate
}

// A change is a writing that was understood, on the table that it is about.
type change struct {
	*target
	action    string
	item      value.Map // of a put
	key       value.Map // of the others
	condition *expression.Predicate
	update    *expression.Updates
	returns   types.ReturnValue
	onFailure types.ReturnValuesOnConditionCheckFailure
	// deletes is an update by AttributeUpdates that deletes only, and makes no item.
	deletes bool
	// inserts is an INSERT of PartiQL, whose condition is that there is no such item; absent is
	// a DELETE of PartiQL, which asks no condition where there is none.
	inserts, absent bool
}

// The IAM actions of writings.
const (
	actionPut    = "dynamodb:PutItem"
	actionUpdate = "dynamodb:UpdateItem"
	actionDelete = "dynamodb:DeleteItem"
	actionCheck  = "dynamodb:ConditionCheckItem"
)

// change reads a writing and finds its table.
func (s *Fake) change(call *fakeaws.Call, w *writing) (*change, error) {
	c, err := w.read()
	if err != nil {
		return nil, err
	}
	c.target, err = s.target(call, w.table)
	return c, err
}

// read reads what a writing says without its table.
func (w *writing) read() (*change, error) {
	c := &change{action: w.action, returns: w.returns, onFailure: w.onFailure}
	var err error
	if c.item, err = readItem(w.item); err != nil {
		return nil, err
	}
	if c.key, err = readItem(w.key); err != nil {
		return nil, err
	}
	if w.condition == nil && w.update == nil && w.names == nil && w.values == nil {
		return c, w.readLegacy(c) // most puts
	}
	parameters := []parameter{{expression.Condition, w.condition}}
	if w.action == actionUpdate {
		parameters = []parameter{{expression.Update, w.update}, {expression.Condition, w.condition}}
	}
	scope, err := newScope(w.names, w.values, parameters...)
	if err != nil {
		return nil, err
	}
	if w.update != nil {
		if c.update, err = scope.Update(*w.update); err != nil {
			return nil, valid(err)
		}
	}
	if w.condition != nil {
		if c.condition, err = scope.Condition(expression.Condition, *w.condition); err != nil {
			return nil, valid(err)
		}
	}
	if err := w.readLegacy(c); err != nil {
		return nil, err
	}
	return c, valid(scope.Finish())
}

// readLegacy reads the legacy parameters.
func (w *writing) readLegacy(c *change) error {
	err := notBoth([]sent{{"AttributeUpdates", w.updates != nil}, {"Expected", w.expected != nil}, {"ConditionalOperator", w.operator != ""}},
		[]sent{{"UpdateExpression", w.update != nil}, {"ConditionExpression", w.condition != nil}})
	if err != nil {
		return err
	}
	if w.expected != nil || w.operator != "" {
		if c.condition, err = readExpected(w.expected, w.operator); err != nil {
			return err
		}
	}
	if w.updates != nil {
		c.update, c.deletes, err = readUpdates(w.updates)
	}
	return err
}

// A parameter is an expression of a request; nil when it is not sent.
type parameter struct {
	name string
	text *string
}

// newScope reads the placeholders of a request with these expressions.
func newScope(names map[string]string, values map[string]types.AttributeValue, parameters ...parameter) (*expression.Scope, error) {
	none := !slices.ContainsFunc(parameters, func(p parameter) bool { return p.text != nil })
	if none && names != nil {
		return nil, valid(expression.WithoutExpression("ExpressionAttributeNames"))
	}
	if none && values != nil {
		var missing []string
		for _, p := range parameters {
			if p.name != expression.Projection {
				missing = append(missing, p.name)
			}
		}
		verb := " is null"
		if len(missing) > 1 {
			verb = " are null"
		}
		return nil, invalid("ExpressionAttributeValues can only be specified when using expressions: " + strings.Join(missing, " and ") + verb)
	}
	var read map[string]value.Value
	if values != nil {
		read = make(map[string]value.Value, len(values))
	}
	for key, av := range values {
		v, err := value.Of(av)
		if err != nil {
			return nil, valid(expression.InvalidValue(key, err))
		}
		read[key] = v
	}
	scope, err := expression.NewScope(names, read)
	return scope, valid(err)
}

// keyOrItem has the key of the item.
func (c *change) keyOrItem() value.Map {
	if c.action == actionPut {
		return c.item
	}
	return c.key
}

// needs are the permissions that a change takes.
func (c *change) needs(capacity types.ReturnConsumedCapacity, enclosing string) []fakeaws.Need {
	returns := string(c.returns)
	if enclosing == "" { // the parts of a transaction have no such parameter
		returns = cmp.Or(returns, string(types.ReturnValueNone))
	}
	return (&access{
		action: c.action, leading: c.leading(c.keyOrItem()),
		attributes: slices.Concat(c.keyOrItem().Names(), c.condition.Attributes(), c.update.Attributes()),
		returns:    returned(returns, string(c.onFailure)),
		capacity:   string(capacity), enclosing: enclosing,
	}).needs(c.target)
}

// check refuses a change that does not fit the table. The lock is held.
func (c *change) check() error {
	if c.action == actionPut {
		if err := c.checkItem(c.item); err != nil {
			return err
		}
		if c.item.Size() > maxItem {
			return invalid(textItemSize)
		}
		return nil
	}
	if err := c.checkKey(c.key); err != nil {
		return err
	}
	for _, name := range c.update.Changes() {
		if slices.Contains(c.keys.names(), name) {
			return invalidf(textUpdateKey, name)
		}
	}
	return nil
}

// An outcome is what a change makes of an item: nil is none.
type outcome struct{ old, to *item }

// decide finds what a change does, and does nothing. The lock is held.
func (c *change) decide() (outcome, error) {
	old := c.find(c.keyOrItem())
	var before value.Map
	if old != nil {
		before = old.attributes()
	}
	if old == nil && c.absent {
		return outcome{}, nil
	}
	if !c.condition.Holds(before) {
		return outcome{old, old}, c.failed(before)
	}
	switch c.action {
	case actionPut:
		return outcome{old, newItem(c.table, c.item)}, nil
	case actionDelete:
		return outcome{old, nil}, nil
	case actionCheck:
		return outcome{old, old}, nil
	}
	from := before
	if old == nil {
		if c.deletes {
			return outcome{}, nil
		}
		from = c.key
	}
	after, err := c.update.Apply(from)
	if err != nil {
		return outcome{old, old}, valid(err)
	}
	if err := c.checkIndexKeys(after); err != nil {
		return outcome{old, old}, err
	}
	if after.Nested() {
		return outcome{old, old}, invalid(value.TextNesting)
	}
	to := newItem(c.table, after)
	if to.size > maxItem {
		return outcome{old, old}, invalid(textUpdateSize)
	}
	return outcome{old, to}, nil
}

// failed is the error of a condition that does not hold, with the item if it is asked for.
func (c *change) failed(before value.Map) error {
	if c.inserts {
		return &types.DuplicateItemException{Message: aws.String(textDuplicateItem)}
	}
	e := &types.ConditionalCheckFailedException{Message: aws.String(textConditional)}
	if c.onFailure == types.ReturnValuesOnConditionCheckFailureAllOld && before != nil {
		e.Item = before.SDK()
	}
	return e
}

// commit stores what a change makes of an item, and tells the stream. The lock is held.
func (s *Fake) commit(t *table, o outcome, by *streamIdentity) {
	if o.old == nil && o.to == nil || o.old == o.to {
		return
	}
	if o.old != nil && o.to != nil && o.old.packed == o.to.packed {
		return // nothing changes, and streams do not tell
	}
	now := s.now()
	t.put(o.old, o.to, now)
	t.remember(o, now)
	s.record(t, o, by)
	s.forward(t, o, by)
	s.wake(t)
}

// attributes are what ReturnValues asks for.
func (c *change) attributes(o outcome) map[string]types.AttributeValue {
	var of *item
	switch c.returns {
	case types.ReturnValueAllOld, types.ReturnValueUpdatedOld:
		of = o.old
	case types.ReturnValueAllNew, types.ReturnValueUpdatedNew:
		of = o.to
	}
	if of == nil {
		return nil
	}
	attributes := of.attributes()
	if c.returns == types.ReturnValueUpdatedOld || c.returns == types.ReturnValueUpdatedNew {
		attributes = c.update.Updated(attributes)
	}
	if len(attributes) == 0 {
		return nil
	}
	return attributes.SDK()
}

// bytes is what the capacity of a write is counted by: the larger of the two items.
func (o outcome) bytes() int {
	size := 0
	if o.old != nil {
		size = o.old.size
	}
	if o.to != nil {
		size = max(size, o.to.size)
	}
	return cmp.Or(size, 1)
}
