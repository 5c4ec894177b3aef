package apigateway

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) apiOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createRestAPI, policyOfCreation),
		bind(s, getRestAPI),
		bind(s, getRestAPIs),
		bind(s, updateRestAPI, policyOfUpdate),
		bind(s, deleteRestAPI),
	}
}

// maxAPIs is how many REST APIs an account has in a region ("Amazon API Gateway quotas").
const maxAPIs = 600

// maxCompression is the largest minimum size of answers that are compressed.
const maxCompression = 10485760

// now is the time as API Gateway answers it, in seconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Second) }

// policyNeed is the permission to change the policy of an API, beside that to change the API.
func policyNeed(call *fakeaws.Call, path string) []fakeaws.Need {
	return []fakeaws.Need{{Action: "apigateway:UpdateRestApiPolicy", Resource: arnOf(call.Region, path), ResourceAccount: call.Account, Unknown: untold}}
}

func policyOfCreation(call *fakeaws.Call, in *awsapigateway.CreateRestApiInput) []fakeaws.Need {
	if aws.ToString(in.Policy) == "" {
		return nil
	}
	needs := policyNeed(call, "/restapis")
	setRequestKeys(&needs[0].Context, in)
	return needs
}

func policyOfUpdate(call *fakeaws.Call, in *awsapigateway.UpdateRestApiInput) []fakeaws.Need {
	if !slices.ContainsFunc(in.PatchOperations, func(op types.PatchOperation) bool { return aws.ToString(op.Path) == "/policy" }) {
		return nil
	}
	path := pathOf("/restapis/{restApiId}", in)
	needs := policyNeed(call, path)
	s := Of(call.World)
	s.mu.Lock()
	s.guard(place{call.Account, call.Region}, path, &needs[0])
	s.mu.Unlock()
	setRequestKeys(&needs[0].Context, in)
	return needs
}

func createRestAPI(r *request, in *awsapigateway.CreateRestApiInput) (*awsapigateway.CreateRestApiOutput, error) {
	if in.CloneFrom != nil {
		return nil, notImplemented("CreateRestApi with cloneFrom is not implemented")
	}
	if err := checkNewAPI(r, in); err != nil {
		return nil, err
	}
	a := r.newAPI(aws.ToString(in.Name))
	policy, err := r.parsePolicy(aws.ToString(in.Policy), a.id)
	if err != nil {
		return nil, err
	}
	fill(&a.info, in)
	a.info.Id, a.info.Policy = aws.String(a.id), nil
	if a.info.ApiKeySource == "" {
		a.info.ApiKeySource = types.ApiKeySourceTypeHeader
	}
	a.info.EndpointConfiguration = endpointsOf(in.EndpointConfiguration)
	if len(in.BinaryMediaTypes) == 0 {
		a.info.BinaryMediaTypes = nil
	}
	a.design.policy, a.binary, a.keySource = policy, a.info.BinaryMediaTypes, a.info.ApiKeySource
	r.addAPI(a)
	return show[awsapigateway.CreateRestApiOutput](a.show()), nil
}

// newAPI is an API with a root and the models that all have.
func (r *request) newAPI(name string) *api {
	s := r.fake
	a := &api{place: r.place, id: s.newID(apiIDLength, func(id string) bool { return s.apis[id] != nil })}
	a.info = types.RestApi{Name: &name, CreatedDate: aws.Time(s.now()), Id: &a.id, ApiKeySource: types.ApiKeySourceTypeHeader, EndpointConfiguration: endpointsOf(nil)}
	a.root = s.world.IDs().Lower(apiIDLength)
	a.info.RootResourceId = &a.root
	a.resources.set(a.root, &resource{id: a.root, path: "/"})
	for _, m := range defaultModels {
		m.Id = aws.String(s.world.IDs().Lower(otherIDLength))
		a.models.set(*m.Name, &m)
	}
	return a
}

func (r *request) addAPI(a *api) {
	r.fake.apis[a.id] = a
	r.area.apis.set(a.id, a)
}

