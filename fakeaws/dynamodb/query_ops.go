package dynamodb

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

func (s *Fake) queryOps() []fakeaws.Op { return []fakeaws.Op{bind(s.query), bind(s.scan)} }

// A reading is what Query and Scan have in common.
type reading struct {
	*target
	index      *index // as it was judged; nil for the table, and where there is none
	named      *string
	consistent bool
	selects    types.Select
	limit      int
	start      value.Map
	filter     *expression.Predicate
	projection *expression.Paths
	list       string            // the parameter that the projection is of, when it is a legacy one
	terms      *expression.Terms // of a query
	capacity   types.ReturnConsumedCapacity
}

// query reads the items of one partition.
func (s *Fake) query(call *fakeaws.Call, in *dynamodb.QueryInput) (*fakeaws.Plan[*dynamodb.QueryOutput], error) {
	legacy := &filtering{"QueryFilter", in.QueryFilter, in.ConditionalOperator, in.AttributesToGet, in.KeyConditions}
	err := notBoth(legacy.sent(), []sent{
		{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil}, {"KeyConditionExpression", in.KeyConditionExpression != nil},
	})
	if err != nil {
		return nil, err
	}
	if in.KeyConditionExpression == nil && in.KeyConditions == nil {
		return nil, invalid(textNoCondition)
	}
	scope, err := newScope(in.ExpressionAttributeNames, in.ExpressionAttributeValues, parameter{expression.Filter, in.FilterExpression},
		parameter{expression.KeyCondition, in.KeyConditionExpression}, parameter{expression.Projection, in.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	r := &reading{named: in.IndexName, consistent: isTrue(in.ConsistentRead), selects: in.Select, capacity: in.ReturnConsumedCapacity}
	if in.KeyConditionExpression == nil {
		r.terms, err = readKeyConditions(in.KeyConditions)
	} else {
		r.terms, err = scope.KeyCondition(*in.KeyConditionExpression)
	}
	if err != nil {
		return nil, valid(err)
	}
	if err := s.read(call, r, in.TableName, scope, legacy, in.FilterExpression, in.ProjectionExpression, in.ExclusiveStartKey, in.Limit); err != nil {
		return nil, err
	}
	forward := in.ScanIndexForward == nil || *in.ScanIndexForward
	return planItems(s, call, []*target{r.target}, r.needs("dynamodb:Query"), func() (*dynamodb.QueryOutput, error) {
		page, err := r.query(call, forward)
		if err != nil {
			return nil, err
		}
		return &dynamodb.QueryOutput{
			Items: page.items, Count: page.count, ScannedCount: page.scanned, LastEvaluatedKey: page.last, ConsumedCapacity: page.consumed,
		}, nil
	}), nil
}

// scan reads all items of a table or an index, or a segment of them.
func (s *Fake) scan(call *fakeaws.Call, in *dynamodb.ScanInput) (*fakeaws.Plan[*dynamodb.ScanOutput], error) {
	switch {
	case in.Segment != nil && in.TotalSegments == nil:
		return nil, invalid(textNoSegments)
	case in.Segment == nil && in.TotalSegments != nil:
		return nil, invalid(textNoSegment)
	case in.Segment != nil && *in.Segment >= *in.TotalSegments:
		return nil, invalidf(textSegment, *in.Segment, *in.TotalSegments)
	}
	legacy := &filtering{parameter: "ScanFilter", filter: in.ScanFilter, operator: in.ConditionalOperator, get: in.AttributesToGet}
	err := notBoth(legacy.sent(), []sent{{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil}})
	if err != nil {
		return nil, err
	}
	scope, err := newScope(in.ExpressionAttributeNames, in.ExpressionAttributeValues,
		parameter{expression.Filter, in.FilterExpression}, parameter{expression.Projection, in.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	r := &reading{named: in.IndexName, consistent: isTrue(in.ConsistentRead), selects: in.Select, capacity: in.ReturnConsumedCapacity}
	if err := s.read(call, r, in.TableName, scope, legacy, in.FilterExpression, in.ProjectionExpression, in.ExclusiveStartKey, in.Limit); err != nil {
		return nil, err
	}
	from, to := segment(aws.ToInt32(in.Segment), cmp.Or(aws.ToInt32(in.TotalSegments), 1))
	return planItems(s, call, []*target{r.target}, r.needs("dynamodb:Scan"), func() (*dynamodb.ScanOutput, error) {
		if err := r.check(); err != nil {
			return nil, err
		}
		page, err := r.page(call, from, to, true)
		if err != nil {
			return nil, err
		}
		return &dynamodb.ScanOutput{
			Items: page.items, Count: page.count, ScannedCount: page.scanned, LastEvaluatedKey: page.last, ConsumedCapacity: page.consumed,
		}, nil
	}), nil
}

// segment is the part of all places that a parallel scan reads: the hashes of partition keys
// are divided evenly. The last one has no end.
func segment(i, of int32) (from, to string) {
	if i == 0 && of == 1 {
		return "", ""
	}
	edge := func(i int32) string {
		all := new(big.Int).Lsh(big.NewInt(1), 64)
		n := all.Mul(all, big.NewInt(int64(i)))
		n.Div(n, big.NewInt(int64(of)))
		return string(n.FillBytes(make([]byte, 9))[1:])
	}
	if i > 0 {
		from = edge(i)
	}
	if i < of-1 {
		to = edge(i + 1)
	}
	return from, to
}

// read reads the parameters that Query and Scan have both, and finds the table.
func (s *Fake) read(call *fakeaws.Call, r *reading, name *string, scope *expression.Scope, legacy *filtering, filter, projection *string, start map[string]types.AttributeValue, limit *int32) error {
	var err error
	if filter != nil {
		if r.filter, err = scope.Condition(expression.Filter, *filter); err != nil {
			return valid(err)
		}
	}
	if projection != nil {
		if r.projection, err = scope.Projection(*projection); err != nil {
			return valid(err)
		}
	}
	if err := scope.Finish(); err != nil {
		return valid(err)
	}
	if err := legacy.on(r); err != nil {
		return err
	}
	if start != nil {
		if r.start, err = readItem(start); err != nil {
			return err
		}
	}
	r.limit = int(aws.ToInt32(limit))
	if r.named != nil && !validName(*r.named) {
		return invalid(textName)
	}
	if err := r.checkSelect(); err != nil {
		return err
	}
	if r.target, err = s.target(call, name); err != nil {
		return err
	}
	if r.table != nil && r.named != nil {
		s.mu.Lock()
		r.index = r.table.index(*r.named)
		s.mu.Unlock()
	}
	return nil
}

// checkSelect refuses a Select that does not fit the other parameters, and fills it in where
// it is not sent.
func (r *reading) checkSelect() error {
	switch {
	case r.selects != "" && r.selects != types.SelectSpecificAttributes && r.projection != nil:
		return invalidf(textSelectWith, cmp.Or(r.list, expression.Projection), r.selects)
	case r.selects == types.SelectSpecificAttributes && r.projection == nil:
		return invalid(textSpecificNone)
	case r.selects == types.SelectAllProjectedAttributes && r.named == nil:
		return invalid(textAllProjected)
	case r.selects != "":
	case r.projection != nil:
		r.selects = types.SelectSpecificAttributes
	case r.named != nil:
		r.selects = types.SelectAllProjectedAttributes
	default:
		r.selects = types.SelectAllAttributes
	}
	return nil
}

// keys is the key that is read by.
func (r *reading) schema() *schema {
	if r.index != nil {
		return &r.index.keys
	}
	return &r.table.keys
}

// needs are the permissions of a reading: on the index, if it reads one, and on the table as
// well where a local index fetches what it does not have. The attributes are those of the
// request and all keys of what is read: "you must specify the names of all of the primary
// key and index key attributes".
func (r *reading) needs(action string) []fakeaws.Need { return r.needsOf(r.access(action)) }

func (r *reading) access(action string) *access {
	a := &access{
		action: action, index: aws.ToString(r.named), selects: string(r.selects), capacity: string(r.capacity),
		attributes: slices.Concat(r.filter.Attributes(), r.projection.Attributes(), r.start.Names()),
	}
	if r.terms != nil {
		a.attributes = append(a.attributes, r.terms.Attributes()...)
	}
	if r.table != nil {
		a.attributes = append(a.attributes, r.table.keys.names()...)
		a.attributes = append(a.attributes, r.schema().names()...)
		if r.terms != nil {
			for i, key := range r.schema().partitions() {
				if v, ok := r.terms.Equal(key.Name); ok {
					a.lead(i, v)
				}
			}
		}
	}
	return a
}

// needsOf are the permissions of an access by a reading.
func (r *reading) needsOf(a *access) []fakeaws.Need {
	needs := a.needs(r.target)
	if r.fetches() {
		of := *a
		of.index = ""
		needs = append(needs, of.needs(r.target)...)
	}
	return needs
}

// fetches reports whether a local index is read for what only the table has.
func (r *reading) fetches() bool {
	if r.index == nil || !r.index.local || r.index.kind == types.ProjectionTypeAll {
		return false
	}
	if r.selects == types.SelectAllAttributes {
		return true
	}
	return slices.ContainsFunc(r.projection.Attributes(), func(name string) bool { return !r.index.projects(name) })
}

// check refuses a reading that does not fit the table. The lock is held.
func (r *reading) check() error {
	if r.named == nil {
		return nil
	}
	x := r.table.index(*r.named)
	if x == nil || x != r.index {
		return invalidf(textNoIndex, *r.named)
	}
	if x.local {
		return nil
	}
	if r.consistent {
		return invalid(textConsistent)
	}
	if r.selects == types.SelectAllAttributes && x.kind != types.ProjectionTypeAll {
		return invalidf(textNotAll, x.name)
	}
	for _, name := range r.projection.Attributes() {
		if !x.projects(name) {
			return invalidf(textNotProjected, x.name, name)
		}
	}
	return nil
}

// query reads a page of a partition. The lock is held.
func (r *reading) query(call *fakeaws.Call, forward bool) (*page, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	k := r.schema()
	keys, err := r.terms.For(k.partitions(), k.sorts())
	if err != nil {
		return nil, valid(err)
	}
	for _, name := range r.filter.Attributes() {
		if slices.Contains(k.names(), name) {
			return nil, valid(expression.FilterKey(name))
		}
	}
	if err := k.checkEmpty(keys.Partition); err != nil {
		return nil, err
	}
	if r.start != nil && !keys.Holds(k.partitions(), k.sorts(), r.start) {
		if err := r.checkStart(); err != nil {
			return nil, err
		}
		return nil, invalid(textOutside)
	}
	from, to := k.span(keys)
	return r.page(call, from, to, forward)
}

// checkEmpty refuses partition keys that no item has.
func (k *schema) checkEmpty(partition []value.Value) error {
	for i, v := range partition {
		if v.Kind() != value.N && v.Text() == "" {
			return invalidf(textEmptyKey, map[value.Kind]string{value.S: "string", value.B: "binary"}[v.Kind()], k.partitions()[i].Name)
		}
	}
	return nil
}

// span is where the items of a key condition stand.
func (k *schema) span(keys *expression.Keys) (from, to string) {
	prefix := k.partitionPlace(keys.Partition)
	for _, v := range keys.Prefix {
		prefix += escape(v.Order()) + terminator
	}
	all := prefix[:len(prefix)-len(terminator)] + behind
	if keys.Operator == "" {
		return prefix, all
	}
	low := prefix + escape(keys.Low.Order())
	switch keys.Operator {
	case "<":
		return prefix, low + terminator
	case "<=":
		return prefix, low + behind
	case ">":
		return low + behind, all
	case ">=":
		return low + terminator, all
	case "BETWEEN":
		return low + terminator, prefix + escape(keys.High.Order()) + behind
	}
	return low, min(successor(low), all) // begins_with
}

// successor is the first text behind all that begin with another one.
func successor(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return "" // no prefix is of 0xff alone: it begins with a hash and a terminator
}
