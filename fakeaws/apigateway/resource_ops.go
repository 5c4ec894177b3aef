package apigateway

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) resourceOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createResource),
		bind(s, getResource),
		bind(s, getResources),
		bind(s, updateResource),
		bind(s, deleteResource),
	}
}

// maxResources is how many resources an API has ("Quotas for creating, deploying and managing an
// API").
const maxResources = 300

func noResource() error { return notFound("Invalid Resource identifier specified") }

// resource finds a resource of the API of the path. Of an API that there is not, API Gateway says
// that there is no such resource.
func (r *request) resource(id *string) (*api, *resource, error) {
	if r.api != nil {
		if x := r.api.resources.get(aws.ToString(id)); x != nil {
			return r.api, x, nil
		}
	}
	return nil, nil, noResource()
}

// show is a resource as API Gateway answers it, with its methods whole if they are asked for.
func (x *resource) show(embed []string) types.Resource {
	shown := types.Resource{Id: &x.id, Path: &x.path}
	if x.parent != "" {
		shown.ParentId, shown.PathPart = &x.parent, &x.part
	}
	if len(x.methods) > 0 {
		whole := slices.Contains(embed, "methods")
		shown.ResourceMethods = make(map[string]types.Method, len(x.methods))
		for name, m := range x.methods {
			if !whole {
				m = types.Method{}
			}
			shown.ResourceMethods[name] = m
		}
	}
	return shown
}

var pathPart = regexp.MustCompile(`^([a-zA-Z0-9._\-:]+|\{[a-zA-Z0-9._\-:]+\+?\})$`)

// checkSibling refuses the name of a resource that another below the same parent has.
func (a *api) checkSibling(parent, part, self string) error {
	for _, other := range a.resources.all() {
		if other.parent != parent || other.id == self {
			continue
		}
		if other.part == part {
			return conflict("Another resource with the same parent already has this name: %s", part)
		}
		if isVariable(other.part) && isVariable(part) && isGreedy(other.part) == isGreedy(part) {
			return invalid(textSibling, strings.Trim(other.part, "{}"))
		}
	}
	return nil
}

func isVariable(part string) bool { return strings.HasPrefix(part, "{") }
func isGreedy(part string) bool   { return strings.HasSuffix(part, "+}") }

func createResource(r *request, in *awsapigateway.CreateResourceInput) (*awsapigateway.CreateResourceOutput, error) {
	a, parent, err := r.resource(in.ParentId)
	if err != nil {
		return nil, err
	}
	part := aws.ToString(in.PathPart)
	switch {
	case !pathPart.MatchString(part):
		return nil, invalid(textPathPart)
	case isGreedy(parent.part):
		return nil, invalid(textGreedy)
	case a.resources.len() >= maxResources:
		return nil, tooMany("resources")
	}
	if err := a.checkSibling(parent.id, part, ""); err != nil {
		return nil, err
	}
	x := a.addResource(r.fake, parent, part)
	return show[awsapigateway.CreateResourceOutput](x.show(nil)), nil
}

func (a *api) addResource(s *Fake, parent *resource, part string) *resource {
	x := &resource{id: s.newID(otherIDLength, func(id string) bool { return a.resources.get(id) != nil }), parent: parent.id, part: part, path: below(parent.path, part)}
	a.resources.set(x.id, x)
	return x
}

func below(path, part string) string { return strings.TrimSuffix(path, "/") + "/" + part }

func getResource(r *request, in *awsapigateway.GetResourceInput) (*awsapigateway.GetResourceOutput, error) {
	_, x, err := r.resource(in.ResourceId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetResourceOutput](x.show(in.Embed)), nil
}

func getResources(r *request, in *awsapigateway.GetResourcesInput) (*awsapigateway.GetResourcesOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(a.resources.all(), in.Position, in.Limit, func(x *resource) types.Resource { return x.show(in.Embed) })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetResourcesOutput{Items: items, Position: next}, nil
}

func updateResource(r *request, in *awsapigateway.UpdateResourceInput) (*awsapigateway.UpdateResourceOutput, error) {
	a, x, err := r.resource(in.ResourceId)
	if err != nil {
		return nil, err
	}
	changed := *x
	err = apply(in.PatchOperations, []patch{
		{"/parentId", replaces, func(_ types.Op, _, value string) error {
			parent := a.resources.get(value)
			switch {
			case x.parent == "":
				return invalid("Root resource cannot update its parentId.")
			case parent == nil:
				return noResource()
			case a.within(parent, x):
				return invalid("Resources cannot be cyclical.")
			}
			changed.parent = value
			return nil
		}},
		{"/pathPart", replaces, func(_ types.Op, _, value string) error {
			switch {
			case x.parent == "":
				return invalid("Root resource cannot update its pathPart.")
			case !pathPart.MatchString(value):
				return invalid(textPathPart)
			}
			changed.part = value
			return nil
		}},
	})
	if err != nil {
		return nil, err
	}
	if err := a.checkSibling(changed.parent, changed.part, x.id); err != nil {
		return nil, err
	}
	a.resources.set(x.id, &changed)
	a.repath()
	return show[awsapigateway.UpdateResourceOutput](a.resources.get(x.id).show(nil)), nil
}

// within reports whether a resource is another or below it.
func (a *api) within(x, other *resource) bool {
	for x != nil {
		if x.id == other.id {
			return true
		}
		x = a.resources.get(x.parent)
	}
	return false
}

// repath makes the paths of all resources anew.
func (a *api) repath() {
	for _, x := range a.resources.all() {
		var parts []string
		for at := x; at != nil && at.parent != ""; at = a.resources.get(at.parent) {
			parts = append(parts, at.part)
		}
		slices.Reverse(parts)
		changed := *x
		changed.path = "/" + strings.Join(parts, "/")
		a.resources.set(x.id, &changed)
	}
}

// deleteResource deletes a resource with those below it.
func deleteResource(r *request, in *awsapigateway.DeleteResourceInput) (*awsapigateway.DeleteResourceOutput, error) {
	a, x, err := r.resource(in.ResourceId)
	if err != nil {
		return nil, err
	}
	if x.parent == "" {
		return nil, invalid(textDeleteRoot)
	}
	var gone []string
	for _, other := range a.resources.all() {
		if a.within(other, x) {
			gone = append(gone, other.id)
		}
	}
	for _, id := range gone {
		a.resources.delete(id)
	}
	return &awsapigateway.DeleteResourceOutput{}, nil
}

// textDeleteRoot is unverified.
const textDeleteRoot = "Root resource cannot be deleted."
