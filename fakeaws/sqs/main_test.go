package sqs

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = worldtest.Account
	other   = worldtest.Other
	region  = worldtest.Region
)

// A tester is a test, a benchmark or a property check.
type tester interface {
	require.TestingT
	Helper()
}

// A bench is an SQS with two accounts. Its client is the World's hand in account.
type bench struct {
	*awssqs.Client
	fake  *Fake
	world *fakeaws.World
	ctx   context.Context
}

func newBench(t tester) *bench {
	t.Helper()
	w := worldtest.NewWorld(t, fakeaws.Config{Seed: 1, Services: []fakeaws.Service{Service}})
	b := &bench{fake: Of(w), world: w, ctx: context.Background()}
	b.Client = b.in(account, region)
	return b
}

// in is a client of the World's hand in another account or region.
func (b *bench) in(account, region string) *awssqs.Client {
	return awssqs.NewFromConfig(worldtest.FixtureConfig(b.world, account, region))
}

// needsOf returns what a plan needs.
func needsOf[O any](p *fakeaws.Plan[O], err error) ([]fakeaws.Need, error) {
	if err != nil {
		return nil, err
	}
	return p.Needs, nil
}

// do performs a plan that nobody judges.
func do[O any](p *fakeaws.Plan[O], err error) (none O, _ error) {
	if err != nil {
		return none, err
	}
	return p.Do()
}

// create makes a queue from pairs of attribute and value, and returns its URL.
func (b *bench) create(t tester, name string, attributes ...string) *string {
	t.Helper()
	out, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: pairs(attributes)})
	require.NoError(t, err)
	return out.QueueUrl
}

// fifo makes a FIFO queue.
func (b *bench) fifo(t tester, name string, attributes ...string) *string {
	t.Helper()
	return b.create(t, name, append(attributes, "FifoQueue", "true")...)
}

// order sends messages "group:body" to a FIFO queue, each with a deduplication id
// of its own.
func (b *bench) order(t tester, url *string, messages ...string) {
	t.Helper()
	for _, message := range messages {
		group, body, _ := strings.Cut(message, ":")
		_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: aws.String(b.world.IDs().UUID())})
		require.NoError(t, err)
	}
}

func pairs(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]string, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

func (b *bench) post(t tester, url *string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
		require.NoError(t, err)
	}
}

func (b *bench) receive(t tester, in *awssqs.ReceiveMessageInput) []types.Message {
	t.Helper()
	out, err := b.ReceiveMessage(b.ctx, in)
	require.NoError(t, err)
	return out.Messages
}

// take receives up to n messages at once, and returns them by body.
func (b *bench) take(t tester, url *string, n int32) (messages []types.Message, bodies []string) {
	t.Helper()
	messages = b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: n})
	for _, m := range messages {
		bodies = append(bodies, *m.Body)
	}
	return messages, bodies
}

// counts returns the three counts of a queue: visible, in flight, delayed.
func (b *bench) counts(t tester, url *string) [3]string {
	t.Helper()
	a := b.attributes(t, url, types.QueueAttributeNameAll)
	return [3]string{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"]}
}

func (b *bench) attributes(t tester, url *string, names ...types.QueueAttributeName) map[string]string {
	t.Helper()
	out, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: names})
	require.NoError(t, err)
	return out.Attributes
}

func (b *bench) set(url *string, attributes ...string) error {
	_, err := b.SetQueueAttributes(b.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs(attributes)})
	return err
}

func (b *bench) advance(d time.Duration) { b.world.Clock().Advance(d) }

// requireError asserts an AWS error by its code and text.
func requireError(t tester, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}

// keys collects the condition keys of a need.
func keys(c *enforce.Context) map[string]string {
	m := make(map[string]string)
	for key, values := range c.All() {
		m[strings.ToLower(key)] = strings.Join(values, ",")
	}
	return m
}

// as is a context in which somebody else calls.
func (b *bench) as(account string, p enforce.Principal) *fakeaws.Call {
	return &fakeaws.Call{
		Context:  context.Background(),
		World:    b.world,
		Account:  account,
		Region:   region,
		Caller:   &fakeaws.Caller{Principal: p},
		Endpoint: "https://sqs.us-east-1.amazonaws.com",
	}
}

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

var noURL = aws.String("https://sqs.us-east-1.amazonaws.com/" + account + "/missing")

func (b *bench) root() enforce.Principal {
	return enforce.Principal{Type: enforce.Root, Account: account, UserID: account, ARN: "arn:aws:iam::" + account + ":root"}
}
