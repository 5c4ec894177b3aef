package stepfunctions_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions"
)

// The role of a state machine that logs must be able to have logs delivered.
func TestLogging(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	group := fakeaws.ARN("logs", c.Region(), c.ID(), "log-group:g:*")
	create := func(l *types.LoggingConfiguration) error {
		_, err := c.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(passes), RoleArn: aws.String(c.role.ARN()), LoggingConfiguration: l})
		return err
	}
	to := func(arn string) *types.LoggingConfiguration {
		return &types.LoggingConfiguration{Level: types.LogLevelAll, Destinations: []types.LogDestination{{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &arn}}}}
	}
	requireCode(t, create(&types.LoggingConfiguration{Level: types.LogLevelAll}), "InvalidLoggingConfiguration", "")
	requireCode(t, create(to("g")), "InvalidLoggingConfiguration", "")
	requireCode(t, create(to(group)), "AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination")
	c.role.Attach(awstest.Allow("logs:*LogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies").On("*"))
	requireCode(t, create(to(group)), "AccessDeniedException", "")
	c.role.Attach(awstest.Allow("logs:DescribeLogGroups").On("*"))
	require.NoError(t, create(to(group)))
	out, err := c.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(c.arn("stateMachine:m"))})
	require.NoError(t, err)
	assert.Equal(t, group, *out.LoggingConfiguration.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn)
}

// Tags of a state machine count for it and for its executions; those of a request when it is made.
func TestTags(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	tagged := func(in *sfn.CreateStateMachineInput) {
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	}
	machine := c.machine(t, "m", passes, tagged)
	other := c.machine(t, "other", passes)
	user := c.NewUser("u")
	client := sfn.NewFromConfig(user.Config())
	user.Attach(awstest.Allow("states:StartExecution", "states:DescribeExecution").On("*").If("StringEquals", "aws:ResourceTag/team", "a"))
	out, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine})
	require.NoError(t, err)
	_, err = client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: out.ExecutionArn})
	require.NoError(t, err)
	_, err = client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: other})
	requireCode(t, err, "AccessDeniedException", "")
	user.Attach(awstest.Allow("states:CreateActivity").On("*"))
	_, err = client.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}})
	requireCode(t, err, "AccessDeniedException", "User: "+user.ARN()+" is not authorized to perform: states:TagResource on resource: "+c.arn("activity:a")+" because no identity-based policy allows the states:TagResource action")
	user.Attach(awstest.Allow("states:TagResource").On("*").If("StringEquals", "aws:RequestTag/team", "b"))
	_, err = client.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}})
	require.NoError(t, err)
}

// A version is started by who may start the state machine with that qualifier.
func TestQualifiers(t *testing.T) {
	t.Parallel()
	c, s := newScene(t)
	user := c.NewUser("u")
	client := sfn.NewFromConfig(user.Config())
	user.Attach(awstest.Allow("states:StartExecution").On(s.machine).If("ForAnyValue:StringEquals", "states:StateMachineQualifier", "PROD"))
	start := func(arn string) (*sfn.StartExecutionOutput, error) {
		return client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &arn})
	}
	for _, arn := range []string{s.machine, s.version} {
		_, err := start(arn)
		requireCode(t, err, "AccessDeniedException", "")
	}
	out, err := start(s.alias)
	require.NoError(t, err)
	described := c.describe(t, out.ExecutionArn)
	assert.Equal(t, s.alias, *described.StateMachineAliasArn)
	assert.Equal(t, s.version, *described.StateMachineVersionArn)

	// An update does not change what the version is.
	_, err = c.client.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: &s.machine, Definition: aws.String(passes), Publish: true})
	require.NoError(t, err)
	version, err := c.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &s.version})
	require.NoError(t, err)
	assert.Contains(t, *version.Definition, "Wait")
	_, err = c.client.DeleteStateMachineVersion(t.Context(), &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: &s.version})
	requireCode(t, err, "ConflictException", "")
	list, err := c.client.ListStateMachineVersions(t.Context(), &sfn.ListStateMachineVersionsInput{StateMachineArn: &s.machine})
	require.NoError(t, err)
	require.Len(t, list.StateMachineVersions, 2)
	assert.Equal(t, s.machine+":2", *list.StateMachineVersions[0].StateMachineVersionArn)
}

