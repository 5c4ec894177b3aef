package wire

import (
	"net/http"
	"reflect"
)

// decodeJSONBody reads the body of an awsJson request. AWS takes a missing body
// for an empty object.
func decodeJSONBody(n *node, v reflect.Value, body []byte) error {
	r := jsonReader{data: body}
	switch c := r.peek(); {
	case r.pos == len(body):
		return nil
	case c != '{':
		return r.mismatch(c, "structure")
	}
	if err := n.readJSONStruct(&r, v); err != nil {
		return err
	}
	return r.end()
}

var jsonContentTypes = map[Protocol][]string{
	AWSJSON10: {"application/x-amz-json-1.0"},
	AWSJSON11: {"application/x-amz-json-1.1"},
	RESTJSON:  {"application/json"},
}

// requestIDHeader is the header that carries the request id of all protocols
// but S3's.
const requestIDHeader = "X-Amzn-Requestid"

func encodeJSONResponse(o *Operation, p Protocol, n *node, v reflect.Value, requestID string) *Response {
	res := &Response{Status: http.StatusOK, Header: http.Header{"Content-Type": jsonContentTypes[p]}}
	res.Set(requestIDHeader, requestID)
	if !o.unit {
		res.Body = n.appendJSON(make([]byte, 0, 256), v)
	}
	return res
}
