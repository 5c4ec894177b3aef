package sts

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

func (s *Fake) outboundOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getWebIdentityToken),
	}
}

const (
	defaultTokenLife = 5 * time.Minute // API page "GetWebIdentityToken"
	// maxTokenPayload bounds the claims of a token. The limit is unverified.
	maxTokenPayload = 16 << 10
	// awsClaims has what a token says beyond the standard claims: page
	// "Understanding token claims".
	awsClaims = "https://sts.amazonaws.com/"
)

// outboundAlgorithms are those with which STS signs.
var outboundAlgorithms = map[string]jwt.SigningMethod{"RS256": jwt.SigningMethodRS256, "ES384": jwt.SigningMethodES384}

// getWebIdentityToken makes a token that proves to the outside who the caller is.
// Its keys are those of the account's issuer, which the World's [fakeaws.Issuers]
// have. It needs sts:GetWebIdentityToken and, where there are tags,
// sts:TagGetWebIdentityToken.
func (s *Fake) getWebIdentityToken(call *fakeaws.Call, in *sdk.GetWebIdentityTokenInput) (*fakeaws.Plan[*sdk.GetWebIdentityTokenOutput], error) {
	if err := regionalOnly(call); err != nil {
		return nil, err
	}
	if err := admit(call, in, ofUsers|ofRoles); err != nil {
		return nil, err
	}
	if outboundAlgorithms[*in.SigningAlgorithm] == nil {
		return nil, constraint.Error("1 validation error detected: Value '" + *in.SigningAlgorithm +
			"' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]")
	}
	if err := checkTags(nil, &sdk.AssumeRoleInput{Tags: in.Tags}); err != nil {
		return nil, err
	}
	needs := ownAction(call)
	c := &needs[0].Context
	c.SetMulti("sts:IdentityTokenAudience", in.Audience)
	c.Set("sts:SigningAlgorithm", *in.SigningAlgorithm)
	c.Set("sts:DurationSeconds", strconv.Itoa(int(tokenLifeOf(in)/time.Second)))
	if len(in.Tags) > 0 {
		needs = append(needs, fakeaws.Need{Action: "sts:TagGetWebIdentityToken", Resource: "*", Name: "-"})
	}
	for i := range needs {
		setRequestTags(&needs[i].Context, in.Tags)
	}
	return &fakeaws.Plan[*sdk.GetWebIdentityTokenOutput]{Needs: needs, Do: func() (*sdk.GetWebIdentityTokenOutput, error) {
		return s.webIdentityToken(call, in)
	}}, nil
}

func tokenLifeOf(in *sdk.GetWebIdentityTokenInput) time.Duration {
	if in.DurationSeconds == nil {
		return defaultTokenLife
	}
	return time.Duration(*in.DurationSeconds) * time.Second
}

// webIdentityToken makes the token.
func (s *Fake) webIdentityToken(call *fakeaws.Call, in *sdk.GetWebIdentityTokenInput) (*sdk.GetWebIdentityTokenOutput, error) {
	issuer, enabled := s.world.Federation().OutboundIssuer(call.Account)
	if !enabled {
		return nil, &types.OutboundWebIdentityFederationDisabledException{Message: aws.String(outboundDisabled)}
	}
	now := call.Time.Truncate(time.Second)
	expires := now.Add(tokenLifeOf(in))
	if session := call.Caller.Session; session != nil && expires.After(session.Expires) {
		return nil, &types.SessionDurationEscalationException{Message: aws.String(tokenOutlivesSession)}
	}
	claims := s.outboundClaims(call, in)
	claims["iss"], claims["iat"], claims["exp"] = issuer, now.Unix(), expires.Unix()
	if payload, err := json.Marshal(claims); err != nil || len(payload) > maxTokenPayload {
		return nil, &types.JWTPayloadSizeExceededException{Message: aws.String(tokenTooLarge)}
	}
	key, err := s.outboundKey(call, issuer, *in.SigningAlgorithm)
	if err != nil {
		return nil, err
	}
	token := jwt.NewWithClaims(outboundAlgorithms[*in.SigningAlgorithm], claims)
	token.Header["kid"] = key.id
	text, err := token.SignedString(key.private)
	if err != nil {
		return nil, err
	}
	return &sdk.GetWebIdentityTokenOutput{WebIdentityToken: &text, Expiration: &expires}, nil
}

// outboundClaims says who the caller is.
func (s *Fake) outboundClaims(call *fakeaws.Call, in *sdk.GetWebIdentityTokenInput) jwt.MapClaims {
	subject := call.Caller.ARN
	if call.Caller.Type == enforce.AssumedRole {
		subject = call.Caller.IssuerARN // the role, with its path
	}
	about := map[string]any{"aws_account": call.Account, "source_region": call.Region}
	if m := s.world.Membership(call.Account); m != nil {
		about["org_id"], about["ou_path"] = m.ID, []string{m.Path}
	}
	tags := make(map[string]string)
	var set enforce.PolicySet
	if call.Caller.EntityID != "" {
		s.world.Directory().Policies(call.Caller, &set, func(key, value string) { tags[key] = value })
	}
	if session := call.Caller.Session; session != nil {
		about["original_session_exp"] = session.Expires.UTC().Format(time.RFC3339)
		if session.SourceIdentity != "" {
			about["source_identity"] = session.SourceIdentity
		}
		for _, t := range session.Tags {
			tags[t.Key] = t.Value
		}
	}
	if len(tags) > 0 {
		about["principal_tags"] = tags
	}
	if len(in.Tags) > 0 {
		requested := make(map[string]string, len(in.Tags))
		for _, t := range in.Tags {
			requested[*t.Key] = *t.Value
		}
		about["request_tags"] = requested
	}
	claims := jwt.MapClaims{"sub": subject, "jti": s.world.IDs().UUID(), "aud": slices.Clone(in.Audience), awsClaims: about}
	if len(in.Audience) == 1 {
		claims["aud"] = in.Audience[0]
	}
	return claims
}
