package sqs

import (
	"cmp"
	"slices"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A poll is a receive from its first look at the queue to its last.
type poll struct {
	in       *awssqs.ReceiveMessageInput
	call     *fakeaws.Call
	queue    *queue // nil when there was none
	started  bool   // the call was checked, and the deadline is known
	deadline timestamp
	system   []types.MessageSystemAttributeName
	// ticket is the poll's place among those that wait, 0 before its first wait.
	ticket uint64
	// wake is the channel of the current wait, made for it.
	wake chan struct{}
}

// pollers are the calls that wait for messages of a queue, the longest first.
// However many they are, an event wakes one: it takes what it can, and wakes the
// next if it leaves something. So only the first watches the time at which a
// message becomes visible; the others only wait for their channel.
type pollers struct {
	waiting []*poll
	tickets uint64
}

// wait puts a poll into its place. Its channel is made here, in its own call.
func (ps *pollers) wait(p *poll) (first bool) {
	if p.ticket == 0 {
		ps.tickets++
		p.ticket = ps.tickets
	}
	p.wake = make(chan struct{})
	i, _ := ps.search(p)
	ps.waiting = slices.Insert(ps.waiting, i, p)
	return i == 0
}

// search finds the place of a poll, and whether it waits there.
func (ps *pollers) search(p *poll) (int, bool) {
	return slices.BinarySearchFunc(ps.waiting, p.ticket, func(w *poll, ticket uint64) int {
		return cmp.Compare(w.ticket, ticket)
	})
}

// stop takes a poll out. One that was woken is out already.
func (ps *pollers) stop(p *poll) {
	if i, waits := ps.search(p); waits {
		ps.waiting = slices.Delete(ps.waiting, i, i+1)
	}
}

// wake lets the first poll look again: a message came, or may become visible at
// another time than it expects. A service that watches the queue looks too.
func (q *queue) wake() {
	if w := q.service.world; w.Watches() {
		w.Arrived(q.arn)
	}
	if len(q.pollers.waiting) == 0 {
		return
	}
	close(q.pollers.waiting[0].wake)
	q.pollers.waiting = slices.Delete(q.pollers.waiting, 0, 1)
}

// wakeAll lets all look again: the queue is gone.
func (q *queue) wakeAll() {
	for len(q.pollers.waiting) > 0 {
		q.wake()
	}
}

// wakeNext wakes the next poll when one is done. It watches the time from now on,
// and takes what the other has left.
func (q *queue) wakeNext() {
	if q.messages.ready.len() > 0 || q.messages.hidden.n > 0 || len(q.service.running) > 0 {
		q.wake()
	}
}

// next returns when the queue may have a visible message that it has not now, if no
// call changes it before; not after latest.
func (q *queue) next(latest timestamp) timestamp {
	if m := q.messages.hidden.first(); m != nil {
		latest = min(latest, m.visibleAt)
	}
	if m := q.messages.ages.first(); m != nil && q.fifo {
		// A message that expires in flight blocks its group no more.
		latest = min(latest, m.sent.add(time.Duration(q.retention)*time.Second))
	}
	return min(latest, q.service.nextMove(q, latest))
}
