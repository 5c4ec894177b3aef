// Package apigatewaytest makes REST APIs of Amazon API Gateway in the accounts of package awstest
// in a few lines, and calls them as their clients do. Only tests that import this package link the
// fake of API Gateway:
//
//	acct := awstest.New(t, lambdatest.With(), apigatewaytest.With())
//	fn := lambdatest.Of(acct).Handle("orders", role, handle)
//	api := apigatewaytest.Of(acct).Proxy("shop", fn.ARN())
//	resp := api.Call(nil, http.MethodGet, "/orders", "")
//
// The function's policy must let API Gateway invoke it: see [API.ARN].
package apigatewaytest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws/apigateway"
)

// With gives a World Amazon API Gateway and the hosts of its APIs: an option of [awstest.New].
func With() awstest.Option { return awstest.With(apigateway.Service) }

// Trust is the trust policy of a role that integrations and authorizers use: API Gateway may
// assume it.
func Trust() awstest.RoleOption {
	return awstest.Trust(awstest.Allow("sts:AssumeRole").By("apigateway.amazonaws.com"))
}

// HTTP has Go code stand for the HTTP endpoints of a host: what HTTP integrations send to it.
// Nothing is ever sent to a network.
func HTTP(a *awstest.Account, host string, h http.Handler) {
	a.TB().Helper()
	fixture.Require(a, "apigateway", "API Gateway", "apigatewaytest")
	apigateway.Of(a.World()).Handle(host, h)
}

// APIs are those of an account in one region. What goes wrong ends the test, and no policy is
// asked for what they make.
type APIs struct {
	account *awstest.Account
	region  string
}

// Of returns the account's APIs in its region.
func Of(a *awstest.Account) *APIs { return &APIs{a, a.Region()} }

// In returns the account's APIs in another region.
func (x *APIs) In(region string) *APIs { return &APIs{x.account, region} }

// Stage is the stage to which [API.Deploy] deploys.
const Stage = "test"

// An API is a REST API.
type API struct {
	apis *APIs
	id   string
	root string
	by   map[string]string // ids of resources by their paths
}

func do[O any](x *APIs, subject string, in any) *O {
	x.account.TB().Helper()
	fixture.Require(x.account, "apigateway", "API Gateway", "apigatewaytest")
	return fixture.Do[O](x.account, x.region, subject, in)
}

// New makes a REST API. The input may have more than its name, which takes its place.
func (x *APIs) New(name string, settings ...awsapigateway.CreateRestApiInput) *API {
	x.account.TB().Helper()
	in := awsapigateway.CreateRestApiInput{}
	if len(settings) > 0 {
		in = settings[0]
	}
	in.Name = &name
	made := do[awsapigateway.CreateRestApiOutput](x, "the API "+name, &in)
	return &API{x, *made.Id, *made.RootResourceId, map[string]string{"/": *made.RootResourceId}}
}

// Proxy makes an API all of whose requests a Lambda function answers, and deploys it.
func (x *APIs) Proxy(name, function string) *API {
	x.account.TB().Helper()
	api := x.New(name)
	api.Lambda("ANY", "/", function)
	api.Lambda("ANY", "/{proxy+}", function)
	return api.Deploy()
}

// ID is the id of the API.
func (p *API) ID() string { return p.id }

// ARN is the ARN by which policies know requests to the API: with a method and a path of the stage
// to which [API.Deploy] deploys. Both may be "*".
func (p *API) ARN(method, path string) string {
	return "arn:aws:execute-api:" + p.apis.region + ":" + p.apis.account.ID() + ":" + p.id + "/" + Stage + "/" + method + "/" + strings.TrimPrefix(path, "/")
}

// FunctionURI is the URI by which an integration or an authorizer invokes a Lambda function.
func FunctionURI(function string) string {
	region := strings.SplitN(function, ":", 5)
	const at = 3
	return "arn:aws:apigateway:" + region[at] + ":lambda:path/2015-03-31/functions/" + function + "/invocations"
}

// resource makes the resource of a path with those above it.
func (p *API) resource(path string) string {
	if id := p.by[path]; id != "" {
		return id
	}
	parent, part := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	made := do[awsapigateway.CreateResourceOutput](p.apis, "the resource "+path, &awsapigateway.CreateResourceInput{
		RestApiId: &p.id, ParentId: aws.String(p.resource(cmp.Or(parent, "/"))), PathPart: &part,
	})
	p.by[path] = *made.Id
	return *made.Id
}

