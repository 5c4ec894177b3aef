package ses

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) identityPolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.putIdentityPolicy),
		bind(s.deleteIdentityPolicy),
		bind(s.getIdentityPolicies),
		bind(s.listIdentityPolicies),
	}
}

func (s fakeV2) identityPolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createEmailIdentityPolicy),
		bind(s.updateEmailIdentityPolicy),
		bind(s.deleteEmailIdentityPolicy),
		bind(s.getEmailIdentityPolicies),
	}
}

// The quotas of sending authorization ("Service quotas in Amazon SES").
const (
	maxPolicies   = 20
	maxPolicySize = 4096
)

var policyName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func invalidPolicy(call *fakeaws.Call, format string, args ...any) error {
	return fail(call, "InvalidPolicy", "BadRequestException", format, args...)
}

// readPolicy compiles a policy of an identity.
func (s *Fake) readPolicy(call *fakeaws.Call, name, identityARN, document string) (*fakeaws.ResourcePolicy, error) {
	if !policyName.MatchString(name) {
		return nil, invalidPolicy(call, textPolicy, "its name")
	}
	if len(document) > maxPolicySize {
		return nil, invalidPolicy(call, textPolicyLong)
	}
	source := call.PolicySource
	source.Name = identityARN + " " + name
	p, err := enforce.Parse(document, enforce.ResourcePolicy, source)
	if err != nil {
		call.Help(err.Error())
		return nil, invalidPolicy(call, textPolicy, err)
	}
	elements := p.Elements()
	for i := range elements.Statements {
		st := &elements.Statements[i]
		for _, action := range slices.Concat(st.Action, st.NotAction) {
			if !strings.HasPrefix(strings.ToLower(action.Value), "ses:") && action.Value != "*" {
				return nil, invalidPolicy(call, textPolicy, action.Value)
			}
		}
		for _, resource := range st.Resource {
			if ok, err := path.Match(strings.ReplaceAll(resource.Value, "/", "\x00"), strings.ReplaceAll(identityARN, "/", "\x00")); err != nil || !ok {
				return nil, invalidPolicy(call, textPolicy, resource.Value)
			}
		}
	}
	bound, err := s.world.Bind(p)
	if err != nil {
		call.Help(err.Error())
		return nil, invalidPolicy(call, textPolicy, err)
	}
	call.Stores(p)
	return bound, nil
}

// setPolicy puts a policy in the place of the one of its name. The lock is held.
func (x *identity) setPolicy(call *fakeaws.Call, name string, p *fakeaws.ResourcePolicy) error {
	if x.policies[name] == nil && len(x.policies) >= maxPolicies {
		return limitExceeded(call, textPolicyCount, maxPolicies)
	}
	x.policies[name] = p
	return nil
}

// documents are the policies of some names, or all.
func (x *identity) documents(names []string) map[string]string {
	all := make(map[string]string)
	for name, p := range x.policies {
		if names == nil || slices.Contains(names, name) {
			all[name] = p.Document()
		}
	}
	return all
}

// readFor compiles a policy for the identity that a call names.
func (s *Fake) readFor(call *fakeaws.Call, of *string, name, document *string) (*fakeaws.ResourcePolicy, error) {
	id, err := named(call, of)
	if err != nil {
		return nil, err
	}
	return s.readPolicy(call, aws.ToString(name), placeOf(call).arn("identity/"+id), aws.ToString(document))
}

func (s *Fake) putIdentityPolicy(call *fakeaws.Call, in *awsses.PutIdentityPolicyInput) (*fakeaws.Plan[*awsses.PutIdentityPolicyOutput], error) {
	policy, err := s.readFor(call, in.Identity, in.PolicyName, in.Policy)
	if err != nil {
		return nil, err
	}
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.PutIdentityPolicyOutput, error) {
		if err := x.setPolicy(call, *in.PolicyName, policy); err != nil {
			return nil, err
		}
		return &awsses.PutIdentityPolicyOutput{}, nil
	})
}

