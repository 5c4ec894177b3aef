package s3

// StateOf is a copy of all that S3 keeps of a bucket, for tests that nothing of it
// changes.
func StateOf(s *Fake, bucket string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets.Get(bucket)
	if !ok {
		return nil
	}
	return *b.bucketState
}
