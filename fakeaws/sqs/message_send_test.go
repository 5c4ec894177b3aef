package sqs

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func text(s string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &s}
}

func TestSendAndReceive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	attributes := map[string]types.MessageAttributeValue{
		"name":   text("käse"),
		"number": {DataType: aws.String("Number.int"), StringValue: aws.String("42")},
		"raw":    {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
	}
	sent, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{
		QueueUrl:          url,
		MessageBody:       aws.String("bar"),
		MessageAttributes: attributes,
		MessageGroupId:    aws.String("tenant-1"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-2-3")},
		},
	})
	require.NoError(t, err)
	assert.NoError(t, uuid.Validate(*sent.MessageId))
	assert.Equal(t, "37b51d194a7513e45b56f6524f2d51f2", *sent.MD5OfMessageBody)
	require.NotNil(t, sent.MD5OfMessageSystemAttributes)
	before := time.Now()

	got := b.receive(t, &awssqs.ReceiveMessageInput{
		QueueUrl:                    url,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	require.Len(t, got, 1)
	m := got[0]
	assert.Equal(t, "bar", *m.Body)
	assert.Equal(t, sent.MessageId, m.MessageId)
	assert.Equal(t, sent.MD5OfMessageBody, m.MD5OfBody)
	assert.Equal(t, sent.MD5OfMessageAttributes, m.MD5OfMessageAttributes)
	assert.Equal(t, attributes, m.MessageAttributes)
	assert.True(t, strings.HasPrefix(*m.ReceiptHandle, "AQEB"))

	assert.Equal(t, account, m.Attributes["SenderId"])
	assert.Equal(t, "1", m.Attributes["ApproximateReceiveCount"])
	assert.Equal(t, "tenant-1", m.Attributes["MessageGroupId"])
	assert.Equal(t, "Root=1-2-3", m.Attributes["AWSTraceHeader"])
	for _, name := range []string{"SentTimestamp", "ApproximateFirstReceiveTimestamp"} {
		var ms int64
		_, err := fmt.Sscan(m.Attributes[name], &ms)
		require.NoError(t, err)
		assert.WithinDuration(t, before, time.UnixMilli(ms), time.Minute)
	}
	assert.Len(t, m.Attributes, 6)
}

func TestAttributesDigest(t *testing.T) {
	t.Parallel()
	// The digest was computed by the algorithm's text, not by this package: MD5 of
	// 00000004 "piyo" 00000006 "String" 01 00000000.
	assert.Equal(t, "4166cc16b73099be3abe8e2b0f544c99", attributesDigest(map[string]types.MessageAttributeValue{"piyo": text("")}))
	assert.Empty(t, attributesDigest(nil))

	want := digest([]byte("\x00\x00\x00\x01A\x00\x00\x00\x0aNumber.int\x01\x00\x00\x00\x0242" +
		"\x00\x00\x00\x01a\x00\x00\x00\x06Binary\x02\x00\x00\x00\x02\x00\xff"))
	assert.Equal(t, want, attributesDigest(map[string]types.MessageAttributeValue{
		"a": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
		"A": {DataType: aws.String("Number.int"), StringValue: aws.String("42")},
	}))
}

func TestMessageAttributeNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "VisibilityTimeout", "0")
	all := map[string]types.MessageAttributeValue{"bar.one": text("1"), "bar.two": text("2"), "foo": text("3")}
	_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: all})
	require.NoError(t, err)
	for _, tc := range []struct{ names, want []string }{
		{nil, nil},
		{[]string{"All"}, []string{"bar.one", "bar.two", "foo"}},
		{[]string{".*"}, []string{"bar.one", "bar.two", "foo"}},
		{[]string{"bar.*"}, []string{"bar.one", "bar.two"}},
		{[]string{"bar.*", "foo"}, []string{"bar.one", "bar.two", "foo"}},
		{[]string{"foo", "missing"}, []string{"foo"}},
		{[]string{"Foo", "fo"}, nil},
	} {
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: tc.names})
		require.Len(t, got, 1)
		want := maps.Clone(all)
		maps.DeleteFunc(want, func(name string, _ types.MessageAttributeValue) bool {
			for _, n := range tc.want {
				if n == name {
					return false
				}
			}
			return true
		})
		if len(want) == 0 {
			assert.Empty(t, got[0].MessageAttributes, tc.names)
			assert.Nil(t, got[0].MD5OfMessageAttributes, tc.names)
			continue
		}
		assert.Equal(t, want, got[0].MessageAttributes, tc.names)
		assert.Equal(t, attributesDigest(want), *got[0].MD5OfMessageAttributes, "the digest is that of the attributes in the answer")
	}
}

