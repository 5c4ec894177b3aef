package stepfunctions

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

func (s *Fake) executionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.startExecution),
		fakeaws.Bind(s.startSyncExecution),
		fakeaws.Bind(s.stopExecution),
		fakeaws.Bind(s.redriveExecution),
		fakeaws.Bind(s.describeExecution),
		fakeaws.Bind(s.describeStateMachineForExecution),
		fakeaws.Bind(s.listExecutions),
	}
}

// checkStart checks the name and input of an execution.
func checkStart(name, input *string) (string, error) {
	if name != nil && !isName(*name) {
		return "", &types.InvalidName{Message: text(textName, []any{*name})}
	}
	data := "{}"
	if input != nil {
		data = *input
	}
	return data, validInput(data)
}

// startExecution begins an execution. One of the same name that runs with the same input is
// answered as if it were new.
func (s *Fake) startExecution(call *fakeaws.Call, in *sfn.StartExecutionInput) (*fakeaws.Plan[*sfn.StartExecutionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	input, err := checkStart(in.Name, in.Input)
	if err != nil {
		return nil, err
	}
	return onMachine(s, call, in, in.StateMachineArn, func(t *target) (*sfn.StartExecutionOutput, error) {
		if t.deleting {
			return nil, deleting(t.arn)
		}
		rev, versionARN, aliasARN, err := t.revision(s.part())
		if err != nil {
			return nil, err
		}
		name := cmp.Or(aws.ToString(in.Name), s.world.IDs().UUID())
		if c := childOf(call); c != nil {
			x := s.startChild(t, c, name, input)
			return &sfn.StartExecutionOutput{ExecutionArn: &x.arn, StartDate: aws.Time(x.started)}, nil
		}
		arn := fakeaws.ARN("states", t.id.region, t.id.account, kindExecution+":"+t.id.name+":"+name)
		if t.kind == types.StateMachineTypeExpress {
			arn = fakeaws.ARN("states", t.id.region, t.id.account, kindExpress+":"+t.id.name+":"+name+":"+s.world.IDs().UUID())
		}
		if x := s.executions[arn]; x != nil {
			if x.running() && x.input == input {
				return &sfn.StartExecutionOutput{ExecutionArn: &x.arn, StartDate: &x.started}, nil
			}
			return nil, &types.ExecutionAlreadyExists{Message: text(textExecutionExists, []any{arn})}
		}
		x := s.start(t.machine, rev, arn, name, input, s.due)
		x.versionARN, x.aliasARN, x.trace = versionARN, aliasARN, aws.ToString(in.TraceHeader)
		s.begin(x)
		return &sfn.StartExecutionOutput{ExecutionArn: &x.arn, StartDate: aws.Time(x.started)}, nil
	})
}

// part is a number from 0 to 99 by which an alias chooses one of two versions.
func (s *Fake) part() int { return int(s.world.IDs().RandomUUID().ID() % 100) }

// startSyncExecution begins an execution of an express state machine, and answers when it has
// ended.
func (s *Fake) startSyncExecution(call *fakeaws.Call, in *sfn.StartSyncExecutionInput) (*fakeaws.Plan[*sfn.StartSyncExecutionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	input, err := checkStart(in.Name, in.Input)
	if err != nil {
		return nil, err
	}
	t, err := s.target(call, in, in.StateMachineArn, "StartSyncExecution")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sfn.StartSyncExecutionOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*sfn.StartSyncExecutionOutput, error) {
		a := &agenda{private: true}
		waits := waitingTask(call)
		if waits != nil {
			a = s.due
		}
		x, err := s.startSync(t, in, input, a)
		if err != nil {
			return nil, err
		}
		if waits != nil {
			waits.started = x
			return &sfn.StartSyncExecutionOutput{ExecutionArn: &x.arn, StartDate: aws.Time(x.started)}, nil
		}
		if err := s.runSync(call, x, a); err != nil {
			return nil, err
		}
		return s.syncOutput(x, in), nil
	}}, nil
}

