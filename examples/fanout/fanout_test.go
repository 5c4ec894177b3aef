// Package fanout proves that orders reach the queue of another account through a topic, and
// that the queue takes them from this topic alone.
package fanout

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type shop struct {
	*awstest.Account
	topic     string
	picking   *awstest.Queue
	publisher *awstest.Principal
}

// newShop has a topic with a subscriber in the account of the warehouse.
func newShop(t *testing.T) *shop {
	acct := awstest.New(t, awstest.With(sns.Service))
	warehouse := acct.NewAccount()
	s := &shop{Account: acct, topic: fakeaws.ARN("sns", acct.Region(), acct.ID(), "orders")}
	s.picking = warehouse.SQS().CreateQueue("picking", nil)
	s.picking.SetPolicy(s.mayTopic())
	s.publisher = acct.NewRole("publisher", awstest.Allow("sns:Publish").On(s.topic))

	owner, subscriber := awssns.NewFromConfig(acct.Config()), awssns.NewFromConfig(warehouse.Config())
	_, err := owner.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("orders")})
	require.NoError(t, err)
	_, err = owner.AddPermission(t.Context(), &awssns.AddPermissionInput{
		TopicArn: &s.topic, Label: aws.String("warehouse"), AWSAccountId: []string{warehouse.ID()}, ActionName: []string{"Subscribe"},
	})
	require.NoError(t, err)
	_, err = subscriber.Subscribe(t.Context(), &awssns.SubscribeInput{
		TopicArn: &s.topic, Protocol: aws.String("sqs"), Endpoint: aws.String(s.picking.ARN()), Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	require.NoError(t, err)
	return s
}

func (s *shop) mayTopic() awstest.Statement {
	return awstest.Allow("sqs:SendMessage").By("sns.amazonaws.com").If("ArnEquals", "aws:SourceArn", s.topic)
}

func (s *shop) publish(t *testing.T, message string) {
	_, err := awssns.NewFromConfig(s.publisher.Config()).Publish(t.Context(), &awssns.PublishInput{TopicArn: &s.topic, Message: &message})
	require.NoError(t, err)
}

func TestOrdersReachTheWarehouse(t *testing.T) {
	s := newShop(t)
	s.publish(t, "order 1")
	messages := s.picking.Messages()
	require.Len(t, messages, 1)
	assert.Equal(t, "order 1", messages[0].Body)
	awstest.AssertLeastPrivilege(t, s.publisher)
}

// A queue that names another topic gets nothing. Publish succeeds, as on AWS; the log has the
// refusal, and the delivery its reason.
func TestOrdersOfAnotherTopic(t *testing.T) {
	s := newShop(t)
	s.picking.SetPolicy(awstest.Allow("sqs:SendMessage").By("sns.amazonaws.com").If("ArnEquals", "aws:SourceArn", s.topic+"-of-others"))
	s.publish(t, "order 1")
	assert.Empty(t, s.picking.Messages())
	s.AssertDenied(t, "sqs:SendMessage")
	lost := sns.Published(s.World(), s.topic)[0].Deliveries[0]
	assert.Equal(t, sns.Dropped, lost.Outcome)
	assert.Contains(t, lost.Reason, "AccessDenied")
}
