package kinesis

import (
	"bytes"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) putOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putRecord),
		fakeaws.Bind(s.putRecords),
	}
}

// maxRecords is how many bytes the records of a call have, with their partition keys.
const maxRecords = 10 << 20

// An entry is a record that a call puts.
type entry struct {
	data         []byte
	partitionKey string // empty without one
	explicit     *string
	hash         hashKey
	name         string // of its partition key, in messages
}

// check reads the hash key of an entry.
func (e *entry) check() error {
	if e.explicit == nil {
		e.hash = hashOf(e.partitionKey)
		return nil
	}
	var ok bool
	if e.hash, ok = parseHashKey(*e.explicit); !ok {
		return invalidArgument(textHashKey, *e.explicit)
	}
	return nil
}

// A putting is a call that puts records.
type putting struct {
	ref     ref
	dryRun  *bool
	entries []entry
	// ordered is the sequence number that the record must follow.
	ordered *string
}

// put plans a call that puts records, for which it needs the stream's KMS key too. The
// function done makes its answer.
func put[O any](s *Fake, call *fakeaws.Call, in any, p putting, done func(*stream, []*record, []*shard) O) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	size := 0
	for i := range p.entries {
		e := &p.entries[i]
		if err := e.check(); err != nil {
			return nil, err
		}
		size += len(e.data) + len(e.partitionKey)
	}
	if size > maxRecords {
		return nil, invalidArgument(textRecordsSize)
	}
	var key string
	x, plan, err := planOnStream(s, call, in, p.ref, func(x *stream) (none O, err error) {
		if x.kmsKey != key {
			return none, inUse(textNotEncrypted, x.id.name, x.id.account, key)
		}
		if err := x.admits(&p); err != nil {
			return none, err
		}
		if aws.ToBool(p.dryRun) {
			return none, dryRun()
		}
		records, shards := s.store(x, p.entries)
		return done(x, records, shards), nil
	})
	if err != nil || x == nil {
		return plan, err
	}
	s.mu.Lock()
	key = x.kmsKey
	s.mu.Unlock()
	needs, kmsErr := s.kmsNeeds(call, x.id, kmsGenerate, key)
	plan.Needs = append(plan.Needs, needs...)
	return plan.Refusing(kmsErr), nil
}

// admits refuses records without a partition key where the stream needs one, records that
// are too long for it, and a sequence number that is none of it.
func (x *stream) admits(p *putting) error {
	for i := range p.entries {
		if p.entries[i].partitionKey == "" && x.strategy != types.RecordDistributionStrategyAuto {
			return invalid(textNoKey, p.entries[i].name)
		}
		if e := &p.entries[i]; len(e.data)+len(e.partitionKey) > int(x.maxRecord)<<10 {
			return invalid(textRecordSize, x.maxRecord)
		}
	}
	if p.ordered != nil {
		if count, _, ok := x.sequence(*p.ordered); !ok || count > x.count {
			h := x.target(&p.entries[0])
			return invalidArgument(textForeign, *p.ordered, "PutRecord", h.id(), x.id.name, x.id.account)
		}
	}
	return nil
}

// target is the shard that a record goes to: by its hash key, or one after the other where
// the stream distributes the records by itself.
func (x *stream) target(e *entry) *shard {
	if x.strategy == types.RecordDistributionStrategyAuto {
		return x.open[x.turn%len(x.open)]
	}
	return x.shardOf(e.hash)
}

// store adds records to a stream. The lock is held.
func (s *Fake) store(x *stream, entries []entry) ([]*record, []*shard) {
	now := s.now()
	records, shards := make([]*record, len(entries)), make([]*shard, len(entries))
	for i := range entries {
		e := &entries[i]
		h := x.target(e)
		x.turn++
		x.count++
		r := &record{count: x.count, data: bytes.Clone(e.data), partitionKey: e.partitionKey, arrived: now, kmsKey: x.kmsKey}
		if n := len(h.records); n > 0 && now.Before(h.records[n-1].arrived) {
			r.arrived = h.records[n-1].arrived // the World's clock was moved back
		}
		h.records = append(h.records, r)
		records[i], shards[i] = r, h
	}
	x.subscribers.wake()
	if s.world.Watches() {
		s.world.Arrived(x.id.arn())
	}
	return records, shards
}

// putRecord adds a record to a stream.
func (s *Fake) putRecord(call *fakeaws.Call, in *awskinesis.PutRecordInput) (*fakeaws.Plan[*awskinesis.PutRecordOutput], error) {
	p := putting{
		ref: ref{in.StreamName, in.StreamARN, in.StreamId}, dryRun: in.DryRun, ordered: in.SequenceNumberForOrdering,
		entries: []entry{{data: in.Data, partitionKey: aws.ToString(in.PartitionKey), explicit: in.ExplicitHashKey, name: "partitionKey"}},
	}
	return put(s, call, in, p, func(x *stream, records []*record, shards []*shard) *awskinesis.PutRecordOutput {
		out := &awskinesis.PutRecordOutput{
			ShardId: aws.String(shards[0].id()), SequenceNumber: aws.String(x.sequenceText(records[0].count, shards[0].number)),
		}
		if x.kmsKey != "" {
			out.EncryptionType = types.EncryptionTypeKms
		}
		return out
	})
}

// putRecords adds records to a stream: all of them, because no shard here has a rate that
// some could exceed.
func (s *Fake) putRecords(call *fakeaws.Call, in *awskinesis.PutRecordsInput) (*fakeaws.Plan[*awskinesis.PutRecordsOutput], error) {
	p := putting{ref: ref{in.StreamName, in.StreamARN, in.StreamId}, dryRun: in.DryRun}
	if len(in.Records) <= maxEntries {
		p.entries = make([]entry, len(in.Records))
		for i, r := range in.Records {
			p.entries[i] = entry{data: r.Data, partitionKey: aws.ToString(r.PartitionKey), explicit: r.ExplicitHashKey, name: fmt.Sprintf("records.%d.member.partitionKey", i+1)}
		}
	}
	return put(s, call, in, p, func(x *stream, records []*record, shards []*shard) *awskinesis.PutRecordsOutput {
		out := &awskinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0), Records: make([]types.PutRecordsResultEntry, len(records))}
		if x.kmsKey != "" {
			out.EncryptionType = types.EncryptionTypeKms
		}
		for i, r := range records {
			out.Records[i] = types.PutRecordsResultEntry{
				ShardId: aws.String(shards[i].id()), SequenceNumber: aws.String(x.sequenceText(r.count, shards[i].number)),
			}
		}
		return out
	})
}

// maxEntries is how many records the model lets PutRecords have.
const maxEntries = 500

// behind is how far a reader is behind the tip of a shard that has read it up to a record,
// the last of n: "a value of zero indicates that record processing is caught up".
func (h *shard) behind(next int, now time.Time) int64 {
	if next >= len(h.records) {
		return 0
	}
	return max(0, now.Sub(h.records[next].arrived).Milliseconds())
}
