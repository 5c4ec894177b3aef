package sqs

import "time"

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

// update makes messages visible whose time has come, and drops those that are older than
// the retention period: one after the other as time has passed, because a FIFO queue gives
// its groups out in the order in which they have something to give.
func (s *messageStore) update(now timestamp, retention time.Duration) {
	for {
		m, old := s.hidden.first(), s.ages.first()
		if old != nil && old.sent.add(retention) > now {
			old = nil
		}
		switch {
		case m != nil && m.visibleAt <= now && (old == nil || m.visibleAt <= old.sent.add(retention)):
			s.makeVisible(m)
		case old != nil:
			s.remove(old)
		default:
			return
		}
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
		m.state = visible // or gone
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
