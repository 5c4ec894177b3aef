package all_test

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Scenarios of objects and their versions.
var objectScenarios = map[string]scenario{
	"s3::TestS3::test_get_object_after_deleted_in_versioned_bucket": func(p *player) {
		versioned(p)
		p.call(putObject("my-key", "abcdefgh"))
		p.answer("get-object", getObject("my-key"))
		p.call(deleteObject("my-key", nil))
		p.answer("get-object-after-delete", getObject("my-key"))
	},
	"s3::TestS3::test_head_object_fields": func(p *player) {
		bucket(p, "data")
		p.call(putObject("my-key", "abcdefgh"))
		p.answer("head-object", &s3.HeadObjectInput{Bucket: data, Key: aws.String("my-key")})
		p.answer("head-object-404", &s3.HeadObjectInput{Bucket: data, Key: missing})
	},
	"s3::TestS3::test_range_key_not_exists": func(p *player) {
		bucket(p, "data")
		p.answer("exc", &s3.GetObjectInput{Bucket: data, Key: aws.String("my-key"), Range: aws.String("bytes=1024-4096")})
	},
	"s3::TestS3::test_s3_uppercase_key_names": func(p *player) {
		bucket(p, "data")
		p.call(putObject("CamelCaseKey", "something"))
		p.answer("response", getObject("CamelCaseKey"))
		p.answer("wrong-case-key", getObject("camelcasekey"))
	},
	"s3::TestS3::test_delete_keys_in_versioned_bucket":                 deletedKeys,
	"s3::TestS3::test_multipart_complete_multipart_too_small":          smallParts,
	"s3::TestS3::test_multipart_complete_multipart_wrong_part":         wrongParts,
	"s3::TestS3::test_multipart_key_validation":                        wrongKeys,
	"s3::TestS3::test_put_object_acl_on_delete_marker":                 markerACL,
	"s3::TestS3::test_s3_copy_object_src_not_exists":                   missingSources,
	"s3::TestS3::test_s3_get_object_preconditions":                     preconditions,
	"s3_api::TestS3BucketObjectTagging::test_object_tagging_exc":       tagErrors,
	"s3_api::TestS3BucketObjectTagging::test_tagging_validation":       tagValidation,
	"s3_api::TestS3BucketObjectTagging::test_object_tagging_versioned": versionedTags,
	"s3_api::TestS3ObjectCRUD::test_delete_object_on_suspended_bucket": suspendedDeletes,
	"s3_api::TestS3ObjectCRUD::test_delete_object_versioned":           versionedDeletes,
	"s3_api::TestS3DeletePrecondition::test_delete_object_if_match_modified_non_express": func(p *player) {
		bucket(p, "data")
		p.call(putObject("key", "x"))
		p.answer("delete-obj-if-match-last-modified", &s3.DeleteObjectInput{Bucket: data, Key: aws.String("key"), IfMatchLastModifiedTime: aws.Time(time.Unix(0, 0))})
	},
	"s3_api::TestS3DeletePrecondition::test_delete_object_if_match_non_express": func(p *player) {
		bucket(p, "data")
		p.call(putObject("key", "x"))
		p.answer("delete-obj-if-match", &s3.DeleteObjectInput{Bucket: data, Key: aws.String("key"), IfMatch: aws.String("badvalue")})
	},
	"s3_api::TestS3DeletePrecondition::test_delete_object_if_match_size_non_express": func(p *player) {
		bucket(p, "data")
		p.call(putObject("key", "x"))
		p.answer("delete-obj-if-match-size", &s3.DeleteObjectInput{Bucket: data, Key: aws.String("key"), IfMatchSize: aws.Int64(10)})
	},
	"s3_api::TestS3ObjectCRUD::test_delete_object": func(p *player) {
		bucket(p, "data")
		p.answer("put-object", putObject("key", "test-delete"))
		p.answer("delete-object", deleteObject("key", nil))
		p.answer("delete-nonexistent-object", deleteObject("not-there", nil))
		p.answer("delete-nonexistent-object-versionid", deleteObject("not-there", aws.String("HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD")))
	},
	"s3_api::TestS3ObjectCRUD::test_delete_objects": func(p *player) {
		bucket(p, "data")
		p.answer("put-object", putObject("test-delete", "test-delete"))
		p.answer("delete-object-wrong-version-id", deleteObjects("test-delete", "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"))
		p.answer("delete-objects", deleteObjects("a-wrong-key", "", "c-wrong-key", "", "test-delete", ""))
	},
	"s3_api::TestS3ObjectWritePrecondition::test_put_object_if_match": func(p *player) {
		bucket(p, "data")
		put := func(body, match string) *s3.PutObjectInput {
			in := putObject("test-precondition", body)
			in.IfMatch = &match
			return in
		}
		p.answer("put-obj-if-match-key-not-exists", put("test", "d41d8cd98f00b204e9800998ecf8427e"))
		made := p.answer("put-obj", putObject("test-precondition", "test"))
		p.answer("put-obj-if-match-wrong-etag", put("", "d41d8cd98f00b204e9800998ecf8427e"))
		p.answer("put-obj-overwrite", put("", *text(made, "ETag")))
		p.answer("del-obj", deleteObject("test-precondition", nil))
		p.answer("put-obj-after-del", putObject("test-precondition", ""))
	},
	"s3_api::TestS3ObjectWritePrecondition::test_put_object_if_match_and_if_none_match_validation": func(p *player) {
		bucket(p, "data")
		in := putObject("key", "x")
		in.IfMatch, in.IfNoneMatch = aws.String("d41d8cd98f00b204e9800998ecf8427e"), aws.String("*")
		p.answer("put-obj-both-precondition", in)
	},
	"s3_api::TestS3ObjectWritePrecondition::test_put_object_if_none_match_validation": func(p *player) {
		bucket(p, "data")
		p.answer("put-obj", putObject("key", ""))
		in := putObject("key", "x")
		in.IfNoneMatch = aws.String("d41d8cd98f00b204e9800998ecf8427e")
		p.answer("put-obj-if-none-match-bad-value", in)
	},
}

