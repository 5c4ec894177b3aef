package all_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A cloud is a World seen through the SDK's clients alone.
type cloud struct {
	*worldtest.World
	t    *testing.T
	root clients
}

type clients struct {
	iam *iam.Client
	sts *sts.Client
	s3  *s3.Client
	sqs *sqs.Client
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{World: worldtest.New(t, worldtest.InProcess, all.Services()...), t: t}
	c.root = clientsWith(c.RootConfig(account))
	return c
}

func (c *cloud) as(id, secret, token string) clients { return clientsWith(c.Config(id, secret, token)) }

func clientsWith(cfg aws.Config) clients {
	return clients{iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), s3.NewFromConfig(cfg), sqs.NewFromConfig(cfg)}
}

// user makes a user with a policy of the statements, and returns its clients.
func (c *cloud) user(name, statements string) clients {
	c.t.Helper()
	ctx := c.t.Context()
	_, err := c.root.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	require.NoError(c.t, err)
	c.grant(name, statements)
	made, err := c.root.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	require.NoError(c.t, err)
	return c.as(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")
}

// grant puts a policy in place of the user's.
func (c *cloud) grant(name, statements string) {
	c.t.Helper()
	_, err := c.root.iam.PutUserPolicy(c.t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: document(statements)})
	require.NoError(c.t, err)
}

func (c *cloud) bucket(name string, keys ...string) {
	c.t.Helper()
	_, err := c.root.s3.CreateBucket(c.t.Context(), &s3.CreateBucketInput{Bucket: &name})
	require.NoError(c.t, err)
	for _, k := range keys {
		_, err = c.root.s3.PutObject(c.t.Context(), &s3.PutObjectInput{Bucket: &name, Key: &k, Body: strings.NewReader(k)})
		require.NoError(c.t, err)
	}
}

func document(statements string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
}

const everything = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// rule 62: a presigned URL is its signer, with the signer's permissions when it is
// used, for as long as it says.
func TestPresignedURLsAreTheirSigner(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.bucket("bucket", "k")
	alice := c.user("alice", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)
	in := &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k")}
	signed, err := s3.NewPresignClient(alice.s3).PresignGetObject(t.Context(), in, s3.WithPresignExpires(5*time.Minute))
	require.NoError(t, err)
	use := func() (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, nil)
		require.NoError(t, err)
		resp, err := c.World.Door().RoundTrip(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	status, body := use()
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "k", body)

	c.grant("alice", `{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`)
	status, body = use()
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, body, "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:GetObject")

	c.grant("alice", everything)
	status, _ = use()
	assert.Equal(t, http.StatusOK, status)
	c.World.Clock().Advance(6 * time.Minute)
	status, body = use()
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, body, "<Message>Request has expired</Message>")
}

// rule 62: and with the life of the signer's session.
func TestPresignedURLsEndWithTheSession(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.bucket("bucket", "k")
	alice := c.user("alice", everything)
	out, err := alice.sts.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	require.NoError(t, err)
	session := c.as(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	signed, err := s3.NewPresignClient(session.s3).PresignGetObject(t.Context(),
		&s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k")}, s3.WithPresignExpires(time.Hour))
	require.NoError(t, err)
	for _, want := range []int{http.StatusOK, http.StatusBadRequest} {
		req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, nil)
		require.NoError(t, err)
		resp, err := c.World.Door().RoundTrip(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want, resp.StatusCode, string(body))
		c.World.Clock().Advance(16 * time.Minute)
	}
}

// One row for what each call of an authenticated caller answers.
type row struct {
	name, code, message string
	call                func() error
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			err := r.call()
			if r.code == "" {
				require.NoError(t, err)
				return
			}
			worldtest.RequireError(t, err, r.code, r.message)
		})
	}
}

