package sqs

import (
	"flag"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var scale = flag.Bool("scale", false, "hold a million messages, and compare times with a queue of a thousand; takes a minute")

// fill puts n messages into a queue, past the wire.
func (b *bench) fill(url *string, n int) {
	fifo := (*url)[len(*url)-5:] == fifoSuffix
	for i := range n {
		body := body100(i)
		in := &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body}
		if fifo {
			group, id := strconv.Itoa(i%1000), strconv.Itoa(i)
			in.MessageGroupId, in.MessageDeduplicationId = &group, &id
		}
		if _, err := b.SendMessage(b.ctx, in); err != nil {
			panic(err)
		}
	}
}

// body100 is a body of 100 bytes, each its own.
func body100(i int) string {
	b := []byte("the body of a message, one hundred bytes long, as they were told to be: its number is              ")
	copy(b[88:], strconv.Itoa(i))
	return string(append(b, '.')[:100])
}

// The cost of a message's life does not grow with the number of those that wait:
// sent, received, hidden again, received and deleted. The test does not run beside
// others, whose time it would measure.
func TestCostDoesNotGrow(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: times with 1,000 and 1,000,000 waiting messages are not compared")
	}
	const few, many, limit = 1_000, 1_000_000, 4.0
	for _, kind := range []string{"jobs", "orders.fifo"} {
		t.Run(kind, func(t *testing.T) {
			var costs [2]time.Duration
			small, large := newLives(t, kind, few), newLives(t, kind, many)
			var rounds [2][]time.Duration
			for range 15 { // in turns, so that whatever else the machine does hits both
				rounds[0] = append(rounds[0], small.run(200))
				rounds[1] = append(rounds[1], large.run(200))
			}
			for i := range rounds {
				costs[i] = slices.Min(rounds[i])
			}
			ratio := float64(costs[1]) / float64(costs[0])
			t.Logf("%s: with %d waiting %v for a message's life, with %d %v: %.2f times", kind, few, costs[0], many, costs[1], ratio)
			assert.Less(t, ratio, limit, "a cost that grows with the number would be hundreds of times")
		})
	}
}

// lives is a queue with a backlog, in which messages are sent, received and deleted.
type lives struct {
	*bench
	url  *string
	fifo bool
	n    int
}

func newLives(t *testing.T, name string, backlog int) *lives {
	l := &lives{bench: newBench(t), fifo: name == "orders.fifo", n: backlog}
	if l.fifo {
		l.url = l.bench.fifo(t, name, "VisibilityTimeout", "43200")
	} else {
		l.url = l.create(t, name, "VisibilityTimeout", "43200")
	}
	l.fill(l.url, backlog)
	return l
}

func (l *lives) run(times int) time.Duration {
	start := time.Now()
	for range times {
		l.n++
		body, id := body100(l.n), strconv.Itoa(l.n)
		in := &awssqs.SendMessageInput{QueueUrl: l.url, MessageBody: &body}
		if l.fifo {
			in.MessageGroupId, in.MessageDeduplicationId = &id, &id
		}
		if _, err := l.SendMessage(l.ctx, in); err != nil {
			panic(err)
		}
		for last := range 2 {
			got, err := l.ReceiveMessage(l.ctx, &awssqs.ReceiveMessageInput{QueueUrl: l.url})
			if err != nil {
				panic(err)
			}
			handle := got.Messages[0].ReceiptHandle
			if last == 0 {
				err = l.hide(l.url, handle, 0)
			} else {
				err = l.drop(l.url, handle)
			}
			if err != nil {
				panic(err)
			}
		}
	}
	return time.Since(start) / time.Duration(times)
}

// What a waiting message takes of memory, beside nothing: fewer than 500 bytes for
// one with a body of 100.
func TestMemoryOfAMessage(t *testing.T) {
	n := 20_000
	if *scale {
		n = 1_000_000
	}
	for kind, limit := range map[string]float64{"jobs": 500, "orders.fifo": 700} {
		b := newBench(t)
		var url *string
		if kind == "jobs" {
			url = b.create(t, kind)
		} else {
			url = b.fifo(t, kind)
		}
		before := inUse()
		b.fill(url, n)
		each := float64(inUse()-before) / float64(n)
		t.Logf("%s: %.0f bytes for each of %d messages", kind, each, n)
		assert.Less(t, each, limit, "a FIFO queue remembers deduplication ids too, for five minutes")
		runtime.KeepAlive(b)
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Many long polls cost nothing while they wait, and each of as many messages wakes
// one of them.
func TestManyLongPolls(t *testing.T) {
	const polls = 200
	b := newBench(t)
	url := b.create(t, "jobs")
	q := b.fake.queues[queueID{account, region, "jobs"}]
	var wg sync.WaitGroup
	var looks atomic.Int64
	woken := make(chan time.Duration, polls)
	var sentAt sync.Map
	for range polls {
		wg.Go(func() {
			out, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
			now := time.Now()
			looks.Add(1)
			if assert.NoError(t, err) && assert.Len(t, out.Messages, 1) {
				at, _ := sentAt.Load(*out.Messages[0].Body)
				woken <- now.Sub(at.(time.Time))
			}
		})
	}
	require.Eventually(t, func() bool {
		b.fake.mu.Lock()
		defer b.fake.mu.Unlock()
		return len(q.pollers.waiting) == polls
	}, 10*time.Second, time.Millisecond)

	before, began := cpu(), time.Now()
	time.Sleep(200 * time.Millisecond)
	t.Logf("%d long polls waited %v with %v of CPU time", polls, time.Since(began), cpu()-before)
	require.Zero(t, looks.Load())

	for i := range polls {
		body := strconv.Itoa(i)
		sentAt.Store(body, time.Now())
		b.post(t, url, body)
		if i%10 == 0 {
			runtime.Gosched()
		}
	}
	wg.Wait()
	close(woken)
	var took []time.Duration
	for d := range woken {
		took = append(took, d)
	}
	slices.Sort(took)
	t.Logf("woken after %v in the median, %v at most", took[len(took)/2], took[len(took)-1])
	assert.Equal(t, [3]string{"0", "200", "0"}, b.counts(t, url))
	assert.Empty(t, q.pollers.waiting)
}

// cpu is the CPU time of this process, where the system tells.
var cpu = func() time.Duration { return 0 }

// An event wakes one poll, the longest waiting; one that goes away hands its turn
// on, and one that leaves messages wakes the next.
func TestPollsInTurn(t *testing.T) {
	t.Parallel()
	q := newQueue(&Fake{world: new(fakeaws.World)}, queueID{account, region, "jobs"}, "s", 0)
	polls := make([]*poll, 4)
	woken := func() (n []int) {
		for i, p := range polls {
			select {
			case <-p.wake:
				n = append(n, i)
			default:
			}
		}
		return n
	}
	for i := range polls {
		polls[i] = &poll{queue: q}
		assert.Equal(t, i == 0, q.pollers.wait(polls[i]), "only the first watches the time")
	}
	q.wake()
	assert.Equal(t, []int{0}, woken())
	assert.True(t, q.pollers.wait(polls[0]), "who finds nothing is first again")
	assert.Empty(t, woken())
	q.pollers.stop(polls[0])
	q.wakeNext()
	assert.Empty(t, woken(), "there is nothing to watch or to take")
	q.messages.add(&message{}, "", 5, 0)
	q.wakeNext()
	assert.Equal(t, []int{1}, woken())
	q.wakeAll()
	assert.Equal(t, []int{1, 2, 3}, woken())
}
