package cloudformation

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) operationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.cancelUpdateStack),
		fakeaws.Bind(s.continueUpdateRollback),
		fakeaws.Bind(s.rollbackStack),
		fakeaws.Bind(s.signalResource),
	}
}

func (s *Fake) cancelUpdateStack(call *fakeaws.Call, in *awscf.CancelUpdateStackInput) (*fakeaws.Plan[*awscf.CancelUpdateStackOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.CancelUpdateStackOutput, error) {
		if st.op == nil || st.op.phase != updating {
			return nil, invalid(textNotInProgress)
		}
		st.op.canceled = true
		st.op.token = cmp.Or(aws.ToString(in.ClientRequestToken), st.op.token)
		st.op.at = s.world.Clock().Now()
		s.world.Wake(st.op.at)
		return &awscf.CancelUpdateStackOutput{}, nil
	})
}

// rolling plans an operation that rolls a stack back, with a role.
func rolling[O any](s *Fake, call *fakeaws.Call, in any, name, roleARN *string, do func(*stack) (O, error)) (*fakeaws.Plan[O], error) {
	plan, err := onStack(s, call, in, name, do, key("RoleArn", roleARN))
	if err != nil {
		return nil, err
	}
	plan.Needs = deploying(call, plan.Needs[0], nil, roleARN)
	perform := plan.Do
	plan.Do = func() (none O, _ error) {
		if err := checkRole(call, aws.ToString(roleARN), plan.Needs[0].Resource); err != nil {
			return none, err
		}
		return perform()
	}
	return plan, nil
}

func (s *Fake) continueUpdateRollback(call *fakeaws.Call, in *awscf.ContinueUpdateRollbackInput) (*fakeaws.Plan[*awscf.ContinueUpdateRollbackOutput], error) {
	return rolling(s, call, in, in.StackName, in.RoleARN, func(st *stack) (*awscf.ContinueUpdateRollbackOutput, error) {
		if st.status != types.StackStatusUpdateRollbackFailed || st.before == nil {
			return nil, invalid(textNotFailed, st.id, st.status)
		}
		for _, logical := range in.ResourcesToSkip {
			r := st.resources[logical]
			if r == nil || r.status != types.ResourceStatusUpdateFailed {
				return nil, invalid("Resource [%s] cannot be skipped: it is not in UPDATE_FAILED state", logical) // unverified
			}
		}
		op := &operation{
			phase: updateRollback, token: aws.ToString(in.ClientRequestToken), forward: call.Forward(serviceName), role: cmp.Or(aws.ToString(in.RoleARN), st.before.role), skip: slices.Clone(in.ResourcesToSkip),
			cleanup: st.leftover,
		}
		st.leftover = nil
		s.begin(st, op)
		s.set(st, types.StackStatusUpdateRollbackInProgress, textUserInitiated)
		s.restore(st)
		return &awscf.ContinueUpdateRollbackOutput{}, nil
	})
}

// rollbackStack rolls back what was left as it was when it failed.
func (s *Fake) rollbackStack(call *fakeaws.Call, in *awscf.RollbackStackInput) (*fakeaws.Plan[*awscf.RollbackStackOutput], error) {
	if in.DeploymentConfig != nil {
		return nil, notImplemented("DeploymentConfig")
	}
	return rolling(s, call, in, in.StackName, in.RoleARN, func(st *stack) (*awscf.RollbackStackOutput, error) {
		op := &operation{token: aws.ToString(in.ClientRequestToken), forward: call.Forward(serviceName), role: cmp.Or(aws.ToString(in.RoleARN), st.settings.role)}
		st.settings.retainExcept = aws.ToBool(in.RetainExceptOnCreate)
		switch {
		case st.status == types.StackStatusCreateFailed:
			op.phase, op.todo = rollingBack, removals(st)
			s.begin(st, op)
			s.set(st, types.StackStatusRollbackInProgress, textUserInitiated)
		case st.status == types.StackStatusUpdateFailed && st.before != nil:
			op.phase, op.cleanup, st.leftover = updateRollback, st.leftover, nil
			s.begin(st, op)
			s.set(st, types.StackStatusUpdateRollbackInProgress, textUserInitiated)
			s.restore(st)
		default:
			return nil, invalid(textNotRollback, st.id, st.status)
		}
		return &awscf.RollbackStackOutput{StackId: &st.id}, nil
	})
}

func (s *Fake) signalResource(call *fakeaws.Call, in *awscf.SignalResourceInput) (*fakeaws.Plan[*awscf.SignalResourceOutput], error) {
	return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.SignalResourceOutput, error) {
		r := st.resources[*in.LogicalResourceId]
		switch {
		case r == nil:
			return nil, invalid("Resource %s does not exist for stack %s", *in.LogicalResourceId, st.name)
		case r.status != types.ResourceStatusCreateInProgress && r.status != types.ResourceStatusUpdateInProgress:
			return nil, invalid("Resource %s is in %s state and cannot be signaled", r.logical, r.status) // unverified
		case st.op == nil || st.op.phase != creating && st.op.phase != updating:
			return nil, invalid("Stack %s is in %s state and can not be signaled", st.id, st.status)
		}
		all := st.signals[r.logical]
		if slices.ContainsFunc(all, func(one signal) bool { return one.id == *in.UniqueId }) {
			return nil, invalid("Signal with ID %s for resource %s already exists. Signals may only be updated with a FAILURE status.", *in.UniqueId, r.logical)
		}
		st.signals[r.logical] = append(all, signal{id: *in.UniqueId, failed: in.Status == types.ResourceSignalStatusFailure})
		s.rouse(st)
		return &awscf.SignalResourceOutput{}, nil
	})
}
