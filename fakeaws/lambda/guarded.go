package lambda

import (
	"maps"
	"slices"

	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: a function, each version and each alias have
// policies of their own, and so have the versions of layers.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.functions {
		all = append(all, f.guarded()...)
	}
	for id, l := range s.layers {
		for n, v := range l.versions {
			g := fakeaws.Guarded{Resources: []string{id.version(n)}, Account: id.account, Region: id.region}
			if v.policy != nil {
				g.Policy = v.policy.bound.Policy()
			}
			if !v.deleted {
				g.Type = "AWS::Lambda::LayerVersion"
			}
			all = append(all, g)
		}
	}
	return all
}

// guarded are the function, and those of its versions and aliases that have policies. To IAM
// Access Analyzer the function has the policies of them all. The lock is held.
func (f *function) guarded() []fakeaws.Guarded {
	all := []fakeaws.Guarded{f.guardedAs("", "AWS::Lambda::Function")}
	var policies []*enforce.Policy
	for _, qualifier := range slices.Sorted(maps.Keys(f.policies)) {
		if f.policies[qualifier] == nil {
			continue
		}
		policies = append(policies, f.policies[qualifier].bound.Policy())
		switch {
		case qualifier == "":
		case f.aliases[qualifier] != nil:
			all = append(all, f.guardedAs(qualifier, "AWS::Lambda::Alias"))
		default:
			all = append(all, f.guardedAs(qualifier, "AWS::Lambda::Version"))
		}
	}
	all[0].Outside = enforce.Join(enforce.ResourcePolicy, policies...)
	return all
}

// guardedAs is what the policy of one qualifier guards. The lock is held.
func (f *function) guardedAs(qualifier, kind string) fakeaws.Guarded {
	arn := reference{f.id, qualifier}.arn()
	g := fakeaws.Guarded{
		Resources: []string{arn}, Type: kind, Account: f.id.account, Region: f.id.region, Tags: fakeaws.DescribedTags(f.tags),
		Replace: func(document string) any {
			return &awslambda.PutResourcePolicyInput{ResourceArn: &arn, Policy: &document}
		},
	}
	if p := f.policies[qualifier]; p != nil {
		g.Policy = p.bound.Policy()
	}
	return g
}
