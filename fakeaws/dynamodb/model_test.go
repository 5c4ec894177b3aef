package dynamodb_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
	ddb "github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A model is a table as the plainest code has it: a map of items, which is searched from end
// to end.
type model struct {
	t     *rapid.T
	world *fakeaws.World
	items map[string]attributes // by keyOf
	arn   *string               // of the stream
}

// Random operations, conditions, updates, transactions, batches, queries and statements do what
// they do to a plain map; and the stream tells all that happened. -rapid.checks=30000 makes a million.
func TestAgainstTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"put": m.write, "update": m.write, "delete": m.write, "transact": m.transact, "batch": m.batch, "query": m.query, "index": m.queryIndex,
			"get": m.get, "scan": m.scan, "select": m.selects, "statement": m.statement,
		})
		m.replay()
	})
}

func newModel(t *rapid.T) *model {
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Services: []fakeaws.Service{ddb.Service, ddb.StreamsService, worldtest.NewUsers().Service()}})
	m := &model{t: t, world: w, items: make(map[string]attributes)}
	key := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	made := do[dynamodb.CreateTableOutput](m, &dynamodb.CreateTableInput{
		TableName: aws.String("model"), BillingMode: types.BillingModePayPerRequest, KeySchema: key("pk", "sk"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: "S"}, {AttributeName: aws.String("sk"), AttributeType: "N"},
			{AttributeName: aws.String("g"), AttributeType: "S"}, {AttributeName: aws.String("n"), AttributeType: "N"},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("byG"), KeySchema: key("g", "n"), Projection: &types.Projection{ProjectionType: "ALL"}}},
		LocalSecondaryIndexes:  []types.LocalSecondaryIndex{{IndexName: aws.String("byN"), KeySchema: key("pk", "n"), Projection: &types.Projection{ProjectionType: "KEYS_ONLY"}}},
		StreamSpecification:    &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	m.arn = made.TableDescription.LatestStreamArn
	return m
}

func try[O any](m *model, in any) (*O, error) {
	return fakeaws.Do[O](m.t.Context(), m.world, m.world.Fixture(owner, region), in)
}

func do[O any](m *model, in any) *O {
	out, err := try[O](m, in)
	require.NoError(m.t, err)
	return out
}

// The draws are of few values, so that operations meet.
var (
	drawPK = rapid.SampledFrom([]string{"a", "a\x00", "b"})
	drawN  = rapid.SampledFrom([]string{"-10", "-1.5", "0", "1", "1.50", "2", "10", "1e20"})
	drawG  = rapid.SampledFrom([]string{"g", "gg", "h"})
	drawE  = rapid.SampledFrom([]string{"x", "y", "z"})
)

func drawKey(t *rapid.T) attributes {
	return attributes{"pk": str(drawPK.Draw(t, "pk")), "sk": num(plain(drawN.Draw(t, "sk")))}
}

