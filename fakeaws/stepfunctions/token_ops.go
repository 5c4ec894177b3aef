package stepfunctions

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

func (s *Fake) tokenOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.sendTaskSuccess),
		fakeaws.Bind(s.sendTaskFailure),
		fakeaws.Bind(s.sendTaskHeartbeat),
	}
}

// onToken plans an operation with a task token. The permission is on no resource, as the
// service authorization reference has it. "Task tokens must be from principals within the same
// AWS account"; that the region must be the same is unverified.
func onToken[O any](s *Fake, call *fakeaws.Call, in any, token *string, do func(*thread) (O, error)) (*fakeaws.Plan[O], error) {
	return onAccount(s, call, in, "*", func() (none O, err error) {
		if len(*token) != tokenSize {
			return none, invalidToken()
		}
		t := s.tokens[*token]
		if t == nil || t.run.machine.id.place != (place{call.Account, call.Region}) {
			return none, &types.TaskTimedOut{Message: aws.String(textGone)}
		}
		return do(t)
	})
}

// answered goes on with a task that is answered. One whose service is still being called goes on
// when that has ended.
func (s *Fake) answered(t *thread, a *answer) {
	if t.phase == calling {
		delete(s.tokens, t.token)
		t.answer = a
		return
	}
	r, _ := resourceOf(t.state.Resource)
	s.settle(t, r, a)
	s.overflow(t.run)
}

func (s *Fake) sendTaskSuccess(call *fakeaws.Call, in *sfn.SendTaskSuccessInput) (*fakeaws.Plan[*sfn.SendTaskSuccessOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	value, err := asl.Decode([]byte(*in.Output))
	if err != nil {
		return nil, &types.InvalidOutput{Message: text(textOutput, []any{fmt.Sprint(err)})}
	}
	return onToken(s, call, in, in.TaskToken, func(t *thread) (*sfn.SendTaskSuccessOutput, error) {
		s.answered(t, &answer{value: value})
		return &sfn.SendTaskSuccessOutput{}, nil
	})
}

func (s *Fake) sendTaskFailure(call *fakeaws.Call, in *sfn.SendTaskFailureInput) (*fakeaws.Plan[*sfn.SendTaskFailureOutput], error) {
	return onToken(s, call, in, in.TaskToken, func(t *thread) (*sfn.SendTaskFailureOutput, error) {
		s.answered(t, &answer{failure: &asl.Error{Name: aws.ToString(in.Error), Cause: aws.ToString(in.Cause)}})
		return &sfn.SendTaskFailureOutput{}, nil
	})
}

// sendTaskHeartbeat says that a task is still worked on. It does not move the end of the time
// that TimeoutSeconds gives.
func (s *Fake) sendTaskHeartbeat(call *fakeaws.Call, in *sfn.SendTaskHeartbeatInput) (*fakeaws.Plan[*sfn.SendTaskHeartbeatOutput], error) {
	return onToken(s, call, in, in.TaskToken, func(t *thread) (*sfn.SendTaskHeartbeatOutput, error) {
		if t.beat > 0 && !t.heartbeat.IsZero() {
			t.heartbeat = s.world.Clock().Now().Add(time.Duration(t.beat) * time.Second)
			if t.phase == answering {
				s.rest(t)
			}
		}
		return &sfn.SendTaskHeartbeatOutput{}, nil
	})
}
