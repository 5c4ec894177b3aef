package sqs

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var (
	modelSteps = flag.Int("model.steps", 6000, "steps of TestAgainstTheModel")
	modelSeed  = flag.Uint64("model.seed", 1, "first seed of TestAgainstTheModel")
)

// A driver does the same at random to the service and to the model.
type driver struct {
	*bench
	rand    *rand.Rand
	model   *modelWorld
	start   timestamp
	urls    map[*modelQueue]*string
	handles []*modelHandle
	sent    int
	trace   []string
	failed  error
}

// stepsPerWorld is how many steps a World lives.
const stepsPerWorld = 1000

// Whatever is sent, received, deleted, hidden, dead-lettered, moved, purged, set and
// waited for, in any order, the service answers as the model does. Each World is of
// its own seed; a failure prints it with its last steps.
func TestAgainstTheModel(t *testing.T) {
	t.Parallel()
	for i := range max(1, *modelSteps/stepsPerWorld) {
		seed := *modelSeed + uint64(i)
		var d *driver
		synctest.Test(t, func(t *testing.T) {
			d = newDriver(t, seed)
			for range stepsPerWorld {
				if d.failed = d.step(); d.failed != nil {
					return
				}
			}
		})
		if d.failed != nil {
			t.Fatalf("-model.seed=%d -model.steps=%d: %v\n%s", seed, stepsPerWorld, d.failed, strings.Join(d.trace[max(0, len(d.trace)-40):], "\n"))
		}
	}
}

func newDriver(t *testing.T, seed uint64) *driver {
	d := &driver{bench: newBench(t), rand: rand.New(rand.NewPCG(seed, 1)), model: new(modelWorld), urls: map[*modelQueue]*string{}}
	d.start = d.fake.now()
	add := func(q *modelQueue, attributes ...string) *modelQueue {
		if q.fifo {
			attributes = append(attributes, "FifoQueue", "true", "ContentBasedDeduplication", strconv.FormatBool(q.content))
			if q.scoped {
				attributes = append(attributes, "DeduplicationScope", "messageGroup")
			}
		}
		if q.dead != nil {
			attributes = append(attributes, "RedrivePolicy", redrive(q.dead.name, q.limit))
		}
		q.visibility, q.retention = 10*time.Second, 600*time.Second
		d.urls[q] = d.create(t, q.name, append(attributes, "VisibilityTimeout", "10", "MessageRetentionPeriod", "600")...)
		d.model.queues = append(d.model.queues, q)
		return q
	}
	dead := add(&modelQueue{name: "dead"})
	add(&modelQueue{name: "jobs", dead: dead, limit: 3})
	fifoDead := add(&modelQueue{name: "dead.fifo", fifo: true})
	add(&modelQueue{name: "orders.fifo", fifo: true, content: true, dead: fifoDead, limit: 3})
	add(&modelQueue{name: "scoped.fifo", fifo: true, scoped: true})
	return d
}

// step does one thing at random and compares all queues.
func (d *driver) step() error {
	q := d.model.queues[d.rand.IntN(len(d.model.queues))]
	actions := []struct {
		weight int
		do     func(*modelQueue) error
	}{
		{30, d.sendOne}, {35, d.receiveSome}, {20, d.deleteOne}, {12, d.hideOne}, {12, d.wait},
		{3, d.change}, {2, d.purge}, {3, d.move}, {1, d.cancel},
	}
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	at := d.rand.IntN(total)
	for _, a := range actions {
		if at -= a.weight; at < 0 {
			if err := a.do(q); err != nil {
				return err
			}
			break
		}
	}
	return d.compare()
}

func (d *driver) note(format string, args ...any) {
	d.trace = append(d.trace, fmt.Sprintf("%8v ", d.model.now)+fmt.Sprintf(format, args...))
}

// compare holds every queue's messages, in order, against the model's.
func (d *driver) compare() error {
	d.model.to(d.model.now)
	for _, q := range d.model.queues {
		got, err := d.fake.Messages(account, region, q.name)
		if err != nil {
			return err
		}
		slices.SortFunc(got, func(a, b Message) int { return strings.Compare(a.Body+a.ID, b.Body+b.ID) })
		var have, want []string
		var n [3]int
		for _, m := range got {
			have = append(have, fmt.Sprintf("%s %s %d %v %v", m.Body, m.GroupID, m.ReceiveCount, m.State == InFlight, timestampOf(m.Sent).sub(d.start)))
			n[map[State]int{Visible: 0, Blocked: 0, InFlight: 1, Delayed: 2}[m.State]]++
		}
		for _, m := range q.messages {
			want = append(want, fmt.Sprintf("%s %s %d %v %v", m.body, m.group, m.receives, m.flying, m.sent))
		}
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			return fmt.Errorf("%s has\n  %s\nthe model\n  %s", q.name, strings.Join(have, "\n  "), strings.Join(want, "\n  "))
		}
		if n != d.model.counts(q) {
			return fmt.Errorf("%s counts %v, the model %v", q.name, n, d.model.counts(q))
		}
	}
	return nil
}

