package dynamodb

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

func (s *Fake) transactOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.transactGetItems), bind(s.transactWriteItems)}
}

const (
	// maxTransaction is how many bytes the items of a transaction have (API reference).
	maxTransaction = 4 << 20
	// tokenLife is how long a token is remembered ("valid for 10 minutes").
	tokenLife = 10 * time.Minute
)

// A tokenID is a ClientRequestToken of an account in a region.
type tokenID struct{ account, region, token string }

// A transaction is one whose token is remembered.
type transaction struct {
	request [sha256.Size]byte // of what it asked for
	done    time.Time
}

// transactGetItems reads items of one moment. Each takes the permission to GetItem.
func (s *Fake) transactGetItems(call *fakeaws.Call, in *dynamodb.TransactGetItemsInput) (*fakeaws.Plan[*dynamodb.TransactGetItemsOutput], error) {
	var targets []*target
	var gets []*get
	var needs []fakeaws.Need
	for _, i := range in.TransactItems {
		if i.Get == nil {
			return nil, invalid(textOneWrite)
		}
		g, err := readGet(i.Get.Key, i.Get.ProjectionExpression, i.Get.ExpressionAttributeNames, nil)
		if err != nil {
			return nil, err
		}
		t, err := s.target(call, i.Get.TableName)
		if err != nil {
			return nil, err
		}
		targets, gets = append(targets, t), append(gets, g)
		needs = append(needs, g.needs(t, "dynamodb:GetItem", in.ReturnConsumedCapacity, call.Operation)...)
	}
	return planItems(s, call, targets, needs, func() (*dynamodb.TransactGetItemsOutput, error) {
		seen := make(map[place]bool, len(gets))
		for i, g := range gets {
			if err := targets[i].checkKey(g.key); err != nil {
				return nil, err
			}
			at := place{targets[i].id, targets[i].keys.place(g.key, "")}
			if seen[at] {
				return nil, invalid(textOneOperation)
			}
			seen[at] = true
		}
		out := &dynamodb.TransactGetItemsOutput{Responses: make([]types.ItemResponse, len(gets))}
		meters := newMeters(in.ReturnConsumedCapacity)
		size := 0
		for i, g := range gets {
			found := targets[i].find(g.key)
			if size += found.bytes(); size > maxTransaction {
				return nil, invalid(textTransactSize)
			}
			meters.of(targets[i]).read(found.bytes(), true)
			if found != nil {
				out.Responses[i].Item = g.projection.Of(found.attributes()).SDK()
			}
		}
		out.ConsumedCapacity = meters.consumed()
		return out, nil
	}), nil
}

// meters count the capacity of a transaction by table.
type meters struct {
	kind types.ReturnConsumedCapacity
	by   map[tableID]*meter
}

func newMeters(kind types.ReturnConsumedCapacity) *meters {
	return &meters{kind, make(map[tableID]*meter)}
}

func (m *meters) of(t *target) *meter {
	if m.by[t.id] == nil {
		m.by[t.id] = newMeter(t, m.kind, true)
	}
	return m.by[t.id]
}

func (m *meters) consumed() []types.ConsumedCapacity {
	var all []types.ConsumedCapacity
	for _, id := range slices.SortedFunc(maps.Keys(m.by), func(a, b tableID) int { return strings.Compare(a.arn(), b.arn()) }) {
		if c := m.by[id].consumed(); c != nil {
			all = append(all, *c)
		}
	}
	return all
}

// writingOf reads one part of TransactWriteItems.
func writingOf(i *types.TransactWriteItem) (*writing, error) {
	var all []*writing
	if p := i.Put; p != nil {
		all = append(all, &writing{
			action: actionPut, table: p.TableName, item: p.Item, condition: p.ConditionExpression,
			names: p.ExpressionAttributeNames, values: p.ExpressionAttributeValues, onFailure: p.ReturnValuesOnConditionCheckFailure,
		})
	}
	if u := i.Update; u != nil {
		all = append(all, &writing{
			action: actionUpdate, table: u.TableName, key: u.Key, condition: u.ConditionExpression, update: u.UpdateExpression,
			names: u.ExpressionAttributeNames, values: u.ExpressionAttributeValues, onFailure: u.ReturnValuesOnConditionCheckFailure,
		})
	}
	if d := i.Delete; d != nil {
		all = append(all, &writing{
			action: actionDelete, table: d.TableName, key: d.Key, condition: d.ConditionExpression,
			names: d.ExpressionAttributeNames, values: d.ExpressionAttributeValues, onFailure: d.ReturnValuesOnConditionCheckFailure,
		})
	}
	if c := i.ConditionCheck; c != nil {
		all = append(all, &writing{
			action: actionCheck, table: c.TableName, key: c.Key, condition: c.ConditionExpression,
			names: c.ExpressionAttributeNames, values: c.ExpressionAttributeValues, onFailure: c.ReturnValuesOnConditionCheckFailure,
		})
	}
	if len(all) != 1 {
		return nil, invalid(textOneWrite)
	}
	return all[0], nil
}

