package stepfunctions_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each type of state, and how data flows through it.
func TestStates(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for name, test := range map[string]struct{ machine, input, output string }{
		"pass":                {one(`{"Type":"Pass"}`), `{"a":1}`, `{"a":1}`},
		"numbers keep digits": {one(`{"Type":"Pass"}`), `{"a":12345678901234567890,"b":1.10}`, `{"a":12345678901234567890,"b":1.10}`},
		"result":              {one(`{"Type":"Pass","Result":{"x":0.381018,"y":622.2269926397355},"ResultPath":"$.coords"}`), `{"georefOf":"Home"}`, `{"georefOf":"Home","coords":{"x":0.381018,"y":622.2269926397355}}`},
		"input path":          {one(`{"Type":"Pass","InputPath":"$.numbers"}`), `{"title":"Numbers","numbers":{"val1":3,"val2":4}}`, `{"val1":3,"val2":4}`},
		"no input":            {one(`{"Type":"Pass","InputPath":null}`), `{"a":1}`, `{}`},
		"parameters":          {one(`{"Type":"Pass","Parameters":{"flagged":true,"parts":{"first.$":"$.vals[0]","last3.$":"$.vals[3:]"},"weekday.$":"$$.DayOfWeek.x","list":[{"a.$":"$.flagged"}]}}`), `{"flagged":7,"vals":[0,10,20,30,40,50]}`, ``},
		"template":            {one(`{"Type":"Pass","Parameters":{"flagged":true,"parts":{"first.$":"$.vals[0]","last3.$":"$.vals[3:]"},"list":[{"a.$":"$.flagged"}]}}`), `{"flagged":7,"vals":[0,10,20,30,40,50]}`, `{"flagged":true,"parts":{"first":0,"last3":[30,40,50]},"list":[{"a":7}]}`},
		"result discarded":    {one(`{"Type":"Pass","Result":1,"ResultPath":null}`), `{"a":1}`, `{"a":1}`},
		"deep result":         {one(`{"Type":"Pass","Result":6,"ResultPath":"$.master.result.sum"}`), `{"master":{"detail":[1,2,3]}}`, `{"master":{"detail":[1,2,3],"result":{"sum":6}}}`},
		"output path":         {one(`{"Type":"Pass","OutputPath":"$.a.b"}`), `{"a":{"b":[1,2]}}`, `[1,2]`},
		"wait for the past":   {one(`{"Type":"Wait","TimestampPath":"$.at"}`), `{"at":"2016-03-14T01:59:00Z"}`, `{"at":"2016-03-14T01:59:00Z"}`},
		"succeed":             {`{"StartAt":"S","States":{"S":{"Type":"Succeed","OutputPath":"$.a"}}}`, `{"a":1}`, `1`},
		"parallel": {one(`{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","OutputPath":"$.a","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","Next":"C"},"C":{"Type":"Pass","End":true}}}],"ResultSelector":{"first.$":"$[0]","second.$":"$[1]"},"ResultPath":"$.r"}`), `{"a":1}`, `{"a":1,"r":{"first":1,"second":"b"}}`},
		"map": {one(`{"Type":"Map","InputPath":"$.detail","ItemsPath":"$.shipped","MaxConcurrency":2,"ItemSelector":{"parcel.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","courier.$":"$.courier"},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"V","States":{"V":{"Type":"Pass","End":true}}},"ResultPath":"$.detail.shipped"}`),
			`{"detail":{"courier":"UQS","shipped":["a","b","c"]}}`,
			`{"detail":{"courier":"UQS","shipped":[{"parcel":"a","i":0,"courier":"UQS"},{"parcel":"b","i":1,"courier":"UQS"},{"parcel":"c","i":2,"courier":"UQS"}]}}`},
		"map of nothing": {one(`{"Type":"Map","Iterator":{"StartAt":"V","States":{"V":{"Type":"Pass","End":true}}}}`), `[]`, `[]`},
		"variables": {`{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"x":{"y":1}},"Assign":{"v.$":"$.x","w":"text"},"Next":"B"},
			"B":{"Type":"Parallel","Branches":[{"StartAt":"C","States":{"C":{"Type":"Pass","Parameters":{"y.$":"$v.y","w.$":"$w"},"End":true}}}],"End":true}}}`, `{}`, `[{"y":1,"w":"text"}]`},
		"context": {one(`{"Type":"Pass","Parameters":{"in.$":"$$.Execution.Input","state.$":"$$.State.Name","retries.$":"$$.State.RetryCount"}}`), `{"a":1}`, `{"in":{"a":1},"state":"S","retries":0}`},
		"choice": {`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":5,"Next":"Big","Assign":{"size":"big"}}],"Default":"Small","Assign":{"size":"small"}},
			"Big":{"Type":"Pass","Parameters":{"size.$":"$size"},"End":true},"Small":{"Type":"Pass","Parameters":{"size.$":"$size"},"End":true}}}`, `{"n":6}`, `{"size":"big"}`},
		"default": {`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":5,"Next":"Big"}],"Default":"Small","Assign":{"size":"small"}},
			"Big":{"Type":"Succeed"},"Small":{"Type":"Pass","Parameters":{"size.$":"$size"},"End":true}}}`, `{"n":5}`, `{"size":"small"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := c.run(t, test.machine, test.input)
			if test.output == "" {
				assert.Equal(t, types.ExecutionStatusFailed, out.Status)
				return
			}
			require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
			if name == "numbers keep digits" {
				assert.Equal(t, test.output, *out.Output)
			}
			sameJSON(t, test.output, *out.Output)
		})
	}
}

// How states fail, and what catches it.
func TestFailures(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const caught = `,"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"C"}],"Next":"E"},"E":{"Type":"Succeed"},"C":{"Type":"Pass","End":true}}}`
	for name, test := range map[string]struct{ machine, input, name, cause, output string }{
		"fail":         {`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"ErrorA","Cause":"Kaiju attack"}}}`, `{}`, "ErrorA", "Kaiju attack", ""},
		"fail by path": {`{"StartAt":"F","States":{"F":{"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('of {}', $.c)"}}}`, `{"e":"E1","c":7}`, "E1", "of 7", ""},
		"no choice":    {`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Next":"B"}]},"B":{"Type":"Succeed"}}}`, `{"n":1}`, "States.NoChoiceMatched", "No choice rule matched, and there is no Default.", ""},
		"choice of nothing": {`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Next":"B"}]},"B":{"Type":"Succeed"}}}`, `{}`, "States.Runtime",
			"An error occurred while executing the state 'A' (entered at the event id #2). Invalid path '$.n': The choice state's condition path references an invalid value.", ""},
		"parameters": {one(`{"Type":"Pass","Parameters":{"address.$":"$.application.address"}}`), `{"flagged":false}`, "States.Runtime",
			"An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.application.address' specified for the field 'address.$' could not be found in the input '{\"flagged\":false}'", ""},
		"intrinsic": {one(`{"Type":"Pass","Parameters":{"a.$":"States.ArrayGetItem($.l, 3)"}}`), `{"l":[1]}`, "States.IntrinsicFailure",
			"The function 'States.ArrayGetItem($.l, 3)' had the following error: the index is outside of the array", ""},
		"result path": {one(`{"Type":"Pass","Result":1,"ResultPath":"$.a.b"}`), `{"a":"text"}`, "States.ResultPathMatchFailure", `Unable to apply ReferencePath $.a.b to input "text"`, ""},
		"caught in a branch": {`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"X","Cause":"y"}}},{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}]` + caught,
			`{"a":1}`, "", "", `{"a":1,"error":{"Error":"X","Cause":"y"}}`},
		"caught in an item": {`{"StartAt":"P","States":{"P":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"X","Cause":"y"}}}` + caught,
			`{"l":[1,2]}`, "", "", `{"l":[1,2],"error":{"Error":"X","Cause":"y"}}`},
		"States.ALL leaves States.Runtime": {`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"F","States":{"F":{"Type":"Pass","InputPath":"$.no","End":true}}}]` + caught, `{}`,
			"States.Runtime", "An error occurred while executing the state 'F' (entered at the event id #4). Invalid path '$.no': No results for path: $.no", ""},
		"no items": {one(`{"Type":"Map","ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Succeed"}}}}`), `{}`, "States.Runtime",
			`An error occurred while executing the state 'S' (entered at the event id #2). Reference path "$" must point to array: {}`, ""},
		"unknown variable": {one(`{"Type":"Pass","Parameters":{"a.$":"$nobody"}}`), `{}`, "States.Runtime", "An error occurred while executing the state 'S' (entered at the event id #2). The variable '$nobody' is not defined.", ""},
		"too much": {one(`{"Type":"Pass","Parameters":{"a.$":"States.Array($, $, $, $)"}}`), `{"a":"` + strings.Repeat("x", 100_000) + `"}`, "States.DataLimitExceeded",
			"The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := c.run(t, test.machine, test.input)
			if test.output != "" {
				require.Equal(t, types.ExecutionStatusSucceeded, out.Status, aws.ToString(out.Cause))
				sameJSON(t, test.output, *out.Output)
				return
			}
			assert.Equal(t, types.ExecutionStatusFailed, out.Status)
			assert.Equal(t, test.name, aws.ToString(out.Error))
			assert.Equal(t, test.cause, aws.ToString(out.Cause))
		})
	}
}

// Each event has the data of its moment, and the number of the one that led to it.
func TestHistory(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	out := c.run(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"b":2},"Assign":{"v":[1]},"Next":"B"},"B":{"Type":"Pass","Result":3,"End":true}}}`, `{"a":1}`)
	var data []string
	for i, e := range c.history(t, out.ExecutionArn) {
		assert.Equal(t, int64(i+1), e.Id)
		assert.Equal(t, int64(i), e.PreviousEventId)
		switch {
		case e.StateEnteredEventDetails != nil:
			data = append(data, *e.StateEnteredEventDetails.Name+" "+*e.StateEnteredEventDetails.Input)
		case e.StateExitedEventDetails != nil:
			data = append(data, *e.StateExitedEventDetails.Name+" "+*e.StateExitedEventDetails.Output)
		}
	}
	assert.Equal(t, []string{`A {"a":1}`, `A {"b":2}`, `B {"b":2}`, `B 3`}, data)
	assert.Equal(t, map[string]string{"v": "[1]"}, c.history(t, out.ExecutionArn)[2].StateExitedEventDetails.AssignedVariables)
	bare, err := c.client.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: out.ExecutionArn, IncludeExecutionData: aws.Bool(false), ReverseOrder: true, MaxResults: 2})
	require.NoError(t, err)
	require.Len(t, bare.Events, 2)
	assert.Equal(t, types.HistoryEventTypeExecutionSucceeded, bare.Events[0].Type)
	assert.Nil(t, bare.Events[0].ExecutionSucceededEventDetails.Output)
	assert.NotNil(t, bare.NextToken)
}

// Waiting goes by the World's clock: by Advance, and by a bubble's.
func TestWait(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	execution := c.begin(t, c.machine(t, "waits", `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.s","Next":"X"},"X":{"Type":"Wait","Seconds":3600,"End":true}}}`), `{"s":60}`)
	c.Advance(59 * time.Second)
	assert.Len(t, c.history(t, execution), 2)
	c.Advance(2 * time.Second)
	assert.Equal(t, "ExecutionStarted WaitStateEntered WaitStateExited WaitStateEntered", kinds(c.history(t, execution)))
	c.Advance(time.Hour)
	out := c.describe(t, execution)
	assert.Equal(t, types.ExecutionStatusSucceeded, out.Status)
	assert.Equal(t, 3660*time.Second, out.StopDate.Sub(*out.StartDate).Round(time.Second))
}

func TestWaitInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		execution := c.begin(t, c.machine(t, "waits", one(`{"Type":"Wait","Seconds":86400}`)), `{}`)
		time.Sleep(24*time.Hour - time.Minute)
		assert.Equal(t, types.ExecutionStatusRunning, c.describe(t, execution).Status)
		time.Sleep(2 * time.Minute)
		assert.Equal(t, types.ExecutionStatusSucceeded, c.describe(t, execution).Status)
	})
}

// An execution ends when the time of its state machine is over, and when its history is full.
func TestBounds(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	execution := c.begin(t, c.machine(t, "late", `{"TimeoutSeconds":60,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":61,"End":true}}}`), `{}`)
	c.Advance(2 * time.Minute)
	out := c.describe(t, execution)
	assert.Equal(t, types.ExecutionStatusTimedOut, out.Status)
	assert.Equal(t, "States.Timeout", *out.Error)
	assert.Equal(t, time.Minute, out.StopDate.Sub(*out.StartDate))

	endless := c.run(t, `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"B"}],"Default":"A"},"B":{"Type":"Succeed"}}}`, `{}`)
	assert.Equal(t, types.ExecutionStatusFailed, endless.Status)
	assert.Equal(t, "The execution reached the maximum number of history events (25000).", *endless.Cause)
	assert.Len(t, c.history(t, endless.ExecutionArn), 25_000)
}
