package dynamodb_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// ql runs a statement of PartiQL.
func (c *cloud) ql(t testing.TB, text string, parameters ...types.AttributeValue) (*dynamodb.ExecuteStatementOutput, error) {
	t.Helper()
	return c.root().ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: &text, Parameters: parameters})
}

func (c *cloud) mustQL(t testing.TB, text string, parameters ...types.AttributeValue) []attributes {
	t.Helper()
	out, err := c.ql(t, text, parameters...)
	require.NoError(t, err, text)
	return out.Items
}

// songs puts three songs of two artists.
func (c *cloud) songs(t testing.TB) {
	t.Helper()
	for _, text := range []string{
		`INSERT INTO "music" VALUE {'artist':'a', 'song':'1', 'genre':'rock', 'plays':10, 'doc':{'list':[1, 'two', {'x':<<'p','q'>>}]}, 'gone':NULL}`,
		`insert into music value {"artist":'a', "song":'2', 'genre':'jazz', 'plays':-2.5e1, 'tags':<<'x','y'>>, 'ok':true}`,
		`INSERT INTO music VALUE {'artist':'b', 'song':'it''s', 'genre':'rock', 'plays':7, 'empty':[], 'none':{}}`,
	} {
		assert.Empty(t, c.mustQL(t, text))
	}
}

func titles(items []attributes) []string {
	all := []string{}
	for _, i := range items {
		all = append(all, text(i["song"]))
	}
	return all
}

// Statements insert, read, change and delete items, through both doors.
func TestPartiQL(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		c.music(t)
		c.songs(t)
		assert.Equal(t, num("-25"), c.get(t.Context(), t, song("a", "2"))["plays"])
		items := c.mustQL(t, `SELECT * FROM "music" WHERE artist = ? AND song = '1'`, str("a"))
		require.Len(t, items, 1)
		assert.Equal(t, c.get(t.Context(), t, song("a", "1")), items[0])

		_, err := c.ql(t, `INSERT INTO music VALUE {'artist':'a', 'song':'1'}`)
		worldtest.RequireError(t, err, "DuplicateItemException", "Duplicate primary key exists in table")

		old := c.mustQL(t, `UPDATE music SET plays = plays + 1 SET tags = set_add(tags, <<'z'>>), doc = {'l':[1]} REMOVE ok WHERE artist='a' AND song='2' RETURNING ALL OLD *`)
		require.Len(t, old, 1)
		assert.Equal(t, num("-25"), old[0]["plays"])
		modified := c.mustQL(t, `UPDATE music SET doc.l = list_append(doc.l, ?) WHERE artist='a' AND song='2' RETURNING MODIFIED NEW *`, &types.AttributeValueMemberL{Value: []types.AttributeValue{num("2")}})
		assert.Equal(t, []attributes{{"doc": &types.AttributeValueMemberM{Value: attributes{"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1"), num("2")}}}}}}, modified)
		now := c.get(t.Context(), t, song("a", "2"))
		assert.Equal(t, strs("x", "y", "z"), now["tags"])
		assert.Equal(t, num("-24"), now["plays"])
		assert.NotContains(t, now, "ok")
		c.mustQL(t, `UPDATE music SET tags = set_delete(tags, <<'x','y','z'>>) WHERE artist='a' AND song='2'`)
		assert.NotContains(t, c.get(t.Context(), t, song("a", "2")), "tags")

		_, err = c.ql(t, `UPDATE music SET plays = 1 WHERE artist='a' AND song='none'`)
		worldtest.RequireError(t, err, "ConditionalCheckFailedException", "The conditional request failed")
		_, err = c.ql(t, `DELETE FROM music WHERE artist='a' AND song='2' AND plays > 0`)
		worldtest.RequireError(t, err, "ConditionalCheckFailedException", "The conditional request failed")
		assert.Empty(t, c.mustQL(t, `DELETE FROM music WHERE artist='a' AND song='none' AND plays > 0`))
		deleted := c.mustQL(t, `DELETE FROM music WHERE artist='a' AND song='2' RETURNING ALL OLD *`)
		assert.Equal(t, []string{"2"}, titles(deleted))
		assert.Nil(t, c.get(t.Context(), t, song("a", "2")))
	})
}

