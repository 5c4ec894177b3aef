package kms_test

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// meanwhile has something happen while the policies are asked about the next call.
func (c *cloud) meanwhile(happens func()) {
	var once sync.Once
	c.users.Asked = func() { once.Do(happens) }
}

// What was judged is what is changed: an alias that is given to another key meanwhile, and a
// replica that is made meanwhile, on which nobody was asked for the permission.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		ctx, root := t.Context(), c.root()
		user := c.user(owner, "alice", allow("kms:*", "*"))
		key, other := c.key(t), c.key(t)
		alias := aws.String("alias/app")
		_, err := root.CreateAlias(ctx, &awskms.CreateAliasInput{AliasName: alias, TargetKeyId: key.KeyId})
		require.NoError(t, err)
		move := func() {
			_, err := root.UpdateAlias(context.Background(), &awskms.UpdateAliasInput{AliasName: alias, TargetKeyId: other.KeyId})
			assert.NoError(t, err)
		}
		c.meanwhile(move)
		sealed, err := user.Encrypt(ctx, &awskms.EncryptInput{KeyId: alias, Plaintext: []byte("x")})
		require.NoError(t, err)
		assert.Equal(t, *key.Arn, *sealed.KeyId)
		_, err = root.UpdateAlias(ctx, &awskms.UpdateAliasInput{AliasName: alias, TargetKeyId: key.KeyId})
		require.NoError(t, err)
		c.meanwhile(move)
		_, err = user.DeleteAlias(ctx, &awskms.DeleteAliasInput{AliasName: alias})
		requireCode(t, err, "NotFoundException")

		mrk := c.key(t, func(in *awskms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
		replicate := func() {
			_, err := root.ReplicateKey(context.Background(), &awskms.ReplicateKeyInput{KeyId: mrk.KeyId, ReplicaRegion: aws.String("eu-west-1"), Policy: aws.String(keyPolicy(`,{"Effect":"Deny","Principal":{"AWS":"` + userARN(owner, "alice") + `"},"Action":"kms:UpdatePrimaryRegion","Resource":"*"}`))})
			assert.NoError(t, err)
		}
		c.meanwhile(replicate)
		swap := &awskms.UpdatePrimaryRegionInput{KeyId: mrk.KeyId, PrimaryRegion: aws.String("eu-west-1")}
		_, err = user.UpdatePrimaryRegion(ctx, swap)
		requireCode(t, err, "NotFoundException")
		_, err = user.UpdatePrimaryRegion(ctx, swap)
		requireCode(t, err, "AccessDeniedException")

		c.meanwhile(func() {
			_, err := root.ReplicateKey(context.Background(), &awskms.ReplicateKeyInput{KeyId: mrk.KeyId, ReplicaRegion: aws.String("eu-west-2")})
			assert.NoError(t, err)
		})
		_, err = user.ReplicateKey(ctx, &awskms.ReplicateKeyInput{KeyId: mrk.KeyId, ReplicaRegion: aws.String("eu-west-2")})
		requireCode(t, err, "AlreadyExistsException")
		described, err := root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: mrk.KeyId})
		require.NoError(t, err)
		assert.Len(t, described.KeyMetadata.MultiRegionConfiguration.ReplicaKeys, 2)
	})
}
