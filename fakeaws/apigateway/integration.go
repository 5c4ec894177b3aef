package apigateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws/apigateway/internal/vtl"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// An outcome is what an endpoint has answered.
type outcome struct {
	status int
	header http.Header
	body   []byte
	// match is what selection patterns are compared with: the status, or the error of a function.
	match string
}

// integrate has the integration of a method answer a request.
func (s *Fake) integrate(v *invocation) (*wire.Response, error) {
	i := v.method.MethodIntegration
	if i == nil {
		return nil, misconfigured()
	}
	if i.ConnectionType == types.ConnectionTypeVpcLink {
		return nil, s.refuse(v, "an integration through a VPC link is not implemented")
	}
	switch i.Type {
	case types.IntegrationTypeMock:
		return s.mock(v)
	case types.IntegrationTypeAwsProxy:
		return s.lambdaProxy(v)
	case types.IntegrationTypeHttpProxy:
		return s.httpProxy(v)
	}
	body, m, err := s.request(v)
	if err != nil {
		return nil, err
	}
	var out *outcome
	if i.Type == types.IntegrationTypeHttp {
		out, err = s.callHTTP(v, aws.ToString(i.HttpMethod), v.uri(m), m, body)
	} else {
		out, err = s.callAWS(v, v.uri(m), m, body)
	}
	if err != nil {
		return nil, err
	}
	return s.respond(v, out)
}

// refuse answers what is not there: the log says what.
func (s *Fake) refuse(v *invocation, what string) error {
	v.call.Help("leastpriv: " + what)
	return misconfigured()
}

// restricted are the headers of requests to services that no mapping may set.
var restricted = []string{"Authorization", "Connection", "Content-Length", "Expect", "Proxy-Authenticate", "Te", "Transfer-Encoding"}

// request makes the body and the parameters of the request to the endpoint.
func (s *Fake) request(v *invocation) ([]byte, *mapped, error) {
	m := v.parameters(s)
	i := v.method.MethodIntegration
	if i.Type == types.IntegrationTypeAws {
		for _, name := range restricted {
			if len(m.header[name]) > 0 {
				v.call.Help("the header " + name + " of a request to a service cannot be mapped")
				return nil, nil, misconfigured()
			}
		}
	}
	body := v.body
	switch {
	case i.ContentHandling == types.ContentHandlingStrategyConvertToBinary && !v.binary:
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(textOf(v.body)))
		if err != nil {
			return nil, nil, misconfigured()
		}
		body = decoded
	case i.ContentHandling == types.ContentHandlingStrategyConvertToText && v.binary:
		body = []byte(base64.StdEncoding.EncodeToString(v.body))
	case !v.binary:
		body = []byte(textOf(v.body))
	}
	c := v.compiled()
	t, err := v.template(c.requests, aws.ToString(i.PassthroughBehavior))
	if err != nil || t == nil {
		return body, m, err
	}
	in := v.input(s, textOf(body))
	text, err := t.Render(in)
	if err != nil {
		v.call.Help("the mapping template of the request: " + err.Error())
		return nil, nil, misconfigured()
	}
	m.override(in.Context)
	return []byte(text), m, nil
}

// template finds the template of a request; nil where the body passes.
func (v *invocation) template(templates map[string]*vtl.Template, passthrough string) (*vtl.Template, error) {
	if t := templates[v.contentType()]; t != nil {
		return t, nil
	}
	if t := templates["$default"]; t != nil {
		return t, nil
	}
	if passthrough == never || passthrough == whenNoTemplates && len(templates) > 0 {
		return nil, gatewayError(types.GatewayResponseTypeUnsupportedMediaType, textMedia)
	}
	return nil, nil
}

// mock answers as the template of the request says: an object with a statusCode.
func (s *Fake) mock(v *invocation) (*wire.Response, error) {
	body, _, err := s.request(v)
	if err != nil {
		return nil, err
	}
	status := struct {
		StatusCode json.Number `json:"statusCode"`
	}{}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&status); err != nil || status.StatusCode == "" {
		v.call.Help("the mapping template of a mock integration makes no object with a statusCode")
		return nil, misconfigured()
	}
	n, err := strconv.Atoi(status.StatusCode.String())
	if err != nil {
		return nil, misconfigured()
	}
	return s.respond(v, &outcome{status: n, header: http.Header{}, match: strconv.Itoa(n)})
}

