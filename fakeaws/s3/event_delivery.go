package s3

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An outbox has the messages that S3 has yet to send, in the order of what they are about.
// They are collected with the lock held, and sent by the call that caused them once it is
// not: no service is called under the lock. So a test that has its answer finds the
// message in the queue.
type outbox struct {
	waiting  []*delivery // guarded by the lock of S3
	sequence uint64      // of the latest event; guarded by the lock of S3
	// unsent is how many messages wait or are being sent.
	unsent atomic.Int64
	// sending is held while messages are sent, one after the other. Who waits for it
	// finds its own messages sent.
	sending sync.Mutex
}

// A delivery is one message to one destination.
type delivery struct {
	from   *bucketState
	target string // its ARN, or eventBus
	// test is the body of a test event, nil for an event of an object.
	test          *testEvent
	configuration string // its id
	object        *object
	what          occurrence
	sequence      uint64
	made          time.Time
}

// A testEvent is what S3 sends to a queue or topic that is configured to get events.
type testEvent struct {
	Service, Event, Time, Bucket string
	RequestID                    string `json:"RequestId"`
	HostID                       string `json:"HostId"`
}

// add puts a message behind the others. The lock of S3 is held.
func (b *outbox) add(d *delivery) {
	b.waiting = append(b.waiting, d)
	b.unsent.Add(1)
}

// nextDelivery takes the first message; nil when there is none.
func (s *Fake) nextDelivery() *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.outbox.waiting) == 0 {
		s.outbox.waiting = nil
		return nil
	}
	d := s.outbox.waiting[0]
	s.outbox.waiting[0] = nil
	s.outbox.waiting = s.outbox.waiting[1:]
	return d
}

// maxUnwatched is how many messages are sent without a look whether the client is still
// there: as many as DeleteObjects causes. Lifecycle rules may cause many more, and who
// goes leaves them to the next call.
const maxUnwatched = maxDelete

// deliver sends what waits to be sent. The lock is not held.
func (s *Fake) deliver(ctx context.Context) {
	if s.outbox.unsent.Load() == 0 {
		return
	}
	s.outbox.sending.Lock()
	defer s.outbox.sending.Unlock()
	for n := 1; ; n++ {
		d := s.nextDelivery()
		if d == nil {
			return
		}
		s.send(ctx, d)
		s.outbox.unsent.Add(-1)
		if n%maxUnwatched == 0 && ctx.Err() != nil {
			return
		}
	}
}

// subject is that of what S3 publishes to topics.
const subject = "Amazon S3 Notification"

// send sends a message as S3 itself, on behalf of the bucket. The policy of the queue, topic
// or function is asked like for any call, and the log has the answer. What is refused is
// dropped, as by AWS: the request that caused it has succeeded. So is what goes to a
// destination that was stored without a look at it.
func (s *Fake) send(ctx context.Context, d *delivery) {
	// The object is stored even if the client has gone, and so is the event sent.
	ctx = context.WithoutCancel(ctx)
	if d.target == eventBus {
		s.tellBus(ctx, d)
		return
	}
	var message any = d.test
	if d.test == nil {
		message = eventMessage{[]eventRecord{s.record(d)}}
	}
	body, err := json.Marshal(message)
	if err != nil {
		return // strings and numbers always have a form
	}
	_, _ = s.world.Deliver(ctx, d.from.asService().Actor(), &fakeaws.Delivery{
		Target: d.target, Body: body, Subject: subject, TraceHeader: traceOf(d.what.call),
	})
}

// asService is S3 as it calls others on behalf of a bucket.
func (b *bucketState) asService() fakeaws.ServiceCall {
	return fakeaws.ServiceCall{Principal: serviceName, SourceARN: b.arn, SourceAccount: b.owner.ID, Region: b.region}
}

// announce has the test event sent to the queues and topics of a configuration; functions
// get none. The lock is held.
func (s *Fake) announce(call *fakeaws.Call, b *bucket, n *notifications) {
	requestID, hostID := s.answered(call)
	for d := range n.destinations() {
		if d.element == "CloudFunction" {
			continue
		}
		s.outbox.add(&delivery{from: b.bucketState, target: d.arn, test: &testEvent{
			"Amazon S3", "s3:TestEvent", eventTime(call.Time), b.name, requestID, hostID,
		}})
	}
}
