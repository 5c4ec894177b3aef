package stepfunctions

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// An execution is that of a state machine.
type execution struct {
	arn, name            string
	machine              *machine
	revision             *revision
	versionARN, aliasARN string
	input, trace         string
	data                 any // input, decoded
	started, stopped     time.Time
	status               types.ExecutionStatus
	output               string
	failure              *asl.Error
	history              []*types.HistoryEvent
	bytes                int  // of history
	full                 bool // there is no more room in history
	root                 *thread
	agenda               *agenda
	timeout              time.Time // zero for none
	redrives             int
	redriven             time.Time
	redriveToken         string
	waiting              []*thread // that wait for the end of the execution
	mapRuns              []*mapRun // of its distributed Map states
	// mapRun is the one that the execution is of, and block what it does for an item; nil for
	// executions of a state machine.
	mapRun    *mapRun
	block     *asl.Block
	itemIndex int
}

// Bounds of executions ("Quotas related to state machine executions"). That an express
// execution has a bound of transitions, and a history a bound in bytes, is unverified: AWS
// bounds the former by five minutes.
const (
	maxHistory      = 25_000
	maxHistoryBytes = 64 << 20
	expressTimeout  = 5 * time.Minute
	redriveWindow   = 14 * 24 * time.Hour
	// keptExpress is how many executions of an express state machine are kept for Go code to
	// look at.
	keptExpress = 1000
)

func (x *execution) express() bool {
	if x.mapRun != nil {
		return x.mapRun.express()
	}
	return x.machine.kind == types.StateMachineTypeExpress
}

func (x *execution) running() bool { return x.status == types.ExecutionStatusRunning }

// event adds to the history, and returns the number of the event. The number before is that
// of the event that led to it.
func (s *Fake) event(x *execution, before int64, kind types.HistoryEventType, details func(*types.HistoryEvent)) int64 {
	if len(x.history) >= maxHistory-1 || x.bytes > maxHistoryBytes {
		x.full = true
		return before
	}
	return s.record(x, before, kind, details)
}

// record is event for the last events of an execution, for which there is always room.
func (s *Fake) record(x *execution, before int64, kind types.HistoryEventType, details func(*types.HistoryEvent)) int64 {
	e := &types.HistoryEvent{Id: int64(len(x.history) + 1), PreviousEventId: before, Timestamp: aws.Time(s.now()), Type: kind}
	if details != nil {
		details(e)
	}
	x.history = append(x.history, e)
	return e.Id
}

// whole says that the data of an event are all there, as they always are here.
func whole() *types.HistoryEventExecutionDataDetails {
	return &types.HistoryEventExecutionDataDetails{}
}

// start makes an execution that is to begin, on an agenda. The lock is held.
func (s *Fake) start(m *machine, rev *revision, arn, name, input string, on *agenda) *execution {
	now := s.now()
	data, _ := asl.Decode([]byte(input)) // it was checked
	x := &execution{arn: arn, name: name, machine: m, revision: rev, input: input, data: data, started: now, status: types.ExecutionStatusRunning, agenda: on}
	return x
}

// begin has an execution begin: its first event is in the history when it is answered.
func (s *Fake) begin(x *execution) {
	id := s.event(x, 0, types.HistoryEventTypeExecutionStarted, func(e *types.HistoryEvent) {
		e.ExecutionStartedEventDetails = &types.ExecutionStartedEventDetails{Input: &x.input, InputDetails: whole(), RoleArn: &x.revision.role,
			StateMachineAliasArn: optional(x.aliasARN), StateMachineVersionArn: optional(x.versionARN)}
	})
	x.bytes += len(x.input)
	block := &x.revision.machine.Block
	if x.block != nil {
		block = x.block
	}
	x.root = &thread{run: x, block: block, state: block.States[block.StartAt], input: x.data, text: x.input, last: id}
	s.schedule(x.root, x.started)
	s.limit(x)
	if !x.agenda.private {
		x.machine.running++
		x.keep()
	}
	if !x.express() {
		s.executions[x.arn] = x
	}
}

// keep adds an execution to those of its state machine: one that a call runs when it has ended,
// because a clone of the World has no such call.
func (x *execution) keep() {
	m := x.machine
	m.executions = append(m.executions, x)
	if x.express() && len(m.executions) > keptExpress {
		m.executions = slices.Clone(m.executions[1:])
	}
}

