// Package lambdatest has Go handlers be the Lambda functions of the accounts of package
// awstest. A function runs with a session of its execution role, so that its policies are
// tested with it. Only tests that import this package link the fake of AWS Lambda:
//
//	acct := awstest.New(t, lambdatest.With())
//	role := acct.NewRole("worker", lambdatest.Trust(), awstest.File("policy.json"))
//	lambdatest.Of(acct).Handle("worker", role, handle)
package lambdatest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/lambda"
)

// With gives a World AWS Lambda: an option of [awstest.New].
func With() awstest.Option { return awstest.With(lambda.Service) }

// Trust is the trust policy of an execution role: Lambda may assume it.
func Trust() awstest.RoleOption {
	return awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com"))
}

// Functions are those of an account in one region, for Go code that makes and inspects them
// past the clients: no policy is asked, and [awstest.Account.Calls] shows nothing of it. What
// goes wrong ends the test.
type Functions struct {
	account *awstest.Account
	region  string
}

// Of returns the account's functions in its region.
func Of(a *awstest.Account) *Functions { return &Functions{a, a.Region()} }

// In returns the account's functions in another region.
func (f *Functions) In(region string) *Functions { return &Functions{f.account, region} }

// An Option is a setting of a function that is made.
type Option func(*awslambda.CreateFunctionInput)

// Timeout is how long the function may run: whole seconds, 3 without this.
func Timeout(d time.Duration) Option {
	return func(in *awslambda.CreateFunctionInput) { in.Timeout = aws.Int32(int32(d / time.Second)) }
}

// Environment are the environment variables of the function: see [Getenv].
func Environment(variables map[string]string) Option {
	return func(in *awslambda.CreateFunctionInput) { in.Environment = &types.Environment{Variables: variables} }
}

// DeadLetters is the queue or topic to which events go that failed.
func DeadLetters(arn string) Option {
	return func(in *awslambda.CreateFunctionInput) {
		in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: &arn}
	}
}

// Handle makes a function of a Go handler, which has one of the signatures that
// github.com/aws/aws-lambda-go/lambda takes. The role is its execution role, which Lambda
// must be able to assume: see [Trust]. The handler makes its clients of [Config].
func (f *Functions) Handle(name string, role *awstest.Principal, handler any, options ...Option) *Function {
	f.account.TB().Helper()
	return f.HandleConfig(name, role, func(aws.Config) any { return handler }, options...)
}

// HandleConfig makes a function of a handler that is made of a config, as handlers are that
// hold their clients. The config is that of the execution role. The handler is made when the
// function is first invoked, and again in a clone of the World and when the function has
// another role.
func (f *Functions) HandleConfig(name string, role *awstest.Principal, build func(aws.Config) any, options ...Option) *Function {
	f.account.TB().Helper()
	arn := role.ARN()
	in := &awslambda.CreateFunctionInput{
		FunctionName: &name, Role: &arn, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: archive()},
	}
	for _, set := range options {
		set(in)
	}
	do[awslambda.CreateFunctionOutput](f, "the function "+name, in)
	return f.RunConfig(name, build)
}

// Run has a handler be the code of a function that a program has made, or will make.
func (f *Functions) Run(name string, handler any) *Function {
	f.account.TB().Helper()
	return f.RunConfig(name, func(aws.Config) any { return handler })
}

// RunConfig is Run for a handler that is made of a config.
func (f *Functions) RunConfig(name string, build func(aws.Config) any) *Function {
	f.account.TB().Helper()
	f.fake().SetRuntime(f.account.ID(), f.region, name, &runtime{build: build})
	return &Function{f, name}
}

// Function returns a function by its name.
func (f *Functions) Function(name string) *Function { return &Function{f, name} }

// archive is the code that functions have: an empty one.
func archive() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create("bootstrap"); err != nil {
		return nil // a buffer takes all
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}

func (f *Functions) fake() *lambda.Fake {
	f.account.TB().Helper()
	fixture.Require(f.account, "lambda", "Lambda", "lambdatest")
	return lambda.Of(f.account.World())
}

// do performs an operation by the World's own hand.
func do[O any](f *Functions, subject string, in any) *O {
	f.account.TB().Helper()
	f.fake()
	return fixture.Do[O](f.account, f.region, "lambdatest: "+subject, in)
}

