package apigateway

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) methodOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, putMethod),
		bind(s, getMethod),
		bind(s, updateMethod),
		bind(s, deleteMethod),
		bind(s, putMethodResponse),
		bind(s, getMethodResponse),
		bind(s, updateMethodResponse),
		bind(s, deleteMethodResponse),
	}
}

// Types of authorization.
const (
	authNone    = "NONE"
	authIAM     = "AWS_IAM"
	authCustom  = "CUSTOM"
	authCognito = "COGNITO_USER_POOLS"
)

// methods are the HTTP methods that an API may have; anyMethod stands for those that are not there.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", anyMethod}

const anyMethod = "ANY"

func noMethod() error { return notFound("Invalid Method identifier specified") }

// method finds a method.
func (r *request) method(resourceID, name *string) (*api, *resource, types.Method, error) {
	a, x, err := r.resource(resourceID)
	if err != nil {
		return nil, nil, types.Method{}, err
	}
	m, ok := x.methods[aws.ToString(name)]
	if !ok {
		return nil, nil, m, noMethod()
	}
	return a, x, m, nil
}

// setMethod stores a method in place of the one of its name.
func (a *api) setMethod(x *resource, m types.Method) {
	changed := *x
	changed.methods = maps.Clone(x.methods)
	if changed.methods == nil {
		changed.methods = make(map[string]types.Method)
	}
	changed.methods[*m.HttpMethod] = m
	a.resources.set(x.id, &changed)
}

func putMethod(r *request, in *awsapigateway.PutMethodInput) (*awsapigateway.PutMethodOutput, error) {
	a, x, err := r.resource(in.ResourceId)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.HttpMethod)
	if !slices.Contains(methods, name) {
		return nil, invalid(textMethodName, name)
	}
	if _, ok := x.methods[name]; ok {
		return nil, conflict("Method already exists for this resource")
	}
	m := *show[types.Method](in)
	if err := a.checkMethod(&m); err != nil {
		return nil, err
	}
	if len(m.RequestParameters) == 0 {
		m.RequestParameters = nil
	}
	a.setMethod(x, m)
	return show[awsapigateway.PutMethodOutput](m), nil
}

const (
	textAuthorizerID = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
	textUnique       = "Parameter names must be unique across querystring, header and path"
	textModel        = "Invalid model identifier specified: "
	textAuthType     = "Invalid authorization type specified" // unverified
)

// checkMethod refuses what a method refers to and there is not.
func (a *api) checkMethod(m *types.Method) error {
	switch aws.ToString(m.AuthorizationType) {
	case authNone, authIAM:
	case authCustom, authCognito:
		x := a.authorizers.get(aws.ToString(m.AuthorizerId))
		if x == nil || (x.Type == types.AuthorizerTypeCognitoUserPools) != (*m.AuthorizationType == authCognito) {
			return invalid(textAuthorizerID)
		}
	default:
		return invalid(textAuthType)
	}
	if id := aws.ToString(m.RequestValidatorId); id != "" && a.validators.get(id) == nil {
		return invalid("Invalid Request Validator identifier specified")
	}
	for _, model := range m.RequestModels {
		if a.models.get(model) == nil {
			return invalid(textModel + model)
		}
	}
	seen := map[string]bool{}
	for expression := range m.RequestParameters {
		name, ok := methodParameter(expression)
		switch {
		case !ok:
			return invalid(textParameter, expression)
		case seen[name]:
			return invalid(textUnique)
		}
		seen[name] = true
	}
	return nil
}

var requestParameter = regexp.MustCompile(`^method\.request\.(?:header|querystring|path|multivalueheader|multivaluequerystring)\.(.+)$`)

