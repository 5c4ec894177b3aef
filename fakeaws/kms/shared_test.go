package kms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
)

// A question about a key is answered as the call is: another account may not do what is the
// owner's alone, and a key policy lets nobody retire a grant.
func TestQuestionsAboutKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key := c.key(t, withPolicy(keyPolicy(`,{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}`)))
	bob := c.users.Add(c.World.World, stranger, "bob", allow("kms:*", "*"))
	carl, admin := c.users.Add(c.World.World, owner, "carl", ""), c.users.Add(c.World.World, owner, "admin", allow("kms:*", "*"))
	may := func(user *fakeaws.Credential, action string) bool {
		answer, err := c.Ask(t.Context(), &fakeaws.Question{AccessKeyID: user.AccessKeyID, Action: action, Resource: *key.Arn})
		require.NoError(t, err)
		return answer.Allowed()
	}
	for action, theirs := range map[string]bool{
		"kms:Encrypt": true, "kms:ListGrants": true, "kms:GetPublicKey": true, "kms:DisableKey": false, "kms:PutKeyPolicy": false,
		"kms:GetKeyPolicy": false, "kms:ReplicateKey": false, "kms:TagResource": false, "kms:ScheduleKeyDeletion": false,
	} {
		assert.Equal(t, theirs, may(bob, action), action)
		assert.True(t, may(carl, action), action)
	}
	_, err := c.client(bob).DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: key.Arn})
	requireCode(t, err, "AccessDeniedException")

	g := c.grant(t, key, userARN(owner, "admin"), nil, types.GrantOperationEncrypt)
	retire := func(user *fakeaws.Credential) error {
		_, err := c.client(user).RetireGrant(t.Context(), &awskms.RetireGrantInput{KeyId: key.Arn, GrantId: g.GrantId})
		return err
	}
	for _, user := range []*fakeaws.Credential{bob, carl} {
		assert.False(t, may(user, "kms:RetireGrant"))
		requireCode(t, retire(user), "AccessDeniedException")
	}
	assert.True(t, may(admin, "kms:RetireGrant"))
	require.NoError(t, retire(admin))
}

// KMS takes nobody without credentials, whatever the policies of the queue and of its key say.
func TestAnonymousCallers(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door, sqs.Service)
		ctx, client := t.Context(), awssqs.NewFromConfig(c.RootConfig(owner))
		anybody := awssqs.NewFromConfig(c.ConfigOf(aws.AnonymousCredentials{}))
		key := c.key(t, withPolicy(keyPolicy(`,{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}`)))
		policy := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}}`
		send := func(name, keyID string) error {
			queue, err := client.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"Policy": policy, "KmsMasterKeyId": keyID}})
			require.NoError(t, err)
			_, err = anybody.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("x")})
			return err
		}
		require.NoError(t, send("plain", ""))
		requireCode(t, send("encrypted", *key.Arn), "KMS.AccessDeniedException")
	})
}
