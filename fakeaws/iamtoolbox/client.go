package iamtoolbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A Client calls IAM Toolbox, of a World or of AWS. It stands for the client that the SDK
// for Go does not have yet, and is made and used like those of the SDK.
type Client struct{ config aws.Config }

// NewFromConfig returns a client of a config.
func NewFromConfig(config aws.Config) *Client { return &Client{config} }

// GetRequestAuthorizationDetails tells why a request was denied.
func (c *Client) GetRequestAuthorizationDetails(ctx context.Context, in *GetRequestAuthorizationDetailsInput) (*GetRequestAuthorizationDetailsOutput, error) {
	out := new(GetRequestAuthorizationDetailsOutput)
	call := clientCall{operation: "GetRequestAuthorizationDetails", in: in, out: out, query: url.Values{}}
	call.require("AuthorizationId", in.AuthorizationId)
	call.path = "/authorization-details/" + url.PathEscape(aws.ToString(in.AuthorizationId))
	call.ask("nextToken", in.NextToken)
	return answer[GetRequestAuthorizationDetailsOutput](c.do(ctx, &call))
}

// GetRequestAuthorizationPolicy returns a policy as it was when a request was denied.
func (c *Client) GetRequestAuthorizationPolicy(ctx context.Context, in *GetRequestAuthorizationPolicyInput) (*GetRequestAuthorizationPolicyOutput, error) {
	out := new(GetRequestAuthorizationPolicyOutput)
	call := clientCall{operation: "GetRequestAuthorizationPolicy", in: in, out: out, query: url.Values{}}
	call.require("AuthorizationId", in.AuthorizationId)
	call.require("PolicyUri", in.PolicyUri)
	call.path = "/authorization-details/" + url.PathEscape(aws.ToString(in.AuthorizationId)) + "/policy"
	call.ask("policyUri", in.PolicyUri)
	return answer[GetRequestAuthorizationPolicyOutput](c.do(ctx, &call))
}

func answer[O any](out any, err error) (*O, error) {
	if err != nil {
		return nil, err
	}
	return out.(*O), nil
}

// A clientCall is one call of a client.
type clientCall struct {
	operation, path string
	query           url.Values
	in, out         any
	missing         smithy.InvalidParamsError
}

// require notes a member that is required and missing.
func (c *clientCall) require(member string, value *string) {
	c.missing.Context = c.operation + "Input"
	if value == nil {
		c.missing.Add(smithy.NewErrParamRequired(member))
	}
}

// ask sends a member as a parameter of the query.
func (c *clientCall) ask(name string, value *string) {
	if value != nil {
		c.query.Set(name, *value)
	}
}

// do sends a call through the steps that the SDK's clients have, which options of the
// config change.
func (c *Client) do(ctx context.Context, call *clientCall) (any, error) {
	stack := middleware.NewStack(call.operation, smithyhttp.NewStackRequest)
	attempt := retry.NewAttemptMiddleware(c.retryer(), smithyhttp.RequestCloner)
	for _, err := range []error{
		stack.Initialize.Add(middleware.InitializeMiddlewareFunc("OperationInputValidation", call.validate), middleware.After),
		stack.Initialize.Add(&awsmiddleware.RegisterServiceMetadata{
			ServiceID: "IAM Toolbox", SigningName: serviceName, Region: c.config.Region, OperationName: call.operation,
		}, middleware.Before),
		stack.Serialize.Add(middleware.SerializeMiddlewareFunc("OperationSerializer", func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
			if err := c.serialize(call, in.Request.(*smithyhttp.Request)); err != nil {
				return middleware.SerializeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleSerialize(ctx, in)
		}), middleware.After),
		stack.Finalize.Add(attempt, middleware.Before),
		stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("Signing", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if err := c.sign(ctx, in.Request.(*smithyhttp.Request), attempt); err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleFinalize(ctx, in)
		}), middleware.After),
		stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("OperationDeserializer", call.deserialize), middleware.After),
	} {
		if err != nil {
			return nil, err
		}
	}
	for _, option := range c.config.APIOptions {
		if err := option(stack); err != nil {
			return nil, err
		}
	}
	out, _, err := middleware.DecorateHandler(smithyhttp.NewClientHandlerWithOptions(c.http()), stack).Handle(ctx, call.in)
	if err != nil {
		err = &smithy.OperationError{ServiceID: "IAM Toolbox", OperationName: call.operation, Err: err}
	}
	return out, err
}

func (c *Client) retryer() aws.Retryer {
	if c.config.Retryer != nil {
		return c.config.Retryer()
	}
	return retry.NewStandard()
}

func (c *Client) http() smithyhttp.ClientDo {
	if c.config.HTTPClient != nil {
		return c.config.HTTPClient
	}
	return awshttp.NewBuildableClient()
}

func (c *clientCall) validate(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	if c.missing.Len() > 0 {
		return middleware.InitializeOutput{}, middleware.Metadata{}, c.missing
	}
	return next.HandleInitialize(ctx, in)
}

// serialize makes the request of a call.
func (c *Client) serialize(call *clientCall, request *smithyhttp.Request) error {
	endpoint := "https://" + serviceName + "." + c.config.Region + ".amazonaws.com"
	if c.config.BaseEndpoint != nil {
		endpoint = *c.config.BaseEndpoint
	}
	to, err := url.Parse(strings.TrimSuffix(endpoint, "/") + call.path)
	if err != nil {
		return err
	}
	to.RawQuery = call.query.Encode()
	request.Method, request.URL = http.MethodGet, to
	return nil
}

// sign signs a request, at the time that the options of the config say: they set the skew
// of the attempt.
func (c *Client) sign(ctx context.Context, request *smithyhttp.Request, attempt *retry.Attempt) error {
	if c.config.Credentials == nil || aws.IsCredentialsProvider(c.config.Credentials, (*aws.AnonymousCredentials)(nil)) {
		return nil
	}
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	at := time.Now().UTC()
	if attempt.ClientSkew != nil {
		at = at.Add(time.Duration(attempt.ClientSkew.Load()))
	}
	empty := sha256.Sum256(nil)
	return v4.NewSigner().SignHTTP(ctx, credentials, request.Request, hex.EncodeToString(empty[:]), serviceName, c.config.Region, at)
}

// deserialize reads the answer of a call.
func (c *clientCall) deserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok {
		return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("unknown transport type %T", out.RawResponse)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	if response.StatusCode >= 300 {
		return out, metadata, newResponseError(response, body)
	}
	if err := json.Unmarshal(body, c.out); err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	out.Result = c.out
	return out, metadata, nil
}

// newResponseError is the error that an answer tells, as the SDK's clients have it.
func newResponseError(response *smithyhttp.Response, body []byte) error {
	var told struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &told) // a body that is no JSON has no message
	code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	return &awshttp.ResponseError{
		RequestID:     response.Header.Get("X-Amzn-Requestid"),
		ResponseError: &smithyhttp.ResponseError{Response: response, Err: &smithy.GenericAPIError{Code: code, Message: told.Message}},
	}
}
