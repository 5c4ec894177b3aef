package cloudformation

import (
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/internal/template"
)

// Template is what a template makes: a file in YAML or JSON, with the values of its
// parameters. Parameters with a default may be left out.
//
//	stack := acct.Load(cloudformation.Template("template.yaml", map[string]string{"Stage": "prod"}))
//	worker := stack.Role("WorkerRole")
func Template(path string, params map[string]string, options ...Option) deploy.Source {
	return template.Template(path, params, options...)
}

// CDK is what an app of the AWS CDK makes: the folder that cdk synth writes, cdk.out.
// Addresses are the paths of the constructs: "AppStack/Worker/ServiceRole". What one stack
// exports the others import.
//
//	stack := acct.Load(cloudformation.CDK("cdk.out", cloudformation.Stacks("App")))
//	worker := stack.Role("AppStack/Worker/ServiceRole")
func CDK(dir string, options ...Option) deploy.Source { return template.CDK(dir, options...) }

// An Option says what a template does not.
type Option = template.Option

// StackName is the name of the stack; the default is the name of the file.
func StackName(name string) Option { return template.StackName(name) }

// LeaveOut leaves resources out, and macros of the account, by name: "Table",
// "Nested/Table", "MyMacro". What refers to a resource that is left out has its values
// nevertheless.
func LeaveOut(names ...string) Option { return template.LeaveOut(names...) }

// Bind gives a value that cannot be known: an attribute that AWS or a custom resource
// makes up, "Table.StreamArn", or what Ref gives of a resource, "Vpc".
func Bind(name, value string) Option { return template.Bind(name, value) }

// Import gives the value of an export of another stack, for Fn::ImportValue.
func Import(export, value string) Option { return template.Import(export, value) }

// SSM gives the value of a parameter of Systems Manager: of parameters of the type
// AWS::SSM::Parameter::Value<…>, and of {{resolve:ssm:…}}.
func SSM(name, value string) Option { return template.SSM(name, value) }

// Resolve gives the value of a dynamic reference, by what is between "{{resolve:" and
// "}}": "secretsmanager:database:SecretString:password". A version at the end of one to
// ssm or ssm-secure may be left out.
func Resolve(reference, value string) Option { return template.Resolve(reference, value) }

// File says which file stands for a URL: of a nested stack's TemplateURL, and of the
// Location of AWS::Include. Paths from the template's folder are found without.
func File(url, path string) Option { return template.File(url, path) }

// Stacks selects stacks of [CDK] by id, name or display name; the default is all.
func Stacks(names ...string) Option { return template.Stacks(names...) }
