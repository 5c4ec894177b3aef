package apigateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func updateStage(r *request, in *awsapigateway.UpdateStageInput) (*awsapigateway.UpdateStageOutput, error) {
	a, x, err := r.stage(in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	changed := *x
	for _, op := range in.PatchOperations {
		if err := a.patchStage(&changed.info, op); err != nil {
			return nil, err
		}
	}
	changed.info.LastUpdatedDate = aws.Time(r.fake.now())
	a.stages.set(*x.info.StageName, &changed)
	return show[awsapigateway.UpdateStageOutput](changed.info), nil
}

// patchStage performs one patch operation on a stage.
func (a *api) patchStage(info *types.Stage, op types.PatchOperation) error {
	path := aws.ToString(op.Path)
	switch {
	case op.Op == types.OpCopy:
		return promote(info, aws.ToString(op.From), path)
	case strings.HasPrefix(path, "/accessLogSettings"), strings.HasPrefix(path, "/*/") && strings.Contains(path, "accessLogSettings"):
		return patchAccessLog(info, op)
	case strings.HasPrefix(path, "/canarySettings"):
		return a.patchCanary(info, op)
	case path == "/cacheClusterEnabled" && strings.EqualFold(aws.ToString(op.Value), "true"):
		return notImplemented("a stage with a cache is not implemented")
	}
	known := []patch{
		{"/description", replaces, setText(&info.Description)},
		{"/deploymentId", replaces, func(_ types.Op, _, value string) error {
			if a.deployments.get(value) == nil {
				return invalid("Invalid Deployment identifier specified")
			}
			info.DeploymentId = &value
			return nil
		}},
		{"/variables/*", anyOp, setEntry(&info.Variables, asText)},
		{"/tracingEnabled", replaces, setBool(&info.TracingEnabled)},
		{"/clientCertificateId", replaces, setFilled(&info.ClientCertificateId)},
		{"/documentationVersion", removes, setFilled(&info.DocumentationVersion)},
		{"/cacheClusterEnabled", replaces, setBool(&info.CacheClusterEnabled)},
		{"/cacheClusterSize", replaces, setEnum(&info.CacheClusterSize, info.CacheClusterSize.Values(), "/cacheClusterSize")},
	}
	if err := applyOne(op, known); err != nil {
		if done, bad := patchMethodSetting(info, op); done {
			return bad
		}
		return err
	}
	return nil
}

func patchAccessLog(info *types.Stage, op types.PatchOperation) error {
	path, value := aws.ToString(op.Path), aws.ToString(op.Value)
	if op.Op == types.OpRemove {
		if path == "/accessLogSettings" && info.AccessLogSettings != nil {
			info.AccessLogSettings = nil
			return nil
		}
		return invalid("Cannot remove method setting %s because there is no method setting for this method ", strings.TrimPrefix(path, "/"))
	}
	settings := types.AccessLogSettings{}
	if info.AccessLogSettings != nil {
		settings = *info.AccessLogSettings
	}
	switch path {
	case "/accessLogSettings/destinationArn":
		settings.DestinationArn = &value
	case "/accessLogSettings/format":
		settings.Format = &value
	default:
		return invalid("Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]")
	}
	if value == "" {
		return invalid("Access Log value must not be empty")
	}
	info.AccessLogSettings = &settings
	return nil
}

func (a *api) patchCanary(info *types.Stage, op types.PatchOperation) error {
	path := aws.ToString(op.Path)
	if path == "/canarySettings" && op.Op == types.OpRemove {
		info.CanarySettings = nil
		return nil
	}
	canary := types.CanarySettings{DeploymentId: info.DeploymentId}
	if info.CanarySettings != nil {
		canary = *info.CanarySettings
	}
	if err := applyOne(op, []patch{
		{"/canarySettings/percentTraffic", puts, setFloat(&canary.PercentTraffic, path)},
		{"/canarySettings/deploymentId", puts, func(_ types.Op, _, value string) error {
			if a.deployments.get(value) == nil {
				return invalid("Invalid Deployment identifier specified")
			}
			canary.DeploymentId = &value
			return nil
		}},
		{"/canarySettings/useStageCache", puts, setBool(&canary.UseStageCache)},
		{"/canarySettings/stageVariableOverrides/*", anyOp, setEntry(&canary.StageVariableOverrides, asText)},
	}); err != nil {
		return err
	}
	info.CanarySettings = &canary
	return nil
}

// promote copies of the canary of a stage to the stage.
func promote(info *types.Stage, from, path string) error {
	allowed := map[string]string{"/deploymentId": "/canarySettings/deploymentId", "/variables": "/canarySettings/stageVariableOverrides"}
	if allowed[path] != from || from == "" {
		return invalid("Invalid copy operation with path: %s and from %s. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]", path, from)
	}
	if info.CanarySettings == nil {
		return invalid("Promotion not available. Canary does not exist.")
	}
	if path == "/deploymentId" {
		info.DeploymentId = info.CanarySettings.DeploymentId
		return nil
	}
	variables := maps.Clone(info.Variables)
	if variables == nil {
		variables = make(map[string]string)
	}
	maps.Copy(variables, info.CanarySettings.StageVariableOverrides)
	info.Variables = variables
	return nil
}

// settingPaths are the paths below that of a method, of the settings that it has in a stage.
var settingPaths = []string{"/metrics/enabled", "/logging/dataTrace", "/logging/loglevel", "/throttling/burstLimit", "/throttling/rateLimit", "/caching/ttlInSeconds", "/caching/enabled",
	"/caching/dataEncrypted", "/caching/requireAuthorizationForCacheControl", "/caching/unauthorizedCacheControlHeaderStrategy"}

// patchMethodSetting changes the settings of a method in a stage: its path is that of the
// resource, with ~1 for slashes, the HTTP method, and the setting. * and * are all methods.
func patchMethodSetting(info *types.Stage, op types.PatchOperation) (done bool, err error) {
	path, value := aws.ToString(op.Path), aws.ToString(op.Value)
	i := slices.IndexFunc(settingPaths, func(s string) bool { return strings.HasSuffix(path, s) })
	if i < 0 {
		name := unescapePointer(strings.TrimPrefix(path, "/"))
		if _, ok := info.MethodSettings[name]; ok && op.Op == types.OpRemove {
			info.MethodSettings = maps.Clone(info.MethodSettings)
			delete(info.MethodSettings, name)
			return true, nil
		}
		if op.Op == types.OpRemove {
			return true, invalid("Cannot remove method setting %s because there is no method setting for this method ", name)
		}
		return false, nil
	}
	where := strings.TrimPrefix(strings.TrimSuffix(path, settingPaths[i]), "/")
	method, ok := strings.CutPrefix(where, "*/")
	resource := "*"
	if !ok {
		cut := strings.LastIndexByte(where, '/')
		if cut < 0 {
			return false, nil
		}
		resource, method = strings.TrimPrefix(unescapePointer(where[:cut]), "/"), where[cut+1:]
	}
	key := resource + "/" + method
	setting, known := info.MethodSettings[key]
	if !known {
		setting = types.MethodSetting{CacheTtlInSeconds: defaultTTL, ThrottlingBurstLimit: -1, ThrottlingRateLimit: -1, RequireAuthorizationForCacheControl: true,
			UnauthorizedCacheControlHeaderStrategy: types.UnauthorizedCacheControlHeaderStrategySucceedWithResponseHeader}
	}
	if err := setSetting(&setting, settingPaths[i], value); err != nil {
		return true, err
	}
	changed := maps.Clone(info.MethodSettings)
	if changed == nil {
		changed = make(map[string]types.MethodSetting)
	}
	changed[key] = setting
	info.MethodSettings = changed
	return true, nil
}

// defaultTTL is how long answers of authorizers and methods are cached, in seconds.
const defaultTTL = 300

func setSetting(s *types.MethodSetting, path, value string) error {
	one := types.PatchOperation{Op: types.OpReplace, Path: &path, Value: &value}
	level := aws.ToString(s.LoggingLevel)
	err := applyOne(one, []patch{
		{"/metrics/enabled", replaces, setBool(&s.MetricsEnabled)},
		{"/logging/dataTrace", replaces, setBool(&s.DataTraceEnabled)},
		{"/logging/loglevel", replaces, func(_ types.Op, _, v string) error { level = v; return nil }},
		{"/throttling/burstLimit", replaces, setInt(&s.ThrottlingBurstLimit, path)},
		{"/throttling/rateLimit", replaces, setFloat(&s.ThrottlingRateLimit, path)},
		{"/caching/ttlInSeconds", replaces, setInt(&s.CacheTtlInSeconds, path)},
		{"/caching/enabled", replaces, setBool(&s.CachingEnabled)},
		{"/caching/dataEncrypted", replaces, setBool(&s.CacheDataEncrypted)},
		{"/caching/requireAuthorizationForCacheControl", replaces, setBool(&s.RequireAuthorizationForCacheControl)},
		{"/caching/unauthorizedCacheControlHeaderStrategy", replaces, setEnum(&s.UnauthorizedCacheControlHeaderStrategy, s.UnauthorizedCacheControlHeaderStrategy.Values(), path)},
	})
	if err == nil && level != "" {
		if !slices.Contains([]string{"OFF", "ERROR", "INFO"}, level) {
			return invalid(fmt.Sprintf(textPatchValue, level, path))
		}
		s.LoggingLevel = &level
	}
	return err
}
