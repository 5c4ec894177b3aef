package all_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	register("states", func(c aws.Config) any { return sfn.NewFromConfig(c) }, statesValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillStates(t, sfn.NewFromConfig(c), iam.NewFromConfig(c))
	})
}

// fillStates makes a state machine with a version and an alias, an express one, an execution that
// waits, and an activity.
func (f *filled) fillStates(t testing.TB, client *sfn.Client, roles *iam.Client) {
	t.Helper()
	ctx := t.Context()
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("machine"), AssumeRolePolicyDocument: aws.String(trustStates)})
	require.NoError(t, err)
	f.values["states.RoleArn"] = *role.Role.Arn
	standard, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("target"), RoleArn: role.Role.Arn, Definition: aws.String(waits), Publish: true})
	require.NoError(t, err)
	express, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("express"), RoleArn: role.Role.Arn, Type: sfntypes.StateMachineTypeExpress, Definition: aws.String(passes)})
	require.NoError(t, err)
	routes := []sfntypes.RoutingConfigurationListItem{{StateMachineVersionArn: standard.StateMachineVersionArn, Weight: 100}}
	alias, err := client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("target"), RoutingConfiguration: routes})
	require.NoError(t, err)
	execution, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: standard.StateMachineArn})
	require.NoError(t, err)
	require.NoError(t, f.Settle(ctx)) // until the execution waits
	activity, err := client.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("target")})
	require.NoError(t, err)
	f.values["StateMachineArn"], f.values["ListExecutions.StateMachineArn"], f.values["states.ResourceArn"] = *standard.StateMachineArn, *standard.StateMachineArn, *standard.StateMachineArn
	f.values["StateMachineVersionArn"], f.values["StateMachineAliasArn"], f.values["RoutingConfiguration"] = *standard.StateMachineVersionArn, *alias.StateMachineAliasArn, routes
	f.values["StartSyncExecution.StateMachineArn"], f.values["ExecutionArn"], f.values["ActivityArn"] = *express.StateMachineArn, *execution.ExecutionArn, *activity.ActivityArn
	f.values["GetActivityTask.ActivityArn"] = *activity.ActivityArn + "-none" // or the call would wait for a task
}

// trustStates lets Step Functions assume a role.
const trustStates = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}}`

// Definitions of state machines.
const (
	passes = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	waits  = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}}`
)

// statesValues are the values of members of Step Functions.
var statesValues = map[string]any{
	"Definition": passes, "UpdateStateMachine.Definition": passes, "Output": "{}", "UpdateStateMachineAlias.Description": "value",
	"MapRunArn":   "arn:aws:states:" + worldtest.Region + ":" + worldtest.Account + ":mapRun:target/label:run",
	"states.Tags": []sfntypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
}