// limit sets when an execution times out.
func (s *Fake) limit(x *execution) {
	x.timeout = time.Time{}
	limit := time.Duration(x.revision.machine.Timeout) * time.Second
	if x.mapRun != nil {
		limit = 0 // that is for the execution which it is a part of
	}
	if x.express() && (limit == 0 || limit > expressTimeout) {
		limit = expressTimeout
	}
	if limit > 0 {
		x.timeout = s.now().Add(limit)
		s.enter(x.agenda, entry{at: x.timeout, run: x})
	}
}

// end ends an execution, with all that is under way in it.
func (s *Fake) end(x *execution, status types.ExecutionStatus, output string, failure *asl.Error, before int64) {
	if !x.running() {
		return
	}
	s.abort(x.root)
	x.status, x.stopped, x.output, x.failure = status, s.now(), output, failure
	if x.agenda.private {
		x.keep()
	} else {
		x.machine.running--
	}
	kind, details := ending(status, output, failure)
	s.record(x, before, kind, details)
	for _, t := range x.waiting {
		if t.run.running() && t.phase == child {
			t.phase = childEnded
			s.schedule(t, x.stopped)
		}
	}
	x.waiting = nil
	if x.mapRun != nil {
		s.childEnded(x)
	}
	if m := x.machine; m.deleting && m.running == 0 && !m.gone {
		s.remove(m)
	}
}

// ending is the last event of an execution.
func ending(status types.ExecutionStatus, output string, failure *asl.Error) (types.HistoryEventType, func(*types.HistoryEvent)) {
	var name, cause *string
	if failure != nil {
		name, cause = optional(failure.Name), optional(failure.Cause)
	}
	switch status {
	case types.ExecutionStatusSucceeded:
		return types.HistoryEventTypeExecutionSucceeded, func(e *types.HistoryEvent) {
			e.ExecutionSucceededEventDetails = &types.ExecutionSucceededEventDetails{Output: &output, OutputDetails: whole()}
		}
	case types.ExecutionStatusTimedOut:
		return types.HistoryEventTypeExecutionTimedOut, func(e *types.HistoryEvent) {
			e.ExecutionTimedOutEventDetails = &types.ExecutionTimedOutEventDetails{Error: name, Cause: cause}
		}
	case types.ExecutionStatusAborted:
		return types.HistoryEventTypeExecutionAborted, func(e *types.HistoryEvent) {
			e.ExecutionAbortedEventDetails = &types.ExecutionAbortedEventDetails{Error: name, Cause: cause}
		}
	}
	return types.HistoryEventTypeExecutionFailed, func(e *types.HistoryEvent) {
		e.ExecutionFailedEventDetails = &types.ExecutionFailedEventDetails{Error: name, Cause: cause}
	}
}

// context is the context object of a thread.
func (t *thread) context() any {
	x := t.run
	execution := map[string]any{
		"Id": x.arn, "Name": x.name, "Input": x.data, "RoleArn": x.revision.role, "StartTime": stamp(x.started), "RedriveCount": integer(x.redrives),
	}
	if !x.redriven.IsZero() {
		execution["RedriveTime"] = stamp(x.redriven)
	}
	c := map[string]any{
		"Execution":    execution,
		"StateMachine": map[string]any{"Id": x.machine.arn, "Name": x.machine.id.name},
		"State":        map[string]any{"Name": t.state.Name, "EnteredTime": stamp(t.entered), "RetryCount": integer(t.retried)},
	}
	if t.token != "" {
		c["Task"] = map[string]any{"Token": t.token}
	}
	for in := t; in.frame != nil; in = in.frame.parent {
		if in.frame.items != nil {
			c["Map"] = map[string]any{"Item": mapItem(in.frame, in.index)}
			break
		}
	}
	return c
}

func mapItem(f *frame, i int) any {
	return map[string]any{"Index": integer(i), "Value": f.items[i]}
}

// stamp is a time as the context object has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// env is what the expressions of a thread's state are evaluated in.
func (s *Fake) env(t *thread) *asl.Env {
	ids := s.world.IDs()
	return &asl.Env{
		Data: t.input, Context: t.context(), Variable: t.variable, UUID: ids.UUID,
		Random: func() float64 {
			u := ids.RandomUUID()
			return float64(uint32(u[0])<<16|uint32(u[1])<<8|uint32(u[2])) / (1 << 24)
		},
	}
}

// variable finds a variable in the scope of a thread, or in those that are around it.
func (t *thread) variable(name string) (any, bool) {
	for {
		if v, ok := t.vars[name]; ok {
			return v, true
		}
		if t.frame == nil {
			return nil, false
		}
		t = t.frame.parent
	}
}

var _ fakeaws.Worker = (*Fake)(nil)
