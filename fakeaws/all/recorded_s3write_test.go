package all_test

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func init() { maps.Copy(s3Scenarios, writeScenarios) }

// Scenarios of conditional and checked writes, and of buckets in regions.
var writeScenarios = map[string]scenario{
	"s3::TestS3::test_s3_invalid_content_md5":                                               checkedBodies,
	"s3::TestS3::test_s3_copy_object_in_place_suspended_only":                               copiedSuspended,
	"s3_api::TestS3ObjectWritePrecondition::test_multipart_if_match_with_delete":            matchedDelete,
	"s3_api::TestS3ObjectWritePrecondition::test_multipart_if_match_with_put":               matchedPut,
	"s3_api::TestS3ObjectWritePrecondition::test_multipart_if_none_match_with_delete":       unmatchedDelete,
	"s3_api::TestS3BucketObjectTagging::test_create_bucket_with_tags_us_east_1_idempotency": taggedBucketAgain,
	"s3::TestS3::test_create_bucket_with_eu_location_constraint_raises": func(p *player) {
		p.config.Region = "us-west-1"
		p.answer("eu-location-constraint-error", located("EU"))
	},
	"s3::TestS3::test_different_location_constraint": func(p *player) {
		p.answer("create-bucket-constraint-us-east-1-with-None", &s3.CreateBucketInput{Bucket: data})
		p.answer("create-bucket-constraint-us-east-1", located("us-east-1"))
		p.answer("get-bucket-location-bucket-us-east-1", &s3.GetBucketLocationInput{Bucket: data})
		p.config.Region = "us-east-2"
		p.answer("create-bucket-constraint-us-east-2-with-None", &s3.CreateBucketInput{Bucket: aws.String("elsewhere")})
		p.answer("create-bucket-us-east-2-no-constraint-exc", &s3.CreateBucketInput{Bucket: aws.String("elsewhere")})
		p.answer("create-bucket-us-east-2-constraint-to-us-west-1", located("us-west-1"))
		p.config.Region = "us-west-1"
		p.answer("create-bucket-us-west-1-constraint-to-us-east-1", located("us-east-1"))
		p.answer("create-bucket-us-west-1-constraint-to-us-east-2", located("us-east-2"))
	},
	"s3_list_operations::TestS3ListBuckets::test_list_buckets_region_validation": func(p *player) {
		p.answer("bad-region", &s3.ListBucketsInput{BucketRegion: aws.String("eu-east-1")})
	},
	"s3_list_operations::TestS3ListBuckets::test_list_buckets_by_bucket_region": func(p *player) {
		bucket(p, "data")
		p.answer("list-objects-by-bucket-region-not-empty", &s3.ListBucketsInput{BucketRegion: aws.String("us-east-1"), Prefix: data})
		p.answer("list-objects-by-bucket-region-empty", &s3.ListBucketsInput{BucketRegion: aws.String("us-east-2"), Prefix: data})
	},
	"s3::TestS3ObjectLockLegalHold::test_delete_locked_object": func(p *player) {
		locked(p)
		const key = "test-delete-locked"
		version := text(p.answer("put-obj", putObject(key, "test")), "VersionId")
		on, off := hold(types.ObjectLockLegalHoldStatusOn), hold(types.ObjectLockLegalHoldStatusOff)
		on.Key, off.Key = aws.String(key), aws.String(key)
		p.answer("put-object-legal-hold", on)
		p.answer("delete-object-locked", deleteObject(key, version))
		p.answer("delete-objects-locked", deleteObjects(key, *version))
		p.answer("put-object-legal-hold-off", off)
	},
	"s3::TestS3ObjectLockRetention::test_object_lock_delete_markers": func(p *player) {
		locked(p)
		p.call(putObject("key", "x"))
		marker := text(p.answer("put-delete-marker", deleteObject("key", nil)), "VersionId")
		in := retain(types.ObjectLockRetentionModeGovernance, p.world.Clock().Now().Add(time.Hour))
		in.VersionId = marker
		p.answer("put-object-retention-delete-marker", in)
		p.answer("get-object-retention-delete-marker", &s3.GetObjectRetentionInput{Bucket: data, Key: aws.String("key"), VersionId: marker})
		p.answer("head-object-locked-delete-marker", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key"), VersionId: marker})
	},
	"s3_api::TestS3Multipart::test_upload_part_copy_no_copy_source_range": func(p *player) {
		p.as(user(p))
		bucket(p, "data")
		const key = "test-upload-part-copy"
		p.answer("put-src-object", putObject("source", "0123456789"))
		id := text(p.answer("create-multipart", &s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String(key)}), "UploadId")
		p.answer("upload-part-copy", &s3.UploadPartCopyInput{Bucket: data, Key: aws.String(key), UploadId: id, PartNumber: aws.Int32(1), CopySource: aws.String("data/source")})
		p.answer("list-parts", &s3.ListPartsInput{Bucket: data, Key: aws.String(key), UploadId: id})
	},
}

