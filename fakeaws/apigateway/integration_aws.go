package apigateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/internal/wire"
)

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
	defer func() { _ = resp.Body.Close() }()
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
	if method == anyMethod {
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
	v.completeHeader(header)
	if len(body) == 0 && (method == http.MethodGet || method == http.MethodHead) {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	return r, service, nil
}

// completeHeader sets the headers that API Gateway sends, and drops those that signing sets.
func (v *invocation) completeHeader(h http.Header) {
	setDefault(h, "Accept", "application/json")
	setDefault(h, "Content-Type", "application/json")
	h.Set("User-Agent", "AmazonAPIGateway_"+v.api)
	h.Set("X-Amzn-Apigateway-Api-Id", v.api)
	for _, name := range []string{"Authorization", "Connection", "Host", "X-Amz-Date", "X-Amz-Security-Token"} {
		h.Del(name)
	}
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
	model, ok := wire.Load(service)
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

func setDefaultQuery(q url.Values, name, value string) {
	if q.Get(name) == "" {
		q.Set(name, value)
	}
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
	answer, err := s.world.Deliver(v.call, actor, &fakeaws.Delivery{Target: function, Body: body, Answered: !event})
	out := &outcome{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: answer}
	if event {
		out.status = http.StatusAccepted
	}
	if err == nil {
		return out, nil
	}
	var api smithy.APIError
	var own *problemError
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
