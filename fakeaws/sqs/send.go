package sqs

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxGroupID is the longest MessageGroupId.
const maxGroupID = 128

// SendMessage puts a message into a queue.
func (s *Service) SendMessage(ctx context.Context, in *awssqs.SendMessageInput) (*awssqs.SendMessageOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	entry := types.SendMessageBatchRequestEntry{
		MessageBody:             in.MessageBody,
		DelaySeconds:            in.DelaySeconds,
		MessageAttributes:       in.MessageAttributes,
		MessageSystemAttributes: in.MessageSystemAttributes,
		MessageGroupId:          in.MessageGroupId,
		MessageDeduplicationId:  in.MessageDeduplicationId,
	}
	m, err := s.send(call, q, &entry)
	if err != nil {
		return nil, err
	}
	return &awssqs.SendMessageOutput{
		MessageId:                    &m.id,
		MD5OfMessageBody:             &m.bodyMD5,
		MD5OfMessageAttributes:       optional(m.attributesMD5),
		MD5OfMessageSystemAttributes: optional(attributesDigest(traceAttributes(m.trace))),
	}, nil
}

// SendMessageBatch puts up to ten messages into a queue. Each succeeds or fails
// on its own.
func (s *Service) SendMessageBatch(ctx context.Context, in *awssqs.SendMessageBatchInput) (*awssqs.SendMessageBatchOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch("SendMessageBatchRequestEntry", in.Entries, func(e *types.SendMessageBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	if err := checkBatchSize(in.Entries); err != nil {
		return nil, err
	}
	out := new(awssqs.SendMessageBatchOutput)
	for i := range in.Entries {
		entry := &in.Entries[i]
		m, err := s.send(call, q, entry)
		if err != nil {
			out.Failed = append(out.Failed, failure(entry.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{
			Id:                           entry.Id,
			MessageId:                    &m.id,
			MD5OfMessageBody:             &m.bodyMD5,
			MD5OfMessageAttributes:       optional(m.attributesMD5),
			MD5OfMessageSystemAttributes: optional(attributesDigest(traceAttributes(m.trace))),
		})
	}
	return out, nil
}

// checkBatchSize refuses a batch whose messages are longer together than SQS's
// limit. A message that is only too long for its queue fails on its own.
func checkBatchSize(entries []types.SendMessageBatchRequestEntry) error {
	total := 0
	for i := range entries {
		total += len(aws.ToString(entries[i].MessageBody))
		for name, v := range entries[i].MessageAttributes {
			total += attributeSize(name, &v)
		}
	}
	if total > maxMessageSize {
		return batchRequestTooLong(total)
	}
	return nil
}

// send checks a message and puts it into the queue.
func (s *Service) send(call *fakeaws.Call, q *queue, in *types.SendMessageBatchRequestEntry) (*message, error) {
	trace, err := checkMessage(q, in)
	if err != nil {
		return nil, err
	}
	now := s.now()
	m := &message{
		id:            s.world.IDs().UUID(),
		body:          *in.MessageBody,
		bodyMD5:       digest([]byte(*in.MessageBody)),
		attributes:    maps.Clone(in.MessageAttributes),
		attributesMD5: attributesDigest(in.MessageAttributes),
		sender:        sender(call),
		trace:         trace,
		group:         aws.ToString(in.MessageGroupId),
		sent:          now,
	}
	q.settle(now)
	q.messages.add(m, now.Add(span(call, "DelaySeconds", in.DelaySeconds, q.delay)), now)
	q.wake()
	return m, nil
}

// sender is the SenderId of a message: the unique id of a user, or the role id
// and session name of a role session. AWS's services have ids that it does not
// document; that theirs is the name of the service here is unverified.
func sender(call *fakeaws.Call) string {
	if call.Anonymous() {
		return "anonymous"
	}
	return cmp.Or(call.Caller.UserID, call.Caller.Service)
}

// checkMessage checks a message by the limits of its queue, and returns its
// trace header.
func checkMessage(q *queue, in *types.SendMessageBatchRequestEntry) (trace string, err error) {
	body := aws.ToString(in.MessageBody)
	if body == "" {
		return "", missingParameter("MessageBody")
	}
	if err := seconds(in.DelaySeconds, "DelaySeconds", maxDelay, "DelaySeconds must be >= 0 and <= 900."); err != nil {
		return "", err
	}
	if in.MessageDeduplicationId != nil {
		return "", invalidValue(*in.MessageDeduplicationId, "MessageDeduplicationId", textWrongQueueType)
	}
	if in.MessageGroupId != nil && !isGroupID(*in.MessageGroupId) {
		return "", invalidValue(*in.MessageGroupId, "MessageGroupId", "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
	if !validText(body) {
		return "", invalidMessageContents()
	}
	size, err := checkAttributes(in.MessageAttributes)
	if err != nil {
		return "", err
	}
	if size+len(body) > q.maxSize {
		return "", invalidParameter(fmt.Sprintf("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.maxSize))
	}
	return checkSystemAttributes(in.MessageSystemAttributes)
}

// isGroupID reports whether s is 1 to 128 ASCII letters, digits and punctuation
// marks. Standard queues take group ids too, to be fair between tenants.
func isGroupID(s string) bool {
	if s == "" || len(s) > maxGroupID {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// optional is a member of an answer that is left out when it is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
