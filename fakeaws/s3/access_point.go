package s3

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An accessPoint is a named way to a bucket, with a policy of its own.
type accessPoint struct {
	name, arn, alias string
	account, region  string
	bucket           string
	bucketAccount    string
	deleted          bool
	created          time.Time
	vpc              *string // nil: the internet reaches it
	block            types.PublicAccessBlockConfiguration
	policy           *fakeaws.ResourcePolicy
	public           bool // policy, as S3 means the word
	tags             []types.Tag
}

const (
	accessPointInfix = ":accesspoint/"
	aliasSuffix      = "-s3alias"
)

func accessPointARN(region, account, name string) string {
	return fakeaws.ARN("s3", region, account, "accesspoint/"+name)
}

// isAccessPoint reports whether what a request names as its bucket is an access
// point, by its ARN or its alias.
func isAccessPoint(bucket string) bool {
	return strings.HasPrefix(bucket, "arn:") || strings.HasSuffix(bucket, aliasSuffix)
}

// behindPoint finds the bucket behind an access point. The lock is held.
func (s *Fake) behindPoint(name string) (*bucket, error) {
	p := s.points[name]
	if p == nil {
		for _, other := range s.points {
			if other.alias == name {
				p = other
			}
		}
	}
	switch {
	case p == nil && strings.HasPrefix(name, "arn:") && !strings.Contains(name, accessPointInfix):
		return nil, notImplemented("an ARN of another resource than an access point as a bucket")
	case p == nil:
		return nil, errNoSuchAccessPoint.of("AccessPointName", name)
	case p.vpc != nil:
		// No request comes through a VPC here.
		return nil, errAccessDenied.of()
	}
	b, ok := s.buckets.Get(p.bucket)
	if !ok || b.owner.ID != p.bucketAccount {
		return nil, errNoSuchBucket.of("BucketName", p.bucket)
	}
	return &bucket{bucketState: b.bucketState, through: p}, nil
}

// resourceARN is how a permission names what a request reached through the access
// point: objects are below object/ (User Guide, "Configuring IAM policies for using
// access points").
func (p *accessPoint) resourceARN(b *bucket, resource string) string {
	if key, ok := strings.CutPrefix(resource, b.arn+"/"); ok {
		return p.arn + "/object/" + key
	}
	return p.arn
}

// origin is the value of s3:AccessPointNetworkOrigin.
func (p *accessPoint) origin() string {
	if p.vpc != nil {
		return "VPC"
	}
	return "Internet"
}

// setKeys sets the keys of requests through the access point. That aws:ResourceTag
// has the tags of the bucket then, and not those of the access point, is unverified.
func (p *accessPoint) setKeys(keys *enforce.Context) {
	keys.Set("s3:DataAccessPointArn", p.arn)
	keys.Set("s3:DataAccessPointAccount", p.account)
	keys.Set("s3:AccessPointNetworkOrigin", p.origin())
	setTags(keys, "s3:AccessPointTag/", p.tags)
}

// blockOfPoint is Block Public Access of an access point and of its account.
func (s *Fake) blockOfPoint(p *accessPoint) block {
	var k block
	k.and(&p.block)
	k.and(s.accountBlocks[p.account])
	return k
}

// pointPolicyFor is the policy of an access point as far as it is in force.
func (s *Fake) pointPolicyFor(call *fakeaws.Call, p *accessPoint) *enforce.Policy {
	policy := p.policy.Policy()
	if p.public && s.blockOfPoint(p).restrict {
		return policy.RestrictPublicBuckets(&call.Caller.Principal, p.account)
	}
	return policy
}

// throughPoint reports whether requests can need a permission on a bucket that come
// through an access point (User Guide, "Access point compatibility").
func throughPoint(action string) bool {
	switch action {
	case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:GetBucketAcl", "s3:GetBucketCORS",
		"s3:GetBucketLocation", "s3:GetBucketNotification", "s3:GetBucketPolicy":
		return true
	}
	return false
}

// complete adds what a call needs that came through an access point: each permission
// twice, on the access point and on the bucket behind it, which may delegate the
// decision to its access points (User Guide, "Delegating access control to access
// points"). That identity-based policies count for both is unverified.
func (s *Fake) complete(call *fakeaws.Call, needs []fakeaws.Need) []fakeaws.Need {
	if !slices.ContainsFunc(needs, ofPoint) {
		return needs
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []fakeaws.Need
	for _, n := range needs {
		if !ofPoint(n) {
			all = append(all, n)
			continue
		}
		arn, key, isObject := strings.Cut(n.Resource, "/object/")
		point, behind := n, n
		point.Policy = nil
		p := s.points[arn]
		if p == nil { // it was deleted since the call was planned
			all = append(all, point)
			continue
		}
		point.ResourceAccount, point.Policy = p.account, s.pointPolicyFor(call, p)
		behind.Resource = bucketARN(p.bucket)
		if isObject {
			behind.Resource += "/" + key
		}
		all = append(all, point, behind)
	}
	return all
}

// ofPoint reports whether a permission is one on an access point that a request
// for data came through.
func ofPoint(n fakeaws.Need) bool {
	return strings.Contains(n.Resource, accessPointInfix)
}
