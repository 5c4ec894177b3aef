package wire

import (
	"bytes"
	"net/http"
	"reflect"
	"unicode/utf8"
)

// readPayload reads the body as the one member that it is.
func (f *field) readPayload(p Protocol, r *Request, v reflect.Value) error {
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
		if len(r.Body) > 0 || f.required {
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
		if err != nil || t == xmlStart && string(r.name) != root && string(r.name) != otherRoots[root] {
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
