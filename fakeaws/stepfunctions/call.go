package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/fakeaws/internal/sdkjson"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// perform calls a service as the role of a state machine. No lock is held.
func (s *Fake) perform(ctx context.Context, j *job) *answer {
	actor, failure := s.actor(ctx, j)
	if failure != nil {
		return &answer{failure: failure}
	}
	if j.mapping != nil {
		return s.performMap(ctx, actor, j.mapping)
	}
	switch r := j.resource; {
	case j.describe != "":
		return s.describeChild(ctx, actor, j)
	case r.function != "":
		return s.invokeFunction(ctx, actor, r.function, j.text)
	case r.isSync() && !j.run.agenda.private: // what a call runs waits in the call
		return s.beginSync(ctx, actor, j)
	case r.sdk:
		return s.callSDK(ctx, actor, r, j.params)
	default:
		return s.integrate(ctx, actor, j)
	}
}

// actor is the session with which a task calls: of the state machine's role, or of the role that
// Credentials names, which that one assumes.
func (s *Fake) actor(ctx context.Context, j *job) (fakeaws.Actor, *asl.Error) {
	session, err := role.Assume(ctx, s.world, as(j.machine), j.role, j.session)
	if err != nil {
		return fakeaws.Actor{}, &asl.Error{Name: asl.ErrPermissions, Cause: *text(textNotAssumable, []any{j.role, err})}
	}
	if j.as == "" {
		return session.Actor, nil
	}
	out, err := fakeaws.Do[sts.AssumeRoleOutput](ctx, s.world, session.Actor, &sts.AssumeRoleInput{RoleArn: &j.as, RoleSessionName: &j.session})
	if err != nil {
		return fakeaws.Actor{}, &asl.Error{Name: asl.ErrPermissions, Cause: *text(textNotAssumable, []any{j.as, err})}
	}
	actor, err := s.world.ActorOf(*out.Credentials.AccessKeyId, j.machine.region)
	if err != nil {
		return fakeaws.Actor{}, &asl.Error{Name: asl.ErrPermissions, Cause: err.Error()}
	}
	return actor, nil
}

// errNoService is how a task fails whose service the World has no fake of.
func errNoService(what string) *asl.Error {
	return &asl.Error{Name: asl.ErrRuntime, Cause: "leastpriv: " + what + " is not implemented, or this World has no fake of the service"}
}

// do performs an operation of a service with parameters in JSON.
func (s *Fake) do(ctx context.Context, actor fakeaws.Actor, sdk, operation string, params any, words wording) (any, *asl.Error) {
	in, ok := s.world.InputOf(sdk, operation)
	if !ok {
		return nil, errNoService(sdk + ":" + operation)
	}
	object, ok := params.(map[string]any)
	if !ok {
		return nil, &asl.Error{Name: asl.ErrRuntime, Cause: "The Parameters '" + encoded(params) + "' could not be used to start the Task: they are no object"}
	}
	if err := sdkjson.Fill(in, object); err != nil {
		return nil, &asl.Error{Name: asl.ErrRuntime, Cause: fmt.Sprintf("The Parameters '%s' could not be used to start the Task: [%v]", encoded(params), err)}
	}
	out, err := s.world.Do(ctx, actor, in)
	if err != nil {
		return nil, words.failure(s.world, err)
	}
	return sdkjson.Value(out), nil
}

func encoded(v any) string {
	text, _ := asl.Encode(v, 1<<15)
	return text
}

// A wording is how the errors of a service are called by a kind of integration.
type wording struct {
	prefix  string
	generic string // the error that the service's model does not have
	service string // as causes have it
	v1      bool   // the text is that of the SDK for Java 1
}

// wordings are those of the optimized integrations, as error names that users quote have them. Those
// of EventBridge and SNS are unverified.
var wordings = map[string]wording{
	"lambda":   {"Lambda", "AWSLambdaException", "AWSLambda", true},
	"sqs":      {"SQS", "AmazonSQSException", "AmazonSQS", true},
	"sns":      {"SNS", "AmazonSNSException", "AmazonSNS", true},
	"events":   {"EventBridge", "AmazonEventBridgeException", "AmazonEventBridge", true},
	"dynamodb": {"DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2", true},
	"states":   {"StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions", true},
}

// javaNames are services whose names in errors are not their packages' with a capital letter: as
// the SDK for Java 2 has them.
var javaNames = map[string]string{
	"dynamodb": "DynamoDb", "eventbridge": "EventBridge", "secretsmanager": "SecretsManager", "cloudwatch": "CloudWatch", "cloudwatchlogs": "CloudWatchLogs",
	"apigateway": "ApiGateway", "s3control": "S3Control",
}

