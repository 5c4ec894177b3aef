package enforce

import "strings"

// The actions of S3 by the resource that they act on, from the Service
// Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
// PutBucketPolicy refuses actions that it does not know, and statements whose
// actions and resources do not go together.

const s3ObjectActions = `
	AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation
	DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionAnnotation
	DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation GetObjectAttributes
	GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion
	GetObjectVersionAcl GetObjectVersionAnnotation GetObjectVersionAnnotationForReplication
	GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging
	GetObjectVersionTorrent InitiateReplication ListMultipartUploadParts ListObjectAnnotations
	ListObjectVersionAnnotations ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl
	PutObjectAnnotation PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl
	PutObjectVersionAnnotation PutObjectVersionTagging ReplicateDelete ReplicateObject
	ReplicateObjectAnnotation ReplicateTags RestoreObject UpdateObjectEncryption`

const s3BucketActions = `
	AllowVendedLogDeliveryForResource CreateBucket CreateBucketMetadataTableConfiguration
	DeleteBucket DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite
	GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS
	GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification
	GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
	GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging
	GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
	GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration
	GetMetricsConfiguration GetReplicationConfiguration ListBucket ListBucketMultipartUploads
	ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
	PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging
	PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls
	PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging
	PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
	PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration
	PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource
	UpdateBucketMetadataAnnotationTableConfiguration
	UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration`

// s3OtherActions act on access points, jobs, the account and the like.
const s3OtherActions = `
	AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance
	CreateAccessGrantsLocation CreateAccessPoint CreateAccessPointForObjectLambda CreateJob
	CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant
	DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation
	DeleteAccessPoint DeleteAccessPointForObjectLambda DeleteAccessPointPolicy
	DeleteAccessPointPolicyForObjectLambda DeleteJobTagging DeleteMultiRegionAccessPoint
	DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging DeleteStorageLensGroup
	DescribeJob DescribeMultiRegionAccessPointOperation DissociateAccessGrantsIdentityCenter
	GetAccessGrant GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix
	GetAccessGrantsInstanceResourcePolicy GetAccessGrantsLocation GetAccessPoint
	GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda GetAccessPointPolicy
	GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatus
	GetAccessPointPolicyStatusForObjectLambda GetAccountPublicAccessBlock GetDataAccess
	GetJobTagging GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy
	GetMultiRegionAccessPointPolicyStatus GetMultiRegionAccessPointRoutes
	GetStorageLensConfiguration GetStorageLensConfigurationTagging GetStorageLensDashboard
	GetStorageLensGroup ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations
	ListAccessPoints ListAccessPointsForObjectLambda ListAllMyBuckets ListCallerAccessGrants
	ListJobs ListMultiRegionAccessPoints ListStorageLensConfigurations ListStorageLensGroups
	PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda
	PutAccessPointPolicy PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock
	PutAccountPublicAccessBlock PutJobTagging PutMultiRegionAccessPointPolicy
	PutStorageLensConfiguration PutStorageLensConfigurationTagging
	SubmitMultiRegionAccessPointRoutes UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus
	UpdateStorageLensGroup`

// s3Resource is a set of the sorts of resources in a bucket's policy.
type s3Resource uint8

const (
	s3Object s3Resource = 1 << iota
	s3Bucket
	s3Other
)

var s3Actions = func() map[string]s3Resource {
	actions := make(map[string]s3Resource)
	for sort, names := range map[s3Resource]string{s3Object: s3ObjectActions, s3Bucket: s3BucketActions, s3Other: s3OtherActions} {
		for name := range strings.FieldsSeq(names) {
			actions["s3:"+strings.ToLower(name)] = sort
		}
	}
	return actions
}()

// s3ResourcesOf returns what the actions that a pattern means act on; 0 when S3
// has no such action.
func s3ResourcesOf(action string) (sorts s3Resource) {
	pattern := compileAction(action)
	if pattern.kind == exact {
		return s3Actions[pattern.text]
	}
	for name, sort := range s3Actions {
		if pattern.match(name) {
			sorts |= sort
		}
	}
	return sorts
}
