package sqs

import (
	"slices"
	"time"
)

// A modelWorld is SQS as its documentation describes it, done in the plainest way:
// lists that every step searches from end to end. The driver of
// TestAgainstTheModel compares the service with it.
type modelWorld struct {
	now    time.Duration // since the start
	queues []*modelQueue
	tasks  []*modelTask
}

type modelQueue struct {
	name                         string
	fifo, content, scoped        bool
	visibility, delay, retention time.Duration
	limit                        int         // maxReceiveCount
	dead                         *modelQueue // nil without
	messages                     []*modelMessage
	turns                        []string // groups that have something to give
	seen                         []modelSeen
	purged                       time.Duration
	everPurged                   bool
}

// A modelMessage is in the list of its queue in order of arrival.
type modelMessage struct {
	body, id, group, dedup string
	sent, first, visibleAt time.Duration
	received               time.Duration
	receives               int
	flying                 bool
	seen                   bool        // visible, since its last visibleAt
	from                   *modelQueue // where it was dead-lettered
}

// A modelSeen is a deduplication id that a FIFO queue remembers.
type modelSeen struct {
	key     string
	id      string
	expires time.Duration
}

// A modelHandle is a receipt handle.
type modelHandle struct {
	text     string
	queue    *modelQueue
	message  *modelMessage
	receives int
	received time.Duration
}

type modelTask struct {
	source, target *modelQueue // target nil: where each came from
	started, every time.Duration
	total, moved   int
	status         string
}

// to moves the time, and does what is due on the way.
func (w *modelWorld) to(t time.Duration) {
	for {
		var next *modelTask
		for _, task := range w.tasks {
			if task.status == taskRunning && (next == nil || task.due() < next.due()) {
				next = task
			}
		}
		if next == nil || next.due() > t {
			break
		}
		w.now = max(w.now, next.due())
		w.settle()
		w.step(next)
	}
	w.now = t
	w.settle()
}

// settle lets messages become visible and expire, one after the other as time has passed.
func (w *modelWorld) settle() {
	for _, q := range w.queues {
		for {
			var next *modelMessage
			var at time.Duration
			var expires bool
			for _, m := range q.messages { // of those that are due at once the oldest becomes visible first
				if m.visibleAt <= w.now && !m.seen && (next == nil || m.visibleAt < at) {
					next, at, expires = m, m.visibleAt, false
				}
			}
			for _, m := range q.messages {
				if end := m.sent + q.retention; end <= w.now && (next == nil || end < at) {
					next, at, expires = m, end, true
				}
			}
			if next == nil {
				break
			}
			next.flying, next.seen = false, true
			if expires {
				q.remove(next)
			}
			w.turn(q)
		}
	}
}

// open returns what a FIFO queue's group gives out: its messages up to the first in flight.
func (w *modelWorld) open(q *modelQueue, group string) (open []*modelMessage) {
	for _, m := range q.messages {
		if m.group != group {
			continue
		}
		if m.flying {
			break
		}
		if w.visible(m) {
			open = append(open, m)
		}
	}
	return open
}

// turn puts groups that have something to give again behind the others.
func (w *modelWorld) turn(q *modelQueue) {
	if !q.fifo {
		return
	}
	q.turns = slices.DeleteFunc(q.turns, func(group string) bool { return len(w.open(q, group)) == 0 })
	for _, m := range q.messages {
		if !slices.Contains(q.turns, m.group) && len(w.open(q, m.group)) > 0 {
			q.turns = append(q.turns, m.group)
		}
	}
}

func (t *modelTask) due() time.Duration { return t.started + time.Duration(t.moved)*t.every }

func (w *modelWorld) step(t *modelTask) {
	m := w.candidate(t.source, nil)
	if m == nil || t.moved == t.total {
		t.status = taskCompleted
		return
	}
	target := t.target
	if target == nil {
		target = m.from
	}
	if target == nil {
		t.status = taskFailed
		return
	}
	t.source.remove(m)
	w.turn(t.source)
	target.messages = append(target.messages, &modelMessage{body: m.body, group: m.group, dedup: m.dedup, sent: w.now, visibleAt: w.now + target.delay})
	w.settle()
	if t.moved++; t.moved == t.total {
		t.status = taskCompleted
	}
}

func (q *modelQueue) remove(m *modelMessage) {
	i := slices.Index(q.messages, m)
	q.messages = slices.Delete(q.messages, i, i+1)
}

func (w *modelWorld) visible(m *modelMessage) bool { return m.seen }

