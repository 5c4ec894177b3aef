package stepfunctions

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// A mapRun is what a distributed Map state does: it begins an execution for each item, or batch
// of items, with the role of the state machine, which needs states:StartExecution on the state
// machine itself ("IAM policies for using Distributed Map states").
type mapRun struct {
	arn      string
	run      *execution // of which it is a part
	state    *asl.State
	inputs   []string // of the executions
	sizes    []int    // how many items each has
	children []*execution
	active   int
	// items and failed are how many items there are, and how many of these have failed.
	items, failed int
	// most are how many run at once, count and percentage how many items may fail.
	most              int
	count, percentage int
	counted           bool // count is a threshold
	status            types.MapRunStatus
	started, stopped  time.Time
	written           bool
}

// maxDistributed is how many executions of a Map Run run at once ("Set the concurrency of child
// workflow executions": 10,000), and maxItems how many items there are here at most: AWS takes
// more, which would hold the lock for long here.
const (
	maxDistributed = 10_000
	maxItems       = 10_000
)

// errExceeded is why a Map Run fails of which too many executions have failed.
const (
	errExceeded  = "States.ExceedToleratedFailureThreshold"
	textExceeded = "The specified tolerated failure threshold was exceeded"
)

// express reports whether the executions of the Map Run are express ones.
func (m *mapRun) express() bool { return m.state.Distributed.Express }

// distribute begins a distributed Map state: with a call of S3 where the items are there.
func (s *Fake) distribute(t *thread, env *asl.Env) {
	d := t.state.Distributed
	if d.Reader == nil {
		items, err := t.state.MapItems(env)
		if err != nil {
			s.fail(t, err)
			return
		}
		s.beginRun(t, items)
		return
	}
	params, most, err := s.readerOf(d.Reader, env)
	if err != nil {
		s.fail(t, err)
		return
	}
	s.callMap(t, &mapJob{read: d.Reader, params: params, most: most})
}

// readerOf evaluates an ItemReader.
func (s *Fake) readerOf(r *asl.ItemReader, env *asl.Env) (params map[string]any, most int, err error) {
	v, err := r.Parameters.Eval(env)
	if err != nil {
		return nil, 0, err
	}
	params, ok := v.(map[string]any)
	if !ok {
		return nil, 0, &asl.Error{Name: asl.ErrRuntime, Cause: "The Parameters of the ItemReader are no object"}
	}
	most, _, err = r.MaxItems.Of(env)
	if most == 0 || most > maxItems {
		most = maxItems
	}
	return params, most, err
}

// A mapJob is a call that a distributed Map state makes: it reads the items, begins an
// execution, or writes the results.
type mapJob struct {
	read   *asl.ItemReader
	params map[string]any
	most   int
	begin  *mapRun
	index  int
	write  *mapRun
}

// callMap has a thread make a call of its Map state.
func (s *Fake) callMap(t *thread, m *mapJob) {
	t.job = &job{mapping: m, machine: t.run.machine.id, role: t.run.revision.role, session: sessionName(s.world), run: t.run, begun: s.world.Clock().Now()}
	t.phase = calling
	s.schedule(t, s.now())
}

// performMap makes the call. No lock is held.
func (s *Fake) performMap(ctx context.Context, actor fakeaws.Actor, m *mapJob) *answer {
	switch {
	case m.read != nil:
		items, failure := s.readItems(ctx, actor, m)
		return &answer{value: items, failure: failure}
	case m.write != nil:
		value, failure := s.writeResults(ctx, actor, m)
		return &answer{value: value, failure: failure}
	}
	return s.beginChild(ctx, actor, m)
}

// mapPerformed goes on after a call of a Map state. The lock is held.
func (s *Fake) mapPerformed(t *thread, m *mapJob, done *answer) {
	switch {
	case m.read != nil && done.failure != nil:
		s.mapStateFailed(t, done.failure)
	case m.read != nil:
		items, _ := done.value.([]any)
		s.beginRun(t, items)
	case m.write != nil && done.failure != nil:
		s.runFailed(t, done.failure)
	case m.write != nil:
		m.write.written = true
		s.runSucceeded(t, done.value)
	case done.failure != nil:
		s.runFailed(t, done.failure)
	default:
		s.mapGoesOn(t)
	}
}

// mapStateFailed fails a Map state that has no Map Run yet.
func (s *Fake) mapStateFailed(t *thread, failure *asl.Error) {
	t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Failed"), nil)
	s.failed(t, failure)
}

