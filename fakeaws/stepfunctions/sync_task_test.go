package stepfunctions_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/awstest"
)

// A task that calls StartSyncExecution waits by the World's clock, and holds nobody up who does
// the World's work.
func TestSyncTaskWaits(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	inner := c.machine(t, "inner", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":120,"Next":"P"},"P":{"Type":"Pass","Result":{"a":1},"End":true}}}`, express)
	outer := c.machine(t, "outer", one(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:startSyncExecution","Parameters":{"StateMachineArn":"`+*inner+`","Input.$":"States.JsonToString($)"}}`))
	denied := c.describe(t, c.begin(t, outer, `{"b":2}`))
	assert.Equal(t, types.ExecutionStatusFailed, denied.Status)
	assert.Contains(t, *denied.Cause, "states:StartSyncExecution")

	c.role.Attach(awstest.Allow("states:StartSyncExecution").On(*inner))
	begun := time.Now()
	execution := c.begin(t, outer, `{"b":2}`) // it settles: the wait of the inner one is not waited for
	assert.Equal(t, types.ExecutionStatusRunning, c.describe(t, execution).Status)
	c.Advance(119 * time.Second)
	assert.Equal(t, types.ExecutionStatusRunning, c.describe(t, execution).Status)
	c.Advance(2 * time.Second)
	out := c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, out.Cause)
	assert.Contains(t, *out.Output, `"Output":"{\"a\":1}"`)
	assert.Contains(t, *out.Output, `"Status":"SUCCEEDED"`)
	assert.Contains(t, *out.Output, `"Input":"{\"b\":2}"`)
	assert.Less(t, time.Since(begun), time.Minute)
}

// A task times out before the execution that it waits for, and one that a call runs waits in
// the call.
func TestSyncTaskEnds(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	inner := c.machine(t, "inner", `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.wait","End":true}}}`, express)
	c.role.Attach(awstest.Allow("states:StartSyncExecution").On(*inner))
	task := one(`{"Type":"Task","TimeoutSeconds":10,"Resource":"arn:aws:states:::aws-sdk:sfn:startSyncExecution","Parameters":{"StateMachineArn":"` + *inner + `","Input.$":"States.JsonToString($)"}}`)
	execution := c.begin(t, c.machine(t, "standard", task), `{"wait":60}`)
	c.Advance(11 * time.Second)
	out := c.describe(t, execution)
	assert.Equal(t, types.ExecutionStatusFailed, out.Status)
	assert.Equal(t, "States.Timeout", *out.Error)
	c.Advance(time.Minute) // the inner one ends, and nobody waits for it

	input := `{"wait":0}`
	answer, err := c.client.StartSyncExecution(t.Context(), &sfn.StartSyncExecutionInput{StateMachineArn: c.machine(t, "express", task, express), Input: &input})
	require.NoError(t, err)
	assert.Equal(t, types.SyncExecutionStatusSucceeded, answer.Status, answer.Cause)
}
