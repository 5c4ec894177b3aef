package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrives sends an error to the SDK's operations until one reads it as its type.
func arrives(t *testing.T, s *Service, service string, sent error) (got error, ok bool) { //nolint:revive // the error is what is looked for
	t.Helper()
	typ := reflect.TypeOf(sent)
	for _, op := range operationsOf(service) {
		client := newClient(service, func(r *http.Request) (*http.Response, error) {
			_, p, err := s.Match(request(r))
			require.NoError(t, err)
			return response(r, s.EncodeError(p, sent, ErrorContext{RequestID: "request-1"})), nil
		})
		_, err := op.call(context.Background(), client, op.input(s))
		require.Error(t, err)
		target := reflect.New(typ)
		if errors.As(err, target.Interface()) {
			assert.Equal(t, "request-1", requestIDOf(err))
			return target.Elem().Interface().(error), true
		}
	}
	return nil, false
}

func requestIDOf(err error) string {
	var re *awshttp.ResponseError
	var s3re interface{ ServiceRequestID() string }
	if errors.As(err, &s3re) {
		return s3re.ServiceRequestID()
	}
	if errors.As(err, &re) {
		return re.RequestID
	}
	return ""
}

func TestModeledErrorsArrive(t *testing.T) {
	t.Parallel()
	for service, all := range modeledErrors {
		s, _ := Load(service)
		var names []string
		for _, err := range all {
			names = append(names, reflect.TypeOf(err).Elem().Name())
		}
		var modeled []string
		for name := range s.errors {
			modeled = append(modeled, name)
		}
		assert.ElementsMatch(t, modeled, names, service)

		for _, proto := range all {
			typ := reflect.TypeOf(proto).Elem()
			t.Run(service+"/"+typ.Name(), func(t *testing.T) {
				t.Parallel()
				v := reflect.New(typ)
				filler{service: s}.fill(v.Elem(), typ.Name())
				sent := v.Interface().(error)
				got, ok := arrives(t, s, service, sent)
				require.True(t, ok, "no operation of the SDK reads a %s", typ)
				if service == "sqs" && !hasMessage(s.errors[typ.Name()]) {
					v.Elem().FieldByName("Message").SetZero() // the SDK drops what its model does not have
				}
				assert.Empty(t, cmp.Diff(sent, got, cmpopts.IgnoreUnexported(v.Elem().Interface()),
					cmpopts.IgnoreFields(v.Elem().Interface(), "ErrorCodeOverride")))
			})
		}
	}
}

// The SDK's recordings of SQS errors and answers: ours say the same.
func TestResponseSnapshots(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	dir := filepath.Join(moduleDir(t, "sqs"), "response_snapshot")
	body := func(file string) map[string]any {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		_, text, ok := strings.Cut(string(raw), "\n\n") // after the status and the headers
		require.True(t, ok, file)
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &m), file)
		return m
	}
	for _, op := range operationsOf("sqs") {
		if file := op.name + ".response.snap"; exists(filepath.Join(dir, file)) {
			o := s.Operation(op.name)
			res, err := o.Encode(AWSJSON10, op.output(s, 0).Interface(), "request-1")
			require.NoError(t, err)
			if o.unit {
				assert.Empty(t, res.Body, op.name)
				continue
			}
			got := map[string]any{}
			require.NoError(t, json.Unmarshal(res.Body, &got))
			assert.Equal(t, body(file), got, op.name)
		}
	}
	for _, proto := range modeledErrors["sqs"] {
		name := reflect.TypeOf(proto).Elem().Name()
		if file := name + ".error.snap"; exists(filepath.Join(dir, file)) {
			v := reflect.New(reflect.TypeOf(proto).Elem())
			filler{service: s}.fill(v.Elem(), name)
			res := s.EncodeError(AWSJSON10, v.Interface().(error), ErrorContext{})
			got := map[string]any{}
			require.NoError(t, json.Unmarshal(res.Body, &got))
			want := body(file)
			want["__type"] = "com.amazonaws.sqs#" + want["__type"].(string)
			if !hasMessage(s.errors[name]) {
				want["Message"] = "__Message__" // said all the same, for other clients
			}
			assert.Equal(t, want, got, name)
		}
	}
}