func checkNewAPI(r *request, in *awsapigateway.CreateRestApiInput) error {
	if problems := endpointProblems(in.EndpointConfiguration); in.Description == nil || *in.Description != "" {
		if problems != nil {
			return invalidMembers(problems)
		}
	}
	switch {
	case aws.ToString(in.Name) == "":
		return invalid("Name cannot be empty")
	case in.Description != nil && *in.Description == "":
		return invalid("Description cannot be an empty string")
	case r.area.apis.len() >= maxAPIs:
		return tooMany("APIs")
	}
	if size := in.MinimumCompressionSize; size != nil && (*size < 0 || *size > maxCompression) {
		return invalid("Invalid minimum compression size, must be between 0 and %d", maxCompression)
	}
	if err := checkEndpoints(in.EndpointConfiguration); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

// endpointProblems are the values of an endpoint configuration that there are not.
func endpointProblems(e *types.EndpointConfiguration) (problems []string) {
	if e == nil {
		return nil
	}
	for _, t := range e.Types {
		if !slices.Contains(t.Values(), t) {
			problems = append(problems, fmt.Sprintf("Value '[%s]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]", t))
		}
	}
	if a := e.IpAddressType; a != "" && !slices.Contains(a.Values(), a) {
		problems = append(problems, fmt.Sprintf("Value '%s' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]", a))
	}
	return problems
}

func checkEndpoints(e *types.EndpointConfiguration) error {
	switch {
	case e == nil:
		return nil
	case len(e.Types) > 1:
		return invalid("Cannot create an api with multiple Endpoint Types.")
	case len(e.Types) == 0 && e.Types != nil:
		return invalid("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
	case slices.Contains(e.Types, types.EndpointTypePrivate) && e.IpAddressType == types.IpAddressTypeIpv4:
		return invalid("Only dualstack ipAddressType is supported for Private APIs.")
	}
	return nil
}

// endpointsOf completes an endpoint configuration.
func endpointsOf(e *types.EndpointConfiguration) *types.EndpointConfiguration {
	c := types.EndpointConfiguration{}
	if e != nil {
		c = *e
	}
	if len(c.Types) == 0 {
		c.Types = []types.EndpointType{types.EndpointTypeEdge}
	}
	if c.IpAddressType == "" {
		c.IpAddressType = types.IpAddressTypeIpv4
		if c.Types[0] == types.EndpointTypePrivate {
			c.IpAddressType = types.IpAddressTypeDualstack
		}
	}
	return &c
}

// parsePolicy reads a resource policy. A resource that begins with execute-api:/ stands for the
// API itself ("How to write resource policies"); none is no policy.
func (r *request) parsePolicy(document, id string) (*fakeaws.ResourcePolicy, error) {
	if document == "" {
		return nil, nil
	}
	document = strings.ReplaceAll(document, `"execute-api:/`, `"`+fakeaws.ARN("execute-api", r.Region, r.Account, id)+"/")
	parsed, err := enforce.Parse(document, enforce.ResourcePolicy, r.PolicySource)
	if err != nil {
		var problem *enforce.DocumentError
		if errors.As(err, &problem) {
			r.Help(problem.Error())
		}
		return nil, invalid(textPolicy)
	}
	bound, err := r.World.Bind(parsed)
	if err != nil {
		r.Help(err.Error())
		return nil, invalid(textPolicy)
	}
	r.Stores(parsed)
	return bound, nil
}

// show is the API as API Gateway answers it.
func (a *api) show() *types.RestApi {
	shown := a.info
	if document := a.design.policy.Document(); document != "" {
		escaped := strconv.Quote(document) // as it stands in JSON
		shown.Policy = aws.String(escaped[1 : len(escaped)-1])
	}
	return &shown
}

// found returns the API of the path.
func (r *request) found(id *string) (*api, error) {
	if r.api == nil {
		return nil, noSuchAPI(r.place, aws.ToString(id))
	}
	return r.api, nil
}

func getRestAPI(r *request, in *awsapigateway.GetRestApiInput) (*awsapigateway.GetRestApiOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetRestApiOutput](a.show()), nil
}

func getRestAPIs(r *request, in *awsapigateway.GetRestApisInput) (*awsapigateway.GetRestApisOutput, error) {
	items, next, err := paged(r.area.apis.all(), in.Position, in.Limit, func(a *api) types.RestApi { return *a.show() })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetRestApisOutput{Items: items, Position: next}, nil
}

func deleteRestAPI(r *request, in *awsapigateway.DeleteRestApiInput) (*awsapigateway.DeleteRestApiOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	for _, p := range r.area.plans.all() {
		if slices.ContainsFunc(p.info.ApiStages, func(x types.ApiStage) bool { return aws.ToString(x.ApiId) == a.id }) {
			p.info.ApiStages = slices.DeleteFunc(slices.Clone(p.info.ApiStages), func(x types.ApiStage) bool { return aws.ToString(x.ApiId) == a.id })
		}
	}
	delete(r.fake.apis, a.id)
	r.area.apis.delete(a.id)
	return &awsapigateway.DeleteRestApiOutput{}, nil
}

func updateRestAPI(r *request, in *awsapigateway.UpdateRestApiInput) (*awsapigateway.UpdateRestApiOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	changed, policy := a.info, a.design.policy
	endpoints := *endpointsOf(changed.EndpointConfiguration)
	err = apply(in.PatchOperations, []patch{
		{"/name", replaces, setText(&changed.Name)},
		{"/description", removes, setFilled(&changed.Description)},
		{"/policy", anyOp, func(op types.Op, _, value string) (err error) {
			if op == types.OpRemove {
				value = ""
			}
			policy, err = r.parsePolicy(value, a.id)
			return err
		}},
		{"/apiKeySource", replaces, setEnum(&changed.ApiKeySource, changed.ApiKeySource.Values(), "/apiKeySource")},
		{"/disableExecuteApiEndpoint", replaces, setBool(&changed.DisableExecuteApiEndpoint)},
		{"/minimumCompressionSize", removes, func(op types.Op, _, value string) error { return setCompression(&changed, op, value) }},
		{"/binaryMediaTypes/*", anyOp, setMemberOf(&changed.BinaryMediaTypes)},
		{"/version", replaces, setText(&changed.Version)},
		{"/securityPolicy", replaces, setEnum(&changed.SecurityPolicy, changed.SecurityPolicy.Values(), "/securityPolicy")},
		{"/endpointAccessMode", replaces, setEnum(&changed.EndpointAccessMode, changed.EndpointAccessMode.Values(), "/endpointAccessMode")},
		{"/endpointConfiguration/ipAddressType", replaces, setEnum(&endpoints.IpAddressType, endpoints.IpAddressType.Values(), "/endpointConfiguration/ipAddressType")},
		{"/endpointConfiguration/types/*", replaces, func(_ types.Op, _, value string) error {
			t := types.EndpointType(value)
			if !slices.Contains(t.Values(), t) {
				return invalid(textPatchValue, value, "/endpointConfiguration/types")
			}
			endpoints.Types = []types.EndpointType{t}
			return nil
		}},
		{"/endpointConfiguration/vpcEndpointIds", members, setValueOf(&endpoints.VpcEndpointIds)},
	})
	if err != nil {
		return nil, err
	}
	changed.EndpointConfiguration = &endpoints
	a.info, a.design.policy = changed, policy
	a.binary, a.keySource = changed.BinaryMediaTypes, changed.ApiKeySource
	return show[awsapigateway.UpdateRestApiOutput](a.show()), nil
}

func setCompression(info *types.RestApi, op types.Op, value string) error {
	if op == types.OpRemove || value == "" {
		info.MinimumCompressionSize = nil
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 || n > maxCompression {
		return invalid("Invalid minimum compression size, must be between 0 and %d", maxCompression)
	}
	info.MinimumCompressionSize = aws.Int32(int32(n))
	return nil
}
