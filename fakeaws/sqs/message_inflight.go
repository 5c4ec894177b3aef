package sqs

import (
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) inFlightOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.deleteMessage),
		fakeaws.Bind(s.deleteMessageBatch),
		fakeaws.Bind(s.changeMessageVisibility),
		fakeaws.Bind(s.changeMessageVisibilityBatch),
	}
}

// deleteMessage deletes the message of a receipt handle. A message that is gone
// is deleted again with success; with the handle of an older receive the call
// succeeds and the message stays (API reference, DeleteMessage).
func (s *Fake) deleteMessage(call *fakeaws.Call, in *awssqs.DeleteMessageInput) (*fakeaws.Plan[*awssqs.DeleteMessageOutput], error) {
	if err := required(in.QueueUrl, "ReceiptHandle", in.ReceiptHandle); err != nil {
		return nil, err
	}
	return onQueue(s, call, in.QueueUrl, "sqs:DeleteMessage", shareable, func(q *queue) (*awssqs.DeleteMessageOutput, error) {
		if err := q.delete(in.ReceiptHandle, s.now()); err != nil {
			return nil, err
		}
		return &awssqs.DeleteMessageOutput{}, nil
	})
}

// deleteMessageBatch deletes up to ten messages. Each entry succeeds or fails on
// its own.
func (s *Fake) deleteMessageBatch(call *fakeaws.Call, in *awssqs.DeleteMessageBatchInput) (*fakeaws.Plan[*awssqs.DeleteMessageBatchOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:DeleteMessage", shareable, func(q *queue) (*awssqs.DeleteMessageBatchOutput, error) {
		if err := checkBatch("DeleteMessageBatchRequestEntry", in.Entries, func(e *types.DeleteMessageBatchRequestEntry) *string { return e.Id }); err != nil {
			return nil, err
		}
		out, now := new(awssqs.DeleteMessageBatchOutput), s.now()
		for _, entry := range in.Entries {
			if err := q.delete(entry.ReceiptHandle, now); err != nil {
				out.Failed = append(out.Failed, failure(entry.Id, err))
				continue
			}
			out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: entry.Id})
		}
		return out, nil
	})
}

// handleLife is how long a receipt handle is good: the longest that a message can
// be hidden. Users have seen SQS refuse later ones, also of standard queues; that
// the limit is just this is unverified.
const handleLife = maxVisibility * time.Second

// delete deletes the message of a receipt handle. A FIFO queue refuses a handle
// whose message is not in flight by it any more (API reference, ReceiveMessage:
// a late delete "fails with an error"); that it takes the handle of a deleted
// message is unverified.
func (q *queue) delete(handle *string, now timestamp) error {
	q.update(now)
	m, r, current, err := q.received(handle)
	switch {
	case err != nil:
		return err
	case now.sub(r.received) >= handleLife, q.fifo && m != nil && (!current || m.state != inFlight):
		return receiptHandleExpired(*handle)
	case !current:
		return nil
	}
	full := q.messages.inFlight == maxInFlight
	q.messages.remove(m)
	if full || q.fifo {
		q.wake() // pollers may receive again, or have the rest of the group
	}
	return nil
}

// changeMessageVisibility sets when an in-flight message becomes visible again.
func (s *Fake) changeMessageVisibility(call *fakeaws.Call, in *awssqs.ChangeMessageVisibilityInput) (*fakeaws.Plan[*awssqs.ChangeMessageVisibilityOutput], error) {
	if err := required(in.QueueUrl, "ReceiptHandle", in.ReceiptHandle); err != nil {
		return nil, err
	}
	return onQueue(s, call, in.QueueUrl, "sqs:ChangeMessageVisibility", shareable, func(q *queue) (*awssqs.ChangeMessageVisibilityOutput, error) {
		if err := q.changeVisibility(in.ReceiptHandle, in.VisibilityTimeout, s.now()); err != nil {
			return nil, err
		}
		return &awssqs.ChangeMessageVisibilityOutput{}, nil
	})
}

// changeMessageVisibilityBatch sets when up to ten in-flight messages become
// visible again. Each entry succeeds or fails on its own.
func (s *Fake) changeMessageVisibilityBatch(call *fakeaws.Call, in *awssqs.ChangeMessageVisibilityBatchInput) (*fakeaws.Plan[*awssqs.ChangeMessageVisibilityBatchOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:ChangeMessageVisibility", shareable, func(q *queue) (*awssqs.ChangeMessageVisibilityBatchOutput, error) {
		if err := checkBatch("ChangeMessageVisibilityBatchRequestEntry", in.Entries, func(e *types.ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id }); err != nil {
			return nil, err
		}
		out, now := new(awssqs.ChangeMessageVisibilityBatchOutput), s.now()
		for _, entry := range in.Entries {
			if err := q.changeVisibility(entry.ReceiptHandle, entry.VisibilityTimeout, now); err != nil {
				out.Failed = append(out.Failed, failure(entry.Id, err))
				continue
			}
			out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: entry.Id})
		}
		return out, nil
	})
}

// changeVisibility hides a message for a time that counts from now. A message
// stays hidden at most 12 hours after it was received. In a standard queue the handle of an
// older receive is as good as that of the last, and one of a message that became visible
// already changes nothing, without an error. A FIFO queue refuses both. The handle of a
// deleted message is refused.
func (q *queue) changeVisibility(handle *string, timeout int32, now timestamp) error {
	if err := checkSeconds(timeout, "VisibilityTimeout", maxVisibility, "VisibilityTimeout must be an integer between 0 and 43200."); err != nil {
		return err
	}
	q.update(now)
	m, _, current, err := q.received(handle)
	hidden := m != nil && m.state == inFlight && (current || !q.fifo)
	switch {
	case err != nil:
		return err
	case m == nil, q.fifo && !hidden:
		return invalidValue(*handle, "ReceiptHandle", textNotHidden)
	case !hidden:
		return nil
	}
	visibleAt := now.add(time.Duration(timeout) * time.Second)
	if visibleAt.sub(m.received) > maxVisibility*time.Second {
		return invalidValue(timeout, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	}
	q.messages.setVisibleAt(m, visibleAt)
	q.wake()
	return nil
}
