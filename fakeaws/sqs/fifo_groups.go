package sqs

import "math"

// A messageGroup is the messages of one MessageGroupId in a FIFO queue. It gives them out in
// order, as far as its first message in flight: that one and those behind it have to wait,
// also when they are visible. Messages before it are visible again, and can be received.
type messageGroup struct {
	id       string
	waiting  messageList // visible messages
	messages int         // of any state
	// flights are the messages in flight, the first one last. Some of them may have landed:
	// they are taken off when they come last.
	flights []*message
	// limit is the number of the message in flight that ends what one receive can take.
	limit uint64
	// prev and next are the neighbours among the groups that have something to give.
	prev, next *messageGroup
	available  bool
}

// messageGroups is the order of a FIFO queue: the groups that have something to give. One
// that has again something goes to the end, behind those that waited meanwhile, so that all
// have their turn.
type messageGroups struct {
	byID        map[string]*messageGroup
	front, back *messageGroup
	n           int // visible messages, those that wait for others too
}

func newMessageGroups() *messageGroups { return &messageGroups{byID: make(map[string]*messageGroup)} }

// join puts a message into its group, which is made when it is the first.
func (g *messageGroups) join(m *message, id string) {
	m.group = g.byID[id]
	if m.group == nil {
		m.group = &messageGroup{id: id, waiting: byArrival()}
		g.byID[id] = m.group
	}
	m.group.messages++
}

// leave takes a message out of its group for good.
func (g *messageGroups) leave(m *message) {
	m.group.messages--
	if m.group.messages == 0 {
		delete(g.byID, m.group.id)
	}
}

func (g *messageGroups) add(m *message) {
	g.n++
	m.group.waiting.add(m)
	g.place(m.group)
}

func (g *messageGroups) remove(m *message) {
	g.n--
	m.group.waiting.remove(m)
	g.place(m.group)
}

// flightBegan notes a message in flight. A receive takes the messages of a group in order,
// all of them before those in flight already: so there are at most as many to pass here as
// the receive has taken.
func (g *messageGroups) flightBegan(m *message) {
	of := m.group
	first := of.firstInFlight()
	if first > m.number {
		of.limit = first
	}
	of.flights = append(of.flights, m)
	for i := len(of.flights) - 1; i > 0 && of.flights[i-1].number < m.number; i-- {
		of.flights[i-1], of.flights[i] = m, of.flights[i-1]
	}
	g.place(of)
}

func (g *messageGroups) flightEnded(m *message) { g.place(m.group) }

func (g *messageGroups) len() int { return g.n }

// first prefers the group of a message that the same receive has taken: SQS
// returns "as many messages with the same message group ID as possible"
// (developer guide, "FIFO queue delivery logic").
func (g *messageGroups) first(m *message) *message {
	if m != nil && m.group != nil {
		if next := m.group.waiting.first(); next != nil && next.number < m.group.limit {
			return next
		}
	}
	if g.front == nil {
		return nil
	}
	return g.front.waiting.first()
}

// firstInFlight is the number of the group's first message in flight, the largest there is
// when there is none.
func (of *messageGroup) firstInFlight() uint64 {
	for last := len(of.flights) - 1; last >= 0; last-- {
		if m := of.flights[last]; m.state == inFlight && m.group == of {
			return m.number
		}
		of.flights[last] = nil
		of.flights = of.flights[:last]
	}
	return math.MaxUint64
}

// blocked reports whether a visible message waits for one in flight before it.
func (of *messageGroup) blocked(m *message) bool { return of.firstInFlight() < m.number }

// place puts a group among those that have something to give, or takes it out, after a
// change of its messages.
func (g *messageGroups) place(of *messageGroup) {
	m := of.waiting.first()
	available := m != nil && !of.blocked(m)
	switch {
	case available && !of.available:
		g.append(of)
	case !available && of.available:
		g.takeOut(of)
	}
}

func (g *messageGroups) append(of *messageGroup) {
	of.available, of.prev = true, g.back
	if g.back == nil {
		g.front = of
	} else {
		g.back.next = of
	}
	g.back = of
}

func (g *messageGroups) takeOut(of *messageGroup) {
	if of.prev == nil {
		g.front = of.next
	} else {
		of.prev.next = of.next
	}
	if of.next == nil {
		g.back = of.prev
	} else {
		of.next.prev = of.prev
	}
	of.available, of.prev, of.next = false, nil, nil
}
