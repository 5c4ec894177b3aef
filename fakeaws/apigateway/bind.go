package apigateway

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A request is one call of the control plane.
type request struct {
	*fakeaws.Call
	*area
	fake *Fake
	api  *api // that the path names; nil where there is none
	// assumable says of the roles of the input whether API Gateway may assume them. Without the
	// lock: IAM has one of its own.
	assumable map[string]bool
}

// bind makes the row of an operation: its permission is the HTTP method on the path of the
// request, as the actions and resources of API Gateway are called in the Service Authorization
// Reference. do performs it under the lock.
func bind[I, O any](s *Fake, do func(r *request, in *I) (*O, error), more ...func(call *fakeaws.Call, in *I) []fakeaws.Need) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in *I) (*fakeaws.Plan[*O], error) {
		if err := checkOps(call.Operation+"Input", in); err != nil {
			return nil, err
		}
		at := place{call.Account, call.Region}
		s.mu.Lock()
		need, judged := s.need(call, at, in)
		s.mu.Unlock()
		needs := []fakeaws.Need{need}
		for _, add := range more {
			needs = append(needs, add(call, in)...)
		}
		passed, err := passes(call, in)
		if err != nil {
			return nil, err
		}
		needs = append(needs, passed...)
		return &fakeaws.Plan[*O]{Needs: needs, Do: func() (*O, error) {
			assumable := assumableOf(call, at, in)
			s.mu.Lock()
			defer s.mu.Unlock()
			r := &request{Call: call, area: s.area(at), fake: s, api: judged, assumable: assumable}
			if judged != nil && s.apis[judged.id] != judged {
				r.api = nil // it was deleted since
			}
			return do(r, in)
		}}, nil
	})
}

// need is the permission of a call, with the tags of what it is about. The lock is held.
func (s *Fake) need(call *fakeaws.Call, at place, in any) (fakeaws.Need, *api) {
	o := schema().Operation(call.Operation)
	path := pathOf(o.URI, in)
	need := fakeaws.Need{Action: "apigateway:" + o.Method, Resource: arnOf(at.region, path), ResourceAccount: at.account}
	found := s.guard(at, path, &need)
	setRequestKeys(&need.Context, in)
	return need, found
}

// arnOf is the ARN of a path.
func arnOf(region, path string) string { return fakeaws.ARN("apigateway", region, "", path) }

// pathOf puts the members of an input into the URI of its operation, escaped as SDKs do.
func pathOf(uri string, in any) string {
	uri, _, _ = strings.Cut(uri, "?")
	v := reflect.ValueOf(in).Elem()
	parts := strings.Split(uri, "/")
	for i, part := range parts {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "+")
		field := v.FieldByName(strings.ToUpper(name[:1]) + name[1:])
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		if field.IsValid() {
			parts[i] = httpbinding.EscapePath(field.String(), true)
		}
	}
	return strings.Join(parts, "/")
}

// guard sets what is known of the thing that a path is about: its tags, and those that it
// inherits ("API Gateway resources that can be tagged" of the developer guide). It returns the API
// of the path. The lock is held.
func (s *Fake) guard(at place, path string, need *fakeaws.Need) *api {
	need.Unknown = untold
	parts, err := partsOf(path)
	if err != nil || len(parts) < 2 {
		return nil
	}
	kind, name, rest := parts[0], parts[1], parts[2:]
	if kind == "tags" {
		parsed, err := awsarn.Parse(name)
		if err != nil || parsed.Region != at.region || parsed.Service != "apigateway" {
			return nil
		}
		if inner, err := partsOf(parsed.Resource); err != nil || inner[0] == "tags" {
			return nil
		}
		return s.guard(at, parsed.Resource, need)
	}
	a := s.places[at]
	if a == nil {
		return nil
	}
	found, tags := a.tagsAt(kind, name, rest)
	for key, value := range tags {
		need.Context.Set("aws:ResourceTag/"+key, value)
	}
	if found != nil {
		found.setKeys(&need.Context, rest)
	}
	return found
}

// partsOf are the parts of a path, without what escapes them.
func partsOf(path string) ([]string, error) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil {
			return nil, err
		}
		parts[i] = text
	}
	return parts, nil
}

// tagsAt are the tags of a thing by its kind and its name, of an API also those of what is below.
func (a *area) tagsAt(kind, name string, rest []string) (*api, map[string]string) {
	switch kind {
	case "restapis":
		found := a.apis.get(name)
		if found == nil {
			return nil, nil
		}
		tags := found.info.Tags
		if len(rest) > 1 && rest[0] == "stages" {
			if x := found.stages.get(rest[1]); x != nil {
				tags = fakeaws.WithTags(tags, x.info.Tags)
			}
		}
		return found, tags
	case "apikeys":
		if x := a.keys.get(name); x != nil {
			return nil, x.info.Tags
		}
	case "usageplans":
		if x := a.plans.get(name); x != nil {
			return nil, x.info.Tags
		}
	case "domainnames":
		if x := a.domains.get(name); x != nil {
			return nil, x.info.Tags
		}
	case "vpclinks":
		if x := a.links.get(name); x != nil {
			return nil, x.info.Tags
		}
	case "clientcertificates":
		if x := a.certificates.get(name); x != nil {
			return nil, x.info.Tags
		}
	}
	return nil, nil
}

