package awstest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/golang-jwt/jwt/v5"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An OIDCProvider is an OpenID Connect identity provider that an account trusts.
// It gives out real, signed tokens, for sts:AssumeRoleWithWebIdentity to verify:
//
//	github := acct.GitHubActions()
//	role := acct.Role("deploy", awstest.Trust(
//		awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
//			If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
//			If("StringLike", "token.actions.githubusercontent.com:sub", "repo:my-org/my-repo:*")))
//	_, err := github.AssumeRole(role, awstest.GitHubJob{Repository: "my-org/fork"})
//	awstest.AssertDenied(t, err, "sts:AssumeRoleWithWebIdentity")
type OIDCProvider struct {
	account  *Account
	url, arn string
	audience string
	kid      string
	method   jwt.SigningMethod
	key      crypto.Signer
}

// An OIDCOption changes what [Account.OIDCProvider] makes.
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

// OIDCProvider makes an OpenID Connect provider: the issuer at a URL, which the
// World can reach, and the account's IAM provider that trusts it. The issuer has
// keys of its own; to make one of the same URL again rotates them.
func (a *Account) OIDCProvider(url string, opts ...OIDCOption) *OIDCProvider {
	a.t.Helper()
	o := oidcOptions{clientIDs: []string{"sts.amazonaws.com"}}
	for _, opt := range opts {
		opt(&o)
	}
	p := &OIDCProvider{account: a, url: url, kid: a.world.IDs().Hex(16), method: jwt.SigningMethodES256}
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
		a.t.Fatalf("awstest: OIDC provider %s: %v", url, err)
		return nil
	}
	a.world.Issuers().Set(&fakeaws.Issuer{
		URL: url, Keys: map[string]crypto.PublicKey{p.kid: p.key.Public()}, Thumbprint: o.thumbprint,
	})
	if o.foreign {
		return p
	}
	in := &awsiam.CreateOpenIDConnectProviderInput{Url: &url, ClientIDList: o.clientIDs}
	if o.thumbprint != "" {
		in.ThumbprintList = []string{o.thumbprint}
	}
	out, err := a.iam().CreateOpenIDConnectProvider(a.background(), in)
	if err != nil {
		a.t.Fatalf("awstest: OIDC provider %s: %v", url, err)
		return nil
	}
	p.arn = *out.OpenIDConnectProviderArn
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
	t := p.account.t
	t.Helper()
	now := p.account.Now()
	claims := jwt.MapClaims{
		"iss": p.url, "aud": p.audience, "jti": p.account.world.IDs().UUID(),
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	}
	maps.Copy(claims, subject.Claims())
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token := jwt.NewWithClaims(p.method, claims)
	token.Header["kid"] = p.kid
	text, err := token.SignedString(p.key)
	if err != nil {
		t.Fatalf("awstest: token of %s: %v", p.url, err)
	}
	return text
}

// AssumeRole calls sts:AssumeRoleWithWebIdentity with a token of the subject, and
// returns the session. The error is AWS's.
func (p *OIDCProvider) AssumeRole(role *Principal, subject Subject) (*Principal, error) {
	p.account.t.Helper()
	token := p.Token(subject)
	return p.account.federated(role, func(ctx context.Context, client *awssts.Client) (*awssts.AssumeRoleOutput, error) {
		out, err := client.AssumeRoleWithWebIdentity(ctx, &awssts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(role.ARN()), RoleSessionName: sessionName(role), WebIdentityToken: &token,
		})
		if err != nil {
			return nil, err
		}
		return &awssts.AssumeRoleOutput{AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials}, nil
	})
}

// sessionName names a session as its role, as far as the shortest name allows.
func sessionName(role *Principal) *string {
	name := role.Name()
	if len(name) < 2 {
		name += "-session"
	}
	return &name
}

// federated makes a principal of the session that an unsigned call of STS gives.
func (a *Account) federated(role *Principal, call func(context.Context, *awssts.Client) (*awssts.AssumeRoleOutput, error)) (*Principal, error) {
	a.t.Helper()
	out, err := call(a.t.Context(), awssts.NewFromConfig(a.Anonymous().Config()))
	if err != nil {
		return nil, err
	}
	return a.session(role, *out.AssumedRoleUser.Arn, out.Credentials), nil
}

// github is where GitHub's tokens come from.
const github = "https://token.actions.githubusercontent.com"

// GitHubActions makes the provider of GitHub Actions, for the audience
// "sts.amazonaws.com".
func (a *Account) GitHubActions(opts ...OIDCOption) *OIDCProvider {
	a.t.Helper()
	return a.OIDCProvider(github, opts...)
}