// Conditions of statements mean what the developer guide says of them.
func TestPartiQLConditions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	for where, want := range map[string][]string{
		`artist = 'a'`:                                              {"1", "2"},
		`'a' = artist`:                                              {"1", "2"},
		`artist = 'a' AND song > '1'`:                               {"2"},
		`artist = 'a' AND '1' >= song`:                              {"1"},
		`artist = 'a' AND begins_with("song", '1')`:                 {"1"},
		`artist = 'a' AND song BETWEEN '1' AND '2'`:                 {"1", "2"},
		`artist = 'a' AND song BETWEEN '2' AND '1'`:                 {},
		`artist = 'a' ORDER BY song DESC`:                           {"2", "1"},
		`artist IN ['b', 'a', 'b']`:                                 {"it's", "1", "2"},
		`artist IN ('a', 'b') ORDER BY artist DESC`:                 {"it's", "1", "2"},
		`artist = 'b' OR artist = 'a' AND song = '2'`:               {"it's", "2"},
		`artist = 'a' AND artist = 'b'`:                             {},
		`artist = 'a' AND genre IN ['rock']`:                        {"1"},
		`artist = 'a' AND NOT genre IN ['rock']`:                    {"2"},
		`artist = 'a' AND genre NOT IN ['rock']`:                    {"2"},
		`artist = 'a' AND plays NOT BETWEEN 0 AND 20`:               {"2"},
		`artist = 'a' AND tags IS MISSING`:                          {"1"},
		`artist = 'a' AND tags IS NOT MISSING`:                      {"2"},
		`artist = 'a' AND gone IS NULL`:                             {"1"},
		`artist = 'a' AND gone IS NOT NULL`:                         {"2"},
		`artist = 'a' AND contains(tags, 'x')`:                      {"2"},
		`artist = 'a' AND contains(doc."list"[2].x, 'p')`:           {"1"},
		`artist = 'a' AND doc['list'][1] = 'two'`:                   {"1"},
		`artist = 'a' AND size(doc.list) > 2`:                       {"1"},
		`artist = 'a' AND attribute_type(plays, 'N')`:               {"1", "2"},
		`artist = 'a' AND attribute_type(plays, 'S')`:               {},
		`artist = 'a' AND plays != 10`:                              {"2"},
		`artist = 'a' AND plays <> -25 -- a comment`:                {"1"},
		`artist = 'a' AND (genre = 'jazz' OR plays = 10)`:           {"1", "2"},
		`artist = 'b' AND song = 'it''s' AND empty = [];`:           {"it's"},
		`artist = 'b' AND none = {}`:                                {"it's"},
		`artist = 'a' AND NOT (plays = 10 AND genre = 'rock')`:      {"2"},
		`artist = 'a' AND ok = true`:                                {"2"},
		`artist = 'a' AND tags = <<'y', 'x'>>`:                      {"2"},
		`artist = 'a' AND doc.list = [1, 'two', {'x':<<'q','p'>>}]`: {"1"},
	} {
		assert.Equal(t, want, titles(c.mustQL(t, "SELECT * FROM music WHERE "+where)), where)
	}
	assert.ElementsMatch(t, []string{"1", "it's"}, titles(c.mustQL(t, "SELECT song FROM music WHERE genre = 'rock'")))
	assert.Equal(t, []string{"it's", "1"}, titles(c.mustQL(t, `SELECT * FROM "music"."byGenre" WHERE genre = 'rock' ORDER BY plays`)))
	assert.Equal(t, []attributes{{"plays": num("10"), "list[1]": str("two"), "x": strs("p", "q")}},
		c.mustQL(t, `SELECT plays, doc.list[1], doc.list[2].x, doc.absent FROM music WHERE artist = 'a' AND song = '1'`))
}

