package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// kind says how a node's values are read and written.
type kind uint8

const (
	stringKind kind = iota
	boolKind
	intKind
	floatKind
	timeKind
	blobKind
	documentKind // any JSON value, in JSON alone
	streamKind
	structKind
	unionKind
	listKind
	mapKind
)

// location says where in a message a member travels.
type location uint8

const (
	inBody location = iota
	inLabel
	inQuery
	inHeader
	inPrefix // all headers that begin with a prefix, a map
	inPayload
	inStatus // the HTTP status
)

// node is the plan of one Go type as one type of the schema: what reflection
// would find out at each call, found out once.
type node struct {
	kind kind
	// ptr: the values are pointers to base.
	ptr  bool
	base reflect.Type
	// named: base is a string type of its own, an enumeration.
	named bool
	bits  int // of integers and floats
	time  timeFormat

	elem *node // of a list; the values of a map
	// XML and Query names of list elements and of the parts of map entries.
	elemName, keyName, valueName string

	name     string // shape
	xmlName  string // of the root element of a document
	fields   []field
	byJSON   map[string]*field
	byXML    map[string]*field
	byHeader map[string][]*field // by canonical name
	prefixed []*field            // maps of headers with a prefix
	length   *field              // the member that is the Content-Length
	attrs    []*field            // XML attributes
	payload  *field              // REST
	cases    []reflect.Type      // of a union: the Go type of each field
	body     bool                // some member travels in the body
	textRoot bool                // the document is its only member's text (see quirks.go)
}

// field is the plan of one member of a structure or union.
type field struct {
	node     *node
	index    int // of the Go field
	name     string
	loc      location
	wire     string // name of label, header (canonical) or query parameter, prefix
	jsonKey  string // `"Name":`
	ec2      string // name in requests to EC2
	xmlName  string
	open     string // `<Name`, with the namespace that the element declares
	close    string // `</Name>`
	flat     bool
	attr     bool // an XML attribute: open is ` name="`, close `"`
	required bool
	truth    bool // a false is left out (see quirks.go)
	httpDate bool // an unreadable value is ignored, as RFC 9110 demands of dates in headers
}

type planKey struct {
	typ reflect.Type
	ref string
}

// timeFormat is the format of a time stamp. The zero value leaves it to the place.
type timeFormat uint8

const (
	placeTime timeFormat = iota
	dateTime
	milliTime // dateTime that always shows milliseconds: XML of S3
	httpDate
	epochTime
)

func (f timeFormat) or(place timeFormat) timeFormat {
	if f == placeTime {
		return place
	}
	return f
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	documentType = reflect.TypeFor[json.RawMessage]()
)

// compile returns the plan of a struct type as the shape called name; an empty
// name is the unit type.
func (s *Service) compile(typ reflect.Type, name string) (*node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" {
		return &node{kind: structKind, base: typ}, nil
	}
	n, err := s.node(typ, trait{Type: "#" + name})
	if err != nil {
		clear(s.plans) // plans in it may point to the one that failed
	}
	return n, err
}

// node returns the plan of a Go type as the type of t. Recursive types meet
// their own plan in s.plans, before it is complete.
func (s *Service) node(typ reflect.Type, t trait) (*node, error) {
	key := planKey{typ, t.Type}
	if n := s.plans[key]; n != nil {
		return n, nil
	}
	n := &node{base: typ}
	if typ.Kind() == reflect.Pointer {
		n.ptr, n.base = true, typ.Elem()
	}
	s.plans[key] = n
	return n, s.fill(n, t.Type)
}

