package stepfunctions_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// distributed is a distributed Map state with further fields; its items pass, or fail where they
// are the text "bad".
func distributed(more string) string {
	return one(`{"Type":"Map",` + more + `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{
		"C":{"Type":"Choice","Choices":[{"Variable":"$","StringEquals":"bad","Next":"F"}],"Default":"W"},
		"W":{"Type":"Wait","Seconds":1,"End":true},"F":{"Type":"Fail","Error":"Bad","Cause":"c"}}}}`)
}

func (c *cloud) mapRun(t testing.TB, execution *string) *sfn.DescribeMapRunOutput {
	t.Helper()
	list, err := c.client.ListMapRuns(t.Context(), &sfn.ListMapRunsInput{ExecutionArn: execution})
	require.NoError(t, err)
	require.Len(t, list.MapRuns, 1)
	out, err := c.client.DescribeMapRun(t.Context(), &sfn.DescribeMapRunInput{MapRunArn: list.MapRuns[0].MapRunArn})
	require.NoError(t, err)
	return out
}

// Each item is an execution that the role must be allowed to start.
func TestDistributedMap(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	machine := c.machine(t, "m", distributed(`"MaxConcurrency":2,"Label":"items",`))
	out := c.describe(t, c.begin(t, machine, `[1,2,3]`))
	assert.Equal(t, types.ExecutionStatusFailed, out.Status)
	assert.Contains(t, *out.Cause, "states:StartExecution")

	c.role.Attach(awstest.Allow("states:StartExecution").On(*machine))
	execution := c.begin(t, machine, `[1,2,3]`)
	run := c.mapRun(t, execution)
	assert.Equal(t, types.MapRunStatusRunning, run.Status)
	assert.Equal(t, types.MapRunExecutionCounts{Running: 2, Pending: 1, Total: 3}, *run.ExecutionCounts)
	assert.True(t, strings.HasPrefix(*run.MapRunArn, c.arn("mapRun:m/items:")), *run.MapRunArn)
	c.Advance(5 * time.Second)
	out = c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, out.Cause)
	assert.Equal(t, `[1,2,3]`, *out.Output)
	run = c.mapRun(t, execution)
	assert.Equal(t, types.MapRunExecutionCounts{Succeeded: 3, Total: 3}, *run.ExecutionCounts)
	assert.Equal(t, "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded", kinds(c.history(t, execution)))
	children, err := c.client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{MapRunArn: run.MapRunArn})
	require.NoError(t, err)
	require.Len(t, children.Executions, 3)
	child := c.describe(t, children.Executions[0].ExecutionArn)
	assert.Equal(t, "1", *child.Output)
	list, err := c.client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: machine})
	require.NoError(t, err)
	assert.Len(t, list.Executions, 2, "those of Map Runs are not among them")
	stranger := sfn.NewFromConfig(c.NewUser("stranger").Config())
	_, err = stranger.DescribeMapRun(t.Context(), &sfn.DescribeMapRunInput{MapRunArn: run.MapRunArn})
	requireCode(t, err, "AccessDeniedException", "")
}

// Too many items that fail end the Map Run with all that is under way; a few may.
func TestDistributedMapFails(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.role.Attach(awstest.Allow("states:StartExecution"))
	execution := c.begin(t, c.machine(t, "m", distributed("")), `["a","bad","b"]`)
	out := c.describe(t, execution)
	assert.Equal(t, types.ExecutionStatusFailed, out.Status)
	assert.Equal(t, "States.ExceedToleratedFailureThreshold", *out.Error)
	run := c.mapRun(t, execution)
	assert.Equal(t, types.MapRunStatusFailed, run.Status)
	assert.Equal(t, int64(1), run.ExecutionCounts.Failed)
	assert.Zero(t, run.ExecutionCounts.Running)

	execution = c.begin(t, c.machine(t, "some", distributed(`"ToleratedFailurePercentage":34,`)), `["a","bad","b"]`)
	c.Advance(2 * time.Second)
	out = c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, out.Cause)
	assert.Equal(t, `["a","b"]`, *out.Output)

	execution = c.begin(t, c.machine(t, "stopped", distributed("")), `["a","b"]`)
	_, err := c.client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: execution})
	require.NoError(t, err)
	run = c.mapRun(t, execution)
	assert.Equal(t, types.MapRunStatusAborted, run.Status)
	assert.Equal(t, int64(2), run.ExecutionCounts.Aborted)
}

