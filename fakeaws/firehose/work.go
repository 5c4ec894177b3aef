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

// assume is Firehose that acts with a role for a stream. It gives the account as external id
// ("Grant Firehose access to an Amazon S3 destination" of the Developer Guide).
func (s *Fake) assume(ctx context.Context, id streamID, roleARN string) (*role.Session, error) {
	service := fakeaws.ServiceCall{Principal: principal, SourceARN: id.arn(), SourceAccount: id.account, Region: id.region}
	return role.AssumeFor(ctx, s.world, service, roleARN, sessionName, id.account)
}

// checkSource refuses a Kinesis stream that does not exist, and begins to read one where it
// is: "Firehose starts reading data from the LATEST position of your Kinesis stream." No lock
// is held, and the stream is not there yet.
func (s *Fake) checkSource(x *stream) error {
	if x.source == nil {
		return nil
	}
	k := s.world.StreamSource("kinesis")
	if k == nil {
		return notImplemented("KinesisStreamAsSource in a World without the fake of Kinesis Data Streams")
	}
	shards := k.StreamShards(x.source.streamARN)
	if len(shards) == 0 {
		return invalidArgument(textNoKinesis, x.source.streamARN, x.source.roleARN)
	}
	for _, shard := range shards {
		x.source.read[shard.ID] = k.StreamTip(x.source.streamARN, shard.ID)
	}
	return nil
}

// ordered are the streams, so that the same is done first in each run. The lock is held.
func (s *Fake) ordered() []*stream {
	return slices.SortedFunc(maps.Values(s.streams), func(a, b *stream) int { return cmp.Compare(a.id.arn(), b.id.arn()) })
}

// look has the streams read whose Kinesis streams have records. It is false where the World
// has no Kinesis to ask: a snapshot has none. No lock is held.
func (s *Fake) look() bool {
	s.mu.Lock()
	var waiting []*stream
	for _, x := range s.ordered() {
		if x.source != nil && x.source.due.IsZero() {
			waiting = append(waiting, x)
		}
	}
	s.mu.Unlock()
	if len(waiting) > 0 && s.world.StreamSource("kinesis") == nil {
		return false
	}
	for _, x := range waiting {
		_, ok := s.reading(x)
		s.mu.Lock()
		if ok && x.source.due.IsZero() {
			x.source.due = s.now()
		}
		s.mu.Unlock()
	}
	return true
}

// Next implements [fakeaws.Worker]. Whoever has a clone of the World looks at once.
func (s *Fake) Next() (first time.Time, ok bool) {
	if !s.look() {
		return time.Unix(0, 0), true
	}
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
	streamARN, roleARN, shard string
	from                      fakeaws.StreamPosition
}

// reading finds one; false where there is none. No lock is held.
func (s *Fake) reading(x *stream) (reading, bool) {
	s.mu.Lock()
	r, read := reading{streamARN: x.source.streamARN, roleARN: x.source.roleARN}, maps.Clone(x.source.read)
	s.mu.Unlock()
	k := s.world.StreamSource("kinesis")
	if k == nil {
		return r, false
	}
	for _, shard := range k.StreamShards(r.streamARN) {
		r.shard, r.from = shard.ID, read[shard.ID]
		if k.StreamAhead(r.streamARN, r.shard, r.from, 1) > 0 {
			return r, true
		}
	}
	return r, false
}

// read reads records of a Kinesis stream into the buffer, with judged calls of the role. When
// all are read, it waits for others. The role in the Developer Guide may list shards too: that
// Firehose does so before each read is unverified.
func (s *Fake) read(ctx context.Context, x *stream) {
	r, ok := s.reading(x)
	if !ok {
		s.mu.Lock()
		x.source.due = time.Time{}
		s.mu.Unlock()
		return
	}
	var records []fakeaws.StreamRecord
	session, err := s.assume(ctx, x.id, r.roleARN)
	if err == nil {
		records, err = s.world.StreamSource("kinesis").ReadStream(ctx, session.Actor, r.streamARN, r.shard, r.from, maxRead)
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
	x.source.read[r.shard] = fakeaws.StreamPosition{After: records[len(records)-1].SequenceNumber}
	now := s.now() // the buffer counts the time since Firehose has the records
	for _, of := range records {
		s.add(x, &record{id: s.world.IDs().UUID(), data: of.Data, arrived: now, shard: r.shard, sequence: of.SequenceNumber, partitionKey: of.PartitionKey})
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
