package dynamodb

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/partiql"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// The limits of an IN with partition keys (developer guide, "PartiQL operators": "at max 50 hash
// attribute values", and "pages of up to 10 items").
const (
	maxPartitions = 50
	partitionPage = 10
)

// A selection is what a SELECT reads: some partitions, or everything.
type selection struct {
	reading
	// partitions are the partition keys that the condition is about. Without them all is read,
	// which DynamoDB calls a full table scan.
	partitions [][]value.Value // each with a value for every partition key
	whole      bool
	forward    bool
	at         position
}

// A position is where a page begins: in one of the partitions, behind a key.
type position struct {
	Statement []byte               `json:"s"`
	Partition int                  `json:"p"`
	Key       map[string][2]string `json:"k,omitempty"`
}

// selects finds what a SELECT reads. The table may not be there.
func (q *statement) selects(s *Fake) {
	x := &selection{reading: reading{target: q.target, selects: types.SelectAllAttributes, filter: q.Where, projection: q.Projection}, forward: true}
	q.selection = x
	switch {
	case q.Projection != nil:
		x.reading.selects = types.SelectSpecificAttributes
	case q.Index != "":
		x.reading.selects = types.SelectAllProjectedAttributes
	}
	if q.Index != "" {
		x.named = &q.Index
	}
	if q.table == nil {
		return
	}
	if x.named != nil {
		s.mu.Lock()
		x.index = x.table.index(q.Index)
		s.mu.Unlock()
	}
	k := x.schema()
	x.among(q.Where, k)
	q.wrong = x.order(q.Order, k)
	if len(x.partitions) > maxPartitions {
		q.wrong = invalid(textPartitions)
	}
}

// among finds the partitions that a condition is about: all combinations of the values that it
// has for the partition keys. Without one for each it is about everything.
func (x *selection) among(where *expression.Predicate, k *schema) {
	x.partitions = [][]value.Value{nil}
	for _, key := range k.partitions() {
		of, some := where.Values(key.Name)
		if !some {
			x.partitions, x.whole = nil, true
			return
		}
		var next [][]value.Value
		for _, p := range x.partitions {
			for _, v := range of {
				if len(next) > maxPartitions {
					break // it is refused
				}
				next = append(next, append(slices.Clip(p), v))
			}
		}
		x.partitions = next
	}
}

// order reads ORDER BY, which is by the keys of what is read.
func (x *selection) order(by []partiql.Order, k *schema) error {
	for _, o := range by {
		switch {
		case !slices.Contains(k.names(), o.Attribute):
			return invalidf(textOrderKey, o.Attribute)
		case x.whole:
			return invalid(textOrderHash)
		case o.Attribute == k.partition.Name:
			slices.SortStableFunc(x.partitions, func(a, b []value.Value) int {
				if o.Descending {
					a, b = b, a
				}
				return a[0].Compare(b[0])
			})
		case k.sort == nil || o.Attribute != k.sort.Name:
			return notImplemented("PartiQL: ORDER BY another key than the first partition key or sort key")
		case len(x.partitions) > 1:
			return notImplemented("PartiQL: ORDER BY the sort key of several partitions")
		default:
			x.forward = !o.Descending
		}
	}
	return nil
}

// needs are the permissions of a SELECT. dynamodb:FullTableScan is true when no partition key
// is given.
func (x *selection) needs(q *statement, enclosing string) []fakeaws.Need {
	a := x.access(statementActions[partiql.Select])
	a.capacity, a.enclosing, a.scan = "", enclosing, "false"
	if x.whole {
		a.scan = "true"
	}
	for _, p := range x.partitions {
		for i, v := range p {
			a.lead(i, v)
		}
	}
	if enclosing != "" && q.key != nil { // it reads the item of this key and no other
		a.leading = x.leading(q.key)
	}
	return x.needsOf(a)
}

// begin reads the parameters of ExecuteStatement that are for a SELECT.
func (x *selection) begin(q *statement, in *dynamodb.ExecuteStatementInput) error {
	x.consistent, x.capacity, x.limit = isTrue(in.ConsistentRead), in.ReturnConsumedCapacity, int(aws.ToInt32(in.Limit))
	sum := q.fingerprint()
	x.at.Statement = sum[:]
	if in.NextToken == nil {
		return nil
	}
	return x.at.read(*in.NextToken, sum)
}

