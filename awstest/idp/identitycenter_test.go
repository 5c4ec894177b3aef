package idp_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const contextProvider = "arn:aws:iam::aws:contextProvider/IdentityCenter"

// The trust policy says who may bring a context, and which; the session has its keys,
// and the policy of AWS that comes with it.
func TestIdentityCenter(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		center := idp.IdentityCenter(acct)
		app := acct.NewUser("app")
		alice := idp.IdentityCenterUser{ID: "alice"}
		setContext := awstest.Allow("sts:SetContext").By(app.ARN()).
			If("ForAllValues:ArnEquals", "sts:RequestContextProviders", contextProvider).
			If("ArnEquals", "sts:RequestContext/identitycenter:InstanceArn", center.ARN()).
			If("ArnLike", "sts:RequestContext/identitystore:IdentityStoreArn", center.IdentityStoreARN())
		role := acct.NewRole("analyst",
			awstest.Trust(awstest.Statements(awstest.Allow("sts:AssumeRole").By(app.ARN()), setContext)),
			awstest.Allow("*"))

		session, err := center.AssumeRole(app, role, alice)
		require.NoError(t, err)
		out, err := sts.NewFromConfig(session.Config()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/analyst/analyst", *out.Arn)
		// The policy that comes with a context has no such action.
		_, err = s3.NewFromConfig(session.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		awstest.AssertDenied(t, err, "s3:ListAllMyBuckets")
		require.ErrorContains(t, err, "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSIAMIdentityCenterAllowListForIdentityContext")

		_, err = center.AssumeRole(app, acct.NewRole("untrusting", awstest.Trust(awstest.Allow("sts:AssumeRole").By(app.ARN()))), alice)
		awstest.AssertDenied(t, err, "sts:SetContext")
		other := idp.IdentityCenter(acct.NewAccount())
		_, err = other.AssumeRole(app, role, alice)
		awstest.AssertDenied(t, err, "sts:SetContext")
	})
}

// A session keeps the keys of its context. The request that makes it has them under
// sts:RequestContext only.
func TestIdentityCenterKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	center := idp.IdentityCenter(acct)
	app := acct.NewUser("app")
	role := acct.NewRole("analyst", awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:SetContext").By(app.ARN()).
		If("Null", "identitystore:UserId", "true").If("StringEquals", "sts:RequestContext/identitystore:UserId", "alice")))
	session, err := center.AssumeRole(app, role, idp.IdentityCenterUser{ID: "alice", Application: "arn:aws:sso::000000000000:application/a"})
	require.NoError(t, err)
	credential, ok := acct.World().Credential(session.Credentials().AccessKeyID)
	require.True(t, ok)
	kept := map[string][]string{}
	for key, values := range credential.Caller.Session.Keys.All() {
		kept[key] = values
	}
	delete(kept, "identitycenter:CredentialId")
	assert.Equal(t, map[string][]string{
		"identitystore:UserId": {"alice"}, "identitystore:IdentityStoreArn": {center.IdentityStoreARN()},
		"identitycenter:InstanceArn": {center.ARN()}, "identitycenter:ApplicationArn": {"arn:aws:sso::000000000000:application/a"},
	}, kept)
	_, err = center.AssumeRole(app, role, idp.IdentityCenterUser{ID: "bob"})
	awstest.AssertDenied(t, err, "sts:AssumeRole")
}

func TestContextAssertions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	center := idp.IdentityCenter(acct)
	user := acct.NewUser("app")
	role := acct.NewRole("r", awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:SetContext").By(user.ARN())))
	good := center.Assertion(idp.IdentityCenterUser{ID: "alice"})
	assume := func(contexts ...ststypes.ProvidedContext) error {
		_, err := sts.NewFromConfig(user.Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("session"), ProvidedContexts: contexts,
		})
		return err
	}
	provided := func(provider, assertion string) ststypes.ProvidedContext {
		return ststypes.ProvidedContext{ProviderArn: &provider, ContextAssertion: &assertion}
	}
	const invalid = "The trusted context assertion that was passed is expired or is not valid."
	require.NoError(t, assume(provided(contextProvider, good)))
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for name, tc := range map[string]struct {
		contexts      []ststypes.ProvidedContext
		code, message string
	}{
		"another provider": {[]ststypes.ProvidedContext{provided("arn:aws:iam::aws:contextProvider/Other", good)}, "ValidationError", "Invalid context provider ARN: arn:aws:iam::aws:contextProvider/Other"},
		"changed":          {[]ststypes.ProvidedContext{provided(contextProvider, string(flipped))}, "ExpiredTokenException", invalid},
		"no assertion":     {[]ststypes.ProvidedContext{provided(contextProvider, "assertion")}, "ExpiredTokenException", invalid},
		"not even base 64": {[]ststypes.ProvidedContext{provided(contextProvider, "****")}, "ExpiredTokenException", invalid},
		"two":              {[]ststypes.ProvidedContext{provided(contextProvider, good), provided(contextProvider, good)}, "ValidationError", "A role session can have only one trusted context."},
		"short": {[]ststypes.ProvidedContext{provided(contextProvider, "abc")}, "ValidationError",
			"1 validation error detected: Value 'abc' at 'providedContexts.1.member.contextAssertion' failed to satisfy constraint: Member must have length greater than or equal to 4"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, assume(tc.contexts...), tc.code, tc.message) })
	}
	acct.Advance(time.Hour + time.Second)
	requireCode(t, assume(provided(contextProvider, good)), "ExpiredTokenException", invalid)
}
