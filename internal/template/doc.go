// Package template reads CloudFormation templates: in YAML and JSON, with all intrinsic
// functions, conditions, mappings, rules and nested stacks, those of SAM and of
// AWS::LanguageExtensions, and what cdk synth writes. Package awstest/cloudformation makes
// policies and roles of files with it; the fake of CloudFormation evaluates templates as
// their resources are made: see [Open].
package template
