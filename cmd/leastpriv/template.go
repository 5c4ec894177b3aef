package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/cloudformation"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/awstest/terraform"
	"github.com/leastpriv/leastpriv/enforce"
	policylint "github.com/leastpriv/leastpriv/enforce/lint"
	"github.com/leastpriv/leastpriv/internal/ids"
)

// templateFlags say what CloudFormation templates and plans of Terraform do not.
type templateFlags struct {
	params map[string]string
	// bound are the values of Bind, which plans take too.
	bound   map[string]string
	options []cloudformation.Option
	region  string
}

func (f *templateFlags) register(fs *flag.FlagSet) {
	f.init()
	fs.Func("param", "parameter of a template, `NAME=VALUE`; repeatable", pairFlag(func(name, value string) { f.params[name] = value }))
	fs.Func("bind", "value that a template or plan does not say, `NAME=VALUE`: Table.StreamArn=arn:…; repeatable", pairFlag(f.bind))
	fs.Func("import", "export of another stack, `NAME=VALUE`; repeatable", pairFlag(f.add(cloudformation.Import)))
	fs.Func("resolve", "dynamic reference or parameter of Systems Manager, `REFERENCE=VALUE`: ssm:/path=…; repeatable", pairFlag(f.add(cloudformation.Resolve)))
	fs.StringVar(&f.region, "region", f.region, "`REGION` in which a template is deployed")
}

// init sets what is so by default.
func (f *templateFlags) init() {
	f.params, f.bound, f.region = map[string]string{}, map[string]string{}, "us-east-1"
}

// add returns a function that adds an option.
func (f *templateFlags) add(option func(name, value string) cloudformation.Option) func(name, value string) {
	return func(name, value string) { f.options = append(f.options, option(name, value)) }
}

// bind says a value.
func (f *templateFlags) bind(name, value string) {
	f.bound[name] = value
	f.options = append(f.options, cloudformation.Bind(name, value))
}

// pairFlag takes NAME=VALUE.
func pairFlag(take func(name, value string)) func(string) error {
	return func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return errors.New("want NAME=VALUE")
		}
		take(name, value)
		return nil
	}
}

// read reads a template, the folder that cdk synth writes, or a plan or state of Terraform.
func (f *templateFlags) read(path string) (*deploy.Stack, error) {
	source := cloudformation.Template(path, f.params, f.options...)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		source = cloudformation.CDK(path, f.options...)
	} else if hasSection(path, "terraform_version", "format_version") {
		var options []terraform.Option
		for _, name := range slices.Sorted(maps.Keys(f.bound)) {
			options = append(options, terraform.Bind(name, f.bound[name]))
		}
		source = terraform.Plan(path, options...)
	}
	return source.Resources(deploy.Target{
		Partition: "aws", Account: defaultAccount, Region: f.region,
		ID: func(of string, n int) string {
			h := fnv.New64a()
			_, _ = h.Write([]byte(of)) // never fails
			return strings.ToUpper(ids.New(h.Sum64()).Lower(n))
		},
	})
}

// isTemplate says whether a file is a template and not a policy: a folder of CDK, YAML,
// JSON with Resources, or what terraform show -json prints.
func isTemplate(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if info.IsDir() {
		_, err := os.Stat(filepath.Join(path, "manifest.json"))
		return err == nil
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".template":
		return true
	}
	return hasSection(path, "Resources") || hasSection(path, "terraform_version", "format_version")
}

// hasSection reports whether a file is a JSON object with members of the names.
func hasSection(path string, names ...string) bool {
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(text, []byte(`"`+names[0]+`"`)) {
		return false
	}
	var sections map[string]json.RawMessage
	if json.Unmarshal(text, &sections) != nil {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { return sections[name] == nil })
}

// lintTemplate finds what is wrong with the policies of a template.
func (f *templateFlags) lintTemplate(path string) ([]policylint.Finding, error) {
	stack, err := f.read(path)
	if err != nil {
		return nil, err
	}
	var findings []policylint.Finding
	for i := range stack.Resources {
		r := &stack.Resources[i]
		for _, p := range documentsIn(r.Properties, "") {
			findings = append(findings, policylint.Lint(p.document.Text, documentKind(r.Type, p.property), p.document.Source)...)
		}
		for _, p := range r.Unknowns() {
			if strings.Contains(p.Text, "cannot be known") && judged(r.Type) {
				findings = append(findings, policylint.Finding{Severity: policylint.Warning, Code: unknownValue, File: p.File, Line: p.Line, Column: 1, Message: p.Address + ": " + p.Text})
			}
		}
	}
	return findings, nil
}

// unknownValue is the code of a value that a template does not say: the policy that has
// it is not looked at.
const unknownValue = "UNKNOWN_VALUE"

// judged says whether the policies of a type decide.
func judged(kind string) bool {
	return strings.HasPrefix(kind, "AWS::IAM::") || strings.HasSuffix(kind, "Policy") || kind == "AWS::KMS::Key"
}

// A foundDocument is a policy document in a resource, and the property that has it.
type foundDocument struct {
	property string
	document deploy.Document
}

// documentsIn returns the policy documents of a value, in the order of the file.
func documentsIn(value any, property string) (found []foundDocument) {
	switch v := value.(type) {
	case deploy.Document:
		return []foundDocument{{property, v}}
	case []any:
		for _, e := range v {
			found = append(found, documentsIn(e, property)...)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			found = append(found, documentsIn(v[k], k)...)
		}
	}
	slices.SortStableFunc(found, func(a, b foundDocument) int { return a.document.Source.Line - b.document.Source.Line })
	return found
}

// documentKind is the kind of the policies that a property of a type has.
func documentKind(resource, property string) enforce.Kind {
	switch {
	case property == "AssumeRolePolicyDocument":
		return enforce.TrustPolicy
	case property == "KeyPolicy":
		return enforce.KeyPolicy
	case resource == "AWS::IAM::ManagedPolicy":
		return enforce.ManagedPolicy
	case strings.HasPrefix(resource, "AWS::IAM::"):
		return enforce.IdentityPolicy
	case resource == "AWS::S3::BucketPolicy":
		return enforce.BucketPolicy
	case strings.HasPrefix(resource, "AWS::SQS::"):
		return enforce.QueuePolicy
	case resource == "AWS::EC2::VPCEndpoint":
		return enforce.EndpointPolicy
	}
	return enforce.ResourcePolicy
}
