package apigateway

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) authorizerOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createAuthorizer),
		bind(s, getAuthorizer),
		bind(s, getAuthorizers),
		bind(s, updateAuthorizer),
		bind(s, deleteAuthorizer),
	}
}

// maxTTL is how long an answer of an authorizer is cached at most, in seconds.
const maxTTL = 3600

// authorizer finds an authorizer.
func (r *request) authorizer(id, name *string) (*api, *types.Authorizer, error) {
	a, err := r.found(id)
	if err != nil {
		return nil, nil, err
	}
	x := a.authorizers.get(aws.ToString(name))
	if x == nil {
		return nil, nil, notFound("Invalid Authorizer identifier specified")
	}
	return a, x, nil
}

func createAuthorizer(r *request, in *awsapigateway.CreateAuthorizerInput) (*awsapigateway.CreateAuthorizerOutput, error) {
	a := r.api
	if a == nil {
		return nil, conflict("Unable to complete operation due to concurrent modification. Please try again later.")
	}
	x := show[types.Authorizer](in)
	x.Id = aws.String(r.World.IDs().Lower(otherIDLength))
	if x.AuthType == nil {
		x.AuthType = aws.String("custom")
		if x.Type == types.AuthorizerTypeCognitoUserPools {
			x.AuthType = aws.String("cognito_user_pools")
		}
	}
	if err := checkAuthorizer(x); err != nil {
		return nil, err
	}
	a.authorizers.set(*x.Id, x)
	return show[awsapigateway.CreateAuthorizerOutput](x), nil
}

func checkAuthorizer(x *types.Authorizer) error {
	if aws.ToString(x.Name) == "" {
		return invalid(textAuthorizer, "name")
	}
	if ttl := aws.ToInt32(x.AuthorizerResultTtlInSeconds); ttl < 0 || ttl > maxTTL {
		return invalid("Authorizer result TTL must be between 0 and 3600 seconds")
	}
	if p := aws.ToString(x.IdentityValidationExpression); p != "" {
		if _, err := validation(p); err != nil {
			return invalid(textAuthorizer, "identity validation expression")
		}
	}
	uri := aws.ToString(x.AuthorizerUri)
	switch x.Type {
	case types.AuthorizerTypeToken, types.AuthorizerTypeRequest:
		if _, ok := functionOf(uri); !ok && !strings.Contains(uri, "${stageVariables.") {
			return invalid("Invalid Authorizer URI: %s. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.", uri)
		}
	case types.AuthorizerTypeCognitoUserPools:
		if len(x.ProviderARNs) == 0 {
			return invalid(textAuthorizer, "provider ARNs")
		}
		if slices.ContainsFunc(x.ProviderARNs, func(arn string) bool { _, ok := issuerOf(arn); return !ok }) {
			return invalid("Invalid Cognito User Pool ARN specified")
		}
	default:
		return invalid(textAuthorizer, "type")
	}
	return checkIdentity(x)
}

// checkIdentity refuses identity sources of which nothing can be read.
func checkIdentity(x *types.Authorizer) error {
	source := aws.ToString(x.IdentitySource)
	if x.Type == types.AuthorizerTypeRequest {
		sources := identitySources(source)
		if len(sources) == 0 && (x.AuthorizerResultTtlInSeconds == nil || *x.AuthorizerResultTtlInSeconds > 0) {
			return invalid("Identity source is required for REQUEST authorizer when caching is enabled")
		}
		for _, one := range sources {
			if !strings.HasPrefix(one, "method.request.header.") && !strings.HasPrefix(one, "method.request.querystring.") && !strings.HasPrefix(one, "stageVariables.") && !strings.HasPrefix(one, "context.") {
				return invalid(textUnknownSource)
			}
		}
		return nil
	}
	if !strings.HasPrefix(source, "method.request.header.") {
		return invalid(textUnknownSource)
	}
	return nil
}

func identitySources(source string) []string {
	var all []string
	for one := range strings.SplitSeq(source, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

func getAuthorizer(r *request, in *awsapigateway.GetAuthorizerInput) (*awsapigateway.GetAuthorizerOutput, error) {
	_, x, err := r.authorizer(in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetAuthorizerOutput](x), nil
}

func getAuthorizers(r *request, in *awsapigateway.GetAuthorizersInput) (*awsapigateway.GetAuthorizersOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(a.authorizers.all(), in.Position, in.Limit, func(x *types.Authorizer) types.Authorizer { return *x })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetAuthorizersOutput{Items: items, Position: next}, nil
}

func updateAuthorizer(r *request, in *awsapigateway.UpdateAuthorizerInput) (*awsapigateway.UpdateAuthorizerOutput, error) {
	a, x, err := r.authorizer(in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	changed := *x
	ttl := aws.ToInt32(changed.AuthorizerResultTtlInSeconds)
	if err := apply(in.PatchOperations, []patch{
		{"/name", replaces, setText(&changed.Name)},
		{"/type", replaces, setEnum(&changed.Type, changed.Type.Values(), "/type")},
		{"/authType", replaces, setText(&changed.AuthType)},
		{"/authorizerUri", replaces, setText(&changed.AuthorizerUri)},
		{"/authorizerCredentials", anyOp, setFilled(&changed.AuthorizerCredentials)},
		{"/identitySource", replaces, setText(&changed.IdentitySource)},
		{"/identityValidationExpression", replaces, setFilled(&changed.IdentityValidationExpression)},
		{"/authorizerResultTtlInSeconds", replaces, func(op types.Op, name, value string) error {
			changed.AuthorizerResultTtlInSeconds = &ttl
			return setInt(&ttl, "/authorizerResultTtlInSeconds")(op, name, value)
		}},
		{"/providerARNs", members, setValueOf(&changed.ProviderARNs)},
	}); err != nil {
		return nil, err
	}
	if err := checkAuthorizer(&changed); err != nil {
		return nil, err
	}
	a.authorizers.set(*x.Id, &changed)
	return show[awsapigateway.UpdateAuthorizerOutput](changed), nil
}

func deleteAuthorizer(r *request, in *awsapigateway.DeleteAuthorizerInput) (*awsapigateway.DeleteAuthorizerOutput, error) {
	a, x, err := r.authorizer(in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	for _, resource := range a.resources.all() {
		for _, m := range resource.methods {
			if aws.ToString(m.AuthorizerId) == *x.Id {
				return nil, conflict("Cannot delete authorizer '%s', is referenced by method: %s %s", aws.ToString(x.Name), *m.HttpMethod, resource.path)
			}
		}
	}
	a.authorizers.delete(*x.Id)
	return &awsapigateway.DeleteAuthorizerOutput{}, nil
}
