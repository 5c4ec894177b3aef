package stepfunctions

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Take implements [fakeaws.Target]: what services deliver to a state machine begins an
// execution, of which those that wait for the answer wait for the end.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	ref, ok := parse(d.Target)
	if !ok || ref.kind != kindMachine {
		return nil, errors.New("leastpriv: " + d.Target + " is no state machine")
	}
	if d.Answered {
		return &sfn.StartSyncExecutionInput{StateMachineArn: aws.String(d.Target), Input: aws.String(string(d.Body)), Name: optional(d.Name), TraceHeader: optional(d.TraceHeader)}, nil
	}
	return &sfn.StartExecutionInput{StateMachineArn: aws.String(d.Target), Input: aws.String(string(d.Body)), Name: optional(d.Name), TraceHeader: optional(d.TraceHeader)}, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	ref, ok := parse(arn)
	if !ok || ref.kind != kindMachine {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machines[ref.resourceID]
	switch {
	case m == nil:
		return false
	case ref.rest == "":
		return true
	}
	return m.version(ref.rest) != nil || m.aliases[ref.rest] != nil
}

// A FailedError is how an execution has ended that was delivered, and did not succeed.
type FailedError struct {
	ExecutionARN, Status, Name, Cause string
}

func (e *FailedError) Error() string {
	return e.ExecutionARN + " " + e.Status + ": " + e.Name + ": " + e.Cause
}

// Answer implements [fakeaws.Answerer].
func (s *Fake) Answer(out any) ([]byte, error) {
	x, ok := out.(*sfn.StartSyncExecutionOutput)
	if !ok {
		return nil, errors.New("leastpriv: that is no answer of an execution")
	}
	if x.Status != types.SyncExecutionStatusSucceeded {
		return nil, &FailedError{aws.ToString(x.ExecutionArn), string(x.Status), aws.ToString(x.Error), aws.ToString(x.Cause)}
	}
	return []byte(aws.ToString(x.Output)), nil
}

var _ fakeaws.Answerer = (*Fake)(nil)
