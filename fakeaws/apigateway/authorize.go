package apigateway

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"
	"github.com/golang-jwt/jwt/v5"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A grant is what a Lambda authorizer has answered. It never changes.
type grant struct {
	principal string
	// policy is the policy that it returned, as one of the API that speaks of everybody; denies
	// has its Deny statements beside one that allows all, nil where it has none.
	policy, denies *enforce.Policy
	context        map[string]any
	usageKey       string
	expires        time.Time
}

// A grantKey says for which requests an answer of an authorizer may be used again: those with the
// same identity, to any method of the stage.
type grantKey struct{ api, stage, authorizer, identity string }

// everybody is the policy of an API without authorization: nobody is asked anything.
var everybody = mustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}}`)

func mustParse(document string) *enforce.Policy {
	p, err := enforce.Parse(document, enforce.ResourcePolicy, enforce.Source{Name: "no authorization", Implied: true})
	if err != nil {
		panic(err) // it is fixed
	}
	return p
}

// permissions are what a request needs ("How API Gateway resource policies affect authorization
// workflow" of the developer guide). Without authorization, and with a user pool, the resource
// policy must allow it if there is one. With IAM the two count as anywhere. With a Lambda
// authorizer either may allow it, and neither may deny it.
//
// Whether the slash at the end of a path belongs to the ARN is unverified: the request must be
// allowed with it and without.
func (s *Fake) permissions(v *invocation) []fakeaws.Need {
	needs := s.permissionsOn(v, v.arn())
	if trimmed := strings.TrimRight(v.arn(), "/"); trimmed != v.arn() && strings.TrimRight(v.path, "/") != "" {
		needs = append(needs, s.permissionsOn(v, trimmed)...)
	}
	return needs
}

func (s *Fake) permissionsOn(v *invocation, arn string) []fakeaws.Need {
	policy := v.design.policy.Policy()
	need := fakeaws.Need{Action: "execute-api:Invoke", Resource: arn, ResourceAccount: v.at.account, Policy: policy, Name: masked(arn)}
	kind := aws.ToString(v.method.AuthorizationType)
	if policy == nil {
		need.Policy = noPolicy
		if kind == authNone || kind == authCognito {
			need.Policy = everybody
		}
	}
	if kind != authCustom {
		return []fakeaws.Need{need}
	}
	if v.authorized == nil { // the authorizer was not asked: nothing allows the request
		nothing := need
		nothing.Policy = noPolicy
		return []fakeaws.Need{need, nothing}
	}
	need.Alternatives = []fakeaws.Alternative{{Resource: v.authorized.policy}}
	if v.authorized.denies == nil {
		return []fakeaws.Need{need}
	}
	first := need
	first.Policy, first.Alternatives = v.authorized.denies, nil
	return []fakeaws.Need{first, need}
}

// masked is an ARN as messages have it: with the last digits of the account alone.
func masked(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	const account, shown = 4, 4
	if len(parts) <= account || len(parts[account]) < shown {
		return arn
	}
	parts[account] = "********" + parts[account][len(parts[account])-shown:]
	return strings.Join(parts, ":")
}

// denied is the answer to who may not invoke.
func (v *invocation) denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	message := d.Message(need.Style("execute-api"))
	if call.Anonymous() {
		message = "User: anonymous is not authorized to perform: " + need.Action + " on resource: " + need.Name + textNotAllowed
		if d.Verdict == enforce.ExplicitDeny {
			message = strings.TrimSuffix(message, textNotAllowed) + textExplicitly
		}
	}
	if kind := aws.ToString(v.method.AuthorizationType); kind == authCustom || kind == authCognito {
		message = "User is not authorized to access this resource"
		if d.Verdict == enforce.ExplicitDeny {
			message += " with an explicit deny"
		}
	}
	e := gatewayError(types.GatewayResponseTypeAccessDenied, message)
	e.member = "Message"
	return e
}

// How messages to callers without credentials end; unverified.
const (
	textNotAllowed = " because no resource-based policy allows the execute-api:Invoke action"
	textExplicitly = " with an explicit deny in a resource-based policy"
)

func unauthorized() error {
	return gatewayError(types.GatewayResponseTypeUnauthorized, textUnauthorized)
}

// authorizerBroken is the answer where an authorizer cannot be asked or answers nonsense.
func (v *invocation) authorizerBroken(why string) error {
	v.call.Help(why)
	e := gatewayError(types.GatewayResponseTypeAuthorizerConfigurationError, "null")
	e.noText = true
	return e
}

// authorizer asks the authorizer of the method, if it has one.
func (s *Fake) authorizer(v *invocation) error {
	kind := aws.ToString(v.method.AuthorizationType)
	if kind != authCustom && kind != authCognito {
		return nil
	}
	x := v.design.authorizers.get(aws.ToString(v.method.AuthorizerId))
	if x == nil {
		return v.authorizerBroken("the method has no authorizer")
	}
	if kind == authCognito {
		return s.userPool(v, x)
	}
	if s.deniedBefore(v) {
		return nil // the decision says so
	}
	return s.lambdaAuthorizer(v, x)
}

// deniedBefore reports whether the resource policy denies a request explicitly: then the Lambda
// authorizer is not called.
func (s *Fake) deniedBefore(v *invocation) bool {
	if v.design.policy == nil {
		return false
	}
	q := &fakeaws.Question{Action: "execute-api:Invoke", Resource: v.arn(), Region: v.at.region, Via: v.call.ViaEndpoint()}
	if v.call.ViaEndpoint() == nil { // an endpoint has an address in its VPC
		q.Keys.Set("aws:SourceIp", v.call.SourceIP)
	}
	if v.call.UserAgent != "" {
		q.Keys.Set("aws:UserAgent", v.call.UserAgent)
	}
	if v.call.Referer != "" {
		q.Keys.Set("aws:Referer", v.call.Referer)
	}
	answer, err := s.world.Ask(v.call, q)
	return err == nil && answer.Verdict == enforce.ExplicitDeny
}

// lambdaAuthorizer has a Lambda function say what the caller may do, or uses what it has said.
func (s *Fake) lambdaAuthorizer(v *invocation, x *types.Authorizer) error {
	identity, ok := s.identity(v, x)
	if !ok {
		return unauthorized()
	}
	if p := aws.ToString(x.IdentityValidationExpression); p != "" && x.Type == types.AuthorizerTypeToken {
		if pattern, err := validation(p); err != nil || !pattern.MatchString(identity) {
			return unauthorized()
		}
	}
	ttl := time.Duration(defaultTTL) * time.Second
	if x.AuthorizerResultTtlInSeconds != nil {
		ttl = time.Duration(*x.AuthorizerResultTtlInSeconds) * time.Second
	}
	key := grantKey{v.api, aws.ToString(v.stage.StageName), *x.Id, identity}
	if ttl > 0 {
		s.mu.Lock()
		known := s.granted[key]
		s.mu.Unlock()
		if known != nil && v.call.Time.Before(known.expires) {
			v.authorized = known
			return nil
		}
	}
	g, err := s.askAuthorizer(v, x, identity)
	if err != nil {
		return err
	}
	v.authorized = g
	if ttl <= 0 {
		return nil
	}
	g.expires = v.call.Time.Add(ttl)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.granted) >= maxGranted {
		for k, old := range s.granted {
			if !v.call.Time.Before(old.expires) {
				delete(s.granted, k)
			}
		}
	}
	if len(s.granted) < maxGranted {
		s.granted[key] = g
	}
	return nil
}

// maxGranted bounds the answers of authorizers that are kept.
const maxGranted = 10_000

// identity is what the identity sources of an authorizer are in a request; false where one is not
// there.
func (s *Fake) identity(v *invocation, x *types.Authorizer) (string, bool) {
	var all []string
	for _, source := range identitySources(aws.ToString(x.IdentitySource)) {
		value, ok := v.value(s, source, nil)
		if !ok || value == "" {
			return "", false
		}
		all = append(all, value)
	}
	if x.Type == types.AuthorizerTypeToken {
		return strings.Join(all, ""), len(all) == 1
	}
	text, _ := json.Marshal(all) // texts are always written
	return string(text), true
}

// askAuthorizer calls the function of an authorizer.
func (s *Fake) askAuthorizer(v *invocation, x *types.Authorizer, identity string) (*grant, error) {
	function, ok := functionOf(v.withVariables(aws.ToString(x.AuthorizerUri)))
	if !ok {
		return nil, v.authorizerBroken("the URI of the authorizer names no function")
	}
	event := map[string]any{"type": string(x.Type), "methodArn": v.arn()}
	if x.Type == types.AuthorizerTypeToken {
		event["authorizationToken"] = identity
	} else {
		for key, value := range v.event(s) {
			if key != "body" && key != "isBase64Encoded" {
				event[key] = value
			}
		}
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	source := fakeaws.ARN("execute-api", v.at.region, v.at.account, v.api+"/authorizers/"+*x.Id)
	actor, err := s.actor(v, aws.ToString(x.AuthorizerCredentials), source)
	if err != nil {
		return nil, v.authorizerBroken(err.Error())
	}
	answer, err := s.world.Deliver(v.call, actor, &fakeaws.Delivery{Target: function, Body: payload, Answered: true})
	if err != nil {
		return nil, v.authorizerFailed(err)
	}
	g, err := readGrant(answer, aws.ToString(x.Name))
	if err != nil {
		return nil, v.authorizerBroken("the answer of the authorizer " + aws.ToString(x.Name) + ": " + err.Error())
	}
	return g, nil
}

// authorizerFailed is the answer where the function of an authorizer failed: by the error
// "Unauthorized" it says that the caller is not known.
func (v *invocation) authorizerFailed(err error) error {
	v.call.Help(err.Error())
	var api smithy.APIError
	if errors.As(err, &api) {
		return v.authorizerBroken(err.Error())
	}
	if message, _ := functionError(err)["errorMessage"].(string); message == textUnauthorized {
		return unauthorized()
	}
	e := gatewayError(types.GatewayResponseTypeAuthorizerFailure, "null")
	e.noText = true
	return e
}

// functionError is the document of the error of a function.
func functionError(err error) map[string]any {
	var document map[string]any
	if json.Unmarshal([]byte(err.Error()), &document) != nil || document["errorMessage"] == nil {
		document = map[string]any{"errorMessage": err.Error()}
	}
	return document
}

// issuerOf is the issuer of the tokens of a Cognito user pool, by the ARN of the pool.
func issuerOf(arn string) (string, bool) {
	parsed, err := awsarn.Parse(arn)
	if err != nil || parsed.Service != "cognito-idp" {
		return "", false
	}
	pool, ok := strings.CutPrefix(parsed.Resource, "userpool/")
	return "https://cognito-idp." + parsed.Region + ".amazonaws.com/" + pool, ok && pool != ""
}

// textExpired is the answer to a token of a user pool that has expired.
const textExpired = "The incoming token has expired"

// userPool verifies the token of a Cognito user pool, which an issuer of the World has signed. A
// method with scopes takes access tokens that have one of them, others take ID tokens.
func (s *Fake) userPool(v *invocation, x *types.Authorizer) error {
	token, ok := v.value(s, aws.ToString(x.IdentitySource), nil)
	if !ok || token == "" {
		return unauthorized()
	}
	if p := aws.ToString(x.IdentityValidationExpression); p != "" {
		if pattern, err := validation(p); err != nil || !pattern.MatchString(token) {
			return unauthorized()
		}
	}
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = rest
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256", "ES256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return s.poolKey(t, x.ProviderARNs) }); err != nil {
		v.call.Help("the token of the user pool: " + err.Error())
		return unauthorized()
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires == nil {
		return unauthorized()
	}
	if !v.call.Time.Before(expires.Time) {
		return gatewayError(types.GatewayResponseTypeUnauthorized, textExpired)
	}
	use, _ := claims["token_use"].(string)
	if len(v.method.AuthorizationScopes) == 0 {
		if use != "id" {
			v.call.Help("a method without scopes takes ID tokens: the claim token_use is " + use)
			return unauthorized()
		}
	} else {
		scope, _ := claims["scope"].(string)
		has := strings.Fields(scope)
		if use != "access" || !slices.ContainsFunc(v.method.AuthorizationScopes, func(want string) bool { return slices.Contains(has, want) }) {
			v.call.Help("a method with scopes takes access tokens that have one of them")
			return unauthorized()
		}
	}
	v.claims = claims
	return nil
}

// poolKey is the key with which a token of one of the user pools must be signed.
func (s *Fake) poolKey(t *jwt.Token, pools []string) (any, error) {
	issuer, err := t.Claims.GetIssuer()
	if err != nil {
		return nil, err
	}
	known := slices.ContainsFunc(pools, func(arn string) bool { url, ok := issuerOf(arn); return ok && url == issuer })
	if !known {
		return nil, errors.New("it is of none of the authorizer's user pools")
	}
	published, ok := s.world.Issuers().Get(issuer)
	if !ok {
		return nil, errors.New("the World has no issuer " + issuer)
	}
	id, _ := t.Header["kid"].(string)
	key, ok := published.Keys[id]
	if !ok {
		return nil, errors.New("its issuer has no key " + id)
	}
	switch key.(type) {
	case *rsa.PublicKey:
		if _, ok := t.Method.(*jwt.SigningMethodRSA); ok {
			return key, nil
		}
	case *ecdsa.PublicKey:
		if _, ok := t.Method.(*jwt.SigningMethodECDSA); ok {
			return key, nil
		}
	}
	return nil, jwt.ErrInvalidKeyType
}
