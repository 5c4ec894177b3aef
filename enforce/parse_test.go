package enforce

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, want string }{
		{``, "want a value, found the end"},
		{`{`, "want a quoted key"},
		{`{"a"`, "after an object's key"},
		{`{"a":1,}`, "want a quoted key"},
		{`{"a":1 "b":2}`, `want ',', found '"'`},
		{`{"a":1,"a":2}`, `key "a" is there twice`},
		{"{\"a\":1,\"\\u0061\":2}", `key "a" is there twice`},
		{`[1 2]`, "in a list"},
		{`[1,]`, "want a value, found ']'"},
		{`nul`, "want a value"},
		{`01`, "unexpected text after"},
		{`-`, "want a digit"},
		{`1.`, "want a digit"},
		{`1e`, "want a digit"},
		{`"a`, "does not end"},
		{`"\`, "unknown escape"},
		{`"\x"`, "unknown escape"},
		{`"\u12zz"`, "hexadecimal"},
		{`"\u12"`, "cut short"},
		{`"\u0041`, "does not end"},
		{`"\u`, "cut short"},
		{`"\ud800x"`, "surrogate"},
		{`"\ud800\u0041"`, "surrogate"},
		{"\"\n\"", "control character"},
		{"\"\xff\"", "not valid UTF-8"},
		{`{} {}`, "unexpected text after"},
		{strings.Repeat("[", 100), "nested more than"},
		{"\ufeff{}", "want a value"},
	} {
		_, _, err := readJSON(c.doc)
		require.NotNil(t, err, c.doc)
		assert.Contains(t, err.reason, c.want, c.doc)
	}
	for doc, at := range map[string]int{"\"\ufffdé\xff\"": 6, "\"\xe2\x82\"": 1, "\xff": 0} {
		_, _, err := readJSON(doc)
		require.NotNil(t, err, doc)
		assert.Equal(t, at, err.offset, "%q", doc)
	}
	root, _, err := readJSON(`{"a\u0062c":"x\ty\u00e9z"}`)
	require.Nil(t, err)
	assert.Equal(t, "abc", root.values().key())
	assert.Equal(t, "x\tyéz", root.values().text())
	for _, number := range []string{"1e-3", "1E+3", "1e3", "-0.5", "0"} {
		root, _, err := readJSON(number)
		require.Nil(t, err, number)
		assert.Equal(t, number, root.text())
	}
	var size int
	root, size, err = readJSON(" { \"a\" : [ true , null, -1.5e+3 , \"\\u00e9\\ud83d\\ude00\\n\\/\\b\\f\\r\\t\\\\\\\"\" ] } ")
	require.Nil(t, err)
	assert.Equal(t, len(`{"a":[true,null,-1.5e+3,"\u00e9\ud83d\ude00\n\/\b\f\r\t\\\""]}`), size)
	var texts []string
	for member := root.values(); member.found(); member = member.next() {
		assert.Equal(t, "a", member.key())
		assert.Equal(t, 4, member.count())
		for item := member.values(); item.found(); item = item.next() {
			texts = append(texts, item.text())
		}
	}
	assert.Equal(t, []string{"true", "null", "-1.5e+3", "é😀\n/\b\f\r\t\\\""}, texts)
}

func TestParseKeepsPositions(t *testing.T) {
	t.Parallel()
	doc := `{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "é", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"},
    {"Sid": "B", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
  ]
}`
	p, err := Parse(doc, QueuePolicy, Source{Name: "q", File: "q.json", Line: 10})
	require.NoError(t, err)
	require.Len(t, p.Statements(), 2)
	s := p.Statements()[1]
	line, column := s.Position()
	assert.Equal(t, []int{14, 5}, []int{line, column})
	assert.Equal(t, "B", s.Sid())
	assert.Equal(t, "B", s.Label())
	assert.Equal(t, "Deny", s.Effect())
	assert.Equal(t, "Allow", p.Statements()[0].Effect())
	assert.Equal(t, 2, s.Number())
	assert.Equal(t, p, s.Policy())
	assert.JSONEq(t, `{"Sid": "B", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}`, s.Document())
	assert.Equal(t, doc, p.Document())
	assert.Equal(t, QueuePolicy, p.Kind())
	assert.Equal(t, "2012-10-17", p.Version())
	assert.Equal(t, "q", p.Source().Name)
	assert.Less(t, p.Size(), len(doc))
}

func TestParseErrorsHavePlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		doc          string
		line, column int
		detail       string
	}{
		{"{\n  \"Versio\": \"x\"\n}", 2, 3, `unknown element "Versio"`},
		{"{\"Statement\":[{\"Efect\":\"Allow\"}]}", 1, 16, `unknown element "Efect"`},
		{"{\"Statement\":\n[]}", 2, 1, "no statements"},
		{`{"Statement":7}`, 1, 14, "a statement is an object, not a number"},
		{`{"Version":"2012-10-18","Statement":{}}`, 1, 12, "unknown Version"},
		{`{"Version":7,"Statement":{}}`, 1, 12, "Version is a string, not a number"},
		{`{"Id":{},"Statement":{}}`, 1, 7, "Id is a string, not an object"},
		{`{"Statement":{"Action":"a:b"}}`, 1, 14, "Effect is missing"},
		{`{"Statement":{"Effect":"Allow","Action":"a:b","NotAction":"a:b"}}`, 1, 14, "Action or NotAction, not both"},
		{`{"Statement":{"Effect":"Allow","Resource":"*","NotResource":"*"}}`, 1, 14, "Resource or NotResource, not both"},
		{`{"Statement":{"Effect":"Deny","Principal":"*","NotPrincipal":"*"}}`, 1, 14, "Principal or NotPrincipal, not both"},
		{`{"Statement":{"Effect":"Allow","Action":["a:b",1]}}`, 1, 48, "Action takes strings, not a number"},
		{`{"Statement":{"Effect":"Perhaps"}}`, 1, 24, `unknown Effect "Perhaps"`},
		{`{"Statement":{"Effect":"Allow","Condition":[]}}`, 1, 44, "Condition is an object, not a list"},
		{`{"Statement":{"Effect":"Allow","Condition":{"StringEqual":{}}}}`, 1, 45, `unknown condition operator "StringEqual"`},
		{`{"Statement":{"Effect":"Allow","Condition":{"Bool":"x"}}}`, 1, 52, "Bool is an object of condition keys"},
		{`{"Statement":{"Effect":"Allow","Condition":{"Bool":{"":"x"}}}}`, 1, 53, "empty condition key"},
		{`{"Statement":{"Effect":"Allow","Condition":{"Bool":{"k":null}}}}`, 1, 57, "k takes strings, numbers and booleans, not null"},
		{`{"Statement":{"Effect":"Allow","Principal":"me"}}`, 1, 44, `Principal is "*" or an object`},
		{`{"Statement":{"Effect":"Allow","Principal":{"aws":"*"}}}`, 1, 45, `unknown type of principal "aws"`},
		{`{"Statement":{"Effect":"Allow","Principal":{"AWS":7}}}`, 1, 51, "AWS takes strings, not a number"},
		{`[]`, 1, 1, "a policy is an object, not a list"},
		{`{}`, 1, 1, "Statement is missing"},
		{strings.Repeat(" ", MaxDocument+1), 1, 1, "131072 are the most"},
	} {
		_, err := Parse(c.doc, IdentityPolicy, Source{File: "p.json"})
		var e *DocumentError
		require.ErrorAs(t, err, &e, c.doc)
		assert.Equal(t, "MalformedPolicyDocument", e.Code)
		assert.Equal(t, "Syntax errors in policy.", e.Message, c.doc)
		assert.Contains(t, e.Detail, c.detail)
		assert.Equal(t, []int{c.line, c.column}, []int{e.Line, e.Column}, c.doc)
		assert.True(t, strings.HasPrefix(e.Error(), "p.json:"), e.Error())
	}
}

// rule 5 and rule 28: every grammar form.
func TestGrammarForms(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`,
		`{"Version":"2008-10-17","Id":"x","Statement":[{"Sid":"","Effect":"Deny","NotAction":["s3:GetObject"],"NotResource":["*"]}]}`,
		`{"Statement":[{"Effect":"Allow","Action":["*"],"Resource":"*","Condition":{"Bool":{"a":true,"b":["false",true]},"NumericEquals":{"c":[1,"2",-3.5]},"StringEquals":{}}}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{}}]}`,
	} {
		p, err := Parse(doc, IdentityPolicy, Source{})
		require.NoError(t, err, doc)
		again, err := Parse(p.String(), IdentityPolicy, Source{})
		require.NoError(t, err, p.String())
		assert.Equal(t, p.String(), again.String())
	}
	p := MustParse(`{"Statement":{"Resource":["arn:aws:s3:::a<b>&c"],"Action":"s3:*","Condition":{"Bool":{"k":[true,1]}},"Effect":"Allow","Sid":"x"},"Version":"2012-10-17"}`, IdentityPolicy)
	assert.Equal(t, `{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a<b>&c","Condition":{"Bool":{"k":["true","1"]}}}]}`, p.String())
	assert.Equal(t, "2008-10-17", MustParse(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, IdentityPolicy).Version())
}

func TestMustParsePanics(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, `enforce.MustParse: policy:1:1: MalformedPolicyDocument: Syntax errors in policy. (Statement is missing)`,
		func() { MustParse(`{}`, IdentityPolicy) })
	assert.Panics(t, func() { FullAWSAccess(IdentityPolicy) })
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	p := Empty(IdentityPolicy)
	assert.Equal(t, `{"Version":"2012-10-17","Statement":[]}`, p.String())
	assert.Equal(t, ImplicitDeny, verdict(ask(userOf(account, "a"), "s3:GetObject", "*"), &PolicySet{Identity: []*Policy{p}}))
}

