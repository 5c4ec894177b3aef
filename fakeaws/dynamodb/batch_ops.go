package dynamodb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) batchOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.batchGetItem), bind(s.batchWriteItem)}
}

// The limits of batches (API reference).
const (
	maxGets      = 100
	maxWrites    = 25
	maxGetBytes  = 16 << 20
	maxGetTables = 100
)

// A batchGet is what a batch reads of one table.
type batchGet struct {
	*target
	gets       []*get
	consistent bool
	asked      types.KeysAndAttributes
}

// batchGetItem reads items of several tables. What does not fit into an answer of 16 MB is
// left for another call.
func (s *Fake) batchGetItem(call *fakeaws.Call, in *dynamodb.BatchGetItemInput) (*fakeaws.Plan[*dynamodb.BatchGetItemOutput], error) {
	if len(in.RequestItems) == 0 {
		return nil, invalid(textBatchEmpty)
	}
	if len(in.RequestItems) > maxGetTables {
		return nil, invalidf(textBatchTables, maxGetTables)
	}
	var batches []*batchGet
	var targets []*target
	var needs []fakeaws.Need
	keys := 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		asked := in.RequestItems[name]
		if keys += len(asked.Keys); keys > maxGets {
			return nil, invalid(textManyGets)
		}
		if len(asked.Keys) == 0 {
			return nil, invalid("1 validation error detected: Value '[]' at 'requestItems." + name + ".member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1")
		}
		b, err := s.batchGet(call, name, asked)
		if err != nil {
			return nil, err
		}
		batches, targets = append(batches, b), append(targets, b.target)
		needs = append(needs, b.needs(in.ReturnConsumedCapacity)...)
	}
	return planItems(s, call, targets, needs, func() (*dynamodb.BatchGetItemOutput, error) {
		return getBatches(batches, in.ReturnConsumedCapacity)
	}), nil
}

func (s *Fake) batchGet(call *fakeaws.Call, name string, asked types.KeysAndAttributes) (*batchGet, error) {
	b := &batchGet{consistent: isTrue(asked.ConsistentRead), asked: asked}
	projection, err := readProjection(asked.ProjectionExpression, asked.ExpressionAttributeNames, asked.AttributesToGet)
	if err != nil {
		return nil, err
	}
	for _, key := range asked.Keys {
		k, err := readItem(key)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(b.gets, func(g *get) bool { return g.key.Equal(k) }) {
			return nil, invalid(textDuplicates)
		}
		b.gets = append(b.gets, &get{k, projection})
	}
	b.target, err = s.target(call, &name)
	return b, err
}

// needs is the permission of a batch on one table, with all its keys.
func (b *batchGet) needs(capacity types.ReturnConsumedCapacity) []fakeaws.Need {
	a := &access{
		action: "dynamodb:BatchGetItem", capacity: string(capacity),
		selects: selected(b.gets[0].projection, types.SelectAllAttributes), attributes: b.gets[0].projection.Attributes(),
	}
	for _, g := range b.gets {
		a.leading = append(a.leading, b.leading(g.key)...)
		a.attributes = append(a.attributes, g.key.Names()...)
	}
	return a.needs(b.target)
}

// getBatches reads the batches. The lock is held.
func getBatches(batches []*batchGet, capacity types.ReturnConsumedCapacity) (*dynamodb.BatchGetItemOutput, error) {
	out := &dynamodb.BatchGetItemOutput{
		Responses: make(map[string][]map[string]types.AttributeValue), UnprocessedKeys: make(map[string]types.KeysAndAttributes),
	}
	for _, b := range batches {
		for _, g := range b.gets {
			if err := b.checkKey(g.key); err != nil {
				return nil, err
			}
		}
	}
	bytes := 0
	for _, b := range batches {
		out.Responses[b.named] = []map[string]types.AttributeValue{}
		m := newMeter(b.target, capacity, false)
		for i, g := range b.gets {
			found := b.find(g.key)
			if bytes += found.bytes(); bytes > maxGetBytes {
				rest := b.asked
				rest.Keys = b.asked.Keys[i:]
				out.UnprocessedKeys[b.named] = rest
				break
			}
			m.read(found.bytes(), b.consistent)
			if found != nil {
				out.Responses[b.named] = append(out.Responses[b.named], g.projection.Of(found.attributes()).SDK())
			}
		}
		if c := m.consumed(); c != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
		}
	}
	return out, nil
}