// plain is a number as answers write it.
func plain(n string) string {
	r := rat(num(n))
	text := r.FloatString(10)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func rat(v types.AttributeValue) *big.Rat {
	r, _ := new(big.Rat).SetString(v.(*types.AttributeValueMemberN).Value)
	return r
}

func text(v types.AttributeValue) string { return v.(*types.AttributeValueMemberS).Value }

func keyOf(item attributes) string {
	return text(item["pk"]) + "|" + plain(item["sk"].(*types.AttributeValueMemberN).Value)
}

func drawItem(t *rapid.T) attributes {
	item := drawKey(t)
	if rapid.Bool().Draw(t, "has n") {
		item["n"] = num(plain(drawN.Draw(t, "n")))
	}
	if rapid.Bool().Draw(t, "has g") {
		item["g"] = str(drawG.Draw(t, "g"))
	}
	if rapid.Bool().Draw(t, "has s") {
		item["s"] = drawSet(t)
	}
	return item
}

func drawSet(t *rapid.T) types.AttributeValue {
	set := rapid.SliceOfNDistinct(drawE, 1, 3, rapid.ID).Draw(t, "set")
	slices.Sort(set)
	return strs(set...)
}

// A writer makes an expression with placeholders.
type writer struct{ values attributes }

func (w *writer) value(v types.AttributeValue) string {
	if w.values == nil {
		w.values = attributes{}
	}
	name := fmt.Sprintf(":v%d", len(w.values))
	w.values[name] = v
	return name
}

type holds func(attributes) bool

// condition draws a condition, and what it means.
func (w *writer) condition(t *rapid.T, depth int) (string, holds) {
	kinds := 8
	if depth > 0 {
		kinds = 11
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "condition") {
	case 0:
		return "attribute_exists(n)", func(i attributes) bool { return i["n"] != nil }
	case 1:
		return "attribute_not_exists(g)", func(i attributes) bool { return i["g"] == nil }
	case 2:
		operator := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">="}).Draw(t, "operator")
		v := num(drawN.Draw(t, "operand"))
		return "n " + operator + " " + w.value(v), func(i attributes) bool {
			if i["n"] == nil {
				return operator == "<>"
			}
			return compares(operator, rat(i["n"]).Cmp(rat(v)))
		}
	case 3:
		low, high := num(drawN.Draw(t, "low")), num(drawN.Draw(t, "high"))
		if rat(low).Cmp(rat(high)) > 0 {
			low, high = high, low
		}
		return "n BETWEEN " + w.value(low) + " AND " + w.value(high), func(i attributes) bool {
			return i["n"] != nil && rat(low).Cmp(rat(i["n"])) <= 0 && rat(i["n"]).Cmp(rat(high)) <= 0
		}
	case 4:
		a, b := str(drawG.Draw(t, "a")), str(drawG.Draw(t, "b"))
		return "g IN (" + w.value(a) + ", " + w.value(b) + ")", func(i attributes) bool {
			return i["g"] != nil && (text(i["g"]) == text(a) || text(i["g"]) == text(b))
		}
	case 5:
		return "begins_with(g, " + w.value(str("g")) + ")", func(i attributes) bool { return i["g"] != nil && text(i["g"])[0] == 'g' }
	case 6:
		e := drawE.Draw(t, "element")
		return "contains(s, " + w.value(str(e)) + ")", func(i attributes) bool { return slices.Contains(elements(i["s"]), e) }
	case 7:
		return "size(s) > " + w.value(num("1")), func(i attributes) bool { return len(elements(i["s"])) > 1 }
	case 8:
		c, h := w.condition(t, depth-1)
		return "NOT (" + c + ")", func(i attributes) bool { return !h(i) }
	}
	a, ha := w.condition(t, depth-1)
	b, hb := w.condition(t, depth-1)
	if rapid.Bool().Draw(t, "and") {
		return "(" + a + ") AND (" + b + ")", func(i attributes) bool { return ha(i) && hb(i) }
	}
	return "(" + a + ") OR (" + b + ")", func(i attributes) bool { return ha(i) || hb(i) }
}

