package apigateway

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) documentationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createDocumentationPart),
		bind(s, getDocumentationPart),
		bind(s, getDocumentationParts),
		bind(s, updateDocumentationPart),
		bind(s, deleteDocumentationPart),
		bind(s, createDocumentationVersion),
		bind(s, getDocumentationVersion),
		bind(s, getDocumentationVersions),
		bind(s, updateDocumentationVersion),
		bind(s, deleteDocumentationVersion),
	}
}

func noPart() error { return notFound("Invalid Documentation part identifier specified") }

// part finds a documentation part.
func (r *request) part(id *string) (*types.DocumentationPart, error) {
	if r.api == nil {
		return nil, noPart()
	}
	p := r.api.parts.get(aws.ToString(id))
	if p == nil {
		return nil, noPart()
	}
	return p, nil
}

func createDocumentationPart(r *request, in *awsapigateway.CreateDocumentationPartInput) (*awsapigateway.CreateDocumentationPartOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	if !json.Valid([]byte(aws.ToString(in.Properties))) {
		return nil, invalid("Documentation part properties must be a valid JSON")
	}
	if in.Location == nil || !slices.Contains(in.Location.Type.Values(), in.Location.Type) {
		return nil, invalid("Invalid documentation part location type specified")
	}
	p := show[types.DocumentationPart](in)
	p.Id = aws.String(r.World.IDs().Lower(otherIDLength))
	a.parts.set(*p.Id, p)
	return show[awsapigateway.CreateDocumentationPartOutput](p), nil
}

func getDocumentationPart(r *request, in *awsapigateway.GetDocumentationPartInput) (*awsapigateway.GetDocumentationPartOutput, error) {
	p, err := r.part(in.DocumentationPartId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetDocumentationPartOutput](p), nil
}

func getDocumentationParts(r *request, in *awsapigateway.GetDocumentationPartsInput) (*awsapigateway.GetDocumentationPartsOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(a.parts.all(), func(p *types.DocumentationPart) bool {
		return in.Type != "" && p.Location.Type != in.Type || in.Path != nil && aws.ToString(p.Location.Path) != *in.Path || in.NameQuery != nil && aws.ToString(p.Location.Name) != *in.NameQuery
	})
	items, next, err := paged(all, in.Position, in.Limit, func(p *types.DocumentationPart) types.DocumentationPart { return *p })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetDocumentationPartsOutput{Items: items, Position: next}, nil
}

func updateDocumentationPart(r *request, in *awsapigateway.UpdateDocumentationPartInput) (*awsapigateway.UpdateDocumentationPartOutput, error) {
	p, err := r.part(in.DocumentationPartId)
	if err != nil {
		return nil, err
	}
	changed := *p
	if err := apply(in.PatchOperations, []patch{{"/properties", replaces, func(_ types.Op, _, value string) error {
		if !json.Valid([]byte(value)) {
			return invalid("Documentation part properties must be a valid JSON")
		}
		changed.Properties = &value
		return nil
	}}}); err != nil {
		return nil, err
	}
	r.api.parts.set(*p.Id, &changed)
	return show[awsapigateway.UpdateDocumentationPartOutput](changed), nil
}

func deleteDocumentationPart(r *request, in *awsapigateway.DeleteDocumentationPartInput) (*awsapigateway.DeleteDocumentationPartOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	p, err := r.part(in.DocumentationPartId)
	if err != nil {
		return nil, err
	}
	a.parts.delete(*p.Id)
	return &awsapigateway.DeleteDocumentationPartOutput{}, nil
}

// version finds a documentation version.
func (r *request) version(id, name *string) (*api, *types.DocumentationVersion, error) {
	a, err := r.found(id)
	if err != nil {
		return nil, nil, err
	}
	v := a.documented.get(aws.ToString(name))
	if v == nil {
		return nil, nil, notFound("Invalid Documentation version specified")
	}
	return a, v, nil
}

func createDocumentationVersion(r *request, in *awsapigateway.CreateDocumentationVersionInput) (*awsapigateway.CreateDocumentationVersionOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.DocumentationVersion)
	if a.documented.get(name) != nil {
		return nil, conflict("Documentation version already exists: %s", name)
	}
	x := a.stages.get(aws.ToString(in.StageName))
	if in.StageName != nil && x == nil {
		return nil, notFound("Invalid stage identifier specified")
	}
	v := &types.DocumentationVersion{Version: &name, Description: in.Description, CreatedDate: aws.Time(r.fake.now())}
	a.documented.set(name, v)
	if x != nil {
		x.info.DocumentationVersion = &name
	}
	return show[awsapigateway.CreateDocumentationVersionOutput](v), nil
}

func getDocumentationVersion(r *request, in *awsapigateway.GetDocumentationVersionInput) (*awsapigateway.GetDocumentationVersionOutput, error) {
	_, v, err := r.version(in.RestApiId, in.DocumentationVersion)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetDocumentationVersionOutput](v), nil
}

func getDocumentationVersions(r *request, in *awsapigateway.GetDocumentationVersionsInput) (*awsapigateway.GetDocumentationVersionsOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(a.documented.all(), in.Position, in.Limit, func(v *types.DocumentationVersion) types.DocumentationVersion { return *v })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetDocumentationVersionsOutput{Items: items, Position: next}, nil
}

func updateDocumentationVersion(r *request, in *awsapigateway.UpdateDocumentationVersionInput) (*awsapigateway.UpdateDocumentationVersionOutput, error) {
	a, v, err := r.version(in.RestApiId, in.DocumentationVersion)
	if err != nil {
		return nil, err
	}
	changed := *v
	if err := apply(in.PatchOperations, []patch{{"/description", replaces, setText(&changed.Description)}}); err != nil {
		return nil, err
	}
	a.documented.set(*v.Version, &changed)
	return show[awsapigateway.UpdateDocumentationVersionOutput](changed), nil
}

func deleteDocumentationVersion(r *request, in *awsapigateway.DeleteDocumentationVersionInput) (*awsapigateway.DeleteDocumentationVersionOutput, error) {
	a, v, err := r.version(in.RestApiId, in.DocumentationVersion)
	if err != nil {
		return nil, err
	}
	a.documented.delete(*v.Version)
	return &awsapigateway.DeleteDocumentationVersionOutput{}, nil
}
