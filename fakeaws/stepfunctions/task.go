package stepfunctions

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// A resource is the Resource of a Task state, taken apart.
type resource struct {
	text string
	// function is the ARN of a function of Lambda, activity that of an activity.
	function, activity string
	// service and action are those of an integration: "sqs" and "sendMessage"; of the SDK
	// integrations as well, where sdk is set.
	service, action string
	sdk             bool
	// token and sync are the patterns ".waitForTaskToken" and ".sync"; parsed is ".sync:2".
	token, sync, parsed bool
}

// resourceOf reads the Resource of a Task state; false where it is none that is known.
func resourceOf(text string) (*resource, bool) {
	a, err := awsarn.Parse(text)
	if err != nil {
		return nil, false
	}
	r := &resource{text: text}
	switch {
	case a.Service == "lambda" && strings.HasPrefix(a.Resource, "function:"):
		r.function = text
		return r, true
	case a.Service != "states":
		return nil, false
	case a.AccountID != "":
		ref, ok := parse(text)
		r.activity = text
		return r, ok && ref.kind == kindActivity
	}
	rest := a.Resource
	for _, pattern := range []struct {
		suffix string
		set    *bool
	}{{".waitForTaskToken", &r.token}, {".sync:2", &r.parsed}, {".sync", &r.sync}} {
		if stem, ok := strings.CutSuffix(rest, pattern.suffix); ok {
			rest, *pattern.set = stem, true
			break
		}
	}
	r.sync = r.sync || r.parsed
	rest, r.sdk = strings.CutPrefix(rest, "aws-sdk:")
	var ok bool
	r.service, r.action, ok = strings.Cut(rest, ":")
	return r, ok && r.service != "" && r.action != "" && !strings.Contains(r.action, ":")
}

// kind and name are the resource as events have it: "sqs" and "sendMessage.waitForTaskToken".
func (r *resource) kind() *string {
	if r.sdk {
		return aws.String("aws-sdk:" + r.service)
	}
	return &r.service
}

func (r *resource) name() *string {
	name := r.action
	switch {
	case r.token:
		name += ".waitForTaskToken"
	case r.parsed:
		name += ".sync:2"
	case r.sync:
		name += ".sync"
	}
	return &name
}

// A job is a call of a service for a task.
type job struct {
	resource *resource
	machine  resourceID
	role     string
	as       string // the role of Credentials; empty for that of the state machine
	session  string
	params   any
	text     string // params as JSON
	run      *execution
	begun    time.Time
	mapping  *mapJob
	describe string // the ARN of an execution that has ended and is asked for its outcome
}

// task begins a Task state: it schedules what its resource does.
func (s *Fake) task(t *thread) {
	t.token, t.answer, t.deadline, t.heartbeat, t.child = "", nil, time.Time{}, time.Time{}, nil
	r, ok := resourceOf(t.state.Resource)
	if !ok {
		s.fail(t, &asl.Error{Name: asl.ErrRuntime, Cause: "leastpriv: the resource " + t.state.Resource + " is not implemented"})
		return
	}
	if r.token || r.activity != "" {
		t.token = s.world.IDs().Token(tokenSize)
	}
	j, err := s.job(t, r)
	if err != nil {
		s.fail(t, err)
		return
	}
	if t.token != "" {
		s.tokens[t.token] = t
	}
	t.run.bytes += len(j.text)
	t.last = s.event(t.run, t.last, scheduledKind(r), func(e *types.HistoryEvent) { t.scheduled(e, j) })
	if r.activity != "" {
		s.offer(t, j)
		return
	}
	if r.function != "" {
		t.last = s.event(t.run, t.last, types.HistoryEventTypeLambdaFunctionStarted, nil)
	} else {
		t.last = s.event(t.run, t.last, types.HistoryEventTypeTaskStarted, func(e *types.HistoryEvent) {
			e.TaskStartedEventDetails = &types.TaskStartedEventDetails{Resource: r.name(), ResourceType: r.kind()}
		})
	}
	s.call(t, j)
}

// call has a thread call a service, when it goes on.
func (s *Fake) call(t *thread, j *job) {
	t.job, t.phase = j, calling
	j.begun = s.world.Clock().Now()
	t.watch(j.begun)
	s.schedule(t, j.begun)
}

// tokenSize is how long task tokens are. AWS's differ in length.
const tokenSize = 256

// job evaluates what a Task state needs.
func (s *Fake) job(t *thread, r *resource) (*job, error) {
	env := s.env(t)
	in, err := t.state.Input(env)
	if err != nil {
		return nil, err
	}
	encoded, ok := asl.Encode(in, asl.MaxData)
	if !ok {
		return nil, &asl.Error{Name: asl.ErrDataLimit, Cause: *text(textDataLimit, []any{t.state.Name})}
	}
	if t.timeout, _, err = t.state.Timeout.Of(env); err != nil {
		return nil, err
	}
	if t.beat, _, err = t.state.Heartbeat.Of(env); err != nil {
		return nil, err
	}
	j := &job{resource: r, machine: t.run.machine.id, role: t.run.revision.role, session: sessionName(s.world), params: in, text: encoded, run: t.run}
	if t.state.Credentials != nil {
		v, err := t.state.Credentials.Eval(env)
		if err != nil {
			return nil, err
		}
		object, _ := v.(map[string]any)
		if j.as, ok = object["RoleArn"].(string); !ok {
			return nil, &asl.Error{Name: asl.ErrRuntime, Cause: "The field 'Credentials' must have the member RoleArn."}
		}
	}
	return j, nil
}