func compares(operator string, order int) bool {
	switch operator {
	case "=":
		return order == 0
	case "<>":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func elements(v types.AttributeValue) []string {
	if v == nil {
		return nil
	}
	return v.(*types.AttributeValueMemberSS).Value
}

// update draws an update, and what it does: false is an error.
func (w *writer) update(t *rapid.T) (string, func(attributes) (attributes, bool)) {
	var sets, rest []string
	var steps []func(before, after attributes) bool
	switch rapid.IntRange(0, 4).Draw(t, "n") {
	case 0:
		v := plain(drawN.Draw(t, "value"))
		sets = append(sets, "n = "+w.value(num(v)))
		steps = append(steps, func(_, after attributes) bool { after["n"] = num(v); return true })
	case 1:
		sets = append(sets, "n = n - "+w.value(num("1")))
		steps = append(steps, func(before, after attributes) bool {
			if before["n"] == nil {
				return false
			}
			after["n"] = sum(before["n"], "-1")
			return true
		})
	case 2:
		rest = append(rest, "ADD n "+w.value(num("2.5")))
		steps = append(steps, func(before, after attributes) bool {
			after["n"] = num("2.5")
			if before["n"] != nil {
				after["n"] = sum(before["n"], "2.5")
			}
			return true
		})
	case 3:
		rest = append(rest, "REMOVE n")
		steps = append(steps, func(_, after attributes) bool { delete(after, "n"); return true })
	}
	if rapid.Bool().Draw(t, "g") {
		g := str(drawG.Draw(t, "value"))
		sets = append(sets, "g = if_not_exists(g, "+w.value(g)+")")
		steps = append(steps, func(before, after attributes) bool {
			if before["g"] == nil {
				after["g"] = g
			}
			return true
		})
	}
	if rapid.Bool().Draw(t, "s") {
		set := drawSet(t)
		rest = append(rest, "DELETE s "+w.value(set))
		steps = append(steps, func(before, after attributes) bool {
			left := slices.DeleteFunc(slices.Clone(elements(before["s"])), func(e string) bool { return slices.Contains(elements(set), e) })
			delete(after, "s")
			if len(left) > 0 {
				after["s"] = strs(left...)
			}
			return true
		})
	}
	if len(sets) > 0 {
		rest = append(rest, "SET "+strings.Join(sets, ", "))
	}
	if len(rest) == 0 {
		rest = []string{"REMOVE nothing"}
	}
	return strings.Join(rest, " "), func(before attributes) (attributes, bool) {
		after := maps.Clone(before)
		for _, step := range steps {
			if !step(before, after) {
				return nil, false
			}
		}
		return after, true
	}
}

func sum(v types.AttributeValue, by string) types.AttributeValue {
	r := rat(v)
	return num(plain(r.Add(r, rat(num(by))).FloatString(10)))
}

// A planned is a write of a transaction, or alone, and what the model makes of it.
type planned struct {
	item  types.TransactWriteItem
	key   string
	holds holds
	apply func(attributes) (attributes, bool)
}

func drawWrite(t *rapid.T) *planned {
	p, w := new(planned), new(writer)
	key := drawKey(t)
	var condition *string
	p.holds = func(attributes) bool { return true }
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	var update string
	if kind == 1 {
		update, p.apply = w.update(t)
		of := p.apply
		p.apply = func(before attributes) (attributes, bool) {
			if before == nil {
				before = key
			}
			return of(before)
		}
	}
	if kind == 3 || rapid.Bool().Draw(t, "conditional") {
		text, h := w.condition(t, 2)
		condition, p.holds = &text, h
	}
	name := aws.String("model")
	switch kind {
	case 0:
		item := drawItem(t)
		key = item
		p.item.Put = &types.Put{TableName: name, Item: item, ConditionExpression: condition, ExpressionAttributeValues: w.values}
		p.apply = func(attributes) (attributes, bool) { return item, true }
	case 1:
		p.item.Update = &types.Update{TableName: name, Key: key, UpdateExpression: &update, ConditionExpression: condition, ExpressionAttributeValues: w.values}
	case 2:
		p.item.Delete = &types.Delete{TableName: name, Key: key, ConditionExpression: condition, ExpressionAttributeValues: w.values}
		p.apply = func(attributes) (attributes, bool) { return nil, true }
	case 3:
		p.item.ConditionCheck = &types.ConditionCheck{TableName: name, Key: key, ConditionExpression: condition, ExpressionAttributeValues: w.values}
		p.apply = func(before attributes) (attributes, bool) { return before, true }
	}
	p.key = keyOf(key)
	return p
}

// outcome is what the model makes of a write: its code, and the item.
func (m *model) outcome(p *planned) (code string, after attributes) {
	before := m.items[p.key]
	if !p.holds(before) {
		return "ConditionalCheckFailed", nil
	}
	after, ok := p.apply(before)
	if !ok {
		return "ValidationError", nil
	}
	return "None", after
}

func (m *model) set(key string, item attributes) {
	if item == nil {
		delete(m.items, key)
	} else {
		m.items[key] = item
	}
}

func (m *model) write(t *rapid.T) {
	m.t = t
	p := drawWrite(t)
	code, after := m.outcome(p)
	var err error
	switch i := p.item; {
	case i.Put != nil:
		_, err = try[dynamodb.PutItemOutput](m, &dynamodb.PutItemInput{TableName: i.Put.TableName, Item: i.Put.Item, ConditionExpression: i.Put.ConditionExpression, ExpressionAttributeValues: i.Put.ExpressionAttributeValues})
	case i.Update != nil:
		var out *dynamodb.UpdateItemOutput
		out, err = try[dynamodb.UpdateItemOutput](m, &dynamodb.UpdateItemInput{
			TableName: i.Update.TableName, Key: i.Update.Key, UpdateExpression: i.Update.UpdateExpression, ConditionExpression: i.Update.ConditionExpression,
			ExpressionAttributeValues: i.Update.ExpressionAttributeValues, ReturnValues: types.ReturnValueAllNew,
		})
		if err == nil {
			require.Equal(t, after, out.Attributes)
		}
	case i.Delete != nil:
		_, err = try[dynamodb.DeleteItemOutput](m, &dynamodb.DeleteItemInput{TableName: i.Delete.TableName, Key: i.Delete.Key, ConditionExpression: i.Delete.ConditionExpression, ExpressionAttributeValues: i.Delete.ExpressionAttributeValues})
	default:
		return
	}
	if code == "None" {
		require.NoError(t, err)
		m.set(p.key, after)
		return
	}
	requireCode(m, err, map[string]string{"ConditionalCheckFailed": "ConditionalCheckFailedException", "ValidationError": "ValidationException"}[code])
}

func (m *model) transact(t *rapid.T) {
	m.t = t
	all := rapid.SliceOfNDistinct(rapid.Custom(drawWrite), 1, 4, func(p *planned) string { return p.key }).Draw(t, "writes")
	var codes []string
	in, after, fails := new(dynamodb.TransactWriteItemsInput), make([]attributes, len(all)), false
	for i, p := range all {
		var code string
		code, after[i] = m.outcome(p)
		codes, fails = append(codes, code), fails || code != "None"
		in.TransactItems = append(in.TransactItems, p.item)
	}
	_, err := try[dynamodb.TransactWriteItemsOutput](m, in)
	if fails {
		var cancelled *types.TransactionCanceledException
		require.ErrorAs(t, err, &cancelled)
		for i, r := range cancelled.CancellationReasons {
			require.Equal(t, codes[i], *r.Code)
		}
		return
	}
	require.NoError(t, err)
	for i, p := range all {
		m.set(p.key, after[i])
	}
}

func (m *model) batch(t *rapid.T) {
	m.t = t
	items := rapid.SliceOfNDistinct(rapid.Custom(drawItem), 1, 5, keyOf).Draw(t, "items")
	in := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{}}
	for i, item := range items {
		r := types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
		if i%2 == 1 {
			r = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: attributes{"pk": item["pk"], "sk": item["sk"]}}}
			m.set(keyOf(item), nil)
		} else {
			m.set(keyOf(item), item)
		}
		in.RequestItems["model"] = append(in.RequestItems["model"], r)
	}
	do[dynamodb.BatchWriteItemOutput](m, in)
}

