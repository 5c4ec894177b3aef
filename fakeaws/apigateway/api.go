package apigateway

import (
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An api is a REST API.
type api struct {
	place
	id   string
	info types.RestApi
	design
	stages      list[stage]
	deployments list[deployment]
	parts       list[types.DocumentationPart]
	documented  list[types.DocumentationVersion]
}

// A design is what a deployment has a copy of: it answers requests as it was deployed, also when
// the API has changed since. What is stored is replaced and never changed, so that a copy shares it.
type design struct {
	root        string
	resources   list[resource]
	models      list[types.Model]
	validators  list[types.RequestValidator]
	authorizers list[types.Authorizer]
	// responses are the gateway responses that were customized.
	responses list[types.GatewayResponse]
	policy    *fakeaws.ResourcePolicy
	binary    []string // media types
	keySource types.ApiKeySourceType
}

// A resource is a path of an API.
type resource struct {
	id, parent, part string
	path             string
	methods          map[string]types.Method // replaced, never changed
}

// A deployment is the design of an API at a time.
type deployment struct {
	info   types.Deployment
	design *design // never changed
	routes *routes // of design
}

// A stage is a name for a deployment.
type stage struct {
	info types.Stage
}

// copy returns the design as it is now.
func (d *design) copy() *design {
	return &design{
		root: d.root, resources: d.resources.copy(), models: d.models.copy(), validators: d.validators.copy(), authorizers: d.authorizers.copy(),
		responses: d.responses.copy(), policy: d.policy, binary: d.binary, keySource: d.keySource,
	}
}
