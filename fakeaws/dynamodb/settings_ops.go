package dynamodb

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) settingsOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.updateTimeToLive), bind(s.describeTimeToLive), bind(s.updateContinuousBackups), bind(s.describeContinuousBackups),
		bind(s.updateContributorInsights), bind(s.describeContributorInsights), bind(s.listContributorInsights),
		bind(s.describeLimits), bind(s.describeEndpoints),
	}
}

// updateTimeToLive turns the deletion of expired items on or off. AWS lets a setting be
// changed once an hour; here it can be at any time.
func (s *Fake) updateTimeToLive(call *fakeaws.Call, in *dynamodb.UpdateTimeToLiveInput) (*fakeaws.Plan[*dynamodb.UpdateTimeToLiveOutput], error) {
	return onTable(s, call, in.TableName, func(t *table) (*dynamodb.UpdateTimeToLiveOutput, error) {
		spec := in.TimeToLiveSpecification
		switch on := isTrue(spec.Enabled); {
		case on && t.ttl == *spec.AttributeName:
			return nil, invalid(textTTLOn)
		case on && t.ttl != "":
			return nil, invalidf(textTTLOther, t.ttl)
		case !on && t.ttl == "":
			return nil, invalid(textTTLOff)
		case !on && t.ttl != *spec.AttributeName:
			return nil, invalidf(textTTLOther, t.ttl)
		case on:
			t.ttl = *spec.AttributeName
			if err := t.fillExpiring(call, s.now()); err != nil {
				return nil, err
			}
		default:
			t.ttl = ""
			t.expiring.Clear()
		}
		call.Finished()
		s.wake(t)
		return &dynamodb.UpdateTimeToLiveOutput{TimeToLiveSpecification: spec}, nil
	})
}

func (s *Fake) describeTimeToLive(call *fakeaws.Call, in *dynamodb.DescribeTimeToLiveInput) (*fakeaws.Plan[*dynamodb.DescribeTimeToLiveOutput], error) {
	return onTable(s, call, in.TableName, func(t *table) (*dynamodb.DescribeTimeToLiveOutput, error) {
		d := &types.TimeToLiveDescription{TimeToLiveStatus: types.TimeToLiveStatusDisabled}
		if t.ttl != "" {
			d.TimeToLiveStatus, d.AttributeName = types.TimeToLiveStatusEnabled, aws.String(t.ttl)
		}
		return &dynamodb.DescribeTimeToLiveOutput{TimeToLiveDescription: d}, nil
	})
}

// recoveryDays is the recovery period of point-in-time recovery when none is asked for.
const recoveryDays = 35

// updateContinuousBackups turns point-in-time recovery on or off: what was is gone when it is
// turned off.
func (s *Fake) updateContinuousBackups(call *fakeaws.Call, in *dynamodb.UpdateContinuousBackupsInput) (*fakeaws.Plan[*dynamodb.UpdateContinuousBackupsOutput], error) {
	return onBackups(s, call, in.TableName, func(t *table) *dynamodb.UpdateContinuousBackupsOutput {
		spec := in.PointInTimeRecoverySpecification
		switch on := isTrue(spec.PointInTimeRecoveryEnabled); {
		case !on:
			t.undos = nil
		case !t.recovery:
			t.recoverySince = s.now()
		}
		t.recovery, t.recoveryDays = isTrue(spec.PointInTimeRecoveryEnabled), cmp.Or(aws.ToInt32(spec.RecoveryPeriodInDays), recoveryDays)
		return &dynamodb.UpdateContinuousBackupsOutput{ContinuousBackupsDescription: s.continuousBackups(t)}
	})
}

func (s *Fake) describeContinuousBackups(call *fakeaws.Call, in *dynamodb.DescribeContinuousBackupsInput) (*fakeaws.Plan[*dynamodb.DescribeContinuousBackupsOutput], error) {
	return onBackups(s, call, in.TableName, func(t *table) *dynamodb.DescribeContinuousBackupsOutput {
		return &dynamodb.DescribeContinuousBackupsOutput{ContinuousBackupsDescription: s.continuousBackups(t)}
	})
}

// onBackups plans an operation of continuous backups, which have an error of their own for a
// table that does not exist.
func onBackups[O any](s *Fake, call *fakeaws.Call, name *string, do func(*table) O) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, name)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{t.need("dynamodb:" + call.Operation)}, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.table == nil || t.table.gone {
			return none, &types.TableNotFoundException{Message: aws.String("Table not found: " + t.id.name)}
		}
		return do(t.table), nil
	}}, nil
}

// continuousBackups describes the setting. The lock is held.
func (s *Fake) continuousBackups(t *table) *types.ContinuousBackupsDescription {
	p := &types.PointInTimeRecoveryDescription{PointInTimeRecoveryStatus: types.PointInTimeRecoveryStatusDisabled}
	if t.recovery {
		p.PointInTimeRecoveryStatus, p.RecoveryPeriodInDays = types.PointInTimeRecoveryStatusEnabled, aws.Int32(t.recoveryDays)
		p.EarliestRestorableDateTime, p.LatestRestorableDateTime = timeOf(t.earliest(s.now())), timeOf(s.now())
	}
	return &types.ContinuousBackupsDescription{ContinuousBackupsStatus: types.ContinuousBackupsStatusEnabled, PointInTimeRecoveryDescription: p}
}

