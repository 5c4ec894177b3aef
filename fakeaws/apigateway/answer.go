package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/apigateway/internal/vtl"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// Texts of the answers of API Gateway itself.
const (
	textNoToken      = "Missing Authentication Token"
	textForbidden    = "Forbidden"
	textUnauthorized = "Unauthorized"
	textInternal     = "Internal server error"
	textThrottled    = "Too Many Requests"
	textQuota        = "Limit Exceeded"
	textMedia        = "Unsupported Media Type"
	textNetwork      = "Network error communicating with endpoint"
	textTimeout      = "Endpoint request timed out"
	textTooLarge     = "Request Too Long"                                     // unverified
	textMalformed    = "Authorization header requires existence of a header." // unverified
)

// A problemError is an answer that API Gateway gives itself, in place of an integration.
type problemError struct {
	kind    types.GatewayResponseType
	status  int
	message string // "null" in JSON where none is given
	noText  bool
	member  string // of the body, where nobody has customized the answer
	code    string // of the header x-amzn-ErrorType
	detail  string // of what a request validator says
}

// Error implements error.
func (e *problemError) Error() string { return e.code + ": " + e.message }

// ErrorCode implements smithy.APIError.
func (e *problemError) ErrorCode() string { return e.code }

// ErrorMessage implements smithy.APIError.
func (e *problemError) ErrorMessage() string { return e.message }

