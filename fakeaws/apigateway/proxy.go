package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// lambdaProxy has a Lambda function answer a request as it came.
func (s *Fake) lambdaProxy(v *invocation) (*wire.Response, error) {
	function, ok := functionOf(v.withVariables(aws.ToString(v.method.MethodIntegration.Uri)))
	if !ok {
		return nil, s.refuse(v, "a proxy integration with another service than Lambda is not implemented")
	}
	event, err := json.Marshal(v.event(s))
	if err != nil {
		return nil, err
	}
	actor, err := s.actor(v, aws.ToString(v.method.MethodIntegration.Credentials), v.sourceARN())
	if err != nil {
		v.call.Help(err.Error())
		return nil, misconfigured()
	}
	answer, err := s.world.Deliver(v.call, actor, &fakeaws.Delivery{Target: function, Body: event, Answered: true})
	if err != nil {
		if v.call.Err() != nil {
			return nil, v.call.Err()
		}
		v.call.Help(err.Error())
		var api smithy.APIError
		if errors.As(err, &api) {
			return nil, misconfigured()
		}
		return nil, badIntegration()
	}
	return v.proxyAnswer(answer)
}

// proxyAnswer makes the answer that a function gives.
func (v *invocation) proxyAnswer(answer []byte) (*wire.Response, error) {
	var a struct {
		StatusCode json.RawMessage              `json:"statusCode"`
		Headers    map[string]json.RawMessage   `json:"headers"`
		Multi      map[string][]json.RawMessage `json:"multiValueHeaders"`
		Body       *string                      `json:"body"`
		Encoded    bool                         `json:"isBase64Encoded"`
	}
	malformed := func(why string) (*wire.Response, error) {
		v.call.Help("malformed Lambda proxy response: " + why)
		return nil, badIntegration()
	}
	if why := strangeMembers(answer); why != "" {
		return malformed(why)
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return malformed(err.Error())
	}
	status, err := strconv.Atoi(strings.Trim(string(a.StatusCode), `"`))
	if err != nil || status < 100 || status > 599 {
		return malformed("it has no statusCode")
	}
	resp := &wire.Response{Status: status, Header: http.Header{}}
	for name, value := range a.Headers {
		setResponseHeader(resp.Header, name, []string{scalarText(value)})
	}
	for name, values := range a.Multi {
		var all []string
		for _, value := range values {
			all = append(all, scalarText(value))
		}
		setResponseHeader(resp.Header, name, all)
	}
	if len(resp.Header["Content-Type"]) == 0 {
		resp.Set("Content-Type", "application/json")
	}
	resp.Set("X-Amzn-Trace-Id", traceID(v))
	if a.Body == nil {
		return resp, nil
	}
	resp.Body = []byte(*a.Body)
	if a.Encoded && v.acceptsBinary() {
		if resp.Body, err = base64.StdEncoding.DecodeString(*a.Body); err != nil {
			return malformed("its body is not Base64")
		}
	}
	if len(resp.Body) > maxPayload {
		return malformed("it is too long")
	}
	return resp, nil
}

// strangeMembers says why an answer of a function is not of the form that API Gateway takes.
func strangeMembers(answer []byte) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(answer, &members); err != nil || members == nil {
		return "it is no object"
	}
	for name := range members {
		if !slices.Contains([]string{"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}, name) {
			return "it has a member " + name
		}
	}
	return ""
}

// scalarText is a value of JSON as a header has it.
func scalarText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// traceID is the trace id of a request.
func traceID(v *invocation) string {
	const random = 24
	hexText := strings.ReplaceAll(v.call.RequestID, "-", "") + strings.Repeat("0", random)
	return fmt.Sprintf("Root=1-%08x-%s", v.call.Time.Unix(), hexText[:random])
}