func (m *model) get(t *rapid.T) {
	m.t = t
	key := drawKey(t)
	out := do[dynamodb.GetItemOutput](m, &dynamodb.GetItemInput{TableName: aws.String("model"), Key: key})
	require.Equal(t, m.items[keyOf(key)], out.Item)
}

// query reads a partition in pages.
func (m *model) query(t *rapid.T) {
	m.t = t
	w := new(writer)
	pk := drawPK.Draw(t, "pk")
	in := &dynamodb.QueryInput{TableName: aws.String("model"), ScanIndexForward: aws.Bool(rapid.Bool().Draw(t, "forward"))}
	sort, index := "sk", rapid.Bool().Draw(t, "by index")
	if index {
		in.IndexName, sort = aws.String("byN"), "n"
	}
	m.pages(t, w, in, "pk", pk, sort, func(i attributes) attributes {
		if index {
			return attributes{"pk": i["pk"], "sk": i["sk"], "n": i["n"]}
		}
		return i
	})
}

func (m *model) queryIndex(t *rapid.T) {
	m.t = t
	in := &dynamodb.QueryInput{TableName: aws.String("model"), IndexName: aws.String("byG"), ScanIndexForward: aws.Bool(rapid.Bool().Draw(t, "forward"))}
	m.pages(t, new(writer), in, "g", drawG.Draw(t, "g"), "n", func(i attributes) attributes { return i })
}

