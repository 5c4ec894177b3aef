package template

import "strings"

// What follows are the properties that SAM translates and that decide no permission: a stack
// that is deployed needs them.

// code is the code of a function: an object of S3, an image, or text.
func (r *samResource) code() *node {
	p := r.properties
	if text := p.get("InlineCode"); text != nil {
		return text.newObject("ZipFile", text)
	}
	if image := p.get("ImageUri"); image != nil {
		return image.newObject("ImageUri", image)
	}
	return r.location(p.get("CodeUri"), "S3Bucket", "S3Key", "S3ObjectVersion")
}

// location is an object of S3 by its URL or by its parts, nil where there is none. A path is
// what sam package would have uploaded.
func (r *samResource) location(n *node, bucket, key, version string) *node {
	if n.isObject() && n.get("Bucket") != nil {
		return n.newObject(bucket, n.get("Bucket"), key, n.get("Key"), version, n.get("Version"))
	}
	if !n.isString() {
		return nil
	}
	rest, ok := strings.CutPrefix(n.text, "s3://")
	b, k, slash := strings.Cut(rest, "/")
	if !ok || !slash {
		if r.t.s.load.live != nil {
			r.t.s.problem(n, "Resource with id [%s] is invalid. 'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.", r.logical)
		}
		return nil
	}
	return n.newObject(bucket, b, key, k)
}

// set sets a key of an object unless the value is nil.
func (n *node) setIf(key string, value *node) {
	if value != nil {
		n.set(key, value)
	}
}

// tagList makes a list of a map of tags, with the one of SAM.
func (r *samResource) tagList(tags *node, createdBy string) *node {
	list := r.node.newList()
	if createdBy != "" {
		list.items = append(list.items, r.node.newObject("Key", createdBy, "Value", "SAM"))
	}
	if tags.isObject() {
		for i, key := range tags.keys {
			list.items = append(list.items, tags.newObject("Key", key, "Value", tags.items[i]))
		}
	}
	return list
}

// settings completes the properties of a function.
func (r *samResource) settings(lambda *node) {
	p := r.properties
	lambda.setIf("Code", r.code())
	lambda.set("Tags", r.tagList(p.get("Tags"), "lambda:createdBy"))
	if queue := p.get("DeadLetterQueue"); queue != nil {
		lambda.set("DeadLetterConfig", queue.newObject("TargetArn", queue.get("TargetArn")))
	}
	if tracing := p.get("Tracing"); tracing != nil && tracing.value() != "Disabled" {
		lambda.set("TracingConfig", tracing.newObject("Mode", tracing))
	}
}

// invokeConfig makes the settings of asynchronous invocations.
func (r *samResource) invokeConfig(destinations *node) {
	config := r.properties.get("EventInvokeConfig")
	if config == nil {
		return
	}
	qualifier := r.node.newString("$LATEST")
	if alias := r.properties.get("AutoPublishAlias"); alias != nil {
		qualifier = alias
	}
	made := config.newObject("FunctionName", config.newRef(r.logical), "Qualifier", qualifier,
		"MaximumEventAgeInSeconds", config.get("MaximumEventAgeInSeconds"), "MaximumRetryAttempts", config.get("MaximumRetryAttempts"))
	if len(destinations.keys) > 0 {
		made.set("DestinationConfig", destinations)
	}
	r.add(r.logical+"EventInvokeConfig", config, "AWS::Lambda::EventInvokeConfig", made)
}

// polled are the properties of an event of SAM that are those of the event source mapping.
var polled = []string{
	"BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "Enabled", "FilterCriteria", "FunctionResponseTypes", "KmsKeyArn", "MaximumBatchingWindowInSeconds",
	"MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "MetricsConfig", "ParallelizationFactor", "ProvisionedPollerConfig", "ScalingConfig", "StartingPosition",
	"StartingPositionTimestamp", "TumblingWindowInSeconds",
}

