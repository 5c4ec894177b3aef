// Package encryptedqueue proves what a queue that is encrypted with a customer's key asks of
// those who use it: SQS takes a data key of KMS for the producer, and opens it for the consumer.
package encryptedqueue

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type queue struct {
	acct               *awstest.Account
	producer, consumer *awstest.Principal
	url                string
}

func newQueue(t *testing.T) queue {
	acct := awstest.New(t)
	key := acct.KMS().CreateKey("alias/orders")
	q := acct.SQS().CreateQueue("orders", map[string]string{"KmsMasterKeyId": "alias/orders"})
	throughSQS := func(s awstest.Statement) awstest.Statement {
		return s.On(key.ARN()).If("StringEquals", "kms:ViaService", "sqs.us-east-1.amazonaws.com")
	}
	return queue{
		acct: acct, url: q.URL(),
		producer: acct.NewRole("producer", awstest.Statements(
			awstest.Allow("sqs:SendMessage").On(q.ARN()),
			throughSQS(awstest.Allow("kms:GenerateDataKey")),
		)),
		consumer: acct.NewRole("consumer", awstest.Statements(
			awstest.Allow("sqs:ReceiveMessage").On(q.ARN()),
			throughSQS(awstest.Allow("kms:Decrypt")),
		)),
	}
}

func (q *queue) send(ctx context.Context, cfg aws.Config) error {
	_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: aws.String("order 1")})
	return err
}

func (q *queue) receive(ctx context.Context, cfg aws.Config) error {
	_, err := sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &q.url})
	return err
}

func TestProducerAndConsumer(t *testing.T) {
	q := newQueue(t)
	awstest.Cases{
		{Name: "the producer sends", As: q.producer, Call: q.send, Want: awstest.WantAllowed()},
		{Name: "the producer does not read", As: q.producer, Call: q.receive, Want: awstest.WantDenied("sqs:ReceiveMessage")},
		{Name: "the consumer reads", As: q.consumer, Call: q.receive, Want: awstest.WantAllowed()},
		{Name: "the consumer does not send", As: q.consumer, Call: q.send, Want: awstest.WantDenied("sqs:SendMessage")},
	}.Run(t)
	awstest.AssertLeastPrivilege(t, q.producer)
	awstest.AssertLeastPrivilege(t, q.consumer)
}

// Without the permission on the key the failing test says which one is missing: the producer
// may send, and is refused nevertheless.
func TestProducerWithoutTheKey(t *testing.T) {
	q := newQueue(t)
	q.producer.Replace("policy-1", awstest.Allow("sqs:SendMessage"))
	err := q.send(t.Context(), q.producer.Config())
	awstest.RequireDenied(t, err, "kms:GenerateDataKey")

	failing := &failure{TB: t}
	awstest.AssertAllowed(failing, err)
	require.Len(t, failing.texts, 1)
	assert.Contains(t, failing.texts[0], "kms:GenerateDataKey")
	assert.Contains(t, failing.texts[0], "no identity-based policy allows it")
	t.Log(failing.texts[0])
}

// A failure keeps what would fail a test.
type failure struct {
	testing.TB
	texts []string
}

func (f *failure) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}
