package sqs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// maxReceive is the most messages of one receive.
	maxReceive = 10
	// maxInFlight is the most messages of a standard queue that were received
	// and not deleted.
	maxInFlight = 120_000
)

// ReceiveMessage takes visible messages and hides them. SQS promises no order; here
// the oldest come first, so that tests see the same in every run. It waits
// for messages up to the given time, or to that of the queue, and returns the
// moment there is one.
func (s *Service) ReceiveMessage(ctx context.Context, in *awssqs.ReceiveMessageInput) (*awssqs.ReceiveMessageOutput, error) {
	p := poll{in: in, call: fakeaws.CallFrom(ctx)}
	for {
		out, until, err := s.poll(&p)
		if out != nil || err != nil {
			return out, err
		}
		if err := s.world.Clock().Wait(ctx, until, p.wake); err != nil {
			s.leave(&p)
			return nil, err
		}
	}
}

// A poll is a receive from its first look at the queue to its last.
type poll struct {
	in       *awssqs.ReceiveMessageInput
	call     *fakeaws.Call
	queue    *queue
	deadline time.Time
	system   []types.MessageSystemAttributeName
	// wake is the channel of the current wait, made for it.
	wake chan struct{}
}

// poll looks once at the queue. Without an answer, the caller waits until the
// given time or the poll's wake channel, and looks again.
func (s *Service) poll(p *poll) (out *awssqs.ReceiveMessageOutput, until time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if p.queue == nil {
		if err := s.start(p, now); err != nil {
			return nil, time.Time{}, err
		}
	}
	q := p.queue
	delete(q.pollers, p.wake)
	if q.deleted {
		return nil, time.Time{}, queueDoesNotExist()
	}
	q.settle(now)
	long := p.deadline.After(now)
	if q.messages.inFlight >= maxInFlight && !long && p.wake == nil {
		// SQS returns no error to long polls (developer guide, "Amazon SQS
		// standard queue quotas").
		return nil, time.Time{}, overLimit(textOverLimit)
	}
	if messages := s.take(p, now); len(messages) > 0 || !long {
		return &awssqs.ReceiveMessageOutput{Messages: messages}, time.Time{}, nil
	}
	p.wake = make(chan struct{})
	q.pollers[p.wake] = struct{}{}
	until = p.deadline
	if hidden := q.messages.hidden.items; len(hidden) > 0 && hidden[0].visibleAt.Before(until) {
		until = hidden[0].visibleAt
	}
	return nil, until, nil
}

// leave ends a poll whose caller went away.
func (s *Service) leave(p *poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(p.queue.pollers, p.wake)
}

// start finds the queue of a poll and checks what the call asks for.
func (s *Service) start(p *poll, now time.Time) error {
	q, err := s.find(p.call, p.in.QueueUrl)
	if err != nil {
		return err
	}
	if n := p.in.MaxNumberOfMessages; n < 0 || n > maxReceive || n == 0 && p.call.Sent("MaxNumberOfMessages") {
		return invalidValue(n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	}
	if err := seconds(p.in.WaitTimeSeconds, "WaitTimeSeconds", maxWait, "Must be >= 0 and <= 20, if provided."); err != nil {
		return err
	}
	if err := seconds(p.in.VisibilityTimeout, "VisibilityTimeout", maxVisibility, "Must be between 0 and 43200, if provided."); err != nil {
		return err
	}
	if id := p.in.ReceiveRequestAttemptId; id != nil {
		return invalidValue(*id, "ReceiveRequestAttemptId", textWrongQueueType)
	}
	if p.system, err = systemAttributes(p.in); err != nil {
		return err
	}
	p.queue = q
	p.deadline = now.Add(span(p.call, "WaitTimeSeconds", p.in.WaitTimeSeconds, q.wait))
	return nil
}

// take receives what is visible, up to the number that the call asks for.
func (s *Service) take(p *poll, now time.Time) []types.Message {
	q := p.queue
	limit := min(max(int(p.in.MaxNumberOfMessages), 1), maxInFlight-q.messages.inFlight)
	visibleAt := now.Add(span(p.call, "VisibilityTimeout", p.in.VisibilityTimeout, q.visibility))
	var messages []types.Message
	for len(messages) < limit && len(q.messages.ready.items) > 0 {
		m := q.messages.ready.items[0]
		if s.deadLetter(q, m, now) {
			continue
		}
		q.messages.receive(m, visibleAt, now)
		messages = append(messages, q.deliver(m, p))
	}
	return messages
}

// deliver makes the answer's form of a message that was just received.
func (q *queue) deliver(m *message, p *poll) types.Message {
	handle := q.handle(m)
	out := types.Message{
		MessageId:     &m.id,
		ReceiptHandle: &handle,
		Body:          &m.body,
		MD5OfBody:     &m.bodyMD5,
	}
	if len(p.system) > 0 {
		out.Attributes = make(map[string]string, len(p.system))
		for _, name := range p.system {
			if value := m.systemAttribute(name); value != "" {
				out.Attributes[string(name)] = value
			}
		}
	}
	if len(m.attributes) > 0 && len(p.in.MessageAttributeNames) > 0 {
		out.MessageAttributes, out.MD5OfMessageAttributes = m.selected(p.in.MessageAttributeNames)
	}
	return out
}

// selected returns the message attributes of the given names, with their digest.
// All and .* name every attribute, bar.* those whose names begin with bar; that
// the dot of the pattern need not be in the name is unverified.
func (m *message) selected(names []string) (map[string]types.MessageAttributeValue, *string) {
	picked := make(map[string]types.MessageAttributeValue)
	for name, value := range m.attributes {
		if slices.ContainsFunc(names, func(pattern string) bool {
			prefix, ok := strings.CutSuffix(pattern, ".*")
			return pattern == "All" || pattern == name || ok && strings.HasPrefix(name, prefix)
		}) {
			picked[name] = value
		}
	}
	switch len(picked) {
	case 0:
		return nil, nil
	case len(m.attributes):
		return picked, &m.attributesMD5
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
	return names, nil
}

// systemAttribute returns a system attribute, "" when the message has none.
func (m *message) systemAttribute(name types.MessageSystemAttributeName) string {
	switch name {
	case types.MessageSystemAttributeNameSenderId:
		return m.sender
	case types.MessageSystemAttributeNameSentTimestamp:
		return epochMillis(m.sent)
	case types.MessageSystemAttributeNameApproximateReceiveCount:
		return strconv.Itoa(m.receives)
	case types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp:
		return epochMillis(m.firstReceived)
	case types.MessageSystemAttributeNameMessageGroupId:
		return m.group
	case types.MessageSystemAttributeNameAWSTraceHeader:
		return m.trace
	case types.MessageSystemAttributeNameDeadLetterQueueSourceArn:
		return m.deadFrom
	default: // of FIFO queues
		return ""
	}
}