func (s *Fake) startSync(t *target, in *sfn.StartSyncExecutionInput, input string, a *agenda) (*execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case t.machine == nil || t.gone:
		return nil, noMachine(t.ref.text)
	case t.deleting:
		return nil, deleting(t.arn)
	case t.kind != types.StateMachineTypeExpress:
		return nil, &types.StateMachineTypeNotSupported{Message: aws.String(textMachineType)}
	}
	rev, versionARN, aliasARN, err := t.revision(s.part())
	if err != nil {
		return nil, err
	}
	name := cmp.Or(aws.ToString(in.Name), s.world.IDs().UUID())
	arn := fakeaws.ARN("states", t.id.region, t.id.account, kindExpress+":"+t.id.name+":"+name+":"+s.world.IDs().UUID())
	x := s.start(t.machine, rev, arn, name, input, a)
	x.versionARN, x.aliasARN, x.trace = versionARN, aliasARN, aws.ToString(in.TraceHeader)
	s.begin(x)
	return x, nil
}

// runSync does what is on the agenda of an execution, in the call. A client that leaves ends it.
func (s *Fake) runSync(call *fakeaws.Call, x *execution, a *agenda) error {
	for {
		s.mu.Lock()
		e, over := a.first(), !x.running()
		var at time.Time
		if e != nil {
			at = e.at
		}
		s.mu.Unlock()
		if over {
			return nil
		}
		if err := s.world.Clock().Wait(call, at, nil); err != nil {
			s.mu.Lock()
			s.end(x, types.ExecutionStatusAborted, "", nil, x.root.last)
			s.mu.Unlock()
			return err
		}
		s.work(call, a)
	}
}

func (s *Fake) syncOutput(x *execution, in *sfn.StartSyncExecutionInput) *sfn.StartSyncExecutionOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	return x.syncOutput(in.IncludedData)
}

// syncOutput is what StartSyncExecution answers of an execution that has ended.
func (x *execution) syncOutput(data types.IncludedData) *sfn.StartSyncExecutionOutput {
	out := &sfn.StartSyncExecutionOutput{
		ExecutionArn: &x.arn, Name: &x.name, StateMachineArn: &x.machine.arn, StartDate: aws.Time(x.started), StopDate: aws.Time(x.stopped),
		Status: types.SyncExecutionStatus(x.status), TraceHeader: optional(x.trace), InputDetails: included(), OutputDetails: included(),
		BillingDetails: &types.BillingDetails{BilledMemoryUsedInMB: 64, BilledDurationInMilliseconds: max(100, (x.stopped.Sub(x.started).Milliseconds()+99)/100*100)},
	}
	if data != types.IncludedDataMetadataOnly {
		out.Input = &x.input
	}
	if x.failure != nil {
		out.Error, out.Cause = optional(x.failure.Name), optional(x.failure.Cause)
	} else if data != types.IncludedDataMetadataOnly {
		out.Output = &x.output
	}
	return out
}

func included() *types.CloudWatchEventsExecutionDataDetails {
	return &types.CloudWatchEventsExecutionDataDetails{Included: true}
}

// onExecution plans an operation on an execution of a standard state machine. It is judged with
// the tags of the state machine.
func onExecution[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*execution) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, arn, kindExecution)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.executions[ref.text]
	var tags map[string]string
	if x != nil {
		tags = x.machine.tags
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need(call.Operation, ref.text, ref.account, tags)}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if x == nil || s.executions[ref.text] != x {
			return none, noExecution(ref.text)
		}
		return do(x)
	}}, nil
}

