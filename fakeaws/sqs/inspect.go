package sqs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// A State says where a message of a queue is.
type State string

// The states of a message.
const (
	Visible  State = "visible"   // the next receive can have it
	Blocked  State = "blocked"   // visible, but behind a message in flight of its FIFO group
	Delayed  State = "delayed"   // not visible yet
	InFlight State = "in flight" // received, and hidden until its visibility timeout is over
)

// A Message is a message of a queue as Go code sees it that looks without
// receiving: nothing changes by it.
type Message struct {
	ID, Body string
	State    State
	// VisibleAt is when a delayed or in-flight message becomes visible; zero for others.
	VisibleAt time.Time
	// Sent is the SentTimestamp, to the nanosecond.
	Sent time.Time
	// ReceiveCount is ApproximateReceiveCount; FirstReceived is zero before the first.
	ReceiveCount  int
	FirstReceived time.Time
	SenderID      string
	// GroupID, DeduplicationID and SequenceNumber are those of a FIFO queue's
	// message; a standard queue's may have a group.
	GroupID, DeduplicationID, SequenceNumber string
	// DeadLetterSource is the ARN of the queue that a dead-lettered message came from.
	DeadLetterSource string
	TraceHeader      string
	Attributes       map[string]types.MessageAttributeValue
}

// String returns the message in one line.
func (m Message) String() string {
	var b strings.Builder
	b.WriteString(string(m.State))
	if !m.VisibleAt.IsZero() {
		fmt.Fprintf(&b, " until %s", m.VisibleAt.Format("15:04:05.000"))
	}
	if m.ReceiveCount > 0 {
		fmt.Fprintf(&b, ", received %dx", m.ReceiveCount)
	}
	if m.GroupID != "" {
		fmt.Fprintf(&b, ", group %s", m.GroupID)
	}
	if m.DeadLetterSource != "" {
		fmt.Fprintf(&b, ", dead letter of %s", m.DeadLetterSource[strings.LastIndexByte(m.DeadLetterSource, ':')+1:])
	}
	if len(m.Attributes) > 0 {
		fmt.Fprintf(&b, ", attributes %s", strings.Join(sorted(m.Attributes), " "))
	}
	return b.String() + ": " + short(m.Body)
}

// short quotes a body, and cuts one that fills the screen.
func short(body string) string {
	const most = 200
	if len(body) > most {
		return strconv.Quote(strings.ToValidUTF8(body[:most], "")) + fmt.Sprintf("… (%d bytes)", len(body))
	}
	return strconv.Quote(body)
}

// Messages returns all messages of a queue, first sent first, without receiving them.
func (s *Fake) Messages(account, region, name string) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queueNamed(account, region, name)
	if err != nil {
		return nil, err
	}
	var all []Message
	q.messages.ages.each(func(m *message) { all = append(all, m.snapshot()) })
	return all, nil
}

// Clear removes all messages of a queue, as PurgeQueue does, and as often as one
// likes.
func (s *Fake) Clear(account, region, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queueNamed(account, region, name)
	if err != nil {
		return err
	}
	q.messages.clear(q.fifo)
	return nil
}

// queueNamed finds a queue by its name and brings it up to date.
func (s *Fake) queueNamed(account, region, name string) (*queue, error) {
	q, ok := s.queues[queueID{account, region, name}]
	if !ok {
		return nil, queueDoesNotExist()
	}
	now := s.now()
	s.runMoveTasks(now)
	q.update(now)
	return q, nil
}

// Names returns the names of the queues of an account in a region, in order.
func (s *Fake) Names(account, region string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for id := range s.queuesOf(account, region, "") {
		names = append(names, id.name)
	}
	slices.Sort(names)
	return names
}

// snapshot is the message as Go code sees it.
func (m *message) snapshot() Message {
	out := Message{
		ID: m.id.String(), Body: m.body,
		State: Visible, Sent: m.sent.time(), ReceiveCount: int(m.receives),
		SenderID: m.sender, GroupID: m.groupID(), DeduplicationID: m.dedupID,
		SequenceNumber:   m.systemAttribute(types.MessageSystemAttributeNameSequenceNumber),
		DeadLetterSource: m.readExtras().deadFrom, TraceHeader: m.readExtras().trace,
		Attributes: maps.Clone(m.readExtras().attributes),
	}
	if m.receives > 0 {
		out.FirstReceived = m.firstReceived.time()
	}
	switch {
	case m.state == delayed:
		out.State, out.VisibleAt = Delayed, m.visibleAt.time()
	case m.state == inFlight:
		out.State, out.VisibleAt = InFlight, m.visibleAt.time()
	case m.group != nil && m.group.blocked(m):
		out.State = Blocked
	}
	return out
}
