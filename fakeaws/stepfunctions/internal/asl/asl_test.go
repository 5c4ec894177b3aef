package asl

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func decode(t testing.TB, text string) any {
	t.Helper()
	v, err := Decode([]byte(text))
	require.NoError(t, err, text)
	return v
}

const store = `{"store":{"book":[{"title":"A","price":8.95,"isbn":"1"},{"title":"B","price":12.99},{"title":"C","price":8.99,"isbn":"2"}],"bicycle":{"color":"red","price":19.95}},"max":10,"a-b":1,"x y":{"z":true}}`

// Paths find what the language and the developer guide say.
func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"$":                                 store,
		"$.max":                             `10`,
		"$.a-b":                             `1`,
		"$['x y'].z":                        `true`,
		`$["x y"]["z"]`:                     `true`,
		"$.store.book[0].title":             `"A"`,
		"$.store.book[-1].title":            `"C"`,
		"$.store.book[*].title":             `["A","B","C"]`,
		"$.store.book[0,2].title":           `["A","C"]`,
		"$.store.book[:2].title":            `["A","B"]`,
		"$.store.book[1:].title":            `["B","C"]`,
		"$.store.book[-2:].title":           `["B","C"]`,
		"$.store.book[::2].title":           `["A","C"]`,
		"$.store.book[5:]":                  `[]`,
		"$..price":                          `[19.95,8.95,12.99,8.99]`,
		"$.store..price":                    `[19.95,8.95,12.99,8.99]`,
		"$.store.bicycle.*":                 `["red",19.95]`,
		"$.store.bicycle['color','price']":  `["red",19.95]`,
		"$.store.book[?(@.isbn)].title":     `["A","C"]`,
		"$.store.book[?(!@.isbn)].title":    `["B"]`,
		"$..book[?(@.price < $.max)].title": `["A","C"]`,
		"$.store.book[?(@.price > 8.95 && @.price<10 || @.title == 'A')].title": `["A","C"]`,
		"$.store.book[?(@.title != \"B\")].title":                               `["A","C"]`,
		"$.store.book[?((@.price >= 12.99))].title":                             `["B"]`,
		"$.store.book[?(@.isbn == null)].title":                                 `[]`,
		"$$.Execution.Id":                                                       `"id"`,
		"$v.a[1]":                                                               `2`,
		"$v":                                                                    `{"a":[1,2]}`,
	} {
		p, err := ParsePath(path)
		require.NoError(t, err, path)
		env := &Env{Data: decode(t, store), Context: decode(t, `{"Execution":{"Id":"id"}}`), Variable: func(name string) (any, bool) {
			return decode(t, `{"a":[1,2]}`), name == "v"
		}}
		env.begin()
		got, err := p.Eval(env)
		require.NoError(t, err, path)
		text, ok := Encode(got, 1<<20)
		require.True(t, ok)
		assert.JSONEq(t, want, text, path)
	}
	for _, path := range []string{"", "a", "$.", "$[", "$[a]", "$[']", "$.a[?]", "$.a[?(@)", "$..", "$.a b", "$[1", "$[::0]", "$.a[?(1)]", "$a.", "$.a[?(@.b ==)]", strings.Repeat("$", 3), "$" + strings.Repeat(".a", 201)} {
		_, err := ParsePath(path)
		assert.Error(t, err, path)
	}
	for _, path := range []string{"$.nothing", "$.store.book[3]", "$.max.x", "$w"} {
		p, err := ParsePath(path)
		require.NoError(t, err)
		env := &Env{Data: decode(t, store)}
		env.begin()
		_, err = p.Eval(env)
		assert.Error(t, err, path)
	}
	for path, want := range map[string]bool{"$": true, "$.a.b": true, "$.a[0]['b']": true, "$.a[*]": false, "$..a": false, "$.a[0:1]": false, "$.a[0,1]": false, "$.a[-1]": false, "$.a[?(@.b)]": false} {
		p, err := ParsePath(path)
		require.NoError(t, err)
		assert.Equal(t, want, p.IsReference(), path)
	}
}

