package kinesis

import (
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

const (
	// subscriptionLife is how long events come: "for up to 5 minutes, after which time you need
	// to call SubscribeToShard again".
	subscriptionLife = 5 * time.Minute
	// subscriptionRest is how long after a call the next one to the shard is refused: "If you
	// call SubscribeToShard again with the same ConsumerARN and ShardId within 5 seconds of a
	// successful call, you'll get a ResourceInUseException".
	subscriptionRest = 5 * time.Second
	// maxEvent is how many records an event has. AWS's bound is not documented: unverified.
	maxEvent = 1000
)

// subscribers are the subscriptions that wait for records of a stream.
type subscribers struct {
	waiting map[*subscription]chan struct{}
}

// wake has all look again. The lock is held.
func (w *subscribers) wake() {
	for s, wake := range w.waiting {
		close(wake)
		delete(w.waiting, s)
	}
}

// A subscription is the stream of events of one call. Events are made as they are read.
type subscription struct {
	fake     *Fake
	call     *fakeaws.Call
	consumer *consumer
	shard    int
	number   uint64 // among those of the stream
	deadline time.Time

	at     position
	ended  bool
	close  sync.Once
	closed bool // guarded by the lock of the fake
}

// subscribe begins to push the records of a shard to a consumer.
func (s *Fake) subscribe(call *fakeaws.Call, in *awskinesis.SubscribeToShardInput) (*fakeaws.Plan[*awskinesis.SubscribeToShardOutput], error) {
	var sub *subscription
	c, plan, err := onConsumer(s, call, in, consumerRef{arn: in.ConsumerARN, id: in.StreamId}, func(c *consumer) (*awskinesis.SubscribeToShardOutput, error) {
		h := c.stream.shard(*in.ShardId)
		if h == nil {
			return nil, notFound(textShardGone, *in.ShardId, c.stream.id.name, c.stream.id.account)
		}
		now := s.now()
		from := in.StartingPosition
		at, err := c.stream.position(h, start{call.Operation, from.Type, from.SequenceNumber, from.Timestamp}, now)
		if err != nil {
			return nil, err
		}
		if last, ok := c.subscribed[h.number]; ok && now.Before(last.at.Add(subscriptionRest)) {
			return nil, inUse(textSubscribed, c.arn(), h.id())
		}
		if aws.ToBool(in.DryRun) {
			return nil, dryRun()
		}
		x := c.stream
		x.subscribers.wake() // the call takes an earlier subscription over
		x.subscriptions++
		if c.subscribed == nil {
			c.subscribed = make(map[int]subscribed)
		}
		c.subscribed[h.number] = subscribed{now, x.subscriptions}
		*sub = subscription{
			fake: s, call: call, consumer: c, shard: h.number, number: x.subscriptions, deadline: now.Add(subscriptionLife), at: at,
		}
		out := new(awskinesis.SubscribeToShardOutput)
		wire.SetEvents(&out.ResultMetadata, sub)
		return out, nil
	})
	if err != nil || c == nil {
		return plan, err
	}
	sub = new(subscription)
	s.mu.Lock()
	key := c.stream.kmsKey
	s.mu.Unlock()
	needs, kmsErr := s.kmsNeeds(call, c.stream.id, kmsDecrypt, key)
	plan.Needs = append(plan.Needs, needs...)
	return plan.Refusing(kmsErr), nil
}

// Next implements [wire.Events].
func (u *subscription) Next() (any, error) {
	for {
		b, h, wake, err := u.look()
		if err != nil {
			return nil, err
		}
		if wake != nil {
			if err := u.fake.world.Clock().Wait(u.call, u.deadline, wake); err != nil {
				return nil, err
			}
			continue
		}
		// What has come meanwhile is not for a caller who was shut out meanwhile.
		if err := u.mayStill(b); err != nil {
			return nil, err
		}
		return u.event(h, b), nil
	}
}

// look looks once at the shard. Without records the caller waits for the channel, which is
// made here, in the call that waits.
func (u *subscription) look() (b *batch, h *shard, wake chan struct{}, err error) {
	s, x := u.fake, u.consumer.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch last := u.consumer.subscribed[u.shard]; {
	case u.closed || u.ended || !now.Before(u.deadline):
		return nil, nil, nil, io.EOF
	case x.gone:
		return nil, nil, nil, x.id.notFound()
	case u.consumer.gone:
		return nil, nil, nil, notFound(textNoConsumer, u.consumer.name, x.id.arn())
	case last.number != u.number:
		return nil, nil, nil, inUse(textTakenOver, u.consumer.arn(), shardID(u.shard))
	}
	x.expire(now)
	if h = x.shard(shardID(u.shard)); h == nil {
		return nil, nil, nil, io.EOF
	}
	read := h.read(u.at, maxEvent, now)
	if len(read.records) == 0 && !read.ended {
		wake = make(chan struct{})
		if x.subscribers.waiting == nil {
			x.subscribers.waiting = make(map[*subscription]chan struct{})
		}
		x.subscribers.waiting[u] = wake
		return nil, nil, wake, nil
	}
	return &read, h, nil, nil
}

// mayStill asks for the permissions as they are now.
func (u *subscription) mayStill(b *batch) error {
	s := u.fake
	needs, kmsErr := s.kmsNeeds(u.call, u.consumer.stream.id, kmsDecrypt, b.keys()...)
	s.mu.Lock()
	need := u.consumer.need("kinesis:SubscribeToShard")
	s.mu.Unlock()
	if err := u.call.StillAllowed(append(needs, need)...); err != nil {
		return err
	}
	return kmsErr
}

// event is what a batch is to the consumer. "Use this as SequenceNumber in the next call to
// SubscribeToShard": the number of the last record.
func (u *subscription) event(h *shard, b *batch) any {
	x := u.consumer.stream
	u.at, u.ended = b.next, b.ended
	e := types.SubscribeToShardEvent{MillisBehindLatest: &b.behind, Records: x.showRecords(h, b)}
	last := b.next
	if last > 0 {
		last--
	}
	e.ContinuationSequenceNumber = aws.String(x.sequenceText(last, h.number))
	if b.ended {
		u.fake.mu.Lock()
		e.ChildShards = h.showChildren()
		u.fake.mu.Unlock()
	}
	return &types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: e}
}

// Close implements [wire.Events].
func (u *subscription) Close() error {
	u.close.Do(func() {
		s := u.fake
		s.mu.Lock()
		defer s.mu.Unlock()
		u.closed = true
		waiting := u.consumer.stream.subscribers.waiting
		if wake, ok := waiting[u]; ok {
			close(wake)
			delete(waiting, u)
		}
	})
	return nil
}
