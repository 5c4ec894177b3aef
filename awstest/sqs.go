package awstest

import (
	"fmt"
	"strings"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
)

// An SQS is the SQS of an account in one region, for Go code that seeds and
// inspects queues past the clients: no policy is asked, and [Account.Calls] shows
// nothing of it. What goes wrong ends the test.
type SQS struct{ regional }

// SQS returns the account's queues in its region.
func (a *Account) SQS() *SQS { return &SQS{regional{a, a.options.region}} }

// In returns the account's queues in another region.
func (s *SQS) In(region string) *SQS { return &SQS{regional{s.account, region}} }

// CreateQueue makes a queue with attributes, which may be nil. A name that ends
// with .fifo makes a FIFO queue.
func (s *SQS) CreateQueue(name string, attributes map[string]string) *Queue {
	s.account.t.Helper()
	in := &awssqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{}}
	if strings.HasSuffix(name, ".fifo") {
		in.Attributes[string(types.QueueAttributeNameFifoQueue)] = "true"
	}
	for key, value := range attributes {
		in.Attributes[key] = value
	}
	out := perform[awssqs.CreateQueueOutput](s.fixture(name), in)
	return &Queue{s, name, *out.QueueUrl}
}

// Queue returns a queue that exists.
func (s *SQS) Queue(name string) *Queue {
	s.account.t.Helper()
	out, err := s.fixture(name).do(&awssqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		s.account.t.Fatalf("awstest: no queue %s in %s of %s; there are: %s", name, s.region, s.account.ID(), strings.Join(s.Names(), ", "))
		return nil
	}
	return &Queue{s, name, *out.(*awssqs.GetQueueUrlOutput).QueueUrl}
}

// Names returns the names of the queues, in order.
func (s *SQS) Names() []string {
	return sqs.Of(s.account.world).Names(s.account.ID(), s.region)
}

// Dump returns every queue as [Queue.Dump] does, for the log of a test that fails.
func (s *SQS) Dump() string {
	s.account.t.Helper()
	return dump(s.Names(), func(name string) string { return s.Queue(name).Dump() })
}

// A Queue is a queue that Go code seeds and inspects.
type Queue struct {
	sqs       *SQS
	name, url string
}

// Name returns the queue's name.
func (q *Queue) Name() string { return q.name }

// URL returns the queue's URL, as AWS has it.
func (q *Queue) URL() string { return q.url }

// ARN returns the queue's ARN.
func (q *Queue) ARN() string {
	return fakeaws.ARN("sqs", q.sqs.region, q.sqs.account.acct.ID, q.name)
}

// Send puts messages into the queue, in a FIFO queue each into the group "test".
// Duplicates within five minutes are as lost there as on AWS.
func (q *Queue) Send(bodies ...string) {
	q.sqs.account.t.Helper()
	for _, body := range bodies {
		in := &awssqs.SendMessageInput{MessageBody: &body}
		if strings.HasSuffix(q.name, ".fifo") {
			group, id := "test", q.sqs.account.world.IDs().UUID()
			in.MessageGroupId, in.MessageDeduplicationId = &group, &id
		}
		q.SendMessage(in)
	}
}

// SendMessage puts one message into the queue, with all that SendMessage can give
// it, and returns its id. The input needs no QueueUrl.
func (q *Queue) SendMessage(in *awssqs.SendMessageInput) (id string) {
	q.sqs.account.t.Helper()
	sent := *in
	sent.QueueUrl = &q.url
	return *perform[awssqs.SendMessageOutput](q.sqs.fixture("to "+q.name), &sent).MessageId
}

// SetAttributes sets attributes of the queue.
func (q *Queue) SetAttributes(attributes map[string]string) {
	q.sqs.account.t.Helper()
	q.set(q.sqs.fixture("of "+q.name), attributes)
}

// SetPolicy gives the queue a policy. Statements without resources are for the queue.
func (q *Queue) SetPolicy(policy Policy) {
	q.sqs.account.t.Helper()
	f := q.sqs.fixture("of " + q.name)
	f.policy = q.sqs.account.document(policy, enforce.QueuePolicy, q.name, q.ARN())
	q.set(f, map[string]string{string(types.QueueAttributeNamePolicy): f.policy.text})
}

func (q *Queue) set(f fixture, attributes map[string]string) {
	q.sqs.account.t.Helper()
	perform[awssqs.SetQueueAttributesOutput](f, &awssqs.SetQueueAttributesInput{QueueUrl: &q.url, Attributes: attributes})
}

// DeadLettersTo makes dead the queue's dead-letter queue, for messages that were
// received maxReceiveCount times and are to be received again.
func (q *Queue) DeadLettersTo(dead *Queue, maxReceiveCount int) {
	q.sqs.account.t.Helper()
	q.SetAttributes(map[string]string{
		string(types.QueueAttributeNameRedrivePolicy): fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, dead.ARN(), maxReceiveCount),
	})
}

// Messages returns all messages of the queue, first sent first, without receiving
// them: visible, blocked, delayed and in flight.
func (q *Queue) Messages() []sqs.Message {
	q.sqs.account.t.Helper()
	messages, err := sqs.Of(q.sqs.account.world).Messages(q.sqs.account.ID(), q.sqs.region, q.name)
	if err != nil {
		q.sqs.account.t.Fatalf("awstest: messages of %s: %v", q.name, err)
	}
	return messages
}

// Bodies returns the bodies of all messages of the queue, or of those in the given
// states.
func (q *Queue) Bodies(states ...sqs.State) []string {
	q.sqs.account.t.Helper()
	var bodies []string
	for _, m := range q.Messages() {
		wanted := len(states) == 0
		for _, s := range states {
			wanted = wanted || m.State == s
		}
		if wanted {
			bodies = append(bodies, m.Body)
		}
	}
	return bodies
}

// Purge removes all messages, without PurgeQueue's limit of one in 60 seconds.
func (q *Queue) Purge() {
	q.sqs.account.t.Helper()
	if err := sqs.Of(q.sqs.account.world).Clear(q.sqs.account.ID(), q.sqs.region, q.name); err != nil {
		q.sqs.account.t.Fatalf("awstest: Purge of %s: %v", q.name, err)
	}
}

// Dump returns the queue and its messages, one in a line, for the log of a test
// that fails.
func (q *Queue) Dump() string {
	q.sqs.account.t.Helper()
	messages := q.Messages()
	var b strings.Builder
	fmt.Fprintf(&b, "queue %s in %s, messages: %d\n", q.name, q.sqs.region, len(messages))
	for i, m := range messages {
		fmt.Fprintf(&b, "%4d  %s\n", i+1, m)
	}
	return b.String()
}
