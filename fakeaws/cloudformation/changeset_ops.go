package cloudformation

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) changeSetOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createChangeSet),
		fakeaws.Bind(s.describeChangeSet),
		fakeaws.Bind(s.executeChangeSet),
		fakeaws.Bind(s.deleteChangeSet),
		fakeaws.Bind(s.listChangeSets),
	}
}

// A changeSet is what an update would change, with what is needed to do it. It never changes
// but for its statuses.
type changeSet struct {
	id, name, description string
	kind                  types.ChangeSetType
	created               time.Time
	config                config
	role, token           string
	rollback              *types.RollbackConfiguration
	onFailure             types.OnStackFailure
	allowed               []string
	status                types.ChangeSetStatus
	reason                string
	execution             types.ExecutionStatus
	changes               []*change
}

// changeSet finds a change set by its id, or by its name and stack. The lock is held.
func (s *Fake) changeSet(call *fakeaws.Call, name string, stackName *string) (*stack, *changeSet) {
	var all []*stack
	if stackName != nil {
		if st := s.find(call, *stackName); st != nil {
			all = []*stack{st}
		}
	} else {
		all = s.in(placeOf(call), func(*stack) bool { return true })
	}
	for _, st := range all {
		for _, set := range st.changeSets {
			if set.id == name || set.name == name && stackName != nil {
				return st, set
			}
		}
	}
	return nil, nil
}

func (s *Fake) createChangeSet(call *fakeaws.Call, in *awscf.CreateChangeSetInput) (*fakeaws.Plan[*awscf.CreateChangeSetOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	switch {
	case in.ChangeSetType == types.ChangeSetTypeImport, len(in.ResourcesToImport) > 0, aws.ToBool(in.ImportExistingResources):
		return nil, notImplemented("the import of resources")
	case in.DeploymentConfig != nil, in.DeploymentMode != "":
		return nil, notImplemented("DeploymentConfig and DeploymentMode")
	case aws.ToBool(in.IncludeNestedStacks):
		return nil, notImplemented("IncludeNestedStacks")
	}
	s.mu.Lock()
	st, n := s.stackNeed(call, *in.StackName)
	s.mu.Unlock()
	for _, set := range []keySetter{key("RoleArn", in.RoleARN), key("TemplateUrl", in.TemplateURL), key("ChangeSetName", in.ChangeSetName), resourceTypes(in.ResourceTypes)} {
		set(&n.Context)
	}
	return &fakeaws.Plan[*awscf.CreateChangeSetOutput]{Needs: deploying(call, n, in.Tags, in.RoleARN), Do: func() (*awscf.CreateChangeSetOutput, error) {
		return s.makeChangeSet(call, st, in)
	}}, nil
}

// reviewed finds or makes the stack that a change set is for. The lock is held.
func (s *Fake) reviewed(call *fakeaws.Call, st *stack, in *awscf.CreateChangeSetInput) (*stack, error) {
	there := st != nil && s.stacks[st.id] == st && st.status != types.StackStatusDeleteComplete
	if in.ChangeSetType != types.ChangeSetTypeCreate {
		switch {
		case !there:
			return nil, noStack(call, *in.StackName)
		case !slices.Contains(updatable, st.status) || st.status == types.StackStatusRollbackComplete || st.op != nil:
			return nil, invalid(textState, st.id, st.status)
		}
		return st, nil
	}
	switch {
	case there && st.status != types.StackStatusReviewInProgress:
		return nil, invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", st.name, *in.ChangeSetName)
	case there:
		return st, nil
	case strings.HasPrefix(*in.StackName, "arn:"):
		return nil, noStack(call, *in.StackName)
	case s.count(placeOf(call)) >= maxStacks:
		return nil, limitExceeded(textStacksQuota)
	}
	at := placeOf(call)
	return &stack{place: at, name: *in.StackName, id: at.arn("stack/" + *in.StackName + "/" + s.world.IDs().UUID())}, nil
}

func (s *Fake) makeChangeSet(call *fakeaws.Call, st *stack, in *awscf.CreateChangeSetInput) (*awscf.CreateChangeSetOutput, error) {
	s.mu.Lock()
	st, err := s.reviewed(call, st, in)
	r := &request{
		body: in.TemplateBody, url: in.TemplateURL, previous: aws.ToBool(in.UsePreviousTemplate), parameters: in.Parameters, capabilities: in.Capabilities, tags: in.Tags,
		notifications: in.NotificationARNs, types: in.ResourceTypes, rollback: in.RollbackConfiguration,
	}
	var same *changeSet
	if err == nil {
		if in.ChangeSetType != types.ChangeSetTypeCreate {
			before := st.config
			r.before = &before
		}
		for _, set := range st.changeSets {
			if set.name == *in.ChangeSetName {
				same = set
			}
		}
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case same != nil && same.token != "" && same.token == aws.ToString(in.ClientToken):
		return &awscf.CreateChangeSetOutput{Id: &same.id, StackId: &st.id}, nil
	case same != nil:
		return nil, &types.AlreadyExistsException{Message: aws.String("ChangeSet " + *in.ChangeSetName + " already exists")}
	}
	c, err := s.configOf(call, r)
	if err != nil {
		return nil, err
	}
	if err := checkRole(call, aws.ToString(in.RoleARN), st.id); err != nil {
		return nil, err
	}
	return s.storeChangeSet(st, c, in)
}

// storeChangeSet finds what a change set changes, and keeps it. No lock is held.
func (s *Fake) storeChangeSet(st *stack, c *config, in *awscf.CreateChangeSetInput) (*awscf.CreateChangeSetOutput, error) {
	live, err := s.open(st, c, in.ResourceTypes, true)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stacks[st.id] == nil {
		if s.names[stackID{st.place, st.name}] != nil {
			return nil, alreadyExists(st.name)
		}
		s.add(st)
		st.config.tags = c.tags
		s.set(st, types.StackStatusReviewInProgress, textUserInitiated)
	}
	set := &changeSet{
		id: st.arn("changeSet/" + *in.ChangeSetName + "/" + s.world.IDs().UUID()), name: *in.ChangeSetName, description: aws.ToString(in.Description), kind: in.ChangeSetType, created: s.now(), config: *c,
		role: aws.ToString(in.RoleARN), token: aws.ToString(in.ClientToken), rollback: in.RollbackConfiguration, onFailure: in.OnStackFailure, allowed: in.ResourceTypes,
		status: types.ChangeSetStatusCreateComplete, execution: types.ExecutionStatusAvailable,
	}
	d, err := s.compare(st, c, live)
	if err == nil {
		set.changes = s.changesOf(st, c, live, d)
	}
	switch {
	case err != nil:
		set.status, set.execution, set.reason = types.ChangeSetStatusFailed, types.ExecutionStatusUnavailable, err.Error()
	case !d.any():
		set.status, set.execution, set.reason = types.ChangeSetStatusFailed, types.ExecutionStatusUnavailable, textNoChanges
	}
	st.changeSets = append(st.changeSets, set)
	return &awscf.CreateChangeSetOutput{Id: &set.id, StackId: &st.id}, nil
}

// onChangeSet plans an operation on a change set, which is judged on its stack.
func onChangeSet[O any](s *Fake, call *fakeaws.Call, in any, name, stackName *string, do func(*stack, *changeSet) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if stackName == nil && !strings.HasPrefix(*name, "arn:") {
		return nil, invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
	}
	s.mu.Lock()
	st, _ := s.changeSet(call, *name, stackName)
	var n fakeaws.Need
	switch {
	case st != nil:
		_, n = s.stackNeed(call, st.id)
	case stackName != nil:
		st, n = s.stackNeed(call, *stackName)
	default:
		n = need(call.Operation, *name, ownerOf(*name, call.Account), nil)
	}
	s.mu.Unlock()
	key("ChangeSetName", name)(&n.Context)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{n}, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if stackName != nil && st == nil {
			return none, invalid("Stack [%s] does not exist", *stackName)
		}
		of, set := s.changeSet(call, *name, stackName)
		if set == nil || of != st {
			return none, noChangeSet(*name)
		}
		return do(st, set)
	}}, nil
}