// ErrorFault implements smithy.APIError.
func (e *problemError) ErrorFault() smithy.ErrorFault {
	if e.status >= http.StatusInternalServerError {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// errorTypes are the values of x-amzn-ErrorType by the kinds of answers.
var errorTypes = map[types.GatewayResponseType]string{
	types.GatewayResponseTypeAccessDenied:                 "AccessDeniedException",
	types.GatewayResponseTypeApiConfigurationError:        "InternalServerErrorException",
	types.GatewayResponseTypeAuthorizerConfigurationError: "AuthorizerConfigurationException",
	types.GatewayResponseTypeAuthorizerFailure:            "AuthorizerFailureException", // unverified
	types.GatewayResponseTypeBadRequestBody:               "BadRequestException",
	types.GatewayResponseTypeBadRequestParameters:         "BadRequestException",
	types.GatewayResponseTypeExpiredToken:                 "ExpiredTokenException",
	types.GatewayResponseTypeIntegrationFailure:           "GatewayTimeoutException", // unverified
	types.GatewayResponseTypeIntegrationTimeout:           "InternalServerErrorException",
	types.GatewayResponseTypeInvalidApiKey:                "ForbiddenException",
	types.GatewayResponseTypeInvalidSignature:             "InvalidSignatureException",
	types.GatewayResponseTypeMissingAuthenticationToken:   "MissingAuthenticationTokenException",
	types.GatewayResponseTypeQuotaExceeded:                "LimitExceededException",
	types.GatewayResponseTypeRequestTooLarge:              "RequestTooLargeException", // unverified
	types.GatewayResponseTypeThrottled:                    "TooManyRequestsException",
	types.GatewayResponseTypeUnauthorized:                 "UnauthorizedException",
	types.GatewayResponseTypeUnsupportedMediaType:         "UnsupportedMediaTypeException", // unverified
}

func gatewayError(kind types.GatewayResponseType, message string) *problemError {
	status, _ := strconv.Atoi(gatewayStatus[kind])
	return &problemError{kind: kind, status: status, message: message, member: "message", code: errorTypes[kind]}
}

// forbidden is the answer of a host that has no such API or stage. Nobody can customize it.
func forbidden() error {
	return &problemError{status: http.StatusForbidden, message: textForbidden, member: "message", code: "ForbiddenException"}
}

// badIntegration is the answer to what a Lambda function, by its own fault, did not answer as it
// should; and misconfigured the one to what the API's own settings make impossible.
func badIntegration() error {
	return &problemError{kind: types.GatewayResponseTypeDefault5xx, status: http.StatusBadGateway, message: textInternal, member: "message", code: "InternalServerErrorException"}
}

func misconfigured() error {
	return gatewayError(types.GatewayResponseTypeApiConfigurationError, textInternal)
}

// asGateway words any error as API Gateway answers it.
func asGateway(err error) *problemError {
	var own *problemError
	if errors.As(err, &own) {
		return own
	}
	var failed *sigv4.Error
	if errors.As(err, &failed) {
		err = failed.For(sigv4.RESTJSON)
	}
	e := &problemError{kind: types.GatewayResponseTypeApiConfigurationError, status: http.StatusInternalServerError, message: textInternal, member: "message", code: "InternalServerErrorException"}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return e
	}
	e.code, e.message = api.ErrorCode(), api.ErrorMessage()
	var known *fakeaws.Error
	switch {
	case errors.As(err, &known) && known.Status > 0:
		e.status = known.Status
	case api.ErrorFault() == smithy.FaultClient:
		e.status = http.StatusBadRequest
	}
	switch e.code {
	case "InvalidSignatureException", "IncompleteSignatureException":
		e.kind, e.status = types.GatewayResponseTypeInvalidSignature, http.StatusForbidden
	case "ExpiredTokenException":
		e.kind, e.status = types.GatewayResponseTypeExpiredToken, http.StatusForbidden
	case "UnrecognizedClientException", "MissingAuthenticationTokenException", "InvalidClientTokenId":
		e.kind, e.status = types.GatewayResponseTypeMissingAuthenticationToken, http.StatusForbidden
		if e.code != "MissingAuthenticationTokenException" {
			e.kind = types.GatewayResponseTypeInvalidSignature
		}
	case "ThrottlingException", "TooManyRequestsException", "Throttling":
		e.kind, e.status = types.GatewayResponseTypeThrottled, http.StatusTooManyRequests
	default:
		if e.status < http.StatusInternalServerError {
			e.kind = types.GatewayResponseTypeDefault4xx
		}
	}
	return e
}

// errorAnswer is an answer of API Gateway itself, as its gateway responses say.
func (v *invocation) errorAnswer(s *Fake, err error) *wire.Response {
	e := asGateway(err)
	resp := &wire.Response{Status: e.status, Header: http.Header{}}
	resp.Set("X-Amzn-Requestid", v.call.RequestID)
	resp.Set("X-Amzn-Errortype", e.code)
	resp.Set("X-Amz-Apigw-Id", extendedID(v.call.RequestID))
	resp.Set("Content-Type", "application/json")
	if v.design != nil && e.kind != "" {
		if g := v.design.gatewayResponse(e.kind); !g.DefaultResponse || v.design.customized(e.kind) {
			v.customize(s, resp, e, &g)
			return resp
		}
	}
	var value any = e.message
	if e.noText {
		value = nil
	}
	body, _ := json.Marshal(map[string]any{e.member: value}) // a text is always written
	resp.Body = body
	return resp
}

// customized reports whether the answers of a kind are not those by default.
func (d *design) customized(kind types.GatewayResponseType) bool {
	general := types.GatewayResponseTypeDefault4xx
	if strings.HasPrefix(gatewayStatus[kind], "5") || kind == types.GatewayResponseTypeDefault5xx {
		general = types.GatewayResponseTypeDefault5xx
	}
	return d.responses.get(string(kind)) != nil || d.responses.get(string(general)) != nil
}

// customize makes the answer that a gateway response says. Its templates have references and no
// directives; an answer whose template cannot be rendered has no body.
func (v *invocation) customize(s *Fake, resp *wire.Response, e *problemError, g *types.GatewayResponse) {
	if n, err := strconv.Atoi(aws.ToString(g.StatusCode)); err == nil {
		resp.Status = n
	}
	input := v.input(s, string(v.body))
	about := &vtl.Object{}
	about.Put("message", e.message)
	quotedText, _ := json.Marshal(e.message)
	if e.noText {
		quotedText = []byte("null")
	}
	about.Put("messageString", string(quotedText))
	about.Put("responseType", string(e.kind))
	if e.detail != "" {
		about.Put("validationErrorString", e.detail)
	}
	input.Context.Put("error", about)
	for to, from := range g.ResponseParameters {
		if value, ok := v.value(s, from, nil); ok {
			name := http.CanonicalHeaderKey(strings.TrimPrefix(to, "gatewayresponse.header."))
			resp.Header[name] = []string{value}
		}
	}
	content := "application/json"
	text, ok := g.ResponseTemplates[content]
	for _, accepted := range strings.Split(v.header.Get("Accept"), ",") {
		media, _, _ := strings.Cut(strings.TrimSpace(accepted), ";")
		if t, has := g.ResponseTemplates[media]; has {
			text, content, ok = t, media, true
			break
		}
	}
	if !ok {
		return
	}
	resp.Set("Content-Type", content)
	if t, err := vtl.Parse(text); err == nil {
		if body, err := t.Render(input); err == nil {
			resp.Body = []byte(body)
		}
	}
}

// extendedID is the extended id of a request.
func extendedID(requestID string) string {
	const length = 12
	return base64.RawURLEncoding.EncodeToString([]byte(requestID))[:length] + "="
}