func (d *driver) sendOne(q *modelQueue) error {
	if len(q.messages) > 60 {
		return nil
	}
	d.sent++
	m := &modelMessage{body: strconv.Itoa(d.sent)}
	in := &awssqs.SendMessageInput{QueueUrl: d.urls[q], MessageBody: &m.body}
	delay := q.delay
	if q.fifo {
		m.group, m.dedup = string(rune('a'+d.rand.IntN(4))), strconv.Itoa(d.rand.IntN(200))
		in.MessageGroupId, in.MessageDeduplicationId = &m.group, &m.dedup
	} else if n := d.rand.IntN(20); n < 8 && n > 0 {
		in.DelaySeconds, delay = int32(n), time.Duration(n)*time.Second
	}
	d.note("send %s to %s group %q id %q delay %v", m.body, q.name, m.group, m.dedup, delay)
	out, err := d.SendMessage(d.ctx, in)
	if err != nil {
		return err
	}
	m.id = *out.MessageId
	if twin := d.model.send(q, m, delay); twin != "" && twin != *out.MessageId {
		return fmt.Errorf("duplicate of %s is answered as %s", twin, *out.MessageId)
	}
	return nil
}

func (d *driver) receiveSome(q *modelQueue) error {
	most, timeout, wait := 1+d.rand.IntN(4), time.Duration(d.rand.IntN(20))*time.Second, time.Duration(0)
	if timeout == 0 {
		timeout = q.visibility // a zero means the queue's
	}
	if d.rand.IntN(5) == 0 {
		wait = time.Duration(1+d.rand.IntN(20)) * time.Second
	}
	in := &awssqs.ReceiveMessageInput{QueueUrl: d.urls[q], MaxNumberOfMessages: int32(most), WaitTimeSeconds: int32(wait / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}}
	if timeout != q.visibility {
		in.VisibilityTimeout = int32(timeout / time.Second)
	}
	d.note("receive %d from %s for %v, wait %v", most, q.name, timeout, wait)
	out, err := d.ReceiveMessage(d.ctx, in)
	if err != nil {
		return err
	}
	taken := d.model.longReceive(q, most, timeout, wait)
	if waited := d.fake.now().sub(d.start); waited != d.model.now {
		return fmt.Errorf("the receive ended at %v, in the model at %v", waited, d.model.now)
	}
	var have, want []string
	for _, m := range out.Messages {
		have = append(have, *m.Body+" "+m.Attributes["ApproximateReceiveCount"]+" "+m.Attributes["MessageDeduplicationId"]+" "+m.Attributes["ApproximateFirstReceiveTimestamp"])
	}
	for i, m := range taken {
		if i < len(out.Messages) {
			if m.id == "" {
				m.id = *out.Messages[i].MessageId
			}
			d.handles = append(d.handles, &modelHandle{*out.Messages[i].ReceiptHandle, q, m, m.receives, d.model.now})
		}
		want = append(want, m.body+" "+strconv.Itoa(m.receives)+" "+m.dedup+" "+epochMillis(d.start.add(m.first)))
	}
	if !slices.Equal(have, want) {
		return fmt.Errorf("received %q, the model %q", have, want)
	}
	return nil
}

// handle picks a receipt handle, most often one of the latest.
func (d *driver) handle() *modelHandle {
	if len(d.handles) == 0 {
		return nil
	}
	if d.rand.IntN(5) == 0 {
		return d.handles[d.rand.IntN(len(d.handles))]
	}
	return d.handles[len(d.handles)-1-d.rand.IntN(min(8, len(d.handles)))]
}

func (d *driver) deleteOne(*modelQueue) error {
	h := d.handle()
	if h == nil {
		return nil
	}
	d.note("delete %s of %s, receive %d", h.message.body, h.queue.name, h.receives)
	return d.agree(d.drop(d.urls[h.queue], &h.text), d.model.delete(h))
}

