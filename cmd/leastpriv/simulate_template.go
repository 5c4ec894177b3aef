package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// A templateSimulation takes principals, resources and their policies from a template.
type templateSimulation struct {
	templateFlags
	file, as  string
	stack     *deploy.Stack
	byAddress map[string]*deploy.Resource
}

// read reads the template and the policies of the principal.
func (t *templateSimulation) readInto(s *simulation) (err error) {
	if t.file == "" {
		if t.as != "" {
			return errors.New("-as names a principal of a -template")
		}
		return nil
	}
	if t.stack, err = t.templateFlags.read(t.file); err != nil {
		return err
	}
	t.byAddress = map[string]*deploy.Resource{}
	for i := range t.stack.Resources {
		t.byAddress[t.stack.Resources[i].Address] = &t.stack.Resources[i]
	}
	for i, resource := range s.Resources {
		s.Resources[i] = t.arn(resource)
	}
	if t.as == "" {
		return nil
	}
	r := t.byAddress[t.as]
	if r == nil || r.Type != "AWS::IAM::Role" && r.Type != "AWS::IAM::User" {
		return fmt.Errorf("-as: the template has no role or user %s; it has: %s", t.as, strings.Join(t.principals(), ", "))
	}
	s.principal = r.ARN
	for _, e := range listIn(r.Properties["Tags"]) {
		if tag, ok := e.(map[string]any); ok {
			s.Context.Set(fmt.Sprintf("aws:PrincipalTag/%v", tag["Key"]), fmt.Sprint(tag["Value"]))
		}
	}
	if s.Policies.Identity, err = t.identityPolicies(r); err != nil {
		return err
	}
	if boundary, ok := r.Properties["PermissionsBoundary"].(string); ok {
		s.Policies.Boundary, err = t.managedPolicy(boundary)
	}
	return err
}

// principals are the addresses of roles and users.
func (t *templateSimulation) principals() (names []string) {
	for _, r := range t.stack.Resources {
		if r.Type == "AWS::IAM::Role" || r.Type == "AWS::IAM::User" {
			names = append(names, r.Address)
		}
	}
	return names
}

// arn is the ARN of a resource of the template, or of what is in it: "Uploads/incoming/a".
func (t *templateSimulation) arn(resource string) string {
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

// identityPolicies are the policies of a role, a user or a group of the template.
func (t *templateSimulation) identityPolicies(r *deploy.Resource) ([]*enforce.Policy, error) {
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
	for _, arn := range listIn(r.Properties["ManagedPolicyArns"]) {
		if err := add(t.managedPolicy(fmt.Sprint(arn))); err != nil {
			return nil, err
		}
	}
	kind := strings.TrimPrefix(r.Type, "AWS::IAM::")
	for i := range t.stack.Resources {
		policy := &t.stack.Resources[i]
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

// attaches says whether a policy is attached to the role, user or group of that name.
func attaches(policy *deploy.Resource, kind, name string) bool {
	switch policy.Type {
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
	default:
		return false
	}
	return slices.ContainsFunc(slices.Concat(listIn(policy.Properties[kind+"s"]), listIn(policy.Properties[kind+"Name"])), func(to any) bool {
		text := fmt.Sprint(to)
		return text[strings.LastIndexByte(text, '/')+1:] == name
	})
}

// groupsOf are the groups of a user.
func (t *templateSimulation) groupsOf(r *deploy.Resource) (groups []*deploy.Resource) {
	if r.Type != "AWS::IAM::User" {
		return nil
	}
	names := listIn(r.Properties["Groups"])
	for _, other := range t.stack.Resources {
		if other.Type == "AWS::IAM::UserToGroupAddition" && slices.Contains(listIn(other.Properties["Users"]), any(r.Name)) {
			names = append(names, other.Properties["GroupName"])
		}
	}
	for i := range t.stack.Resources {
		if g := &t.stack.Resources[i]; g.Type == "AWS::IAM::Group" && slices.Contains(names, any(g.Name)) {
			groups = append(groups, g)
		}
	}
	return groups
}

// managedPolicy is one of the template or AWS's.
func (t *templateSimulation) managedPolicy(arn string) (*enforce.Policy, error) {
	for i := range t.stack.Resources {
		if r := &t.stack.Resources[i]; r.Type == "AWS::IAM::ManagedPolicy" && r.ARN == arn {
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
func (t *templateSimulation) resourcePolicy(arn string) (*enforce.Policy, error) {
	for i := range t.stack.Resources {
		r := &t.stack.Resources[i]
		property := "PolicyDocument"
		switch r.Type {
		case "AWS::S3::BucketPolicy":
			bucket, _, _ := strings.Cut(strings.TrimPrefix(arn, "arn:aws:s3:::"), "/")
			if r.Properties["Bucket"] != any(bucket) {
				continue
			}
		case "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy":
			if !slices.ContainsFunc(slices.Concat(listIn(r.Properties["Queues"]), listIn(r.Properties["Queue"])), func(url any) bool { return queueARN(t.region, fmt.Sprint(url)) == arn }) {
				continue
			}
		case "AWS::KMS::Key":
			property = "KeyPolicy"
			if r.ARN != arn {
				continue
			}
		case "AWS::IAM::Role":
			property = "AssumeRolePolicyDocument"
			if r.ARN != arn {
				continue
			}
		default:
			continue
		}
		if unknown := r.Unknowns(); len(unknown) > 0 {
			return nil, unknown
		}
		return parseIn(r.Properties[property], documentKind(r.Type, property), "")
	}
	return nil, nil //nolint:nilnil // a resource without a policy
}

// queueARN is the ARN of a queue by its URL.
func queueARN(region, url string) string {
	parts := strings.Split(url, "/")
	if len(parts) < 5 {
		return ""
	}
	return "arn:aws:sqs:" + region + ":" + parts[3] + ":" + parts[4]
}

// simulate decides for each resource with the policy that the template gives to it.
func (t *templateSimulation) simulate(s *simulation) ([]enforce.Decision, error) {
	if t.stack == nil || s.resourcePolicy != "" || len(s.Resources) == 0 {
		return enforce.Simulate(&s.Simulation)
	}
	var decisions []enforce.Decision
	for _, action := range s.Actions {
		for _, resource := range s.Resources {
			one := s.Simulation
			one.Actions, one.Resources = []string{action}, []string{resource}
			policy, err := t.resourcePolicy(resource)
			if err != nil {
				return nil, err
			}
			one.Policies.Resource = policy
			of, err := enforce.Simulate(&one)
			if err != nil {
				return nil, err
			}
			decisions = append(decisions, of...)
		}
	}
	return decisions, nil
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

// warn says what of a template is not looked at.
func (t *templateSimulation) warn(stderr io.Writer, s *simulation) {
	if t.stack != nil && t.as == "" && s.principal == defaultPrincipal {
		fmt.Fprintf(stderr, "leastpriv simulate: -as says who of the template asks; it has: %s\n", strings.Join(t.principals(), ", "))
	}
}
