package s3

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A controlFake is Amazon S3 Control in one World, the API of what S3 has beside
// buckets: Block Public Access of accounts, and access points.
type controlFake struct{ *Fake }

// ControlService is Amazon S3 Control, for a World to be made of that has S3.
var ControlService = fakeaws.Service{Name: "s3-control", SDK: "s3control", SigningName: "s3", Wire: ownWire, New: func(w *fakeaws.World) fakeaws.Fake { return controlFake{Of(w)} }}

// State implements fakeaws.Stateful. All that there is the fake of S3 keeps.
func (c controlFake) State() *fakeaws.Mutex { return nil }

// Ops implements fakeaws.Fake. Its rows are bound without bind: access points are what
// these operations work on, and not the way to something else.
func (c controlFake) Ops() []fakeaws.Op {
	return slices.Concat(c.accountBlockOps(), c.pointOps(), c.pointPolicyOps(), c.tagOps())
}

// accountBlockOps are the rows of Block Public Access of accounts.
func (c controlFake) accountBlockOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(c.putPublicAccessBlock),
		fakeaws.Bind(c.getPublicAccessBlock),
		fakeaws.Bind(c.deletePublicAccessBlock),
	}
}

// onAccount plans an operation on an account, which has no resource to name. do
// performs it with the lock held.
func onAccount[O any](c controlFake, call *fakeaws.Call, action string, account *string, do func(account string) (O, error)) (*fakeaws.Plan[O], error) {
	need, err := controlNeed(call, action, "*", account)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (O, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return do(*account)
	}}, nil
}

// controlNeed is a permission on what an account has.
func controlNeed(call *fakeaws.Call, action, resource string, account *string) (fakeaws.Need, error) {
	if !awsid.IsAccount(aws.ToString(account)) {
		return fakeaws.Need{}, errInvalidRequest.withText("Missing or invalid x-amz-account-id header")
	}
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: *account}
	requestKeys(&n.Context, call, *account)
	return n, nil
}

// putPublicAccessBlock sets Block Public Access of an account.
func (c controlFake) putPublicAccessBlock(call *fakeaws.Call, in *s3control.PutPublicAccessBlockInput) (*fakeaws.Plan[*s3control.PutPublicAccessBlockOutput], error) {
	return onAccount(c, call, "s3:PutAccountPublicAccessBlock", in.AccountId, func(account string) (*s3control.PutPublicAccessBlockOutput, error) {
		cfg := bucketBlock(in.PublicAccessBlockConfiguration)
		if err := checkBlock(cfg); err != nil {
			return nil, err
		}
		c.accountBlocks[account] = completeBlock(cfg)
		return new(s3control.PutPublicAccessBlockOutput), nil
	})
}

// getPublicAccessBlock returns Block Public Access of an account that has it.
func (c controlFake) getPublicAccessBlock(call *fakeaws.Call, in *s3control.GetPublicAccessBlockInput) (*fakeaws.Plan[*s3control.GetPublicAccessBlockOutput], error) {
	return onAccount(c, call, "s3:GetAccountPublicAccessBlock", in.AccountId, func(account string) (*s3control.GetPublicAccessBlockOutput, error) {
		cfg := c.accountBlocks[account]
		if cfg == nil {
			return nil, errNoPublicAccessBlock.of("AccountId", account)
		}
		return &s3control.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: controlBlock(cfg)}, nil
	})
}

// deletePublicAccessBlock takes Block Public Access off an account. There is no action
// to delete it.
func (c controlFake) deletePublicAccessBlock(call *fakeaws.Call, in *s3control.DeletePublicAccessBlockInput) (*fakeaws.Plan[*s3control.DeletePublicAccessBlockOutput], error) {
	return onAccount(c, call, "s3:PutAccountPublicAccessBlock", in.AccountId, func(account string) (*s3control.DeletePublicAccessBlockOutput, error) {
		delete(c.accountBlocks, account)
		return new(s3control.DeletePublicAccessBlockOutput), nil
	})
}

// bucketBlock and controlBlock are the same settings in the types of both APIs.
func bucketBlock(cfg *control.PublicAccessBlockConfiguration) *types.PublicAccessBlockConfiguration {
	if cfg == nil {
		return nil
	}
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