// watch begins the times after which a task times out.
func (t *thread) watch(now time.Time) {
	t.deadline, t.heartbeat = time.Time{}, time.Time{}
	if t.timeout > 0 {
		t.deadline = now.Add(time.Duration(t.timeout) * time.Second)
	}
	if t.beat > 0 && t.token != "" {
		t.heartbeat = now.Add(time.Duration(t.beat) * time.Second)
	}
}

func scheduledKind(r *resource) types.HistoryEventType {
	switch {
	case r.function != "":
		return types.HistoryEventTypeLambdaFunctionScheduled
	case r.activity != "":
		return types.HistoryEventTypeActivityScheduled
	}
	return types.HistoryEventTypeTaskScheduled
}

// scheduled fills in the event of a task that is scheduled.
func (t *thread) scheduled(e *types.HistoryEvent, j *job) {
	seconds := func(n int) *int64 {
		if n == 0 {
			return nil
		}
		return aws.Int64(int64(n))
	}
	var credentials *types.TaskCredentials
	if j.as != "" {
		credentials = &types.TaskCredentials{RoleArn: &j.as}
	}
	switch {
	case j.resource.function != "":
		e.LambdaFunctionScheduledEventDetails = &types.LambdaFunctionScheduledEventDetails{Resource: &j.resource.function, Input: &j.text, InputDetails: whole(),
			TimeoutInSeconds: seconds(t.timeout), TaskCredentials: credentials}
	case j.resource.activity != "":
		e.ActivityScheduledEventDetails = &types.ActivityScheduledEventDetails{Resource: &j.resource.activity, Input: &j.text, InputDetails: whole(),
			TimeoutInSeconds: seconds(t.timeout), HeartbeatInSeconds: seconds(t.beat)}
	default:
		e.TaskScheduledEventDetails = &types.TaskScheduledEventDetails{Resource: j.resource.name(), ResourceType: j.resource.kind(), Region: &t.run.machine.id.region,
			Parameters: &j.text, TimeoutInSeconds: seconds(t.timeout), HeartbeatInSeconds: seconds(t.beat), TaskCredentials: credentials}
	}
}

// An answer is how a task has ended.
type answer struct {
	value   any
	failure *asl.Error
	// timedOut says that the failure is one of time.
	timedOut bool
	// started is the express execution whose end the task waits for.
	started *execution
}

// performed goes on with a thread whose call has ended.
func (s *Fake) performed(t *thread, j *job, done *answer) {
	t.job = nil
	if j.mapping != nil {
		s.mapPerformed(t, j.mapping, done)
		return
	}
	now := s.world.Clock().Now()
	if !t.deadline.IsZero() && now.After(t.deadline) {
		done = t.late()
	}
	r := j.resource
	switch {
	case j.describe != "" || done.failure != nil:
		s.settle(t, r, done)
	case done.started != nil:
		t.params = j.params
		s.awaitSync(t, done.started)
	case r.token:
		s.submitted(t, r, done)
		if t.answer != nil { // it came while the service was called
			s.settle(t, r, t.answer)
			return
		}
		t.phase = answering
		s.rest(t)
	case r.sync:
		s.submitted(t, r, done)
		s.awaitChild(t, done)
	default:
		s.settle(t, r, done)
	}
}

// rest has a thread wait until it is answered or times out.
func (s *Fake) rest(t *thread) {
	t.turn++
	at := t.deadline
	if at.IsZero() || !t.heartbeat.IsZero() && t.heartbeat.Before(at) {
		at = t.heartbeat
	}
	if !at.IsZero() {
		s.schedule(t, at)
	}
}

// late is the answer of a task whose time is over.
func (t *thread) late() *answer {
	if !t.heartbeat.IsZero() && (t.deadline.IsZero() || t.heartbeat.Before(t.deadline)) {
		return &answer{failure: &asl.Error{Name: asl.ErrHeartbeatTimeout, Cause: *text(textHeartbeat, []any{t.beat})}, timedOut: true}
	}
	return &answer{failure: &asl.Error{Name: asl.ErrTimeout, Cause: *text(textTimedOut, []any{t.timeout})}, timedOut: true}
}

// expired ends a task that was not answered in time.
func (s *Fake) expired(t *thread) {
	r, _ := resourceOf(t.state.Resource)
	s.settle(t, r, t.late())
}