func (s *Service) fill(n *node, ref string) error {
	switch {
	case strings.HasPrefix(ref, "["):
		return s.fillList(n, &trait{Type: ref[1:]})
	case strings.HasPrefix(ref, "{"):
		return s.fillMap(n, &trait{Type: "string"}, &trait{Type: ref[1:]})
	case !strings.HasPrefix(ref, "#"):
		return n.fillSimple(ref)
	}
	sh := s.shapes[ref[1:]]
	if sh == nil {
		return fmt.Errorf("wire: %s has no shape %s", s.name, ref[1:])
	}
	n.name, n.xmlName = sh.name, sh.name
	if sh.XMLName != "" {
		n.xmlName = sh.XMLName
	}
	switch sh.Kind {
	case "list":
		return s.fillList(n, sh.Elem)
	case "map":
		return s.fillMap(n, sh.Key, sh.Elem)
	case "union":
		return s.fillUnion(n, sh)
	}
	return s.fillStruct(n, sh)
}

// simpleKinds has the kind of each simple type of the schemas and the kinds of
// Go types that may hold it.
var simpleKinds = map[string]struct {
	kind kind
	time timeFormat
	goes []reflect.Kind
}{
	"string":    {stringKind, 0, []reflect.Kind{reflect.String}},
	"boolean":   {boolKind, 0, []reflect.Kind{reflect.Bool}},
	"number":    {intKind, 0, []reflect.Kind{reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64}},
	"timestamp": {timeKind, placeTime, []reflect.Kind{reflect.Struct}},
	"dateTime":  {timeKind, dateTime, []reflect.Kind{reflect.Struct}},
	"httpDate":  {timeKind, httpDate, []reflect.Kind{reflect.Struct}},
	"epoch":     {timeKind, epochTime, []reflect.Kind{reflect.Struct}},
	"blob":      {blobKind, 0, []reflect.Kind{reflect.Slice}},
	"document":  {documentKind, 0, []reflect.Kind{reflect.Slice}},
	"stream":    {streamKind, 0, []reflect.Kind{reflect.Interface}},
}

func (n *node) fillSimple(ref string) error {
	simple, ok := simpleKinds[ref]
	if !ok {
		return fmt.Errorf("wire: unknown type %q", ref)
	}
	k := n.base.Kind()
	if !slices.Contains(simple.goes, k) || simple.kind == timeKind && n.base != timeType || simple.kind == documentKind && n.base != documentType {
		return fmt.Errorf("wire: Go type %s does not hold a %s", n.base, ref)
	}
	n.kind, n.time = simple.kind, simple.time
	switch k {
	case reflect.String:
		n.named = n.base.PkgPath() != ""
	case reflect.Float32, reflect.Float64:
		n.kind, n.bits = floatKind, n.base.Bits()
	case reflect.Int32, reflect.Int64:
		n.bits = n.base.Bits()
	}
	return nil
}

func (s *Service) fillList(n *node, elem *trait) (err error) {
	n.kind = listKind
	if n.base.Kind() != reflect.Slice {
		return fmt.Errorf("wire: Go type %s does not hold a list", n.base)
	}
	n.elemName = elem.XMLName
	if n.elemName == "" {
		n.elemName = "member"
	}
	n.elem, err = s.node(n.base.Elem(), *elem)
	return err
}

func (s *Service) fillMap(n *node, key, value *trait) (err error) {
	n.kind = mapKind
	if n.base.Kind() != reflect.Map || n.base.Key().Kind() != reflect.String {
		return fmt.Errorf("wire: Go type %s does not hold a map", n.base)
	}
	n.keyName, n.valueName = "key", "value"
	if key.XMLName != "" {
		n.keyName = key.XMLName
	}
	if value.XMLName != "" {
		n.valueName = value.XMLName
	}
	n.elem, err = s.node(n.base.Elem(), *value)
	return err
}

func (s *Service) fillStruct(n *node, sh *shape) error {
	n.kind = structKind
	if n.base.Kind() != reflect.Struct {
		return fmt.Errorf("wire: Go type %s does not hold a %s", n.base, sh.name)
	}
	for i := range sh.Members {
		m := &sh.Members[i]
		gf, ok := n.base.FieldByName(capitalize(m.Name))
		if !ok || len(gf.Index) != 1 {
			// An event stream is not a field of the SDK's output, and a schema may
			// be newer than the SDK: no program can have set such a member.
			continue
		}
		fn, err := s.node(gf.Type, *m)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", sh.name, m.Name, err)
		}
		f := newField(m, fn, gf.Index[0])
		f.truth = unlessTrue[s.name][sh.name] == m.Name
		n.fields = append(n.fields, f)
	}
	n.textRoot = s.textRoot(sh.name)
	n.indexFields()
	return nil
}

