// Package githuboidc proves whom the trust policy of a deployment role lets in:
// the job that deploys, and no pull request, other branch or other repository.
package githuboidc

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/stretchr/testify/require"
)

func TestOnlyTheDeploymentMayAssumeTheRole(t *testing.T) {
	acct := awstest.New(t)
	github := idp.GitHub(acct)
	role := acct.NewRole("deploy",
		awstest.Trust(awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
			If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
			If("StringEquals", "token.actions.githubusercontent.com:sub", "repo:my-org/my-app:environment:production")),
		awstest.Allow("s3:CreateBucket"))

	for name, job := range map[string]idp.GitHubJob{
		"pull request":       {Repository: "my-org/my-app", Event: "pull_request", Ref: "refs/pull/7/merge"},
		"another branch":     {Repository: "my-org/my-app", Ref: "refs/heads/try"},
		"staging":            {Repository: "my-org/my-app", Environment: "staging"},
		"another repository": {Repository: "my-org/my-site", Environment: "production"},
		"another owner":      {Repository: "my-org-2/my-app", Environment: "production"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := github.AssumeRole(role, job)
			awstest.AssertDenied(t, err, "sts:AssumeRoleWithWebIdentity")
		})
	}

	session, err := github.AssumeRole(role, idp.GitHubJob{Repository: "my-org/my-app", Environment: "production"})
	awstest.RequireAllowed(t, err)
	_, err = s3.NewFromConfig(session.Config()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("my-app")})
	awstest.RequireAllowed(t, err)
}

// The trust policies that are found all too often, and whom each lets in.
func TestWildcardsThatLetOthersIn(t *testing.T) {
	for sub, intruder := range map[string]idp.GitHubJob{
		"repo:my-org/my-app:*": {Repository: "my-org/my-app", Event: "pull_request"}, // no branch or environment
		"repo:my-org/*":        {Repository: "my-org/playground"},                    // no repository
		"repo:my-org*":         {Repository: "my-org-2/anything"},                    // not even the end of the name
		"repo:*":               {Repository: "somebody/else"},                        // nothing at all
	} {
		t.Run(sub, func(t *testing.T) {
			acct := awstest.New(t)
			github := idp.GitHub(acct)
			role := acct.NewRole("deploy", awstest.Trust(awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
				If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
				If("StringLike", "token.actions.githubusercontent.com:sub", sub)))
			_, err := github.AssumeRole(role, intruder)
			require.NoError(t, err)
		})
	}
}

// Without any condition on the subject IAM does not even take the trust policy.
func TestTrustWithoutSubject(t *testing.T) {
	acct := awstest.New(t)
	trust := awstest.Allow("sts:AssumeRoleWithWebIdentity").By(idp.GitHub(acct).ARN()).
		If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com")
	_, err := iam.NewFromConfig(acct.Config()).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("deploy"), AssumeRolePolicyDocument: aws.String(awstest.TrustDocument(trust)),
	})
	require.ErrorContains(t, err, "must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, token.actions.githubusercontent.com:sub")
}
