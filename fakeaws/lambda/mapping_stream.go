package lambda

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A reader is where a mapping is in a shard of a stream. A shard has one batch at a time, so
// that its records are handled in order; ParallelizationFactor is stored alone.
type reader struct {
	from fakeaws.StreamPosition
	// since is when the first record was seen that waits for more, after before when it does
	// not go on, because something failed.
	since, after time.Time
	// failures counts those in a row, which make it wait longer.
	failures int
	// batches were read and are not handled, the first first.
	batches []*shardBatch
}

// A shardBatch is what a function gets of a shard at once.
type shardBatch struct {
	records []*streamRecord
	// tried counts the times that the function ran with them, retries those of them that count
	// as such.
	tried, retries int
	requestID      string  // of the latest
	last           *result // of the latest
}

// A streamRecord is a record in JSON, as the function gets it.
type streamRecord struct {
	sequence string
	arrived  time.Time
	event    json.RawMessage
}

// newReader is that of a shard which a mapping has not read.
func (m *mapping) newReader() *reader {
	r := new(reader)
	if m.StartingPosition == types.EventSourcePositionAtTimestamp {
		r.from.Since = aws.ToTime(m.StartingPositionTimestamp)
	}
	return r
}

// start has a mapping begin with what comes from now on, where it asks for that: shards that
// are made later it reads from their beginning. No lock is held.
func (s *Fake) start(m *mapping) {
	if m.started || m.EventSourceArn == nil {
		return
	}
	source := s.world.StreamSource(sourceOf(m.EventSourceArn))
	if source == nil {
		return
	}
	m.started = true
	if m.StartingPosition != types.EventSourcePositionLatest {
		return
	}
	readers := make(map[string]*reader)
	for _, shard := range source.StreamShards(*m.EventSourceArn) {
		readers[shard.ID] = &reader{from: source.StreamTip(*m.EventSourceArn, shard.ID)}
	}
	m.readers = readers
}

// lookAtStream finds the shard that a mapping reads next, and when.
func (s *Fake) lookAtStream(l *look, now time.Time) {
	source := s.world.StreamSource(l.source)
	if source == nil {
		return
	}
	unread := make(map[string]bool)
	for _, shard := range source.StreamShards(l.arn) {
		r, ok := l.readers[shard.ID]
		if !ok {
			r = l.start
		}
		ahead := len(r.batches)
		if ahead == 0 {
			ahead = source.StreamAhead(l.arn, shard.ID, r.from, l.size)
		}
		if ahead > 0 || slices.ContainsFunc(shard.Parents, func(parent string) bool { return unread[parent] }) {
			unread[shard.ID] = true
		}
		if ahead == 0 || slices.ContainsFunc(shard.Parents, func(parent string) bool { return unread[parent] }) {
			continue
		}
		if at := s.dueAt(l, shard.ID, ahead, now); l.at.IsZero() || at.Before(l.at) {
			l.at, l.shard = at, shard.ID
		}
	}
}

// dueAt returns when a mapping goes on with a shard that has some records which it has not
// handled.
func (s *Fake) dueAt(l *look, shard string, ahead int, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := l.mapping.reader(shard)
	if r.since.IsZero() {
		r.since = now
	}
	at := r.since
	if len(r.batches) == 0 && ahead < l.size {
		at = at.Add(l.mapping.window())
	}
	if at.Before(r.after) {
		return r.after
	}
	return at
}

// reader is that of a shard. The lock is held.
func (m *mapping) reader(shard string) *reader {
	r := m.readers[shard]
	if r == nil {
		r = m.newReader()
		if m.readers == nil {
			m.readers = make(map[string]*reader)
		}
		m.readers[shard] = r
	}
	return r
}

// A shardPoll is one turn of a mapping at a shard.
type shardPoll struct {
	fake    *Fake
	source  fakeaws.StreamSource
	mapping mapping
	shard   string
	now     time.Time
	own     *session
	reader  reader // a copy
}

