package all_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A ledger has what became of the messages of a queue.
type ledger struct {
	mu       sync.Mutex
	sent     map[string]bool // by body
	inFlight map[string]bool
	deleted  map[string]int
	next     map[string]int // of each group of a FIFO queue, the number that is due
	poison   int            // of those that were sent
}

func newLedger() *ledger {
	return &ledger{sent: map[string]bool{}, inFlight: map[string]bool{}, deleted: map[string]int{}, next: map[string]int{}}
}

func (g *ledger) do(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// left is how many messages are neither deleted nor poison.
func (g *ledger) left() (n int) {
	g.do(func() { n = len(g.sent) - g.poison - len(g.deleted) })
	return n
}

// send notes a message that is about to be sent, and waits while too many are left.
func (g *ledger) send(body string) {
	for end := time.Now().Add(drain); g.left() > mostLeft && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	g.do(func() {
		g.sent[body] = true
		if strings.HasPrefix(body, "poison") {
			g.poison++
		}
	})
}

// mostLeft is how many messages wait when senders pause, so that receivers keep up.
const mostLeft = 200

func (l *load) queue(name string, attributes map[string]string) *string {
	out, err := sqs.NewFromConfig(l.root).CreateQueue(l.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if !l.ok(err, "create queue %s", name) {
		l.t.FailNow()
	}
	return out.QueueUrl
}

func (l *load) queueARN(name string) string {
	return "arn:aws:sqs:" + worldtest.Region + ":" + l.account + ":" + name
}

// drain is how long messages that were sent may take to be received.
const drain = time.Minute

// standardQueue sends and receives with several clients: each message is with one of them
// at a time, and deleted once. Poison, which nobody deletes, ends in the dead-letter queue,
// all of it, and a task moves it to where it came from.
func (l *load) standardQueue() {
	dead := l.queue("dead", nil)
	url := l.queue("standard", map[string]string{"VisibilityTimeout": "600",
		"RedrivePolicy": `{"maxReceiveCount":2,"deadLetterTargetArn":"` + l.queueARN("dead") + `"}`})
	ledger := newLedger()
	var senders, receivers sync.WaitGroup
	for n := range 2 {
		senders.Go(func() { l.send(url, ledger, n) })
	}
	stop := make(chan struct{})
	for range 3 {
		receivers.Go(func() { l.receive(url, ledger, stop) })
	}
	senders.Wait()
	l.empty(ledger, stop)
	receivers.Wait()
	ledger.do(func() {
		for body := range ledger.sent {
			if strings.HasPrefix(body, "poison") {
				assert.Zero(l.t, ledger.deleted[body])
			} else {
				assert.Equal(l.t, 1, ledger.deleted[body], "deletions of %s", body)
			}
		}
	})
	l.moveBack(url, dead, ledger.poison)
}

// empty waits until all is received, and ends the receivers.
func (l *load) empty(g *ledger, stop chan struct{}) {
	defer close(stop)
	for end := time.Now().Add(drain); g.left() > 0; {
		if l.t.Failed() || !assert.True(l.t, time.Now().Before(end), "%d messages are lost", g.left()) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (l *load) send(url *string, g *ledger, n int) {
	client := sqs.NewFromConfig(l.root)
	for i := 0; l.goes(); i++ {
		var entries []sqstypes.SendMessageBatchRequestEntry
		for j := range 5 {
			body := fmt.Sprintf("message %d %d %d", n, i, j)
			if j == 4 && i%8 == 0 {
				body = "poison " + body
			}
			entries = append(entries, sqstypes.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(j)), MessageBody: &body})
			g.send(body)
		}
		out, err := client.SendMessageBatch(l.t.Context(), &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		if !l.ok(err, "send") || !assert.Len(l.t, out.Successful, 5) {
			return
		}
	}
}

// receive receives until it is stopped: it deletes most of the messages, gives some back
// once, and poison always.
func (l *load) receive(url *string, g *ledger, stop <-chan struct{}) {
	client, ctx := sqs.NewFromConfig(l.root), l.t.Context()
	for !l.t.Failed() {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"ApproximateReceiveCount"}})
		if !l.ok(err, "receive") {
			return
		}
		for _, m := range out.Messages {
			g.do(func() {
				assert.True(l.t, g.sent[*m.Body], "nobody has sent %s", *m.Body)
				assert.False(l.t, g.inFlight[*m.Body], "%s is with two at once", *m.Body)
				assert.Zero(l.t, g.deleted[*m.Body], "%s comes again", *m.Body)
				g.inFlight[*m.Body] = true
			})
			back := strings.HasPrefix(*m.Body, "poison") || m.Attributes["ApproximateReceiveCount"] == "1" && rand.IntN(10) == 0
			g.do(func() {
				delete(g.inFlight, *m.Body)
				if !back {
					g.deleted[*m.Body]++
				}
			})
			if back {
				_, err = client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
				l.ok(err, "give back")
				continue
			}
			_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
			l.ok(err, "delete")
		}
		if len(out.Messages) == 0 {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}
}

// moveBack has a task move what is in the dead-letter queue.
func (l *load) moveBack(url, dead *string, poison int) {
	client, ctx := sqs.NewFromConfig(l.root), l.t.Context()
	l.holds(dead, poison)
	l.holds(url, 0)
	_, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(l.queueARN("dead"))})
	l.ok(err, "start to move")
	for end := time.Now().Add(drain); l.count(url) < poison; time.Sleep(10 * time.Millisecond) {
		if l.t.Failed() || !assert.True(l.t, time.Now().Before(end), "the task does not end") {
			return
		}
	}
	l.holds(url, poison)
	l.holds(dead, 0)
}

