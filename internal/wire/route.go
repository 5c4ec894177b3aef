package wire

import (
	"net/http"
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
		return newS3Router(s)
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
	target := r.Header["X-Amz-Target"]
	if p := s.speaks(AWSJSON10, AWSJSON11); p != 0 && (len(target) > 0 || s.speaks(AWSQuery) == 0) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json-1.1") {
			p = AWSJSON11 // both versions are the same but for the content type
		}
		o, err := s.matchTarget(r, target)
		return o, p, err
	}
	o, err := s.matchAction(r)
	return o, AWSQuery, err
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
	version, versioned := queryValue(r, "Version")
	if !versioned {
		version = "NO_VERSION_SPECIFIED"
	}
	// SQS answers requests of its older versions, and those that name none.
	if o := s.byName[action]; o != nil && (version == s.version || s.queryCompatible) {
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

// pathRouter routes by method and path segments, as restJson services do: of
// the templates that fit, the one with the earliest literals wins.
type pathRouter struct {
	// routes by method; the most specific first.
	routes map[string][]*Operation
}

func newPathRouter(s *Service) *pathRouter {
	pr := &pathRouter{routes: map[string][]*Operation{}}
	for _, o := range s.operations {
		o.segments, _ = parseURI(o.URI)
		pr.routes[o.Method] = insertByPath(pr.routes[o.Method], o)
	}
	return pr
}

func insertByPath(ops []*Operation, o *Operation) []*Operation {
	i := 0
	for i < len(ops) && !moreSpecific(o.segments, ops[i].segments) {
		i++
	}
	return append(ops[:i], append([]*Operation{o}, ops[i:]...)...)
}

func moreSpecific(a, b []segment) bool {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i].label != b[i].label:
			return !a[i].label
		case a[i].greedy != b[i].greedy:
			return !a[i].greedy
		}
	}
	return len(a) > len(b)
}

func (pr *pathRouter) match(r *Request) (*Operation, error) {
	parts := splitPath(r.Path)
	for _, o := range pr.routes[r.Method] {
		if fits(o.segments, parts) {
			return o, nil
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