// mapping completes the properties of an event source mapping.
func (r *samResource) mapping(e, made *node) *node {
	p := e.getOr("Properties")
	for _, name := range polled {
		made.setIf(name, p.get(name))
	}
	if to := made.get("DestinationConfig").get("OnFailure"); to.isObject() {
		made.set("DestinationConfig", to.newObject("OnFailure", to.newObject("Destination", to.get("Destination"))))
	}
	if made.get("FunctionName") != nil && r.properties.get("AutoPublishAlias") != nil {
		made.set("FunctionName", e.newRef(r.t.s.aliases[r.logical+".Alias"]))
	}
	return made
}

// rule completes the properties of a rule of EventBridge.
func (r *samResource) rule(name string, e, made *node) *node {
	p := e.getOr("Properties")
	to := e.newObject("Id", r.logical+name+"LambdaTarget", "Arn", e.newGetAtt(r.logical, "Arn"), "Input", p.get("Input"), "InputPath", p.get("InputPath"),
		"RetryPolicy", p.get("RetryPolicy"), "InputTransformer", p.get("InputTransformer"))
	if dead := p.get("DeadLetterConfig"); dead != nil {
		to.set("DeadLetterConfig", dead)
	}
	made.set("Targets", e.newList(to))
	made.setIf("Description", p.get("Description"))
	state := p.get("State")
	if enabled := p.get("Enabled").value(); state == nil && enabled != "" {
		state = e.newString("ENABLED")
		if enabled == "false" {
			state = e.newString("DISABLED")
		}
	}
	made.setIf("State", state)
	if named := p.get("Name"); made.get("Name") == nil {
		made.setIf("Name", named)
	}
	return made
}

// scheduled completes the properties of a schedule of EventBridge Scheduler.
func (r *samResource) scheduled(name string, e, made *node) *node {
	p := e.getOr("Properties")
	roleARN := p.get("RoleArn")
	if roleARN == nil {
		roleARN = e.newGetAtt(r.logical+name+"Role", "Arn")
	}
	made.set("Target", e.newObject("Arn", e.newGetAtt(r.logical, "Arn"), "RoleArn", roleARN, "Input", p.get("Input"), "RetryPolicy", p.get("RetryPolicy")))
	window := p.get("FlexibleTimeWindow")
	if window == nil {
		window = e.newObject("Mode", "OFF")
	}
	made.set("FlexibleTimeWindow", window)
	for _, key := range []string{"Description", "EndDate", "GroupName", "KmsKeyArn", "ScheduleExpressionTimezone", "StartDate", "State"} {
		made.setIf(key, p.get(key))
	}
	return made
}

// table makes the properties of a table of those of SAM.
func (r *samResource) table() *node {
	p := r.properties
	name, kind := r.node.newString("id"), r.node.newString("S")
	if key := p.get("PrimaryKey"); key != nil {
		if n := key.get("Name"); n != nil {
			name = n
		}
		switch key.get("Type").value() {
		case "Number":
			kind = key.newString("N")
		case "Binary":
			kind = key.newString("B")
		}
	}
	made := r.node.newObject("AttributeDefinitions", r.node.newList(r.node.newObject("AttributeName", name, "AttributeType", kind)),
		"KeySchema", r.node.newList(r.node.newObject("AttributeName", name, "KeyType", "HASH")),
		"TableName", p.get("TableName"), "ProvisionedThroughput", p.get("ProvisionedThroughput"), "SSESpecification", p.get("SSESpecification"), "PointInTimeRecoverySpecification", p.get("PointInTimeRecoverySpecification"))
	if p.get("ProvisionedThroughput") == nil {
		made.set("BillingMode", r.node.newString("PAY_PER_REQUEST"))
	}
	if p.get("Tags") != nil {
		made.set("Tags", r.tagList(p.get("Tags"), ""))
	}
	return made
}

// definition completes the properties of a state machine.
func (r *samResource) definition(machine *node) {
	p := r.properties
	if d := p.get("Definition"); d != nil {
		machine.set("Definition", d)
	}
	machine.setIf("DefinitionS3Location", r.location(p.get("DefinitionUri"), "Bucket", "Key", "Version"))
	machine.setIf("StateMachineType", p.get("Type"))
	machine.setIf("LoggingConfiguration", p.get("Logging"))
	machine.setIf("TracingConfiguration", p.get("Tracing"))
	machine.set("Tags", r.tagList(p.get("Tags"), "stateMachine:createdBy"))
}
