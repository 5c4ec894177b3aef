package stepfunctions_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
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

// A scene is what the calls of each operation are about.
type scene struct {
	machine, express, version, alias, execution, activity, role string
}

const passes = `{"StartAt":"S","States":{"S":{"Type":"Pass","End":true}}}`

// calls are one call of each operation, and the resource that its permission is on.
var calls = map[string]func(*scene) (in any, resource string){
	"CreateActivity": func(s *scene) (any, string) {
		return &sfn.CreateActivityInput{Name: aws.String("new")}, strings.Replace(s.activity, ":work", ":new", 1)
	},
	"CreateStateMachine": func(s *scene) (any, string) {
		return &sfn.CreateStateMachineInput{Name: aws.String("new"), RoleArn: &s.role, Definition: aws.String(passes)}, s.machine[:len(s.machine)-1] + "new"
	},
	"CreateStateMachineAlias": func(s *scene) (any, string) {
		return &sfn.CreateStateMachineAliasInput{Name: aws.String("NEW"), RoutingConfiguration: routes(s.version)}, s.machine
	},
	"DeleteActivity": func(s *scene) (any, string) {
		return &sfn.DeleteActivityInput{ActivityArn: &s.activity}, s.activity
	},
	"DeleteStateMachine": func(s *scene) (any, string) {
		return &sfn.DeleteStateMachineInput{StateMachineArn: &s.machine}, s.machine
	},
	"DeleteStateMachineAlias": func(s *scene) (any, string) {
		return &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: &s.alias}, s.machine
	},
	"DeleteStateMachineVersion": func(s *scene) (any, string) {
		return &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: aws.String(s.machine + ":7")}, s.machine
	},
	"DescribeActivity": func(s *scene) (any, string) {
		return &sfn.DescribeActivityInput{ActivityArn: &s.activity}, s.activity
	},
	"DescribeExecution": func(s *scene) (any, string) {
		return &sfn.DescribeExecutionInput{ExecutionArn: &s.execution}, s.execution
	},
	"DescribeStateMachine": func(s *scene) (any, string) {
		return &sfn.DescribeStateMachineInput{StateMachineArn: &s.machine}, s.machine
	},
	"DescribeStateMachineAlias": func(s *scene) (any, string) {
		return &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &s.alias}, s.machine
	},
	"DescribeStateMachineForExecution": func(s *scene) (any, string) {
		return &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &s.execution}, s.execution
	},
	"GetExecutionHistory": func(s *scene) (any, string) {
		return &sfn.GetExecutionHistoryInput{ExecutionArn: &s.execution}, s.execution
	},
	"ListActivities": func(s *scene) (any, string) {
		return &sfn.ListActivitiesInput{}, strings.Replace(s.activity, ":work", ":*", 1)
	},
	"ListExecutions": func(s *scene) (any, string) {
		return &sfn.ListExecutionsInput{StateMachineArn: &s.machine}, s.machine
	},
	"ListMapRuns": func(s *scene) (any, string) {
		return &sfn.ListMapRunsInput{ExecutionArn: &s.execution}, s.execution
	},
	"ListStateMachineAliases": func(s *scene) (any, string) {
		return &sfn.ListStateMachineAliasesInput{StateMachineArn: &s.machine}, s.machine
	},
	"ListStateMachineVersions": func(s *scene) (any, string) {
		return &sfn.ListStateMachineVersionsInput{StateMachineArn: &s.machine}, s.machine
	},
	"ListStateMachines": func(s *scene) (any, string) {
		return &sfn.ListStateMachinesInput{}, s.machine[:len(s.machine)-1] + "*"
	},
	"ListTagsForResource": func(s *scene) (any, string) {
		return &sfn.ListTagsForResourceInput{ResourceArn: &s.machine}, s.machine
	},
	"PublishStateMachineVersion": func(s *scene) (any, string) {
		return &sfn.PublishStateMachineVersionInput{StateMachineArn: &s.machine}, s.machine
	},
	"StartExecution": func(s *scene) (any, string) {
		return &sfn.StartExecutionInput{StateMachineArn: &s.machine}, s.machine
	},
	"StartSyncExecution": func(s *scene) (any, string) {
		return &sfn.StartSyncExecutionInput{StateMachineArn: &s.express}, s.express
	},
	"StopExecution": func(s *scene) (any, string) {
		return &sfn.StopExecutionInput{ExecutionArn: &s.execution}, s.execution
	},
	"TagResource": func(s *scene) (any, string) {
		return &sfn.TagResourceInput{ResourceArn: &s.activity, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}, s.activity
	},
	"UntagResource": func(s *scene) (any, string) {
		return &sfn.UntagResourceInput{ResourceArn: &s.machine, TagKeys: []string{"k"}}, s.machine
	},
	"UpdateStateMachine": func(s *scene) (any, string) {
		return &sfn.UpdateStateMachineInput{StateMachineArn: &s.machine, Definition: aws.String(passes)}, s.machine
	},
	"UpdateStateMachineAlias": func(s *scene) (any, string) {
		return &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: &s.alias, Description: aws.String("d")}, s.machine
	},
	"ValidateStateMachineDefinition": func(s *scene) (any, string) {
		return &sfn.ValidateStateMachineDefinitionInput{Definition: aws.String(passes)}, s.machine[:len(s.machine)-1] + "*"
	},
}

