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

// app is the repository that deploys. GitHub tells its numbers: gh api repos/my-org/my-app.
func app(job idp.GitHubJob) idp.GitHubJob {
	job.Repository, job.OwnerID, job.RepositoryID = "my-org/my-app", "1001", "2002"
	return job
}

func TestOnlyTheDeploymentMayAssumeTheRole(t *testing.T) {
	acct := awstest.New(t)
	github := idp.GitHub(acct)
	role := acct.NewRole("deploy",
		awstest.Trust(awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
			If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
			If("StringEquals", "token.actions.githubusercontent.com:sub", "repo:my-org@1001/my-app@2002:environment:production")),
		awstest.Allow("s3:CreateBucket"))

	for name, job := range map[string]idp.GitHubJob{
		"pull request":       app(idp.GitHubJob{Event: "pull_request", Ref: "refs/pull/7/merge"}),
		"another branch":     app(idp.GitHubJob{Ref: "refs/heads/try"}),
		"staging":            app(idp.GitHubJob{Environment: "staging"}),
		"another repository": {Repository: "my-org/my-site", OwnerID: "1001", Environment: "production"},
		"another owner":      {Repository: "my-org-2/my-app", Environment: "production"},
		"the same names, registered again after they were given up": {Repository: "my-org/my-app", OwnerID: "3003", RepositoryID: "4004", Environment: "production"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := github.AssumeRole(role, job)
			awstest.AssertDenied(t, err, "sts:AssumeRoleWithWebIdentity")
		})
	}

	session, err := github.AssumeRole(role, app(idp.GitHubJob{Environment: "production"}))
	awstest.RequireAllowed(t, err)
	_, err = s3.NewFromConfig(session.Config()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("my-app")})
	awstest.RequireAllowed(t, err)
}

// A trust policy that names no numbers is for repositories from before 15 July 2026: a
// younger one, or one that was renamed or opted in since, it does not let in.
func TestOldTrustPolicyStopsMatching(t *testing.T) {
	acct := awstest.New(t)
	github := idp.GitHub(acct)
	role := acct.NewRole("deploy", awstest.Trust(awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
		If("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
		If("StringLike", "token.actions.githubusercontent.com:sub", "repo:my-org/my-app:*")))
	_, err := github.AssumeRole(role, app(idp.GitHubJob{OldSubject: true}))
	awstest.AssertAllowed(t, err)
	_, err = github.AssumeRole(role, app(idp.GitHubJob{}))
	awstest.AssertDenied(t, err, "sts:AssumeRoleWithWebIdentity")
}

// The trust policies that are found all too often, and whom each lets in.
func TestWildcardsThatLetOthersIn(t *testing.T) {
	for sub, intruder := range map[string]idp.GitHubJob{
		"repo:my-org@1001/my-app@2002:*": app(idp.GitHubJob{Event: "pull_request"}),           // no branch or environment
		"repo:my-org@1001/*":             {Repository: "my-org/playground", OwnerID: "1001"},  // no repository
		"repo:my-org/*":                  {Repository: "my-org/playground", OldSubject: true}, // no repository
		"repo:my-org*/my-app*:*":         {Repository: "my-org-2/my-app"},                     // not even the end of the name
		"repo:*":                         {Repository: "somebody/else"},                       // nothing at all
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
