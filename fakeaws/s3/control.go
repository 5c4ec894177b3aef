package s3

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Control is Amazon S3 Control in one World, the API of what S3 has beside
// buckets: Block Public Access of accounts, and access points.
type Control struct{ *Fake }

// ControlService is Amazon S3 Control, for a World to be made of that has S3.
var ControlService = fakeaws.Service{Name: "s3-control", SDK: "s3control", New: func(w *fakeaws.World) fakeaws.Fake { return Control{Of(w)} }}

// Ops implements fakeaws.Fake.
func (c Control) Ops() []fakeaws.Op {
	return append(c.tagOps(), []fakeaws.Op{
		fakeaws.BindMethod(c.PutPublicAccessBlock, onAccount(c, "s3:PutAccountPublicAccessBlock", func(in *s3control.PutPublicAccessBlockInput) *string { return in.AccountId })),
		fakeaws.BindMethod(c.GetPublicAccessBlock, onAccount(c, "s3:GetAccountPublicAccessBlock", func(in *s3control.GetPublicAccessBlockInput) *string { return in.AccountId })),
		// There is no action to delete it.
		fakeaws.BindMethod(c.DeletePublicAccessBlock, onAccount(c, "s3:PutAccountPublicAccessBlock", func(in *s3control.DeletePublicAccessBlockInput) *string { return in.AccountId })),

		fakeaws.BindMethod(c.CreateAccessPoint, c.needCreateAccessPoint),
		fakeaws.BindMethod(c.ListAccessPoints, onAccount(c, "s3:ListAccessPoints", func(in *s3control.ListAccessPointsInput) *string { return in.AccountId })),
		fakeaws.BindMethod(c.GetAccessPoint, onPoint(c, "s3:GetAccessPoint", func(in *s3control.GetAccessPointInput) pointRef { return pointRef{in.AccountId, in.Name} })),
		fakeaws.BindMethod(c.DeleteAccessPoint, onPoint(c, "s3:DeleteAccessPoint", func(in *s3control.DeleteAccessPointInput) pointRef { return pointRef{in.AccountId, in.Name} })),
		fakeaws.BindMethod(c.PutAccessPointPolicy, onPoint(c, "s3:PutAccessPointPolicy", func(in *s3control.PutAccessPointPolicyInput) pointRef { return pointRef{in.AccountId, in.Name} })),
		fakeaws.BindMethod(c.GetAccessPointPolicy, onPoint(c, "s3:GetAccessPointPolicy", func(in *s3control.GetAccessPointPolicyInput) pointRef { return pointRef{in.AccountId, in.Name} })),
		fakeaws.BindMethod(c.DeleteAccessPointPolicy, onPoint(c, "s3:DeleteAccessPointPolicy", func(in *s3control.DeleteAccessPointPolicyInput) pointRef { return pointRef{in.AccountId, in.Name} })),
		fakeaws.BindMethod(c.GetAccessPointPolicyStatus, onPoint(c, "s3:GetAccessPointPolicyStatus", func(in *s3control.GetAccessPointPolicyStatusInput) pointRef { return pointRef{in.AccountId, in.Name} })),
	}...)
}

// Complete implements fakeaws.Completer: here access points are what is worked on.
func (c Control) Complete(_ *fakeaws.Call, needs []fakeaws.Need) []fakeaws.Need { return needs }

// onAccount is the Needs of an operation on an account, which has no resource to
// name.
func onAccount[I any](c Control, action string, account func(*I) *string) fakeaws.Needs[I] {
	return func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		return c.needs(fakeaws.CallFrom(ctx), action, "*", account(in))
	}
}

