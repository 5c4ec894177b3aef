package dynamodb

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

func (s *Fake) itemOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.getItem), bind(s.putItem), bind(s.updateItem), bind(s.deleteItem)}
}

// getItem reads an item.
func (s *Fake) getItem(call *fakeaws.Call, in *dynamodb.GetItemInput) (*fakeaws.Plan[*dynamodb.GetItemOutput], error) {
	r, err := readGet(in.Key, in.ProjectionExpression, in.ExpressionAttributeNames, in.AttributesToGet)
	if err != nil {
		return nil, err
	}
	t, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	needs := r.needs(t, "dynamodb:GetItem", in.ReturnConsumedCapacity, "")
	return planItems(s, call, []*target{t}, needs, func() (*dynamodb.GetItemOutput, error) {
		if err := t.checkKey(r.key); err != nil {
			return nil, err
		}
		out := new(dynamodb.GetItemOutput)
		found := t.find(r.key)
		if found != nil {
			out.Item = r.projection.Of(found.attributes()).SDK()
		}
		m := newMeter(t, in.ReturnConsumedCapacity, false)
		m.read(found.bytes(), isTrue(in.ConsistentRead))
		out.ConsumedCapacity = m.consumed()
		return out, nil
	}), nil
}

// bytes is what the capacity of a read is counted by.
func (i *item) bytes() int {
	if i == nil {
		return 0
	}
	return i.size
}

func isTrue(b *bool) bool { return b != nil && *b }

// A get is the key of an item, and which parts of it are read.
type get struct {
	key        value.Map
	projection *expression.Paths
}

func readGet(key map[string]types.AttributeValue, projection *string, names map[string]string, attributes []string) (*get, error) {
	r := new(get)
	var err error
	if r.key, err = readItem(key); err != nil {
		return nil, err
	}
	r.projection, err = readProjection(projection, names, attributes)
	return r, err
}

// readProjection reads a projection in a request that has no other expression, or the attributes
// of AttributesToGet.
func readProjection(text *string, names map[string]string, attributes []string) (*expression.Paths, error) {
	if err := notBoth([]sent{{"AttributesToGet", attributes != nil}}, []sent{{"ProjectionExpression", text != nil}}); err != nil {
		return nil, err
	}
	if text == nil && names == nil {
		return readAttributes(attributes)
	}
	scope, err := newScope(names, nil, parameter{expression.Projection, text})
	if err != nil {
		return nil, err
	}
	if text == nil {
		return readAttributes(attributes)
	}
	p, err := scope.Projection(*text)
	if err != nil {
		return nil, valid(err)
	}
	return p, valid(scope.Finish())
}

func (r *get) needs(t *target, action string, capacity types.ReturnConsumedCapacity, enclosing string) []fakeaws.Need {
	return (&access{
		action: action, leading: t.leading(r.key), attributes: slices.Concat(r.key.Names(), r.projection.Attributes()),
		selects: selected(r.projection, types.SelectAllAttributes), capacity: string(capacity), enclosing: enclosing,
	}).needs(t)
}

// selected is what is read with a projection, and without one.
func selected(projection *expression.Paths, otherwise types.Select) string {
	if projection != nil {
		return string(types.SelectSpecificAttributes)
	}
	return string(otherwise)
}

// planItems plans an operation on items of tables, which takes the permissions on their keys
// as well. The function do performs it under the lock on the tables that were judged.
func planItems[O any](s *Fake, call *fakeaws.Call, targets []*target, needs []fakeaws.Need, do func() (O, error)) *fakeaws.Plan[O] {
	keyNeeds, failed := s.keyNeeds(call, targets)
	return (&fakeaws.Plan[O]{Needs: append(needs, keyNeeds...), Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, t := range targets {
			if err := s.ready(t); err != nil {
				return none, err
			}
		}
		return do()
	}}).Refusing(failed)
}

// ready refuses a table that is gone, or that was given a key which was not judged. The lock is
// held.
func (s *Fake) ready(t *target) error {
	if t.table == nil || t.table.gone {
		return noTable()
	}
	if t.key != t.kmsKey {
		return inUse(textKeyChanged)
	}
	s.expire(t.table)
	return nil
}