// insightsTarget is a table or an index of contributor insights.
func insightsOn[O any](s *Fake, call *fakeaws.Call, name, index *string, do func(t *table, index string) O) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, name)
	if err != nil {
		return nil, err
	}
	resource := t.id.arn()
	if index != nil {
		if !validName(*index) {
			return nil, invalid(textName)
		}
		resource += "/index/" + *index
	}
	// The permission is on the index, and on the table, which the reference requires.
	needs := []fakeaws.Need{t.need("dynamodb:" + call.Operation)}
	if index != nil {
		needs = append(needs, t.needOn("dynamodb:"+call.Operation, resource))
	}
	return planOn(s, t, func(t *table) (none O, _ error) {
		if index != nil && t.index(*index) == nil {
			return none, noTableNamed(t.id.name)
		}
		return do(t, aws.ToString(index)), nil
	}, needs...), nil
}

func (s *Fake) updateContributorInsights(call *fakeaws.Call, in *dynamodb.UpdateContributorInsightsInput) (*fakeaws.Plan[*dynamodb.UpdateContributorInsightsOutput], error) {
	return insightsOn(s, call, in.TableName, in.IndexName, func(t *table, index string) *dynamodb.UpdateContributorInsightsOutput {
		status, after := types.ContributorInsightsStatusEnabling, types.ContributorInsightsStatusEnabled
		if in.ContributorInsightsAction == types.ContributorInsightsActionDisable {
			status, after = types.ContributorInsightsStatusDisabling, types.ContributorInsightsStatusDisabled
		}
		insights := maps.Clone(t.insights)
		if insights == nil {
			insights = make(map[string]types.ContributorInsightsStatus)
		}
		insights[index] = after
		t.insights = insights
		call.Finished()
		return &dynamodb.UpdateContributorInsightsOutput{TableName: &t.id.name, IndexName: in.IndexName, ContributorInsightsStatus: status}
	})
}

func (s *Fake) describeContributorInsights(call *fakeaws.Call, in *dynamodb.DescribeContributorInsightsInput) (*fakeaws.Plan[*dynamodb.DescribeContributorInsightsOutput], error) {
	return insightsOn(s, call, in.TableName, in.IndexName, func(t *table, index string) *dynamodb.DescribeContributorInsightsOutput {
		return &dynamodb.DescribeContributorInsightsOutput{
			TableName: &t.id.name, IndexName: in.IndexName,
			ContributorInsightsStatus: cmp.Or(t.insights[index], types.ContributorInsightsStatusDisabled),
		}
	})
}

// listContributorInsights lists the tables and indexes of which there is a setting.
func (s *Fake) listContributorInsights(call *fakeaws.Call, in *dynamodb.ListContributorInsightsInput) (*fakeaws.Plan[*dynamodb.ListContributorInsightsOutput], error) {
	of, err := ownTable(call, in.TableName)
	if err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "dynamodb:ListContributorInsights", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*dynamodb.ListContributorInsightsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*dynamodb.ListContributorInsightsOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := &dynamodb.ListContributorInsightsOutput{ContributorInsightsSummaries: []types.ContributorInsightsSummary{}}
		for id, t := range s.tables {
			if id.account != call.Account || id.region != call.Region || of != "" && of != id.name {
				continue
			}
			for index, status := range t.insights {
				summary := types.ContributorInsightsSummary{TableName: &t.id.name, ContributorInsightsStatus: status}
				if index != "" {
					summary.IndexName = aws.String(index)
				}
				out.ContributorInsightsSummaries = append(out.ContributorInsightsSummaries, summary)
			}
		}
		slices.SortFunc(out.ContributorInsightsSummaries, func(a, b types.ContributorInsightsSummary) int {
			return cmp.Or(strings.Compare(*a.TableName, *b.TableName), strings.Compare(aws.ToString(a.IndexName), aws.ToString(b.IndexName)))
		})
		return out, nil
	}}, nil
}

// The quotas of an account and of a table ("Quotas in Amazon DynamoDB").
const (
	accountUnits = 80000
	tableUnits   = 40000
)

func (s *Fake) describeLimits(call *fakeaws.Call, _ *dynamodb.DescribeLimitsInput) (*fakeaws.Plan[*dynamodb.DescribeLimitsOutput], error) {
	need := fakeaws.Need{Action: "dynamodb:DescribeLimits", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*dynamodb.DescribeLimitsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*dynamodb.DescribeLimitsOutput, error) {
		return &dynamodb.DescribeLimitsOutput{
			AccountMaxReadCapacityUnits: aws.Int64(accountUnits), AccountMaxWriteCapacityUnits: aws.Int64(accountUnits),
			TableMaxReadCapacityUnits: aws.Int64(tableUnits), TableMaxWriteCapacityUnits: aws.Int64(tableUnits),
		}, nil
	}}, nil
}

// describeEndpoints answers the endpoint of the region.
func (s *Fake) describeEndpoints(call *fakeaws.Call, _ *dynamodb.DescribeEndpointsInput) (*fakeaws.Plan[*dynamodb.DescribeEndpointsOutput], error) {
	need := fakeaws.Need{Action: "dynamodb:DescribeEndpoints", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*dynamodb.DescribeEndpointsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*dynamodb.DescribeEndpointsOutput, error) {
		return &dynamodb.DescribeEndpointsOutput{Endpoints: []types.Endpoint{
			{Address: aws.String("dynamodb." + call.Region + ".amazonaws.com"), CachePeriodInMinutes: 1440},
		}}, nil
	}}, nil
}