// failing are calls of the other operations: they are judged, and then are errors.
var failing = map[string]func(*scene) (in any, resource, code string){
	"DescribeMapRun": func(s *scene) (any, string, string) {
		arn := strings.Replace(s.machine, ":stateMachine:m", ":mapRun:m/l:1", 1)
		return &sfn.DescribeMapRunInput{MapRunArn: &arn}, arn, "ResourceNotFound"
	},
	"UpdateMapRun": func(s *scene) (any, string, string) {
		arn := strings.Replace(s.machine, ":stateMachine:m", ":mapRun:m/l:1", 1)
		return &sfn.UpdateMapRunInput{MapRunArn: &arn}, arn, "ResourceNotFound"
	},
	"GetActivityTask": func(s *scene) (any, string, string) {
		arn := s.activity + "2"
		return &sfn.GetActivityTaskInput{ActivityArn: &arn}, arn, "ActivityDoesNotExist"
	},
	"RedriveExecution": func(s *scene) (any, string, string) {
		return &sfn.RedriveExecutionInput{ExecutionArn: &s.execution}, s.execution, "ExecutionNotRedrivable"
	},
	"SendTaskFailure": func(*scene) (any, string, string) {
		return &sfn.SendTaskFailureInput{TaskToken: aws.String("t")}, "*", "InvalidToken"
	},
	"SendTaskHeartbeat": func(*scene) (any, string, string) {
		return &sfn.SendTaskHeartbeatInput{TaskToken: aws.String("t")}, "*", "InvalidToken"
	},
	"SendTaskSuccess": func(*scene) (any, string, string) {
		return &sfn.SendTaskSuccessInput{TaskToken: aws.String("t"), Output: aws.String("1")}, "*", "InvalidToken"
	},
}

func routes(version string) []types.RoutingConfigurationListItem {
	return []types.RoutingConfigurationListItem{{StateMachineVersionArn: &version, Weight: 100}}
}

func newScene(t testing.TB) (*cloud, *scene) {
	t.Helper()
	c := newCloud(t)
	s := &scene{role: c.role.ARN(), activity: c.arn("activity:work")}
	s.machine = *c.machine(t, "m", one(`{"Type":"Wait","Seconds":60}`), func(in *sfn.CreateStateMachineInput) { in.Publish = true })
	s.express = *c.machine(t, "e", passes, express)
	s.version = s.machine + ":1"
	alias, err := c.client.CreateStateMachineAlias(t.Context(), &sfn.CreateStateMachineAliasInput{Name: aws.String("PROD"), RoutingConfiguration: routes(s.version)})
	require.NoError(t, err)
	s.alias = *alias.StateMachineAliasArn
	s.execution = *c.begin(t, &s.machine, `{}`)
	_, err = c.client.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("work")})
	require.NoError(t, err)
	return c, s
}

