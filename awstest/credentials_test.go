package awstest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requireCode requires AWS's error with that code and message.
func requireCode(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}

// Credentials that do not work, in every protocol's own words.
func TestBadCredentials(t *testing.T) {
	t.Parallel()
	eachDoor(t, badCredentials)
}

func badCredentials(t *testing.T, acct *awstest.Account) {
	user, role := acct.NewUser("alice", awstest.Allow("*")), acct.NewRole("app", awstest.Allow("*"))
	type failure struct {
		status        int
		code, message string
	}
	const (
		unknown    = "The security token included in the request is invalid."
		unknownS3  = "The AWS Access Key Id you provided does not exist in our records."
		mismatch   = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
		mismatchS3 = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
		expired    = "The security token included in the request is expired"
	)
	queue := "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."
	if acct.Config().BaseEndpoint != nil {
		queue = "Access to the resource " + acct.URL() + "/ is denied."
	}
	unknownKey := [3]failure{{403, "InvalidClientTokenId", unknown}, {403, "InvalidClientTokenId", unknown}, {403, "InvalidAccessKeyId", unknownS3}}
	wrongSecret := [3]failure{{403, "SignatureDoesNotMatch", mismatch}, {403, "SignatureDoesNotMatch", mismatch}, {403, "SignatureDoesNotMatch", mismatchS3}}
	tooLate := [3]failure{{403, "ExpiredToken", expired}, {403, "ExpiredToken", expired}, {400, "ExpiredToken", "The provided token has expired."}}
	for name, tc := range map[string]struct {
		as   *awstest.Principal
		want [3]failure // of STS, SQS, S3
	}{
		"anonymous":            {acct.Anonymous(), [3]failure{{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}, {403, "AccessDenied", queue}, {403, "AccessDenied", "Access Denied"}}},
		"unknown key":          {user.UnknownKey(), unknownKey},
		"inactive key":         {user.Inactive(), unknownKey},
		"wrong secret":         {user.WrongSecret(), wrongSecret},
		"wrong secret, role":   {role.WrongSecret(), wrongSecret},
		"wrong secret, root":   {acct.Root().WrongSecret(), wrongSecret},
		"expired, user":        {user.Expired(), tooLate},
		"expired, role":        {role.Expired(), tooLate},
		"expired, root":        {acct.Root().Expired(), tooLate},
		"expired, MFA session": {user.WithMFA().Expired(), tooLate},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tc.as.Config()
			for i, call := range []func(context.Context, aws.Config) error{askIdentity, askQueues, askBuckets} {
				err := call(t.Context(), cfg)
				requireCode(t, err, tc.want[i].code, tc.want[i].message)
				var failed *awshttp.ResponseError
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, tc.want[i].status, failed.HTTPStatusCode())
			}
		})
	}
	for _, good := range []*awstest.Principal{user, role, user.WithMFA()} {
		require.NoError(t, errors.Join(askIdentity(t.Context(), good.Config()), askQueues(t.Context(), good.Config()), askBuckets(t.Context(), good.Config())))
	}
}

func askIdentity(ctx context.Context, cfg aws.Config) error {
	_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return err
}

func askQueues(ctx context.Context, cfg aws.Config) error {
	_, err := sqs.NewFromConfig(cfg).ListQueues(ctx, &sqs.ListQueuesInput{})
	return err
}

func askBuckets(ctx context.Context, cfg aws.Config) error {
	_, err := s3.NewFromConfig(cfg).ListBuckets(ctx, &s3.ListBucketsInput{})
	return err
}

func TestWithMFA(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		user := acct.NewUser("alice", awstest.Allow("s3:ListAllMyBuckets", "iam:ListUsers").If("Bool", "aws:MultiFactorAuthPresent", "true"))
		awstest.AssertDenied(t, askBuckets(t.Context(), user.Config()), "s3:ListAllMyBuckets")
		session := user.WithMFA()
		awstest.AssertAllowed(t, askBuckets(t.Context(), session.Config()))
		_, err := awsiam.NewFromConfig(session.Config()).ListUsers(t.Context(), &awsiam.ListUsersInput{})
		awstest.AssertAllowed(t, err)
		assert.Equal(t, user.ARN(), session.ARN())
		awstest.AssertAllowed(t, askBuckets(t.Context(), user.WithMFA().Config())) // a second device
	})
}

func TestRevokeSessions(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		role := acct.NewRole("app", awstest.Allow("s3:ListAllMyBuckets"))
		require.NoError(t, askBuckets(t.Context(), role.Config()))
		role.RevokeSessions()
		awstest.AssertDenied(t, askBuckets(t.Context(), role.Config()), "s3:ListAllMyBuckets")
		acct.Advance(2 * time.Hour) // the config's session is renewed
		awstest.AssertAllowed(t, askBuckets(t.Context(), role.Config()))
	})
}
