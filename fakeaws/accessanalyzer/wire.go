package accessanalyzer

import (
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/internal/wire"
)

func init() {
	wire.RegisterUnion(
		types.AclGranteeMemberId{},
		types.AclGranteeMemberUri{},
		types.AnalyzerConfigurationMemberInternalAccess{},
		types.AnalyzerConfigurationMemberUnusedAccess{},
		types.ConfigurationMemberDynamodbStream{},
		types.ConfigurationMemberDynamodbTable{},
		types.ConfigurationMemberEbsSnapshot{},
		types.ConfigurationMemberEcrRepository{},
		types.ConfigurationMemberEfsFileSystem{},
		types.ConfigurationMemberIamRole{},
		types.ConfigurationMemberKmsKey{},
		types.ConfigurationMemberRdsDbClusterSnapshot{},
		types.ConfigurationMemberRdsDbSnapshot{},
		types.ConfigurationMemberS3Bucket{},
		types.ConfigurationMemberS3ExpressDirectoryBucket{},
		types.ConfigurationMemberSecretsManagerSecret{},
		types.ConfigurationMemberSnsTopic{},
		types.ConfigurationMemberSqsQueue{},
		types.FindingDetailsMemberExternalAccessDetails{},
		types.FindingDetailsMemberInternalAccessDetails{},
		types.FindingDetailsMemberUnusedIamRoleDetails{},
		types.FindingDetailsMemberUnusedIamUserAccessKeyDetails{},
		types.FindingDetailsMemberUnusedIamUserPasswordDetails{},
		types.FindingDetailsMemberUnusedPermissionDetails{},
		types.FindingsStatisticsMemberExternalAccessFindingsStatistics{},
		types.FindingsStatisticsMemberInternalAccessFindingsStatistics{},
		types.FindingsStatisticsMemberUnusedAccessFindingsStatistics{},
		types.NetworkOriginConfigurationMemberInternetConfiguration{},
		types.NetworkOriginConfigurationMemberVpcConfiguration{},
		types.PathElementMemberIndex{},
		types.PathElementMemberKey{},
		types.PathElementMemberSubstring{},
		types.PathElementMemberValue{},
		types.RdsDbClusterSnapshotAttributeValueMemberAccountIds{},
		types.RdsDbSnapshotAttributeValueMemberAccountIds{},
		types.RecommendedStepMemberUnusedPermissionsRecommendedStep{},
	)
}