func hasMessage(sh *shape) bool {
	return slices.ContainsFunc(sh.Members, func(m trait) bool { return isMessage(m.Name) })
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func ptr[T any](v T) *T { return &v }

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	type test struct {
		name, service string
		protocol      Protocol
		err           error
		ctx           ErrorContext
		status        int
		header        map[string]string
		body          string
	}
	id := ErrorContext{RequestID: "R", HostID: "H"}
	for _, tt := range []test{
		{
			"rule 76: S3 access denied", "s3", RESTXML,
			&Error{Code: "AccessDenied", Message: "Access Denied", Status: 403}, id, 403,
			map[string]string{"x-amz-request-id": "R", "x-amz-id-2": "H", "Content-Type": "application/xml"},
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>R</RequestId><HostId>H</HostId></Error>`,
		},
		{
			"S3 fields in order, escaped", "s3", RESTXML,
			&Error{Code: "NoSuchBucketPolicy", Message: "The bucket policy does not exist", Status: 404, Fields: []Field{{"BucketName", "a<b"}}}, id, 404, nil,
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>NoSuchBucketPolicy</Code><Message>The bucket policy does not exist</Message><BucketName>a&lt;b</BucketName><RequestId>R</RequestId><HostId>H</HostId></Error>`,
		},
		{
			"S3 modeled, with members", "s3", RESTXML,
			&s3types.InvalidObjectState{Message: ptr("archived"), StorageClass: "GLACIER"}, id, 403, nil,
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>InvalidObjectState</Code><Message>archived</Message><StorageClass>GLACIER</StorageClass><RequestId>R</RequestId><HostId>H</HostId></Error>`,
		},
		{
			"S3 status of the model", "s3", RESTXML,
			&Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Fields: []Field{{"Key", "k"}}}, ErrorContext{RequestID: "R"}, 404, nil,
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key><RequestId>R</RequestId><HostId></HostId></Error>`,
		},
		{
			"HEAD has no body", "s3", RESTXML,
			&Error{Code: "NoSuchKey", Status: 404, Header: http.Header{"x-amz-delete-marker": {"true"}}}, ErrorContext{RequestID: "R", Head: true}, 404,
			map[string]string{"x-amz-delete-marker": "true", "Content-Type": "application/xml"}, "",
		},
		{
			"not modified has no body", "s3", RESTXML,
			&Error{Code: "NotModified", Status: 304, Header: http.Header{"ETag": {`"e"`}}}, id, 304, map[string]string{"ETag": `"e"`}, "",
		},
		{
			"rule 76: IAM", "iam", AWSQuery,
			&Error{Code: "AccessDenied", Message: "User: u is not authorized", Status: 403}, id, 403,
			map[string]string{"x-amzn-requestid": "R", "Content-Type": "text/xml"},
			`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: u is not authorized</Message></Error><RequestId>R</RequestId></ErrorResponse>`,
		},
		{
			"rule 76: SQS Query has Detail", "sqs", AWSQuery,
			&sqstypes.QueueDoesNotExist{Message: ptr("The specified queue does not exist for this wsdl version.")}, id, 400, nil,
			`<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist for this wsdl version.</Message><Detail/></Error><RequestId>R</RequestId></ErrorResponse>`,
		},
		{
			"rule 76: SQS JSON", "sqs", AWSJSON10,
			&Error{Code: "AccessDenied", Message: "no", Status: 403}, id, 403,
			map[string]string{"x-amzn-query-error": "AccessDenied;Sender", "Content-Type": "application/x-amz-json-1.0", "x-amzn-requestid": "R"},
			`{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}`,
		},
		{
			"rule 61: unknown key in SQS JSON", "sqs", AWSJSON10,
			&Error{Code: "InvalidClientTokenId", Message: "bad", Status: 403}, id, 403,
			map[string]string{"x-amzn-query-error": "InvalidClientTokenId;Sender"},
			`{"__type":"com.amazon.coral.service#UnrecognizedClientException","Message":"bad"}`,
		},
		{
			"the JSON name means the same", "sqs", AWSQuery,
			&Error{Code: "InvalidSignatureException", Message: "bad", Status: 403}, id, 403, nil,
			`<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>bad</Message><Detail/></Error><RequestId>R</RequestId></ErrorResponse>`,
		},
		{
			"rule 75: SQS JSON modeled", "sqs", AWSJSON10,
			&sqstypes.QueueDoesNotExist{Message: ptr("The specified queue does not exist.")}, id, 400,
			map[string]string{"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
			`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`,
		},
		{
			"modeled by its code", "iam", AWSQuery,
			&Error{Code: "EntityAlreadyExistsException", Message: "m"}, id, 409, nil,
			`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>EntityAlreadyExists</Code><Message>m</Message></Error><RequestId>R</RequestId></ErrorResponse>`,
		},
		{
			"other API errors", "sts", AWSQuery,
			&smithy.GenericAPIError{Code: "Busy", Message: "m", Fault: smithy.FaultServer}, id, 500, nil,
			`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Receiver</Type><Code>Busy</Code><Message>m</Message></Error><RequestId>R</RequestId></ErrorResponse>`,
		},
		{
			"any other error is internal", "sqs", AWSJSON10, errors.New("boom"), id, 500,
			map[string]string{"x-amzn-query-error": "InternalFailure;Receiver"},
			`{"__type":"com.amazon.coral.service#InternalFailure","Message":"boom"}`,
		},
		{
			"REST JSON", "lambda", RESTJSON, &Error{Code: "AccessDenied", Message: "no", Status: 403}, id, 403,
			map[string]string{"x-amzn-errortype": "AccessDeniedException", "Content-Type": "application/json"}, `{"Message":"no"}`,
		},
		{
			"no protocol: the service's", "sts", 0, &Error{Code: "InternalFailure", Message: "m", Status: 500}, id, 500, nil,
			`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>m</Message></Error><RequestId>R</RequestId></ErrorResponse>`,
		},
		{
			"a nil modeled error", "sqs", AWSJSON10, (*nilError)(nil), id, 400, nil,
			`{"__type":"com.amazon.coral.service#Nil","Message":""}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, ok := Load(tt.service)
			require.True(t, ok)
			res := s.EncodeError(tt.protocol, tt.err, tt.ctx)
			assert.Equal(t, tt.status, res.Status)
			assert.Equal(t, tt.body, string(res.Body))
			for name, value := range tt.header {
				assert.Equal(t, value, res.Header.Get(name), name)
			}
		})
	}
}

// nilError is an API error that a nil pointer may be.
type nilError struct{}

func (*nilError) Error() string                 { return "nil" }
func (*nilError) ErrorCode() string             { return "Nil" }
func (*nilError) ErrorMessage() string          { return "" }
func (*nilError) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// Denials arrive as the SDK's users know them.
func TestErrorsInClients(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	denied := &Error{Code: "AccessDenied", Message: "User: arn:aws:iam::1:user/u is not authorized", Status: 403}
	fail := func(service string, head bool) doer {
		s, _ := Load(service)
		return func(r *http.Request) (*http.Response, error) {
			_, p, err := s.Match(request(r))
			if err != nil {
				return nil, err
			}
			return response(r, s.EncodeError(p, denied, ErrorContext{RequestID: "R", HostID: "H", Head: head})), nil
		}
	}
	calls := map[string]func() error{
		"iam": func() error {
			_, err := newClient("iam", fail("iam", false)).(*iam.Client).GetUser(ctx, &iam.GetUserInput{})
			return err
		},
		"sts": func() error {
			_, err := newClient("sts", fail("sts", false)).(*sts.Client).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
			return err
		},
		"sqs": func() error {
			_, err := newClient("sqs", fail("sqs", false)).(*sqs.Client).ListQueues(ctx, &sqs.ListQueuesInput{})
			return err
		},
		"s3": func() error {
			_, err := newClient("s3", fail("s3", false)).(*s3.Client).ListBuckets(ctx, &s3.ListBucketsInput{})
			return err
		},
	}
	for service, call := range calls {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			err := call()
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, "AccessDenied", api.ErrorCode())
			assert.Equal(t, denied.Message, api.ErrorMessage())
			var re *awshttp.ResponseError
			require.ErrorAs(t, err, &re)
			assert.Equal(t, 403, re.HTTPStatusCode())
			assert.Equal(t, "R", requestIDOf(err))
		})
	}
	t.Run("head", func(t *testing.T) {
		t.Parallel()
		_, err := newClient("s3", fail("s3", true)).(*s3.Client).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: ptr("bucket")})
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, "Forbidden", api.ErrorCode())
	})
}