// methodParameter is the name in an expression of a request parameter.
func methodParameter(expression string) (name string, ok bool) {
	m := requestParameter.FindStringSubmatch(expression)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func getMethod(r *request, in *awsapigateway.GetMethodInput) (*awsapigateway.GetMethodOutput, error) {
	_, _, m, err := r.method(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetMethodOutput](m), nil
}

func deleteMethod(r *request, in *awsapigateway.DeleteMethodInput) (*awsapigateway.DeleteMethodOutput, error) {
	a, x, _, err := r.method(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	changed := *x
	changed.methods = maps.Clone(x.methods)
	delete(changed.methods, *in.HttpMethod)
	a.resources.set(x.id, &changed)
	return &awsapigateway.DeleteMethodOutput{}, nil
}

// methodPaths are the paths of a method that can be changed, by the operations that they take.
func methodPaths(m *types.Method) []patch {
	required := aws.ToBool(m.ApiKeyRequired)
	return []patch{
		{"/authorizationType", replaces, setText(&m.AuthorizationType)},
		{"/authorizerId", replaces, setFilled(&m.AuthorizerId)},
		{"/authorizationScopes", members, setValueOf(&m.AuthorizationScopes)},
		{"/apiKeyRequired", replaces, func(op types.Op, name, value string) error {
			m.ApiKeyRequired = &required
			return setBool(&required)(op, name, value)
		}},
		{"/operationName", replaces, setText(&m.OperationName)},
		{"/requestValidatorId", replaces, setFilled(&m.RequestValidatorId)},
		{"/requestParameters/*", anyOp, func(op types.Op, name, value string) error {
			if _, ok := m.RequestParameters[name]; op != types.OpAdd && !ok {
				return notFound("Invalid parameter name specified")
			}
			return setEntry(&m.RequestParameters, asBool)(op, name, value)
		}},
		{"/requestModels/*", anyOp, func(op types.Op, name, value string) error {
			if _, ok := m.RequestModels[name]; op != types.OpAdd && !ok {
				return notFound("Content-Type specified was not found")
			}
			return setEntry(&m.RequestModels, asText)(op, name, value)
		}},
	}
}

// badMethodPatch is how methods and their responses refuse patch operations.
func badMethodPatch(ops []types.PatchOperation, patches []patch) error {
	for _, op := range ops {
		path := aws.ToString(op.Path)
		if strings.HasPrefix(path, "/requestModels/") && strings.Count(path, "/") > 2 {
			return invalid("Invalid patch path %s", path)
		}
		i := slices.IndexFunc(patches, func(p patch) bool { _, ok := matchPatch(p.path, path); return ok })
		switch {
		case i < 0:
			return invalid("Invalid patch path %s", path)
		case !slices.Contains(patches[i].ops, op.Op):
			names := make([]string, len(patches[i].ops))
			for j, known := range patches[i].ops {
				names[j] = string(known)
			}
			return invalid("Invalid patch operation specified. Must be one of: " + quoted(names))
		}
	}
	return nil
}

func updateMethod(r *request, in *awsapigateway.UpdateMethodInput) (*awsapigateway.UpdateMethodOutput, error) {
	a, x, m, err := r.method(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	patches := methodPaths(&m)
	if err := badMethodPatch(in.PatchOperations, patches); err != nil {
		return nil, err
	}
	if err := apply(in.PatchOperations, patches); err != nil {
		return nil, err
	}
	if t := aws.ToString(m.AuthorizationType); t == authNone || t == authIAM {
		m.AuthorizerId = nil // it belongs to the others
	}
	if err := a.checkMethod(&m); err != nil {
		return nil, err
	}
	if len(m.RequestParameters) == 0 {
		m.RequestParameters = nil
	}
	if len(m.RequestModels) == 0 {
		m.RequestModels = nil
	}
	a.setMethod(x, m)
	return show[awsapigateway.UpdateMethodOutput](m), nil
}

var statusCode = regexp.MustCompile(`^[1-5]\d\d$`)

func noStatus() error { return notFound("Invalid Response status code specified") }

// methodResponse finds a method response.
func (r *request) methodResponse(resourceID, name, status *string) (*api, *resource, types.Method, types.MethodResponse, error) {
	a, x, m, err := r.method(resourceID, name)
	if err != nil {
		return nil, nil, m, types.MethodResponse{}, err
	}
	response, ok := m.MethodResponses[aws.ToString(status)]
	if !ok {
		return nil, nil, m, response, noStatus()
	}
	return a, x, m, response, nil
}

// setMethodResponse stores a method response, or deletes it.
func (a *api) setMethodResponse(x *resource, m types.Method, status string, response *types.MethodResponse) {
	all := maps.Clone(m.MethodResponses)
	if all == nil {
		all = make(map[string]types.MethodResponse)
	}
	if response == nil {
		delete(all, status)
	} else {
		all[status] = *response
	}
	if m.MethodResponses = all; len(all) == 0 {
		m.MethodResponses = nil
	}
	a.setMethod(x, m)
}

func putMethodResponse(r *request, in *awsapigateway.PutMethodResponseInput) (*awsapigateway.PutMethodResponseOutput, error) {
	a, x, m, err := r.method(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	status := aws.ToString(in.StatusCode)
	if !statusCode.MatchString(status) {
		return nil, invalid(textStatusCode, status)
	}
	if _, ok := m.MethodResponses[status]; ok {
		return nil, conflict("Response already exists for this resource")
	}
	for _, model := range in.ResponseModels {
		if a.models.get(model) == nil {
			return nil, invalid(textModel + model)
		}
	}
	for expression := range in.ResponseParameters {
		if !strings.HasPrefix(expression, "method.response.header.") {
			return nil, invalid(textParameter, expression)
		}
	}
	response := *show[types.MethodResponse](in)
	a.setMethodResponse(x, m, status, &response)
	return show[awsapigateway.PutMethodResponseOutput](response), nil
}

func getMethodResponse(r *request, in *awsapigateway.GetMethodResponseInput) (*awsapigateway.GetMethodResponseOutput, error) {
	_, _, _, response, err := r.methodResponse(in.ResourceId, in.HttpMethod, in.StatusCode)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetMethodResponseOutput](response), nil
}

func updateMethodResponse(r *request, in *awsapigateway.UpdateMethodResponseInput) (*awsapigateway.UpdateMethodResponseOutput, error) {
	a, x, m, response, err := r.methodResponse(in.ResourceId, in.HttpMethod, in.StatusCode)
	if err != nil {
		return nil, err
	}
	patches := []patch{
		{"/responseParameters/*", anyOp, func(op types.Op, name, value string) error {
			if _, ok := response.ResponseParameters[name]; op != types.OpAdd && !ok {
				return notFound("Invalid parameter name specified")
			}
			return setEntry(&response.ResponseParameters, asBool)(op, name, value)
		}},
		{"/responseModels/*", anyOp, func(op types.Op, name, value string) error {
			if _, ok := response.ResponseModels[name]; op != types.OpAdd && !ok {
				return notFound("Content-Type specified was not found")
			}
			return setEntry(&response.ResponseModels, asText)(op, name, value)
		}},
	}
	if err := badMethodPatch(in.PatchOperations, patches); err != nil {
		return nil, err
	}
	if err := apply(in.PatchOperations, patches); err != nil {
		return nil, err
	}
	for _, model := range response.ResponseModels {
		if a.models.get(model) == nil {
			return nil, invalid(textModel + model)
		}
	}
	a.setMethodResponse(x, m, *in.StatusCode, &response)
	return show[awsapigateway.UpdateMethodResponseOutput](response), nil
}

func deleteMethodResponse(r *request, in *awsapigateway.DeleteMethodResponseInput) (*awsapigateway.DeleteMethodResponseOutput, error) {
	a, x, m, _, err := r.methodResponse(in.ResourceId, in.HttpMethod, in.StatusCode)
	if err != nil {
		return nil, err
	}
	a.setMethodResponse(x, m, *in.StatusCode, nil)
	return &awsapigateway.DeleteMethodResponseOutput{}, nil
}