func (s *Fake) describeChangeSet(call *fakeaws.Call, in *awscf.DescribeChangeSetInput) (*fakeaws.Plan[*awscf.DescribeChangeSetOutput], error) {
	return onChangeSet(s, call, in, in.ChangeSetName, in.StackName, func(st *stack, set *changeSet) (*awscf.DescribeChangeSetOutput, error) {
		all, next, err := page(set.changes, in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awscf.DescribeChangeSetOutput{
			ChangeSetId: &set.id, ChangeSetName: &set.name, StackId: &st.id, StackName: &st.name, Description: ptr(set.description), CreationTime: &set.created, Status: set.status,
			StatusReason: ptr(set.reason), ExecutionStatus: set.execution, Capabilities: slices.Clone(set.config.capabilities), NotificationARNs: slices.Clone(set.config.notifications),
			Parameters: slices.Clone(set.config.shown), RollbackConfiguration: set.rollback, IncludeNestedStacks: aws.Bool(false), OnStackFailure: set.onFailure, NextToken: next, Changes: []types.Change{},
		}
		if out.RollbackConfiguration == nil {
			out.RollbackConfiguration = &types.RollbackConfiguration{}
		}
		if out.Capabilities == nil {
			out.Capabilities = []types.Capability{}
		}
		if out.NotificationARNs == nil {
			out.NotificationARNs = []string{}
		}
		for _, c := range all {
			out.Changes = append(out.Changes, types.Change{Type: types.ChangeTypeResource, ResourceChange: c.shown(aws.ToBool(in.IncludePropertyValues))})
		}
		for key, value := range set.config.tags {
			out.Tags = append(out.Tags, types.Tag{Key: &key, Value: &value})
		}
		slices.SortFunc(out.Tags, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
		return out, nil
	})
}

func (s *Fake) executeChangeSet(call *fakeaws.Call, in *awscf.ExecuteChangeSetInput) (*fakeaws.Plan[*awscf.ExecuteChangeSetOutput], error) {
	var found *stack
	var set *changeSet
	plan, err := onChangeSet(s, call, in, in.ChangeSetName, in.StackName, func(st *stack, of *changeSet) (*awscf.ExecuteChangeSetOutput, error) {
		found, set = st, of
		if of.execution != types.ExecutionStatusAvailable {
			return nil, changeSetStatus(of.id, string(of.status))
		}
		return &awscf.ExecuteChangeSetOutput{}, nil
	})
	if err != nil {
		return nil, err
	}
	look := plan.Do
	plan.Do = func() (*awscf.ExecuteChangeSetOutput, error) {
		out, err := look()
		if err != nil {
			return nil, err
		}
		return out, s.execute(call, found, set, in)
	}
	return plan, nil
}

// execute does what a change set says. No lock is held.
func (s *Fake) execute(call *fakeaws.Call, st *stack, set *changeSet, in *awscf.ExecuteChangeSetInput) error {
	if in.RetainExceptOnCreate != nil && in.DisableRollback != nil && *in.DisableRollback && *in.RetainExceptOnCreate {
		return invalid("RetainExceptOnCreate cannot be used with DisableRollback") // unverified
	}
	role := set.role
	if role == "" {
		s.mu.Lock()
		role = st.settings.role
		s.mu.Unlock()
	}
	if err := checkRole(call, role, st.id); err != nil {
		return err
	}
	c := set.config
	live, err := s.open(st, &c, set.allowed, true)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	creating := set.kind == types.ChangeSetTypeCreate
	if st.op != nil || creating && st.status != types.StackStatusReviewInProgress || !creating && !slices.Contains(updatable, st.status) || !slices.Contains(st.changeSets, set) {
		return invalid(textState, st.id, st.status)
	}
	st.changeSets, st.changeSetID = nil, set.id
	if creating {
		st.config = c
		st.settings = settings{role: role, disableRollback: aws.ToBool(in.DisableRollback) || set.onFailure == types.OnStackFailureDoNothing, rollback: set.rollback, retainExcept: aws.ToBool(in.RetainExceptOnCreate)}
		if set.onFailure == types.OnStackFailureDelete {
			st.settings.onFailure = types.OnFailureDelete
		}
		s.beginCreation(call, st, live, aws.ToString(in.ClientRequestToken))
		st.updated = s.now() // as AWS has it of a stack that a change set creates
		return nil
	}
	s.beginUpdate(call, st, &c, live, update{role: role, token: aws.ToString(in.ClientRequestToken), rollback: set.rollback,
		disableRollback: aws.ToBool(in.DisableRollback) || set.onFailure == types.OnStackFailureDoNothing, retainExcept: aws.ToBool(in.RetainExceptOnCreate)})
	return nil
}

func (s *Fake) deleteChangeSet(call *fakeaws.Call, in *awscf.DeleteChangeSetInput) (*fakeaws.Plan[*awscf.DeleteChangeSetOutput], error) {
	plan, err := onChangeSet(s, call, in, in.ChangeSetName, in.StackName, func(st *stack, set *changeSet) (*awscf.DeleteChangeSetOutput, error) {
		st.changeSets = slices.DeleteFunc(slices.Clone(st.changeSets), func(other *changeSet) bool { return other == set })
		return &awscf.DeleteChangeSetOutput{}, nil
	})
	if err != nil {
		return nil, err
	}
	return plan, nil
}

func (s *Fake) listChangeSets(call *fakeaws.Call, in *awscf.ListChangeSetsInput) (*fakeaws.Plan[*awscf.ListChangeSetsOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.ListChangeSetsOutput, error) {
		all, next, err := page(st.changeSets, in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awscf.ListChangeSetsOutput{NextToken: next, Summaries: []types.ChangeSetSummary{}}
		for _, set := range all {
			out.Summaries = append(out.Summaries, types.ChangeSetSummary{
				ChangeSetId: &set.id, ChangeSetName: &set.name, StackId: &st.id, StackName: &st.name, Description: ptr(set.description), CreationTime: &set.created, Status: set.status,
				StatusReason: ptr(set.reason), ExecutionStatus: set.execution, IncludeNestedStacks: aws.Bool(false), ImportExistingResources: aws.Bool(false),
			})
		}
		return out, nil
	})
}
