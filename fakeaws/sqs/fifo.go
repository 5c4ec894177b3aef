package sqs

import (
	"container/heap"
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
