package sqs

import (
	"container/heap"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// A message is one message of a queue.
type message struct {
	id, body, bodyMD5 string
	attributes        map[string]types.MessageAttributeValue
	attributesMD5     string
	// sender, trace, group and deadFrom are the system attributes SenderId,
	// AWSTraceHeader, MessageGroupId and DeadLetterQueueSourceArn.
	sender, trace, group, deadFrom string

	sent time.Time
	// firstReceived and received are when the message was received first and last.
	firstReceived, received time.Time
	// visibleAt is when a hidden message can be received.
	visibleAt time.Time
	receives  int

	// number is the message's place in its queue, in order of arrival.
	number   uint64
	inFlight bool
	// place is the pile of visible or of hidden messages, whichever has it.
	place *pile
	at    [2]int // index in place, and in the pile of ages
}

// A store holds a queue's messages so that each operation costs at most the
// logarithm of their number. What is due is moved by settle, when somebody
// looks: no background work.
type store struct {
	next     uint64
	byNumber map[uint64]*message
	ready    pile // visible messages, oldest arrival first
	hidden   pile // delayed and in-flight messages, the next to become visible first
	ages     pile // all messages, first sent first
	inFlight int
}

const (
	byAvailability = iota // slot of the ready or hidden pile: a message is in one of them
	byAge
)

func newStore() store {
	return store{
		byNumber: make(map[uint64]*message),
		ready:    pile{slot: byAvailability, less: func(a, b *message) bool { return a.number < b.number }},
		hidden: pile{slot: byAvailability, less: func(a, b *message) bool {
			if a.visibleAt.Equal(b.visibleAt) {
				return a.number < b.number
			}
			return a.visibleAt.Before(b.visibleAt)
		}},
		// A message that was moved to a dead-letter queue keeps the time when it
		// was sent, so arrival does not order ages.
		ages: pile{slot: byAge, less: func(a, b *message) bool { return a.sent.Before(b.sent) }},
	}
}

// settle makes messages visible whose time has come, and drops those that are
// older than the retention period.
func (s *store) settle(now time.Time, retention time.Duration) {
	for len(s.hidden.items) > 0 && !s.hidden.items[0].visibleAt.After(now) {
		s.show(s.hidden.items[0])
	}
	for oldest := now.Add(-retention); len(s.ages.items) > 0 && !s.ages.items[0].sent.After(oldest); {
		s.remove(s.ages.items[0])
	}
}

// add puts a message into the store, hidden until visibleAt.
func (s *store) add(m *message, visibleAt, now time.Time) {
	m.number, m.visibleAt, m.inFlight = s.next, visibleAt, false
	s.next++
	s.byNumber[m.number] = m
	heap.Push(&s.ages, m)
	if visibleAt.After(now) {
		m.put(&s.hidden)
	} else {
		m.put(&s.ready)
	}
}

// receive hides the visible message m until visibleAt.
func (s *store) receive(m *message, visibleAt, now time.Time) {
	m.lift()
	if m.receives == 0 {
		m.firstReceived = now
	}
	m.receives++
	m.received, m.visibleAt, m.inFlight = now, visibleAt, true
	s.inFlight++
	m.put(&s.hidden)
}

// postpone changes when an in-flight message becomes visible.
func (s *store) postpone(m *message, visibleAt time.Time) {
	m.visibleAt = visibleAt
	heap.Fix(&s.hidden, m.at[byAvailability])
}

// show makes a hidden message visible.
func (s *store) show(m *message) {
	s.land(m)
	m.put(&s.ready)
}

// remove takes a message out of the store.
func (s *store) remove(m *message) {
	s.land(m)
	heap.Remove(&s.ages, m.at[byAge])
	delete(s.byNumber, m.number)
}

// land takes a message out of its place, and ends its flight.
func (s *store) land(m *message) {
	m.lift()
	if m.inFlight {
		m.inFlight = false
		s.inFlight--
	}
}

func (m *message) put(p *pile) {
	m.place = p
	heap.Push(p, m)
}

func (m *message) lift() {
	heap.Remove(m.place, m.at[byAvailability])
	m.place = nil
}

// clear removes all messages. Their numbers are not used again, so that the
// receipt handles of removed messages mean no other message.
func (s *store) clear() {
	next := s.next
	*s = newStore()
	s.next = next
}

// delayed counts the messages that were never visible.
func (s *store) delayed() int { return len(s.hidden.items) - s.inFlight }

// A pile is a heap of messages that know their index in it.
type pile struct {
	slot  int
	less  func(a, b *message) bool
	items []*message
}

// Len implements heap.Interface.
func (p *pile) Len() int { return len(p.items) }

// Less implements heap.Interface.
func (p *pile) Less(i, j int) bool { return p.less(p.items[i], p.items[j]) }

// Swap implements heap.Interface.
func (p *pile) Swap(i, j int) {
	p.items[i], p.items[j] = p.items[j], p.items[i]
	p.items[i].at[p.slot], p.items[j].at[p.slot] = i, j
}

// Push implements heap.Interface.
func (p *pile) Push(x any) {
	m := x.(*message)
	m.at[p.slot] = len(p.items)
	p.items = append(p.items, m)
}

// Pop implements heap.Interface.
func (p *pile) Pop() any {
	last := len(p.items) - 1
	m := p.items[last]
	p.items[last] = nil
	p.items = p.items[:last]
	return m
}