// candidate is the message that a receive takes next, after those that it has taken.
func (w *modelWorld) candidate(q *modelQueue, taken []*modelMessage) *modelMessage {
	if !q.fifo {
		for _, m := range q.messages {
			if w.visible(m) {
				return m
			}
		}
		return nil
	}
	if len(taken) > 0 {
		// The rest of the group, up to what was in flight before.
		for _, m := range q.messages {
			switch {
			case m.group != taken[len(taken)-1].group || slices.Contains(taken, m):
			case m.flying:
				return w.firstTurn(q)
			case w.visible(m):
				return m
			}
		}
	}
	return w.firstTurn(q)
}

func (w *modelWorld) firstTurn(q *modelQueue) *modelMessage {
	if len(q.turns) == 0 {
		return nil
	}
	return w.open(q, q.turns[0])[0]
}

func (w *modelWorld) receive(q *modelQueue, most int, timeout time.Duration) (taken []*modelMessage) {
	for len(taken) < most {
		m := w.candidate(q, taken)
		if m == nil {
			break
		}
		if q.dead != nil && m.receives >= q.limit {
			w.deadLetter(q, m)
			continue
		}
		if m.receives == 0 {
			m.first = w.now
		}
		m.receives++
		m.flying, m.seen, m.received, m.visibleAt = true, false, w.now, w.now+timeout
		taken = append(taken, m)
		w.turn(q)
	}
	return taken
}

func (w *modelWorld) deadLetter(q *modelQueue, m *modelMessage) {
	q.remove(m)
	w.turn(q)
	m.from, m.visibleAt, m.seen = q, w.now+q.dead.delay, false
	if q.fifo {
		m.sent, m.dedup = w.now, m.id
	}
	q.dead.messages = append(q.dead.messages, m)
	w.settle()
}

// longReceive waits for a message as long as wait.
func (w *modelWorld) longReceive(q *modelQueue, most int, timeout, wait time.Duration) []*modelMessage {
	end := w.now + wait
	for {
		if taken := w.receive(q, most, timeout); len(taken) > 0 || w.now >= end {
			return taken
		}
		next := end
		for _, m := range q.messages {
			for _, t := range []time.Duration{m.visibleAt, m.sent + q.retention} {
				if t > w.now {
					next = min(next, t)
				}
			}
		}
		for _, t := range w.tasks {
			if t.status == taskRunning && t.due() > w.now {
				next = min(next, t.due())
			}
		}
		w.to(next)
	}
}

// send returns the id of the message that the queue took this one for, "" when it
// is new.
func (w *modelWorld) send(q *modelQueue, m *modelMessage, delay time.Duration) (twin string) {
	key := m.dedup
	if q.scoped {
		key = m.group + " " + m.dedup
	}
	if q.fifo {
		for _, s := range q.seen {
			if s.key == key && s.expires > w.now {
				return s.id
			}
		}
		q.seen = append(q.seen, modelSeen{key, m.id, w.now + dedupInterval})
	}
	m.sent, m.visibleAt = w.now, w.now+delay
	q.messages = append(q.messages, m)
	w.settle()
	return ""
}

// state says what a delete or a change of visibility by a handle does.
func (w *modelWorld) state(h *modelHandle) (gone, current bool) {
	if !slices.Contains(h.queue.messages, h.message) {
		return true, false
	}
	return false, h.message.receives == h.receives
}

// delete returns whether SQS refuses the handle.
func (w *modelWorld) delete(h *modelHandle) (refused bool) {
	gone, current := w.state(h)
	switch {
	case w.now-h.received >= 12*time.Hour:
		return true
	case gone:
		return false
	case h.queue.fifo && (!current || !h.message.flying):
		return true
	case current:
		h.queue.remove(h.message)
		w.turn(h.queue)
	}
	return false
}

// hide returns whether SQS refuses to change the visibility timeout.
func (w *modelWorld) hide(h *modelHandle, timeout time.Duration) (refused bool) {
	gone, current := w.state(h)
	hidden := !gone && (current || !h.queue.fifo) && h.message.flying
	switch {
	case gone, h.queue.fifo && !hidden:
		return true
	case !hidden:
		return false
	case w.now+timeout-h.message.received > 12*time.Hour:
		return true
	}
	h.message.visibleAt = w.now + timeout
	return false
}

// set changes the delay, which in a FIFO queue holds for what is delayed already.
func (w *modelWorld) setDelay(q *modelQueue, delay time.Duration) {
	for _, m := range q.messages {
		if q.fifo && !m.flying && m.visibleAt > w.now {
			m.visibleAt += delay - q.delay
		}
	}
	q.delay = delay
}

// counts are the messages that are visible, in flight and delayed.
func (w *modelWorld) counts(q *modelQueue) (n [3]int) {
	for _, m := range q.messages {
		switch {
		case w.visible(m):
			n[0]++
		case m.flying:
			n[1]++
		default:
			n[2]++
		}
	}
	return n
}
