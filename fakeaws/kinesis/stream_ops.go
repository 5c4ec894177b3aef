package kinesis

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) streamOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createStream),
		fakeaws.Bind(s.deleteStream),
		fakeaws.Bind(s.describeStream),
		fakeaws.Bind(s.describeStreamSummary),
		fakeaws.Bind(s.updateStreamMode),
	}
}

// The quotas of the Developer Guide's page "Quotas and limits".
const (
	// maxShards is how many open shards an account has in the Regions where it has the most.
	maxShards = 20_000
	// maxOnDemand is how many on-demand streams an account has in a Region.
	maxOnDemand = 50
	// onDemandShards are those of a new stream with the on-demand capacity mode.
	onDemandShards = 4
	// defaultRecordSize is the most KiB of a record of a stream that was given no size.
	defaultRecordSize = 1024
	defaultRetention  = 24 * time.Hour
)

// createStream makes a stream. AWS's is CREATING for some seconds; here it is there at once.
func (s *Fake) createStream(call *fakeaws.Call, in *awskinesis.CreateStreamInput) (*fakeaws.Plan[*awskinesis.CreateStreamOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	mode, shards, err := newMode(in)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	id := streamID{call.Account, call.Region, *in.StreamName}
	need := fakeaws.Need{Action: "kinesis:CreateStream", Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}
	requestTags(in.Tags)(&need.Context)
	needs := []fakeaws.Need{need}
	if len(in.Tags) > 0 {
		// "If you pass the Tags parameter, in addition to having the kinesis:CreateStream
		// permission, you must also have the kinesis:AddTagsToStream permission for the stream
		// that will be created."
		tag := need
		tag.Action = "kinesis:AddTagsToStream"
		needs = append(needs, tag)
	}
	return &fakeaws.Plan[*awskinesis.CreateStreamOutput]{Needs: needs, Do: func() (*awskinesis.CreateStreamOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.streams[id] != nil {
			return nil, inUse(textStreamExists, id.name, id.account)
		}
		if err := s.room(id, mode, shards); err != nil {
			return nil, err
		}
		if in.WarmThroughputMiBps != nil && s.committed[place{id.account, id.region}].IsZero() {
			return nil, invalid(textCommitment)
		}
		x := &stream{
			id: id, created: s.now(), mode: mode, retention: defaultRetention, tags: maps.Clone(in.Tags), maxRecord: defaultRecordSize,
			strategy: in.RecordDistributionStrategy, warm: aws.ToInt32(in.WarmThroughputMiBps),
		}
		if in.MaxRecordSizeInKiB != nil {
			x.maxRecord = *in.MaxRecordSizeInKiB
		}
		s.streams[id] = x
		s.fill(x, shards)
		call.Finished()
		return new(awskinesis.CreateStreamOutput), nil
	}}, nil
}

// newMode reads the capacity mode of a new stream and how many shards it has. Without a mode
// it is provisioned.
func newMode(in *awskinesis.CreateStreamInput) (types.StreamMode, int, error) {
	mode := types.StreamModeProvisioned
	if in.StreamModeDetails != nil {
		mode = in.StreamModeDetails.StreamMode
	}
	switch {
	case mode == types.StreamModeOnDemand && in.ShardCount != nil:
		return "", 0, invalid(textShardCount)
	case mode == types.StreamModeOnDemand:
		return mode, onDemandShards, nil
	case in.WarmThroughputMiBps != nil:
		return "", 0, invalid(textProvisioned, "WarmThroughputMiBps")
	case in.RecordDistributionStrategy == types.RecordDistributionStrategyAuto:
		return "", 0, invalidArgument(textProvisioned, "RecordDistributionStrategy AUTO")
	case in.ShardCount == nil:
		return "", 0, invalidArgument(textNoShardCount)
	}
	return mode, int(*in.ShardCount), nil
}

// room refuses more shards or streams than an account has. The lock is held.
func (s *Fake) room(id streamID, mode types.StreamMode, shards int) error {
	open := s.open[place{id.account, id.region}]
	if open+shards > maxShards {
		return limitExceeded(textManyShards, id.account, id.region, open, maxShards, shards)
	}
	if mode == types.StreamModeOnDemand && s.onDemand(id.account, id.region) >= maxOnDemand {
		return limitExceeded(textManyStreams, id.account, id.region, maxOnDemand)
	}
	return nil
}

// onDemand is how many on-demand streams an account has. The lock is held.
func (s *Fake) onDemand(account, region string) (n int) {
	for id, x := range s.streams {
		if id.account == account && id.region == region && x.mode == types.StreamModeOnDemand {
			n++
		}
	}
	return n
}

// fill gives a new stream its shards. The lock is held.
func (s *Fake) fill(x *stream, n int) {
	all := starts(n)
	for i, first := range all {
		last := maxHashKey
		if i+1 < n {
			last = all[i+1].previous()
		}
		s.addShard(x, first, last)
	}
}

// deleteStream deletes a stream with all that it has. AWS's is DELETING for some seconds.
func (s *Fake) deleteStream(call *fakeaws.Call, in *awskinesis.DeleteStreamInput) (*fakeaws.Plan[*awskinesis.DeleteStreamOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.DeleteStreamOutput, error) {
		if len(x.consumers) > 0 && !aws.ToBool(in.EnforceConsumerDeletion) {
			return nil, inUse(textHasConsumers, x.id.name, x.id.account)
		}
		x.gone = true
		delete(s.streams, x.id)
		s.open[place{x.id.account, x.id.region}] -= len(x.open)
		x.subscribers.wake()
		call.Finished()
		return new(awskinesis.DeleteStreamOutput), nil
	})
}

