// Package deploy is what files that teams deploy have in common: Terraform plans and
// states, CloudFormation templates, and what is made of them. A [Source] says which
// resources a file makes in an account, in the types and properties of CloudFormation,
// and awstest makes those for which there is a fake.
package deploy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Source is a file that a team deploys.
type Source interface {
	// Resources returns what the file makes in an account. The error is a [Errors]
	// where the file has something that cannot be understood: all of it at once.
	Resources(Target) (*Stack, error)
}

// A Stack is what a file makes.
type Stack struct {
	Resources []Resource
	// Outputs are the outputs of a template or module, by name.
	Outputs map[string]string
}

// A Resource is one resource of a file.
type Resource struct {
	// Address is how the file names it: "Worker", "Nested/Worker" in a nested stack,
	// "module.app.aws_iam_role.worker[0]".
	Address string
	// Type is CloudFormation's type of it, "AWS::IAM::Role". Of a type that Terraform
	// alone has it is that one.
	Type string
	// Name is its physical id, as CloudFormation's Ref gives it: the name of a role, the
	// URL of a queue, the ARN of a managed policy.
	Name string
	// ARN is its ARN, empty where it has none.
	ARN string
	// Properties are as CloudFormation names them, without functions: string, bool,
	// float64, nil, []any, map[string]any, [Document] where a policy stands, and [Unknown].
	Properties map[string]any
	// DependsOn are addresses of resources that are made before.
	DependsOn []string
	// Position is where the resource stands in its file.
	Position Position
}

// A Position is a place in a file.
type Position struct {
	File string
	Line int // from 1; 0 where it is not known
}

// String returns "template.yaml:12".
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Document is a policy document in a file: its text in JSON, and where its statements
// stand in the file, which may be in another format.
type Document struct {
	Text   string
	Source enforce.Source
}

// A Problem is something in a file that cannot be understood.
type Problem struct {
	Position
	// Address is the resource that it is in; empty where it is in none.
	Address string
	Text    string
}

// String returns the problem in one line: where it is, and what.
func (p Problem) String() string {
	text := ""
	if at := p.Position.String(); at != "" {
		text = at + ": "
	}
	if p.Address != "" {
		text += p.Address + ": "
	}
	return text + p.Text
}

// Errors are all problems of a file.
type Errors []Problem

// Error returns the problems, one in a line, in the order of the files.
func (p Errors) Error() string {
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	lines := make([]string, len(sorted))
	for i, problem := range sorted {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil where there are none.
func (p Errors) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