// The examples of the developer guide's page of intrinsic functions, and their errors.
func TestIntrinsicFunctions(t *testing.T) {
	t.Parallel()
	env := &Env{Data: decode(t, `{"name":"Arnav","l":[1,2,3,4,5,6,7,8,9],"nested":[1,2,3,3,3,[1],[1]],"o":{"a":{"a1":1,"a2":2},"b":2},"p":{"a":{"a3":1,"a4":2},"c":3},
		"escaped":"{\"foo\": \"bar\"}","csv":"1,2,3","mixed":"This.is+a,test=string"}`),
		UUID: func() string { return "ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8" }, Random: func() float64 { return 0.5 }}
	for call, want := range map[string]string{
		"States.Format('Hello, my name is {}.', $.name)":                      `"Hello, my name is Arnav."`,
		`States.Format('{} \{\} \'{}\' {}', 1, null, true)`:                   `"1 {} 'null' true"`,
		"States.Format('{}', $.o)":                                            `"{\"a\":{\"a1\":1,\"a2\":2},\"b\":2}"`,
		"States.StringToJson($.escaped)":                                      `{"foo":"bar"}`,
		"States.JsonToString($.o.a)":                                          `"{\"a1\":1,\"a2\":2}"`,
		"States.Array('Foo', 2020, $.name, null)":                             `["Foo",2020,"Arnav",null]`,
		"States.Array()":                                                      `[]`,
		"States.ArrayPartition($.l,4)":                                        `[[1,2,3,4],[5,6,7,8],[9]]`,
		"States.ArrayContains($.l, 5)":                                        `true`,
		"States.ArrayContains($.l, 5.0)":                                      `true`,
		"States.ArrayContains($.l, '5')":                                      `false`,
		"States.ArrayRange(1, 9, 2)":                                          `[1,3,5,7,9]`,
		"States.ArrayRange(3, 1, -1)":                                         `[3,2,1]`,
		"States.ArrayGetItem($.l, 5)":                                         `6`,
		"States.ArrayLength($.l)":                                             `9`,
		"States.ArrayUnique($.nested)":                                        `[1,2,3,[1]]`,
		"States.Base64Encode('Data to encode')":                               `"RGF0YSB0byBlbmNvZGU="`,
		"States.Base64Decode('RGVjb2RlZCBkYXRh')":                             `"Decoded data"`,
		"States.Hash('input data', 'SHA-1')":                                  `"aaff4a450a104cd177d28d18d74485e8cae074b7"`,
		"States.JsonMerge($.o, $.p, false)":                                   `{"a":{"a3":1,"a4":2},"b":2,"c":3}`,
		"States.MathRandom(1, 999)":                                           `500`,
		"States.MathAdd(111, -1)":                                             `110`,
		"States.MathAdd(1.5, 1.4)":                                            `3`,
		"States.StringSplit($.csv, ',')":                                      `["1","2","3"]`,
		"States.StringSplit($.mixed, '.+,=')":                                 `["This","is","a","test","string"]`,
		"States.UUID()":                                                       `"ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8"`,
		"States.Format('{}', States.ArrayGetItem($.l, States.MathAdd(1, 1)))": `"3"`,
	} {
		e, err := ParseExpression(call)
		require.NoError(t, err, call)
		env.begin()
		got, err := e.Eval(env)
		require.NoError(t, err, call)
		text, _ := Encode(got, 1<<20)
		assert.JSONEq(t, want, text, call)
	}
	for _, call := range []string{
		"States.Format('{}')", "States.Format('', 1)", "States.Format(1)", "States.StringToJson('{')", "States.ArrayPartition($.l, 0)", "States.ArrayRange(1, 2000, 1)",
		"States.ArrayRange(1, 2, 0)", "States.ArrayGetItem($.l, 9)", "States.ArrayGetItem($.l, -1)", "States.ArrayLength($.name)", "States.Base64Decode('%')", "States.Hash('a', 'CRC')",
		"States.JsonMerge($.o, $.p, true)", "States.MathRandom(2, 1)", "States.MathAdd('a', 1)", "States.Base64Encode(1)",
	} {
		e, err := ParseExpression(call)
		require.NoError(t, err, call)
		env.begin()
		_, err = e.Eval(env)
		var failed *Error
		require.ErrorAs(t, err, &failed, call)
		assert.Equal(t, ErrIntrinsic, failed.Name)
	}
	deep := strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11)
	for _, call := range []string{"States.Nothing()", "States.UUID(1)", "States.Format(", "States.Array(1,)", "Format('a')", "States.Hash('a')", deep} {
		_, err := ParseExpression(call)
		assert.Error(t, err, call)
	}
}