func getObject(key string) *s3.GetObjectInput { return &s3.GetObjectInput{Bucket: data, Key: &key} }

func deleteObject(key string, version *string) *s3.DeleteObjectInput {
	return &s3.DeleteObjectInput{Bucket: data, Key: &key, VersionId: version}
}

// deleteObjects deletes keys, each with a version or an empty text.
func deleteObjects(list ...string) *s3.DeleteObjectsInput {
	in := &s3.DeleteObjectsInput{Bucket: data, Delete: new(types.Delete)}
	for i := 0; i < len(list); i += 2 {
		o := types.ObjectIdentifier{Key: &list[i]}
		if list[i+1] != "" {
			o.VersionId = &list[i+1]
		}
		in.Delete.Objects = append(in.Delete.Objects, o)
	}
	return in
}

var listVersions = &s3.ListObjectVersionsInput{Bucket: data, EncodingType: types.EncodingTypeUrl}

func deletedKeys(p *player) {
	const key = "test-key-versioned"
	versioned(p)
	first, second := p.call(putObject(key, "something")), p.call(putObject(key, "something-v2"))
	p.answer("list-objects-v2", &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl})
	marker := p.answer("delete-object", deleteObjects(key, ""))
	p.answer("list-object-version", listVersions)
	p.answer("list-objects-v2-after-delete", &s3.ListObjectsV2Input{Bucket: data, EncodingType: types.EncodingTypeUrl})
	p.answer("delete-object-version", deleteObjects(key, *text(first, "VersionId"), key, *text(second, "VersionId")))
	p.answer("list-object-version-after-delete", listVersions)
	p.answer("delete-object-delete-marker", deleteObjects(key, *text(marker, "Deleted.0.DeleteMarkerVersionId")))
}

