package wire

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Protocol is the wire protocol of one exchange. A service may speak several;
// an answer goes out in the protocol that the request came in.
type Protocol int

// The AWS protocols.
const (
	AWSJSON10 Protocol = iota + 1
	AWSJSON11
	AWSQuery
	RESTXML
	RESTJSON
	// AWSQueryJSON is Query with answers in JSON, for who asks for it.
	AWSQueryJSON
	// EC2Query and RPCV2CBOR are spoken only by services that are [Define]d.
	EC2Query
	RPCV2CBOR
)

var protocolNames = map[string]Protocol{
	"awsJson1_0": AWSJSON10,
	"awsJson1_1": AWSJSON11,
	"awsQuery":   AWSQuery,
	"restXml":    RESTXML,
	"restJson1":  RESTJSON,
	"ec2Query":   EC2Query,
	"rpcv2Cbor":  RPCV2CBOR,
}

// String returns the name that Smithy gives the protocol.
func (p Protocol) String() string {
	if p == AWSQueryJSON {
		return "awsQuery with JSON"
	}
	for name, q := range protocolNames {
		if p == q {
			return name
		}
	}
	return fmt.Sprintf("Protocol(%d)", int(p))
}

// A Request is what this package reads of an HTTP request.
type Request struct {
	Method string
	// Path is the escaped path. Of an S3 request whose host names the bucket it
	// is the path of the object.
	Path string
	// Bucket is the S3 bucket that the host names; empty in path style.
	Bucket   string
	RawQuery string
	Header   http.Header
	// ContentLength is -1 when it is not known. Of an aws-chunked body it is
	// the decoded length.
	ContentLength int64
	// Body is the whole body of an operation that does not stream its input,
	// Stream the body of one that does.
	Body   []byte
	Stream io.Reader

	query  []param // RawQuery decoded, once for Match and Decode
	parsed bool
	form   string // Body, once for Match and Decode
}

// A Response is an answer to be sent. Its body is Body or Stream.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Stream io.ReadCloser
	// Length is the length of Stream; -1 when it is not known.
	Length int64

	values []string // of the headers that have one: allocated together
}

// Set sets a header to one value. The name is in its canonical form.
func (res *Response) Set(name, value string) {
	if res.values == nil {
		res.values = make([]string, 0, 12)
	}
	n := len(res.values)
	res.values = append(res.values, value)
	res.Header[name] = res.values[n : n+1 : n+1]
}

// A Service is the wire model of one AWS service: protocols, operations,
// shapes. It is immutable and safe for concurrent use.
type Service struct {
	name, version, target     string
	namespace, errorNamespace string
	queryCompatible           bool
	protocols                 []Protocol
	operations                []*Operation
	byName                    map[string]*Operation
	shapes                    map[string]*shape
	errors                    map[string]*shape // by the name of their Go type
	queryErrors               map[string]*shape // by their Query code
	rest                      router
	mu                        sync.Mutex // guards plans while they are compiled
	plans                     map[planKey]*node
	xmlns                     string // the attribute ` xmlns="…"` of the root of XML documents
}

// An Operation is one operation of a service.
type Operation struct {
	service *Service
	operation
	segments []segment // of the URI, for REST
	in, out  planCache
	streams  bool
	events   bool // the output is an event stream
	unit     bool // the output has no members and AWS sends no result
	// answered is how long the latest answer in XML was: as long is the next
	// one's buffer, because a list is most often listed again.
	answered atomic.Int64
}

func newService(m *model) (*Service, error) {
	m.unbind()
	s := &Service{
		name: m.Name, version: m.Version, target: m.Target,
		namespace: m.Namespace, errorNamespace: m.ErrorNamespace,
		queryCompatible: m.QueryCompatible,
		byName:          make(map[string]*Operation, len(m.Operations)),
		shapes:          m.Shapes,
		errors:          map[string]*shape{},
		queryErrors:     map[string]*shape{},
		plans:           map[planKey]*node{},
	}
	if s.namespace != "" {
		s.xmlns = ` xmlns="` + s.namespace + `"`
	}
	for _, p := range m.Protocols {
		if protocolNames[p] == 0 {
			return nil, fmt.Errorf("unknown protocol %s", p)
		}
		s.protocols = append(s.protocols, protocolNames[p])
	}
	for name, sh := range m.Shapes {
		sh.name = name
		if sh.Kind != "error" {
			continue
		}
		s.errors[capitalize(name)] = sh
		if old := s.queryErrors[sh.QueryError]; sh.QueryError != "" && (old == nil || name < old.name) {
			s.queryErrors[sh.QueryError] = sh
		}
	}
	applyQuirks(s, m)
	for _, op := range m.Operations {
		o := &Operation{service: s, operation: op, unit: op.Out == ""}
		o.streams = s.hasPayload(op.In, func(m trait) bool { return m.Type == "stream" })
		o.events = o.eventUnion() != nil
		s.operations = append(s.operations, o)
		s.byName[op.Name] = o
	}
	sort.Slice(s.operations, func(i, j int) bool { return s.operations[i].Name() < s.operations[j].Name() })
	var err error
	s.rest, err = newRouter(s)
	return s, err
}