// A Function is one function that Go code sets up and inspects.
type Function struct {
	functions *Functions
	name      string
}

// Name returns the function's name.
func (x *Function) Name() string { return x.name }

// ARN returns the function's ARN.
func (x *Function) ARN() string {
	return fakeaws.ARN("lambda", x.functions.region, x.functions.account.ID(), "function:"+x.name)
}

// A MappingOption is a setting of an event source mapping.
type MappingOption func(*awslambda.CreateEventSourceMappingInput)

// BatchSize is how many records a batch has at most; of a queue 10 without this.
func BatchSize(n int) MappingOption {
	return func(in *awslambda.CreateEventSourceMappingInput) { in.BatchSize = aws.Int32(int32(n)) }
}

// Window is how long a batch is gathered.
func Window(d time.Duration) MappingOption {
	return func(in *awslambda.CreateEventSourceMappingInput) {
		in.MaximumBatchingWindowInSeconds = aws.Int32(int32(d / time.Second))
	}
}

// From is where a mapping begins to read a stream: AWS demands it of streams, and takes it of no
// queue.
func From(position types.EventSourcePosition) MappingOption {
	return func(in *awslambda.CreateEventSourceMappingInput) { in.StartingPosition = position }
}

// ReportFailures has the function answer which records of a batch failed.
func ReportFailures() MappingOption {
	return func(in *awslambda.CreateEventSourceMappingInput) {
		in.FunctionResponseTypes = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}
	}
}

// Filters are patterns of which records must match one.
func Filters(patterns ...string) MappingOption {
	return func(in *awslambda.CreateEventSourceMappingInput) {
		in.FilterCriteria = &types.FilterCriteria{}
		for _, p := range patterns {
			in.FilterCriteria.Filters = append(in.FilterCriteria.Filters, types.Filter{Pattern: &p})
		}
	}
}

// Consume has the function handle the messages of a queue, or the records of a stream of
// Kinesis or DynamoDB, by its ARN. The execution role must be allowed to receive and to delete
// messages, or to read the stream. It returns the id of the event source mapping. What comes
// is handled by [awstest.Account.Settle], or a moment later.
func (x *Function) Consume(sourceARN string, options ...MappingOption) (uuid string) {
	x.functions.account.TB().Helper()
	in := &awslambda.CreateEventSourceMappingInput{FunctionName: &x.name, EventSourceArn: &sourceARN}
	for _, set := range options {
		set(in)
	}
	return *do[awslambda.CreateEventSourceMappingOutput](x.functions, "the event source mapping of "+x.name, in).UUID
}

// Permit lets a service of AWS, an account or a principal invoke the function: a statement in
// its policy. A source ARN bounds for whom a service may; empty is no bound.
func (x *Function) Permit(principal, sourceARN string) {
	x.functions.account.TB().Helper()
	in := &awslambda.AddPermissionInput{
		FunctionName: &x.name, StatementId: aws.String("s" + x.functions.account.World().IDs().Hex(16)), Action: aws.String("lambda:InvokeFunction"), Principal: &principal,
	}
	if sourceARN != "" {
		in.SourceArn = &sourceARN
	}
	do[awslambda.AddPermissionOutput](x.functions, "the policy of "+x.name, in)
}

// Invoke invokes the function with an event, which is made JSON, and returns its answer. An
// error of the function ends the test.
func (x *Function) Invoke(event any) []byte {
	t := x.functions.account.TB()
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatalf("lambdatest: the event of %s: %v", x.name, err)
		return nil
	}
	out := do[awslambda.InvokeOutput](x.functions, "invoke "+x.name, &awslambda.InvokeInput{FunctionName: &x.name, Payload: payload})
	if out.FunctionError != nil {
		t.Fatalf("lambdatest: the function %s failed: %s", x.name, out.Payload)
	}
	return out.Payload
}

// Invocations returns the latest invocations of the function, the first first, with their
// logs.
func (x *Function) Invocations() []lambda.Invoked {
	x.functions.account.TB().Helper()
	return x.functions.fake().Invocations(x.functions.account.ID(), x.functions.region, x.name)
}
