package apigateway

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// An executeFake answers the requests to APIs. What there is the fake of the control plane keeps.
type executeFake struct{ *Fake }

// executeService answers the requests to APIs. They are signed for execute-api, if at all.
var executeService = fakeaws.Service{
	Name: "execute-api", SDK: "execute-api", Anonymous: true, Model: executeModel,
	Wire: fakeaws.Wire{
		MaxBody: maxPayload, Endpoint: executeEndpoint, Intercept: intercept,
		AdmitPage: admitPage,
	},
	New: func(w *fakeaws.World) fakeaws.Fake { return executeFake{Of(w)} },
}

// admitPage lets pages use APIs, by the hosts of those.
func admitPage(x *fakeaws.Exchange, _ bool) error {
	if _, ok := executeEndpoint(fakeaws.Hostname(x.HTTP.Host)); ok {
		return nil
	}
	return fakeaws.NotForBrowsers()
}

// maxPayload is the largest body of a request and of an answer ("Amazon API Gateway quotas").
const maxPayload = 10 << 20

// maxNested is how many APIs call each other in one request.
const maxNested = 16

// invoke is the name of the one operation that the requests to APIs are.
const invoke = "Invoke"

func executeModel() *wire.Service {
	m, err := wire.Define(wire.Definition{
		Name: "execute-api", Protocols: []string{"restJson1"}, Operations: []wire.DefinedOperation{{Name: invoke, Method: http.MethodPost, URI: "/", Code: http.StatusOK}},
	})
	if err != nil {
		panic(err) // it is fixed
	}
	return m
}

// State implements fakeaws.Stateful.
func (executeFake) State() *fakeaws.Mutex { return nil }

// Ops implements [fakeaws.Fake].
func (s executeFake) Ops() []fakeaws.Op { return []fakeaws.Op{fakeaws.BindMessage(invoke, s.invoke)} }

// Denied implements [fakeaws.Fake].
func (s executeFake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	v := invocationOf(call)
	if v == nil {
		return accessDenied(d.Message(need.Style("execute-api")))
	}
	return v.denied(call, need, d)
}

// executeHost is what follows the id of an API in its host, before the region.
const executeHost = ".execute-api."

// executeEndpoint reads the host of an API: "id.execute-api.us-east-1.amazonaws.com".
func executeEndpoint(host string) (fakeaws.Endpoint, bool) {
	id, rest, ok := strings.Cut(host, executeHost)
	if !ok || strings.Contains(id, ".") {
		return fakeaws.Endpoint{}, false
	}
	region, ok := strings.CutSuffix(strings.TrimSuffix(rest, ".cn"), ".amazonaws.com")
	if !ok || region == "" || strings.Contains(region, ".") {
		return fakeaws.Endpoint{}, false
	}
	return fakeaws.Endpoint{Service: "execute-api", Region: region}, true
}

// An invocation is one request to an API.
type invocation struct {
	call *fakeaws.Call
	x    *fakeaws.Exchange // nil for a test of a method
	api  string
	at   place
	// stage and deployment are as they were when the request came.
	stage      types.Stage
	deployment string
	design     *design
	variables  map[string]string
	canary     bool

	route      *route
	method     types.Method
	httpMethod string
	path       string // without the stage
	pathValues map[string]string
	query      url.Values
	header     http.Header
	body       []byte
	host       string
	// authorized has what the authorizer says of the caller.
	authorized  *grant
	claims      map[string]any
	apiKey      *types.ApiKey
	binary      bool // the body is of a binary media type
	requestTime string
	depth       int  // of APIs that call each other
	test        bool // TestInvokeMethod, which nothing authorizes
}

type invocationKey struct{}

// invocationOf returns the request to an API that a call is; nil for others.
func invocationOf(call *fakeaws.Call) *invocation {
	v, ok := call.Value(invocationKey{}).(*invocation)
	if !ok || v.call != call {
		return nil
	}
	return v
}

