package s3

import "strings"

// The actions that a bucket policy can speak of, by the type of their resource
// (Service Authorization Reference, "Actions, resources, and condition keys for
// Amazon S3"), in lower case: policies write them as they like.
var (
	objectActions = actionSet(`
		AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation DeleteObjectTagging
		DeleteObjectVersion DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation GetObjectAttributes
		GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl
		GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
		InitiateReplication ListMultipartUploadParts ListObjectAnnotations ObjectOwnerOverrideToBucketOwner PutObject
		PutObjectAcl PutObjectAnnotation PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl
		PutObjectVersionTagging RenameObject ReplicateDelete ReplicateObject ReplicateTags RestoreObject
		UpdateObjectEncryption`)
	bucketActions = actionSet(`
		CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration
		DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac
		GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration
		GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
		GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning
		GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration
		GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket
		ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
		PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
		PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
		PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
		PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration
		PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataAnnotationTableConfiguration
		UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration`)
)

func actionSet(names string) []string { return strings.Fields(strings.ToLower(names)) }

// appliesTo reports whether an action of a policy, with wildcards, is one of S3
// and means buckets, objects or both.
func appliesTo(action string) (known, buckets, objects bool) {
	action = strings.ToLower(action)
	if action == "*" {
		return true, true, true
	}
	name, ok := strings.CutPrefix(action, "s3:")
	if !ok {
		return false, false, false
	}
	buckets, objects = matchesAny(name, bucketActions), matchesAny(name, objectActions)
	return buckets || objects, buckets, objects
}

func matchesAny(pattern string, names []string) bool {
	for _, name := range names {
		if wildcard(pattern, name) {
			return true
		}
	}
	return false
}

// wildcard matches * and ? in linear time: on a mismatch only the last * can
// take more.
func wildcard(pattern, s string) bool {
	p, i, star, resume := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
