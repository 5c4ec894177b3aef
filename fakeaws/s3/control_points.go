package s3

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// pointOps are the rows of access points.
func (c controlFake) pointOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(c.createAccessPoint),
		fakeaws.Bind(c.listAccessPoints),
		fakeaws.Bind(c.getAccessPoint),
		fakeaws.Bind(c.deleteAccessPoint),
	}
}

// A pointRef is how the inputs of S3 Control name an access point.
type pointRef struct{ account, name *string }

// onPoint plans an operation on an access point itself. do performs it with the lock
// held. Whether there is such an access point is told only to those who may ask.
func onPoint[O any](c controlFake, call *fakeaws.Call, ref pointRef, action string, do func(*accessPoint) (O, error)) (*fakeaws.Plan[O], error) {
	p, need, err := c.askPoint(call, ref, action)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if p == nil || p.deleted {
			return none, errNoSuchAccessPoint.of("AccessPointName", aws.ToString(ref.name))
		}
		return do(p)
	}}, nil
}

// askPoint finds an access point of the caller's region, or nil, and the permission for
// an action on it.
func (c controlFake) askPoint(call *fakeaws.Call, ref pointRef, action string) (*accessPoint, fakeaws.Need, error) {
	arn := accessPointARN(call.Region, aws.ToString(ref.account), aws.ToString(ref.name))
	need, err := controlNeed(call, action, arn, ref.account)
	if err != nil {
		return nil, need, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.points[arn]
	if p != nil {
		p.setKeys(&need.Context)
		setTags(&need.Context, "aws:ResourceTag/", p.tags)
	}
	return p, need, nil
}

// checkPointName applies the User Guide's "Naming rules for access points". A name that has
// not the form of one is no part of a URI that S3 can read; of those that have, some are
// kept for aliases.
func checkPointName(name string) error {
	if len(name) < 3 || len(name) > 50 || !wellFormedPointName(name) {
		return errInvalidURI.of("URI", "accesspoint/"+name)
	}
	if strings.HasSuffix(name, aliasSuffix) || strings.HasSuffix(name, "--ol-s3") || strings.HasPrefix(name, "xn--") {
		return errInvalidPointName.of()
	}
	return nil
}

func wellFormedPointName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if edge := i == 0 || i == len(name)-1; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' && !edge) {
			return false
		}
	}
	return true
}

// createAccessPoint makes an access point to a bucket.
func (c controlFake) createAccessPoint(call *fakeaws.Call, in *s3control.CreateAccessPointInput) (*fakeaws.Plan[*s3control.CreateAccessPointOutput], error) {
	name := aws.ToString(in.Name)
	if err := checkPointName(name); err != nil {
		return nil, err
	}
	if in.Scope != nil {
		return nil, notImplemented("the scope of an access point")
	}
	tags := bucketTagsOf(in.Tags)
	if err := checkTags(tags, bucketTags); err != nil {
		return nil, err
	}
	need, err := controlNeed(call, "s3:CreateAccessPoint", accessPointARN(call.Region, aws.ToString(in.AccountId), name), in.AccountId)
	if err != nil {
		return nil, err
	}
	// The settings cannot be changed once the access point is made.
	p := &accessPoint{name: name, arn: need.Resource, account: *in.AccountId, region: call.Region, tags: cloneTags(tags), block: *blockAll()}
	if in.VpcConfiguration != nil {
		p.vpc = in.VpcConfiguration.VpcId
	}
	if in.PublicAccessBlockConfiguration != nil {
		p.block = *completeBlock(bucketBlock(in.PublicAccessBlockConfiguration))
	}
	// The tags are those of the request, and not yet of an access point.
	(&accessPoint{arn: p.arn, account: p.account, vpc: p.vpc}).setKeys(&need.Context)
	needs := []fakeaws.Need{need}
	if len(tags) > 0 {
		setRequestTags(&needs[0].Context, tags)
		needs = append(needs, narrowed(needs[0], "s3:TagResource"))
	}
	return &fakeaws.Plan[*s3control.CreateAccessPointOutput]{Needs: needs, Do: func() (*s3control.CreateAccessPointOutput, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		b, ok := c.buckets.Get(aws.ToString(in.Bucket))
		if !ok || b.region != call.Region {
			return nil, errInvalidRequest.withText("Amazon S3 AccessPoints can only be created for existing buckets")
		}
		if c.points[p.arn] != nil {
			return nil, errAccessPointOwned.of("AccessPointName", p.name)
		}
		switch owner := in.BucketAccountId; {
		case owner == nil && b.owner.ID != p.account, owner != nil && b.owner.ID != *owner:
			return nil, errAccessDenied.of()
		}
		p.alias, p.bucket, p.bucketAccount, p.created = c.pointAlias(p.name), b.name, b.owner.ID, call.Time.UTC().Truncate(time.Second)
		c.points[p.arn] = p
		return &s3control.CreateAccessPointOutput{AccessPointArn: &p.arn, Alias: &p.alias}, nil
	}}, nil
}

