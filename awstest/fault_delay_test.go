package awstest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const delay = 5 * time.Second

// A delayed is a World whose changes of IAM come into force five seconds later.
type delayed struct {
	*awstest.Account
	iam   *iam.Client
	fault *awstest.ActiveFault
}

func newDelayed(t *testing.T, opts ...awstest.Option) delayed {
	acct := awstest.New(t, opts...)
	return delayed{acct, iam.NewFromConfig(acct.Config()), acct.Fail("iam:*", awstest.Delay(delay))}
}

// A World is cloned when its changes are in force, also where no call has come since.
func TestDelayOfClones(t *testing.T) {
	t.Parallel()
	d := newDelayed(t)
	role := d.NewRole("worker")
	document := aws.String(awstest.Document(awstest.Allow("sqs:ListQueues")))
	_, err := d.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("list"), PolicyDocument: document})
	require.NoError(t, err)
	_, err = d.World().Clone()
	require.ErrorContains(t, err, "move the clock on")
	d.Advance(2 * delay)
	awstest.AssertCan(t, role.In(d.Clone(t)), "sqs:ListQueues", "*")
}

// A policy grants, and grants no more, when it is in force, by the World's clock; IAM itself
// answers what is.
func TestDelayOfPolicies(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		d := newDelayed(t, opts...)
		bucket := d.S3().CreateBucket("reports")
		role := d.NewRole("worker")
		guest := d.NewUser("guest")
		list := func(p *awstest.Principal) error {
			_, err := s3.NewFromConfig(p.Config()).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("reports")})
			return err
		}
		document := aws.String(awstest.Document(awstest.Allow("s3:ListBucket").On(bucket.ARN())))
		_, err := d.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("list"), PolicyDocument: document})
		require.NoError(t, err)
		_, err = d.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("list")})
		require.NoError(t, err)
		awstest.AssertDenied(t, list(role), "s3:ListBucket")
		awstest.AssertCannot(t, role, "s3:ListBucket", bucket.ARN())
		guest.Attach(awstest.Allow("s3:ListBucket").On(bucket.ARN())) // the test's own hand
		awstest.AssertAllowed(t, list(guest))
		d.Advance(delay - time.Second)
		awstest.AssertDenied(t, list(role), "s3:ListBucket")
		d.Advance(2 * time.Second)
		awstest.AssertCan(t, role, "s3:ListBucket", bucket.ARN())
		awstest.AssertAllowed(t, list(role))

		_, err = d.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("list")})
		require.NoError(t, err)
		awstest.AssertAllowed(t, list(role))
		d.Advance(delay)
		awstest.AssertDenied(t, list(role), "s3:ListBucket")

		d.fault.Stop()
		_, err = d.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("list"), PolicyDocument: document})
		require.NoError(t, err)
		awstest.AssertAllowed(t, list(role))
	})
}

// What is in force already is not undone by an earlier change that comes into force later.
func TestDelayKeepsTheOrder(t *testing.T) {
	t.Parallel()
	d := newDelayed(t)
	worker := d.NewUser("worker")
	put := func(actions ...string) {
		_, err := d.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("worker"), PolicyName: aws.String("p"), PolicyDocument: aws.String(awstest.Document(awstest.Allow(actions...)))})
		require.NoError(t, err)
	}
	put("sqs:ListQueues")
	d.fault.Stop()
	put("s3:ListAllMyBuckets")
	awstest.AssertCan(t, worker, "s3:ListAllMyBuckets", "*")
	d.Advance(delay)
	awstest.AssertCan(t, worker, "s3:ListAllMyBuckets", "*")
	awstest.AssertCannot(t, worker, "sqs:ListQueues", "*")
}

