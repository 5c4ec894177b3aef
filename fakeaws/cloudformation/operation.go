package cloudformation

import (
	"context"
	"errors"
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
	force    bool   // DeletionMode FORCE_DELETE_STACK
	policy   string // the stack policy of an update
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

// prepare makes the job of the first task, nil where the task needs none. The lock is held.
func (s *Fake) prepare(ctx context.Context, st *stack) *job {
	op := st.op
	t := &op.todo[0]
	j := &job{
		s: s, ctx: ctx, place: st.place, stackID: st.id, stackName: st.name, tags: st.config.tags, role: op.role, accessKey: op.accessKey, forward: op.forward,
		logical: t.logical, phase: op.phase, waiting: t.waiting,
	}
	for _, c := range st.config.capabilities {
		j.capabilities = append(j.capabilities, string(c))
	}
	j.tagsBefore = j.tags
	if st.before != nil && op.phase == updating {
		j.tagsBefore = st.before.config.tags
	}
	j.current = st.resources[t.logical]
	if j.current != nil {
		j.attempted = j.current.attempted
	}
	if t.waiting != nil {
		j.current, j.state = t.waiting.current, maps.Clone(t.waiting.state)
	} else if j.current != nil && j.current.physical == "" && t.remove == nil {
		j.current = nil // it was begun, and has come to nothing
	}
	switch {
	case t.remove != nil:
		return s.prepareRemoval(st, j, t.remove)
	case t.restore != nil:
		j.kind, j.properties, j.old = t.restore.kind, maps.Clone(t.restore.properties), propertiesOf(j.current)
		j.id, j.attributes = j.current.physical, maps.Clone(j.current.attributes)
		j.token = s.world.IDs().UUID()
		s.mark(st, j.current, types.ResourceStatusUpdateInProgress, "")
		return j
	}
	return s.prepareChange(st, j)
}

func propertiesOf(r *resource) map[string]any {
	if r == nil {
		return nil
	}
	return r.properties
}

// prepareChange prepares what the template says of a resource.
func (s *Fake) prepareChange(st *stack, j *job) *job {
	op := st.op
	live, err := s.live(st, &st.config)
	var of *template.Resource
	if err == nil {
		of = live.Resource(j.logical)
		j.kind, j.creationPolicy = of.Type, of.CreationPolicy
		j.properties, err = live.Properties(j.logical)
	}
	if err == nil && template.Missing(j.properties) {
		err = noAttribute(j.properties, live, j.logical)
	}
	if of == nil {
		s.fail(st, j, err.Error())
		return nil
	}
	made := &resource{
		logical: j.logical, kind: of.Type, properties: j.properties, metadata: of.Metadata, dependsOn: of.DependsOn, deletionPolicy: of.DeletionPolicy, updateReplacePolicy: of.UpdateReplacePolicy,
	}
	j.made = made
	if err != nil {
		s.mark(st, made, failedStatus(j.current != nil), err.Error())
		s.fail(st, j, err.Error())
		return nil
	}
	if w := j.waiting; w != nil {
		j.id, j.token, j.attributes, j.properties, made.properties = w.id, w.token, maps.Clone(w.attributes), w.properties, w.properties
		j.replacing = w.replacing
		return j
	}
	j.token = s.world.IDs().UUID()
	if j.current == nil {
		s.mark(st, made, types.ResourceStatusCreateInProgress, "")
		return j
	}
	j.old = j.current.properties
	made.physical, made.attributes = j.current.physical, j.current.attributes
	changed := changes(j.old, j.properties)
	if len(changed) == 0 && j.current.status != statusFailed && (op.phase != updating || same(st.before.config.tags, st.config.tags) || kinds[j.kind] == nil || kinds[j.kind].tags == "") {
		made.status, made.reason, made.changed = j.current.status, j.current.reason, j.current.changed
		st.resources[j.logical] = made
		op.todo = op.todo[1:]
		return nil
	}
	j.id, j.attributes = j.current.physical, maps.Clone(j.current.attributes)
	reason := ""
	if k := kinds[kindOf(j.kind)]; k != nil && k.replaces(changed, j) {
		j.replacing, reason = true, textReplacing
		if name := k.name; name != "" && j.properties[name] != nil && encoded(j.properties[name]) == encoded(j.old[name]) {
			j.refuse = fmt.Sprintf(textCustomName, encodedText(j.properties[name]))
		}
	}
	action := "Update:Modify"
	if j.replacing {
		action = "Update:Replace"
	}
	if op.phase == updating && j.refuse == "" {
		j.refuse = forbidden(op.policy, action, j.logical, j.kind)
	}
	s.mark(st, made, types.ResourceStatusUpdateInProgress, reason)
	return j
}

// noAttribute says which attribute is not there.
func noAttribute(properties map[string]any, live *template.Live, logical string) error {
	for _, ref := range live.References(logical) {
		if ref[1] != "" && !live.Knows(ref[0], ref[1]) {
			return fmt.Errorf(textNoAttribute, ref[0], ref[1])
		}
	}
	return fmt.Errorf("leastpriv: a value of %s is not known: %s", logical, encoded(properties))
}

func failedStatus(update bool) types.ResourceStatus {
	if update {
		return types.ResourceStatusUpdateFailed
	}
	return types.ResourceStatusCreateFailed
}

// prepareRemoval prepares the deletion of a resource.
func (s *Fake) prepareRemoval(st *stack, j *job, r *resource) *job {
	op := st.op
	j.kind, j.removing, j.id, j.properties, j.attributes = r.kind, r, r.physical, maps.Clone(r.properties), maps.Clone(r.attributes)
	if r.physical == "" || slices.Contains(op.retain, r.logical) || s.retains(st, r) {
		if r.physical != "" {
			s.removed(st, r, types.ResourceStatusDeleteSkipped, "")
		}
		if current := st.resources[r.logical]; current != nil && current.physical == r.physical && (r.physical == "" || op.phase != deleting && op.phase != rollingBack) {
			delete(st.resources, r.logical)
		}
		op.todo = op.todo[1:]
		return nil
	}
	if j.waiting != nil {
		j.token = j.waiting.token
		return j
	}
	j.token = s.world.IDs().UUID()
	s.removed(st, r, types.ResourceStatusDeleteInProgress, "")
	return j
}

// retains reports whether a resource outlives the deletion.
func (s *Fake) retains(st *stack, r *resource) bool {
	policy := r.deletionPolicy
	if current := st.resources[r.logical]; current != nil && current.physical != r.physical {
		policy = r.updateReplacePolicy
	}
	switch st.op.phase {
	case rollingBack, rollbackCleaning:
		return policy == "Retain" && !st.settings.retainExcept
	}
	return policy == "Retain" || policy == "RetainExceptOnCreate"
}

// removed sets the status of a resource that is deleted, with its event.
func (s *Fake) removed(st *stack, r *resource, status types.ResourceStatus, reason string) {
	if current := st.resources[r.logical]; current != nil && current.physical == r.physical {
		s.mark(st, current, status, reason)
		return
	}
	s.tell(st, r, status, reason) // one that another has taken the place of
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
			r.attempted = j.current.properties
		}
		s.mark(st, &r, types.ResourceStatusUpdateFailed, reason)
		st.op.failed = append(st.op.failed, j.logical)
		s.pop(st.op)
		return
	}
	r := *j.made
	r.physical, r.attributes = j.id, j.attributes
	if j.current != nil {
		r.physical, r.attributes, r.properties = j.current.physical, j.current.attributes, j.current.properties
		if !j.replacing {
			r.attempted = j.made.properties
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

// rollBackUpdate goes back to what was there before an update. The lock is held.
func (s *Fake) rollBackUpdate(st *stack, reason string) {
	op := st.op
	if st.settings.disableRollback {
		s.set(st, types.StackStatusUpdateFailed, reason)
		st.op, st.leftover = nil, op.cleanup
		return
	}
	s.set(st, types.StackStatusUpdateRollbackInProgress, reason)
	s.restore(st)
}

// restore plans the way back from an update. The lock is held.
func (s *Fake) restore(st *stack) {
	op, before := st.op, st.before
	op.program, op.phase, op.todo, op.failed = program{}, updateRollback, nil, nil
	op.cleanup = slices.DeleteFunc(slices.Clone(op.cleanup), func(t task) bool { // what is gone back to stays
		old := before.resources[t.logical]
		return old != nil && old.physical == t.remove.physical
	})
	st.config, st.settings.role = before.config, before.role
	for _, r := range ordered(st.resources) {
		old := before.resources[r.logical]
		switch {
		case old == nil:
			op.cleanup = append(op.cleanup, task{logical: r.logical, remove: r})
		case r.physical != "" && old.physical != r.physical:
			op.cleanup = append(op.cleanup, task{logical: r.logical, remove: r})
			st.resources[r.logical] = old
		case slices.Contains(op.skip, r.logical):
			s.mark(st, old, types.ResourceStatusUpdateComplete, "")
		case r.status == types.ResourceStatusUpdateFailed || encoded(old.properties) != encoded(r.properties):
			op.todo = append(op.todo, task{logical: r.logical, restore: old})
		}
	}
	op.at = s.world.Clock().Now()
	s.world.Wake(op.at)
}

// finish ends a phase whose tasks are done. The lock is held.
func (s *Fake) finish(st *stack) {
	op := st.op
	names := strings.Join(op.failed, ", ")
	switch op.phase {
	case creating, updating:
		s.finishChange(st)
		return
	case cleaning:
		st.op, st.before = nil, nil
		s.end(st, op, types.StackStatusUpdateComplete, "")
	case rollingBack:
		if names != "" {
			s.end(st, op, types.StackStatusRollbackFailed, "The following resource(s) failed to delete: ["+names+"]. ")
			return
		}
		s.end(st, op, types.StackStatusRollbackComplete, "")
	case updateRollback:
		if names != "" {
			st.leftover = op.cleanup
			s.end(st, op, types.StackStatusUpdateRollbackFailed, "The following resource(s) failed to update: ["+names+"]. ")
			return
		}
		s.set(st, types.StackStatusUpdateRollbackCompleteCleanupInProgress, "")
		op.phase, op.todo, op.cleanup = rollbackCleaning, backward(op.cleanup), nil
		op.at = s.world.Clock().Now()
		s.world.Wake(op.at)
	case rollbackCleaning:
		st.outputs, st.imports, st.before = st.before.outputs, st.before.imports, nil
		s.end(st, op, types.StackStatusUpdateRollbackComplete, "")
	case deleting:
		if names != "" {
			s.end(st, op, types.StackStatusDeleteFailed, "The following resource(s) failed to delete: ["+names+"]. ")
			return
		}
		s.end(st, op, types.StackStatusDeleteComplete, "")
	}
}

func backward(tasks []task) []task {
	tasks = slices.Clone(tasks)
	slices.Reverse(tasks)
	return tasks
}

// end ends an operation with the status of its stack. The lock is held.
func (s *Fake) end(st *stack, op *operation, status types.StackStatus, reason string) {
	st.op = op // whose token the event has
	s.set(st, status, reason)
	st.op = nil
	if parent := s.stacks[st.parent]; parent != nil {
		s.rouse(parent)
	}
}

// finishChange ends a creation or an update whose resources are there: with its outputs.
func (s *Fake) finishChange(st *stack) {
	op := st.op
	live, err := s.live(st, &st.config)
	var outputs []template.Output
	if err == nil {
		outputs, err = live.Outputs()
	}
	if err == nil {
		err = s.checkExports(st, outputs)
	}
	if err == nil && op.phase == updating {
		err = s.checkRemovals(st, live)
	}
	if err != nil {
		if op.phase == updating {
			s.rollBackUpdate(st, err.Error())
		} else {
			s.failCreation(st, err.Error())
		}
		return
	}
	st.outputs, st.imports = outputs, live.Imports()
	if op.phase == creating {
		s.end(st, op, types.StackStatusCreateComplete, "")
		return
	}
	s.set(st, types.StackStatusUpdateCompleteCleanupInProgress, "")
	var gone []task
	for _, r := range ordered(st.resources) {
		if live.Resource(r.logical) == nil {
			gone = append(gone, task{logical: r.logical, remove: r})
		}
	}
	op.phase, op.todo, op.failed = cleaning, slices.Concat(backward(gone), backward(op.cleanup)), nil
	op.at = s.world.Clock().Now()
	s.world.Wake(op.at)
}

// checkRemovals refuses to delete what a stack policy keeps.
func (s *Fake) checkRemovals(st *stack, live *template.Live) error {
	for _, r := range ordered(st.resources) {
		if live.Resource(r.logical) == nil {
			if text := forbidden(st.op.policy, "Update:Delete", r.logical, r.kind); text != "" {
				return errors.New(text)
			}
		}
	}
	return nil
}

// checkExports refuses exports that others have, and the end of those that others import.
func (s *Fake) checkExports(st *stack, outputs []template.Output) error {
	now := map[string]string{}
	for _, o := range outputs {
		if o.Export == "" {
			continue
		}
		now[o.Export] = o.Value
		for _, other := range s.order {
			if other != st && other.place == st.place && other.status != types.StackStatusDeleteComplete && exports(other, o.Export) {
				return fmt.Errorf(textExportTwice, o.Export, other.name)
			}
		}
	}
	for _, o := range st.outputs {
		if o.Export == "" {
			continue
		}
		value, there := now[o.Export]
		users := s.importers(st.place, o.Export)
		switch {
		case len(users) == 0 || there && value == o.Value:
		case there:
			return fmt.Errorf(textExportUpdate, o.Export, strings.Join(users, " and "))
		default:
			return fmt.Errorf(textExportInUse, o.Export, strings.Join(users, " and "))
		}
	}
	return nil
}

func exports(st *stack, name string) bool {
	return slices.ContainsFunc(st.outputs, func(o template.Output) bool { return o.Export == name })
}

// importers are the names of the stacks that import an export. The lock is held.
func (s *Fake) importers(at place, name string) (all []string) {
	for _, st := range s.order {
		if st.place == at && st.status != types.StackStatusDeleteComplete && slices.Contains(st.imports, name) {
			all = append(all, st.name)
		}
	}
	return all
}
