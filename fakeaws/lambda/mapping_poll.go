package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// pollAgain is how long a mapping waits after a poll that failed; that of AWS is unverified.
const pollAgain = 10 * time.Second

// A look is one at the source of a mapping, with what it takes of that.
type look struct {
	mapping *mapping
	source  string // the service
	arn     string
	size    int
	readers map[string]reader // copies
	start   reader
	// shard is that of a stream which is to be read.
	shard string
	at    time.Time
}

// looks are those at the sources of the mappings that poll, in the order of their ids.
func (s *Fake) looks() (all []*look) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.mappings)) {
		m := s.mappings[id]
		if !m.polled() || *m.State != stateEnabled || s.functions[m.ref.id] == nil {
			continue
		}
		l := &look{mapping: m, source: sourceOf(m.EventSourceArn), arn: aws.ToString(m.EventSourceArn), size: m.size()}
		if l.source != sourceSQS {
			l.start = *m.newReader()
			l.readers = make(map[string]reader, len(m.readers))
			for shard, r := range m.readers {
				l.readers[shard] = *r
			}
		}
		all = append(all, l)
	}
	return all
}

// nextPoll returns when a mapping has something to poll for. No lock is held.
func (s *Fake) nextPoll() (at time.Time, ok bool) {
	first := s.firstPoll()
	if first == nil {
		return at, false
	}
	return first.at, true
}

// firstPoll finds the mapping that polls next; nil when the sources have nothing. Of a
// snapshot of a World, which has no services to ask, it is the first at once: whoever has a
// clone looks.
func (s *Fake) firstPoll() (first *look) {
	all := s.looks()
	if len(all) == 0 {
		return nil
	}
	if !s.world.Has("lambda") {
		all[0].at = time.Time{}.Add(time.Second)
		return all[0]
	}
	now := s.world.Clock().Now()
	for _, l := range all {
		if l.source == sourceSQS {
			s.lookAtQueue(l, now)
		} else {
			s.lookAtStream(l, now)
		}
		if !l.at.IsZero() && (first == nil || l.at.Before(first.at)) {
			first = l
		}
	}
	return first
}

// lookAtQueue finds when a mapping polls a queue that has some messages now, and may have
// more later.
func (s *Fake) lookAtQueue(l *look, now time.Time) {
	pending, next, _ := s.world.Pending(sourceSQS, l.arn)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := l.mapping
	switch {
	case pending > 0:
		if m.since.IsZero() {
			m.since = now
		}
		l.at = m.since
		if pending < l.size {
			l.at = l.at.Add(m.window())
		}
	case next.IsZero():
		m.since = time.Time{}
		return
	default:
		m.since, l.at = time.Time{}, next
	}
	if l.at.Before(m.after) {
		l.at = m.after
	}
}

// poll receives a batch for the mapping whose time has come first, and invokes its function.
// Then it has the World wake for what is next.
func (s *Fake) poll(ctx context.Context) {
	l := s.firstPoll()
	now := s.world.Clock().Now()
	if l == nil || l.at.After(now) {
		return
	}
	if l.source == sourceSQS {
		s.pollQueue(ctx, l.mapping, now)
	} else {
		s.pollStream(ctx, l, now)
	}
	if at, ok := s.nextPoll(); ok {
		s.world.Wake(at)
	}
}

