package awstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// A shelf is an account with a bucket and a queue, whose policies a test sets.
type shelf struct {
	*awstest.Account
	s3    *s3.Client
	sqs   *sqs.Client
	iam   *iam.Client
	queue *string
}

func newShelf(t *testing.T, opts ...awstest.Option) *shelf {
	t.Helper()
	acct := awstest.New(t, opts...)
	s := &shelf{Account: acct, s3: s3.NewFromConfig(acct.Config()), sqs: sqs.NewFromConfig(acct.Config()), iam: iam.NewFromConfig(acct.Config())}
	_, err := s.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("shelf")})
	require.NoError(t, err)
	out, err := s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("shelf")})
	require.NoError(t, err)
	s.queue = out.QueueUrl
	return s
}

func (s *shelf) grantBucket(t *testing.T, principal string) error {
	_, err := s.s3.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
		Bucket: aws.String("shelf"), Policy: aws.String(awstest.Allow("s3:ListBucket").On("arn:aws:s3:::shelf").By(principal).String()),
	})
	return err
}

func (s *shelf) grantQueue(t *testing.T, principal string) error {
	_, err := s.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: s.queue, Attributes: map[string]string{"Policy": awstest.Allow("sqs:SendMessage").On("*").By(principal).String()},
	})
	return err
}

// shown is what the policies say of the principal now.
func (s *shelf) shown(t *testing.T) (bucket, queue string) {
	t.Helper()
	p, err := s.s3.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String("shelf")})
	require.NoError(t, err)
	q, err := s.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: s.queue, AttributeNames: []sqstypes.QueueAttributeName{"Policy"}})
	require.NoError(t, err)
	return *p.Policy, q.Attributes["Policy"]
}

// use makes a call to each that only the policies allow.
func (s *shelf) use(t *testing.T, cfg aws.Config) (bucket, queue error) {
	_, bucket = s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("shelf")})
	_, queue = sqs.NewFromConfig(cfg).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: s.queue, MessageBody: aws.String("m")})
	return bucket, queue
}

// rule 37: what a bucket or queue policy names is the user, not its name.
func TestGrantsEndWithTheirPrincipal(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		s := newShelf(t, opts...)
		alice := s.NewUser("alice")
		require.NoError(t, s.grantBucket(t, alice.ARN()))
		require.NoError(t, s.grantQueue(t, alice.ARN()))
		bucket, queue := s.use(t, alice.Config())
		awstest.RequireAllowed(t, bucket)
		awstest.RequireAllowed(t, queue)
		got, err := s.iam.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("alice")})
		require.NoError(t, err)

		// A rename changes nothing but the name.
		_, err = s.iam.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("alice"), NewPath: aws.String("/eng/")})
		require.NoError(t, err)
		bucket, queue = s.use(t, alice.Config())
		awstest.RequireAllowed(t, bucket)
		awstest.RequireAllowed(t, queue)
		inBucket, inQueue := s.shown(t)
		assert.Contains(t, inBucket, "user/eng/alice")
		assert.Contains(t, inQueue, "user/eng/alice")

		deleteUser(t, s.iam, "alice", alice.Credentials().AccessKeyID)
		inBucket, inQueue = s.shown(t)
		for _, document := range []string{inBucket, inQueue} {
			assert.Contains(t, document, `["`+*got.User.UserId+`"]`)
			assert.NotContains(t, document, "alice")
		}
		another := s.NewUser("alice", awstest.Path("/eng/"))
		bucket, queue = s.use(t, another.Config())
		awstest.RequireDenied(t, bucket, "s3:ListBucket")
		awstest.RequireDenied(t, queue, "sqs:SendMessage")
		assert.Error(t, s.grantBucket(t, *got.User.UserId), "the id of nobody")
		assert.Error(t, s.grantQueue(t, *got.User.UserId))
	})
}

// rule 37: policies name users and roles that exist.
func TestGrantsToNobody(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		s := newShelf(t, opts...)
		for _, nobody := range []string{"user/nobody", "role/nobody", "role/wrong/path/somebody"} {
			s.NewRole("somebody" + strings.ReplaceAll(nobody, "/", "-"))
			var api smithy.APIError
			require.ErrorAs(t, s.grantBucket(t, "arn:aws:iam::000000000000:"+nobody), &api, nobody)
			assert.Equal(t, "MalformedPolicy: Invalid principal in policy", api.ErrorCode()+": "+api.ErrorMessage())
			require.ErrorAs(t, s.grantQueue(t, "arn:aws:iam::000000000000:"+nobody), &api, nobody)
			assert.Equal(t, "Invalid value for the parameter Policy.", api.ErrorMessage())
		}
	})
}

func deleteUser(t *testing.T, client *iam.Client, name, key string) {
	t.Helper()
	_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: &name, AccessKeyId: &key})
	require.NoError(t, err)
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: &name})
	require.NoError(t, err)
}

func TestLastUsed(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		s := newShelf(t, append(opts, awstest.WithTime(start))...)
		user, role := s.NewUser("alice"), s.NewRole("worker")
		key := aws.String(user.Credentials().AccessKeyID)
		last := func() string {
			t.Helper()
			out, err := s.iam.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: key})
			require.NoError(t, err)
			assert.Equal(t, "alice", *out.UserName)
			return *out.AccessKeyLastUsed.ServiceName + " " + *out.AccessKeyLastUsed.Region
		}
		assert.Equal(t, "N/A N/A", last())
		_, queue := s.use(t, user.Config())
		awstest.RequireDenied(t, queue, "sqs:SendMessage")
		assert.Equal(t, "sqs us-east-1", last(), "denied calls count")

		of := func() time.Time {
			t.Helper()
			out, err := s.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("worker")})
			require.NoError(t, err)
			return aws.ToTime(out.Role.RoleLastUsed.LastUsedDate)
		}
		assert.True(t, of().IsZero())
		s.Advance(time.Hour)
		_, _ = s.use(t, role.Config())
		assert.WithinRange(t, of(), start.Add(time.Hour), start.Add(time.Hour+time.Minute))

		// What is signed with another secret is nobody's call.
		s.Advance(time.Hour)
		cfg := role.Config()
		stolen := role.Credentials()
		stolen.SecretAccessKey = "guessed"
		cfg.Credentials = credentials.StaticCredentialsProvider{Value: stolen}
		_, queue = s.use(t, cfg)
		require.Error(t, queue)
		assert.WithinRange(t, of(), start.Add(time.Hour), start.Add(time.Hour+time.Minute))
	})
}