func (d *driver) hideOne(*modelQueue) error {
	h := d.handle()
	if h == nil {
		return nil
	}
	timeout := d.rand.IntN(30)
	if d.rand.IntN(30) == 0 {
		timeout = maxVisibility
	}
	d.note("hide %s of %s, receive %d, for %d s", h.message.body, h.queue.name, h.receives, timeout)
	return d.agree(d.hide(d.urls[h.queue], &h.text, int32(timeout)), d.model.hide(h, time.Duration(timeout)*time.Second))
}

func (d *driver) agree(err error, refused bool) error {
	if (err != nil) != refused {
		return fmt.Errorf("the answer is %w, the model refuses: %v", errors.Join(errors.New("error"), err), refused)
	}
	return nil
}

func (d *driver) wait(*modelQueue) error {
	by := time.Duration(d.rand.IntN(15_000)) * time.Millisecond
	switch d.rand.IntN(60) {
	case 0:
		by = 10 * time.Minute
	case 1:
		by = 13 * time.Hour
	}
	d.note("wait %v", by)
	if d.rand.IntN(2) == 0 {
		time.Sleep(by)
	} else {
		d.advance(by)
	}
	d.model.to(d.model.now + by)
	return nil
}

func (d *driver) change(q *modelQueue) error {
	switch n := d.rand.IntN(20); d.rand.IntN(3) {
	case 0:
		d.note("%s: VisibilityTimeout %d", q.name, n)
		q.visibility = time.Duration(n) * time.Second
		return d.set(d.urls[q], "VisibilityTimeout", strconv.Itoa(n))
	case 1:
		n %= 8
		d.note("%s: DelaySeconds %d", q.name, n)
		d.model.setDelay(q, time.Duration(n)*time.Second)
		d.model.settle()
		return d.set(d.urls[q], "DelaySeconds", strconv.Itoa(n))
	default:
		n = 60 + 30*n
		d.note("%s: MessageRetentionPeriod %d", q.name, n)
		q.retention = time.Duration(n) * time.Second
		d.model.settle()
		return d.set(d.urls[q], "MessageRetentionPeriod", strconv.Itoa(n))
	}
}

func (d *driver) purge(q *modelQueue) error {
	refused := q.everPurged && d.model.now-q.purged < time.Minute
	d.note("purge %s", q.name)
	_, err := d.PurgeQueue(d.ctx, &awssqs.PurgeQueueInput{QueueUrl: d.urls[q]})
	if !refused {
		q.messages, q.turns, q.purged, q.everPurged = nil, nil, d.model.now, true
	}
	return d.agree(err, refused)
}

func (d *driver) move(q *modelQueue) error {
	source := d.model.queues[2*d.rand.IntN(2)]
	task := &modelTask{source: source, started: d.model.now, every: time.Second / time.Duration(1+d.rand.IntN(3)), status: taskRunning, total: d.model.counts(source)[0]}
	in := &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn(source.name)), MaxNumberOfMessagesPerSecond: aws.Int32(int32(time.Second / task.every))}
	refused := slices.ContainsFunc(d.model.tasks, func(t *modelTask) bool { return t.source == source && t.status == taskRunning })
	if d.rand.IntN(2) == 0 {
		task.target, in.DestinationArn = q, aws.String(arn(q.name))
		refused = refused || q == source || q.fifo != source.fifo
	}
	d.note("move out of %s to %v, %d in a second", source.name, aws.ToString(in.DestinationArn), *in.MaxNumberOfMessagesPerSecond)
	_, err := d.StartMessageMoveTask(d.ctx, in)
	if !refused {
		d.model.tasks = append(d.model.tasks, task)
		d.model.to(d.model.now)
	}
	return d.agree(err, refused)
}

func (d *driver) cancel(*modelQueue) error {
	for _, source := range []*modelQueue{d.model.queues[0], d.model.queues[2]} {
		list := d.bench.latest(source.name)
		i := -1
		for j, t := range d.model.tasks {
			if t.source == source {
				i = j
			}
		}
		if i < 0 {
			continue
		}
		task := d.model.tasks[i]
		if *list.Status != task.status || int(list.ApproximateNumberOfMessagesMoved) != task.moved {
			return fmt.Errorf("task is %s after %d, in the model %s after %d", *list.Status, list.ApproximateNumberOfMessagesMoved, task.status, task.moved)
		}
		if task.status == taskRunning {
			d.note("cancel the move out of %s", source.name)
			task.status = taskCancelled
			if _, err := d.CancelMessageMoveTask(d.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: list.TaskHandle}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) latest(source string) (entry types.ListMessageMoveTasksResultEntry) {
	out, err := b.ListMessageMoveTasks(b.ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn(source))})
	if err == nil && len(out.Results) > 0 {
		entry = out.Results[0]
	}
	return entry
}