// read reads a token, which is that of the same statement.
func (p *position) read(token string, of [sha256.Size]byte) error {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(text, p) != nil || !slices.Equal(p.Statement, of[:]) || p.Partition < 0 {
		return invalid(textNextToken)
	}
	return nil
}

// token is the position as a NextToken.
func (p *position) token() *string {
	text, _ := json.Marshal(p)
	return aws.String(base64.StdEncoding.EncodeToString(text))
}

// start is the key behind which the page begins.
func (p *position) start() (value.Map, error) {
	if p.Key == nil {
		return nil, nil
	}
	key := make(value.Map, len(p.Key))
	for name, of := range p.Key {
		switch of[0] {
		case value.S.String():
			key[name] = value.String(of[1])
		case value.B.String():
			raw, err := base64.StdEncoding.DecodeString(of[1])
			if err != nil {
				return nil, invalid(textNextToken)
			}
			key[name] = value.Binary(raw)
		default:
			n, err := value.ParseNumber(of[1])
			if err != nil {
				return nil, invalid(textNextToken)
			}
			key[name] = value.OfNumber(n)
		}
	}
	return key, nil
}

// read reads a page. The lock is held.
func (x *selection) read(call *fakeaws.Call) (*dynamodb.ExecuteStatementOutput, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	var err error
	if x.start, err = x.at.start(); err != nil {
		return nil, err
	}
	all := &page{items: []map[string]types.AttributeValue{}}
	next := position{Statement: x.at.Statement, Partition: -1}
	if x.whole {
		p, err := x.page(call, "", "", true)
		if err != nil {
			return nil, err
		}
		if all = p; p.last != nil {
			next.Partition = 0
		}
	} else if next.Partition, err = x.readPartitions(call, all); err != nil {
		return nil, err
	}
	x.charge(all)
	out := &dynamodb.ExecuteStatementOutput{Items: all.items, ConsumedCapacity: all.consumed}
	if next.Partition >= 0 {
		if all.last != nil {
			next.Key = make(map[string][2]string, len(all.last))
			last, _ := value.OfItem(all.last) // it was made of values
			for name, v := range last {
				next.Key[name] = [2]string{v.Kind().String(), v.Key()}
			}
			out.LastEvaluatedKey = all.last
		}
		out.NextToken = next.token()
	}
	return out, nil
}

// readPartitions reads partitions until the page is full: then it returns the one to go on
// with, else -1. The lock is held.
// That partitions are read in the order of the list is unverified.
func (x *selection) readPartitions(call *fakeaws.Call, all *page) (next int, err error) {
	k := x.schema()
	for _, p := range x.partitions {
		for i, key := range k.partitions() {
			if p[i].Kind() != key.Kind {
				return 0, valid(expression.KeyType())
			}
		}
		if err := k.checkEmpty(p); err != nil {
			return 0, err
		}
	}
	limit := x.limit
	if len(x.partitions) > 1 && (limit == 0 || limit > partitionPage) {
		limit = partitionPage
	}
	for i := x.at.Partition; i < len(x.partitions); i++ {
		keys := x.filter.Range(x.partitions[i], k.sorts())
		if x.start != nil && !keys.Holds(k.partitions(), k.sorts(), x.start) {
			return 0, invalid(textNextToken)
		}
		if x.limit = 0; limit > 0 {
			x.limit = limit - int(all.scanned)
		}
		from, to := k.span(keys)
		p, err := x.page(call, from, to, x.forward)
		if err != nil {
			return 0, err
		}
		x.start = nil
		all.items = append(all.items, p.items...)
		all.scanned, all.bytes, all.last = all.scanned+p.scanned, all.bytes+p.bytes, p.last
		switch {
		case p.last != nil:
			return i, nil
		case i+1 < len(x.partitions) && (limit > 0 && int(all.scanned) >= limit || all.bytes >= maxPage):
			return i + 1, nil
		}
	}
	return -1, nil
}

// one reads the item of a SELECT that is about one, in a batch or a transaction. The lock is
// held.
func (x *selection) one(q *statement, m *meter, consistent bool) (map[string]types.AttributeValue, error) {
	if q.wrong != nil {
		return nil, q.wrong
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	if err := q.checkKey(q.key); err != nil {
		return nil, err
	}
	found := x.table.find(q.key)
	m.read(found.bytes(), consistent)
	if attributes := found.orNone(); found != nil && q.rest.Holds(attributes) {
		return x.projection.Of(attributes).SDK(), nil
	}
	return nil, nil
}
