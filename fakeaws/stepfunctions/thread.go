package stepfunctions

import (
	"errors"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// A thread goes through the states of a block: of the state machine, of a branch, or of an item
// of a Map state.
type thread struct {
	run   *execution
	frame *frame // that it is one of; nil for the first
	index int    // in the frame
	block *asl.Block

	state   *asl.State
	input   any
	text    string // input as JSON
	vars    map[string]any
	entered time.Time
	event   int64 // by which the state was entered
	last    int64 // the latest event
	retries []int // by retrier
	retried int

	phase phase
	turn  uint64

	job   *job
	token string
	// deadline and heartbeat are when a task times out; zero for never.
	deadline, heartbeat time.Time
	timeout, beat       int // in seconds
	answer              *answer
	child               *execution
	mapped              *mapRun // of a distributed Map state
	params              any     // of the call that has begun child, where the answer depends on them
	children            *frame
	ended               bool
}

// A phase is what a thread does next.
type phase uint8

const (
	entering phase = iota
	retrying
	waiting    // for the time of a Wait state
	calling    // a service
	answering  // it waits for the answer to a task token
	child      // it waits for the end of another execution
	childEnded // which has ended
	branching  // it waits for its branches
	mapping    // an execution of its Map Run has ended
)

// A frame has the threads of a Parallel or Map state.
type frame struct {
	parent  *thread
	threads []*thread // that were begun
	items   []any     // of a Map state
	inputs  any       // the effective input of a Map state
	results []any
	left    int // threads and items that have not ended
	most    int // threads at once
}

// proceed has a thread go on. The lock is held.
func (s *Fake) proceed(t *thread) {
	switch t.phase {
	case entering:
		t.entered, t.retries, t.retried, t.answer, t.child, t.children = s.now(), make([]int, len(t.state.Retry)), 0, nil, nil, nil
		input := t.text // the event stays as it is when the thread goes on
		t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Entered"), func(e *types.HistoryEvent) {
			e.StateEnteredEventDetails = &types.StateEnteredEventDetails{Name: &t.state.Name, Input: &input, InputDetails: whole()}
		})
		t.event = t.last
		s.attempt(t)
	case retrying:
		s.attempt(t)
	case waiting:
		env := s.env(t)
		in, err := t.state.Input(env)
		s.finish(t, in, err)
	case answering, child:
		s.expired(t)
	case childEnded:
		s.askChild(t)
	case mapping:
		s.mapGoesOn(t)
	}
}

// stateEvent is the event of a state by its type.
func stateEvent(kind, what string) types.HistoryEventType {
	return types.HistoryEventType(kind + "State" + what)
}

// attempt does what a state is for.
func (s *Fake) attempt(t *thread) {
	env := s.env(t)
	switch t.state.Type {
	case asl.Pass, asl.Succeed:
		result, err := t.state.Input(env)
		if t.state.HasResult {
			result = t.state.Result
		}
		s.finish(t, result, err)
	case asl.Choice:
		s.choose(t, env)
	case asl.Wait:
		s.wait(t, env)
	case asl.Fail:
		failure, err := t.state.Failure(env)
		if err != nil {
			s.fail(t, err)
			return
		}
		s.broken(t, failure)
	case asl.Task:
		s.task(t)
	case asl.Parallel:
		s.parallel(t, env)
	case asl.Map:
		s.mapState(t, env)
	}
}

// asError is how an evaluation failed.
func asError(err error) *asl.Error {
	var e *asl.Error
	if errors.As(err, &e) {
		return e
	}
	return &asl.Error{Name: asl.ErrRuntime, Cause: err.Error()}
}

func (s *Fake) choose(t *thread, env *asl.Env) {
	in, err := t.state.Input(env)
	if err != nil {
		s.fail(t, err)
		return
	}
	next, rule, err := t.state.Chosen(env.With(in))
	if err != nil {
		s.fail(t, err)
		return
	}
	assign := t.state.Assign
	if rule != nil {
		assign = rule.Assign
	}
	assigned, err := asl.Assigned(assign, env.With(in))
	if err != nil {
		s.fail(t, err)
		return
	}
	out, err := t.state.Output(env.With(in), in)
	if err != nil {
		s.fail(t, err)
		return
	}
	s.leave(t, out, assigned, next)
}

func (s *Fake) wait(t *thread, env *asl.Env) {
	in, err := t.state.Input(env)
	if err != nil {
		s.fail(t, err)
		return
	}
	until, err := t.state.Until(env.With(in), s.world.Clock().Now())
	if err != nil {
		s.fail(t, err)
		return
	}
	t.phase = waiting
	s.schedule(t, until)
}

// finish ends a state with a result.
func (s *Fake) finish(t *thread, result any, err error) {
	env := s.env(t)
	if err == nil {
		result, err = t.state.Selected(env, result)
	}
	var assigned map[string]any
	if err == nil {
		// That Assign sees what ResultSelector has made is unverified.
		assigned, err = asl.Assigned(t.state.Assign, env.With(result))
	}
	var out any
	if err == nil {
		out, err = t.state.Output(env, result)
	}
	if err != nil {
		s.fail(t, err)
		return
	}
	s.leave(t, out, assigned, t.state.Next)
}

