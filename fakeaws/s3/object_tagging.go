package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectTaggingOps are the rows of the tags of objects.
func (s *Fake) objectTaggingOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putObjectTagging),
		bind(s, s.getObjectTagging),
		bind(s, s.deleteObjectTagging),
	}
}

// putObjectTagging replaces all tags of an object.
func (s *Fake) putObjectTagging(call *fakeaws.Call, in *awss3.PutObjectTaggingInput) (*fakeaws.Plan[*awss3.PutObjectTaggingOutput], error) {
	tags, err := tagSet(in.Tagging)
	if err != nil {
		return nil, err
	}
	if err := checkTags(tags, objectTags); err != nil {
		return nil, err
	}
	tags = cloneTags(tags)
	plan, err := changeObject(s, call, versionChange[*awss3.PutObjectTaggingOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: byVersion(in.VersionId, "s3:PutObjectTagging", "s3:PutObjectVersionTagging"), method: "PUT",
		change: func(b *bucket, o *object) (*awss3.PutObjectTaggingOutput, error) {
			o.tags = tags
			s.notify(b, o, occurrence{event: types.EventS3ObjectTaggingPut, call: call})
			return &awss3.PutObjectTaggingOutput{VersionId: b.shown(o)}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	setObjectTags(&plan.Needs[0].Context, tags)
	return plan, nil
}

// getObjectTagging returns the tags of an object.
func (s *Fake) getObjectTagging(call *fakeaws.Call, in *awss3.GetObjectTaggingInput) (*fakeaws.Plan[*awss3.GetObjectTaggingOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	action := byVersion(in.VersionId, "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
	b, o, needs, err := s.findObject(call, ref, action)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.GetObjectTaggingOutput, error) {
		switch {
		case o == nil && in.VersionId == nil:
			// The other operations give the key alone.
			return nil, errNoSuchKey.of("Key", b.name+"/"+aws.ToString(in.Key))
		case o != nil && o.marker:
			return nil, o.markerRefuses("GET")
		}
		if err := b.checkFound(ref, o, "GET"); err != nil {
			return nil, err
		}
		return &awss3.GetObjectTaggingOutput{TagSet: cloneTags(o.tags), VersionId: b.shown(o)}, nil
	}), nil
}

// deleteObjectTagging removes all tags of an object.
func (s *Fake) deleteObjectTagging(call *fakeaws.Call, in *awss3.DeleteObjectTaggingInput) (*fakeaws.Plan[*awss3.DeleteObjectTaggingOutput], error) {
	return changeObject(s, call, versionChange[*awss3.DeleteObjectTaggingOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: byVersion(in.VersionId, "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"), method: "DELETE",
		change: func(b *bucket, o *object) (*awss3.DeleteObjectTaggingOutput, error) {
			o.tags = nil
			s.notify(b, o, occurrence{event: types.EventS3ObjectTaggingDelete, call: call})
			return &awss3.DeleteObjectTaggingOutput{VersionId: b.shown(o)}, nil
		},
	})
}
