package sns_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// Mail to the addresses that are subscribed is kept, as each protocol has it.
func TestMails(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	topic := c.topic(t, "orders")
	for _, protocol := range []string{"email", "email-json"} {
		_, err := c.root().Subscribe(ctx, &awssns.SubscribeInput{TopicArn: topic, Protocol: &protocol, Endpoint: aws.String(protocol + "@example.com")})
		require.NoError(t, err)
	}
	send := func() {
		_, err := c.root().Publish(ctx, &awssns.PublishInput{TopicArn: topic, MessageStructure: aws.String("json"), Message: aws.String(`{"default":"d","email":"for people"}`)})
		require.NoError(t, err)
	}
	send()
	assert.Empty(t, sns.Mails(c.World.World, owner, region, "email@example.com"), "nobody has confirmed")
	for _, sub := range sns.Subscriptions(c.World.World, *topic) {
		_, err := c.root().ConfirmSubscription(ctx, &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: &sub.Token})
		require.NoError(t, err)
	}
	send()
	mails := sns.Mails(c.World.World, owner, region, "email@example.com")
	require.Len(t, mails, 1)
	assert.Equal(t, "AWS Notification Message", mails[0].Subject)
	assert.Equal(t, "for people", mails[0].Body)
	mails = sns.Mails(c.World.World, owner, region, "email-json@example.com")
	require.Len(t, mails, 1)
	assert.Contains(t, mails[0].Body, `"Type" : "Notification"`)
	assert.Empty(t, sns.Mails(c.World.World, owner, region, "other@example.com"))
}