// leave goes on from a state to the next one, or to the end.
func (s *Fake) leave(t *thread, output any, assigned map[string]any, next string) {
	encoded, ok := asl.Encode(output, asl.MaxData)
	if !ok {
		s.broken(t, &asl.Error{Name: asl.ErrDataLimit, Cause: *text(textDataLimit, []any{t.state.Name})})
		return
	}
	t.run.bytes += len(t.text) + len(encoded)
	var variables map[string]string
	for name, v := range assigned {
		value, ok := asl.Encode(v, asl.MaxData)
		if !ok {
			s.broken(t, &asl.Error{Name: asl.ErrDataLimit, Cause: *text(textDataLimit, []any{t.state.Name})})
			return
		}
		if variables == nil {
			variables = make(map[string]string, len(assigned))
		}
		variables[name] = value
		t.run.bytes += len(value)
	}
	t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Exited"), func(e *types.HistoryEvent) {
		e.StateExitedEventDetails = &types.StateExitedEventDetails{Name: &t.state.Name, Output: &encoded, OutputDetails: whole()}
		if variables != nil {
			e.StateExitedEventDetails.AssignedVariables, e.StateExitedEventDetails.AssignedVariablesDetails = variables, &types.AssignedVariablesDetails{}
		}
	})
	if len(assigned) > 0 {
		t.vars = maps.Clone(t.vars)
		if t.vars == nil {
			t.vars = make(map[string]any, len(assigned))
		}
		maps.Copy(t.vars, assigned)
	}
	t.input, t.text, t.phase = output, encoded, entering
	if next != "" {
		t.state = t.block.States[next]
		s.schedule(t, s.now())
		return
	}
	t.ended = true
	if t.frame == nil {
		s.end(t.run, types.ExecutionStatusSucceeded, encoded, nil, t.last)
		return
	}
	s.branchEnded(t)
}

// fail fails a state with an error of its own.
func (s *Fake) fail(t *thread, err error) { s.failed(t, t.located(err)) }

// located is an error of a state: States.Runtime says where it was.
func (t *thread) located(err error) *asl.Error {
	e := asError(err)
	if e.Name == asl.ErrRuntime {
		e = &asl.Error{Name: e.Name, Cause: *text(textExecuting, []any{t.state.Name, t.event, e.Cause})}
	}
	return e
}

// failed tries a state again that has failed, catches its error, or fails with it.
func (s *Fake) failed(t *thread, failure *asl.Error) {
	for i := range t.state.Retry {
		r := &t.state.Retry[i]
		if !r.Matches(failure) {
			continue
		}
		if t.retries[i] < r.MaxAttempts {
			t.retries[i]++
			t.retried++
			t.phase = retrying
			s.schedule(t, s.world.Clock().Now().Add(r.Delay(t.retries[i])))
			return
		}
		break // what a later retrier would do does not count
	}
	for i := range t.state.Catch {
		if c := &t.state.Catch[i]; c.Matches(failure) {
			s.caught(t, c, failure)
			return
		}
	}
	s.broken(t, failure)
}

func (s *Fake) caught(t *thread, c *asl.Catcher, failure *asl.Error) {
	out, err := c.Caught(t.input, failure)
	var assigned map[string]any
	if err == nil {
		assigned, err = asl.Assigned(c.Assign, s.env(t).With(asl.ErrorOutput(failure)))
	}
	if err != nil {
		s.broken(t, asError(err))
		return
	}
	s.leave(t, out, assigned, c.Next)
}

// broken ends a thread whose state has failed for good, and what it is a part of.
func (s *Fake) broken(t *thread, failure *asl.Error) {
	t.ended = true
	if t.frame == nil {
		s.end(t.run, types.ExecutionStatusFailed, "", failure, t.last)
		return
	}
	s.branchBroken(t, failure)
}

// abort ends a thread with all that is below it.
func (s *Fake) abort(t *thread) {
	if t == nil || t.ended {
		return
	}
	t.ended = true
	t.turn++
	delete(s.tokens, t.token)
	if t.mapped != nil {
		s.stopRun(t.mapped, types.MapRunStatusAborted)
		t.mapped = nil
	}
	if t.children != nil {
		for _, in := range t.children.threads {
			if !in.ended {
				in.last = max(in.last, t.children.parent.event)
				s.abort(in)
				if t.children.items != nil {
					s.iteration(t.children, in, types.HistoryEventTypeMapIterationAborted)
				}
			}
		}
	}
	switch {
	case t.phase == entering || t.run.full:
	case t.state.Type == asl.Task || t.state.Type == asl.Wait || t.state.Type == asl.Parallel || t.state.Type == asl.Map:
		t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Aborted"), nil)
	}
}
