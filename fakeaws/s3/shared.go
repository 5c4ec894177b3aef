package s3

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Shared implements [fakeaws.Sharer]. Of a public policy under RestrictPublicBuckets only what
// it denies is in force for callers of other accounts.
func (s *Fake) Shared() []fakeaws.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []fakeaws.Shared
	s.buckets.Scan(func(_ string, b *bucket) bool {
		policy, acl := b.policy.Policy(), s.aclPolicy(b)
		restricts := s.blockOf(b).restrict
		if b.public && restricts {
			policy = policy.Denials()
		}
		all = append(all, fakeaws.Shared{ARN: b.arn, Type: "AWS::S3::Bucket", Account: b.owner.ID, Region: b.region,
			Policy: enforce.Join(enforce.BucketPolicy, policy, acl), Beside: acl, Restricts: restricts})
		return true
	})
	return all
}
