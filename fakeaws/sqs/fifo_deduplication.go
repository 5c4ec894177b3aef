package sqs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
)

// dedupInterval is how long SQS remembers a deduplication id, from the send that
// it accepted (developer guide, "Exactly-once processing in Amazon SQS").
const dedupInterval = 5 * time.Minute

// A deduplication has the deduplication ids that a FIFO queue remembers, also of
// messages that were deleted since. That a purge does not make it forget them is unverified,
// and so is that the answer to a duplicate has the id and the sequence number of
// the message that it repeats.
type deduplication struct {
	byKey map[string]acceptedMessage
	order []string // keys, the first to be forgotten first
}

// An acceptedMessage is the message that was accepted with a deduplication id.
type acceptedMessage struct {
	id      uuid.UUID
	number  uint64
	expires timestamp
}

// find returns the message that was sent with a key within the interval.
func (s *deduplication) find(key string, now timestamp) (acceptedMessage, bool) {
	for len(s.order) > 0 && s.byKey[s.order[0]].expires <= now {
		delete(s.byKey, s.order[0])
		s.order = s.order[1:]
	}
	o, ok := s.byKey[key]
	return o, ok
}

func (s *deduplication) remember(key string, m *message, now timestamp) {
	if s.byKey == nil {
		s.byKey = make(map[string]acceptedMessage)
	}
	s.byKey[key] = acceptedMessage{m.id, m.number, now.add(dedupInterval)}
	s.order = append(s.order, key)
}

// dedupID returns the deduplication id of a message to a FIFO queue: the one
// given, or else the SHA-256 of the body, without the attributes.
func (q *queue) dedupID(in *types.SendMessageBatchRequestEntry) (string, error) {
	switch {
	case in.MessageDeduplicationId != nil:
		return *in.MessageDeduplicationId, nil
	case q.contentDedup:
		sum := sha256.Sum256([]byte(*in.MessageBody))
		return hex.EncodeToString(sum[:]), nil
	}
	return "", invalidParameter(textNoDedupID)
}

// dedupKey is what is compared: the id, within its group where the queue's
// DeduplicationScope says so.
func (q *queue) dedupKey(groupID, id string) string {
	if q.dedupScope == scopeGroup {
		return groupID + "\x00" + id // a group id has no NUL
	}
	return id
}

// checkFIFO checks the parameters of a send that only one kind of queue takes.
func (q *queue) checkFIFO(in *types.SendMessageBatchRequestEntry) error {
	if id := in.MessageDeduplicationId; id != nil {
		if !q.fifo {
			return invalidValue(*id, "MessageDeduplicationId", textWrongQueueType)
		}
		if !isGroupID(*id) {
			return invalidValue(*id, "MessageDeduplicationId", fmt.Sprintf(textFIFOID, "MessageDeduplicationId"))
		}
	}
	if id := in.MessageGroupId; id != nil && !isGroupID(*id) {
		return invalidValue(*id, "MessageGroupId", fmt.Sprintf(textFIFOID, "MessageGroupId"))
	}
	if !q.fifo {
		return nil
	}
	// SQS lets a zero pass; that it then means the queue's delay is unverified.
	if in.DelaySeconds != 0 {
		return invalidValue(in.DelaySeconds, "DelaySeconds", textWrongQueueType)
	}
	if aws.ToString(in.MessageGroupId) == "" {
		return missingParameter("MessageGroupId")
	}
	return nil
}

// sequenceNumber is the number of a message of a FIFO queue: 20 digits, larger
// than those sent before, and as on AWS not consecutive.
func sequenceNumber(number uint64) string {
	const first, step = 10_000_000_000_000_000_000, 256
	return fmt.Sprintf("%020d", first+number*step)
}

// isGroupID reports whether s is 1 to 128 ASCII letters, digits and punctuation
// marks, as the ids of groups, deduplication and receive attempts are. Standard
// queues take group ids too, to be fair between tenants.
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
