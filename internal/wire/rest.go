package wire

import (
	"net/http"
	"reflect"
	"strings"
)

// decodeREST reads a REST request: labels, query string, headers, body.
func decodeREST(o *Operation, p Protocol, n *node, v reflect.Value, r *Request) error {
	if err := r.parseQuery(p); err != nil {
		return err
	}
	for i := range n.fields {
		f := &n.fields[i]
		var err error
		switch f.loc {
		case inLabel:
			err = f.readLabel(o, p, r, v)
		case inQuery:
			err = f.readQuery(p, r, v)
		}
		if err != nil {
			return err
		}
	}
	if err := n.readHeaders(p, r, v); err != nil {
		return err
	}
	switch {
	case n.payload != nil:
		return n.payload.readPayload(p, r, v.Field(n.payload.index))
	case n.body && p == RESTJSON:
		return decodeJSONBody(n, v, r.Body)
	case n.body:
		return readDocument(n, n.xmlName, r.Body, v)
	}
	return nil
}

func (f *field) readLabel(o *Operation, p Protocol, r *Request, v reflect.Value) error {
	var escaped string
	ok := true
	if o.service.name == "s3" {
		bucket, key, _ := r.s3Path()
		if escaped = key; f.wire == "Bucket" {
			escaped = bucket
		}
	} else {
		escaped, ok = o.label(r.Path, f.wire)
	}
	if !ok {
		return badURI(p)
	}
	if strings.IndexByte(escaped, '%') >= 0 {
		if escaped, ok = unescapePercent(escaped, false); !ok {
			return badURI(p)
		}
	}
	if f.node.setText(v.Field(f.index), escaped, dateTime) != nil {
		return badURI(p)
	}
	return nil
}

// pageSizes are the sizes of the pages of S3's lists. One that is empty counts as not sent.
var pageSizes = map[string]bool{"max-keys": true, "max-parts": true, "max-uploads": true, "max-buckets": true}

func (f *field) readQuery(p Protocol, r *Request, v reflect.Value) error {
	fv := v.Field(f.index)
	if f.node.kind == listKind {
		for i := range r.query {
			if r.query[i].name != f.wire {
				continue
			}
			if err := f.node.elem.setText(f.node.grow(fv), r.query[i].value, dateTime); err != nil {
				return badArgument(p, f.wire, r.query[i].value)
			}
		}
		return nil
	}
	text, ok := r.param(f.wire)
	if !ok || text == "" && pageSizes[f.wire] {
		return nil
	}
	if f.node.setText(fv, text, dateTime) != nil {
		return badArgument(p, f.wire, text)
	}
	return nil
}

// readHeaders goes through the headers that there are, which are fewer than
// those that there could be. Of several errors it returns that of the first
// member, so that the same request always has the same answer.
func (n *node) readHeaders(p Protocol, r *Request, v reflect.Value) error {
	if n.length != nil && r.ContentLength >= 0 {
		n.length.node.target(v.Field(n.length.index)).SetInt(r.ContentLength)
	}
	var first *field
	var failed error
	for name, values := range r.Header {
		for _, f := range n.byHeader[name] {
			if err := f.readHeader(p, values, v.Field(f.index)); err != nil && (first == nil || f.index < first.index) {
				first, failed = f, err
			}
		}
		for _, f := range n.prefixed {
			if rest, ok := strings.CutPrefix(name, f.wire); ok {
				setMetadata(v.Field(f.index), rest, values)
			}
		}
	}
	return failed
}

// setMetadata stores a header of user metadata, whose name S3 keeps in lower
// case.
func setMetadata(v reflect.Value, name string, values []string) {
	m := v.Addr().Interface().(*map[string]string)
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[strings.ToLower(name)] = strings.Join(values, ",")
}

// inAnyCase are the headers of S3 whose values have no case. Answers have them in capitals.
var inAnyCase = map[string]bool{"X-Amz-Checksum-Algorithm": true, "X-Amz-Checksum-Type": true, "X-Amz-Sdk-Checksum-Algorithm": true}

func (f *field) readHeader(p Protocol, values []string, fv reflect.Value) error {
	if len(values) == 0 {
		return nil
	}
	if f.node.kind == listKind {
		return f.readHeaderList(p, values, fv)
	}
	text := values[0]
	if len(values) > 1 {
		text = strings.Join(values, ",")
	}
	if p == RESTXML && f.wire == "Content-Encoding" {
		if text = withoutChunking(text); text == "" {
			return nil
		}
	}
	if p == RESTXML && inAnyCase[f.wire] {
		text = strings.ToUpper(text)
	}
	if f.node.kind != stringKind {
		text = strings.TrimSpace(text)
	}
	if err := f.node.setText(fv, text, httpDate); err != nil && !f.httpDate {
		return badArgument(p, f.wire, text)
	} else if err != nil {
		fv.SetZero()
	}
	return nil
}

func (f *field) readHeaderList(p Protocol, values []string, fv reflect.Value) error {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if f.node.elem.setText(f.node.grow(fv), strings.TrimSpace(part), httpDate) != nil {
				return badArgument(p, f.wire, v)
			}
		}
	}
	return nil
}

// withoutChunking cuts aws-chunked off a content encoding. It says how the body
// travels and is not stored with the object.
func withoutChunking(encoding string) string {
	if !strings.Contains(encoding, "aws-chunked") {
		return encoding
	}
	var kept []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ",")
}

// badArgument is the answer to a query parameter or header that is not what its
// type says.
func badArgument(p Protocol, name, value string) error {
	if p != RESTXML {
		return serialization("Invalid value for " + name)
	}
	return &Error{
		Code:    "InvalidArgument",
		Message: s3ArgumentText(name),
		Status:  http.StatusBadRequest,
		Fields:  []Field{{"ArgumentName", name}, {"ArgumentValue", short(value)}},
	}
}

// s3ArgumentText returns what S3 says of a malformed argument. The texts of
// max-keys and partNumber are as often quoted; the others follow that of
// max-keys: unverified.
func s3ArgumentText(name string) string {
	switch {
	case name == "partNumber":
		return "Part number must be an integer between 1 and 10000, inclusive"
	case pageSizes[name]:
		return "Provided " + name + " not an integer or within integer range"
	}
	return "Provided " + name + " is not valid"
}
