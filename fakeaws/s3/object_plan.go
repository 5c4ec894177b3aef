package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A read answers with the version that its plan found, because the policies were asked
// about the tags and the owner of that version. A version is immutable, so the answer is
// that of the moment in which the call was planned, even if another version took its
// place in the meantime. A write changes the version that its plan found: see
// changeObject.

// objectNeed finds the version of a request, nil where there is none, and the
// permission for an action on it. The lock is held.
func (s *Fake) objectNeed(call *fakeaws.Call, b *bucket, ref objectRef, action string) (*object, fakeaws.Need) {
	o := b.version(aws.ToString(ref.key), ref.version)
	need := s.need(call, b, action, b.objectARN(ref.key), 4)
	setIfSent(&need.Context, "s3:versionid", ref.version)
	s.guardObject(call, b, &need, o)
	return o, narrowed(need, action)
}

// findObject finds the bucket and the version of a request, and the permission for an
// action on it.
func (s *Fake) findObject(call *fakeaws.Call, ref objectRef, action string) (*bucket, *object, []fakeaws.Need, error) {
	if err := ref.check(); err != nil {
		return nil, nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, nil, nil, err
	}
	o, need := s.objectNeed(call, b, ref, action)
	return b, o, []fakeaws.Need{need}, nil
}

// onObject plans an operation that reads a version and asks one permission on it. read
// is given the version that was judged, with the lock held. admit refuses buckets, before
// it is said whether the version exists; nil refuses none.
func onObject[O any](s *Fake, call *fakeaws.Call, ref objectRef, action string, admit func(*bucket) error, read func(*bucket, *object) (O, error)) (*fakeaws.Plan[O], error) {
	b, o, needs, err := s.findObject(call, ref, action)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (none O, err error) {
		if admit != nil {
			if err := admit(b); err != nil {
				return none, err
			}
		}
		if err := b.checkFound(ref, o, "GET"); err != nil {
			return none, err
		}
		return read(b, o)
	}), nil
}

// A versionChange is an operation that changes what S3 keeps beside the data of a version.
type versionChange[O any] struct {
	ref            objectRef
	action, method string
	// admit is as that of onObject.
	admit func(*bucket) error
	// change changes a copy of the version, which takes its place unless there is an error.
	change func(*bucket, *object) (O, error)
}

// changeObject plans an operation that changes a version and asks one permission on it.
// It changes the version that was judged, with what other calls changed of it in the
// meantime. A version that was deleted in the meantime answers as a missing one. If a new
// object took its place in a bucket without versioning, the call succeeds as if it had
// come before that object: it changes nothing of the new object, for which no policy
// was asked.
func changeObject[O any](s *Fake, call *fakeaws.Call, c versionChange[O]) (*fakeaws.Plan[O], error) {
	b, judged, needs, err := s.findObject(call, c.ref, c.action)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (none O, err error) {
		if c.admit != nil {
			if err := c.admit(b); err != nil {
				return none, err
			}
		}
		o := b.asItIs(judged)
		if err := b.checkFound(c.ref, o, c.method); err != nil {
			return none, err
		}
		changed := *o
		out, err := c.change(b, &changed)
		if err != nil {
			return none, err
		}
		b.replace(&changed)
		return out, nil
	}), nil
}

// asItIs returns a version that was found before, with what was changed of it since. It is
// nil if the version was deleted, and the version as it was if another one took its place.
func (b *bucket) asItIs(o *object) *object {
	if o == nil {
		return nil
	}
	h := b.history(o.key)
	if i := h.place(o.place); i < len(h) && h[i].place == o.place {
		return h[i]
	}
	if h.index(o.version) >= 0 {
		return o
	}
	return nil
}
