package all_test

import (
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func init() { maps.Copy(s3Scenarios, configuredScenarios) }

// Scenarios of configurations, copies and ACLs.
var configuredScenarios = map[string]scenario{
	"s3::TestS3::test_s3_object_acl_exceptions":                                          aclErrors,
	"s3::TestS3::test_s3_copy_object_in_place":                                           copiedInPlace,
	"s3::TestS3::test_s3_copy_tagging_directive":                                         copiedTags,
	"s3_preconditions::TestS3CopySourcePreconditions::test_s3_copy_object_preconditions": copyPreconditions,
	"s3_api::TestS3Multipart::test_upload_part_copy_range":                               copiedRanges,
	"s3::TestS3StaticWebsiteHosting::test_validate_website_configuration":                websites,
	"s3_api::TestS3BucketObjectTagging::test_create_bucket_with_tags_exc":                bucketTags,
	"s3::TestS3::test_s3_copy_object_wrong_format": func(p *player) {
		bucket(p, "data")
		p.answer("copy-object-wrong-copy-source", &s3.CopyObjectInput{Bucket: data, Key: aws.String("key"), CopySource: aws.String("wrongformat")})
	},
	"s3::TestS3::test_s3_request_payer_exceptions": func(p *player) {
		bucket(p, "data")
		payer := func(name *string, payer types.Payer) *s3.PutBucketRequestPaymentInput {
			return &s3.PutBucketRequestPaymentInput{Bucket: name, RequestPaymentConfiguration: &types.RequestPaymentConfiguration{Payer: payer}}
		}
		p.answer("wrong-payer-type", payer(data, "Random"))
		p.answer("wrong-bucket-name", payer(missing, types.PayerRequester))
	},
	"s3::TestS3BucketLifecycle::test_delete_bucket_lifecycle_configuration": func(p *player) {
		bucket(p, "data")
		get := &s3.GetBucketLifecycleConfigurationInput{Bucket: data}
		p.answer("get-bucket-lifecycle-exc-1", get)
		p.answer("delete-bucket-lifecycle-no-bucket", &s3.DeleteBucketLifecycleInput{Bucket: data})
		p.call(&s3.PutBucketLifecycleConfigurationInput{Bucket: data, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
			ID: aws.String("wholebucket"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(7)},
		}}}})
		p.answer("get-bucket-lifecycle-conf", get)
		p.call(&s3.DeleteBucketLifecycleInput{Bucket: data})
		p.answer("get-bucket-lifecycle-exc-2", get)
	},
	"s3::TestS3StaticWebsiteHosting::test_crud_website_configuration": func(p *player) {
		bucket(p, "data")
		p.answer("get-no-such-website-config", &s3.GetBucketWebsiteInput{Bucket: data})
		p.answer("del-no-such-website-config", &s3.DeleteBucketWebsiteInput{Bucket: data})
		p.answer("put-website-config", website(&types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("index.html")}}))
		p.answer("get-website-config", &s3.GetBucketWebsiteInput{Bucket: data})
	},
	"s3_api::TestS3BucketObjectTagging::test_put_object_tagging_none_value": func(p *player) {
		bucket(p, "data")
		p.call(putObject("key", "x"))
		p.answer("put-none-tag-set", &s3.PutObjectTaggingInput{Bucket: data, Key: aws.String("key"), Tagging: &types.Tagging{}})
		p.answer("get-object-tags-none", &s3.GetObjectTaggingInput{Bucket: data, Key: aws.String("key")})
	},
}

func website(c *types.WebsiteConfiguration) *s3.PutBucketWebsiteInput {
	return &s3.PutBucketWebsiteInput{Bucket: data, WebsiteConfiguration: c}
}

func websites(p *player) {
	bucket(p, "data")
	index := func(s string) *types.IndexDocument { return &types.IndexDocument{Suffix: &s} }
	all := &types.RedirectAllRequestsTo{HostName: aws.String("test")}
	rule := func(condition *types.Condition, to *types.Redirect) *types.WebsiteConfiguration {
		return &types.WebsiteConfiguration{IndexDocument: index("index.html"), RoutingRules: []types.RoutingRule{{Condition: condition, Redirect: to}}}
	}
	prefix := &types.Condition{KeyPrefixEquals: aws.String("prefix")}
	for answer, c := range map[string]*types.WebsiteConfiguration{
		"0": {IndexDocument: index("/index.html")},
		"1": {IndexDocument: index("")},
		"2": {IndexDocument: index("index.html"), RedirectAllRequestsTo: all},
		"3": {},
		"4": rule(prefix, &types.Redirect{Protocol: "protocol"}),
		"5": rule(prefix, &types.Redirect{ReplaceKeyPrefixWith: aws.String("a"), ReplaceKeyWith: aws.String("b")}),
		"6": rule(&types.Condition{}, &types.Redirect{ReplaceKeyPrefixWith: aws.String("a")}),
	} {
		p.answer("invalid-website-conf-"+answer, website(c))
	}
}