// Each operator of Choice states, as it holds, as it does not, and of another type.
func TestChoiceOperators(t *testing.T) {
	t.Parallel()
	const data = `{"s":"b","n":2,"t":true,"f":false,"null":null,"at":"2001-01-01T12:00:00Z","same":"b","two":2.0,"l":[],"o":{}}`
	for rule, want := range map[string]bool{
		`"Variable":"$.s","StringEquals":"b"`: true, `"Variable":"$.s","StringEquals":"c"`: false, `"Variable":"$.n","StringEquals":"2"`: false,
		`"Variable":"$.s","StringEqualsPath":"$.same"`: true, `"Variable":"$.s","StringEqualsPath":"$.n"`: false,
		`"Variable":"$.s","StringLessThan":"c"`: true, `"Variable":"$.s","StringLessThan":"b"`: false, `"Variable":"$.s","StringLessThanPath":"$.same"`: false,
		`"Variable":"$.s","StringGreaterThan":"a"`: true, `"Variable":"$.s","StringGreaterThan":"b"`: false, `"Variable":"$.s","StringGreaterThanPath":"$.same"`: false,
		`"Variable":"$.s","StringLessThanEquals":"b"`: true, `"Variable":"$.s","StringLessThanEquals":"a"`: false, `"Variable":"$.s","StringLessThanEqualsPath":"$.same"`: true,
		`"Variable":"$.s","StringGreaterThanEquals":"b"`: true, `"Variable":"$.s","StringGreaterThanEquals":"c"`: false, `"Variable":"$.s","StringGreaterThanEqualsPath":"$.same"`: true,
		`"Variable":"$.s","StringMatches":"*"`: true, `"Variable":"$.at","StringMatches":"2001-*T*Z"`: true, `"Variable":"$.at","StringMatches":"2001-*T"`: false, `"Variable":"$.s","StringMatches":"\\*"`: false, `"Variable":"$.n","StringMatches":"*"`: false,
		`"Variable":"$.n","NumericEquals":2`: true, `"Variable":"$.n","NumericEquals":2.5`: false, `"Variable":"$.n","NumericEqualsPath":"$.two"`: true, `"Variable":"$.s","NumericEquals":2`: false,
		`"Variable":"$.n","NumericLessThan":3`: true, `"Variable":"$.n","NumericLessThan":2`: false, `"Variable":"$.n","NumericLessThanPath":"$.two"`: false,
		`"Variable":"$.n","NumericGreaterThan":1`: true, `"Variable":"$.n","NumericGreaterThan":2`: false, `"Variable":"$.n","NumericGreaterThanPath":"$.two"`: false,
		`"Variable":"$.n","NumericLessThanEquals":2`: true, `"Variable":"$.n","NumericLessThanEquals":1`: false, `"Variable":"$.n","NumericLessThanEqualsPath":"$.two"`: true,
		`"Variable":"$.n","NumericGreaterThanEquals":2`: true, `"Variable":"$.n","NumericGreaterThanEquals":3`: false, `"Variable":"$.n","NumericGreaterThanEqualsPath":"$.two"`: true,
		`"Variable":"$.t","BooleanEquals":true`: true, `"Variable":"$.t","BooleanEquals":false`: false, `"Variable":"$.t","BooleanEqualsPath":"$.f"`: false, `"Variable":"$.s","BooleanEquals":true`: false,
		`"Variable":"$.at","TimestampEquals":"2001-01-01T13:00:00+01:00"`: true, `"Variable":"$.at","TimestampEquals":"2001-01-01T12:00:01Z"`: false, `"Variable":"$.at","TimestampEqualsPath":"$.at"`: true,
		`"Variable":"$.at","TimestampLessThan":"2001-01-01T12:00:01Z"`: true, `"Variable":"$.at","TimestampLessThan":"2001-01-01T12:00:00Z"`: false, `"Variable":"$.at","TimestampLessThanPath":"$.at"`: false,
		`"Variable":"$.at","TimestampGreaterThan":"2001-01-01T11:00:00Z"`: true, `"Variable":"$.at","TimestampGreaterThan":"2001-01-01T12:00:00Z"`: false, `"Variable":"$.at","TimestampGreaterThanPath":"$.at"`: false,
		`"Variable":"$.at","TimestampLessThanEquals":"2001-01-01T12:00:00Z"`: true, `"Variable":"$.at","TimestampLessThanEquals":"2001-01-01T11:00:00Z"`: false, `"Variable":"$.at","TimestampLessThanEqualsPath":"$.at"`: true,
		`"Variable":"$.at","TimestampGreaterThanEquals":"2001-01-01T12:00:00Z"`: true, `"Variable":"$.at","TimestampGreaterThanEquals":"2001-01-01T13:00:00Z"`: false, `"Variable":"$.at","TimestampGreaterThanEqualsPath":"$.at"`: true,
		`"Variable":"$.null","IsNull":true`: true, `"Variable":"$.s","IsNull":true`: false, `"Variable":"$.s","IsNull":false`: true,
		`"Variable":"$.s","IsPresent":true`: true, `"Variable":"$.none.x","IsPresent":true`: false, `"Variable":"$.none","IsPresent":false`: true,
		`"Variable":"$.n","IsNumeric":true`: true, `"Variable":"$.s","IsNumeric":true`: false, `"Variable":"$.s","IsString":true`: true, `"Variable":"$.l","IsString":true`: false,
		`"Variable":"$.f","IsBoolean":true`: true, `"Variable":"$.n","IsBoolean":true`: false, `"Variable":"$.at","IsTimestamp":true`: true, `"Variable":"$.s","IsTimestamp":true`: false,
		`"And":[{"Variable":"$.n","NumericEquals":2},{"Variable":"$.t","BooleanEquals":true}]`: true, `"And":[{"Variable":"$.n","NumericEquals":2},{"Variable":"$.t","BooleanEquals":false}]`: false,
		`"Or":[{"Variable":"$.n","NumericEquals":3},{"Variable":"$.t","BooleanEquals":true}]`: true, `"Or":[{"Variable":"$.n","NumericEquals":3}]`: false,
		`"Not":{"Variable":"$.n","NumericEquals":3}`: true, `"Not":{"Variable":"$.n","NumericEquals":2}`: false,
	} {
		m, problems, err := Parse([]byte(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{`+rule+`,"Next":"Y"}],"Default":"N"},"Y":{"Type":"Succeed"},"N":{"Type":"Succeed"}}}`), false)
		require.NoError(t, err)
		require.NotNil(t, m, "%s %v", rule, problems)
		got, err := m.States["C"].Choices[0].Holds(&Env{Data: decode(t, data)})
		require.NoError(t, err, rule)
		assert.Equal(t, want, got, rule)
	}
}

// What is wrong with definitions, and where.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	state := func(s string) string { return `{"StartAt":"A","States":{"A":` + s + `}}` }
	for definition, want := range map[string]string{
		`{`:                           "INVALID_JSON_DESCRIPTION: The definition is no valid JSON: unexpected EOF at ",
		`[]`:                          "SCHEMA_VALIDATION_FAILED: Expected value of type Object at ",
		`{}`:                          "SCHEMA_VALIDATION_FAILED: The field 'StartAt' is required but was missing at ",
		`{"StartAt":"A","States":{}}`: "SCHEMA_VALIDATION_FAILED: Value must not be empty at /States",
		`{"StartAt":"B","States":{"A":{"Type":"Succeed"}}}`:                        "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /StartAt",
		`{"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}}`: `MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B`,
		state(`{"Type":"Pass","Next":"A"}`):                                        "MISSING_END_STATE: No terminal state at ",
		state(`{"Type":"Pas","End":true}`):                                         "SCHEMA_VALIDATION_FAILED: Value is not one of [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait] at /States/A/Type",
		state(`{"Type":"Pass"}`):                                                   "SCHEMA_VALIDATION_FAILED: A state must have exactly one of 'Next' and 'End' at /States/A",
		state(`{"Type":"Pass","End":true,"Next":"A"}`):                             "SCHEMA_VALIDATION_FAILED: A state must have exactly one of 'Next' and 'End' at /States/A",
		state(`{"Type":"Pass","End":true,"Resultat":1}`):                           "SCHEMA_VALIDATION_FAILED: Field is not supported at /States/A/Resultat",
		state(`{"Type":"Succeed","Next":"A"}`):                                     "SCHEMA_VALIDATION_FAILED: Field is not supported at /States/A/Next",
		state(`{"Type":"Pass","End":true,"InputPath":"x"}`):                        "SCHEMA_VALIDATION_FAILED: Value is not a valid JSONPath at /States/A/InputPath",
		state(`{"Type":"Pass","End":true,"ResultPath":"$.a[*]"}`):                  "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/A/ResultPath",
		state(`{"Type":"Pass","End":true,"Parameters":{"d":{"a.$":"x"}}}`):         "SCHEMA_VALIDATION_FAILED: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters/d/a.$",
		state(`{"Type":"Pass","End":true,"Parameters":{"a.$":7}}`):                 "SCHEMA_VALIDATION_FAILED: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters/a.$",
		state(`{"Type":"Pass","End":true,"Assign":{"1a":1}}`):                      "SCHEMA_VALIDATION_FAILED: A variable name must begin with a letter or underscore, and have letters, digits and underscores, at most 80 at /States/A/Assign/1a",
		state(`{"Type":"Task","End":true}`):                                        "SCHEMA_VALIDATION_FAILED: The field 'Resource' is required but was missing at /States/A",
		state(`{"Type":"Task","End":true,"Resource":"f"}`):                         "SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/A/Resource",
		state(`{"Type":"Task","End":true,"Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","TimeoutSeconds":5,"HeartbeatSeconds":5}`): "SCHEMA_VALIDATION_FAILED: HeartbeatSeconds must be smaller than TimeoutSeconds at /States/A/HeartbeatSeconds",
		state(`{"Type":"Wait","End":true}`):                                                                    "SCHEMA_VALIDATION_FAILED: A state must have exactly one of [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/A",
		state(`{"Type":"Wait","End":true,"Seconds":-1}`):                                                       "SCHEMA_VALIDATION_FAILED: Value must be an integer between 0 and 99999999 at /States/A/Seconds",
		state(`{"Type":"Wait","End":true,"Timestamp":"2001-01-01t00:00:00z"}`):                                 "SCHEMA_VALIDATION_FAILED: Value is not a valid timestamp at /States/A/Timestamp",
		state(`{"Type":"Choice","Choices":[]}`):                                                                "SCHEMA_VALIDATION_FAILED: Value must not be empty at /States/A/Choices",
		state(`{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"A"}]}`):                                   "SCHEMA_VALIDATION_FAILED: A choice rule must have exactly one comparison, And, Or or Not at /States/A/Choices[0]",
		state(`{"Type":"Choice","Choices":[{"Variable":"$.a","StringIs":"a","Next":"A"}]}`):                    "SCHEMA_VALIDATION_FAILED: Field is not supported at /States/A/Choices[0]/StringIs",
		state(`{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":"1","Next":"A"}]}`):               "SCHEMA_VALIDATION_FAILED: Expected value of type Numeric at /States/A/Choices[0]/NumericEquals",
		state(`{"Type":"Fail","Error":"a","ErrorPath":"$.a"}`):                                                 "SCHEMA_VALIDATION_FAILED: A state must not have more than one of [Error, ErrorPath] at /States/A",
		state(`{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}]}`): "DUPLICATE_STATE_NAME: Duplicate state name: A at /States/A/Branches[0]/States/A",
		state(`{"Type":"Map","End":true}`):                                                                     "SCHEMA_VALIDATION_FAILED: The field 'ItemProcessor' is required but was missing at /States/A",
		state(`{"Type":"Task","End":true,"Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["a"]}]}`): "SCHEMA_VALIDATION_FAILED: States.ALL must appear in the last element at /States/A/Retry[0]/ErrorEquals",
		state(`{"Type":"Task","End":true,"Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Retry":[{"ErrorEquals":["a"],"BackoffRate":0.5}]}`):              "SCHEMA_VALIDATION_FAILED: Value must be a number of 1.0 or more at /States/A/Retry[0]/BackoffRate",
		state(`{"Type":"Task","End":true,"Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Catch":[{"ErrorEquals":["a"],"Next":"B"}]}`):                     "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Catch[0]/Next",
	} {
		m, problems, err := Parse([]byte(definition), false)
		require.NoError(t, err, definition)
		assert.Nil(t, m, definition)
		var texts []string
		for _, p := range problems {
			texts = append(texts, p.Text())
		}
		assert.Contains(t, texts, want, definition)
	}
	for definition, want := range map[string]string{
		`{"QueryLanguage":"JSONata","StartAt":"A","States":{}}`:       "the query language JSONata",
		state(`{"Type":"Pass","QueryLanguage":"JSONata","End":true}`): "the query language JSONata",
	} {
		_, _, err := Parse([]byte(definition), false)
		var u *UnsupportedError
		require.ErrorAs(t, err, &u)
		assert.Equal(t, want, u.What)
	}
	_, problems, _ := Parse([]byte(state(`{"Type":"Pass","End":true,"Parameters":{"a":"$.b"}}`)), false)
	require.Len(t, problems, 1)
	assert.Equal(t, CodeNoDollar, problems[0].Code)
	_, problems, _ = Parse([]byte(state(`{"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken"}`)), true)
	assert.NotEmpty(t, problems, "an express execution cannot wait for a token")
}

