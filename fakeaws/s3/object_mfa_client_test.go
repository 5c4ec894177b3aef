package s3_test

import (
	"encoding/base32"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/internal/totp"
)

// A token is the MFA device of a root user.
type token struct {
	t      testing.TB
	world  *worldtest.World
	serial string
	seed   []byte
}

// newToken gives the root user of an account an MFA device.
func newToken(t testing.TB, w *worldtest.World, account string) *token {
	t.Helper()
	service := iam.Of(w.World)
	client := awsiam.NewFromConfig(worldtest.FixtureConfig(w.World, account, worldtest.Region))
	made, err := client.CreateVirtualMFADevice(t.Context(), &awsiam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("root-account-mfa-device")})
	require.NoError(t, err)
	d := &token{t: t, world: w, serial: *made.VirtualMFADevice.SerialNumber}
	d.seed, err = base32.StdEncoding.DecodeString(string(made.VirtualMFADevice.Base32StringSeed))
	require.NoError(t, err)
	require.Error(t, service.EnableRootMFADevice(account, d.serial, d.code(-1), d.code(-1)), "no two codes")
	require.NoError(t, service.EnableRootMFADevice(account, d.serial, d.code(-1), d.code(0)))
	return d
}

func (d *token) code(step int64) string {
	return totp.Code(d.seed, totp.Step(d.world.Clock().Now())+step)
}

// header is the x-amz-mfa header with a code that was not used yet.
func (d *token) header() *string {
	d.world.Clock().Advance(30 * time.Second)
	return aws.String(d.serial + " " + d.code(0))
}

// TestMFADelete uses real codes of real devices.
func TestMFADelete(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		w := worldtest.New(t, door,
			s3.Service,
			iam.Service,
		)
		client := func(id string) *awss3.Client {
			acct, ok := w.Account(id)
			require.True(t, ok)
			return awss3.NewFromConfig(w.Config(acct.Root.AccessKeyID, acct.Root.SecretAccessKey, ""), func(o *awss3.Options) { o.UsePathStyle = true })
		}
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("key")
		root, other := client(worldtest.Account), client(worldtest.Other)
		ours, theirs := newToken(t, w, worldtest.Account), newToken(t, w, worldtest.Other)
		_, err := root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: bucket})
		require.NoError(t, err)
		configure := func(c *awss3.Client, status types.BucketVersioningStatus, mfa types.MFADelete, header *string) error {
			_, err := c.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: bucket, MFA: header,
				VersioningConfiguration: &types.VersioningConfiguration{Status: status, MFADelete: mfa}})
			return err
		}
		put := func() *string {
			out, err := root.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key})
			require.NoError(t, err)
			return out.VersionId
		}
		remove := func(c *awss3.Client, version, header *string) error {
			_, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: version, MFA: header})
			return err
		}
		const (
			required = "Mfa Authentication must be used for this request"
			notOwner = "This operation may only be performed by the bucket owner"
			on       = types.BucketVersioningStatusEnabled
		)

		// Lifecycle rules and MFA Delete exclude each other.
		rules := &awss3.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{
			{Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}}}}
		_, err = root.PutBucketLifecycleConfiguration(ctx, rules)
		require.NoError(t, err)
		requireAPIError(t, configure(root, on, types.MFADeleteEnabled, ours.header()), "InvalidBucketState",
			"Mfa Authentication is not supported on a bucket with lifecycle configuration. Delete lifecycle configuration before enabling Mfa Authentication.")
		_, err = root.DeleteBucketLifecycle(ctx, &awss3.DeleteBucketLifecycleInput{Bucket: bucket})
		require.NoError(t, err)

		requireAPIError(t, configure(root, on, types.MFADeleteEnabled, nil), "AccessDenied", required)
		stale := ours.header()
		require.NoError(t, configure(root, on, types.MFADeleteEnabled, stale))
		got, err := root.GetBucketVersioning(ctx, &awss3.GetBucketVersioningInput{Bucket: bucket})
		require.NoError(t, err)
		require.Equal(t, types.MFADeleteStatusEnabled, got.MFADelete)
		_, err = root.PutBucketLifecycleConfiguration(ctx, rules)
		requireAPIError(t, err, "InvalidBucketState", "")

		// A version goes only with a code of the owner's root user, which counts once.
		first, second, third := put(), put(), put()
		requireAPIError(t, remove(root, first, nil), "AccessDenied", required)
		requireAPIError(t, remove(root, first, stale), "AccessDenied", "MFA Authentication failed")
		requireAPIError(t, remove(root, first, aws.String(ours.serial)), "AccessDenied", "MFA Authentication failed")
		requireAPIError(t, remove(root, first, theirs.header()), "NotDeviceOwnerError", "")
		_, err = root.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Other + `"},"Action":"s3:*","Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]}}`)})
		require.NoError(t, err)
		requireAPIError(t, remove(other, first, theirs.header()), "AccessDenied", notOwner)
		requireAPIError(t, configure(other, on, types.MFADeleteDisabled, theirs.header()), "AccessDenied", notOwner)
		_, err = root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key, VersionId: first})
		require.NoError(t, err, "it is still there")
		require.NoError(t, remove(root, first, ours.header()))

		// Of many, all or none.
		many := func(header *string) (*awss3.DeleteObjectsOutput, error) {
			return root.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: bucket, MFA: header,
				Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}, {Key: key, VersionId: second}}}})
		}
		_, err = many(nil)
		requireAPIError(t, err, "AccessDenied", required)
		_, err = root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err, "no delete marker was made")
		deleted, err := many(ours.header())
		require.NoError(t, err)
		require.Len(t, deleted.Deleted, 2)

		// A delete marker takes no code, and without MFA Delete nothing does.
		require.NoError(t, remove(root, nil, nil))
		requireAPIError(t, configure(root, types.BucketVersioningStatusSuspended, "", nil), "AccessDenied", required)
		require.NoError(t, configure(root, on, types.MFADeleteDisabled, ours.header()))
		require.NoError(t, remove(root, third, nil))
	})
}
