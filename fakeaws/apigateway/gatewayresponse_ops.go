package apigateway

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) gatewayResponseOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, putGatewayResponse),
		bind(s, getGatewayResponse),
		bind(s, getGatewayResponses),
		bind(s, updateGatewayResponse),
		bind(s, deleteGatewayResponse),
	}
}

// gatewayStatus are the kinds of answers that API Gateway itself gives, with their status
// ("Gateway response types for API Gateway"); DEFAULT_4XX and DEFAULT_5XX have none.
var gatewayStatus = map[types.GatewayResponseType]string{
	types.GatewayResponseTypeAccessDenied:                 "403",
	types.GatewayResponseTypeApiConfigurationError:        "500",
	types.GatewayResponseTypeAuthorizerConfigurationError: "500",
	types.GatewayResponseTypeAuthorizerFailure:            "500",
	types.GatewayResponseTypeBadRequestBody:               "400",
	types.GatewayResponseTypeBadRequestParameters:         "400",
	types.GatewayResponseTypeDefault4xx:                   "",
	types.GatewayResponseTypeDefault5xx:                   "",
	types.GatewayResponseTypeExpiredToken:                 "403",
	types.GatewayResponseTypeIntegrationFailure:           "504",
	types.GatewayResponseTypeIntegrationTimeout:           "504",
	types.GatewayResponseTypeInvalidApiKey:                "403",
	types.GatewayResponseTypeInvalidSignature:             "403",
	types.GatewayResponseTypeMissingAuthenticationToken:   "403",
	types.GatewayResponseTypeQuotaExceeded:                "429",
	types.GatewayResponseTypeRequestTooLarge:              "413",
	types.GatewayResponseTypeResourceNotFound:             "404",
	types.GatewayResponseTypeThrottled:                    "429",
	types.GatewayResponseTypeUnauthorized:                 "401",
	types.GatewayResponseTypeUnsupportedMediaType:         "415",
	types.GatewayResponseTypeWafFiltered:                  "403",
}

// defaultGatewayTemplate is the body of an answer that nobody has customized.
const defaultGatewayTemplate = `{"message":$context.error.messageString}`

// gatewayResponse is an answer as it was customized: as its own kind, or as that of its status.
func (d *design) gatewayResponse(kind types.GatewayResponseType) types.GatewayResponse {
	if x := d.responses.get(string(kind)); x != nil {
		shown := *x
		if shown.StatusCode == nil {
			shown.StatusCode = statusOf(kind)
		}
		return shown
	}
	shown := types.GatewayResponse{
		DefaultResponse: true, ResponseType: kind, ResponseParameters: map[string]string{}, ResponseTemplates: map[string]string{"application/json": defaultGatewayTemplate}, StatusCode: statusOf(kind),
	}
	general := types.GatewayResponseTypeDefault4xx
	if strings.HasPrefix(gatewayStatus[kind], "5") {
		general = types.GatewayResponseTypeDefault5xx
	}
	if x := d.responses.get(string(general)); x != nil && kind != general {
		shown.ResponseParameters, shown.ResponseTemplates = x.ResponseParameters, x.ResponseTemplates
		if x.StatusCode != nil {
			shown.StatusCode = x.StatusCode
		}
	}
	return shown
}

func statusOf(kind types.GatewayResponseType) *string {
	if status := gatewayStatus[kind]; status != "" {
		return &status
	}
	return nil
}

func checkGatewayResponse(x *types.GatewayResponse) error {
	if !slices.Contains(x.ResponseType.Values(), x.ResponseType) {
		return invalid("Invalid response type: %s", x.ResponseType)
	}
	if status := aws.ToString(x.StatusCode); status != "" && !statusCode.MatchString(status) {
		return invalid(textGatewayCode, status)
	}
	for to, from := range x.ResponseParameters {
		if err := checkParameter(to, "gatewayresponse.header.", from); err != nil {
			return err
		}
	}
	return nil
}

func putGatewayResponse(r *request, in *awsapigateway.PutGatewayResponseInput) (*awsapigateway.PutGatewayResponseOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	x := show[types.GatewayResponse](in)
	if x.StatusCode == nil {
		x.StatusCode = statusOf(x.ResponseType)
	}
	if x.ResponseParameters == nil {
		x.ResponseParameters = map[string]string{}
	}
	if x.ResponseTemplates == nil {
		x.ResponseTemplates = map[string]string{"application/json": defaultGatewayTemplate}
	}
	if err := checkGatewayResponse(x); err != nil {
		return nil, err
	}
	a.responses.set(string(x.ResponseType), x)
	return show[awsapigateway.PutGatewayResponseOutput](x), nil
}

func getGatewayResponse(r *request, in *awsapigateway.GetGatewayResponseInput) (*awsapigateway.GetGatewayResponseOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	if _, ok := gatewayStatus[in.ResponseType]; !ok {
		return nil, invalid("Invalid response type: %s", in.ResponseType)
	}
	return show[awsapigateway.GetGatewayResponseOutput](a.design.gatewayResponse(in.ResponseType)), nil
}

func getGatewayResponses(r *request, in *awsapigateway.GetGatewayResponsesInput) (*awsapigateway.GetGatewayResponsesOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	kinds := types.GatewayResponseType("").Values()
	slices.Sort(kinds)
	out := &awsapigateway.GetGatewayResponsesOutput{}
	for _, kind := range kinds {
		out.Items = append(out.Items, a.design.gatewayResponse(kind))
	}
	return out, nil
}

func updateGatewayResponse(r *request, in *awsapigateway.UpdateGatewayResponseInput) (*awsapigateway.UpdateGatewayResponseOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	if _, ok := gatewayStatus[in.ResponseType]; !ok {
		return nil, invalid("Invalid response type: %s", in.ResponseType)
	}
	x := a.design.gatewayResponse(in.ResponseType)
	x.DefaultResponse = false
	if err := apply(in.PatchOperations, []patch{
		{"/statusCode", removes, setFilled(&x.StatusCode)},
		{"/responseParameters/*", anyOp, setEntry(&x.ResponseParameters, asText)},
		{"/responseTemplates/*", anyOp, setEntry(&x.ResponseTemplates, asText)},
	}); err != nil {
		return nil, err
	}
	if err := checkGatewayResponse(&x); err != nil {
		return nil, err
	}
	a.responses.set(string(in.ResponseType), &x)
	return show[awsapigateway.UpdateGatewayResponseOutput](x), nil
}

func deleteGatewayResponse(r *request, in *awsapigateway.DeleteGatewayResponseInput) (*awsapigateway.DeleteGatewayResponseOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	if a.responses.get(string(in.ResponseType)) == nil {
		return nil, notFound("Gateway response type not defined on api")
	}
	a.responses.delete(string(in.ResponseType))
	return &awsapigateway.DeleteGatewayResponseOutput{}, nil
}