// pages reads all pages of a query with a drawn condition on the sort key and a drawn filter.
func (m *model) pages(t *rapid.T, w *writer, in *dynamodb.QueryInput, hash, partition, sort string, seen func(attributes) attributes) {
	condition := hash + " = " + w.value(str(partition))
	within := func(*big.Rat) bool { return true }
	if rapid.Bool().Draw(t, "sorted") {
		operator := rapid.SampledFrom([]string{"=", "<", "<=", ">", ">="}).Draw(t, "operator")
		v := num(drawN.Draw(t, "bound"))
		condition += " AND " + sort + " " + operator + " " + w.value(v)
		within = func(r *big.Rat) bool { return compares(operator, r.Cmp(rat(v))) }
	}
	in.KeyConditionExpression = &condition
	passes := func(attributes) bool { return true }
	if sort == "sk" && rapid.Bool().Draw(t, "filtered") { // no filter is on a key of an index
		filter, h := w.condition(t, 1)
		in.FilterExpression, passes = &filter, h
	}
	in.ExpressionAttributeValues = w.values
	in.Limit = aws.Int32(int32(rapid.IntRange(1, 4).Draw(t, "limit")))
	var want, got []attributes
	scanned, counted := 0, 0
	for _, i := range m.items {
		if i[hash] == nil || i[sort] == nil || text(i[hash]) != partition || !within(rat(i[sort])) {
			continue
		}
		counted++
		if passes(i) {
			want = append(want, seen(i))
		}
	}
	for {
		out := do[dynamodb.QueryOutput](m, in)
		got = append(got, out.Items...)
		scanned += int(out.ScannedCount)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; out.LastEvaluatedKey == nil {
			break
		}
	}
	require.Equal(t, counted, scanned)
	ordered := slices.IsSortedFunc(got, func(a, b attributes) int {
		if *in.ScanIndexForward {
			return rat(a[sort]).Cmp(rat(b[sort]))
		}
		return rat(b[sort]).Cmp(rat(a[sort]))
	})
	require.True(t, ordered, got)
	require.ElementsMatch(t, want, got)
}

func (m *model) scan(t *rapid.T) {
	m.t = t
	w := new(writer)
	filter, h := w.condition(t, 2)
	segments := int32(rapid.IntRange(1, 3).Draw(t, "segments"))
	var want, got []attributes
	for _, i := range m.items {
		if h(i) {
			want = append(want, i)
		}
	}
	for segment := range segments {
		in := &dynamodb.ScanInput{TableName: aws.String("model"), FilterExpression: &filter, ExpressionAttributeValues: w.values, Limit: aws.Int32(3), Segment: &segment, TotalSegments: &segments}
		for {
			out := do[dynamodb.ScanOutput](m, in)
			got = append(got, out.Items...)
			if in.ExclusiveStartKey = out.LastEvaluatedKey; out.LastEvaluatedKey == nil {
				break
			}
		}
	}
	require.ElementsMatch(t, want, got)
}

