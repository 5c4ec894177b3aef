package awstest

import (
	"fmt"
	"github.com/leastpriv/leastpriv/enforce"

	"github.com/leastpriv/leastpriv/internal/managed"
)

// A ManagedPolicy is a policy that IAM has, AWS's own or one of the account's. It is
// attached, not copied: IAM lists it, and it counts against the ten that a principal may
// have.
type ManagedPolicy struct {
	ofPolicies
	name, arn string
	text      func() string
	err       error
}

// Managed is a managed policy of AWS's, by its name or ARN: "AmazonS3ReadOnlyAccess".
func Managed(nameOrARN string) *ManagedPolicy {
	p, ok := managed.Get(nameOrARN)
	if !ok {
		return &ManagedPolicy{name: nameOrARN, err: fmt.Errorf("AWS has no managed policy %q", nameOrARN)}
	}
	return &ManagedPolicy{name: p.Name, arn: p.ARN(), text: p.Document}
}

// Name returns the policy's name.
func (p *ManagedPolicy) Name() string { return p.name }

// ARN returns the policy's ARN; empty of one that AWS does not have.
func (p *ManagedPolicy) ARN() string { return p.arn }

func (p *ManagedPolicy) addTo(s *spec) { s.policies = append(s.policies, p) }

// document returns the text, for whoever wants the policy as a document.
func (p *ManagedPolicy) document([]string) (string, enforce.Source, error) {
	if p.err != nil {
		return "", enforce.Source{}, p.err
	}
	return p.text(), enforce.Source{}, nil
}

// managedARN returns the ARN of a policy that IAM has already; empty for a document.
func managedARN(p Policy) string {
	if m, ok := p.(*ManagedPolicy); ok {
		return m.arn
	}
	return ""
}
