package sqs

import (
	"context"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// DeleteMessage deletes the message of a receipt handle. A message that is gone
// is deleted again with success; with the handle of an older receive the call
// succeeds and the message stays (API reference, DeleteMessage).
func (s *Service) DeleteMessage(ctx context.Context, in *awssqs.DeleteMessageInput) (*awssqs.DeleteMessageOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := q.delete(in.ReceiptHandle, s.now()); err != nil {
		return nil, err
	}
	return &awssqs.DeleteMessageOutput{}, nil
}

// DeleteMessageBatch deletes up to ten messages. Each entry succeeds or fails on
// its own.
func (s *Service) DeleteMessageBatch(ctx context.Context, in *awssqs.DeleteMessageBatchInput) (*awssqs.DeleteMessageBatchOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
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
}

func (q *queue) delete(handle *string, now time.Time) error {
	q.settle(now)
	m, current, err := q.received(handle)
	if err != nil || !current {
		return err
	}
	full := q.messages.inFlight == maxInFlight
	q.messages.remove(m)
	if full {
		q.wake() // pollers may receive again
	}
	return nil
}

// ChangeMessageVisibility sets when an in-flight message becomes visible again.
func (s *Service) ChangeMessageVisibility(ctx context.Context, in *awssqs.ChangeMessageVisibilityInput) (*awssqs.ChangeMessageVisibilityOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := q.changeVisibility(in.ReceiptHandle, in.VisibilityTimeout, s.now()); err != nil {
		return nil, err
	}
	return &awssqs.ChangeMessageVisibilityOutput{}, nil
}

// ChangeMessageVisibilityBatch sets when up to ten in-flight messages become
// visible again. Each entry succeeds or fails on its own.
func (s *Service) ChangeMessageVisibilityBatch(ctx context.Context, in *awssqs.ChangeMessageVisibilityBatchInput) (*awssqs.ChangeMessageVisibilityBatchOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
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
}

// changeVisibility hides a message for a time that counts from now. A message
// stays hidden at most 12 hours after it was received. The handle of an older
// receive, or of a message that became visible already, changes nothing, and SQS
// reports no error; the handle of a deleted message is refused.
func (q *queue) changeVisibility(handle *string, timeout int32, now time.Time) error {
	if err := seconds(timeout, "VisibilityTimeout", maxVisibility, "VisibilityTimeout must be an integer between 0 and 43200."); err != nil {
		return err
	}
	q.settle(now)
	m, current, err := q.received(handle)
	switch {
	case err != nil:
		return err
	case m == nil:
		return invalidValue(*handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
	case !current || !m.inFlight:
		return nil
	}
	visibleAt := now.Add(time.Duration(timeout) * time.Second)
	if visibleAt.Sub(m.received) > maxVisibility*time.Second {
		return invalidValue(timeout, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	}
	q.messages.postpone(m, visibleAt)
	q.wake()
	return nil
}
