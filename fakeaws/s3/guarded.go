package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: buckets with their objects, and access points.
// Where ACLs are enabled each object may grant something by itself, to other accounts too.
func (s *Fake) Guarded(call *fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets.Scan(func(name string, b *bucket) bool {
		g := fakeaws.Guarded{
			Resources: []string{b.arn, b.arn + "/*"}, Type: "AWS::S3::Bucket", Account: b.owner.ID, Region: b.region, Policy: s.policyFor(call, b),
			Beside: s.aclPolicy(b), Restricts: s.blockOf(b).restrict,
			Replace: func(document string) any { return &awss3.PutBucketPolicyInput{Bucket: &name, Policy: &document} },
		}
		if g.Written = b.policy.Policy(); g.Written == nil {
			g.Replace = nil
		}
		if b.aclsEnabled() {
			g.Unknown = "the ACLs of the objects in " + b.name + ", where ACLs are enabled"
		}
		g.Outside = b.outside(g.Restricts, g.Beside)
		for _, t := range b.tags {
			g.Tags = append(g.Tags, account.Tag{Key: *t.Key, Value: *t.Value})
		}
		all = append(all, g)
		return true
	})
	// They have no type: what their policies allow is allowed by those of their buckets too.
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

// outside is what admits callers of other accounts: of a public policy under
// RestrictPublicBuckets only what it denies is in force for them, and the ACL.
func (b *bucket) outside(restricts bool, acl *enforce.Policy) *enforce.Policy {
	policy := b.policy.Policy()
	if b.public && restricts {
		policy = policy.Denials()
	}
	if policy == nil && acl == nil {
		return enforce.Empty(enforce.BucketPolicy)
	}
	return enforce.Join(enforce.BucketPolicy, policy, acl)
}