// A GitHubJob is a job of a GitHub Actions workflow, as its token tells of it:
// GitHub's page "OpenID Connect reference".
type GitHubJob struct {
	// Repository is "owner/name".
	Repository string
	// Ref is what the workflow runs for; empty is "refs/heads/main". That of a
	// pull request is "refs/pull/1/merge".
	Ref string
	// Environment is the deployment environment of the job, if it has one.
	Environment string
	// Event started the workflow; empty is "push", "pull_request" is a pull request.
	Event string
	// Actor started the workflow; empty is the repository's owner.
	Actor string
	// Workflow is the file of the workflow; empty is "ci.yml".
	Workflow string
	// More are further claims, which replace those above.
	More Claims
}

// Claims implements [Subject].
func (j GitHubJob) Claims() Claims {
	ref, event, workflow := orElse(j.Ref, "refs/heads/main"), orElse(j.Event, "push"), orElse(j.Workflow, "ci.yml")
	owner, _, _ := strings.Cut(j.Repository, "/")
	sub := "repo:" + j.Repository
	switch {
	case j.Environment != "":
		sub += ":environment:" + j.Environment
	case event == "pull_request":
		sub += ":pull_request"
	default:
		sub += ":ref:" + ref
	}
	claims := Claims{
		"sub": sub, "repository": j.Repository, "repository_owner": owner,
		"repository_id": number(j.Repository), "repository_owner_id": number(owner),
		"actor": orElse(j.Actor, owner), "actor_id": number(orElse(j.Actor, owner)),
		"ref": ref, "event_name": event, "workflow": workflow,
		"job_workflow_ref":   j.Repository + "/.github/workflows/" + workflow + "@" + ref,
		"runner_environment": "github-hosted",
	}
	if j.Environment != "" {
		claims["environment"] = j.Environment
	}
	maps.Copy(claims, j.More)
	return claims
}

// EKSCluster makes the provider of an EKS cluster in the account's region: the
// one whose tokens the pods of the cluster find in their files.
func (a *Account) EKSCluster(opts ...OIDCOption) *OIDCProvider {
	a.t.Helper()
	url := fmt.Sprintf("https://oidc.eks.%s.amazonaws.com/id/%s", a.options.region, a.world.IDs().HexUpper(32))
	return a.OIDCProvider(url, opts...)
}

// A ServiceAccount is that of a pod of an EKS cluster.
type ServiceAccount struct {
	// Namespace and Name are those of the service account; the namespace of an
	// empty one is "default".
	Namespace, Name string
	// Pod is the name of the pod; empty is that of the service account.
	Pod string
}

// Claims implements [Subject].
func (s ServiceAccount) Claims() Claims {
	namespace := orElse(s.Namespace, "default")
	return Claims{
		"sub": "system:serviceaccount:" + namespace + ":" + s.Name,
		"aud": []string{"sts.amazonaws.com"},
		"kubernetes.io": map[string]any{
			"namespace":      namespace,
			"serviceaccount": map[string]any{"name": s.Name},
			"pod":            map[string]any{"name": orElse(s.Pod, s.Name)},
		},
	}
}

// cognito is the provider of Cognito identity pools. It is built into AWS.
const cognito = "cognito-identity.amazonaws.com"

// CognitoIdentities makes the provider of Cognito identity pools. It is built
// into AWS: IAM has none, and the audience, which is the id of an identity pool,
// only a role's trust policy limits. Its tokens are for [CognitoIdentity].
func (a *Account) CognitoIdentities() *OIDCProvider {
	a.t.Helper()
	p := a.OIDCProvider("https://"+cognito, NotInIAM(), ClientIDs())
	p.arn = cognito
	return p
}

// A CognitoIdentity is an identity of a Cognito identity pool.
type CognitoIdentity struct {
	// Pool is the id of the identity pool: "us-east-1:12345678-…".
	Pool string
	// ID is the id of the identity; empty is one that follows from the pool.
	ID string
	// Guest is an identity that has not authenticated.
	Guest bool
}

// Claims implements [Subject].
func (c CognitoIdentity) Claims() Claims {
	methods := []string{"authenticated"}
	if c.Guest {
		methods = []string{"unauthenticated"}
	}
	return Claims{"aud": c.Pool, "sub": orElse(c.ID, c.Pool+"-identity"), "amr": methods}
}

// number is an id that follows from a name, as GitHub's do not; it is as good.
func number(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return strconv.FormatUint(uint64(h.Sum32()), 10)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
