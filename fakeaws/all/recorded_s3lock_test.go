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

func init() { maps.Copy(s3Scenarios, lockScenarios) }

// Scenarios of locked objects, parts and keys.
var lockScenarios = map[string]scenario{
	"s3::TestS3ObjectLockLegalHold::test_put_get_object_legal_hold": func(p *player) {
		locked(p)
		p.answer("put-obj", putObject("key", "test"))
		p.answer("get-legal-hold-unset", &s3.GetObjectLegalHoldInput{Bucket: data, Key: aws.String("key")})
		p.answer("put-object-legal-hold", hold(types.ObjectLockLegalHoldStatusOn))
		p.answer("head-object-with-legal-hold", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")})
		p.answer("get-legal-hold-set", &s3.GetObjectLegalHoldInput{Bucket: data, Key: aws.String("key")})
		p.answer("put-object-legal-hold-off", hold(types.ObjectLockLegalHoldStatusOff))
	},
	"s3::TestS3ObjectLockLegalHold::test_put_object_with_legal_hold": func(p *player) {
		locked(p)
		in := putObject("key", "test")
		in.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn
		p.answer("put-obj", in)
		p.answer("head-object-with-legal-hold", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")})
		p.answer("put-object-legal-hold-off", hold(types.ObjectLockLegalHoldStatusOff))
	},
	"s3::TestS3ObjectLockLegalHold::test_s3_copy_object_legal_hold": func(p *player) {
		locked(p)
		in := putObject("key", `{"key": "value"}`)
		in.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn
		p.answer("put-object", in)
		p.answer("head-object", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")})
		p.answer("copy-legal-hold", copyWithin("key", "copy"))
		p.answer("head-dest-key", &s3.HeadObjectInput{Bucket: data, Key: aws.String("copy")})
	},
	"s3::TestS3ObjectLockRetention::test_s3_object_lock_mode_validation": func(p *player) {
		locked(p)
		until := aws.Time(p.world.Clock().Now().Add(time.Hour))
		put := func(answer string, mode types.ObjectLockMode, until *time.Time) {
			in := putObject("key", "x")
			in.ObjectLockMode, in.ObjectLockRetainUntilDate = mode, until
			p.answer(answer, in)
		}
		put("put-obj-locked-error-no-mode", "", until)
		put("put-obj-locked-error-no-retain-date", types.ObjectLockModeGovernance, nil)
		put("put-obj-locked-bad-value", "BAD-VALUE", until)
		p.answer("create-mpu-locked-bad-value", &s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String("key"), ObjectLockMode: "BAD-VALUE", ObjectLockRetainUntilDate: until})
	},
	"s3::TestS3ObjectLockRetention::test_s3_object_retention":                 retained,
	"s3::TestS3ObjectLockRetention::test_s3_object_retention_compliance_mode": compliance,
	"s3::TestS3::test_put_get_object_special_character":                       specialKey,
	"s3::TestS3::test_copy_object_special_character": func(p *player) {
		bucket(p, "data")
		p.call(&s3.CreateBucketInput{Bucket: aws.String("copies")})
		for answer := range p.recorded {
			key, ok := strings.CutPrefix(answer, "put-object-src-special-char-")
			if !ok {
				continue
			}
			p.answer(answer, putObject(key, "test"))
			source := "data/" + strings.NewReplacer("%", "%25", "+", "%2B", " ", "%20").Replace(key)
			p.answer("copy-object-special-char-"+key, &s3.CopyObjectInput{Bucket: aws.String("copies"), Key: &key, CopySource: &source})
		}
		p.answer("list-object-copy-dest-special-char", &s3.ListObjectsV2Input{Bucket: aws.String("copies"), EncodingType: types.EncodingTypeUrl})
	},
	"s3::TestS3::test_get_object_part": getParts,
	"s3_list_operations::TestS3ListParts::test_list_parts_pagination": func(p *player) {
		p.as(user(p))
		bucket(p, "data")
		const key = "test-list-part-pagination"
		id := text(p.call(&s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String(key)}), "UploadId")
		list := func(answer string, most *int32, after *string) {
			p.answer(answer, &s3.ListPartsInput{Bucket: data, Key: aws.String(key), UploadId: id, MaxParts: most, PartNumberMarker: after})
		}
		list("list-parts-empty", nil, nil)
		p.call(uploadPart(id, key, 1, "data"))
		p.call(uploadPart(id, key, 2, "data"))
		list("list-parts-all", nil, nil)
		list("list-parts-1", aws.Int32(1), nil)
		list("list-parts-next", aws.Int32(1), aws.String("1"))
		list("list-parts-wrong-part", aws.Int32(1), aws.String("10"))
	},
	"s3_list_operations::TestS3ListObjects::test_list_objects_marker_common_prefixes": func(p *player) {
		folder(p)
		list := func(answer, marker string, most *int32) string {
			got := p.answer(answer, &s3.ListObjectsInput{Bucket: data, EncodingType: types.EncodingTypeUrl, Delimiter: aws.String("/"), Prefix: aws.String("folder/"), Marker: &marker, MaxKeys: most})
			return *text(got, "NextMarker")
		}
		p.answer("list-objects-all-keys", &s3.ListObjectsInput{Bucket: data, EncodingType: types.EncodingTypeUrl})
		next := list("list-objects-next-1", list("list-objects-start", "", aws.Int32(1)), aws.Int32(1))
		list("list-objects-end", next, aws.Int32(1))
		list("list-objects-manual-first-file", "folder/aSubfolder/subFile1", aws.Int32(1))
	},
	"s3_list_operations::TestS3ListObjectsV2::test_list_objects_v2_continuation_common_prefixes": func(p *player) {
		folder(p)
		list := func(answer string, token *string) *string {
			got := p.answer(answer, &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl, Delimiter: aws.String("/"), Prefix: aws.String("folder/"), ContinuationToken: token, MaxKeys: aws.Int32(1)})
			return text(got, "NextContinuationToken")
		}
		p.answer("list-objects-v2-all-keys", &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl})
		list("list-objects-v2-end", list("list-objects-v2-next-1", list("list-objects-v2-start", nil)))
	},
	"s3_list_operations::TestS3ListObjects::test_list_objects_next_marker": func(p *player) {
		bucket(p, "data")
		for _, key := range []string{"a", "b", "c"} {
			p.call(putObject(key, "content 123"))
		}
		list := func(answer string, marker, delimiter *string, most *int32) {
			p.answer(answer, &s3.ListObjectsInput{Bucket: data, EncodingType: types.EncodingTypeUrl, Delimiter: delimiter, Marker: marker, MaxKeys: most})
		}
		list("list-objects-all", nil, nil, nil)
		list("list-objects-max-1", nil, aws.String("/"), aws.Int32(1))
		list("list-objects-rest", aws.String("a"), nil, aws.Int32(1))
		list("list-objects-marker-empty", aws.String(""), nil, aws.Int32(1))
	},
	"s3_list_operations::TestS3ListObjectsV2::test_list_objects_v2_continuation_start_after": func(p *player) {
		bucket(p, "data")
		for n := range 12 {
			p.call(putObject("test_"+strconv.Itoa(n), "content 123"))
		}
		list := func(answer string, token, after *string, most *int32) *string {
			got := p.answer(answer, &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl, ContinuationToken: token, StartAfter: after, MaxKeys: most})
			return text(got, "NextContinuationToken")
		}
		token := list("list-objects-v2-max-5", nil, nil, aws.Int32(5))
		list("list-objects-v2-rest", token, nil, nil)
		list("list-objects-start-after", nil, aws.String("test_7"), aws.Int32(2))
		list("list-objects-start-after-token", token, aws.String("test_7"), nil)
		list("exc-continuation-token", aws.String(""), nil, nil)
	},
	"s3_list_operations::TestS3ListObjects::test_s3_list_objects_empty_marker": func(p *player) {
		bucket(p, "data")
		p.answer("list-objects", &s3.ListObjectsInput{Bucket: data, EncodingType: types.EncodingTypeUrl, Marker: aws.String("")})
	},
	"s3_list_operations::TestS3ListObjectsV2::test_list_objects_v2_with_prefix_and_delimiter": func(p *player) {
		bucket(p, "data")
		for _, key := range []string{"test/foo/bar/123", "test/foo/bar/456", "test/bar/foo/123"} {
			p.call(putObject(key, "x"))
		}
		list := func(answer, prefix string, most *int32) {
			p.answer(answer, &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl, Delimiter: aws.String("/"), Prefix: &prefix, MaxKeys: most})
		}
		list("list-objects-v2-1", "test/", nil)
		list("list-objects-v2-1-with-max-keys", "test/", aws.Int32(1))
		list("list-objects-v2-2", "test/foo", nil)
		list("list-objects-v2-3", "test/foo/bar", nil)
	},
}