// deleteIdentityPolicy deletes a policy. That there is none is no error.
func (s *Fake) deleteIdentityPolicy(call *fakeaws.Call, in *awsses.DeleteIdentityPolicyInput) (*fakeaws.Plan[*awsses.DeleteIdentityPolicyOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.DeleteIdentityPolicyOutput, error) {
		delete(x.policies, aws.ToString(in.PolicyName))
		return &awsses.DeleteIdentityPolicyOutput{}, nil
	})
}

func (s *Fake) getIdentityPolicies(call *fakeaws.Call, in *awsses.GetIdentityPoliciesInput) (*fakeaws.Plan[*awsses.GetIdentityPoliciesOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.GetIdentityPoliciesOutput, error) {
		return &awsses.GetIdentityPoliciesOutput{Policies: x.documents(in.PolicyNames)}, nil
	})
}

func (s *Fake) listIdentityPolicies(call *fakeaws.Call, in *awsses.ListIdentityPoliciesInput) (*fakeaws.Plan[*awsses.ListIdentityPoliciesOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.ListIdentityPoliciesOutput, error) {
		return &awsses.ListIdentityPoliciesOutput{PolicyNames: slices.Sorted(maps.Keys(x.policies))}, nil
	})
}

func (s fakeV2) createEmailIdentityPolicy(call *fakeaws.Call, in *sesv2.CreateEmailIdentityPolicyInput) (*fakeaws.Plan[*sesv2.CreateEmailIdentityPolicyOutput], error) {
	policy, err := s.readFor(call, in.EmailIdentity, in.PolicyName, in.Policy)
	if err != nil {
		return nil, err
	}
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.CreateEmailIdentityPolicyOutput, error) {
		if x.policies[*in.PolicyName] != nil {
			return nil, fail(call, "", "AlreadyExistsException", textPolicyExists, *in.PolicyName)
		}
		if err := x.setPolicy(call, *in.PolicyName, policy); err != nil {
			return nil, err
		}
		return &sesv2.CreateEmailIdentityPolicyOutput{}, nil
	})
}

func (s fakeV2) updateEmailIdentityPolicy(call *fakeaws.Call, in *sesv2.UpdateEmailIdentityPolicyInput) (*fakeaws.Plan[*sesv2.UpdateEmailIdentityPolicyOutput], error) {
	policy, err := s.readFor(call, in.EmailIdentity, in.PolicyName, in.Policy)
	if err != nil {
		return nil, err
	}
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.UpdateEmailIdentityPolicyOutput, error) {
		if x.policies[*in.PolicyName] == nil {
			return nil, fail(call, "", "NotFoundException", textNoPolicy, *in.PolicyName)
		}
		x.policies[*in.PolicyName] = policy
		return &sesv2.UpdateEmailIdentityPolicyOutput{}, nil
	})
}

func (s fakeV2) deleteEmailIdentityPolicy(call *fakeaws.Call, in *sesv2.DeleteEmailIdentityPolicyInput) (*fakeaws.Plan[*sesv2.DeleteEmailIdentityPolicyOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.DeleteEmailIdentityPolicyOutput, error) {
		if x.policies[aws.ToString(in.PolicyName)] == nil {
			return nil, fail(call, "", "NotFoundException", textNoPolicy, aws.ToString(in.PolicyName))
		}
		delete(x.policies, *in.PolicyName)
		return &sesv2.DeleteEmailIdentityPolicyOutput{}, nil
	})
}

func (s fakeV2) getEmailIdentityPolicies(call *fakeaws.Call, in *sesv2.GetEmailIdentityPoliciesInput) (*fakeaws.Plan[*sesv2.GetEmailIdentityPoliciesOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.GetEmailIdentityPoliciesOutput, error) {
		return &sesv2.GetEmailIdentityPoliciesOutput{Policies: x.documents(nil)}, nil
	})
}
