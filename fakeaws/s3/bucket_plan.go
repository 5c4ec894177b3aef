package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// onBucket plans an operation that asks one permission on a bucket. do performs it on
// the bucket that was judged, with the lock held.
func onBucket[O any](s *Fake, call *fakeaws.Call, ref bucketRef, action string, do func(*bucket) (O, error)) (*fakeaws.Plan[O], error) {
	b, needs, err := s.askBucket(call, ref, action)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, do), nil
}

// askBucket finds a bucket and the permission for an action on it.
func (s *Fake) askBucket(call *fakeaws.Call, ref bucketRef, action string) (*bucket, []fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref)
	if err != nil {
		return nil, nil, err
	}
	if b.through != nil && !throughPoint(action) {
		return nil, nil, errMethodNotAllowed.of("Method", "", "ResourceType", "ACCESSPOINT")
	}
	return b, []fakeaws.Need{s.need(call, b, action, b.arn, 0)}, nil
}

// withBucket is the plan of an operation on a bucket that was found. do performs it
// with the lock held.
func withBucket[O any](s *Fake, call *fakeaws.Call, b *bucket, needs []fakeaws.Need, do func(*bucket) (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := b.still(call); err != nil {
			return none, err
		}
		return do(b)
	}}
}

// still refuses a bucket that was deleted after a call was planned, also where another
// one has its name now, and one whose access point was deleted. The lock is held. The
// requester pays from here on.
func (b *bucket) still(call *fakeaws.Call) error {
	switch {
	case b.through != nil && b.through.deleted:
		return errNoSuchAccessPoint.of("AccessPointName", b.through.name)
	case b.deleted:
		return errNoSuchBucket.of("BucketName", b.name)
	}
	if b.requesterPays(call) {
		call.Charge()
	}
	return nil
}
