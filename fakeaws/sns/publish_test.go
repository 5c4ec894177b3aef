package sns_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

func TestPublishRefusals(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	attribute := func(name, dataType, value string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{name: {DataType: &dataType, StringValue: &value}}
	}
	text := aws.String("x")
	for name, tc := range map[string]struct {
		in         *awssns.PublishInput
		code, want string
	}{
		"no message": {&awssns.PublishInput{TopicArn: topic}, "ValidationError",
			"1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null"},
		"no target":      {&awssns.PublishInput{Message: text}, "InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
		"two targets":    {&awssns.PublishInput{Message: text, TopicArn: topic, PhoneNumber: aws.String(phone)}, "InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
		"no ARN":         {&awssns.PublishInput{Message: text, TopicArn: text}, "InvalidParameter", "Invalid parameter: TopicArn"},
		"empty":          {&awssns.PublishInput{Message: aws.String(""), TopicArn: topic}, "InvalidParameter", "Invalid parameter: Empty message"},
		"long":           {&awssns.PublishInput{Message: aws.String(strings.Repeat("x", 256<<10+1)), TopicArn: topic}, "InvalidParameter", "Invalid parameter: Message too long"},
		"subject":        {&awssns.PublishInput{Message: text, TopicArn: topic, Subject: aws.String("a\nb")}, "InvalidParameter", "Invalid parameter: Subject"},
		"long subject":   {&awssns.PublishInput{Message: text, TopicArn: topic, Subject: aws.String(strings.Repeat("x", 101))}, "InvalidParameter", "Invalid parameter: Subject"},
		"no default":     {&awssns.PublishInput{Message: aws.String(`{"sqs":"x"}`), TopicArn: topic, MessageStructure: aws.String("json")}, "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body"},
		"no JSON":        {&awssns.PublishInput{Message: text, TopicArn: topic, MessageStructure: aws.String("json")}, "InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse"},
		"deduplication":  {&awssns.PublishInput{Message: text, TopicArn: topic, MessageDeduplicationId: text}, "InvalidParameter", "Invalid parameter: The request includes MessageDeduplicationId parameter that is not valid for this topic type"},
		"group":          {&awssns.PublishInput{Message: text, TopicArn: topic, MessageGroupId: aws.String("a b")}, "InvalidParameter", "Invalid parameter: MessageGroupId"},
		"attribute type": {&awssns.PublishInput{Message: text, TopicArn: topic, MessageAttributes: attribute("a", "Text", "x")}, "ParameterValueInvalid", "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."},
		"no number":      {&awssns.PublishInput{Message: text, TopicArn: topic, MessageAttributes: attribute("a", "Number", "x")}, "ParameterValueInvalid", "Could not cast message attribute 'a' value to number."},
		"empty value":    {&awssns.PublishInput{Message: text, TopicArn: topic, MessageAttributes: attribute("a", "String", "")}, "ParameterValueInvalid", "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."},
		"attribute name": {&awssns.PublishInput{Message: text, TopicArn: topic, MessageAttributes: attribute("a..b", "String", "x")}, "InvalidParameter", "Invalid parameter: Message attribute name is invalid"},
		"phone":          {&awssns.PublishInput{Message: text, PhoneNumber: text}, "InvalidParameter", "Invalid parameter: PhoneNumber Reason: x is not valid to publish"},
	} {
		_, err := c.root().Publish(t.Context(), tc.in)
		t.Log(name)
		worldtest.RequireError(t, err, tc.code, tc.want)
	}
	assert.Empty(t, sns.Published(c.World.World, topicARN))
	require.NoError(t, setAttribute(t, c.root(), topic, "MaximumMessageSize", "1048576"))
	publish(t, c.root(), topic, strings.Repeat("x", 1<<20))
}

func TestBatches(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		topic := c.topic(t, "orders")
		q := c.queue(t, owner, "q", topicARN)
		q.subscribe(t, c.root(), topic, "RawMessageDelivery", "true")
		entry := func(id, message string) types.PublishBatchRequestEntry {
			return types.PublishBatchRequestEntry{Id: &id, Message: &message}
		}
		send := func(entries ...types.PublishBatchRequestEntry) (*awssns.PublishBatchOutput, error) {
			return c.root().PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: entries})
		}
		out, err := send(entry("1", "one"), entry("2", ""), entry("3", "three"))
		require.NoError(t, err)
		require.Len(t, out.Successful, 2)
		require.Len(t, out.Failed, 1)
		assert.Equal(t, []string{"2", "InvalidParameter", "Invalid parameter: Empty message"}, []string{*out.Failed[0].Id, *out.Failed[0].Code, *out.Failed[0].Message})
		assert.True(t, out.Failed[0].SenderFault)
		assert.Equal(t, []string{"one", "three"}, q.bodies(t))
		for want, entries := range map[string][]types.PublishBatchRequestEntry{
			"TooManyEntriesInBatchRequest": {entry("1", "x"), entry("2", "x"), entry("3", "x"), entry("4", "x"), entry("5", "x"), entry("6", "x"), entry("7", "x"), entry("8", "x"), entry("9", "x"), entry("10", "x"), entry("11", "x")},
			"BatchEntryIdsNotDistinct":     {entry("1", "x"), entry("1", "y")},
			"InvalidBatchEntryId":          {entry("a b", "x")},
			"BatchRequestTooLong":          {entry("1", strings.Repeat("x", 200<<10)), entry("2", strings.Repeat("x", 100<<10))},
		} {
			_, err := send(entries...)
			require.ErrorContains(t, err, want)
		}
		_, err = send([]types.PublishBatchRequestEntry{}...)
		require.Error(t, err)
	})
}

