package sqs

import "container/heap"

// A messageGroup is the messages of one MessageGroupId in a FIFO queue.
type messageGroup struct {
	id       string
	waiting  messageList // visible messages
	inFlight int         // while there are any, the group gives out no other
	messages int         // of any state
	index    int         // in the heap of groups, from 1; 0 when not in it
}

// messageGroups is the order of a FIFO queue: the groups that have a visible message and
// none in flight, the one with the oldest message first.
type messageGroups struct {
	byID      map[string]*messageGroup
	available []*messageGroup // a heap
	n         int             // visible messages, those of blocked groups too
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

func (g *messageGroups) flightBegan(m *message) { m.group.inFlight++; g.place(m.group) }

func (g *messageGroups) flightEnded(m *message) { m.group.inFlight--; g.place(m.group) }

func (g *messageGroups) len() int { return g.n }

// first prefers the group of a message that the same receive has taken: SQS
// returns "as many messages with the same message group ID as possible"
// (developer guide, "FIFO queue delivery logic").
func (g *messageGroups) first(m *message) *message {
	if m != nil && m.group != nil {
		if next := m.group.waiting.first(); next != nil {
			return next
		}
	}
	if len(g.available) == 0 {
		return nil
	}
	return g.available[0].waiting.first()
}

// place puts a group into the heap, moves it there, or takes it out, after a
// change of its messages.
func (g *messageGroups) place(of *messageGroup) {
	available := of.inFlight == 0 && of.waiting.n > 0
	switch {
	case available && of.index > 0:
		heap.Fix(g, of.index-1)
	case available:
		heap.Push(g, of)
	case of.index > 0:
		heap.Remove(g, of.index-1)
	}
}

// Len implements heap.Interface.
func (g *messageGroups) Len() int { return len(g.available) }

// Less implements heap.Interface. A group that is about to leave the heap may be
// empty: it is wherever it was.
func (g *messageGroups) Less(i, j int) bool {
	a, b := g.available[i].waiting.first(), g.available[j].waiting.first()
	return a != nil && b != nil && a.number < b.number
}

// Swap implements heap.Interface.
func (g *messageGroups) Swap(i, j int) {
	g.available[i], g.available[j] = g.available[j], g.available[i]
	g.available[i].index, g.available[j].index = i+1, j+1
}

// Push implements heap.Interface.
func (g *messageGroups) Push(x any) {
	of := x.(*messageGroup)
	g.available = append(g.available, of)
	of.index = len(g.available)
}

// Pop implements heap.Interface.
func (g *messageGroups) Pop() any {
	last := len(g.available) - 1
	of := g.available[last]
	g.available[last] = nil
	g.available = g.available[:last]
	of.index = 0
	return of
}
