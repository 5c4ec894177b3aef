package stepfunctions_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions"
)

const shipping = `{"StartAt": "Wait", "States": {
	"Wait": {"Type": "Wait", "Seconds": 3600, "Next": "Ship"},
	"Ship": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
		"Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:ship", "Payload.$": "$"}}}}`

func TestExample(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(stepfunctions.Service))
	ship := fakeaws.ARN("lambda", "us-east-1", acct.ID(), "function:ship")
	role := acct.NewRole("shipping", awstest.Trust(awstest.Allow("sts:AssumeRole").By("states.amazonaws.com")))
	role.Attach(awstest.Allow("lambda:InvokeFunction").On(ship))
	var shipped []string
	acct.World().Receive(ship, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		shipped = append(shipped, string(d.Body))
		return []byte(`{"ok":true}`), nil
	})

	client := sfn.NewFromConfig(acct.Config())
	machine, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("shipping"), RoleArn: aws.String(role.ARN()), Definition: aws.String(shipping),
	})
	require.NoError(t, err)
	_, err = client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Input: aws.String(`{"order":1}`)})
	require.NoError(t, err)
	acct.Advance(2 * time.Hour) // the execution waits by the World's clock, and goes on as it moves
	acct.Settle()               // all that is due is done when this returns

	execution := stepfunctions.Executions(acct.World(), *machine.StateMachineArn)[0]
	assert.Equal(t, types.ExecutionStatusSucceeded, execution.Status)
	assert.Equal(t, []string{"Wait", "Ship"}, execution.States)
	assert.Equal(t, []string{`{"order":1}`}, shipped)
	awstest.AssertLeastPrivilege(t, role)
}
