package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		p    Protocol
		r    Request
		want bool
	}{
		"zero":            {AWSJSON10, Request{Body: []byte(`{"QueueUrl":"x","WaitTimeSeconds": 0}`)}, true},
		"not sent":        {AWSJSON10, Request{Body: []byte(`{"QueueUrl":"WaitTimeSeconds"}`)}, false},
		"deeper":          {AWSJSON10, Request{Body: []byte(`{"A":{"WaitTimeSeconds":0}}`)}, false},
		"no body":         {AWSJSON10, Request{}, false},
		"broken":          {AWSJSON10, Request{Body: []byte(`{"WaitTimeSeconds":0`)}, false},
		"form":            {AWSQuery, Request{Method: "POST", Body: []byte("Action=ReceiveMessage&WaitTimeSeconds=0")}, true},
		"not in the form": {AWSQuery, Request{Method: "POST", Body: []byte("Action=ReceiveMessage")}, false},
		"query string":    {AWSQuery, Request{Method: "GET", RawQuery: "WaitTimeSeconds=0"}, true},
		"REST":            {RESTXML, Request{Body: []byte("<WaitTimeSeconds>0</WaitTimeSeconds>")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, test.r.Sent(test.p, "WaitTimeSeconds"))
		})
	}
}

func TestEntrySent(t *testing.T) {
	t.Parallel()
	sqs, ok := Load("sqs")
	require.True(t, ok)
	o := sqs.Operation("SendMessageBatch")
	for name, test := range map[string]struct {
		p    Protocol
		r    Request
		want [2]bool
	}{
		"first":         {AWSJSON10, Request{Body: []byte(`{"QueueUrl":"x","Entries":[{"Id":"a","DelaySeconds":0},{"Id":"b"}]}`)}, [2]bool{true, false}},
		"second":        {AWSJSON10, Request{Body: []byte(`{"Entries":[{"Id":"DelaySeconds"},{"DelaySeconds":5}]}`)}, [2]bool{false, true}},
		"deeper":        {AWSJSON10, Request{Body: []byte(`{"Entries":[{"A":{"DelaySeconds":0}}]}`)}, [2]bool{}},
		"top level":     {AWSJSON10, Request{Body: []byte(`{"DelaySeconds":0,"Entries":[{},{}]}`)}, [2]bool{}},
		"no list":       {AWSJSON10, Request{Body: []byte(`{"Entries":{"DelaySeconds":0}}`)}, [2]bool{}},
		"broken":        {AWSJSON10, Request{Body: []byte(`{"Entries":[{"DelaySeconds":0}`)}, [2]bool{}},
		"no body":       {AWSJSON10, Request{}, [2]bool{}},
		"form":          {AWSQuery, Request{Method: "POST", Body: []byte("SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.DelaySeconds=0&SendMessageBatchRequestEntry.2.Id=b")}, [2]bool{true, false}},
		"form with gap": {AWSQuery, Request{Method: "POST", Body: []byte("SendMessageBatchRequestEntry.12.DelaySeconds=0&SendMessageBatchRequestEntry.3.Id=b")}, [2]bool{false, true}},
		"query string":  {AWSQuery, Request{Method: "GET", RawQuery: "SendMessageBatchRequestEntry.1.DelaySeconds=0"}, [2]bool{true, false}},
		"broken form":   {AWSQuery, Request{Method: "POST", Body: []byte("SendMessageBatchRequestEntry.1.DelaySeconds=%")}, [2]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for entry, want := range test.want {
				assert.Equal(t, want, o.EntrySent(test.p, &test.r, "Entries", entry, "DelaySeconds"), entry)
			}
		})
	}
}
