package apigateway

import (
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) deploymentOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createDeployment),
		bind(s, getDeployment),
		bind(s, getDeployments),
		bind(s, updateDeployment),
		bind(s, deleteDeployment),
	}
}

// deployment finds a deployment.
func (r *request) deployment(id, deploymentID *string) (*api, *deployment, error) {
	a, err := r.found(id)
	if err != nil {
		return nil, nil, err
	}
	d := a.deployments.get(aws.ToString(deploymentID))
	if d == nil {
		return nil, nil, notFound("Invalid Deployment identifier specified")
	}
	return a, d, nil
}

func createDeployment(r *request, in *awsapigateway.CreateDeploymentInput) (*awsapigateway.CreateDeploymentOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	if err := a.checkCanary(in); err != nil {
		return nil, err
	}
	if err := a.deployable(); err != nil {
		return nil, err
	}
	name := aws.ToString(in.StageName)
	if name != "" && !stageName.MatchString(name) {
		return nil, invalid(textStageName)
	}
	d, err := a.deploy(r.fake, in.Description)
	if err != nil {
		return nil, err
	}
	if name != "" {
		a.deployTo(r.fake, name, d, in)
	}
	return show[awsapigateway.CreateDeploymentOutput](d.info), nil
}

// deploy keeps the design of an API as it is now.
func (a *api) deploy(s *Fake, description *string) (*deployment, error) {
	kept := a.design.copy()
	table, err := kept.compileRoutes()
	if err != nil {
		return nil, invalid("%v", err)
	}
	d := &deployment{design: kept, routes: table}
	d.info = types.Deployment{Id: aws.String(s.newID(otherIDLength, func(id string) bool { return a.deployments.get(id) != nil })), CreatedDate: aws.Time(s.now()), Description: description}
	a.deployments.set(*d.info.Id, d)
	return d, nil
}

// deployTo has a stage refer to a deployment.
func (a *api) deployTo(s *Fake, name string, d *deployment, in *awsapigateway.CreateDeploymentInput) {
	x := a.stages.get(name)
	if c := in.CanarySettings; c != nil {
		x.info.CanarySettings = &types.CanarySettings{DeploymentId: d.info.Id, PercentTraffic: c.PercentTraffic, StageVariableOverrides: c.StageVariableOverrides, UseStageCache: c.UseStageCache}
		return
	}
	if x == nil {
		x = newStage(s, name)
		a.stages.set(name, x)
	}
	x.info.DeploymentId, x.info.LastUpdatedDate = d.info.Id, aws.Time(s.now())
	if in.StageDescription != nil {
		x.info.Description = in.StageDescription
	}
	if in.Variables != nil {
		x.info.Variables = in.Variables
	}
	if in.TracingEnabled != nil {
		x.info.TracingEnabled = *in.TracingEnabled
	}
}

// deployable refuses to deploy what cannot answer a request.
func (a *api) deployable() error {
	if a.private() && a.design.policy == nil {
		return invalid(textNoPolicy)
	}
	count := 0
	for _, x := range a.resources.all() {
		for _, m := range x.methods {
			count++
			if m.MethodIntegration == nil {
				return invalid("No integration defined for method")
			}
		}
	}
	if count == 0 {
		return invalid("The REST API doesn't contain any methods")
	}
	return nil
}

func (a *api) checkCanary(in *awsapigateway.CreateDeploymentInput) error {
	if in.CanarySettings == nil {
		return nil
	}
	switch name := aws.ToString(in.StageName); {
	case in.StageName == nil:
		return invalid("Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null")
	case name == "":
		return invalid("Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is ")
	case a.stages.get(name) == nil:
		return invalid("Invalid deployment content specified.Stage %s must already be created before making a canary release deployment", name)
	}
	return nil
}

func getDeployment(r *request, in *awsapigateway.GetDeploymentInput) (*awsapigateway.GetDeploymentOutput, error) {
	_, d, err := r.deployment(in.RestApiId, in.DeploymentId)
	if err != nil {
		return nil, err
	}
	shown := d.info
	if slices.Contains(in.Embed, "apisummary") {
		shown.ApiSummary = d.summary()
	}
	return show[awsapigateway.GetDeploymentOutput](shown), nil
}

func (d *deployment) summary() map[string]map[string]types.MethodSnapshot {
	all := make(map[string]map[string]types.MethodSnapshot)
	for _, x := range d.design.resources.all() {
		for name, m := range x.methods {
			if all[x.path] == nil {
				all[x.path] = make(map[string]types.MethodSnapshot)
			}
			all[x.path][name] = types.MethodSnapshot{ApiKeyRequired: aws.ToBool(m.ApiKeyRequired), AuthorizationType: m.AuthorizationType}
		}
	}
	return all
}

func getDeployments(r *request, in *awsapigateway.GetDeploymentsInput) (*awsapigateway.GetDeploymentsOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(a.deployments.all(), in.Position, in.Limit, func(d *deployment) types.Deployment { return d.info })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetDeploymentsOutput{Items: items, Position: next}, nil
}

