package apigateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/apigateway/internal/vtl"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
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
	body, binary, err := s.responseBody(v, chosen, out, resp)
	if err != nil {
		return nil, err
	}
	_ = binary
	resp.Body = body
	resp.Set("X-Amzn-Trace-Id", traceID(v))
	return resp, nil
}

// responseBody makes the body of an answer, and applies what its template overrides.
func (s *Fake) responseBody(v *invocation, chosen *compiledResponse, out *outcome, resp *wire.Response) ([]byte, bool, error) {
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
			return nil, false, misconfigured()
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
func (v *invocation) convert(body []byte, binary bool, handling types.ContentHandlingStrategy) ([]byte, bool, error) {
	accepts := v.acceptsBinary()
	switch {
	case binary && (handling == types.ContentHandlingStrategyConvertToText || handling == "" && !accepts):
		return []byte(base64.StdEncoding.EncodeToString(body)), false, nil
	case binary:
		return body, true, nil
	case handling == types.ContentHandlingStrategyConvertToBinary || handling == "" && accepts:
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(body)))
		if err != nil {
			if handling == "" {
				return body, false, nil
			}
			return nil, false, misconfigured()
		}
		return decoded, true, nil
	}
	return []byte(textOf(body)), false, nil
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

// callerCredentials is the ARN that stands for the credentials of the caller.
const callerCredentials = "arn:aws:iam::*:user/*"

var errCaller = errors.New("leastpriv: the integration takes the credentials of the caller, and the method's authorization is not AWS_IAM")

// actor is who calls another service for an API: API Gateway itself, the session of a role, or the
// caller.
func (s *Fake) actor(v *invocation, credentials, source string) (fakeaws.Actor, error) {
	service := fakeaws.ServiceCall{Principal: serviceName, SourceARN: source, SourceAccount: v.at.account, Region: v.at.region}
	switch credentials {
	case "":
		return service.Actor(), nil
	case callerCredentials:
		if v.x == nil || v.x.Signature == nil || v.call.Anonymous() {
			return fakeaws.Actor{}, errCaller
		}
		return s.world.ActorOf(v.x.Signature.AccessKeyID, v.at.region)
	}
	session, err := role.Assume(v.call, s.world, service, credentials, sessionName)
	if err != nil {
		return fakeaws.Actor{}, err
	}
	return session.Actor, nil
}

// sessionName is that of the sessions of API Gateway.
const sessionName = "BackplaneAssumeRoleSession"

// credentials are those with which API Gateway signs a request to a service.
func (s *Fake) credentials(v *invocation) (aws.Credentials, error) {
	switch arn := aws.ToString(v.method.MethodIntegration.Credentials); arn {
	case "":
		return aws.Credentials{}, errors.New("leastpriv: the integration has no credentials")
	case callerCredentials:
		if v.x == nil || v.x.Signature == nil || v.call.Anonymous() {
			return aws.Credentials{}, errCaller
		}
		c, ok := s.world.Credential(v.x.Signature.AccessKeyID)
		if !ok {
			return aws.Credentials{}, errCaller
		}
		return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
	default:
		service := fakeaws.ServiceCall{Principal: serviceName, SourceARN: v.sourceARN(), SourceAccount: v.at.account, Region: v.at.region}
		session, err := role.Assume(v.call, s.world, service, arn, sessionName)
		if err != nil {
			return aws.Credentials{}, err
		}
		return session.Credentials, nil
	}
}

// functionOf is the function in the URI of an integration or an authorizer.
func functionOf(uri string) (string, bool) {
	_, rest, ok := strings.Cut(uri, ":lambda:path/2015-03-31/functions/")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "/invocations")
}