// hasPayload reports whether is holds for the payload of a shape.
func (s *Service) hasPayload(name string, is func(trait) bool) bool {
	sh := s.shapes[name]
	return sh != nil && slices.ContainsFunc(sh.Members, func(m trait) bool { return m.Payload && is(m) })
}

// Name returns the name of the service's schema, "sqs".
func (s *Service) Name() string { return s.name }

// SigningName returns the name in the credential scope of signed requests.
func (s *Service) SigningName() string {
	if name := signingNames[s.name]; name != "" {
		return name
	}
	return s.name
}

// Target is the prefix of X-Amz-Target; empty where the service has none.
func (s *Service) Target() string { return s.target }

// Version is the version of the API.
func (s *Service) Version() string { return s.version }

// Operations returns all operations, sorted by name. The slice is shared.
func (s *Service) Operations() []*Operation { return s.operations }

// Operation returns the operation called name, or nil.
func (s *Service) Operation(name string) *Operation { return s.byName[name] }

// Protocols returns the protocols that the service speaks, preferred first.
func (s *Service) Protocols() []Protocol { return slices.Clone(s.protocols) }

// speaks returns the first of ps that the service speaks, or 0.
func (s *Service) speaks(ps ...Protocol) Protocol {
	for _, p := range s.protocols {
		if slices.Contains(ps, p) {
			return p
		}
	}
	return 0
}

// Name returns AWS's name of the operation, "SendMessage".
func (o *Operation) Name() string { return o.operation.Name }

// Service returns the service that the operation belongs to.
func (o *Operation) Service() *Service { return o.service }

// StreamsInput reports whether the body of a request is an object's bytes,
// which Decode hands on as a reader and does not read: PutObject, UploadPart.
func (o *Operation) StreamsInput() bool { return o.streams }

// Decode fills in, a pointer to the SDK's input struct, from r. What cannot be
// read is an [*Error] with the code that AWS answers.
func (o *Operation) Decode(p Protocol, r *Request, in any) error {
	n, v, err := o.in.plan(o.service, o.operation.In, in)
	if err != nil {
		return err
	}
	switch p {
	case AWSJSON10, AWSJSON11:
		return decodeJSONBody(n, v, r.Body)
	case AWSQuery, AWSQueryJSON:
		return decodeQuery(o, n, v, r)
	case RESTXML, RESTJSON:
		return decodeREST(o, p, n, v, r)
	case RPCV2CBOR, EC2Query:
		return n.decodeValue(p, r, v)
	}
	return unknownProtocol(p)
}

// Encode makes the answer of out, a pointer to the SDK's output struct.
func (o *Operation) Encode(p Protocol, out any, requestID string) (*Response, error) {
	if o.events {
		return o.encodeEvents(p, out, requestID)
	}
	n, v, err := o.out.plan(o.service, o.operation.Out, out)
	if err != nil {
		return nil, err
	}
	switch p {
	case AWSJSON10, AWSJSON11:
		return encodeJSONResponse(o, p, n, v, requestID), nil
	case AWSQuery:
		return encodeQueryResponse(o, n, v, requestID), nil
	case AWSQueryJSON:
		return encodeQueryJSON(o, n, v, requestID), nil
	case RESTXML, RESTJSON:
		return encodeREST(o, p, n, v, requestID), nil
	case RPCV2CBOR:
		return encodeCBOR(n, v, requestID), nil
	case EC2Query:
		return encodeEC2(o, n, v, requestID), nil
	}
	return nil, unknownProtocol(p)
}

func unknownProtocol(p Protocol) error {
	return &Error{Code: "InternalFailure", Message: "wire: no codec for " + p.String(), Status: http.StatusInternalServerError}
}

// planCache holds the plan for the Go type that an operation is used with,
// which is the SDK's, always the same one.
type planCache struct{ last atomic.Pointer[cachedPlan] }

type cachedPlan struct {
	typ  reflect.Type
	node *node
}

// plan returns how to read or write ptr's struct as the shape called name, and
// the struct.
func (c *planCache) plan(s *Service, name string, ptr any) (*node, reflect.Value, error) {
	v := reflect.ValueOf(ptr)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
		return nil, v, fmt.Errorf("wire: %T is not a pointer to a struct", ptr)
	}
	typ := v.Type()
	if p := c.last.Load(); p != nil && p.typ == typ {
		return p.node, v.Elem(), nil
	}
	n, err := s.compile(typ.Elem(), name)
	if err != nil {
		return nil, v, err
	}
	c.last.Store(&cachedPlan{typ, n})
	return n, v.Elem(), nil
}

func capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// unbind forgets the places in an HTTP request where no protocol of the service has any: the
// protocols that are not REST have all members in the body ("HTTP binding traits are ignored").
func (m *model) unbind() {
	if slices.ContainsFunc(m.Protocols, func(p string) bool { return strings.HasPrefix(p, "rest") }) {
		return
	}
	for _, sh := range m.Shapes {
		for i := range sh.Members {
			t := &sh.Members[i]
			t.Label, t.Header, t.Prefix, t.Query, t.Payload, t.Status = false, "", "", "", false, false
		}
	}
}