func bucketTags(p *player) {
	key, value := aws.String("test"), aws.String("value")
	for answer, tags := range map[string][]types.Tag{
		"tags-key-aws-prefix":    {{Key: aws.String("aws:test"), Value: value}},
		"tags-key-aws-bad-key":   {{Key: aws.String("test,test2"), Value: value}},
		"tags-key-aws-bad-value": {{Key: key, Value: aws.String("value1,value2")}},
		"tags-key-none":          {{Value: value}},
		"tags-value-none":        {{Key: key}},
	} {
		p.answer(answer, &s3.CreateBucketInput{Bucket: data, CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: tags}})
	}
}

func copyWithin(source, key string) *s3.CopyObjectInput {
	return &s3.CopyObjectInput{Bucket: data, Key: &key, CopySource: aws.String("data/" + source)}
}

func copiedTags(p *player) {
	bucket(p, "data")
	in := putObject("key", "test")
	in.Tagging = aws.String("key1=value1")
	p.answer("put-object", in)
	p.answer("get-object-tag", &s3.GetObjectTaggingInput{Bucket: data, Key: aws.String("key")})
	copied := func(answer, key, tags string) {
		in := copyWithin("key", key)
		in.Tagging = &tags
		if p.param != "None" {
			in.TaggingDirective = types.TaggingDirective(p.param)
		}
		if p.param != "REPLACE" {
			in.Tagging = nil
		}
		p.answer(answer, in)
		p.answer("get-"+answer, &s3.GetObjectTaggingInput{Bucket: data, Key: &key})
		p.answer(strings.Replace("get-"+answer, "object", "object-tag", 1), &s3.GetObjectTaggingInput{Bucket: data, Key: &key})
	}
	copied("copy-object", "copy", "key2=value2")
	p.answer("get-copy-object-tag", &s3.GetObjectTaggingInput{Bucket: data, Key: aws.String("copy")})
	copied("copy-object-tag-empty", "copy-2", "")
	p.answer("get-copy-object-tag-empty", &s3.GetObjectTaggingInput{Bucket: data, Key: aws.String("copy-2")})
}

func copiedInPlace(p *player) {
	p.call(&s3.CreateBucketInput{Bucket: data, ObjectOwnership: types.ObjectOwnershipObjectWriter})
	p.call(&s3.DeletePublicAccessBlockInput{Bucket: data})
	in := putObject("key", `{"key": "value"}`)
	in.ContentType, in.Metadata = aws.String("application/json"), map[string]string{"key": "value"}
	p.call(in)
	p.answer("head_object", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")})
	p.answer("object-attrs", &s3.GetObjectAttributesInput{Bucket: data, Key: aws.String("key"), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesStorageClass}})
	p.answer("copy-object-in-place-no-change", copyWithin("key", "key"))
	again := copyWithin("key", "key")
	again.ACL = types.ObjectCannedACLPublicRead
	p.answer("copy-object-in-place-with-acl", again)
}

func copyPreconditions(p *player) {
	bucket(p, "data")
	p.call(putObject("key", "data"))
	p.answer("head-object", &s3.HeadObjectInput{Bucket: data, Key: aws.String("key")})
	now := p.world.Clock().Now().Truncate(time.Second)
	p.wait(5 * time.Second)
	copied := func(answer string, set func(*s3.CopyObjectInput)) {
		in := copyWithin("key", "copy")
		set(in)
		p.answer(answer, in)
	}
	const etag = "8d777f385d3dfec8815d20f7496026dc"
	copied("copy-precondition-if-match", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = aws.String(`"1234"`) })
	copied("copy-precondition-if-unmodified-since", func(in *s3.CopyObjectInput) { in.CopySourceIfUnmodifiedSince = aws.Time(now.AddDate(-1, 0, 0)) })
	copied("copy-precondition-if-none-match", func(in *s3.CopyObjectInput) { in.CopySourceIfNoneMatch = aws.String(`"` + etag + `"`) })
	copied("copy-precondition-if-modified-since", func(in *s3.CopyObjectInput) { in.CopySourceIfModifiedSince = aws.Time(now.Add(2 * time.Second)) })
	copied("copy-ignore-future-modified-since", func(in *s3.CopyObjectInput) { in.CopySourceIfModifiedSince = aws.Time(now.AddDate(1, 0, 0)) })
	copied("copy-etag-missing-quotes", func(in *s3.CopyObjectInput) { in.CopySourceIfNoneMatch = aws.String(etag) })
	copied("copy-success", func(in *s3.CopyObjectInput) {
		in.CopySourceIfMatch, in.CopySourceIfUnmodifiedSince = aws.String(etag), aws.Time(now.AddDate(-1, 0, 0))
	})
}

