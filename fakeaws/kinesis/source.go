package kinesis

import (
	"context"
	"encoding/base64"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var _ fakeaws.StreamSource = (*Fake)(nil)

// StreamShards implements [fakeaws.StreamSource].
func (s *Fake) StreamShards(arn string) (all []fakeaws.StreamShard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byARN(arn)
	if x == nil {
		return nil
	}
	for _, h := range x.shards {
		shard := fakeaws.StreamShard{ID: h.id()}
		for _, parent := range h.parents {
			shard.Parents = append(shard.Parents, shardID(parent))
		}
		all = append(all, shard)
	}
	return all
}

// StreamTip implements [fakeaws.StreamSource].
func (s *Fake) StreamTip(arn, shard string) fakeaws.StreamPosition {
	return fakeaws.StreamPosition{After: s.Tip(arn, shard)}
}

// StreamAhead implements [fakeaws.StreamSource].
func (s *Fake) StreamAhead(arn, shard string, from fakeaws.StreamPosition, most int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byARN(arn)
	if x == nil {
		return 0
	}
	h := x.shard(shard)
	if h == nil {
		return 0
	}
	at := x.following(from.After)
	if from.After == "" && !from.Since.IsZero() {
		at = h.since(from.Since, x.count+1)
	}
	return min(len(h.records)-h.from(at), most)
}

// StreamHolds implements [fakeaws.StreamSource].
func (s *Fake) StreamHolds(arn, shard, sequenceNumber string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byARN(arn)
	if x == nil {
		return false
	}
	h := x.shard(shard)
	count, _, ok := x.sequence(sequenceNumber)
	if h == nil || !ok {
		return false
	}
	i := h.from(count)
	return i < len(h.records) && h.records[i].count == count
}

// ReadStream implements [fakeaws.StreamSource] with ListShards, GetShardIterator and
// GetRecords.
func (s *Fake) ReadStream(ctx context.Context, as fakeaws.Actor, arn, shard string, from fakeaws.StreamPosition, limit int) ([]fakeaws.StreamRecord, error) {
	if err := s.listed(ctx, as, arn, shard); err != nil {
		return nil, err
	}
	in := &awskinesis.GetShardIteratorInput{StreamARN: &arn, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	switch {
	case from.After != "":
		in.ShardIteratorType, in.StartingSequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &from.After
	case !from.Since.IsZero():
		in.ShardIteratorType, in.Timestamp = types.ShardIteratorTypeAtTimestamp, &from.Since
	}
	it, err := fakeaws.Do[awskinesis.GetShardIteratorOutput](ctx, s.world, as, in)
	if err != nil {
		return nil, err
	}
	get := &awskinesis.GetRecordsInput{StreamARN: &arn, ShardIterator: it.ShardIterator, Limit: aws.Int32(int32(min(limit, maxGot)))} //nolint:gosec // at most maxGot
	out, err := fakeaws.Do[awskinesis.GetRecordsOutput](ctx, s.world, as, get)
	if err != nil {
		return nil, err
	}
	id, _ := parseStreamARN(arn) // it was read
	all := make([]fakeaws.StreamRecord, len(out.Records))
	for i := range out.Records {
		r := &out.Records[i]
		all[i] = fakeaws.StreamRecord{
			SequenceNumber: *r.SequenceNumber, Arrived: *r.ApproximateArrivalTimestamp,
			PartitionKey: aws.ToString(r.PartitionKey), Data: r.Data, Event: eventOf(id, shard, r),
		}
	}
	return all, nil
}

// listed lists the shards of a stream as somebody until it finds one.
func (s *Fake) listed(ctx context.Context, as fakeaws.Actor, arn, shard string) error {
	in := &awskinesis.ListShardsInput{StreamARN: &arn}
	for {
		out, err := fakeaws.Do[awskinesis.ListShardsOutput](ctx, s.world, as, in)
		if err != nil {
			return err
		}
		if out.NextToken == nil || slices.ContainsFunc(out.Shards, func(h types.Shard) bool { return *h.ShardId == shard }) {
			return nil
		}
		in = &awskinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// eventOf is a record with the names that Lambda's event has (Lambda developer guide, "Using
// Lambda to process records from Amazon Kinesis Data Streams").
func eventOf(id streamID, shard string, r *types.Record) map[string]any {
	const millisecond = 1000
	return map[string]any{
		"kinesis": map[string]any{
			"kinesisSchemaVersion": "1.0", "partitionKey": aws.ToString(r.PartitionKey), "sequenceNumber": *r.SequenceNumber,
			"data":                        base64.StdEncoding.EncodeToString(r.Data),
			"approximateArrivalTimestamp": float64(r.ApproximateArrivalTimestamp.UnixMilli()) / millisecond,
		},
		"eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": shard + ":" + *r.SequenceNumber, "eventName": "aws:kinesis:record",
		"awsRegion": id.region,
	}
}