func TestRetrier(t *testing.T) {
	t.Parallel()
	r := Retrier{Errors: []string{ErrTaskFailed}, Interval: 3, Backoff: 1.5}
	for n, want := range map[int]time.Duration{1: 3 * time.Second, 2: 4500 * time.Millisecond, 3: 6750 * time.Millisecond, 1000: maxDelay * time.Second} {
		assert.Equal(t, want, r.Delay(n))
	}
	for name, want := range map[string]bool{"any": true, ErrTaskFailed: true, ErrTimeout: false, ErrRuntime: false, ErrDataLimit: false, ErrHeartbeatTimeout: false} {
		assert.Equal(t, want, r.Matches(&Error{Name: name}), name)
	}
	timeout := Catcher{Errors: []string{ErrTimeout}}
	assert.True(t, timeout.Matches(&Error{Name: ErrHeartbeatTimeout}))
	all := Catcher{Errors: []string{ErrAll}}
	assert.False(t, all.Matches(&Error{Name: ErrRuntime}))
	assert.True(t, all.Matches(&Error{Name: ErrTimeout}))
}

// Hostile expressions end soon: what they could visit grows with the power of their depth.
func TestBounds(t *testing.T) {
	t.Parallel()
	v := any("x")
	for range 100 {
		v = []any{v, v, v, v}
	}
	env := &Env{Data: v}
	for _, text := range []string{"$..*", "$..[?(@..a)]", "States.ArrayContains($, $)", "States.JsonToString($)", "States.Format('{}', $)", "States.ArrayUnique($)"} {
		e, err := ParseExpression(text)
		require.NoError(t, err)
		start := time.Now()
		env.begin()
		_, err = e.Eval(env)
		assert.Less(t, time.Since(start), 20*time.Second, text)
		if text != "States.ArrayContains($, $)" {
			assert.Error(t, err, text)
		}
	}
	_, ok := Encode(v, MaxData)
	assert.False(t, ok)
	deep := strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000)
	_, err := Decode([]byte(deep))
	require.ErrorIs(t, err, errDeep)
	_, problems, _ := Parse([]byte(nested(30)), false)
	assert.Equal(t, CodeNested, problems[0].Code)
}