// invoke calls the operation of an input with a client.
func invoke(ctx context.Context, client *sfn.Client, in any) error {
	name := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
	out := reflect.ValueOf(client).MethodByName(name).Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
	err, _ := out[1].Interface().(error)
	return err
}

// Each operation needs its permission, on its resource, and no other.
func TestPermissions(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Concat(slices.Collect(maps.Keys(calls)), slices.Collect(maps.Keys(failing))) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newScene(t)
			var in any
			var resource, code string
			if make := calls[name]; make != nil {
				in, resource = make(s)
			} else {
				in, resource, code = failing[name](s)
			}
			user := c.NewUser("u")
			client := sfn.NewFromConfig(user.Config())
			if name == "CreateStateMachine" {
				user.Attach(awstest.Allow("iam:PassRole").On(s.role))
			}
			other := resource + "2"
			if resource == "*" {
				other = s.machine
			}
			user.Attach(awstest.Allow("states:" + name).On(other))
			err := invoke(t.Context(), client, in)
			on := " on resource: " + resource
			if resource == "*" {
				on = ""
			}
			requireCode(t, err, "AccessDeniedException", "User: "+user.ARN()+" is not authorized to perform: states:"+name+on+" because no identity-based policy allows the states:"+name+" action")
			user.Attach(awstest.Allow("states:" + name).On(resource))
			err = invoke(t.Context(), client, in)
			if code != "" {
				requireCode(t, err, code, "")
				return
			}
			require.NoError(t, err)
		})
	}
}

// Every operation of the SDK has a row but TestState, which is answered as not implemented.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	var sdk, own []string
	client := reflect.TypeFor[*sfn.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" && name != "TestState" {
			sdk = append(sdk, name)
		}
	}
	w := worldtest.NewWorld(t, fakeaws.Config{Region: worldtest.Region, Services: []fakeaws.Service{stepfunctions.Service}})
	for _, op := range stepfunctions.Of(w).Ops() {
		own = append(own, op.Name)
	}
	assert.ElementsMatch(t, sdk, own)
	assert.ElementsMatch(t, own, slices.Concat(slices.Collect(maps.Keys(calls)), slices.Collect(maps.Keys(failing))))
}

// The role of a state machine must be passed, to Step Functions, and by its own account.
func TestPassRole(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	user := c.NewUser("u")
	client := sfn.NewFromConfig(user.Config())
	user.Attach(awstest.Allow("states:CreateStateMachine").On("*"))
	create := func(role string) error {
		_, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(passes), RoleArn: &role})
		return err
	}
	requireCode(t, create(c.role.ARN()), "AccessDeniedException", "User: "+user.ARN()+" is not authorized to perform: iam:PassRole on resource: "+c.role.ARN()+" because no identity-based policy allows the iam:PassRole action")
	user.Attach(awstest.Allow("iam:PassRole").On("*").If("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"))
	requireCode(t, create(c.role.ARN()), "AccessDeniedException", "")
	user.Attach(awstest.Allow("iam:PassRole").On("*").If("StringEquals", "iam:PassedToService", "states.amazonaws.com"))
	require.NoError(t, create(c.role.ARN()))
	requireCode(t, create(fakeaws.ARN("iam", "", "999999999999", "role/x")), "AccessDeniedException", "Cross-account pass role is not allowed.")
	requireCode(t, create("role"), "InvalidArn", "Invalid Role Arn: 'role'")
	untrusting := c.NewRole("untrusting", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
	requireCode(t, create(untrusting.ARN()), "AccessDeniedException", "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.")
	requireCode(t, create(c.role.ARN()+"2"), "AccessDeniedException", "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.")
}

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