// write plans an operation that changes one item.
func write[O any](s *Fake, call *fakeaws.Call, w *writing, capacity types.ReturnConsumedCapacity, do func(*change, outcome, *meter) O) (*fakeaws.Plan[O], error) {
	c, err := s.change(call, w)
	if err != nil {
		return nil, err
	}
	return planItems(s, call, []*target{c.target}, c.needs(capacity, ""), func() (none O, _ error) {
		if err := c.check(); err != nil {
			return none, err
		}
		o, err := c.decide()
		if err != nil {
			return none, err
		}
		m := newMeter(c.target, capacity, false)
		m.write(c.table, o)
		s.commit(c.table, o, nil)
		return do(c, o, m), nil
	}), nil
}

// putItem stores an item in place of the one with its key.
func (s *Fake) putItem(call *fakeaws.Call, in *dynamodb.PutItemInput) (*fakeaws.Plan[*dynamodb.PutItemOutput], error) {
	if !oldOrNone(in.ReturnValues) {
		return nil, invalid(textReturnValues)
	}
	return write(s, call, &writing{
		action: actionPut, table: in.TableName, item: in.Item, condition: in.ConditionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		returns: in.ReturnValues, onFailure: in.ReturnValuesOnConditionCheckFailure, expected: in.Expected, operator: in.ConditionalOperator,
	}, in.ReturnConsumedCapacity, func(c *change, o outcome, m *meter) *dynamodb.PutItemOutput {
		return &dynamodb.PutItemOutput{
			Attributes: c.attributes(o), ConsumedCapacity: m.consumed(),
			ItemCollectionMetrics: c.collection(c.item, in.ReturnItemCollectionMetrics),
		}
	})
}

// oldOrNone reports whether ReturnValues is one that puts and deletions take.
func oldOrNone(v types.ReturnValue) bool {
	return slices.Contains([]types.ReturnValue{types.ReturnValueNone, types.ReturnValueAllOld}, cmp.Or(v, types.ReturnValueNone))
}

// updateItem changes attributes of an item, or makes one.
func (s *Fake) updateItem(call *fakeaws.Call, in *dynamodb.UpdateItemInput) (*fakeaws.Plan[*dynamodb.UpdateItemOutput], error) {
	return write(s, call, &writing{
		action: actionUpdate, updates: in.AttributeUpdates, table: in.TableName, key: in.Key, condition: in.ConditionExpression, update: in.UpdateExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		returns: in.ReturnValues, onFailure: in.ReturnValuesOnConditionCheckFailure, expected: in.Expected, operator: in.ConditionalOperator,
	}, in.ReturnConsumedCapacity, func(c *change, o outcome, m *meter) *dynamodb.UpdateItemOutput {
		return &dynamodb.UpdateItemOutput{
			Attributes: c.attributes(o), ConsumedCapacity: m.consumed(),
			ItemCollectionMetrics: c.collection(c.key, in.ReturnItemCollectionMetrics),
		}
	})
}

// deleteItem removes an item, also where there is none.
func (s *Fake) deleteItem(call *fakeaws.Call, in *dynamodb.DeleteItemInput) (*fakeaws.Plan[*dynamodb.DeleteItemOutput], error) {
	if !oldOrNone(in.ReturnValues) {
		return nil, invalid(textReturnValues)
	}
	return write(s, call, &writing{
		action: actionDelete, table: in.TableName, key: in.Key, condition: in.ConditionExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		returns: in.ReturnValues, onFailure: in.ReturnValuesOnConditionCheckFailure, expected: in.Expected, operator: in.ConditionalOperator,
	}, in.ReturnConsumedCapacity, func(c *change, o outcome, m *meter) *dynamodb.DeleteItemOutput {
		return &dynamodb.DeleteItemOutput{
			Attributes: c.attributes(o), ConsumedCapacity: m.consumed(),
			ItemCollectionMetrics: c.collection(c.key, in.ReturnItemCollectionMetrics),
		}
	})
}
