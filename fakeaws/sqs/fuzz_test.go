package sqs

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"https://sqs.us-east-1.amazonaws.com/111122223333/jobs", "111122223333/jobs", "", "/", "//", "https://queue.amazonaws.com/", "http://[::1]/111122223333/a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		id, err := parseURL(url, region)
		if err != nil {
			require.True(t, isA[*types.InvalidAddress](err))
			return
		}
		again, err := parseURL("https://example.com/"+id.account+"/"+id.name, region)
		require.NoError(t, err)
		assert.Equal(t, id, again)
		back, ok := parseARN(id.arn())
		require.True(t, ok)
		assert.Equal(t, id, back)
	})
}

func FuzzReceipt(f *testing.F) {
	q := newQueue(nil, queueID{account, region, "jobs"}, "secret", 0)
	good := q.handle(&message{number: 7, receives: 2})
	for _, seed := range []string{good, good[1:], good + "=", "AQEB", "", "AQEBAAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, handle string) {
		r, ok := q.receipt(handle)
		if ok {
			assert.Equal(t, handle, q.handle(&message{number: r.number, receives: r.receives, received: r.received}), "a handle has one spelling")
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-1.5e10", "1e126", "1e127", "9.e-999999999", "0x1", "+", "1_000", "Inf"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isNumber(s) {
			n, err := strconv.ParseFloat(s, 64)
			require.NoError(t, err)
			assert.True(t, n >= -1e128 && n <= 1e126)
		}
	})
}

// What validText accepts, encoding/json carries unchanged.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"plain", "tab\tline\nend\r", "\x00", "\x7f", "\ufffd", "\xff", "\U0010ffff", "\uffff", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !validText(s) {
			return
		}
		b, err := json.Marshal(s)
		require.NoError(t, err)
		var back string
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, s, back)
	})
}

// No value of an attribute panics or changes a queue halfway.
func FuzzSetQueueAttributes(f *testing.F) {
	for _, a := range attributes {
		f.Add(string(a.name), "1")
	}
	f.Add("RedrivePolicy", redrive("jobs", 1))
	f.Add("RedrivePolicy", `{"deadLetterTargetArn":[],"maxReceiveCount":{}}`)
	f.Add("RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["a"]}`)
	f.Add("Policy", openPolicy)
	f.Fuzz(func(t *testing.T, name, value string) {
		b := newBench(t)
		url := b.create(t, "jobs")
		before := b.attributes(t, url, "All")
		if err := b.set(url, name, value); err != nil {
			assert.Equal(t, before, b.attributes(t, url, "All"))
			return
		}
		b.create(t, "jobs", name, value)
	})
}

// No message breaks the queue, and an accepted one comes back as it was sent.
func FuzzSendMessage(f *testing.F) {
	f.Add("body", "name", "String", "value", []byte(nil))
	f.Add("body", "name", "Binary.png", "", []byte{1})
	f.Add("body", "a.b", "Number", "1e5", []byte(nil))
	f.Add("\x00", "AWS.x", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, body, name, dataType, value string, raw []byte) {
		b := newBench(t)
		url := b.create(t, "jobs")
		v := types.MessageAttributeValue{DataType: &dataType, BinaryValue: raw}
		if value != "" {
			v.StringValue = aws.String(value)
		}
		sent, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{name: v}})
		if err != nil {
			assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))
			return
		}
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{"All"}})
		require.Len(t, got, 1)
		assert.Equal(t, body, *got[0].Body)
		assert.Equal(t, sent.MD5OfMessageAttributes, got[0].MD5OfMessageAttributes)
		assert.Equal(t, v, got[0].MessageAttributes[name])
	})
}
