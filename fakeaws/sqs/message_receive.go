package sqs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) receiveOps() []fakeaws.Op { return []fakeaws.Op{fakeaws.Bind(s.receiveMessage)} }

const (
	// maxReceive is the most messages of one receive.
	maxReceive = 10
	// maxInFlight is the most messages of a queue, of either kind, that were
	// received and not deleted.
	maxInFlight = 120_000
)

// receiveMessage takes visible messages and hides them: the oldest first, in a
// FIFO queue those of one group as long as it has any. It waits for messages up
// to the given time, or to that of the queue, and returns as soon as there is one.
func (s *Fake) receiveMessage(call *fakeaws.Call, in *awssqs.ReceiveMessageInput) (*fakeaws.Plan[*awssqs.ReceiveMessageOutput], error) {
	q, plan, err := findQueue[*awssqs.ReceiveMessageOutput](s, call, in.QueueUrl, "sqs:ReceiveMessage", shareable)
	if err != nil {
		return nil, err
	}
	if len(in.MessageAttributeNames) > maxAskedNames {
		return nil, invalidParameter(textAskedNames)
	}
	needs, kmsErr := s.kmsNeeds(call, q, kmsDecrypt)
	plan.Needs = append(plan.Needs, needs...)
	plan.Do = func() (*awssqs.ReceiveMessageOutput, error) {
		return s.receive(&poll{in: in, call: call, queue: q})
	}
	return plan.Refusing(kmsErr), nil
}

// receive looks at the queue until there is a message, or the time is over.
func (s *Fake) receive(p *poll) (*awssqs.ReceiveMessageOutput, error) {
	for {
		out, until, err := s.poll(p)
		if out != nil || err != nil {
			return out, err
		}
		err = s.world.Clock().Wait(p.call, until.time(), p.wake)
		if err == nil {
			// What has come meanwhile is not for a caller who was shut out meanwhile.
			err = s.mayStillReceive(p)
		}
		if err != nil {
			s.abandon(p)
			return nil, err
		}
	}
}

// mayStillReceive asks for the permissions to receive from a queue as it is now.
func (s *Fake) mayStillReceive(p *poll) error {
	kms, keyErr := s.kmsNeeds(p.call, p.queue, kmsDecrypt)
	s.mu.Lock()
	need := p.queue.need("sqs:ReceiveMessage")
	s.mu.Unlock()
	if err := p.call.StillAllowed(append(kms, need)...); err != nil {
		return err
	}
	return keyErr
}

// poll looks once at the queue. Without an answer, the caller waits until the
// given time or the poll's wake channel, and looks again.
func (s *Fake) poll(p *poll) (out *awssqs.ReceiveMessageOutput, until timestamp, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.runMoveTasks(now)
	q := p.queue
	if err := q.exists(); err != nil {
		return nil, 0, err
	}
	if !p.started {
		if err := p.start(now); err != nil {
			return nil, 0, err
		}
	}
	q.pollers.stop(p)
	q.update(now)
	if messages := q.repeatReceive(p, now); messages != nil {
		return &awssqs.ReceiveMessageOutput{Messages: messages}, 0, nil
	}
	long := p.deadline > now
	if q.messages.inFlight >= maxInFlight && !long && p.wake == nil && !q.fifo {
		// SQS returns no error to long polls, and none for FIFO queues (developer
		// guide, "Amazon SQS message quotas", "Amazon SQS FIFO queue quotas").
		return nil, 0, overLimit(textOverLimit)
	}
	messages, err := s.take(p, now)
	if err != nil {
		q.wakeNext()
		return nil, 0, err
	}
	if len(messages) > 0 || !long {
		q.wakeNext()
		return &awssqs.ReceiveMessageOutput{Messages: messages}, 0, nil
	}
	until = p.deadline
	if first := q.pollers.wait(p); first {
		until = q.next(until)
	}
	return nil, until, nil
}

// abandon ends a poll whose caller went away. It may have been woken for a message
// that it does not take.
func (s *Fake) abandon(p *poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.queue.pollers.stop(p)
	p.queue.wakeNext()
}

