package kms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awssecrets "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// Topics and secrets of a key that is disabled cannot be used, and who may not use the key
// learns nothing of that.
func TestTopicsAndSecretsOfADisabledKey(t *testing.T) {
	t.Parallel()
	c := newCloudBy(t, worldtest.InProcess, sns.Service, secretsmanager.Service)
	ctx, key, cfg := t.Context(), c.key(t), c.RootConfig(owner)
	topics, secrets := awssns.NewFromConfig(cfg), awssecrets.NewFromConfig(cfg)
	topic, err := topics.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("orders"), Attributes: map[string]string{"KmsMasterKeyId": *key.KeyId}})
	require.NoError(t, err)
	_, err = secrets.CreateSecret(ctx, &awssecrets.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("x"), KmsKeyId: key.KeyId})
	require.NoError(t, err)
	publish := &awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("x")}
	_, err = topics.Publish(ctx, publish)
	require.NoError(t, err)

	_, err = c.root().DisableKey(ctx, &awskms.DisableKeyInput{KeyId: key.KeyId})
	require.NoError(t, err)
	_, err = topics.Publish(ctx, publish)
	code, text := errorOf(t, err)
	assert.Equal(t, "KMSDisabled", code)
	assert.Contains(t, text, *key.Arn+" is disabled.")
	_, err = secrets.GetSecretValue(ctx, &awssecrets.GetSecretValueInput{SecretId: aws.String("db")})
	code, _ = errorOf(t, err)
	assert.Equal(t, "DecryptionFailure", code)
	_, err = secrets.PutSecretValue(ctx, &awssecrets.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("y")})
	code, _ = errorOf(t, err)
	assert.Equal(t, "EncryptionFailure", code)

	user := c.users.Add(c.World.World, owner, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["sns:*","secretsmanager:*"],"Resource":"*"}}`)
	config := c.ConfigOf(c.provider(user))
	_, err = awssns.NewFromConfig(config).Publish(ctx, publish)
	code, _ = errorOf(t, err)
	assert.Equal(t, "KMSAccessDenied", code)
	_, err = awssecrets.NewFromConfig(config).PutSecretValue(ctx, &awssecrets.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("y")})
	code, text = errorOf(t, err)
	assert.Equal(t, "AccessDeniedException", code)
	assert.Contains(t, text, "KMS")
}
