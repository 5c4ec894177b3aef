package wire

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
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
		case inQueryParams:
			err = n.readQueryParams(f, r, v)
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
		return n.payload.readPayload(o, p, r, v.Field(n.payload.index))
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
	if p == RESTXML {
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
	if !ok {
		return nil
	}
	if f.node.setText(fv, text, dateTime) != nil {
		return badArgument(p, f.wire, text)
	}
	return nil
}

// readQueryParams reads all parameters that no other member of n has.
func (n *node) readQueryParams(f *field, r *Request, v reflect.Value) error {
	m := reflect.MakeMap(f.node.base)
next:
	for i := range r.query {
		for j := range n.fields {
			if n.fields[j].loc == inQuery && n.fields[j].wire == r.query[i].name {
				continue next
			}
		}
		e := reflect.New(f.node.base.Elem()).Elem()
		if f.node.elem.kind != stringKind || f.node.elem.setText(e, r.query[i].value, dateTime) != nil {
			return badArgument(RESTJSON, r.query[i].name, r.query[i].value)
		}
		m.SetMapIndex(reflect.ValueOf(r.query[i].name), e)
	}
	if m.Len() > 0 {
		v.Field(f.index).Set(m)
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
	switch name {
	case "partNumber":
		return "Part number must be an integer between 1 and 10000, inclusive"
	case "max-keys", "max-parts", "max-uploads", "max-buckets":
		return "Provided " + name + " not an integer or within integer range"
	}
	return "Provided " + name + " is not valid"
}

func (f *field) readPayload(o *Operation, p Protocol, r *Request, v reflect.Value) error {
	n := f.node
	switch n.kind {
	case streamKind:
		stream := r.Stream
		if stream == nil {
			stream = bytes.NewReader(r.Body)
		}
		v.Set(reflect.ValueOf(stream))
		return nil
	case blobKind:
		if len(r.Body) > 0 {
			v.SetBytes(bytes.Clone(r.Body))
		}
		return nil
	case stringKind:
		if !utf8.Valid(r.Body) {
			return badPayload(p)
		}
		if len(r.Body) > 0 {
			n.setString(v, string(r.Body))
		}
		return nil
	}
	if p == RESTJSON {
		rd := jsonReader{data: r.Body}
		if rd.peek() == 0 {
			return nil
		}
		if err := n.readJSON(&rd, v); err != nil {
			return err
		}
		return rd.end()
	}
	if len(r.Body) == 0 {
		if f.required {
			return &Error{Code: "MissingRequestBodyError", Message: "Request Body is empty", Status: http.StatusBadRequest}
		}
		return nil
	}
	return readDocument(n, f.xmlName, r.Body, v)
}

func badPayload(p Protocol) error {
	if p == RESTJSON {
		return errJSONString
	}
	return malformedXML()
}

func malformedXML() error {
	return &Error{
		Code:    "MalformedXML",
		Message: "The XML you provided was not well-formed or did not validate against our published schema",
		Status:  http.StatusBadRequest,
	}
}

// readDocument reads an XML document with the root element root.
func readDocument(n *node, root string, body []byte, v reflect.Value) error {
	r, err := newXMLReader(body)
	if err != nil {
		return malformedXML()
	}
	for {
		t, err := r.next()
		if err != nil || t == xmlStart && string(r.name) != root {
			return malformedXML()
		}
		if t == xmlStart {
			break
		}
	}
	if n.readXML(r, v, false) != nil {
		return malformedXML()
	}
	for {
		t, err := r.next()
		if err != nil {
			return malformedXML()
		}
		if t == xmlEOF {
			return nil
		}
	}
}

// encodeREST writes a REST answer.
func encodeREST(o *Operation, p Protocol, n *node, v reflect.Value, requestID string) (*Response, error) {
	res := &Response{Status: o.Code, Header: make(http.Header, 8), Length: -1}
	if res.Status == 0 {
		res.Status = http.StatusOK
	}
	id := requestIDHeader
	if p == RESTXML {
		id = s3RequestIDHeader
	}
	res.Header[id] = []string{requestID}
	for i := range n.fields {
		f := &n.fields[i]
		fv, ok := f.node.value(v.Field(f.index))
		if !ok {
			continue
		}
		switch f.loc {
		case inHeader:
			if text := f.headerText(fv); text != "" {
				res.Header[f.wire] = []string{text}
			}
		case inPrefix:
			f.node.eachEntry(fv, func(key string, e reflect.Value) {
				res.Header[http.CanonicalHeaderKey(f.wire+key)] = []string{e.String()}
			})
		case inStatus:
			if code := int(fv.Int()); code != 0 {
				res.Status = code
			}
		}
	}
	// A range of an object is partial content; the model does not say so.
	if res.Status == http.StatusOK && res.Header["Content-Range"] != nil {
		res.Status = http.StatusPartialContent
	}
	switch {
	case n.payload != nil:
		n.payload.writePayload(o, p, res, v.Field(n.payload.index))
	case n.body && p == RESTJSON:
		res.setBody("application/json", n.appendJSON(make([]byte, 0, 256), v))
	case n.body:
		res.setBody("application/xml", o.service.appendDocument(n, n.xmlName, v))
	}
	return res, nil
}

// headerText returns a header's value. Numbers and booleans without a pointer
// are not set when they are zero.
func (f *field) headerText(v reflect.Value) string {
	n := f.node
	if n.kind == listKind {
		var b []byte
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = n.elem.appendText(b, n.elem.deref(v.Index(i)), httpDate)
		}
		return string(b)
	}
	if !n.ptr && v.IsZero() {
		return ""
	}
	switch n.kind {
	case stringKind:
		return v.String()
	case intKind:
		return strconv.FormatInt(v.Int(), 10)
	}
	return string(n.appendText(make([]byte, 0, 32), v, httpDate))
}

func (res *Response) setBody(contentType string, body []byte) {
	if res.Header["Content-Type"] == nil {
		res.Header["Content-Type"] = []string{contentType}
	}
	res.Body = body
}

func (f *field) writePayload(o *Operation, p Protocol, res *Response, v reflect.Value) {
	n := f.node
	pv, ok := n.value(v)
	if !ok {
		return
	}
	switch n.kind {
	case streamKind:
		res.Stream, _ = v.Interface().(io.ReadCloser)
		if length := res.Header["Content-Length"]; length != nil {
			res.Length, _ = strconv.ParseInt(length[0], 10, 64)
		}
	case blobKind:
		res.setBody("application/octet-stream", pv.Bytes())
	case stringKind:
		res.setBody(stringPayloadType, []byte(pv.String()))
	default:
		if p == RESTJSON {
			res.setBody("application/json", n.appendJSON(make([]byte, 0, 256), pv))
			return
		}
		res.setBody("application/xml", o.service.appendDocument(n, f.xmlName, pv))
	}
}

// stringPayloadType is the content type of GetBucketPolicy's answer, the only
// one that is a text: unverified.
const stringPayloadType = "application/json"

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// appendDocument writes an XML document of one value.
func (s *Service) appendDocument(n *node, root string, v reflect.Value) []byte {
	b := make([]byte, 0, 512)
	b = append(b, xmlHeader...)
	b = append(append(append(b, '<'), root...), s.xmlns...)
	b = append(b, '>')
	if n.textRoot {
		for i := range n.fields {
			if fv, ok := n.fields[i].node.value(v.Field(n.fields[i].index)); ok {
				b = n.fields[i].node.appendXMLScalar(b, fv, milliTime)
			}
		}
	} else {
		b = n.appendXMLContent(b, v, milliTime)
	}
	return append(append(append(b, "</"...), root...), '>')
}
