package sns_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
)

// A model is what topics, subscriptions and queues should be: three topics, of which the
// last is a FIFO topic, and four queues, of which the last is a FIFO queue and the third
// is the dead-letter queue of all subscriptions that have one.
type model struct {
	world  *fakeaws.World
	sns    *awssns.Client
	sqs    *awssqs.Client
	topics [3]modelTopic
	queues [4]modelQueue
	sent   int
}

type modelTopic struct {
	arn   string
	there bool
	subs  []modelSub // the oldest first
	seen  map[string]bool
}

type modelSub struct {
	queue  int
	arn    string
	least  int // the filter policy: v >= least; -1 is none
	redeem bool
}

type modelQueue struct {
	name, arn string
	open      bool
	bodies    []string
}

func newModel(t *rapid.T) *model {
	w := worldtest.NewWorld(t, fakeaws.Config{Seed: 1, Services: []fakeaws.Service{sns.Service, sqs.Service}})
	cfg := worldtest.FixtureConfig(w, owner, region)
	m := &model{world: w, sns: awssns.NewFromConfig(cfg), sqs: awssqs.NewFromConfig(cfg)}
	for i := range m.queues {
		q := &m.queues[i]
		q.name = "q" + strconv.Itoa(i)
		attributes := map[string]string{}
		if i == 3 {
			q.name += ".fifo"
			attributes["FifoQueue"] = "true"
		}
		q.arn = fakeaws.ARN("sqs", region, owner, q.name)
		_, err := m.sqs.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &q.name, Attributes: attributes})
		require.NoError(t, err)
	}
	for i := range m.topics {
		m.topics[i].arn = fakeaws.ARN("sns", region, owner, m.topicName(i))
	}
	return m
}

func (m *model) topicName(i int) string {
	if i == 2 {
		return "t2.fifo"
	}
	return "t" + strconv.Itoa(i)
}

// Create makes a topic, or finds it.
func (m *model) Create(t *rapid.T) {
	i := rapid.IntRange(0, 2).Draw(t, "topic")
	attributes := map[string]string{}
	if i == 2 {
		attributes["FifoTopic"] = "true"
	}
	_, err := m.sns.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String(m.topicName(i)), Attributes: attributes})
	require.NoError(t, err)
	if topic := &m.topics[i]; !topic.there {
		topic.there, topic.subs, topic.seen = true, nil, map[string]bool{}
	}
}

// Delete deletes a topic.
func (m *model) Delete(t *rapid.T) {
	i := rapid.IntRange(0, 2).Draw(t, "topic")
	_, err := m.sns.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: &m.topics[i].arn})
	require.NoError(t, err)
	m.topics[i].there = false
}

// Subscribe subscribes a queue with a filter policy and, perhaps, a dead-letter queue.
func (m *model) Subscribe(t *rapid.T) {
	i, q := rapid.IntRange(0, 2).Draw(t, "topic"), rapid.IntRange(0, 3).Draw(t, "queue")
	s := modelSub{queue: q, least: rapid.IntRange(-1, 5).Draw(t, "least"), redeem: i != 2 && rapid.Bool().Draw(t, "redrive")}
	attributes := map[string]string{"RawMessageDelivery": "true"}
	if s.least >= 0 {
		attributes["FilterPolicy"] = fmt.Sprintf(`{"v":[{"numeric":[">=",%d]}]}`, s.least)
	}
	if s.redeem {
		attributes["RedrivePolicy"] = `{"deadLetterTargetArn":"` + m.queues[2].arn + `"}`
	}
	out, err := m.sns.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: &m.topics[i].arn, Protocol: aws.String("sqs"), Endpoint: &m.queues[q].arn, Attributes: attributes})
	topic := &m.topics[i]
	known := slices.IndexFunc(topic.subs, func(o modelSub) bool { return o.queue == q })
	switch {
	case !topic.there, q == 3 && i != 2:
		require.Error(t, err)
	case known >= 0:
		same := topic.subs[known]
		require.Equal(t, same.least == s.least && same.redeem == s.redeem, err == nil)
	default:
		require.NoError(t, err)
		s.arn = *out.SubscriptionArn
		topic.subs = append(topic.subs, s)
	}
}

