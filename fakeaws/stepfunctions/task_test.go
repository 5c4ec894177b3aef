package stepfunctions_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// An outOfStockError is an error of a function.
type outOfStockError struct{}

func (*outOfStockError) Error() string { return "nothing left" }

// function has Go code stand for a function of Lambda, and returns its ARN.
func (c *cloud) function(name string, code func(payload string) (string, error)) string {
	arn := fakeaws.ARN("lambda", c.Region(), c.ID(), "function:"+name)
	c.World().Receive(arn, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		out, err := code(string(d.Body))
		return []byte(out), err
	})
	return arn
}

// A function is invoked with the machine's role, by its ARN and by the integration.
func TestFunctions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	arn := c.function("f", func(payload string) (string, error) {
		if payload == `"fail"` {
			return "", &outOfStockError{}
		}
		return `{"got":` + payload + `}`, nil
	})
	denied := c.run(t, one(`{"Type":"Task","Resource":"`+arn+`"}`), `1`)
	assert.Equal(t, "Lambda.AWSLambdaException", aws.ToString(denied.Error))
	assert.Contains(t, *denied.Cause, "is not authorized to perform: lambda:InvokeFunction on resource: "+arn+" because no identity-based policy allows the lambda:InvokeFunction action (Service: AWSLambda; Status Code: ")

	c.role.Attach(awstest.Allow("lambda:InvokeFunction").On(arn))
	direct := c.run(t, one(`{"Type":"Task","Resource":"`+arn+`","ResultPath":"$.r"}`), `{"a":1}`)
	require.Equal(t, types.ExecutionStatusSucceeded, direct.Status, aws.ToString(direct.Cause))
	sameJSON(t, `{"a":1,"r":{"got":{"a":1}}}`, *direct.Output)
	assert.Equal(t, "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded", kinds(c.history(t, direct.ExecutionArn)))

	optimized := c.run(t, one(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"`+arn+`","Payload.$":"$.p"},"OutputPath":"$.Payload"}`), `{"p":"text"}`)
	require.Equal(t, types.ExecutionStatusSucceeded, optimized.Status, aws.ToString(optimized.Cause))
	sameJSON(t, `{"got":"text"}`, *optimized.Output)
	assert.Equal(t, "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded", kinds(c.history(t, optimized.ExecutionArn)))

	failed := c.run(t, one(`{"Type":"Task","Resource":"`+arn+`"}`), `"fail"`)
	assert.Equal(t, "outOfStockError", aws.ToString(failed.Error))
	sameJSON(t, `{"errorMessage":"nothing left","errorType":"outOfStockError"}`, *failed.Cause)
	assert.Equal(t, "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed", kinds(c.history(t, failed.ExecutionArn)))
}

// Retriers wait by the World's clock, each with its own count; the context object tells it.
func TestRetry(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	var times []time.Time
	arn := c.function("f", func(string) (string, error) {
		times = append(times, c.Now())
		if len(times) < 4 {
			return "", &outOfStockError{}
		}
		return `"done"`, nil
	})
	c.role.Attach(awstest.Allow("lambda:InvokeFunction").On(arn))
	execution := c.begin(t, c.machine(t, "tries", one(`{"Type":"Task","Resource":"`+arn+`","Retry":[{"ErrorEquals":["other"],"MaxAttempts":0},
		{"ErrorEquals":["outOfStockError"],"IntervalSeconds":10,"BackoffRate":3,"MaxDelaySeconds":50,"MaxAttempts":3}]}`)), `{}`)
	c.Advance(10 * time.Minute)
	out := c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status)
	require.Len(t, times, 4)
	for i, want := range []time.Duration{10 * time.Second, 30 * time.Second, 50 * time.Second} {
		assert.InDelta(t, want.Seconds(), times[i+1].Sub(times[i]).Seconds(), 2)
	}

	times = nil
	execution = c.begin(t, c.machine(t, "gives-up", one(`{"Type":"Task","Resource":"`+arn+`","Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":1}]}`)), `{}`)
	c.Advance(10 * time.Minute)
	assert.Equal(t, "outOfStockError", aws.ToString(c.describe(t, execution).Error))
	assert.Len(t, times, 2)
}

// The queue and the topic of the account get messages; objects become their JSON.
func TestIntegrations(t *testing.T) {
	t.Parallel()
	c := newCloud(t, awstest.With(sns.Service))
	queue := c.SQS().CreateQueue("q", nil)
	send := one(`{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"` + queue.URL() + `","MessageBody":{"n.$":"$.n"},"MessageAttributes":{"kind":{"DataType":"String","StringValue":"x"}}},"ResultSelector":{"id.$":"$.MessageId","status.$":"$.SdkHttpMetadata.HttpStatusCode"}}`)
	denied := c.run(t, send, `{"n":1}`)
	assert.Equal(t, "SQS.AmazonSQSException", aws.ToString(denied.Error))
	c.role.Attach(awstest.Allow("sqs:SendMessage").On(queue.ARN()))
	out := c.run(t, send, `{"n":1}`)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
	assert.Contains(t, *out.Output, `"status":200`)
	messages, err := awssqs.NewFromConfig(c.Config()).ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String(queue.URL()), MessageAttributeNames: []string{"All"}})
	require.NoError(t, err)
	require.Len(t, messages.Messages, 1)
	assert.Equal(t, `{"n":1}`, *messages.Messages[0].Body)
	assert.Equal(t, "x", *messages.Messages[0].MessageAttributes["kind"].StringValue)

	missing := c.run(t, strings.Replace(send, "/q", "/none", 1), `{"n":1}`)
	assert.Equal(t, types.ExecutionStatusFailed, missing.Status)
	unknown := c.run(t, strings.Replace(send, "MessageAttributes", "Attributes", 1), `{"n":1}`)
	assert.Contains(t, *unknown.Cause, "The field 'Attributes' is not supported")
	none := c.run(t, one(`{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun","Parameters":{}}`), `{}`)
	assert.Contains(t, *none.Cause, "leastpriv: the resource arn:aws:states:::glue:startJobRun is not implemented")
}

