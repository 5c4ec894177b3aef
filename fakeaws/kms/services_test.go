package kms_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
)

// errorOf is AWS's code and text of an error.
func errorOf(t *testing.T, err error) (code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api.ErrorCode(), api.ErrorMessage()
}

// S3 and SQS encrypt with a key that a client made, by its policies, its grants and its
// state, which only who may use it learns.
func TestOtherServices(t *testing.T) {
	t.Parallel()
	c := newCloudBy(t, worldtest.InProcess, s3.Service, sqs.Service)
	ctx, root := t.Context(), c.root()
	key := c.key(t)
	cfg := c.RootConfig(owner)
	_, err := awss3.NewFromConfig(cfg).CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("reports")})
	require.NoError(t, err)
	queue, err := awssqs.NewFromConfig(cfg).CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"KmsMasterKeyId": *key.KeyId}})
	require.NoError(t, err)

	user := c.users.Add(c.World.World, owner, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","sqs:*"],"Resource":"*"}}`)
	config := c.ConfigOf(c.provider(user))
	put := func() error {
		_, err := awss3.NewFromConfig(config).PutObject(ctx, &awss3.PutObjectInput{
			Bucket: aws.String("reports"), Key: aws.String("a"), Body: strings.NewReader("x"), ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: key.Arn,
		})
		return err
	}
	get := func() error {
		_, err := awss3.NewFromConfig(config).GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("a")})
		return err
	}
	send := func() error {
		_, err := awssqs.NewFromConfig(config).SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("x")})
		return err
	}
	receive := func() error {
		_, err := awssqs.NewFromConfig(config).ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
		return err
	}
	refused := func(s3Code, sqsCode, text string) {
		t.Helper()
		for want, calls := range map[string][]func() error{s3Code: {put, get}, sqsCode: {send, receive}} {
			for _, call := range calls {
				code, message := errorOf(t, call())
				assert.Equal(t, want, code)
				assert.Contains(t, message, text)
			}
		}
	}
	code, _ := errorOf(t, put())
	assert.Equal(t, "AccessDenied", code)
	code, _ = errorOf(t, send())
	assert.Equal(t, "KMS.AccessDeniedException", code)

	c.grant(t, key, userARN(owner, "alice"), &types.GrantConstraints{EncryptionContextSubset: map[string]string{"aws:s3:arn": "arn:aws:s3:::reports/a"}}, types.GrantOperationGenerateDataKey, types.GrantOperationDecrypt)
	require.NoError(t, put())
	require.NoError(t, get())
	code, _ = errorOf(t, send()) // the constraint is that of the object
	assert.Equal(t, "KMS.AccessDeniedException", code)
	c.grant(t, key, userARN(owner, "alice"), nil, types.GrantOperationGenerateDataKey, types.GrantOperationDecrypt)
	require.NoError(t, send())
	require.NoError(t, receive())

	_, err = root.DisableKey(ctx, &awskms.DisableKeyInput{KeyId: key.KeyId})
	require.NoError(t, err)
	refused("KMS.DisabledException", "KMS.DisabledException", *key.Arn+" is disabled.")
	_, err = root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: key.KeyId})
	require.NoError(t, err)
	refused("KMS.KMSInvalidStateException", "KMS.InvalidStateException", *key.Arn+" is pending deletion.")
	for _, g := range mustGrants(t, root, key) {
		_, err = root.RevokeGrant(ctx, &awskms.RevokeGrantInput{KeyId: key.KeyId, GrantId: g.GrantId})
		require.NoError(t, err)
	}
	refused("AccessDenied", "KMS.AccessDeniedException", "not authorized to perform")
}

func mustGrants(t *testing.T, client *awskms.Client, key *types.KeyMetadata) []types.GrantListEntry {
	t.Helper()
	out, err := client.ListGrants(context.Background(), &awskms.ListGrantsInput{KeyId: key.KeyId})
	require.NoError(t, err)
	return out.Grants
}

