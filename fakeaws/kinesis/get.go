package kinesis

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) getOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getShardIterator),
		fakeaws.Bind(s.getRecords),
	}
}

// iteratorLife is how long an iterator is good: "A shard iterator expires 5 minutes after it
// is returned to the requester."
const iteratorLife = 5 * time.Minute

// An iterator is a position in a shard, as a caller has it. It gives nobody a permission:
// GetRecords is judged on the stream that it names.
type iterator struct {
	stream  streamID
	created time.Time // of the stream
	shard   int
	at      position
	issued  time.Time
}

// text is the iterator as the caller gets it. AWS's is opaque too.
func (i *iterator) text() *string {
	plain := strings.Join([]string{
		"1", i.stream.account, i.stream.region, i.stream.name, strconv.FormatInt(i.created.UnixMilli(), 10),
		strconv.Itoa(i.shard), strconv.FormatUint(i.at, 10), strconv.FormatInt(i.issued.UnixMilli(), 10),
	}, "/")
	return aws.String(base64.StdEncoding.EncodeToString([]byte(plain)))
}

// parseIterator reads an iterator; false when it is none.
func parseIterator(text string) (*iterator, bool) {
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	parts := strings.Split(string(plain), "/")
	if len(parts) != 8 || parts[0] != "1" {
		return nil, false
	}
	i := &iterator{}
	id, ok := parseStreamARN(streamID{parts[1], parts[2], parts[3]}.arn())
	created, err1 := strconv.ParseInt(parts[4], 10, 64)
	shard, err2 := strconv.Atoi(parts[5])
	at, err3 := strconv.ParseUint(parts[6], 10, 64)
	issued, err4 := strconv.ParseInt(parts[7], 10, 64)
	if !ok || err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return nil, false
	}
	i.stream, i.created, i.shard, i.at, i.issued = id, time.UnixMilli(created).UTC(), shard, at, time.UnixMilli(issued).UTC()
	return i, true
}

// A start is where somebody begins to read a shard.
type start struct {
	operation string
	kind      types.ShardIteratorType
	sequence  *string
	timestamp *time.Time
}

// position is where in a shard a start is.
func (x *stream) position(h *shard, from start, now time.Time) (position, error) {
	numbered := from.kind == types.ShardIteratorTypeAtSequenceNumber || from.kind == types.ShardIteratorTypeAfterSequenceNumber
	switch {
	case numbered && from.sequence == nil:
		return 0, invalidArgument(textStartRequired, from.kind, "no")
	case !numbered && from.sequence != nil:
		return 0, invalidArgument(textStartRequired, from.kind, "a")
	case (from.kind == types.ShardIteratorTypeAtTimestamp) != (from.timestamp != nil):
		return 0, invalidArgument(textTimestamp)
	}
	tip := x.count + 1
	switch from.kind {
	case types.ShardIteratorTypeTrimHorizon:
		return h.start, nil
	case types.ShardIteratorTypeLatest:
		return tip, nil
	case types.ShardIteratorTypeAtTimestamp:
		if from.timestamp.After(now) {
			return 0, invalidArgument(textFuture, from.timestamp.UnixMilli(), now.UnixMilli())
		}
		return h.since(*from.timestamp, tip), nil
	}
	count, number, ok := x.sequence(*from.sequence)
	switch {
	case !ok:
		return 0, invalidArgument(textForeign, *from.sequence, from.operation, h.id(), x.id.name, x.id.account)
	case number != h.number || count > x.count:
		return 0, invalidArgument(textSequence, *from.sequence, from.operation, h.id(), x.id.name, x.id.account)
	case from.kind == types.ShardIteratorTypeAfterSequenceNumber:
		count++
	}
	return count, nil
}

// getShardIterator returns where to read a shard from.
func (s *Fake) getShardIterator(call *fakeaws.Call, in *awskinesis.GetShardIteratorInput) (*fakeaws.Plan[*awskinesis.GetShardIteratorOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.GetShardIteratorOutput, error) {
		h := x.shard(*in.ShardId)
		if h == nil {
			return nil, notFound(textShardGone, *in.ShardId, x.id.name, x.id.account)
		}
		now := s.now()
		at, err := x.position(h, start{call.Operation, in.ShardIteratorType, in.StartingSequenceNumber, in.Timestamp}, now)
		if err != nil {
			return nil, err
		}
		if aws.ToBool(in.DryRun) {
			return nil, dryRun()
		}
		it := iterator{stream: x.id, created: x.created, shard: h.number, at: at, issued: now}
		return &awskinesis.GetShardIteratorOutput{ShardIterator: it.text()}, nil
	})
}

// The most that one call returns.
const (
	maxGot      = 10_000
	maxGotBytes = 10 << 20
)

