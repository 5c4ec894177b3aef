package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// v1Namespace is where every table of a V1 configuration is (API Reference,
// "S3TablesDestinationResult").
const v1Namespace = "aws_s3_metadata"

// validTableName applies the User Guide's "Amazon S3 table bucket, table, and namespace
// naming rules".
func validTableName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return name != "" && len(name) <= 255 && strings.Trim(name, letters+"_") == "" && name[0] != '_' && name[len(name)-1] != '_'
}

// createBucketMetadataTableConfiguration stores a V1 configuration as what it is for
// the operations of V2: a journal table that never expires, in a table bucket of the
// customer's own. That it looks so there is unverified.
func (s *Fake) createBucketMetadataTableConfiguration(call *fakeaws.Call, in *awss3.CreateBucketMetadataTableConfigurationInput) (*fakeaws.Plan[*awss3.CreateBucketMetadataTableConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:CreateBucketMetadataTableConfiguration", nil, func(b *bucket) (*awss3.CreateBucketMetadataTableConfigurationOutput, error) {
		to := in.MetadataTableConfiguration.S3TablesDestination
		if err := checkDestinationV1(b, to); err != nil {
			return nil, err
		}
		if b.metadataTables != nil {
			return nil, errMetadataExists.of("BucketName", b.name)
		}
		b.metadataTables = &types.MetadataConfigurationResult{
			DestinationResult: &types.DestinationResult{
				TableBucketArn: aws.String(*to.TableBucketArn), TableBucketType: types.S3TablesBucketTypeCustomer, TableNamespace: aws.String(v1Namespace),
			},
			JournalTableConfigurationResult: &types.JournalTableConfigurationResult{
				RecordExpiration: &types.RecordExpiration{Expiration: types.ExpirationStateDisabled},
				TableName:        aws.String(*to.TableName), TableArn: aws.String(*to.TableBucketArn + "/table/" + s.world.IDs().UUID()), TableStatus: aws.String(tableActive),
			},
		}
		return new(awss3.CreateBucketMetadataTableConfigurationOutput), nil
	})
}

// checkDestinationV1: with which errors S3 refuses destinations is unverified.
func checkDestinationV1(b *bucket, to *types.S3TablesDestination) error {
	name, ok := strings.CutPrefix(*to.TableBucketArn, fakeaws.ARN("s3tables", b.region, b.owner.ID, "bucket/"))
	switch {
	case !validTableName(*to.TableName):
		return invalidRequest("The table name is not valid.")
	case !ok || name == "" || strings.Contains(name, "/"):
		return invalidRequest("The destination table bucket must be in the same Region and AWS account as the general purpose bucket.")
	}
	return nil
}

// metadataV1 is the configuration of a bucket for the operations of V1, which answer 405
// to one of V2.
func (b *bucket) metadataV1(method string) (*types.MetadataConfigurationResult, error) {
	cfg, err := b.metadataConfiguration()
	if err == nil && cfg.DestinationResult.TableBucketType != types.S3TablesBucketTypeCustomer {
		return nil, errMethodNotAllowed.of("Method", method, "ResourceType", "METADATATABLE")
	}
	return cfg, err
}

// getBucketMetadataTableConfiguration describes the table of a V1 configuration.
func (s *Fake) getBucketMetadataTableConfiguration(call *fakeaws.Call, in *awss3.GetBucketMetadataTableConfigurationInput) (*fakeaws.Plan[*awss3.GetBucketMetadataTableConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketMetadataTableConfiguration", nil, func(b *bucket) (*awss3.GetBucketMetadataTableConfigurationOutput, error) {
		cfg, err := b.metadataV1("GET")
		if err != nil {
			return nil, err
		}
		table := cfg.JournalTableConfigurationResult
		return &awss3.GetBucketMetadataTableConfigurationOutput{GetBucketMetadataTableConfigurationResult: &types.GetBucketMetadataTableConfigurationResult{
			Status: table.TableStatus,
			MetadataTableConfigurationResult: &types.MetadataTableConfigurationResult{S3TablesDestinationResult: &types.S3TablesDestinationResult{
				TableArn: table.TableArn, TableName: table.TableName,
				TableBucketArn: cfg.DestinationResult.TableBucketArn, TableNamespace: cfg.DestinationResult.TableNamespace,
			}},
		}}, nil
	})
}

// deleteBucketMetadataTableConfiguration takes a V1 configuration away.
func (s *Fake) deleteBucketMetadataTableConfiguration(call *fakeaws.Call, in *awss3.DeleteBucketMetadataTableConfigurationInput) (*fakeaws.Plan[*awss3.DeleteBucketMetadataTableConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:DeleteBucketMetadataTableConfiguration", nil, func(b *bucket) (*awss3.DeleteBucketMetadataTableConfigurationOutput, error) {
		if _, err := b.metadataV1("DELETE"); err != nil {
			return nil, err
		}
		b.metadataTables = nil
		return new(awss3.DeleteBucketMetadataTableConfigurationOutput), nil
	})
}

// metadataV2 is the configuration of a bucket that can be updated: one of V1 must be made
// anew for that. That S3 answers 405 here too is unverified.
func (b *bucket) metadataV2() (*types.MetadataConfigurationResult, error) {
	cfg, err := b.metadataConfiguration()
	if err == nil && cfg.DestinationResult.TableBucketType != types.S3TablesBucketTypeAws {
		return nil, errMethodNotAllowed.of("Method", "PUT", "ResourceType", "METADATATABLE")
	}
	return cfg, err
}