// pollStream has a mapping take its turn at a shard: it reads a batch, unless it has one, and
// invokes the function.
func (s *Fake) pollStream(ctx context.Context, l *look, now time.Time) {
	source := s.world.StreamSource(l.source)
	if source == nil {
		return
	}
	shards := source.StreamShards(l.arn)
	s.mu.Lock()
	m := l.mapping
	if s.mappings[aws.ToString(m.UUID)] != m {
		s.mu.Unlock()
		return
	}
	maps.DeleteFunc(m.readers, func(id string, _ *reader) bool {
		return !slices.ContainsFunc(shards, func(h fakeaws.StreamShard) bool { return h.ID == id })
	})
	p := &shardPoll{fake: s, source: source, mapping: *m, shard: l.shard, now: now, reader: *m.reader(l.shard)}
	s.mu.Unlock()
	// A batch may be in a clone that is made meanwhile: it is not changed, but another is put
	// in its place.
	p.reader.batches = slices.Clone(p.reader.batches)
	p.reader.since, p.reader.after = time.Time{}, time.Time{}
	text := p.process(ctx)
	if ctx.Err() != nil {
		return // nothing of it counts
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m.LastProcessingResult = &text
	*m.reader(l.shard) = p.reader
}

// What LastProcessingResult says.
const (
	resultOK      = "OK"
	resultNone    = "No records processed"
	resultFailed  = "PROBLEM: Function call failed"
	resultNoRole  = "PROBLEM: Lambda failed to assume your function execution role."
	resultProblem = "PROBLEM: "
)

func (p *shardPoll) process(ctx context.Context) string {
	v, err := p.fake.mapped(&p.mapping)
	if err != nil {
		p.pause()
		return resultFailed
	}
	if len(p.reader.batches) == 0 {
		if p.own, err = p.fake.session(ctx, p.mapping.ref.id, v.roleOf()); err != nil {
			p.reader.after = p.now.Add(pollAgain)
			return resultNoRole
		}
		if err := p.read(ctx, v.roleOf()); err != nil {
			p.reader.after = p.now.Add(pollAgain)
			return resultProblem + p.mapping.unreadable()
		}
	}
	p.dropOld(ctx, v.roleOf())
	if len(p.reader.batches) == 0 {
		return resultNone
	}
	return p.invoke(ctx, v.roleOf())
}

// read reads a batch of the shard. Records that pass no filter are passed over. What is longer
// than the payload of an invocation may be becomes several batches.
func (p *shardPoll) read(ctx context.Context, role string) error {
	records, err := p.source.ReadStream(ctx, p.own.actor, *p.mapping.EventSourceArn, p.shard, p.reader.from, p.mapping.size())
	if err != nil {
		return err
	}
	const around = len(`{"Records":[]}`)
	var b *shardBatch
	length := 0
	for i := range records {
		r := &records[i]
		p.reader.from = fakeaws.StreamPosition{After: r.SequenceNumber}
		r.Event["eventSourceARN"] = *p.mapping.EventSourceArn
		if sourceOf(p.mapping.EventSourceArn) == sourceKinesis {
			r.Event["invokeIdentityArn"] = role
		}
		if !p.mapping.passesStream(r.Event) {
			continue
		}
		text, err := json.Marshal(r.Event)
		if err != nil {
			return err // records are always written
		}
		if b == nil || length+len(text)+1 > maxPayload {
			b, length = new(shardBatch), around
			p.reader.batches = append(p.reader.batches, b)
		}
		b.records = append(b.records, &streamRecord{r.SequenceNumber, r.Arrived, text})
		length += len(text) + 1
	}
	return nil
}

// passesStream reports whether a record of a stream passes one of the filters. Those of
// Kinesis look at the record's own members, and at its data as the sender sent it.
func (m *mapping) passesStream(event map[string]any) bool {
	if len(m.filters) == 0 {
		return true
	}
	text, err := json.Marshal(event)
	if err != nil {
		return false // records are always written
	}
	var seen map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&seen) != nil {
		return false
	}
	record, ok := seen["kinesis"].(map[string]any)
	if !ok {
		return m.passes(seen, "", nil)
	}
	maps.Copy(seen, record)
	encoded, _ := record["data"].(string)
	data, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && m.passes(seen, "data", data)
}

// How long a shard waits after a failure of the function, or where it cannot be invoked: "Lambda
// […] uses exponential backoff"; how long that is, is unverified.
const (
	shortestPause = time.Second
	longestPause  = time.Minute
)

