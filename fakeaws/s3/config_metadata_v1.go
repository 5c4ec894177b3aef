package s3

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// v1Namespace is where every table of a V1 configuration is (API Reference,
// "S3TablesDestinationResult").
const v1Namespace = "aws_s3_metadata"

// tableName is what a table of S3 Tables can be called (User Guide, "Amazon S3 table
// bucket, table, and namespace naming rules").
var tableName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_]{0,253}[a-z0-9])?$`)

// createMetadataV1 stores a V1 configuration as what it is for the operations of V2: a
// journal table that never expires, in a table bucket of the customer's own. That it looks
// so there is unverified.
func (s *Fake) createMetadataV1(b *bucket, in *awss3.CreateBucketMetadataTableConfigurationInput, _ *awss3.CreateBucketMetadataTableConfigurationOutput) error {
	to := in.MetadataTableConfiguration.S3TablesDestination
	// With which errors S3 refuses destinations is unverified.
	switch name, ok := strings.CutPrefix(*to.TableBucketArn, fakeaws.ARN("s3tables", b.region, b.owner.ID, "bucket/")); {
	case !tableName.MatchString(*to.TableName):
		return invalidRequest("The table name is not valid.")
	case !ok || name == "" || strings.Contains(name, "/"):
		return invalidRequest("The destination table bucket must be in the same Region and AWS account as the general purpose bucket.")
	case configured[types.MetadataConfigurationResult](b) != nil:
		return errMetadataExists.of("BucketName", b.name)
	}
	configure(b, &types.MetadataConfigurationResult{
		DestinationResult: &types.DestinationResult{
			TableBucketArn: aws.String(*to.TableBucketArn), TableBucketType: types.S3TablesBucketTypeCustomer, TableNamespace: aws.String(v1Namespace),
		},
		JournalTableConfigurationResult: &types.JournalTableConfigurationResult{
			RecordExpiration: &types.RecordExpiration{Expiration: types.ExpirationStateDisabled},
			TableName:        aws.String(*to.TableName), TableArn: aws.String(*to.TableBucketArn + "/table/" + s.world.IDs().UUID()), TableStatus: aws.String(tableActive),
		},
	})
	return nil
}

// metadataV1 is the configuration of a bucket for the operations of V1, which answer 405
// to one of V2.
func (b *bucket) metadataV1(method string) (*types.MetadataConfigurationResult, error) {
	cfg, err := b.metadata()
	if err == nil && cfg.DestinationResult.TableBucketType != types.S3TablesBucketTypeCustomer {
		return nil, errMethodNotAllowed.of("Method", method, "ResourceType", "METADATATABLE")
	}
	return cfg, err
}

func (s *Fake) getMetadataV1(b *bucket, _ *awss3.GetBucketMetadataTableConfigurationInput, out *awss3.GetBucketMetadataTableConfigurationOutput) error {
	cfg, err := b.metadataV1("GET")
	if err != nil {
		return err
	}
	table := cfg.JournalTableConfigurationResult
	out.GetBucketMetadataTableConfigurationResult = &types.GetBucketMetadataTableConfigurationResult{
		Status: table.TableStatus,
		MetadataTableConfigurationResult: &types.MetadataTableConfigurationResult{S3TablesDestinationResult: &types.S3TablesDestinationResult{
			TableArn: table.TableArn, TableName: table.TableName,
			TableBucketArn: cfg.DestinationResult.TableBucketArn, TableNamespace: cfg.DestinationResult.TableNamespace,
		}},
	}
	return nil
}

func (s *Fake) deleteMetadataV1(b *bucket, _ *awss3.DeleteBucketMetadataTableConfigurationInput, _ *awss3.DeleteBucketMetadataTableConfigurationOutput) error {
	if _, err := b.metadataV1("DELETE"); err != nil {
		return err
	}
	configure[types.MetadataConfigurationResult](b, nil)
	return nil
}

// metadataV2 is the configuration of a bucket that can be updated: one of V1 must be made
// anew for that. That S3 answers 405 here too is unverified.
func (b *bucket) metadataV2() (*types.MetadataConfigurationResult, error) {
	cfg, err := b.metadata()
	if err == nil && cfg.DestinationResult.TableBucketType != types.S3TablesBucketTypeAws {
		return nil, errMethodNotAllowed.of("Method", "PUT", "ResourceType", "METADATATABLE")
	}
	return cfg, err
}
