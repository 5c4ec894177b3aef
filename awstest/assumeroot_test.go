package awstest_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A bucket of a member account whose policy shuts everybody out is opened by the
// management account, as the member's root user.
func TestAssumeRoot(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct, ctx := awstest.New(t, opts...), t.Context()
		org := acct.NewOrganization()
		member := org.NewAccount()
		admin := acct.NewUser("admin", awstest.Allow("sts:AssumeRoot").If("ArnLike", "sts:TaskPolicyArn", "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"))
		in := &sts.AssumeRootInput{TargetPrincipal: aws.String(member.ID()),
			TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")}}
		client := sts.NewFromConfig(admin.Config())
		denied := "User: " + admin.ARN() + " is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::" + member.ID() + ":root"

		_, err := client.AssumeRoot(ctx, in)
		requireCode(t, err, "AccessDenied", denied) // root sessions are not enabled
		acct.World().SetRootAccess(org.ID(), fakeaws.RootAccess{Sessions: true})
		out, err := client.AssumeRoot(ctx, in)
		require.NoError(t, err)
		assert.WithinDuration(t, acct.Now().Add(15*time.Minute), *out.Credentials.Expiration, 5*time.Second)

		cfg := acct.Config()
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}, nil
		})
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::"+member.ID()+":root", *who.Arn)
		_, err = s3.NewFromConfig(cfg).ListBuckets(ctx, &s3.ListBucketsInput{})
		awstest.AssertAllowed(t, err)
		_, err = s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("new")})
		awstest.AssertDenied(t, err, "s3:CreateBucket")
		_, err = awsiam.NewFromConfig(cfg).ListUsers(ctx, &awsiam.ListUsersInput{})
		awstest.AssertDenied(t, err, "iam:ListUsers")

		in.TargetPrincipal = aws.String(acct.ID())
		_, err = client.AssumeRoot(ctx, in)
		requireCode(t, err, "AccessDenied", "User: "+admin.ARN()+" is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::"+acct.ID()+":root")
		in.TargetPrincipal = aws.String("arn:aws:iam::" + member.ID() + ":root")
		_, err = client.AssumeRoot(ctx, in)
		require.NoError(t, err)
		_, err = sts.NewFromConfig(acct.Config()).AssumeRoot(ctx, in)
		requireCode(t, err, "AccessDenied", "Root credentials cannot be used to call AssumeRoot.")
		_, err = sts.NewFromConfig(member.NewUser("insider", awstest.Allow("*")).Config()).AssumeRoot(ctx, in)
		requireCode(t, err, "AccessDenied", "User: arn:aws:iam::"+member.ID()+":user/insider is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::"+member.ID()+":root")
		in.TaskPolicyArn.Arn = aws.String("arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy")
		_, err = client.AssumeRoot(ctx, in)
		awstest.AssertDenied(t, err, "sts:AssumeRoot")
		in.TaskPolicyArn.Arn = aws.String("arn:aws:iam::aws:policy/AdministratorAccess")
		_, err = client.AssumeRoot(ctx, in)
		requireCode(t, err, "ValidationError", "The task policy arn:aws:iam::aws:policy/AdministratorAccess is not valid for AssumeRoot.")
	})
}