// An execution of the same name and input is the same while it runs, and an error else.
func TestStartExecutionTwice(t *testing.T) {
	t.Parallel()
	c, s := newScene(t)
	start := func(input string) error {
		_, err := c.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &s.machine, Name: aws.String("x"), Input: &input})
		return err
	}
	require.NoError(t, start(`{"a":1}`))
	require.NoError(t, start(`{"a":1}`))
	exists := "Execution Already Exists: '" + c.arn("execution:m:x") + "'"
	requireCode(t, start(`{"a":2}`), "ExecutionAlreadyExists", exists)
	c.Advance(2 * time.Minute)
	requireCode(t, start(`{"a":1}`), "ExecutionAlreadyExists", exists)
	requireCode(t, start(`{`), "InvalidExecutionInput", "")
	_, err := c.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &s.machine, Name: aws.String("a b")})
	requireCode(t, err, "InvalidName", "Invalid Name: 'a b'")
	for arn, want := range map[string][2]string{
		s.machine + "2":         {"StateMachineDoesNotExist", "State Machine Does Not Exist: '" + s.machine + "2'"},
		s.machine + ":9":        {"StateMachineDoesNotExist", "State Machine Does Not Exist: '" + s.machine + ":9'"},
		s.machine + ":NO":       {"StateMachineDoesNotExist", "State Machine Does Not Exist: '" + s.machine + ":NO'"},
		s.activity:              {"InvalidArn", "Invalid Arn: 'Resource type not valid in this context: " + s.activity + "'"},
		"m":                     {"InvalidArn", "Invalid Arn: 'Invalid ARN prefix: m'"},
		s.machine + ":a:b":      {"InvalidArn", "Invalid Arn: 'Invalid ARN prefix: " + s.machine + ":a:b'"},
		"arn:aws:sqs:us-east-1": {"InvalidArn", "Invalid Arn: 'Invalid ARN prefix: arn:aws:sqs:us-east-1'"},
	} {
		_, err := c.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &arn})
		requireCode(t, err, want[0], want[1])
	}
}

// A state machine is made once, and deleted when its executions have ended.
func TestLifeOfStateMachines(t *testing.T) {
	t.Parallel()
	c, s := newScene(t)
	again := c.machine(t, "m", one(`{"Type":"Wait","Seconds":60}`))
	assert.Equal(t, s.machine, *again)
	_, err := c.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: &s.role, Definition: aws.String(passes)})
	requireCode(t, err, "StateMachineAlreadyExists", "State Machine Already Exists: '"+s.machine+"'")
	_, err = c.client.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: &s.machine})
	require.NoError(t, err)
	described, err := c.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &s.machine})
	require.NoError(t, err)
	assert.Equal(t, types.StateMachineStatusDeleting, described.Status)
	_, err = c.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &s.machine})
	requireCode(t, err, "StateMachineDeleting", "")
	c.Advance(2 * time.Minute)
	_, err = c.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &s.machine})
	requireCode(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+s.machine+"'")
	_, err = c.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &s.execution})
	requireCode(t, err, "ExecutionDoesNotExist", "Execution Does Not Exist: '"+s.execution+"'")
}

// Stopped executions end with all that is under way, and can go on where they ended.
func TestStopAndRedrive(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	machine := c.machine(t, "m", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"P"},"P":{"Type":"Parallel","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}],"End":true}}}`)
	execution := c.begin(t, machine, `{}`)
	_, err := c.client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: execution, Error: aws.String("E"), Cause: aws.String("c")})
	require.NoError(t, err)
	out := c.describe(t, execution)
	assert.Equal(t, types.ExecutionStatusAborted, out.Status)
	assert.Equal(t, "E", *out.Error)
	assert.Equal(t, types.ExecutionRedriveStatusRedrivable, out.RedriveStatus)
	c.Advance(2 * time.Minute)
	before := kinds(c.history(t, execution))
	assert.Equal(t, "ExecutionStarted PassStateEntered PassStateExited ParallelStateEntered ParallelStateStarted WaitStateEntered WaitStateAborted ParallelStateAborted ExecutionAborted", before)
	_, err = c.client.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: execution})
	require.NoError(t, err)
	c.Advance(2 * time.Minute)
	out = c.describe(t, execution)
	assert.Equal(t, types.ExecutionStatusSucceeded, out.Status)
	assert.Equal(t, int32(1), *out.RedriveCount)
	assert.Equal(t, before+" ExecutionRedriven ParallelStateEntered ParallelStateStarted WaitStateEntered WaitStateExited ParallelStateSucceeded ParallelStateExited ExecutionSucceeded", kinds(c.history(t, execution)))
}

// Express executions run in the call, also with waits; a client that leaves ends them.
func TestSyncExecutions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	machine := c.machine(t, "e", `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.wait","IsPresent":true,"Next":"W"},{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"P"},
		"W":{"Type":"Wait","SecondsPath":"$.wait","Next":"P"},"P":{"Type":"Pass","End":true},"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`, express)
	start := func(ctx context.Context, input string) (*sfn.StartSyncExecutionOutput, error) {
		return c.client.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: machine, Input: &input, Name: aws.String("n")})
	}
	out, err := start(t.Context(), `{"a":1}`)
	require.NoError(t, err)
	assert.Equal(t, types.SyncExecutionStatusSucceeded, out.Status)
	assert.Equal(t, `{"a":1}`, *out.Output)
	assert.True(t, strings.HasPrefix(*out.ExecutionArn, c.arn("express:e:n:")))
	out, err = start(t.Context(), `{"fail":1}`)
	require.NoError(t, err)
	assert.Equal(t, types.SyncExecutionStatusFailed, out.Status)
	assert.Equal(t, "E", *out.Error)

	var wg sync.WaitGroup
	wg.Go(func() {
		out, err := start(t.Context(), `{"wait":3600}`)
		if assert.NoError(t, err) {
			assert.Equal(t, types.SyncExecutionStatusTimedOut, out.Status, "an express execution lasts five minutes")
		}
	})
	for range 200 {
		c.Advance(10 * time.Second)
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = start(ctx, `{"wait":60}`)
	require.Error(t, err)

	standard := c.machine(t, "s", passes)
	_, err = c.client.StartSyncExecution(t.Context(), &sfn.StartSyncExecutionInput{StateMachineArn: standard})
	requireCode(t, err, "StateMachineTypeNotSupported", "")
	async := c.begin(t, machine, `{"b":2}`)
	_, err = c.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: async})
	requireCode(t, err, "InvalidArn", "")
	all := stepfunctions.Executions(c.World(), *machine)
	assert.Equal(t, `{"b":2}`, all[len(all)-1].Output)
	assert.Equal(t, []string{"A", "P"}, all[len(all)-1].States)
}

