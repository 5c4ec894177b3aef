package awstest

import (
	"context"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// resourcePolicies are the policies of resources that the fakes of the World name, whoever has
// put them in place. Those of buckets, queues and roles are remembered when they are put.
func (a *Account) resourcePolicies() (all []placement) {
	for _, g := range a.world.Guarded(context.WithoutCancel(a.t.Context())) {
		p := g.Policy
		if g.Written != nil {
			p = g.Written
		}
		if p == nil || p.Source().Implied || g.Replace == nil || len(p.Statements()) == 0 {
			continue
		}
		switch g.Replace("").(type) {
		case *awss3.PutBucketPolicyInput, *awssqs.SetQueueAttributesInput, *awsiam.UpdateAssumeRolePolicyInput:
			continue
		}
		all = append(all, a.resourcePolicy(g, p))
	}
	return all
}

// resourcePolicy is the policy of a resource with what replaces it: an operation of the
// service, by the World's own hand.
func (a *Account) resourcePolicy(g fakeaws.Guarded, p *enforce.Policy) placement {
	owner := *a
	if acct, ok := a.world.Account(g.Account); ok {
		owner.acct = acct
	}
	source := p.Source()
	if source.Name == "" {
		source.Name = g.Resources[0]
	}
	return placement{
		account: &owner, document: document{p.Document(), source, p.Kind()}, at: g.Resources[0],
		current: func() (string, bool) { return p.Document(), true },
		put: func(a *Account, d *document) error {
			actor := a.world.Fixture(a.acct.ID, g.Region).From(d.source)
			_, err := a.world.Do(context.WithoutCancel(a.t.Context()), actor, g.Replace(d.text))
			return err
		},
	}
}
