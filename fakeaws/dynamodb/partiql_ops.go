package dynamodb

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/expression"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/partiql"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

func (s *Fake) partiqlOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.executeStatement), bind(s.batchExecuteStatement), bind(s.executeTransaction)}
}

// statementActions are the IAM actions of statements (developer guide, "IAM security policies
// with PartiQL for DynamoDB"). That EXISTS takes the one of reads is unverified.
var statementActions = map[partiql.Kind]string{
	partiql.Select: "dynamodb:PartiQLSelect", partiql.Exists: "dynamodb:PartiQLSelect", partiql.Insert: "dynamodb:PartiQLInsert",
	partiql.Update: "dynamodb:PartiQLUpdate", partiql.Delete: "dynamodb:PartiQLDelete",
}

// A statement is a statement of PartiQL on its table.
type statement struct {
	*partiql.Statement
	*target
	text       string
	parameters []value.Value
	key        value.Map // of the one item that it is about; nil when it is not about one
	rest       *expression.Predicate
	selection  *selection // of a SELECT
	change     *change    // of all others
	// wrong is what the table makes of the statement: who may not use the table does not
	// learn of it.
	wrong error
}

// readStatement reads a statement and its parameters, without its table.
func readStatement(text *string, parameters []types.AttributeValue) (*statement, error) {
	q := &statement{text: *text}
	for _, av := range parameters {
		v, err := value.Of(av)
		if err != nil {
			return nil, valid(err)
		}
		q.parameters = append(q.parameters, v)
	}
	var err error
	q.Statement, err = partiql.Parse(q.text, q.parameters)
	var unsupported partiql.UnsupportedError
	if errors.As(err, &unsupported) {
		return nil, notImplemented(unsupported.Error())
	}
	if err != nil {
		return nil, valid(err)
	}
	if q.Index != "" && !q.Reads() {
		return nil, notImplemented("PartiQL: a statement on an index that does not read")
	}
	if len(q.Order) > 0 && q.Where == nil {
		return nil, invalid(textOrderWhere)
	}
	return q, nil
}

// on finds the table of a statement, and what the statement does to it.
func (q *statement) on(s *Fake, call *fakeaws.Call, onFailure types.ReturnValuesOnConditionCheckFailure) error {
	var err error
	if q.target, err = s.target(call, &q.Table); err != nil {
		return err
	}
	if q.Index != "" && !validName(q.Index) {
		return invalid(textName)
	}
	if q.table != nil {
		var one bool
		if q.key, q.rest, one = q.Where.Item(q.keys.names()); !one {
			q.key, q.rest = nil, q.Where
		}
	}
	if q.Kind == partiql.Select {
		q.selects(s)
		return nil
	}
	q.changes(onFailure)
	return nil
}

// changes makes the change of a statement that writes, or of EXISTS.
func (q *statement) changes(onFailure types.ReturnValuesOnConditionCheckFailure) {
	c := &change{target: q.target, key: q.key, condition: q.rest, update: q.Update, returns: types.ReturnValue(q.Returning), onFailure: onFailure}
	q.change = c
	if q.table == nil {
		return
	}
	there := expression.At(expression.NewPath(q.keys.partition.Name))
	switch q.Kind {
	case partiql.Insert:
		c.action, c.item, c.inserts = actionPut, q.Item, true
		c.condition = expression.Compare("attribute_not_exists", there)
		if q.Item.Nested() {
			q.wrong = invalid(value.TextNesting)
		}
		return
	case partiql.Update:
		c.action = actionUpdate
		c.condition = expression.Compare("attribute_exists", there).And(q.rest)
	case partiql.Delete: // "returns SUCCESS with 0 items deleted" where there is no such item
		c.action, c.absent = actionDelete, true
	case partiql.Exists:
		c.action = actionCheck
		c.condition = expression.Compare("attribute_exists", there).And(q.rest)
	}
	if q.key == nil {
		q.wrong = invalid(textWhereKeys)
	}
}

// needs are the permissions of a statement, in an operation that encloses it or in none.
func (q *statement) needs(enclosing string) []fakeaws.Need {
	if q.Kind == partiql.Select {
		return q.selection.needs(q, enclosing)
	}
	a := &access{
		action: statementActions[q.Kind], enclosing: enclosing,
		attributes: append(append(q.Where.Attributes(), q.Update.Attributes()...), q.Item.Names()...),
	}
	switch q.Kind {
	case partiql.Insert:
		a.leading = q.leading(q.Item)
	case partiql.Exists:
		a.leading, a.scan, a.selects = q.leading(q.key), "false", selected(q.Projection, types.SelectAllAttributes)
		a.attributes = append(a.attributes, q.Projection.Attributes()...)
		a.returns = returned(string(q.change.onFailure))
	default:
		a.leading = q.leading(q.key)
		a.returns = returned(q.Returning, string(q.change.onFailure))
	}
	return a.needs(q.target)
}

// executeStatement performs one statement.
func (s *Fake) executeStatement(call *fakeaws.Call, in *dynamodb.ExecuteStatementInput) (*fakeaws.Plan[*dynamodb.ExecuteStatementOutput], error) {
	q, err := readStatement(in.Statement, in.Parameters)
	if err != nil {
		return nil, err
	}
	if q.Kind == partiql.Exists {
		return nil, invalid(textExistsAlone)
	}
	if in.NextToken != nil && !q.Reads() {
		return nil, invalid(textNextToken)
	}
	if err := q.on(s, call, in.ReturnValuesOnConditionCheckFailure); err != nil {
		return nil, err
	}
	if q.Reads() {
		if err := q.selection.begin(q, in); err != nil {
			return nil, err
		}
	}
	return planItems(s, call, []*target{q.target}, q.needs(""), func() (*dynamodb.ExecuteStatementOutput, error) {
		if q.wrong != nil {
			return nil, q.wrong
		}
		if q.Reads() {
			return q.selection.read(call)
		}
		m := newMeter(q.target, in.ReturnConsumedCapacity, false)
		item, err := s.writeStatement(q, m)
		if err != nil {
			return nil, err
		}
		out := &dynamodb.ExecuteStatementOutput{Items: []map[string]types.AttributeValue{}, ConsumedCapacity: m.consumed()}
		if item != nil {
			out.Items = append(out.Items, item)
		}
		return out, nil
	}), nil
}

// writeStatement performs a statement that writes one item, and returns what RETURNING asks
// for. The lock is held.
func (s *Fake) writeStatement(q *statement, m *meter) (map[string]types.AttributeValue, error) {
	if err := q.change.check(); err != nil {
		return nil, err
	}
	o, err := q.change.decide()
	if err != nil {
		return nil, err
	}
	m.write(q.table, o)
	s.commit(q.table, o, nil)
	return q.change.attributes(o), nil
}

// fingerprint writes a statement, to compare requests and to know the page of another one.
func (q *statement) fingerprint() [sha256.Size]byte {
	var b bytes.Buffer
	b.WriteString(q.text)
	value.OfList(q.parameters).Fingerprint(&b)
	b.WriteString(q.id.arn())
	return sha256.Sum256(b.Bytes())
}