// What is just within the limits is read.
func TestParseAtTheLimits(t *testing.T) {
	t.Parallel()
	doc := whole(stmt("Allow", "s3:*", "*"))
	_, err := Parse(doc+strings.Repeat(" ", MaxDocument-len(doc)), IdentityPolicy, Source{})
	require.NoError(t, err)
	bucket := func(key int) string {
		return whole(stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/"+strings.Repeat("x", key), `"Principal":"*"`))
	}
	most := maxBucketPolicy - len(bucket(0))
	_, err = Parse(bucket(most), BucketPolicy, Source{})
	require.NoError(t, err)
	_, err = Parse(bucket(most+1), BucketPolicy, Source{})
	require.Error(t, err)

	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	_, _, bad := readJSON(nested(maxDepth + 1))
	assert.Nil(t, bad)
	_, _, bad = readJSON(nested(maxDepth + 2))
	assert.NotNil(t, bad)
	for _, number := range []string{"9", "19", "0.9", "1e9"} {
		root, _, bad := readJSON(number)
		require.Nil(t, bad, number)
		assert.Equal(t, number, root.text())
	}
}

// Large and hostile documents end quickly, with an error.
func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		strings.Repeat("x", 10<<20),
		`{"Statement":` + strings.Repeat("[", MaxDocument/2),
		`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + strings.Repeat("a*", 50000) + `"`,
		`{` + strings.Repeat(`"a":1,`, 10),
	} {
		_, err := Parse(doc, IdentityPolicy, Source{})
		require.Error(t, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username, 'x'}/*"}]}`, int(IdentityPolicy))
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333"]},"NotAction":[],"Condition":{"DateLessThan":{"aws:CurrentTime":2026}}}}`, int(BucketPolicy))
	f.Add(`{"Statement":[{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:*"}]}`, int(TrustPolicy))
	f.Add("{\"a\":[\"\\ud83d\\ude00\",-1.5e3,null]}", 0)
	f.Fuzz(func(t *testing.T, doc string, kind int) {
		p, err := Parse(doc, Kind(kind), Source{})
		if err != nil {
			var e *DocumentError
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Detail == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		printed := p.String()
		again, err := Parse(printed, Kind(kind), Source{})
		if err != nil {
			t.Fatalf("%s\nprints as %s\nwhich is refused: %v", doc, printed, err)
		}
		if again.String() != printed {
			t.Fatalf("%s\nprints as %s\nand then as %s", doc, printed, again)
		}
	})
}

// In an object of many keys, one that is there twice is found wherever it is.
func TestKeysTwiceAmongMany(t *testing.T) {
	t.Parallel()
	const many = 40
	key := func(i int) string { return `"k` + strconv.Itoa(i) + `":1` }
	keys := make([]string, many)
	for i := range keys {
		keys[i] = key(i)
	}
	_, _, err := readJSON("{" + strings.Join(keys, ",") + "}")
	require.Nil(t, err)
	for first := range many {
		for _, second := range []int{fewKeys - 1, fewKeys, fewKeys + 1, many} {
			if first < second {
				_, _, err := readJSON("{" + strings.Join(slices.Insert(slices.Clone(keys), second, key(first)), ",") + "}")
				require.NotNil(t, err)
				assert.Equal(t, `key "k`+strconv.Itoa(first)+`" is there twice`, err.reason)
			}
		}
	}
}

// Statements of a document that was made of another stand where they stood there.
func TestPositionsOfAnotherFile(t *testing.T) {
	t.Parallel()
	p, err := Parse(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}`,
		IdentityPolicy, Source{File: "template.yaml", Line: 7, Statements: []Position{{Line: 40, Column: 13}}})
	require.NoError(t, err)
	line, column := p.Statements()[0].Position()
	assert.Equal(t, Position{40, 13}, Position{line, column})
	line, column = p.Statements()[1].Position()
	assert.Equal(t, Position{8, 67}, Position{line, column}, "of those that are not known the document tells")
}

// What is wrong in a document that was made of another format stands where its statement
// does, and what is in none where the document begins.
func TestErrorsInOtherFormats(t *testing.T) {
	t.Parallel()
	src := Source{File: "t.yaml", Line: 7, Statements: []Position{{9, 11}, {14, 11}}}
	const first = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},` + "\n"
	for text, want := range map[string]Position{
		first + `{"Effect": "Allow", "Action": "s3:*"}]}`:                                                      {14, 11},
		first + `{"Effect": "Permit", "Action": "s3:*", "Resource": "*"}]}`:                                    {14, 11},
		first + `{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}], "Extra": 1}`:                          {7, 1},
		`{"Version": "2013-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}`:      {7, 1},
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "bucket"}]}`: {9, 11},
	} {
		_, err := Parse(text, IdentityPolicy, src)
		var refused *DocumentError
		require.ErrorAs(t, err, &refused, text)
		assert.Equal(t, want, Position{refused.Line, refused.Column}, text)
	}
}
