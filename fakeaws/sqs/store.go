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
	sent   moment
	// firstReceived and received are when the message was received first and last.
	firstReceived, received moment
	// visibleAt is when a hidden message can be received.
	visibleAt moment
	// number is the message's place in its queue, in order of arrival.
	number   uint64
	receives uint32
	state    state
	// group and dedupID are those of a message in a FIFO queue.
	group   *group
	dedupID string
	// rare is what few messages have; else nil.
	rare  *rare
	links [2]link // by the slot of the lane: availability and age
}

// Rare are the parts of a message that most do not have.
type rare struct {
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

// no is the rare part of a message that has none.
var no rare

// extra returns the rare parts to read.
func (m *message) extra() *rare {
	if m.rare == nil {
		return &no
	}
	return m.rare
}

// extend returns the rare parts to write.
func (m *message) extend() *rare {
	if m.rare == nil {
		m.rare = new(rare)
	}
	return m.rare
}

func (m *message) md5() string {
	var b [32]byte
	hex.Encode(b[:], m.bodyMD5[:])
	return string(b[:])
}

// A moment is a point in time, in nanoseconds since 1970: a third of a time.Time.
type moment int64

func at(t time.Time) moment { return moment(t.UnixNano()) }

func (m moment) time() time.Time { return time.Unix(0, int64(m)).UTC() }

func (m moment) add(d time.Duration) moment { return m + moment(d) }

func (m moment) sub(earlier moment) time.Duration { return time.Duration(m - earlier) }

// A store holds a queue's messages so that each operation costs at most the
// logarithm of their number, and one that comes in order nothing of the kind.
// What is due is moved by settle, when somebody looks: no background work.
type store struct {
	next uint64
	// received has the messages that a receipt handle can mean: those that were
	// received, by number.
	received map[uint64]*message
	ready    line // visible messages
	hidden   lane // delayed and in-flight messages, the next to become visible first
	ages     lane // all messages, first sent first
	inFlight int
}

// A line is the visible messages of a queue in the order in which they are
// received: a lane in a standard queue, lanes by group in a FIFO queue.
type line interface {
	// enter and leave say that the queue has a message, visible or not, and has it
	// no more.
	enter(m *message, group string)
	leave(*message)
	add(*message)
	remove(*message)
	// first returns the message to receive next, nil when there is none. A receive
	// that has taken m already may have the rest of its group.
	first(m *message) *message
	len() int
	// left and came tell that a message began or ended its flight.
	left(*message)
	came(*message)
}

const (
	byAvailability = iota // slot of the ready or hidden lane: a message is in one of them
	byAge
)

func newStore(fifo bool) store {
	s := store{
		received: make(map[uint64]*message),
		hidden: lane{slot: byAvailability, before: func(a, b *message) bool {
			if a.visibleAt == b.visibleAt {
				return a.number < b.number
			}
			return a.visibleAt < b.visibleAt
		}},
		// A message that was moved to a dead-letter queue keeps the time when it
		// was sent, so arrival does not order ages.
		ages: lane{slot: byAge, before: func(a, b *message) bool { return a.sent < b.sent }},
	}
	if fifo {
		s.ready = newGroups()
	} else {
		s.ready = &plain{lane: byArrival()}
	}
	return s
}

// byArrival is a lane of visible messages, oldest arrival first.
func byArrival() lane {
	return lane{slot: byAvailability, before: func(a, b *message) bool { return a.number < b.number }}
}

// Plain is the line of a standard queue. SQS promises no order; here the oldest
// comes first, so that tests see the same in every run.
type plain struct{ lane }

func (p *plain) enter(*message, string)  {}
func (p *plain) leave(*message)          {}
func (p *plain) first(*message) *message { return p.lane.first() }
func (p *plain) len() int                { return p.n }
func (p *plain) left(*message)           {}
func (p *plain) came(*message)           {}

// delayed counts the messages that were never visible.
func (s *store) delayed() int { return s.hidden.n - s.inFlight }

// settle makes messages visible whose time has come, and drops those that are
// older than the retention period.
func (s *store) settle(now moment, retention time.Duration) {
	for m := s.hidden.first(); m != nil && m.visibleAt <= now; m = s.hidden.first() {
		s.show(m)
	}
	oldest := now.add(-retention)
	for m := s.ages.first(); m != nil && m.sent <= oldest; m = s.ages.first() {
		s.remove(m)
	}
}

// add puts a new message into the store, hidden until visibleAt.
func (s *store) add(m *message, group string, visibleAt, now moment) {
	s.ready.enter(m, group)
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
func (s *store) receive(m *message, visibleAt, now moment) {
	s.ready.remove(m)
	if m.receives == 0 {
		m.firstReceived = now
	}
	s.received[m.number] = m
	m.receives++
	m.received, m.visibleAt, m.state = now, visibleAt, inFlight
	s.inFlight++
	s.ready.left(m)
	s.hidden.add(m)
}

// postpone changes when a hidden message becomes visible.
func (s *store) postpone(m *message, visibleAt moment) {
	s.hidden.remove(m)
	m.visibleAt = visibleAt
	s.hidden.add(m)
}

// show makes a hidden message visible.
func (s *store) show(m *message) {
	s.lift(m)
	m.state = visible
	s.ready.add(m)
}

// remove takes a message out of the store.
func (s *store) remove(m *message) {
	s.lift(m)
	s.ready.leave(m)
	s.ages.remove(m)
	delete(s.received, m.number)
}

// lift takes a message out of its lane, and ends its flight.
func (s *store) lift(m *message) {
	if m.state == visible {
		s.ready.remove(m)
		return
	}
	s.hidden.remove(m)
	if m.state == inFlight {
		s.inFlight--
		s.ready.came(m)
	}
}

// clear removes all messages. Their numbers are not used again, so that the
// receipt handles of removed messages mean no other message.
func (s *store) clear(fifo bool) {
	next := s.next
	*s = newStore(fifo)
	s.next = next
}
