package kms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
)

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
)

// A cloud is a World with KMS, reached through the SDK's clients.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	return newCloudBy(t, worldtest.InProcess)
}

func newCloudBy(t testing.TB, door worldtest.Door, more ...fakeaws.Service) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	return &cloud{worldtest.New(t, door, append(more, kms.Service, users.Service())...), users}
}

// root is the root user of the account that owns the keys.
func (c *cloud) root() *awskms.Client { return awskms.NewFromConfig(c.RootConfig(owner)) }

func (c *cloud) provider(user *fakeaws.Credential) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(user.AccessKeyID, user.SecretAccessKey, "")
}

// user makes an IAM user with a policy, which may be empty.
func (c *cloud) user(account, name, policy string) *awskms.Client {
	return c.client(c.users.Add(c.World.World, account, name, policy))
}

func (c *cloud) client(user *fakeaws.Credential) *awskms.Client {
	return awskms.NewFromConfig(c.ConfigOf(c.provider(user)))
}

// in is a client in another region.
func in(region string) func(*awskms.Options) {
	return func(o *awskms.Options) { o.Region = region }
}

func (c *cloud) key(t testing.TB, change ...func(*awskms.CreateKeyInput)) *types.KeyMetadata {
	t.Helper()
	input := &awskms.CreateKeyInput{}
	for _, f := range change {
		f(input)
	}
	out, err := c.root().CreateKey(t.Context(), input)
	require.NoError(t, err)
	return out.KeyMetadata
}

func ofKind(s types.KeySpec, u types.KeyUsageType) func(*awskms.CreateKeyInput) {
	return func(in *awskms.CreateKeyInput) { in.KeySpec, in.KeyUsage = s, u }
}

func withPolicy(p string) func(*awskms.CreateKeyInput) {
	return func(in *awskms.CreateKeyInput) { in.Policy = &p }
}

// allow is a policy of one statement for IAM.
func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

// keyPolicy admits the account, and has more statements.
func keyPolicy(statements string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:root"},"Action":"kms:*","Resource":"*"}` + statements + `]}`
}

func requireCode(t testing.TB, err error, code string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
}