// callAWS performs an action of a service of AWS as the role of the integration.
func (s *Fake) callAWS(v *invocation, uri string, m *mapped, body []byte) (*outcome, error) {
	if function, ok := functionOf(uri); ok {
		return s.callFunction(v, function, m, body)
	}
	r, service, err := s.awsRequest(v, uri, m, body)
	if err != nil {
		return nil, err
	}
	credentials, err := s.credentials(v)
	if err != nil {
		v.call.Help(err.Error())
		return nil, misconfigured()
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if err := signer.SignHTTP(v.call, credentials, r, hash, service, v.at.region, s.world.Clock().Now()); err != nil {
		return nil, err
	}
	resp, err := s.world.Door().Internal().RoundTrip(r)
	if err != nil {
		return nil, err
	}
	return read(resp)
}

// signingNames are those of services that are called otherwise in URIs.
var signingNames = map[string]string{"appsync-api": "appsync", "data-ats.iot": "iotdata", "email": "ses", "monitoring": "monitoring"}

// awsRequest makes the request to a service that the URI of an integration names:
// arn:aws:apigateway:REGION:[SUBDOMAIN.]SERVICE:path|action/….
func (s *Fake) awsRequest(v *invocation, uri string, m *mapped, body []byte) (*http.Request, string, error) {
	parsed, err := awsarn.Parse(uri)
	if err != nil {
		return nil, "", misconfigured()
	}
	host := parsed.AccountID
	service := host
	if i := strings.LastIndexByte(host, '.'); i >= 0 {
		service = host[i+1:]
	}
	if name := signingNames[service]; name != "" {
		service = name
	}
	kind, rest, _ := strings.Cut(parsed.Resource, "/")
	method := aws.ToString(v.method.MethodIntegration.HttpMethod)
	if method == "ANY" {
		method = v.httpMethod
	}
	u := &url.URL{Scheme: "https", Host: host + "." + parsed.Region + ".amazonaws.com", Path: "/"}
	query := m.query
	header := m.header.Clone()
	if kind == "path" {
		path, embedded, _ := strings.Cut(rest, "?")
		if err := setPath(u, "/"+path); err != nil {
			return nil, "", misconfigured()
		}
		more, err := url.ParseQuery(embedded)
		if err != nil {
			return nil, "", misconfigured()
		}
		for name, values := range more {
			query[name] = append(values, query[name]...)
		}
	} else if err := setAction(service, rest, query, header); err != nil {
		return nil, "", s.refuse(v, err.Error())
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	r, err := http.NewRequestWithContext(v.call, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, "", misconfigured()
	}
	r.Header = header
	setDefault(r.Header, "Accept", "application/json")
	setDefault(r.Header, "Content-Type", "application/json")
	r.Header.Set("User-Agent", "AmazonAPIGateway_"+v.api)
	r.Header.Set("X-Amzn-Apigateway-Api-Id", v.api)
	for _, name := range []string{"Authorization", "Connection", "Host", "X-Amz-Date", "X-Amz-Security-Token"} {
		r.Header.Del(name)
	}
	if len(body) == 0 && (method == http.MethodGet || method == http.MethodHead) {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	return r, service, nil
}

func setPath(u *url.URL, escaped string) (err error) {
	u.RawPath = escaped
	u.Path, err = url.PathUnescape(escaped)
	return err
}

func setDefault(h http.Header, name, value string) {
	if len(h[name]) == 0 {
		h.Set(name, value)
	}
}

// setAction names the action of a request: by parameters of the Query protocol where the service
// speaks it, else by X-Amz-Target.
func setAction(service, action string, query url.Values, header http.Header) error {
	model, ok := wire.Load(schemaOf(service))
	if !ok {
		return errors.New("an integration with an action of " + service + " is not implemented: name a path")
	}
	protocols := model.Protocols()
	switch {
	case slices.Contains(protocols, wire.AWSQuery):
		query.Set("Action", action)
		setDefaultQuery(query, "Version", model.Version())
		setDefault(header, "Content-Type", "application/x-www-form-urlencoded")
	case model.Target() != "":
		setDefault(header, "X-Amz-Target", model.Target()+"."+action)
		version := "1.0"
		if slices.Contains(protocols, wire.AWSJSON11) {
			version = "1.1"
		}
		setDefault(header, "Content-Type", "application/x-amz-json-"+version)
	default:
		return errors.New("an integration with an action of " + service + " is not implemented: its requests have paths")
	}
	return nil
}

// schemaOf is the name of the schema of a service, where it is another.
func schemaOf(service string) string { return service }

func setDefaultQuery(q url.Values, name, value string) {
	if q.Get(name) == "" {
		q.Set(name, value)
	}
}

// read reads an answer.
func read(resp *http.Response) (*outcome, error) {
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxPayload {
		return nil, misconfigured()
	}
	return &outcome{status: resp.StatusCode, header: resp.Header, body: body, match: strconv.Itoa(resp.StatusCode)}, nil
}

// callFunction invokes a Lambda function with a body that templates have made.
func (s *Fake) callFunction(v *invocation, function string, m *mapped, body []byte) (*outcome, error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	actor, err := s.actor(v, aws.ToString(v.method.MethodIntegration.Credentials), v.sourceARN())
	if err != nil {
		v.call.Help(err.Error())
		return nil, misconfigured()
	}
	event := strings.EqualFold(m.header.Get("X-Amz-Invocation-Type"), "Event")
	answer, err := s.deliver(v, actor, &fakeaws.Delivery{Target: function, Body: body, Answered: !event})
	out := &outcome{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: answer}
	if event {
		out.status = http.StatusAccepted
	}
	if err == nil {
		return out, nil
	}
	var api smithy.APIError
	var own *gatewayProblem
	if errors.As(err, &own) || errors.As(err, &api) {
		v.call.Help(err.Error())
		if own != nil {
			return nil, err
		}
		return nil, misconfigured()
	}
	if v.call.Err() != nil {
		return nil, v.call.Err()
	}
	document := functionError(err)
	out.match, _ = document["errorMessage"].(string)
	if out.body, err = json.Marshal(document); err != nil {
		return nil, err
	}
	return out, nil
}

// deliver delivers to a function within the timeout of the integration, by the machine's clock.
func (s *Fake) deliver(v *invocation, actor fakeaws.Actor, d *fakeaws.Delivery) ([]byte, error) {
	return s.world.Deliver(v.call, actor, d)
}

// Handle has Go code stand for the HTTP endpoints of a host, "api.example.com": what HTTP
// integrations send there it answers. Nothing is ever sent to a network.
func (s *Fake) Handle(host string, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[strings.ToLower(host)] = handler{h}
}

// callHTTP sends a request to an HTTP endpoint that Go code stands for.
func (s *Fake) callHTTP(v *invocation, method, uri string, m *mapped, body []byte) (*outcome, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, misconfigured()
	}
	s.mu.Lock()
	h, ok := s.hosts[strings.ToLower(u.Host)]
	if !ok {
		h, ok = s.hosts[strings.ToLower(u.Hostname())]
	}
	s.mu.Unlock()
	if !ok {
		v.call.Help("leastpriv: no Go code stands for the host " + u.Host + " of an HTTP integration: name some with apigatewaytest.HTTP; nothing is sent to a network")
		return nil, gatewayError(types.GatewayResponseTypeIntegrationFailure, textNetwork)
	}
	if method == "ANY" {
		method = v.httpMethod
	}
	query := u.Query()
	for name, values := range m.query {
		query[name] = values
	}
	u.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(v.call, time.Duration(v.method.MethodIntegration.TimeoutInMillis)*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, misconfigured()
	}
	r.Header = m.header.Clone()
	setDefault(r.Header, "User-Agent", "AmazonAPIGateway_"+v.api)
	setDefault(r.Header, "Accept", "application/json")
	if len(body) > 0 {
		setDefault(r.Header, "Content-Type", "application/json")
	}
	r.Header.Set("X-Amzn-Apigateway-Api-Id", v.api)
	r.Header.Set("X-Amzn-Trace-Id", traceID(v))
	r.RequestURI, r.RemoteAddr = u.RequestURI(), "127.0.0.1:0"
	recorded := httptest.NewRecorder()
	h.ServeHTTP(recorded, r)
	if ctx.Err() != nil && v.call.Err() == nil {
		return nil, gatewayError(types.GatewayResponseTypeIntegrationTimeout, textTimeout)
	}
	return read(recorded.Result())
}

// httpProxy passes a request on to an HTTP endpoint, and its answer back.
func (s *Fake) httpProxy(v *invocation) (*wire.Response, error) {
	m := v.parameters(s)
	header := v.header.Clone()
	for _, name := range []string{"Connection", "Content-Length", "Host", "Transfer-Encoding", "Upgrade"} {
		header.Del(name)
	}
	for name, values := range m.header {
		header[name] = values
	}
	query := url.Values{}
	for name, values := range v.query {
		query[name] = values
	}
	for name, values := range m.query {
		query[name] = values
	}
	for name, value := range v.pathValues {
		if _, mapped := m.path[name]; !mapped {
			m.path[name] = value
		}
	}
	m.header, m.query = header, query
	out, err := s.callHTTP(v, aws.ToString(v.method.MethodIntegration.HttpMethod), v.uri(m), m, v.body)
	if err != nil {
		return nil, err
	}
	resp := &wire.Response{Status: out.status, Header: http.Header{}, Body: out.body}
	for name, values := range out.header {
		setResponseHeader(resp.Header, name, values)
	}
	return resp, nil
}
