package fakeaws

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// maxBody is the default of [Wire.MaxBody].
const maxBody = 1 << 20

// readBody reads the body of a request to a service whose signatures cover it, and
// returns its hash.
func (x *Exchange) readBody() (hash string, err error) {
	if x.wire.OpenBody != nil {
		return "", nil
	}
	body, err := ReadAll(x.HTTP.Body, x.HTTP.ContentLength, cmp.Or(x.wire.MaxBody, maxBody))
	if err != nil {
		return "", err
	}
	x.Request.Body = body
	return sigv4.Hash(body), nil
}

// ReadAll reads a body of at most limit bytes. length is -1 where unknown. A
// [sigv4.Body] of known length gives its last bytes out only once it is verified.
func ReadAll(r io.Reader, length, limit int64) ([]byte, error) {
	if length > limit {
		return nil, tooLarge(limit)
	}
	if length >= 0 {
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
			return nil, &Error{
				Code:    "IncompleteBody",
				Message: "You did not provide the number of bytes specified by the Content-Length HTTP header",
				Status:  http.StatusBadRequest,
			}
		} else if err != nil {
			return nil, err
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return nil, tooLarge(limit)
	}
	return body, err
}

// tooLarge is the error of a body over the limit. Code and status are those of
// S3's documentation; for the other services they are unverified.
func tooLarge(limit int64) error {
	return &Error{
		Code:    "MaxMessageLengthExceeded",
		Message: "Your request was too big.",
		Status:  http.StatusBadRequest,
		Fields:  []Field{{Name: "MaxMessageLengthBytes", Value: strconv.FormatInt(limit, 10)}},
	}
}