func updateDeployment(r *request, in *awsapigateway.UpdateDeploymentInput) (*awsapigateway.UpdateDeploymentOutput, error) {
	a, d, err := r.deployment(in.RestApiId, in.DeploymentId)
	if err != nil {
		return nil, err
	}
	changed := *d
	if err := apply(in.PatchOperations, []patch{{"/description", replaces, setText(&changed.info.Description)}}); err != nil {
		return nil, err
	}
	a.deployments.set(*d.info.Id, &changed)
	return show[awsapigateway.UpdateDeploymentOutput](changed.info), nil
}

func deleteDeployment(r *request, in *awsapigateway.DeleteDeploymentInput) (*awsapigateway.DeleteDeploymentOutput, error) {
	a, d, err := r.deployment(in.RestApiId, in.DeploymentId)
	if err != nil {
		return nil, err
	}
	for _, x := range a.stages.all() {
		if aws.ToString(x.info.DeploymentId) == *d.info.Id || x.info.CanarySettings != nil && aws.ToString(x.info.CanarySettings.DeploymentId) == *d.info.Id {
			return nil, invalid(textStageUsed)
		}
	}
	a.deployments.delete(*d.info.Id)
	return &awsapigateway.DeleteDeploymentOutput{}, nil
}

func (s *Fake) stageOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createStage),
		bind(s, getStage),
		bind(s, getStages),
		bind(s, updateStage),
		bind(s, deleteStage),
		bind(s, flushStageCache),
		bind(s, flushStageAuthorizersCache),
	}
}

var stageName = regexp.MustCompile(`^[a-zA-Z0-9_\-]+$`)

func newStage(s *Fake, name string) *stage {
	now := aws.Time(s.now())
	return &stage{info: types.Stage{
		StageName: &name, CreatedDate: now, LastUpdatedDate: now, CacheClusterStatus: types.CacheClusterStatusNotAvailable, MethodSettings: map[string]types.MethodSetting{},
	}}
}

// stage finds a stage.
func (r *request) stage(id, name *string) (*api, *stage, error) {
	a, err := r.found(id)
	if err != nil {
		return nil, nil, err
	}
	x := a.stages.get(aws.ToString(name))
	if x == nil {
		return nil, nil, notFound("Invalid stage identifier specified")
	}
	return a, x, nil
}

func createStage(r *request, in *awsapigateway.CreateStageInput) (*awsapigateway.CreateStageOutput, error) {
	a, _, err := r.deployment(in.RestApiId, in.DeploymentId)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.StageName)
	switch {
	case !stageName.MatchString(name):
		return nil, invalid(textStageName)
	case a.stages.get(name) != nil:
		return nil, conflict("Stage already exists")
	case in.CacheClusterEnabled:
		return nil, notImplemented("a stage with a cache is not implemented")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if c := in.CanarySettings; c != nil && a.deployments.get(aws.ToString(c.DeploymentId)) == nil {
		return nil, notFound("Invalid Deployment identifier specified")
	}
	x := newStage(r.fake, name)
	fill(&x.info, in)
	a.stages.set(name, x)
	return show[awsapigateway.CreateStageOutput](x.info), nil
}

func getStage(r *request, in *awsapigateway.GetStageInput) (*awsapigateway.GetStageOutput, error) {
	_, x, err := r.stage(in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetStageOutput](x.info), nil
}

func getStages(r *request, in *awsapigateway.GetStagesInput) (*awsapigateway.GetStagesOutput, error) {
	a, err := r.found(in.RestApiId)
	if err != nil {
		return nil, err
	}
	out := &awsapigateway.GetStagesOutput{Item: []types.Stage{}}
	for _, x := range a.stages.all() {
		if in.DeploymentId == nil || aws.ToString(x.info.DeploymentId) == *in.DeploymentId {
			out.Item = append(out.Item, x.info)
		}
	}
	return out, nil
}

func deleteStage(r *request, in *awsapigateway.DeleteStageInput) (*awsapigateway.DeleteStageOutput, error) {
	a, x, err := r.stage(in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	a.stages.delete(*x.info.StageName)
	r.fake.forget(a, x)
	return &awsapigateway.DeleteStageOutput{}, nil
}

// flushStageCache empties a cache that no stage has here.
func flushStageCache(r *request, in *awsapigateway.FlushStageCacheInput) (*awsapigateway.FlushStageCacheOutput, error) {
	_, _, err := r.stage(in.RestApiId, in.StageName)
	return &awsapigateway.FlushStageCacheOutput{}, err
}

func flushStageAuthorizersCache(r *request, in *awsapigateway.FlushStageAuthorizersCacheInput) (*awsapigateway.FlushStageAuthorizersCacheOutput, error) {
	a, x, err := r.stage(in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	r.fake.forget(a, x)
	return &awsapigateway.FlushStageAuthorizersCacheOutput{}, nil
}

// forget drops the answers of authorizers that are kept for a stage. The lock is held.
func (s *Fake) forget(a *api, x *stage) {
	maps.DeleteFunc(s.granted, func(k grantKey, _ *grant) bool { return k.api == a.id && k.stage == *x.info.StageName })
}
