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

// guarded are the function, its versions and its aliases: each may get a policy of its own. To
// IAM Access Analyzer the function has the policies of them all. The lock is held.
func (f *function) guarded() []fakeaws.Guarded {
	kinds := make(map[string]string)
	var policies []*enforce.Policy
	for _, qualifier := range slices.Sorted(maps.Keys(f.policies)) {
		if p := f.policies[qualifier]; p != nil {
			kinds[qualifier] = "AWS::Lambda::Version"
			policies = append(policies, p.bound.Policy())
		}
	}
	for _, v := range f.published {
		kinds[v.name()] = "AWS::Lambda::Version"
	}
	for name := range f.aliases {
		kinds[name] = "AWS::Lambda::Alias"
	}
	delete(kinds, "")
	all := []fakeaws.Guarded{f.guardedAs("", "AWS::Lambda::Function")}
	for qualifier, kind := range kinds {
		all = append(all, f.guardedAs(qualifier, kind))
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
