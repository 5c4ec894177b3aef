package sns

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) publishOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.publish),
		signed(s.publishBatch),
	}
}

// publish sends a message to a topic, to an endpoint of mobile push, or to a phone.
func (s *Fake) publish(call *fakeaws.Call, in *awssns.PublishInput) (*fakeaws.Plan[*awssns.PublishOutput], error) {
	if in.Message == nil {
		return nil, required("Message")
	}
	message := read(&types.PublishBatchRequestEntry{
		Message: in.Message, MessageAttributes: in.MessageAttributes, MessageDeduplicationId: in.MessageDeduplicationId,
		MessageGroupId: in.MessageGroupId, MessageStructure: in.MessageStructure, Subject: in.Subject,
	})
	switch {
	case in.PhoneNumber != nil && in.TopicArn == nil && in.TargetArn == nil:
		return s.publishToPhone(call, in, message)
	case in.TargetArn != nil && in.TopicArn == nil && in.PhoneNumber == nil && isEndpointARN(*in.TargetArn, "sns", "endpoint/"):
		return s.publishToEndpoint(call, in, message)
	}
	target, parameter := in.TopicArn, "TopicArn"
	switch {
	case in.TopicArn == nil && in.TargetArn != nil && in.PhoneNumber == nil:
		target, parameter = in.TargetArn, "TargetArn"
	case in.TopicArn == nil || in.TargetArn != nil || in.PhoneNumber != nil:
		return nil, invalidParameter(textNoTarget)
	}
	return onMessages(s, call, parameter, target, []*entry{message}, func(t *topic) (*awssns.PublishOutput, error) {
		result, err := s.accept(t, message)
		if err != nil {
			return nil, err
		}
		return &awssns.PublishOutput{MessageId: result.MessageId, SequenceNumber: result.SequenceNumber}, nil
	})
}

// onMessages plans a call that publishes to a topic: [onTopic] with the permissions on the
// key that encrypts it. What do has put into the outbox is delivered before the call is
// answered.
func onMessages[O any](s *Fake, call *fakeaws.Call, parameter string, arn *string, messages []*entry, do func(*topic) (O, error)) (*fakeaws.Plan[O], error) {
	id, err := topicAt(call, parameter, arn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[id]
	kms, kmsErr := s.kmsNeeds(call, t)
	plan := &fakeaws.Plan[O]{Needs: append([]fakeaws.Need{s.need(call, "sns:Publish", id, shareable)}, kms...)}
	filtered := t.filtersBodies()
	plan.Do = func() (out O, err error) {
		if filtered {
			for _, message := range messages {
				message.parse() // before the lock is held
			}
		}
		out, handed, err := locked(s, t, do)
		if err == nil {
			s.deliver(call)
			s.hand(call, handed)
		}
		return out, err
	}
	return plan.Refusing(kmsErr), nil
}

// locked performs what publishes, under the lock, and returns what Go code is to be given.
func locked[O any](s *Fake, t *topic, do func(*topic) (O, error)) (out O, handed []*delivery, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := t.exists(); err != nil {
		return out, nil, err
	}
	out, err = do(t)
	return out, s.outbox.takeHanded(), err
}

// accept checks a message and has it delivered, or finds that a FIFO topic has had it: then
// the answer is that of the message it was. The lock is held.
func (s *Fake) accept(t *topic, in *entry) (_ *types.PublishBatchResultEntry, err error) {
	if err := checkMessage(t, in); err != nil {
		return nil, err
	}
	now := s.now()
	m := &Message{
		TopicARN: t.arn, Message: *in.Message, Subject: aws.ToString(in.Subject), Attributes: copyOf(in.MessageAttributes),
		GroupID: aws.ToString(in.MessageGroupId), Published: now,
	}
	key := ""
	if t.fifo {
		if m.DeduplicationID, err = t.dedupID(in.PublishBatchRequestEntry); err != nil {
			return nil, err
		}
		key = m.DeduplicationID
		if t.values[attrThroughput] == throughputGroup {
			key = m.GroupID + "\x00" + key // a group id has no NUL
		}
		if original, ok := t.dedup.find(key, now); ok {
			return &types.PublishBatchResultEntry{MessageId: &original.id, SequenceNumber: &original.sequence}, nil
		}
	}
	m.ID = s.world.IDs().UUID()
	result := &types.PublishBatchResultEntry{MessageId: &m.ID}
	if t.fifo {
		t.sequence++
		m.SequenceNumber = sequenceNumber(t.sequence)
		result.SequenceNumber = &m.SequenceNumber
		t.dedup.remember(key, m.ID, m.SequenceNumber, now)
	}
	t.keep(m)
	s.fanOut(t, m, in)
	return result, nil
}

// sequenceNumber is the number of a message of a FIFO topic: 20 digits, larger than those
// before, and as on AWS not consecutive.
func sequenceNumber(n uint64) string {
	const first, step = 10_000_000_000_000_000_000, 1000
	return fmt.Sprintf("%020d", first+n*step)
}

// dedupID returns the deduplication id of a message to a FIFO topic: the one given, or else
// the SHA-256 of the message, without the attributes.
func (t *topic) dedupID(in *types.PublishBatchRequestEntry) (string, error) {
	switch {
	case in.MessageDeduplicationId != nil:
		return *in.MessageDeduplicationId, nil
	case isTrue(t.values[attrContentDedup]):
		sum := sha256.Sum256([]byte(*in.Message))
		return hex.EncodeToString(sum[:]), nil
	}
	return "", invalidParameter(textNoDedupID)
}

func copyOf(attributes map[string]types.MessageAttributeValue) map[string]types.MessageAttributeValue {
	if len(attributes) == 0 {
		return nil
	}
	m := make(map[string]types.MessageAttributeValue, len(attributes))
	for name, v := range attributes {
		m[name] = types.MessageAttributeValue{DataType: v.DataType, StringValue: v.StringValue, BinaryValue: v.BinaryValue}
	}
	return m
}

// timestamp is a time as messages have it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
