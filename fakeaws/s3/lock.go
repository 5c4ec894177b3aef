package s3

import "github.com/aws/aws-sdk-go-v2/aws"

// checkLock refuses Object Lock: it needs a bucket that was made with it.
func (p *lockParams) checkLock() error {
	if *p != (lockParams{}) {
		return errInvalidRequest.says("Bucket is missing Object Lock Configuration")
	}
	return nil
}

// checkBypass refuses a parameter that means Object Lock.
func (b *bucket) checkBypass(bypass *bool) error {
	if aws.ToBool(bypass) {
		return errInvalidArgument.says("x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.")
	}
	return nil
}

// checkLocked refuses to remove a version that Object Lock protects.
func (s *Service) checkLocked(o *object, bypass bool) error {
	return nil
}

// locking reports whether the bucket has Object Lock.
func (b *bucket) locking() bool { return false }
