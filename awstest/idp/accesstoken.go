package idp

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An AccessTokenProvider is Login with Amazon or Facebook: its access tokens say
// nothing themselves, and STS asks the provider whose they are.
type AccessTokenProvider struct {
	account *awstest.Account
	id      string

	mu     sync.Mutex
	tokens map[string]AccessToken
}

// An AccessToken is for which application and user an access token is.
type AccessToken struct{ App, User string }

// AccessTokens makes "www.amazon.com" or "graph.facebook.com" reachable. Both
// are built into AWS: trust policies name them so, and IAM has no provider for them.
func AccessTokens(a *awstest.Account, id string) *AccessTokenProvider {
	p := &AccessTokenProvider{account: a, id: id, tokens: make(map[string]AccessToken)}
	a.World().Issuers().Set(&fakeaws.Issuer{URL: id, Identify: p.identify})
	return p
}

func (p *AccessTokenProvider) identify(token string) (app, user string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tokens[token]
	return t.App, t.User, ok
}

// ARN returns the name under which trust policies know the provider.
func (p *AccessTokenProvider) ARN() string { return p.id }

// Token returns an access token.
func (p *AccessTokenProvider) Token(of AccessToken) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := p.account.World().IDs().Token(64)
	p.tokens[token] = of
	return token
}

// Revoke makes a token one that the provider rejects.
func (p *AccessTokenProvider) Revoke(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tokens, token)
}

// AssumeRole calls sts:AssumeRoleWithWebIdentity with an access token, and returns
// the session. The error is AWS's.
func (p *AccessTokenProvider) AssumeRole(role *awstest.Principal, token string) (*awstest.Principal, error) {
	p.account.TB().Helper()
	return assume(p.account, func(ctx context.Context, client *awssts.Client) (*awssts.AssumeRoleOutput, error) {
		out, err := client.AssumeRoleWithWebIdentity(ctx, &awssts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(role.ARN()), RoleSessionName: sessionName(role), WebIdentityToken: &token, ProviderId: &p.id,
		})
		if err != nil {
			return nil, err
		}
		return &awssts.AssumeRoleOutput{AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials}, nil
	})
}