// A clone goes on by itself, and nothing of it is seen here.
func TestClone(t *testing.T) {
	t.Parallel()
	c, s := newScene(t)
	steps := c.begin(t, c.machine(t, "steps", `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Wait","Seconds":60,"End":true}}}`), `{}`)
	clone := c.Clone(t)
	clone.Advance(5 * time.Minute)
	for _, execution := range []string{s.execution, *steps} {
		there, err := sfn.NewFromConfig(clone.Config()).DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		require.NoError(t, err)
		assert.Equal(t, types.ExecutionStatusSucceeded, there.Status)
		assert.Equal(t, types.ExecutionStatusRunning, c.describe(t, &execution).Status)
		assert.Len(t, c.history(t, &execution), 2)
	}
}

// withoutHostPrefix leaves the name of a host as it is.
func withoutHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("withoutHostPrefix", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
	}), middleware.Before)
}

// Both doors tell the same story. The SDK's prefix of the host of a synchronous call is left out
// on a socket, whose host has no name.
func TestDoors(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		acct := awstest.New(t, awstest.With(stepfunctions.Service))
		role := acct.NewRole("machine", awstest.Trust(awstest.Allow("sts:AssumeRole").By("states.amazonaws.com")))
		w := worldtest.Open(t, door, acct.World())
		client := sfn.NewFromConfig(w.RootConfig(acct.ID()), func(o *sfn.Options) {
			if door == worldtest.Socket {
				o.APIOptions = append(o.APIOptions, withoutHostPrefix)
			}
		})
		ctx := t.Context()
		out, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("e"), RoleArn: aws.String(role.ARN()), Definition: aws.String(passes), Type: types.StateMachineTypeExpress})
		require.NoError(t, err)
		answer, err := client.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: out.StateMachineArn, Input: aws.String(`{"a":1}`)})
		require.NoError(t, err)
		assert.Equal(t, `{"a":1}`, *answer.Output)
		_, err = client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("bad"), RoleArn: aws.String(role.ARN()), Definition: aws.String(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}`)})
		requireCode(t, err, "InvalidDefinition", "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, MISSING_END_STATE: No terminal state at '")
	})
}

// What services deliver to a state machine begins an execution, or is answered by one.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	c, s := newScene(t)
	w := c.World()
	user := c.NewUser("u")
	credentials, err := user.Config().Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	as, err := w.ActorOf(credentials.AccessKeyID, c.Region())
	require.NoError(t, err)
	deliver := func(target string, answered bool) (string, error) {
		out, err := w.Deliver(t.Context(), as, &fakeaws.Delivery{Target: target, Body: []byte(`{"a":1}`), Name: "delivered", Answered: answered})
		return string(out), err
	}
	_, err = deliver(s.machine, false)
	requireCode(t, err, "AccessDeniedException", "")
	user.Attach(awstest.Allow("states:StartExecution", "states:StartSyncExecution").On(s.machine, s.express))
	_, err = deliver(s.machine, false)
	require.NoError(t, err)
	assert.Equal(t, `{"a":1}`, *c.describe(t, aws.String(c.arn("execution:m:delivered"))).Input)
	answer, err := deliver(s.express, true)
	require.NoError(t, err)
	assert.Equal(t, `{"a":1}`, answer)
	failing := c.machine(t, "fails", `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`, express)
	user.Attach(awstest.Allow("states:StartSyncExecution").On(*failing))
	_, err = deliver(*failing, true)
	var failed *stepfunctions.FailedError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "E", failed.Name)
	assert.True(t, w.TargetExists(s.alias))
	assert.False(t, w.TargetExists(s.machine+":9"))
}

// Many clients at once start executions, of which each ends.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	machine := c.machine(t, "m", one(`{"Type":"Map","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}`))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				_, err := c.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine, Name: aws.String(fmt.Sprintf("%d-%d", i, j)), Input: aws.String(`[1,2,3]`)})
				assert.NoError(t, err)
				c.Settle()
			}
		})
	}
	wg.Wait()
	for p := sfn.NewListExecutionsPaginator(c.client, &sfn.ListExecutionsInput{StateMachineArn: machine, MaxResults: 30}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, x := range out.Executions {
			assert.Equal(t, types.ExecutionStatusSucceeded, x.Status)
		}
	}
	assert.Len(t, stepfunctions.Executions(c.World(), *machine), 80)
}
