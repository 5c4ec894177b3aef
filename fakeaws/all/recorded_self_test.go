package all_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the comparison with recorded answers finds, and what it lets pass.
func TestComparisonWithRecordedAnswers(t *testing.T) {
	t.Parallel()
	const test = sqsTests + "successive_purge_calls_fail[sqs_query]"
	m := readRecordedModel(t, "sqs")
	code := readAnswerable(t, m, "sqs")
	inProgress := `"Code":"AWS.SimpleQueueService.PurgeQueueInProgress","Detail":null,"Message":"Only one PurgeQueue operation on <queue-name> is allowed every 60 seconds.","Type":"Sender"`
	for name, tc := range map[string]struct {
		answer string
		want   []string
	}{
		"as AWS answers":  {`{"Error":{` + inProgress + `},"ResponseMetadata":403}`, nil},
		"another status":  {`{"Error":{` + inProgress + `},"ResponseMetadata":409}`, []string{"AWS.SimpleQueueService.PurgeQueueInProgress has status [403], not 409", ".ResponseMetadata: want 409, got 403"}},
		"another member":  {`{"Error":{"Queue":"jobs",` + inProgress + `},"ResponseMetadata":403}`, []string{"no member Queue of AWS.SimpleQueueService.PurgeQueueInProgress", `.Error.Queue: missing, want "jobs"`}},
		"a member less":   {`{"Error":{` + inProgress + `}}`, []string{".ResponseMetadata: should be missing, got 403"}},
		"another text":    {`{"Error":{"Code":"AWS.SimpleQueueService.PurgeQueueInProgress","Detail":null,"Message":"Wait a while.","Type":"Sender"},"ResponseMetadata":403}`, []string{"no text AWS.SimpleQueueService.PurgeQueueInProgress: Wait a while.", `.Error.Message: want "Wait a while.", got "Only one PurgeQueue operation on jobs is allowed every 60 seconds."`}},
		"a success of it": {`{"Messages":[{"Priority":"1"}]}`, []string{"the model has no member .Messages.Priority", `.Messages: missing, want [{"Priority":"1"}]`, ".Error: should be missing", ".ResponseMetadata: should be missing, got 403"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var answer any
			require.NoError(t, json.Unmarshal([]byte(tc.answer), &answer))
			var got []string
			r := &recordedReport{service: "sqs", fail: func(text string) { got = append(got, text) }}
			answers := recordedAnswers{test: {"purge_queue_error": answer}}
			r.possible(m, code, answers)
			r.played(t, m, sqsScenarios, answers)
			require.Len(t, got, len(tc.want), "%q", got)
			for i, want := range tc.want {
				assert.Contains(t, got[i], test+"\n    purge_queue_error: "+want)
			}
			assert.Equal(t, 1, r.compared)
		})
	}
}

func TestPlaceholdersOfRecordedAnswers(t *testing.T) {
	t.Parallel()
	c := comparison{bound: map[string]string{"<region>": "us-east-1"}}
	assert.True(t, c.text("arn:aws:sqs:<region>:111111111111:<resource:1>", "arn:aws:sqs:us-east-1:111122223333:jobs"))
	assert.True(t, c.text("<resource:1>", "jobs"))
	assert.False(t, c.text("<resource:1>", "other"), "what it stood for once, it stands for again")
	assert.True(t, c.text("<datetime>", "whatever"))
	assert.False(t, c.text("<resource:1>.fifo", "jobs"))
}
