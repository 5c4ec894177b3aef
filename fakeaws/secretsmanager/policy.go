package secretsmanager

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/publicpolicy"
)

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putResourcePolicy),
		fakeaws.Bind(s.getResourcePolicy),
		fakeaws.Bind(s.deleteResourcePolicy),
		fakeaws.Bind(s.validateResourcePolicy),
	}
}

// putResourcePolicy gives a secret a resource policy in place of any other.
func (s *Fake) putResourcePolicy(call *fakeaws.Call, in *sm.PutResourcePolicyInput) (*fakeaws.Plan[*sm.PutResourcePolicyOutput], error) {
	return onSecret(s, call, in, in.SecretId, 0, func(x *secret) (*sm.PutResourcePolicyOutput, error) {
		policy, err := parsePolicy(call, *in.ResourcePolicy)
		if err != nil {
			return nil, err
		}
		if aws.ToBool(in.BlockPublicPolicy) && isPublic(policy) {
			return nil, &types.PublicPolicyException{Message: aws.String(textPublic)}
		}
		bound, err := s.world.Bind(policy)
		if err != nil {
			call.Help(err.Error())
			return nil, malformedPolicy()
		}
		call.Stores(policy)
		x.policy, x.changed = bound, s.now()
		return &sm.PutResourcePolicyOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}, nil
	}, setBool("secretsmanager:BlockPublicPolicy", in.BlockPublicPolicy))
}

// parsePolicy reads a policy. Secrets Manager does not say what is wrong with one; the log
// does.
func parsePolicy(call *fakeaws.Call, text string) (*enforce.Policy, error) {
	source := call.PolicySource
	policy, err := enforce.Parse(text, enforce.ResourcePolicy, source)
	if err != nil {
		var problem *enforce.DocumentError
		if errors.As(err, &problem) {
			call.Help(problem.Error())
		}
		return nil, malformedPolicy()
	}
	return policy, nil
}

// getResourcePolicy returns the policy as it is in force now.
func (s *Fake) getResourcePolicy(call *fakeaws.Call, in *sm.GetResourcePolicyInput) (*fakeaws.Plan[*sm.GetResourcePolicyOutput], error) {
	return onSecret(s, call, in, in.SecretId, replicasToo, func(x *secret) (*sm.GetResourcePolicyOutput, error) {
		out := &sm.GetResourcePolicyOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}
		if x.policy != nil {
			out.ResourcePolicy = aws.String(x.policy.Document())
		}
		return out, nil
	})
}

// deleteResourcePolicy removes the policy, also where there is none.
func (s *Fake) deleteResourcePolicy(call *fakeaws.Call, in *sm.DeleteResourcePolicyInput) (*fakeaws.Plan[*sm.DeleteResourcePolicyOutput], error) {
	return onSecret(s, call, in, in.SecretId, 0, func(x *secret) (*sm.DeleteResourcePolicyOutput, error) {
		if x.policy != nil {
			x.policy, x.changed = nil, s.now()
		}
		return &sm.DeleteResourcePolicyOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}, nil
	})
}

// validateResourcePolicy says what is wrong with a policy: "Sends a call to Zelkova […] to
// ensure your resource policy does not allow broad access to your secret", "Checks for
// correct syntax", "Verifies the policy does not lock out a caller". It takes the permission
// to put the policy too.
func (s *Fake) validateResourcePolicy(call *fakeaws.Call, in *sm.ValidateResourcePolicyInput) (*fakeaws.Plan[*sm.ValidateResourcePolicyOutput], error) {
	t, err := s.validated(call, in)
	if err != nil {
		return nil, err
	}
	put := t.need
	put.Action = "secretsmanager:PutResourcePolicy"
	put.Context = t.need.Context.Clone()
	needs := []fakeaws.Need{put}
	policy, wrong := parsePolicy(call, *in.ResourcePolicy)
	const lockOut = 1
	if bound, err := s.world.Bind(policyOr(policy)); err == nil && policy != nil {
		again := put
		again.Policy, again.Optional, again.Entry = bound.Policy(), true, lockOut
		needs = append(needs, again)
	} else if wrong == nil {
		wrong = malformedPolicy()
	}
	find := func() *sm.ValidateResourcePolicyOutput {
		out := new(sm.ValidateResourcePolicyOutput)
		add := func(check, text string) {
			out.ValidationErrors = append(out.ValidationErrors, types.ValidationErrorsEntry{CheckName: &check, ErrorMessage: &text})
		}
		if wrong != nil {
			add(checkSyntax, textMalformed)
		} else {
			if isPublic(policy) {
				add(checkPublic, textPublic)
			}
			if call.EntryDenied(lockOut) {
				add(checkLockOut, textLocksOut)
			}
		}
		out.PolicyValidationPassed = len(out.ValidationErrors) == 0
		return out
	}
	if in.SecretId == nil {
		return &fakeaws.Plan[*sm.ValidateResourcePolicyOutput]{
			Needs: append([]fakeaws.Need{t.need}, needs...),
			Do:    func() (*sm.ValidateResourcePolicyOutput, error) { return find(), nil },
		}, nil
	}
	return planFor(s, t, 0, needs, func(*secret) (*sm.ValidateResourcePolicyOutput, error) { return find(), nil }), nil
}

// policyOr is a policy that can be bound.
func policyOr(p *enforce.Policy) *enforce.Policy {
	if p == nil {
		return noPolicy
	}
	return p
}

// validated is what a policy is validated for: a secret, or none in particular.
func (s *Fake) validated(call *fakeaws.Call, in *sm.ValidateResourcePolicyInput) (*target, error) {
	const action = "secretsmanager:ValidateResourcePolicy"
	if in.SecretId != nil {
		return s.target(call, in, in.SecretId, action)
	}
	if err := check(in); err != nil {
		return nil, err
	}
	return &target{need: fakeaws.Need{Action: action, Resource: "*", ResourceAccount: call.Account, Policy: noPolicy}}, nil
}

// isPublic reports whether a policy gives access to others than fixed principals. AWS asks
// an automated reasoner.
func isPublic(p *enforce.Policy) bool {
	return publicpolicy.Public(p.Elements(), publicpolicy.Callers)
}