func folder(p *player) {
	bucket(p, "data")
	for _, key := range []string{"aSubfolder/subFile1", "aSubfolder/subFile2", "file1", "file2"} {
		p.call(putObject("folder/"+key, "content 123"))
	}
}

func locked(p *player) {
	p.call(&s3.CreateBucketInput{Bucket: data, ObjectLockEnabledForBucket: aws.Bool(true)})
}

func hold(status types.ObjectLockLegalHoldStatus) *s3.PutObjectLegalHoldInput {
	return &s3.PutObjectLegalHoldInput{Bucket: data, Key: aws.String("key"), LegalHold: &types.ObjectLockLegalHold{Status: status}}
}

func retain(mode types.ObjectLockRetentionMode, until time.Time) *s3.PutObjectRetentionInput {
	return &s3.PutObjectRetentionInput{Bucket: data, Key: aws.String("key"), Retention: &types.ObjectLockRetention{Mode: mode, RetainUntilDate: &until}}
}

func retained(p *player) {
	locked(p)
	now := p.world.Clock().Now()
	version := text(p.answer("put-obj-locked-1", putObject("key", "test")), "VersionId")
	p.answer("put-object-retention-on-key-1", retain(types.ObjectLockRetentionModeGovernance, now.Add(time.Hour)))
	p.answer("get-object-retention-on-key-1", &s3.GetObjectRetentionInput{Bucket: data, Key: aws.String("key")})
	p.answer("head-object-locked", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")})
	p.answer("update-retention-locked-object", retain(types.ObjectLockRetentionModeGovernance, now.Add(time.Minute)))
	p.answer("delete-obj-locked", deleteObject("key", version))
	bypass := retain(types.ObjectLockRetentionModeGovernance, now.Add(time.Minute))
	bypass.BypassGovernanceRetention = aws.Bool(true)
	p.answer("update-retention-object", bypass)
	remove := deleteObject("key", version)
	remove.BypassGovernanceRetention = aws.Bool(true)
	p.answer("delete-obj-locked-bypass", remove)
}

func compliance(p *player) {
	locked(p)
	now := p.world.Clock().Now()
	version := text(p.answer("put-obj-locked-1", putObject("key", "test")), "VersionId")
	p.answer("add-compliance-retention", retain(types.ObjectLockRetentionModeCompliance, now.Add(time.Hour)))
	p.answer("update-retention-shortened", retain(types.ObjectLockRetentionModeCompliance, now.Add(time.Minute)))
	p.answer("update-retention-less-restrictive", retain(types.ObjectLockRetentionModeGovernance, now.Add(time.Hour)))
	p.answer("delete-locked-1", deleteObject("key", version))
	p.answer("put-delete-marker", deleteObject("key", nil))
	p.answer("delete-locked-2", deleteObject("key", version))
	p.wait(2 * time.Hour)
	p.answer("delete-obj-after-lock-expiration", deleteObject("key", version))
}

func specialKey(p *player) {
	bucket(p, "data")
	p.answer("put-object-special-char", putObject(p.param, "test"))
	p.answer("list-object-special-char", &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl})
	p.answer("get-object-special-char", getObject(p.param))
	p.answer("del-object-special-char", deleteObject(p.param, nil))
}

func getParts(p *player) {
	bucket(p, "data")
	p.call(putObject("plain", "test-123"))
	get := func(answer, key string, number int32, ranged *string) {
		p.answer(answer, &s3.GetObjectInput{Bucket: data, Key: &key, PartNumber: &number, Range: ranged})
	}
	get("get-obj-no-multipart", "plain", 1, nil)
	get("part-no-multipart", "plain", 2, nil)
	id := text(p.call(&s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String("test.file")}), "UploadId")
	var parts []types.CompletedPart
	for n, body := range []string{strings.Repeat("test content 123", 5<<20/16+1), "test content 123"} {
		made := p.call(uploadPart(id, "test.file", int32(n+1), body))
		parts = append(parts, types.CompletedPart{ETag: text(made, "ETag"), PartNumber: aws.Int32(int32(n + 1))})
	}
	p.call(complete(id, "test.file", parts...))
	p.answer("head-object-part", &s3.HeadObjectInput{Bucket: data, Key: aws.String("test.file"), PartNumber: aws.Int32(2)})
	get("get-object-part", "test.file", 2, nil)
	get("part-doesnt-exist", "test.file", 10, nil)
	get("part-with-range", "test.file", 2, aws.String("bytes=0-8"))
}
