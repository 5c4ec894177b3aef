package iam

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// policyVersionOps are the operations on the versions of managed policies.
func (s *Fake) policyVersionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createPolicyVersion),
		fakeaws.Bind(s.getPolicyVersion),
		fakeaws.Bind(s.listPolicyVersions),
		fakeaws.Bind(s.deletePolicyVersion),
		fakeaws.Bind(s.setDefaultPolicyVersion),
	}
}

// maxVersions is the quota of versions of a managed policy.
const maxVersions = 5

// A version is one document of a managed policy. Numbers are never used again.
type version struct {
	number  int
	policy  *enforce.Policy
	created time.Time
}

func (v *version) id() string { return "v" + strconv.Itoa(v.number) }

// add makes a new version of the policy.
func (p *policy) add(call *fakeaws.Call, document string, now time.Time) (*version, error) {
	compiled, err := managedPolicy(call, document, p.name, p.arn)
	if err != nil {
		return nil, err
	}
	if len(p.versions) >= maxVersions {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
	}
	p.made++
	v := &version{number: p.made, policy: compiled, created: now}
	p.updated = now
	p.versions = append(p.versions, v)
	return v, nil
}

// makeDefault puts a version in force for everyone who has the policy.
func (p *policy) makeDefault(v *version) {
	p.current = v
	p.account.changes++
}

func (p *policy) version(id string) (*version, error) {
	for _, v := range p.versions {
		if v.id() == id {
			return v, nil
		}
	}
	return nil, noSuchEntity(noVersion, p.arn, id)
}

// view is a version as lists return it: without its document.
func (p *policy) view(v *version) *types.PolicyVersion {
	return &types.PolicyVersion{
		CreateDate:       aws.Time(v.created),
		IsDefaultVersion: v == p.current,
		VersionId:        aws.String(v.id()),
	}
}

// createPolicyVersion adds a version to a managed policy.
func (s *Fake) createPolicyVersion(call *fakeaws.Call, in *sdk.CreatePolicyVersionInput) (*fakeaws.Plan[*sdk.CreatePolicyVersionOutput], error) {
	return plan(s, call, in, onOwnPolicy(in.PolicyArn), func(p *policy) (*sdk.CreatePolicyVersionOutput, error) {
		v, err := p.add(call, *in.PolicyDocument, s.now())
		if err != nil {
			return nil, err
		}
		if in.SetAsDefault {
			p.makeDefault(v)
		}
		return &sdk.CreatePolicyVersionOutput{PolicyVersion: p.view(v)}, nil
	})
}

// getPolicyVersion returns a version with its document, percent-encoded.
func (s *Fake) getPolicyVersion(call *fakeaws.Call, in *sdk.GetPolicyVersionInput) (*fakeaws.Plan[*sdk.GetPolicyVersionOutput], error) {
	return plan(s, call, in, onPolicy(in.PolicyArn), func(p *policy) (*sdk.GetPolicyVersionOutput, error) {
		v, err := p.version(*in.VersionId)
		if err != nil {
			return nil, err
		}
		view := p.view(v)
		view.Document = encoded(v.policy.Document())
		return &sdk.GetPolicyVersionOutput{PolicyVersion: view}, nil
	})
}

// listPolicyVersions lists the versions of a managed policy, newest first.
func (s *Fake) listPolicyVersions(call *fakeaws.Call, in *sdk.ListPolicyVersionsInput) (*fakeaws.Plan[*sdk.ListPolicyVersionsOutput], error) {
	return plan(s, call, in, onPolicy(in.PolicyArn), func(p *policy) (*sdk.ListPolicyVersionsOutput, error) {
		newest := slices.Clone(p.versions)
		slices.Reverse(newest)
		all := page.Sorted(newest, func(v *version) string { return fmt.Sprintf("%08d", 1e8-v.number) })
		pg, err := list(all, in.Marker, in.MaxItems, func(v *version) (types.PolicyVersion, bool) {
			return *p.view(v), true
		})
		return &sdk.ListPolicyVersionsOutput{Versions: pg.Items, IsTruncated: pg.Truncated(), Marker: pg.Next}, err
	})
}

// deletePolicyVersion deletes a version that is not the default one.
func (s *Fake) deletePolicyVersion(call *fakeaws.Call, in *sdk.DeletePolicyVersionInput) (*fakeaws.Plan[*sdk.DeletePolicyVersionOutput], error) {
	return plan(s, call, in, onOwnPolicy(in.PolicyArn), func(p *policy) (*sdk.DeletePolicyVersionOutput, error) {
		v, err := p.version(*in.VersionId)
		if err != nil {
			return nil, err
		}
		if v == p.current {
			return nil, deleteConflict("Cannot delete the default version of a policy.")
		}
		p.versions = slices.DeleteFunc(p.versions, func(other *version) bool { return other == v })
		return &sdk.DeletePolicyVersionOutput{}, nil
	})
}

// setDefaultPolicyVersion puts another version of a managed policy in force.
func (s *Fake) setDefaultPolicyVersion(call *fakeaws.Call, in *sdk.SetDefaultPolicyVersionInput) (*fakeaws.Plan[*sdk.SetDefaultPolicyVersionOutput], error) {
	return plan(s, call, in, onOwnPolicy(in.PolicyArn), func(p *policy) (*sdk.SetDefaultPolicyVersionOutput, error) {
		v, err := p.version(*in.VersionId)
		if err != nil {
			return nil, err
		}
		p.makeDefault(v)
		return &sdk.SetDefaultPolicyVersionOutput{}, nil
	})
}