// nested is a machine of Parallel states in each other.
func nested(depth int) string {
	name := "S" + strings.Repeat("x", depth)
	if depth == 0 {
		return `{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`
	}
	return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Parallel","End":true,"Branches":[` + nested(depth-1) + `]}}}`
}

func FuzzParse(f *testing.F) {
	f.Add(nested(2))
	f.Add(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Not":{"Variable":"$.a","StringMatches":"*a"},"Next":"C"}],"Default":"C"}}}`)
	f.Add(`{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a","ItemSelector":{"a.$":"States.Array($)"},"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`)
	f.Add(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Retry":[{"ErrorEquals":["a"],"BackoffRate":1e9}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"}],"End":true}}}`)
	f.Fuzz(func(t *testing.T, definition string) {
		m, problems, err := Parse([]byte(definition), false)
		if m == nil && err == nil && len(problems) == 0 {
			t.Fatal("a definition is refused without a reason")
		}
		if m == nil {
			return
		}
		env := &Env{Data: map[string]any{"a": []any{"x"}}, Context: map[string]any{}}
		m.Each(func(s *State) {
			if s.Type == Choice {
				_, _, _ = s.Chosen(env)
			}
			_, _ = s.Input(env)
			_, _ = s.Output(env, "result")
			for i := range s.Retry {
				if d := s.Retry[i].Delay(s.Retry[i].MaxAttempts%1000 + 1); d < 0 {
					t.Fatal("a delay is negative")
				}
			}
		})
	})
}

func FuzzExpression(f *testing.F) {
	for _, text := range []string{"$.a[?(@.b == 'c' && !@.d)]", "$..['a','b'][1:2]", "$$.x", "$v.y", "States.Format('a{}', States.Array($.a, 1.5e3, null))", "States.StringSplit('a,b', ',')"} {
		f.Add(text, store)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		e, err := ParseExpression(text)
		if err != nil {
			return
		}
		v, err := Decode([]byte(data))
		if err != nil {
			return
		}
		if e.String() != text {
			t.Fatalf("%q reads as %q", text, e.String())
		}
		env := &Env{Data: v}
		env.begin()
		got, err := e.Eval(env)
		var missing *MissingError
		if err != nil || errors.As(err, &missing) {
			return
		}
		encoded, ok := Encode(got, 1<<20)
		if !ok {
			return
		}
		if _, err := Decode([]byte(encoded)); err != nil && !errors.Is(err, errDeep) {
			t.Fatalf("%s: %v", encoded, err)
		}
	})
}

func FuzzPut(f *testing.F) {
	f.Add("$.a.b[0]", `{"a":{"b":[1]}}`)
	f.Fuzz(func(t *testing.T, path, data string) {
		p, err := ParsePath(path)
		if err != nil || !p.IsReference() || p.root != ofData {
			return
		}
		v, err := Decode([]byte(data))
		if err != nil {
			return
		}
		before, _ := Encode(v, 1<<20)
		out, err := p.Put(v, "put")
		if after, _ := Encode(v, 1<<20); after != before {
			t.Fatal("the value was changed")
		}
		if err != nil {
			return
		}
		env := &Env{Data: out}
		env.begin()
		got, err := p.Eval(env)
		if err != nil || got != "put" {
			t.Fatalf("%s of %s: %v, %v", path, data, got, err)
		}
	})
}