func (l *load) holds(url *string, want int) {
	assert.Equal(l.t, want, l.count(url), "messages in %s", *url)
}

// count is how many messages a queue holds, visible or not.
func (l *load) count(url *string) (sum int) {
	out, err := sqs.NewFromConfig(l.root).GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if !l.ok(err, "get the attributes of a queue") {
		return -1
	}
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
		n, err := strconv.Atoi(out.Attributes[name])
		assert.NoError(l.t, err)
		sum += n
	}
	return sum
}

// fifoQueue sends each message of several groups twice, and receives each once, in the
// order of its group.
func (l *load) fifoQueue() {
	url := l.queue("fifo.fifo", map[string]string{"FifoQueue": "true", "VisibilityTimeout": "600"})
	g := newLedger()
	var senders, receivers sync.WaitGroup
	for n := range 4 {
		senders.Go(func() { l.sendInOrder(url, g, fmt.Sprint("group", n)) })
	}
	stop := make(chan struct{})
	for range 3 {
		receivers.Go(func() { l.receiveInOrder(url, g, stop) })
	}
	senders.Wait()
	l.empty(g, stop)
	receivers.Wait()
	l.holds(url, 0)
	g.do(func() {
		for body := range g.sent {
			assert.Equal(l.t, 1, g.deleted[body], "deletions of %s", body)
		}
	})
}

func (l *load) sendInOrder(url *string, g *ledger, group string) {
	client, ctx := sqs.NewFromConfig(l.root), l.t.Context()
	for i := 0; l.goes(); i++ {
		body := group + " " + strconv.Itoa(i)
		g.send(body)
		in := &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: aws.String(strings.ReplaceAll(body, " ", "-"))}
		first, err := client.SendMessage(ctx, in)
		if !l.ok(err, "send") {
			return
		}
		second, err := client.SendMessage(ctx, in)
		if l.ok(err, "send again") {
			assert.Equal(l.t, *first.MessageId, *second.MessageId, "it is the same message")
		}
	}
}

func (l *load) receiveInOrder(url *string, g *ledger, stop <-chan struct{}) {
	client, ctx := sqs.NewFromConfig(l.root), l.t.Context()
	for !l.t.Failed() {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
		if !l.ok(err, "receive") {
			return
		}
		givenBack := map[string]bool{} // groups, of which the rest goes back too
		for _, m := range out.Messages {
			group, number, _ := strings.Cut(*m.Body, " ")
			back := givenBack[group] || rand.IntN(20) == 0
			if back {
				givenBack[group] = true
				_, err = client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
				l.ok(err, "give back")
				continue
			}
			g.do(func() {
				assert.Equal(l.t, strconv.Itoa(g.next[group]), number, "the order of %s", group)
				g.next[group]++
				g.deleted[*m.Body]++
			})
			_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
			l.ok(err, "delete")
		}
		if len(out.Messages) == 0 {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}
}
