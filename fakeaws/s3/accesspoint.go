package s3

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An accessPoint is a named way to a bucket, with a policy of its own.
type accessPoint struct {
	name, arn, alias string
	account, region  string
	bucket           string
	bucketAccount    string
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

// throughPoint finds the bucket behind an access point. The lock is held.
func (s *Fake) throughPoint(name string) (*bucket, error) {
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
	return &bucket{store: b.store, through: p}, nil
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

// policyFor is the policy of the access point as far as it is in force.
func (s *Fake) pointPolicyFor(call *fakeaws.Call, p *accessPoint) *enforce.Policy {
	var k block
	k.and(&p.block)
	k.and(s.accountBlocks[p.account])
	if p.public && k.restrict && call.Account != p.account && call.Caller.Type != enforce.Service {
		return s.nothing
	}
	return p.policy.Policy()
}

// throughPoints are the permissions on buckets that requests can need which come
// through an access point (User Guide, "Access point compatibility").
var throughPoints = map[string]bool{
	"s3:ListBucket": true, "s3:ListBucketVersions": true, "s3:ListBucketMultipartUploads": true,
	"s3:GetBucketAcl": true, "s3:GetBucketCORS": true, "s3:GetBucketLocation": true,
	"s3:GetBucketNotification": true, "s3:GetBucketPolicy": true,
}

// Complete implements fakeaws.Completer: what comes through an access point needs
// each permission twice, on the access point and on the bucket behind it, which
// may delegate the decision to its access points (User Guide, "Delegating access
// control to access points"). That identity-based policies count for both is
// unverified.
func (s *Fake) Complete(call *fakeaws.Call, needs []fakeaws.Need) []fakeaws.Need {
	if !slices.ContainsFunc(needs, ofPoint) {
		return needs
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []fakeaws.Need
	for _, n := range needs {
		all = append(all, n)
		if !ofPoint(n) {
			continue
		}
		arn, key, isObject := strings.Cut(n.Resource, "/object/")
		p := s.points[arn]
		if p == nil {
			continue
		}
		b, ok := s.buckets.Get(p.bucket)
		if !ok {
			continue
		}
		behind := n
		behind.Resource, behind.ResourceAccount, behind.Policy = b.arn, b.owner.ID, s.policyFor(call, b)
		if isObject {
			behind.Resource += "/" + key
		}
		if o, ok := n.Subject.(*object); ok {
			s.guardByACL(call, b, &behind, o)
		}
		all = append(all, behind)
	}
	return all
}

// ofPoint reports whether a permission is one on an access point that a request
// for data came through.
func ofPoint(n fakeaws.Need) bool {
	return strings.Contains(n.Resource, accessPointInfix)
}

// A pointRef is how the inputs of S3 Control name an access point.
type pointRef struct{ account, name *string }

// point finds an access point of the caller's region. The lock is held.
func (s *Fake) point(call *fakeaws.Call, ref pointRef) (*accessPoint, error) {
	p := s.points[accessPointARN(call.Region, aws.ToString(ref.account), aws.ToString(ref.name))]
	if p == nil {
		return nil, errNoSuchAccessPoint.of("AccessPointName", aws.ToString(ref.name))
	}
	return p, nil
}

// validPointName applies the User Guide's "Naming rules for access points".
func validPointName(name string) bool {
	if len(name) < 3 || len(name) > 50 || strings.HasSuffix(name, aliasSuffix) || strings.HasSuffix(name, "--ol-s3") || strings.HasPrefix(name, "xn--") {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if edge := i == 0 || i == len(name)-1; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' && !edge) {
			return false
		}
	}
	return true
}

// pointsOf are the access points of an account in a region, by name.
func (s *Fake) pointsOf(account, region string, bucket *string) []*accessPoint {
	var found []*accessPoint
	for _, p := range s.points {
		if p.account == account && p.region == region && (bucket == nil || p.bucket == *bucket) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *accessPoint) int { return cmp.Compare(a.name, b.name) })
	return found
}

// pointAlias makes the alias by which an access point can be named as a bucket.
func (s *Fake) pointAlias(name string) string {
	const idLength = 34
	id := strings.ToLower(s.world.IDs().HexUpper(idLength))
	return name[:min(len(name), 63-len(aliasSuffix)-1-idLength)] + "-" + id + aliasSuffix
}

// pointMapping copies what an access point and the answers about it share.
func (p *accessPoint) describe() *s3control.GetAccessPointOutput {
	out := &s3control.GetAccessPointOutput{
		Name: &p.name, AccessPointArn: &p.arn, Alias: &p.alias, Bucket: &p.bucket, BucketAccountId: &p.bucketAccount, CreationDate: &p.created,
		NetworkOrigin:                  p.networkOrigin(),
		VpcConfiguration:               p.vpcConfiguration(),
		PublicAccessBlockConfiguration: controlBlock(&p.block),
		Endpoints: map[string]string{
			"ipv4": "s3-accesspoint." + p.region + ".amazonaws.com", "dualstack": "s3-accesspoint.dualstack." + p.region + ".amazonaws.com",
			"fips": "s3-accesspoint-fips." + p.region + ".amazonaws.com", "fips_dualstack": "s3-accesspoint-fips.dualstack." + p.region + ".amazonaws.com",
		},
	}
	return out
}