func (s *Fake) pollQueue(ctx context.Context, m *mapping, now time.Time) {
	s.mu.Lock()
	if s.mappings[aws.ToString(m.UUID)] != m {
		s.mu.Unlock()
		return
	}
	b := &batch{fake: s, mapping: *m, now: now}
	m.since = time.Time{}
	s.mu.Unlock()
	text, failed := b.process(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if text != "" {
		m.LastProcessingResult = &text
	}
	m.after = time.Time{}
	if failed {
		m.after = now.Add(pollAgain)
	}
}

// A batch is what one poll of a queue receives.
type batch struct {
	fake    *Fake
	mapping mapping
	now     time.Time
	own     *session
	url     string
	records []map[string]any
	handles map[string]string // receipt handles by message id
}

// process receives a batch, has the function handle it and deletes what it handled. failed
// says that the source could not be polled or had nothing.
func (b *batch) process(ctx context.Context) (text string, failed bool) {
	v, err := b.fake.mapped(&b.mapping)
	if err != nil {
		return "PROBLEM: Function call failed", true
	}
	if b.own, err = b.fake.session(ctx, b.mapping.ref.id, v.roleOf()); err != nil {
		return "PROBLEM: Lambda failed to assume your function execution role.", true
	}
	b.url = queueURL(*b.mapping.EventSourceArn)
	b.handles = make(map[string]string)
	if err := b.receive(ctx); err != nil {
		return "PROBLEM: internal Lambda error. Please contact Lambda customer support.", true
	}
	if len(b.handles) == 0 {
		return "", true
	}
	if len(b.records) == 0 {
		return "No records processed", false
	}
	payload, err := json.Marshal(map[string]any{"Records": b.records})
	if err != nil {
		return "PROBLEM: Function call failed", true // records are always written
	}
	r, err := b.fake.run(ctx, order{ref: b.mapping.ref, requestID: b.fake.world.IDs().UUID(), payload: payload})
	if err != nil || r.failed {
		return "PROBLEM: Function call failed", false
	}
	kept, ok := b.failures(r.payload)
	if !ok {
		return "PROBLEM: Function call failed", false
	}
	var done []string
	for _, record := range b.records {
		if id := record["messageId"].(string); !kept[id] {
			done = append(done, id)
		}
	}
	b.remove(ctx, done)
	return "OK", false
}

// receive receives messages until the batch is full or the queue has no more. Those that
// pass no filter are deleted at once.
func (b *batch) receive(ctx context.Context) error {
	var filtered []string
	defer func() { b.remove(ctx, filtered) }()
	for len(b.handles) < b.mapping.size() && ctx.Err() == nil {
		out, err := fakeaws.Do[sqs.ReceiveMessageOutput](ctx, b.fake.world, b.own.actor, &sqs.ReceiveMessageInput{
			QueueUrl: &b.url, MaxNumberOfMessages: int32(min(queueBatch, b.mapping.size()-len(b.handles))),
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return err
		}
		for i := range out.Messages {
			m := &out.Messages[i]
			b.handles[*m.MessageId] = *m.ReceiptHandle
			if record := b.record(m); b.mapping.passes(record, "body", []byte(aws.ToString(m.Body))) {
				b.records = append(b.records, record)
			} else {
				filtered = append(filtered, *m.MessageId)
			}
		}
		if len(out.Messages) == 0 || fifo(b.mapping.EventSourceArn) {
			break
		}
		if pending, _, _ := b.fake.world.Pending(sourceSQS, *b.mapping.EventSourceArn); pending == 0 {
			break
		}
	}
	return ctx.Err()
}

// record is a message as functions get it ("Using Lambda with Amazon SQS" of the developer
// guide).
func (b *batch) record(m *sqstypes.Message) map[string]any {
	attributes := make(map[string]any, len(m.MessageAttributes))
	for name, v := range m.MessageAttributes {
		one := map[string]any{"dataType": aws.ToString(v.DataType), "stringListValues": []string{}, "binaryListValues": []string{}}
		if v.StringValue != nil {
			one["stringValue"] = *v.StringValue
		}
		if v.BinaryValue != nil {
			one["binaryValue"] = base64.StdEncoding.EncodeToString(v.BinaryValue)
		}
		attributes[name] = one
	}
	system := make(map[string]any, len(m.Attributes))
	for name, value := range m.Attributes {
		system[name] = value
	}
	r := map[string]any{
		"messageId": *m.MessageId, "receiptHandle": *m.ReceiptHandle, "body": aws.ToString(m.Body), "attributes": system,
		"messageAttributes": attributes, "md5OfBody": aws.ToString(m.MD5OfBody), "eventSource": "aws:sqs",
		"eventSourceARN": *b.mapping.EventSourceArn, "awsRegion": b.mapping.region,
	}
	if m.MD5OfMessageAttributes != nil {
		r["md5OfMessageAttributes"] = *m.MD5OfMessageAttributes
	}
	return r
}

// failures reads which records of a batch failed.
func (b *batch) failures(payload []byte) (kept map[string]bool, ok bool) {
	return b.mapping.failures(payload, func(id string) bool { return b.handles[id] != "" })
}

// failures reads which records of a batch failed, if the function answers that. An answer that
// is not as it must be fails the batch: "an invalid JSON response, an empty string
// itemIdentifier, a null itemIdentifier, an itemIdentifier with a bad key name".
func (m *mapping) failures(payload []byte, received func(id string) bool) (kept map[string]bool, ok bool) {
	if !m.reports() {
		return nil, true
	}
	var answer *struct {
		Failures []map[string]any `json:"batchItemFailures"`
	}
	if len(payload) == 0 {
		return nil, true
	}
	if json.Unmarshal(payload, &answer) != nil {
		return nil, false
	}
	if answer == nil {
		return nil, true
	}
	kept = make(map[string]bool)
	for _, f := range answer.Failures {
		id, isText := f["itemIdentifier"].(string)
		if !isText || !received(id) {
			return nil, false
		}
		kept[id] = true
	}
	return kept, true
}

// remove deletes messages as the execution role. What it may not delete comes again.
func (b *batch) remove(ctx context.Context, ids []string) {
	for len(ids) > 0 && ctx.Err() == nil {
		n := min(queueBatch, len(ids))
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &b.url}
		for i, id := range ids[:n] {
			in.Entries = append(in.Entries, sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(b.handles[id])})
		}
		_, _ = fakeaws.Do[sqs.DeleteMessageBatchOutput](ctx, b.fake.world, b.own.actor, in)
		ids = ids[n:]
	}
}