// Method adds a method with its integration: the members that name the API, the resource and the
// method are filled in. A method without AuthorizationType has NONE.
func (p *API) Method(method, path string, m awsapigateway.PutMethodInput, i awsapigateway.PutIntegrationInput, responses ...awsapigateway.PutIntegrationResponseInput) *API {
	p.apis.account.TB().Helper()
	id := p.resource(path)
	m.RestApiId, m.ResourceId, m.HttpMethod = &p.id, &id, &method
	if m.AuthorizationType == nil {
		m.AuthorizationType = aws.String("NONE")
	}
	do[awsapigateway.PutMethodOutput](p.apis, method+" "+path, &m)
	i.RestApiId, i.ResourceId, i.HttpMethod = &p.id, &id, &method
	do[awsapigateway.PutIntegrationOutput](p.apis, "the integration of "+method+" "+path, &i)
	for _, r := range responses {
		r.RestApiId, r.ResourceId, r.HttpMethod = &p.id, &id, &method
		declared := map[string]bool{}
		for name := range r.ResponseParameters {
			declared[name] = true
		}
		do[awsapigateway.PutMethodResponseOutput](p.apis, "the response of "+method+" "+path, &awsapigateway.PutMethodResponseInput{
			RestApiId: &p.id, ResourceId: &id, HttpMethod: &method, StatusCode: r.StatusCode, ResponseParameters: declared,
		})
		do[awsapigateway.PutIntegrationResponseOutput](p.apis, "the integration response of "+method+" "+path, &r)
	}
	return p
}

// Lambda adds a method that a Lambda function answers.
func (p *API) Lambda(method, path, function string) *API {
	p.apis.account.TB().Helper()
	return p.Method(method, path, awsapigateway.PutMethodInput{}, LambdaProxy(function))
}

// LambdaProxy is the integration with a Lambda function that answers requests as they come.
func LambdaProxy(function string) awsapigateway.PutIntegrationInput {
	return awsapigateway.PutIntegrationInput{Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(FunctionURI(function))}
}

// Authorizer adds an authorizer, and returns its id.
func (p *API) Authorizer(in awsapigateway.CreateAuthorizerInput) string {
	p.apis.account.TB().Helper()
	in.RestApiId = &p.id
	return *do[awsapigateway.CreateAuthorizerOutput](p.apis, "the authorizer "+aws.ToString(in.Name), &in).Id
}

// Deploy deploys the API as it is to the stage [Stage].
func (p *API) Deploy() *API {
	p.apis.account.TB().Helper()
	do[awsapigateway.CreateDeploymentOutput](p.apis, "the deployment", &awsapigateway.CreateDeploymentInput{RestApiId: &p.id, StageName: aws.String(Stage)})
	return p
}

// URL is that of a path of the API. [awstest.Account.HTTPClient] makes clients that reach it.
func (p *API) URL(path string) string {
	return "https://" + p.id + ".execute-api." + p.apis.region + ".amazonaws.com/" + Stage + "/" + strings.TrimPrefix(path, "/")
}

// A Response is an answer of an API.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Call sends a request, signed by a principal unless it is nil, and through its VPC endpoint. A header is "Name: value".
func (p *API) Call(by *awstest.Principal, method, path, body string, header ...string) *Response {
	t := p.apis.account.TB()
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.URL(path), strings.NewReader(body))
	if err != nil {
		t.Fatalf("apigatewaytest: %v", err)
		return nil
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(name, strings.TrimSpace(value))
	}
	client := p.apis.account.HTTPClient()
	if by != nil {
		client = by.HTTPClient()
		sum := sha256.Sum256([]byte(body))
		if err := v4.NewSigner().SignHTTP(t.Context(), by.Credentials(), r, hex.EncodeToString(sum[:]), "execute-api", p.apis.region, p.apis.account.Now()); err != nil {
			t.Fatalf("apigatewaytest: %v", err)
			return nil
		}
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("apigatewaytest: %s %s: %v", method, path, err)
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("apigatewaytest: %s %s: %v", method, path, err)
	}
	return &Response{resp.StatusCode, resp.Header, string(text)}
}
