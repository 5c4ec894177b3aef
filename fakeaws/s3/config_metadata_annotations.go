package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// metadataService is whom the role of an annotation table is passed to. That it is this
// service principal is unverified.
const metadataService = "metadata.s3.amazonaws.com"

// passAnnotationRole is the permission to let S3 have a role that a request names.
func passAnnotationRole(role *string) []fakeaws.Need {
	if role == nil {
		return nil
	}
	return []fakeaws.Need{passRole(*role, metadataService)}
}

// checkAnnotationTable: with which errors S3 refuses these, and that it takes a table
// without a role, is unverified.
func checkAnnotationTable(role *string, encryption *types.MetadataTableEncryptionConfiguration) error {
	if role != nil {
		if _, ok := roleAccount(*role); !ok {
			return invalidArgument("Invalid Role specified in annotation table configuration", "Role", *role)
		}
	}
	return checkTableEncryption(encryption)
}

// needOfAnnotationTable is the permission to make a table; cfg may be nil.
func needOfAnnotationTable(cfg *types.AnnotationTableConfiguration) ([]fakeaws.Need, error) {
	if cfg == nil {
		return nil, nil
	}
	if err := checkAnnotationTable(cfg.Role, cfg.EncryptionConfiguration); err != nil {
		return nil, err
	}
	return passAnnotationRole(cfg.Role), nil
}

// annotationTable is the annotation table in a state. That one which is disabled has no
// name, and what the name is, is unverified.
func (s *Fake) annotationTable(b *bucket, state types.AnnotationConfigurationState, role *string) *types.AnnotationTableConfigurationResult {
	t := &types.AnnotationTableConfigurationResult{ConfigurationState: state, Role: role}
	if state == types.AnnotationConfigurationStateEnabled {
		t.TableName, t.TableArn, t.TableStatus = aws.String("annotation"), s.tableARN(b), aws.String(tableActive)
	}
	return t
}

// updateBucketMetadataAnnotationTableConfiguration enables or disables the annotation
// table, or gives it another role. One that no role is named for keeps its own.
func (s *Fake) updateBucketMetadataAnnotationTableConfiguration(call *fakeaws.Call, in *awss3.UpdateBucketMetadataAnnotationTableConfigurationInput) (*fakeaws.Plan[*awss3.UpdateBucketMetadataAnnotationTableConfigurationOutput], error) {
	if !published(call, in) {
		return nil, errMalformedXML.of()
	}
	updates := in.AnnotationTableConfiguration
	if err := checkAnnotationTable(updates.Role, updates.EncryptionConfiguration); err != nil {
		return nil, err
	}
	return onMetadata(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:UpdateBucketMetadataAnnotationTableConfiguration", passAnnotationRole(updates.Role), func(b *bucket) (*awss3.UpdateBucketMetadataAnnotationTableConfigurationOutput, error) {
		cfg, err := b.metadataV2()
		if err != nil {
			return nil, err
		}
		has, role := cfg.AnnotationTableConfigurationResult, updates.Role
		if role == nil && has != nil {
			role = has.Role
		}
		if has != nil && has.ConfigurationState == updates.ConfigurationState {
			has.Role = role
		} else {
			cfg.AnnotationTableConfigurationResult = s.annotationTable(b, updates.ConfigurationState, role)
		}
		b.metadataTables = copied(cfg)
		return new(awss3.UpdateBucketMetadataAnnotationTableConfigurationOutput), nil
	})
}
