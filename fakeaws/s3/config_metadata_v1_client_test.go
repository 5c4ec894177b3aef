package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMetadataTableConfigurationsV1(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		const tables = "arn:aws:s3tables:us-east-1:" + owner + ":bucket/tables"
		do := func(operation string, set ...any) error {
			_, err := call(ctx, a.root, operation, "bucket", set...)
			return err
		}
		to := func(arn, name string) *types.MetadataTableConfiguration {
			return &types.MetadataTableConfiguration{S3TablesDestination: &types.S3TablesDestination{TableBucketArn: &arn, TableName: &name}}
		}
		v2 := &types.MetadataConfiguration{JournalTableConfiguration: &types.JournalTableConfiguration{RecordExpiration: &types.RecordExpiration{Expiration: "DISABLED"}}}
		for _, operation := range []string{"GetBucketMetadataTableConfiguration", "DeleteBucketMetadataTableConfiguration"} {
			requireAPIError(t, do(operation), "MetadataConfigurationNotFound", "")
		}
		for name, c := range map[string]struct{ arn, table string }{
			"another region":  {"arn:aws:s3tables:eu-west-1:" + owner + ":bucket/tables", "table"},
			"another account": {"arn:aws:s3tables:us-east-1:" + stranger + ":bucket/tables", "table"},
			"no table bucket": {"arn:aws:s3:::bucket", "table"},
			"a table":         {tables + "/table/1", "table"},
			"capital letters": {tables, "Table"},
			"no name":         {tables, ""},
		} {
			err := do("CreateBucketMetadataTableConfiguration", to(c.arn, c.table))
			requireAPIError(t, err, "InvalidRequest", "")
			assert.Error(t, err, name)
		}

		require.NoError(t, do("CreateBucketMetadataTableConfiguration", to(tables, "my_table")))
		requireAPIError(t, do("CreateBucketMetadataTableConfiguration", to(tables, "other")), "MetadataConfigurationAlreadyExists", "")
		requireAPIError(t, do("CreateBucketMetadataConfiguration", v2), "MetadataConfigurationAlreadyExists", "")
		got, err := a.root.GetBucketMetadataTableConfiguration(ctx, &awss3.GetBucketMetadataTableConfigurationInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		result := got.GetBucketMetadataTableConfigurationResult
		assert.Equal(t, "ACTIVE", *result.Status)
		destination := result.MetadataTableConfigurationResult.S3TablesDestinationResult
		assert.Equal(t, []string{tables, "my_table", "aws_s3_metadata"}, []string{*destination.TableBucketArn, *destination.TableName, *destination.TableNamespace})
		assert.Contains(t, *destination.TableArn, tables+"/table/")

		as, err := a.root.GetBucketMetadataConfiguration(ctx, &awss3.GetBucketMetadataConfigurationInput{Bucket: aws.String("bucket")})
		require.NoError(t, err, "V2 reads both")
		assert.Equal(t, types.S3TablesBucketTypeCustomer, as.GetBucketMetadataConfigurationResult.MetadataConfigurationResult.DestinationResult.TableBucketType)
		requireAPIError(t, do("UpdateBucketMetadataInventoryTableConfiguration", &types.InventoryTableConfigurationUpdates{ConfigurationState: "ENABLED"}), "MethodNotAllowed", "")

		a.allow(`{"Effect":"Allow","Action":"s3:GetBucketMetadataTableConfiguration","Resource":"arn:aws:s3:::bucket"}`)
		_, err = call(ctx, a.user, "GetBucketMetadataTableConfiguration", "bucket")
		require.NoError(t, err)
		_, err = call(ctx, a.user, "DeleteBucketMetadataTableConfiguration", "bucket")
		requireAPIError(t, err, "AccessDenied", "")

		require.NoError(t, do("DeleteBucketMetadataTableConfiguration"))
		require.NoError(t, do("CreateBucketMetadataTableConfiguration", to(tables, "my_table")))
		require.NoError(t, do("DeleteBucketMetadataConfiguration"), "V2 deletes both")

		require.NoError(t, do("CreateBucketMetadataConfiguration", v2))
		requireAPIError(t, do("GetBucketMetadataTableConfiguration"), "MethodNotAllowed", "")
		requireAPIError(t, do("DeleteBucketMetadataTableConfiguration"), "MethodNotAllowed", "")
	})
}