// intercept answers the requests to the hosts of APIs.
func intercept(x *fakeaws.Exchange, signed bool) (*wire.Response, error) {
	id, _, ok := strings.Cut(fakeaws.Hostname(x.HTTP.Host), executeHost)
	if !ok {
		return nil, nil
	}
	x.Protocol, x.Operation = wire.RESTJSON, x.Model(invoke)
	x.Call.Operation = invoke
	s := executeFake{Of(x.Call.World)}
	v := &invocation{call: &x.Call, x: x, api: id}
	if outer, ok := x.Call.Value(invocationKey{}).(*invocation); ok {
		v.depth = outer.depth + 1
	}
	resp, err := s.answer(x, v, signed)
	if err != nil {
		if x.Call.Err() != nil {
			return nil, x.Call.Err()
		}
		return v.errorAnswer(s.Fake, err), err
	}
	return resp, nil
}

// answer answers a request to an API.
func (s executeFake) answer(x *fakeaws.Exchange, v *invocation, signed bool) (*wire.Response, error) {
	if v.depth > maxNested {
		v.call.Help("leastpriv: APIs call each other without an end")
		return nil, misconfigured()
	}
	if err := s.find(x, v); err != nil {
		return nil, err
	}
	body, err := fakeaws.ReadAll(x.HTTP.Body, x.HTTP.ContentLength, maxPayload)
	if err != nil {
		if x.Call.Err() != nil {
			return nil, err
		}
		return nil, gatewayError(types.GatewayResponseTypeRequestTooLarge, textTooLarge)
	}
	v.body = body
	v.binary = v.design.isBinary(v.header.Get("Content-Type"))
	if err := s.authenticate(x, v, signed); err != nil {
		return nil, err
	}
	x.Call.Context = context.WithValue(x.Call.Context, invocationKey{}, v)
	return x.Perform()
}

// authenticate finds who calls, as the method asks for it.
func (s executeFake) authenticate(x *fakeaws.Exchange, v *invocation, signed bool) error {
	if aws.ToString(v.method.AuthorizationType) != authIAM {
		x.Signature = nil // nobody looks at it
		return s.authorizer(v)
	}
	if !signed {
		return gatewayError(types.GatewayResponseTypeMissingAuthenticationToken, textNoToken)
	}
	if x.Signature == nil {
		return gatewayError(types.GatewayResponseTypeInvalidSignature, textMalformed)
	}
	return x.Authenticate(sigv4.Hash(v.body))
}

// find finds the API, the stage and the method of a request.
func (s executeFake) find(x *fakeaws.Exchange, v *invocation) error {
	r := x.HTTP
	path := r.URL.EscapedPath()
	name, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	v.header, v.query, v.httpMethod, v.host = r.Header, r.URL.Query(), r.Method, fakeaws.Hostname(r.Host)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apis[v.api]
	if a == nil || a.region != x.Endpoint().Region || a.info.DisableExecuteApiEndpoint || a.private() && x.Call.ViaEndpoint() == nil {
		return forbidden()
	}
	v.at = a.place
	x.Call.Region = a.region // whatever a signature says that nobody verifies
	stage := a.stages.get(name)
	if stage == nil {
		return forbidden()
	}
	v.stage, v.variables, v.deployment = stage.info, stage.info.Variables, aws.ToString(stage.info.DeploymentId)
	if c := stage.info.CanarySettings; c != nil && s.chance(c.PercentTraffic) {
		v.canary, v.deployment = true, aws.ToString(c.DeploymentId)
		v.variables = maps.Clone(v.variables)
		if v.variables == nil {
			v.variables = make(map[string]string)
		}
		maps.Copy(v.variables, c.StageVariableOverrides)
	}
	d := a.deployments.get(v.deployment)
	if d == nil {
		return forbidden()
	}
	if a.private() && d.design.policy == nil {
		x.Call.Help("a private API is open to nobody without a resource policy")
		return forbidden()
	}
	v.design = d.design
	return v.match(d.routes, "/"+rest)
}

// private reports whether only VPC endpoints reach an API.
func (a *api) private() bool {
	return a.info.EndpointConfiguration != nil && slices.Contains(a.info.EndpointConfiguration.Types, types.EndpointTypePrivate)
}

// chance is true for a percentage of requests.
func (s *Fake) chance(percent float64) bool {
	const precise = 10000
	n, _ := strconv.Atoi(s.world.IDs().Digits(4))
	return float64(n) < math.Round(percent*precise/100)
}