// start checks what the call asks for, on the first look at the queue.
func (p *poll) start(now timestamp) (err error) {
	q := p.queue
	if n := p.in.MaxNumberOfMessages; n < 0 || n > maxReceive || n == 0 && p.call.Sent("MaxNumberOfMessages") {
		return invalidValue(n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	}
	if err := checkSeconds(p.in.WaitTimeSeconds, "WaitTimeSeconds", maxWait, "Must be >= 0 and <= 20, if provided."); err != nil {
		return err
	}
	if err := checkSeconds(p.in.VisibilityTimeout, "VisibilityTimeout", maxVisibility, "Must be between 0 and 43200, if provided."); err != nil {
		return err
	}
	if id := p.in.ReceiveRequestAttemptId; id != nil {
		if !q.fifo {
			return invalidValue(*id, "ReceiveRequestAttemptId", textWrongQueueType)
		}
		if !isGroupID(*id) {
			return invalidValue(*id, "ReceiveRequestAttemptId", fmt.Sprintf(textFIFOID, "ReceiveRequestAttemptId"))
		}
	}
	if p.system, err = systemAttributes(p.in); err != nil {
		return err
	}
	p.started = true
	p.deadline = now.add(secondsOr(p.call, "WaitTimeSeconds", p.in.WaitTimeSeconds, q.wait))
	return nil
}

// take receives what is visible, up to the number that the call asks for. It may have to
// move many messages to the dead-letter queue first, and ends when the client has gone.
func (s *Fake) take(p *poll, now timestamp) ([]types.Message, error) {
	q := p.queue
	limit := min(max(int(p.in.MaxNumberOfMessages), 1), maxInFlight-q.messages.inFlight)
	visibleAt := now.add(secondsOr(p.call, "VisibilityTimeout", p.in.VisibilityTimeout, q.visibility))
	var messages []types.Message
	var taken []*message
	for last := (*message)(nil); len(messages) < limit; {
		m := q.messages.ready.first(last)
		if m == nil {
			break
		}
		if s.deadLetter(q, m, now) {
			if err := p.call.Err(); err != nil {
				return nil, err
			}
			continue
		}
		q.messages.receive(m, visibleAt, now)
		last = m
		messages = append(messages, q.deliver(m, p))
		if p.in.ReceiveRequestAttemptId != nil {
			taken = append(taken, m)
		}
	}
	if len(taken) > 0 {
		q.attempts.remember(*p.in.ReceiveRequestAttemptId, taken, visibleAt, now)
	}
	return messages, nil
}

// deliver makes the answer's form of a message that was received.
func (q *queue) deliver(m *message, p *poll) types.Message {
	texts := &struct{ id, handle, md5 string }{m.id.String(), q.handle(m), m.md5()}
	out := types.Message{MessageId: &texts.id, ReceiptHandle: &texts.handle, Body: &m.body, MD5OfBody: &texts.md5}
	if len(p.system) > 0 {
		out.Attributes = make(map[string]string, len(p.system))
		for _, name := range p.system {
			if value := m.systemAttribute(name); value != "" {
				out.Attributes[string(name)] = value
			}
		}
	}
	if len(m.readExtras().attributes) > 0 && len(p.in.MessageAttributeNames) > 0 {
		out.MessageAttributes, out.MD5OfMessageAttributes = m.selected(p.in.MessageAttributeNames)
	}
	return out
}

// selected returns the message attributes of the given names, with their digest.
// All, * and .* name every attribute, bar.* those whose names begin with bar: the dot of
// the pattern need not be in the name.
func (m *message) selected(names []string) (map[string]types.MessageAttributeValue, *string) {
	picked := make(map[string]types.MessageAttributeValue)
	all := m.readExtras().attributes
	for name, value := range all {
		if slices.ContainsFunc(names, func(pattern string) bool {
			prefix, ok := strings.CutSuffix(pattern, ".*")
			return pattern == "All" || pattern == "*" || pattern == name || ok && strings.HasPrefix(name, prefix)
		}) {
			picked[name] = value
		}
	}
	if len(picked) == 0 {
		return nil, nil
	}
	return picked, aws.String(attributesDigest(picked))
}

// systemNames are the system attributes of messages. Those of FIFO queues are
// valid names that no message of a standard queue has.
var systemNames = []types.MessageSystemAttributeName{
	types.MessageSystemAttributeNameSenderId,
	types.MessageSystemAttributeNameSentTimestamp,
	types.MessageSystemAttributeNameApproximateReceiveCount,
	types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp,
	types.MessageSystemAttributeNameSequenceNumber,
	types.MessageSystemAttributeNameMessageDeduplicationId,
	types.MessageSystemAttributeNameMessageGroupId,
	types.MessageSystemAttributeNameAWSTraceHeader,
	types.MessageSystemAttributeNameDeadLetterQueueSourceArn,
}

// systemAttributes returns the system attributes that a receive asks for, in
// either of the two parameters that SQS has for them.
func systemAttributes(in *awssqs.ReceiveMessageInput) ([]types.MessageSystemAttributeName, error) {
	older := in.AttributeNames
	if len(older) == 0 && len(in.MessageSystemAttributeNames) == 0 {
		return nil, nil
	}
	names := slices.Clone(in.MessageSystemAttributeNames)
	for _, name := range older {
		names = append(names, types.MessageSystemAttributeName(name))
	}
	all := false
	for _, name := range names {
		if name == types.MessageSystemAttributeNameAll {
			all = true
		} else if !slices.Contains(systemNames, name) {
			return nil, invalidAttributeName(string(name))
		}
	}
	if all {
		return systemNames, nil
	}
	// Each once, however often it was asked for.
	return slices.DeleteFunc(slices.Clone(systemNames), func(name types.MessageSystemAttributeName) bool {
		return !slices.Contains(names, name)
	}), nil
}

// systemAttribute returns a system attribute, "" when the message has none.
func (m *message) systemAttribute(name types.MessageSystemAttributeName) string {
	switch name {
	case types.MessageSystemAttributeNameSenderId:
		return m.sender
	case types.MessageSystemAttributeNameSentTimestamp:
		return epochMillis(m.sent)
	case types.MessageSystemAttributeNameApproximateReceiveCount:
		return strconv.Itoa(int(m.receives))
	case types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp:
		return epochMillis(m.firstReceived)
	case types.MessageSystemAttributeNameMessageGroupId:
		return m.groupID()
	case types.MessageSystemAttributeNameMessageDeduplicationId:
		return m.dedupID
	case types.MessageSystemAttributeNameAWSTraceHeader:
		return m.readExtras().trace
	case types.MessageSystemAttributeNameDeadLetterQueueSourceArn:
		return m.readExtras().deadFrom
	case types.MessageSystemAttributeNameSequenceNumber:
		if m.group != nil {
			return sequenceNumber(m.number)
		}
	}
	return ""
}

// groupID is the MessageGroupId of a message, "" when it has none.
func (m *message) groupID() string {
	if m.group != nil {
		return m.group.id
	}
	return m.readExtras().groupID
}
