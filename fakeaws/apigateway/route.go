package apigateway

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws/apigateway/internal/vtl"
)

// routes are the resources of a deployment, to find one by a path. They never change.
type routes struct {
	part     string // of the path: of a variable, its name
	greedy   bool
	here     *route
	fixed    map[string]*routes
	variable *routes
	rest     *routes // a greedy variable
}

// A route is a resource that is deployed.
type route struct {
	id, path string
	methods  map[string]*compiledMethod
}

// A compiledMethod is a method whose templates, patterns and models are read.
type compiledMethod struct {
	types.Method
	requests  map[string]*vtl.Template // by content type
	responses []*compiledResponse
	validator *types.RequestValidator
	models    map[string]validator // by content type
}

type compiledResponse struct {
	types.IntegrationResponse
	pattern   *regexp.Regexp // nil for the default
	templates map[string]*vtl.Template
}

// maxPattern is how long a regular expression may be; unverified.
const maxPattern = 8 << 10

var errPattern = errors.New("the regular expression is too long")

// wholePattern reads a regular expression, which the whole text must match: a dot stands for the
// end of a line too if flags say so.
func wholePattern(flags, pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errPattern
	}
	if _, err := syntax.Parse(pattern, syntax.Perl); err != nil { // by itself: "a)(b" is none
		return nil, err
	}
	return regexp.Compile(flags + `^(?:` + pattern + `)$`)
}

// selection reads a selection pattern.
func selection(pattern string) (*regexp.Regexp, error) { return wholePattern("(?s)", pattern) }

// validation reads the identity validation expression of an authorizer.
func validation(pattern string) (*regexp.Regexp, error) { return wholePattern("", pattern) }

// compileRoutes reads a design.
func (d *design) compileRoutes() (*routes, error) {
	root := &routes{}
	for _, x := range d.resources.all() {
		at := root
		for part := range strings.SplitSeq(strings.Trim(x.path, "/"), "/") {
			if part != "" {
				at = at.below(part)
			}
		}
		at.here = &route{id: x.id, path: x.path, methods: make(map[string]*compiledMethod)}
		for name, m := range x.methods {
			compiled, err := d.compileMethod(&m)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", name, x.path, err)
			}
			at.here.methods[name] = compiled
		}
	}
	return root, nil
}

func (r *routes) below(part string) *routes {
	if !isVariable(part) {
		if r.fixed == nil {
			r.fixed = make(map[string]*routes)
		}
		if r.fixed[part] == nil {
			r.fixed[part] = &routes{part: part}
		}
		return r.fixed[part]
	}
	to := &r.variable
	if isGreedy(part) {
		to = &r.rest
	}
	if *to == nil {
		*to = &routes{part: strings.TrimSuffix(strings.Trim(part, "{}"), "+"), greedy: isGreedy(part)}
	}
	return *to
}

// match finds the resource of a path, as it was sent: parts that are fixed come first, then
// variables, then those that take all the rest. A slash at the end does not count.
func (r *routes) match(path string) (*route, map[string]string) {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return r.here, nil
	}
	values := make(map[string]string)
	found := r.find(path, values)
	if found == nil {
		if trimmed := strings.TrimRight(path, "/"); trimmed != path && trimmed != "" {
			found = r.find(trimmed, values)
		}
	}
	return found, values
}

func (r *routes) find(path string, values map[string]string) *route {
	part, rest, more := strings.Cut(path, "/")
	for _, next := range []*routes{r.fixed[unescaped(part)], r.variable} {
		if next == nil || next == r.variable && part == "" {
			continue
		}
		found := next.here
		if more {
			found = next.find(rest, values)
		}
		if found != nil {
			if next == r.variable {
				values[next.part] = unescaped(part)
			}
			return found
		}
	}
	if r.rest != nil && r.rest.here != nil {
		values[r.rest.part] = unescaped(strings.TrimSuffix(path, "/"))
		return r.rest.here
	}
	return nil
}

func unescaped(part string) string {
	if text, err := url.PathUnescape(part); err == nil {
		return text
	}
	return part
}

func (d *design) compileMethod(m *types.Method) (*compiledMethod, error) {
	c := &compiledMethod{Method: *m}
	c.validator = d.validators.get(aws.ToString(m.RequestValidatorId))
	for content, name := range m.RequestModels {
		model := d.models.get(name)
		if model == nil {
			continue
		}
		v, err := d.compile(model)
		if err != nil {
			return nil, err
		}
		if c.models == nil {
			c.models = make(map[string]validator)
		}
		c.models[content] = v
	}
	i := m.MethodIntegration
	if i == nil {
		return c, nil
	}
	var err error
	if c.requests, err = compileTemplates(i.RequestTemplates); err != nil {
		return nil, err
	}
	for _, response := range i.IntegrationResponses {
		r := &compiledResponse{IntegrationResponse: response}
		if p := aws.ToString(response.SelectionPattern); p != "" {
			if r.pattern, err = selection(p); err != nil {
				return nil, err
			}
		}
		if r.templates, err = compileTemplates(response.ResponseTemplates); err != nil {
			return nil, err
		}
		c.responses = append(c.responses, r)
	}
	return c, nil
}

func compileTemplates(texts map[string]string) (map[string]*vtl.Template, error) {
	all := make(map[string]*vtl.Template, len(texts))
	for content, text := range texts {
		t, err := vtl.Parse(text)
		if err != nil {
			return nil, err
		}
		all[content] = t
	}
	return all, nil
}
