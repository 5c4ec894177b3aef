package dynamodb

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/partiql"
)

// single has a SELECT in a batch or a transaction be about the item of one key of the table.
// What else it is, it answers when the call is allowed.
func (q *statement) single(operation string) {
	if q.Reads() && q.wrong == nil && (q.Index != "" || q.table != nil && q.key == nil) {
		q.wrong = invalidf(textWherePrimary, operation)
	}
}

// mixed refuses reads and writes in one call.
func mixed(statements []*statement, what string) error {
	reads := -1
	for _, q := range statements {
		if q.Statement == nil {
			continue
		}
		is := 0
		if q.Reads() {
			is = 1
		}
		if reads >= 0 && reads != is {
			return invalidf(textMixed, what)
		}
		reads = is
	}
	return nil
}

// batchExecuteStatement performs up to 25 statements, each by itself: with its own permission,
// and with an error of its own.
func (s *Fake) batchExecuteStatement(call *fakeaws.Call, in *dynamodb.BatchExecuteStatementInput) (*fakeaws.Plan[*dynamodb.BatchExecuteStatementOutput], error) {
	all := make([]*statement, len(in.Statements))
	var targets []*target
	var needs []fakeaws.Need
	for i := range in.Statements {
		q, err := s.inBatch(call, &in.Statements[i])
		if err != nil {
			if !isInvalid(err) {
				return nil, err // what is not implemented is loud
			}
			all[i] = &statement{wrong: err}
			continue
		}
		all[i], targets = q, append(targets, q.target)
		for _, need := range q.needs(call.Operation) {
			need.Entry = i + 1
			needs = append(needs, need)
		}
	}
	if len(targets) == 0 { // that the whole call fails where no statement can be read is unverified
		return nil, all[0].wrong
	}
	if err := mixed(all, "batch"); err != nil {
		return nil, err
	}
	keyNeeds, failed := s.keyNeeds(call, targets)
	return (&fakeaws.Plan[*dynamodb.BatchExecuteStatementOutput]{Needs: append(needs, keyNeeds...), Do: func() (*dynamodb.BatchExecuteStatementOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := &dynamodb.BatchExecuteStatementOutput{Responses: make([]types.BatchStatementResponse, len(all))}
		for i, q := range all {
			if q.Statement != nil {
				out.Responses[i].TableName = aws.String(q.id.name)
			}
			item, consumed, err := s.runInBatch(call, q, i, in)
			if err != nil {
				out.Responses[i].Error = batchError(err)
				continue
			}
			out.Responses[i].Item = item
			if consumed != nil {
				out.ConsumedCapacity = append(out.ConsumedCapacity, *consumed)
			}
		}
		return out, nil
	}}).Refusing(failed), nil
}

// inBatch reads one statement of a batch.
func (s *Fake) inBatch(call *fakeaws.Call, b *types.BatchStatementRequest) (*statement, error) {
	q, err := readStatement(b.Statement, b.Parameters)
	if err != nil {
		return nil, err
	}
	if q.Kind == partiql.Exists {
		return nil, invalid(textExistsAlone)
	}
	if err := q.on(s, call, b.ReturnValuesOnConditionCheckFailure); err != nil {
		return nil, err
	}
	q.single(call.Operation)
	return q, nil
}

// runInBatch performs one statement of a batch. The lock is held.
func (s *Fake) runInBatch(call *fakeaws.Call, q *statement, i int, in *dynamodb.BatchExecuteStatementInput) (map[string]types.AttributeValue, *types.ConsumedCapacity, error) {
	if q.Statement == nil {
		return nil, nil, q.wrong
	}
	if err := call.EntryDenial(i + 1); err != nil {
		return nil, nil, err
	}
	if err := s.ready(q.target); err != nil {
		return nil, nil, err
	}
	if q.wrong != nil {
		return nil, nil, q.wrong
	}
	m := newMeter(q.target, in.ReturnConsumedCapacity, false)
	var item map[string]types.AttributeValue
	var err error
	if q.Reads() {
		item, err = q.selection.one(q, m, isTrue(in.Statements[i].ConsistentRead))
	} else {
		item, err = s.writeStatement(q, m)
	}
	return item, m.consumed(), err
}

