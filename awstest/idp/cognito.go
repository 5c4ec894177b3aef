package idp

import (
	"cmp"

	"github.com/leastpriv/leastpriv/awstest"
)

// cognito is the provider of Cognito identity pools. It is built into AWS.
const cognito = "cognito-identity.amazonaws.com"

// Cognito makes the provider of Cognito identity pools. It is built
// into AWS: IAM has none, and the audience, which is the id of an identity pool,
// only a role's trust policy limits. Its tokens are for [CognitoIdentity].
func Cognito(a *awstest.Account) *OIDCProvider {
	a.TB().Helper()
	p := OIDC(a, "https://"+cognito, NotInIAM(), ClientIDs())
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
	return Claims{"aud": c.Pool, "sub": cmp.Or(c.ID, c.Pool+"-identity"), "amr": methods}
}
