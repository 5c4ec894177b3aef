package cloudformation

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/internal/template"
)

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
			if text := forbidden(st.op.policies, "Update:Delete", r.logical, r.kind); text != "" {
				return reason(text)
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
				return reasonf(textExportTwice, o.Export, other.name)
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
			return reasonf(textExportUpdate, o.Export, strings.Join(users, " and "))
		default:
			return reasonf(textExportInUse, o.Export, strings.Join(users, " and "))
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
