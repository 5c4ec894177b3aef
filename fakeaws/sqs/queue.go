package sqs

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"strconv"
	"strings"
	"time"
)

// A queueID names a queue: SQS knows queues by account, region and name.
type queueID struct{ account, region, name string }

func (id queueID) arn() string { return fakeaws.ARN("sqs", id.region, id.account, id.name) }

// url is the queue's address at the endpoint that the call came to.
func (id queueID) url(call *fakeaws.Call) string {
	return endpoint(call) + "/" + id.account + "/" + id.name
}

// endpoint is where the caller reached SQS. Go code that calls methods
// directly reached none, and gets AWS's public address.
func endpoint(call *fakeaws.Call) string {
	if call.Endpoint == "" {
		return "https://sqs." + call.Region + ".amazonaws.com"
	}
	return call.Endpoint
}

// parseURL reads a queue URL of any host: the last two segments of its path are
// the account and the name. The region is the one that the call was signed for.
func parseURL(url, region string) (queueID, error) {
	rest, name := cutLast(url)
	_, account := cutLast(rest)
	if name == "" || !isAccount(account) {
		return queueID{}, invalidAddress(url)
	}
	return queueID{account, region, name}, nil
}

// parseARN reads a queue's ARN.
func parseARN(arn string) (queueID, bool) {
	rest, ok := strings.CutPrefix(arn, "arn:aws:sqs:")
	region, rest, ok1 := strings.Cut(rest, ":")
	account, name, ok2 := strings.Cut(rest, ":")
	if !ok || !ok1 || !ok2 || region == "" || !isAccount(account) || name == "" {
		return queueID{}, false
	}
	return queueID{account, region, name}, true
}

func cutLast(path string) (before, after string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

// isAccount reports whether s has the form of an AWS account id.
func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isName reports whether s is 1 to 80 letters, digits, hyphens and underscores:
// what SQS takes as the name of a queue, a permission or a batch entry.
func isName(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// A queue is one standard queue.
type queue struct {
	id  queueID
	arn string
	// secret authenticates the queue's receipt handles.
	secret            string
	created, modified time.Time
	purged            time.Time // zero when never
	deleted           bool
	settings
	tags     map[string]string
	messages store
	// pollers are the calls that wait for messages. Each channel is made in its
	// own call, and closed when the call should look again.
	pollers map[chan struct{}]struct{}
}

func newQueue(id queueID, secret string, now time.Time) *queue {
	return &queue{
		id:       id,
		arn:      id.arn(),
		secret:   secret,
		created:  now,
		modified: now,
		settings: defaults(),
		messages: newStore(),
		pollers:  make(map[chan struct{}]struct{}),
	}
}

// settle brings the queue's messages up to date.
func (q *queue) settle(now time.Time) {
	q.messages.settle(now, time.Duration(q.retention)*time.Second)
}

// wake lets every waiting poller look again: a message came, or became visible
// at another time than the pollers expect, or the queue is gone.
func (q *queue) wake() {
	for c := range q.pollers {
		close(c)
		delete(q.pollers, c)
	}
}

// need is one permission on the queue, with the policy and tags that it has now.
func (q *queue) need(action string) enforce.Need {
	need := enforce.Need{Action: action, Resource: q.arn, ResourceAccount: q.id.account, Policy: noPolicy}
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

func epochSeconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func epochMillis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