func uploadPart(upload *string, key string, number int32, body string) *s3.UploadPartInput {
	return &s3.UploadPartInput{Bucket: data, Key: &key, UploadId: upload, PartNumber: &number, Body: strings.NewReader(body)}
}

func complete(upload *string, key string, parts ...types.CompletedPart) *s3.CompleteMultipartUploadInput {
	return &s3.CompleteMultipartUploadInput{Bucket: data, Key: &key, UploadId: upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}
}

func startUpload(p *player) *string {
	bucket(p, "data")
	return text(p.call(&s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String("key")}), "UploadId")
}

func smallParts(p *player) {
	id := startUpload(p)
	one := p.answer("upload-part1", uploadPart(id, "key", 1, "data"))
	two := p.answer("upload-part2", uploadPart(id, "key", 2, "data"))
	p.answer("complete-exc-no-parts", complete(id, "key"))
	p.answer("complete-exc-too-small", complete(id, "key", types.CompletedPart{PartNumber: aws.Int32(1), ETag: text(one, "ETag")}, types.CompletedPart{PartNumber: aws.Int32(2), ETag: text(two, "ETag")}))
}

func wrongParts(p *player) {
	id := startUpload(p)
	one := p.call(uploadPart(id, "key", 1, "data"))
	p.answer("complete-exc-wrong-part-number", complete(id, "key", types.CompletedPart{PartNumber: aws.Int32(2), ETag: text(one, "ETag")}))
	p.answer("complete-exc-wrong-etag", complete(id, "key", types.CompletedPart{PartNumber: aws.Int32(1), ETag: aws.String("d41d8cd98f00b204e9800998ecf8427e")}))
}

func wrongKeys(p *player) {
	id, wrong := startUpload(p), aws.String("wrong-key")
	one := p.call(uploadPart(id, "key", 1, "data"))
	p.answer("upload-part-wrong-key-name", uploadPart(id, *wrong, 1, "data"))
	p.answer("list-parts-wrong-key-name", &s3.ListPartsInput{Bucket: data, Key: wrong, UploadId: id})
	p.answer("complete-multipart-wrong-key-name", complete(id, *wrong, types.CompletedPart{PartNumber: aws.Int32(1), ETag: text(one, "ETag")}))
	p.answer("abort-multipart-wrong-key-name", &s3.AbortMultipartUploadInput{Bucket: data, Key: wrong, UploadId: id})
}

func markerACL(p *player) {
	key := aws.String("test-key-versioned")
	p.call(&s3.CreateBucketInput{Bucket: data, ObjectOwnership: types.ObjectOwnershipObjectWriter})
	p.call(versioning(types.BucketVersioningStatusEnabled))
	p.call(&s3.DeletePublicAccessBlockInput{Bucket: data})
	p.answer("put-obj-1", putObject(*key, "something"))
	p.answer("put-obj-2", putObject(*key, "something-v2"))
	version := text(p.answer("delete-object", deleteObject(*key, nil)), "VersionId")
	p.answer("get-acl-delete-marker", &s3.GetObjectAclInput{Bucket: data, Key: key})
	p.answer("get-acl-delete-marker-version-id", &s3.GetObjectAclInput{Bucket: data, Key: key, VersionId: version})
	p.answer("put-acl-delete-marker", &s3.PutObjectAclInput{Bucket: data, Key: key, ACL: types.ObjectCannedACLPublicRead})
	p.answer("put-acl-delete-marker-version-id", &s3.PutObjectAclInput{Bucket: data, Key: key, VersionId: version, ACL: types.ObjectCannedACLPublicRead})
}

func missingSources(p *player) {
	versioned(p)
	copyOf := func(source string) *s3.CopyObjectInput {
		return &s3.CopyObjectInput{Bucket: data, Key: aws.String("copy"), CopySource: &source}
	}
	p.answer("copy-object-src-bucket-not-exists", copyOf("not-there/random-src-key"))
	p.answer("copy-object-src-object-not-exists", copyOf("data/random-src-key"))
	version := text(p.call(putObject("random-src-key", "")), "VersionId")
	marker := text(p.answer("del-obj-versioned", deleteObject("random-src-key", nil)), "VersionId")
	p.answer("copy-object-src-delete-marker-current-version", copyOf("data/random-src-key"))
	p.answer("copy-object-src-target-delete-marker", copyOf("data/random-src-key?versionId="+*marker))
	_ = version
}

