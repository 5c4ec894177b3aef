package sns_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// The owner of a queue subscribes it to another account's topic, and has confirmed by that;
// the owner of the topic has not, and the queue gets a token.
func TestSubscriptionsAcrossAccounts(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		topic := c.topic(t, "orders")
		theirs, ours := c.queue(t, stranger, "theirs", topicARN), c.queue(t, stranger, "asked", topicARN)
		_, err := c.of(stranger).Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: &theirs.arn})
		require.ErrorContains(t, err, "because no resource-based policy allows the SNS:Subscribe action")
		require.NoError(t, setAttribute(t, c.root(), topic, "Policy", grant(`{"AWS":"`+stranger+`"}`, "sns:Subscribe")))
		arn := theirs.subscribe(t, c.of(stranger), topic)
		assert.Contains(t, *arn, topicARN+":")

		assert.Equal(t, "pending confirmation", *ours.subscribe(t, c.root(), topic))
		asked := ours.notification(t)
		assert.Equal(t, "SubscriptionConfirmation", asked["Type"])
		require.NoError(t, verify(t, asked, sns.Certificate(c.World.World)))
		publish(t, c.root(), topic, "one")
		assert.Len(t, ours.bodies(t), 1, "it is not confirmed")
		assert.Len(t, theirs.bodies(t), 1)
		token := asked["Token"].(string)
		_, err = c.user(stranger, "nobody", "").ConfirmSubscription(t.Context(), &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: &token})
		require.ErrorContains(t, err, "SNS:ConfirmSubscription")
		_, err = c.of(stranger).ConfirmSubscription(t.Context(), &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: aws.String(token + "0")})
		worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: Token")
		confirmed, err := c.of(stranger).ConfirmSubscription(t.Context(), &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: &token, AuthenticateOnUnsubscribe: aws.String("true")})
		require.NoError(t, err)
		publish(t, c.root(), topic, "two")
		assert.Len(t, ours.bodies(t), 2)

		// The owners of the two see the subscription, nobody else does.
		get := &awssns.GetSubscriptionAttributesInput{SubscriptionArn: arn}
		for _, account := range []string{owner, stranger} {
			out, err := c.of(account).GetSubscriptionAttributes(t.Context(), get)
			require.NoError(t, err)
			assert.Equal(t, stranger, out.Attributes["Owner"])
		}
		_, err = c.of(stranger).GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: confirmed.SubscriptionArn})
		require.Error(t, err, "the owner of the topic subscribed the queue")
		if door == worldtest.InProcess {
			_, err = c.anybody().Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: confirmed.SubscriptionArn})
			require.ErrorContains(t, err, "AuthorizationError")
			_, err = c.anybody().Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: arn})
			require.NoError(t, err)
		}
		_, err = c.root().Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: confirmed.SubscriptionArn})
		require.NoError(t, err)
		_, err = c.root().GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: confirmed.SubscriptionArn})
		worldtest.RequireError(t, err, "NotFound", "Subscription does not exist")
	})
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	function := "arn:aws:lambda:us-east-1:" + owner + ":function:f"
	for _, tc := range []struct{ protocol, endpoint, want string }{
		{"ftp", "x", "Invalid parameter: Amazon SNS does not support this protocol string: ftp"},
		{"http", "https://example.com", "Invalid parameter: Endpoint must match the specified protocol"},
		{"https", "https://example.com", ""},
		{"email", "example.com", "Invalid parameter: Email address"},
		{"email-json", "a@example.com", ""},
		{"sms", "x", "Invalid parameter: Invalid SMS endpoint: x"},
		{"sms", "+15550001111", ""},
		{"sqs", "https://sqs.us-east-1.amazonaws.com/1/q", "Invalid parameter: SQS endpoint ARN"},
		{"lambda", strings.Replace(function, "function", "layer", 1), "Invalid parameter: Lambda endpoint ARN"},
		{"lambda", function, ""},
		{"application", function, "Invalid parameter: Application endpoint arn invalid"},
		{"firehose", "arn:aws:firehose:us-east-1:" + owner + ":deliverystream/s", "Invalid parameter: SubscriptionRoleArn Reason: a valid role ARN is required for Amazon Data Firehose subscriptions"},
	} {
		_, err := c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: &tc.protocol, Endpoint: &tc.endpoint})
		if tc.want == "" {
			require.NoError(t, err, tc.endpoint)
			continue
		}
		worldtest.RequireError(t, err, "InvalidParameter", tc.want)
	}
	pending := map[string]bool{}
	for _, sub := range sns.Subscriptions(c.World.World, topicARN) {
		pending[sub.Protocol] = sub.Pending
	}
	assert.Equal(t, map[string]bool{"https": true, "email-json": true, "sms": false, "lambda": false}, pending)
	c.Clock().Advance(48 * time.Hour)
	assert.Len(t, sns.Subscriptions(c.World.World, topicARN), 2, "who does not confirm in time is forgotten")
}

