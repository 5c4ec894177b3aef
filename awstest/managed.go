package awstest

import (
	"context"
	"fmt"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// Managed is a managed policy of AWS's, by its name or ARN:
// "AmazonS3ReadOnlyAccess". It is attached, not copied: IAM lists it, and it
// counts against the ten that a principal may have.
func Managed(nameOrARN string) Policy {
	p, ok := managed.Get(nameOrARN)
	if !ok {
		return managedPolicy{err: fmt.Errorf("AWS has no managed policy %q", nameOrARN)}
	}
	return managedPolicy{policy: p}
}

type managedPolicy struct {
	policy *managed.Policy
	err    error
}

func (p managedPolicy) with(s *spec) { s.policies = append(s.policies, p) }

// document returns the text, for whoever wants the policy as a document.
func (p managedPolicy) document() (string, string, error) {
	if p.err != nil {
		return "", "", p.err
	}
	return p.policy.Document(), "", nil
}

// managedARN returns the ARN of a policy that IAM has already; empty for a document.
func managedARN(p Policy) string {
	if m, ok := p.(managedPolicy); ok && m.err == nil {
		return m.policy.ARN()
	}
	return ""
}

// An attacher attaches a managed policy to the user, role or group of a name.
type attacher func(ctx context.Context, name, arn string) error

func (a *Account) attachToUser(ctx context.Context, name, arn string) error {
	_, err := a.iam().AttachUserPolicy(ctx, &awsiam.AttachUserPolicyInput{UserName: &name, PolicyArn: &arn})
	return err
}

func (a *Account) attachToRole(ctx context.Context, name, arn string) error {
	_, err := a.iam().AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
	return err
}

func (a *Account) attachToGroup(ctx context.Context, name, arn string) error {
	_, err := a.iam().AttachGroupPolicy(ctx, &awsiam.AttachGroupPolicyInput{GroupName: &name, PolicyArn: &arn})
	return err
}
