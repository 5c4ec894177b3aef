package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var _ fakeaws.StreamSource = (*Fake)(nil)

// streamNamed finds a stream by its ARN. Where the World has no DynamoDB Streams nobody can
// read it: nil. The lock is held.
func (s *Fake) streamNamed(arn string) *stream {
	x := s.streams[arn]
	if x == nil || !s.world.Has(streamsName) || !s.trim(x) {
		return nil
	}
	return x
}

// StreamShards implements [fakeaws.StreamSource].
func (s *Fake) StreamShards(arn string) []fakeaws.StreamShard {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.streamNamed(arn)
	if x == nil {
		return nil
	}
	return []fakeaws.StreamShard{{ID: x.shard}}
}

// StreamTip implements [fakeaws.StreamSource].
func (s *Fake) StreamTip(arn, _ string) fakeaws.StreamPosition {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.streamNamed(arn)
	if x == nil {
		return fakeaws.StreamPosition{}
	}
	return fakeaws.StreamPosition{After: number(x.next() - 1)}
}

// StreamAhead implements [fakeaws.StreamSource]. DynamoDB Streams has no positions by time.
func (s *Fake) StreamAhead(arn, _ string, from fakeaws.StreamPosition, most int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.streamNamed(arn)
	if x == nil {
		return 0
	}
	i := 0
	if n, err := sequenceOf(streamtypes.ShardIteratorTypeAfterSequenceNumber, &from.After); err == nil {
		i = x.at(n)
	}
	return min(len(x.records)-i, most)
}

// at is the place of the first record that has a sequence number or a greater one.
func (x *stream) at(sequence uint64) int {
	i, _ := slices.BinarySearchFunc(x.records, sequence, func(r *record, n uint64) int { return cmp.Compare(r.sequence, n) })
	return i
}

// StreamHolds implements [fakeaws.StreamSource].
func (s *Fake) StreamHolds(arn, _, sequenceNumber string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.streamNamed(arn)
	n, err := sequenceOf(streamtypes.ShardIteratorTypeAtSequenceNumber, &sequenceNumber)
	if x == nil || err != nil {
		return false
	}
	i := x.at(n)
	return i < len(x.records) && x.records[i].sequence == n
}

// ReadStream implements [fakeaws.StreamSource] with DescribeStream, GetShardIterator and
// GetRecords. What was dropped because of its age is passed over.
func (s *Fake) ReadStream(ctx context.Context, as fakeaws.Actor, arn, shard string, from fakeaws.StreamPosition, limit int) ([]fakeaws.StreamRecord, error) {
	if _, err := Shards(ctx, s.world, as, arn); err != nil {
		return nil, err
	}
	kind := streamtypes.ShardIteratorTypeTrimHorizon
	if from.After != "" {
		kind = streamtypes.ShardIteratorTypeAfterSequenceNumber
	}
	it, err := ShardIterator(ctx, s.world, as, arn, shard, string(kind), from.After)
	var trimmed *streamtypes.TrimmedDataAccessException
	if errors.As(err, &trimmed) {
		it, err = ShardIterator(ctx, s.world, as, arn, shard, string(streamtypes.ShardIteratorTypeTrimHorizon), "")
	}
	if err != nil {
		return nil, err
	}
	var all []fakeaws.StreamRecord
	for len(all) < limit && it != "" {
		left := int32(min(limit-len(all), maxGot)) //nolint:gosec // at most maxGot
		out, err := fakeaws.Do[dynamodbstreams.GetRecordsOutput](ctx, s.world, as, &dynamodbstreams.GetRecordsInput{ShardIterator: &it, Limit: &left})
		if err != nil {
			return nil, err
		}
		for i := range out.Records {
			r := &out.Records[i]
			all = append(all, fakeaws.StreamRecord{SequenceNumber: *r.Dynamodb.SequenceNumber, Arrived: *r.Dynamodb.ApproximateCreationDateTime, Event: eventOf(r)})
		}
		if len(out.Records) < int(left) || out.NextShardIterator == nil {
			break
		}
		it = *out.NextShardIterator
	}
	return all, nil
}
