package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestManaged(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		reports := &s3.CreateBucketInput{Bucket: aws.String("reports")}
		_, err := s3.NewFromConfig(acct.Config()).CreateBucket(t.Context(), reports)
		require.NoError(t, err)

		reader := acct.NewRole("reader", awstest.Managed("AmazonS3ReadOnlyAccess"))
		client := s3.NewFromConfig(reader.Config())
		_, err = client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: reports.Bucket})
		awstest.RequireAllowed(t, err)
		_, err = client.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: reports.Bucket})
		awstest.RequireDenied(t, err, "s3:DeleteBucket")

		attached, err := iam.NewFromConfig(acct.Config()).ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("reader")})
		require.NoError(t, err)
		require.Len(t, attached.AttachedPolicies, 1)
		assert.Equal(t, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", *attached.AttachedPolicies[0].PolicyArn)
	})
}

func TestManagedForUsersGroupsAndBoundaries(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	admins := acct.NewGroup("admins", awstest.Managed("arn:aws:iam::aws:policy/AdministratorAccess"))
	user := acct.NewUser("alice", awstest.InGroup(admins), awstest.Boundary(awstest.Managed("IAMReadOnlyAccess")), awstest.Managed("AmazonS3FullAccess"))
	client := iam.NewFromConfig(user.Config())
	_, err := client.ListUsers(t.Context(), &iam.ListUsersInput{})
	awstest.RequireAllowed(t, err)
	_, err = client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("bob")})
	awstest.RequireDenied(t, err, "iam:CreateUser")
}
