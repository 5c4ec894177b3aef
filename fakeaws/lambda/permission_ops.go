package lambda

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

func (s *Fake) permissionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.addPermission),
		fakeaws.Bind(s.removePermission),
		fakeaws.Bind(s.getPolicy),
		fakeaws.Bind(s.putResourcePolicy),
		fakeaws.Bind(s.getResourcePolicy),
		fakeaws.Bind(s.deleteResourcePolicy),
	}
}

// guarded finds what a call about a policy names: the function itself, a version or an alias.
func (t *target) guarded() error {
	q := t.ref.qualifier
	if _, _, ok := t.find(q); ok {
		return nil
	}
	for i := range len(q) {
		if q[i] == '$' {
			return functionNotFound(t.ref.arn())
		}
	}
	if awsid.IsDigits(q) {
		return functionNotFound(t.ref.arn())
	}
	return resourceNotFound("Cannot find alias arn: " + t.ref.arn())
}

// grantKeys are the condition keys of a call about a statement.
func grantKeys(g grant) contextKey {
	return func(c *enforce.Context) {
		if g.principal != "" {
			c.Set("lambda:Principal", g.principal)
		}
		if g.authType != "" {
			c.Set("lambda:FunctionUrlAuthType", string(g.authType))
		}
	}
}

// addPermission adds a statement to the policy of a function, a version or an alias.
func (s *Fake) addPermission(call *fakeaws.Call, in *awslambda.AddPermissionInput) (*fakeaws.Plan[*awslambda.AddPermissionOutput], error) {
	g := grant{aws.ToString(in.Principal), in.FunctionUrlAuthType}
	return onFunction(s, call, in, in.FunctionName, in.Qualifier, func(t *target) (*awslambda.AddPermissionOutput, error) {
		if t.ref.qualifier == latestVersion {
			return nil, invalidParameter(textPolicyLatest)
		}
		if err := t.guarded(); err != nil {
			return nil, err
		}
		if in.FunctionUrlAuthType != "" && *in.Action != "lambda:InvokeFunctionUrl" || aws.ToBool(in.InvokedViaFunctionUrl) && *in.Action != "lambda:InvokeFunction" {
			return nil, invalidParameter(textStatement)
		}
		st, err := statementOf(in, t.ref.arn())
		if err != nil {
			return nil, err
		}
		old := t.policies[t.ref.qualifier]
		if err := old.sameRevision(in.RevisionId, "GetPolicy"); err != nil {
			return nil, err
		}
		next, written, err := s.with(call, old, st, t.ref.arn())
		if err != nil {
			return nil, err
		}
		next.grants = map[string]grant{st.Sid: g}
		if old != nil {
			maps.Copy(next.grants, old.grants)
		}
		t.policies[t.ref.qualifier] = next
		s.revise(t.latest)
		return &awslambda.AddPermissionOutput{Statement: &written}, nil
	}, grantKeys(g))
}

func (p *policy) sameRevision(asked *string, call string) error {
	if p == nil {
		return sameRevision(asked, nil, call)
	}
	return sameRevision(asked, &p.revision, call)
}

// removePermission removes a statement from a policy.
func (s *Fake) removePermission(call *fakeaws.Call, in *awslambda.RemovePermissionInput) (*fakeaws.Plan[*awslambda.RemovePermissionOutput], error) {
	t, err := s.target(call, in, in.FunctionName, in.Qualifier, "lambda:RemovePermission")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.function != nil && t.policies[t.ref.qualifier] != nil {
		grantKeys(t.policies[t.ref.qualifier].grants[*in.StatementId])(&t.need.Context)
	}
	return &fakeaws.Plan[*awslambda.RemovePermissionOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.RemovePermissionOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.exists() != nil {
			return nil, resourceNotFound("No policy found for: " + t.ref.id.arn())
		}
		if err := t.guarded(); err != nil {
			return nil, err
		}
		old := t.policies[t.ref.qualifier]
		if old == nil {
			return nil, resourceNotFound(textNoPolicy)
		}
		if err := old.sameRevision(in.RevisionId, "GetPolicy"); err != nil {
			return nil, err
		}
		next, err := s.without(call, old, *in.StatementId, t.ref.arn())
		if err != nil {
			return nil, err
		}
		t.store(next, old)
		s.revise(t.latest)
		return &awslambda.RemovePermissionOutput{}, nil
	}}, nil
}