func TestSubscribeAgain(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	q := c.queue(t, owner, "q", topicARN)
	first := q.subscribe(t, c.root(), topic, "RawMessageDelivery", "true")
	assert.Equal(t, first, q.subscribe(t, c.root(), topic))
	assert.Equal(t, first, q.subscribe(t, c.root(), topic, "RawMessageDelivery", "true"))
	_, err := c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: &q.arn, Attributes: map[string]string{"RawMessageDelivery": "false"}})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
	for name, value := range map[string]string{
		"RawMessageDelivery": "yes", "FilterPolicyScope": "Body", "RedrivePolicy": "x", "Nothing": "x", "DeliveryPolicy": "[]",
	} {
		_, err := c.root().SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: first, AttributeName: &name, AttributeValue: &value})
		require.ErrorContains(t, err, "InvalidParameter: Invalid parameter: ", name)
	}
	for target, want := range map[string]string{
		"arn:aws:sqs:us-east-1:" + stranger + ":q":   "must be in the same account and Region",
		"arn:aws:sqs:us-east-1:" + owner + ":q.fifo": "must use a standard SQS queue",
		"q": "is an invalid arn",
	} {
		_, err := c.root().SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: first, AttributeName: aws.String("RedrivePolicy"), AttributeValue: aws.String(`{"deadLetterTargetArn":"` + target + `"}`)})
		require.ErrorContains(t, err, want)
	}
}

// Lists have pages of a hundred.
func TestPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	for i := range 204 {
		c.topic(t, fmt.Sprintf("t%03d", i))
		_, err := c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("email"), Endpoint: aws.String(fmt.Sprintf("a%d@example.com", i))})
		require.NoError(t, err)
	}
	var sizes []int
	seen := map[string]bool{}
	for pages := awssns.NewListTopicsPaginator(c.root(), &awssns.ListTopicsInput{}); pages.HasMorePages(); {
		p, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		sizes = append(sizes, len(p.Topics))
		for _, topic := range p.Topics {
			seen[*topic.TopicArn] = true
		}
	}
	assert.Equal(t, []int{100, 100, 5}, sizes)
	assert.Len(t, seen, 205)
	sizes = nil
	for pages := awssns.NewListSubscriptionsByTopicPaginator(c.root(), &awssns.ListSubscriptionsByTopicInput{TopicArn: topic}); pages.HasMorePages(); {
		p, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		sizes = append(sizes, len(p.Subscriptions))
		assert.Equal(t, "PendingConfirmation", *p.Subscriptions[0].SubscriptionArn)
	}
	assert.Equal(t, []int{100, 100, 4}, sizes)
	_, err := c.root().ListSubscriptions(t.Context(), &awssns.ListSubscriptionsInput{NextToken: aws.String("x")})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: NextToken")
	out, err := c.of(stranger).ListTopics(t.Context(), &awssns.ListTopicsInput{})
	require.NoError(t, err)
	assert.Empty(t, out.Topics)
}

// Go code that is given a message may publish itself.
func TestHandlersPublish(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic, next := c.topic(t, "orders"), c.topic(t, "next")
	q := c.queue(t, owner, "q", *next)
	q.subscribe(t, c.root(), next, "RawMessageDelivery", "true")
	sns.Deliver(c.World.World, "https://example.com/", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var n struct{ Type, Token, Message string }
		if err := json.Unmarshal(body, &n); err != nil {
			panic(err)
		}
		ctx := context.WithoutCancel(r.Context())
		var err error
		if n.Type == "SubscriptionConfirmation" {
			_, err = c.root().ConfirmSubscription(ctx, &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: &n.Token})
		} else {
			_, err = c.root().Publish(ctx, &awssns.PublishInput{TopicArn: next, Message: aws.String(n.Message + " again")})
		}
		if err != nil {
			panic(err)
		}
	}))
	_, err := c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("https"), Endpoint: aws.String("https://example.com/x")})
	require.NoError(t, err)
	publish(t, c.root(), topic, "once")
	assert.Equal(t, []string{"once again"}, q.bodies(t))
}

// A clone has the topics and subscriptions, and neither sees what the other does then.
func TestClone(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	q := c.queue(t, owner, "q", topicARN)
	q.subscribe(t, c.root(), topic, "FilterPolicy", `{"a":[{"exists":false}]}`)
	publish(t, c.root(), topic, "before")
	copied := &cloud{worldtest.Clone(t, c.World.World), c.users}
	cq := &queue{copied, q.account, q.name, q.arn}
	publish(t, copied.root(), topic, "in the clone")
	assert.Len(t, cq.bodies(t), 2)
	assert.Len(t, q.bodies(t), 1)
	assert.Len(t, sns.Published(copied.World.World, topicARN), 2)
	_, err := c.root().DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: topic})
	require.NoError(t, err)
	assert.Nil(t, sns.Published(c.World.World, topicARN))
	publish(t, copied.root(), topic, "still there")
	assert.Len(t, cq.bodies(t), 3)
}
