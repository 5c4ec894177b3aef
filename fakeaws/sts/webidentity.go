package sts

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/golang-jwt/jwt/v5"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// outboundDomain ends the issuers of GetWebIdentityToken.
const outboundDomain = ".tokens.sts.global.api.aws"

const actionWithWebIdentity = "sts:AssumeRoleWithWebIdentity"

// signingMethods are the algorithms of tokens that AWS takes: page "Create an
// OpenID Connect (OIDC) identity provider in IAM".
var signingMethods = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}

// maxTokenAge is how long after it was issued a token is taken, whatever its
// expiry. That it is a day is unverified.
const maxTokenAge = 24 * time.Hour

// builtInProviders are those that need no provider in IAM, and whose audience
// only a role's trust policy limits: page "OIDC federation".
var builtInProviders = []string{"accounts.google.com", "cognito-identity.amazonaws.com"}

// A webIdentity is what a token proves.
type webIdentity struct {
	provider          string // as trust policies name it
	issuer            string // the claim iss, or the provider of an access token (API page)
	audience, subject string
	facts             facts
	// role is the request as one of AssumeRole.
	role *sdk.AssumeRoleInput
}

func (s *Fake) webIdentityNeeds(ctx context.Context, in *sdk.AssumeRoleWithWebIdentityInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	id, err := s.webIdentity(call, in)
	if err != nil {
		return nil, err
	}
	call.Keep(id)
	call.Caller = &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.WebIdentity, Service: id.provider}}
	return s.roleNeeds(actionWithWebIdentity, id.role, requested(call.Caller, id.role), id.facts), nil
}

// AssumeRoleWithWebIdentity makes credentials for a session of a role, for whom
// a token of an OpenID Connect provider names.
func (s *Fake) AssumeRoleWithWebIdentity(ctx context.Context, in *sdk.AssumeRoleWithWebIdentityInput) (*sdk.AssumeRoleWithWebIdentityOutput, error) {
	call := fakeaws.CallFrom(ctx)
	id, verified := call.Kept().(*webIdentity)
	if !verified { // Go code calls
		var err error
		if id, err = s.webIdentity(call, in); err != nil {
			return nil, err
		}
	}
	role, ok := s.role(*in.RoleArn)
	if !ok {
		return nil, accessDenied("Not authorized to perform " + actionWithWebIdentity)
	}
	session := requested(noCaller, id.role)
	session.Keys = id.facts.lasting()
	out, err := s.openRole(call, id.role, &role, session)
	if err != nil {
		return nil, err
	}
	return &sdk.AssumeRoleWithWebIdentityOutput{
		AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials, PackedPolicySize: out.PackedPolicySize,
		SourceIdentity: out.SourceIdentity, SessionTokenSize: out.SessionTokenSize, SessionTokenUtilization: out.SessionTokenUtilization,
		Audience: aws.String(id.audience), Provider: aws.String(id.issuer), SubjectFromWebIdentityToken: aws.String(id.subject),
	}, nil
}

// noCaller is who calls an unsigned operation, as far as sessions inherit.
var noCaller = &fakeaws.Caller{}

// webIdentity verifies a token. The order of the checks is unverified.
func (s *Fake) webIdentity(call *fakeaws.Call, in *sdk.AssumeRoleWithWebIdentityInput) (*webIdentity, error) {
	if err := members.Check(in); err != nil {
		return nil, err
	}
	if err := checkRoleARN(*in.RoleArn); err != nil {
		return nil, err
	}
	if in.ProviderId != nil {
		return s.accessToken(in)
	}
	claims := jwt.MapClaims{}
	token, _, err := new(jwt.Parser).ParseUnverified(*in.WebIdentityToken, claims)
	if err != nil {
		return nil, invalidToken(notAToken)
	}
	issuer, _ := claims["iss"].(string)
	if issuer == "" {
		return nil, invalidToken(fmt.Sprintf(missingClaim, "iss"))
	}
	provider, err := s.oidcProvider(accountIn(*in.RoleArn), issuer)
	if err != nil {
		return nil, err
	}
	key, err := s.tokenKey(issuer, provider.Thumbprints, token)
	if err != nil {
		return nil, err
	}
	if claims, err = verifyToken(*in.WebIdentityToken, key, call.Time); err != nil {
		return nil, err
	}
	id := &webIdentity{provider: provider.ARN, issuer: issuer}
	if id.subject, _ = claims["sub"].(string); id.subject == "" {
		return nil, invalidToken(fmt.Sprintf(missingClaim, "sub"))
	}
	if id.audience, err = audience(claims, provider.ClientIDs); err != nil {
		return nil, err
	}
	authorized, err := roleAuthorized(claims, *in.RoleArn)
	if err != nil {
		return nil, err
	}
	id.facts = append(tokenFacts(provider, id, claims),
		fact{key: "sts:RoleAuthorizedByIdp", values: []string{strconv.FormatBool(authorized)}})
	id.role, err = roleInput(in, claims)
	return id, err
}

