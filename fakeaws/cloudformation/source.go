package cloudformation

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/sdkjson"
	"github.com/leastpriv/leastpriv/internal/template"
)

// Quotas of CloudFormation ("Understand CloudFormation quotas").
const (
	maxBodyText = 51_200  // bytes of TemplateBody
	maxTemplate = 1 << 20 // bytes of a template in S3
	maxStacks   = 2000
	maxPolicy   = 16_384 // bytes of a stack policy
)

// A request is what the operations that deploy have in common.
type request struct {
	body, url     *string
	previous      bool // UsePreviousTemplate
	parameters    []types.Parameter
	capabilities  []types.Capability
	tags          []types.Tag
	notifications []string
	types         []string
	rollback      *types.RollbackConfiguration
	before        *config // of the stack that is updated
}

// configOf makes what a stack is made of. No lock is held, because the template may be in S3.
func (s *Fake) configOf(call *fakeaws.Call, r *request) (*config, error) {
	switch {
	case r.rollback != nil && (len(r.rollback.RollbackTriggers) > 0 || aws.ToInt32(r.rollback.MonitoringTimeInMinutes) > 0):
		return nil, notImplemented("the monitoring of RollbackConfiguration")
	case len(r.notifications) > 0:
		return nil, notImplemented("the publishing of events to NotificationARNs")
	}
	text, err := s.templateOf(call, r)
	if err != nil {
		return nil, err
	}
	outline, err := template.Inspect([]byte(text))
	if err != nil {
		return nil, ofTemplate(err)
	}
	c := &config{text: text, description: outline.Description, capabilities: slices.Clone(r.capabilities), notifications: slices.Clone(r.notifications), transforms: outline.Transforms}
	if c.tags, err = tagsOf(r.tags); err != nil {
		return nil, err
	}
	if r.before != nil {
		if r.tags == nil {
			c.tags = r.before.tags
		}
		if r.notifications == nil {
			c.notifications = r.before.notifications
		}
	}
	if c.parameters, err = given(outline, r); err != nil {
		return nil, err
	}
	for _, p := range outline.Parameters {
		if strings.HasPrefix(p.Type, "AWS::SSM::") {
			return nil, notImplemented("the type " + p.Type + " of the parameter " + p.Name)
		}
		value, ok := c.parameters[p.Name]
		if !ok {
			value = aws.ToString(p.Default)
		}
		if p.NoEcho {
			if value != "" {
				c.secrets = append(c.secrets, value)
			}
			value = hidden
		}
		c.shown = append(c.shown, types.Parameter{ParameterKey: aws.String(p.Name), ParameterValue: &value})
	}
	return c, nil
}

// hidden stands for the value of a parameter with NoEcho.
const hidden = "****"

