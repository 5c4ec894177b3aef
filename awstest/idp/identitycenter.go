package idp

import (
	"cmp"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// An IdentityCenterInstance is an instance of IAM Identity Center, as far as STS knows it: it
// gives out the assertions with which sts:AssumeRole makes identity-enhanced sessions.
//
//	center := idp.IdentityCenter(acct)
//	role := acct.NewRole("analyst", awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:SetContext").By(app.ARN())),
//		awstest.Allow("athena:GetQueryResults").If("StringEquals", "identitystore:UserId", "alice"))
//	session, err := center.AssumeRole(app, role, idp.IdentityCenterUser{ID: "alice"})
type IdentityCenterInstance struct {
	account         *awstest.Account
	instance, store string
}

// IdentityCenter makes an instance of IAM Identity Center.
func IdentityCenter(a *awstest.Account) *IdentityCenterInstance {
	ids := a.World().IDs()
	return &IdentityCenterInstance{
		account:  a,
		instance: "arn:aws:sso:::instance/ssoins-" + ids.Hex(16),
		store:    "arn:aws:identitystore::" + a.ID() + ":identitystore/d-" + ids.Hex(10),
	}
}

// ARN returns the ARN of the instance, the key identitycenter:InstanceArn.
func (c *IdentityCenterInstance) ARN() string { return c.instance }

// IdentityStoreARN returns the ARN of its users, the key identitystore:IdentityStoreArn.
func (c *IdentityCenterInstance) IdentityStoreARN() string { return c.store }

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
func (c *IdentityCenterInstance) Assertion(user IdentityCenterUser) string {
	a := c.account
	a.TB().Helper()
	keys := map[string]string{
		"identitystore:UserId":           user.ID,
		"identitystore:IdentityStoreArn": c.store,
		"identitycenter:InstanceArn":     c.instance,
		"identitycenter:ApplicationArn": cmp.Or(user.Application,
			"arn:aws:sso::"+a.ID()+":application/"+c.instance[len("arn:aws:sso:::instance/"):]+"/apl-0123456789abcdef"),
		"identitycenter:CredentialId": a.World().IDs().UUID(),
	}
	maps.Copy(keys, user.More)
	assertion, err := sts.Of(a.World()).SealContext(sts.TrustedContext{Keys: keys, Expires: a.Now().Add(time.Hour)})
	if err != nil {
		a.TB().Fatalf("idp: assertion of IAM Identity Center: %v", err)
	}
	return assertion
}

// AssumeRole calls sts:AssumeRole as the caller, with an assertion of the user, and
// returns the session. The error is AWS's.
func (c *IdentityCenterInstance) AssumeRole(caller, role *awstest.Principal, user IdentityCenterUser) (*awstest.Principal, error) {
	a := c.account
	a.TB().Helper()
	out, err := awssts.NewFromConfig(caller.Config()).AssumeRole(a.TB().Context(), &awssts.AssumeRoleInput{
		RoleArn: aws.String(role.ARN()), RoleSessionName: sessionName(role),
		ProvidedContexts: []ststypes.ProvidedContext{{
			ProviderArn:      aws.String("arn:aws:iam::aws:contextProvider/IdentityCenter"),
			ContextAssertion: aws.String(c.Assertion(user)),
		}},
	})
	if err != nil {
		return nil, err
	}
	return a.NewSession(out.AssumedRoleUser, out.Credentials), nil
}
