package apigateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/internal/wire"
)

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
	if method == anyMethod {
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
	result := recorded.Result()
	defer func() { _ = result.Body.Close() }()
	return read(result)
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

// read reads an answer.
func read(resp *http.Response) (*outcome, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxPayload {
		return nil, misconfigured()
	}
	return &outcome{status: resp.StatusCode, header: resp.Header, body: body, match: strconv.Itoa(resp.StatusCode)}, nil
}