func TestTopicAttributes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders", "DisplayName", "Orders")
	create := func(name string, attributes ...string) error {
		_, err := c.root().CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name, Attributes: pairs(attributes)})
		return err
	}
	require.NoError(t, create("orders", "DisplayName", "Orders"))
	require.NoError(t, create("orders"))
	for want, err := range map[string]error{
		"Attributes Reason: Topic already exists with different attributes": create("orders", "DisplayName", "Other"),
		"Topic Name": create("a.b"),
		"Attributes Reason: Unknown attribute Color": create("c", "Color", "red"),
		"AttributeName": setAttribute(t, c.root(), topic, "ContentBasedDeduplication", "true"),
		"Attributes Reason: Invalid value for attribute: MaximumMessageSize": setAttribute(t, c.root(), topic, "MaximumMessageSize", "1"),
		"Attributes Reason: Invalid value for attribute: SignatureVersion":   setAttribute(t, c.root(), topic, "SignatureVersion", "3"),
	} {
		worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: "+want)
	}
	require.ErrorContains(t, create("x", "FifoTopic", "true"), "Fifo Topic names must end with .fifo")
	fifo := c.topic(t, "a.fifo", "FifoTopic", "true", "ArchivePolicy", `{"MessageRetentionPeriod":"30"}`)
	require.ErrorContains(t, setAttribute(t, c.root(), fifo, "ArchivePolicy", `{"MessageRetentionPeriod":"400"}`), "ArchivePolicy")
	out, err := c.root().GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: fifo})
	require.NoError(t, err)
	for name, want := range map[string]string{
		"FifoTopic": "true", "ContentBasedDeduplication": "false", "FifoThroughputScope": "Topic", "ArchivePolicy": `{"MessageRetentionPeriod":"30"}`,
		"Owner": owner, "TopicArn": *fifo, "SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0", "DisplayName": "",
	} {
		assert.Equal(t, want, out.Attributes[name], name)
	}
}