// A batch is what a call reads of a shard.
type batch struct {
	records []*record
	next    position
	// ended says that the shard is closed, and read to its end.
	ended  bool
	behind int64
}

// read reads a shard from a position on.
func (h *shard) read(at position, limit int, now time.Time) batch {
	b := batch{next: at}
	i, size := h.from(at), 0
	for ; i < len(h.records) && len(b.records) < limit; i++ {
		r := h.records[i]
		if size += r.size(); size > maxGotBytes && len(b.records) > 0 {
			break
		}
		b.records = append(b.records, r)
		b.next = r.count + 1
	}
	b.behind = h.behind(i, now)
	b.ended = !h.isOpen() && i >= len(h.records)
	return b
}

// keys are the KMS keys that the records of a batch are encrypted under.
func (b *batch) keys() []string {
	var keys []string
	for _, r := range b.records {
		if n := len(keys); r.kmsKey != "" && (n == 0 || keys[n-1] != r.kmsKey) {
			keys = append(keys, r.kmsKey)
		}
	}
	return keys
}

func (x *stream) showRecords(h *shard, b *batch) []types.Record {
	all := make([]types.Record, len(b.records))
	for i, r := range b.records {
		all[i] = types.Record{
			SequenceNumber: aws.String(x.sequenceText(r.count, h.number)), Data: bytes.Clone(r.data), ApproximateArrivalTimestamp: timePointer(r.arrived),
		}
		if r.partitionKey != "" {
			all[i].PartitionKey = aws.String(r.partitionKey)
		}
		if r.kmsKey != "" {
			all[i].EncryptionType = types.EncryptionTypeKms
		}
	}
	return all
}

// iteratorOf reads the iterator of a call.
func iteratorOf(call *fakeaws.Call, in *awskinesis.GetRecordsInput) (*iterator, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	it, ok := parseIterator(*in.ShardIterator)
	if !ok || it.stream.region != call.Region {
		return nil, invalidArgument(textIterator)
	}
	if in.StreamId != nil {
		return nil, notImplemented("StreamId, which AWS reserves for future use,")
	}
	if in.StreamARN != nil && *in.StreamARN != it.stream.arn() {
		return nil, invalidArgument(textIteratorStream, *in.StreamARN)
	}
	return it, nil
}

// getRecords reads a shard from where an iterator is. The plan reads the records, because
// the caller needs the keys under which they are encrypted.
func (s *Fake) getRecords(call *fakeaws.Call, in *awskinesis.GetRecordsInput) (*fakeaws.Plan[*awskinesis.GetRecordsOutput], error) {
	it, err := iteratorOf(call, in)
	if err != nil {
		return nil, err
	}
	limit := maxGot
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	s.mu.Lock()
	x, need := s.need(it.stream, "kinesis:GetRecords")
	var h *shard
	var b batch
	now := s.now()
	if x != nil && x.created.Equal(it.created) {
		if h = x.shard(shardID(it.shard)); h != nil {
			b = h.read(it.at, limit, now)
		}
	}
	s.mu.Unlock()
	needs, kmsErr := s.kmsNeeds(call, it.stream, kmsDecrypt, b.keys()...)
	plan := &fakeaws.Plan[*awskinesis.GetRecordsOutput]{Needs: append([]fakeaws.Need{need}, needs...)}
	get := doOn(s, it.stream, x, func(x *stream) (*awskinesis.GetRecordsOutput, error) {
		if kmsErr != nil {
			return nil, kmsErr
		}
		if aws.ToBool(in.DryRun) {
			return nil, dryRun()
		}
		out := &awskinesis.GetRecordsOutput{Records: x.showRecords(h, &b), MillisBehindLatest: &b.behind}
		if b.ended {
			out.ChildShards = h.showChildren()
			return out, nil
		}
		next := iterator{stream: x.id, created: x.created, shard: h.number, at: b.next, issued: s.now()}
		out.NextShardIterator = next.text()
		return out, nil
	})
	plan.Do = func() (*awskinesis.GetRecordsOutput, error) {
		switch {
		case x != nil && h == nil && !x.created.Equal(it.created):
			return nil, invalidArgument(textIterator)
		case now.Sub(it.issued) > iteratorLife:
			return nil, &types.ExpiredIteratorException{Message: expiredText(it.issued, now)}
		case x != nil && h == nil:
			return nil, notFound(textShardGone, shardID(it.shard), it.stream.name, it.stream.account)
		}
		return get()
	}
	return plan, nil
}

func expiredText(issued, now time.Time) *string {
	text := strings.Replace(strings.Replace(textExpired, "%s", issued.Format(time.UnixDate), 1), "%s", now.Format(time.UnixDate), 1)
	return &text
}
