package cloudwatchlogs

import (
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A stream is a log stream. Its events are in the order of their times, and those of the same
// time in the order in which they came.
type stream struct {
	name    string
	created time.Time
	// first and last are the times of events that there were, also of those that are over.
	last     int64
	ingested int64
	batches  int64
	events   []*event
	gone     bool
}

// An event is a log event. It never changes.
type event struct {
	position
	ingested int64 // in milliseconds since 1970
	message  string
}

// A position is where an event stands among others: its time, in milliseconds since 1970, and
// its number.
type position struct {
	at     int64
	number uint64
}

func (p position) before(other position) bool {
	return p.at < other.at || p.at == other.at && p.number < other.number
}

// The id of an event is a number of 56 digits, whose highest bits are the time.
const (
	idDigits = 56
	timeBits = 144
)

// id is the id of the event at a position.
func (p position) id() string {
	n := new(big.Int).SetInt64(p.at)
	n.Lsh(n, timeBits)
	n.Or(n, new(big.Int).SetUint64(p.number))
	return fmt.Sprintf("%0*s", idDigits, n)
}

// parseID reads the id of an event.
func parseID(text string) (position, bool) {
	if len(text) != idDigits || strings.Trim(text, "0123456789") != "" {
		return position{}, false
	}
	n, _ := new(big.Int).SetString(text, 10)
	at := new(big.Int).Rsh(n, timeBits)
	number := new(big.Int).Sub(n, new(big.Int).Lsh(at, timeBits))
	return position{at.Int64(), number.Uint64()}, at.IsInt64() && number.IsUint64()
}

// from returns the index of the first event that is not before a position.
func from(events []*event, p position) int {
	// Most look for the end.
	if n := len(events); n > 0 && events[n-1].before(p) {
		return n
	}
	return sort.Search(len(events), func(i int) bool { return !events[i].before(p) })
}

// add puts a batch, which is in order, among the events.
func (x *stream) add(batch []*event) {
	i := from(x.events, position{batch[0].at + 1, 0}) // behind those of the same time
	if i == len(x.events) {
		x.events = append(x.events, batch...)
		return
	}
	rest := append([]*event(nil), x.events[i:]...)
	merged := x.events[:i]
	for len(rest) > 0 && len(batch) > 0 {
		if batch[0].before(rest[0].position) {
			merged, batch = append(merged, batch[0]), batch[1:]
		} else {
			merged, rest = append(merged, rest[0]), rest[1:]
		}
	}
	x.events = append(append(merged, rest...), batch...)
}

// overhead is what an event counts beside its message: "26 bytes for each log event".
const overhead = 26

// expire takes away what is over by a time. Only the oldest are looked at.
func (g *group) expire(now time.Time) {
	if g.retention == 0 {
		return
	}
	g.streams.Scan(func(_ string, x *stream) bool {
		g.expireOf(x, now)
		return true
	})
}

// expireOf takes away what is over of a stream. CloudWatch Logs does it within 72 hours; here
// it is done at once.
func (g *group) expireOf(x *stream, now time.Time) {
	if g.retention == 0 || len(x.events) == 0 {
		return
	}
	over := g.keptFrom(now)
	if x.events[0].at >= over {
		return
	}
	n := from(x.events, position{over, 0})
	for _, e := range x.events[:n] {
		g.stored -= e.size()
	}
	clear(x.events[:n])
	x.events = x.events[n:]
}

// keptFrom is the time of the oldest event that is kept.
func (g *group) keptFrom(now time.Time) int64 {
	return now.Add(-time.Duration(g.retention) * 24 * time.Hour).UnixMilli()
}

func (e *event) size() int64 { return int64(len(e.message)) + overhead }

// token is the sequence token that comes after the batches that a stream has. It is not looked
// at: "The sequence token is now ignored in PutLogEvents actions".
func (x *stream) token() string {
	text := strconv.FormatInt(x.created.UnixMilli(), 10) + fmt.Sprintf("%010d", x.batches)
	return "49" + strings.Repeat("0", idDigits-2-len(text)) + text
}
