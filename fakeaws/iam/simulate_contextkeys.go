package iam

import (
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// contextKeyOps are the operations on the context keys of policies.
func (s *Fake) contextKeyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getContextKeysForCustomPolicy),
		fakeaws.Bind(s.getContextKeysForPrincipalPolicy),
	}
}

// simulated compiles the policies that a request to the simulator brings.
func simulated(documents []string, kind enforce.Kind) ([]*enforce.Policy, error) {
	policies := make([]*enforce.Policy, 0, len(documents))
	for _, d := range documents {
		p, err := enforce.Parse(d, kind, enforce.Source{})
		if err != nil {
			return nil, simulationError(err)
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// contextKeys returns the condition keys of policies in the order in which they
// first appear, each once whatever its case.
func contextKeys(policies []*enforce.Policy) []string {
	names, seen := []string{}, make(map[string]bool)
	for _, p := range policies {
		names = appendNew(names, p.ContextKeys(), seen, strings.ToLower)
	}
	return names
}

// getContextKeysForCustomPolicy lists the condition keys of policies.
func (s *Fake) getContextKeysForCustomPolicy(call *fakeaws.Call, in *sdk.GetContextKeysForCustomPolicyInput) (*fakeaws.Plan[*sdk.GetContextKeysForCustomPolicyOutput], error) {
	return planApart(s, call, in, onAccount, func(*account) (func() (*sdk.GetContextKeysForCustomPolicyOutput, error), error) {
		return func() (*sdk.GetContextKeysForCustomPolicyOutput, error) {
			policies, err := simulated(in.PolicyInputList, enforce.IdentityPolicy)
			if err != nil {
				return nil, err
			}
			return &sdk.GetContextKeysForCustomPolicyOutput{ContextKeyNames: contextKeys(policies)}, nil
		}, nil
	})
}

// getContextKeysForPrincipalPolicy lists the condition keys of the permissions
// policies of a user, group or role, and of further policies.
func (s *Fake) getContextKeysForPrincipalPolicy(call *fakeaws.Call, in *sdk.GetContextKeysForPrincipalPolicyInput) (*fakeaws.Plan[*sdk.GetContextKeysForPrincipalPolicyOutput], error) {
	return planApart(s, call, in, onSource(in.PolicySourceArn), func(e *entity) (func() (*sdk.GetContextKeysForPrincipalPolicyOutput, error), error) {
		var own []*enforce.Policy
		for _, g := range e.grants() {
			own = append(own, g.policy)
		}
		return func() (*sdk.GetContextKeysForPrincipalPolicyOutput, error) {
			policies, err := simulated(in.PolicyInputList, enforce.IdentityPolicy)
			if err != nil {
				return nil, err
			}
			return &sdk.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: contextKeys(append(own, policies...))}, nil
		}, nil
	})
}