// mask hides the values of parameters with NoEcho in the properties of a resource.
func (c *config) mask(v any) any {
	switch v := v.(type) {
	case string:
		for _, secret := range c.secrets {
			v = strings.ReplaceAll(v, secret, hidden)
		}
		return v
	case []any:
		all := make([]any, len(v))
		for i, e := range v {
			all[i] = c.mask(e)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for k, e := range v {
			all[k] = c.mask(e)
		}
		return all
	}
	return v
}

// given are the values of the parameters of a request.
func given(outline *template.Outline, r *request) (map[string]string, error) {
	values := map[string]string{}
	var missing []string
	for _, p := range r.parameters {
		name := aws.ToString(p.ParameterKey)
		if !aws.ToBool(p.UsePreviousValue) {
			values[name] = aws.ToString(p.ParameterValue)
			continue
		}
		if p.ParameterValue != nil {
			return nil, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true and non empty value for a parameter", name)
		}
		if r.before == nil {
			return nil, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a parameter key not in the previous template", name)
		}
		value, ok := r.before.parameters[name]
		switch {
		case ok:
			values[name] = value
		case !slices.ContainsFunc(outline.Parameters, func(p template.Parameter) bool { return p.Name == name && p.Default != nil }):
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return nil, invalid(textNoPrevious, strings.Join(missing, ", "))
	}
	return values, nil
}

// templateOf is the template of a request.
func (s *Fake) templateOf(call *fakeaws.Call, r *request) (string, error) {
	switch {
	case r.previous && (r.body != nil || r.url != nil):
		return "", invalid("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
	case r.previous && r.before == nil:
		return "", invalid("Template URL or Template Body must be specified.")
	case r.previous:
		return r.before.text, nil
	case r.body != nil && r.url != nil:
		return "", invalid(textBothBodies)
	case r.body != nil:
		if len(*r.body) > maxBodyText {
			return "", invalid("1 validation error detected: Value '%s' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200", *r.body)
		}
		return *r.body, nil
	case r.url != nil:
		return s.fetch(call, call.Forward(serviceName).Actor(), *r.url)
	}
	return "", invalid(textNeitherBody)
}

// fetch reads an object of S3 by its URL, as whoever needs it.
func (s *Fake) fetch(ctx context.Context, as fakeaws.Actor, at string) (string, error) {
	bucket, name, version, ok := object(at)
	if !ok {
		return "", invalid("TemplateURL must be a supported URL.")
	}
	in, ok := s.world.InputOf("s3", "GetObject")
	if !ok {
		return "", notImplemented("a template in S3, of which this World has no fake,")
	}
	params := map[string]any{"Bucket": bucket, "Key": name}
	if version != "" {
		params["VersionId"] = version
	}
	if err := sdkjson.Fill(in, params); err != nil {
		return "", err
	}
	out, err := s.world.Do(ctx, as, in)
	if err != nil {
		var api smithy.APIError
		if !errors.As(err, &api) {
			return "", err
		}
		return "", invalid("S3 error: %s\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", cmp.Or(api.ErrorMessage(), api.ErrorCode()))
	}
	got, _ := sdkjson.Value(out).(map[string]any)
	text, _ := got["Body"].(string)
	if len(text) >= maxTemplate {
		return "", invalid("Template may not exceed 1000000 bytes in size.")
	}
	return text, nil
}

// object reads the URL of an object: with the bucket in the path or in the host.
func object(at string) (bucket, name, version string, ok bool) {
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", "", false
	}
	version = u.Query().Get("versionId")
	path := strings.TrimPrefix(u.Path, "/")
	host := u.Hostname()
	if first, rest, dotted := strings.Cut(host, ".s3"); dotted && first != "" && strings.HasSuffix(rest, ".amazonaws.com") {
		return first, path, version, path != ""
	}
	if !strings.HasPrefix(host, "s3") || !strings.HasSuffix(host, ".amazonaws.com") {
		return "", "", "", false
	}
	bucket, name, ok = strings.Cut(path, "/")
	return bucket, name, version, ok && bucket != "" && name != ""
}

// tagsOf are the tags of a request.
func tagsOf(list []types.Tag) (map[string]string, error) {
	if len(list) > 50 {
		return nil, invalid("Number of tags exceeds the limit of 50") // unverified
	}
	tags := map[string]string{}
	for _, t := range list {
		k := aws.ToString(t.Key)
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid("aws: prefixed tag key names are not allowed for external use.")
		}
		if _, twice := tags[k]; twice {
			return nil, invalid("Duplicate tag keys found: %s", k) // unverified
		}
		tags[k] = aws.ToString(t.Value)
	}
	return tags, nil
}

// named are the types whose resources a template may name: then it needs CAPABILITY_NAMED_IAM.
var named = map[string]string{
	"AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName",
}

// acknowledged are the types that need CAPABILITY_IAM ("Acknowledging IAM resources in
// CloudFormation templates").
var acknowledged = []string{
	"AWS::IAM::AccessKey", "AWS::IAM::Group", "AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User",
	"AWS::IAM::UserToGroupAddition", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::IAM::ServiceLinkedRole",
}

// required says which capabilities a template needs, and the resources that do.
func required(live *template.Live) (all []types.Capability, resources []string) {
	iam, custom := false, false
	for _, r := range live.Resources() {
		if !slices.Contains(acknowledged, r.Type) {
			continue
		}
		iam = true
		resources = append(resources, r.Type)
		if property := named[r.Type]; property != "" {
			if properties, err := live.Properties(r.Logical); err == nil && properties[property] != nil {
				custom = true
			}
		}
	}
	switch {
	case custom:
		all = append(all, types.CapabilityCapabilityNamedIam)
	case iam:
		all = append(all, types.CapabilityCapabilityIam)
	}
	slices.Sort(resources)
	return all, slices.Compact(resources)
}

// checkCapabilities refuses a template whose capabilities are not acknowledged.
func checkCapabilities(c *config, live *template.Live, changeSet bool) error {
	has := func(want types.Capability) bool { return slices.Contains(c.capabilities, want) }
	macros := slices.ContainsFunc(c.transforms, func(name string) bool { return name != "AWS::Include" && name != "AWS::LanguageExtensions" })
	if macros && !changeSet && !has(types.CapabilityCapabilityAutoExpand) {
		return insufficientCapabilities(string(types.CapabilityCapabilityAutoExpand))
	}
	needs, _ := required(live)
	for _, want := range needs {
		if !has(want) && !(want == types.CapabilityCapabilityIam && has(types.CapabilityCapabilityNamedIam)) {
			return insufficientCapabilities(string(want))
		}
	}
	return nil
}

// open evaluates a config for a stack, and refuses what CloudFormation does not take.
func (s *Fake) open(st *stack, c *config, allowed []string, changeSet bool) (*template.Live, error) {
	s.mu.Lock()
	environment := s.environment(st, c)
	s.mu.Unlock()
	live, err := template.Open([]byte(c.text), environment)
	if err != nil {
		return nil, ofTemplate(err)
	}
	var unknown []string
	for _, r := range live.Resources() {
		switch {
		case !strings.HasPrefix(r.Type, "AWS::") && !strings.HasPrefix(r.Type, "Custom::"):
			unknown = append(unknown, r.Type)
		case len(allowed) > 0 && !allows(allowed, r.Type):
			return nil, invalid("Resource type %s is not allowed by parameter ResourceTypes %s", r.Type, "["+strings.Join(allowed, ", ")+"]")
		}
	}
	if unknown != nil {
		slices.Sort(unknown)
		return nil, invalid("Template format error: Unrecognized resource types: [%s]", strings.Join(slices.Compact(unknown), ", "))
	}
	if err := checkCapabilities(c, live, changeSet); err != nil {
		return nil, err
	}
	c.processed = live.Processed()
	return live, nil
}

// allows reports whether ResourceTypes allows a type: "AWS::*", "AWS::EC2::*", "Custom::*",
// and types themselves.
func allows(allowed []string, kind string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		prefix, wild := strings.CutSuffix(a, "*")
		return a == kind || wild && strings.HasPrefix(kind, prefix)
	})
}
