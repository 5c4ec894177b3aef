package all_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func tagged(list ...string) *types.Tagging {
	t := new(types.Tagging)
	for i := 0; i < len(list); i += 2 {
		t.TagSet = append(t.TagSet, types.Tag{Key: &list[i], Value: &list[i+1]})
	}
	return t
}

func tagErrors(p *player) {
	bucket(p, "data")
	key, tags := aws.String("fake-key"), tagged("Key1", "Val1")
	p.answer("get-no-bucket-tags", &s3.GetObjectTaggingInput{Bucket: missing, Key: key})
	p.answer("put-no-bucket-tags", &s3.PutObjectTaggingInput{Bucket: missing, Key: key, Tagging: tags})
	p.answer("delete-no-bucket-tags", &s3.DeleteObjectTaggingInput{Bucket: missing, Key: key})
	p.answer("get-no-key-tags", &s3.GetObjectTaggingInput{Bucket: data, Key: key})
	p.answer("put-no-key-tags", &s3.PutObjectTaggingInput{Bucket: data, Key: key, Tagging: tags})
	p.answer("delete-no-key-tags", &s3.DeleteObjectTaggingInput{Bucket: data, Key: key})
	in := putObject("key", "x")
	in.Tagging = aws.String("key1=val1,key2=val2")
	p.answer("put-obj-wrong-format", in)
	in = putObject("key", "x")
	in.Tagging = aws.String("key1=val1&key1=val2")
	p.answer("put-obj-duplicate-tagging", in)
}

func tagValidation(p *player) {
	bucket(p, "data")
	p.call(putObject("key", "x"))
	noKey, noValue := &types.Tagging{TagSet: []types.Tag{{Value: aws.String("Val1")}}}, &types.Tagging{TagSet: []types.Tag{{Key: aws.String("Key1")}}}
	for answer, tagging := range map[string]*types.Tagging{
		"aws-prefixed": tagged("aws:prefixed", "Val1"), "duplicate-keys": tagged("Key1", "Val1", "Key1", "Val1"), "invalid-key": tagged("Key1,Key2", "Val1"),
		"invalid-value": tagged("Key1", "Val1,Val2"), "none-key": noKey, "none-value": noValue,
	} {
		p.answer("put-bucket-tags-"+answer, &s3.PutBucketTaggingInput{Bucket: data, Tagging: tagging})
		if answer == "invalid-key" {
			answer = "invalid-field"
		}
		p.answer("put-object-tags-"+answer, &s3.PutObjectTaggingInput{Bucket: data, Key: aws.String("key"), Tagging: tagging})
	}
}

func versionedTags(p *player) {
	versioned(p)
	key := aws.String("key")
	in := putObject(*key, "test-0")
	in.Tagging = aws.String("test_tag=tagv1")
	first := text(p.answer("put-obj-0", in), "VersionId")
	second := text(p.answer("put-obj-1", putObject(*key, "test-1")), "VersionId")
	get := func(answer string, version *string) {
		p.answer(answer, &s3.GetObjectTaggingInput{Bucket: data, Key: key, VersionId: version})
	}
	put := func(answer string, version *string, tag string) {
		p.answer(answer, &s3.PutObjectTaggingInput{Bucket: data, Key: key, VersionId: version, Tagging: tagged(tag, tag)})
	}
	remove := func(answer string, version *string) {
		p.answer(answer, &s3.DeleteObjectTaggingInput{Bucket: data, Key: key, VersionId: version})
	}
	get("get-object-tags-previous-version", first)
	put("put-object-tags-previous-version", first, "tag1")
	get("get-object-tags-previous-version-again", first)
	put("put-object-tags-current-version", nil, "tag3")
	get("get-object-tags-current-version", nil)
	remove("", second)
	get("get-object-tags-deleted-current", nil)
	marker := text(p.answer("put-delete-marker", deleteObject(*key, nil)), "VersionId")
	get("get-object-tags-delete-marker-latest", nil)
	get("get-object-tags-delete-marker-id", marker)
	put("put-object-tags-delete-marker-latest", nil, "tag")
	put("put-object-tags-delete-marker-id", marker, "tag")
	remove("delete-object-tags-delete-marker-latest", nil)
	remove("delete-object-tags-delete-marker-id", marker)
}
