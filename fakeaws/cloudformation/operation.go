package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
	"github.com/leastpriv/leastpriv/internal/template"
)

// A phase is what is done with a stack.
type phase int

const (
	creating phase = iota
	rollingBack
	updating
	cleaning       // after an update
	updateRollback // after an update that failed
	rollbackCleaning
	deleting
)

// An operation is what is done with a stack, one resource after the other.
type operation struct {
	number uint64
	phase  phase
	token  string // ClientRequestToken
	at     time.Time
	begun  time.Time
	todo   []task
	// forward is who asked; role is the stack's role, whose session has the access key.
	forward   fakeaws.Forward
	role      string
	accessKey string
	program   program
	// cleanup is what is deleted when an update is complete, the last first.
	cleanup  []task
	failed   []string
	retain   []string // RetainResources of DeleteStack
	skip     []string // ResourcesToSkip of ContinueUpdateRollback
	canceled bool
	force    bool // DeletionMode FORCE_DELETE_STACK
	// policies are the stack policies of an update: all of them are to allow it.
	policies []string
}

// A task is one resource of an operation.
type task struct {
	logical string
	remove  *resource // is deleted; else the template says what is made or changed
	restore *resource // what a rollback goes back to
	waiting *pending  // it was begun
}

// A pending is a resource that was begun and is not finished.
type pending struct {
	id, token  string
	attributes map[string]string
	state      map[string]string
	since      time.Time
	current    *resource // before it was begun
	replacing  bool
	properties map[string]any
}

// A program is a template that is evaluated for an operation. A clone makes its own.
type program struct{ live *template.Live }

// begin has an operation done with a stack. The lock is held.
func (s *Fake) begin(st *stack, op *operation) {
	s.number++
	op.number, op.at, op.begun = s.number, s.world.Clock().Now(), s.world.Clock().Now()
	st.op = op
	s.world.Wake(op.at)
}

// next is the stack whose operation is due first. The lock is held.
func (s *Fake) next() *stack {
	var first *stack
	for _, st := range s.order {
		if st.op == nil {
			continue
		}
		if first == nil || st.op.at.Before(first.op.at) || st.op.at.Equal(first.op.at) && st.op.number < first.op.number {
			first = st
		}
	}
	return first
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.next(); st != nil {
		return st.op.at, true
	}
	return time.Time{}, false
}

// Work implements [fakeaws.Worker]: it does one resource of one stack.
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	st := s.next()
	if st == nil || st.op.at.After(s.world.Clock().Now()) {
		s.mu.Unlock()
		return
	}
	op := st.op
	if s.expired(st) || op.canceled && op.phase == updating {
		s.interrupt(st)
	}
	if len(op.todo) == 0 {
		s.finish(st)
		s.mu.Unlock()
		return
	}
	j := s.prepare(ctx, st)
	s.mu.Unlock()
	if j == nil {
		return
	}
	j.run()
	if ctx.Err() != nil && j.err != nil {
		return // who works next does it again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.op != op {
		s.superseded(st, j)
		return
	}
	s.done(st, j)
}

// superseded notes what was made while the stack began to be deleted. The lock is held.
func (s *Fake) superseded(st *stack, j *job) {
	if st.op == nil || st.op.phase != deleting || j.made == nil || j.id == "" {
		return
	}
	made := *j.made
	made.physical, made.attributes, made.status, made.changed = j.id, j.attributes, types.ResourceStatusCreateComplete, s.now()
	st.resources[j.logical] = &made
	st.op.todo = slices.DeleteFunc(st.op.todo, func(t task) bool { return t.logical == j.logical })
	st.op.todo = slices.Insert(st.op.todo, 0, task{logical: j.logical, remove: &made})
}

// expired reports whether TimeoutInMinutes of a creation is over.
func (s *Fake) expired(st *stack) bool {
	t := st.settings.timeout
	return st.op.phase == creating && t != nil && s.world.Clock().Now().Sub(st.op.begun) >= time.Duration(*t)*time.Minute
}

