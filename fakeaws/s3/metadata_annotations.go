package s3

import (
	"strings"

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
	pass := fakeaws.Need{Action: "iam:PassRole", Resource: *role, ResourceAccount: strings.SplitN(*role, ":", 6)[4]}
	pass.Context.Set("iam:PassedToService", metadataService)
	return []fakeaws.Need{pass}
}

// checkAnnotationTable: with which errors S3 refuses these, and that it takes a table
// without a role, is unverified.
func checkAnnotationTable(role *string, encryption *types.MetadataTableEncryptionConfiguration) error {
	if role != nil {
		if arn := strings.SplitN(*role, ":", 6); len(arn) != 6 || arn[2] != "iam" || !strings.HasPrefix(arn[5], "role/") {
			return invalidArgument("Invalid Role specified in annotation table configuration", "Role", *role)
		}
	}
	return checkTableEncryption(encryption)
}

func checkCreatedAnnotations(in *awss3.CreateBucketMetadataConfigurationInput) ([]fakeaws.Need, error) {
	cfg := in.MetadataConfiguration.AnnotationTableConfiguration
	if cfg == nil {
		return nil, nil
	}
	if err := checkAnnotationTable(cfg.Role, cfg.EncryptionConfiguration); err != nil {
		return nil, err
	}
	return passAnnotationRole(cfg.Role), nil
}

func checkUpdatedAnnotations(in *awss3.UpdateBucketMetadataAnnotationTableConfigurationInput) ([]fakeaws.Need, error) {
	cfg := in.AnnotationTableConfiguration
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

// updateAnnotationTable enables or disables the table, or gives it another role. One
// that no role is named for keeps its own.
func (s *Fake) updateAnnotationTable(b *bucket, in *awss3.UpdateBucketMetadataAnnotationTableConfigurationInput, _ *awss3.UpdateBucketMetadataAnnotationTableConfigurationOutput) error {
	cfg, err := b.metadataV2()
	if err != nil {
		return err
	}
	updates, has := in.AnnotationTableConfiguration, cfg.AnnotationTableConfigurationResult
	role := updates.Role
	if role == nil && has != nil {
		role = has.Role
	}
	if has != nil && has.ConfigurationState == updates.ConfigurationState {
		has.Role = role
	} else {
		cfg.AnnotationTableConfigurationResult = s.annotationTable(b, updates.ConfigurationState, role)
	}
	configure(b, copied(cfg))
	return nil
}