// submitted is the event of a call of a service that a task waits for after it.
func (s *Fake) submitted(t *thread, r *resource, done *answer) {
	encoded, _ := asl.Encode(done.value, asl.MaxData)
	t.last = s.event(t.run, t.last, types.HistoryEventTypeTaskSubmitted, func(e *types.HistoryEvent) {
		e.TaskSubmittedEventDetails = &types.TaskSubmittedEventDetails{Resource: r.name(), ResourceType: r.kind(), Output: &encoded, OutputDetails: whole()}
	})
}

// settle ends a task with its answer.
func (s *Fake) settle(t *thread, r *resource, done *answer) {
	delete(s.tokens, t.token)
	t.turn++
	if done.failure == nil {
		encoded, ok := asl.Encode(done.value, asl.MaxData)
		if !ok {
			done = &answer{failure: &asl.Error{Name: asl.ErrDataLimit, Cause: *text(textDataLimit, []any{t.state.Name})}}
		} else {
			t.run.bytes += len(encoded)
			t.last = s.event(t.run, t.last, outcomeKind(r, "Succeeded"), func(e *types.HistoryEvent) { succeeded(e, r, encoded) })
			s.finish(t, done.value, nil)
			return
		}
	}
	kind := "Failed"
	if done.timedOut {
		kind = "TimedOut"
	}
	t.last = s.event(t.run, t.last, outcomeKind(r, kind), func(e *types.HistoryEvent) { broke(e, r, done) })
	s.fail(t, done.failure)
}

// outcomeKind is the event of the end of a task.
func outcomeKind(r *resource, what string) types.HistoryEventType {
	switch {
	case r.function != "":
		return types.HistoryEventType("LambdaFunction" + what)
	case r.activity != "":
		return types.HistoryEventType("Activity" + what)
	}
	return types.HistoryEventType("Task" + what)
}

func succeeded(e *types.HistoryEvent, r *resource, output string) {
	switch {
	case r.function != "":
		e.LambdaFunctionSucceededEventDetails = &types.LambdaFunctionSucceededEventDetails{Output: &output, OutputDetails: whole()}
	case r.activity != "":
		e.ActivitySucceededEventDetails = &types.ActivitySucceededEventDetails{Output: &output, OutputDetails: whole()}
	default:
		e.TaskSucceededEventDetails = &types.TaskSucceededEventDetails{Resource: r.name(), ResourceType: r.kind(), Output: &output, OutputDetails: whole()}
	}
}

// broke fills in the event of a task that has failed or timed out.
func broke(e *types.HistoryEvent, r *resource, done *answer) {
	name, cause := optional(done.failure.Name), optional(done.failure.Cause)
	switch {
	case r.function != "" && done.timedOut:
		e.LambdaFunctionTimedOutEventDetails = &types.LambdaFunctionTimedOutEventDetails{Error: name, Cause: cause}
	case r.function != "":
		e.LambdaFunctionFailedEventDetails = &types.LambdaFunctionFailedEventDetails{Error: name, Cause: cause}
	case r.activity != "" && done.timedOut:
		e.ActivityTimedOutEventDetails = &types.ActivityTimedOutEventDetails{Error: name, Cause: cause}
	case r.activity != "":
		e.ActivityFailedEventDetails = &types.ActivityFailedEventDetails{Error: name, Cause: cause}
	case done.timedOut:
		e.TaskTimedOutEventDetails = &types.TaskTimedOutEventDetails{Resource: r.name(), ResourceType: r.kind(), Error: name, Cause: cause}
	default:
		e.TaskFailedEventDetails = &types.TaskFailedEventDetails{Resource: r.name(), ResourceType: r.kind(), Error: name, Cause: cause}
	}
}

// awaitChild has a thread wait for the execution that it has started.
func (s *Fake) awaitChild(t *thread, done *answer) {
	object, _ := done.value.(map[string]any)
	arn, _ := object["ExecutionArn"].(string)
	x := s.executions[arn]
	if x == nil {
		s.settle(t, &resource{service: "states", action: "startExecution", sync: true}, &answer{failure: &asl.Error{Name: asl.ErrTaskFailed, Cause: *text(textNoExecution, []any{arn})}})
		return
	}
	t.child, t.phase = x, child
	if !x.running() {
		t.phase = childEnded
		s.schedule(t, s.now())
		return
	}
	x.waiting = append(x.waiting, t)
	s.rest(t)
}

// askChild has a thread ask for the outcome of the execution that it has waited for: with the
// role of its state machine, as all that it does.
func (s *Fake) askChild(t *thread) {
	r, _ := resourceOf(t.state.Resource)
	if r.isSync() {
		s.syncEnded(t, r)
		return
	}
	j := &job{resource: r, machine: t.run.machine.id, role: t.run.revision.role, session: sessionName(s.world), describe: t.child.arn, run: t.run}
	t.job, t.phase = j, calling
	s.schedule(t, s.now())
}

var _ fakeaws.Fake = (*Fake)(nil)
