package idp_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	withWebIdentity = "sts:AssumeRoleWithWebIdentity"
	githubAud       = "token.actions.githubusercontent.com:aud"
	githubSub       = "token.actions.githubusercontent.com:sub"
)

// The trust policies that people write for GitHub Actions, and whom they let in (rule 85).
func TestGitHubTrustPolicies(t *testing.T) {
	t.Parallel()
	eachDoor(t, githubTrustPolicies)
}

func githubTrustPolicies(t *testing.T, acct *awstest.Account) {
	github := idp.GitHub(acct)
	trust := func() awstest.Statement { return awstest.Allow(withWebIdentity).By(github.ARN()) }
	var (
		deploy   = idp.GitHubJob{Repository: "my-org/app", OldSubject: true, Environment: "production"}
		main     = idp.GitHubJob{Repository: "my-org/app", OldSubject: true}
		branch   = idp.GitHubJob{Repository: "my-org/app", OldSubject: true, Ref: "refs/heads/evil"}
		pull     = idp.GitHubJob{Repository: "my-org/app", OldSubject: true, Event: "pull_request", Ref: "refs/pull/1/merge"}
		sibling  = idp.GitHubJob{Repository: "my-org/toy", OldSubject: true}
		lookLike = idp.GitHubJob{Repository: "my-org-evil/app", OldSubject: true}
		// Those of today have the numbers of owner and repository in their subject.
		numbered  = idp.GitHubJob{Repository: "my-org/app", OwnerID: "1", RepositoryID: "2"}
		takenOver = idp.GitHubJob{Repository: "my-org/app", OwnerID: "3", RepositoryID: "4"}
		stranger  = idp.GitHubJob{Repository: "evil/app", OldSubject: true}
		elsewhere = idp.GitHubJob{Repository: "my-org/app", OldSubject: true, More: idp.Claims{"aud": "https://github.com/my-org"}}
	)
	all := map[string]idp.GitHubJob{
		"deploy": deploy, "main": main, "branch": branch, "pull request": pull, "sibling": sibling,
		"look-alike": lookLike, "stranger": stranger, "numbered": numbered, "taken over": takenOver,
	}
	for name, tc := range map[string]struct {
		trust awstest.Statement
		lets  []string
	}{
		"as it should be": {trust().If("StringEquals", githubAud, "sts.amazonaws.com").If("StringEquals", githubSub, "repo:my-org/app:environment:production"), []string{"deploy"}},
		"a branch":        {trust().If("StringEquals", githubSub, "repo:my-org/app:ref:refs/heads/main"), []string{"main"}},
		"a whole repository lets its pull requests in": {trust().If("StringLike", githubSub, "repo:my-org/app:*"), []string{"deploy", "main", "branch", "pull request"}},
		"a whole organization":                         {trust().If("StringLike", githubSub, "repo:my-org/*"), []string{"deploy", "main", "branch", "pull request", "sibling"}},
		"without the slash":                            {trust().If("StringLike", githubSub, "repo:my-org*"), []string{"deploy", "main", "branch", "pull request", "sibling", "look-alike", "numbered", "taken over"}},
		"repo:* is everybody":                          {trust().If("StringLike", githubSub, "repo:*"), []string{"deploy", "main", "branch", "pull request", "sibling", "look-alike", "stranger", "numbered", "taken over"}},
		"with the numbers":                             {trust().If("StringEquals", githubSub, "repo:my-org@1/app@2:ref:refs/heads/main"), []string{"numbered"}},
		"wildcards in place of the numbers":            {trust().If("StringLike", githubSub, "repo:my-org*/app*:ref:refs/heads/main"), []string{"main", "look-alike", "numbered", "taken over"}},
		"a wildcard that is none":                      {trust().If("StringEquals", githubSub, "repo:my-org/app:*"), nil},
		"ForAllValues is vacuous":                      {trust().If("StringLike", githubSub, "repo:*").If("ForAllValues:StringEquals", "token.actions.githubusercontent.com:subject", "repo:my-org/app"), []string{"deploy", "main", "branch", "pull request", "sibling", "look-alike", "stranger", "numbered", "taken over"}},
		"an id that nobody can take over":              {trust().If("StringLike", githubSub, "repo:*").If("StringEquals", "token.actions.githubusercontent.com:repository_id", main.Claims()["repository_id"].(string)), []string{"deploy", "main", "branch", "pull request"}},
	} {
		t.Run(name, func(t *testing.T) {
			role := acct.NewRole("r-"+acct.World().IDs().Hex(8), awstest.Trust(tc.trust))
			for who, job := range all {
				_, err := github.AssumeRole(role, job)
				if slices.Contains(tc.lets, who) {
					assert.NoError(t, err, who)
				} else {
					awstest.AssertDenied(t, err, withWebIdentity)
				}
			}
			_, err := github.AssumeRole(role, elsewhere)
			requireCode(t, err, "InvalidIdentityToken", "Incorrect token audience")
		})
	}
}

