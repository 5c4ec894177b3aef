package wire

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// router finds the operation that a REST request means. It looks at method,
// path, query string and headers and never at the body.
type router interface {
	match(*Request) (*Operation, error)
}

// newRouter returns the router of a service, nil when no protocol needs one.
func newRouter(s *Service) (router, error) {
	switch s.speaks(RESTXML, RESTJSON) {
	case RESTXML:
		if s.name == "s3" {
			return newS3Router(s)
		}
		return newPathRouter(s), nil
	case RESTJSON:
		return newPathRouter(s), nil
	}
	return nil, nil
}

// NeedsBody reports whether Match needs the body: an awsQuery form names its
// action there.
func (s *Service) NeedsBody(r *Request) bool {
	return r.Method == http.MethodPost && s.speaks(AWSQuery) != 0 && r.Header["X-Amz-Target"] == nil
}

// Match finds the operation that a request means and the protocol that it
// speaks. Where there is no operation the protocol is still the one to answer in.
func (s *Service) Match(r *Request) (*Operation, Protocol, error) {
	if p := s.speaks(RESTXML, RESTJSON); p != 0 {
		if err := r.parseQuery(p); err != nil {
			return nil, p, err
		}
		o, err := s.rest.match(r)
		return o, p, err
	}
	if o, ok, err := s.matchRPC(r); ok {
		return o, RPCV2CBOR, err
	}
	target := r.Header["X-Amz-Target"]
	if p := s.speaks(AWSJSON10, AWSJSON11); p != 0 && (len(target) > 0 || s.speaks(AWSQuery) == 0) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json-1.1") {
			p = AWSJSON11 // both versions are the same but for the content type
		}
		o, err := s.matchTarget(r, target)
		return o, p, err
	}
	o, err := s.matchAction(r)
	if s.speaks(EC2Query) != 0 {
		return o, EC2Query, err
	}
	return o, queryIn(r), err
}

// matchRPC reads the path of the RPC v2 CBOR protocol, /service/NAME/operation/NAME. It is
// false for requests of other protocols.
func (s *Service) matchRPC(r *Request) (o *Operation, ok bool, err error) {
	if s.speaks(RPCV2CBOR) == 0 || r.Header.Get("Smithy-Protocol") == "" {
		return nil, false, nil
	}
	parts := splitPath(r.Path)
	if n := len(parts); n >= 4 && parts[n-4] == "service" && parts[n-2] == "operation" && r.Method == http.MethodPost {
		if o = s.byName[parts[n-1]]; o != nil {
			return o, true, nil
		}
	}
	return nil, true, &Error{
		Code:    "UnknownOperationException",
		Message: "Could not find an operation for " + short(r.Path),
		Status:  http.StatusNotFound,
	}
}

// The answers to a request that names no operation. The codes are in the common
// errors of the API references; texts and, for JSON, the status: unverified.
const (
	unknownOperationStatus = http.StatusBadRequest
	missingActionText      = "The request must contain the parameter Action."
)

// matchTarget reads X-Amz-Target: AmazonSQS.SendMessage.
func (s *Service) matchTarget(r *Request, target []string) (*Operation, error) {
	if len(target) == 0 {
		target = []string{""}
	}
	prefix, name, _ := strings.Cut(target[0], ".")
	if o := s.byName[name]; o != nil && prefix == s.target && r.Method == http.MethodPost {
		return o, nil
	}
	return nil, &Error{
		Code:    "UnknownOperationException",
		Message: "Could not find operation " + quoteShort(target[0]),
		Status:  unknownOperationStatus,
	}
}

// matchAction reads the parameter Action of a form or query string.
func (s *Service) matchAction(r *Request) (*Operation, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return nil, &Error{Code: "InvalidAction", Message: "Method " + quoteShort(r.Method) + " is not supported", Status: http.StatusBadRequest}
	}
	action, ok := queryValue(r, "Action")
	if !ok || action == "" {
		return nil, &Error{Code: "MissingAction", Message: missingActionText, Status: http.StatusBadRequest}
	}
	o := s.byName[action]
	if err := s.checkEndpoint(o, action, r); err != nil {
		return nil, err
	}
	version, versioned := queryValue(r, "Version")
	if !versioned {
		version = "NO_VERSION_SPECIFIED"
	}
	// SQS answers requests of its older versions, and those that name none.
	if o != nil && (version == s.version || s.queryCompatible) {
		return o, nil
	}
	return nil, &Error{
		Code:    "InvalidAction",
		Message: "Could not find operation " + short(action) + " for version " + short(version),
		Status:  http.StatusBadRequest,
	}
}

