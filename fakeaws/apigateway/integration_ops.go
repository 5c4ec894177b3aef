package apigateway

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/apigateway/internal/vtl"
)

func (s *Fake) integrationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, putIntegration),
		bind(s, getIntegration),
		bind(s, updateIntegration),
		bind(s, deleteIntegration),
		bind(s, putIntegrationResponse),
		bind(s, getIntegrationResponse),
		bind(s, updateIntegrationResponse),
		bind(s, deleteIntegrationResponse),
	}
}

// Ways in which a body passes for which there is no template.
const (
	whenNoMatch     = "WHEN_NO_MATCH"
	whenNoTemplates = "WHEN_NO_TEMPLATES"
	never           = "NEVER"
)

// Limits of the timeout of an integration, in milliseconds.
const (
	minTimeout = 50
	maxTimeout = 29000
)

func noIntegration() error { return notFound("Invalid Integration identifier specified") }

// integration finds the integration of a method.
func (r *request) integration(resourceID, name *string) (*api, *resource, types.Method, types.Integration, error) {
	a, x, m, err := r.method(resourceID, name)
	if err != nil {
		return nil, nil, m, types.Integration{}, err
	}
	if m.MethodIntegration == nil {
		return nil, nil, m, types.Integration{}, noIntegration()
	}
	return a, x, m, *m.MethodIntegration, nil
}

func (a *api) setIntegration(x *resource, m types.Method, i *types.Integration) {
	m.MethodIntegration = i
	a.setMethod(x, m)
}

func putIntegration(r *request, in *awsapigateway.PutIntegrationInput) (*awsapigateway.PutIntegrationOutput, error) {
	a, x, m, err := r.method(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	i := show[types.Integration](in)
	i.HttpMethod = in.IntegrationHttpMethod
	i.TimeoutInMillis = aws.ToInt32(in.TimeoutInMillis)
	if in.TimeoutInMillis == nil {
		i.TimeoutInMillis = maxTimeout
	}
	if i.PassthroughBehavior == nil {
		i.PassthroughBehavior = aws.String(whenNoMatch)
	}
	if i.CacheNamespace == nil {
		i.CacheNamespace = &x.id
	}
	if i.CacheKeyParameters == nil {
		i.CacheKeyParameters = []string{}
	}
	if i.ConnectionType == "" && (i.Type == types.IntegrationTypeHttp || i.Type == types.IntegrationTypeHttpProxy) {
		i.ConnectionType = types.ConnectionTypeInternet
	}
	if err := checkIntegration(r, i); err != nil {
		return nil, err
	}
	a.setIntegration(x, m, i)
	return show[awsapigateway.PutIntegrationOutput](i), nil
}

// checkIntegration refuses what an integration cannot be.
func checkIntegration(r *request, i *types.Integration) error {
	if !slices.Contains(i.Type.Values(), i.Type) {
		return invalid(textIntegrationType)
	}
	if i.Type != types.IntegrationTypeMock && aws.ToString(i.HttpMethod) == "" {
		return invalid("Enumeration value for HttpMethod must be non-empty")
	}
	if err := checkURI(i); err != nil {
		return err
	}
	switch b := aws.ToString(i.PassthroughBehavior); {
	case b != whenNoMatch && b != whenNoTemplates && b != never:
		return invalid(textPassthrough)
	case i.TimeoutInMillis < minTimeout || i.TimeoutInMillis > maxTimeout:
		return invalid("Timeout should be between 50 ms and 29000 ms")
	case i.ConnectionType == types.ConnectionTypeVpcLink && !strings.Contains(aws.ToString(i.ConnectionId), "${") && r.links.get(aws.ToString(i.ConnectionId)) == nil:
		return invalid("Invalid Vpc Link identifier specified")
	case i.ResponseTransferMode == types.ResponseTransferModeStream:
		return notImplemented("an integration with response streaming is not implemented")
	}
	for to, from := range i.RequestParameters {
		if err := checkParameter(to, "integration.request.", from); err != nil {
			return err
		}
	}
	return checkTemplates(i.RequestTemplates)
}

// Texts that are unverified.
const (
	textIntegrationType = "Enumeration value for Integration type must be one of: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"
	textPassthrough     = "Invalid passthrough behavior specified. Must be one of: [WHEN_NO_MATCH, NEVER, WHEN_NO_TEMPLATES]"
)

func checkURI(i *types.Integration) error {
	uri := aws.ToString(i.Uri)
	switch i.Type {
	case types.IntegrationTypeHttp, types.IntegrationTypeHttpProxy:
		u, err := url.Parse(strings.NewReplacer("${", "", "{", "", "}", "").Replace(uri))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return invalid("Invalid HTTP endpoint specified for URI")
		}
	case types.IntegrationTypeAws, types.IntegrationTypeAwsProxy:
		parsed, err := awsarn.Parse(uri)
		if err != nil {
			return invalid("Invalid ARN specified in the request")
		}
		if !strings.HasPrefix(parsed.Resource, "path/") && !strings.HasPrefix(parsed.Resource, "action/") || parsed.Service != "apigateway" {
			return invalid("AWS ARN for integration must contain path or action")
		}
		if i.Type == types.IntegrationTypeAwsProxy && parsed.AccountID != "lambda" && parsed.AccountID != "firehose" {
			return invalid("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")
		}
	}
	return nil
}

