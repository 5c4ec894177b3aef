package stepfunctions_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
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
			if input := calls[name]; input != nil {
				in, resource = input(s)
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