// stopExecution ends an execution. One that has ended keeps its end.
func (s *Fake) stopExecution(call *fakeaws.Call, in *sfn.StopExecutionInput) (*fakeaws.Plan[*sfn.StopExecutionOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.StopExecutionOutput, error) {
		if x.running() {
			var failure *asl.Error
			if in.Error != nil || in.Cause != nil {
				failure = &asl.Error{Name: aws.ToString(in.Error), Cause: aws.ToString(in.Cause)}
			}
			s.end(x, types.ExecutionStatusAborted, "", failure, x.root.last)
		}
		return &sfn.StopExecutionOutput{StopDate: aws.Time(x.stopped)}, nil
	})
}

// redrivable is why an execution cannot be redriven; "" where it can.
func (s *Fake) redrivable(x *execution) string {
	switch {
	case x.running() || x.status == types.ExecutionStatusSucceeded:
		return *text(textNotRedrivable, []any{string(x.status)})
	case s.now().Sub(x.stopped) > redriveWindow:
		return textRedriveExpired
	case len(x.history) >= maxHistory-1 || x.bytes > maxHistoryBytes:
		return textHistoryFull
	}
	return ""
}

// redriveExecution has an execution that did not succeed go on at the state where it ended. The
// branches of a Parallel or Map state begin anew, which AWS has go on where they ended.
func (s *Fake) redriveExecution(call *fakeaws.Call, in *sfn.RedriveExecutionInput) (*fakeaws.Plan[*sfn.RedriveExecutionOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.RedriveExecutionOutput, error) {
		if in.ClientToken != nil && *in.ClientToken == x.redriveToken {
			return &sfn.RedriveExecutionOutput{RedriveDate: aws.Time(x.redriven)}, nil
		}
		if x.machine.deleting {
			return nil, noExecution(x.arn)
		}
		if x.mapRun != nil {
			return nil, notImplemented("RedriveExecution of an execution of a Map Run")
		}
		if why := s.redrivable(x); why != "" {
			return nil, &types.ExecutionNotRedrivable{Message: &why}
		}
		x.redrives++
		x.redriven, x.redriveToken = s.now(), aws.ToString(in.ClientToken)
		x.status, x.failure, x.stopped = types.ExecutionStatusRunning, nil, time.Time{}
		x.machine.running++
		last := s.record(x, int64(len(x.history)), types.HistoryEventTypeExecutionRedriven, func(e *types.HistoryEvent) {
			e.ExecutionRedrivenEventDetails = &types.ExecutionRedrivenEventDetails{RedriveCount: aws.Int32(int32(x.redrives))}
		})
		t := x.root
		t.last, t.ended, t.phase = last, false, entering
		s.schedule(t, x.redriven)
		s.limit(x)
		return &sfn.RedriveExecutionOutput{RedriveDate: aws.Time(x.redriven)}, nil
	})
}

// describeExecution describes an execution of a standard state machine.
func (s *Fake) describeExecution(call *fakeaws.Call, in *sfn.DescribeExecutionInput) (*fakeaws.Plan[*sfn.DescribeExecutionOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.DescribeExecutionOutput, error) {
		out := &sfn.DescribeExecutionOutput{
			ExecutionArn: &x.arn, Name: &x.name, StateMachineArn: &x.machine.arn, StartDate: aws.Time(x.started), Status: x.status,
			StateMachineVersionArn: optional(x.versionARN), StateMachineAliasArn: optional(x.aliasARN), TraceHeader: optional(x.trace),
			InputDetails: included(), RedriveCount: aws.Int32(int32(x.redrives)), RedriveStatus: types.ExecutionRedriveStatusRedrivable,
		}
		if x.mapRun != nil {
			out.MapRunArn = &x.mapRun.arn
		}
		if why := s.redrivable(x); why != "" {
			out.RedriveStatus, out.RedriveStatusReason = types.ExecutionRedriveStatusNotRedrivable, &why
		}
		if !x.redriven.IsZero() {
			out.RedriveDate = aws.Time(x.redriven)
		}
		if !x.running() {
			out.StopDate = aws.Time(x.stopped)
		}
		data := in.IncludedData != types.IncludedDataMetadataOnly
		if data {
			out.Input = &x.input
		}
		if x.status == types.ExecutionStatusSucceeded {
			out.OutputDetails = included()
			if data {
				out.Output = &x.output
			}
		}
		if x.failure != nil {
			out.Error, out.Cause = optional(x.failure.Name), optional(x.failure.Cause)
		}
		return out, nil
	})
}

