package stepfunctions

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) mapRunOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.describeMapRun), fakeaws.Bind(s.listMapRuns), fakeaws.Bind(s.updateMapRun)}
}

// onMapRun plans an operation on a Map Run, which is judged with the tags of its state machine.
func onMapRun[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*mapRun) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, arn, kindMapRun)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mapRun(ref.text)
	n := need(call.Operation, ref.text, ref.account, nil)
	if m != nil {
		n = need(call.Operation, ref.text, ref.account, m.run.machine.tags)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{n}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if m == nil || s.mapRun(ref.text) != m {
			return none, notFound(ref.text)
		}
		return do(m)
	}}, nil
}

// mapRun finds a Map Run by its ARN; nil where there is none. The lock is held.
func (s *Fake) mapRun(arn string) *mapRun {
	for _, x := range s.executions {
		for _, m := range x.mapRuns {
			if m.arn == arn {
				return m
			}
		}
	}
	return nil
}

func (s *Fake) describeMapRun(call *fakeaws.Call, in *sfn.DescribeMapRunInput) (*fakeaws.Plan[*sfn.DescribeMapRunOutput], error) {
	return onMapRun(s, call, in, in.MapRunArn, func(m *mapRun) (*sfn.DescribeMapRunOutput, error) {
		out := &sfn.DescribeMapRunOutput{
			MapRunArn: &m.arn, ExecutionArn: &m.run.arn, Status: m.status, StartDate: aws.Time(m.started), MaxConcurrency: int32(m.most),
			ToleratedFailureCount: int64(m.count), ToleratedFailurePercentage: float32(m.percentage), RedriveCount: aws.Int32(0),
			ExecutionCounts: m.counts(func(int) int64 { return 1 }),
		}
		items := types.MapRunItemCounts(*m.counts(func(i int) int64 { return int64(m.sizes[i]) }))
		out.ItemCounts = &items
		if m.status != types.MapRunStatusRunning {
			out.StopDate = aws.Time(m.stopped)
		}
		return out, nil
	})
}

// updateMapRun changes a Map Run that is under way.
func (s *Fake) updateMapRun(call *fakeaws.Call, in *sfn.UpdateMapRunInput) (*fakeaws.Plan[*sfn.UpdateMapRunOutput], error) {
	return onMapRun(s, call, in, in.MapRunArn, func(m *mapRun) (*sfn.UpdateMapRunOutput, error) {
		if in.MaxConcurrency != nil {
			if m.most = int(*in.MaxConcurrency); m.most == 0 {
				m.most = maxDistributed
			}
		}
		if in.ToleratedFailureCount != nil {
			m.count, m.counted = int(*in.ToleratedFailureCount), true
		}
		if in.ToleratedFailurePercentage != nil {
			m.percentage = int(*in.ToleratedFailurePercentage)
		}
		for _, t := range m.run.mapping() {
			if t.mapped == m && t.phase == branching { // there may be room for more, or too many have failed
				t.phase = mapping
				s.schedule(t, s.now())
			}
		}
		return &sfn.UpdateMapRunOutput{}, nil
	})
}

// listMapRuns lists the Map Runs of an execution.
func (s *Fake) listMapRuns(call *fakeaws.Call, in *sfn.ListMapRunsInput) (*fakeaws.Plan[*sfn.ListMapRunsOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.ListMapRunsOutput, error) {
		all := slices.SortedFunc(slices.Values(x.mapRuns), func(a, b *mapRun) int { return cmp.Compare(a.arn, b.arn) })
		p, err := paged(all, func(m *mapRun) string { return m.arn }, in.NextToken, in.MaxResults, func(m *mapRun) types.MapRunListItem {
			item := types.MapRunListItem{ExecutionArn: &x.arn, MapRunArn: &m.arn, StartDate: aws.Time(m.started), StateMachineArn: &x.machine.arn}
			if m.status != types.MapRunStatusRunning {
				item.StopDate = aws.Time(m.stopped)
			}
			return item
		})
		if err != nil {
			return nil, err
		}
		return &sfn.ListMapRunsOutput{MapRuns: p.Items, NextToken: p.Next}, nil
	})
}

// listOfMapRun lists the executions of a Map Run, in the order in which they began.
func (s *Fake) listOfMapRun(call *fakeaws.Call, in *sfn.ListExecutionsInput) (*fakeaws.Plan[*sfn.ListExecutionsOutput], error) {
	return onMapRun(s, call, in, in.MapRunArn, func(m *mapRun) (*sfn.ListExecutionsOutput, error) {
		var all []numbered
		for i, x := range m.children {
			if in.StatusFilter == "" || x.status == in.StatusFilter {
				all = append(all, numbered{i, x})
			}
		}
		p, err := paged(all, func(n numbered) string { return descending(len(m.inputs) - n.number) }, in.NextToken, in.MaxResults, func(n numbered) types.ExecutionListItem {
			item := n.item()
			item.MapRunArn, item.ItemCount = &m.arn, aws.Int32(int32(m.sizes[n.number]))
			return item
		})
		if err != nil {
			return nil, err
		}
		return &sfn.ListExecutionsOutput{Executions: p.Items, NextToken: p.Next}, nil
	})
}
