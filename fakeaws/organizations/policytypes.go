package organizations

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// A policyType is one that authorizations mind; it numbers descriptions.
type policyType int

const (
	scp policyType = iota
	rcp
	policyTypes
)

// descriptions say what is particular to the policies of a type, with the quotas
// of "Quotas and service limits for AWS Organizations".
var descriptions = [policyTypes]struct {
	name types.PolicyType
	kind enforce.Kind
	// path is the type in ARNs.
	path string
	// full is the id of AWS's own policy, and about its description.
	full, about string
	// size is the longest document in characters, attached how many policies a
	// root, OU or account may have, and number how many the organization.
	size, attached, number int
}{
	scp: {
		name: types.PolicyTypeServiceControlPolicy, kind: enforce.ServiceControlPolicy, path: "service_control_policy",
		full: "p-FullAWSAccess", about: "Allows access to every operation", size: 10240, attached: 10, number: 10000,
	},
	rcp: {
		name: types.PolicyTypeResourceControlPolicy, kind: enforce.ResourceControlPolicy, path: "resource_control_policy",
		full: "p-RCPFullAWSAccess", about: "Allows access to every resource", size: 5120, attached: 5, number: 2000,
	},
}

// typeNamed finds a type by AWS's name. The other types of AWS decide about no
// call, and are not implemented.
func typeNamed(name types.PolicyType) (policyType, error) {
	for t, d := range descriptions {
		if d.name == name {
			return policyType(t), nil
		}
	}
	return 0, notImplemented("policies of type " + string(name))
}

// awsPolicy is the policy of a type that AWS attaches everywhere.
func awsPolicy(t policyType) *policy {
	d := &descriptions[t]
	compiled := enforce.FullAWSAccess(d.kind)
	return &policy{
		policyType: t, aws: true, id: d.full, arn: compiled.Source().ARN, name: d.full[len("p-"):], description: d.about,
		compiled: compiled,
	}
}

// enable makes a type count, and attaches AWS's policy to every node.
func (o *organization) enable(t policyType) {
	o.enabled[t] = true
	full := o.policy(descriptions[t].full)
	for _, n := range o.nodes {
		o.attach(full, n)
	}
}

// rootNamed finds the root.
func (o *organization) rootNamed(id *string) (*node, error) {
	if *id == o.root.id {
		return o.root, nil
	}
	return nil, &types.RootNotFoundException{Message: aws.String(noRoot)}
}

// inType is inOrganization for an operation that enables or disables a type.
func inType(ctx context.Context, s *Fake, in any, name types.PolicyType, root *string, do func(*organization, policyType) error) (*types.Root, error) {
	return changing(ctx, s, in, func(o *organization) (*types.Root, error) {
		t, err := typeNamed(name)
		if err != nil {
			return nil, err
		}
		n, err := o.rootNamed(root)
		if err != nil {
			return nil, err
		}
		if err := do(o, t); err != nil {
			return nil, err
		}
		view := o.rootView(n)
		return &view, nil
	})
}

// EnablePolicyType makes the policies of a type count in the root.
func (s *Fake) EnablePolicyType(ctx context.Context, in *sdk.EnablePolicyTypeInput) (*sdk.EnablePolicyTypeOutput, error) {
	root, err := inType(ctx, s, in, in.PolicyType, in.RootId, func(o *organization, t policyType) error {
		if err := o.allFeatures(); err != nil {
			return err
		}
		if o.enabled[t] {
			return &types.PolicyTypeAlreadyEnabledException{Message: aws.String(typeEnabled)}
		}
		o.enable(t)
		return nil
	})
	return &sdk.EnablePolicyTypeOutput{Root: root}, err
}

// allFeatures refuses what organizations for consolidated billing cannot do.
func (o *organization) allFeatures() error {
	if o.features != types.OrganizationFeatureSetAll {
		return &types.PolicyTypeNotAvailableForOrganizationException{Message: aws.String(typeNotAvailable)}
	}
	return nil
}

// DisablePolicyType ends that the policies of a type count. All of them are
// detached, and stay so when the type is enabled again.
func (s *Fake) DisablePolicyType(ctx context.Context, in *sdk.DisablePolicyTypeInput) (*sdk.DisablePolicyTypeOutput, error) {
	root, err := inType(ctx, s, in, in.PolicyType, in.RootId, func(o *organization, t policyType) error {
		if !o.enabled[t] {
			return typeNotEnabled()
		}
		for _, n := range o.nodes {
			o.detachAll(n, t)
		}
		o.enabled[t] = false
		return nil
	})
	return &sdk.DisablePolicyTypeOutput{Root: root}, err
}

// DescribeEffectivePolicy finds no policy: only types that an organization
// cannot enable here have effective ones. SCPs and RCPs are none of them, which
// the SDK's own types say.
func (s *Fake) DescribeEffectivePolicy(ctx context.Context, in *sdk.DescribeEffectivePolicyInput) (*sdk.DescribeEffectivePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribeEffectivePolicyOutput, error) {
		if in.TargetId != nil {
			if _, err := o.target(in.TargetId); err != nil {
				return nil, err
			}
		}
		return nil, &types.EffectivePolicyNotFoundException{Message: aws.String(noEffectivePolicy)}
	})
}

// ListAccountsWithInvalidEffectivePolicy finds no policy, as DescribeEffectivePolicy does.
func (s *Fake) ListAccountsWithInvalidEffectivePolicy(ctx context.Context, in *sdk.ListAccountsWithInvalidEffectivePolicyInput) (*sdk.ListAccountsWithInvalidEffectivePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(*organization) (*sdk.ListAccountsWithInvalidEffectivePolicyOutput, error) {
		return nil, &types.EffectivePolicyNotFoundException{Message: aws.String(noEffectivePolicy)}
	})
}

// ListEffectivePolicyValidationErrors finds no policy, as DescribeEffectivePolicy does.
func (s *Fake) ListEffectivePolicyValidationErrors(ctx context.Context, in *sdk.ListEffectivePolicyValidationErrorsInput) (*sdk.ListEffectivePolicyValidationErrorsOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListEffectivePolicyValidationErrorsOutput, error) {
		if _, err := o.member(in.AccountId); err != nil {
			return nil, err
		}
		return nil, &types.EffectivePolicyNotFoundException{Message: aws.String(noEffectivePolicy)}
	})
}
