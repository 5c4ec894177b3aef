// Package cloudformation reads what CloudFormation templates make: policies, roles,
// buckets, queues and keys, for tests that run as the roles that will be deployed.
//
//	stack := acct.Load(cloudformation.Template("template.yaml", map[string]string{"Stage": "prod"}))
//	worker := stack.Role("WorkerRole")
//
// It reads templates in YAML and JSON with all intrinsic functions, conditions, mappings,
// rules and nested stacks, those of SAM and of AWS::LanguageExtensions, what cdk synth
// writes ([CDK]), and the templates of the Serverless Framework, which serverless package
// writes to .serverless. Nothing is fetched, and no credentials are needed.
//
// Names that AWS makes up are made up as it does, and are the same ones in each run. What
// cannot be known from the file (an attribute that AWS makes up, a parameter of Systems
// Manager, an export of another stack) is a problem where a policy or a resource that is
// made needs it: options give it ([Bind], [SSM], [Resolve], [Import]). All problems of a
// file are told at once, each with its line.
//
// A denial names the line of the template in which the statement stands that denies, or
// that does not allow:
//
//	template.yaml:41:11
package cloudformation
