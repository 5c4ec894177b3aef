package anyservice

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxDecompressed is how long a compressed body may be in the end. CloudWatch takes 1 MB in a
// request; which limit holds for what it decompresses is unverified.
const maxDecompressed = 4 << 20

// decompressed returns a message whose body is read. SDKs compress the longer bodies of the
// operations that have Smithy's trait requestCompression, as PutMetricData of CloudWatch.
func decompressed(msg *fakeaws.Message) (*fakeaws.Message, error) {
	if !strings.EqualFold(msg.Header.Get("Content-Encoding"), "gzip") || len(msg.Body) == 0 {
		return msg, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(msg.Body))
	if err != nil {
		return nil, malformedBody()
	}
	body, err := fakeaws.ReadAll(r, -1, maxDecompressed)
	var tooLong *fakeaws.Error
	switch {
	case errors.As(err, &tooLong):
		return nil, err
	case err != nil:
		return nil, malformedBody()
	}
	request := *msg.Request
	request.Body, request.ContentLength = body, int64(len(body))
	request.Header = msg.Header.Clone()
	request.Header.Del("Content-Encoding")
	return &fakeaws.Message{Request: &request, Operation: msg.Operation, Protocol: msg.Protocol}, nil
}

func malformedBody() error {
	return &fakeaws.Error{Code: "SerializationException", Message: "The compressed body of the request is malformed.", Status: http.StatusBadRequest}
}
