package iam_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	accountID = "111122223333"
	otherID   = "444455556666"
	allowAll  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	trustEC2  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
)

// A world is a World with two accounts, and the first one's IAM.
type world struct {
	*fakeaws.World
	iam  *iam.Service
	root context.Context
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := fakeaws.NewWorld(fakeaws.Config{Services: []fakeaws.Registration{
		{Name: "iam", New: func(w *fakeaws.World) fakeaws.Service { return iam.New(w) }},
		{Name: "sts", New: func(w *fakeaws.World) fakeaws.Service { return sts.New(w) }},
	}})
	for _, id := range []string{accountID, otherID} {
		_, err := w.AddAccount(id, "", "")
		require.NoError(t, err)
	}
	return &world{World: w, iam: w.Service("iam").(*iam.Service), root: w.Background(accountID, "us-east-1")}
}

// client is an SDK client whose calls go through the whole pipeline.
func (w *world) client(c *fakeaws.Credential) *sdk.Client {
	return sdk.New(sdk.Options{
		Region:     "us-east-1",
		HTTPClient: w.Door(),
		Retryer:    aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
		}),
		// What the service answers to input that the client would refuse. Not
		// every operation has input that it checks.
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			_, _ = s.Initialize.Remove("OperationInputValidation")
			return nil
		}},
	})
}

// user makes a user with inline policies and returns a client with its key.
func (w *world) user(t testing.TB, name string, policies ...string) *sdk.Client {
	t.Helper()
	_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	for i, p := range policies {
		_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{
			UserName: &name, PolicyName: aws.String(string(rune('a' + i))), PolicyDocument: &p,
		})
		require.NoError(t, err)
	}
	key, err := w.iam.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	c, ok := w.Credential(*key.AccessKey.AccessKeyId)
	require.True(t, ok)
	return w.client(c)
}

// policy makes a managed policy and returns its ARN.
func (w *world) policy(t testing.TB, name, document string) string {
	t.Helper()
	out, err := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
	require.NoError(t, err)
	return *out.Policy.Arn
}

func (w *world) role(t testing.TB, name string) {
	t.Helper()
	_, err := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2)})
	require.NoError(t, err)
}

func (w *world) group(t testing.TB, name string) {
	t.Helper()
	_, err := w.iam.CreateGroup(w.root, &sdk.CreateGroupInput{GroupName: &name})
	require.NoError(t, err)
}

// requireError requires AWS's error with that code and message.
func requireError(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}
