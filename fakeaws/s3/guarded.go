package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: buckets with their objects, and access points.
// Where ACLs are enabled each object may grant something by itself, to other accounts too.
func (s *Fake) Guarded(call *fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets.Scan(func(name string, b *bucket) bool {
		g := fakeaws.Guarded{
			Resources: []string{b.arn, b.arn + "/*"}, Account: b.owner.ID, Region: b.region, Policy: s.policyFor(call, b),
			Replace: func(document string) any { return &awss3.PutBucketPolicyInput{Bucket: &name, Policy: &document} },
		}
		if g.Written = b.policy.Policy(); g.Written == nil {
			g.Replace = nil
		}
		if b.aclsEnabled() {
			g.Unknown = "the ACLs of the objects in " + b.name + ", where ACLs are enabled"
		}
		if g.Policy != nil || b.owner.ID != call.Account {
			all = append(all, g)
		}
		return true
	})
	for arn, p := range s.points {
		if p.policy == nil {
			continue
		}
		all = append(all, fakeaws.Guarded{
			Resources: []string{arn, arn + "/*"}, Account: p.account, Region: p.region, Policy: s.pointPolicyFor(call, p), Written: p.policy.Policy(),
			Replace: func(document string) any {
				return &s3control.PutAccessPointPolicyInput{AccountId: &p.account, Name: &p.name, Policy: &document}
			},
		})
	}
	return all
}
