package idp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/golang-jwt/jwt/v5"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An OIDCProvider is an OpenID Connect identity provider that an account trusts.
// It gives out real, signed tokens, for sts:AssumeRoleWithWebIdentity to verify:
//
//	github := idp.GitHub(acct)
//	role := acct.NewRole("deploy", awstest.Trust(
//		awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
//			If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
//			If("StringLike", "token.actions.githubusercontent.com:sub", "repo:my-org@1001/my-repo@2002:*")))
//	_, err := github.AssumeRole(role, idp.GitHubJob{Repository: "my-org/fork"})
//	awstest.AssertDenied(t, err, "sts:AssumeRoleWithWebIdentity")
type OIDCProvider struct {
	account  *awstest.Account
	url, arn string
	audience string
	kid      string
	method   jwt.SigningMethod
	key      crypto.Signer
}

// An OIDCOption changes what [OIDC] makes.
type OIDCOption func(*oidcOptions)

type oidcOptions struct {
	clientIDs  []string
	rs256      bool
	thumbprint string
	foreign    bool
}

// ClientIDs are the audiences that the account's provider takes. Tokens are for
// the first of them, unless their claims say otherwise.
func ClientIDs(ids ...string) OIDCOption { return func(o *oidcOptions) { o.clientIDs = ids } }

// RS256 makes the provider sign with an RSA key. The default, ES256, is as good
// for AWS, and its keys take no time to make.
func RS256() OIDCOption { return func(o *oidcOptions) { o.rs256 = true } }

// PrivateCA gives the provider's server a certificate of a private authority with
// that thumbprint: 40 hexadecimal digits. AWS then wants to find it in the
// provider's thumbprint list.
func PrivateCA(thumbprint string) OIDCOption {
	return func(o *oidcOptions) { o.thumbprint = thumbprint }
}

// NotInIAM makes an issuer that exists, but that the account does not trust.
func NotInIAM() OIDCOption { return func(o *oidcOptions) { o.foreign = true } }

// OIDC makes an OpenID Connect provider: the issuer at a URL, which the
// World can reach, and the account's IAM provider that trusts it. The issuer has
// keys of its own; to make one of the same URL again rotates them.
func OIDC(a *awstest.Account, url string, opts ...OIDCOption) *OIDCProvider {
	a.TB().Helper()
	o := oidcOptions{clientIDs: []string{"sts.amazonaws.com"}}
	for _, opt := range opts {
		opt(&o)
	}
	p := &OIDCProvider{account: a, url: url, kid: a.World().IDs().Hex(16), method: jwt.SigningMethodES256}
	if len(o.clientIDs) > 0 {
		p.audience = o.clientIDs[0]
	}
	var err error
	if o.rs256 {
		p.method = jwt.SigningMethodRS256
		p.key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		a.TB().Fatalf("idp: OIDC provider %s: %v", url, err)
		return nil
	}
	a.World().Issuers().Set(&fakeaws.Issuer{
		URL: url, Keys: map[string]crypto.PublicKey{p.kid: p.key.Public()}, Thumbprint: o.thumbprint,
	})
	if o.foreign {
		return p
	}
	in := &awsiam.CreateOpenIDConnectProviderInput{Url: &url, ClientIDList: o.clientIDs}
	if o.thumbprint != "" {
		in.ThumbprintList = []string{o.thumbprint}
	}
	p.arn = *awstest.Do[awsiam.CreateOpenIDConnectProviderOutput](a, in).OpenIDConnectProviderArn
	return p
}

// ARN returns the name under which trust policies know the provider: its ARN in
// IAM, or the domain of one that is built into AWS. Empty is one that the account
// does not trust.
func (p *OIDCProvider) ARN() string { return p.arn }

// URL returns the issuer's URL, which tokens have as their claim "iss".
func (p *OIDCProvider) URL() string { return p.url }

// Claims are the claims of a token.
type Claims map[string]any

// Claims implements [Subject].
func (c Claims) Claims() Claims { return c }

// A Subject is for whom a token is: [Claims], or one of the shapes that
// well-known providers give their tokens, like [GitHubJob].
type Subject interface{ Claims() Claims }

// tokenLife is how long a token is good unless its claims say otherwise.
const tokenLife = time.Hour

// Token returns a signed token. What its claims do not say is filled in: iss, aud,
// iat, exp, an hour from now by the World's clock, and jti. A claim that is nil
// is left out.
func (p *OIDCProvider) Token(subject Subject) string {
	t := p.account.TB()
	t.Helper()
	now := p.account.Now()
	claims := jwt.MapClaims{
		"iss": p.url, "aud": p.audience, "jti": p.account.World().IDs().UUID(),
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	}
	maps.Copy(claims, subject.Claims())
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token := jwt.NewWithClaims(p.method, claims)
	token.Header["kid"] = p.kid
	text, err := token.SignedString(p.key)
	if err != nil {
		t.Fatalf("idp: token of %s: %v", p.url, err)
	}
	return text
}

// AssumeRole calls sts:AssumeRoleWithWebIdentity with a token of the subject, and
// returns the session. The error is AWS's.
func (p *OIDCProvider) AssumeRole(role *awstest.Principal, subject Subject) (*awstest.Principal, error) {
	p.account.TB().Helper()
	token := p.Token(subject)
	return assume(p.account, func(ctx context.Context, client *awssts.Client) (*awssts.AssumeRoleOutput, error) {
		out, err := client.AssumeRoleWithWebIdentity(ctx, &awssts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(role.ARN()), RoleSessionName: sessionName(role), WebIdentityToken: &token,
		})
		if err != nil {
			return nil, err
		}
		return &awssts.AssumeRoleOutput{AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials}, nil
	})
}
