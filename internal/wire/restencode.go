package wire

import (
	"io"
	"net/http"
	"reflect"
	"strconv"
)

// encodeREST writes a REST answer.
func encodeREST(o *Operation, p Protocol, n *node, v reflect.Value, requestID string) *Response {
	res := &Response{Status: o.Code, Header: make(http.Header, 8), Length: -1}
	if res.Status == 0 {
		res.Status = http.StatusOK
	}
	id := requestIDHeader
	if p == RESTXML {
		id = s3RequestIDHeader
	}
	res.Set(id, requestID)
	for i := range n.fields {
		f := &n.fields[i]
		fv, ok := f.node.value(v.Field(f.index))
		if !ok {
			continue
		}
		switch f.loc {
		case inHeader:
			if text := f.headerText(fv); text != "" {
				res.Set(f.wire, text)
			}
		case inPrefix:
			f.node.eachEntry(fv, func(key string, e reflect.Value) {
				res.Set(http.CanonicalHeaderKey(f.wire+key), e.String())
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
		res.setBody(xmlType, o.appendDocument(n, n.xmlName, v))
	}
	return res
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
		res.Set("Content-Type", contentType)
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
		res.setBody(xmlType, o.appendDocument(n, f.xmlName, pv))
	}
}

// stringPayloadType is the content type of GetBucketPolicy's answer, the only
// one that is a text: unverified.
const stringPayloadType = "application/json"

// xmlType is the content type of S3's documents.
const xmlType = "application/xml"

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// appendDocument writes an XML document of one value.
func (o *Operation) appendDocument(n *node, root string, v reflect.Value) []byte {
	b := make([]byte, 0, max(512, o.answered.Load()))
	b = append(b, xmlHeader...)
	b = append(append(append(b, '<'), root...), o.service.xmlns...)
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
	b = append(append(append(b, "</"...), root...), '>')
	o.answered.Store(int64(len(b)))
	return b
}
