package s3

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectDeleteOps are the rows of the operations that delete objects.
func (s *Fake) objectDeleteOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.deleteObject),
		bind(s, s.deleteObjects),
	}
}

// maxDelete is the most keys of one DeleteObjects.
const maxDelete = 1000

// deleteObject removes an object, or does nothing where there is none.
func (s *Fake) deleteObject(call *fakeaws.Call, in *awss3.DeleteObjectInput) (*fakeaws.Plan[*awss3.DeleteObjectOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	if err := ref.check(); err != nil {
		return nil, err
	}
	switch {
	case in.IfMatchLastModifiedTime != nil:
		return nil, errHeaderNotImplemented.of("Header", "x-amz-if-match-last-modified-time")
	case in.IfMatchSize != nil:
		return nil, errHeaderNotImplemented.of("Header", "x-amz-if-match-size")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	need := s.need(call, b, byVersion(in.VersionId, "s3:DeleteObject", "s3:DeleteObjectVersion"), b.objectARN(in.Key), 2)
	setIfSent(&need.Context, "s3:versionid", in.VersionId)
	setDeleteCondition(&need.Context, in.VersionId, in.IfMatch)
	bypass := aws.ToBool(in.BypassGovernanceRetention)
	needs := s.deleteNeeds(call, b, need, in.Key, in.IfMatch, bypass)
	return withMFA(s, call, b, needs, in.MFA, func(shownBy string) (*awss3.DeleteObjectOutput, error) {
		if err := b.checkMFA(shownBy, b.requiresMFA(in.VersionId)); err != nil {
			return nil, err
		}
		if err := b.checkBypass(in.BypassGovernanceRetention); err != nil {
			return nil, err
		}
		if in.IfMatch != nil && in.VersionId != nil {
			return nil, errHeaderNotImplemented.of("Header", "If-Match")
		}
		done, err := s.remove(call, b, ref, in.IfMatch, bypass)
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
	}), nil
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
	if need.Action == "s3:DeleteObject" {
		s.guardRemoval(call, b, &need, key)
	}
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

// remove deletes an object if it is as the request expects it. It returns the
// version that was removed or, where versioning only hides the object, the new
// delete marker; nil when nothing was there to remove. That nothing removed is no event is
// unverified.
func (s *Fake) remove(call *fakeaws.Call, b *bucket, ref objectRef, match *string, bypass bool) (*object, error) {
	key := aws.ToString(ref.key)
	removed := occurrence{event: types.EventS3ObjectRemovedDelete, call: call}
	// Conditions are about the current version only (User Guide, "How to perform
	// conditional deletes").
	if match != nil {
		o := b.live(key)
		if o == nil {
			return nil, errNoSuchKey.of("Key", key)
		}
		if !matchesETag(*match, o.etag) {
			return nil, errPreconditionFailed.of("Condition", "If-Match")
		}
	}
	switch {
	case ref.unversioned(b):
		return nil, invalidVersionID(*ref.version)
	case ref.version != nil:
		o := b.version(key, ref.version)
		if o == nil {
			return nil, nil
		}
		if err := s.checkLocked(o, bypass); err != nil {
			return nil, err
		}
		b.drop(o)
		s.notify(b, o, removed)
		return o, nil
	case b.versioning == "":
		if o := b.live(key); o != nil {
			b.drop(o)
			s.notify(b, o, removed)
			return o, nil
		}
		return nil, nil
	}
	marker := &object{key: key, marker: true}
	s.add(b, marker)
	s.notify(b, marker, occurrence{event: types.EventS3ObjectRemovedDeleteMarkerCreated, call: call})
	return marker, nil
}

// checkDeleteObjects refuses a list of keys that is none.
func checkDeleteObjects(list *types.Delete) error {
	if list == nil || len(list.Objects) == 0 || len(list.Objects) > maxDelete {
		return errMalformedXML.of()
	}
	for _, o := range list.Objects {
		switch {
		case aws.ToString(o.Key) == "":
			return errMalformedXML.of()
		case o.LastModifiedTime != nil:
			return notImplemented("LastModifiedTime")
		}
		// Size is for directory buckets only, and ignored.
	}
	return nil
}

// deleteObjects removes many objects and answers for each.
func (s *Fake) deleteObjects(call *fakeaws.Call, in *awss3.DeleteObjectsInput) (*fakeaws.Plan[*awss3.DeleteObjectsOutput], error) {
	if err := checkDeleteObjects(in.Delete); err != nil {
		return nil, err
	}
	bypass := aws.ToBool(in.BypassGovernanceRetention)
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
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
		needs = append(needs, s.deleteNeeds(call, b, need, o.Key, o.ETag, bypass)...)
	}
	return withMFA(s, call, b, needs, in.MFA, func(shownBy string) (*awss3.DeleteObjectsOutput, error) {
		// Without a code nothing is deleted, not even what needs none (API Reference,
		// "DeleteObjects").
		needsCode := slices.ContainsFunc(in.Delete.Objects, func(id types.ObjectIdentifier) bool { return b.requiresMFA(id.VersionId) })
		if err := b.checkMFA(shownBy, needsCode); err != nil {
			return nil, err
		}
		if err := b.checkBypass(in.BypassGovernanceRetention); err != nil {
			return nil, err
		}
		return s.removeEntries(call, b, in.Delete, bypass), nil
	}), nil
}

// removeEntries deletes what the caller may delete of a list, and answers for each entry.
func (s *Fake) removeEntries(call *fakeaws.Call, b *bucket, list *types.Delete, bypass bool) *awss3.DeleteObjectsOutput {
	out := new(awss3.DeleteObjectsOutput)
	for i, id := range list.Objects {
		var done *object
		var err error
		if call.EntryDenied(i + 1) {
			err = errAccessDenied.of()
		} else {
			done, err = s.removeEntry(call, b, id, bypass)
		}
		switch {
		case err != nil:
			out.Errors = append(out.Errors, entryError(id, err))
		case !aws.ToBool(list.Quiet):
			out.Deleted = append(out.Deleted, deletedEntry(id, done))
		}
	}
	return out
}

func (s *Fake) removeEntry(call *fakeaws.Call, b *bucket, id types.ObjectIdentifier, bypass bool) (*object, error) {
	ref := objectRef{key: id.Key, version: id.VersionId}
	if v := id.VersionId; v != nil && (!isVersionID(*v) || ref.unversioned(b)) {
		// DeleteObject calls the same id invalid.
		return nil, errNoSuchVersion.of()
	}
	if err := ref.check(); err != nil {
		return nil, err
	}
	return s.remove(call, b, ref, id.ETag, bypass)
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
		if known.Code == errPreconditionFailed.code {
			// DeleteObject spells it otherwise.
			e.Message = aws.String("At least one of the preconditions you specified did not hold.")
		}
	}
	return e
}
