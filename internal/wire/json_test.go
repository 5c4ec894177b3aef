package wire

import (
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func jsonRequest(target, body string) *Request {
	return &Request{
		Method: http.MethodPost, Path: "/", Body: []byte(body), ContentLength: int64(len(body)),
		Header: http.Header{"X-Amz-Target": {target}, "Content-Type": {"application/x-amz-json-1.0"}},
	}
}

func TestJSONRequests(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	for body, want := range map[string]*sqs.SendMessageInput{
		"":       {},
		" {} ":   {},
		"\n{\t}": {},
		`{"MessageBody":null,"Unknown":{"a":[1,-2.5e3,true,false,null,"x\u0041"]},"DelaySeconds":3}`: {DelaySeconds: 3},
		`{"MessageBody":"a\"\\\/\b\f\n\r\t\u20ac\ud83d\ude00é"}`:                                     {MessageBody: ptr("a\"\\/\b\f\n\r\t€😀é")},
		`{"DelaySeconds":1e1}`:  {DelaySeconds: 10},
		`{"DelaySeconds":-0}`:   {},
		`{"DelaySeconds":20.0}`: {DelaySeconds: 20},
		`{"MessageAttributes":{"k":{"BinaryValue":"YmxvYg==","DataType":"Binary","StringListValues":[],"BinaryListValues":["YQ=="]}}}`: {
			MessageAttributes: map[string]sqstypes.MessageAttributeValue{
				"k": {BinaryValue: []byte("blob"), DataType: ptr("Binary"), StringListValues: []string{}, BinaryListValues: [][]byte{[]byte("a")}},
			},
		},
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			r := jsonRequest("AmazonSQS.SendMessage", body)
			assert.False(t, s.NeedsBody(r))
			o, p, err := s.Match(r)
			require.NoError(t, err)
			assert.Equal(t, AWSJSON10, p)
			var in sqs.SendMessageInput
			require.NoError(t, o.Decode(p, r, &in))
			assert.Empty(t, diffSDK(want, &in))
		})
	}
}

