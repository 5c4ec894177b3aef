package wire

import (
	"net/http"
	"reflect"
	"strings"
)

// The services with the Query protocol answer in JSON, and not in XML, who asks for it with
// Accept: application/json. The JSON has the elements of the XML: maps are lists of names
// and values, times are seconds since 1970. That members without a value are left out, and
// that lists of other services than SQS have the names of the model, is unverified.

// queryIn returns in which form the answer to a Query request goes out.
func queryIn(r *Request) Protocol {
	for _, accept := range r.Header["Accept"] {
		if strings.HasPrefix(accept, "application/json") {
			return AWSQueryJSON
		}
	}
	return AWSQuery
}

// queryJSONNames are members that this JSON calls otherwise than the model.
var queryJSONNames = map[string]map[string]string{
	"sqs": {"Messages": "messages", "QueueUrls": "queueUrls"},
}

// encodeQueryJSON writes {"OpResponse":{"OpResult":{…},"ResponseMetadata":{"RequestId":…}}}.
func encodeQueryJSON(o *Operation, n *node, v reflect.Value, requestID string) *Response {
	b := appendJSONString([]byte{'{'}, o.Name()+"Response")
	b = append(b, ":{"...)
	if !o.unit {
		b = append(appendJSONString(b, o.Name()+"Result"), ':')
		b = append(n.appendQueryJSON(b, v, queryJSONNames[o.service.name]), ',')
	}
	b = appendJSONString(append(b, `"ResponseMetadata":{"RequestId":`...), requestID)
	b = append(b, "}}}"...)
	res := &Response{Status: http.StatusOK, Body: b, Header: http.Header{"Content-Type": {"application/json"}}}
	res.Set(requestIDHeader, requestID)
	return res
}

// appendQueryJSON appends a value that is set, with names in place of the model's.
func (n *node) appendQueryJSON(b []byte, v reflect.Value, names map[string]string) []byte {
	switch n.kind {
	case structKind:
		b = append(b, '{')
		for i := range n.fields {
			f := &n.fields[i]
			fv, ok := f.node.value(v.Field(f.index))
			if !ok || f.truth && !fv.Bool() {
				continue
			}
			name := f.name
			if other, ok := names[name]; ok {
				name = other
			}
			b = append(appendJSONString(comma(b), name), ':')
			b = f.node.appendQueryJSON(b, fv, names)
		}
		return append(b, '}')
	case listKind:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = n.elem.appendQueryJSON(b, n.elem.deref(v.Index(i)), names)
		}
		return append(b, ']')
	case mapKind:
		b = append(b, '[')
		n.eachEntry(v, func(key string, e reflect.Value) {
			if b[len(b)-1] != '[' {
				b = append(b, ',')
			}
			b = appendJSONString(append(appendJSONString(append(b, '{'), n.keyName), ':'), key)
			b = append(appendJSONString(append(b, ','), n.valueName), ':')
			b = append(n.elem.appendQueryJSON(b, n.elem.deref(e), names), '}')
		})
		return append(b, ']')
	case timeKind:
		return n.appendText(b, v, epochTime)
	}
	return n.appendJSON(b, v)
}

// appendQueryErrorJSON writes {"Error":{"Type":…,"Code":…,"Message":…},"RequestId":…}.
func (s *Service) appendQueryErrorJSON(a *answer, e ErrorContext) []byte {
	b := appendJSONString([]byte(`{"Error":{"Type":`), a.party())
	b = appendJSONString(append(b, `,"Code":`...), a.code)
	b = appendJSONString(append(b, `,"Message":`...), s.queryMessage(a))
	if s.queryCompatible {
		b = append(b, `,"Detail":null`...)
	}
	b = appendJSONString(append(b, `},"RequestId":`...), e.RequestID)
	return append(b, '}')
}