// pointAlias makes the alias by which an access point can be named as a bucket.
func (c controlFake) pointAlias(name string) string {
	const idLength = 34
	id := strings.ToLower(c.world.IDs().HexUpper(idLength))
	return name[:min(len(name), 63-len(aliasSuffix)-1-idLength)] + "-" + id + aliasSuffix
}

func (p *accessPoint) networkOrigin() control.NetworkOrigin { return control.NetworkOrigin(p.origin()) }

func (p *accessPoint) vpcConfiguration() *control.VpcConfiguration {
	if p.vpc == nil {
		return nil
	}
	return &control.VpcConfiguration{VpcId: p.vpc}
}

// getAccessPoint describes an access point.
func (c controlFake) getAccessPoint(call *fakeaws.Call, in *s3control.GetAccessPointInput) (*fakeaws.Plan[*s3control.GetAccessPointOutput], error) {
	return onPoint(c, call, pointRef{in.AccountId, in.Name}, "s3:GetAccessPoint", func(p *accessPoint) (*s3control.GetAccessPointOutput, error) {
		return p.describe(), nil
	})
}

func (p *accessPoint) describe() *s3control.GetAccessPointOutput {
	return &s3control.GetAccessPointOutput{
		Name: &p.name, AccessPointArn: &p.arn, Alias: &p.alias, Bucket: &p.bucket, BucketAccountId: &p.bucketAccount, CreationDate: &p.created,
		NetworkOrigin:                  p.networkOrigin(),
		VpcConfiguration:               p.vpcConfiguration(),
		PublicAccessBlockConfiguration: controlBlock(&p.block),
		Endpoints: map[string]string{
			"ipv4": "s3-accesspoint." + p.region + ".amazonaws.com", "dualstack": "s3-accesspoint.dualstack." + p.region + ".amazonaws.com",
			"fips": "s3-accesspoint-fips." + p.region + ".amazonaws.com", "fips_dualstack": "s3-accesspoint-fips.dualstack." + p.region + ".amazonaws.com",
		},
	}
}

// deleteAccessPoint removes an access point.
func (c controlFake) deleteAccessPoint(call *fakeaws.Call, in *s3control.DeleteAccessPointInput) (*fakeaws.Plan[*s3control.DeleteAccessPointOutput], error) {
	return onPoint(c, call, pointRef{in.AccountId, in.Name}, "s3:DeleteAccessPoint", func(p *accessPoint) (*s3control.DeleteAccessPointOutput, error) {
		delete(c.points, p.arn)
		p.deleted = true
		return new(s3control.DeleteAccessPointOutput), nil
	})
}

// maxPoints is the largest page of ListAccessPoints.
const maxPoints = 1000

// listAccessPoints lists the access points of an account, or of a bucket.
func (c controlFake) listAccessPoints(call *fakeaws.Call, in *s3control.ListAccessPointsInput) (*fakeaws.Plan[*s3control.ListAccessPointsOutput], error) {
	return onAccount(c, call, "s3:ListAccessPoints", in.AccountId, func(account string) (*s3control.ListAccessPointsOutput, error) {
		limit := int(in.MaxResults)
		if limit < 0 || limit > maxPoints {
			return nil, errInvalidRequest.withText("MaxResults must be between 0 and 1000")
		}
		if limit == 0 {
			limit = maxPoints
		}
		after, err := afterToken(in.NextToken)
		if err != nil {
			return nil, err
		}
		points := page.Sorted(c.pointsOf(account, call.Region, in.Bucket), func(p *accessPoint) string { return p.name })
		p := page.Of(points, after, limit, page.Every((*accessPoint).listed))
		return &s3control.ListAccessPointsOutput{AccessPointList: p.Items, NextToken: p.Next}, nil
	})
}

// listed is an access point as lists have it.
func (p *accessPoint) listed() control.AccessPoint {
	return control.AccessPoint{
		Name: &p.name, AccessPointArn: &p.arn, Alias: &p.alias, Bucket: &p.bucket, BucketAccountId: &p.bucketAccount,
		NetworkOrigin: p.networkOrigin(), VpcConfiguration: p.vpcConfiguration(),
	}
}

// pointsOf are the access points of an account in a region, by name.
func (c controlFake) pointsOf(account, region string, bucket *string) []*accessPoint {
	var found []*accessPoint
	for _, p := range c.points {
		if p.account == account && p.region == region && (bucket == nil || p.bucket == *bucket) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *accessPoint) int { return cmp.Compare(a.name, b.name) })
	return found
}