func TestRulesOfS3(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	c.bucket("bucket", "there")
	c.bucket("denied")
	b := aws.String("bucket")
	nobody := c.user("nobody", `{"Effect":"Allow","Action":"s3:HeadBucket","Resource":"*"}`)
	getter := c.user("getter", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	lister := c.user("lister", `{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:DeleteObject"],"Resource":"*"}`)
	_, err := c.root.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("denied"),
		Policy: document(`{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":["arn:aws:s3:::denied","arn:aws:s3:::denied/*"]}`)})
	require.NoError(t, err)
	get := func(as clients, k string) func() error {
		return func() error {
			_, err := as.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: &k})
			return err
		}
	}
	denied := func(user, action, resource string) string {
		return "User: arn:aws:iam::111122223333:user/" + user + " is not authorized to perform: " + action + ` on resource: "` + resource +
			`" because no identity-based policy allows the ` + action + " action"
	}
	runRows(t, []row{
		{"rule 2: DeletePublicAccessBlock is s3:PutBucketPublicAccessBlock", "AccessDenied", denied("nobody", "s3:PutBucketPublicAccessBlock", "arn:aws:s3:::bucket"), func() error {
			_, err := nobody.s3.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: b})
			return err
		}},
		{"rule 2: DeleteBucketTagging is s3:PutBucketTagging", "AccessDenied", denied("nobody", "s3:PutBucketTagging", "arn:aws:s3:::bucket"), func() error {
			_, err := nobody.s3.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: b})
			return err
		}},
		{"rule 2: ListObjectsV2 is s3:ListBucket", "AccessDenied", denied("nobody", "s3:ListBucket", "arn:aws:s3:::bucket"), func() error {
			_, err := nobody.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: b})
			return err
		}},
		{"rule 37: a bucket policy for a role that does not exist", "MalformedPolicy", "Invalid principal in policy", func() error {
			_, err := c.root.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: b,
				Policy: document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/none"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)})
			return err
		}},
		{"rule 58: who may not list is not told that a key is missing", "AccessDenied", denied("getter", "s3:ListBucket", "arn:aws:s3:::bucket"), get(getter, "missing")},
		{"rule 58: nor who may not read either", "AccessDenied", denied("nobody", "s3:ListBucket", "arn:aws:s3:::bucket"), get(nobody, "missing")},
		{"rule 58: a key that exists", "AccessDenied", denied("nobody", "s3:GetObject", "arn:aws:s3:::bucket/there"), get(nobody, "there")},
		{"rule 58: who may list is told", "NoSuchKey", "The specified key does not exist.", get(lister, "missing")},
		{"rule 58: to delete a missing key succeeds", "", "", func() error {
			_, err := lister.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: aws.String("missing")})
			return err
		}},
		{"rule 67: S3 quotes the resource", "AccessDenied", denied("getter", "s3:PutObject", "arn:aws:s3:::bucket/k"), func() error {
			_, err := getter.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: aws.String("k")})
			return err
		}},
		{"rule 63: no resource for all buckets", "AccessDenied", "User: arn:aws:iam::111122223333:user/getter is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action", func() error {
			_, err := getter.s3.ListBuckets(ctx, &s3.ListBucketsInput{})
			return err
		}},
		{"rule 74: a bucket without a policy", "NoSuchBucketPolicy", "The bucket policy does not exist", func() error {
			_, err := c.root.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b})
			return err
		}},
		{"rule 78: a bucket that does not exist, whoever asks", "NoSuchBucket", "The specified bucket does not exist", func() error {
			_, err := nobody.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("no-such-bucket"), Key: aws.String("k")})
			return err
		}},
		{"rule 47: a Deny in the bucket policy binds root", "AccessDenied", `User: arn:aws:iam::111122223333:root is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::denied" with an explicit deny in a resource-based policy`, func() error {
			_, err := c.root.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("denied")})
			return err
		}},
		{"rule 47: but for the policy itself", "", "", func() error {
			_, err := c.root.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("denied")})
			return err
		}},
	})
}

