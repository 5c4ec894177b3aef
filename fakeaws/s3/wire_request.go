package s3

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A request is what S3 keeps of an HTTP request beside the input of its operation: the
// context of the call, with itself as a value.
type request struct {
	context.Context
	// hostID is the second of the two ids of the answer.
	hostID string
	// trace is the header of AWS X-Ray, which S3 hands on with events.
	trace string
	// form says that the request is an upload by a form.
	form bool
	// expires is the header Expires, which S3 keeps whatever it says.
	expires string
	// encryption is the header x-amz-server-side-encryption of a request that reads.
	encryption string
}

type requestKey struct{}

// Value implements [context.Context].
func (r *request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// keepRequest puts what S3 keeps of a request into the context of its call.
func keepRequest(x *fakeaws.Exchange) {
	r := &request{Context: x.Call.Context, hostID: x.Call.World.IDs().Token(76)}
	if method := x.HTTP.Method; method == http.MethodGet || method == http.MethodHead {
		r.encryption = x.HTTP.Header.Get(sseHeader)
	}
	if e := x.HTTP.Header.Get("Expires"); printable(e) {
		r.expires = e
	}
	if trace := x.HTTP.Header.Get("X-Amzn-Trace-Id"); printable(trace) {
		r.trace = trace
	}
	x.Call.Context = r
}

// printable reports whether a text is of printable ASCII characters: no trace header of AWS
// X-Ray has others, which SQS might refuse together with the event.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// checkMethod refuses headers that the method of a request does not have: what is read is
// decrypted as it was encrypted (API Reference, "GetObject").
func checkMethod(call *fakeaws.Call) error {
	if r := requestOf(call); r != nil && r.encryption != "" {
		return invalidArgument(sseHeader+" header is not supported for this operation.", sseHeader, r.encryption)
	}
	return nil
}

// sentExpires is the header Expires of an upload as it was sent; nil where it is a date as
// S3 would write it, or was not sent.
func sentExpires(call *fakeaws.Call, date *time.Time) *string {
	r := requestOf(call)
	if r == nil || r.expires == "" || date != nil && date.UTC().Format(http.TimeFormat) == r.expires {
		return nil
	}
	return &r.expires
}

// requestOf is what S3 keeps of the request of a call; nil of one that Go code makes.
func requestOf(call *fakeaws.Call) *request {
	if call == nil {
		return nil
	}
	r, _ := call.Value(requestKey{}).(*request)
	return r
}

// answered are the two ids of the answer to a call. What S3 does by itself, and what Go
// code asks, has new ones.
func (s *Fake) answered(call *fakeaws.Call) (requestID, hostID string) {
	if r := requestOf(call); r != nil {
		return call.RequestID, r.hostID
	}
	requestID, hostID = s.world.IDs().HexUpper(16), s.world.IDs().Token(76)
	if call != nil {
		requestID = call.RequestID
	}
	return requestID, hostID
}

func traceOf(call *fakeaws.Call) string {
	if r := requestOf(call); r != nil {
		return r.trace
	}
	return ""
}

// created is the event of an upload in one piece.
func created(call *fakeaws.Call) occurrence {
	if r := requestOf(call); r != nil && r.form {
		return occurrence{event: types.EventS3ObjectCreatedPost, call: call}
	}
	return occurrence{event: types.EventS3ObjectCreatedPut, call: call}
}