// respond makes the answer of what an endpoint answered: the integration response whose pattern
// matches, or the one without a pattern.
func (s *Fake) respond(v *invocation, out *outcome) (*wire.Response, error) {
	c := v.compiled()
	var chosen *compiledResponse
	responses := slices.Clone(c.responses)
	slices.SortFunc(responses, func(a, b *compiledResponse) int {
		return strings.Compare(aws.ToString(a.StatusCode), aws.ToString(b.StatusCode))
	})
	for _, r := range responses {
		if r.pattern != nil && out.match != "" && r.pattern.MatchString(out.match) {
			chosen = r
			break
		}
		if r.pattern == nil && chosen == nil {
			chosen = r
		}
	}
	if chosen == nil {
		v.call.Help("no integration response matches " + out.match + ", and none is the default")
		return nil, misconfigured()
	}
	status := aws.ToString(chosen.StatusCode)
	declared, ok := v.method.MethodResponses[status]
	if !ok {
		v.call.Help("the method has no response " + status)
		return nil, misconfigured()
	}
	resp := &wire.Response{Header: http.Header{}}
	resp.Status, _ = strconv.Atoi(status)
	resp.Set("Content-Type", "application/json")
	for to, from := range chosen.ResponseParameters {
		name := strings.TrimPrefix(to, "method.response.header.")
		if _, ok := declared.ResponseParameters[to]; !ok {
			continue
		}
		if values, ok := v.values(s, from, out); ok {
			setResponseHeader(resp.Header, name, values)
		}
	}
	body, err := s.responseBody(v, chosen, out, resp)
	if err != nil {
		return nil, err
	}
	resp.Body = body
	resp.Set("X-Amzn-Trace-Id", traceID(v))
	return resp, nil
}

// responseBody makes the body of an answer, and applies what its template overrides.
func (s *Fake) responseBody(v *invocation, chosen *compiledResponse, out *outcome, resp *wire.Response) ([]byte, error) {
	binary := v.design.isBinary(out.header.Get("Content-Type"))
	t := chosen.templates["application/json"]
	content := ""
	if t == nil {
		for _, name := range sortedKeys(chosen.templates) {
			t, content = chosen.templates[name], name
			break
		}
	}
	body := out.body
	if t != nil {
		if binary {
			body = []byte(base64.StdEncoding.EncodeToString(body))
			binary = false
		}
		in := v.input(s, textOf(body))
		text, err := t.Render(in)
		if err != nil {
			v.call.Help("the mapping template of the response: " + err.Error())
			return nil, misconfigured()
		}
		if content != "" && content != "$default" && chosen.ResponseParameters["method.response.header.Content-Type"] == "" {
			resp.Set("Content-Type", content)
		}
		overrideResponse(resp, in.Context)
		body = []byte(text)
	}
	return v.convert(body, binary, chosen.ContentHandling)
}

// convert makes a body what its content handling and the Accept header say ("Content type
// conversions in API Gateway").
func (v *invocation) convert(body []byte, binary bool, handling types.ContentHandlingStrategy) ([]byte, error) {
	accepts := v.acceptsBinary()
	switch {
	case binary && (handling == types.ContentHandlingStrategyConvertToText || handling == "" && !accepts):
		return []byte(base64.StdEncoding.EncodeToString(body)), nil
	case binary:
		return body, nil
	case handling == types.ContentHandlingStrategyConvertToBinary || handling == "" && accepts:
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(body)))
		if err != nil {
			if handling == "" {
				return body, nil
			}
			return nil, misconfigured()
		}
		return decoded, nil
	}
	return []byte(textOf(body)), nil
}

// acceptsBinary reports whether the first media type of the Accept header is a binary one.
func (v *invocation) acceptsBinary() bool {
	first, _, _ := strings.Cut(v.header.Get("Accept"), ",")
	return strings.TrimSpace(first) != "" && v.design.isBinary(first)
}

// overrideResponse applies $context.responseOverride of a template.
func overrideResponse(resp *wire.Response, context *vtl.Object) {
	o, _ := context.Get("responseOverride").(*vtl.Object)
	if o == nil {
		return
	}
	if text, ok := textual(o.Get("status")); ok {
		if n, err := strconv.Atoi(text[0]); err == nil && n >= 100 && n < 600 {
			resp.Status = n
		}
	}
	headers, _ := o.Get("header").(*vtl.Object)
	if headers == nil {
		return
	}
	for _, name := range headers.Keys() {
		if text, ok := textual(headers.Get(name)); ok {
			setResponseHeader(resp.Header, name, text)
		}
	}
}

// remapped are the headers that API Gateway sets itself: what an endpoint or a mapping says stands
// under another name ("Amazon API Gateway important notes").
var remapped = []string{"Authorization", "Connection", "Content-Length", "Content-Md5", "Date", "Expect", "Host", "Max-Forwards", "Proxy-Authenticate", "Server", "Trailer",
	"Transfer-Encoding", "Upgrade", "User-Agent", "Www-Authenticate", "X-Amzn-Requestid"}

func setResponseHeader(h http.Header, name string, values []string) {
	name = http.CanonicalHeaderKey(name)
	if slices.Contains(remapped, name) {
		name = http.CanonicalHeaderKey("X-Amzn-Remapped-" + name)
	}
	clean := make([]string, 0, len(values))
	for _, value := range values {
		clean = append(clean, strings.NewReplacer("\r", "", "\n", "").Replace(value))
	}
	h[name] = clean
}
