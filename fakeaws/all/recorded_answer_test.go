package all_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An xmlNode is an element of an answer.
type xmlNode struct {
	name     string
	attrs    map[string]string
	children []*xmlNode
	text     string
}

func readXML(d *xml.Decoder, start xml.StartElement) (*xmlNode, error) {
	n := &xmlNode{name: start.Name.Local, attrs: map[string]string{}}
	for _, a := range start.Attr {
		n.attrs[a.Name.Local] = a.Value
	}
	for {
		token, err := d.Token()
		if err != nil {
			return n, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := readXML(d, token)
			if err != nil {
				return n, err
			}
			n.children = append(n.children, child)
		case xml.CharData:
			n.text += string(token)
		case xml.EndElement:
			return n, nil
		}
	}
}

func parseXML(body string) *xmlNode {
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return &xmlNode{}
		}
		if start, ok := token.(xml.StartElement); ok {
			n, _ := readXML(d, start)
			return n
		}
	}
}

func (n *xmlNode) named(name string) (found []*xmlNode) {
	for _, c := range n.children {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

// plain is an element without a model: a text, or its children by their names.
func (n *xmlNode) plain() any {
	if len(n.children) == 0 {
		if n.text == "" {
			return nil
		}
		return n.text
	}
	fields := map[string]any{}
	for _, c := range n.children {
		fields[c.name] = c.plain()
	}
	return fields
}

// A rawAnswer is an answer as it was sent.
type rawAnswer struct {
	status int
	header http.Header
	body   string
}

// read is an answer as a client in Python returns it.
func (m *recordedModel) read(operation string, raw rawAnswer) map[string]any {
	isXML := strings.HasPrefix(strings.TrimSpace(raw.body), "<")
	if operation == "GetBucketLocation" && raw.status == http.StatusOK {
		return map[string]any{"LocationConstraint": parseXML(raw.body).plain()} // the whole answer, or nothing
	}
	if raw.status >= 300 {
		out := map[string]any{"ResponseMetadata": float64(raw.status)}
		if isXML {
			m.xmlError(out, parseXML(raw.body))
		} else if slices.Contains(m.Protocols, "restXml") {
			out["Error"] = map[string]any{"Code": strconv.Itoa(raw.status), "Message": http.StatusText(raw.status)}
		} else {
			m.jsonError(out, raw)
		}
		return out
	}
	out := map[string]any{}
	shape := m.Shapes[m.outputs[operation]]
	if shape == nil {
		return out
	}
	if !isXML && !slices.Contains(m.Protocols, "restXml") {
		_ = json.Unmarshal([]byte(raw.body), &out)
		m.bytes("#"+m.outputs[operation], out)
		return out
	}
	node := parseXML(raw.body)
	if slices.Contains(m.Protocols, "awsQuery") {
		node = append(node.named(operation+"Result"), &xmlNode{})[0]
	}
	m.fields(out, shape, node, raw)
	if out["EncodingType"] == "url" {
		decodeKeys(out)
	}
	if raw.status == http.StatusPartialContent {
		out["ResponseMetadata"] = float64(raw.status)
	}
	return out
}

// decodeKeys decodes the keys of a list, which boto3 asks for in this encoding.
func decodeKeys(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, item := range value {
			text, ok := item.(string)
			switch name {
			case "Delimiter", "Key", "KeyMarker", "Marker", "NextKeyMarker", "NextMarker", "Prefix", "StartAfter":
				if plain, err := url.QueryUnescape(text); ok && err == nil {
					value[name] = plain
				}
			}
			decodeKeys(item)
		}
	case []any:
		for _, item := range value {
			decodeKeys(item)
		}
	}
}

// fields reads the members of the output, from the body or from headers.
func (m *recordedModel) fields(out map[string]any, shape *recordedShape, node *xmlNode, raw rawAnswer) {
	for _, member := range shape.Members {
		switch {
		case member.Prefix != "":
			prefixed := map[string]any{}
			for name, values := range raw.header {
				if rest, ok := strings.CutPrefix(strings.ToLower(name), strings.ToLower(member.Prefix)); ok {
					prefixed[rest] = values[0]
				}
			}
			out[member.Name] = prefixed
		case member.Header != "":
			if values := raw.header.Values(member.Header); len(values) > 0 {
				out[member.Name] = simple(member.Type, values[0])
			}
		case member.Payload && m.shape(member.Type) == nil:
			out[member.Name] = raw.body
		case member.Payload:
			if raw.body != "" {
				out[member.Name] = m.xmlValue(member.Type, node)
			}
		default:
			m.field(out, member, node)
		}
	}
}

func (m *recordedModel) field(out map[string]any, member recordedMember, node *xmlNode) {
	name, shape := member.Name, m.shape(member.Type)
	if member.XMLName != "" {
		name = member.XMLName[strings.LastIndex(member.XMLName, ":")+1:]
	}
	if member.Attr {
		if value, ok := node.attrs[name]; ok {
			out[member.Name] = value
		}
		return
	}
	found := node.named(name)
	if len(found) == 0 {
		return
	}
	if member.Flat && shape != nil {
		out[member.Name] = m.collection(shape, found)
		return
	}
	out[member.Name] = m.xmlValue(member.Type, found[0])
}

func (m *recordedModel) xmlValue(typ string, node *xmlNode) any {
	shape := m.shape(typ)
	switch {
	case shape == nil:
		return simple(typ, node.text)
	case shape.Kind == "list" || shape.Kind == "map":
		return m.collection(shape, node.children)
	}
	out := map[string]any{}
	for _, member := range shape.Members {
		m.field(out, member, node)
	}
	return out
}

// collection is a list of its items, or a map of its entries.
func (m *recordedModel) collection(shape *recordedShape, items []*xmlNode) any {
	if shape.Kind == "list" {
		list := []any{}
		for _, item := range items {
			list = append(list, m.xmlValue(shape.Elem.Type, item))
		}
		return list
	}
	key, value := shape.Key.XMLName, shape.Elem.XMLName
	if key == "" {
		key = "key"
	}
	if value == "" {
		value = "value"
	}
	entries := map[string]any{}
	for _, item := range items {
		entry := map[string]any{}
		m.field(entry, recordedMember{Name: "key", XMLName: key, Type: shape.Key.Type}, item)
		m.field(entry, recordedMember{Name: "value", XMLName: value, Type: shape.Elem.Type}, item)
		if name, ok := entry["key"].(string); ok {
			entries[name] = entry["value"]
		}
	}
	return entries
}

func simple(typ, text string) any {
	switch typ {
	case "number":
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case "boolean":
		return text == "true"
	case "blob":
		return pythonBytes(text)
	}
	return text
}

// bytes replaces the bytes in an answer in JSON by what Python prints of them.
func (m *recordedModel) bytes(typ string, value any) any {
	shape := m.shape(typ)
	switch value := value.(type) {
	case map[string]any:
		for name := range value {
			member, ok := shape.member(name)
			if shape.Kind == "map" {
				member, ok = *shape.Elem, true
			}
			if ok {
				value[name] = m.bytes(member.Type, value[name])
			}
		}
	case []any:
		for i := range value {
			value[i] = m.bytes(shape.Elem.Type, value[i])
		}
	case string:
		if typ == "blob" {
			return pythonBytes(value)
		}
	}
	return value
}

// pythonBytes is what Python prints of bytes, which an answer has in base 64.
func pythonBytes(encoded string) string {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return encoded
	}
	var b strings.Builder
	for _, c := range decoded {
		if c < utf8.RuneSelf {
			b.WriteString(strings.Trim(strconv.QuoteToASCII(string(rune(c))), `"`))
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return "b'" + b.String() + "'"
}

// xmlError reads the error of the Query and REST-XML protocols.
func (m *recordedModel) xmlError(out map[string]any, node *xmlNode) {
	e := node
	if node.name == "ErrorResponse" {
		if inner := node.named("Error"); len(inner) > 0 {
			e = inner[0]
		}
		if host := node.named("HostId"); len(host) > 0 {
			out["HostId"] = host[0].text
		}
	}
	fields, _ := e.plain().(map[string]any)
	if node.name != "ErrorResponse" {
		delete(fields, "RequestId")
		delete(fields, "HostId")
	}
	out["Error"] = fields
	if slices.Contains(m.Protocols, "restXml") {
		m.modeled(out, fields)
	}
}

// modeled adds the members of an error that the model has by the name of its code, which
// then are there a second time.
func (m *recordedModel) modeled(out, fields map[string]any) {
	shape := m.Shapes[fmt.Sprint(fields["Code"])]
	if shape == nil || shape.Kind != "error" {
		return
	}
	for _, member := range shape.Members {
		if value, ok := fields[member.Name]; ok {
			out[member.Name] = value
		}
	}
}

// jsonError reads the error of a JSON protocol, whose service may have codes of its time
// with the Query protocol in a header.
func (m *recordedModel) jsonError(out map[string]any, raw rawAnswer) {
	var body map[string]any
	_ = json.Unmarshal([]byte(raw.body), &body)
	code, _ := body["__type"].(string)
	code = code[strings.LastIndex(code, "#")+1:]
	if code == "" { // REST
		code, _, _ = strings.Cut(raw.header.Get("X-Amzn-Errortype"), ":")
	}
	message := body["message"]
	if message == nil {
		message = body["Message"]
	}
	e := map[string]any{"Code": code, "Message": message}
	if old, fault, ok := strings.Cut(raw.header.Get("x-amzn-query-error"), ";"); ok {
		e["Code"], e["QueryErrorCode"], e["Type"] = old, code, fault
	}
	out["Error"] = e
	body["Code"] = e["Code"]
	m.modeled(out, body)
}

// A lastAnswer keeps the last answer that a client got.
type lastAnswer struct {
	next interface {
		Do(*http.Request) (*http.Response, error)
	}
	last rawAnswer
}

func (r *lastAnswer) Do(req *http.Request) (*http.Response, error) {
	res, err := r.next.Do(req)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	r.last = rawAnswer{res.StatusCode, res.Header, string(body)}
	res.Body = io.NopCloser(strings.NewReader(string(body)))
	return res, err
}
