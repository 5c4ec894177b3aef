package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/internal/template"
)

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
	j.current = st.resources[t.logical]
	if j.current != nil {
		j.attempted = j.current.attempted
	}
	if t.waiting != nil {
		j.current, j.state = t.waiting.current, maps.Clone(t.waiting.state)
	} else if j.current != nil && j.current.physical == "" && t.remove == nil {
		j.current = nil // it was begun, and has come to nothing
	}
	if j.tagsBefore = j.tags; j.current != nil {
		j.tagsBefore = j.current.tags
	}
	switch {
	case t.remove != nil:
		return s.prepareRemoval(st, j, t.remove)
	case t.restore != nil:
		j.kind, j.properties, j.old, j.tags = t.restore.kind, maps.Clone(t.restore.properties), propertiesOf(j.current), t.restore.tags
		j.id, j.attributes = j.current.physical, maps.Clone(j.current.attributes)
		j.token = s.world.IDs().UUID()
		s.mark(st, j.current, types.ResourceStatusUpdateInProgress, "")
		return j
	}
	return s.prepareChange(st, j)
}

// retags reports whether a resource of a type is changed because the stack has other tags.
func retags(kind string, before, now map[string]string) bool {
	k := kinds[kindOf(kind)]
	return k != nil && k.tags != "" && !maps.Equal(before, now)
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
		logical: j.logical, kind: of.Type, properties: j.properties, tags: j.tags, metadata: of.Metadata, dependsOn: of.DependsOn, deletionPolicy: of.DeletionPolicy, updateReplacePolicy: of.UpdateReplacePolicy,
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
	if len(changed) == 0 && j.current.status != statusFailed && !retags(j.kind, j.tagsBefore, j.tags) {
		made.status, made.reason, made.changed = j.current.status, j.current.reason, j.current.changed
		st.resources[j.logical] = made
		op.todo = op.todo[1:]
		return nil
	}
	s.prepareUpdate(st, j, made, changed)
	return j
}

// prepareUpdate says how a resource is changed, and whether another takes its place.
func (s *Fake) prepareUpdate(st *stack, j *job, made *resource, changed []string) {
	j.id, j.attributes = j.current.physical, maps.Clone(j.current.attributes)
	why := ""
	if k := kinds[kindOf(j.kind)]; k != nil && k.replaces(changed, j) {
		j.replacing, why = true, textReplacing
		if name := k.name; name != "" && j.properties[name] != nil && encoded(j.properties[name]) == encoded(j.old[name]) {
			j.refuse = fmt.Sprintf(textCustomName, encodedText(j.properties[name]))
		}
	}
	action := "Update:Modify"
	if j.replacing {
		action = "Update:Replace"
	}
	if st.op.phase == updating && j.refuse == "" {
		j.refuse = forbidden(st.op.policies, action, j.logical, j.kind)
	}
	s.mark(st, made, types.ResourceStatusUpdateInProgress, why)
}

// noAttribute says which attribute is not there.
func noAttribute(properties map[string]any, live *template.Live, logical string) error {
	for _, ref := range live.References(logical) {
		if ref[1] != "" && !live.Knows(ref[0], ref[1]) {
			return reasonf(textNoAttribute, ref[0], ref[1])
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
