package cloudformation

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"
	"strings"
)

// functionSettings are the properties of a function that UpdateFunctionConfiguration takes too.
var functionSettings = []string{
	"Architectures", "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "FileSystemConfigs", "Handler", "ImageConfig", "KmsKeyArn", "Layers", "LoggingConfig", "MemorySize",
	"Role", "Runtime", "SnapStart", "Timeout", "TracingConfig", "VpcConfig",
}

var mappingSettings = []string{
	"BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "DocumentDBEventSourceConfig", "Enabled", "FilterCriteria", "FunctionName", "FunctionResponseTypes", "KmsKeyArn",
	"MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "MetricsConfig", "ParallelizationFactor", "ProvisionedPollerConfig", "ScalingConfig",
	"SourceAccessConfigurations", "TumblingWindowInSeconds",
}

var lambdaTags = tagging{"lambda", "TagResource", "UntagResource", "Resource", "Tags", "TagKeys", true}

var lambdaKinds = map[string]*kind{
	"AWS::Lambda::Function": {
		name: "FunctionName", immutable: []string{"PackageType"}, tags: "list", allows: append([]string{"Code", "CodeSigningConfigArn", "ReservedConcurrentExecutions"}, functionSettings...),
		create: createFunction, update: updateFunction,
		remove: func(j *job) error { return j.do("lambda", "DeleteFunction", map[string]any{"FunctionName": j.id}) },
	},
	"AWS::Lambda::Permission": {
		immutable: []string{"Action", "EventSourceToken", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn"},
		create: func(j *job) error {
			id := j.stackName + "-" + j.logical + "-" + j.s.world.IDs().Name(12)
			id = id[max(0, len(id)-100):]
			err := j.do("lambda", "AddPermission", with(j.pick("Action", "EventSourceToken", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn"), "StatementId", id))
			if err != nil {
				return err
			}
			j.id, j.attributes["Id"] = id, id
			return nil
		},
		remove: func(j *job) error {
			function, qualifier := j.text("FunctionName"), ""
			if parts := strings.Split(function, ":"); strings.HasPrefix(function, "arn:") && len(parts) == 8 {
				qualifier = parts[7]
			}
			return j.do("lambda", "RemovePermission", with(map[string]any{"FunctionName": function, "StatementId": j.id}, "Qualifier", qualifier))
		},
	},
	"AWS::Lambda::EventSourceMapping": {
		immutable: []string{"AmazonManagedKafkaEventSourceConfig", "EventSourceArn", "Queues", "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig", "StartingPosition", "StartingPositionTimestamp", "Topics"},
		tags:      "list", allows: mappingSettings,
		create: func(j *job) error {
			params := j.pick(append([]string{"AmazonManagedKafkaEventSourceConfig", "EventSourceArn", "Queues", "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig", "StartingPosition", "StartingPositionTimestamp", "Topics"}, mappingSettings...)...)
			out, err := j.call("lambda", "CreateEventSourceMapping", with(params, "Tags", j.tagMap()))
			if err != nil {
				return err
			}
			j.id = encodedText(out["UUID"])
			j.attributes = map[string]string{"Id": j.id, "EventSourceMappingArn": j.arnOf("lambda", "event-source-mapping:"+j.id)}
			return nil
		},
		update: func(j *job) error {
			if err := j.do("lambda", "UpdateEventSourceMapping", with(j.pick(mappingSettings...), "UUID", j.id)); err != nil {
				return err
			}
			return j.retagged(lambdaTags, j.attributes["EventSourceMappingArn"])
		},
		ready: mappingReady, gone: describedGone("lambda", "GetEventSourceMapping", "UUID"),
		remove: func(j *job) error { return j.do("lambda", "DeleteEventSourceMapping", map[string]any{"UUID": j.id}) },
	},
	"AWS::Lambda::Version": {
		immutable: []string{"CodeSha256", "Description", "FunctionName"},
		create: func(j *job) error {
			out, err := j.call("lambda", "PublishVersion", j.pick("CodeSha256", "Description", "FunctionName"))
			if err != nil {
				return err
			}
			j.id = encodedText(out["FunctionArn"])
			j.attributes = map[string]string{"Version": encodedText(out["Version"]), "FunctionArn": j.id}
			return nil
		},
		remove: func(j *job) error {
			return j.do("lambda", "DeleteFunction", map[string]any{"FunctionName": j.id})
		},
	},
	"AWS::Lambda::Alias": {
		name: "Name", immutable: []string{"FunctionName"}, allows: []string{"Description", "FunctionVersion", "RoutingConfig"},
		members: map[string][]string{"RoutingConfig": {"AdditionalVersionWeights"}, "RoutingConfig.AdditionalVersionWeights": {"FunctionVersion", "FunctionWeight"}},
		create: func(j *job) error {
			out, err := j.call("lambda", "CreateAlias", with(j.pick("Description", "FunctionName", "FunctionVersion", "Name"), "RoutingConfig", routing(j.properties["RoutingConfig"])))
			if err != nil {
				return err
			}
			j.id = encodedText(out["AliasArn"])
			j.attributes["AliasArn"] = j.id
			return nil
		},
		update: func(j *job) error {
			return j.do("lambda", "UpdateAlias", with(j.pick("FunctionName", "FunctionVersion", "Name"), "Description", j.text("Description"), "RoutingConfig", routing(j.properties["RoutingConfig"])))
		},
		remove: func(j *job) error { return j.do("lambda", "DeleteAlias", j.pick("FunctionName", "Name")) },
	},
	"AWS::Lambda::Url": {
		immutable: []string{"Qualifier", "TargetFunctionArn"}, allows: []string{"AuthType", "Cors", "InvokeMode"},
		create: func(j *job) error { return j.functionURL("CreateFunctionUrlConfig") }, update: func(j *job) error { return j.functionURL("UpdateFunctionUrlConfig") },
		remove: func(j *job) error {
			return j.do("lambda", "DeleteFunctionUrlConfig", with(map[string]any{"FunctionName": j.text("TargetFunctionArn")}, "Qualifier", j.text("Qualifier")))
		},
	},
	"AWS::Lambda::EventInvokeConfig": {
		immutable: []string{"FunctionName", "Qualifier"}, allows: []string{"DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"},
		create: putInvokeConfig, update: putInvokeConfig,
		remove: func(j *job) error {
			return j.do("lambda", "DeleteFunctionEventInvokeConfig", j.pick("FunctionName", "Qualifier"))
		},
	},
}

func routing(v any) any {
	o := objectOf(v)
	if o == nil {
		return nil
	}
	weights := map[string]any{}
	for _, w := range objects(o["AdditionalVersionWeights"]) {
		weights[encodedText(w["FunctionVersion"])] = w["FunctionWeight"]
	}
	return map[string]any{"AdditionalVersionWeights": weights}
}

func putInvokeConfig(j *job) error {
	if j.id == "" {
		j.id = j.physical("", 255, false)
	}
	return j.do("lambda", "PutFunctionEventInvokeConfig", j.pick("DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"))
}

func (j *job) functionURL(operation string) error {
	out, err := j.call("lambda", operation, with(j.pick("AuthType", "Cors", "InvokeMode", "Qualifier"), "FunctionName", j.text("TargetFunctionArn")))
	if err != nil {
		return err
	}
	j.id = encodedText(out["FunctionArn"])
	j.attributes = map[string]string{"FunctionArn": j.id, "FunctionUrl": encodedText(out["FunctionUrl"])}
	return nil
}

// code is the code of a function as Lambda has it: text becomes an archive, as CloudFormation
// makes one.
func (j *job) code() map[string]any {
	code := maps.Clone(objectOf(j.properties["Code"]))
	if text, ok := code["ZipFile"].(string); ok {
		name := "index.js"
		if strings.HasPrefix(j.text("Runtime"), "python") {
			name = "index.py"
		}
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		if f, err := w.Create(name); err == nil { // a buffer takes all
			_, _ = f.Write([]byte(text))
		}
		_ = w.Close()
		code["ZipFile"] = b.String()
	}
	return code
}

func createFunction(j *job) error {
	name := j.physical("FunctionName", 64, false)
	params := with(j.pick(append([]string{"CodeSigningConfigArn", "PackageType"}, functionSettings...)...), "FunctionName", name, "Code", j.code(), "Tags", j.tagMap())
	params["KMSKeyArn"] = params["KmsKeyArn"]
	delete(params, "KmsKeyArn")
	if s := objectOf(params["SnapStart"]); s != nil {
		params["SnapStart"] = map[string]any{"ApplyOn": s["ApplyOn"]}
	}
	out, err := j.call("lambda", "CreateFunction", params)
	if err != nil {
		return err
	}
	j.id = name
	j.attributes["Arn"] = encodedText(out["FunctionArn"])
	if n := j.properties["ReservedConcurrentExecutions"]; n != nil {
		if err := j.do("lambda", "PutFunctionConcurrency", map[string]any{"FunctionName": name, "ReservedConcurrentExecutions": n}); err != nil {
			return err
		}
	}
	return j.do("lambda", "GetFunction", map[string]any{"FunctionName": name})
}

// functionDefaults are what Lambda has where a template no longer says something.
var functionDefaults = map[string]any{
	"Description": "", "MemorySize": "128", "Timeout": "3", "Environment": map[string]any{"Variables": map[string]any{}}, "Layers": []any{}, "DeadLetterConfig": map[string]any{"TargetArn": ""},
	"TracingConfig": map[string]any{"Mode": "PassThrough"}, "VpcConfig": map[string]any{"SubnetIds": []any{}, "SecurityGroupIds": []any{}}, "EphemeralStorage": map[string]any{"Size": "512"},
	"KmsKeyArn": "", "FileSystemConfigs": []any{}, "ImageConfig": map[string]any{}, "SnapStart": map[string]any{"ApplyOn": "None"},
}

func updateFunction(j *job) error {
	if j.changed("CodeSigningConfigArn") {
		return notImplemented("the update of CodeSigningConfigArn of AWS::Lambda::Function")
	}
	if j.changed("Code", "Architectures") {
		if err := j.do("lambda", "UpdateFunctionCode", with(j.code(), "FunctionName", j.id, "Architectures", j.properties["Architectures"])); err != nil {
			return err
		}
	}
	params := map[string]any{}
	for _, name := range functionSettings {
		if !j.changed(name) || name == "Architectures" {
			continue
		}
		v := j.properties[name]
		if v == nil {
			v = functionDefaults[name]
		}
		if name == "KmsKeyArn" {
			name = "KMSKeyArn"
		}
		params[name] = v
	}
	if len(params) > 0 {
		params["FunctionName"] = j.id
		if err := j.do("lambda", "UpdateFunctionConfiguration", params); err != nil {
			return err
		}
	}
	if j.changed("ReservedConcurrentExecutions") {
		operation, params := "DeleteFunctionConcurrency", map[string]any{"FunctionName": j.id}
		if n := j.properties["ReservedConcurrentExecutions"]; n != nil {
			operation, params["ReservedConcurrentExecutions"] = "PutFunctionConcurrency", n
		}
		if err := j.do("lambda", operation, params); err != nil {
			return err
		}
	}
	if err := j.retagged(lambdaTags, j.attributes["Arn"]); err != nil {
		return err
	}
	return j.do("lambda", "GetFunction", map[string]any{"FunctionName": j.id})
}

// mappingReady waits until an event source mapping is enabled or disabled.
func mappingReady(j *job) error {
	out, err := j.call("lambda", "GetEventSourceMapping", map[string]any{"UUID": j.id})
	if err != nil {
		return err
	}
	if state := encodedText(out["State"]); slices.Contains([]string{"Creating", "Updating", "Enabling", "Disabling"}, state) {
		j.later(poll)
	}
	return nil
}