// What is wrong with a statement is answered in DynamoDB's words.
func TestPartiQLErrors(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	const malformed, notKeys = "Statement wasn't well formed, can't be processed: ", "Where clause does not contain a mandatory equality on all key attributes"
	for text, want := range map[string]string{
		`DROP TABLE music`:                                                    malformed + "Expected data manipulation",
		`INSERT INTO urls (key) VALUES (1)`:                                   malformed + "Unexpected token: (",
		`SELECT * FROM music WHERE artist = ?`:                                "Number of parameters in request and statement don't match.",
		`SELECT doc.size FROM music`:                                          malformed + "Invalid path dot component",
		`SELECT * FROM WHERE`:                                                 malformed + "Unexpected keyword",
		`SELECT * FROM music WHERE artist = 'a`:                               malformed + "Unexpected token: '",
		`SELECT * FROM music WHERE size(artist)`:                              malformed + "Unexpected end of the statement",
		`SELECT * FROM music WHERE like(artist, 'a')`:                         malformed + "Unsupported function: like",
		`SELECT * FROM music ORDER BY song`:                                   "Must have WHERE clause in the statement when using ORDER BY clause.",
		`SELECT * FROM music WHERE plays = 1 ORDER BY song`:                   "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
		`SELECT * FROM music WHERE artist = 'a' ORDER BY plays`:               "Variable reference plays in ORDER BY clause must be part of the primary key",
		`SELECT * FROM music WHERE artist = 1`:                                "One or more parameter values were invalid: Condition parameter type does not match schema type",
		`SELECT * FROM "music"."none"`:                                        "The table does not have the specified index: none",
		`UPDATE music SET plays = 1 WHERE artist = 'a'`:                       notKeys,
		`UPDATE music SET plays = 1 WHERE artist = 'a' OR song = 'a'`:         notKeys,
		`DELETE FROM music WHERE artist = 'a' AND song > '1'`:                 notKeys,
		`DELETE FROM music`:                                                   malformed + "WHERE is required",
		`UPDATE music SET song = 'x' WHERE artist = 'a' AND song = '1'`:       "One or more parameter values were invalid: Cannot update attribute song. This attribute is part of the key",
		`UPDATE music SET a = 1, a.b = 2 WHERE artist='a' AND song = '1'`:     "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
		`INSERT INTO music VALUE {'artist':'a'}`:                              "One or more parameter values were invalid: Missing the key song in the item",
		`INSERT INTO music VALUE {'artist':'a', 'song':1}`:                    "One or more parameter values were invalid: Type mismatch for key song expected: S actual: N",
		`EXISTS(SELECT * FROM music WHERE artist = 'a' AND song = '1')`:       "EXISTS can only be used in ExecuteTransaction",
		`DELETE FROM music WHERE artist='a' AND song='1' RETURNING ALL NEW *`: malformed + "Invalid RETURNING",
	} {
		_, err := c.ql(t, text)
		worldtest.RequireError(t, err, "ValidationException", want)
	}
	_, err := c.ql(t, `SELECT * FROM music`, str("x"))
	worldtest.RequireError(t, err, "ValidationException", "Number of parameters in request and statement don't match.")
	_, err = c.ql(t, `SELECT * FROM nothing WHERE artist = 'a'`)
	worldtest.RequireError(t, err, "ResourceNotFoundException", "Requested resource not found")
	for _, text := range []string{`SELECT size(a) FROM music`, `SELECT a AS b FROM music`, `SELECT a + 1 FROM music`, `INSERT INTO "music"."byGenre" VALUE {'artist':'a'}`, `SELECT * FROM music WHERE a IS STRING`} {
		_, err := c.ql(t, text)
		requireCode(t, err, "NotImplemented")
	}
}