// store puts a policy in the place of another; nil is none.
func (t *target) store(next, old *policy) {
	if next == nil {
		delete(t.policies, t.ref.qualifier)
		return
	}
	if old != nil {
		next.grants = maps.Clone(old.grants)
	}
	t.policies[t.ref.qualifier] = next
}

// getPolicy returns a policy.
func (s *Fake) getPolicy(call *fakeaws.Call, in *awslambda.GetPolicyInput) (*fakeaws.Plan[*awslambda.GetPolicyOutput], error) {
	t, err := s.target(call, in, in.FunctionName, in.Qualifier, "lambda:GetPolicy")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.GetPolicyOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.GetPolicyOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p, err := t.policy()
		if err != nil {
			return nil, err
		}
		return &awslambda.GetPolicyOutput{Policy: aws.String(p.bound.Document()), RevisionId: &p.revision}, nil
	}}, nil
}

// policy returns the policy that a call asks for.
func (t *target) policy() (*policy, error) {
	if t.exists() == nil && t.policies[t.ref.qualifier] != nil {
		return t.policies[t.ref.qualifier], nil
	}
	return nil, resourceNotFound(textNoResource)
}

// onPolicy plans an operation on a whole policy, by the ARN of what it guards.
func onPolicy[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*target) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if _, ok := parseFunctionARN(*arn); !ok {
		return nil, validation("1 validation error detected: Value '" + *arn + "' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_])+)?")
	}
	return onFunction(s, call, in, arn, nil, do)
}

// putResourcePolicy replaces a policy as a whole.
func (s *Fake) putResourcePolicy(call *fakeaws.Call, in *awslambda.PutResourcePolicyInput) (*fakeaws.Plan[*awslambda.PutResourcePolicyOutput], error) {
	return onPolicy(s, call, in, in.ResourceArn, func(t *target) (*awslambda.PutResourcePolicyOutput, error) {
		if err := t.guarded(); err != nil {
			return nil, err
		}
		old := t.policies[t.ref.qualifier]
		if err := old.sameRevision(in.RevisionId, "GetResourcePolicy"); err != nil {
			return nil, err
		}
		next, err := s.compile(call, *in.Policy, t.ref.arn())
		if err != nil {
			return nil, err
		}
		t.store(next, nil)
		return &awslambda.PutResourcePolicyOutput{Policy: aws.String(next.bound.Document()), RevisionId: &next.revision}, nil
	})
}

func (s *Fake) getResourcePolicy(call *fakeaws.Call, in *awslambda.GetResourcePolicyInput) (*fakeaws.Plan[*awslambda.GetResourcePolicyOutput], error) {
	return onPolicy(s, call, in, in.ResourceArn, func(t *target) (*awslambda.GetResourcePolicyOutput, error) {
		p, err := t.policy()
		if err != nil {
			return nil, err
		}
		return &awslambda.GetResourcePolicyOutput{Policy: aws.String(p.bound.Document()), RevisionId: &p.revision}, nil
	})
}

func (s *Fake) deleteResourcePolicy(call *fakeaws.Call, in *awslambda.DeleteResourcePolicyInput) (*fakeaws.Plan[*awslambda.DeleteResourcePolicyOutput], error) {
	return onPolicy(s, call, in, in.ResourceArn, func(t *target) (*awslambda.DeleteResourcePolicyOutput, error) {
		p, err := t.policy()
		if err != nil {
			return nil, err
		}
		if err := p.sameRevision(in.RevisionId, "GetResourcePolicy"); err != nil {
			return nil, err
		}
		t.store(nil, p)
		return &awslambda.DeleteResourcePolicyOutput{}, nil
	})
}
