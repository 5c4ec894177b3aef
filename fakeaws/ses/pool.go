package ses

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A pool is one of dedicated IP addresses. No account has any of these here, which people buy
// at AWS.
type pool struct {
	name string
	mode types.ScalingMode
	tags map[string]string
}

var pools = &kind[*pool]{
	prefix:  "dedicated-ip-pool/",
	in:      func(r *region) map[string]*pool { return r.pools },
	tags:    func(x *pool) map[string]string { return x.tags },
	missing: missingFor("", textNoPool),
	exists:  existsFor("", textPoolExists),
}

func (s fakeV2) poolOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createPool),
		bind(s.deletePool),
		bind(s.getPool),
		bind(s.listPools),
		bind(s.putPoolScaling),
		bind(s.getDedicatedIps),
	}
}

func (s fakeV2) createPool(call *fakeaws.Call, in *sesv2.CreateDedicatedIpPoolInput) (*fakeaws.Plan[*sesv2.CreateDedicatedIpPoolOutput], error) {
	tags, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.PoolName)
	return create(s.Fake, call, pools, name, tags, func(*region) (*pool, *sesv2.CreateDedicatedIpPoolOutput, error) {
		x := &pool{name, types.ScalingModeStandard, tags}
		if in.ScalingMode != "" {
			x.mode = in.ScalingMode
		}
		return x, &sesv2.CreateDedicatedIpPoolOutput{}, nil
	})
}

func (s fakeV2) deletePool(call *fakeaws.Call, in *sesv2.DeleteDedicatedIpPoolInput) (*fakeaws.Plan[*sesv2.DeleteDedicatedIpPoolOutput], error) {
	return on(s.Fake, call, pools, aws.ToString(in.PoolName), func(r *region, x *pool) (*sesv2.DeleteDedicatedIpPoolOutput, error) {
		delete(r.pools, x.name)
		return &sesv2.DeleteDedicatedIpPoolOutput{}, nil
	})
}

func (s fakeV2) getPool(call *fakeaws.Call, in *sesv2.GetDedicatedIpPoolInput) (*fakeaws.Plan[*sesv2.GetDedicatedIpPoolOutput], error) {
	return on(s.Fake, call, pools, aws.ToString(in.PoolName), func(_ *region, x *pool) (*sesv2.GetDedicatedIpPoolOutput, error) {
		return &sesv2.GetDedicatedIpPoolOutput{DedicatedIpPool: &types.DedicatedIpPool{PoolName: aws.String(x.name), ScalingMode: x.mode}}, nil
	})
}

func (s fakeV2) listPools(call *fakeaws.Call, in *sesv2.ListDedicatedIpPoolsInput) (*fakeaws.Plan[*sesv2.ListDedicatedIpPoolsOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListDedicatedIpPoolsOutput, error) {
		p, err := pageOf(call, r.pools, in.NextToken, sizeOf(in.PageSize, maxItems), func(name string, _ *pool) (string, bool) { return name, true })
		return &sesv2.ListDedicatedIpPoolsOutput{DedicatedIpPools: p.Items, NextToken: p.Next}, err
	})
}

// putPoolScaling changes a pool from standard to managed, and not back ("This operation cannot
// convert a MANAGED pool to STANDARD scaling mode").
func (s fakeV2) putPoolScaling(call *fakeaws.Call, in *sesv2.PutDedicatedIpPoolScalingAttributesInput) (*fakeaws.Plan[*sesv2.PutDedicatedIpPoolScalingAttributesOutput], error) {
	return on(s.Fake, call, pools, aws.ToString(in.PoolName), func(_ *region, x *pool) (*sesv2.PutDedicatedIpPoolScalingAttributesOutput, error) {
		if x.mode == types.ScalingModeManaged && in.ScalingMode == types.ScalingModeStandard {
			return nil, invalid(call, textValue, in.ScalingMode, "ScalingMode")
		}
		x.mode = in.ScalingMode
		return &sesv2.PutDedicatedIpPoolScalingAttributesOutput{}, nil
	})
}

// getDedicatedIps lists the addresses of the account, or of a pool: none.
func (s fakeV2) getDedicatedIps(call *fakeaws.Call, in *sesv2.GetDedicatedIpsInput) (*fakeaws.Plan[*sesv2.GetDedicatedIpsOutput], error) {
	answer := &sesv2.GetDedicatedIpsOutput{DedicatedIps: []types.DedicatedIp{}}
	if in.PoolName == nil {
		return onAccount(s.Fake, call, func(*region) (*sesv2.GetDedicatedIpsOutput, error) { return answer, nil })
	}
	return on(s.Fake, call, pools, *in.PoolName, func(*region, *pool) (*sesv2.GetDedicatedIpsOutput, error) { return answer, nil })
}
