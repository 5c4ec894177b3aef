package kinesis

import (
	"errors"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putPolicy),
		fakeaws.Bind(s.getPolicy),
		fakeaws.Bind(s.deletePolicy),
	}
}

// maxPolicy is how long a policy is: 20 KB ("Quotas and limits"), unverified.
const maxPolicy = 20 << 10

// putPolicy gives a stream or a consumer a resource policy in place of any other.
func (s *Fake) putPolicy(call *fakeaws.Call, in *awskinesis.PutResourcePolicyInput) (*fakeaws.Plan[*awskinesis.PutResourcePolicyOutput], error) {
	return onResource(s, call, in, in.ResourceARN, in.StreamId, func(_ *map[string]string, stored **fakeaws.ResourcePolicy) (*awskinesis.PutResourcePolicyOutput, error) {
		policy, err := s.readPolicy(call, *in.ResourceARN, *in.Policy)
		if err != nil {
			return nil, err
		}
		*stored = policy
		return new(awskinesis.PutResourcePolicyOutput), nil
	})
}

func (s *Fake) readPolicy(call *fakeaws.Call, arn, document string) (*fakeaws.ResourcePolicy, error) {
	if len(document) > maxPolicy {
		return nil, invalidArgument(textPolicy)
	}
	source := call.PolicySource
	source.Name = arn
	policy, err := enforce.Parse(document, enforce.ResourcePolicy, source)
	if err != nil {
		call.Help(err.Error())
		return nil, invalidArgument(textPolicy)
	}
	elements := policy.Elements()
	for i := range elements.Statements {
		for _, resource := range elements.Statements[i].Resource {
			pattern := strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(resource.Value)
			if matched, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(arn, "/", "\x00")); err != nil || !matched {
				return nil, invalidArgument(textPolicyMatch)
			}
		}
	}
	bound, err := s.world.Bind(policy)
	if err != nil {
		call.Help(err.Error())
		if unknown := new(*fakeaws.UnknownPrincipalError); errors.As(err, unknown) {
			return nil, invalidArgument(textPrincipal)
		}
		return nil, invalidArgument(textPolicy)
	}
	call.Stores(policy)
	return bound, nil
}

// getPolicy returns the policy as it is in force now; that of a resource without one is
// empty.
func (s *Fake) getPolicy(call *fakeaws.Call, in *awskinesis.GetResourcePolicyInput) (*fakeaws.Plan[*awskinesis.GetResourcePolicyOutput], error) {
	return onResource(s, call, in, in.ResourceARN, in.StreamId, func(_ *map[string]string, stored **fakeaws.ResourcePolicy) (*awskinesis.GetResourcePolicyOutput, error) {
		if *stored == nil {
			return &awskinesis.GetResourcePolicyOutput{Policy: aws.String(emptyPolicy)}, nil
		}
		return &awskinesis.GetResourcePolicyOutput{Policy: aws.String((*stored).Document())}, nil
	})
}

// emptyPolicy is what GetResourcePolicy answers where there is no policy: unverified.
const emptyPolicy = "{}"

// deletePolicy removes the policy.
func (s *Fake) deletePolicy(call *fakeaws.Call, in *awskinesis.DeleteResourcePolicyInput) (*fakeaws.Plan[*awskinesis.DeleteResourcePolicyOutput], error) {
	return onResource(s, call, in, in.ResourceARN, in.StreamId, func(_ *map[string]string, stored **fakeaws.ResourcePolicy) (*awskinesis.DeleteResourcePolicyOutput, error) {
		if *stored == nil {
			return nil, notFound(textNoPolicy, *in.ResourceARN)
		}
		*stored = nil
		return new(awskinesis.DeleteResourcePolicyOutput), nil
	})
}