// Any operation of the World's services can be called by the name that the SDK has for it.
func TestSDKIntegrations(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.role.Attach(awstest.Allow("iam:CreateUser", "iam:TagUser").On(fakeaws.ARN("iam", "", c.ID(), "user/ann")))
	create := one(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:iam:createUser","Parameters":{"UserName.$":"$.name","Tags":[{"Key":"team","Value":"a"}]},"ResultSelector":{"arn.$":"$.User.Arn"}}`)
	out := c.run(t, create, `{"name":"ann"}`)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
	sameJSON(t, `{"arn":"`+fakeaws.ARN("iam", "", c.ID(), "user/ann")+`"}`, *out.Output)
	user, err := iam.NewFromConfig(c.Config()).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("ann")})
	require.NoError(t, err)
	assert.Equal(t, "team", *user.User.Tags[0].Key)

	for name, want := range map[string][2]string{
		"ann":   {"Iam.EntityAlreadyExistsException", "User with name ann already exists."},
		"berta": {"Iam.IamException", "is not authorized to perform: iam:CreateUser on resource"},
	} {
		failed := c.run(t, create, `{"name":"`+name+`"}`)
		assert.Equal(t, want[0], aws.ToString(failed.Error))
		assert.Contains(t, *failed.Cause, want[1])
	}
	bad := c.run(t, one(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:iam:createUser","Parameters":{"Name":1}}`), `{}`)
	assert.Contains(t, *bad.Cause, "[/Name: The field is not supported]")
	none := c.run(t, one(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:polly:listLexicons","Parameters":{}}`), `{}`)
	assert.Contains(t, *none.Cause, "leastpriv: polly:ListLexicons is not implemented, or this World has no fake of the service")
}

// A task waits for its token, and for heartbeats.
func TestTaskTokens(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	queue := c.SQS().CreateQueue("q", nil)
	c.role.Attach(awstest.Allow("sqs:SendMessage").On(queue.ARN()))
	machine := c.machine(t, "waits", one(`{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":30,"TimeoutSeconds":100,"Parameters":{"QueueUrl":"`+queue.URL()+`","MessageBody.$":"$$.Task.Token"}}`))
	receive := func() *string {
		out, err := awssqs.NewFromConfig(c.Config()).ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String(queue.URL())})
		require.NoError(t, err)
		require.Len(t, out.Messages, 1)
		_, err = awssqs.NewFromConfig(c.Config()).DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: aws.String(queue.URL()), ReceiptHandle: out.Messages[0].ReceiptHandle})
		require.NoError(t, err)
		return out.Messages[0].Body
	}
	ok := c.begin(t, machine, `{}`)
	token := receive()
	c.Advance(20 * time.Second)
	_, err := c.client.SendTaskHeartbeat(t.Context(), &sfn.SendTaskHeartbeatInput{TaskToken: token})
	require.NoError(t, err)
	c.Advance(20 * time.Second)
	assert.Equal(t, types.ExecutionStatusRunning, c.describe(t, ok).Status)
	_, err = c.client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: token, Output: aws.String(`{"a":1}`)})
	require.NoError(t, err)
	c.Settle()
	sameJSON(t, `{"a":1}`, *c.describe(t, ok).Output)
	assert.Equal(t, "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited ExecutionSucceeded", kinds(c.history(t, ok)))
	_, err = c.client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: token, Output: aws.String(`1`)})
	requireCode(t, err, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	_, err = c.client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: aws.String("x"), Output: aws.String(`1`)})
	requireCode(t, err, "InvalidToken", "Invalid Token: 'Invalid token'")

	silent := c.begin(t, machine, `{}`)
	c.Advance(time.Minute)
	assert.Equal(t, "States.HeartbeatTimeout", aws.ToString(c.describe(t, silent).Error))
	failed := c.begin(t, machine, `{}`)
	_ = receive() // that of the silent one
	token = receive()
	stranger := c.NewAccount()
	_, err = sfn.NewFromConfig(stranger.Config()).SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: token})
	requireCode(t, err, "TaskTimedOut", "")
	_, err = c.client.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: token, Error: aws.String("E"), Cause: aws.String("c")})
	require.NoError(t, err)
	assert.Equal(t, "E", aws.ToString(c.describe(t, failed).Error))
}