// pause has the shard wait before it goes on.
func (p *shardPoll) pause() {
	const doublings = 6
	p.reader.after = p.now.Add(min(shortestPause<<min(p.reader.failures, doublings), longestPause))
	p.reader.failures++
}

// invoke invokes the function with the first batch.
func (p *shardPoll) invoke(ctx context.Context, role string) string {
	b := *p.reader.batches[0]
	p.reader.batches[0] = &b
	events := make([]json.RawMessage, len(b.records))
	for i, r := range b.records {
		events[i] = r.event
	}
	payload, err := json.Marshal(map[string]any{"Records": events})
	if err != nil {
		return resultFailed // records are always written
	}
	b.requestID = p.fake.world.IDs().UUID()
	r, err := p.fake.run(ctx, order{ref: p.mapping.ref, requestID: b.requestID, payload: payload})
	if ctx.Err() != nil {
		return ""
	}
	if err != nil {
		p.pause() // an invocation that ran nothing counts as no retry
		return resultFailed
	}
	b.tried++
	b.last = r
	if r.failed {
		p.fail(ctx, &b, role)
		return resultFailed
	}
	kept, ok := p.mapping.failures(r.payload, func(id string) bool {
		return slices.ContainsFunc(b.records, func(r *streamRecord) bool { return r.sequence == id })
	})
	first := slices.IndexFunc(b.records, func(r *streamRecord) bool { return kept[r.sequence] })
	switch {
	case !ok:
		p.fail(ctx, &b, role)
		return resultFailed
	case first >= 0:
		// "Lambda uses the lowest sequence number as the checkpoint". That what is left counts
		// as a retry of the batch is unverified.
		b.records = b.records[first:]
		p.retry(ctx, &b, role)
		return resultFailed
	}
	p.done()
	return resultOK
}

// done ends the first batch.
func (p *shardPoll) done() {
	p.reader.batches = p.reader.batches[1:]
	p.reader.failures = 0
}

// fail has a batch tried again that failed: in halves where the mapping says so. "Splitting
// batches doesn't consume the retry quota."
func (p *shardPoll) fail(ctx context.Context, b *shardBatch, role string) {
	n := len(b.records)
	if !aws.ToBool(p.mapping.BisectBatchOnFunctionError) || n < 2 {
		p.retry(ctx, b, role)
		return
	}
	first, second := *b, *b
	first.records, second.records = b.records[:n/2], b.records[n/2:]
	p.reader.batches = slices.Replace(p.reader.batches, 0, 1, &first, &second)
	p.pause()
}

// retry has a batch tried again, or discards it when it was often enough.
func (p *shardPoll) retry(ctx context.Context, b *shardBatch, role string) {
	b.retries++
	if most := int(aws.ToInt32(p.mapping.MaximumRetryAttempts)); most >= 0 && b.retries > most {
		p.discard(ctx, b, role, retryAttemptsExhausted)
		p.done()
		return
	}
	p.pause()
}

// dropOld discards the records of the first batch that are older than the mapping admits, and
// those that the stream has no more.
func (p *shardPoll) dropOld(ctx context.Context, role string) {
	for len(p.reader.batches) > 0 {
		b := p.reader.batches[0]
		young := slices.IndexFunc(b.records, func(r *streamRecord) bool { return !p.old(r) })
		if young == 0 {
			return
		}
		gone := *b
		if young < 0 {
			young = len(b.records)
		}
		gone.records = b.records[:young]
		p.discard(ctx, &gone, role, recordAgeExceeded)
		rest := *b
		if rest.records = b.records[young:]; len(rest.records) > 0 {
			p.reader.batches[0] = &rest
			return
		}
		p.done()
	}
}

func (p *shardPoll) old(r *streamRecord) bool {
	most := aws.ToInt32(p.mapping.MaximumRecordAgeInSeconds)
	if most >= 0 && p.now.Sub(r.arrived) > time.Duration(most)*time.Second {
		return true
	}
	return p.reader.failures > 0 && !p.source.StreamHolds(*p.mapping.EventSourceArn, p.shard, r.sequence)
}
