package stepfunctions

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An Execution is one as Go code sees it that looks without a call: no policy is asked. Those of
// express state machines are there too, which no operation describes.
type Execution struct {
	ARN, Name string
	Status    types.ExecutionStatus
	// Input and Output are JSON; Output is empty until the execution has succeeded.
	Input, Output string
	// Error and Cause are how it failed.
	Error, Cause     string
	Started, Stopped time.Time
	// States are the states that were entered, in order.
	States []string
	// History are all events.
	History []types.HistoryEvent
}

// Executions returns the executions of a state machine, by its ARN, the oldest first; of an express
// one the latest thousand.
func Executions(w *fakeaws.World, machine string) []Execution {
	ref, ok := parse(machine)
	if !ok {
		return nil
	}
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machines[ref.resourceID]
	if m == nil {
		return nil
	}
	var all []Execution
	for _, x := range m.executions {
		all = append(all, x.snapshot())
	}
	return all
}

func (x *execution) snapshot() Execution {
	out := Execution{ARN: x.arn, Name: x.name, Status: x.status, Input: x.input, Output: x.output, Started: x.started, Stopped: x.stopped}
	if x.failure != nil {
		out.Error, out.Cause = x.failure.Name, x.failure.Cause
	}
	for _, e := range x.history {
		out.History = append(out.History, *e)
		if e.StateEnteredEventDetails != nil {
			out.States = append(out.States, *e.StateEnteredEventDetails.Name)
		}
	}
	out.States = slices.Clip(out.States)
	return out
}