func TestBadJSON(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	for body, text := range map[string]string{
		"x": "Unexpected token", "[]": "Start of list", `"a"`: "Expected structure", "1": "Expected structure", "null": "Unexpected token",
		"{": "Unexpected end", `{"MessageBody"`: "Unexpected end", `{"MessageBody":`: "Unexpected end", `{"MessageBody":"a`: "Unexpected end",
		`{"MessageBody":"a"`: "Unexpected end", `{"MessageBody":"a",}`: "Unexpected token", `{"MessageBody" "a"}`: "Unexpected token", `{MessageBody:1}`: "Unexpected token",
		"{}x": "Unexpected token", "{}{}": "Unexpected token", `{"MessageBody":"a""b"}`: "Unexpected token",
		`{"MessageBody":1}`:     "NUMBER_VALUE cannot be converted to String",
		`{"MessageBody":true}`:  "TRUE_VALUE cannot be converted to String",
		`{"MessageBody":{}}`:    "Start of structure or map found where not expected.",
		`{"MessageBody":[]}`:    "Start of list found where not expected.",
		`{"DelaySeconds":"1"}`:  "STRING_VALUE cannot be converted to Integer",
		`{"DelaySeconds":1.5}`:  "out of range",
		`{"DelaySeconds":1e99}`: "out of range", `{"DelaySeconds":99999999999}`: "out of range", `{"DelaySeconds":3000000000.0}`: "out of range",
		`{"DelaySeconds":01}`: "Unexpected token", `{"DelaySeconds":+1}`: "Unexpected token", `{"DelaySeconds":.5}`: "Unexpected token", `{"DelaySeconds":1.}`: "Unexpected token",
		`{"DelaySeconds":-}`: "Unexpected token", `{"DelaySeconds":1e}`: "Unexpected token", `{"DelaySeconds":NaN}`: "Unexpected token", `{"DelaySeconds":tru}`: "TRUE_VALUE", `{"x":tru}`: "Unexpected token",
		`{"MessageAttributes":[]}`: "Start of list", `{"MessageAttributes":{"k":null}}`: "Unexpected null", `{"MessageAttributes":"k"}`: "Expected map",
		`{"MessageAttributes":{"k":{"BinaryValue":"*"}}}`:         "Invalid base64",
		`{"MessageAttributes":{"k":{"BinaryValue":1}}}`:           "NUMBER_VALUE cannot be converted to Blob",
		`{"MessageAttributes":{"k":{"StringListValues":[null]}}}`: "Unexpected null",
		`{"MessageAttributes":{"k":{"StringListValues":{}}}}`:     "Start of structure",
		"{\"MessageBody\":\"\xff\"}":                              "Invalid string",
		"{\"MessageBody\":\"a\nb\"}":                              "Invalid string",
		"{\"MessageBody\":\"\\n\xff\"}":                           "Invalid string",
		`{"MessageBody":"\x"}`:                                    "Invalid string",
		`{"MessageBody":"\u12"}`:                                  "Invalid string",
		`{"MessageBody":"\ud800"}`:                                "Invalid string",
		`{"MessageBody":"\ud800\u0041"}`:                          "Invalid string",
		`{"MessageBody":"\udc00\ud800"}`:                          "Invalid string",
		`{"x":` + strings.Repeat("[", 200):                        "nested too deeply",
		`{"x":` + strings.Repeat(`{"a":`, 200):                    "nested too deeply",
		`{"QueueUrl":"\`:                                          "Unexpected end",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			var e *Error
			require.ErrorAs(t, s.Operation("SendMessage").Decode(AWSJSON10, jsonRequest("AmazonSQS.SendMessage", body), new(sqs.SendMessageInput)), &e)
			assert.Equal(t, "SerializationException", e.Code)
			assert.Contains(t, e.Message, text)
			res := s.EncodeError(AWSJSON10, e, ErrorContext{})
			assert.Equal(t, http.StatusBadRequest, res.Status)
		})
	}
}

func TestUnknownTargets(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	for _, target := range []string{"", "SendMessage", "AmazonSQS.", "AmazonSQS.Fly", "DynamoDB_20120810.SendMessage", "AmazonSQS.sendmessage"} {
		_, p, err := s.Match(jsonRequest(target, "{}"))
		var e *Error
		require.ErrorAs(t, err, &e, target)
		assert.Equal(t, "UnknownOperationException", e.Code)
		assert.Equal(t, AWSJSON10, p)
	}
	dynamo, _ := Load("dynamodb")
	_, p, err := dynamo.Match(&Request{Method: "POST", Header: http.Header{}})
	assert.ErrorContains(t, err, "UnknownOperationException")
	assert.Equal(t, AWSJSON10, p)
}

func TestJSONStrings(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "plain", "q\"b\\", "\x00\x1f\n\r\t", "é€😀", "<&>", "\u2028"} {
		got := appendJSONString(nil, in)
		var back string
		require.NoError(t, json.Unmarshal(got, &back), "%s", got)
		assert.Equal(t, in, back)
	}
	assert.Equal(t, "\"a\ufffdb\"", string(appendJSONString(nil, "a\xffb")))
}

// Numbers and time stamps as every Go type that the SDKs have for them.
func TestScalars(t *testing.T) {
	t.Parallel()
	type all struct {
		F32 *float32
		F64 float64
		L   *int64
		D   *time.Time
		H   *time.Time
		E   *time.Time
		P   *time.Time
	}
	s := &Service{name: "test", plans: map[planKey]*node{}, shapes: map[string]*shape{"All": {name: "All", Kind: "structure", Members: []trait{
		{Name: "F32", Type: "number"}, {Name: "F64", Type: "number"}, {Name: "L", Type: "number"},
		{Name: "D", Type: "dateTime"}, {Name: "H", Type: "httpDate"}, {Name: "E", Type: "epoch"}, {Name: "P", Type: "timestamp"},
	}}}}
	n, err := s.compile(reflect.TypeFor[all](), "All")
	require.NoError(t, err)
	read := func(text string) (all, error) {
		var v all
		return v, decodeJSONBody(n, reflect.ValueOf(&v).Elem(), []byte(text))
	}
	v, err := read(`{"F32":1.5,"F64":"NaN","L":9007199254740993,"D":"2000-01-01T01:00:00+01:00","H":"Sat, 01 Jan 2000 00:00:00 GMT","E":946684800,"P":946684800.25}`)
	require.NoError(t, err)
	assert.True(t, math.IsNaN(v.F64))
	assert.InDelta(t, 1.5, *v.F32, 0)
	assert.EqualValues(t, 9007199254740993, *v.L)
	for _, at := range []*time.Time{v.D, v.H, v.E} {
		assert.Equal(t, instant, *at)
	}
	assert.Equal(t, instant.Add(250*time.Millisecond), *v.P)
	assert.Equal(t, `{"F32":1.5,"F64":"NaN","L":9007199254740993,"D":"2000-01-01T00:00:00Z","H":"Sat, 01 Jan 2000 00:00:00 GMT","E":946684800,"P":946684800.25}`,
		string(n.appendJSON(nil, reflect.ValueOf(&v).Elem())))
	for _, bad := range []string{
		`{"F32":1e99}`, `{"F64":"x"}`, `{"F64":true}`, `{"E":1e20}`, `{"E":"2000"}`, `{"E":253402300800}`, `{"D":1}`, `{"D":"x"}`, `{"H":"2000-01-01T00:00:00Z"}`, `{"P":null0}`,
	} {
		_, err := read(bad)
		assert.Error(t, err, bad)
	}
}

func TestUnknownGoTypes(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	o := s.Operation("SendMessage")
	assert.ErrorContains(t, o.Decode(AWSJSON10, &Request{}, sqs.SendMessageInput{}), "not a pointer")
	assert.ErrorContains(t, o.Decode(AWSJSON10, &Request{}, (*sqs.SendMessageInput)(nil)), "not a pointer")
	assert.ErrorContains(t, o.Decode(AWSJSON10, &Request{}, new(struct{ QueueUrl int32 })), "QueueUrl")
	assert.ErrorContains(t, o.Decode(Protocol(9), &Request{}, new(sqs.SendMessageInput)), "Protocol(9)")
	_, err := o.Encode(Protocol(9), new(sqs.SendMessageOutput), "")
	assert.ErrorContains(t, err, "Protocol(9)")
	_, err = o.Encode(AWSJSON10, 1, "")
	assert.ErrorContains(t, err, "not a pointer")
	_, ok := Load("nowhere")
	assert.False(t, ok)
}
