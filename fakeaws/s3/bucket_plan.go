package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// findBucket finds the bucket of a request. The lock is held.
func (s *Fake) findBucket(call *fakeaws.Call, ref bucketRef) (*bucket, error) {
	return s.bucket(call, ref)
}

// askBucket finds a bucket and the permission for an action on it.
func (s *Fake) askBucket(call *fakeaws.Call, ref bucketRef, action string) (*bucket, []fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref)
	if err != nil {
		return nil, nil, err
	}
	if b.through != nil && !throughPoints[action] {
		return nil, nil, errMethodNotAllowed.of("Method", "", "ResourceType", "ACCESSPOINT")
	}
	return b, []fakeaws.Need{s.need(call, b, action, b.arn, 0)}, nil
}

// withBucket is the plan of an operation on a bucket that was found. do performs it
// with the lock held.
func withBucket[O any](s *Fake, call *fakeaws.Call, b *bucket, needs []fakeaws.Need, do func(*bucket) (*O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (*O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := b.still(call); err != nil {
			return nil, err
		}
		return do(b)
	}}
}

// still refuses a bucket that was deleted after a call was planned, also where another
// one has its name now. The lock is held.
func (b *bucket) still(*fakeaws.Call) error {
	if b.deleted {
		return errNoSuchBucket.of("BucketName", b.name)
	}
	return nil
}
