package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An eventList is a stream of events that ends with an error.
type eventList struct {
	events []any
	end    error
	closed bool
}

func (l *eventList) Next() (any, error) {
	if len(l.events) == 0 {
		return nil, l.end
	}
	e := l.events[0]
	l.events = l.events[1:]
	return e, nil
}

func (l *eventList) Close() error {
	l.closed = true
	return nil
}

func encodedEvents(t *testing.T, l *eventList) *Response {
	t.Helper()
	s, ok := Load("s3")
	require.True(t, ok)
	out := new(awss3.SelectObjectContentOutput)
	SetEvents(&out.ResultMetadata, l)
	res, err := s.Operation("SelectObjectContent").Encode(RESTXML, out, "ID")
	require.NoError(t, err)
	return res
}

// The messages are as callers of S3 quote them: their headers in this order, and documents
// without a namespace.
func TestEventsAreMessages(t *testing.T) {
	t.Parallel()
	bytesOf := aws.Int64
	l := &eventList{end: io.EOF, events: []any{
		&types.SelectObjectContentEventStreamMemberRecords{Value: types.RecordsEvent{Payload: []byte("{\"a\":1}\n")}},
		&types.SelectObjectContentEventStreamMemberCont{},
		&types.SelectObjectContentEventStreamMemberProgress{Value: types.ProgressEvent{Details: &types.Progress{BytesScanned: bytesOf(1)}}},
		&types.SelectObjectContentEventStreamMemberStats{Value: types.StatsEvent{Details: &types.Stats{BytesScanned: bytesOf(534), BytesProcessed: bytesOf(534), BytesReturned: bytesOf(154)}}},
		&types.SelectObjectContentEventStreamMemberEnd{},
	}}
	res := encodedEvents(t, l)
	assert.Equal(t, "ID", res.Header.Get("X-Amz-Request-Id"))
	values, set := res.Header["Content-Type"]
	assert.True(t, set && values == nil, "no content type is guessed")
	assert.Equal(t, int64(-1), res.Length)
	raw, err := io.ReadAll(res.Stream)
	require.NoError(t, err)
	require.NoError(t, res.Stream.Close())
	assert.True(t, l.closed)

	records := [][2]string{{":message-type", "event"}, {":event-type", "Records"}, {":content-type", "application/octet-stream"}}
	for _, want := range []struct {
		headers [][2]string
		payload string
	}{
		{records, "{\"a\":1}\n"},
		{[][2]string{{":message-type", "event"}, {":event-type", "Cont"}}, ""},
		{[][2]string{{":message-type", "event"}, {":event-type", "Progress"}, {":content-type", "text/xml"}}, `<Progress xmlns=""><BytesScanned>1</BytesScanned></Progress>`},
		{[][2]string{{":message-type", "event"}, {":event-type", "Stats"}, {":content-type", "text/xml"}}, `<Stats xmlns=""><BytesScanned>534</BytesScanned><BytesProcessed>534</BytesProcessed><BytesReturned>154</BytesReturned></Stats>`},
		{[][2]string{{":message-type", "event"}, {":event-type", "End"}}, ""},
	} {
		rest := bytes.NewReader(raw)
		msg, err := eventstream.NewDecoder().Decode(rest, nil)
		require.NoError(t, err)
		raw = raw[len(raw)-rest.Len():]
		var headers [][2]string
		for _, h := range msg.Headers {
			headers = append(headers, [2]string{h.Name, h.Value.String()})
		}
		assert.Equal(t, want.headers, headers)
		assert.Equal(t, want.payload, string(msg.Payload))
	}
	assert.Empty(t, raw)
}

// In the RPC protocols the first message stands for the output, events are JSON, and an error
// that the model has is an exception.
func TestEventsInJSON(t *testing.T) {
	t.Parallel()
	s, ok := Load("kinesis")
	require.True(t, ok)
	out := new(kinesis.SubscribeToShardOutput)
	SetEvents(&out.ResultMetadata, &eventList{
		events: []any{&kinesistypes.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: kinesistypes.SubscribeToShardEvent{
			ContinuationSequenceNumber: aws.String("1"), MillisBehindLatest: aws.Int64(0), Records: []kinesistypes.Record{},
		}}},
		end: &kinesistypes.ResourceInUseException{Message: aws.String("taken")},
	})
	res, err := s.Operation("SubscribeToShard").Encode(AWSJSON11, out, "ID")
	require.NoError(t, err)
	assert.Equal(t, []string{"application/vnd.amazon.eventstream"}, res.Header["Content-Type"])
	assert.Equal(t, int64(-1), res.Length)
	decoder := eventstream.NewDecoder()
	for _, want := range []map[string]string{
		{":message-type": "event", ":event-type": "initial-response", "payload": "{}"},
		{":message-type": "event", ":event-type": "SubscribeToShardEvent", "payload": `{"Records":[],"ContinuationSequenceNumber":"1","MillisBehindLatest":0}`},
		{":message-type": "exception", ":exception-type": "ResourceInUseException", "payload": `{"message":"taken"}`},
	} {
		want[":content-type"] = "application/x-amz-json-1.1"
		msg, err := decoder.Decode(res.Stream, nil)
		require.NoError(t, err)
		got := map[string]string{"payload": string(msg.Payload)}
		for _, h := range msg.Headers {
			got[h.Name] = h.Value.String()
		}
		assert.Equal(t, want, got)
	}
	_, err = decoder.Decode(res.Stream, nil)
	require.ErrorIs(t, err, io.EOF)
}

// An error of AWS is the last message, and any other one breaks the answer off.
func TestEventsEndWithErrors(t *testing.T) {
	t.Parallel()
	res := encodedEvents(t, &eventList{end: &Error{Code: "CastFailed", Message: "no number"}})
	msg, err := eventstream.NewDecoder().Decode(res.Stream, nil)
	require.NoError(t, err)
	assert.Equal(t, "error", msg.Headers.Get(":message-type").String())
	assert.Equal(t, "CastFailed", msg.Headers.Get(":error-code").String())
	assert.Equal(t, "no number", msg.Headers.Get(":error-message").String())
	n, err := res.Stream.Read(make([]byte, 1))
	assert.Zero(t, n)
	assert.Equal(t, io.EOF, err)

	gone := errors.New("gone")
	_, err = io.ReadAll(encodedEvents(t, &eventList{end: gone}).Stream)
	assert.ErrorIs(t, err, gone)
	_, err = io.ReadAll(encodedEvents(t, &eventList{end: io.EOF, events: []any{42}}).Stream)
	assert.EqualError(t, err, "wire: int is no event")
}

func TestNoEventsAreAnError(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	_, err := s.Operation("SelectObjectContent").Encode(RESTXML, new(awss3.SelectObjectContentOutput), "ID")
	assert.ErrorContains(t, err, "SelectObjectContent has no event stream")
}