// beginRun begins a Map Run with the items.
func (s *Fake) beginRun(t *thread, items []any) {
	env := s.env(t)
	m, err := s.newRun(t, env, items)
	if err != nil {
		s.fail(t, err)
		return
	}
	t.last = s.event(t.run, t.last, types.HistoryEventTypeMapStateStarted, func(e *types.HistoryEvent) {
		e.MapStateStartedEventDetails = &types.MapStateStartedEventDetails{Length: int32(len(items))}
	})
	t.last = s.event(t.run, t.last, types.HistoryEventTypeMapRunStarted, func(e *types.HistoryEvent) {
		e.MapRunStartedEventDetails = &types.MapRunStartedEventDetails{MapRunArn: &m.arn}
	})
	t.mapped = m
	t.run.mapRuns = append(t.run.mapRuns, m)
	s.mapGoesOn(t)
}

// newRun makes the Map Run of a state, with the inputs of all executions.
func (s *Fake) newRun(t *thread, env *asl.Env, items []any) (*mapRun, error) {
	d, id := t.state.Distributed, t.run.machine.id
	if len(items) > maxItems {
		return nil, &asl.Error{Name: "States.ItemReaderFailed", Cause: fmt.Sprintf("leastpriv: more than %d items are not implemented", maxItems)}
	}
	label := d.Label
	if label == "" {
		label = s.world.IDs().UUID()
	}
	m := &mapRun{run: t.run, state: t.state, status: types.MapRunStatusRunning, started: s.now()}
	m.arn = fakeaws.ARN("states", id.region, id.account, kindMapRun+":"+id.name+"/"+label+":"+s.world.IDs().UUID())
	var err error
	if m.most, _, err = t.state.MaxConcurrency.Of(env); err != nil {
		return nil, err
	}
	if m.most == 0 || m.most > maxDistributed {
		m.most = maxDistributed
	}
	if m.count, m.counted, err = d.FailureCount.Of(env); err != nil {
		return nil, err
	}
	if m.percentage, _, err = d.FailurePercentage.Of(env); err != nil {
		return nil, err
	}
	selected, err := s.selectItems(t, env, items)
	if err != nil {
		return nil, err
	}
	return m, m.batch(t, env, selected)
}

// mapChild is what a call of StartExecution begins for a Map Run, in place of the state machine.
type mapChild struct {
	of    *mapRun
	index int
}

type mapChildKey struct{}

// childOf is the item that a call begins an execution for; nil for any other call.
func childOf(call *fakeaws.Call) *mapChild {
	c, _ := call.Value(mapChildKey{}).(*mapChild)
	return c
}

// beginChild begins the execution of an item, with a call as the role of the state machine.
func (s *Fake) beginChild(ctx context.Context, actor fakeaws.Actor, m *mapJob) *answer {
	c := &mapChild{of: m.begin, index: m.index}
	_, err := s.world.Do(context.WithValue(ctx, mapChildKey{}, c), actor, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(m.begin.run.machine.arn), Input: &m.begin.inputs[m.index], Name: aws.String(s.world.IDs().UUID()),
	})
	if err != nil {
		return &answer{failure: &asl.Error{Name: asl.ErrPermissions, Cause: err.Error()}}
	}
	return new(answer)
}

// startChild makes the execution of an item: it has the states of the Map state, and the state
// machine's revision for the rest. The lock is held.
func (s *Fake) startChild(t *target, c *mapChild, name, input string) *execution {
	m := c.of
	kind := kindExecution
	suffix := ""
	if m.express() {
		kind, suffix = kindExpress, ":"+s.world.IDs().UUID()
	}
	arn := fakeaws.ARN("states", t.id.region, t.id.account, kind+":"+m.label()+":"+name+suffix)
	x := s.start(t.machine, m.run.revision, arn, name, input, s.due)
	x.mapRun, x.block, x.itemIndex = m, m.state.Branches[0], c.index
	m.children = append(m.children, x)
	m.active++
	s.begin(x)
	return x
}

// label is the name of the state machine with that of the Map Run, as ARNs of executions have it.
func (m *mapRun) label() string {
	ref, ok := parse(m.arn)
	if !ok {
		return m.run.machine.id.name
	}
	return ref.name
}

