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
	Watch(streamARN string)
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
	k.Watch(x.source.streamARN)
	for _, shard := range shards {
		x.source.read[shard] = k.Tip(x.source.streamARN, shard)
	}
	return nil
}

// A reading is a shard of which a stream is to read.
type reading struct {
	stream                           *stream
	streamARN, roleARN, shard, after string
}

// ordered are the streams, so that the same is done first in each run. The lock is held.
func (s *Fake) ordered() []*stream {
	return slices.SortedFunc(maps.Values(s.streams), func(a, b *stream) int { return cmp.Compare(a.id.arn(), b.id.arn()) })
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	var first time.Time
	earlier := func(at time.Time) {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	for _, x := range s.streams {
		if at, ok := x.next(); ok {
			earlier(at)
		}
	}
	s.mu.Unlock()
	if r, at := s.reading(); r != nil {
		earlier(at)
	}
	return first, !first.IsZero()
}

// reading finds a shard with records that a stream has not read, and when it is to read
// them: now, or later after a failure. No lock is held.
func (s *Fake) reading() (first *reading, at time.Time) {
	type reader struct {
		x         *stream
		streamARN string
		roleARN   string
		read      map[string]string
		retry     time.Time
	}
	s.mu.Lock()
	var readers []reader
	for _, x := range s.ordered() {
		if o := x.source; o != nil {
			readers = append(readers, reader{x, o.streamARN, o.roleARN, maps.Clone(o.read), o.retry})
		}
	}
	now := s.now()
	s.mu.Unlock()
	k := s.kinesis()
	if k == nil {
		return nil, at
	}
	for _, r := range readers {
		for _, shard := range k.Shards(r.streamARN) {
			if !k.Waiting(r.streamARN, shard, r.read[shard]) {
				continue
			}
			due := now
			if r.retry.After(now) {
				due = r.retry
			}
			if first == nil || due.Before(at) {
				first, at = &reading{r.x, r.streamARN, r.roleARN, shard, r.read[shard]}, due
			}
			break
		}
	}
	return first, at
}

// Work implements [fakeaws.Worker].
func (s *Fake) Work(ctx context.Context) {
	if r, at := s.reading(); r != nil && !at.After(s.now()) {
		s.read(ctx, r)
		return
	}
	s.mu.Lock()
	now := s.now()
	var first *stream
	var due time.Time
	for _, x := range s.ordered() {
		if at, ok := x.next(); ok && !at.After(now) && (first == nil || at.Before(due)) {
			first, due = x, at
		}
	}
	if first != nil && len(first.pending) == 0 {
		s.flush(first)
	}
	s.mu.Unlock()
	if first != nil {
		s.deliver(ctx, first)
	}
}

// read reads records of a Kinesis stream into the buffer, with judged calls of the role.
func (s *Fake) read(ctx context.Context, r *reading) {
	var records []*record
	session, err := s.assume(ctx, r.stream.id, r.roleARN)
	if err == nil {
		err = s.kinesis().Read(ctx, session.Actor, r.streamARN, r.shard, r.after, maxRead, func(sequence, key string, data []byte, arrived time.Time) {
			records = append(records, &record{id: s.world.IDs().UUID(), data: data, arrived: arrived, shard: r.shard, sequence: sequence, partitionKey: key})
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := r.stream
	if x.gone {
		return
	}
	if err != nil || len(records) == 0 {
		x.source.retry = s.now().Add(retryAfter)
		x.fail(err)
		return
	}
	x.source.retry = time.Time{}
	x.source.read[r.shard] = records[len(records)-1].sequence
	for _, record := range records {
		// The buffer counts the time since Firehose has the record.
		record.arrived = s.now()
		s.add(x, record)
	}
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
}
