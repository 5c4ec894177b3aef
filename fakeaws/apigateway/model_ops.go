package apigateway

import (
	"encoding/json"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) modelOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createModel),
		bind(s, getModel),
		bind(s, getModels),
		bind(s, updateModel),
		bind(s, deleteModel),
	}
}

// defaultModels are those of every new API.
var defaultModels = []types.Model{
	{Name: aws.String("Empty"), ContentType: aws.String("application/json"), Description: aws.String("This is a default empty schema model"),
		Schema: aws.String("{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}")},
	{Name: aws.String("Error"), ContentType: aws.String("application/json"), Description: aws.String("This is a default error schema model"),
		Schema: aws.String("{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}")},
}

func noModel(name *string) error {
	return notFound("Invalid model name specified: %s", aws.ToString(name))
}

// model finds a model.
func (r *request) model(id, name *string) (*api, *types.Model, error) {
	a, err := r.found(id)
	if err != nil {
		return nil, nil, err
	}
	m := a.models.get(aws.ToString(name))
	if m == nil {
		return nil, nil, noModel(name)
	}
	return a, m, nil
}

var modelName = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

func createModel(r *request, in *awsapigateway.CreateModelInput) (*awsapigateway.CreateModelOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.Name)
	switch {
	case !modelName.MatchString(name):
		return nil, invalid(textModelName, name)
	case a.models.get(name) != nil:
		return nil, conflict(textModelExists)
	case aws.ToString(in.ContentType) == "":
		return nil, invalid("Invalid content type specified: ")
	}
	m := show[types.Model](in)
	m.Id = aws.String(r.World.IDs().Lower(otherIDLength))
	if err := a.checkSchema(m); err != nil {
		return nil, err
	}
	a.models.set(name, m)
	return show[awsapigateway.CreateModelOutput](m), nil
}

const textEmptySchema = "Model schema must have at least 1 property or array items defined"

// checkSchema refuses the schema of a model that is none.
func (a *api) checkSchema(m *types.Model) error {
	text := aws.ToString(m.Schema)
	if text == "" {
		return nil
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return invalid("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]")
	}
	if len(object) == 0 {
		return invalid(textEmptySchema)
	}
	if _, err := a.design.compile(m); err != nil {
		return invalid("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified. %v]", err)
	}
	return nil
}

func getModel(r *request, in *awsapigateway.GetModelInput) (*awsapigateway.GetModelOutput, error) {
	_, m, err := r.model(in.RestApiId, in.ModelName)
	if err != nil {
		return nil, err
	}
	if in.Flatten {
		return nil, notImplemented("GetModel with flatten is not implemented")
	}
	return show[awsapigateway.GetModelOutput](m), nil
}

func getModels(r *request, in *awsapigateway.GetModelsInput) (*awsapigateway.GetModelsOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(a.models.all(), in.Position, in.Limit, func(m *types.Model) types.Model { return *m })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetModelsOutput{Items: items, Position: next}, nil
}

func updateModel(r *request, in *awsapigateway.UpdateModelInput) (*awsapigateway.UpdateModelOutput, error) {
	a, m, err := r.model(in.RestApiId, in.ModelName)
	if err != nil {
		return nil, err
	}
	changed := *m
	if err := apply(in.PatchOperations, []patch{
		{"/description", replaces, setText(&changed.Description)},
		{"/schema", replaces, func(_ types.Op, _, value string) error {
			if value == "" {
				return invalid(textEmptySchema)
			}
			changed.Schema = &value
			return nil
		}},
	}); err != nil {
		return nil, err
	}
	if err := a.checkSchema(&changed); err != nil {
		return nil, err
	}
	a.models.set(*m.Name, &changed)
	return show[awsapigateway.UpdateModelOutput](changed), nil
}

func deleteModel(r *request, in *awsapigateway.DeleteModelInput) (*awsapigateway.DeleteModelOutput, error) {
	a, m, err := r.model(in.RestApiId, in.ModelName)
	if err != nil {
		return nil, err
	}
	for _, x := range a.resources.all() {
		for _, method := range x.methods {
			for _, name := range method.RequestModels {
				if name == *m.Name {
					return nil, conflict(textModelUsed, name)
				}
			}
		}
	}
	a.models.delete(*m.Name)
	return &awsapigateway.DeleteModelOutput{}, nil
}

func (s *Fake) validatorOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createRequestValidator),
		bind(s, getRequestValidator),
		bind(s, getRequestValidators),
		bind(s, updateRequestValidator),
		bind(s, deleteRequestValidator),
	}
}

// validator finds a request validator.
func (r *request) validator(id, name *string) (*api, *types.RequestValidator, error) {
	a, err := r.found(id)
	if err != nil {
		return nil, nil, err
	}
	v := a.validators.get(aws.ToString(name))
	if v == nil {
		return nil, nil, notFound("Invalid Request Validator identifier specified")
	}
	return a, v, nil
}

func createRequestValidator(r *request, in *awsapigateway.CreateRequestValidatorInput) (*awsapigateway.CreateRequestValidatorOutput, error) {
	if r.api == nil {
		return nil, invalid("Invalid REST API identifier specified")
	}
	v := show[types.RequestValidator](in)
	v.Id = aws.String(r.World.IDs().Lower(otherIDLength))
	r.api.validators.set(*v.Id, v)
	return show[awsapigateway.CreateRequestValidatorOutput](v), nil
}

func getRequestValidator(r *request, in *awsapigateway.GetRequestValidatorInput) (*awsapigateway.GetRequestValidatorOutput, error) {
	_, v, err := r.validator(in.RestApiId, in.RequestValidatorId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetRequestValidatorOutput](v), nil
}

func getRequestValidators(r *request, in *awsapigateway.GetRequestValidatorsInput) (*awsapigateway.GetRequestValidatorsOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(a.validators.all(), in.Position, in.Limit, func(v *types.RequestValidator) types.RequestValidator { return *v })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetRequestValidatorsOutput{Items: items, Position: next}, nil
}

func updateRequestValidator(r *request, in *awsapigateway.UpdateRequestValidatorInput) (*awsapigateway.UpdateRequestValidatorOutput, error) {
	a, v, err := r.validator(in.RestApiId, in.RequestValidatorId)
	if err != nil {
		return nil, err
	}
	changed := *v
	if err := apply(in.PatchOperations, []patch{
		{"/name", replaces, setText(&changed.Name)},
		{"/validateRequestBody", replaces, setBool(&changed.ValidateRequestBody)},
		{"/validateRequestParameters", replaces, setBool(&changed.ValidateRequestParameters)},
	}); err != nil {
		return nil, err
	}
	a.validators.set(*v.Id, &changed)
	return show[awsapigateway.UpdateRequestValidatorOutput](changed), nil
}

func deleteRequestValidator(r *request, in *awsapigateway.DeleteRequestValidatorInput) (*awsapigateway.DeleteRequestValidatorOutput, error) {
	a, v, err := r.validator(in.RestApiId, in.RequestValidatorId)
	if err != nil {
		return nil, err
	}
	a.validators.delete(*v.Id)
	return &awsapigateway.DeleteRequestValidatorOutput{}, nil
}