// match finds the method of a path. What answers a request with a method that no API may have is
// unverified; it must be none that ANY stands for, because policies cannot name it.
func (v *invocation) match(table *routes, path string) error {
	v.path = path
	route, values := table.match(path)
	if route == nil {
		return gatewayError(types.GatewayResponseTypeMissingAuthenticationToken, textNoToken)
	}
	v.route, v.pathValues = route, values
	var m *compiledMethod
	if slices.Contains(methods, v.httpMethod) && v.httpMethod != anyMethod {
		if m = route.methods[v.httpMethod]; m == nil {
			m = route.methods[anyMethod]
		}
	}
	if m == nil {
		return gatewayError(types.GatewayResponseTypeMissingAuthenticationToken, textNoToken)
	}
	v.method = m.Method
	return nil
}

// arn is the ARN of a request: what execute-api:Invoke is allowed on.
func (v *invocation) arn() string {
	path, err := url.PathUnescape(strings.TrimPrefix(v.path, "/"))
	if err != nil {
		path = strings.TrimPrefix(v.path, "/")
	}
	return fakeaws.ARN("execute-api", v.at.region, v.at.account, v.api+"/"+aws.ToString(v.stage.StageName)+"/"+v.httpMethod+"/"+path)
}

// sourceARN is the ARN that other services know the request by: that of its method, with the path
// of its resource.
func (v *invocation) sourceARN() string {
	return fakeaws.ARN("execute-api", v.at.region, v.at.account, v.api+"/"+aws.ToString(v.stage.StageName)+"/"+v.httpMethod+v.route.path)
}

// invoke plans a request to an API: it needs the permission to invoke, which the resource policy
// and what the authorizer has answered give, and then is what its integration makes of it.
func (s executeFake) invoke(call *fakeaws.Call, _ *fakeaws.Message) (*fakeaws.Plan[*wire.Response], error) {
	v := invocationOf(call)
	if v == nil {
		return nil, errors.New("leastpriv: a request to an API comes by its host")
	}
	return &fakeaws.Plan[*wire.Response]{Needs: s.permissions(v), Do: func() (*wire.Response, error) { return s.perform(v) }}, nil
}

// perform does what is left once a request is authorized: its API key, its validation and its
// integration.
func (s *Fake) perform(v *invocation) (*wire.Response, error) {
	v.requestTime = v.call.Time.Format("02/Jan/2006:15:04:05 +0000")
	if err := s.charge(v); err != nil {
		return nil, err
	}
	if err := s.validate(v); err != nil {
		return nil, err
	}
	resp, err := s.integrate(v)
	if err != nil {
		return nil, err
	}
	resp.Set("X-Amzn-Requestid", v.call.RequestID)
	resp.Set("X-Amz-Apigw-Id", extendedID(v.call.RequestID))
	return resp, nil
}

// Guard implements [fakeaws.Guardian].
func (s executeFake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Policy: noPolicy}
	parts := strings.SplitN(resource, ":", 6)
	const account, rest = 4, 5
	if len(parts) <= rest {
		return need, nil
	}
	need.ResourceAccount = parts[account]
	id, after, _ := strings.Cut(parts[rest], "/")
	stage, _, _ := strings.Cut(after, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apis[id]
	if a == nil || a.account != parts[account] {
		need.Note = "there is no API " + id
		return need, nil
	}
	if x := a.stages.get(stage); x != nil {
		if d := a.deployments.get(aws.ToString(x.info.DeploymentId)); d != nil && d.design.policy != nil {
			need.Policy = d.design.policy.Policy()
		}
	}
	return need, nil
}

// noPolicy stands for the policy of an API that has none.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// isBinary reports whether bodies of a media type are passed as bytes.
func (d *design) isBinary(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return slices.ContainsFunc(d.binary, func(known string) bool {
		known = strings.ToLower(known)
		return known == "*/*" || known == media && media != "" || strings.HasSuffix(known, "/*") && strings.HasPrefix(media, strings.TrimSuffix(known, "*"))
	})
}

// textOf is a body as a text, in which bytes that are none are replaced.
func textOf(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}