// event is what a function gets of a request ("Input format of a Lambda function for proxy
// integration").
func (v *invocation) event(s *Fake) map[string]any {
	headers, multiHeaders := make(map[string]string), make(map[string][]string)
	for name, values := range v.header {
		if name == "Content-Length" || name == "Connection" {
			continue
		}
		headers[wire.Spelled(name)], multiHeaders[wire.Spelled(name)] = values[len(values)-1], values
	}
	add := func(name, value string) {
		headers[name], multiHeaders[name] = value, []string{value}
	}
	if !v.test {
		add("Host", v.host)
		add("X-Amzn-Trace-Id", traceID(v))
		add("X-Forwarded-For", v.call.SourceIP)
		add("X-Forwarded-Port", "443")
		add("X-Forwarded-Proto", "https")
	}
	query, multiQuery := make(map[string]string), make(map[string][]string)
	for name, values := range v.query {
		query[name], multiQuery[name] = values[len(values)-1], values
	}
	event := map[string]any{
		"resource": v.route.path, "path": v.eventPath(), "httpMethod": v.httpMethod,
		"headers": orNull(headers), "multiValueHeaders": orNull(multiHeaders), "queryStringParameters": orNull(query), "multiValueQueryStringParameters": orNull(multiQuery),
		"pathParameters": orNull(v.pathValues), "stageVariables": orNull(v.variables), "requestContext": v.about(s), "body": nil, "isBase64Encoded": false,
	}
	switch {
	case len(v.body) == 0:
	case v.binary:
		event["body"], event["isBase64Encoded"] = base64.StdEncoding.EncodeToString(v.body), true
	default:
		event["body"] = textOf(v.body)
	}
	return event
}

// eventPath is the path of a request as functions see it.
func (v *invocation) eventPath() string { return v.path }

func orNull[V any](m map[string]V) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

// about is the requestContext of a request, and $context.
func (v *invocation) about(_ *Fake) map[string]any {
	call, r := v.call, v.route
	stage := aws.ToString(v.stage.StageName)
	identity := map[string]any{
		"accessKey": nil, "accountId": nil, "caller": nil, "cognitoAuthenticationProvider": nil, "cognitoAuthenticationType": nil, "cognitoIdentityId": nil,
		"cognitoIdentityPoolId": nil, "principalOrgId": nil, "sourceIp": call.SourceIP, "user": nil, "userAgent": call.UserAgent, "userArn": nil,
	}
	if v.x != nil && v.x.Signature != nil && !call.Anonymous() {
		identity["accessKey"], identity["accountId"], identity["userArn"] = v.x.Signature.AccessKeyID, call.Account, call.Caller.ARN
		identity["caller"], identity["user"] = call.Caller.UserID, call.Caller.UserID
	}
	if v.apiKey != nil {
		identity["apiKey"], identity["apiKeyId"] = aws.ToString(v.apiKey.Value), aws.ToString(v.apiKey.Id)
	}
	prefix, _, _ := strings.Cut(v.host, ".")
	about := map[string]any{
		"accountId": v.at.account, "apiId": v.api, "deploymentId": v.deployment, "domainName": v.host, "domainPrefix": prefix, "extendedRequestId": extendedID(call.RequestID),
		"httpMethod": v.httpMethod, "identity": identity, "path": "/" + stage + v.path, "protocol": "HTTP/1.1", "requestId": call.RequestID,
		"requestTime": call.Time.Format("02/Jan/2006:15:04:05 +0000"), "requestTimeEpoch": call.Time.UnixMilli(), "stage": stage,
	}
	if r != nil {
		about["resourceId"], about["resourcePath"] = r.id, r.path
	}
	if v.canary {
		about["isCanaryRequest"] = true
	}
	switch {
	case v.authorized != nil:
		authorizer := map[string]any{"principalId": v.authorized.principal}
		for key, value := range v.authorized.context {
			if value != nil {
				authorizer[key] = value
			}
		}
		about["authorizer"] = authorizer
	case v.claims != nil:
		claims := make(map[string]any, len(v.claims))
		for key, value := range v.claims {
			claims[key] = claimText(value)
		}
		about["authorizer"] = map[string]any{"claims": claims}
	}
	return about
}

// claimText is a claim as a text.
func claimText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		all := make([]string, len(value))
		for i, one := range value {
			all[i] = claimText(one)
		}
		return strings.Join(all, ",")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}
