package cloudwatchlogs

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putResourcePolicy),
		fakeaws.Bind(s.deleteResourcePolicy),
		fakeaws.Bind(s.describeResourcePolicies),
	}
}

// The bounds of resource policies: "An account can have up to 10 resource policies per Amazon
// Web Services Region", and "The resource policy can be up to 5120 characters" of the account
// scope; the bound of the other scope is that of the service model. That the first is still
// in force is unverified.
const (
	maxPolicies      = 10
	maxAccountPolicy = 5120
)

// policyNames are the names of the account's resource policies, in order.
func (there *shelf) policyNames() []string { return slices.Sorted(maps.Keys(there.policies)) }

// policyTarget says which resource policy a call is about: one of the account, by its name, or
// that of a log group. scoped is nil for the first.
func policyTarget(call *fakeaws.Call, name, resource *string) (scoped *groupID, err error) {
	if resource == nil {
		if aws.ToString(name) == "" {
			return nil, invalidParameter(textPolicyName)
		}
		return nil, nil
	}
	if name != nil {
		return nil, invalidParameter(textPolicyName)
	}
	id, err := identify(call, *resource)
	if err != nil {
		return nil, err
	}
	return &id, nil
}

func (s *Fake) putResourcePolicy(call *fakeaws.Call, in *awslogs.PutResourcePolicyInput) (*fakeaws.Plan[*awslogs.PutResourcePolicyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	scoped, err := policyTarget(call, in.PolicyName, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if in.PolicyDocument == nil || scoped == nil && len(*in.PolicyDocument) > maxAccountPolicy {
		return nil, invalidParameter(textPolicy)
	}
	if scoped == nil {
		return onAccount(s, call, in, func() (*awslogs.PutResourcePolicyOutput, error) {
			name, there := *in.PolicyName, s.shelf(placeOf(call))
			if there.policies[name] == nil && len(there.policies) >= maxPolicies {
				return nil, limitExceeded()
			}
			p, err := s.parsePolicy(call, *in.PolicyDocument, name)
			if err != nil {
				return nil, err
			}
			there.policies[name] = &accountPolicy{p}
			out := there.policies[name].describe(name)
			return &awslogs.PutResourcePolicyOutput{ResourcePolicy: &out}, nil
		})
	}
	// That the permission is on no log group, which the reference says, goes for this scope
	// too.
	g, _ := s.lookUp(call, "logs:PutResourcePolicy", *scoped, scoped.whole())
	need := anywhere(call, "logs:PutResourcePolicy")
	return &fakeaws.Plan[*awslogs.PutResourcePolicyOutput]{Needs: []fakeaws.Need{need}, Do: doOn(s, own(call, g), func(g *group) (*awslogs.PutResourcePolicyOutput, error) {
		if err := g.policy.is(in.ExpectedRevisionId); err != nil {
			return nil, err
		}
		p, err := s.parsePolicy(call, *in.PolicyDocument, g.id.arn())
		if err != nil {
			return nil, err
		}
		g.policy = &scopedPolicy{p, s.world.IDs().UUID()}
		out := g.policy.describe(g.id)
		return &awslogs.PutResourcePolicyOutput{ResourcePolicy: &out, RevisionId: out.RevisionId}, nil
	})}, nil
}

// own is a log group if the caller's account has it: others see none.
func own(call *fakeaws.Call, g *group) *group {
	if g == nil || g.id.account != call.Account {
		return nil
	}
	return g
}

// is refuses a revision that is not the one of the policy.
func (p *scopedPolicy) is(revision *string) error {
	if revision == nil || p != nil && p.revision == *revision {
		return nil
	}
	return invalidParameter(textRevision)
}

func (s *Fake) deleteResourcePolicy(call *fakeaws.Call, in *awslogs.DeleteResourcePolicyInput) (*fakeaws.Plan[*awslogs.DeleteResourcePolicyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	scoped, err := policyTarget(call, in.PolicyName, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if scoped == nil {
		return onAccount(s, call, in, func() (*awslogs.DeleteResourcePolicyOutput, error) {
			there := s.shelf(placeOf(call))
			if there.policies[*in.PolicyName] == nil {
				return nil, notFound(textNoPolicy)
			}
			delete(there.policies, *in.PolicyName)
			return &awslogs.DeleteResourcePolicyOutput{}, nil
		})
	}
	g, _ := s.lookUp(call, "logs:DeleteResourcePolicy", *scoped, scoped.whole())
	need := anywhere(call, "logs:DeleteResourcePolicy")
	return &fakeaws.Plan[*awslogs.DeleteResourcePolicyOutput]{Needs: []fakeaws.Need{need}, Do: doOn(s, own(call, g), func(g *group) (*awslogs.DeleteResourcePolicyOutput, error) {
		if g.policy == nil {
			return nil, notFound(textNoPolicy)
		}
		if err := g.policy.is(in.ExpectedRevisionId); err != nil {
			return nil, err
		}
		g.policy = nil
		return &awslogs.DeleteResourcePolicyOutput{}, nil
	})}, nil
}

func (s *Fake) describeResourcePolicies(call *fakeaws.Call, in *awslogs.DescribeResourcePoliciesInput) (*fakeaws.Plan[*awslogs.DescribeResourcePoliciesOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	var scoped *groupID
	if in.ResourceArn != nil {
		id, err := identify(call, *in.ResourceArn)
		if err != nil {
			return nil, err
		}
		scoped = &id
	}
	return onAccount(s, call, in, func() (*awslogs.DescribeResourcePoliciesOutput, error) {
		there := s.at(placeOf(call))
		if cmp.Or(in.PolicyScope, types.PolicyScopeAccount) == types.PolicyScopeResource || scoped != nil {
			return &awslogs.DescribeResourcePoliciesOutput{ResourcePolicies: there.scopedPolicies(scoped)}, nil
		}
		names := page.Sorted(there.policyNames(), func(name string) string { return name })
		p := page.Of(names, from, page.Size(in.Limit, pageSize), func(name string) (types.ResourcePolicy, bool) {
			return there.policies[name].describe(name), true
		})
		return &awslogs.DescribeResourcePoliciesOutput{ResourcePolicies: p.Items, NextToken: p.Next}, nil
	})
}

// scopedPolicies are the policies of log groups, or that of one.
func (there *shelf) scopedPolicies(only *groupID) []types.ResourcePolicy {
	list := []types.ResourcePolicy{}
	there.groups.Scan(func(_ string, g *group) bool {
		if g.policy != nil && (only == nil || *only == g.id) {
			list = append(list, g.policy.describe(g.id))
		}
		return true
	})
	return list
}