// childEnded notes the end of an execution of a Map Run, whose state goes on. The lock is held.
func (s *Fake) childEnded(x *execution) {
	m := x.mapRun
	m.active--
	if x.status == types.ExecutionStatusFailed || x.status == types.ExecutionStatusTimedOut {
		m.failed += m.sizes[x.itemIndex]
	}
	for _, t := range m.run.mapping() {
		if t.mapped == m && t.phase == branching {
			t.phase = mapping
			s.schedule(t, x.stopped)
		}
	}
}

// mapping are the threads of an execution that have a Map Run.
func (x *execution) mapping() (all []*thread) {
	var visit func(*thread)
	visit = func(t *thread) {
		if t == nil || t.ended {
			return
		}
		if t.mapped != nil {
			all = append(all, t)
		}
		if t.children != nil {
			for _, in := range t.children.threads {
				visit(in)
			}
		}
	}
	visit(x.root)
	return all
}

// counts sums something over the executions of a Map Run, by their status.
func (m *mapRun) counts(weight func(i int) int64) *types.MapRunExecutionCounts {
	c := new(types.MapRunExecutionCounts)
	for i := range m.inputs {
		n := weight(i)
		c.Total += n
		if i >= len(m.children) {
			c.Pending += n
			continue
		}
		switch m.children[i].status {
		case types.ExecutionStatusSucceeded:
			c.Succeeded += n
		case types.ExecutionStatusFailed:
			c.Failed += n
		case types.ExecutionStatusTimedOut:
			c.TimedOut += n
		case types.ExecutionStatusAborted:
			c.Aborted += n
		default:
			c.Running += n
		}
		if m.written && !m.children[i].running() {
			c.ResultsWritten += n
		}
	}
	return c
}

// exceeded reports whether more items have failed than may.
func (m *mapRun) exceeded() bool {
	few := m.failed*100 <= m.percentage*m.items
	switch {
	case m.failed == 0:
		return false
	case m.percentage > 0 && m.counted:
		return !few || m.failed > m.count
	case m.percentage > 0:
		return !few
	}
	return m.failed > m.count
}

// mapGoesOn begins the next execution, waits, or ends the Map Run.
func (s *Fake) mapGoesOn(t *thread) {
	m := t.mapped
	switch {
	case m.exceeded():
		s.runFailed(t, &asl.Error{Name: errExceeded, Cause: textExceeded})
	case len(m.children) < len(m.inputs) && m.active < m.most:
		s.callMap(t, &mapJob{begin: m, index: len(m.children)})
	case m.active > 0:
		t.phase = branching
		t.turn++
	case m.state.Distributed.Writer != nil:
		v, err := m.state.Distributed.Writer.Parameters.Eval(s.env(t))
		params, ok := v.(map[string]any)
		if err != nil || !ok {
			s.runFailed(t, &asl.Error{Name: asl.ErrRuntime, Cause: fmt.Sprintf("The Parameters of the ResultWriter are not valid: %v", err)})
			return
		}
		s.callMap(t, &mapJob{write: m, params: params})
	default:
		s.runSucceeded(t, m.results())
	}
}

// results are the outputs of the executions that succeeded, in the order of the items. That those
// which may fail are left out is unverified.
func (m *mapRun) results() []any {
	all := []any{}
	for _, x := range m.children {
		if x.status == types.ExecutionStatusSucceeded {
			v, _ := asl.Decode([]byte(x.output))
			all = append(all, v)
		}
	}
	return all
}

func (s *Fake) runSucceeded(t *thread, result any) {
	m := t.mapped
	m.status, m.stopped, t.mapped = types.MapRunStatusSucceeded, s.now(), nil
	t.last = s.event(t.run, t.last, types.HistoryEventTypeMapRunSucceeded, nil)
	t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Succeeded"), nil)
	s.finish(t, result, nil)
}

// runFailed ends a Map Run and those of its executions that run.
func (s *Fake) runFailed(t *thread, failure *asl.Error) {
	m := t.mapped
	t.mapped = nil
	s.stopRun(m, types.MapRunStatusFailed)
	t.last = s.event(t.run, t.last, types.HistoryEventTypeMapRunFailed, func(e *types.HistoryEvent) {
		e.MapRunFailedEventDetails = &types.MapRunFailedEventDetails{Error: optional(failure.Name), Cause: optional(failure.Cause)}
	})
	s.mapStateFailed(t, failure)
}

// stopRun ends a Map Run.
func (s *Fake) stopRun(m *mapRun, status types.MapRunStatus) {
	m.status, m.stopped = status, s.now()
	for _, x := range m.children {
		if x.running() {
			s.end(x, types.ExecutionStatusAborted, "", nil, x.root.last)
		}
	}
}