// A new role cannot be assumed at first, and no policy can name it; a role that was deleted
// can be for a while.
func TestDelayOfRoles(t *testing.T) {
	t.Parallel()
	d := newDelayed(t)
	admin := d.NewUser("admin", awstest.Allow("*"))
	queue := d.SQS().CreateQueue("jobs", nil)
	name, arn := aws.String("late"), "arn:aws:iam::"+d.ID()+":role/late"
	assume := func() error {
		_, err := sts.NewFromConfig(admin.Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("job")})
		return err
	}
	grant := func() error {
		_, err := sqs.NewFromConfig(d.Config()).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(queue.URL()),
			Attributes: map[string]string{"Policy": awstest.Document(awstest.Allow("sqs:SendMessage").By(arn).On(queue.ARN()))}})
		return err
	}
	_, err := d.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(awstest.TrustDocument(awstest.Allow("sts:AssumeRole").By(admin.ARN())))})
	require.NoError(t, err)
	awstest.AssertDenied(t, assume(), "sts:AssumeRole")
	awstest.AssertError(t, grant(), "InvalidAttributeValue")
	d.Advance(delay)
	awstest.AssertAllowed(t, assume())
	awstest.AssertAllowed(t, grant())
	_, err = d.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(awstest.TrustDocument(awstest.Allow("sts:AssumeRole").By("ec2.amazonaws.com")))})
	require.NoError(t, err)
	awstest.AssertAllowed(t, assume())
	d.Advance(delay)
	awstest.AssertDenied(t, assume(), "sts:AssumeRole")

	_, err = d.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(awstest.TrustDocument(awstest.Allow("sts:AssumeRole").By(admin.ARN())))})
	require.NoError(t, err)
	d.Advance(delay)
	_, err = d.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name})
	require.NoError(t, err)
	_, err = d.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	awstest.AssertError(t, err, "NoSuchEntity")
	awstest.AssertCan(t, admin, "sts:AssumeRole", arn)
	awstest.AssertAllowed(t, assume())
	d.Advance(delay)
	awstest.AssertDenied(t, assume(), "sts:AssumeRole")
}

// A new access key is unknown at first, and one that was deactivated or deleted signs for a
// while. In a synctest bubble the time is the bubble's.
func TestDelayOfAccessKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDelayed(t)
		d.NewUser("worker", awstest.Allow("sqs:ListQueues"))
		name := aws.String("worker")
		out, err := d.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: name})
		require.NoError(t, err)
		key := out.AccessKey
		cfg := d.Config()
		cfg.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKeyId, *key.SecretAccessKey, "")
		call := func() error {
			_, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{})
			return err
		}
		awstest.AssertError(t, call(), "InvalidClientTokenId")
		time.Sleep(delay)
		require.NoError(t, call())
		status := func(s types.StatusType) {
			_, err := d.iam.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: key.AccessKeyId, Status: s})
			require.NoError(t, err)
		}
		status(types.StatusTypeInactive)
		require.NoError(t, call())
		time.Sleep(delay)
		awstest.AssertError(t, call(), "InvalidClientTokenId")
		status(types.StatusTypeActive)
		time.Sleep(delay)
		_, err = d.iam.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: key.AccessKeyId})
		require.NoError(t, err)
		require.NoError(t, call())
		time.Sleep(delay)
		awstest.AssertError(t, call(), "InvalidClientTokenId")
	})
}

// A delay is of what IAM changes: reads and other services have none.
func TestDelayIsOfChangesOfIAM(t *testing.T) {
	t.Parallel()
	d := newDelayed(t)
	_, err := d.iam.ListUsers(t.Context(), &iam.ListUsersInput{})
	require.NoError(t, err)
	_, err = d.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("new")})
	require.NoError(t, err)
	calls := d.Calls()
	assert.Empty(t, calls[0].Fault)
	assert.Equal(t, "Delay", calls[1].Fault)
	assert.Contains(t, calls.String(), "performed and in force later by the test")
	for action, fault := range map[string]awstest.Fault{"s3:PutObject": awstest.Delay(delay), "*": awstest.Delay(delay), "iam:*": awstest.Delay(0)} {
		r := failing(t, func(tb awstest.TB) { awstest.New(tb).Fail(action, fault) })
		assert.Len(t, r.errors, 1, action)
	}
}
