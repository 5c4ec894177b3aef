package dynamodb_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var partiqlActions = []string{"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"}

// but allows all statements and denies some of them.
func but(condition object) string {
	text, _ := json.Marshal(object{"Version": "2012-10-17", "Statement": []object{
		{"Effect": "Allow", "Action": partiqlActions, "Resource": "*"}, {"Effect": "Deny", "Action": partiqlActions, "Resource": "*", "Condition": condition},
	}})
	return string(text)
}

// Policies of the developer guide allow the statements that they are for, and none beside them.
func TestPartiQLAccess(t *testing.T) {
	t.Parallel()
	table := arnOf("music")
	all, own := allow(partiqlActions, table, nil), allow(partiqlActions, table, leading("a"))
	noScan := but(object{"Bool": object{"dynamodb:FullTableScan": "true"}})
	only := allow(partiqlActions, []string{table, table + "/index/*"}, object{
		"ForAllValues:StringEquals": object{"dynamodb:Attributes": []string{"artist", "song", "plays", "genre"}},
		"StringEqualsIfExists":      object{"dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": []string{"NONE", "UPDATED_OLD", "UPDATED_NEW"}},
	})
	select1, insert1 := allow("dynamodb:PartiQLSelect", table, nil), allow("dynamodb:PartiQLInsert", table, nil)
	for what, tc := range map[string]struct {
		policy, text string
		allowed      bool
	}{
		"select":                    {select1, `SELECT * FROM music`, true},
		"no insert":                 {select1, `INSERT INTO music VALUE {'artist':'a','song':'9'}`, false},
		"insert":                    {insert1, `INSERT INTO music VALUE {'artist':'a','song':'9'}`, true},
		"no update":                 {insert1, `UPDATE music SET x = 1 WHERE artist='a' AND song='1'`, false},
		"no delete":                 {insert1, `DELETE FROM music WHERE artist='a' AND song='1'`, false},
		"no select":                 {insert1, `SELECT * FROM music`, false},
		"not by the item actions":   {allow([]string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:*Item"}, "*", nil), `SELECT * FROM music`, false},
		"an index of the table":     {all, `SELECT * FROM "music"."byGenre" WHERE genre = 'rock'`, false},
		"an index":                  {allow("dynamodb:PartiQLSelect", table+"/index/byGenre", nil), `SELECT * FROM "music"."byGenre" WHERE genre = 'rock'`, true},
		"the table of an index":     {allow("dynamodb:PartiQLSelect", table+"/index/byGenre", nil), `SELECT * FROM "music"`, false},
		"a local index":             {allow("dynamodb:PartiQLSelect", table+"/index/byPlays", nil), `SELECT * FROM "music"."byPlays" WHERE artist = 'a'`, true},
		"which fetches":             {allow("dynamodb:PartiQLSelect", table+"/index/byPlays", nil), `SELECT genre FROM "music"."byPlays" WHERE artist = 'a'`, false},
		"another table":             {all, `SELECT * FROM other`, false},
		"by ARN":                    {all, `SELECT * FROM "` + table + `"`, true},
		"scan":                      {noScan, `SELECT * FROM music`, false},
		"scan with a condition":     {noScan, `SELECT * FROM music WHERE plays = 1`, false},
		"by a range of keys":        {noScan, `SELECT * FROM music WHERE artist > 'a'`, false},
		"by the sort key":           {noScan, `SELECT * FROM music WHERE song = '1'`, false},
		"by one partition":          {noScan, `SELECT * FROM music WHERE artist = 'a' AND plays = 1`, true},
		"by partitions":             {noScan, `SELECT * FROM music WHERE artist IN ['a', 'b']`, true},
		"by either":                 {noScan, `SELECT * FROM music WHERE artist = 'a' OR (artist = 'b' AND plays > 1)`, true},
		"or another attribute":      {noScan, `SELECT * FROM music WHERE artist = 'a' OR plays > 1`, false},
		"not in partitions":         {noScan, `SELECT * FROM music WHERE NOT artist IN ['a', 'b']`, false},
		"the key is of the table":   {noScan, `SELECT * FROM "music"."byGenre" WHERE artist = 'a'`, false},
		"the key is of the index":   {noScan, `SELECT * FROM "music"."byGenre" WHERE genre = 'a'`, true},
		"a key below":               {noScan, `SELECT * FROM music WHERE artist.name = 'a'`, false},
		"own":                       {own, `SELECT * FROM music WHERE artist = 'a'`, true},
		"others'":                   {own, `SELECT * FROM music WHERE artist = 'b'`, false},
		"own and others'":           {own, `SELECT * FROM music WHERE artist IN ['a', 'b']`, false},
		"own or others'":            {own, `SELECT * FROM music WHERE artist = 'a' OR artist = 'b'`, false},
		"insert own":                {own, `INSERT INTO music VALUE {'artist':'a','song':'9'}`, true},
		"insert others'":            {own, `INSERT INTO music VALUE {'artist':'b','song':'9'}`, false},
		"update own":                {own, `UPDATE music SET x = 1 WHERE artist='a' AND song='1'`, true},
		"update others'":            {own, `UPDATE music SET artist2 = 'a' WHERE artist='b' AND song='it''s'`, false},
		"update, own second":        {own, `UPDATE music SET x = 1 WHERE artist='b' AND artist='a' AND song='1'`, false},
		"delete others'":            {own, `DELETE FROM music WHERE artist='b' AND song='it''s'`, false},
		"attributes":                {only, `SELECT plays, song FROM music WHERE artist = 'a'`, true},
		"all attributes":            {only, `SELECT * FROM music WHERE artist = 'a'`, false},
		"another attribute":         {only, `SELECT plays, doc.plays FROM music WHERE artist = 'a'`, false},
		"condition on another":      {only, `SELECT plays FROM music WHERE artist = 'a' AND NOT (plays = 1 OR contains(doc.list, 1))`, false},
		"size of another":           {only, `SELECT plays FROM music WHERE artist = 'a' AND size(doc) > 1`, false},
		"another is missing":        {only, `SELECT plays FROM music WHERE artist = 'a' AND doc IS MISSING`, false},
		"set an attribute":          {only, `UPDATE music SET plays = plays + 1 WHERE artist='a' AND song='1'`, true},
		"set another":               {only, `UPDATE music SET doc = 1 WHERE artist='a' AND song='1'`, false},
		"set by another":            {only, `UPDATE music SET plays = doc.x + 1 WHERE artist='a' AND song='1'`, false},
		"remove another":            {only, `UPDATE music REMOVE doc WHERE artist='a' AND song='1'`, false},
		"returns all":               {only, `UPDATE music SET plays = 1 WHERE artist='a' AND song='1' RETURNING ALL NEW *`, false},
		"returns some":              {only, `UPDATE music SET plays = 1 WHERE artist='a' AND song='1' RETURNING MODIFIED NEW *`, true},
		"insert another":            {only, `INSERT INTO music VALUE {'artist':'a','song':'9','secret':1}`, false},
		"an index without its keys": {allow("dynamodb:PartiQLSelect", "*", object{"ForAllValues:StringEquals": object{"dynamodb:Attributes": []string{"artist", "song", "plays"}}}), `SELECT plays FROM "music"."byGenre"`, false},
		"only in transactions":      {allow(partiqlActions, table, object{"StringEquals": object{"dynamodb:EnclosingOperation": "ExecuteTransaction"}}), `SELECT * FROM music WHERE artist='a' AND song='1'`, false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.music(t)
			c.songs(t)
			user := c.users.Add(c.World.World, owner, "user", tc.policy)
			_, err := c.client(user).ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: &tc.text})
			if tc.allowed {
				require.NoError(t, err)
				return
			}
			requireCode(t, err, "AccessDeniedException")
		})
	}
}

