package apigateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

func (s *Fake) testOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.testInvokeMethod),
	}
}

// testStage is the stage of the requests of TestInvokeMethod.
const testStage = "test-invoke-stage"

// testInvokeMethod has a method answer as it is now, without a deployment: nobody is asked whether
// the caller may invoke it, but what the integration does is judged.
func (s *Fake) testInvokeMethod(call *fakeaws.Call, in *awsapigateway.TestInvokeMethodInput) (*fakeaws.Plan[*awsapigateway.TestInvokeMethodOutput], error) {
	at := place{call.Account, call.Region}
	s.mu.Lock()
	need, judged := s.need(call, at, in)
	s.mu.Unlock()
	return &fakeaws.Plan[*awsapigateway.TestInvokeMethodOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awsapigateway.TestInvokeMethodOutput, error) {
		v, err := s.testInvocation(call, at, judged, in)
		if err != nil {
			return nil, err
		}
		began := s.world.Clock().Now()
		resp, err := s.perform(v)
		if err != nil {
			if call.Err() != nil {
				return nil, call.Err()
			}
			resp = v.errorAnswer(s, err)
		}
		out := &awsapigateway.TestInvokeMethodOutput{
			Status: int32(resp.Status), Body: aws.String(string(resp.Body)), Latency: s.world.Clock().Now().Sub(began).Milliseconds(),
			Headers: map[string]string{}, MultiValueHeaders: map[string][]string{},
		}
		for name, values := range resp.Header {
			if name = wire.Spelled(name); name == "x-amzn-RequestId" || strings.EqualFold(name, "x-amz-apigw-id") || len(values) == 0 {
				continue
			}
			out.Headers[name], out.MultiValueHeaders[name] = values[len(values)-1], values
		}
		out.Log = aws.String(v.executionLog(in, resp, err))
		return out, nil
	}}, nil
}

func (s *Fake) testInvocation(call *fakeaws.Call, at place, judged *api, in *awsapigateway.TestInvokeMethodInput) (*invocation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if judged == nil || s.apis[judged.id] != judged {
		return nil, noResource()
	}
	x := judged.resources.get(aws.ToString(in.ResourceId))
	if x == nil {
		return nil, noResource()
	}
	m, ok := x.methods[aws.ToString(in.HttpMethod)]
	if !ok {
		return nil, noMethod()
	}
	kept := judged.design.copy()
	table, err := kept.compileRoutes()
	if err != nil {
		return nil, invalid("%v", err)
	}
	u, err := url.Parse(aws.ToString(in.PathWithQueryString))
	if err != nil {
		return nil, invalid("Invalid path specified")
	}
	header := http.Header{}
	for name, value := range in.Headers {
		header.Set(name, value)
	}
	for name, values := range in.MultiValueHeaders {
		header[http.CanonicalHeaderKey(name)] = values
	}
	stage := types.Stage{StageName: aws.String(testStage), Variables: in.StageVariables}
	v := &invocation{
		call: call, api: judged.id, at: at, stage: stage, design: kept, variables: in.StageVariables, method: m, httpMethod: *in.HttpMethod,
		path: u.EscapedPath(), query: u.Query(), header: header, body: []byte(aws.ToString(in.Body)), test: true, host: "testPrefix.testDomainName",
	}
	if v.path == "" {
		v.path = x.path
	}
	found, values := table.match(v.path)
	if found == nil || found.id != x.id {
		found, values = table.byID(x.id), nil
	}
	v.route, v.pathValues = found, values
	m.ApiKeyRequired = nil // a test needs no key
	v.method = m
	v.binary = kept.isBinary(header.Get("Content-Type"))
	call.Context = context.WithValue(call.Context, invocationKey{}, v)
	return v, nil
}

// byID finds a resource by its id.
func (r *routes) byID(id string) *route {
	if r == nil {
		return nil
	}
	if r.here != nil && r.here.id == id {
		return r.here
	}
	for _, next := range r.fixed {
		if found := next.byID(id); found != nil {
			return found
		}
	}
	if found := r.variable.byID(id); found != nil {
		return found
	}
	return r.rest.byID(id)
}

// executionLog is the log of a test.
func (v *invocation) executionLog(in *awsapigateway.TestInvokeMethodInput, resp *wire.Response, err error) string {
	var b bytes.Buffer
	at := v.call.Time.Format("Mon Jan 02 15:04:05 UTC 2006")
	fmt.Fprintf(&b, "Execution log for request %s\n", v.call.RequestID)
	line := func(format string, args ...any) { fmt.Fprintf(&b, at+" : "+format+"\n", args...) }
	line("Starting execution for request: %s", v.call.RequestID)
	line("HTTP Method: %s, Resource Path: %s", v.httpMethod, v.path)
	line("Method request path: %s", javaMap(v.pathValues))
	query := map[string]string{}
	for name := range v.query {
		query[name] = v.query.Get(name)
	}
	line("Method request query string: %s", javaMap(query))
	line("Method request headers: %s", javaMap(in.Headers))
	line("Method request body before transformations: %s", v.body)
	if err != nil {
		var problem *problemError
		if errors.As(err, &problem) && problem.message != "" {
			line("Execution failed: %s", problem.message)
		}
	}
	line("Method response body after transformations: %s", resp.Body)
	if err == nil {
		line("Successfully completed execution")
	}
	line("Method completed with status: %d", resp.Status)
	return b.String()
}

// javaMap is a map as Java prints it.
func javaMap(m map[string]string) string {
	var parts []string
	for _, key := range sortedKeys(m) {
		parts = append(parts, key+"="+m[key])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
