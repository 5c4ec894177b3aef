package asl

import (
	"errors"
	"fmt"
	"time"
)

// Input is the effective input of a state: what InputPath selects, as Parameters has it.
func (s *State) Input(env *Env) (any, error) {
	v, err := s.InputPath.of(env)
	if err != nil {
		return nil, err
	}
	if s.Parameters == nil {
		return v, nil
	}
	v, err = s.Parameters.Eval(env.With(v))
	return v, failure(ErrRuntime, err)
}

// of is what a path selects: of null an empty object.
func (p *Place) of(env *Env) (any, error) {
	switch {
	case p.Null:
		return map[string]any{}, nil
	case p.Path == nil:
		return env.Data, nil
	}
	env.begin()
	v, err := p.Path.Eval(env)
	var missing *MissingError
	if errors.As(err, &missing) {
		return nil, invalidPath(p.Path, "No results for path: "+p.Path.text)
	}
	return v, failure(ErrRuntime, err)
}

// Selected is a result as ResultSelector has it.
func (s *State) Selected(env *Env, result any) (any, error) {
	if s.ResultSelector == nil {
		return result, nil
	}
	v, err := s.ResultSelector.Eval(env.With(result))
	return v, failure(ErrRuntime, err)
}

// Output is the output of a state: its input with the result where ResultPath says, of which
// OutputPath selects. The data of env is the raw input.
func (s *State) Output(env *Env, result any) (any, error) {
	v, err := s.ResultPath.put(env.Data, result)
	if err != nil {
		return nil, err
	}
	return s.OutputPath.of(env.With(v))
}

// put is a state's input with a result in its place.
func (p *Place) put(input, result any) (any, error) {
	switch {
	case p.Null:
		return input, nil
	case p.Path == nil:
		return result, nil
	}
	v, err := p.Path.Put(input, result)
	return v, failure(ErrResultPath, err)
}

// Caught is the output of a state whose error is caught.
func (c *Catcher) Caught(input any, err *Error) (any, error) {
	return c.ResultPath.put(input, ErrorOutput(err))
}

// ErrorOutput is an error as data.
func ErrorOutput(err *Error) any {
	return map[string]any{"Error": err.Name, "Cause": err.Cause}
}

// Assigned are the variables that a state sets, by name.
func Assigned(t *Template, env *Env) (map[string]any, error) {
	if t == nil {
		return nil, nil
	}
	v, err := t.Eval(env)
	if err != nil {
		return nil, failure(ErrRuntime, err)
	}
	return v.(map[string]any), nil
}

// Chosen is the state that follows a Choice state, and the rule that holds; without one it is
// the default.
func (s *State) Chosen(env *Env) (next string, rule *Rule, err error) {
	for _, r := range s.Choices {
		ok, err := r.Holds(env)
		if err != nil {
			return "", nil, err
		}
		if ok {
			return r.Next, r, nil
		}
	}
	if s.Default == "" {
		return "", nil, &Error{ErrNoChoice, "No choice rule matched, and there is no Default."}
	}
	return s.Default, nil, nil
}

// Of is the number that a field says; ok is false where it says none.
func (n *Number) Of(env *Env) (value int, ok bool, err error) {
	if n.Path == nil {
		return n.Value, n.Set, nil
	}
	env.begin()
	v, err := n.Path.Eval(env)
	if err != nil {
		return 0, false, failure(ErrRuntime, err)
	}
	value, ok = Seconds(v)
	if !ok {
		return 0, false, failure(ErrRuntime, fmt.Errorf("%s: %w", n.Path.text, errNumber))
	}
	return value, true, nil
}

// Until is when a Wait state ends that is entered at a time.
func (s *State) Until(env *Env, now time.Time) (time.Time, error) {
	if s.Seconds.Set {
		n, _, err := s.Seconds.Of(env)
		return now.Add(time.Duration(n) * time.Second), err
	}
	at := s.Timestamp
	if s.TimestampPath != nil {
		env.begin()
		v, err := s.TimestampPath.Eval(env)
		if err != nil {
			return time.Time{}, failure(ErrRuntime, err)
		}
		at, _ = v.(string)
	}
	t, ok := Timestamp(at)
	if !ok {
		return time.Time{}, &Error{ErrRuntime, fmt.Sprintf("The timestamp '%s' is not valid.", at)}
	}
	return t, nil
}

// Failure is how a Fail state ends.
func (s *State) Failure(env *Env) (*Error, error) {
	out := &Error{s.Error, s.Cause}
	for _, part := range []struct {
		from *Expression
		to   *string
	}{{s.ErrorPath, &out.Name}, {s.CausePath, &out.Cause}} {
		if part.from == nil {
			continue
		}
		env.begin()
		v, err := part.from.Eval(env)
		if err != nil {
			return nil, failure(ErrRuntime, err)
		}
		text, ok := v.(string)
		if !ok {
			return nil, &Error{ErrRuntime, fmt.Sprintf("The value of '%s' is no string.", part.from)}
		}
		*part.to = text
	}
	return out, nil
}

// MapItems are the items that a Map state goes through.
func (s *State) MapItems(env *Env) ([]any, error) {
	v, err := s.InputPath.of(env)
	if err != nil {
		return nil, err
	}
	if s.Items != nil {
		in := env.With(v)
		in.begin()
		if v, err = s.Items.Eval(in); err != nil {
			return nil, failure(ErrRuntime, err)
		}
	}
	items, ok := v.([]any)
	if !ok {
		found, _ := Encode(v, 1<<15)
		return nil, &Error{ErrRuntime, "Reference path \"" + s.itemsText() + "\" must point to array: " + found}
	}
	return items, nil
}

func (s *State) itemsText() string {
	if s.Items == nil {
		return "$"
	}
	return s.Items.text
}

// Match is the index of the first list of names that an error is in; -1 where it is in none.
// States.Runtime and States.DataLimitExceeded are caught by their names alone; States.TaskFailed
// is any error of a task but States.Timeout ("Error names").
func matched(names []string, err *Error) bool {
	for _, name := range names {
		switch {
		case name == err.Name:
			return true
		case name == ErrAll && err.Name != ErrRuntime && err.Name != ErrDataLimit:
			return true
		case name == ErrTaskFailed && err.Name != ErrTimeout && err.Name != ErrHeartbeatTimeout && err.Name != ErrRuntime && err.Name != ErrDataLimit:
			return true
		case name == ErrTimeout && err.Name == ErrHeartbeatTimeout:
			return true
		}
	}
	return false
}

// Matches reports whether a retrier is for an error.
func (r *Retrier) Matches(err *Error) bool { return matched(r.Errors, err) }

// Matches reports whether a catcher is for an error. Nothing catches States.Runtime: it "can't be
// retried, and will always cause the execution to fail".
func (c *Catcher) Matches(err *Error) bool { return matched(c.Errors, err) }

// maxDelay bounds the wait between two attempts: MaxDelaySeconds is below a year.
const maxDelay = 31622400

// Delay is how long a state waits before it is tried the n-th time again, from 1 on. Jitter
// is left out, so that tests see the same times.
func (r *Retrier) Delay(n int) time.Duration {
	most := float64(maxDelay)
	if r.MaxDelay > 0 {
		most = float64(r.MaxDelay)
	}
	seconds := float64(r.Interval)
	for range n - 1 {
		if seconds *= r.Backoff; seconds >= most || r.Backoff == 1 {
			break
		}
	}
	return time.Duration(min(seconds, most) * float64(time.Second))
}
