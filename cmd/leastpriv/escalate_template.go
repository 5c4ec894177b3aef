package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
)

// runsWith are the types that run with a role, and the property that names it.
var runsWith = map[string]string{
	"AWS::Lambda::Function":                        "Role",
	"AWS::StepFunctions::StateMachine":             "RoleArn",
	"AWS::CodeBuild::Project":                      "ServiceRole",
	"AWS::SageMaker::NotebookInstance":             "RoleArn",
	"AWS::BedrockAgentCore::Runtime":               "RoleArn",
	"AWS::AppRunner::Service":                      "InstanceConfiguration.InstanceRoleArn",
	"AWS::BedrockAgentCore::CodeInterpreterCustom": "ExecutionRoleArn",
}

// guardedTypes are the types whose policies can be rewritten.
var guardedTypes = []string{"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::Kinesis::Stream", "AWS::ECR::Repository"}

// A templateAccount is the account that a template makes, as far as it says.
type templateAccount struct {
	*templateStack
	made     *account.Account
	policies map[string]*account.Policy
	groups   map[*deploy.Resource]*account.Group
}

// account describes what the template makes.
func (t *templateStack) account() *account.Account {
	d := &templateAccount{templateStack: t, made: &account.Account{ID: defaultAccount}, policies: map[string]*account.Policy{}, groups: map[*deploy.Resource]*account.Group{}}
	for i := range t.Resources {
		r := &t.Resources[i]
		switch r.Type {
		case "AWS::IAM::ManagedPolicy":
			d.policy(r.ARN)
		case "AWS::IAM::Group":
			d.group(r)
		case "AWS::IAM::User":
			d.made.Users = append(d.made.Users, &account.User{Identity: d.identity(r, account.UserKind)})
		case "AWS::IAM::Role":
			d.role(r)
		case "AWS::IAM::InstanceProfile":
			d.profile(r)
		}
		d.resource(r)
	}
	return d.made
}

// identity describes a user, group or role. What cannot be known it says.
func (d *templateAccount) identity(r *deploy.Resource, kind account.Kind) account.Identity {
	id := account.Identity{Account: defaultAccount, Kind: kind, ARN: r.ARN, Name: r.Name}
	unknown := func(err error) {
		if err != nil {
			id.Unknown = append(id.Unknown, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	if problems := r.Unknowns(); len(problems) > 0 {
		unknown(problems)
		return id
	}
	inline, err := d.inlinePolicies(r)
	unknown(err)
	for _, p := range inline {
		if p.Kind() != enforce.ManagedPolicy {
			id.Inline = append(id.Inline, p)
		}
	}
	attached, err := d.attachments(r)
	unknown(err)
	for i := range d.Resources {
		if p := &d.Resources[i]; p.Type == "AWS::IAM::ManagedPolicy" {
			if of, err := attaches(p, r); err == nil && of {
				attached = append(attached, p.ARN)
			}
		}
	}
	for _, arn := range append(listIn(r.Properties["ManagedPolicyArns"]), attached...) {
		id.Attached = append(id.Attached, d.policy(fmt.Sprint(arn)))
	}
	if boundary, ok := r.Properties["PermissionsBoundary"].(string); ok {
		id.Boundary = d.policy(boundary)
	}
	groups, err := d.groupsOf(r)
	unknown(err)
	for _, g := range groups {
		id.Groups = append(id.Groups, d.group(g))
	}
	id.Tags = tagsOf(r.Properties["Tags"])
	return id
}

// tagsOf are tags as CloudFormation or Terraform has them.
func tagsOf(tags any) (all []account.Tag) {
	p := new(templatePrincipal)
	p.setTags(tags)
	for key, values := range p.tags.All() {
		all = append(all, account.Tag{Key: strings.TrimPrefix(key, "aws:PrincipalTag/"), Value: values[0]})
	}
	return all
}

func (d *templateAccount) group(r *deploy.Resource) *account.Group {
	if g := d.groups[r]; g != nil {
		return g
	}
	g := new(account.Group)
	d.groups[r] = g
	g.Identity = d.identity(r, account.GroupKind)
	d.made.Groups = append(d.made.Groups, g)
	return g
}

func (d *templateAccount) role(r *deploy.Resource) {
	role := &account.Role{Identity: d.identity(r, account.RoleKind)}
	trust, err := parseIn(r.Properties["AssumeRolePolicyDocument"], enforce.TrustPolicy, "trust policy of "+r.Address)
	if err != nil {
		role.Unknown = append(role.Unknown, err.Error())
	}
	role.Trust = trust
	d.made.Roles = append(d.made.Roles, role)
}

func (d *templateAccount) profile(r *deploy.Resource) {
	p := &account.Profile{ARN: r.ARN}
	for _, name := range listIn(r.Properties["Roles"]) {
		for i := range d.Resources {
			if other := &d.Resources[i]; other.Type == "AWS::IAM::Role" && names(name, other.Name) {
				p.Role = other.ARN
			}
		}
	}
	d.made.Profiles = append(d.made.Profiles, p)
}

// policy describes a managed policy of the template, or one of AWS's.
func (d *templateAccount) policy(arn string) *account.Policy {
	if p := d.policies[arn]; p != nil {
		return p
	}
	p := &account.Policy{ARN: arn, Name: arn[strings.LastIndexByte(arn, '/')+1:]}
	d.policies[arn] = p
	d.made.Policies = append(d.made.Policies, p)
	parsed, err := d.managedPolicy(arn)
	switch {
	case err != nil:
		p.Unknown = strings.ReplaceAll(err.Error(), "\n", "; ")
	case parsed == nil:
		p.Unknown = arn + " has no document"
	default:
		p.Default = &account.Version{ID: "v1", Policy: parsed}
		p.Versions = []*account.Version{p.Default}
	}
	return p
}

// resource describes what has a policy, or runs with a role.
func (d *templateAccount) resource(r *deploy.Resource) {
	var policy *enforce.Policy
	if slices.Contains(guardedTypes, r.Type) && r.ARN != "" {
		var err error
		if policy, err = d.resourcePolicy(r.ARN); err == nil {
			d.made.Resources = append(d.made.Resources, &account.Resource{ARN: r.ARN, Policy: policy, Tags: tagsOf(r.Properties["Tags"])})
		}
	}
	property, runs := runsWith[r.Type]
	if !runs || r.ARN == "" {
		return
	}
	value := any(r.Properties)
	for _, name := range strings.Split(property, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	if role, ok := value.(string); ok {
		d.made.Compute = append(d.made.Compute, &account.Compute{ARN: r.ARN, Role: role, Policy: policy, Tags: tagsOf(r.Properties["Tags"])})
	}
}
