package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMetadataConfigurations(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		do := func(operation string, set ...any) error {
			_, err := call(ctx, a.root, operation, "bucket", set...)
			return err
		}
		get := func() *types.MetadataConfigurationResult {
			out, err := a.root.GetBucketMetadataConfiguration(ctx, &awss3.GetBucketMetadataConfigurationInput{Bucket: aws.String("bucket")})
			require.NoError(t, err)
			return out.GetBucketMetadataConfigurationResult.MetadataConfigurationResult
		}
		week := &types.RecordExpiration{Expiration: "ENABLED", Days: aws.Int32(7)}
		never := &types.RecordExpiration{Expiration: "DISABLED"}
		journal := func(e *types.RecordExpiration) *types.MetadataConfiguration {
			return &types.MetadataConfiguration{JournalTableConfiguration: &types.JournalTableConfiguration{RecordExpiration: e}}
		}
		for _, operation := range []string{"GetBucketMetadataConfiguration", "DeleteBucketMetadataConfiguration"} {
			requireAPIError(t, do(operation), "MetadataConfigurationNotFound", "")
		}
		requireAPIError(t, do("UpdateBucketMetadataJournalTableConfiguration", &types.JournalTableConfigurationUpdates{RecordExpiration: never}), "MetadataConfigurationNotFound", "")
		requireAPIError(t, do("CreateBucketMetadataConfiguration", journal(&types.RecordExpiration{Expiration: "ENABLED", Days: aws.Int32(6)})), "MalformedXML", "")
		requireAPIError(t, do("CreateBucketMetadataConfiguration", journal(&types.RecordExpiration{Expiration: "DISABLED", Days: aws.Int32(7)})), "MalformedXML", "")
		requireAPIError(t, do("CreateBucketMetadataConfiguration", journal(&types.RecordExpiration{Expiration: "MAYBE"})), "MalformedXML", "")
		keyless := journal(never)
		keyless.JournalTableConfiguration.EncryptionConfiguration = &types.MetadataTableEncryptionConfiguration{SseAlgorithm: "aws:kms"}
		requireAPIError(t, do("CreateBucketMetadataConfiguration", keyless), "MalformedXML", "")

		require.NoError(t, do("CreateBucketMetadataConfiguration", journal(week)))
		requireAPIError(t, do("CreateBucketMetadataConfiguration", journal(week)), "MetadataConfigurationAlreadyExists", "")
		made := get()
		assert.Equal(t, &types.DestinationResult{TableBucketArn: aws.String("arn:aws:s3tables:us-east-1:" + owner + ":bucket/aws-s3"), TableBucketType: "aws", TableNamespace: aws.String("b_bucket")}, made.DestinationResult)
		assert.Equal(t, week, made.JournalTableConfigurationResult.RecordExpiration)
		assert.Equal(t, []string{"journal", "ACTIVE"}, []string{*made.JournalTableConfigurationResult.TableName, *made.JournalTableConfigurationResult.TableStatus})
		assert.Nil(t, made.InventoryTableConfigurationResult)

		require.NoError(t, do("UpdateBucketMetadataInventoryTableConfiguration", &types.InventoryTableConfigurationUpdates{ConfigurationState: "ENABLED"}))
		enabled := get().InventoryTableConfigurationResult
		assert.Equal(t, "inventory", *enabled.TableName)
		require.NoError(t, do("UpdateBucketMetadataInventoryTableConfiguration", &types.InventoryTableConfigurationUpdates{ConfigurationState: "ENABLED"}))
		assert.Equal(t, enabled, get().InventoryTableConfigurationResult, "the table is the same")
		require.NoError(t, do("UpdateBucketMetadataInventoryTableConfiguration", &types.InventoryTableConfigurationUpdates{ConfigurationState: "DISABLED"}))
		assert.Equal(t, &types.InventoryTableConfigurationResult{ConfigurationState: "DISABLED"}, get().InventoryTableConfigurationResult)
		require.NoError(t, do("UpdateBucketMetadataJournalTableConfiguration", &types.JournalTableConfigurationUpdates{RecordExpiration: never}))
		assert.Equal(t, never, get().JournalTableConfigurationResult.RecordExpiration)

		a.allow(`{"Effect":"Allow","Action":"s3:GetBucketMetadataTableConfiguration","Resource":"arn:aws:s3:::bucket"}`)
		_, err := call(ctx, a.user, "GetBucketMetadataConfiguration", "bucket")
		require.NoError(t, err)
		_, err = call(ctx, a.user, "DeleteBucketMetadataConfiguration", "bucket")
		requireAPIError(t, err, "AccessDenied", "")
		require.NoError(t, do("DeleteBucketMetadataConfiguration"))
		requireAPIError(t, do("GetBucketMetadataConfiguration"), "MetadataConfigurationNotFound", "")
	})
}