// onPoint is the Needs of an operation on an access point itself.
func onPoint[I any](c Control, action string, ref func(*I) pointRef) fakeaws.Needs[I] {
	return func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		call, r := fakeaws.CallFrom(ctx), ref(in)
		needs, err := c.needs(call, action, accessPointARN(call.Region, aws.ToString(r.account), aws.ToString(r.name)), r.account)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if p, err := c.point(call, r); err == nil {
			p.setKeys(&needs[0].Context)
			setTags(&needs[0].Context, "aws:ResourceTag/", p.tags)
		}
		return needs, nil
	}
}

func (c Control) needs(call *fakeaws.Call, action, resource string, account *string) ([]fakeaws.Need, error) {
	if !isAccountID(aws.ToString(account)) {
		return nil, errInvalidRequest.says("Missing or invalid x-amz-account-id header")
	}
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: *account}
	requestKeys(&n.Context, call, *account)
	return []fakeaws.Need{n}, nil
}

// PutPublicAccessBlock sets Block Public Access of an account.
func (c Control) PutPublicAccessBlock(_ context.Context, in *s3control.PutPublicAccessBlockInput) (*s3control.PutPublicAccessBlockOutput, error) {
	if in.PublicAccessBlockConfiguration == nil {
		return nil, errMalformedXML.of()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accountBlocks[*in.AccountId] = completeBlock(bucketBlock(in.PublicAccessBlockConfiguration))
	return new(s3control.PutPublicAccessBlockOutput), nil
}

// GetPublicAccessBlock returns Block Public Access of an account that has it.
func (c Control) GetPublicAccessBlock(_ context.Context, in *s3control.GetPublicAccessBlockInput) (*s3control.GetPublicAccessBlockOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cfg := c.accountBlocks[*in.AccountId]
	if cfg == nil {
		return nil, errNoPublicAccessBlock.of("AccountId", *in.AccountId)
	}
	return &s3control.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: controlBlock(cfg)}, nil
}

// DeletePublicAccessBlock takes Block Public Access off an account.
func (c Control) DeletePublicAccessBlock(_ context.Context, in *s3control.DeletePublicAccessBlockInput) (*s3control.DeletePublicAccessBlockOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.accountBlocks, *in.AccountId)
	return new(s3control.DeletePublicAccessBlockOutput), nil
}

// bucketBlock and controlBlock are the same settings in the types of both APIs.
func bucketBlock(cfg *control.PublicAccessBlockConfiguration) *types.PublicAccessBlockConfiguration {
	return &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: cfg.BlockPublicAcls, BlockPublicPolicy: cfg.BlockPublicPolicy,
		IgnorePublicAcls: cfg.IgnorePublicAcls, RestrictPublicBuckets: cfg.RestrictPublicBuckets,
	}
}

func controlBlock(cfg *types.PublicAccessBlockConfiguration) *control.PublicAccessBlockConfiguration {
	cfg = completeBlock(cfg)
	return &control.PublicAccessBlockConfiguration{
		BlockPublicAcls: cfg.BlockPublicAcls, BlockPublicPolicy: cfg.BlockPublicPolicy,
		IgnorePublicAcls: cfg.IgnorePublicAcls, RestrictPublicBuckets: cfg.RestrictPublicBuckets,
	}
}

func (c Control) needCreateAccessPoint(ctx context.Context, in *s3control.CreateAccessPointInput) ([]fakeaws.Need, error) {
	call, name := fakeaws.CallFrom(ctx), aws.ToString(in.Name)
	switch {
	case !validPointName(name):
		return nil, errInvalidPointName.of()
	case in.Scope != nil:
		return nil, notImplemented("the scope of an access point")
	}
	tags := bucketTagsOf(in.Tags)
	if err := checkTags(tags, bucketTags); err != nil {
		return nil, err
	}
	needs, err := c.needs(call, "s3:CreateAccessPoint", accessPointARN(call.Region, aws.ToString(in.AccountId), name), in.AccountId)
	if err != nil {
		return nil, err
	}
	p := &accessPoint{arn: needs[0].Resource, account: *in.AccountId}
	if in.VpcConfiguration != nil {
		p.vpc = in.VpcConfiguration.VpcId
	}
	p.setKeys(&needs[0].Context)
	if len(tags) > 0 {
		setTags(&needs[0].Context, "aws:RequestTag/", tags)
		needs[0].Context.SetMulti("aws:TagKeys", tagKeys(tags))
		needs = append(needs, narrowed(needs[0], "s3:TagResource"))
	}
	return needs, nil
}

