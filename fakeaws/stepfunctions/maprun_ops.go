package stepfunctions

import (
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) mapRunOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.describeMapRun), fakeaws.Bind(s.listMapRuns), fakeaws.Bind(s.updateMapRun)}
}

// There are no Map Runs, because distributed Map states are refused. One that is named does not
// exist.
func (s *Fake) describeMapRun(call *fakeaws.Call, in *sfn.DescribeMapRunInput) (*fakeaws.Plan[*sfn.DescribeMapRunOutput], error) {
	return onMapRun[*sfn.DescribeMapRunOutput](call, in, in.MapRunArn)
}

func (s *Fake) updateMapRun(call *fakeaws.Call, in *sfn.UpdateMapRunInput) (*fakeaws.Plan[*sfn.UpdateMapRunOutput], error) {
	return onMapRun[*sfn.UpdateMapRunOutput](call, in, in.MapRunArn)
}

func onMapRun[O any](call *fakeaws.Call, in any, arn *string) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, arn, kindMapRun)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need(call.Operation, ref.text, ref.account, nil)}, Do: func() (none O, err error) { return none, notFound(ref.text) }}, nil
}

// listMapRuns lists the Map Runs of an execution, which has none.
func (s *Fake) listMapRuns(call *fakeaws.Call, in *sfn.ListMapRunsInput) (*fakeaws.Plan[*sfn.ListMapRunsOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.ListMapRunsOutput, error) {
		p, err := paged(nil, func(string) string { return "" }, in.NextToken, in.MaxResults, func(string) types.MapRunListItem { return types.MapRunListItem{} })
		if err != nil {
			return nil, err
		}
		return &sfn.ListMapRunsOutput{MapRuns: p.Items, NextToken: p.Next}, nil
	})
}