// interrupt ends what takes too long or was canceled. The lock is held.
func (s *Fake) interrupt(st *stack) {
	op := st.op
	if len(op.todo) > 0 && op.todo[0].waiting != nil {
		if r := st.resources[op.todo[0].logical]; r != nil {
			status := types.ResourceStatusCreateFailed
			if op.phase == updating {
				status = types.ResourceStatusUpdateFailed
			}
			s.mark(st, r, status, "Resource creation cancelled")
		}
	}
	if op.phase == updating {
		s.rollBackUpdate(st, textUserInitiated)
		return
	}
	s.failCreation(st, textTimeout)
}

// actor is who performs the operations on resources: the session of the stack's role, or the
// caller through CloudFormation. No lock is held.
func (s *Fake) actor(ctx context.Context, j *job) (fakeaws.Actor, error) {
	if j.role == "" {
		return j.forward.Actor(), nil
	}
	if j.accessKey != "" {
		if actor, err := s.world.ActorOf(j.accessKey, j.region); err == nil {
			return actor, nil
		}
	}
	session, err := role.Assume(ctx, s.world, fakeaws.ServiceCall{Principal: serviceName, SourceARN: j.stackID, SourceAccount: j.account, Region: j.region}, j.role, sessionName)
	if err != nil {
		return fakeaws.Actor{}, err
	}
	j.accessKey = session.Credentials.AccessKeyID
	return session.Actor, nil
}

// live is the template of an operation, with the values of the resources. The lock is held;
// only who works uses it.
func (s *Fake) live(st *stack, c *config) (*template.Live, error) {
	op := st.op
	if op.program.live == nil {
		live, err := template.Open([]byte(c.text), s.environment(st, c))
		if err != nil {
			return nil, err
		}
		op.program.live = live
	}
	op.program.live.Set(st.values())
	return op.program.live, nil
}

// done notes what became of a task. The lock is held.
func (s *Fake) done(st *stack, j *job) {
	op := st.op
	op.accessKey = j.accessKey
	switch {
	case j.err != nil:
		s.failed(st, j)
	case j.wait > 0:
		t := &op.todo[0]
		if t.waiting == nil && j.removing == nil && j.current == nil {
			s.initiated(st, j)
		}
		since := s.world.Clock().Now()
		if t.waiting != nil {
			since = t.waiting.since
		}
		t.waiting = &pending{id: j.id, token: j.token, attributes: j.attributes, state: j.state, since: since, current: j.current, replacing: j.replacing, properties: unresolved(j)}
		op.at = s.world.Clock().Now().Add(j.wait)
		if t := st.settings.timeout; t != nil && op.phase == creating {
			if end := op.begun.Add(time.Duration(*t) * time.Minute); end.Before(op.at) {
				op.at = end
			}
		}
		s.world.Wake(op.at)
	case j.removing != nil:
		s.removed(st, j.removing, types.ResourceStatusDeleteComplete, "")
		if current := st.resources[j.logical]; current != nil && current.physical == j.removing.physical && op.phase != deleting && op.phase != rollingBack {
			delete(st.resources, j.logical)
		}
		s.pop(op)
	default:
		s.completed(st, j)
		s.pop(op)
	}
}

// unresolved are the properties as the template has them: with the references to secrets, and
// without the secrets.
func unresolved(j *job) map[string]any {
	if j.made != nil {
		return j.made.properties
	}
	return nil
}

func (s *Fake) pop(op *operation) {
	op.todo = op.todo[1:]
	op.at = s.world.Clock().Now()
	s.world.Wake(op.at)
}

// initiated tells that a resource has its physical id.
func (s *Fake) initiated(st *stack, j *job) {
	made := *j.made
	made.physical, made.attributes = j.id, j.attributes
	s.mark(st, &made, types.ResourceStatusCreateInProgress, textInitiated)
}

// completed notes a resource that was made or changed.
func (s *Fake) completed(st *stack, j *job) {
	op := st.op
	made := j.made
	if made == nil { // a rollback
		r := *op.todo[0].restore
		r.physical, r.attributes = j.id, j.attributes
		s.mark(st, &r, types.ResourceStatusUpdateComplete, "")
		return
	}
	if j.current == nil || j.replacing {
		if op.todo[0].waiting == nil {
			if j.replacing {
				again := *made
				again.physical, again.attributes = j.id, j.attributes
				s.mark(st, &again, types.ResourceStatusUpdateInProgress, textInitiated)
			} else {
				s.initiated(st, j)
			}
		}
		if j.replacing && j.current.physical != j.id {
			op.cleanup = append(op.cleanup, task{logical: j.logical, remove: j.current})
		}
	}
	final := *made
	final.physical, final.attributes = j.id, j.attributes
	status := types.ResourceStatusUpdateComplete
	if j.current == nil {
		status = types.ResourceStatusCreateComplete
	}
	s.mark(st, &final, status, "")
}

