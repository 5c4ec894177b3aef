package secretsmanager_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
	arnOf    = "arn:aws:secretsmanager:" + region + ":" + owner + ":secret:"
)

// A cloud is a World with Secrets Manager, reached through the SDK's clients.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	return newCloudBy(t, worldtest.InProcess)
}

func newCloudBy(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	return &cloud{worldtest.New(t, door, secretsmanager.Service, users.Service()), users}
}

// root is the root user of the account that owns the secrets.
func (c *cloud) root() *sm.Client { return sm.NewFromConfig(c.RootConfig(owner)) }

// user makes an IAM user with a policy, which may be empty.
func (c *cloud) user(account, name, policy string) *sm.Client {
	user := c.users.Add(c.World.World, account, name, policy)
	return sm.NewFromConfig(c.Config(user.AccessKeyID, user.SecretAccessKey, ""))
}

func in(client *sm.Client, region string) func(*sm.Options) {
	return func(o *sm.Options) { o.Region = region }
}

// statements is a policy document.
func statements(all ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(all, ",") + `]}`
}

func allow(action, resource string, more ...string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + strings.Join(append([]string{""}, more...), ",") + `}`
}

func deny(action, resource string, more ...string) string {
	return strings.Replace(allow(action, resource, more...), "Allow", "Deny", 1)
}

func condition(operator, key, value string) string {
	return `"Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}`
}

const kmsAnyway = `{"Effect":"Allow","Action":"kms:*","Resource":"*"}`

func create(t testing.TB, client *sm.Client, name, value string) *sm.CreateSecretOutput {
	t.Helper()
	out, err := client.CreateSecret(t.Context(), &sm.CreateSecretInput{Name: &name, SecretString: &value})
	require.NoError(t, err)
	return out
}

func get(t testing.TB, client *sm.Client, id string) (string, error) {
	t.Helper()
	out, err := client.GetSecretValue(t.Context(), &sm.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.SecretString), nil
}

func requireDenied(t testing.TB, err error, user, action, resource, reason string) {
	t.Helper()
	worldtest.RequireError(t, err, "AccessDeniedException",
		"User: arn:aws:iam::"+owner+":user/"+user+" is not authorized to perform: "+action+" on resource: "+resource+" "+reason)
}

func TestStory(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.root(), t.Context()
		made := create(t, root, "prod/db", "one")
		require.Regexp(t, "^"+arnOf+"prod/db-[A-Za-z0-9]{6}$", *made.ARN)
		partial := arnOf + "prod/db"
		for _, id := range []string{"prod/db", *made.ARN, partial} {
			value, err := get(t, root, id)
			require.NoError(t, err)
			assert.Equal(t, "one", value)
		}
		put, err := root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: &partial, SecretString: aws.String("two")})
		require.NoError(t, err)
		assert.Equal(t, []string{"AWSCURRENT"}, put.VersionStages)
		old, err := root.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: made.ARN, VersionStage: aws.String("AWSPREVIOUS")})
		require.NoError(t, err)
		assert.Equal(t, "one", *old.SecretString)
		assert.Equal(t, *made.VersionId, *old.VersionId)
		update, err := root.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: made.ARN, SecretBinary: []byte{1, 2}, Description: aws.String("the database")})
		require.NoError(t, err)
		got, err := root.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: made.ARN})
		require.NoError(t, err)
		assert.Equal(t, []byte{1, 2}, got.SecretBinary)
		assert.Nil(t, got.SecretString)
		described, err := root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: made.ARN})
		require.NoError(t, err)
		assert.Equal(t, "the database", *described.Description)
		assert.Equal(t, map[string][]string{*update.VersionId: {"AWSCURRENT"}, *put.VersionId: {"AWSPREVIOUS"}}, described.VersionIdsToStages)
		assert.Equal(t, region, *described.PrimaryRegion)
		assert.Nil(t, described.KmsKeyId)
		assert.Nil(t, described.RotationEnabled)
		versions, err := root.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: made.ARN})
		require.NoError(t, err)
		assert.Len(t, versions.Versions, 2)
		versions, err = root.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: made.ARN, IncludeDeprecated: aws.Bool(true)})
		require.NoError(t, err)
		assert.Len(t, versions.Versions, 3)
	})
}

