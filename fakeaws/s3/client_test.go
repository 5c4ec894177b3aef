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

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

const (
	owner    = "111122223333"
	stranger = "444455556666"
)

// directory is an IAM of one user, whom a policy may be given.
type directory struct {
	policies []*enforce.Policy
	// asked is done when the policies of a call are asked for: between its plan and
	// what the plan does.
	asked func()
}

func (d *directory) Ops() []fakeaws.Op { return nil }

func (d *directory) Denied(*fakeaws.Call, *fakeaws.Need, *enforce.Decision) error { return nil }

func (d *directory) Policies(_ *fakeaws.Caller, set *enforce.PolicySet, _ func(key, value string)) bool {
	set.Identity = append(set.Identity, d.policies...)
	if d.asked != nil {
		d.asked()
	}
	return true
}

func (d *directory) Role(string) (fakeaws.Role, bool) { return fakeaws.Role{}, false }

func (d *directory) ManagedPolicy(string) (*enforce.Policy, bool) { return nil, false }

func (d *directory) MFACode(*fakeaws.Caller, string, string, bool) fakeaws.MFAResult {
	return fakeaws.MFAUnknownDevice
}

// An account is S3 as its clients see it.
type account struct {
	t testing.TB
	entrance
	world *fakeaws.World
	iam   *directory
	// root is the client of the owner's root user, user of an IAM user of the
	// same account.
	root, user *awss3.Client
}

// newAccount is an account whose clients stay in the process.
func newAccount(t testing.TB) *account {
	t.Helper()
	return newAccountBy(t, way{})
}

func newAccountBy(t testing.TB, w way) *account {
	t.Helper()
	a := &account{t: t, iam: new(directory)}
	a.world = fakeaws.NewWorld(fakeaws.Config{Services: []fakeaws.Service{
		s3.Service,
		s3.ControlService,
		sqs.Service,
		{Name: "iam", New: func(*fakeaws.World) fakeaws.Fake { return a.iam }},
	}})
	a.entrance = a.enter(w)
	acct, err := a.world.AddAccount(owner, "", "")
	require.NoError(t, err)
	a.root = a.client(acct.Root)
	user := &fakeaws.Credential{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret", Caller: &fakeaws.Caller{Principal: enforce.Principal{
		Type: enforce.User, Account: owner, ARN: "arn:aws:iam::" + owner + ":user/reader", UserName: "reader"}}}
	a.world.SetCredential(user)
	a.user = a.client(user)
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
	a.iam.policies = []*enforce.Policy{enforce.MustParse(`{"Version":"2012-10-17","Statement":[`+statements+`]}`, enforce.IdentityPolicy)}
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
