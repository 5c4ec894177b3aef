package iam

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// source names a policy for those who ask why a call was decided as it was.
func source(call *fakeaws.Call, name, arn string) enforce.Source {
	src := call.PolicySource
	src.Name, src.ARN = name, arn
	return src
}

// newGrant makes a policy that allows a principal some actions on what has it, without
// that somebody wrote one.
func newGrant(principal string, src enforce.Source, actions ...string) (*enforce.Policy, error) {
	src.Implied = true
	return enforce.Build(&enforce.Document{Statements: []enforce.StatementElements{{
		Effect: enforce.Text{Value: "Allow"}, Principal: enforce.Principals("AWS", principal),
		Action: enforce.Texts(actions...), Resource: enforce.Texts("*"),
	}}}, enforce.ResourcePolicy, src)
}

// inlinePolicy compiles an inline policy.
func inlinePolicy(call *fakeaws.Call, document, name string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.IdentityPolicy, source(call, name, ""))
	if err != nil {
		return nil, malformed(err)
	}
	call.Stores(p)
	return p, nil
}

// managedPolicySize is the quota of a managed policy's characters.
const managedPolicySize = 6144

// managedPolicy compiles a version of a managed policy, which must be in the
// current version of the language, while inline policies may be in the old one.
func managedPolicy(call *fakeaws.Call, document, name, arn string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.ManagedPolicy, source(call, name, arn))
	if err != nil {
		return nil, malformed(err)
	}
	if p.Size() > managedPolicySize {
		return nil, quotaExceeded("PolicySize", managedPolicySize)
	}
	call.Stores(p)
	return p, nil
}
