// Package deploy is what files that teams deploy have in common: Terraform plans and
// states, CloudFormation templates, and what is made of them. A [Source] says which
// resources a file makes in an account, in the types and properties of CloudFormation,
// and awstest makes those for which there is a fake. The types are those of an internal
// package, which the fake of CloudFormation shares.
package deploy

import "github.com/leastpriv/leastpriv/internal/deploy"

type (
	// A Source is a file that a team deploys.
	Source = deploy.Source
	// A Target is where a file is deployed.
	Target = deploy.Target
	// A Stack is what a file makes.
	Stack = deploy.Stack
	// A Resource is one resource of a file.
	Resource = deploy.Resource
	// A Position is a place in a file.
	Position = deploy.Position
	// A Document is a policy document in a file.
	Document = deploy.Document
	// A Problem is something in a file that cannot be understood.
	Problem = deploy.Problem
	// Errors are all problems of a file.
	Errors = deploy.Errors //nolint:errname // the name that it has
	// Unknown stands in the properties of a resource for a value that cannot be known from
	// the file.
	Unknown = deploy.Unknown
)
