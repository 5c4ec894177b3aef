package cloudformation

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

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
		case r.status == types.ResourceStatusUpdateFailed || encoded(old.properties) != encoded(r.properties), retags(r.kind, r.tags, old.tags):
			op.todo = append(op.todo, task{logical: r.logical, restore: old})
		}
	}
	op.at = s.world.Clock().Now()
	s.world.Wake(op.at)
}