// checkParameter refuses a mapping of a parameter that API Gateway does not have.
func checkParameter(to, prefix, from string) error {
	if !strings.HasPrefix(to, prefix) {
		return invalid(textParameter, to)
	}
	if _, err := parseSource(from); err != nil {
		return invalid(textParameter, from)
	}
	return nil
}

// checkTemplates refuses mapping templates that cannot be read.
func checkTemplates(templates map[string]string) error {
	for content, text := range templates {
		if !strings.Contains(content, "/") && content != "$default" {
			return invalid("Validation Result: warnings : [], errors : [Invalid content type specified: %s]", content)
		}
		if _, err := vtl.Parse(text); err != nil {
			return invalid(textTemplate, content, err)
		}
	}
	return nil
}

func getIntegration(r *request, in *awsapigateway.GetIntegrationInput) (*awsapigateway.GetIntegrationOutput, error) {
	_, _, _, i, err := r.integration(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetIntegrationOutput](i), nil
}

func updateIntegration(r *request, in *awsapigateway.UpdateIntegrationInput) (*awsapigateway.UpdateIntegrationOutput, error) {
	a, x, m, i, err := r.integration(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	tls := types.TlsConfig{}
	if i.TlsConfig != nil {
		tls = *i.TlsConfig
	}
	err = apply(in.PatchOperations, []patch{
		{"/type", replaces, setEnum(&i.Type, i.Type.Values(), "/type")},
		{"/uri", replaces, setText(&i.Uri)},
		{"/httpMethod", replaces, setText(&i.HttpMethod)},
		{"/credentials", anyOp, setFilled(&i.Credentials)},
		{"/passthroughBehavior", replaces, setText(&i.PassthroughBehavior)},
		{"/contentHandling", anyOp, func(op types.Op, name, value string) error {
			if value == "" {
				op = types.OpRemove
			}
			return setEnum(&i.ContentHandling, i.ContentHandling.Values(), "/contentHandling")(op, name, value)
		}},
		{"/connectionType", replaces, setEnum(&i.ConnectionType, i.ConnectionType.Values(), "/connectionType")},
		{"/connectionId", replaces, setFilled(&i.ConnectionId)},
		{"/cacheNamespace", replaces, setText(&i.CacheNamespace)},
		{"/cacheKeyParameters/*", anyOp, setMemberOf(&i.CacheKeyParameters)},
		{"/timeoutInMillis", replaces, setInt(&i.TimeoutInMillis, "/timeoutInMillis")},
		{"/tlsConfig/insecureSkipVerification", replaces, func(op types.Op, name, value string) error {
			i.TlsConfig = &tls
			return setBool(&tls.InsecureSkipVerification)(op, name, value)
		}},
		{"/requestParameters/*", anyOp, setEntry(&i.RequestParameters, asText)},
		{"/requestTemplates/*", anyOp, setEntry(&i.RequestTemplates, asText)},
	})
	if err != nil {
		return nil, err
	}
	if err := checkIntegration(r, &i); err != nil {
		return nil, err
	}
	a.setIntegration(x, m, &i)
	return show[awsapigateway.UpdateIntegrationOutput](i), nil
}

func deleteIntegration(r *request, in *awsapigateway.DeleteIntegrationInput) (*awsapigateway.DeleteIntegrationOutput, error) {
	a, x, m, _, err := r.integration(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	a.setIntegration(x, m, nil)
	return &awsapigateway.DeleteIntegrationOutput{}, nil
}

// integrationResponse finds an integration response.
func (r *request) integrationResponse(resourceID, name, status *string) (*api, *resource, types.Method, types.IntegrationResponse, error) {
	a, x, m, i, err := r.integration(resourceID, name)
	if err != nil {
		return nil, nil, m, types.IntegrationResponse{}, err
	}
	response, ok := i.IntegrationResponses[aws.ToString(status)]
	if !ok {
		return nil, nil, m, response, noStatus()
	}
	return a, x, m, response, nil
}

// setIntegrationResponse stores an integration response, or deletes it.
func (a *api) setIntegrationResponse(x *resource, m types.Method, status string, response *types.IntegrationResponse) {
	i := *m.MethodIntegration
	all := maps.Clone(i.IntegrationResponses)
	if all == nil {
		all = make(map[string]types.IntegrationResponse)
	}
	if response == nil {
		delete(all, status)
	} else {
		all[status] = *response
	}
	if i.IntegrationResponses = all; len(all) == 0 {
		i.IntegrationResponses = nil
	}
	a.setIntegration(x, m, &i)
}

func checkIntegrationResponse(response *types.IntegrationResponse) error {
	if p := aws.ToString(response.SelectionPattern); p != "" {
		if _, err := selection(p); err != nil {
			return invalid(textPattern, p)
		}
	}
	for to, from := range response.ResponseParameters {
		if err := checkParameter(to, "method.response.header.", from); err != nil {
			return err
		}
	}
	return checkTemplates(response.ResponseTemplates)
}

// textPattern is unverified.
const textPattern = "Invalid selection pattern specified: %s"

func putIntegrationResponse(r *request, in *awsapigateway.PutIntegrationResponseInput) (*awsapigateway.PutIntegrationResponseOutput, error) {
	a, x, m, _, err := r.integration(in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	status := aws.ToString(in.StatusCode)
	if !statusCode.MatchString(status) {
		return nil, invalid(textStatusCode, status)
	}
	response := *show[types.IntegrationResponse](in)
	if err := checkIntegrationResponse(&response); err != nil {
		return nil, err
	}
	a.setIntegrationResponse(x, m, status, &response)
	return show[awsapigateway.PutIntegrationResponseOutput](response), nil
}

func getIntegrationResponse(r *request, in *awsapigateway.GetIntegrationResponseInput) (*awsapigateway.GetIntegrationResponseOutput, error) {
	_, _, _, response, err := r.integrationResponse(in.ResourceId, in.HttpMethod, in.StatusCode)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetIntegrationResponseOutput](response), nil
}

func updateIntegrationResponse(r *request, in *awsapigateway.UpdateIntegrationResponseInput) (*awsapigateway.UpdateIntegrationResponseOutput, error) {
	a, x, m, response, err := r.integrationResponse(in.ResourceId, in.HttpMethod, in.StatusCode)
	if err != nil {
		return nil, err
	}
	err = apply(in.PatchOperations, []patch{
		{"/selectionPattern", replaces, setText(&response.SelectionPattern)},
		{"/contentHandling", anyOp, func(op types.Op, name, value string) error {
			if value == "" {
				op = types.OpRemove
			}
			return setEnum(&response.ContentHandling, response.ContentHandling.Values(), "/contentHandling")(op, name, value)
		}},
		{"/responseParameters/*", anyOp, setEntry(&response.ResponseParameters, asText)},
		{"/responseTemplates/*", anyOp, setEntry(&response.ResponseTemplates, asText)},
	})
	if err != nil {
		return nil, err
	}
	if err := checkIntegrationResponse(&response); err != nil {
		return nil, err
	}
	a.setIntegrationResponse(x, m, *in.StatusCode, &response)
	return show[awsapigateway.UpdateIntegrationResponseOutput](response), nil
}

func deleteIntegrationResponse(r *request, in *awsapigateway.DeleteIntegrationResponseInput) (*awsapigateway.DeleteIntegrationResponseOutput, error) {
	a, x, m, _, err := r.integrationResponse(in.ResourceId, in.HttpMethod, in.StatusCode)
	if err != nil {
		return nil, err
	}
	a.setIntegrationResponse(x, m, *in.StatusCode, nil)
	return &awsapigateway.DeleteIntegrationResponseOutput{}, nil
}
