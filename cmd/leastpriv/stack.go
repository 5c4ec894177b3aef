package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// A templateStack has the principals and resources of a template or plan, with their
// policies.
type templateStack struct {
	*deploy.Stack
	region    string
	byAddress map[string]*deploy.Resource
}

// open reads a template or a plan.
func (f *templateFlags) open(path string) (*templateStack, error) {
	stack, err := f.read(path)
	if err != nil {
		return nil, err
	}
	t := &templateStack{stack, f.region, map[string]*deploy.Resource{}}
	for i := range t.Resources {
		t.byAddress[t.Resources[i].Address] = &t.Resources[i]
	}
	return t, nil
}

// A templatePrincipal is a role or user of a template.
type templatePrincipal struct {
	arn      string
	policies enforce.PolicySet
	// tags are the keys of its tags.
	tags enforce.Context
}

// principal finds a role or user by its address; the error names those that there are.
func (t *templateStack) principal(address string) (*templatePrincipal, error) {
	r := t.byAddress[address]
	if r == nil || r.Type != "AWS::IAM::Role" && r.Type != "AWS::IAM::User" {
		return nil, fmt.Errorf("the template has no role or user %s; it has: %s", address, strings.Join(t.principals(), ", "))
	}
	if r.ARN == "" {
		return nil, fmt.Errorf("the ARN of %s is known after apply: the configuration must be in the folder of the plan", address)
	}
	p := &templatePrincipal{arn: r.ARN}
	p.setTags(r.Properties["Tags"])
	var err error
	if p.policies.Identity, err = t.identityPolicies(r); err != nil {
		return nil, err
	}
	if boundary, ok := r.Properties["PermissionsBoundary"].(string); ok {
		p.policies.Boundary, err = t.managedPolicy(boundary)
	}
	return p, err
}

// principals are the addresses of roles and users.
func (t *templateStack) principals() (names []string) {
	for _, r := range t.Resources {
		if r.Type == "AWS::IAM::Role" || r.Type == "AWS::IAM::User" {
			names = append(names, r.Address)
		}
	}
	return names
}

// arn is the ARN of a resource of the template, or of what is in it: "Uploads/incoming/a".
func (t *templateStack) arn(resource string) string {
	if strings.HasPrefix(resource, "arn:") {
		return resource
	}
	for _, address := range slices.Backward(slices.Sorted(maps.Keys(t.byAddress))) {
		r := t.byAddress[address]
		if rest, ok := strings.CutPrefix(resource, address); ok && r.ARN != "" && (rest == "" || rest[0] == '/') {
			return r.ARN + rest
		}
	}
	return resource
}

// setTags sets the tags of the principal: a list of keys and values in CloudFormation, an
// object in Terraform.
func (p *templatePrincipal) setTags(tags any) {
	if object, ok := tags.(map[string]any); ok {
		for key, value := range object {
			p.tags.Set("aws:PrincipalTag/"+key, fmt.Sprint(value))
		}
		return
	}
	for _, e := range listIn(tags) {
		if tag, ok := e.(map[string]any); ok {
			p.tags.Set(fmt.Sprintf("aws:PrincipalTag/%v", tag["Key"]), fmt.Sprint(tag["Value"]))
		}
	}
}

// identityPolicies are the policies of a role, a user or a group of the template. What
// cannot be known is an error, also where it may be about another one: it may deny.
func (t *templateStack) identityPolicies(r *deploy.Resource) ([]*enforce.Policy, error) {
	if unknown := r.Unknowns(); len(unknown) > 0 {
		return nil, unknown
	}
	found, err := t.inlinePolicies(r)
	if err != nil {
		return nil, err
	}
	attached, err := t.attachments(r)
	if err != nil {
		return nil, err
	}
	for _, arn := range append(listIn(r.Properties["ManagedPolicyArns"]), attached...) {
		p, err := t.managedPolicy(fmt.Sprint(arn))
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	groups, err := t.groupsOf(r)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		policies, err := t.identityPolicies(group)
		if err != nil {
			return nil, err
		}
		found = append(found, policies...)
	}
	return found, nil
}

