package lambdatest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"reflect"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"

	golambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/lambda"
)

// A runtime runs a Go handler. It keeps the handler of one execution environment: of a
// World, with a version of the function and a role.
type runtime struct {
	build func(aws.Config) any

	mu  sync.Mutex
	of  environment
	cfg aws.Config
	h   any
}

// An environment is what a handler is made for.
type environment struct {
	world         *fakeaws.World
	version, role string
}

// Invoke implements [lambda.Runtime].
func (r *runtime) Invoke(ctx context.Context, i *lambda.Invocation) (payload []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			payload, err = nil, panicked(v)
		}
	}()
	cfg, handler := r.handler(i)
	about := &lambdacontext.LambdaContext{AwsRequestID: i.RequestID, InvokedFunctionArn: i.ARN}
	if i.ClientContext != nil {
		if err := json.Unmarshal(i.ClientContext, &about.ClientContext); err != nil {
			return nil, err
		}
	}
	ctx = lambdacontext.NewContext(ctx, about)
	ctx = context.WithValue(ctx, key{}, &invocation{cfg, i})
	// A handler of aws-lambda-go gives the buffer of its answer to the next: so each
	// invocation has one of its own.
	answer, err := golambda.NewHandler(handler).Invoke(ctx, i.Payload)
	if err != nil {
		return nil, failed(err)
	}
	return bytes.Clone(answer), nil
}

// handler returns the handler of an invocation and its config.
func (r *runtime) handler(i *lambda.Invocation) (aws.Config, any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if of := (environment{i.World, i.Version, i.Role}); r.of != of {
		r.cfg = awstest.ConfigIn(i.World, i.Region, aws.CredentialsProviderFunc(i.Credentials))
		r.of, r.h = of, r.build(r.cfg)
	}
	return r.cfg, r.h
}

// failed is how aws-lambda-go answers an error.
func failed(err error) error {
	var own messages.InvokeResponse_Error
	if errors.As(err, &own) {
		if text, marshalErr := json.Marshal(own); marshalErr == nil {
			return &lambda.FunctionError{Payload: text}
		}
	}
	return err
}

// panicked is how aws-lambda-go answers a panic: with the type of its value, and the stack.
func panicked(v any) error {
	if own, ok := v.(messages.InvokeResponse_Error); ok {
		return failed(own)
	}
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	text := ""
	switch v := v.(type) {
	case error:
		text = v.Error()
	case string:
		text = v
	default:
		if b, err := json.Marshal(v); err == nil {
			text = string(b)
		}
	}
	document, err := json.Marshal(messages.InvokeResponse_Error{Message: text, Type: t.Name(), StackTrace: stack()})
	if err != nil {
		return errors.New(text)
	}
	return &lambda.FunctionError{Payload: document}
}

// stack is where a panic was.
func stack() (all []*messages.InvokeResponse_Error_StackFrame) {
	const hidden, most = 4, 32 // runtime.Callers, stack, panicked and the deferred function
	pcs := make([]uintptr, most)
	frames := goruntime.CallersFrames(pcs[:goruntime.Callers(hidden, pcs)])
	for {
		frame, more := frames.Next()
		file := frame.File[strings.LastIndexByte(frame.File, '/')+1:]
		label := frame.Function[strings.LastIndexByte(frame.Function, '/')+1:]
		all = append(all, &messages.InvokeResponse_Error_StackFrame{Path: file, Line: int32(frame.Line), Label: label})
		if !more {
			return all
		}
	}
}

type key struct{}

// An invocation is what the context of a handler has.
type invocation struct {
	cfg aws.Config
	*lambda.Invocation
}

// of returns the invocation of a handler's context. Another context is a fault of the
// program, which panics as a missing environment of Lambda would end it.
func of(ctx context.Context) *invocation {
	i, ok := ctx.Value(key{}).(*invocation)
	if !ok {
		panic("lambdatest: the context is not one that a handler of lambdatest.Handle was given")
	}
	return i
}

// Config returns the config of the function's execution role, of the context that a handler
// gets. It is what config.LoadDefaultConfig returns in AWS.
func Config(ctx context.Context) aws.Config { return of(ctx).cfg }

// Log returns a writer to the function's log, as standard output is in AWS.
func Log(ctx context.Context) io.Writer { return of(ctx).Invocation.Log }

// Logger returns a logger to the function's log.
func Logger(ctx context.Context) *slog.Logger { return slog.New(slog.NewTextHandler(Log(ctx), nil)) }

// Getenv returns an environment variable of the function: one of its own, or one that Lambda
// sets, as AWS_LAMBDA_FUNCTION_NAME. The process has none of them, because it has many
// functions.
func Getenv(ctx context.Context, name string) string { return of(ctx).variables()[name] }

// variables are the environment variables of an execution environment ("Defined runtime
// environment variables" of the developer guide).
func (i *invocation) variables() map[string]string {
	all := map[string]string{
		"AWS_REGION": i.Region, "AWS_DEFAULT_REGION": i.Region, "AWS_LAMBDA_FUNCTION_NAME": i.FunctionName, "AWS_LAMBDA_FUNCTION_VERSION": i.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(i.MemorySize), "AWS_LAMBDA_LOG_GROUP_NAME": i.LogGroup, "AWS_LAMBDA_LOG_STREAM_NAME": i.LogStream,
		"AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "_HANDLER": "bootstrap", "LAMBDA_TASK_ROOT": "/var/task",
	}
	maps.Copy(all, i.Environment)
	return all
}
