package kms

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxPolicy is the size of a key policy in bytes at most ("Resource quotas").
const maxPolicy = 32 << 10

func itoa(n int32) string { return strconv.Itoa(int(n)) }

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.putKeyPolicy), bind(s.getKeyPolicy), bind(s.listKeyPolicies)}
}

// policyOf reads the key policy of a request; the default one without one.
func policyOf(call *fakeaws.Call, text *string) (*enforce.Policy, error) {
	if aws.ToString(text) == "" {
		return fakeaws.DefaultKeyPolicy(call.Account), nil
	}
	if len(*text) > maxPolicy {
		return nil, limitExceeded(textPolicySize)
	}
	p, err := enforce.Parse(*text, enforce.KeyPolicy, call.PolicySource)
	if err != nil {
		return nil, policyError(err)
	}
	return p, nil
}

// policyError is the error of a policy that KMS does not take. The texts are unverified.
func policyError(err error) error {
	if errors.As(err, new(*fakeaws.UnknownPrincipalError)) {
		return malformedPolicy("Policy contains a statement with one or more invalid principals.")
	}
	return malformedPolicy(err.Error())
}

// lockout refuses a policy that would not let the caller change it again, unless the
// request bypasses that ("PutKeyPolicy" of the API reference). A policy that admits the
// account lets the account's IAM policies decide, now and later: that KMS does not look at
// those is unverified.
func (s *Fake) lockout(call *fakeaws.Call, id string, policy *enforce.Policy, bypass bool) error {
	if bypass {
		return nil
	}
	again := fakeaws.Need{
		Action: "kms:PutKeyPolicy", Resource: fakeaws.ARN("kms", call.Region, call.Account, "key/"+id), ResourceAccount: call.Account, Policy: policy,
	}
	again.Context.Set("kms:CallerAccount", call.Account)
	again.Alternatives = []fakeaws.Alternative{{Resource: policy, Identity: anyIdentity()}}
	if !call.Would(&again) {
		return malformedPolicy(textLockout)
	}
	return nil
}

// anyIdentity stands for the IAM policies of an account that could let its principals
// change a key policy.
var anyIdentity = sync.OnceValue(func() *enforce.Policy {
	return enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:PutKeyPolicy","Resource":"*"}}`, enforce.IdentityPolicy)
})

// putKeyPolicy gives a key another policy.
func (s *Fake) putKeyPolicy(call *fakeaws.Call, in *awskms.PutKeyPolicyInput) (*fakeaws.Plan[*awskms.PutKeyPolicyOutput], error) {
	f := s.find(call, &use{
		id: in.KeyId, action: "kms:PutKeyPolicy", noAlias: true,
		set: func(c *enforce.Context) {
			c.SetBool("kms:BypassPolicyLockoutSafetyCheck", in.BypassPolicyLockoutSafetyCheck)
		},
	})
	return planOn(f, func() (*awskms.PutKeyPolicyOutput, error) {
		if !isPolicyName(in.PolicyName) {
			return nil, invalid(textPolicyName)
		}
		if err := unmanaged(f.Key); err != nil {
			return nil, err
		}
		policy, err := policyOf(call, in.Policy)
		if err != nil {
			return nil, err
		}
		if err := s.lockout(call, f.ID, policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return nil, err
		}
		if err := f.SetPolicy(policy); err != nil {
			return nil, policyError(err)
		}
		call.Stores(policy)
		return &awskms.PutKeyPolicyOutput{}, nil
	}), nil
}

func (s *Fake) getKeyPolicy(call *fakeaws.Call, in *awskms.GetKeyPolicyInput) (*fakeaws.Plan[*awskms.GetKeyPolicyOutput], error) {
	f := s.find(call, &use{id: in.KeyId, action: "kms:GetKeyPolicy", noAlias: true})
	return planOn(f, func() (*awskms.GetKeyPolicyOutput, error) {
		if !isPolicyName(in.PolicyName) {
			return nil, notFound("No such policy exists")
		}
		return &awskms.GetKeyPolicyOutput{Policy: aws.String(f.Policy().Document()), PolicyName: aws.String("default")}, nil
	}), nil
}

func (s *Fake) listKeyPolicies(call *fakeaws.Call, in *awskms.ListKeyPoliciesInput) (*fakeaws.Plan[*awskms.ListKeyPoliciesOutput], error) {
	u := &use{id: in.KeyId, action: "kms:ListKeyPolicies", noAlias: true}
	return onKey(s, call, u, anyState, func(*fakeaws.Key, time.Time) (*awskms.ListKeyPoliciesOutput, error) {
		return &awskms.ListKeyPoliciesOutput{PolicyNames: policyNames}, nil
	})
}