// passes are the permissions to pass the roles that an input carries. A role is used with the
// resource that is changed; the ARN that stands for the caller's own credentials is none.
func passes(call *fakeaws.Call, in any) ([]fakeaws.Need, error) {
	var needs []fakeaws.Need
	for _, arn := range rolesOf(in) {
		parsed, err := awsarn.Parse(arn)
		if err != nil || !strings.HasPrefix(parsed.Resource, "role/") {
			continue
		}
		if parsed.AccountID != call.Account {
			return nil, accessDenied(textRolePass)
		}
		needs = append(needs, role.Pass(call, arn, serviceName, ""))
	}
	return needs, nil
}

// assumableOf says of the roles of an input whether API Gateway may assume them.
func assumableOf(call *fakeaws.Call, at place, in any) map[string]bool {
	all := make(map[string]bool)
	for _, arn := range rolesOf(in) {
		all[arn] = role.Assumable(call, arn, fakeaws.ServiceCall{Principal: serviceName, SourceAccount: at.account, Region: at.region})
	}
	return all
}

// roleMembers are the members that have the ARN of a role, and rolePaths the paths of patch
// operations that set one.
var (
	roleMembers = []string{"Credentials", "AuthorizerCredentials"}
	rolePaths   = []string{"/credentials", "/authorizerCredentials", "/cloudwatchRoleArn"}
)

func rolesOf(in any) []string {
	var roles []string
	v := reflect.ValueOf(in).Elem()
	for _, name := range roleMembers {
		if field := v.FieldByName(name); field.IsValid() {
			if arn, ok := field.Interface().(*string); ok && aws.ToString(arn) != "" {
				roles = append(roles, *arn)
			}
		}
	}
	for _, op := range patches(in) {
		if slices.Contains(rolePaths, aws.ToString(op.Path)) && aws.ToString(op.Value) != "" {
			roles = append(roles, *op.Value)
		}
	}
	return roles
}

func patches(in any) []types.PatchOperation {
	field := reflect.ValueOf(in).Elem().FieldByName("PatchOperations")
	if !field.IsValid() {
		return nil
	}
	ops, _ := field.Interface().([]types.PatchOperation)
	return ops
}

// show makes the output of an operation, or another type of the SDK, of what is stored: the
// members of the same names and types.
func show[O any](from any) *O {
	out := new(O)
	fill(out, from)
	return out
}

// fill copies the members that two structs have in common, by name and type.
func fill(to, from any) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from)
	if f.Kind() == reflect.Pointer {
		f = f.Elem()
	}
	for i := range t.NumField() {
		name := t.Type().Field(i)
		if !name.IsExported() || name.Name == "ResultMetadata" {
			continue
		}
		source := f.FieldByName(name.Name)
		target := t.Field(i)
		switch {
		case !source.IsValid():
		case source.Type() == target.Type():
			target.Set(source)
		case source.Kind() == reflect.Pointer && source.Type().Elem() == target.Type() && !source.IsNil():
			target.Set(source.Elem())
		case target.Kind() == reflect.Pointer && target.Type().Elem() == source.Type():
			value := reflect.New(source.Type())
			value.Elem().Set(source)
			target.Set(value)
		}
	}
}

// Pages of lists: 25 things unless the call asks for another number, 500 at most.
const (
	pageSize    = 25
	maxPageSize = 500
)

// paged is a page of a list in its own order.
func paged[V, T any](all []V, position *string, limit *int32, shown func(V) T) (items []T, next *string, err error) {
	after, ok := page.After(position)
	if !ok {
		return nil, nil, invalid(textPosition)
	}
	size := page.Size(limit, pageSize)
	if size < 1 || size > maxPageSize {
		size = maxPageSize
	}
	p := page.Of(page.Numbered(all), after, size, page.Every(shown))
	return p.Items, p.Next, nil
}

// The limits of tags ("Tag restrictions and usage conventions" of the developer guide).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(tags map[string]string) error {
	for key, value := range tags {
		if key == "" || utf8.RuneCountInString(key) > maxTagKey || utf8.RuneCountInString(value) > maxTagValue || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid(textTags)
		}
	}
	if len(tags) > maxTags {
		return invalid(textTags)
	}
	return nil
}

// setTags sets the keys of the tags that a request gives or removes.
func setTags(c *enforce.Context, in any) {
	v := reflect.ValueOf(in).Elem()
	if field := v.FieldByName("Tags"); field.IsValid() {
		if tags, ok := field.Interface().(map[string]string); ok {
			fakeaws.SetRequestTags(c, slices.Sorted(maps.Keys(tags)), func(key string) (string, string) { return key, tags[key] })
		}
	}
	if field := v.FieldByName("TagKeys"); field.IsValid() {
		if keys, ok := field.Interface().([]string); ok {
			fakeaws.SetTagKeys(c, keys)
		}
	}
}
