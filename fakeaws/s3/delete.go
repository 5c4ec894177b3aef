package s3

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxDelete is the most keys of one DeleteObjects.
const maxDelete = 1000

func (s *Fake) needDeleteObject(ctx context.Context, in *awss3.DeleteObjectInput) ([]fakeaws.Need, error) {
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
	setDeleteCondition(&need.Context, in.VersionId, in.IfMatch)
	return s.deleteNeeds(call, b, need, in.Key, in.IfMatch, aws.ToBool(in.BypassGovernanceRetention)), nil
}

// setDeleteCondition sets the key of a conditional delete. s3:DeleteObjectVersion
// does not have it.
func setDeleteCondition(keys *enforce.Context, version, match *string) {
	if version == nil {
		setIfSent(keys, "s3:if-match", match)
	}
}

// deleteNeeds adds to the permission to delete an object those that the
// parameters of the request ask. They guard the same entry.
func (s *Fake) deleteNeeds(call *fakeaws.Call, b *bucket, need fakeaws.Need, key, match *string, bypass bool) []fakeaws.Need {
	needs := []fakeaws.Need{need}
	if bypass {
		needs = append(needs, narrowed(need, "s3:BypassGovernanceRetention"))
	}
	if match != nil && *match != "*" {
		get := s.needForCondition(call, b, key)
		get.Entry = need.Entry
		needs = append(needs, get)
	}
	return needs
}

// DeleteObject removes an object, or does nothing where there is none.
func (s *Fake) DeleteObject(ctx context.Context, in *awss3.DeleteObjectInput) (*awss3.DeleteObjectOutput, error) {
	call := fakeaws.CallFrom(ctx)
	shownBy, err := authenticateMFA(call, in.MFA)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if err := b.checkMFA(shownBy, b.requiresMFA(in.VersionId)); err != nil {
		return nil, err
	}
	if err := b.checkBypass(in.BypassGovernanceRetention); err != nil {
		return nil, err
	}
	done, err := s.remove(b, objectRef{key: in.Key, version: in.VersionId}, in.IfMatch, aws.ToBool(in.BypassGovernanceRetention))
	if err != nil {
		return nil, err
	}
	out := &awss3.DeleteObjectOutput{VersionId: in.VersionId}
	if done != nil && done.marker {
		out.DeleteMarker = aws.Bool(true)
	}
	if done != nil && in.VersionId == nil {
		out.VersionId = b.shown(done)
	}
	return out, nil
}

// remove deletes an object if it is as the request expects it. It returns the
// version that was removed or, where versioning only hides the object, the new
// delete marker; nil when nothing was there to remove.
func (s *Fake) remove(b *bucket, ref objectRef, match *string, bypass bool) (*object, error) {
	key := aws.ToString(ref.key)
	// Conditions are about the current version only (User Guide, "How to perform
	// conditional deletes").
	if o := b.live(key); match != nil && (o == nil || !matchesETag(*match, o.etag)) {
		return nil, errPreconditionFailed.of("Condition", "If-Match")
	}
	switch {
	case ref.version != nil:
		o := b.version(key, ref.version)
		if o == nil {
			return nil, nil
		}
		if err := s.checkLocked(o, bypass); err != nil {
			return nil, err
		}
		b.drop(o)
		return o, nil
	case b.versioning == "":
		if o := b.live(key); o != nil {
			b.drop(o)
			return o, nil
		}
		return nil, nil
	}
	marker := &object{key: key, marker: true}
	s.add(b, marker)
	return marker, nil
}

func (s *Fake) needDeleteObjects(ctx context.Context, in *awss3.DeleteObjectsInput) ([]fakeaws.Need, error) {
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
	needs := make([]fakeaws.Need, 0, len(in.Delete.Objects))
	for i, o := range in.Delete.Objects {
		need := s.need(call, b, byVersion(o.VersionId, "s3:DeleteObject", "s3:DeleteObjectVersion"), b.objectARN(o.Key), 2)
		need.Entry = i + 1
		setIfSent(&need.Context, "s3:versionid", o.VersionId)
		setDeleteCondition(&need.Context, o.VersionId, o.ETag)
		needs = append(needs, s.deleteNeeds(call, b, need, o.Key, o.ETag, aws.ToBool(in.BypassGovernanceRetention))...)
	}
	return needs, nil
}

// DeleteObjects removes many objects and answers for each.
func (s *Fake) DeleteObjects(ctx context.Context, in *awss3.DeleteObjectsInput) (*awss3.DeleteObjectsOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if in.Delete == nil {
		return nil, errMalformedXML.of()
	}
	shownBy, err := authenticateMFA(call, in.MFA)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	// Without a code nothing is deleted, not even what needs none (API Reference,
	// "DeleteObjects").
	needsCode := slices.ContainsFunc(in.Delete.Objects, func(id types.ObjectIdentifier) bool { return b.requiresMFA(id.VersionId) })
	if err := b.checkMFA(shownBy, needsCode); err != nil {
		return nil, err
	}
	if err := b.checkBypass(in.BypassGovernanceRetention); err != nil {
		return nil, err
	}
	quiet := aws.ToBool(in.Delete.Quiet)
	out := new(awss3.DeleteObjectsOutput)
	for i, id := range in.Delete.Objects {
		var done *object
		var err error
		if call.EntryDenied(i + 1) {
			err = errAccessDenied.of()
		} else {
			done, err = s.removeEntry(b, id, aws.ToBool(in.BypassGovernanceRetention))
		}
		switch {
		case err != nil:
			out.Errors = append(out.Errors, entryError(id, err))
		case !quiet:
			out.Deleted = append(out.Deleted, deletedEntry(id, done))
		}
	}
	return out, nil
}

func (s *Fake) removeEntry(b *bucket, id types.ObjectIdentifier, bypass bool) (*object, error) {
	ref := objectRef{key: id.Key, version: id.VersionId}
	if err := ref.check(); err != nil {
		return nil, err
	}
	return s.remove(b, ref, id.ETag, bypass)
}

// deletedEntry is how DeleteObjects answers a key that was deleted.
func deletedEntry(id types.ObjectIdentifier, done *object) types.DeletedObject {
	e := types.DeletedObject{Key: id.Key, VersionId: id.VersionId}
	if done != nil && done.marker {
		e.DeleteMarker, e.DeleteMarkerVersionId = aws.Bool(true), &done.version
	}
	return e
}

// entryError is how DeleteObjects answers a key that stays.
func entryError(id types.ObjectIdentifier, err error) types.Error {
	e := types.Error{Key: id.Key, VersionId: id.VersionId, Message: aws.String(err.Error())}
	if known, ok := err.(*fakeaws.Error); ok {
		e.Code, e.Message = &known.Code, &known.Message
	}
	return e
}