// replay makes the table of the records of its stream.
func (m *model) replay() {
	described := do[dynamodbstreams.DescribeStreamOutput](m, &dynamodbstreams.DescribeStreamInput{StreamArn: m.arn})
	iterator := do[dynamodbstreams.GetShardIteratorOutput](m, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: m.arn, ShardId: described.StreamDescription.Shards[0].ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
	}).ShardIterator
	replayed := make(map[string]string)
	for {
		out := do[dynamodbstreams.GetRecordsOutput](m, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(7)})
		for _, r := range out.Records {
			key := r.Dynamodb.Keys["pk"].(*streamtypes.AttributeValueMemberS).Value + "|" + r.Dynamodb.Keys["sk"].(*streamtypes.AttributeValueMemberN).Value
			require.Equal(m.t, replayed[key], size(r.Dynamodb.OldImage))
			replayed[key] = size(r.Dynamodb.NewImage)
			if r.EventName == streamtypes.OperationTypeRemove {
				delete(replayed, key)
			}
		}
		iterator = out.NextShardIterator
		if len(out.Records) == 0 {
			break
		}
	}
	require.Len(m.t, replayed, len(m.items))
	for key, item := range m.items {
		require.Contains(m.t, replayed, key)
		require.Equal(m.t, len(item), strings.Count(replayed[key], ";"))
	}
}

// size writes the names and types of an image.
func size(image map[string]streamtypes.AttributeValue) string {
	all := ""
	for _, name := range slices.Sorted(maps.Keys(image)) {
		all += fmt.Sprintf("%s %+v;", name, image[name])
	}
	return all
}

// Helper and the others have requireCode take the model for a test.
func (m *model) Helper() { m.t.Helper() }

func (m *model) Errorf(format string, args ...any) { m.t.Errorf(format, args...) }

func (m *model) FailNow() { m.t.FailNow() }

// A literal is a value as a statement of PartiQL has it.
func literal(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return "'" + strings.ReplaceAll(v.Value, "'", "''") + "'"
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return "<<'" + strings.Join(elements(v), "','") + "'>>"
}

// where draws a condition of PartiQL, and what it means.
func where(t *rapid.T, depth int) (string, holds) {
	kinds := 8
	if depth > 0 {
		kinds = 11
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "condition") {
	case 0:
		return "n IS NOT MISSING", func(i attributes) bool { return i["n"] != nil }
	case 1:
		pk := drawPK.Draw(t, "pk")
		return "pk = " + literal(str(pk)), func(i attributes) bool { return i != nil && text(i["pk"]) == pk }
	case 2:
		a, b := drawPK.Draw(t, "a"), drawPK.Draw(t, "b")
		return "pk IN [" + literal(str(a)) + ", " + literal(str(b)) + "]", func(i attributes) bool {
			return i != nil && (text(i["pk"]) == a || text(i["pk"]) == b)
		}
	case 3:
		operator := rapid.SampledFrom([]string{"=", "<", "<=", ">", ">="}).Draw(t, "operator")
		name := rapid.SampledFrom([]string{"n", "sk"}).Draw(t, "name")
		v := num(drawN.Draw(t, "operand"))
		return name + " " + operator + " " + literal(v), func(i attributes) bool {
			return i[name] != nil && compares(operator, rat(i[name]).Cmp(rat(v)))
		}
	case 4:
		low, high := num(drawN.Draw(t, "low")), num(drawN.Draw(t, "high"))
		return "sk BETWEEN " + literal(low) + " AND " + literal(high), func(i attributes) bool {
			return i != nil && rat(low).Cmp(rat(i["sk"])) <= 0 && rat(i["sk"]).Cmp(rat(high)) <= 0
		}
	case 5:
		return "begins_with(g, 'g')", func(i attributes) bool { return i["g"] != nil && text(i["g"])[0] == 'g' }
	case 6:
		e := drawE.Draw(t, "element")
		return "contains(s, '" + e + "')", func(i attributes) bool { return slices.Contains(elements(i["s"]), e) }
	case 7:
		return "size(s) > 1", func(i attributes) bool { return len(elements(i["s"])) > 1 }
	case 8:
		c, h := where(t, depth-1)
		return "NOT (" + c + ")", func(i attributes) bool { return !h(i) }
	}
	a, ha := where(t, depth-1)
	b, hb := where(t, depth-1)
	if rapid.Bool().Draw(t, "and") {
		return "(" + a + ") AND (" + b + ")", func(i attributes) bool { return ha(i) && hb(i) }
	}
	return "(" + a + ") OR (" + b + ")", func(i attributes) bool { return ha(i) || hb(i) }
}