// fillUnion plans the SDK's interface type of a union. Its members are types of
// their own, called UnionMemberName, with one field, Value.
func (s *Service) fillUnion(n *node, sh *shape) error {
	n.kind = unionKind
	if n.base.Kind() != reflect.Interface {
		return fmt.Errorf("wire: Go type %s does not hold a union", n.base)
	}
	for i := range sh.Members {
		m := &sh.Members[i]
		name := n.base.PkgPath() + "." + n.base.Name() + "Member" + capitalize(m.Name)
		typ, ok := unionMember(name)
		if !ok {
			return fmt.Errorf("wire: nobody has registered %s", name)
		}
		fn, err := s.node(typ.Field(0).Type, *m)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", sh.name, m.Name, err)
		}
		n.fields = append(n.fields, newField(m, fn, i))
		n.cases = append(n.cases, typ)
	}
	n.indexFields()
	return nil
}

func newField(m *trait, n *node, index int) field {
	f := field{node: n, index: index, name: m.Name, flat: m.Flat, required: m.Required, xmlName: m.Name, ec2: ec2Name(m)}
	switch {
	case m.XMLName != "":
		f.xmlName = m.XMLName
	case m.Payload:
		f.xmlName = n.xmlName
	}
	key := m.Name
	if m.JSONName != "" {
		key = m.JSONName
	}
	f.jsonKey = `"` + key + `":`
	f.open, f.close = "<"+f.xmlName, "</"+f.xmlName+">"
	if prefix, uri, ok := strings.Cut(m.XMLNamespace, " "); ok {
		f.open += ` xmlns:` + prefix + `="` + uri + `"`
	}
	switch {
	case m.Label:
		f.loc, f.wire = inLabel, m.Name
	case m.Header != "":
		f.loc, f.wire = inHeader, http.CanonicalHeaderKey(m.Header)
		f.httpDate = n.kind == timeKind && n.time.or(httpDate) == httpDate
	case m.Prefix != "":
		f.loc, f.wire = inPrefix, http.CanonicalHeaderKey(m.Prefix)
	case m.Query != "":
		f.loc, f.wire = inQuery, m.Query
	case m.Payload:
		f.loc = inPayload
	case m.Status:
		f.loc = inStatus
	}
	if m.Attribute {
		f.attr, f.open, f.close = true, ` `+f.xmlName+`="`, `"`
	}
	return f
}

// indexFields builds the tables by which a reader finds a member. Where two
// share a Query name (SQS: AttributeNames and MessageSystemAttributeNames are
// both AttributeName.N), the first has it, the other its own.
func (n *node) indexFields() {
	n.byJSON = make(map[string]*field, len(n.fields))
	n.byXML = make(map[string]*field, len(n.fields))
	n.byHeader = map[string][]*field{}
	for i := range n.fields {
		f := &n.fields[i]
		switch f.loc {
		case inPayload:
			n.payload = f
			continue
		case inPrefix:
			n.prefixed = append(n.prefixed, f)
			continue
		case inHeader:
			if f.wire == "Content-Length" {
				n.length = f
			} else {
				n.byHeader[f.wire] = append(n.byHeader[f.wire], f)
			}
			continue
		case inBody:
		default:
			continue
		}
		n.byJSON[strings.Trim(f.jsonKey, `":`)] = f
		if f.attr {
			n.attrs = append(n.attrs, f)
			continue
		}
		n.body = true
		name := f.xmlName
		if n.byXML[name] != nil {
			name = f.name
		}
		n.byXML[name] = f
	}
}
