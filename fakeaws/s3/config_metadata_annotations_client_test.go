package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnnotationTableConfigurations(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		const role, other = "arn:aws:iam::" + owner + ":role/metadata", "arn:aws:iam::" + owner + ":role/other"
		create := func(table *types.AnnotationTableConfiguration) error {
			_, err := call(ctx, a.root, "CreateBucketMetadataConfiguration", "bucket", &types.MetadataConfiguration{AnnotationTableConfiguration: table,
				JournalTableConfiguration: &types.JournalTableConfiguration{RecordExpiration: &types.RecordExpiration{Expiration: "DISABLED"}}})
			return err
		}
		update := func(c *awss3.Client, state types.AnnotationConfigurationState, role *string) error {
			_, err := call(ctx, c, "UpdateBucketMetadataAnnotationTableConfiguration", "bucket", &types.AnnotationTableConfigurationUpdates{ConfigurationState: state, Role: role})
			return err
		}
		get := func() *types.AnnotationTableConfigurationResult {
			out, err := a.root.GetBucketMetadataConfiguration(ctx, &awss3.GetBucketMetadataConfigurationInput{Bucket: aws.String("bucket")})
			require.NoError(t, err)
			return out.GetBucketMetadataConfigurationResult.MetadataConfigurationResult.AnnotationTableConfigurationResult
		}
		requireAPIError(t, update(a.root, "ENABLED", nil), "MetadataConfigurationNotFound", "")
		requireAPIError(t, create(&types.AnnotationTableConfiguration{ConfigurationState: "ENABLED", Role: aws.String("metadata")}), "InvalidArgument", "")
		requireAPIError(t, create(&types.AnnotationTableConfiguration{ConfigurationState: "MAYBE"}), "MalformedXML", "")
		requireAPIError(t, create(&types.AnnotationTableConfiguration{ConfigurationState: "ENABLED",
			EncryptionConfiguration: &types.MetadataTableEncryptionConfiguration{SseAlgorithm: "aws:kms"}}), "MalformedXML", "")

		require.NoError(t, create(&types.AnnotationTableConfiguration{ConfigurationState: "ENABLED", Role: aws.String(role)}))
		made := get()
		assert.Equal(t, []any{types.AnnotationConfigurationStateEnabled, role, "ACTIVE"}, []any{made.ConfigurationState, *made.Role, *made.TableStatus})
		require.NoError(t, update(a.root, "ENABLED", aws.String(other)))
		made.Role = aws.String(other)
		assert.Equal(t, made, get(), "the same table with another role")
		require.NoError(t, update(a.root, "DISABLED", nil))
		assert.Equal(t, &types.AnnotationTableConfigurationResult{ConfigurationState: "DISABLED", Role: aws.String(other)}, get())
		require.NoError(t, update(a.root, "ENABLED", nil))
		assert.NotEqual(t, made.TableArn, get().TableArn, "another table")

		const may = `{"Effect":"Allow","Action":"s3:UpdateBucketMetadataAnnotationTableConfiguration","Resource":"arn:aws:s3:::bucket"}`
		requireAPIError(t, update(a.user, "ENABLED", nil), "AccessDenied", "")
		a.allow(may)
		require.NoError(t, update(a.user, "ENABLED", nil))
		err := update(a.user, "ENABLED", aws.String(role))
		requireAPIError(t, err, "AccessDenied", "")
		assert.ErrorContains(t, err, "iam:PassRole")
		a.allow(may + `,{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `"}`)
		require.NoError(t, update(a.user, "ENABLED", aws.String(role)))
	})
}
