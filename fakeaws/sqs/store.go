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

// A messageStore holds a queue's messages so that each operation costs at most the
// logarithm of their number, and a constant for messages that come in order. There is
// no work in the background: update does what is due when somebody looks.
type messageStore struct {
	next uint64
	// received has the messages that a receipt handle can mean: those that were
	// received, by number.
	received map[uint64]*message
	ready    receiveOrder // visible messages
	hidden   messageList  // delayed and in-flight messages, the next to become visible first
	ages     messageList  // all messages, first sent first
	inFlight int
}

// A receiveOrder is the visible messages of a queue in the order in which they are
// received: one list in a standard queue, lists by group in a FIFO queue.
type receiveOrder interface {
	// join and leave say that the queue has a message, visible or not, and has it
	// no more.
	join(m *message, group string)
	leave(*message)
	add(*message)
	remove(*message)
	// first returns the message to receive next, nil when there is none. A receive
	// that has taken m already may have the rest of its group.
	first(m *message) *message
	len() int
	// flightBegan and flightEnded say that a message is in flight, and is no more.
	flightBegan(*message)
	flightEnded(*message)
}

const (
	byAvailability = iota // slot of the ready or hidden list: a message is in one of them
	byAge
)

func newMessageStore(fifo bool) messageStore {
	s := messageStore{
		received: make(map[uint64]*message),
		hidden: messageList{slot: byAvailability, before: func(a, b *message) bool {
			if a.visibleAt == b.visibleAt {
				return a.number < b.number
			}
			return a.visibleAt < b.visibleAt
		}},
		// A message that was moved to a dead-letter queue keeps the time when it
		// was sent, so arrival does not order ages.
		ages: messageList{slot: byAge, before: func(a, b *message) bool { return a.sent < b.sent }},
	}
	if fifo {
		s.ready = newMessageGroups()
	} else {
		s.ready = &standardOrder{messageList: byArrival()}
	}
	return s
}

// byArrival is a list of visible messages, oldest arrival first.
func byArrival() messageList {
	return messageList{slot: byAvailability, before: func(a, b *message) bool { return a.number < b.number }}
}

// standardOrder is the order of a standard queue. SQS promises none; here the oldest
// comes first, so that tests see the same in every run.
type standardOrder struct{ messageList }

func (p *standardOrder) join(*message, string)   {}
func (p *standardOrder) leave(*message)          {}
func (p *standardOrder) first(*message) *message { return p.messageList.first() }
func (p *standardOrder) len() int                { return p.n }
func (p *standardOrder) flightBegan(*message)    {}
func (p *standardOrder) flightEnded(*message)    {}

// delayed counts the messages that were never visible.
func (s *messageStore) delayed() int { return s.hidden.n - s.inFlight }

// update makes messages visible whose time has come, and drops those that are
// older than the retention period.
func (s *messageStore) update(now timestamp, retention time.Duration) {
	for m := s.hidden.first(); m != nil && m.visibleAt <= now; m = s.hidden.first() {
		s.makeVisible(m)
	}
	oldest := now.add(-retention)
	for m := s.ages.first(); m != nil && m.sent <= oldest; m = s.ages.first() {
		s.remove(m)
	}
}

// add puts a new message into the store, hidden until visibleAt.
func (s *messageStore) add(m *message, group string, visibleAt, now timestamp) {
	s.ready.join(m, group)
	m.number, m.visibleAt = s.next, visibleAt
	s.next++
	s.ages.add(m)
	if visibleAt > now {
		m.state = delayed
		s.hidden.add(m)
		return
	}
	m.state = visible
	s.ready.add(m)
}

// receive hides the visible message m until visibleAt.
func (s *messageStore) receive(m *message, visibleAt, now timestamp) {
	s.ready.remove(m)
	if m.receives == 0 {
		m.firstReceived = now
	}
	s.received[m.number] = m
	m.receives++
	m.received, m.visibleAt, m.state = now, visibleAt, inFlight
	s.inFlight++
	s.ready.flightBegan(m)
	s.hidden.add(m)
}

// setVisibleAt changes when a hidden message becomes visible.
func (s *messageStore) setVisibleAt(m *message, visibleAt timestamp) {
	s.hidden.remove(m)
	m.visibleAt = visibleAt
	s.hidden.add(m)
}

// makeVisible makes a hidden message visible.
func (s *messageStore) makeVisible(m *message) {
	s.takeOut(m)
	m.state = visible
	s.ready.add(m)
}

// remove takes a message out of the store.
func (s *messageStore) remove(m *message) {
	s.takeOut(m)
	s.ready.leave(m)
	s.ages.remove(m)
	delete(s.received, m.number)
}

// takeOut takes a message out of its list, and ends its flight.
func (s *messageStore) takeOut(m *message) {
	if m.state == visible {
		s.ready.remove(m)
		return
	}
	s.hidden.remove(m)
	if m.state == inFlight {
		s.inFlight--
		s.ready.flightEnded(m)
	}
}

// clear removes all messages. Their numbers are not used again, so that the
// receipt handles of removed messages mean no other message.
func (s *messageStore) clear(fifo bool) {
	next := s.next
	*s = newMessageStore(fifo)
	s.next = next
}