// A SELECT is read in pages of a Limit, by the token of the page before.
func TestPartiQLPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	for i := range 30 {
		c.put(t, attributes{"artist": str(fmt.Sprintf("artist-%d", i%15)), "song": str(fmt.Sprintf("%02d", i)), "plays": num(fmt.Sprint(i)), "genre": str("rock")})
	}
	for text, limit := range map[string]*int32{
		`SELECT * FROM music`: aws.Int32(7), `SELECT * FROM music WHERE plays >= 0`: aws.Int32(1), `SELECT * FROM music WHERE plays IS NOT MISSING`: nil,
		`SELECT * FROM "music"."byGenre" WHERE genre = 'rock'`:                     aws.Int32(4),
		`SELECT * FROM "music"."byGenre" WHERE genre = 'rock' ORDER BY plays DESC`: aws.Int32(4),
		`SELECT * FROM music WHERE artist IN ['artist-0','artist-1','artist-2','artist-3','artist-4','artist-5','artist-6','artist-7','artist-8','artist-9','artist-10','artist-11','artist-12','artist-13','artist-14']`:                      nil,
		`SELECT * FROM music WHERE artist IN ['artist-0','artist-1','artist-2','artist-3','artist-4','artist-5','artist-6','artist-7','artist-8','artist-9','artist-10','artist-11','artist-12','artist-13','artist-14'] ORDER BY artist DESC`: aws.Int32(3),
	} {
		in := &dynamodb.ExecuteStatementInput{Statement: &text, Limit: limit}
		seen := make(map[string]bool)
		for pages := 0; ; pages++ {
			require.Less(t, pages, 40)
			out, err := c.root().ExecuteStatement(t.Context(), in)
			require.NoError(t, err)
			for _, title := range titles(out.Items) {
				assert.False(t, seen[title], title)
				seen[title] = true
			}
			if in.NextToken = out.NextToken; out.NextToken == nil {
				break
			}
			if limit != nil {
				require.LessOrEqual(t, len(out.Items), int(*limit))
			}
		}
		assert.Len(t, seen, 30, text)
	}
	first, err := c.root().ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM music`), Limit: aws.Int32(2)})
	require.NoError(t, err)
	require.NotEmpty(t, first.LastEvaluatedKey)
	_, err = c.root().ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT song FROM music`), NextToken: first.NextToken})
	worldtest.RequireError(t, err, "ValidationException", "Invalid NextToken")
	_, err = c.root().ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT song FROM music`), NextToken: aws.String("nonsense")})
	worldtest.RequireError(t, err, "ValidationException", "Invalid NextToken")
}

// Statements of a batch are performed each by itself, those of a transaction all or none.
func TestPartiQLBatchesAndTransactions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	ctx, root := t.Context(), c.root()
	batch := func(texts ...string) []types.BatchStatementResponse {
		in := new(dynamodb.BatchExecuteStatementInput)
		for _, text := range texts {
			in.Statements = append(in.Statements, types.BatchStatementRequest{Statement: &text, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		}
		out, err := root.BatchExecuteStatement(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.Responses, len(texts))
		return out.Responses
	}
	read := batch(`SELECT * FROM music WHERE artist='a' AND song='1'`, `SELECT song FROM music WHERE artist='a' AND song='none'`, `SELECT * FROM music WHERE artist='a'`,
		`SELECT * FROM "music"."byPlays" WHERE artist='a' AND song='1'`, `SELECT * FROM nothing WHERE artist='a'`, `SELECT`, `SELECT * FROM music WHERE artist='a' AND song='1' AND plays < 0`)
	assert.Equal(t, "1", text(read[0].Item["song"]))
	assert.Equal(t, "music", *read[0].TableName)
	assert.Nil(t, read[1].Item)
	assert.Nil(t, read[1].Error)
	for i, code := range map[int]types.BatchStatementErrorCodeEnum{2: "ValidationError", 3: "ValidationError", 4: "ResourceNotFound", 5: "ValidationError"} {
		require.NotNil(t, read[i].Error, i)
		assert.Equal(t, code, read[i].Error.Code, i)
	}
	assert.Equal(t, "Select statements within BatchExecuteStatement must specify the primary key in the where clause.", *read[2].Error.Message)
	assert.Nil(t, read[6].Item)
	_, err := root.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{{Statement: aws.String("nonsense")}}})
	worldtest.RequireError(t, err, "ValidationException", "Statement wasn't well formed, can't be processed: Expected data manipulation")
	wrote := batch(`INSERT INTO music VALUE {'artist':'a','song':'1'}`, `INSERT INTO music VALUE {'artist':'a','song':'3'}`, `DELETE FROM music WHERE artist='a' AND song='2' AND plays > 0`)
	assert.Equal(t, types.BatchStatementErrorCodeEnumDuplicateItem, wrote[0].Error.Code)
	assert.Nil(t, wrote[1].Error)
	assert.Equal(t, types.BatchStatementErrorCodeEnumConditionalCheckFailed, wrote[2].Error.Code)
	assert.Equal(t, "2", text(wrote[2].Error.Item["song"]))
	mixed := []types.BatchStatementRequest{{Statement: aws.String(`SELECT * FROM music WHERE artist='a' AND song='1'`)}, {Statement: aws.String(`DELETE FROM music WHERE artist='a' AND song='1'`)}}
	_, err = root.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: mixed})
	requireCode(t, err, "ValidationException")

	transact := func(token *string, texts ...string) (*dynamodb.ExecuteTransactionOutput, error) {
		in := &dynamodb.ExecuteTransactionInput{ClientRequestToken: token}
		for _, text := range texts {
			in.TransactStatements = append(in.TransactStatements, types.ParameterizedStatement{Statement: &text})
		}
		return root.ExecuteTransaction(ctx, in)
	}
	got, err := transact(nil, `SELECT plays FROM music WHERE artist='a' AND song='1'`, `SELECT * FROM music WHERE artist='b' AND song='none'`)
	require.NoError(t, err)
	assert.Equal(t, []types.ItemResponse{{Item: attributes{"plays": num("10")}}, {}}, got.Responses)
	update := `UPDATE music SET plays = plays + 1 WHERE artist='a' AND song='1'`
	_, err = transact(nil, update, `EXISTS(SELECT * FROM music WHERE artist='b' AND song='it''s' AND plays > 100)`, `INSERT INTO music VALUE {'artist':'a','song':'3'}`)
	var cancelled *types.TransactionCanceledException
	require.ErrorAs(t, err, &cancelled)
	assert.Equal(t, "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, DuplicateItem]", cancelled.ErrorMessage())
	_, err = transact(nil, update, `EXISTS(SELECT * FROM music WHERE artist='c' AND song='none' AND tags IS MISSING)`)
	require.ErrorAs(t, err, &cancelled)
	for range 2 { // the second is the first again
		_, err = transact(aws.String("token"), update, `EXISTS(SELECT * FROM music WHERE artist='b' AND song='it''s' AND tags IS MISSING)`)
		require.NoError(t, err)
	}
	assert.Equal(t, num("11"), c.get(ctx, t, song("a", "1"))["plays"])
	_, err = transact(aws.String("token"), update)
	requireCode(t, err, "IdempotentParameterMismatchException")
	_, err = transact(nil, update, `DELETE FROM music WHERE artist='a' AND song='1'`)
	worldtest.RequireError(t, err, "ValidationException", "Transaction request cannot include multiple operations on one item")
	_, err = transact(nil, `SELECT * FROM music WHERE artist='a'`)
	worldtest.RequireError(t, err, "ValidationException", "Select statements within ExecuteTransaction must specify the primary key in the where clause.")
	_, err = transact(nil, update+` RETURNING ALL OLD *`)
	requireCode(t, err, "ValidationException")
}
