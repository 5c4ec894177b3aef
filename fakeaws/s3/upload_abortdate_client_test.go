package s3_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAbortDate(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("uploads")
		begin := func(key string) *awss3.CreateMultipartUploadOutput {
			out, err := a.root.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("uploads"), Key: &key})
			require.NoError(t, err)
			return out
		}
		assert.Nil(t, begin("logs/1").AbortDate, "no rule")
		rule := func(id, prefix string, days int32, status types.ExpirationStatus) types.LifecycleRule {
			return types.LifecycleRule{ID: &id, Status: status, Filter: &types.LifecycleRuleFilter{Prefix: &prefix},
				AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: &days}}
		}
		_, err := a.root.PutBucketLifecycleConfiguration(t.Context(), &awss3.PutBucketLifecycleConfigurationInput{Bucket: aws.String("uploads"), LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{
			rule("late", "logs/", 7, "Enabled"), rule("soon", "logs/", 2, "Enabled"), rule("off", "logs/", 1, "Disabled"), rule("other", "data/", 1, "Enabled"),
		}}})
		require.NoError(t, err)
		assert.Nil(t, begin("else").AbortRuleId, "no rule for it")
		out := begin("logs/2")
		require.NotNil(t, out.AbortDate)
		assert.Equal(t, "soon", *out.AbortRuleId)
		assert.Equal(t, out.AbortDate.UTC().Truncate(24*time.Hour), out.AbortDate.UTC(), "a midnight")
		list := &awss3.ListPartsInput{Bucket: aws.String("uploads"), Key: aws.String("logs/2"), UploadId: out.UploadId}
		parts, err := a.root.ListParts(t.Context(), list)
		require.NoError(t, err)
		assert.Equal(t, out.AbortDate, parts.AbortDate)
		assert.Equal(t, "soon", *parts.AbortRuleId)

		list.SSECustomerAlgorithm, list.SSECustomerKey, list.SSECustomerKeyMD5 = aws.String("AES256"), aws.String("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), aws.String("hRasmdxgYDKV3nvbahU1MA==")
		_, err = a.root.ListParts(t.Context(), list)
		requireAPIError(t, err, "InvalidRequest", "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")

		a.world.Clock().Advance(out.AbortDate.Sub(a.world.Clock().Now()))
		_, err = a.root.ListParts(t.Context(), &awss3.ListPartsInput{Bucket: aws.String("uploads"), Key: aws.String("logs/2"), UploadId: out.UploadId})
		requireAPIError(t, err, "NoSuchUpload", "")
	})
}
