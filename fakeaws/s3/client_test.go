package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
)

// An account is S3 as its clients see it.
type account struct {
	t testing.TB
	entrance
	world *fakeaws.World
	users *worldtest.Users
	// root is the client of the owner's root user, user of an IAM user of the
	// same account.
	root, user *awss3.Client
	reader     *fakeaws.Credential // of user
}

// newAccount is an account whose clients stay in the process.
func newAccount(t testing.TB) *account {
	t.Helper()
	return newAccountBy(t, way{})
}

func newAccountBy(t testing.TB, w way) *account {
	t.Helper()
	a := &account{t: t, users: worldtest.NewUsers()}
	a.world = worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{
		s3.Service, s3.ControlService, sqs.Service, a.users.Service(),
	}}, owner)
	a.entrance = a.enter(w)
	acct, _ := a.world.Account(owner)
	a.root = a.client(acct.Root)
	a.reader = a.users.Add(a.world, owner, "reader", "")
	a.user = a.client(a.reader)
	return a
}

func (a *account) client(c *fakeaws.Credential) *awss3.Client {
	return a.clientWith(credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken))
}

func (a *account) anonymous() *awss3.Client { return a.clientWith(aws.AnonymousCredentials{}) }

// clientWith is a client as config.LoadDefaultConfig would make it: with
// checksums, which a literal aws.Config has not.
func (a *account) clientWith(c aws.CredentialsProvider) *awss3.Client {
	return awss3.NewFromConfig(aws.Config{
		Region:                     "us-east-1",
		Credentials:                c,
		APIOptions:                 []func(*middleware.Stack) error{sdkclient.SignAt(a.world.Clock())},
		Retryer:                    func() aws.Retryer { return aws.NopRetryer{} },
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}, a.entrance.s3)
}

// allow gives the user a policy in place of any other.
func (a *account) allow(statements string) {
	a.users.SetPolicy(a.reader, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
}

func (a *account) bucket(name string) {
	a.t.Helper()
	_, err := a.root.CreateBucket(a.t.Context(), &awss3.CreateBucketInput{Bucket: &name})
	require.NoError(a.t, err)
}

func (a *account) put(bucket, key, data string) {
	a.t.Helper()
	_, err := a.root.PutObject(a.t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(data)})
	require.NoError(a.t, err)
}

func requireAPIError(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	if message != "" {
		require.Equal(t, message, api.ErrorMessage())
	}
}