// failed notes a task that failed.
func (s *Fake) failed(st *stack, j *job) {
	reason := j.reason()
	if j.removing != nil {
		s.removed(st, j.removing, types.ResourceStatusDeleteFailed, reason)
		if current := st.resources[j.logical]; current != nil && current.physical == j.removing.physical && st.op.phase != deleting && st.op.phase != rollingBack {
			delete(st.resources, j.logical) // a stack that was updated no longer has it
		}
		st.op.failed = append(st.op.failed, j.logical)
		s.pop(st.op)
		return
	}
	if j.made == nil { // a rollback
		r := *j.current
		if r.attempted == nil {
			r.attempted = &attempt{j.current.properties, j.current.tags}
		}
		s.mark(st, &r, types.ResourceStatusUpdateFailed, reason)
		st.op.failed = append(st.op.failed, j.logical)
		s.pop(st.op)
		return
	}
	r := *j.made
	r.physical, r.attributes = j.id, j.attributes
	if j.current != nil {
		r.physical, r.attributes, r.properties, r.tags = j.current.physical, j.current.attributes, j.current.properties, j.current.tags
		if !j.replacing {
			r.attempted = &attempt{j.made.properties, j.made.tags}
		}
		if j.replacing && j.id != "" && j.id != j.current.physical {
			half := *j.made
			half.physical, half.attributes = j.id, j.attributes
			st.op.cleanup = append(st.op.cleanup, task{logical: j.logical, remove: &half})
		}
	}
	s.mark(st, &r, failedStatus(j.current != nil), reason)
	s.fail(st, j, reason)
}

// fail has a creation or update fail. The lock is held.
func (s *Fake) fail(st *stack, j *job, _ string) {
	op := st.op
	verb := "create"
	if j.current != nil {
		verb = "update"
	}
	op.failed = append(op.failed, j.logical)
	reason := fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", verb, j.logical)
	if op.phase == updating {
		s.rollBackUpdate(st, reason)
		return
	}
	s.failCreation(st, reason)
}

// failCreation ends a creation that failed, as OnFailure says. The lock is held.
func (s *Fake) failCreation(st *stack, reason string) {
	op := st.op
	op.program = program{}
	switch {
	case st.settings.onFailure == types.OnFailureDelete:
		s.set(st, types.StackStatusDeleteInProgress, strings.TrimSuffix(reason, "Rollback requested by user.")+"Delete requested by user.")
		op.phase, op.todo, op.failed = deleting, removals(st), nil
	case st.settings.disableRollback:
		s.set(st, types.StackStatusCreateFailed, reason)
		st.op = nil
		return
	default:
		if !strings.HasSuffix(reason, "user.") {
			reason += "Rollback requested by user."
		}
		s.set(st, types.StackStatusRollbackInProgress, reason)
		op.phase, op.todo, op.failed = rollingBack, removals(st), nil
	}
	op.at = s.world.Clock().Now()
	s.world.Wake(op.at)
}

// removals are the tasks that delete the resources of a stack, those that others need last.
func removals(st *stack) []task {
	var all []task
	for _, r := range slices.Backward(ordered(st.resources)) {
		if r.status != types.ResourceStatusDeleteComplete && r.status != types.ResourceStatusDeleteSkipped {
			all = append(all, task{logical: r.logical, remove: r})
		}
	}
	return all
}

// ordered are resources in the order in which they are made.
func ordered(resources map[string]*resource) []*resource {
	var all []*resource
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		r := resources[name]
		if r == nil || seen[name] {
			return
		}
		seen[name] = true
		for _, other := range r.dependsOn {
			visit(other)
		}
		all = append(all, r)
	}
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		visit(name)
	}
	return all
}
