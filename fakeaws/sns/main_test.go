package sns_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
	topicARN = "arn:aws:sns:" + region + ":" + owner + ":orders"
)

// A cloud is a World with SNS and SQS, reached through the SDK's clients.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB) *cloud { return newCloudBy(t, worldtest.InProcess) }

func newCloudBy(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	return &cloud{worldtest.New(t, door, sns.Service, sqs.Service, users.Service()), users}
}

// root is the root user of the account that owns the topics.
func (c *cloud) root() *awssns.Client { return awssns.NewFromConfig(c.RootConfig(owner)) }

// of is the root user of an account.
func (c *cloud) of(account string) *awssns.Client { return awssns.NewFromConfig(c.RootConfig(account)) }

// user makes an IAM user with a policy, which may be empty.
func (c *cloud) user(account, name, policy string) *awssns.Client {
	user := c.users.Add(c.World.World, account, name, policy)
	return awssns.NewFromConfig(c.ConfigOf(credentials.NewStaticCredentialsProvider(user.AccessKeyID, user.SecretAccessKey, "")))
}

func (c *cloud) anybody() *awssns.Client {
	return awssns.NewFromConfig(c.ConfigOf(aws.AnonymousCredentials{}))
}

// topic makes the topic orders, or one of another name, of pairs of attribute and value.
func (c *cloud) topic(t testing.TB, name string, attributes ...string) *string {
	t.Helper()
	out, err := c.root().CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name, Attributes: pairs(attributes)})
	require.NoError(t, err)
	return out.TopicArn
}

func pairs(list []string) map[string]string {
	m := make(map[string]string, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// A queue is an SQS queue that topics deliver to.
type queue struct {
	c                  *cloud
	account, name, arn string
}

// queue makes a queue to which SNS may send for a topic; without one nobody may.
func (c *cloud) queue(t testing.TB, account, name, topic string, attributes ...string) *queue {
	t.Helper()
	q := &queue{c, account, name, fakeaws.ARN("sqs", region, account, name)}
	settings := pairs(attributes)
	if strings.HasSuffix(name, ".fifo") {
		settings["FifoQueue"] = "true"
	}
	if topic != "" {
		settings["Policy"] = admit(q.arn, topic)
	}
	_, err := awssqs.NewFromConfig(c.RootConfig(account)).CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: settings})
	require.NoError(t, err)
	return q
}

// admit is the policy of a queue that SNS may send to for a topic.
func admit(queue, topic string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"FromTopic","Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",` +
		`"Resource":"` + queue + `","Condition":{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}}]}`
}

func (q *queue) messages(t testing.TB) []sqs.Message {
	t.Helper()
	messages, err := sqs.Of(q.c.World.World).Messages(q.account, region, q.name)
	require.NoError(t, err)
	return messages
}

func (q *queue) bodies(t testing.TB) (bodies []string) {
	t.Helper()
	for _, m := range q.messages(t) {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

// notification reads the only message of a queue.
func (q *queue) notification(t testing.TB) map[string]any {
	t.Helper()
	bodies := q.bodies(t)
	require.Len(t, bodies, 1)
	var n map[string]any
	require.NoError(t, json.Unmarshal([]byte(bodies[0]), &n))
	return n
}

// subscribe subscribes a queue with pairs of attribute and value.
func (q *queue) subscribe(t testing.TB, by *awssns.Client, topic *string, attributes ...string) *string {
	t.Helper()
	out, err := by.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: &q.arn, Attributes: pairs(attributes)})
	require.NoError(t, err)
	return out.SubscriptionArn
}

func publish(t testing.TB, by *awssns.Client, topic *string, message string) *awssns.PublishOutput {
	t.Helper()
	out, err := by.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: &message})
	require.NoError(t, err)
	return out
}

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func grant(principal, action string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"Guests","Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + topicARN + `"}]}`
}

func setAttribute(t testing.TB, by *awssns.Client, topic *string, name, value string) error {
	t.Helper()
	_, err := by.SetTopicAttributes(t.Context(), &awssns.SetTopicAttributesInput{TopicArn: topic, AttributeName: &name, AttributeValue: &value})
	return err
}

// lastDelivery is the log's record of what SNS called SQS for.
func (c *cloud) lastDelivery(t testing.TB) *fakeaws.Event {
	t.Helper()
	events := c.Log().Events()
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Caller == "sns.amazonaws.com" {
			return &events[i]
		}
	}
	assert.Fail(t, "SNS called nobody")
	return nil
}
