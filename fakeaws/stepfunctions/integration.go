package stepfunctions

import (
	"context"
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// An integration is an optimized one: its operation in the SDK, with the parameters that Step
// Functions takes.
type integration struct {
	sdk, operation string
	// patterns are those that it has beside request and response.
	token, sync bool
	params      []string
}

// integrations are the optimized ones whose services have fakes, by service and action ("Integrating
// optimized services with Step Functions").
var integrations = map[string]integration{
	"lambda:invoke": {"lambda", "Invoke", true, false, []string{"ClientContext", "FunctionName", "InvocationType", "Payload", "Qualifier"}},
	"sqs:sendMessage": {"sqs", "SendMessage", true, false, []string{"DelaySeconds", "MessageAttributes", "MessageBody", "MessageDeduplicationId", "MessageGroupId",
		"QueueUrl"}},
	"sns:publish": {"sns", "Publish", true, false, []string{"Message", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageStructure", "PhoneNumber",
		"Subject", "TargetArn", "TopicArn"}},
	"events:putEvents":      {"eventbridge", "PutEvents", true, false, []string{"Entries"}},
	"states:startExecution": {"sfn", "StartExecution", true, true, []string{"Input", "Name", "StateMachineArn", "TraceHeader"}},
	"dynamodb:getItem":      {"dynamodb", "GetItem", false, false, nil},
	"dynamodb:putItem":      {"dynamodb", "PutItem", false, false, nil},
	"dynamodb:updateItem":   {"dynamodb", "UpdateItem", false, false, nil},
	"dynamodb:deleteItem":   {"dynamodb", "DeleteItem", false, false, nil},
}

// integrate performs an optimized integration.
func (s *Fake) integrate(ctx context.Context, actor fakeaws.Actor, j *job) *answer {
	r := j.resource
	i, ok := integrations[r.service+":"+r.action]
	params, object := j.params.(map[string]any)
	switch {
	case !ok, r.token && !i.token, r.sync && !i.sync:
		return &answer{failure: errNoService("the resource " + r.text)}
	case !object:
		return &answer{failure: &asl.Error{Name: asl.ErrRuntime, Cause: "The Parameters '" + j.text + "' could not be used to start the Task: they are no object"}}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if i.params != nil && !slices.Contains(i.params, name) {
			return &answer{failure: &asl.Error{Name: asl.ErrRuntime, Cause: "The Parameters '" + j.text + "' could not be used to start the Task: [The field '" + name + "' is not supported]"}}
		}
	}
	switch r.service {
	case "lambda":
		return s.integrateLambda(ctx, actor, params)
	case "events":
		params = s.withResources(params, j)
	}
	value, failure := s.do(ctx, actor, i.sdk, i.operation, params, wordings[r.service])
	if failure != nil {
		return &answer{failure: failure}
	}
	out := value.(map[string]any)
	if r.service == "events" && !zero(out["FailedEntryCount"]) {
		return &answer{failure: &asl.Error{Name: "EventBridge.FailedEntry", Cause: encoded(out)}}
	}
	return &answer{value: s.withMetadata(out)}
}

func zero(v any) bool { return v == nil || v == integer(0) }

// withMetadata adds what the optimized integrations tell of the answer's HTTP.
func (s *Fake) withMetadata(out map[string]any) any {
	request := s.world.IDs().UUID()
	out["SdkHttpMetadata"] = map[string]any{"HttpStatusCode": integer(200), "HttpHeaders": map[string]any{"x-amzn-RequestId": request}}
	out["SdkResponseMetadata"] = map[string]any{"RequestId": request}
	return out
}

// integrateLambda invokes a function by its name or ARN.
func (s *Fake) integrateLambda(ctx context.Context, actor fakeaws.Actor, params map[string]any) *answer {
	if v, ok := params["Payload"]; ok { // a string is a JSON value too
		params = maps.Clone(params)
		params["Payload"], _ = asl.Encode(v, asl.MaxData) // it is a part of what was measured
	}
	out, failure := s.invoke(ctx, actor, params)
	if failure != nil {
		return &answer{failure: failure}
	}
	return &answer{value: s.withMetadata(out)}
}

// withResources adds the execution and the state machine to the resources of events, as Step
// Functions does.
func (s *Fake) withResources(params map[string]any, j *job) map[string]any {
	entries, ok := params["Entries"].([]any)
	if !ok {
		return params
	}
	entries = slices.Clone(entries)
	for i, v := range entries {
		entry, ok := v.(map[string]any)
		if !ok {
			continue
		}
		entry = maps.Clone(entry)
		resources, _ := entry["Resources"].([]any)
		entry["Resources"] = append(slices.Clone(resources), j.run.arn, j.machine.arn(kindMachine))
		entries[i] = entry
	}
	params = maps.Clone(params)
	params["Entries"] = entries
	return params
}

// describeChild asks for the outcome of an execution that a task has waited for. One that did
// not succeed fails the task, with its description as the cause.
func (s *Fake) describeChild(ctx context.Context, actor fakeaws.Actor, j *job) *answer {
	value, failure := s.do(ctx, actor, "sfn", "DescribeExecution", map[string]any{"ExecutionArn": j.describe}, wordings["states"])
	if failure != nil {
		return &answer{failure: failure}
	}
	out := value.(map[string]any)
	if out["Status"] != "SUCCEEDED" {
		return &answer{failure: &asl.Error{Name: asl.ErrTaskFailed, Cause: encoded(out)}}
	}
	if j.resource.parsed {
		for _, name := range []string{"Input", "Output"} {
			if text, ok := out[name].(string); ok {
				if v, err := asl.Decode([]byte(text)); err == nil {
					out[name] = v
				}
			}
		}
	}
	return &answer{value: out}
}