func preconditions(p *player) {
	bucket(p, "data")
	p.call(putObject("key", "data"))
	now := p.world.Clock().Now().Truncate(time.Second)
	p.wait(5 * time.Second)
	get := func(answer string, set func(*s3.GetObjectInput)) {
		in := getObject("key")
		set(in)
		if p.param == "get_object" {
			p.answer(answer, in)
			return
		}
		p.answer(answer, &s3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key, IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch, IfModifiedSince: in.IfModifiedSince, IfUnmodifiedSince: in.IfUnmodifiedSince})
	}
	const etag = "8d777f385d3dfec8815d20f7496026dc"
	get("precondition-if-match", func(in *s3.GetObjectInput) { in.IfMatch = aws.String(`"1234"`) })
	get("precondition-if-unmodified-since", func(in *s3.GetObjectInput) { in.IfUnmodifiedSince = aws.Time(now.AddDate(-1, 0, 0)) })
	get("precondition-if-none-match", func(in *s3.GetObjectInput) { in.IfNoneMatch = aws.String(`"` + etag + `"`) })
	get("copy-precondition-if-modified-since", func(in *s3.GetObjectInput) { in.IfModifiedSince = aws.Time(now.Add(2 * time.Second)) })
	get("precondition-if-modified-since-is-object", func(in *s3.GetObjectInput) { in.IfModifiedSince = &now })
	get("precondition-if-unmodified-since-is-object", func(in *s3.GetObjectInput) { in.IfUnmodifiedSince = &now })
	get("obj-ignore-future-modified-since", func(in *s3.GetObjectInput) { in.IfModifiedSince = aws.Time(now.AddDate(1, 0, 0)) })
	get("etag-missing-quotes", func(in *s3.GetObjectInput) { in.IfNoneMatch = aws.String(etag) })
	get("obj-success", func(in *s3.GetObjectInput) {
		in.IfMatch, in.IfUnmodifiedSince = aws.String(etag), aws.Time(now.AddDate(-1, 0, 0))
	})
}

func suspendedDeletes(p *player) {
	const key = "test-delete-suspended"
	versioned(p)
	p.answer("put-object-0", putObject(key, "test-version-0"))
	p.answer("put-object-1", putObject(key, "test-version-1"))
	p.call(versioning(types.BucketVersioningStatusSuspended))
	p.answer("list-suspended", listVersions)
	p.answer("delete-object-no-version", deleteObject(key, nil))
	p.answer("list-suspended-delete", listVersions)
}

func versionedDeletes(p *player) {
	const key = "test-delete"
	versioned(p)
	version := text(p.answer("put-object", putObject(key, "test-delete")), "VersionId")
	marker := text(p.answer("delete-object", deleteObject(key, nil)), "VersionId")
	p.answer("get-deleted-object", getObject(key))
	get := func(answer string, version *string) {
		p.answer(answer, &s3.GetObjectInput{Bucket: data, Key: aws.String(key), VersionId: version})
	}
	get("get-delete-marker", marker)
	get("get-object-with-version", version)
	p.answer("delete-object-2", deleteObject(key, nil))
	p.answer("list-object-versions", &s3.ListObjectVersionsInput{Bucket: data, EncodingType: types.EncodingTypeUrl, Prefix: aws.String("test-delete")})
	p.answer("delete-object-version", deleteObject(key, version))
	get("get-deleted-object-with-version", version)
	p.answer("delete-wrong-key", deleteObject("wrong-key", nil))
	p.answer("delete-with-bad-version", deleteObject(key, aws.String((*version)[1:])))
	p.answer("delete-delete-marker", deleteObject(key, marker))
}