// What a failed condition returns is a returned item, whose permission is asked.
func TestPartiQLReturnsOnFailure(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	user := c.users.Add(c.World.World, owner, "user", allow("dynamodb:PartiQLUpdate", "*", object{"StringEqualsIfExists": object{"dynamodb:ReturnValues": "NONE"}}))
	in := &dynamodb.ExecuteStatementInput{Statement: aws.String(`UPDATE music SET x = 1 WHERE artist='a' AND song='1' AND plays < 0`)}
	_, err := c.client(user).ExecuteStatement(t.Context(), in)
	requireCode(t, err, "ConditionalCheckFailedException")
	in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	_, err = c.client(user).ExecuteStatement(t.Context(), in)
	requireCode(t, err, "AccessDeniedException")

	c.users.SetPolicy(user, allow("dynamodb:PartiQLSelect", "*", object{"StringEqualsIfExists": object{"dynamodb:ReturnValues": "NONE"}}))
	exists := &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{{Statement: aws.String(`EXISTS(SELECT plays FROM music WHERE artist='a' AND song='1' AND plays < 0)`)}}}
	_, err = c.client(user).ExecuteTransaction(t.Context(), exists)
	requireCode(t, err, "TransactionCanceledException")
	exists.TransactStatements[0].ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	_, err = c.client(user).ExecuteTransaction(t.Context(), exists)
	requireCode(t, err, "AccessDeniedException")
}

