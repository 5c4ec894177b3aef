package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
)

// isWireError fails unless err is an answer that AWS has: a 4xx with a code.
func isWireError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Code)
	require.Less(t, e.Status, 500)
}

// inputsOf returns the operations of a service and the SDK's inputs of them.
func inputsOf(service string) (*Service, map[string]reflect.Type) {
	s, _ := Load(service)
	types := map[string]reflect.Type{}
	for _, op := range operationsOf(service) {
		types[op.name] = op.in
	}
	return s, types
}

// What decodes is encoded, decodes again and is the same.
func FuzzJSON(f *testing.F) {
	s, types := inputsOf("sqs")
	for name := range types {
		f.Add(name, []byte(`{"QueueUrl":"u","MessageBody":"a\u00e9\ud83d\ude00","DelaySeconds":1,"Entries":[{"Id":"a"}]}`))
	}
	f.Add("SendMessage", []byte(`{"MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"YmxvYg==","StringListValues":["x"]}},"x":[[{}],1.5e-3,null]}`))
	f.Add("CreateQueue", []byte(`{"Attributes":{"k":"v"},"tags":{"a":"b"}}`))
	f.Add("ReceiveMessage", []byte(`{"MaxNumberOfMessages":1e1,"AttributeNames":["All"]}`))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		o := s.Operation(name)
		if o == nil {
			return
		}
		in := reflect.New(types[name])
		if err := o.Decode(AWSJSON10, &Request{Method: "POST", Body: body}, in.Interface()); err != nil {
			isWireError(t, err)
			return
		}
		require.True(t, len(bytes.TrimSpace(body)) == 0 || json.Valid(body), "%q", body)
		n, v, err := o.in.plan(s, o.operation.In, in.Interface())
		require.NoError(t, err)
		text := n.appendJSON(nil, v)
		require.True(t, json.Valid(text), "%q", text)
		again := reflect.New(types[name])
		require.NoError(t, o.Decode(AWSJSON10, &Request{Method: "POST", Body: text}, again.Interface()))
		require.Empty(t, diffSDK(in.Interface(), again.Interface()))
	})
}

func FuzzQuery(f *testing.F) {
	s, types := inputsOf("iam")
	f.Add("CreateRole", "RoleName=a&Tags.member.1.Key=k&Tags.member.1.Value=v+%41&MaxSessionDuration=3600")
	f.Add("SimulatePrincipalPolicy", "PolicyExclusionList.member.1.PolicyArn=a&ContextEntries.member.2.ContextKeyValues.member.1=x")
	f.Add("TagUser", "Tags=&UserName=%e2%82%ac&Tags.member.999999999.Key=a")
	f.Add("CreateUser", "a=%&&=&.=&..1..=x&Tags.member.1=x")
	f.Fuzz(func(t *testing.T, name, form string) {
		o := s.Operation(name)
		if o == nil {
			return
		}
		in := reflect.New(types[name])
		if err := o.Decode(AWSQuery, formRequest("/", form), in.Interface()); err != nil {
			isWireError(t, err)
			return
		}
		// The order of parameters says nothing.
		pairs := strings.Split(form, "&")
		for i, j := 0, len(pairs)-1; i < j; i, j = i+1, j-1 {
			pairs[i], pairs[j] = pairs[j], pairs[i]
		}
		again := reflect.New(types[name])
		require.NoError(t, o.Decode(AWSQuery, formRequest("/", strings.Join(pairs, "&")), again.Interface()))
		require.Empty(t, diffSDK(in.Interface(), again.Interface()))
	})
}

func FuzzSQSQuery(f *testing.F) {
	s, _ := Load("sqs")
	f.Add("/1/q", "Action=SendMessage&MessageBody=a&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String")
	f.Add("/", "Action=SendMessage&MessageAttribute.1.Value.BinaryValue=*&MessageAttribute..Name=x")
	f.Fuzz(func(t *testing.T, path, form string) {
		if err := s.Operation("SendMessage").Decode(AWSQuery, formRequest(path, form), new(sqs.SendMessageInput)); err != nil {
			isWireError(t, err)
		}
	})
}

