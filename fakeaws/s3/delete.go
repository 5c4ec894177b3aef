package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxDelete is the most keys of one DeleteObjects.
const maxDelete = 1000

func (s *Service) needDeleteObject(ctx context.Context, in *awss3.DeleteObjectInput) ([]enforce.Need, error) {
	call := fakeaws.CallFrom(ctx)
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	if err := ref.check(); err != nil {
		return nil, err
	}
	switch {
	case in.IfMatchLastModifiedTime != nil:
		return nil, notImplemented("x-amz-if-match-last-modified-time")
	case in.IfMatchSize != nil:
		return nil, notImplemented("x-amz-if-match-size")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	need := s.need(call, b, byVersion(in.VersionId, "s3:DeleteObject", "s3:DeleteObjectVersion"), b.objectARN(in.Key), 2)
	setIfSent(&need.Context, "s3:versionid", in.VersionId)
	setIfSent(&need.Context, "s3:if-match", in.IfMatch)
	return s.deleteNeeds(call, b, need, in.IfMatch, aws.ToBool(in.BypassGovernanceRetention)), nil
}

// deleteNeeds adds to the permission to delete an object those that the
// parameters of the request ask. They guard the same entry.
func (s *Service) deleteNeeds(call *fakeaws.Call, b *bucket, need enforce.Need, match *string, bypass bool) []enforce.Need {
	needs := []enforce.Need{need}
	if bypass {
		more := need
		more.Action = "s3:BypassGovernanceRetention"
		needs = append(needs, more)
	}
	if match != nil && *match != "*" {
		// Whoever learns whether an entity tag is right reads the object.
		get := s.need(call, b, "s3:GetObject", need.Resource, 0)
		get.Entry = need.Entry
		needs = append(needs, get)
	}
	return needs
}

// DeleteObject removes an object, or does nothing where there is none.
func (s *Service) DeleteObject(ctx context.Context, in *awss3.DeleteObjectInput) (*awss3.DeleteObjectOutput, error) {
	if err := checkBypass(in.BypassGovernanceRetention); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if err := b.remove(objectRef{key: in.Key, version: in.VersionId}, in.IfMatch); err != nil {
		return nil, err
	}
	return &awss3.DeleteObjectOutput{VersionId: in.VersionId}, nil
}

// checkBypass refuses a parameter that means Object Lock.
func checkBypass(bypass *bool) error {
	if aws.ToBool(bypass) {
		return errInvalidArgument.says("x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.")
	}
	return nil
}

// remove deletes an object if it is as the request expects it.
func (b *bucket) remove(ref objectRef, match *string) error {
	key := aws.ToString(ref.key)
	o, ok := b.objects.Get(key)
	if match != nil && (!ok || !matchesETag(*match, o.etag)) {
		return errPreconditionFailed.of("Condition", "If-Match")
	}
	if !ref.otherVersion() {
		b.objects.Delete(key)
	}
	return nil
}

func (s *Service) needDeleteObjects(ctx context.Context, in *awss3.DeleteObjectsInput) ([]enforce.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if in.Delete == nil || len(in.Delete.Objects) == 0 || len(in.Delete.Objects) > maxDelete {
		return nil, errMalformedXML.of()
	}
	for _, o := range in.Delete.Objects {
		switch {
		case aws.ToString(o.Key) == "":
			return nil, errMalformedXML.of()
		case o.LastModifiedTime != nil:
			return nil, notImplemented("LastModifiedTime")
		case o.Size != nil:
			return nil, notImplemented("Size")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	// No permission on the bucket is asked: every key stands for itself.
	needs := make([]enforce.Need, 0, len(in.Delete.Objects))
	for i, o := range in.Delete.Objects {
		need := s.need(call, b, byVersion(o.VersionId, "s3:DeleteObject", "s3:DeleteObjectVersion"), b.objectARN(o.Key), 2)
		need.Entry = i + 1
		setIfSent(&need.Context, "s3:versionid", o.VersionId)
		setIfSent(&need.Context, "s3:if-match", o.ETag)
		needs = append(needs, s.deleteNeeds(call, b, need, o.ETag, aws.ToBool(in.BypassGovernanceRetention))...)
	}
	return needs, nil
}

// DeleteObjects removes many objects and answers for each.
func (s *Service) DeleteObjects(ctx context.Context, in *awss3.DeleteObjectsInput) (*awss3.DeleteObjectsOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if in.Delete == nil {
		return nil, errMalformedXML.of()
	}
	if err := checkBypass(in.BypassGovernanceRetention); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	quiet := aws.ToBool(in.Delete.Quiet)
	out := new(awss3.DeleteObjectsOutput)
	for i, id := range in.Delete.Objects {
		var err error
		ref := objectRef{key: id.Key, version: id.VersionId}
		if call.EntryDenied(i + 1) {
			err = errAccessDenied.of()
		} else if err = ref.check(); err == nil {
			err = b.remove(ref, id.ETag)
		}
		switch {
		case err != nil:
			out.Errors = append(out.Errors, entryError(id, err))
		case !quiet:
			out.Deleted = append(out.Deleted, types.DeletedObject{Key: id.Key, VersionId: id.VersionId})
		}
	}
	return out, nil
}

// entryError is how DeleteObjects answers a key that stays.
func entryError(id types.ObjectIdentifier, err error) types.Error {
	e := types.Error{Key: id.Key, VersionId: id.VersionId, Message: aws.String(err.Error())}
	if known, ok := err.(*fakeaws.Error); ok {
		e.Code, e.Message = &known.Code, &known.Message
	}
	return e
}
