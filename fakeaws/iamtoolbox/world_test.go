package iamtoolbox_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	s3sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	sqssdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	stssdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	accountID = worldtest.Account
	otherID   = worldtest.Other
)

// withoutDetails are the services of a World that tells no details.
var withoutDetails = []fakeaws.Service{iam.Service, sts.Service, s3.Service, sqs.Service, organizations.Service}

// A world is a World with authorization details and two accounts, in the first of which
// are a user alice, a bucket with an object, and a queue.
type world struct {
	*worldtest.World
	iam   *iamsdk.Client // of the World's own hand, as the following
	s3    *s3sdk.Client
	sqs   *sqssdk.Client
	root  *iamtoolbox.Client // signed
	alice aws.Config
}

const (
	bucket    = "target"
	aliceARN  = "arn:aws:iam::" + accountID + ":user/alice"
	queueARN  = "arn:aws:sqs:us-east-1:" + accountID + ":target"
	policyARN = "arn:aws:iam::" + accountID + ":policy/"
	bucketARN = "arn:aws:s3:::" + bucket
	objectARN = bucketARN + "/key"
	queueURL  = "https://sqs.us-east-1.amazonaws.com/" + accountID + "/target"
)

func newWorld(t testing.TB, door worldtest.Door) *world {
	return newWorldOf(t, door, append([]fakeaws.Service{iamtoolbox.Service}, withoutDetails...)...)
}

func newWorldOf(t testing.TB, door worldtest.Door, services ...fakeaws.Service) *world {
	t.Helper()
	ctx := t.Context()
	made := worldtest.New(t, door, services...)
	config := worldtest.FixtureConfig(made.World, accountID, worldtest.Region)
	w := &world{
		World: made, iam: iamsdk.NewFromConfig(config), s3: s3sdk.NewFromConfig(config), sqs: sqssdk.NewFromConfig(config),
		root: iamtoolbox.NewFromConfig(made.RootConfig(accountID)),
	}
	w.alice = w.user(t, "alice", "")
	_, err := w.s3.CreateBucket(ctx, &s3sdk.CreateBucketInput{Bucket: aws.String(bucket)})
	require.NoError(t, err)
	_, err = w.s3.PutObject(ctx, &s3sdk.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), Body: strings.NewReader("data")})
	require.NoError(t, err)
	_, err = w.sqs.CreateQueue(ctx, &sqssdk.CreateQueueInput{QueueName: aws.String("target")})
	require.NoError(t, err)
	return w
}

// user makes a user of the first account with an inline policy, if any.
func (w *world) user(t testing.TB, name, policy string) aws.Config {
	t.Helper()
	_, err := w.iam.CreateUser(t.Context(), &iamsdk.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	if policy != "" {
		w.inline(t, name, policy)
	}
	key, err := w.iam.CreateAccessKey(t.Context(), &iamsdk.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	return w.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
}

func (w *world) inline(t testing.TB, user, policy string) {
	t.Helper()
	_, err := w.iam.PutUserPolicy(t.Context(), &iamsdk.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("own"), PolicyDocument: &policy})
	require.NoError(t, err)
}

// managed attaches a managed policy to alice.
func (w *world) managed(t testing.TB, name, policy string) {
	t.Helper()
	made, err := w.iam.CreatePolicy(t.Context(), &iamsdk.CreatePolicyInput{PolicyName: &name, PolicyDocument: &policy})
	require.NoError(t, err)
	_, err = w.iam.AttachUserPolicy(t.Context(), &iamsdk.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: made.Policy.Arn})
	require.NoError(t, err)
}

// The calls of alice, or of whom a config signs as.

func getObject(t testing.TB, config aws.Config) error {
	_, err := s3sdk.NewFromConfig(config, func(o *s3sdk.Options) { o.UsePathStyle = true }).GetObject(t.Context(), &s3sdk.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
	return err
}

func sendMessage(t testing.TB, config aws.Config) error {
	_, err := sqssdk.NewFromConfig(config).SendMessage(t.Context(), &sqssdk.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hello")})
	return err
}

func listUsers(t testing.TB, config aws.Config) error {
	_, err := iamsdk.NewFromConfig(config).ListUsers(t.Context(), &iamsdk.ListUsersInput{})
	return err
}

// assume assumes a role of an account.
func assume(t testing.TB, config aws.Config, account, role string, policy *string) (aws.Config, error) {
	out, err := stssdk.NewFromConfig(config).AssumeRole(t.Context(), &stssdk.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + role), RoleSessionName: aws.String("session"), Policy: policy,
	})
	if err != nil {
		return aws.Config{}, err
	}
	c := out.Credentials
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}, nil
	})
	return config, nil
}

// sentence is what the text of a denial ends with.
var sentence = regexp.MustCompile(`\. Go to https://us-east-1\.console\.aws\.amazon\.com/iam/home\?region=us-east-1#/authorization-details/([0-9a-z]{27}) for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: ([0-9a-z]{27})$`)

// cut takes the text of a denial apart; the id is empty where it gives none.
func cut(t testing.TB, err error) (text, id string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	m := sentence.FindStringSubmatch(api.ErrorMessage())
	if m == nil {
		return api.ErrorMessage(), ""
	}
	assert.Equal(t, m[1], m[2])
	return api.ErrorMessage()[:len(api.ErrorMessage())-len(m[0])], m[1]
}

// idOf is the authorization id that a denial gives.
func idOf(t testing.TB, err error) string {
	t.Helper()
	text, id := cut(t, err)
	require.NotEmpty(t, id, text)
	return id
}

func (w *world) details(t testing.TB, err error) *iamtoolbox.GetRequestAuthorizationDetailsOutput {
	t.Helper()
	id := idOf(t, err)
	out, err := w.root.GetRequestAuthorizationDetails(t.Context(), &iamtoolbox.GetRequestAuthorizationDetailsInput{AuthorizationId: &id})
	require.NoError(t, err)
	return out
}

// text is a condition key whose value is one text.
func text(t testing.TB, keys map[string]json.RawMessage, key string) (value string) {
	t.Helper()
	require.Contains(t, keys, key)
	require.NoError(t, json.Unmarshal(keys[key], &value))
	return value
}