func TestRulesOfSQS(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	made, err := c.root.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})
	require.NoError(t, err)
	nobody := c.user("nobody", `{"Effect":"Allow","Action":"sqs:SendMessageBatch","Resource":"*"}`)
	labelled := func(label string) *sqs.AddPermissionInput {
		return &sqs.AddPermissionInput{QueueUrl: made.QueueUrl, Label: &label, AWSAccountIds: []string{account}, Actions: []string{"ReceiveMessage"}}
	}
	_, err = c.root.sqs.AddPermission(ctx, labelled("taken"))
	require.NoError(t, err)
	denied := "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111122223333:q because no identity-based policy allows the sqs:sendmessage action"
	runRows(t, []row{
		{"rule 68: the action in lower case", "AccessDenied", denied, func() error {
			_, err := nobody.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: made.QueueUrl, MessageBody: aws.String("m")})
			return err
		}},
		{"rule 2: SendMessageBatch is sqs:SendMessage", "AccessDenied", denied, func() error {
			_, err := nobody.sqs.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: made.QueueUrl,
				Entries: []sqstypes.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("m")}}})
			return err
		}},
		{"rule 3: queues are listed on the account's queues", "AccessDenied",
			"User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: sqs:listqueues on resource: arn:aws:sqs:us-east-1:111122223333: because no identity-based policy allows the sqs:listqueues action", func() error {
				_, err := nobody.sqs.ListQueues(ctx, &sqs.ListQueuesInput{})
				return err
			}},
		{"rule 75: a policy that is none", "InvalidAttributeValue", "Invalid value for the parameter Policy.", func() error {
			_, err := c.root.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: made.QueueUrl, Attributes: map[string]string{"Policy": "{"}})
			return err
		}},
		{"rule 75: a label twice", "InvalidParameterValue", "Value taken for parameter Label is invalid. Reason: Already exists.", func() error {
			_, err := c.root.sqs.AddPermission(ctx, labelled("taken"))
			return err
		}},
		{"rule 75: a label that is not there", "InvalidParameterValue", "Value none for parameter Label is invalid. Reason: can't find label.", func() error {
			_, err := c.root.sqs.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: made.QueueUrl, Label: aws.String("none")})
			return err
		}},
		{"rule 75: a queue that does not exist", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", func() error {
			_, err := c.root.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
			return err
		}},
	})
}

// rule 59: what AddPermission writes.
func TestAddPermissionWrites(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	made, err := c.root.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	require.NoError(t, err)
	_, err = c.root.sqs.AddPermission(t.Context(), &sqs.AddPermissionInput{QueueUrl: made.QueueUrl, Label: aws.String("l"), AWSAccountIds: []string{account}, Actions: []string{"ReceiveMessage"}})
	require.NoError(t, err)
	got, err := c.root.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: made.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"Policy"}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:111122223333:q/SQSDefaultPolicy","Statement":[{"Sid":"l","Effect":"Allow",
		"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:q"}]}`, got.Attributes["Policy"])
}

// rule 66: where the services name the managed policy that denies, and where they
// do not.
func TestManagedPoliciesThatDeny(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	c.bucket("bucket")
	queue, err := c.root.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})
	require.NoError(t, err)
	alice := c.user("alice", everything)
	made, err := c.root.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("no"),
		PolicyDocument: document(`{"Effect":"Deny","Action":["s3:ListBucket","sqs:SendMessage","iam:GetUser","sts:AssumeRole"],"Resource":"*"}`)})
	require.NoError(t, err)
	_, err = c.root.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: made.Policy.Arn})
	require.NoError(t, err)
	const denied, deny = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: ", " with an explicit deny in an identity-based policy"
	const named = deny + ": arn:aws:iam::111122223333:policy/no"
	runRows(t, []row{
		{"rule 66: S3 names it", "AccessDenied", denied + `s3:ListBucket on resource: "arn:aws:s3:::bucket"` + named, func() error {
			_, err := alice.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
			return err
		}},
		{"rule 66: IAM names it", "AccessDenied", denied + "iam:GetUser on resource: user alice" + named, func() error {
			_, err := alice.iam.GetUser(ctx, &iam.GetUserInput{})
			return err
		}},
		{"rule 66: SQS does not", "AccessDenied", denied + "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111122223333:q" + deny, func() error {
			_, err := alice.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("m")})
			return err
		}},
		{"rule 66: STS does not", "AccessDenied", denied + "sts:AssumeRole on resource: arn:aws:iam::111122223333:role/r" + deny, func() error {
			_, err := alice.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), RoleSessionName: aws.String("s1")})
			return err
		}},
	})
}
