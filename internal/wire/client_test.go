package wire

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// doer is an HTTP client that asks a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// newClient returns the SDK's client of a service. Its requests go to d.
func newClient(service string, d doer) any {
	cfg := aws.Config{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
		HTTPClient:  d,
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
	switch service {
	case "iam":
		return iam.NewFromConfig(cfg)
	case "organizations":
		return organizations.NewFromConfig(cfg)
	case "s3":
		return s3.NewFromConfig(cfg)
	case "sqs":
		return sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
	case "sts":
		return sts.NewFromConfig(cfg)
	}
	panic("no client of " + service)
}

// request makes a Request of what a client sends.
func request(r *http.Request) *Request {
	req := &Request{
		Method: r.Method, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery,
		Header: r.Header, ContentLength: r.ContentLength,
	}
	if name, _, ok := strings.Cut(r.URL.Host, ".s3."); ok {
		req.Bucket = name
	}
	if r.Body != nil {
		req.Body, _ = io.ReadAll(r.Body)
	}
	return req
}

// response makes an HTTP response of an answer.
func response(r *http.Request, res *Response) *http.Response {
	hr := &http.Response{
		StatusCode: res.Status, Header: res.Header, Request: r, ProtoMajor: 1, ProtoMinor: 1,
		Body: res.Stream, ContentLength: res.Length,
	}
	if res.Stream == nil {
		hr.Body, hr.ContentLength = io.NopCloser(bytes.NewReader(res.Body)), int64(len(res.Body))
	}
	return hr
}

// input returns a complete input that passes the checks of the SDK's client and
// asks it for no checks of the answer.
func (op sdkOp) input(s *Service) reflect.Value {
	in := reflect.New(op.in)
	filler{service: s}.fill(in.Elem(), op.name)
	for name, value := range map[string]string{
		"Bucket": "bucket", "Body": "", "ChecksumMode": "", "SSECustomerKey": "", "SSECustomerKeyMD5": "",
		"ContentMD5": "", "ChecksumAlgorithm": "", "ContentLength": "",
	} {
		f := in.Elem().FieldByName(name)
		switch {
		case !f.IsValid() || op.service != "s3":
		case value == "":
			f.SetZero()
		default:
			f.Set(reflect.ValueOf(aws.String(value)))
		}
	}
	for i := range op.in.NumField() {
		if strings.HasPrefix(op.in.Field(i).Name, "Checksum") && op.service == "s3" {
			in.Elem().Field(i).SetZero()
		}
	}
	return in
}

// exchange calls the operation with the SDK's client; answer makes the response.
func (op sdkOp) exchange(t *testing.T, o *Operation, answer func(Protocol) *Response) (any, error) {
	t.Helper()
	client := newClient(op.service, func(r *http.Request) (*http.Response, error) {
		matched, p, err := o.Service().Match(request(r))
		if assert.NoError(t, err, "%s %s", r.Method, r.URL) {
			assert.Equal(t, o.Name(), matched.Name(), "%s %s", r.Method, r.URL)
		}
		return response(r, answer(p)), nil
	})
	return op.call(context.Background(), client, op.input(o.Service()))
}

// output returns a complete output, except for what the wire cannot carry.
func (op sdkOp) output(s *Service, union int) reflect.Value {
	out := reflect.New(op.out)
	filler{service: s, union: union}.fill(out.Elem(), op.name)
	if op.service == "s3" {
		if f := out.Elem().FieldByName("ExpiresString"); f.IsValid() {
			f.Set(reflect.ValueOf(aws.String("Sat, 01 Jan 2000 00:00:00 GMT"))) // the same header as Expires
		}
		if f := out.Elem().FieldByName("ContentLength"); f.IsValid() && out.Elem().FieldByName("Body").IsValid() {
			f.Set(reflect.ValueOf(aws.Int64(int64(len("__Body__")))))
		}
	}
	return out
}

func TestOutputsArrive(t *testing.T) {
	t.Parallel()
	forEachOperation(t, func(t *testing.T, op sdkOp, o *Operation) {
		if o.events {
			_, err := o.Encode(RESTXML, reflect.New(op.out).Interface(), "request-1")
			assert.ErrorContains(t, err, op.name)
			return
		}
		for union := range 4 {
			got, err := op.exchange(t, o, func(p Protocol) *Response {
				res, err := o.Encode(p, op.output(o.Service(), union).Interface(), "request-1")
				require.NoError(t, err)
				return res
			})
			require.NoError(t, err)
			assert.Empty(t, diffSDK(op.output(o.Service(), union).Interface(), got))
		}
	})
}

// An output of which nothing is set, as an operation without results has it.
func TestEmptyOutputsArrive(t *testing.T) {
	t.Parallel()
	forEachOperation(t, func(t *testing.T, op sdkOp, o *Operation) {
		if o.events {
			_, err := o.Encode(RESTXML, reflect.New(op.out).Interface(), "request-1")
			assert.ErrorContains(t, err, op.name)
			return
		}
		got, err := op.exchange(t, o, func(p Protocol) *Response {
			res, err := o.Encode(p, reflect.New(op.out).Interface(), "request-1")
			require.NoError(t, err)
			return res
		})
		require.NoError(t, err)
		require.NotNil(t, got)
	})
}
