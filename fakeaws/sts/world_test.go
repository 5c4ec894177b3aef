package sts_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
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
	denyAll   = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
)

// A world is a World with two accounts.
type world struct {
	*fakeaws.World
	iam         *iam.Service
	sts         *sts.Service
	root, other context.Context
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := fakeaws.NewWorld(fakeaws.Config{
		Services: []fakeaws.Registration{
			{Name: "iam", New: func(w *fakeaws.World) fakeaws.Service { return iam.New(w) }},
			{Name: "sts", New: func(w *fakeaws.World) fakeaws.Service { return sts.New(w) }},
		},
	})
	for _, id := range []string{accountID, otherID} {
		_, err := w.AddAccount(id, "", "")
		require.NoError(t, err)
	}
	return &world{
		World: w, iam: w.Service("iam").(*iam.Service), sts: w.Service("sts").(*sts.Service),
		root: w.Background(accountID, "us-east-1"), other: w.Background(otherID, "us-east-1"),
	}
}

// client is an SDK client whose calls go through the whole pipeline.
func (w *world) client(id, secret, token string) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: "us-east-1", HTTPClient: w.Door(), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
		}),
		// What the service answers to input that the client would refuse. Not
		// every operation has input that it checks.
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			_, _ = s.Initialize.Remove("OperationInputValidation")
			return nil
		}},
	})
}

// session is a client with the credentials of an answer.
func (w *world) session(c *types.Credentials) *sdk.Client {
	return w.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// user makes a user with an inline policy, if any, and returns a client.
func (w *world) user(ctx context.Context, t testing.TB, name, policy string) *sdk.Client {
	t.Helper()
	_, err := w.iam.CreateUser(ctx, &iamsdk.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	if policy != "" {
		_, err := w.iam.PutUserPolicy(ctx, &iamsdk.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	key, err := w.iam.CreateAccessKey(ctx, &iamsdk.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	return w.client(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
}

// role makes a role with a trust policy and returns its ARN.
func (w *world) role(t testing.TB, name, trust string, tags ...string) string {
	t.Helper()
	in := &iamsdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}
	for i := 0; i < len(tags); i += 2 {
		in.Tags = append(in.Tags, iamtypes.Tag{Key: &tags[i], Value: &tags[i+1]})
	}
	out, err := w.iam.CreateRole(w.root, in)
	require.NoError(t, err)
	return *out.Role.Arn
}

// trust is a trust policy for a principal, with a condition or "".
func trust(actions, principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":{` + condition + `}`
	}
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":[` + actions + `]` + condition + `}}`
}

const (
	assume = `"sts:AssumeRole"`
	every  = `"sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"`
	alice  = "arn:aws:iam::111122223333:user/alice"
)

func input(role string, change ...func(*sdk.AssumeRoleInput)) *sdk.AssumeRoleInput {
	in := &sdk.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("session")}
	for _, f := range change {
		f(in)
	}
	return in
}

func tags(pairs ...string) func(*sdk.AssumeRoleInput) {
	return func(in *sdk.AssumeRoleInput) {
		for i := 0; i < len(pairs); i += 2 {
			in.Tags = append(in.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
	}
}

func transitive(keys ...string) func(*sdk.AssumeRoleInput) {
	return func(in *sdk.AssumeRoleInput) { in.TransitiveTagKeys = keys }
}

func seconds(n int32) func(*sdk.AssumeRoleInput) {
	return func(in *sdk.AssumeRoleInput) { in.DurationSeconds = &n }
}

func identity(name string) func(*sdk.AssumeRoleInput) {
	return func(in *sdk.AssumeRoleInput) { in.SourceIdentity = &name }
}

func denied(user, action, role string) string {
	return "User: " + user + " is not authorized to perform: sts:" + action + " on resource: " + role
}

// requireLife requires an expiry so long from now, in whole seconds.
func (w *world) requireLife(t testing.TB, life time.Duration, expires *time.Time) {
	t.Helper()
	require.WithinDuration(t, w.Clock().Now().Add(life), *expires, 10*time.Second)
	require.Zero(t, expires.Nanosecond())
}

// requireError requires AWS's error with that code and message.
func requireError(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}