// batchWriteItem puts and deletes items of several tables, without conditions.
func (s *Fake) batchWriteItem(call *fakeaws.Call, in *dynamodb.BatchWriteItemInput) (*fakeaws.Plan[*dynamodb.BatchWriteItemOutput], error) {
	if len(in.RequestItems) == 0 {
		return nil, invalid(textBatchEmpty)
	}
	if len(in.RequestItems) > maxWrites {
		return nil, invalidf(textBatchTables, maxWrites)
	}
	var changes []*change
	var targets []*target
	var needs []fakeaws.Need
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		requests := in.RequestItems[name]
		if len(changes)+len(requests) > maxWrites {
			return nil, invalid(textManyWrites)
		}
		if len(requests) == 0 {
			return nil, invalid("1 validation error detected: Value '[]' at 'requestItems." + name + ".member' failed to satisfy constraint: Member must have length greater than or equal to 1")
		}
		t, err := s.target(call, &name)
		if err != nil {
			return nil, err
		}
		a := &access{action: "dynamodb:BatchWriteItem", capacity: string(in.ReturnConsumedCapacity)}
		for i := range requests {
			c, err := batchChange(&requests[i])
			if err != nil {
				return nil, err
			}
			c.target = t
			changes = append(changes, c)
			a.leading = append(a.leading, t.leading(c.keyOrItem())...)
			a.attributes = append(a.attributes, c.keyOrItem().Names()...)
		}
		targets, needs = append(targets, t), append(needs, a.needs(t)...)
	}
	return planItems(s, call, targets, needs, func() (*dynamodb.BatchWriteItemOutput, error) {
		return s.writeBatch(changes, targets, in)
	}), nil
}

func batchChange(r *types.WriteRequest) (*change, error) {
	if (r.PutRequest == nil) == (r.DeleteRequest == nil) {
		return nil, invalid(textOneRequest)
	}
	w := &writing{action: actionPut}
	if r.PutRequest != nil {
		w.item = r.PutRequest.Item
	} else {
		w.action, w.key = actionDelete, r.DeleteRequest.Key
	}
	return w.read()
}

// writeBatch writes all items: what does not fit its table has none written. The lock is
// held.
func (s *Fake) writeBatch(changes []*change, targets []*target, in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	seen := make(map[place]bool, len(changes))
	for _, c := range changes {
		if err := c.check(); err != nil {
			if c.action == actionPut && !c.fitsSchema() {
				return nil, invalid(textSchema) // PutItem says more
			}
			return nil, err
		}
		at := place{c.id, c.keys.place(c.keyOrItem(), "")}
		if seen[at] {
			return nil, invalid(textDuplicates)
		}
		seen[at] = true
	}
	out := &dynamodb.BatchWriteItemOutput{UnprocessedItems: make(map[string][]types.WriteRequest)}
	meters := make(map[*target]*meter, len(targets))
	for _, t := range targets {
		meters[t] = newMeter(t, in.ReturnConsumedCapacity, false)
	}
	for _, c := range changes {
		o, err := c.decide()
		if err != nil {
			return nil, err // none of these has a condition or an update
		}
		meters[c.target].write(c.table, o)
		s.commit(c.table, o, nil)
		if m := c.collection(c.keyOrItem(), in.ReturnItemCollectionMetrics); m != nil {
			if out.ItemCollectionMetrics == nil {
				out.ItemCollectionMetrics = make(map[string][]types.ItemCollectionMetrics)
			}
			out.ItemCollectionMetrics[c.named] = append(out.ItemCollectionMetrics[c.named], *m)
		}
	}
	for _, t := range targets {
		if m := meters[t].consumed(); m != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, *m)
		}
	}
	return out, nil
}

// fitsSchema reports whether an item has a key of its table.
func (c *change) fitsSchema() bool {
	for _, k := range c.keys.each() {
		if c.item[k.Name].Kind() != k.Kind {
			return false
		}
	}
	return true
}

// A place is an item of a table, whether it is there or not.
type place struct {
	table tableID
	key   string
}