// A pod's role is for one service account; a bucket is for the pod's namespace.
func TestEKS(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		cluster := idp.EKS(acct)
		prefix := cluster.URL()[len("https://"):]
		role := acct.NewRole("pod",
			awstest.Trust(awstest.Allow(withWebIdentity).By(cluster.ARN()).
				If("StringEquals", prefix+":aud", "sts.amazonaws.com").
				If("StringEquals", prefix+":sub", "system:serviceaccount:shop:api")),
			awstest.Allow("s3:ListAllMyBuckets").If("StringEquals", prefix+":sub", "system:serviceaccount:shop:api").
				If("StringEquals", "aws:FederatedProvider", cluster.ARN()))
		pod, err := cluster.AssumeRole(role, idp.ServiceAccount{Namespace: "shop", Name: "api"})
		require.NoError(t, err)
		_, err = s3.NewFromConfig(pod.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		awstest.AssertAllowed(t, err) // the claim is a key of the session too
		assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/pod/pod", pod.ARN())

		_, err = cluster.AssumeRole(role, idp.ServiceAccount{Name: "api"})
		awstest.AssertDenied(t, err, withWebIdentity)
		_, err = idp.EKS(acct).AssumeRole(role, idp.ServiceAccount{Namespace: "shop", Name: "api"})
		awstest.AssertDenied(t, err, withWebIdentity)
		_, err = s3.NewFromConfig(role.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		awstest.AssertDenied(t, err, "s3:ListAllMyBuckets")
	})
}

// A role for Cognito must say which identity pool and whether guests may.
func TestCognito(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		cognito := idp.Cognito(acct)
		trust := func() awstest.Statement { return awstest.Allow(withWebIdentity).By(cognito.ARN()) }
		role := acct.NewRole("member", awstest.Trust(trust().
			If("StringEquals", "cognito-identity.amazonaws.com:aud", "us-east-1:pool").
			If("ForAnyValue:StringLike", "cognito-identity.amazonaws.com:amr", "authenticated")))
		open := acct.NewRole("open", awstest.Trust(trust().If("StringLike", "cognito-identity.amazonaws.com:aud", "*:*")))
		_, err := cognito.AssumeRole(role, idp.CognitoIdentity{Pool: "us-east-1:pool"})
		require.NoError(t, err)
		for name, id := range map[string]idp.CognitoIdentity{
			"guest":        {Pool: "us-east-1:pool", Guest: true},
			"another pool": {Pool: "eu-west-1:evil"},
		} {
			_, err = cognito.AssumeRole(role, id)
			awstest.AssertDenied(t, err, withWebIdentity)
			_, err = cognito.AssumeRole(open, id)
			require.NoError(t, err, name)
		}
	})
}

// What is wrong with a token, in AWS's words.
func TestWebIdentityTokens(t *testing.T) {
	t.Parallel()
	eachDoor(t, webIdentityTokens)
}

