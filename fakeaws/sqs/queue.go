package sqs

import (
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A queue is one queue, standard or FIFO.
type queue struct {
	service *Fake
	id      queueID
	arn     string
	fifo    bool
	// secret authenticates the queue's receipt handles.
	secret            string
	created, modified timestamp
	purged            timestamp // zero when never
	deleted           bool
	settings
	tags     map[string]string
	messages messageStore
	pollers  pollers
	// deduplication and attempts are what a FIFO queue remembers of sends and receives.
	deduplication deduplication
	attempts      receiveAttempts
	// tasks are the move tasks out of this queue, the latest last.
	tasks []*moveTask
}

func newQueue(s *Fake, id queueID, secret string, now timestamp) *queue {
	fifo := strings.HasSuffix(id.name, fifoSuffix)
	return &queue{
		service:  s,
		id:       id,
		arn:      id.arn(),
		fifo:     fifo,
		secret:   secret,
		created:  now,
		modified: now,
		settings: defaults(),
		messages: newMessageStore(fifo),
	}
}

// update brings the queue's messages up to date.
func (q *queue) update(now timestamp) {
	q.messages.update(now, time.Duration(q.retention)*time.Second)
}

// need is one permission on the queue, with the policy and tags that it has now.
func (q *queue) need(action string) fakeaws.Need {
	need := fakeaws.Need{Action: action, Resource: q.arn, ResourceAccount: q.id.account, Policy: noPolicy}
	if q.policy != nil {
		need.Policy = q.policy.Policy()
	}
	if len(q.tags) > 0 {
		// Room for the pipeline's own key: aws:ResourceAccount.
		need.Context.Grow(len(q.tags) + 1)
		for key, value := range q.tags {
			need.Context.Set("aws:ResourceTag/"+key, value)
		}
	}
	return need
}

func epochSeconds(m timestamp) string { return strconv.FormatInt(m.time().Unix(), 10) }

func epochMillis(m timestamp) string { return strconv.FormatInt(m.time().UnixMilli(), 10) }
