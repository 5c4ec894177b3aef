package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
