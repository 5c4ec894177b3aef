package sqs

import (
	"container/heap"
	"slices"
)

// A messageList holds messages in an order. What comes in that order, as messages of a
// queue nearly always do, costs a link at the end of a list; what does not goes
// into a heap beside it. The first of all is the first of either.
type messageList struct {
	slot        int // of the messages' links
	before      func(a, b *message) bool
	front, back *message
	heap        []*message
	n           int
}

// A link is a message's place in a list.
type link struct {
	prev, next *message
	// index is the place in the heap, from 1; 0 in the list.
	index int32
}

func (l *messageList) link(m *message) *link { return &m.links[l.slot] }

// add puts a message where it belongs.
func (l *messageList) add(m *message) {
	l.n++
	if l.back != nil && l.before(m, l.back) {
		heap.Push((*messageHeap)(l), m)
		return
	}
	*l.link(m) = link{prev: l.back}
	if l.back == nil {
		l.front = m
	} else {
		l.link(l.back).next = m
	}
	l.back = m
}

// remove takes a message out.
func (l *messageList) remove(m *message) {
	l.n--
	at := l.link(m)
	if at.index > 0 {
		heap.Remove((*messageHeap)(l), int(at.index)-1)
		*at = link{}
		return
	}
	if at.prev == nil {
		l.front = at.next
	} else {
		l.link(at.prev).next = at.next
	}
	if at.next == nil {
		l.back = at.prev
	} else {
		l.link(at.next).prev = at.prev
	}
	*at = link{}
}

// first returns the first message, nil when there is none.
func (l *messageList) first() *message {
	if len(l.heap) == 0 {
		return l.front
	}
	if l.front == nil || l.before(l.heap[0], l.front) {
		return l.heap[0]
	}
	return l.front
}

// each calls f for every message in order.
func (l *messageList) each(f func(*message)) {
	heaped := slices.Clone(l.heap)
	slices.SortFunc(heaped, func(a, b *message) int {
		if l.before(a, b) {
			return -1
		}
		return 1
	})
	for m := l.front; m != nil; m = l.link(m).next {
		for len(heaped) > 0 && l.before(heaped[0], m) {
			f(heaped[0])
			heaped = heaped[1:]
		}
		f(m)
	}
	for _, m := range heaped {
		f(m)
	}
}

// messageHeap is the heap of a list.
type messageHeap messageList

func (h *messageHeap) link(m *message) *link { return &m.links[h.slot] }

// Len implements heap.Interface.
func (h *messageHeap) Len() int { return len(h.heap) }

// Less implements heap.Interface.
func (h *messageHeap) Less(i, j int) bool { return h.before(h.heap[i], h.heap[j]) }

// Swap implements heap.Interface.
func (h *messageHeap) Swap(i, j int) {
	h.heap[i], h.heap[j] = h.heap[j], h.heap[i]
	h.link(h.heap[i]).index, h.link(h.heap[j]).index = int32(i)+1, int32(j)+1
}

// Push implements heap.Interface.
func (h *messageHeap) Push(x any) {
	m := x.(*message)
	h.heap = append(h.heap, m)
	*h.link(m) = link{index: int32(len(h.heap))}
}

// Pop implements heap.Interface.
func (h *messageHeap) Pop() any {
	last := len(h.heap) - 1
	m := h.heap[last]
	h.heap[last] = nil
	h.heap = h.heap[:last]
	return m
}