func isInvalid(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException"
}

// batchCodes are the codes of errors as batches have them.
var batchCodes = map[string]types.BatchStatementErrorCodeEnum{
	"ConditionalCheckFailedException": types.BatchStatementErrorCodeEnumConditionalCheckFailed,
	"DuplicateItemException":          types.BatchStatementErrorCodeEnumDuplicateItem,
	"ResourceNotFoundException":       types.BatchStatementErrorCodeEnumResourceNotFound,
	"AccessDeniedException":           types.BatchStatementErrorCodeEnumAccessDenied,
	"ResourceInUseException":          types.BatchStatementErrorCodeEnumInternalServerError,
}

// batchError is the error of one statement.
func batchError(err error) *types.BatchStatementError {
	e := &types.BatchStatementError{Code: types.BatchStatementErrorCodeEnumValidationError, Message: aws.String(err.Error())}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Message = aws.String(api.ErrorMessage())
		if code, ok := batchCodes[api.ErrorCode()]; ok {
			e.Code = code
		}
	}
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		e.Item = failed.Item
	}
	return e
}

// executeTransaction performs all statements or none: reads, or writes with EXISTS among them.
func (s *Fake) executeTransaction(call *fakeaws.Call, in *dynamodb.ExecuteTransactionInput) (*fakeaws.Plan[*dynamodb.ExecuteTransactionOutput], error) {
	var all []*statement
	var targets []*target
	var needs []fakeaws.Need
	var request bytes.Buffer
	for _, p := range in.TransactStatements {
		q, err := readStatement(p.Statement, p.Parameters)
		if err != nil {
			return nil, err
		}
		if q.Returning != "" {
			return nil, invalid(textTransactReturns)
		}
		if err := q.on(s, call, p.ReturnValuesOnConditionCheckFailure); err != nil {
			return nil, err
		}
		q.single(call.Operation)
		all, targets, needs = append(all, q), append(targets, q.target), append(needs, q.needs(call.Operation)...)
		sum := q.fingerprint()
		request.Write(sum[:])
		request.WriteString(string(p.ReturnValuesOnConditionCheckFailure))
	}
	if err := mixed(all, "transaction"); err != nil {
		return nil, err
	}
	return planItems(s, call, targets, needs, func() (*dynamodb.ExecuteTransactionOutput, error) {
		if i := slices.IndexFunc(all, func(q *statement) bool { return q.wrong != nil }); i >= 0 {
			return nil, all[i].wrong
		}
		if all[0].Reads() {
			return readTransaction(all, in.ReturnConsumedCapacity)
		}
		changes := make([]*change, len(all))
		for i, q := range all {
			changes[i] = q.change
		}
		consumed, err := s.transact(call, changes, in.ReturnConsumedCapacity, in.ClientRequestToken, sha256.Sum256(request.Bytes()), func(*change) {})
		if err != nil {
			return nil, err
		}
		return &dynamodb.ExecuteTransactionOutput{Responses: make([]types.ItemResponse, len(all)), ConsumedCapacity: consumed}, nil
	}), nil
}

// readTransaction reads the items of SELECT statements. The lock is held.
func readTransaction(all []*statement, capacity types.ReturnConsumedCapacity) (*dynamodb.ExecuteTransactionOutput, error) {
	out, meters := &dynamodb.ExecuteTransactionOutput{Responses: make([]types.ItemResponse, len(all))}, newMeters(capacity)
	seen := make(map[place]bool, len(all))
	size := 0
	for i, q := range all {
		item, err := q.selection.one(q, meters.of(q.target), true)
		if err != nil {
			return nil, err
		}
		at := place{q.id, q.keys.place(q.key, "")}
		if seen[at] {
			return nil, invalid(textOneOperation)
		}
		seen[at] = true
		if size += q.find(q.key).bytes(); size > maxTransaction {
			return nil, invalid(textTransactSize)
		}
		out.Responses[i].Item = item
	}
	out.ConsumedCapacity = meters.consumed()
	return out, nil
}
