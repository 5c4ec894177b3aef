package kinesis

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) shardOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.splitShard),
		fakeaws.Bind(s.mergeShards),
		fakeaws.Bind(s.updateShardCount),
	}
}

// openShard finds an open shard of a provisioned stream.
func (x *stream) openShard(operation, id string) (*shard, error) {
	if x.mode == types.StreamModeOnDemand {
		return nil, invalid(textOnDemand, operation)
	}
	h := x.shard(id)
	if h == nil {
		return nil, notFound(textNoShard, id, x.id.name, x.id.account)
	}
	return h, nil
}

// splitShard makes two shards of one.
func (s *Fake) splitShard(call *fakeaws.Call, in *awskinesis.SplitShardInput) (*fakeaws.Plan[*awskinesis.SplitShardOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.SplitShardOutput, error) {
		h, err := x.openShard(call.Operation, *in.ShardToSplit)
		if err != nil {
			return nil, err
		}
		at, ok := parseHashKey(*in.NewStartingHashKey)
		if !h.isOpen() || !ok || at.compare(h.first.next()) <= 0 || at.compare(h.last) >= 0 {
			return nil, invalidArgument(textSplit, *in.NewStartingHashKey, h.id(), x.id.name, x.id.account, h.first, h.last)
		}
		if err := s.room(x.id, x.mode, 1); err != nil {
			return nil, err
		}
		s.split(x, h, at)
		x.subscribers.wake()
		call.Finished()
		return new(awskinesis.SplitShardOutput), nil
	})
}

// mergeShards makes one shard of two whose hash keys follow each other.
func (s *Fake) mergeShards(call *fakeaws.Call, in *awskinesis.MergeShardsInput) (*fakeaws.Plan[*awskinesis.MergeShardsOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.MergeShardsOutput, error) {
		h, err := x.openShard(call.Operation, *in.ShardToMerge)
		if err != nil {
			return nil, err
		}
		adjacent, err := x.openShard(call.Operation, *in.AdjacentShardToMerge)
		if err != nil {
			return nil, err
		}
		low, high := h, adjacent
		if low.first.compare(high.first) > 0 {
			low, high = high, low
		}
		if !h.isOpen() || !adjacent.isOpen() || low.last == maxHashKey || low.last.next() != high.first {
			return nil, invalidArgument(textMerge, h.id(), adjacent.id(), x.id.name, x.id.account)
		}
		s.merge(x, low, high, h, adjacent)
		x.subscribers.wake()
		call.Finished()
		return new(awskinesis.MergeShardsOutput), nil
	})
}

// maxScalings is how many calls of UpdateShardCount a stream takes in 24 hours.
const maxScalings = 10

// updateShardCount gives a stream another number of shards of the same size. To half or
// double the shards at most is AWS's rule.
func (s *Fake) updateShardCount(call *fakeaws.Call, in *awskinesis.UpdateShardCountInput) (*fakeaws.Plan[*awskinesis.UpdateShardCountOutput], error) {
	return anywhere(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.UpdateShardCountOutput, error) {
		if x.mode == types.StreamModeOnDemand {
			return nil, invalid(textOnDemand, call.Operation)
		}
		now, target := len(x.open), int(*in.TargetShardCount)
		if target > 2*now || 2*target < now {
			return nil, limitExceeded(textTargetCount, (now+1)/2, 2*now)
		}
		x.scaled = slices.DeleteFunc(x.scaled, func(t time.Time) bool { return !t.After(s.now().Add(-24 * time.Hour)) })
		if len(x.scaled) >= maxScalings {
			return nil, limitExceeded(textScaled, maxScalings)
		}
		if err := s.room(x.id, x.mode, target-now); err != nil {
			return nil, err
		}
		x.scaled = append(x.scaled, s.now())
		s.scale(x, target)
		x.subscribers.wake()
		call.Finished()
		return &awskinesis.UpdateShardCountOutput{
			StreamName: aws.String(x.id.name), StreamARN: aws.String(x.id.arn()),
			CurrentShardCount: aws.Int32(int32(now)), TargetShardCount: in.TargetShardCount, //nolint:gosec // at most maxShards
		}, nil
	})
}
