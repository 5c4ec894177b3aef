package cloudformation

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/template"
)

func (s *Fake) stackOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createStack),
		fakeaws.Bind(s.updateStack),
		fakeaws.Bind(s.deleteStack),
		fakeaws.Bind(s.updateTerminationProtection),
	}
}

func (s *Fake) createStack(call *fakeaws.Call, in *awscf.CreateStackInput) (*fakeaws.Plan[*awscf.CreateStackOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if in.DeploymentConfig != nil {
		return nil, notImplemented("DeploymentConfig")
	}
	at := placeOf(call)
	n := need("CreateStack", at.arn("stack/"+*in.StackName+"/*"), call.Account, nil)
	for _, set := range []keySetter{key("RoleArn", in.RoleARN), key("TemplateUrl", in.TemplateURL), key("StackPolicyUrl", in.StackPolicyURL), resourceTypes(in.ResourceTypes)} {
		set(&n.Context)
	}
	return &fakeaws.Plan[*awscf.CreateStackOutput]{Needs: deploying(call, n, in.Tags, in.RoleARN), Do: func() (*awscf.CreateStackOutput, error) {
		return s.create(call, in)
	}}, nil
}

// create makes a stack. No lock is held.
func (s *Fake) create(call *fakeaws.Call, in *awscf.CreateStackInput) (*awscf.CreateStackOutput, error) {
	if in.DisableRollback != nil && in.OnFailure != "" {
		return nil, invalid("You can specify either DisableRollback or OnFailure, but not both.")
	}
	c, err := s.configOf(call, &request{
		body: in.TemplateBody, url: in.TemplateURL, parameters: in.Parameters, capabilities: in.Capabilities, tags: in.Tags, notifications: in.NotificationARNs, types: in.ResourceTypes, rollback: in.RollbackConfiguration,
	})
	if err != nil {
		return nil, err
	}
	policy, err := s.policyOf(call, in.StackPolicyBody, in.StackPolicyURL)
	if err != nil {
		return nil, err
	}
	at := placeOf(call)
	if out, err := s.taken(at, in); out != nil || err != nil {
		return out, err
	}
	// What the template is evaluated for has the id that the stack gets.
	st := &stack{place: at, name: *in.StackName, id: at.arn("stack/" + *in.StackName + "/" + s.world.IDs().UUID())}
	if err := checkRole(call, aws.ToString(in.RoleARN), st.id); err != nil {
		return nil, err
	}
	live, err := s.open(st, c, in.ResourceTypes, false)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names[stackID{at, *in.StackName}] != nil {
		return nil, alreadyExists(*in.StackName)
	}
	s.add(st)
	st.config, st.policy = *c, policy
	st.settings = settings{
		role: aws.ToString(in.RoleARN), onFailure: in.OnFailure, disableRollback: aws.ToBool(in.DisableRollback) || in.OnFailure == types.OnFailureDoNothing,
		protected: aws.ToBool(in.EnableTerminationProtection), timeout: in.TimeoutInMinutes, rollback: in.RollbackConfiguration, retainExcept: aws.ToBool(in.RetainExceptOnCreate),
	}
	s.beginCreation(call, st, live, aws.ToString(in.ClientRequestToken))
	return &awscf.CreateStackOutput{StackId: aws.String(st.id)}, nil
}

// taken answers a request that was made before, by its token, and refuses a name that is taken.
func (s *Fake) taken(at place, in *awscf.CreateStackInput) (*awscf.CreateStackOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.names[stackID{at, *in.StackName}]
	switch {
	case st == nil:
		if count := s.count(at); count >= maxStacks {
			return nil, limitExceeded(textStacksQuota)
		}
		return nil, nil
	case in.ClientRequestToken != nil && st.tokens["CreateStack"] == *in.ClientRequestToken:
		return &awscf.CreateStackOutput{StackId: aws.String(st.id)}, nil
	}
	return nil, alreadyExists(*in.StackName)
}

// count is how many stacks a place has. The lock is held.
func (s *Fake) count(at place) (n int) {
	for id := range s.names {
		if id.place == at {
			n++
		}
	}
	return n
}

// beginCreation begins to make what the template says. The lock is held.
func (s *Fake) beginCreation(call *fakeaws.Call, st *stack, live *template.Live, token string) {
	op := &operation{phase: creating, token: token, forward: call.Forward(serviceName), role: st.settings.role}
	for _, r := range live.Resources() {
		op.todo = append(op.todo, task{logical: r.Logical})
	}
	op.program = program{live}
	s.begin(st, op)
	st.remember("CreateStack", token)
	s.set(st, types.StackStatusCreateInProgress, textUserInitiated)
}

// remember keeps the token of the latest request of an operation, which is answered again.
func (st *stack) remember(operation, token string) {
	if token != "" {
		if st.tokens == nil {
			st.tokens = map[string]string{}
		}
		st.tokens[operation] = token
	}
}

func (s *Fake) updateStack(call *fakeaws.Call, in *awscf.UpdateStackInput) (*fakeaws.Plan[*awscf.UpdateStackOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if in.DeploymentConfig != nil {
		return nil, notImplemented("DeploymentConfig")
	}
	s.mu.Lock()
	st, n := s.stackNeed(call, *in.StackName)
	s.mu.Unlock()
	for _, set := range []keySetter{key("RoleArn", in.RoleARN), key("TemplateUrl", in.TemplateURL), key("StackPolicyUrl", in.StackPolicyURL), resourceTypes(in.ResourceTypes)} {
		set(&n.Context)
	}
	needs := deploying(call, n, in.Tags, in.RoleARN)
	if in.StackPolicyBody != nil || in.StackPolicyURL != nil || in.StackPolicyDuringUpdateBody != nil || in.StackPolicyDuringUpdateURL != nil {
		// "Update protected resources": who overrides or replaces the stack policy must be allowed
		// to set it. That a creation needs nothing more is unverified.
		set := need("SetStackPolicy", n.Resource, n.ResourceAccount, nil)
		set.Context = n.Context.Clone()
		needs = append(needs, set)
	}
	return &fakeaws.Plan[*awscf.UpdateStackOutput]{Needs: needs, Do: func() (*awscf.UpdateStackOutput, error) {
		return s.update(call, st, in)
	}}, nil
}

// updatable are the statuses in which a stack can be updated.
var updatable = []types.StackStatus{
	types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete, types.StackStatusRollbackComplete, types.StackStatusImportComplete,
	types.StackStatusImportRollbackComplete, types.StackStatusCreateFailed, types.StackStatusUpdateFailed,
}

// canUpdate refuses to update a stack in its status. The lock is held.
func (s *Fake) canUpdate(call *fakeaws.Call, st *stack, name string) error {
	if st == nil || s.stacks[st.id] != st || st.status == types.StackStatusDeleteComplete {
		return noStack(call, name)
	}
	if !slices.Contains(updatable, st.status) || st.status == types.StackStatusRollbackComplete || st.op != nil {
		return invalid(textState, st.id, st.status)
	}
	return nil
}

func (s *Fake) update(call *fakeaws.Call, st *stack, in *awscf.UpdateStackInput) (*awscf.UpdateStackOutput, error) {
	s.mu.Lock()
	if st != nil && in.ClientRequestToken != nil && st.tokens["UpdateStack"] == *in.ClientRequestToken {
		s.mu.Unlock()
		return &awscf.UpdateStackOutput{StackId: aws.String(st.id)}, nil
	}
	err := s.canUpdate(call, st, *in.StackName)
	var before config
	var role string
	if err == nil {
		before, role = st.config, cmp.Or(aws.ToString(in.RoleARN), st.settings.role)
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	c, err := s.configOf(call, &request{
		body: in.TemplateBody, url: in.TemplateURL, previous: aws.ToBool(in.UsePreviousTemplate), parameters: in.Parameters, capabilities: in.Capabilities,
		tags: in.Tags, notifications: in.NotificationARNs, types: in.ResourceTypes, before: &before, rollback: in.RollbackConfiguration,
	})
	if err != nil {
		return nil, err
	}
	if err := checkRole(call, role, st.id); err != nil {
		return nil, err
	}
	return s.changeTo(call, st, c, role, in)
}

// changeTo begins to update a stack to a config. No lock is held.
func (s *Fake) changeTo(call *fakeaws.Call, st *stack, c *config, role string, in *awscf.UpdateStackInput) (_ *awscf.UpdateStackOutput, err error) {
	var policy, during string
	if in.StackPolicyBody != nil || in.StackPolicyURL != nil {
		if policy, err = s.policyOf(call, in.StackPolicyBody, in.StackPolicyURL); err != nil {
			return nil, err
		}
	}
	if during, err = s.policyOf(call, in.StackPolicyDuringUpdateBody, in.StackPolicyDuringUpdateURL); err != nil {
		return nil, err
	}
	live, err := s.open(st, c, in.ResourceTypes, false)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.canUpdate(call, st, *in.StackName); err != nil {
		return nil, err
	}
	differs, err := s.compare(st, c, live)
	if err != nil {
		return nil, err
	}
	if !differs.any() && policy == "" {
		return nil, invalid(textNoUpdates)
	}
	s.beginUpdate(call, st, c, live, update{role: role, token: aws.ToString(in.ClientRequestToken), policy: policy, during: during, disableRollback: aws.ToBool(in.DisableRollback), rollback: in.RollbackConfiguration,
		retainExcept: aws.ToBool(in.RetainExceptOnCreate)})
	st.remember("UpdateStack", aws.ToString(in.ClientRequestToken))
	return &awscf.UpdateStackOutput{StackId: aws.String(st.id)}, nil
}

// An update is what a request says of an update beside the template.
type update struct {
	role, token, policy, during   string
	disableRollback, retainExcept bool
	rollback                      *types.RollbackConfiguration
}

// beginUpdate begins to change a stack. The lock is held.
func (s *Fake) beginUpdate(call *fakeaws.Call, st *stack, c *config, live *template.Live, u update) {
	if st.status != types.StackStatusUpdateFailed || st.before == nil { // else a rollback goes back to what was there before that
		st.before = &backup{config: st.config, role: st.settings.role, resources: maps.Clone(st.resources), outputs: st.outputs, imports: st.imports}
	}
	st.config = *c
	st.settings.role, st.settings.disableRollback, st.settings.retainExcept = u.role, u.disableRollback, u.retainExcept
	if u.rollback != nil {
		st.settings.rollback = u.rollback
	}
	// The stack policy is the one that the stack has, unless another one takes its place for
	// the update. Whether one that the update brings counts for it already is unverified: here
	// both do.
	policies := []string{st.policy, u.policy}
	if u.during != "" {
		policies = []string{u.during}
	}
	st.policy = cmp.Or(u.policy, st.policy)
	op := &operation{phase: updating, token: u.token, forward: call.Forward(serviceName), role: u.role, policies: policies, cleanup: st.leftover}
	st.leftover = nil
	for _, r := range live.Resources() {
		op.todo = append(op.todo, task{logical: r.Logical})
	}
	op.program = program{live}
	s.begin(st, op)
	s.set(st, types.StackStatusUpdateInProgress, textUserInitiated)
}

// A difference is what an update changes.
type difference struct {
	added, removed, changed []string
	beside                  bool // tags, outputs and the like
}

func (d *difference) any() bool {
	return len(d.added)+len(d.removed)+len(d.changed) > 0 || d.beside
}

// statusFailed is that of a resource that an update has left as it was when it failed.
const statusFailed = types.ResourceStatusUpdateFailed

// compare finds what an update changes. The lock is held.
func (s *Fake) compare(st *stack, c *config, live *template.Live) (*difference, error) {
	d := &difference{beside: !maps.Equal(st.config.tags, c.tags) || !slices.Equal(st.config.notifications, c.notifications)}
	live.Set(st.values())
	var retyped []string
	for _, r := range live.Resources() {
		old := st.resources[r.Logical]
		switch {
		case old == nil, old.physical == "":
			d.added = append(d.added, r.Logical)
			continue
		case old.kind != r.Type:
			retyped = append(retyped, r.Logical)
			continue
		}
		properties, err := live.Properties(r.Logical)
		if err != nil {
			return nil, ofTemplate(err)
		}
		if encoded(properties) != encoded(old.properties) || encoded(r.Metadata) != encoded(old.metadata) || old.status == statusFailed {
			d.changed = append(d.changed, r.Logical)
		}
	}
	if retyped != nil {
		return nil, invalid(textTypeChanged, strings.Join(retyped, ", "))
	}
	for _, logical := range slices.Sorted(maps.Keys(st.resources)) {
		if live.Resource(logical) == nil {
			d.removed = append(d.removed, logical)
		}
	}
	if outputs, err := live.Outputs(); err != nil || !slices.Equal(outputs, st.outputs) {
		d.beside = true
	}
	return d, nil
}

func (s *Fake) deleteStack(call *fakeaws.Call, in *awscf.DeleteStackInput) (*fakeaws.Plan[*awscf.DeleteStackOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	st, n := s.stackNeed(call, *in.StackName)
	s.mu.Unlock()
	key("RoleArn", in.RoleARN)(&n.Context)
	needs := deploying(call, n, nil, in.RoleARN)
	return &fakeaws.Plan[*awscf.DeleteStackOutput]{Needs: needs, Do: func() (*awscf.DeleteStackOutput, error) {
		if st != nil {
			if err := checkRole(call, aws.ToString(in.RoleARN), st.id); err != nil {
				return nil, err
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if st == nil || s.stacks[st.id] != st || st.status == types.StackStatusDeleteComplete {
			return &awscf.DeleteStackOutput{}, nil // as if it were deleted
		}
		return &awscf.DeleteStackOutput{}, s.delete(call, st, in)
	}}, nil
}

// delete begins to delete a stack. The lock is held.
func (s *Fake) delete(call *fakeaws.Call, st *stack, in *awscf.DeleteStackInput) error {
	if st.settings.protected || s.protectedRoot(st) {
		return invalid(textProtected, st.name)
	}
	if in.DeletionMode == types.DeletionModeForceDeleteStack && st.status != types.StackStatusDeleteFailed {
		return invalid("DeletionMode FORCE_DELETE_STACK is only supported for stacks in DELETE_FAILED state") // unverified
	}
	if len(in.RetainResources) > 0 && st.status != types.StackStatusDeleteFailed {
		return invalid("Invalid operation on stack [%s]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.", st.id)
	}
	if st.op != nil && st.op.phase == deleting {
		return nil
	}
	if st.op != nil && st.op.phase != creating {
		return invalid("Stack [%s] cannot be deleted while in status %s", st.name, st.status)
	}
	for _, o := range st.outputs {
		if o.Export == "" {
			continue
		}
		if users := s.importers(st.place, o.Export); len(users) > 0 {
			return invalid(textExportInUse, o.Export, strings.Join(users, " and "))
		}
	}
	op := &operation{phase: deleting, token: aws.ToString(in.ClientRequestToken), forward: call.Forward(serviceName), role: cmp.Or(aws.ToString(in.RoleARN), st.settings.role), retain: in.RetainResources}
	op.force = in.DeletionMode == types.DeletionModeForceDeleteStack
	op.todo = removals(st)
	st.outputs, st.imports = nil, nil
	s.begin(st, op)
	s.set(st, types.StackStatusDeleteInProgress, textUserInitiated)
	return nil
}

// protectedRoot reports whether the stack that another is nested in is protected, unless that
// one deletes it.
func (s *Fake) protectedRoot(st *stack) bool {
	root := s.stacks[st.root]
	return root != nil && root.settings.protected && root.op == nil
}

func (s *Fake) updateTerminationProtection(call *fakeaws.Call, in *awscf.UpdateTerminationProtectionInput) (*fakeaws.Plan[*awscf.UpdateTerminationProtectionOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.UpdateTerminationProtectionOutput, error) {
		switch {
		case st.parent != "":
			return nil, invalid("Cannot update termination protection on a nested stack. Update the root stack instead") // unverified
		case st.status == types.StackStatusDeleteComplete, st.status == types.StackStatusDeleteInProgress:
			return nil, noStack(call, *in.StackName)
		}
		st.settings.protected = *in.EnableTerminationProtection
		return &awscf.UpdateTerminationProtectionOutput{StackId: &st.id}, nil
	})
}