// Each statement of a batch has its own permission; one that a transaction may not have ends it.
func TestPartiQLAccessOfMany(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	user := c.client(c.users.Add(c.World.World, owner, "user", allow(partiqlActions, arnOf("music"), leading("a"))))
	own, others := aws.String(`DELETE FROM music WHERE artist='a' AND song='1'`), aws.String(`DELETE FROM music WHERE artist='b' AND song='it''s'`)
	ctx := t.Context()
	_, err := user.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{{Statement: own}, {Statement: others}}})
	requireCode(t, err, "AccessDeniedException")
	_, err = user.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{
		{Statement: own}, {Statement: aws.String(`EXISTS(SELECT * FROM music WHERE artist='b' AND song='it''s')`)},
	}})
	requireCode(t, err, "AccessDeniedException")
	out, err := user.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{{Statement: others}, {Statement: own}}})
	require.NoError(t, err)
	require.NotNil(t, out.Responses[0].Error)
	assert.Equal(t, types.BatchStatementErrorCodeEnumAccessDenied, out.Responses[0].Error.Code)
	assert.Contains(t, *out.Responses[0].Error.Message, "is not authorized to perform: dynamodb:PartiQLDelete on resource: "+arnOf("music"))
	assert.Nil(t, out.Responses[1].Error)
	assert.Nil(t, c.get(ctx, t, song("a", "1")))
	assert.NotNil(t, c.get(ctx, t, song("b", "it's")))
	// A read of an index is no read of the table.
	read, err := user.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{
		{Statement: aws.String(`SELECT * FROM "music"."byPlays" WHERE artist='a' AND song='2'`)}, {Statement: aws.String(`SELECT * FROM music WHERE artist='b' AND artist='a' AND artist='a' AND song='2'`)},
	}})
	require.NoError(t, err)
	for _, r := range read.Responses {
		require.NotNil(t, r.Error)
		assert.Equal(t, types.BatchStatementErrorCodeEnumAccessDenied, r.Error.Code)
	}
	only := c.client(c.users.Add(c.World.World, owner, "transactions", allow(partiqlActions, arnOf("music"), object{"StringEquals": object{"dynamodb:EnclosingOperation": "ExecuteTransaction"}})))
	_, err = only.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{{Statement: aws.String(`SELECT * FROM music WHERE artist='b' AND song='it''s'`)}}})
	require.NoError(t, err)
}