// Unsubscribe ends a subscription.
func (m *model) Unsubscribe(t *rapid.T) {
	topic := &m.topics[rapid.IntRange(0, 2).Draw(t, "topic")]
	if !topic.there || len(topic.subs) == 0 {
		t.Skip("nothing is subscribed")
	}
	i := rapid.IntRange(0, len(topic.subs)-1).Draw(t, "subscription")
	_, err := m.sns.Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: &topic.subs[i].arn})
	require.NoError(t, err)
	topic.subs = slices.Delete(topic.subs, i, i+1)
}

// Admit changes whether SNS may send to a queue.
func (m *model) Admit(t *rapid.T) {
	q := &m.queues[rapid.IntRange(0, 3).Draw(t, "queue")]
	q.open = !q.open
	policy := ""
	if q.open {
		policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + q.arn + `"}]}`
	}
	_, err := m.sqs.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
		QueueUrl: aws.String("https://sqs." + region + ".amazonaws.com/" + owner + "/" + q.name), Attributes: map[string]string{"Policy": policy},
	})
	require.NoError(t, err)
}

// Publish publishes to a topic, to the FIFO topic perhaps a duplicate.
func (m *model) Publish(t *rapid.T) {
	i, v := rapid.IntRange(0, 2).Draw(t, "topic"), rapid.IntRange(0, 6).Draw(t, "v")
	m.sent++
	body := strconv.Itoa(m.sent)
	in := &awssns.PublishInput{TopicArn: &m.topics[i].arn, Message: &body, MessageAttributes: map[string]types.MessageAttributeValue{
		"v": {DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(v))},
	}}
	if i == 2 {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("g"), aws.String(rapid.StringMatching(`[a-e]`).Draw(t, "id"))
	}
	_, err := m.sns.Publish(t.Context(), in)
	topic := &m.topics[i]
	if !topic.there {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
	if i == 2 {
		if topic.seen[*in.MessageDeduplicationId] {
			return
		}
		topic.seen[*in.MessageDeduplicationId] = true
	}
	for _, s := range topic.subs {
		q := &m.queues[s.queue]
		switch {
		case v < s.least:
			continue
		case !q.open && s.redeem && m.queues[2].open:
			q = &m.queues[2]
		case !q.open:
			continue
		case s.queue == 3 && slices.Contains(q.bodies, "dedup:"+*in.MessageDeduplicationId):
			continue // a topic that was made again, and a queue that remembers
		}
		q.bodies = append(q.bodies, body)
		if s.queue == 3 {
			q.bodies = append(q.bodies, "dedup:"+*in.MessageDeduplicationId)
		}
	}
}

// Check compares what the queues and topics have.
func (m *model) Check(t *rapid.T) {
	for i := range m.queues {
		q := &m.queues[i]
		messages, err := sqs.Of(m.world).Messages(owner, region, q.name)
		require.NoError(t, err)
		var got, want []string
		for _, message := range messages {
			got = append(got, message.Body)
		}
		for _, body := range q.bodies {
			if body[0] != 'd' {
				want = append(want, body)
			}
		}
		require.Equal(t, want, got, q.name)
	}
	for i := range m.topics {
		topic := &m.topics[i]
		subs := sns.Subscriptions(m.world, topic.arn)
		require.Equal(t, topic.there, sns.Published(m.world, topic.arn) != nil || slices.Contains(sns.Topics(m.world, owner, region), m.topicName(i)))
		if topic.there {
			require.Len(t, subs, len(topic.subs))
		}
	}
}

// Whatever is made, subscribed, admitted and published, each queue has the messages that it
// should, in the order in which they were published.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"create": m.Create, "delete": m.Delete, "subscribe": m.Subscribe, "unsubscribe": m.Unsubscribe,
			"admit": m.Admit, "publish": m.Publish, "publish again": m.Publish, "": m.Check,
		})
	})
}