func webIdentityTokens(t *testing.T, acct *awstest.Account) {
	provider := idp.OIDC(acct, "https://idp.example.com/app", idp.ClientIDs("app", "other"))
	foreign := idp.OIDC(acct, "https://foreign.example.com", idp.NotInIAM())
	private := idp.OIDC(acct, "https://private.example.com", idp.PrivateCA("0123456789abcdef0123456789abcdef01234567"))
	offline := idp.OIDC(acct, "https://offline.example.com")
	acct.World().Issuers().Delete(offline.URL())
	rsa := idp.OIDC(acct, "https://rsa.example.com", idp.RS256())
	rotated := idp.OIDC(acct, "https://rotated.example.com", idp.NotInIAM())
	idp.OIDC(acct, rotated.URL())
	role := acct.NewRole("app", awstest.Trust(awstest.Allow(withWebIdentity, "sts:TagSession", "sts:SetSourceIdentity").
		By(provider.ARN(), private.ARN(), offline.ARN(), rsa.ARN())))
	sub := func(more idp.Claims) idp.Claims {
		claims := idp.Claims{"sub": "me"}
		for k, v := range more {
			claims[k] = v
		}
		return claims
	}
	good := provider.Token(sub(nil))
	now := acct.Now()
	acct.Advance(30 * time.Second) // so that the texts of the World's time tell
	client := sts.NewFromConfig(acct.Anonymous().Config())
	const noKey = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	for name, tc := range map[string]struct {
		token         string
		code, message string
	}{
		"good":                  {token: good},
		"good, RSA":             {token: rsa.Token(sub(nil))},
		"good, another client":  {token: provider.Token(sub(idp.Claims{"aud": []string{"x", "other"}}))},
		"no token":              {"xxxx", "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
		"changed":               {good[:len(good)-6] + "AAAAAA", "InvalidIdentityToken", "The token's signature could not be verified."},
		"nobody's":              {foreign.Token(sub(nil)), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://foreign.example.com"},
		"pretends":              {foreign.Token(sub(idp.Claims{"iss": provider.URL()})), "InvalidIdentityToken", noKey},
		"old key":               {rotated.Token(sub(nil)), "InvalidIdentityToken", noKey},
		"unreachable":           {offline.Token(sub(nil)), "InvalidIdentityToken", noKey},
		"private authority":     {token: private.Token(sub(nil))},
		"expired":               {provider.Token(sub(idp.Claims{"exp": now.Unix()})), "ExpiredTokenException", `Token expired: current date/time \d+ must be before the expiration date/time ` + unix(now)},
		"too old":               {provider.Token(sub(idp.Claims{"iat": now.Add(-25 * time.Hour).Unix()})), "ExpiredTokenException", `Token too old: 900[3-9]\d`}, // the clock runs on
		"another audience":      {provider.Token(sub(idp.Claims{"aud": "x"})), "InvalidIdentityToken", "Incorrect token audience"},
		"another party":         {provider.Token(sub(idp.Claims{"azp": "x"})), "InvalidIdentityToken", "Incorrect token audience"},
		"no issuer":             {provider.Token(sub(idp.Claims{"iss": nil})), "InvalidIdentityToken", "Missing a required claim: iss"},
		"no subject":            {provider.Token(idp.Claims{}), "InvalidIdentityToken", "Missing a required claim: sub"},
		"no audience":           {provider.Token(sub(idp.Claims{"aud": nil})), "InvalidIdentityToken", "Missing a required claim: aud"},
		"no expiry":             {provider.Token(sub(idp.Claims{"exp": nil})), "InvalidIdentityToken", "Missing a required claim: exp"},
		"no time of issue":      {provider.Token(sub(idp.Claims{"iat": nil})), "InvalidIdentityToken", "Missing a required claim: iat"},
		"a tag with two values": {provider.Token(sub(idp.Claims{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"k": []string{"a", "b"}}}})), "InvalidIdentityToken", "The session tag k must have one value."},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := client.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
				RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("session"), WebIdentityToken: &tc.token,
			})
			if tc.code != "" {
				var api smithy.APIError
				require.ErrorAs(t, err, &api)
				assert.Equal(t, tc.code, api.ErrorCode())
				if tc.code == "ExpiredTokenException" {
					assert.Regexp(t, "^"+tc.message+"$", api.ErrorMessage())
				} else {
					assert.Equal(t, tc.message, api.ErrorMessage())
				}
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "me", *out.SubjectFromWebIdentityToken)
		})
	}
	t.Run("untrusted authority", func(t *testing.T) {
		awstest.Do[awsiam.UpdateOpenIDConnectProviderThumbprintOutput](acct, &awsiam.UpdateOpenIDConnectProviderThumbprintInput{
			OpenIDConnectProviderArn: aws.String(private.ARN()), ThumbprintList: []string{"ffffffffffffffffffffffffffffffffffffffff"},
		})
		_, err := private.AssumeRole(role, sub(nil))
		requireCode(t, err, "InvalidIdentityToken", "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")
	})
}