// Items are read from S3, and results written to it, with the role's permissions.
func TestDistributedMapWithS3(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	bucket := c.S3().CreateBucket("data")
	bucket.Put("items.csv", "id,name\n1,a\n2,b\n3,c\n")
	bucket.Put("items.json", `[{"id":1},{"id":2}]`)
	start := awstest.Allow("states:StartExecution")
	c.role.Attach(start)
	reader := `"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","MaxItems":3},"Parameters":{"Bucket":"data","Key":"items.csv"}},
		"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"x":1}},"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"data","Prefix":"out"}},`
	machine := c.machine(t, "m", distributed(reader))
	out := c.describe(t, c.begin(t, machine, `{}`))
	assert.Equal(t, "States.ItemReaderFailed", *out.Error)
	assert.Contains(t, *out.Cause, "s3:GetObject")
	c.role.Attach(awstest.Allow("s3:GetObject").On("arn:aws:s3:::data/items.*"))
	execution := c.begin(t, machine, `{}`)
	c.Advance(2 * time.Second)
	out = c.describe(t, execution)
	assert.Equal(t, "States.ResultWriterFailed", *out.Error)
	c.role.Attach(awstest.Allow("s3:PutObject").On("arn:aws:s3:::data/out/*"))
	execution = c.begin(t, machine, `{}`)
	c.Advance(2 * time.Second)
	out = c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, out.Cause)
	run := c.mapRun(t, execution)
	assert.Equal(t, int64(2), run.ExecutionCounts.ResultsWritten)
	assert.Equal(t, int64(3), run.ItemCounts.Total)
	var result struct {
		MapRunArn           string
		ResultWriterDetails struct{ Bucket, Key string }
	}
	require.NoError(t, json.Unmarshal([]byte(*out.Output), &result))
	assert.Equal(t, *run.MapRunArn, result.MapRunArn)
	var manifest struct {
		ResultFiles map[string][]struct {
			Key  string
			Size int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(bucket.Body(result.ResultWriterDetails.Key)), &manifest))
	require.Len(t, manifest.ResultFiles["SUCCEEDED"], 1)
	var details []struct{ Input, Output string }
	require.NoError(t, json.Unmarshal([]byte(bucket.Body(manifest.ResultFiles["SUCCEEDED"][0].Key)), &details))
	require.Len(t, details, 2)
	assert.JSONEq(t, `{"BatchInput":{"x":1},"Items":[{"id":"1","name":"a"},{"id":"2","name":"b"}]}`, details[0].Input)
	assert.JSONEq(t, `{"BatchInput":{"x":1},"Items":[{"id":"3","name":"c"}]}`, details[1].Input)

	c.role.Attach(awstest.Allow("s3:ListBucket").On("arn:aws:s3:::data"))
	list := c.machine(t, "list", distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"data","Prefix":"items."}},"ItemSelector":{"k.$":"$$.Map.Item.Value.Key"},`))
	execution = c.begin(t, list, `{}`)
	c.Advance(2 * time.Second)
	out = c.describe(t, execution)
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, out.Cause)
	assert.JSONEq(t, `[{"k":"items.csv"},{"k":"items.json"}]`, *out.Output)
}

// A Map Run that is under way is changed.
func TestUpdateMapRun(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.role.Attach(awstest.Allow("states:StartExecution"))
	execution := c.begin(t, c.machine(t, "m", distributed(`"MaxConcurrency":1,`)), `["a","b","c"]`)
	run := c.mapRun(t, execution)
	assert.Equal(t, int64(1), run.ExecutionCounts.Running)
	_, err := c.client.UpdateMapRun(t.Context(), &sfn.UpdateMapRunInput{MapRunArn: run.MapRunArn, MaxConcurrency: aws.Int32(3)})
	require.NoError(t, err)
	c.Settle()
	assert.Equal(t, int64(3), c.mapRun(t, execution).ExecutionCounts.Running)
	clone := &cloud{Account: c.Clone(t), client: nil}
	clone.client = sfn.NewFromConfig(clone.Config())
	clone.Advance(2 * time.Second)
	assert.Equal(t, types.ExecutionStatusSucceeded, clone.describe(t, execution).Status)
	assert.Equal(t, types.ExecutionStatusRunning, c.describe(t, execution).Status)
}
