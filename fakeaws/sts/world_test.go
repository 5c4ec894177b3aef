package sts_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	accountID = worldtest.Account
	otherID   = worldtest.Other
	allowAll  = worldtest.AllowAll
	denyAll   = worldtest.DenyAll
)

var requireError = worldtest.RequireError

// A world is a World with two accounts, and clients of the World's own hand: of IAM
// in both, of STS in the first.
type world struct {
	*worldtest.World
	iam, otherIAM *iamsdk.Client
	sts           *sdk.Client
}

func newWorld(t testing.TB) *world { return newWorldAt(t, worldtest.InProcess) }

func newWorldAt(t testing.TB, door worldtest.Door) *world {
	t.Helper()
	w := worldtest.New(t, door,
		iam.Service,
		s3.Service,
		sts.Service,
	)
	return &world{
		World:    w,
		iam:      iamsdk.NewFromConfig(worldtest.FixtureConfig(w.World, accountID, worldtest.Region)),
		otherIAM: iamsdk.NewFromConfig(worldtest.FixtureConfig(w.World, otherID, worldtest.Region)),
		sts:      sdk.NewFromConfig(worldtest.FixtureConfig(w.World, accountID, worldtest.Region)),
	}
}

// eachDoor tells a story of a World through each door.
func eachDoor(t *testing.T, story func(*testing.T, *world)) {
	t.Helper()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) { story(t, newWorldAt(t, door)) })
}

// client is an SDK client whose calls go through the whole pipeline.
func (w *world) client(id, secret, token string) *sdk.Client {
	return sdk.NewFromConfig(w.Config(id, secret, token))
}

// with is the config of the credentials of an answer.
func (w *world) with(c *types.Credentials) aws.Config {
	return w.Config(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// session is a client with the credentials of an answer.
func (w *world) session(c *types.Credentials) *sdk.Client {
	return w.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// user makes a user of an account's IAM with an inline policy, if any, and returns a
// client.
func (w *world) user(t testing.TB, directory *iamsdk.Client, name, policy string) *sdk.Client {
	t.Helper()
	ctx := t.Context()
	_, err := directory.CreateUser(ctx, &iamsdk.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	if policy != "" {
		_, err := directory.PutUserPolicy(ctx, &iamsdk.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	key, err := directory.CreateAccessKey(ctx, &iamsdk.CreateAccessKeyInput{UserName: &name})
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
	out, err := w.iam.CreateRole(t.Context(), in)
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
