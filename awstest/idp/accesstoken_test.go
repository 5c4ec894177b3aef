package idp_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Providers of OAuth access tokens: the trust policy sees application and user, the
// session keeps them, and what the provider rejects STS does.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		for id, keys := range map[string][2]string{"www.amazon.com": {":app_id", ":user_id"}, "graph.facebook.com": {":app_id", ":id"}} {
			provider := idp.AccessTokens(acct, id)
			role := acct.NewRole("app-"+id,
				awstest.Trust(awstest.Allow(withWebIdentity).By(provider.ARN()).If("StringEquals", id+keys[0], "myapp")),
				awstest.Allow("s3:ListAllMyBuckets").If("StringEquals", id+keys[1], "alice"))
			token := provider.Token(idp.AccessToken{App: "myapp", User: "alice"})
			session, err := provider.AssumeRole(role, token)
			require.NoError(t, err)
			_, err = s3.NewFromConfig(session.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			awstest.AssertAllowed(t, err)

			_, err = provider.AssumeRole(role, provider.Token(idp.AccessToken{App: "another", User: "alice"}))
			awstest.AssertDenied(t, err, withWebIdentity)
			provider.Revoke(token)
			_, err = provider.AssumeRole(role, token)
			requireCode(t, err, "IDPRejectedClaim", id+": "+id+" responded with HTTP/1.1 400 Bad Request")
			var rejected *types.IDPRejectedClaimException
			require.ErrorAs(t, err, &rejected)
		}
	})
}

// The keys of the provider last for the session also in an account of an organization,
// whose own keys they are beside.
func TestSessionKeysInAnOrganization(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	org := acct.NewOrganization()
	for name, of := range map[string]*awstest.Account{"management": acct, "member": org.NewAccount()} {
		provider := idp.AccessTokens(of, "graph.facebook.com")
		role := of.NewRole("app-"+name, awstest.Trust(awstest.Allow(withWebIdentity).By(provider.ARN())),
			awstest.Allow("*"), awstest.Deny("s3:ListAllMyBuckets").If("StringEquals", "graph.facebook.com:id", "mallory").If("StringEquals", "aws:PrincipalOrgID", org.ID()))
		for user, check := range map[string]func(awstest.TB, error) bool{
			"alice":   awstest.AssertAllowed,
			"mallory": func(t awstest.TB, err error) bool { return awstest.AssertDenied(t, err, "s3:ListAllMyBuckets") },
		} {
			session, err := provider.AssumeRole(role, provider.Token(idp.AccessToken{App: "myapp", User: user}))
			require.NoError(t, err)
			_, err = s3.NewFromConfig(session.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			check(t, err)
		}
	}
}

func TestAccessTokenOutput(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	client := sts.NewFromConfig(acct.Anonymous().Config())
	role := acct.NewRole("app", awstest.Trust(awstest.Allow(withWebIdentity).By("graph.facebook.com")))
	in := &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("app"), ProviderId: aws.String("graph.facebook.com"), WebIdentityToken: aws.String("token"),
	}
	_, err := client.AssumeRoleWithWebIdentity(t.Context(), in)
	var unreachable *types.IDPCommunicationErrorException
	require.ErrorAs(t, err, &unreachable)

	in.WebIdentityToken = aws.String(idp.AccessTokens(acct, "graph.facebook.com").Token(idp.AccessToken{App: "1", User: "2"}))
	out, err := client.AssumeRoleWithWebIdentity(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, []string{"graph.facebook.com", "1", "2"}, []string{*out.Provider, *out.Audience, *out.SubjectFromWebIdentityToken})

	in.ProviderId = aws.String("example.com")
	_, err = client.AssumeRoleWithWebIdentity(t.Context(), in)
	requireCode(t, err, "ValidationError", "Invalid ProviderId: example.com")
}

// A token that names roles is good for these only, whatever the trust policies say;
// a trust policy can demand that it names the role.
func TestTokensForRoles(t *testing.T) {
	t.Parallel()
	const wrongRole = "The target role ARN is not present in the roles claim of the identity token"
	acct := awstest.New(t)
	provider := idp.OIDC(acct, "https://idp.example.com")
	trust := awstest.Allow(withWebIdentity).By(provider.ARN())
	open := acct.NewRole("open", awstest.Trust(trust))
	strict := acct.NewRole("strict", awstest.Trust(trust.If("Bool", "sts:RoleAuthorizedByIdp", "true")))
	denying := acct.NewRole("denying", awstest.Trust(awstest.Statements(trust,
		awstest.Deny(withWebIdentity).By("*").If("Bool", "sts:RoleAuthorizedByIdp", "false"))))
	for name, tc := range map[string]struct {
		roles any
		role  *awstest.Principal
		code  string
	}{
		"no claim":               {nil, open, ""},
		"no claim, one demanded": {nil, strict, "AccessDenied"},
		"no claim is false":      {nil, denying, "AccessDenied"},
		"the role":               {strict.ARN(), strict, ""},
		"the role, not denied":   {denying.ARN(), denying, ""},
		"one of several":         {[]string{open.ARN(), strict.ARN()}, strict, ""},
		"another role":           {strict.ARN(), open, "InvalidIdentityToken"},
		"none":                   {[]string{}, open, "InvalidIdentityToken"},
		"a name":                 {"open", open, "InvalidIdentityToken"},
		"a wildcard":             {"arn:aws:iam::000000000000:role/*", open, "InvalidIdentityToken"},
		"something else":         {map[string]string{"role": open.ARN()}, open, "InvalidIdentityToken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := provider.AssumeRole(tc.role, idp.Claims{"sub": "me", "https://aws.amazon.com/roles": tc.roles})
			switch tc.code {
			case "":
				require.NoError(t, err)
			case "AccessDenied":
				awstest.AssertDenied(t, err, withWebIdentity)
			default:
				requireCode(t, err, tc.code, wrongRole)
			}
		})
	}
}