// A worker of an activity gets its tasks, also one that waits for them.
func TestActivities(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	activity, err := c.client.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("work")})
	require.NoError(t, err)
	machine := c.machine(t, "works", one(`{"Type":"Task","Resource":"`+*activity.ActivityArn+`","HeartbeatSeconds":60}`))
	execution := c.begin(t, machine, `{"a":1}`)
	c.Advance(time.Hour) // no worker has taken it, so its time has not begun
	task, err := c.client.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: activity.ActivityArn, WorkerName: aws.String("w1")})
	require.NoError(t, err)
	sameJSON(t, `{"a":1}`, *task.Input)
	_, err = c.client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: task.TaskToken, Output: aws.String(`2`)})
	require.NoError(t, err)
	assert.Equal(t, `2`, *c.describe(t, execution).Output)
	assert.Equal(t, "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted ActivitySucceeded TaskStateExited ExecutionSucceeded", kinds(c.history(t, execution)))

	got := make(chan string, 1)
	go func() {
		task, err := c.client.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: activity.ActivityArn})
		if err != nil {
			got <- err.Error()
			return
		}
		got <- aws.ToString(task.Input)
	}()
	time.Sleep(20 * time.Millisecond) // mostly it waits already
	c.begin(t, machine, `{"b":2}`)
	assert.Equal(t, `{"b":2}`, <-got)

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = c.client.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: activity.ActivityArn})
	require.Error(t, err)
	missing := c.run(t, one(`{"Type":"Task","Resource":"`+*activity.ActivityArn+`2"}`), `{}`)
	assert.Equal(t, "Activity Does Not Exist: '"+*activity.ActivityArn+"2'", (*missing.Cause)[strings.Index(*missing.Cause, "Activity"):])
}

