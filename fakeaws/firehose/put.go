package firehose

import (
	"bytes"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) putOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putRecord),
		fakeaws.Bind(s.putRecordBatch),
	}
}

// maxBatch is how many bytes the records of a call have.
const maxBatch = 4 << 20

// putRecord adds a record to a stream. Services that deliver to a stream name it by its ARN,
// which may be of another account than the role that they use: Firehose has no resource
// policy that would let it.
func (s *Fake) putRecord(call *fakeaws.Call, in *awsfirehose.PutRecordInput) (*fakeaws.Plan[*awsfirehose.PutRecordOutput], error) {
	id := streamID{call.Account, call.Region, aws.ToString(in.DeliveryStreamName)}
	if call.Host() == "" && strings.HasPrefix(id.name, "arn:") {
		named, ok := parseARN(id.name)
		if !ok || named.region != call.Region {
			return nil, id.notFound()
		}
		id = named
	}
	if err := check(&awsfirehose.PutRecordInput{DeliveryStreamName: &id.name, Record: in.Record}); err != nil {
		return nil, err
	}
	_, plan, err := onID(s, call, id, func(x *stream) (*awsfirehose.PutRecordOutput, error) {
		ids, err := s.take(x, in.Record)
		if err != nil {
			return nil, err
		}
		return &awsfirehose.PutRecordOutput{RecordId: &ids[0], Encrypted: aws.Bool(x.key != "")}, nil
	})
	return plan, err
}

func (s *Fake) putRecordBatch(call *fakeaws.Call, in *awsfirehose.PutRecordBatchInput) (*fakeaws.Plan[*awsfirehose.PutRecordBatchOutput], error) {
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.PutRecordBatchOutput, error) {
		size := 0
		all := make([]*types.Record, len(in.Records))
		for i := range in.Records {
			all[i] = &in.Records[i]
			size += len(all[i].Data)
		}
		if size > maxBatch {
			return nil, invalidArgument(textRecordsSize)
		}
		ids, err := s.take(x, all...)
		if err != nil {
			return nil, err
		}
		out := &awsfirehose.PutRecordBatchOutput{FailedPutCount: aws.Int32(0), Encrypted: aws.Bool(x.key != "")}
		for i := range ids {
			out.RequestResponses = append(out.RequestResponses, types.PutRecordBatchResponseEntry{RecordId: &ids[i]})
		}
		return out, nil
	})
	return plan, err
}

// take puts records of programs into the buffer of a stream. The lock is held.
func (s *Fake) take(x *stream, records ...*types.Record) ([]string, error) {
	if x.kind != types.DeliveryStreamTypeDirectPut {
		return nil, invalidArgument(textSource)
	}
	now, ids := s.now(), make([]string, len(records))
	for i, r := range records {
		ids[i] = s.world.IDs().UUID()
		s.add(x, &record{id: ids[i], data: bytes.Clone(r.Data), arrived: now})
	}
	s.wake(x)
	return ids, nil
}

// add puts a record into the buffer. What the buffer holds when it is full is due at once.
// The lock is held.
func (s *Fake) add(x *stream, r *record) {
	x.buffer = append(x.buffer, r)
	if x.size += len(r.data); x.size >= int(*x.destination.BufferingHints.SizeInMBs)<<20 {
		s.flush(x)
	}
}

// flush makes a delivery of what the buffer holds. The lock is held.
func (s *Fake) flush(x *stream) {
	now := s.now()
	x.pending = append(x.pending, &delivery{records: x.buffer, begun: now, due: now})
	x.buffer, x.size = nil, 0
}

// next is when something of a stream is due: its source is to be read, a delivery, or its
// buffer. The lock is held.
func (x *stream) next() (at time.Time, ok bool) {
	if len(x.pending) > 0 {
		at, ok = x.pending[0].due, true
	} else if len(x.buffer) > 0 {
		at, ok = x.buffer[0].arrived.Add(time.Duration(*x.destination.BufferingHints.IntervalInSeconds)*time.Second), true
	}
	if x.source != nil && !x.source.due.IsZero() && (!ok || !x.source.due.After(at)) {
		at, ok = x.source.due, true
	}
	return at, ok
}

// reads reports whether what is due at a time is to read the source. The lock is held.
func (x *stream) reads(at time.Time) bool { return x.source != nil && x.source.due.Equal(at) }

// wake has the World work when something of a stream is due. The lock is held.
func (s *Fake) wake(x *stream) {
	if at, ok := x.next(); ok {
		s.world.Wake(at)
	}
}
