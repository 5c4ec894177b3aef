package stepfunctions

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/sdkjson"
)

// A syncTask is a task that calls StartSyncExecution. The call is judged as any other, and
// answered when the execution has begun: that goes on by itself, and the task with its end. So
// whoever does the World's work does not wait in the call, which could last five minutes.
type syncTask struct{ started *execution }

type syncTaskKey struct{}

// isSync reports whether a resource calls StartSyncExecution.
func (r *resource) isSync() bool {
	return r.sdk && r.service == "sfn" && r.action == "startSyncExecution"
}

// waitingTask is the task that a call is for; nil when it is a call that waits.
func waitingTask(call *fakeaws.Call) *syncTask {
	task, _ := call.Value(syncTaskKey{}).(*syncTask)
	return task
}

// beginSync has a task begin an execution of an express state machine.
func (s *Fake) beginSync(ctx context.Context, actor fakeaws.Actor, j *job) *answer {
	task := new(syncTask)
	done := s.callSDK(context.WithValue(ctx, syncTaskKey{}, task), actor, j.resource, j.params)
	done.started = task.started
	return done
}

// awaitSync has a thread wait for the end of the execution. The lock is held.
func (s *Fake) awaitSync(t *thread, x *execution) {
	t.child, t.phase = x, child
	if !x.running() {
		t.phase = childEnded
		s.schedule(t, s.now())
		return
	}
	x.waiting = append(x.waiting, t)
	s.rest(t)
}

// syncEnded ends a task with what StartSyncExecution answers, whatever has become of the
// execution. The lock is held.
func (s *Fake) syncEnded(t *thread, r *resource) {
	data := types.IncludedDataAllData
	if object, ok := t.params.(map[string]any); ok && object["IncludedData"] == string(types.IncludedDataMetadataOnly) {
		data = types.IncludedDataMetadataOnly
	}
	s.settle(t, r, &answer{value: sdkjson.Value(t.child.syncOutput(data))})
}
