package iam

import (
	"github.com/leastpriv/leastpriv/enforce"
)

// inlinePolicy compiles an inline policy.
func inlinePolicy(document, name string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.IdentityPolicy, enforce.Source{Name: name})
	if err != nil {
		return nil, malformed(err)
	}
	return p, nil
}

// managedPolicySize is the quota of a managed policy's characters.
const managedPolicySize = 6144

// managedPolicy compiles a version of a managed policy, which must be in the
// current version of the language, while inline policies may be in the old one.
func managedPolicy(document, name, arn string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.ManagedPolicy, enforce.Source{Name: name, ARN: arn})
	if err != nil {
		return nil, malformed(err)
	}
	if p.Size() > managedPolicySize {
		return nil, quotaExceeded("PolicySize", managedPolicySize)
	}
	return p, nil
}
