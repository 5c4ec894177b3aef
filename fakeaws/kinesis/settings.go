package kinesis

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) settingOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.increaseRetention),
		fakeaws.Bind(s.decreaseRetention),
		fakeaws.Bind(s.enableMonitoring),
		fakeaws.Bind(s.disableMonitoring),
		fakeaws.Bind(s.updateMaxRecordSize),
		fakeaws.Bind(s.updateWarmThroughput),
		fakeaws.Bind(s.updateStrategy),
	}
}

// The retention periods of the Developer Guide's page "Change the data retention period".
const (
	minRetention = 24
	maxRetention = 8760
)

func checkRetention(asked int32) error {
	switch {
	case asked < minRetention:
		return invalidArgument(textShort, minRetention, asked)
	case asked > maxRetention:
		return invalidArgument(textLong, maxRetention, asked)
	}
	return nil
}

func (s *Fake) increaseRetention(call *fakeaws.Call, in *awskinesis.IncreaseStreamRetentionPeriodInput) (*fakeaws.Plan[*awskinesis.IncreaseStreamRetentionPeriodOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.IncreaseStreamRetentionPeriodOutput, error) {
		asked, now := *in.RetentionPeriodHours, *hours(x.retention)
		if err := checkRetention(asked); err != nil {
			return nil, err
		}
		if asked < now {
			return nil, invalidArgument(textNotShorter, asked, x.id.name, now)
		}
		x.retention = time.Duration(asked) * time.Hour
		return new(awskinesis.IncreaseStreamRetentionPeriodOutput), nil
	})
}

func (s *Fake) decreaseRetention(call *fakeaws.Call, in *awskinesis.DecreaseStreamRetentionPeriodInput) (*fakeaws.Plan[*awskinesis.DecreaseStreamRetentionPeriodOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.DecreaseStreamRetentionPeriodOutput, error) {
		asked, now := *in.RetentionPeriodHours, *hours(x.retention)
		if err := checkRetention(asked); err != nil {
			return nil, err
		}
		if asked > now {
			return nil, invalidArgument(textNotLonger, asked, x.id.name, now)
		}
		x.retention = time.Duration(asked) * time.Hour
		return new(awskinesis.DecreaseStreamRetentionPeriodOutput), nil
	})
}

// shardMetrics are the metrics that enhanced monitoring has, which ALL stands for.
var shardMetrics = []types.MetricsName{
	types.MetricsNameIncomingBytes, types.MetricsNameIncomingRecords, types.MetricsNameOutgoingBytes, types.MetricsNameOutgoingRecords,
	types.MetricsNameWriteProvisionedThroughputExceeded, types.MetricsNameReadProvisionedThroughputExceeded, types.MetricsNameIteratorAgeMilliseconds,
}

// asked are the metrics that a call names.
func asked(metrics []types.MetricsName) ([]types.MetricsName, error) {
	if slices.Contains(metrics, types.MetricsNameAll) {
		return shardMetrics, nil
	}
	for _, m := range metrics {
		if !slices.Contains(shardMetrics, m) {
			return nil, invalidArgument(textMetrics)
		}
	}
	return metrics, nil
}

func (s *Fake) enableMonitoring(call *fakeaws.Call, in *awskinesis.EnableEnhancedMonitoringInput) (*fakeaws.Plan[*awskinesis.EnableEnhancedMonitoringOutput], error) {
	return anywhere(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.EnableEnhancedMonitoringOutput, error) {
		before, after, err := x.monitor(in.ShardLevelMetrics, true)
		if err != nil {
			return nil, err
		}
		return &awskinesis.EnableEnhancedMonitoringOutput{
			StreamName: aws.String(x.id.name), StreamARN: aws.String(x.id.arn()), CurrentShardLevelMetrics: before, DesiredShardLevelMetrics: after,
		}, nil
	})
}

func (s *Fake) disableMonitoring(call *fakeaws.Call, in *awskinesis.DisableEnhancedMonitoringInput) (*fakeaws.Plan[*awskinesis.DisableEnhancedMonitoringOutput], error) {
	return anywhere(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.DisableEnhancedMonitoringOutput, error) {
		before, after, err := x.monitor(in.ShardLevelMetrics, false)
		if err != nil {
			return nil, err
		}
		return &awskinesis.DisableEnhancedMonitoringOutput{
			StreamName: aws.String(x.id.name), StreamARN: aws.String(x.id.arn()), CurrentShardLevelMetrics: before, DesiredShardLevelMetrics: after,
		}, nil
	})
}

// monitor turns metrics on or off, and returns those before and after.
func (x *stream) monitor(named []types.MetricsName, on bool) (before, after []types.MetricsName, err error) {
	names, err := asked(named)
	if err != nil {
		return nil, nil, err
	}
	before, after = append([]types.MetricsName{}, x.metrics...), []types.MetricsName{}
	for _, m := range shardMetrics {
		if on && slices.Contains(names, m) || slices.Contains(before, m) && (on || !slices.Contains(names, m)) {
			after = append(after, m)
		}
	}
	x.metrics = slices.Clone(after)
	return before, after, nil
}

func (s *Fake) updateMaxRecordSize(call *fakeaws.Call, in *awskinesis.UpdateMaxRecordSizeInput) (*fakeaws.Plan[*awskinesis.UpdateMaxRecordSizeOutput], error) {
	return onStream(s, call, in, ref{nil, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.UpdateMaxRecordSizeOutput, error) {
		x.maxRecord = *in.MaxRecordSizeInKiB
		return new(awskinesis.UpdateMaxRecordSizeOutput), nil
	})
}