// What the reader takes, the writer writes and the reader takes again.
func FuzzXML(f *testing.F) {
	s, _ := Load("s3")
	o := s.Operation("PutBucketLifecycleConfiguration")
	f.Add([]byte(`<LifecycleConfiguration xmlns="x"><Rule><ID>a</ID><Status>Enabled</Status><Filter><And><Tag><Key>k</Key><Value>&lt;&#65;</Value></Tag></And></Filter><Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration></Rule></LifecycleConfiguration>`))
	f.Add([]byte("<?xml version='1.0'?><!-- x --><a:LifecycleConfiguration b='&quot;'><Rule/><Rule><ID><![CDATA[<]]>x<!-- --></ID></Rule></a:LifecycleConfiguration>"))
	f.Add([]byte("<LifecycleConfiguration><Rule><ID>\r\n&#13;</ID></Rule></LifecycleConfiguration>"))
	f.Add([]byte("<!DOCTYPE x><LifecycleConfiguration/>"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var in, again s3.PutBucketLifecycleConfigurationInput
		if err := o.Decode(RESTXML, &Request{Method: "PUT", Path: "/b", RawQuery: "lifecycle", Body: doc}, &in); err != nil {
			isWireError(t, err)
			return
		}
		if in.LifecycleConfiguration == nil {
			return
		}
		n, v, err := o.in.plan(s, o.operation.In, &in)
		require.NoError(t, err)
		text := o.appendDocument(n.payload.node, n.payload.xmlName, v.Field(n.payload.index).Elem())
		require.NoError(t, o.Decode(RESTXML, &Request{Method: "PUT", Path: "/b", RawQuery: "lifecycle", Body: text}, &again), "%s", text)
		for i := range in.LifecycleConfiguration.Rules {
			// The writer has milliseconds.
			if e := in.LifecycleConfiguration.Rules[i].Expiration; e != nil && e.Date != nil {
				e.Date = nil
				again.LifecycleConfiguration.Rules[i].Expiration.Date = nil
			}
		}
		require.Empty(t, diffSDK(&in, &again), "%s", text)
	})
}

// Any request of S3 means one operation, which takes it or says why not.
func FuzzRoute(f *testing.F) {
	s, types := inputsOf("s3")
	for _, seed := range []string{"GET /", "PUT /b/k?partNumber=1&uploadId=u", "GET /b?list-type=2&max-keys=x", "POST /b?delete", "GET //?%", "HEAD /b/%e2%82%ac?x-id=GetObject", "DELETE /b?analytics&id"} {
		f.Add(seed, "", "X-Amz-Copy-Source", "b/k")
	}
	f.Add("GET /k?acl", "bucket", "If-Match", "x")
	f.Fuzz(func(t *testing.T, request, bucket, name, value string) {
		method, target, _ := strings.Cut(request, " ")
		path, query, _ := strings.Cut(target, "?")
		r := &Request{Method: method, Path: path, RawQuery: query, Bucket: bucket, Header: http.Header{http.CanonicalHeaderKey(name): {value}}}
		o, p, err := s.Match(r)
		require.Equal(t, RESTXML, p)
		if err == nil {
			in := reflect.New(types[o.Name()])
			if err = o.Decode(p, r, in.Interface()); err == nil {
				return
			}
		}
		isWireError(t, err)
		res := s.EncodeError(p, err, ErrorContext{RequestID: "R"})
		require.GreaterOrEqual(t, res.Status, 400)
		reader, err := newXMLReader(res.Body)
		require.NoError(t, err, "%q", res.Body)
		for tok, err := reader.next(); tok != xmlEOF; tok, err = reader.next() {
			require.NoError(t, err, "%q", res.Body)
		}
	})
}

// FuzzErrors has any text in an error: every protocol's body stays what it is.
func FuzzErrors(f *testing.F) {
	s, _ := Load("sqs")
	f.Add("AccessDenied", "a < b & \"c\"\x00\xff")
	f.Fuzz(func(t *testing.T, code, message string) {
		res := s.EncodeError(AWSJSON10, &Error{Code: code, Message: message}, ErrorContext{})
		require.True(t, json.Valid(res.Body), "%q", res.Body)
		res = s.EncodeError(AWSQuery, errors.New(message), ErrorContext{RequestID: code})
		reader, err := newXMLReader(res.Body)
		require.NoError(t, err, "%q", res.Body)
		for {
			tok, err := reader.next()
			require.NoError(t, err, "%q", res.Body)
			if tok == xmlEOF {
				break
			}
		}
	})
}
