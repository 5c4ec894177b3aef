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

// ownerOf is the account of a resource of the template, or of what is in it; "" of another
// one. The ARNs of buckets do not say it.
func (t *templateStack) ownerOf(arn string) string {
	for i := range t.Resources {
		if own := t.Resources[i].ARN; own != "" && (arn == own || strings.HasPrefix(arn, own+"/")) {
			return defaultAccount
		}
	}
	return ""
}

// identityPolicies are the policies of a role, a user or a group of the template.
func (t *templateStack) identityPolicies(r *deploy.Resource) ([]*enforce.Policy, error) {
	var found []*enforce.Policy
	add := func(p *enforce.Policy, err error) error {
		if err == nil && p != nil {
			found = append(found, p)
		}
		return err
	}
	if unknown := r.Unknowns(); len(unknown) > 0 {
		return nil, unknown
	}
	for _, e := range listIn(r.Properties["Policies"]) {
		inline, _ := e.(map[string]any)
		name, _ := inline["PolicyName"].(string)
		if err := add(parseIn(inline["PolicyDocument"], enforce.IdentityPolicy, name)); err != nil {
			return nil, err
		}
	}
	for _, arn := range append(listIn(r.Properties["ManagedPolicyArns"]), t.attachments(r)...) {
		if err := add(t.managedPolicy(fmt.Sprint(arn))); err != nil {
			return nil, err
		}
	}
	kind := strings.TrimPrefix(r.Type, "AWS::IAM::")
	for i := range t.Resources {
		policy := &t.Resources[i]
		if !attaches(policy, kind, r.Name) {
			continue
		}
		if unknown := policy.Unknowns(); len(unknown) > 0 {
			return nil, unknown
		}
		name, _ := policy.Properties["PolicyName"].(string)
		if err := add(parseIn(policy.Properties["PolicyDocument"], documentKind(policy.Type, "PolicyDocument"), name)); err != nil {
			return nil, err
		}
	}
	for _, group := range t.groupsOf(r) {
		policies, err := t.identityPolicies(group)
		if err != nil {
			return nil, err
		}
		found = append(found, policies...)
	}
	return found, nil
}

// attachments are the ARNs of the managed policies that resources of Terraform attach.
func (t *templateStack) attachments(to *deploy.Resource) (arns []any) {
	kind := strings.TrimPrefix(to.Type, "AWS::IAM::")
	for _, r := range t.Resources {
		if strings.HasPrefix(r.Type, "aws_iam_") && strings.HasSuffix(r.Type, "policy_attachment") && names(r.Properties[kind+"s"], to.Name) {
			arns = append(arns, r.Properties["PolicyArn"])
		}
	}
	return arns
}

// names says whether a list has a name, or an ARN that ends in it.
func names(list any, name string) bool {
	return slices.ContainsFunc(listIn(list), func(to any) bool {
		text := fmt.Sprint(to)
		return text[strings.LastIndexByte(text, '/')+1:] == name
	})
}

// attaches says whether a policy is attached to the role, user or group of that name.
func attaches(policy *deploy.Resource, kind, name string) bool {
	switch policy.Type {
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
	default:
		return false
	}
	return names(policy.Properties[kind+"s"], name) || names(policy.Properties[kind+"Name"], name)
}

// groupsOf are the groups of a user.
func (t *templateStack) groupsOf(r *deploy.Resource) (groups []*deploy.Resource) {
	if r.Type != "AWS::IAM::User" {
		return nil
	}
	of := slices.Clone(listIn(r.Properties["Groups"]))
	for _, other := range t.Resources {
		switch other.Type {
		case "AWS::IAM::UserToGroupAddition", "aws_iam_user_group_membership", "aws_iam_group_membership":
			if names(other.Properties["Users"], r.Name) {
				of = append(append(of, listIn(other.Properties["GroupName"])...), listIn(other.Properties["Groups"])...)
			}
		}
	}
	for i := range t.Resources {
		if g := &t.Resources[i]; g.Type == "AWS::IAM::Group" && names(of, g.Name) {
			groups = append(groups, g)
		}
	}
	return groups
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

// resourcePolicy is the policy that the template gives to a resource, nil where it gives
// none.
func (t *templateStack) resourcePolicy(arn string) (*enforce.Policy, error) {
	for i := range t.Resources {
		r := &t.Resources[i]
		property := t.guards(r, arn)
		if property == "" {
			continue
		}
		if unknown := r.Unknowns(); len(unknown) > 0 {
			return nil, unknown
		}
		return parseIn(r.Properties[property], documentKind(r.Type, property), "")
	}
	return nil, nil //nolint:nilnil // a resource without a policy
}

// guards returns the property in which a resource of the template has the policy of what an
// ARN names; "" where it has none.
func (t *templateStack) guards(r *deploy.Resource, arn string) string {
	has := func(property string, id func(string) string) bool {
		return slices.ContainsFunc(listIn(r.Properties[property]), func(v any) bool { return id(fmt.Sprint(v)) == arn })
	}
	same := func(id string) string { return id }
	property, guarded := "PolicyDocument", false
	switch r.Type {
	case "AWS::S3::BucketPolicy":
		bucket, _, _ := strings.Cut(strings.TrimPrefix(arn, "arn:aws:s3:::"), "/")
		guarded = r.Properties["Bucket"] == any(bucket)
	case "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy":
		url := func(id string) string { return queueARN(t.region, id) }
		guarded = has("Queues", url) || has("Queue", url)
	case "AWS::SNS::TopicPolicy":
		guarded = has("Topics", same)
	case "AWS::SecretsManager::ResourcePolicy":
		if guarded = has("SecretId", same); r.Properties["ResourcePolicy"] != nil {
			property = "ResourcePolicy"
		}
	case "AWS::KMS::Key":
		property, guarded = "KeyPolicy", r.ARN == arn && r.Properties["KeyPolicy"] != nil
	case "aws_kms_key_policy":
		id := func(id string) string {
			return arn[:strings.LastIndexByte(arn, '/')+1] + id[strings.LastIndexByte(id, '/')+1:]
		}
		property, guarded = "KeyPolicy", has("KeyId", id)
	case "AWS::IAM::Role":
		property, guarded = "AssumeRolePolicyDocument", r.ARN == arn
	}
	if !guarded {
		return ""
	}
	return property
}

// queueARN is the ARN of a queue by its URL.
func queueARN(region, url string) string {
	parts := strings.Split(url, "/")
	if len(parts) < 5 {
		return ""
	}
	return "arn:aws:sqs:" + region + ":" + parts[3] + ":" + parts[4]
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
