package wire

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// textXML is the content type of Query answers.
var textXML = []string{"text/xml"}

// encodeQueryResponse writes <OpResponse><OpResult>…</OpResult>
// <ResponseMetadata>…</ResponseMetadata></OpResponse>. An operation whose output
// is nothing has no OpResult, one that has nothing to answer an empty element.
func encodeQueryResponse(o *Operation, n *node, v reflect.Value, requestID string) *Response {
	b := make([]byte, 0, max(512, o.answered.Load()))
	b = append(append(append(b, '<'), o.Name()...), "Response"...)
	b = append(append(b, o.service.xmlns...), '>')
	if !o.unit {
		b = append(append(append(b, '<'), o.Name()...), "Result"...)
		open := len(b)
		b = n.appendXMLStruct(append(b, '>'), v, dateTime)
		if len(b) == open+1 {
			b = append(b[:open], "/>"...)
		} else {
			b = append(append(append(b, "</"...), o.Name()...), "Result>"...)
		}
	}
	b = append(b, "<ResponseMetadata><RequestId>"...)
	b = appendXMLText(b, requestID)
	b = append(b, "</RequestId></ResponseMetadata></"...)
	b = append(append(b, o.Name()...), "Response>"...)
	o.answered.Store(int64(len(b)))
	res := &Response{Status: http.StatusOK, Body: b, Header: http.Header{"Content-Type": textXML}}
	res.Set(requestIDHeader, requestID)
	return res
}

// formValue finds a parameter of an encoded form without decoding the others.
func formValue(form, name string) (string, bool) {
	for len(form) > 0 {
		var pair string
		pair, form, _ = strings.Cut(form, "&")
		if k, value, _ := strings.Cut(pair, "="); k == name {
			return unescapeForm(value)
		}
	}
	return "", false
}

// queryValue finds a parameter in the query string or, of a POST, the body.
func queryValue(r *Request, name string) (string, bool) {
	if v, ok := formValue(r.RawQuery, name); ok {
		return v, true
	}
	if r.Method != http.MethodPost {
		return "", false
	}
	return formValue(r.formText(), name)
}

// formText returns the body as a string, made once.
func (r *Request) formText() string {
	if r.form == "" {
		r.form = string(r.Body)
	}
	return r.form
}

// checkEndpoint refuses an action at the URL of a queue of SQS's that no queue has: one that
// there is not, and one that is about no queue, or about one that it names otherwise.
func (s *Service) checkEndpoint(o *Operation, action string, r *Request) error {
	if s.name != "sqs" || len(r.Path) < 2 || o != nil && s.hasMember(o.In, "QueueUrl") {
		return nil
	}
	return &Error{Code: "InvalidAction", Message: "The action " + short(action) + " is not valid for this endpoint.", Status: http.StatusBadRequest}
}

// hasMember reports whether a structure has a member.
func (s *Service) hasMember(structure, name string) bool {
	sh := s.shapes[structure]
	return sh != nil && slices.ContainsFunc(sh.Members, func(m trait) bool { return m.Name == name })
}

// setQueueURL gives an SQS request that was posted to the queue's own URL,
// which older clients do, the QueueUrl that the path says.
func setQueueURL(o *Operation, n *node, v reflect.Value, r *Request) {
	f := n.byXML["QueueUrl"]
	if f == nil || o.service.name != "sqs" || len(r.Path) < 2 {
		return
	}
	if fv := v.Field(f.index); fv.IsNil() {
		url := r.Path
		if host := r.Header.Get("Host"); host != "" {
			url = "https://" + host + url
		}
		f.node.setString(fv, url)
	}
}