func TestSecretsThatAreMissing(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root := c.root()
	made := create(t, root, "db", "x")
	create(t, root, "xyz-secret", "x")
	suffix := (*made.ARN)[len(*made.ARN)-6:]
	for _, id := range []string{"nothing", "db-" + suffix, arnOf + "nothing", arnOf + "db-AAAAAA", arnOf + "xyz-secret",
		strings.Replace(*made.ARN, region, "eu-west-1", 1), strings.Replace(*made.ARN, owner, stranger, 1)} {
		_, err := get(t, root, id)
		if strings.Contains(id, stranger) {
			var denied interface{ ErrorCode() string }
			require.ErrorAs(t, err, &denied)
			assert.Equal(t, "AccessDeniedException", denied.ErrorCode())
			continue
		}
		worldtest.RequireError(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	// Who may read secrets of the name learns that there is none; others are denied, and
	// the denial has the id as it was sent.
	reader := c.user(owner, "reader", statements(allow("secretsmanager:GetSecretValue", arnOf+"a-??????")))
	_, err := get(t, reader, "a")
	worldtest.RequireError(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	_, err = get(t, reader, "b")
	requireDenied(t, err, "reader", "secretsmanager:GetSecretValue", "b", "because no identity-based policy allows the secretsmanager:GetSecretValue action")
	_, err = get(t, reader, "db")
	requireDenied(t, err, "reader", "secretsmanager:GetSecretValue", "db", "because no identity-based policy allows the secretsmanager:GetSecretValue action")
	for _, id := range []string{"a b", "a*", "arn:aws:s3:::b", "arn:aws:secretsmanager:us-east-1:1:secret:x", "arn:", "é"} {
		_, err := get(t, root, id)
		worldtest.RequireError(t, err, "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
}

func TestDeletion(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	made := create(t, root, "db", "x")
	for _, days := range []int64{0, 6, 31} {
		_, err := root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: made.ARN, RecoveryWindowInDays: &days, ForceDeleteWithoutRecovery: aws.Bool(true)})
		worldtest.RequireError(t, err, "InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	_, err := root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: made.ARN, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true)})
	worldtest.RequireError(t, err, "InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	out, err := root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: made.ARN, RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(t, err)
	assert.WithinDuration(t, c.Clock().Now().AddDate(0, 0, 7), *out.DeletionDate, time.Minute)
	_, err = get(t, root, "db")
	worldtest.RequireError(t, err, "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
	_, err = root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("db")})
	worldtest.RequireError(t, err, "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
	described, err := root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	assert.NotNil(t, described.DeletedDate)
	_, err = root.RestoreSecret(ctx, &sm.RestoreSecretInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	value, err := get(t, root, "db")
	require.NoError(t, err)
	assert.Equal(t, "x", value)

	_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: made.ARN})
	require.NoError(t, err)
	c.Clock().Advance(30*24*time.Hour - time.Minute)
	_, err = root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	c.Clock().Advance(time.Minute)
	_, err = root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
	worldtest.RequireError(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

	// Without recovery the name is free a moment later, and another secret has another ARN.
	again := create(t, root, "db", "y")
	assert.NotEqual(t, *made.ARN, *again.ARN)
	for range 2 {
		_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: again.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
		require.NoError(t, err)
	}
	_, err = root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("db")})
	worldtest.RequireError(t, err, "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
	_, err = root.RestoreSecret(ctx, &sm.RestoreSecretInput{SecretId: aws.String("db")})
	worldtest.RequireError(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	c.Clock().Advance(2 * time.Second)
	_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: again.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
	require.NoError(t, err, "of a secret that does not exist")
	create(t, root, "db", "z")
}

func TestTokensMakeCallsIdempotent(t *testing.T) {
	t.Parallel()
	root, ctx := newCloud(t).root(), t.Context()
	token := aws.String(strings.Repeat("t", 32))
	in := &sm.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("x"), ClientRequestToken: token}
	first, err := root.CreateSecret(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, *token, *first.VersionId)
	second, err := root.CreateSecret(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, *first.ARN, *second.ARN)
	in.SecretString = aws.String("y")
	_, err = root.CreateSecret(ctx, in)
	worldtest.RequireError(t, err, "ResourceExistsException", "The operation failed because the secret db already exists.")
	_, err = root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("x"), ClientRequestToken: token})
	require.NoError(t, err)
	used := "You can't use ClientRequestToken " + *token + " because that value is already in use for a version of secret " + *first.ARN + "."
	_, err = root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretBinary: []byte("x"), ClientRequestToken: token})
	worldtest.RequireError(t, err, "ResourceExistsException", used)
	_, err = root.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: aws.String("db"), SecretString: aws.String("x"), ClientRequestToken: token})
	worldtest.RequireError(t, err, "ResourceExistsException", used)
	_, err = root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("x"), SecretBinary: []byte("x")})
	worldtest.RequireError(t, err, "InvalidParameterException", "You can't specify both a binary secret value and a string secret value in the same secret.")
}