// inlinePolicies are those in a role, user or group, and those resources that are policies
// and name it.
func (t *templateStack) inlinePolicies(r *deploy.Resource) (found []*enforce.Policy, err error) {
	add := func(properties map[string]any, kind enforce.Kind) error {
		name, _ := properties["PolicyName"].(string)
		p, err := parseIn(properties["PolicyDocument"], kind, name)
		if err == nil && p != nil {
			found = append(found, p)
		}
		return err
	}
	for _, e := range listIn(r.Properties["Policies"]) {
		inline, _ := e.(map[string]any)
		if err := add(inline, enforce.IdentityPolicy); err != nil {
			return nil, err
		}
	}
	for i := range t.Resources {
		policy := &t.Resources[i]
		switch of, err := attaches(policy, r); {
		case err != nil:
			return nil, err
		case !of:
			continue
		}
		if unknown := policy.Unknowns(); len(unknown) > 0 {
			return nil, unknown
		}
		if err := add(policy.Properties, documentKind(policy.Type, "PolicyDocument")); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// attachments are the ARNs of the managed policies that resources of Terraform attach.
func (t *templateStack) attachments(to *deploy.Resource) (arns []any, err error) {
	kind := strings.TrimPrefix(to.Type, "AWS::IAM::")
	for i := range t.Resources {
		r := &t.Resources[i]
		if !strings.HasPrefix(r.Type, "aws_iam_") || !strings.HasSuffix(r.Type, "policy_attachment") {
			continue
		}
		if err := unknownIn(r, kind+"s"); err != nil {
			return nil, err
		}
		if !names(r.Properties[kind+"s"], to.Name) {
			continue
		}
		if err := unknownIn(r, "PolicyArn"); err != nil {
			return nil, err
		}
		arns = append(arns, r.Properties["PolicyArn"])
	}
	return arns, nil
}

// unknownIn says what cannot be known in some properties of a resource.
func unknownIn(r *deploy.Resource, properties ...string) error {
	part := deploy.Resource{Address: r.Address, Properties: make(map[string]any, len(properties))}
	for _, name := range properties {
		part.Properties[name] = r.Properties[name]
	}
	if unknown := part.Unknowns(); len(unknown) > 0 {
		return unknown
	}
	return nil
}

// names says whether a list has a name, or an ARN that ends in it.
func names(list any, name string) bool {
	return slices.ContainsFunc(listIn(list), func(to any) bool {
		text := fmt.Sprint(to)
		return text[strings.LastIndexByte(text, '/')+1:] == name
	})
}

// attaches says whether a resource is a policy that is attached to a role, user or group.
func attaches(policy, to *deploy.Resource) (bool, error) {
	switch policy.Type {
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
	default:
		return false, nil
	}
	kind := strings.TrimPrefix(to.Type, "AWS::IAM::")
	if err := unknownIn(policy, kind+"s", kind+"Name"); err != nil {
		return false, err
	}
	return names(policy.Properties[kind+"s"], to.Name) || names(policy.Properties[kind+"Name"], to.Name), nil
}

// groupsOf are the groups of a user. One that the template does not have is an error: what
// it denies is not known.
func (t *templateStack) groupsOf(r *deploy.Resource) (groups []*deploy.Resource, err error) {
	if r.Type != "AWS::IAM::User" {
		return nil, nil
	}
	of := slices.Clone(listIn(r.Properties["Groups"]))
	for i := range t.Resources {
		other := &t.Resources[i]
		switch other.Type {
		case "AWS::IAM::UserToGroupAddition", "aws_iam_user_group_membership", "aws_iam_group_membership":
			if err := unknownIn(other, "Users"); err != nil {
				return nil, err
			}
			if !names(other.Properties["Users"], r.Name) {
				continue
			}
			if err := unknownIn(other, "GroupName", "Groups"); err != nil {
				return nil, err
			}
			of = append(append(of, listIn(other.Properties["GroupName"])...), listIn(other.Properties["Groups"])...)
		}
	}
	for _, name := range of {
		g := t.group(fmt.Sprint(name))
		if g == nil {
			return nil, deploy.Errors{{Position: r.Position, Address: r.Address, Text: fmt.Sprintf("the template has no group %v, whose policies are not known", name)}}
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// group finds a group of the template by its name; nil where there is none.
func (t *templateStack) group(name string) *deploy.Resource {
	i := slices.IndexFunc(t.Resources, func(r deploy.Resource) bool {
		return r.Type == "AWS::IAM::Group" && names(name, r.Name)
	})
	if i < 0 {
		return nil
	}
	return &t.Resources[i]
}

// managedPolicy is one of the template or AWS's.
func (t *templateStack) managedPolicy(arn string) (*enforce.Policy, error) {
	for i := range t.Resources {
		if r := &t.Resources[i]; r.Type == "AWS::IAM::ManagedPolicy" && r.ARN == arn {
			if unknown := r.Unknowns(); len(unknown) > 0 {
				return nil, unknown
			}
			return parseIn(r.Properties["PolicyDocument"], enforce.ManagedPolicy, "")
		}
	}
	p, ok := managed.Get(arn)
	if !ok {
		return nil, fmt.Errorf("the managed policy %s is neither in the template nor AWS's", arn)
	}
	return enforce.Parse(p.Document(), enforce.ManagedPolicy, enforce.Source{ARN: arn})
}

// parseIn parses a document of a template; nil where there is none.
func parseIn(value any, kind enforce.Kind, name string) (*enforce.Policy, error) {
	switch v := value.(type) {
	case deploy.Document:
		v.Source.Name = name
		return enforce.Parse(v.Text, kind, v.Source)
	case string:
		return enforce.Parse(v, kind, enforce.Source{Name: name})
	}
	return nil, nil //nolint:nilnil // a resource without a policy
}

func listIn(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}