func copiedRanges(p *player) {
	bucket(p, "data")
	p.answer("put-src-object", putObject("source", "0123456789"))
	id := text(p.answer("create-multipart", &s3.CreateMultipartUploadInput{Bucket: data, Key: aws.String("test-upload-part-copy")}), "UploadId")
	part := func(n int32, ranged string) *s3.UploadPartCopyInput {
		return &s3.UploadPartCopyInput{Bucket: data, Key: aws.String("test-upload-part-copy"), UploadId: id, PartNumber: &n, CopySource: aws.String("data/source"), CopySourceRange: &ranged}
	}
	p.answer("upload-part-copy-1", part(1, "bytes=0-8"))
	p.answer("upload-part-copy-2", part(2, "bytes=1-1"))
	p.answer("upload-part-copy-3", part(3, "bytes=0-0"))
	p.answer("upload-part-copy-wrong-format", part(4, "0-8"))
	for answer := range p.recorded {
		if ranged, ok := strings.CutPrefix(answer, "upload-part-copy-range-exc-"); ok {
			p.answer(answer, part(1, "bytes="+ranged))
		}
	}
}

func aclErrors(p *player) {
	p.call(&s3.CreateBucketInput{Bucket: data, ObjectOwnership: types.ObjectOwnershipObjectWriter})
	p.call(&s3.DeletePublicAccessBlockInput{Bucket: data})
	put := func(answer string, set func(*s3.PutObjectInput)) {
		in := putObject("key", "x")
		set(in)
		p.answer(answer, in)
	}
	p.call(putObject("key", "x"))
	put("put-object-canned-acl", func(in *s3.PutObjectInput) { in.ACL = "fake-acl" })
	acl := func(answer string, set func(*s3.PutObjectAclInput)) {
		in := &s3.PutObjectAclInput{Bucket: data, Key: aws.String("key")}
		set(in)
		p.answer(answer, in)
	}
	acl("put-object-acl-canned-acl", func(in *s3.PutObjectAclInput) { in.ACL = "fake-acl" })
	acl("put-object-acl-empty", func(*s3.PutObjectAclInput) {})
	acl("put-object-empty-acp", func(in *s3.PutObjectAclInput) { in.AccessControlPolicy = &types.AccessControlPolicy{} })
	acl("put-object-grant-acl-fake-uri", func(in *s3.PutObjectAclInput) {
		in.GrantWrite = aws.String(`uri="http://acs.amazonaws.com/groups/s3/FakeGroup"`)
	})
	acl("put-object-grant-acl-fake-key", func(in *s3.PutObjectAclInput) { in.GrantWrite = aws.String(`fakekey="1234"`) })
	acl("put-object-grant-acl-wrong-id", func(in *s3.PutObjectAclInput) { in.GrantWrite = aws.String(`id="wrong-id"`) })
	acl("put-object-two-type-acl", func(in *s3.PutObjectAclInput) {
		in.ACL, in.GrantRead = types.ObjectCannedACLPublicRead, aws.String(`uri="http://acs.amazonaws.com/groups/s3/LogDelivery"`)
	})
	id := text(p.call(&s3.GetBucketAclInput{Bucket: data}), "Owner.ID")
	acl("put-object-two-type-acl-acp", func(in *s3.PutObjectAclInput) {
		in.ACL = types.ObjectCannedACLPublicRead
		in.AccessControlPolicy = &types.AccessControlPolicy{Owner: &types.Owner{ID: id}, Grants: []types.Grant{{Grantee: &types.Grantee{Type: types.TypeCanonicalUser, ID: id}, Permission: types.PermissionRead}}}
	})
}
