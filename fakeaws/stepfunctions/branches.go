package stepfunctions

import (
	"encoding/json"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// maxInline is how many iterations of a Map state run at once ("Inline mode": "Supports up to
// 40 concurrent iterations").
const maxInline = 40

func integer(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// parallel begins the branches of a Parallel state.
func (s *Fake) parallel(t *thread, env *asl.Env) {
	in, err := t.state.Input(env)
	if err != nil {
		s.fail(t, err)
		return
	}
	t.last = s.event(t.run, t.last, types.HistoryEventTypeParallelStateStarted, nil)
	f := &frame{parent: t, results: make([]any, len(t.state.Branches)), left: len(t.state.Branches)}
	t.children, t.phase = f, branching
	encoded, ok := asl.Encode(in, asl.MaxData)
	if !ok {
		s.fail(t, &asl.Error{Name: asl.ErrDataLimit, Cause: *text(textDataLimit, []any{t.state.Name})})
		return
	}
	for i, b := range t.state.Branches {
		s.branch(f, i, b, in, encoded, t.last)
	}
}

// branch begins a thread of a frame.
func (s *Fake) branch(f *frame, i int, b *asl.Block, input any, encoded string, after int64) *thread {
	t := &thread{run: f.parent.run, frame: f, index: i, block: b, state: b.States[b.StartAt], input: input, text: encoded, last: after}
	f.threads = append(f.threads, t)
	s.schedule(t, s.now())
	return t
}

// mapState begins with the items of a Map state.
func (s *Fake) mapState(t *thread, env *asl.Env) {
	if t.state.Distributed != nil {
		s.distribute(t, env)
		return
	}
	items, err := t.state.MapItems(env)
	if err != nil {
		s.fail(t, err)
		return
	}
	in, err := t.state.Input(env)
	if err != nil {
		s.fail(t, err)
		return
	}
	most, _, err := t.state.MaxConcurrency.Of(env)
	if err != nil {
		s.fail(t, err)
		return
	}
	if most == 0 || most > maxInline {
		most = maxInline
	}
	t.last = s.event(t.run, t.last, types.HistoryEventTypeMapStateStarted, func(e *types.HistoryEvent) {
		e.MapStateStartedEventDetails = &types.MapStateStartedEventDetails{Length: int32(len(items))}
	})
	f := &frame{parent: t, items: items, inputs: in, results: make([]any, len(items)), left: len(items), most: most}
	t.children, t.phase = f, branching
	if len(items) == 0 {
		s.joined(f)
		return
	}
	for range min(most, len(items)) {
		if !s.iterate(f) {
			return
		}
	}
}

// iterate begins with the next item of a Map state; false when the state has failed.
func (s *Fake) iterate(f *frame) bool {
	t, i := f.parent, len(f.threads)
	input := f.items[i]
	if t.state.Selector != nil {
		env := s.env(t).With(f.inputs)
		context := t.context().(map[string]any)
		context["Map"] = map[string]any{"Item": mapItem(f, i)}
		env.Context = context
		var err error
		if input, err = t.state.Selector.Eval(env); err != nil {
			s.mapFailed(f, t.located(err))
			return false
		}
	}
	encoded, ok := asl.Encode(input, asl.MaxData)
	if !ok {
		s.mapFailed(f, &asl.Error{Name: asl.ErrDataLimit, Cause: *text(textDataLimit, []any{t.state.Name})})
		return false
	}
	in := s.branch(f, i, t.state.Branches[0], input, encoded, t.last)
	s.iteration(f, in, types.HistoryEventTypeMapIterationStarted)
	return !t.run.full
}

// iteration is an event of one item.
func (s *Fake) iteration(f *frame, in *thread, kind types.HistoryEventType) {
	in.last = s.event(in.run, in.last, kind, func(e *types.HistoryEvent) {
		details := &types.MapIterationEventDetails{Name: &f.parent.state.Name, Index: int32(in.index)}
		switch kind {
		case types.HistoryEventTypeMapIterationStarted:
			e.MapIterationStartedEventDetails = details
		case types.HistoryEventTypeMapIterationSucceeded:
			e.MapIterationSucceededEventDetails = details
		case types.HistoryEventTypeMapIterationFailed:
			e.MapIterationFailedEventDetails = details
		case types.HistoryEventTypeMapIterationAborted:
			e.MapIterationAbortedEventDetails = details
		}
	})
}

// branchEnded takes the output of a thread, and begins with the next item or ends the state.
func (s *Fake) branchEnded(t *thread) {
	f := t.frame
	f.results[t.index] = t.input
	f.left--
	if f.items != nil {
		s.iteration(f, t, types.HistoryEventTypeMapIterationSucceeded)
		if len(f.threads) < len(f.items) {
			s.iterate(f)
			return
		}
	}
	f.parent.last = t.last
	if f.left == 0 {
		s.joined(f)
	}
}

// joined ends a Parallel or Map state with the outputs of all.
func (s *Fake) joined(f *frame) {
	t := f.parent
	t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Succeeded"), nil)
	t.children = nil
	s.finish(t, f.results, nil)
}

// branchBroken fails the state of a thread that has failed, and ends the others. The state
// fails with the error of the thread.
func (s *Fake) branchBroken(t *thread, failure *asl.Error) {
	f := t.frame
	if f.items != nil {
		s.iteration(f, t, types.HistoryEventTypeMapIterationFailed)
	}
	f.parent.last = t.last
	s.mapFailed(f, failure)
}

func (s *Fake) mapFailed(f *frame, failure *asl.Error) {
	t := f.parent
	for _, in := range f.threads {
		if in.ended {
			continue
		}
		s.abort(in)
		if f.items != nil {
			s.iteration(f, in, types.HistoryEventTypeMapIterationAborted)
		}
	}
	t.last = s.event(t.run, t.last, stateEvent(t.state.Type, "Failed"), nil)
	t.children = nil
	s.failed(t, failure)
}
