package awstest

import (
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// An IdentityCenter is an instance of IAM Identity Center, as far as STS knows it: it
// gives out the assertions with which sts:AssumeRole makes identity-enhanced sessions.
//
//	center := acct.IdentityCenter()
//	role := acct.Role("analyst", awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:SetContext").By(app.ARN())),
//		awstest.Allow("athena:GetQueryResults").If("StringEquals", "identitystore:UserId", "alice"))
//	session, err := center.AssumeRole(app, role, awstest.IdentityCenterUser{ID: "alice"})
type IdentityCenter struct {
	account         *Account
	instance, store string
}

// IdentityCenter makes an instance of IAM Identity Center.
func (a *Account) IdentityCenter() *IdentityCenter {
	ids := a.world.IDs()
	return &IdentityCenter{
		account:  a,
		instance: "arn:aws:sso:::instance/ssoins-" + ids.Hex(16),
		store:    "arn:aws:identitystore::" + a.ID() + ":identitystore/d-" + ids.Hex(10),
	}
}

// ARN returns the ARN of the instance, the key identitycenter:InstanceArn.
func (c *IdentityCenter) ARN() string { return c.instance }

// IdentityStoreARN returns the ARN of its users, the key identitystore:IdentityStoreArn.
func (c *IdentityCenter) IdentityStoreARN() string { return c.store }

// An IdentityCenterUser is who has signed in to an application.
type IdentityCenterUser struct {
	// ID is the key identitystore:UserId.
	ID string
	// Application is the ARN of the application, the key identitycenter:ApplicationArn;
	// empty is one of the instance.
	Application string
	// More are further keys of the assertion.
	More map[string]string
}

// Assertion returns the assertion of a user, the claim sts:identity_context of IAM
// Identity Center's tokens, for the parameter ProvidedContexts. It is good for an hour.
func (c *IdentityCenter) Assertion(user IdentityCenterUser) string {
	a := c.account
	a.t.Helper()
	keys := map[string]string{
		"identitystore:UserId":           user.ID,
		"identitystore:IdentityStoreArn": c.store,
		"identitycenter:InstanceArn":     c.instance,
		"identitycenter:ApplicationArn": orElse(user.Application,
			"arn:aws:sso::"+a.ID()+":application/"+c.instance[len("arn:aws:sso:::instance/"):]+"/apl-0123456789abcdef"),
		"identitycenter:CredentialId": a.world.IDs().UUID(),
	}
	maps.Copy(keys, user.More)
	assertion, err := sts.Of(a.world).SealContext(sts.TrustedContext{Keys: keys, Expires: a.Now().Add(time.Hour)})
	if err != nil {
		a.t.Fatalf("awstest: assertion of IAM Identity Center: %v", err)
	}
	return assertion
}

// AssumeRole calls sts:AssumeRole as the caller, with an assertion of the user, and
// returns the session. The error is AWS's.
func (c *IdentityCenter) AssumeRole(caller, role *Principal, user IdentityCenterUser) (*Principal, error) {
	a := c.account
	a.t.Helper()
	out, err := awssts.NewFromConfig(caller.Config()).AssumeRole(a.t.Context(), &awssts.AssumeRoleInput{
		RoleArn: aws.String(role.ARN()), RoleSessionName: sessionName(role),
		ProvidedContexts: []ststypes.ProvidedContext{{
			ProviderArn:      aws.String("arn:aws:iam::aws:contextProvider/IdentityCenter"),
			ContextAssertion: aws.String(c.Assertion(user)),
		}},
	})
	if err != nil {
		return nil, err
	}
	return a.session(role, *out.AssumedRoleUser.Arn, out.Credentials), nil
}