// selects reads all pages of a SELECT: whichever partitions it finds in its condition, the items
// are those that meet it.
func (m *model) selects(t *rapid.T) {
	m.t = t
	condition, h := where(t, 3)
	in := &dynamodb.ExecuteStatementInput{Statement: aws.String("SELECT * FROM model WHERE " + condition)}
	if rapid.Bool().Draw(t, "limited") {
		in.Limit = aws.Int32(int32(rapid.IntRange(1, 4).Draw(t, "limit")))
	}
	var want, got []attributes
	for _, i := range m.items {
		if h(i) {
			want = append(want, i)
		}
	}
	for {
		out := do[dynamodb.ExecuteStatementOutput](m, in)
		got = append(got, out.Items...)
		if in.NextToken = out.NextToken; out.NextToken == nil {
			break
		}
	}
	require.ElementsMatch(t, want, got, *in.Statement)
}

// statement writes by a statement.
func (m *model) statement(t *rapid.T) {
	m.t = t
	key := drawKey(t)
	before := m.items[keyOf(key)]
	of := " WHERE pk = " + literal(key["pk"]) + " AND sk = " + literal(key["sk"])
	condition, h := "", func(attributes) bool { return true }
	if rapid.Bool().Draw(t, "conditional") {
		condition, h = where(t, 2)
		condition = " AND (" + condition + ")"
	}
	run := func(text string) error {
		_, err := try[dynamodb.ExecuteStatementOutput](m, &dynamodb.ExecuteStatementInput{Statement: &text})
		return err
	}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		item := drawItem(t)
		var all []string
		for _, name := range slices.Sorted(maps.Keys(item)) {
			all = append(all, "'"+name+"': "+literal(item[name]))
		}
		err := run("INSERT INTO model VALUE {" + strings.Join(all, ", ") + "}")
		if m.items[keyOf(item)] != nil {
			requireCode(m, err, "DuplicateItemException")
			return
		}
		require.NoError(t, err)
		m.set(keyOf(item), item)
	case 1:
		g, set := str(drawG.Draw(t, "g")), drawSet(t)
		err := run("UPDATE model SET g = " + literal(g) + " SET s = set_add(s, " + literal(set) + ") REMOVE n" + of + condition)
		if before == nil || !h(before) {
			requireCode(m, err, "ConditionalCheckFailedException")
			return
		}
		require.NoError(t, err)
		after := maps.Clone(before)
		delete(after, "n")
		union := append(slices.Clone(elements(before["s"])), elements(set)...)
		slices.Sort(union)
		after["g"], after["s"] = g, strs(slices.Compact(union)...)
		m.set(keyOf(key), after)
	case 2:
		err := run("DELETE FROM model" + of + condition)
		if before != nil && !h(before) {
			requireCode(m, err, "ConditionalCheckFailedException")
			return
		}
		require.NoError(t, err)
		m.set(keyOf(key), nil)
	}
}