// describeStateMachineForExecution describes the revision of a state machine with which an
// execution runs.
func (s *Fake) describeStateMachineForExecution(call *fakeaws.Call, in *sfn.DescribeStateMachineForExecutionInput) (*fakeaws.Plan[*sfn.DescribeStateMachineForExecutionOutput], error) {
	return onExecution(s, call, in, in.ExecutionArn, func(x *execution) (*sfn.DescribeStateMachineForExecutionOutput, error) {
		rev := x.revision
		out := &sfn.DescribeStateMachineForExecutionOutput{Name: &x.machine.id.name, RoleArn: &rev.role, StateMachineArn: &x.machine.arn, UpdateDate: aws.Time(rev.updated),
			RevisionId: optional(rev.id), LoggingConfiguration: rev.loggingOrOff(), TracingConfiguration: rev.tracingOrOff(), EncryptionConfiguration: awsOwned()}
		if in.IncludedData != types.IncludedDataMetadataOnly {
			out.Definition = &rev.definition
		}
		return out, nil
	})
}

// listExecutions lists the executions of a standard state machine, the latest first; of a
// version or alias those that were started by it.
func (s *Fake) listExecutions(call *fakeaws.Call, in *sfn.ListExecutionsInput) (*fakeaws.Plan[*sfn.ListExecutionsOutput], error) {
	if in.MapRunArn != nil {
		return s.listOfMapRun(call, in)
	}
	if in.StateMachineArn == nil {
		return nil, invalid(types.ValidationExceptionReasonMissingRequiredParameter, textMapFields)
	}
	return onMachine(s, call, in, in.StateMachineArn, func(t *target) (*sfn.ListExecutionsOutput, error) {
		if t.kind == types.StateMachineTypeExpress {
			return nil, &types.StateMachineTypeNotSupported{Message: aws.String(textMachineType)}
		}
		var all []numbered
		for i, x := range slices.Backward(t.executions) {
			if x.mapRun != nil {
				continue
			}
			by := t.ref.rest == "" || x.versionARN == t.ref.text || x.aliasARN == t.ref.text
			status := in.StatusFilter == "" || x.status == in.StatusFilter
			redriven := in.RedriveFilter == "" || (in.RedriveFilter == types.ExecutionRedriveFilterRedriven) == (x.redrives > 0)
			if by && status && redriven {
				all = append(all, numbered{i, x})
			}
		}
		p, err := paged(all, func(n numbered) string { return descending(n.number) }, in.NextToken, in.MaxResults, func(n numbered) types.ExecutionListItem { return n.item() })
		if err != nil {
			return nil, err
		}
		return &sfn.ListExecutionsOutput{Executions: p.Items, NextToken: p.Next}, nil
	})
}

// A numbered is an execution with its place among those of the state machine.
type numbered struct {
	number int
	*execution
}

func (x *execution) item() types.ExecutionListItem {
	out := types.ExecutionListItem{ExecutionArn: &x.arn, Name: &x.name, StartDate: aws.Time(x.started), StateMachineArn: &x.machine.arn, Status: x.status,
		StateMachineAliasArn: optional(x.aliasARN), StateMachineVersionArn: optional(x.versionARN), RedriveCount: aws.Int32(int32(x.redrives))}
	if !x.running() {
		out.StopDate = aws.Time(x.stopped)
	}
	if !x.redriven.IsZero() {
		out.RedriveDate = aws.Time(x.redriven)
	}
	return out
}
