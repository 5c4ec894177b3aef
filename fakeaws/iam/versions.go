package iam

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
)

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
func (p *policy) add(ctx context.Context, document string, now time.Time) (*version, error) {
	compiled, err := managedPolicy(ctx, document, p.name, p.arn)
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

// CreatePolicyVersion adds a version to a managed policy.
func (s *Fake) CreatePolicyVersion(ctx context.Context, in *sdk.CreatePolicyVersionInput) (*sdk.CreatePolicyVersionOutput, error) {
	return inOwnPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.CreatePolicyVersionOutput, error) {
		v, err := p.add(ctx, *in.PolicyDocument, s.now())
		if err != nil {
			return nil, err
		}
		if in.SetAsDefault {
			p.makeDefault(v)
		}
		return &sdk.CreatePolicyVersionOutput{PolicyVersion: p.view(v)}, nil
	})
}

// GetPolicyVersion returns a version with its document, percent-encoded.
func (s *Fake) GetPolicyVersion(ctx context.Context, in *sdk.GetPolicyVersionInput) (*sdk.GetPolicyVersionOutput, error) {
	return inPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.GetPolicyVersionOutput, error) {
		v, err := p.version(*in.VersionId)
		if err != nil {
			return nil, err
		}
		view := p.view(v)
		view.Document = encoded(v.policy.Document())
		return &sdk.GetPolicyVersionOutput{PolicyVersion: view}, nil
	})
}

// ListPolicyVersions lists the versions of a managed policy, newest first.
func (s *Fake) ListPolicyVersions(ctx context.Context, in *sdk.ListPolicyVersionsInput) (*sdk.ListPolicyVersionsOutput, error) {
	return inPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.ListPolicyVersionsOutput, error) {
		newest := slices.Clone(p.versions)
		slices.Reverse(newest)
		all := ascendSlice(newest, func(v *version) string { return fmt.Sprintf("%08d", 1e8-v.number) })
		pg, err := list(all, in.Marker, in.MaxItems, func(v *version) (types.PolicyVersion, bool) {
			return *p.view(v), true
		})
		return &sdk.ListPolicyVersionsOutput{Versions: pg.items, IsTruncated: pg.truncated, Marker: pg.marker}, err
	})
}

// DeletePolicyVersion deletes a version that is not the default one.
func (s *Fake) DeletePolicyVersion(ctx context.Context, in *sdk.DeletePolicyVersionInput) (*sdk.DeletePolicyVersionOutput, error) {
	return inOwnPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.DeletePolicyVersionOutput, error) {
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

// SetDefaultPolicyVersion puts another version of a managed policy in force.
func (s *Fake) SetDefaultPolicyVersion(ctx context.Context, in *sdk.SetDefaultPolicyVersionInput) (*sdk.SetDefaultPolicyVersionOutput, error) {
	return inOwnPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.SetDefaultPolicyVersionOutput, error) {
		v, err := p.version(*in.VersionId)
		if err != nil {
			return nil, err
		}
		p.makeDefault(v)
		return &sdk.SetDefaultPolicyVersionOutput{}, nil
	})
}