// defaultDescribed is how many shards DescribeStream returns that asks for no number.
const defaultDescribed = 100

func (s *Fake) describeStream(call *fakeaws.Call, in *awskinesis.DescribeStreamInput) (*fakeaws.Plan[*awskinesis.DescribeStreamOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.DescribeStreamOutput, error) {
		limit := defaultDescribed
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		d := &types.StreamDescription{
			StreamName: aws.String(x.id.name), StreamARN: aws.String(x.id.arn()), StreamStatus: types.StreamStatusActive,
			StreamModeDetails: &types.StreamModeDetails{StreamMode: x.mode}, RetentionPeriodHours: hours(x.retention),
			StreamCreationTimestamp: timePointer(x.created), EnhancedMonitoring: x.monitoring(), Shards: []types.Shard{}, HasMoreShards: aws.Bool(false),
		}
		d.EncryptionType, d.KeyId = x.encryption()
		for _, h := range x.shards {
			if in.ExclusiveStartShardId != nil && h.id() <= *in.ExclusiveStartShardId {
				continue
			}
			if len(d.Shards) == limit {
				d.HasMoreShards = aws.Bool(true)
				break
			}
			d.Shards = append(d.Shards, x.show(h))
		}
		return &awskinesis.DescribeStreamOutput{StreamDescription: d}, nil
	})
}

func (s *Fake) describeStreamSummary(call *fakeaws.Call, in *awskinesis.DescribeStreamSummaryInput) (*fakeaws.Plan[*awskinesis.DescribeStreamSummaryOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.DescribeStreamSummaryOutput, error) {
		d := &types.StreamDescriptionSummary{
			StreamName: aws.String(x.id.name), StreamARN: aws.String(x.id.arn()), StreamStatus: types.StreamStatusActive,
			StreamModeDetails: &types.StreamModeDetails{StreamMode: x.mode}, RetentionPeriodHours: hours(x.retention),
			StreamCreationTimestamp: timePointer(x.created), EnhancedMonitoring: x.monitoring(),
			OpenShardCount:     aws.Int32(int32(len(x.open))),      //nolint:gosec // at most maxShards
			ConsumerCount:      aws.Int32(int32(len(x.consumers))), //nolint:gosec // at most maxConsumers
			MaxRecordSizeInKiB: aws.Int32(x.maxRecord),
		}
		d.EncryptionType, d.KeyId = x.encryption()
		if x.mode == types.StreamModeOnDemand {
			d.RecordDistributionStrategy = x.strategyOr()
		}
		d.WarmThroughput = x.warmThroughput()
		return &awskinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: d}, nil
	})
}

// encryption is what answers say of the encryption of a stream.
func (x *stream) encryption() (types.EncryptionType, *string) {
	if x.kmsKey == "" {
		return types.EncryptionTypeNone, nil
	}
	return types.EncryptionTypeKms, aws.String(x.kmsKey)
}

func (x *stream) monitoring() []types.EnhancedMetrics {
	return []types.EnhancedMetrics{{ShardLevelMetrics: append([]types.MetricsName{}, x.metrics...)}}
}

// updateStreamMode changes the capacity mode. The shards stay.
func (s *Fake) updateStreamMode(call *fakeaws.Call, in *awskinesis.UpdateStreamModeInput) (*fakeaws.Plan[*awskinesis.UpdateStreamModeOutput], error) {
	return anywhere(s, call, in, ref{nil, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.UpdateStreamModeOutput, error) {
		mode := in.StreamModeDetails.StreamMode
		if in.WarmThroughputMiBps != nil {
			if mode != types.StreamModeOnDemand {
				return nil, invalid(textProvisioned, "WarmThroughputMiBps")
			}
			if err := s.warms(x, *in.WarmThroughputMiBps); err != nil {
				return nil, err
			}
		}
		if mode != x.mode {
			if err := s.room(x.id, mode, 0); err != nil {
				return nil, err
			}
		}
		if mode == types.StreamModeProvisioned {
			x.warm, x.strategy = 0, ""
		}
		x.mode = mode
		call.Finished()
		return new(awskinesis.UpdateStreamModeOutput), nil
	})
}

// names are the names of the streams of an account in a region, in order. The lock is held.
func (s *Fake) names(account, region string) []string {
	var names []string
	for id := range s.streams {
		if id.account == account && id.region == region {
			names = append(names, id.name)
		}
	}
	slices.Sort(names)
	return names
}