// CreateAccessPoint makes an access point to a bucket.
func (c Control) CreateAccessPoint(ctx context.Context, in *s3control.CreateAccessPointInput) (*s3control.CreateAccessPointOutput, error) {
	call := fakeaws.CallFrom(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.buckets.Get(aws.ToString(in.Bucket))
	if !ok || b.region != call.Region {
		return nil, errInvalidRequest.says("Amazon S3 AccessPoints can only be created for existing buckets")
	}
	arn := accessPointARN(call.Region, *in.AccountId, *in.Name)
	if c.points[arn] != nil {
		return nil, errAccessPointOwned.of("AccessPointName", *in.Name)
	}
	switch owner := in.BucketAccountId; {
	case owner == nil && b.owner.ID != *in.AccountId, owner != nil && b.owner.ID != *owner:
		return nil, errAccessDenied.of()
	}
	on := true
	p := &accessPoint{
		name: *in.Name, arn: arn, alias: c.pointAlias(*in.Name), account: *in.AccountId, region: call.Region,
		bucket: b.name, bucketAccount: b.owner.ID, created: call.Time.UTC().Truncate(time.Second),
		tags: cloneTags(bucketTagsOf(in.Tags)),
		// The settings cannot be changed once the access point is made.
		block: types.PublicAccessBlockConfiguration{BlockPublicAcls: &on, IgnorePublicAcls: &on, BlockPublicPolicy: &on, RestrictPublicBuckets: &on},
	}
	if in.VpcConfiguration != nil {
		p.vpc = in.VpcConfiguration.VpcId
	}
	if in.PublicAccessBlockConfiguration != nil {
		p.block = *completeBlock(bucketBlock(in.PublicAccessBlockConfiguration))
	}
	c.points[arn] = p
	return &s3control.CreateAccessPointOutput{AccessPointArn: &p.arn, Alias: &p.alias}, nil
}

func (p *accessPoint) networkOrigin() control.NetworkOrigin { return control.NetworkOrigin(p.origin()) }

func (p *accessPoint) vpcConfiguration() *control.VpcConfiguration {
	if p.vpc == nil {
		return nil
	}
	return &control.VpcConfiguration{VpcId: p.vpc}
}

// GetAccessPoint describes an access point.
func (c Control) GetAccessPoint(ctx context.Context, in *s3control.GetAccessPointInput) (*s3control.GetAccessPointOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.point(fakeaws.CallFrom(ctx), pointRef{in.AccountId, in.Name})
	if err != nil {
		return nil, err
	}
	return p.describe(), nil
}

// DeleteAccessPoint removes an access point.
func (c Control) DeleteAccessPoint(ctx context.Context, in *s3control.DeleteAccessPointInput) (*s3control.DeleteAccessPointOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.point(fakeaws.CallFrom(ctx), pointRef{in.AccountId, in.Name})
	if err != nil {
		return nil, err
	}
	delete(c.points, p.arn)
	return new(s3control.DeleteAccessPointOutput), nil
}

// maxPoints is the largest page of ListAccessPoints.
const maxPoints = 1000

// ListAccessPoints lists the access points of an account, or of a bucket.
func (c Control) ListAccessPoints(ctx context.Context, in *s3control.ListAccessPointsInput) (*s3control.ListAccessPointsOutput, error) {
	call := fakeaws.CallFrom(ctx)
	limit := int(in.MaxResults)
	if limit < 0 || limit > maxPoints {
		return nil, errInvalidRequest.says("MaxResults must be between 0 and 1000")
	}
	if limit == 0 {
		limit = maxPoints
	}
	after, err := listToken(in.NextToken)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &s3control.ListAccessPointsOutput{AccessPointList: []control.AccessPoint{}}
	for _, p := range c.pointsOf(*in.AccountId, call.Region, in.Bucket) {
		if after != "" && p.name <= after {
			continue
		}
		if len(out.AccessPointList) == limit {
			out.NextToken = newListToken(*out.AccessPointList[limit-1].Name)
			break
		}
		out.AccessPointList = append(out.AccessPointList, control.AccessPoint{
			Name: &p.name, AccessPointArn: &p.arn, Alias: &p.alias, Bucket: &p.bucket, BucketAccountId: &p.bucketAccount,
			NetworkOrigin: p.networkOrigin(), VpcConfiguration: p.vpcConfiguration(),
		})
	}
	return out, nil
}

// PutAccessPointPolicy sets the policy of an access point.
func (c Control) PutAccessPointPolicy(ctx context.Context, in *s3control.PutAccessPointPolicyInput) (*s3control.PutAccessPointPolicyOutput, error) {
	call := fakeaws.CallFrom(ctx)
	policy, doc, err := c.compilePolicy(call, aws.ToString(in.Policy))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.point(call, pointRef{in.AccountId, in.Name})
	if err != nil {
		return nil, err
	}
	for _, st := range doc.Statement {
		for _, r := range st.Resource {
			if r != p.arn && !strings.HasPrefix(r, p.arn+"/object/") {
				return nil, errMalformedPolicy.says("Policy has invalid resource")
			}
		}
	}
	var k block
	k.and(&p.block)
	k.and(c.accountBlocks[p.account])
	public := doc.public()
	if public && k.blockPolicy {
		return nil, errAccessDenied.says("User: " + call.Caller.ARN + ` is not authorized to perform: s3:PutAccessPointPolicy on resource: "` + p.arn +
			`" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`)
	}
	p.policy, p.public = policy, public
	return new(s3control.PutAccessPointPolicyOutput), nil
}

// withPolicy finds an access point that has a policy. The lock is held.
func (c Control) withPolicy(ctx context.Context, ref pointRef) (*accessPoint, error) {
	p, err := c.point(fakeaws.CallFrom(ctx), ref)
	if err == nil && p.policy == nil {
		err = errNoSuchPointPolicy.of("AccessPointName", p.name)
	}
	return p, err
}

// GetAccessPointPolicy returns the policy of an access point as it was put.
func (c Control) GetAccessPointPolicy(ctx context.Context, in *s3control.GetAccessPointPolicyInput) (*s3control.GetAccessPointPolicyOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.withPolicy(ctx, pointRef{in.AccountId, in.Name})
	if err != nil {
		return nil, err
	}
	return &s3control.GetAccessPointPolicyOutput{Policy: aws.String(p.policy.Document())}, nil
}

// DeleteAccessPointPolicy removes the policy of an access point.
func (c Control) DeleteAccessPointPolicy(ctx context.Context, in *s3control.DeleteAccessPointPolicyInput) (*s3control.DeleteAccessPointPolicyOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.point(fakeaws.CallFrom(ctx), pointRef{in.AccountId, in.Name})
	if err != nil {
		return nil, err
	}
	p.policy, p.public = nil, false
	return new(s3control.DeleteAccessPointPolicyOutput), nil
}

// GetAccessPointPolicyStatus tells whether the policy makes the access point
// public.
func (c Control) GetAccessPointPolicyStatus(ctx context.Context, in *s3control.GetAccessPointPolicyStatusInput) (*s3control.GetAccessPointPolicyStatusOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.withPolicy(ctx, pointRef{in.AccountId, in.Name})
	if err != nil {
		return nil, err
	}
	return &s3control.GetAccessPointPolicyStatusOutput{PolicyStatus: &control.PolicyStatus{IsPublic: p.public}}, nil
}