// transactWriteItems writes all items or none. Each takes the permission of the single
// operation, with dynamodb:EnclosingOperation (developer guide, "Using IAM with DynamoDB
// transactions").
func (s *Fake) transactWriteItems(call *fakeaws.Call, in *dynamodb.TransactWriteItemsInput) (*fakeaws.Plan[*dynamodb.TransactWriteItemsOutput], error) {
	var changes []*change
	var targets []*target
	var needs []fakeaws.Need
	var request bytes.Buffer
	for i := range in.TransactItems {
		w, err := writingOf(&in.TransactItems[i])
		if err != nil {
			return nil, err
		}
		c, err := s.change(call, w)
		if err != nil {
			return nil, err
		}
		if err := w.fingerprint(c, &request); err != nil {
			return nil, err
		}
		changes, targets = append(changes, c), append(targets, c.target)
		needs = append(needs, c.needs(in.ReturnConsumedCapacity, call.Operation)...)
	}
	return planItems(s, call, targets, needs, func() (*dynamodb.TransactWriteItemsOutput, error) {
		out := new(dynamodb.TransactWriteItemsOutput)
		var err error
		out.ConsumedCapacity, err = s.transact(call, changes, in.ReturnConsumedCapacity, in.ClientRequestToken, sha256.Sum256(request.Bytes()), func(c *change) {
			if m := c.collection(c.keyOrItem(), in.ReturnItemCollectionMetrics); m != nil {
				if out.ItemCollectionMetrics == nil {
					out.ItemCollectionMetrics = make(map[string][]types.ItemCollectionMetrics)
				}
				out.ItemCollectionMetrics[c.named] = append(out.ItemCollectionMetrics[c.named], *m)
			}
		})
		if err != nil {
			return nil, err
		}
		return out, nil
	}), nil
}

// transact performs a transaction, and tells written of each change. It returns the capacity
// that it takes. The lock is held.
func (s *Fake) transact(call *fakeaws.Call, changes []*change, capacity types.ReturnConsumedCapacity, clientToken *string, request [sha256.Size]byte, written func(*change)) ([]types.ConsumedCapacity, error) {
	meters := newMeters(capacity)
	token := tokenID{call.Account, call.Region, aws.ToString(clientToken)}
	s.forget()
	if before := s.transactions[token]; before != nil && token.token != "" {
		if before.request != request {
			return nil, &types.IdempotentParameterMismatchException{Message: aws.String(textToken)}
		}
		for _, c := range changes { // "returns the number of read capacity units consumed in reading the item"
			meters.of(c.target).read(c.find(c.keyOrItem()).bytes(), true)
		}
		return meters.consumed(), nil
	}
	if err := checkTransaction(changes); err != nil {
		return nil, err
	}
	outcomes, err := decideAll(changes)
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		meters.of(c.target).write(c.table, outcomes[i])
		s.commit(c.table, outcomes[i], nil)
		written(c)
	}
	if token.token != "" {
		s.transactions[token] = &transaction{request, s.now()}
		s.tokens = append(s.tokens, token)
	}
	return meters.consumed(), nil
}

// forget drops the tokens that are valid no more. The lock is held.
func (s *Fake) forget() {
	for len(s.tokens) > 0 && s.now().Sub(s.transactions[s.tokens[0]].done) >= tokenLife {
		delete(s.transactions, s.tokens[0])
		s.tokens = s.tokens[1:]
	}
}

// checkTransaction refuses what no transaction can do: two things to one item, keys that do
// not fit, or too much. The lock is held.
func checkTransaction(changes []*change) error {
	seen := make(map[place]bool, len(changes))
	size := 0
	for _, c := range changes {
		if c.action == actionPut && !c.fitsSchema() {
			continue // its reason says so
		}
		if c.action != actionPut {
			if err := c.checkKey(c.key); err != nil {
				return err
			}
		}
		size += c.item.Size()
		at := place{c.id, c.keys.place(c.keyOrItem(), "")}
		if seen[at] {
			return invalid(textOneOperation)
		}
		seen[at] = true
	}
	if size > maxTransaction {
		return invalid(textTransactSize)
	}
	return nil
}

// decideAll finds what each change does, or why the transaction is cancelled. The lock is
// held.
func decideAll(changes []*change) ([]outcome, error) {
	outcomes := make([]outcome, len(changes))
	reasons := make([]types.CancellationReason, len(changes))
	codes := make([]string, len(changes))
	cancelled := false
	for i, c := range changes {
		err := c.check()
		if err == nil {
			outcomes[i], err = c.decide()
		}
		codes[i] = "None"
		if err != nil {
			cancelled = true
			reasons[i] = reasonOf(err)
			codes[i] = *reasons[i].Code
		}
		reasons[i].Code = &codes[i]
	}
	if !cancelled {
		return outcomes, nil
	}
	return nil, &types.TransactionCanceledException{
		Message: aws.String(fmt.Sprintf(textCancelled, strings.Join(codes, ", "))), CancellationReasons: reasons,
	}
}

// reasonOf is why one part of a transaction fails.
func reasonOf(err error) types.CancellationReason {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return types.CancellationReason{Code: aws.String("ConditionalCheckFailed"), Message: failed.Message, Item: failed.Item}
	}
	var duplicate *types.DuplicateItemException
	if errors.As(err, &duplicate) {
		return types.CancellationReason{Code: aws.String("DuplicateItem"), Message: duplicate.Message}
	}
	reason := types.CancellationReason{Code: aws.String("ValidationError"), Message: aws.String(err.Error())}
	var api smithy.APIError
	if errors.As(err, &api) {
		reason.Message = aws.String(api.ErrorMessage())
	}
	return reason
}

// fingerprint writes all of a part, to compare requests with one token.
func (w *writing) fingerprint(c *change, b *bytes.Buffer) error {
	fmt.Fprintf(b, "%s %q %s %q %q {", w.action, c.id.arn(), w.onFailure, aws.ToString(w.condition), aws.ToString(w.update))
	for _, name := range slices.Sorted(maps.Keys(w.names)) {
		b.WriteString(strconv.Quote(name) + ":" + strconv.Quote(w.names[name]))
	}
	values, err := value.OfItem(w.values)
	if err != nil {
		return valid(err)
	}
	values.Fingerprint(b)
	c.keyOrItem().Fingerprint(b)
	return nil
}
