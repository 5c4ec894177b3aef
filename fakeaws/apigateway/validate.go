package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A validator is the JSON schema of a model. It never changes.
type validator struct{ schema *jsonschema.Schema }

// modelURL is where the schemas of the models of an API refer to each other:
// "https://apigateway.amazonaws.com/restapis/ID/models/NAME".
const modelURL = "https://apigateway.amazonaws.com/restapis/api/models/"

// modelLoader finds the schemas that a schema refers to: those of the models of the API, and none
// from elsewhere.
type modelLoader struct{ d *design }

// Load implements jsonschema.URLLoader.
func (l modelLoader) Load(url string) (any, error) {
	rest, ok := strings.CutPrefix(url, "https://apigateway.amazonaws.com/restapis/")
	_, name, ok2 := strings.Cut(rest, "/models/")
	if m := l.d.models.get(name); ok && ok2 && m != nil {
		return jsonschema.UnmarshalJSON(strings.NewReader(aws.ToString(m.Schema)))
	}
	return nil, errors.New("there is no model " + url)
}

// compile reads the schema of a model: of draft 4, which models are of.
func (d *design) compile(m *types.Model) (validator, error) {
	text := aws.ToString(m.Schema)
	if text == "" {
		return validator{}, nil
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return validator{}, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.UseLoader(modelLoader{d})
	at := modelURL + aws.ToString(m.Name)
	if err := c.AddResource(at, document); err != nil {
		return validator{}, err
	}
	schema, err := c.Compile(at)
	return validator{schema}, err
}

// validate checks a request as the validator of its method says.
func (s *Fake) validate(v *invocation) error {
	m := v.compiled()
	if m.validator == nil {
		return nil
	}
	if m.validator.ValidateRequestParameters {
		if err := v.checkParameters(); err != nil {
			return err
		}
	}
	if m.validator.ValidateRequestBody {
		return v.checkBody(m)
	}
	return nil
}

// compiled is the method of the request.
func (v *invocation) compiled() *compiledMethod {
	return v.route.methods[aws.ToString(v.method.HttpMethod)]
}

// checkParameters refuses a request that lacks a parameter which its method requires: they are
// named headers first, then those of the path and the query.
func (v *invocation) checkParameters() error {
	var missing [3][]string
	for expression, required := range v.method.RequestParameters {
		if !required {
			continue
		}
		kind, name, ok := parameterKind(expression)
		if !ok {
			continue
		}
		switch kind {
		case "header":
			if len(v.header.Values(name)) == 0 {
				missing[0] = append(missing[0], name)
			}
		case "path":
			if _, ok := v.pathValues[name]; !ok {
				missing[1] = append(missing[1], name)
			}
		default:
			if v.query.Get(name) == "" {
				missing[2] = append(missing[2], name)
			}
		}
	}
	for i := range missing {
		slices.Sort(missing[i])
	}
	if all := slices.Concat(missing[0], missing[1], missing[2]); len(all) > 0 {
		return gatewayError(types.GatewayResponseTypeBadRequestParameters, fmt.Sprintf("Missing required request parameters: %s", quoted(all)))
	}
	return nil
}

// parameterKind takes an expression of a request parameter apart.
func parameterKind(expression string) (kind, name string, ok bool) {
	rest, ok := strings.CutPrefix(expression, "method.request.")
	if !ok {
		return "", "", false
	}
	kind, name, ok = strings.Cut(rest, ".")
	return strings.TrimPrefix(kind, "multivalue"), name, ok
}

// checkBody refuses a body that is not as the model of its content type says. For a content type
// without a model nothing is asked.
func (v *invocation) checkBody(m *compiledMethod) error {
	model, ok := m.models[v.contentType()]
	if !ok {
		if model, ok = m.models["$default"]; !ok {
			return nil
		}
	}
	bad := gatewayError(types.GatewayResponseTypeBadRequestBody, "Invalid request body")
	if model.schema == nil {
		return nil
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(v.body))
	if err != nil {
		return bad
	}
	if err := model.schema.Validate(document); err != nil {
		var problem *jsonschema.ValidationError
		if errors.As(err, &problem) {
			text, _ := json.Marshal(problem.BasicOutput().Errors)
			bad.detail = string(text)
			v.call.Help(problem.Error())
		}
		return bad
	}
	return nil
}

// contentType is the media type of the body, application/json where the request says none.
func (v *invocation) contentType() string {
	media, _, _ := strings.Cut(v.header.Get("Content-Type"), ";")
	if media = strings.TrimSpace(media); media == "" {
		return "application/json"
	}
	return media
}