func (s *Fake) updateWarmThroughput(call *fakeaws.Call, in *awskinesis.UpdateStreamWarmThroughputInput) (*fakeaws.Plan[*awskinesis.UpdateStreamWarmThroughputOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.UpdateStreamWarmThroughputOutput, error) {
		if x.mode != types.StreamModeOnDemand {
			return nil, invalid(textProvisioned, call.Operation)
		}
		if err := s.warms(x, *in.WarmThroughputMiBps); err != nil {
			return nil, err
		}
		call.Finished()
		return &awskinesis.UpdateStreamWarmThroughputOutput{
			StreamName: aws.String(x.id.name), StreamARN: aws.String(x.id.arn()), WarmThroughput: x.warmThroughput(),
		}, nil
	})
}

// maxWarm is the most MiB a second of an on-demand stream: 10 GiB.
const maxWarm = 10 << 10

// warms sets the warm throughput of a stream, for which the account must have a commitment.
// The lock is held.
func (s *Fake) warms(x *stream, asked int32) error {
	if s.committed[place{x.id.account, x.id.region}].IsZero() {
		return invalid(textCommitment)
	}
	if asked > maxWarm {
		return limitExceeded("WarmThroughputMiBps must be at most %d.", maxWarm)
	}
	x.warm = asked
	return nil
}

func (x *stream) warmThroughput() *types.WarmThroughputObject {
	if x.warm == 0 {
		return nil
	}
	return &types.WarmThroughputObject{CurrentMiBps: aws.Int32(x.warm), TargetMiBps: aws.Int32(x.warm)}
}

func (s *Fake) updateStrategy(call *fakeaws.Call, in *awskinesis.UpdateStreamRecordDistributionStrategyInput) (*fakeaws.Plan[*awskinesis.UpdateStreamRecordDistributionStrategyOutput], error) {
	return onStream(s, call, in, ref{nil, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.UpdateStreamRecordDistributionStrategyOutput, error) {
		if x.mode != types.StreamModeOnDemand {
			return nil, invalidArgument(textProvisioned, call.Operation)
		}
		x.strategy = in.RecordDistributionStrategy
		return new(awskinesis.UpdateStreamRecordDistributionStrategyOutput), nil
	})
}

func (x *stream) strategyOr() types.RecordDistributionStrategy {
	if x.strategy == "" {
		return types.RecordDistributionStrategyUserPartitionKey
	}
	return x.strategy
}

func (s *Fake) accountOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.describeLimits),
		fakeaws.Bind(s.describeAccountSettings),
		fakeaws.Bind(s.updateAccountSettings),
	}
}

// onAccount plans an operation on the account, whose permission names no resource.
func onAccount[O any](s *Fake, call *fakeaws.Call, in any, do func(place) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "kinesis:" + call.Operation, Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do(place{call.Account, call.Region})
	}}, nil
}

func (s *Fake) describeLimits(call *fakeaws.Call, in *awskinesis.DescribeLimitsInput) (*fakeaws.Plan[*awskinesis.DescribeLimitsOutput], error) {
	return onAccount(s, call, in, func(at place) (*awskinesis.DescribeLimitsOutput, error) {
		return &awskinesis.DescribeLimitsOutput{
			ShardLimit: aws.Int32(maxShards), OpenShardCount: aws.Int32(int32(s.open[at])), //nolint:gosec // at most maxShards
			OnDemandStreamCount:      aws.Int32(int32(s.onDemand(at.account, at.region))), //nolint:gosec // at most maxOnDemand
			OnDemandStreamCountLimit: aws.Int32(maxOnDemand),
		}, nil
	})
}

// commitment is how long the commitment of an account lasts at least.
const commitment = 24 * time.Hour

func (s *Fake) describeAccountSettings(call *fakeaws.Call, in *awskinesis.DescribeAccountSettingsInput) (*fakeaws.Plan[*awskinesis.DescribeAccountSettingsOutput], error) {
	return onAccount(s, call, in, func(at place) (*awskinesis.DescribeAccountSettingsOutput, error) {
		return &awskinesis.DescribeAccountSettingsOutput{MinimumThroughputBillingCommitment: s.committedAt(at)}, nil
	})
}

func (s *Fake) committedAt(at place) *types.MinimumThroughputBillingCommitmentOutput {
	since := s.committed[at]
	if since.IsZero() {
		return &types.MinimumThroughputBillingCommitmentOutput{Status: types.MinimumThroughputBillingCommitmentOutputStatusDisabled}
	}
	return &types.MinimumThroughputBillingCommitmentOutput{
		Status: types.MinimumThroughputBillingCommitmentOutputStatusEnabled, StartedAt: timePointer(since), EarliestAllowedEndAt: timePointer(since.Add(commitment)),
	}
}

func (s *Fake) updateAccountSettings(call *fakeaws.Call, in *awskinesis.UpdateAccountSettingsInput) (*fakeaws.Plan[*awskinesis.UpdateAccountSettingsOutput], error) {
	return onAccount(s, call, in, func(at place) (*awskinesis.UpdateAccountSettingsOutput, error) {
		since, now := s.committed[at], s.now()
		switch in.MinimumThroughputBillingCommitment.Status {
		case types.MinimumThroughputBillingCommitmentInputStatusEnabled:
			if since.IsZero() {
				s.committed[at] = now
			}
		case types.MinimumThroughputBillingCommitmentInputStatusDisabled:
			if !since.IsZero() && now.Before(since.Add(commitment)) {
				return nil, invalid(textMinimum)
			}
			delete(s.committed, at)
		}
		return &awskinesis.UpdateAccountSettingsOutput{MinimumThroughputBillingCommitment: s.committedAt(at)}, nil
	})
}
