package sqs

import (
	"encoding/hex"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
)

// A message is one message of a queue. A million of them may wait, so it holds
// nothing that can be made when somebody asks.
type message struct {
	id      uuid.UUID
	bodyMD5 [16]byte
	body    string
	// sender is the system attribute SenderId.
	sender string
	sent   timestamp
	// firstReceived and received are when the message was received first and last.
	firstReceived, received timestamp
	// visibleAt is when a hidden message can be received.
	visibleAt timestamp
	// number is the message's place in its queue, in order of arrival.
	number   uint64
	receives uint32
	state    state
	// group and dedupID are those of a message in a FIFO queue.
	group   *messageGroup
	dedupID string
	// extras is what few messages have; else nil.
	extras *messageExtras
	links  [2]link // by the slot of the list: availability and age
}

// messageExtras are the parts of a message that most do not have.
type messageExtras struct {
	attributes map[string]types.MessageAttributeValue
	// trace, groupID and deadFrom are the system attributes AWSTraceHeader,
	// MessageGroupId (of a standard queue) and DeadLetterQueueSourceArn.
	trace, groupID, deadFrom string
}

// A state says where a message is.
type state uint8

const (
	visible state = iota
	delayed
	inFlight
)

// noExtras are the extras of a message that has none.
var noExtras messageExtras

// readExtras returns the extras to read.
func (m *message) readExtras() *messageExtras {
	if m.extras == nil {
		return &noExtras
	}
	return m.extras
}

// writeExtras returns the extras to write.
func (m *message) writeExtras() *messageExtras {
	if m.extras == nil {
		m.extras = new(messageExtras)
	}
	return m.extras
}

func (m *message) md5() string {
	var b [32]byte
	hex.Encode(b[:], m.bodyMD5[:])
	return string(b[:])
}

// A timestamp is a point in time, in nanoseconds since 1970: a third of a time.Time.
type timestamp int64

func timestampOf(t time.Time) timestamp { return timestamp(t.UnixNano()) }

func (t timestamp) time() time.Time { return time.Unix(0, int64(t)).UTC() }

func (t timestamp) add(d time.Duration) timestamp { return t + timestamp(d) }

func (t timestamp) sub(earlier timestamp) time.Duration { return time.Duration(t - earlier) }
