package firehose

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

const (
	// retryAfter is how long Firehose waits before it tries a delivery again. AWS does not
	// document it: unverified.
	retryAfter = time.Minute
	// retryFor is how long it tries: "Data delivery to your S3 bucket might fail for various
	// reasons. […] Firehose keeps retrying for up to 24 hours".
	retryFor = 24 * time.Hour
	// maxRead is how many records Firehose reads of a shard at once.
	maxRead = 10_000
	// sessionName is that of the sessions of Firehose with the roles that it is given:
	// unverified.
	sessionName = "AmazonDataFirehose"
	// maxFailures is how many failures of a stream are kept for who inspects it.
	maxFailures = 100
)

// kinesis is what Firehose uses of the World's Kinesis Data Streams.
type kinesis interface {
	Shards(streamARN string) []string
	Tip(streamARN, shardID string) string
	Waiting(streamARN, shardID, after string) bool
	Watch(streamARN, service string)
	Read(ctx context.Context, as fakeaws.Actor, streamARN, shardID, after string, limit int, each func(sequenceNumber, partitionKey string, data []byte, arrived time.Time)) error
}

func (s *Fake) kinesis() kinesis {
	if !s.world.Has("kinesis") {
		return nil
	}
	k, _ := s.world.Fake("kinesis").(kinesis)
	return k
}

// assume is Firehose that acts with a role for a stream. It gives the account as external id
// ("Grant Firehose access to an Amazon S3 destination" of the Developer Guide).
func (s *Fake) assume(ctx context.Context, id streamID, roleARN string) (*role.Session, error) {
	service := fakeaws.ServiceCall{Principal: principal, SourceARN: id.arn(), SourceAccount: id.account, Region: id.region}
	return role.AssumeFor(ctx, s.world, service, roleARN, sessionName, id.account)
}

// checkSource refuses a Kinesis stream that does not exist, and begins to read one where it
// is: "Firehose starts reading data from the LATEST position of your Kinesis stream." No lock
// is held, and the stream is not there yet.
func (s *Fake) checkSource(_ *fakeaws.Call, x *stream) error {
	if x.source == nil {
		return nil
	}
	k := s.kinesis()
	if k == nil {
		return notImplemented("KinesisStreamAsSource in a World without the fake of Kinesis Data Streams")
	}
	shards := k.Shards(x.source.streamARN)
	if len(shards) == 0 {
		return invalidArgument(textNoKinesis, x.source.streamARN, x.source.roleARN)
	}
	k.Watch(x.source.streamARN, "firehose")
	for _, shard := range shards {
		x.source.read[shard] = k.Tip(x.source.streamARN, shard)
	}
	return nil
}

// ordered are the streams, so that the same is done first in each run. The lock is held.
func (s *Fake) ordered() []*stream {
	return slices.SortedFunc(maps.Values(s.streams), func(a, b *stream) int { return cmp.Compare(a.id.arn(), b.id.arn()) })
}

// Arrived has the streams of a Kinesis stream read it: its fake says that records came.
func (s *Fake) Arrived(streamARN string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, x := range s.streams {
		if o := x.source; o != nil && o.streamARN == streamARN && o.due.IsZero() {
			o.due = now
			s.world.Wake(now)
		}
	}
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (first time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.streams {
		if at, due := x.next(); due && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}

// Work implements [fakeaws.Worker].
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	now := s.now()
	var first *stream
	var due time.Time
	for _, x := range s.ordered() {
		if at, ok := x.next(); ok && !at.After(now) && (first == nil || at.Before(due)) {
			first, due = x, at
		}
	}
	reads := first != nil && first.reads(due)
	if first != nil && !reads && len(first.pending) == 0 {
		s.flush(first)
	}
	s.mu.Unlock()
	switch {
	case reads:
		s.read(ctx, first)
	case first != nil:
		s.deliver(ctx, first)
	}
}

// A reading is a shard that has records which a stream has not read.
type reading struct {
	streamARN, roleARN, shard, after string
}

// reading finds one; false where there is none. No lock is held.
func (s *Fake) reading(x *stream) (reading, bool) {
	s.mu.Lock()
	r, read := reading{streamARN: x.source.streamARN, roleARN: x.source.roleARN}, maps.Clone(x.source.read)
	s.mu.Unlock()
	k := s.kinesis()
	if k == nil {
		return r, false
	}
	for _, r.shard = range k.Shards(r.streamARN) {
		if r.after = read[r.shard]; k.Waiting(r.streamARN, r.shard, r.after) {
			return r, true
		}
	}
	return r, false
}

// read reads records of a Kinesis stream into the buffer, with judged calls of the role. When
// all are read, it waits for others.
func (s *Fake) read(ctx context.Context, x *stream) {
	r, ok := s.reading(x)
	if !ok {
		s.mu.Lock()
		x.source.due = time.Time{}
		s.mu.Unlock()
		return
	}
	var records []*record
	session, err := s.assume(ctx, x.id, r.roleARN)
	if err == nil {
		now := s.now() // the buffer counts the time since Firehose has the records
		err = s.kinesis().Read(ctx, session.Actor, r.streamARN, r.shard, r.after, maxRead, func(sequence, key string, data []byte, arrived time.Time) {
			records = append(records, &record{id: s.world.IDs().UUID(), data: data, arrived: now, shard: r.shard, sequence: sequence, partitionKey: key})
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.gone {
		return
	}
	if err != nil || len(records) == 0 {
		x.source.due = s.now().Add(retryAfter)
		x.fail(err)
		s.wake(x)
		return
	}
	x.source.read[r.shard] = records[len(records)-1].sequence
	for _, record := range records {
		s.add(x, record)
	}
	s.wake(x)
}

// fail keeps a failure for who inspects the stream. The lock is held.
func (x *stream) fail(err error) {
	if err == nil {
		return
	}
	x.failures = append(x.failures, err.Error())
	if extra := len(x.failures) - maxFailures; extra > 0 {
		x.failures = slices.Delete(x.failures, 0, extra)
	}
}

// deliver does the first delivery of a stream, and has it tried again if it fails.
func (s *Fake) deliver(ctx context.Context, x *stream) {
	s.mu.Lock()
	if x.gone || len(x.pending) == 0 {
		s.mu.Unlock()
		return
	}
	d := x.pending[0]
	w := &work{Fake: s, ctx: ctx, stream: x, delivery: d, id: x.id, version: x.version, destination: x.destination}
	if x.source != nil {
		w.sourceARN = x.source.streamARN
	}
	s.mu.Unlock()
	err := w.run()
	s.mu.Lock()
	defer s.mu.Unlock()
	x.fail(err)
	now := s.now()
	if err == nil || !now.Before(d.begun.Add(retryFor)) {
		x.pending = slices.DeleteFunc(x.pending, func(p *delivery) bool { return p == d })
		return
	}
	d.due = now.Add(retryAfter)
	s.wake(x)
}
