package wire

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Types as the Lambda SDK has them; the module itself is not needed for these.
type (
	invokeInput struct {
		FunctionName   *string
		ClientContext  *string
		InvocationType lambdaEnum
		LogType        lambdaEnum
		Payload        []byte
		Qualifier      *string
	}
	invokeOutput struct {
		ExecutedVersion *string
		FunctionError   *string
		LogResult       *string
		Payload         []byte
		StatusCode      int32
	}
	addPermissionInput struct {
		FunctionName *string
		Action       *string
		StatementId  *string
		Principal    *string
		Qualifier    *string
	}
	untagResourceInput struct {
		Resource *string
		TagKeys  []string
	}
	listTagsOutput struct{ Tags map[string]string }
	lambdaEnum     string
)

func TestRESTJSONRequests(t *testing.T) {
	t.Parallel()
	s, _ := Load("lambda")
	decode := func(op, method, target, body string, in any, header ...string) error {
		r := s3Request(method, target, body, header...)
		assert.False(t, s.NeedsBody(r))
		o, p, err := s.Match(r)
		require.NoError(t, err)
		require.Equal(t, RESTJSON, p)
		require.Equal(t, op, o.Name())
		return o.Decode(p, r, in)
	}
	var invoke invokeInput
	require.NoError(t, decode("Invoke", "POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/invocations?Qualifier=live", `{"a":1}`, &invoke, "X-Amz-Invocation-Type", "Event"))
	assert.Equal(t, invokeInput{FunctionName: ptr("arn:aws:lambda:us-east-1:1:function:f"), InvocationType: "Event", Payload: []byte(`{"a":1}`), Qualifier: ptr("live")}, invoke)

	var perm addPermissionInput
	require.NoError(t, decode("AddPermission", "POST", "/2015-03-31/functions/f/policy", `{"Action":"lambda:InvokeFunction","StatementId":"s","Principal":"*","FunctionName":"other"}`, &perm))
	assert.Equal(t, addPermissionInput{FunctionName: ptr("f"), Action: ptr("lambda:InvokeFunction"), StatementId: ptr("s"), Principal: ptr("*")}, perm)
	assert.ErrorContains(t, decode("AddPermission", "POST", "/2015-03-31/functions/f/policy", `{"Action":1}`, &perm), "SerializationException")

	var untag untagResourceInput
	require.NoError(t, decode("UntagResource", "DELETE", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Ax?tagKeys=a&tagKeys=b+c", "", &untag))
	assert.Equal(t, untagResourceInput{ptr("arn:aws:lambda:x"), []string{"a", "b c"}}, untag)

	require.NoError(t, decode("ListFunctions", "GET", "/2015-03-31/functions/", "", &struct{ Marker *string }{}))
	require.NoError(t, decode("ListFunctions", "GET", "/2015-03-31/functions", "", &struct{ Marker *string }{}))
	assert.ErrorContains(t, decode("Invoke", "POST", "/2015-03-31/functions/%zz/invocations", "", &invoke), "Couldn't parse")
}

func TestRESTJSONRoutes(t *testing.T) {
	t.Parallel()
	s, _ := Load("lambda")
	// Every operation's own template finds it.
	for _, o := range s.Operations() {
		path := ""
		for _, seg := range o.segments {
			text := seg.text
			if seg.label {
				text = "x"
			}
			path += "/" + text
		}
		_, literals := parseURI(o.URI)
		query := ""
		for _, l := range literals {
			query += l.name + "=" + l.value + "&"
		}
		got, _, err := s.Match(&Request{Method: o.Method, Path: path, RawQuery: query})
		require.NoError(t, err, o.URI)
		assert.Equal(t, o.Name(), got.Name(), o.URI)
	}
	for _, target := range []string{"/", "/2015-03-31", "/2015-03-31/functions/f/unknown", "/2015-03-31/functions/f/invocations/x"} {
		_, p, err := s.Match(s3Request("POST", target, ""))
		assert.Equal(t, RESTJSON, p)
		var e *Error
		require.ErrorAs(t, err, &e, target)
		assert.Equal(t, "UnknownOperationException", e.Code)
		assert.Equal(t, http.StatusNotFound, e.Status)
	}
}

func TestRESTJSONResponses(t *testing.T) {
	t.Parallel()
	s, _ := Load("lambda")
	res, err := s.Operation("Invoke").Encode(RESTJSON, &invokeOutput{ExecutedVersion: ptr("$LATEST"), Payload: []byte("{}"), StatusCode: 202}, "R")
	require.NoError(t, err)
	assert.Equal(t, 202, res.Status)
	assert.Equal(t, "{}", string(res.Body))
	assert.Equal(t, "$LATEST", res.Header.Get("X-Amz-Executed-Version"))
	assert.Equal(t, "R", res.Header.Get("x-amzn-requestid"))

	res, err = s.Operation("ListTags").Encode(RESTJSON, &listTagsOutput{Tags: map[string]string{"k": "v"}}, "R")
	require.NoError(t, err)
	assert.Equal(t, `{"Tags":{"k":"v"}}`, string(res.Body))
	assert.Equal(t, "application/json", res.Header.Get("Content-Type"))
}

// Documents are JSON values of any kind, written and read as they are.
func TestDocuments(t *testing.T) {
	t.Parallel()
	type output struct {
		PolicyDocument json.RawMessage
	}
	type details struct {
		RequestContext map[string]json.RawMessage
	}
	s, _ := Load("iam-toolbox")
	for _, document := range []string{`{"a":[1,{"b":null}],"c":"\u00e9"}`, `"text"`, `[]`, `-1.5e3`, `true`} {
		res, err := s.Operation("GetRequestAuthorizationPolicy").Encode(RESTJSON, &output{json.RawMessage(document)}, "R")
		require.NoError(t, err)
		assert.Equal(t, `{"policyDocument":`+document+`}`, string(res.Body))
		n, err := s.compile(reflect.TypeFor[output](), "GetRequestAuthorizationPolicyOutput")
		require.NoError(t, err)
		var read output
		require.NoError(t, decodeJSONBody(n, reflect.ValueOf(&read).Elem(), []byte(`{ "policyDocument" : `+document+` , "more": 1}`)))
		assert.Equal(t, document, string(read.PolicyDocument))
	}
	res, err := s.Operation("GetRequestAuthorizationPolicy").Encode(RESTJSON, new(output), "R")
	require.NoError(t, err)
	assert.Equal(t, `{}`, string(res.Body))
	res, err = s.Operation("GetRequestAuthorizationDetails").Encode(RESTJSON, &details{map[string]json.RawMessage{"b": json.RawMessage(`[]`), "a": json.RawMessage(`"x"`)}}, "R")
	require.NoError(t, err)
	assert.Equal(t, `{"requestContext":{"a":"x","b":[]}}`, string(res.Body))

	n, err := s.compile(reflect.TypeFor[output](), "GetRequestAuthorizationPolicyOutput")
	require.NoError(t, err)
	for _, broken := range []string{`{`, `[1,`, `tru`, strings.Repeat("[", maxDepth+1)} {
		require.Error(t, decodeJSONBody(n, reflect.ValueOf(new(output)).Elem(), []byte(`{"policyDocument":`+broken)), broken)
	}
	_, err = s.compile(reflect.TypeFor[struct{ PolicyDocument []byte }](), "GetRequestAuthorizationPolicyOutput")
	require.ErrorContains(t, err, "does not hold a document")
}

// Every embedded schema is read, and has no operation that cannot be routed.
func TestSchemas(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		operations int
		protocols  []Protocol
	}{
		"s3":             {112, []Protocol{RESTXML}},
		"iam":            {180, []Protocol{AWSQuery}},
		"sts":            {11, []Protocol{AWSQuery}},
		"sqs":            {23, []Protocol{AWSJSON10, AWSQuery}},
		"sns":            {42, []Protocol{AWSQuery}},
		"kms":            {56, []Protocol{AWSJSON11}},
		"lambda":         {88, []Protocol{RESTJSON}},
		"logs":           {118, []Protocol{AWSJSON11}},
		"secretsmanager": {23, []Protocol{AWSJSON11}},
		"dynamodb":       {62, []Protocol{AWSJSON10}},
		"events":         {57, []Protocol{AWSJSON11}},
		"apigateway":     {124, []Protocol{RESTJSON}},
		"scheduler":      {12, []Protocol{RESTJSON}},
		"organizations":  {63, []Protocol{AWSJSON11}},
		"iam-toolbox":    {2, []Protocol{RESTJSON}},

		"access-analyzer": {39, []Protocol{RESTJSON}},
	} {
		s, ok := Load(name)
		require.True(t, ok, name)
		assert.Equal(t, name, s.Name())
		assert.Equal(t, name, s.SigningName())
		assert.Equal(t, want.protocols, s.Protocols(), name)
		assert.Len(t, s.Operations(), want.operations, name)
		for _, o := range s.Operations() {
			assert.Same(t, s, o.Service())
			for _, sh := range []string{o.operation.In, o.operation.Out} {
				if sh != "" {
					assert.Contains(t, s.shapes, sh)
				}
			}
		}
		for _, sh := range s.shapes {
			for _, m := range sh.Members {
				checkRef(t, s, m.Type)
			}
		}
	}
	assert.Len(t, services, 24)
}

func checkRef(t *testing.T, s *Service, ref string) {
	for ref[0] == '[' || ref[0] == '{' {
		ref = ref[1:]
	}
	if ref[0] == '#' {
		assert.Contains(t, s.shapes, ref[1:])
		return
	}
	assert.Contains(t, simpleKinds, ref)
}

// Every member of the four services' operations has its field in the SDK.
func TestMembersHaveFields(t *testing.T) {
	t.Parallel()
	forEachOperation(t, func(t *testing.T, op sdkOp, o *Operation) {
		for _, side := range []struct {
			shape string
			n     int
		}{{o.operation.In, op.in.NumField()}, {o.operation.Out, op.out.NumField()}} {
			sh := o.Service().shapes[side.shape]
			if sh == nil || side.shape == o.operation.Out && o.events {
				continue
			}
			typ := op.in
			if side.shape == o.operation.Out {
				typ = op.out
			}
			n, err := o.Service().compile(typ, side.shape)
			require.NoError(t, err)
			assert.Len(t, n.fields, len(sh.Members))
		}
	})
}

// Unions in JSON, with the types of one that the SDK has for XML.
func TestJSONUnions(t *testing.T) {
	t.Parallel()
	type holder struct {
		Filter s3types.AnalyticsFilter
		List   []s3types.AnalyticsFilter
	}
	loaded, _ := Load("s3")
	s := &Service{name: "test", plans: map[planKey]*node{}, shapes: map[string]*shape{
		"Holder":  {name: "Holder", Kind: "structure", Members: []trait{{Name: "Filter", Type: "#AnalyticsFilter"}, {Name: "List", Type: "#Filters"}}},
		"Filters": {name: "Filters", Kind: "list", Elem: &trait{Type: "#AnalyticsFilter"}},
	}}
	for _, name := range []string{"AnalyticsFilter", "AnalyticsAndOperator", "Tag", "TagSet"} {
		s.shapes[name] = loaded.shapes[name]
	}
	n, err := s.compile(reflect.TypeFor[holder](), "Holder")
	require.NoError(t, err)
	const text = `{"Filter":{"Tag":{"Key":"k","Value":"v"}},"List":[{"Prefix":"p"},{"And":{"Prefix":"q","Tags":[{"Key":"k","Value":"v"}]}}]}`
	var v holder
	require.NoError(t, decodeJSONBody(n, reflect.ValueOf(&v).Elem(), []byte(text)))
	assert.Equal(t, "p", v.List[0].(*s3types.AnalyticsFilterMemberPrefix).Value)
	assert.Equal(t, text, string(n.appendJSON(nil, reflect.ValueOf(&v).Elem())))

	v = holder{}
	require.NoError(t, decodeJSONBody(n, reflect.ValueOf(&v).Elem(), []byte(`{"Filter":{"__type":"x","Tag":null,"Prefix":"p"},"List":null}`)))
	assert.Equal(t, &s3types.AnalyticsFilterMemberPrefix{Value: "p"}, v.Filter)
	v.Filter, v.List = &s3types.UnknownUnionMember{Tag: "new"}, []s3types.AnalyticsFilter{nil}
	assert.Equal(t, `{"Filter":{},"List":[null]}`, string(n.appendJSON(nil, reflect.ValueOf(&v).Elem())))
	for _, bad := range []string{`{"Filter":1}`, `{"Filter":{"Prefix":"a","Tag":{}}}`, `{"List":[1]}`} {
		assert.Error(t, decodeJSONBody(n, reflect.ValueOf(&holder{}).Elem(), []byte(bad)), bad)
	}
}

// Maps in forms that are not flattened, as SNS has them.
func TestQueryMaps(t *testing.T) {
	t.Parallel()
	type createTopicInput struct {
		Name       *string
		Attributes map[string]string
	}
	s, _ := Load("sns")
	o := s.Operation("CreateTopic")
	var in createTopicInput
	require.NoError(t, o.Decode(AWSQuery, formRequest("/", "Name=n&Attributes.entry.2.key=b&Attributes.entry.2.value=2&Attributes.entry.1.value=1&Attributes.entry.1.key=a&Attributes.entry.3.key=c"), &in))
	assert.Equal(t, createTopicInput{ptr("n"), map[string]string{"a": "1", "b": "2", "c": ""}}, in)
	for _, bad := range []string{
		"Attributes.entry.1.value=1", "Attributes.entry.1.key=a&Attributes.entry.2.key=a", "Attributes.entry.x.key=a", "Attributes.entry.1.key.x=a", "Attributes=a",
	} {
		var e *Error
		require.ErrorAs(t, o.Decode(AWSQuery, formRequest("/", bad), &in), &e, bad)
		assert.Equal(t, malformedInput, e.Code)
	}
}

// Header values of every kind, as a REST service may answer them.
func TestHeaderValues(t *testing.T) {
	t.Parallel()
	type output struct {
		List  []string
		Flag  *bool
		Ratio *float64
		Count int32
		Zero  int32
		Body  []byte
	}
	shapeOf := func(members ...trait) map[string]*shape {
		return map[string]*shape{"Out": {name: "Out", Kind: "structure", Members: members}}
	}
	s := &Service{name: "test", plans: map[planKey]*node{}, shapes: shapeOf(
		trait{Name: "List", Type: "[string", Header: "x-list"}, trait{Name: "Flag", Type: "boolean", Header: "x-flag"},
		trait{Name: "Ratio", Type: "number", Header: "x-ratio"}, trait{Name: "Count", Type: "number", Header: "x-count"},
		trait{Name: "Zero", Type: "number", Header: "x-zero"}, trait{Name: "Body", Type: "blob", Payload: true},
	)}
	o := &Operation{service: s, operation: operation{Name: "Op", Out: "Out", Code: 201}}
	res, err := o.Encode(RESTJSON, &output{List: []string{"a", "b"}, Flag: ptr(false), Ratio: ptr(0.5), Count: 3, Body: []byte{1}}, "R")
	require.NoError(t, err)
	assert.Equal(t, 201, res.Status)
	assert.Equal(t, []byte{1}, res.Body)
	assert.Equal(t, http.Header{
		"X-List": {"a,b"}, "X-Flag": {"false"}, "X-Ratio": {"0.5"}, "X-Count": {"3"},
		"X-Amzn-Requestid": {"R"}, "Content-Type": {"application/octet-stream"},
	}, res.Header)
}
