package sqs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// receiveAttempts are the receives of a FIFO queue that can be repeated by their
// ReceiveRequestAttemptId, for as long as deduplication lasts.
type receiveAttempts struct {
	byID  map[string]*receiveAttempt
	order []*receiveAttempt // the first to be forgotten first
}

// A receiveAttempt is one receive: its messages, and until when it hid them.
type receiveAttempt struct {
	id        string
	messages  []*message
	receives  []uint32
	visibleAt timestamp
	expires   timestamp
}

func (as *receiveAttempts) remember(id string, messages []*message, visibleAt, now timestamp) {
	if as.byID == nil {
		as.byID = make(map[string]*receiveAttempt)
	}
	a := &receiveAttempt{id: id, messages: messages, visibleAt: visibleAt, expires: now.add(dedupInterval)}
	for _, m := range messages {
		a.receives = append(a.receives, m.receives)
	}
	as.byID[id] = a
	as.order = append(as.order, a)
}

// find returns the receive of an id, if it was made within the interval.
func (as *receiveAttempts) find(id string, now timestamp) *receiveAttempt {
	for len(as.order) > 0 && as.order[0].expires <= now {
		if old := as.order[0]; as.byID[old.id] == old {
			delete(as.byID, old.id)
		}
		as.order = as.order[1:]
	}
	return as.byID[id]
}

// intact reports whether the messages are as the receive left them: none deleted,
// received again, or with another visibility timeout.
func (a *receiveAttempt) intact(q *queue) bool {
	for i, m := range a.messages {
		if m.state != inFlight || m.receives != a.receives[i] || m.visibleAt != a.visibleAt || q.messages.received[m.number] != m {
			return false
		}
	}
	return true
}

// repeatReceive repeats a receive: the same messages with the same handles, hidden anew
// (API reference, ReceiveMessage). One whose messages were touched since is not
// repeated; that the call is then a receive like any other, and that a repeated one
// does not count as another receive of its messages, is unverified.
func (q *queue) repeatReceive(p *poll, now timestamp) []types.Message {
	if p.in.ReceiveRequestAttemptId == nil {
		return nil
	}
	a := q.attempts.find(*p.in.ReceiveRequestAttemptId, now)
	if a == nil || !a.intact(q) {
		return nil
	}
	// Hidden for at most 12 hours in all: no handle lives longer.
	a.visibleAt = min(now.add(secondsOr(p.call, "VisibilityTimeout", p.in.VisibilityTimeout, q.visibility)),
		a.messages[0].received.add(maxVisibility*time.Second))
	messages := make([]types.Message, 0, len(a.messages))
	for _, m := range a.messages {
		q.messages.setVisibleAt(m, a.visibleAt)
		messages = append(messages, q.deliver(m, p))
	}
	q.wake() // to watch the new time
	return messages
}