// short cuts a text that came from outside to a length fit for a message.
func short(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

// parseQuery decodes the query string of a REST request.
func (r *Request) parseQuery(p Protocol) error {
	if r.parsed {
		return nil
	}
	ps, err := appendForm(nil, r.RawQuery)
	if err != nil {
		return badURI(p)
	}
	r.query, r.parsed = ps, true
	return nil
}

func badURI(p Protocol) error {
	if p == RESTXML {
		return &Error{Code: "InvalidURI", Message: "Couldn't parse the specified URI.", Status: http.StatusBadRequest}
	}
	return &Error{Code: malformedQueryString, Message: "Couldn't parse the specified URI.", Status: http.StatusBadRequest}
}

// param returns the first query parameter called name.
func (r *Request) param(name string) (string, bool) {
	for i := range r.query {
		if r.query[i].name == name {
			return r.query[i].value, true
		}
	}
	return "", false
}

// segment is a part of a URI template: a literal, {Label}, or {Label+}, which
// takes the rest of the path.
type segment struct {
	text   string // of a literal, or the label's name
	label  bool
	greedy bool
}

// parseURI takes a template apart: /{Key+}?uploads&list-type=2. The parameter
// x-id only repeats the operation's name.
func parseURI(uri string) (path []segment, literals []param) {
	pathText, query, _ := strings.Cut(uri, "?")
	for _, s := range splitPath(pathText) {
		if !strings.HasPrefix(s, "{") {
			path = append(path, segment{text: s})
			continue
		}
		name := strings.Trim(s, "{}")
		bare, greedy := strings.CutSuffix(name, "+")
		path = append(path, segment{text: bare, label: true, greedy: greedy})
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" && name != "x-id" {
			literals = append(literals, param{name, value})
		}
	}
	return path, literals
}

// splitPath returns the segments of a path, without the empty ones that a slash
// at either end makes.
func splitPath(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// A route is what a request must have to mean an operation, beside its method
// and path.
type route struct {
	op       *Operation
	literals []param  // query parameters with their values; an empty one is any
	query    []string // other query parameters that must be there
	headers  []string // headers that must be there
}

// newRoute returns the path template and the route of an operation.
func newRoute(o *Operation) (path []segment, rt *route) {
	rt = &route{op: o}
	path, rt.literals = parseURI(o.URI)
	if in := o.service.shapes[o.In]; in != nil {
		for _, m := range in.Members {
			switch {
			case m.Required && m.Query != "":
				rt.query = append(rt.query, m.Query)
			case m.Required && m.Header != "":
				rt.headers = append(rt.headers, http.CanonicalHeaderKey(m.Header))
			}
		}
	}
	return path, rt
}

// weight says how much a route demands; literals count before all else.
func (rt *route) weight() int {
	return 100*len(rt.literals) + len(rt.query) + len(rt.headers)
}

// compareRoutes puts the one that demands more first. Where they demand the same
// amount (?acl&tagging) the name decides, to have one answer.
func compareRoutes(a, b *route) int {
	return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.op.Name(), b.op.Name()))
}

func (rt *route) outranks(other *route) bool { return compareRoutes(rt, other) < 0 }

func (rt *route) fits(r *Request) bool {
	for _, l := range rt.literals {
		if v, ok := r.param(l.name); !ok || l.value != "" && v != l.value {
			return false
		}
	}
	for _, q := range rt.query {
		if _, ok := r.param(q); !ok {
			return false
		}
	}
	for _, h := range rt.headers {
		if r.Header[h] == nil {
			return false
		}
	}
	return true
}

// pathRouter routes by method and path segments, as restJson services do: of
// the templates that fit, the one with the earliest literals wins, then the one
// that demands more query parameters. Parameters that an operation requires do
// not decide: when one is missing, the operation says so.
type pathRouter struct {
	routes map[string][]*route // by method; the most specific first
}

func newPathRouter(s *Service) *pathRouter {
	pr := &pathRouter{routes: map[string][]*route{}}
	for _, o := range s.operations {
		path, rt := newRoute(o)
		o.segments, rt.query, rt.headers = path, nil, nil
		pr.routes[o.Method] = append(pr.routes[o.Method], rt)
	}
	for _, rts := range pr.routes {
		slices.SortFunc(rts, compareRoutes)
		slices.SortStableFunc(rts, func(a, b *route) int { return compareTemplates(a.op.segments, b.op.segments) })
	}
	return pr
}

// compareTemplates puts the more specific of two templates first.
func compareTemplates(a, b []segment) int {
	rank := func(s segment) int {
		switch {
		case s.greedy:
			return 2
		case s.label:
			return 1
		}
		return 0
	}
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(rank(a[i]), rank(b[i])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(b), len(a))
}

func (pr *pathRouter) match(r *Request) (*Operation, error) {
	parts := splitPath(r.Path)
	for _, rt := range pr.routes[r.Method] {
		if fits(rt.op.segments, parts) && rt.fits(r) {
			return rt.op, nil
		}
	}
	return nil, &Error{
		Code:    "UnknownOperationException",
		Message: "Could not find an operation for " + short(r.Method) + " " + short(r.Path),
		Status:  http.StatusNotFound,
	}
}

func fits(template []segment, parts []string) bool {
	for i, s := range template {
		switch {
		case i >= len(parts):
			return false
		case s.greedy:
			return true
		case !s.label && s.text != parts[i]:
			return false
		}
	}
	return len(parts) == len(template)
}

// label returns the part of a path that a label of the template stands for,
// still escaped.
func (o *Operation) label(path, name string) (string, bool) {
	parts := splitPath(path)
	for i, s := range o.segments {
		if i >= len(parts) {
			break
		}
		if s.label && s.text == name {
			if s.greedy {
				return strings.Join(parts[i:], "/"), true
			}
			return parts[i], true
		}
	}
	return "", false
}