// A state machine starts another, and waits for it.
func TestNestedExecutions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	inner := c.machine(t, "inner", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"P"},
		"P":{"Type":"Pass","Result":{"x":1},"End":true},"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`)
	outer := one(`{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"` + *inner + `","Input.$":"$"},"OutputPath":"$.Output"}`)
	_, err := c.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("outer"), RoleArn: aws.String(c.role.ARN()), Definition: &outer})
	requireCode(t, err, "AccessDeniedException", "'"+c.role.ARN()+"' is not authorized to create managed-rule.")
	rule := fakeaws.ARN("events", c.Region(), c.ID(), "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
	c.role.Attach(awstest.Allow("events:PutTargets", "events:PutRule", "events:DescribeRule").On(rule))
	c.role.Attach(awstest.Allow("states:StartExecution").On(*inner))
	machine := c.machine(t, "outer", outer)
	execution := c.begin(t, machine, `{}`)
	assert.Equal(t, "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted", kinds(c.history(t, execution)))
	c.Advance(2 * time.Minute)
	assert.Equal(t, "StepFunctions.AWSStepFunctionsException", aws.ToString(c.describe(t, execution).Error), "the role may not describe the execution")
	c.role.Attach(awstest.Allow("states:DescribeExecution").On(c.arn("execution:inner:*")))
	execution = c.begin(t, machine, `{}`)
	c.Advance(2 * time.Minute)
	out := c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
	sameJSON(t, `{"x":1}`, *out.Output)
	execution = c.begin(t, machine, `{"fail":true}`)
	c.Advance(2 * time.Minute)
	out = c.describe(t, execution)
	assert.Equal(t, "States.TaskFailed", aws.ToString(out.Error))
	assert.Contains(t, *out.Cause, `"Status":"FAILED"`)
}

// What Credentials name, the machine's role must be able to assume.
func TestCredentials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	other := c.NewRole("other", awstest.Trust(awstest.Allow("sts:AssumeRole").By(c.role.ARN())))
	other.Attach(awstest.Allow("iam:ListUsers").On("*"))
	list := one(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:iam:listUsers","Parameters":{},"Credentials":{"RoleArn":"` + other.ARN() + `"},"OutputPath":"$.Users"}`)
	denied := c.run(t, list, `{}`)
	assert.Equal(t, types.ExecutionStatusSucceeded, denied.Status, "a trust policy that names the role suffices in one account")
	sameJSON(t, `[]`, *denied.Output)
	stranger := c.NewRole("stranger", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
	refused := c.run(t, strings.Replace(list, other.ARN(), stranger.ARN(), 1), `{}`)
	assert.Equal(t, "States.Permissions", aws.ToString(refused.Error))
}

// The role is assumed for each task: a trust policy that changes counts at once, and so do the
// keys of the state machine in it.
func TestRoleIsAssumed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	list := one(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:iam:listUsers","Parameters":{}}`)
	c.role.Attach(awstest.Allow("iam:ListUsers").On("*"))
	machine := c.machine(t, "lists", list)
	trust := func(source string) {
		_, err := iam.NewFromConfig(c.Config()).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("machine"), PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"ArnEquals":{"aws:SourceArn":"` + source + `"},"StringEquals":{"aws:SourceAccount":"` + c.ID() + `"}}}}`)})
		require.NoError(t, err)
	}
	trust(*machine)
	assert.Equal(t, types.ExecutionStatusSucceeded, c.describe(t, c.begin(t, machine, `{}`)).Status)
	trust(*machine + "2")
	out := c.describe(t, c.begin(t, machine, `{}`))
	assert.Equal(t, "States.Permissions", aws.ToString(out.Error))
	_, err := c.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("another"), RoleArn: aws.String(c.role.ARN()), Definition: &list})
	requireCode(t, err, "AccessDeniedException", "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.")
}

// The calls of a test that uses all of a role's policies prove it least privilege.
func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	queue := c.SQS().CreateQueue("q", nil)
	c.role.Attach(awstest.Allow("sqs:SendMessage").On(queue.ARN()))
	c.run(t, one(`{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"`+queue.URL()+`","MessageBody":"m"}}`), `{}`)
	awstest.AssertLeastPrivilege(t, c.role)
}

// Go code's own errors are those of functions.
func TestPlainErrors(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	arn := c.function("f", func(string) (string, error) { return "", errors.New("plain") })
	c.role.Attach(awstest.Allow("lambda:InvokeFunction").On(arn))
	assert.Equal(t, "errorString", aws.ToString(c.run(t, one(`{"Type":"Task","Resource":"`+arn+`"}`), `{}`).Error))
}