// sdkWording is that of the AWS SDK integrations.
func sdkWording(service string) wording {
	name, ok := javaNames[service]
	if !ok {
		name = capital(service)
	}
	return wording{prefix: name, generic: name + "Exception", service: name}
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return string(unicode.ToUpper(rune(s[0]))) + s[1:]
}

// failure is the error of a service as tasks fail with it: by the name of the exception of the
// SDK for Java, which is the service's own for what its model does not have.
func (w wording) failure(world *fakeaws.World, err error) *asl.Error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return &asl.Error{Name: asl.ErrTaskFailed, Cause: err.Error()}
	}
	name := w.generic
	if t := reflect.TypeOf(api); t.Kind() == reflect.Pointer && strings.HasSuffix(t.Elem().PkgPath(), "/types") {
		if name = t.Elem().Name(); !strings.HasSuffix(name, "Exception") {
			name += "Exception"
		}
	}
	status := 400
	var own *fakeaws.Error
	if errors.As(err, &own) && own.Status > 0 {
		status = own.Status
	}
	cause := fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s)", api.ErrorMessage(), w.service, status, world.IDs().UUID())
	if w.v1 {
		cause = fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)", api.ErrorMessage(), w.service, status, api.ErrorCode(), world.IDs().UUID())
	}
	return &asl.Error{Name: w.prefix + "." + name, Cause: cause}
}

// callSDK calls any operation of a service of the World.
func (s *Fake) callSDK(ctx context.Context, actor fakeaws.Actor, r *resource, params any) *answer {
	value, failure := s.do(ctx, actor, r.service, capital(r.action), params, sdkWording(r.service))
	if failure != nil {
		return &answer{failure: failure}
	}
	return &answer{value: value}
}

// invokeFunction invokes a function by its ARN, which is the Resource of the state.
func (s *Fake) invokeFunction(ctx context.Context, actor fakeaws.Actor, function, payload string) *answer {
	out, failure := s.invoke(ctx, actor, map[string]any{"FunctionName": function, "Payload": payload})
	if failure != nil {
		return &answer{failure: failure}
	}
	return &answer{value: out["Payload"]}
}

// invoke invokes a function: the answer has its payload as a value.
func (s *Fake) invoke(ctx context.Context, actor fakeaws.Actor, params map[string]any) (map[string]any, *asl.Error) {
	if !s.world.Has("lambda") {
		return s.deliverFunction(ctx, actor, params)
	}
	v, failure := s.do(ctx, actor, "lambda", "Invoke", params, wordings["lambda"])
	if failure != nil {
		return nil, failure
	}
	out := v.(map[string]any)
	payload, _ := out["Payload"].(string)
	if out["FunctionError"] != nil {
		return nil, functionError(payload)
	}
	delete(out, "LogResult")
	out["Payload"] = nil
	if payload != "" {
		value, err := asl.Decode([]byte(payload))
		if err != nil {
			return nil, &asl.Error{Name: asl.ErrRuntime, Cause: "The payload of the function is no valid JSON: " + err.Error()}
		}
		out["Payload"] = value
	}
	return out, nil
}

// functionError is the error of a function: by the errorType of its answer, with all of that as
// the cause.
func functionError(payload string) *asl.Error {
	name := "Lambda.Unknown"
	if v, err := asl.Decode([]byte(payload)); err == nil {
		object, _ := v.(map[string]any)
		if kind, ok := object["errorType"].(string); ok && kind != "" {
			name = kind
		}
	}
	return &asl.Error{Name: name, Cause: payload}
}

// deliverFunction invokes a function of a World without a fake of Lambda: Go code stands for
// it. Its error is that of the function.
func (s *Fake) deliverFunction(ctx context.Context, actor fakeaws.Actor, params map[string]any) (map[string]any, *asl.Error) {
	function, _ := params["FunctionName"].(string)
	if _, err := awsarn.Parse(function); err != nil {
		return nil, errNoService("the invocation of a function that is not named by its ARN, " + function + ",")
	}
	payload, ok := params["Payload"].(string)
	if !ok && params["Payload"] != nil {
		payload = encoded(params["Payload"])
	}
	body, err := s.world.Deliver(ctx, actor, &fakeaws.Delivery{Target: function, Body: []byte(payload), Answered: true})
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		return nil, wordings["lambda"].failure(s.world, err)
	case err != nil:
		kind := reflect.TypeOf(err)
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		return nil, functionError(encoded(map[string]any{"errorMessage": err.Error(), "errorType": kind.Name()}))
	}
	out := map[string]any{"Payload": nil, "StatusCode": integer(200), "ExecutedVersion": "$LATEST"}
	if len(body) > 0 {
		if out["Payload"], err = asl.Decode(body); err != nil {
			return nil, &asl.Error{Name: asl.ErrRuntime, Cause: "The payload of the function is no valid JSON: " + err.Error()}
		}
	}
	return out, nil
}
