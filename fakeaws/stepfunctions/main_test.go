package stepfunctions_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A cloud is an account with Step Functions, and a role that it may assume.
type cloud struct {
	*awstest.Account
	client *sfn.Client
	role   *awstest.Principal
}

func newCloud(t testing.TB, options ...awstest.Option) *cloud {
	t.Helper()
	acct := awstest.New(t, append(options, awstest.With(stepfunctions.Service))...)
	c := &cloud{Account: acct, client: sfn.NewFromConfig(acct.Config())}
	c.role = acct.NewRole("machine", awstest.Trust(awstest.Allow("sts:AssumeRole").By("states.amazonaws.com")))
	return c
}

// arn is the ARN of something of Step Functions.
func (c *cloud) arn(resource string) string {
	return fakeaws.ARN("states", c.Region(), c.ID(), resource)
}

// machine makes a state machine of its definition, and returns its ARN.
func (c *cloud) machine(t testing.TB, name, definition string, set ...func(*sfn.CreateStateMachineInput)) *string {
	t.Helper()
	in := &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: aws.String(c.role.ARN())}
	for _, f := range set {
		f(in)
	}
	out, err := c.client.CreateStateMachine(t.Context(), in)
	require.NoError(t, err)
	return out.StateMachineArn
}

func express(in *sfn.CreateStateMachineInput) { in.Type = types.StateMachineTypeExpress }

// begin starts an execution, and does what is due now.
func (c *cloud) begin(t testing.TB, machine *string, input string) *string {
	t.Helper()
	out, err := c.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine, Input: &input})
	require.NoError(t, err)
	c.Settle()
	return out.ExecutionArn
}

func (c *cloud) describe(t testing.TB, execution *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	out, err := c.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: execution})
	require.NoError(t, err)
	return out
}

// run makes a state machine of states, runs it, and describes the execution.
func (c *cloud) run(t testing.TB, states, input string) *sfn.DescribeExecutionOutput {
	t.Helper()
	machine := c.machine(t, c.World().IDs().Name(12), states)
	return c.describe(t, c.begin(t, machine, input))
}

func (c *cloud) history(t testing.TB, execution *string) []types.HistoryEvent {
	t.Helper()
	var all []types.HistoryEvent
	for p := sfn.NewGetExecutionHistoryPaginator(c.client, &sfn.GetExecutionHistoryInput{ExecutionArn: execution}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		all = append(all, out.Events...)
	}
	return all
}

// kinds are the types of events.
func kinds(events []types.HistoryEvent) string {
	var list []string
	for _, e := range events {
		list = append(list, string(e.Type))
	}
	return strings.Join(list, " ")
}

// one is a state machine of one state, which is given without "End".
func one(state string) string {
	return `{"StartAt":"S","States":{"S":{"End":true,` + state[1:] + `}}`
}

func requireCode(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	if message != "" {
		assert.Equal(t, message, api.ErrorMessage())
	}
}

func sameJSON(t testing.TB, want, got string) {
	t.Helper()
	require.True(t, json.Valid([]byte(got)), got)
	assert.JSONEq(t, want, got)
}
