package organizations

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) policyTypeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.enablePolicyType),
		fakeaws.Bind(s.disablePolicyType),
		fakeaws.Bind(s.describeEffectivePolicy),
		fakeaws.Bind(s.listAccountsWithInvalidEffectivePolicy),
		fakeaws.Bind(s.listEffectivePolicyValidationErrors),
	}
}

// A policyType is one that authorization evaluates. It is an index of descriptions.
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
	full, _ := o.policies.Get(descriptions[t].full)
	for _, n := range o.nodes {
		o.attach(full, n)
	}
}

// rootNamed finds the root.
func (r *request) rootNamed(id *string) (*node, error) {
	if n := r.get(id).node; n != nil && n.kind == rootKind {
		return n, nil
	}
	return nil, &types.RootNotFoundException{Message: aws.String(noRoot)}
}

// onType plans an operation that enables or disables a policy type.
func onType[O any](s *Fake, call *fakeaws.Call, in any, name types.PolicyType, root *string, do func(*request, policyType) error, out func(*types.Root) O) (*fakeaws.Plan[O], error) {
	return changing(s, call, in, delegates, about{ids: []*string{root}, policyType: name}, func(r *request) (none O, err error) {
		t, err := typeNamed(name)
		if err != nil {
			return none, err
		}
		n, err := r.rootNamed(root)
		if err != nil {
			return none, err
		}
		if err := do(r, t); err != nil {
			return none, err
		}
		view := r.rootView(n)
		return out(&view), nil
	})
}

// enablePolicyType makes the policies of a type count in the root.
func (s *Fake) enablePolicyType(call *fakeaws.Call, in *sdk.EnablePolicyTypeInput) (*fakeaws.Plan[*sdk.EnablePolicyTypeOutput], error) {
	return onType(s, call, in, in.PolicyType, in.RootId, func(r *request, t policyType) error {
		if err := r.allFeatures(); err != nil {
			return err
		}
		if r.enabled[t] {
			return &types.PolicyTypeAlreadyEnabledException{Message: aws.String(typeEnabled)}
		}
		r.enable(t)
		return nil
	}, func(root *types.Root) *sdk.EnablePolicyTypeOutput { return &sdk.EnablePolicyTypeOutput{Root: root} })
}

// allFeatures refuses what organizations for consolidated billing cannot do.
func (o *organization) allFeatures() error {
	if o.features != types.OrganizationFeatureSetAll {
		return &types.PolicyTypeNotAvailableForOrganizationException{Message: aws.String(typeNotAvailable)}
	}
	return nil
}

// disablePolicyType ends that the policies of a type count. All of them are
// detached, and stay so when the type is enabled again.
func (s *Fake) disablePolicyType(call *fakeaws.Call, in *sdk.DisablePolicyTypeInput) (*fakeaws.Plan[*sdk.DisablePolicyTypeOutput], error) {
	return onType(s, call, in, in.PolicyType, in.RootId, func(r *request, t policyType) error {
		if !r.enabled[t] {
			return typeNotEnabled()
		}
		for _, n := range r.nodes {
			r.detachAll(n, t)
		}
		r.enabled[t] = false
		return nil
	}, func(root *types.Root) *sdk.DisablePolicyTypeOutput { return &sdk.DisablePolicyTypeOutput{Root: root} })
}

// describeEffectivePolicy finds no policy: only types that an organization
// cannot enable here have effective ones. SCPs and RCPs are none of them, which
// the SDK's own types say.
func (s *Fake) describeEffectivePolicy(call *fakeaws.Call, in *sdk.DescribeEffectivePolicyInput) (*fakeaws.Plan[*sdk.DescribeEffectivePolicyOutput], error) {
	return onOrganization(s, call, in, everyone, about{ids: []*string{in.TargetId}, policyType: types.PolicyType(in.PolicyType)}, func(r *request) (*sdk.DescribeEffectivePolicyOutput, error) {
		if in.TargetId != nil {
			if _, err := r.target(in.TargetId); err != nil {
				return nil, err
			}
		}
		return nil, &types.EffectivePolicyNotFoundException{Message: aws.String(noEffectivePolicy)}
	})
}

// listAccountsWithInvalidEffectivePolicy finds no policy, as DescribeEffectivePolicy does.
func (s *Fake) listAccountsWithInvalidEffectivePolicy(call *fakeaws.Call, in *sdk.ListAccountsWithInvalidEffectivePolicyInput) (*fakeaws.Plan[*sdk.ListAccountsWithInvalidEffectivePolicyOutput], error) {
	return onOrganization(s, call, in, readers, about{policyType: types.PolicyType(in.PolicyType)}, func(r *request) (*sdk.ListAccountsWithInvalidEffectivePolicyOutput, error) {
		return nil, &types.EffectivePolicyNotFoundException{Message: aws.String(noEffectivePolicy)}
	})
}

// listEffectivePolicyValidationErrors finds no policy, as DescribeEffectivePolicy does.
func (s *Fake) listEffectivePolicyValidationErrors(call *fakeaws.Call, in *sdk.ListEffectivePolicyValidationErrorsInput) (*fakeaws.Plan[*sdk.ListEffectivePolicyValidationErrorsOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.AccountId}, policyType: types.PolicyType(in.PolicyType)}, func(r *request) (*sdk.ListEffectivePolicyValidationErrorsOutput, error) {
		if _, err := r.member(in.AccountId); err != nil {
			return nil, err
		}
		return nil, &types.EffectivePolicyNotFoundException{Message: aws.String(noEffectivePolicy)}
	})
}