// The key that S3 has in an account is listed once it is there, and nobody changes it.
func TestManagedKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	described, err := root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
	require.NoError(t, err)
	key := described.KeyMetadata
	assert.Equal(t, types.KeyManagerTypeAws, key.KeyManager)
	keys, err := root.ListKeys(ctx, &awskms.ListKeysInput{})
	require.NoError(t, err)
	require.Len(t, keys.Keys, 1)
	assert.Equal(t, key.Arn, keys.Keys[0].KeyArn)
	aliases, err := root.ListAliases(ctx, &awskms.ListAliasesInput{KeyId: key.KeyId})
	require.NoError(t, err)
	require.Len(t, aliases.Aliases, 1)
	assert.Equal(t, "alias/aws/s3", *aliases.Aliases[0].AliasName)
	rotation, err := root.GetKeyRotationStatus(ctx, &awskms.GetKeyRotationStatusInput{KeyId: key.KeyId})
	require.NoError(t, err)
	assert.True(t, rotation.KeyRotationEnabled)
	for _, in := range []any{
		&awskms.PutKeyPolicyInput{KeyId: key.KeyId, Policy: aws.String(keyPolicy(""))}, &awskms.ScheduleKeyDeletionInput{KeyId: key.KeyId},
		&awskms.DisableKeyInput{KeyId: key.KeyId}, &awskms.CreateAliasInput{AliasName: aws.String("alias/x"), TargetKeyId: key.KeyId},
		&awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x")}, // only through S3
		&awskms.CreateGrantInput{KeyId: key.KeyId, GranteePrincipal: aws.String("arn:aws:iam::" + owner + ":root"), Operations: []types.GrantOperation{types.GrantOperationDecrypt}},
		&awskms.TagResourceInput{KeyId: key.KeyId, Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("b")}}},
	} {
		requireCode(t, send(ctx, root, in), "AccessDeniedException")
	}
	requireCode(t, send(ctx, root, &awskms.DeleteAliasInput{AliasName: aws.String("alias/aws/s3")}), "NotAuthorizedException")
}

// Only services of AWS have keys in an account, and only calls of the account make them: an
// alias that a caller makes up neither writes the key policy nor fills the account.
func TestManagedKeysOfNoService(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	admin := c.client(c.users.Add(c.World.World, stranger, "foreign", allowAll([]string{"kms:*"})))
	for _, alias := range []string{"alias/aws/", "alias/aws/nothing", "alias/aws/S3", `alias/aws/x"`, `alias/aws/x"}}},{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"},{"Sid":"`} {
		requireCode(t, send(ctx, root, &awskms.DescribeKeyInput{KeyId: &alias}), "NotFoundException")
	}
	arn := fakeaws.ARN("kms", region, owner, "alias/aws/s3")
	requireCode(t, send(ctx, admin, &awskms.DescribeKeyInput{KeyId: &arn}), "AccessDeniedException")
	keys, err := root.ListKeys(ctx, &awskms.ListKeysInput{})
	require.NoError(t, err)
	assert.Empty(t, keys.Keys)
}

// A service has no account, which all that it is not given would be of.
func TestServicesHaveNoKeys(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := awskms.NewFromConfig(worldtest.DoConfig(s.World.World, fakeaws.ServiceCall{Principal: "s3.amazonaws.com", Region: region}.Actor()))
	for _, c := range s.calls() {
		require.Error(t, send(t.Context(), service, c.in), c.operation())
	}
	for _, id := range []string{"alias/aws/s3", "alias/app", *s.key.KeyId} {
		requireCode(t, send(t.Context(), service, &awskms.DescribeKeyInput{KeyId: &id}), "AccessDeniedException")
	}
}

// A clone has the keys, and what becomes of them there is not here.
func TestClone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ctx := t.Context()
	clone := worldtest.Clone(t, s.World.World)
	there := awskms.NewFromConfig(clone.RootConfig(owner))
	opened, err := there.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: s.blob})
	require.NoError(t, err)
	assert.Equal(t, "x", string(opened.Plaintext))
	for _, in := range []any{
		&awskms.UpdatePrimaryRegionInput{KeyId: s.mrk.KeyId, PrimaryRegion: aws.String("eu-west-1")},
		&awskms.RevokeGrantInput{KeyId: s.key.KeyId, GrantId: s.grant.GrantId},
		&awskms.UpdateAliasInput{AliasName: aws.String("alias/app"), TargetKeyId: s.mrk.KeyId},
		&awskms.DisableKeyInput{KeyId: s.key.KeyId},
		&awskms.RotateKeyOnDemandInput{KeyId: s.key.KeyId},
	} {
		if err := send(ctx, there, in); err != nil {
			code, _ := errorOf(t, err)
			require.Equal(t, "DisabledException", code)
		}
	}
	described, err := s.root().DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: aws.String("alias/app")})
	require.NoError(t, err)
	assert.Equal(t, s.key.Arn, described.KeyMetadata.Arn)
	assert.True(t, described.KeyMetadata.Enabled)
	assert.Len(t, mustGrants(t, s.root(), s.key), 1)
	primary, err := s.root().DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: s.mrk.KeyId})
	require.NoError(t, err)
	assert.Equal(t, types.MultiRegionKeyTypePrimary, primary.KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType)
	changed, err := there.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: s.mrk.KeyId})
	require.NoError(t, err)
	assert.Equal(t, types.MultiRegionKeyTypeReplica, changed.KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType)
}
