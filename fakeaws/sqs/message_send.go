package sqs

import (
	"cmp"
	"crypto/md5"
	"errors"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) sendOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.sendMessage),
		fakeaws.Bind(s.sendMessageBatch),
	}
}

// maxGroupID is the longest MessageGroupId, as of the other ids of FIFO queues.
const maxGroupID = 128

// sendMessage puts a message into a queue.
func (s *Fake) sendMessage(call *fakeaws.Call, in *awssqs.SendMessageInput) (*fakeaws.Plan[*awssqs.SendMessageOutput], error) {
	if err := required(in.QueueUrl, "MessageBody", in.MessageBody); err != nil {
		return nil, err
	}
	return onMessages(s, call, in.QueueUrl, "sqs:SendMessage", kmsEncrypt, func(q *queue) (*awssqs.SendMessageOutput, error) {
		out, err := s.send(call, q, &types.SendMessageBatchRequestEntry{
			MessageBody:             in.MessageBody,
			DelaySeconds:            in.DelaySeconds,
			MessageAttributes:       in.MessageAttributes,
			MessageSystemAttributes: in.MessageSystemAttributes,
			MessageGroupId:          in.MessageGroupId,
			MessageDeduplicationId:  in.MessageDeduplicationId,
		}, in.DelaySeconds != 0 || q.delay != 0 && call.Sent("DelaySeconds"))
		if err != nil {
			return nil, err
		}
		return &awssqs.SendMessageOutput{
			MessageId:                    out.MessageId,
			MD5OfMessageBody:             out.MD5OfMessageBody,
			MD5OfMessageAttributes:       out.MD5OfMessageAttributes,
			MD5OfMessageSystemAttributes: out.MD5OfMessageSystemAttributes,
			SequenceNumber:               out.SequenceNumber,
		}, nil
	})
}

// sendMessageBatch puts up to ten messages into a queue. Each succeeds or fails
// on its own.
func (s *Fake) sendMessageBatch(call *fakeaws.Call, in *awssqs.SendMessageBatchInput) (*fakeaws.Plan[*awssqs.SendMessageBatchOutput], error) {
	return onMessages(s, call, in.QueueUrl, "sqs:SendMessage", kmsEncrypt, func(q *queue) (*awssqs.SendMessageBatchOutput, error) {
		if err := checkBatch("SendMessageBatchRequestEntry", in.Entries, func(e *types.SendMessageBatchRequestEntry) *string { return e.Id }); err != nil {
			return nil, err
		}
		if err := checkBatchSize(in.Entries); err != nil {
			return nil, err
		}
		out := new(awssqs.SendMessageBatchOutput)
		for i := range in.Entries {
			entry := &in.Entries[i]
			result, err := s.send(call, q, entry, entry.DelaySeconds != 0 || q.delay != 0 && call.EntrySent("Entries", i, "DelaySeconds"))
			if err != nil {
				if long := new(tooLongError); errors.As(err, long) {
					err = invalidParameter("One or more parameters cannot be validated. Reason: " + long.reason)
				}
				out.Failed = append(out.Failed, failure(entry.Id, err))
				continue
			}
			result.Id = entry.Id
			out.Successful = append(out.Successful, *result)
		}
		return out, nil
	})
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

// send checks a message and puts it into the queue, or finds that a FIFO queue
// has had it: then the answer is that of the message it was. hasDelay says that
// the call chose a delay, be it zero.
func (s *Fake) send(call *fakeaws.Call, q *queue, in *types.SendMessageBatchRequestEntry, hasDelay bool) (*types.SendMessageBatchResultEntry, error) {
	trace, err := checkMessage(q, in)
	if err != nil {
		return nil, err
	}
	var id, key string
	if q.fifo {
		if id, err = q.dedupID(in); err != nil {
			return nil, err
		}
		key = q.dedupKey(*in.MessageGroupId, id)
	}
	now := s.now()
	q.update(now)
	m := &message{bodyMD5: md5.Sum([]byte(*in.MessageBody))}
	if original, ok := q.deduplication.find(key, now); ok {
		m.id, m.number = original.id, original.number
	} else {
		m.id = s.world.IDs().RandomUUID()
		m.body, m.sender, m.sent, m.dedupID = *in.MessageBody, sender(call), now, id
		m.setExtras(in, trace)
		delay := q.delay
		if hasDelay && !q.fifo {
			delay = int(in.DelaySeconds)
		}
		q.enqueue(m, aws.ToString(in.MessageGroupId), delay, now)
		if q.fifo {
			q.deduplication.remember(key, m, now)
		}
	}
	return q.sendResult(m, in, trace), nil
}

// setExtras gives a message what only some messages have.
func (m *message) setExtras(in *types.SendMessageBatchRequestEntry, trace string) {
	if len(in.MessageAttributes) > 0 {
		m.writeExtras().attributes = maps.Clone(in.MessageAttributes)
	}
	if trace != "" {
		m.writeExtras().trace = trace
	}
}

// enqueue puts a message at the end of the queue, to become visible after a delay.
func (q *queue) enqueue(m *message, group string, delay int, now timestamp) {
	if !q.fifo && group != "" {
		m.writeExtras().groupID = group
	}
	q.messages.add(m, group, now.add(time.Duration(delay)*time.Second), now)
	q.wake()
}

// sendResult is the answer to a send of m, whose attributes may be another's when
// it is a duplicate.
func (q *queue) sendResult(m *message, in *types.SendMessageBatchRequestEntry, trace string) *types.SendMessageBatchResultEntry {
	answer := &struct {
		types.SendMessageBatchResultEntry
		id, md5 string
	}{id: m.id.String(), md5: m.md5()}
	out := &answer.SendMessageBatchResultEntry
	out.MessageId, out.MD5OfMessageBody = &answer.id, &answer.md5
	out.MD5OfMessageAttributes = optional(attributesDigest(in.MessageAttributes))
	out.MD5OfMessageSystemAttributes = optional(attributesDigest(traceAttributes(trace)))
	if q.fifo {
		out.SequenceNumber = aws.String(sequenceNumber(m.number))
	}
	return out
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
	if err := checkSeconds(in.DelaySeconds, "DelaySeconds", maxDelay, "DelaySeconds must be >= 0 and <= 900."); err != nil {
		return "", err
	}
	if err := q.checkFIFO(in); err != nil {
		return "", err
	}
	if !validText(body) {
		return "", invalidMessageContents()
	}
	size, err := checkAttributes(in.MessageAttributes)
	if err != nil {
		return "", err
	}
	if size+len(body) > q.maxSize {
		return "", messageTooLong(q.maxSize)
	}
	return checkSystemAttributes(in.MessageSystemAttributes)
}

// optional is a member of an answer that is left out when it is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
