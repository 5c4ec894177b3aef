package stepfunctions

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) historyOps() []fakeaws.Op { return []fakeaws.Op{fakeaws.Bind(s.getExecutionHistory)} }

// getExecutionHistory lists what has happened in an execution.
func (s *Fake) getExecutionHistory(call *fakeaws.Call, in *sfn.GetExecutionHistoryInput) (*fakeaws.Plan[*sfn.GetExecutionHistoryOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.GetExecutionHistoryOutput, error) {
		all := x.history
		key := func(e *types.HistoryEvent) string { return fmt.Sprintf("%012d", e.Id) }
		if in.ReverseOrder {
			all = slices.Clone(all)
			slices.Reverse(all)
			key = func(e *types.HistoryEvent) string { return descending(int(e.Id)) }
		}
		data := in.IncludeExecutionData == nil || *in.IncludeExecutionData
		p, err := paged(all, key, in.NextToken, in.MaxResults, func(e *types.HistoryEvent) types.HistoryEvent {
			if data {
				return *e
			}
			return withoutData(e)
		})
		if err != nil {
			return nil, err
		}
		return &sfn.GetExecutionHistoryOutput{Events: p.Items, NextToken: p.Next}, nil
	})
}

// dataFields are the fields of events that have the data of executions.
var dataFields = []string{"Input", "Output", "Parameters", "AssignedVariables", "InputDetails", "OutputDetails", "AssignedVariablesDetails"}

// withoutData is an event without the data of the execution.
func withoutData(e *types.HistoryEvent) types.HistoryEvent {
	out := *e
	v := reflect.ValueOf(&out).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() != reflect.Pointer || f.IsNil() || f.Elem().Kind() != reflect.Struct || !v.Type().Field(i).IsExported() {
			continue
		}
		details := reflect.New(f.Elem().Type())
		details.Elem().Set(f.Elem())
		for _, name := range dataFields {
			if in := details.Elem().FieldByName(name); in.IsValid() {
				in.SetZero()
			}
		}
		f.Set(details)
	}
	return out
}