// oidcProvider finds the provider of an issuer among those that an account
// trusts.
func (s *Fake) oidcProvider(account, issuer string) (fakeaws.OIDCProvider, error) {
	url := strings.TrimSuffix(strings.TrimPrefix(issuer, "https://"), "/")
	if slices.Contains(builtInProviders, url) {
		return fakeaws.OIDCProvider{ARN: url, URL: url}, nil
	}
	provider, ok := s.world.Federation().OIDCProvider(fakeaws.ARN("iam", "", account, "oidc-provider/"+url))
	if !ok || strings.HasSuffix(url, outboundDomain) {
		// AWS's own tokens are for the outside: page "Getting started with outbound
		// identity federation".
		return provider, invalidToken("No OpenIDConnect provider found in your account for " + issuer)
	}
	return provider, nil
}

// tokenKey finds the key with which a token must be signed: the one that its
// header names, or else the issuer's only one.
func (s *Fake) tokenKey(url string, thumbprints []string, token *jwt.Token) (any, error) {
	issuer, ok := s.world.Issuers().Get(url)
	if !ok {
		return nil, invalidToken(noKey)
	}
	trusts := func(thumbprint string) bool { return strings.EqualFold(thumbprint, issuer.Thumbprint) }
	if issuer.Thumbprint != "" && !slices.ContainsFunc(thumbprints, trusts) {
		return nil, invalidToken("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")
	}
	kid, named := token.Header["kid"].(string)
	for id, key := range issuer.Keys {
		if named && id == kid || !named && len(issuer.Keys) == 1 {
			return key, nil
		}
	}
	return nil, invalidToken(noKey)
}

// verifyToken checks signature and times.
func verifyToken(text string, key any, now time.Time) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods(signingMethods), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	_, err := parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		switch key.(type) {
		case *rsa.PublicKey:
			if _, ok := t.Method.(*jwt.SigningMethodRSA); !ok {
				return nil, jwt.ErrInvalidKeyType
			}
		case *ecdsa.PublicKey:
			if _, ok := t.Method.(*jwt.SigningMethodECDSA); !ok {
				return nil, jwt.ErrInvalidKeyType
			}
		}
		return key, nil
	})
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, invalidToken(notAToken)
	case err != nil:
		return nil, invalidToken(badSignature)
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires == nil {
		return nil, invalidToken(fmt.Sprintf(missingClaim, "exp"))
	}
	issued, err := claims.GetIssuedAt()
	if err != nil || issued == nil {
		return nil, invalidToken(fmt.Sprintf(missingClaim, "iat"))
	}
	if !now.Before(expires.Time) {
		return nil, expiredToken(fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now.Unix(), expires.Unix()))
	}
	if age := now.Sub(issued.Time); age > maxTokenAge {
		return nil, expiredToken(fmt.Sprintf("Token too old: %d", int64(age/time.Second)))
	}
	return claims, nil
}

// audience returns for whom the token is: the authorized party, where it names
// one, or else the first audience that the provider knows. No client ids know
// everybody.
func audience(claims jwt.MapClaims, clientIDs []string) (string, error) {
	var candidates []string
	if party, ok := claims["azp"].(string); ok {
		candidates = []string{party}
	} else if listed, err := claims.GetAudience(); err == nil {
		candidates = listed
	}
	if len(candidates) == 0 {
		return "", invalidToken(fmt.Sprintf(missingClaim, "aud"))
	}
	for _, candidate := range candidates {
		if clientIDs == nil || slices.Contains(clientIDs, candidate) {
			return candidate, nil
		}
	}
	return "", invalidToken("Incorrect token audience")
}