func TestSendMessageRefusals(t *testing.T) {
	t.Parallel()
	const contents = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
	number := func(s string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{"n": {DataType: aws.String("Number"), StringValue: &s}}
	}
	one := func(name string, v types.MessageAttributeValue) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{name: v}
	}
	many := make(map[string]types.MessageAttributeValue)
	for i := range 11 {
		many[fmt.Sprint(i)] = text("x")
	}
	const (
		badName  = "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. "
		reserved = "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use."
		badType  = "The type of message (user) attribute 'a' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
		notCast  = "Can't cast the value of message (user) attribute 'n' to a number."
	)
	for name, tc := range map[string]struct {
		in            awssqs.SendMessageInput
		code, message string
	}{
		"no body":      {awssqs.SendMessageInput{}, "MissingParameter", "The request must contain the parameter MessageBody."},
		"empty body":   {awssqs.SendMessageInput{MessageBody: aws.String("")}, "MissingParameter", "The request must contain the parameter MessageBody."},
		"control":      {awssqs.SendMessageInput{MessageBody: aws.String("a\x00")}, "InvalidMessageContents", contents},
		"surrogate":    {awssqs.SendMessageInput{MessageBody: aws.String("a\xed\xa0\x80")}, "InvalidMessageContents", contents},
		"noncharacter": {awssqs.SendMessageInput{MessageBody: aws.String("a\uffff")}, "InvalidMessageContents", contents},
		"negative delay": {awssqs.SendMessageInput{DelaySeconds: -1, MessageBody: aws.String("x")}, "InvalidParameterValue",
			"Value -1 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."},
		"long delay": {awssqs.SendMessageInput{DelaySeconds: 901, MessageBody: aws.String("x")}, "InvalidParameterValue",
			"Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."},
		"deduplication": {awssqs.SendMessageInput{MessageDeduplicationId: aws.String("d"), MessageBody: aws.String("x")}, "InvalidParameterValue",
			"Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."},
		"group": {awssqs.SendMessageInput{MessageGroupId: aws.String("a b"), MessageBody: aws.String("x")}, "InvalidParameterValue",
			"Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."},
		"too long":         {awssqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 2049))}, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 2048 bytes."},
		"attributes count": {awssqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 2041)), MessageAttributes: one("a", text("b"))}, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 2048 bytes."},
		"eleven":           {awssqs.SendMessageInput{MessageAttributes: many}, "InvalidParameterValue", "Number of message attributes [11] exceeds the allowed maximum [10]."},
		"name with space":  {awssqs.SendMessageInput{MessageAttributes: one("a b", text("x"))}, "InvalidParameterValue", badName},
		"name with dots":   {awssqs.SendMessageInput{MessageAttributes: one("a..b", text("x"))}, "InvalidParameterValue", badName},
		"name ends in dot": {awssqs.SendMessageInput{MessageAttributes: one("a.", text("x"))}, "InvalidParameterValue", badName},
		"name with a sign": {awssqs.SendMessageInput{MessageAttributes: one("a€", text("x"))}, "InvalidParameterValue", badName},
		"empty name":       {awssqs.SendMessageInput{MessageAttributes: one("", text("x"))}, "InvalidParameterValue", "The request must contain non-empty message (user) attribute name."},
		"long name":        {awssqs.SendMessageInput{MessageAttributes: one(strings.Repeat("a", 257), text("x"))}, "InvalidParameterValue", "Message (user) attribute names must be shorter than 256 Bytes"},
		"reserved name":    {awssqs.SendMessageInput{MessageAttributes: one("aWs.x", text("x"))}, "InvalidParameterValue", reserved},
		"reserved name 2":  {awssqs.SendMessageInput{MessageAttributes: one("AMAZON.x", text("x"))}, "InvalidParameterValue", reserved},
		"no type":          {awssqs.SendMessageInput{MessageAttributes: one("a", types.MessageAttributeValue{StringValue: aws.String("x")})}, "InvalidParameterValue", "Message (user) attribute 'a' must contain a non-empty attribute type."},
		"unknown type":     {awssqs.SendMessageInput{MessageAttributes: one("a", types.MessageAttributeValue{DataType: aws.String("string"), StringValue: aws.String("x")})}, "InvalidParameterValue", badType},
		"type without dot": {awssqs.SendMessageInput{MessageAttributes: one("a", types.MessageAttributeValue{DataType: aws.String("Stringx"), StringValue: aws.String("x")})}, "InvalidParameterValue", badType},
		"empty value":      {awssqs.SendMessageInput{MessageAttributes: one("a", text(""))}, "InvalidParameterValue", "Message (user) attribute 'a' must contain a non-empty value of type 'String'."},
		"empty bytes":      {awssqs.SendMessageInput{MessageAttributes: one("a", types.MessageAttributeValue{DataType: aws.String("Binary.gif")})}, "InvalidParameterValue", "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'."},
		"wrong member":     {awssqs.SendMessageInput{MessageAttributes: one("a", types.MessageAttributeValue{DataType: aws.String("String"), BinaryValue: []byte("x")})}, "InvalidParameterValue", "Message (user) attribute 'a' must contain a non-empty value of type 'String'."},
		"bad characters":   {awssqs.SendMessageInput{MessageAttributes: one("a", text("\x01"))}, "InvalidParameterValue", contents},
		"lists":            {awssqs.SendMessageInput{MessageAttributes: one("a", types.MessageAttributeValue{DataType: aws.String("String"), StringListValues: []string{"x"}})}, "UnsupportedOperation", textListValues},
		"not a number":     {awssqs.SendMessageInput{MessageAttributes: number("world")}, "InvalidParameterValue", notCast},
		"too many digits":  {awssqs.SendMessageInput{MessageAttributes: number(strings.Repeat("9", 39))}, "InvalidParameterValue", notCast},
		"system attribute": {awssqs.SendMessageInput{MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"SenderId": {}}}, "InvalidParameterValue", fmt.Sprintf(textSystemAttribute, "SenderId")},
		"trace type":       {awssqs.SendMessageInput{MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("Number")}}}, "InvalidParameterValue", textTraceType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in := tc.in
			in.QueueUrl = b.create(t, "jobs", "MaximumMessageSize", "2048")
			if in.MessageBody == nil && tc.code != "MissingParameter" {
				in.MessageBody = aws.String("x")
			}
			_, err := b.SendMessage(b.ctx, &in)
			requireError(t, err, tc.code, tc.message)
			assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, in.QueueUrl))
		})
	}
	t.Run("missing queue", func(t *testing.T) {
		b := newBench(t)
		_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: noURL, MessageBody: aws.String("x")})
		require.True(t, isA[*types.QueueDoesNotExist](err))
	})
}

func TestMessageSizeLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, strings.Repeat("x", 1<<20))
	_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", 1<<20+1))})
	requireError(t, err, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.")
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"0", "-1", "+1", "1.5", ".5", "1e10", "1E-10", "-1e128", "1e126", strings.Repeat("9", 38), "0." + strings.Repeat("1", 38)} {
		assert.True(t, isNumber(good), good)
	}
	for _, bad := range []string{"", "-", ".", "e", "1e", "0x10", "1_0", "inf", "NaN", "1e127", "-1e129", "1e99999", " 1", "1,5", "١"} {
		assert.False(t, isNumber(bad), bad)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "DelaySeconds", "10")
	b.post(t, url, "queue's delay")
	_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("own delay"), DelaySeconds: 5})
	require.NoError(t, err)
	assert.Equal(t, [3]string{"0", "0", "2"}, b.counts(t, url))
	b.advance(5 * time.Second)
	assert.Equal(t, [3]string{"1", "0", "1"}, b.counts(t, url))
	b.advance(5 * time.Second)
	assert.Equal(t, [3]string{"2", "0", "0"}, b.counts(t, url))
	_, bodies := b.take(t, url, 10)
	assert.Equal(t, []string{"queue's delay", "own delay"}, bodies)
}

func TestRetention(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "MessageRetentionPeriod", "60")
	b.post(t, url, "old", "older")
	b.take(t, url, 1)
	b.advance(30 * time.Second)
	b.post(t, url, "young")
	b.advance(30 * time.Second)
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
	_, bodies := b.take(t, url, 10)
	assert.Equal(t, []string{"young"}, bodies)

	t.Run("a shorter period takes effect on messages that are there", func(t *testing.T) {
		long := b.create(t, "long")
		b.post(t, long, "x")
		b.advance(2 * time.Minute)
		assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, long))
		require.NoError(t, b.set(long, "MessageRetentionPeriod", "60"))
		assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, long))
	})
}

func TestSendMessageBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "MaximumMessageSize", "1024")
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	delayed := entry("delayed", "d")
	delayed.DelaySeconds = 30
	out, err := b.SendMessageBatch(b.ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
		entry("ok", "bar"), entry("control", "\x00"), entry("long", strings.Repeat("x", 1025)), delayed, {Id: aws.String("none")},
	}})
	require.NoError(t, err)
	require.Len(t, out.Successful, 2)
	assert.Equal(t, "ok", *out.Successful[0].Id)
	assert.Equal(t, "37b51d194a7513e45b56f6524f2d51f2", *out.Successful[0].MD5OfMessageBody)
	assert.Equal(t, "delayed", *out.Successful[1].Id)
	require.Len(t, out.Failed, 3)
	for i, want := range [][2]string{{"control", "InvalidMessageContents"}, {"long", "InvalidParameterValue"}, {"none", "MissingParameter"}} {
		assert.Equal(t, want, [2]string{*out.Failed[i].Id, *out.Failed[i].Code})
		assert.True(t, out.Failed[i].SenderFault)
	}
	assert.Equal(t, "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.", *out.Failed[1].Message)
	assert.Equal(t, [3]string{"1", "0", "1"}, b.counts(t, url))
}

func TestBatchRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	half := strings.Repeat("x", 1<<19)
	entry := func(id string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String("x")}
	}
	var eleven []types.SendMessageBatchRequestEntry
	for i := range 11 {
		eleven = append(eleven, entry(fmt.Sprint(i)))
	}
	const badID = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
	for name, tc := range map[string]struct {
		entries       []types.SendMessageBatchRequestEntry
		code, message string
	}{
		"empty":     {nil, "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."},
		"eleven":    {eleven, "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11."},
		"same id":   {[]types.SendMessageBatchRequestEntry{entry("a"), entry("b"), entry("a")}, "BatchEntryIdsNotDistinct", "Id a repeated."},
		"no id":     {[]types.SendMessageBatchRequestEntry{entry("a"), {MessageBody: aws.String("x")}}, "MissingParameter", "The request must contain the parameter SendMessageBatchRequestEntry.2.Id."},
		"empty id":  {[]types.SendMessageBatchRequestEntry{entry("")}, "InvalidBatchEntryId", badID},
		"long id":   {[]types.SendMessageBatchRequestEntry{entry(strings.Repeat("a", 81))}, "InvalidBatchEntryId", badID},
		"dotted id": {[]types.SendMessageBatchRequestEntry{entry("a.b")}, "InvalidBatchEntryId", badID},
		"too long": {[]types.SendMessageBatchRequestEntry{
			{Id: aws.String("a"), MessageBody: &half},
			{Id: aws.String("b"), MessageBody: &half, MessageAttributes: map[string]types.MessageAttributeValue{"n": text("v")}},
		}, "BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent 1048584 bytes."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.SendMessageBatch(b.ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: tc.entries})
			requireError(t, err, tc.code, tc.message)
			assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))
		})
	}
	_, err := b.DeleteMessageBatch(b.ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: url})
	requireError(t, err, "EmptyBatchRequest", "There should be at least one DeleteMessageBatchRequestEntry in the request.")
	_, err = b.ChangeMessageVisibilityBatch(b.ctx, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: url})
	requireError(t, err, "EmptyBatchRequest", "There should be at least one ChangeMessageVisibilityBatchRequestEntry in the request.")
}