func TestLists(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	for i, name := range []string{"a/one", "a/two", "b/MyDatabase892"} {
		c.Clock().Advance(time.Second)
		_, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: &name, Description: aws.String("Secret of " + name),
			Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String([]string{"red", "blue", "blue"}[i])}}})
		require.NoError(t, err)
	}
	names := func(in *sm.ListSecretsInput) (all []string) {
		t.Helper()
		p := sm.NewListSecretsPaginator(root, in)
		for p.HasMorePages() {
			out, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, s := range out.SecretList {
				all = append(all, *s.Name)
			}
		}
		return all
	}
	by := func(key types.FilterNameStringType, values ...string) *sm.ListSecretsInput {
		return &sm.ListSecretsInput{SortBy: types.SortByTypeName, SortOrder: types.SortOrderTypeAsc, Filters: []types.Filter{{Key: key, Values: values}}}
	}
	assert.Equal(t, []string{"b/MyDatabase892", "a/two", "a/one"}, names(&sm.ListSecretsInput{MaxResults: aws.Int32(1)}))
	assert.Equal(t, []string{"a/one", "a/two", "b/MyDatabase892"}, names(&sm.ListSecretsInput{MaxResults: aws.Int32(2), SortOrder: types.SortOrderTypeAsc}))
	assert.Equal(t, []string{"b/MyDatabase892", "a/two", "a/one"}, names(&sm.ListSecretsInput{SortBy: types.SortByTypeName, SortOrder: types.SortOrderTypeDesc, MaxResults: aws.Int32(2)}))
	for _, x := range []struct {
		in   *sm.ListSecretsInput
		want []string
	}{
		{by("name", "a/"), []string{"a/one", "a/two"}},
		{by("name", "A/"), nil},
		{by("name", "!a/"), []string{"b/MyDatabase892"}},
		{by("name", "a/o", "b"), []string{"a/one", "b/MyDatabase892"}},
		{by("description", "secret of b"), []string{"b/MyDatabase892"}},
		{by("tag-key", "Te"), []string{"a/one", "a/two", "b/MyDatabase892"}},
		{by("tag-key", "te"), nil},
		{by("tag-value", "bl"), []string{"a/two", "b/MyDatabase892"}},
		{by("primary-region", "us-"), []string{"a/one", "a/two", "b/MyDatabase892"}},
		{by("owning-service", "rds"), nil},
		{by("all", "DATABASE"), []string{"b/MyDatabase892"}},
		{by("all", "two 892"), []string{"a/two", "b/MyDatabase892"}},
		{by("all", "RED"), []string{"a/one"}},
	} {
		assert.Equal(t, x.want, names(x.in), "%v", x.in.Filters)
	}
	_, err := root.ListSecrets(ctx, &sm.ListSecretsInput{NextToken: aws.String("x")})
	worldtest.RequireError(t, err, "InvalidNextTokenException", "Invalid NextToken.")
	_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("a/one")})
	require.NoError(t, err)
	assert.Equal(t, []string{"a/two"}, names(by("name", "a/")))
	planned := by("name", "a/")
	planned.IncludePlannedDeletion = aws.Bool(true)
	assert.Equal(t, []string{"a/one", "a/two"}, names(planned))
}