// A FIFO topic forgets an id after five minutes.
func TestDeduplicationEnds(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "a.fifo", "FifoTopic", "true")
	in := &awssns.PublishInput{TopicArn: topic, Message: aws.String("x"), MessageGroupId: aws.String("g"), MessageDeduplicationId: aws.String("id")}
	var ids []string
	for _, wait := range []time.Duration{0, 5*time.Minute - time.Second, time.Second} {
		c.Clock().Advance(wait)
		out, err := c.root().Publish(t.Context(), in)
		require.NoError(t, err)
		ids = append(ids, *out.MessageId)
	}
	assert.Equal(t, ids[0], ids[1])
	assert.NotEqual(t, ids[0], ids[2])
	assert.Len(t, sns.Published(c.World.World, *topic), 2)
}

func TestMobilePushAndPhones(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	app, err := c.root().CreatePlatformApplication(t.Context(), &awssns.CreatePlatformApplicationInput{Name: aws.String("shop"), Platform: aws.String("GCM"), Attributes: map[string]string{"PlatformCredential": "secret"}})
	require.NoError(t, err)
	got, err := c.root().GetPlatformApplicationAttributes(t.Context(), &awssns.GetPlatformApplicationAttributesInput{PlatformApplicationArn: app.PlatformApplicationArn})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"Enabled": "true"}, got.Attributes, "secrets are not shown")
	in := &awssns.CreatePlatformEndpointInput{PlatformApplicationArn: app.PlatformApplicationArn, Token: aws.String("t")}
	device, err := c.root().CreatePlatformEndpoint(t.Context(), in)
	require.NoError(t, err)
	again, err := c.root().CreatePlatformEndpoint(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, device.EndpointArn, again.EndpointArn)
	in.CustomUserData = aws.String("x")
	_, err = c.root().CreatePlatformEndpoint(t.Context(), in)
	require.ErrorContains(t, err, "already exists with the same Token, but different attributes.")
	topic := c.topic(t, "orders")
	_, err = c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("application"), Endpoint: device.EndpointArn})
	require.NoError(t, err)
	publish(t, c.root(), topic, "to a device")
	assert.Equal(t, sns.Delivered, sns.Published(c.World.World, topicARN)[0].Deliveries[0].Outcome)
	_, err = c.root().SetEndpointAttributes(t.Context(), &awssns.SetEndpointAttributesInput{EndpointArn: device.EndpointArn, Attributes: map[string]string{"Enabled": "false"}})
	require.NoError(t, err)
	_, err = c.root().Publish(t.Context(), &awssns.PublishInput{TargetArn: device.EndpointArn, Message: aws.String("x")})
	worldtest.RequireError(t, err, "EndpointDisabled", "Endpoint is disabled")

	text := &awssns.PublishInput{PhoneNumber: aws.String(phone), Message: aws.String("hello")}
	_, err = c.root().Publish(t.Context(), text)
	require.NoError(t, err)
	direct := sns.PublishedDirectly(c.World.World, owner, region)
	require.Len(t, direct, 1)
	assert.Equal(t, []string{phone, "hello"}, []string{direct[0].PhoneNumber, direct[0].Message})
	sns.OptOut(c.World.World, owner, region, phone)
	_, err = c.root().Publish(t.Context(), text)
	require.ErrorContains(t, err, "OptedOut")
	out, err := c.root().ListPhoneNumbersOptedOut(t.Context(), &awssns.ListPhoneNumbersOptedOutInput{})
	require.NoError(t, err)
	assert.Equal(t, []string{phone}, out.PhoneNumbers)
	status, err := c.root().GetSMSSandboxAccountStatus(t.Context(), &awssns.GetSMSSandboxAccountStatusInput{})
	require.NoError(t, err)
	assert.True(t, status.IsInSandbox)
	sns.LeaveSandbox(c.World.World, owner, region)
	status, err = c.root().GetSMSSandboxAccountStatus(t.Context(), &awssns.GetSMSSandboxAccountStatusInput{})
	require.NoError(t, err)
	assert.False(t, status.IsInSandbox)
	_, err = c.root().SetSMSAttributes(t.Context(), &awssns.SetSMSAttributesInput{Attributes: map[string]string{"DefaultSenderID": "123"}})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: DefaultSenderID")
}
