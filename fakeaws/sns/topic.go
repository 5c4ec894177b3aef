package sns

import (
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A topic is one topic, standard or FIFO.
type topic struct {
	id   topicID
	arn  string
	fifo bool
	settings
	tags       map[string]string
	protection string // the data protection policy; "" without
	deleted    bool
	subs       []*subscription // confirmed and pending, the oldest first
	ended      int             // subscriptions that were deleted
	sequence   uint64          // of the latest message of a FIFO topic
	dedup      deduplication
	published  []*Message // the latest: see maxPublished
}

// settings are the attributes of a topic that its owner chooses, but for the policy each as
// it was given; "" where it was not. They are a value: a change is made to a copy, and takes
// effect as a whole or not at all.
type settings struct {
	policy *fakeaws.ResourcePolicy
	values map[string]string
}

const (
	// fifoSuffix ends the name of every FIFO topic, and of no other.
	fifoSuffix  = ".fifo"
	maxNameSize = 256
)

// exists returns the error of a topic that was not found, or was deleted since. The lock is
// held.
func (t *topic) exists() error {
	if t == nil || t.deleted {
		return notFound(textNoTopic)
	}
	return nil
}

// isTopicName reports whether a text can be the name of a topic of either kind.
func isTopicName(name string) bool {
	return isName(strings.TrimSuffix(name, fifoSuffix)) && len(name) <= maxNameSize
}

// isName reports whether s is 1 to 256 letters, digits, hyphens and underscores.
func isName(s string) bool {
	if s == "" || len(s) > maxNameSize {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// now is the World's time.
func (s *Fake) now() time.Time { return s.world.Clock().Now() }

// dedupInterval is how long a FIFO topic remembers a deduplication id.
const dedupInterval = 5 * time.Minute

// A deduplication has the messages that a FIFO topic accepted in the interval. That the
// answer to a duplicate has the id and the sequence number of the message which it repeats
// is unverified.
type deduplication struct {
	byKey map[string]accepted
	order []string // keys, the first to be forgotten first
}

type accepted struct {
	id, sequence string
	expires      int64 // Unix nanoseconds
}

// find returns the message that was sent with a key within the interval.
func (d *deduplication) find(key string, now time.Time) (accepted, bool) {
	for len(d.order) > 0 && d.byKey[d.order[0]].expires <= now.UnixNano() {
		delete(d.byKey, d.order[0])
		d.order = d.order[1:]
	}
	a, ok := d.byKey[key]
	return a, ok
}

func (d *deduplication) remember(key, id, sequence string, now time.Time) {
	if d.byKey == nil {
		d.byKey = make(map[string]accepted)
	}
	d.byKey[key] = accepted{id, sequence, now.Add(dedupInterval).UnixNano()}
	d.order = append(d.order, key)
}