func located(constraint types.BucketLocationConstraint) *s3.CreateBucketInput {
	return &s3.CreateBucketInput{Bucket: aws.String("located"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: constraint}}
}

func checkedBodies(p *player) {
	id := startUpload(p)
	put := func(answer, md5 string) {
		in := putObject("key", "something")
		in.ContentMD5 = &md5
		p.answer(answer, in)
	}
	part := func(answer, md5 string) {
		in := uploadPart(id, "key", 1, "something")
		in.ContentMD5 = &md5
		p.answer(answer, in)
	}
	for i, wrong := range []string{"__invalid__", "000", "not base64 encoded checksum", "MTIz", "dGVzdC1zdHJpbmc="} {
		put("md5-error-"+strconv.Itoa(i), wrong)
		part("upload-part-md5-error-"+strconv.Itoa(i), wrong)
	}
	const another, right = "CYketZBSTjX8czcs3cXVlg==", "Q3uTDbhLgHnC3YBKcZNrXw=="
	put("md5-error-bad-digest", another)
	part("upload-part-md5-bad-digest", another)
	put("success-put-object-md5", right)
	part("success-upload-part-md5", right)
}

func copiedSuspended(p *player) {
	bucket(p, "data")
	in := putObject("key", `{"key": "value"}`)
	in.ContentType, in.Metadata = aws.String("application/json"), map[string]string{"key": "value"}
	p.answer("put_object", in)
	head, again := &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")}, copyWithin("key", "key")
	again.StorageClass, again.MetadataDirective = types.StorageClassStandard, types.MetadataDirectiveReplace
	p.answer("head_object", head)
	p.answer("copy-in-place-non-versioned", again)
	p.answer("head-object-copied", head)
	p.answer("get-object-copied", getObject("key"))
	p.call(versioning(types.BucketVersioningStatusSuspended))
	p.answer("copy-in-place-versioned-suspended", again)
	p.answer("head-object-copied-suspended", head)
	p.answer("get-object-copied-suspended", getObject("key"))
	p.answer("copy-in-place-versioned-suspended-twice", again)
}

// conditional completes an upload of one part under conditions.
func conditional(p *player, id *string) func(answer string, match, noneMatch *string) {
	made := p.call(uploadPart(id, "test-precondition", 1, "test"))
	return func(answer string, match, noneMatch *string) {
		in := complete(id, "test-precondition", types.CompletedPart{PartNumber: aws.Int32(1), ETag: text(made, "ETag")})
		in.IfMatch, in.IfNoneMatch = match, noneMatch
		p.answer(answer, in)
	}
}

func conditionalUpload(p *player, answer string) *string {
	return text(p.answer(answer, &s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String("test-precondition")}), "UploadId")
}

func matchedDelete(p *player) {
	bucket(p, "data")
	p.wait(time.Second)
	etag := text(p.answer("put-obj", putObject("test-precondition", "test")), "ETag")
	p.wait(time.Second)
	finish := conditional(p, conditionalUpload(p, "create-multipart"))
	p.wait(time.Second)
	p.answer("del-obj", deleteObject("test-precondition", nil))
	finish("complete-multipart-after-del", etag, nil)
	p.wait(time.Second)
	p.answer("put-obj-2", putObject("test-precondition", "test"))
	finish("complete-multipart-if-match-after-put", etag, nil)
}

func matchedPut(p *player) {
	bucket(p, "data")
	etag := text(p.answer("put-obj", putObject("test-precondition", "test")), "ETag")
	p.wait(time.Second)
	finish := conditional(p, conditionalUpload(p, "create-multipart"))
	finish("complete-multipart-if-match-put-before", aws.String(strings.Replace(*etag, "0", "1", 1)), nil)
}

func unmatchedDelete(p *player) {
	bucket(p, "data")
	p.answer("put-obj", putObject("test-precondition", ""))
	p.wait(time.Second)
	finish := conditional(p, conditionalUpload(p, "create-multipart"))
	finish("complete-multipart-if-none-match", nil, aws.String("*"))
	p.wait(time.Second)
	p.answer("del-obj", deleteObject("test-precondition", nil))
	finish("complete-multipart-after-del", nil, aws.String("*"))
}

func taggedBucketAgain(p *player) {
	create := func(answer string, tags ...string) {
		in := &s3.CreateBucketInput{Bucket: data, CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: tagged(tags...).TagSet}}
		p.answer(answer, in)
	}
	get := func(answer string) { p.answer(answer, &s3.GetBucketTaggingInput{Bucket: data}) }
	create("create-bucket-with-tags", "tag1", "value1")
	get("get-bucket-tags")
	create("create-bucket-with-same-tags", "tag1", "value1")
	create("create-bucket-different-tags", "tag2", "value2")
	p.answer("create-bucket-with-no-tags", &s3.CreateBucketInput{Bucket: data})
	get("get-bucket-tags-after-re-create")
	create("create-bucket-with-empty-tags")
	get("get-bucket-tags-after-create-empty")
}
