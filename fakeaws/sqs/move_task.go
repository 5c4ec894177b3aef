package sqs

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// moveRate is how many messages a task moves per second when the call leaves it to
// SQS, which then chooses by the size of the backlog. The figure is unverified.
const moveRate = maxMoveRate

// The status of a task. SQS has CANCELLING too, for the time that its servers take
// to stop: here a task stops at once.
const (
	taskRunning   = "RUNNING"
	taskCompleted = "COMPLETED"
	taskCancelled = "CANCELLED"
	taskFailed    = "FAILED"
)

// A moveTask moves messages out of a dead-letter queue, one at a time, at even
// intervals that begin with its start. It is done lazily: what was due is moved,
// with the time at which it was due, when somebody looks at any queue.
type moveTask struct {
	id     string
	source *queue
	target *queue // nil: each message goes to the queue that it came from
	// origins are the queues that messages may go back to, by ARN: those that the caller
	// may send to. One that is made later under the same name is not among them.
	origins  map[string]*queue
	rate     int32 // 0 when SQS chooses
	started  timestamp
	total    int // messages to move, counted at the start
	moved    int
	status   string
	failure  string
	interval time.Duration
}

// due is when the task moves its next message.
func (t *moveTask) due() timestamp { return t.started.add(time.Duration(t.moved) * t.interval) }

// endTask ends a task.
func (s *Fake) endTask(t *moveTask, status, failure string) {
	t.status, t.failure = status, failure
	s.running = slices.DeleteFunc(s.running, func(r *moveTask) bool { return r == t })
}

// runMoveTasks moves every message that is due, in order of time.
func (s *Fake) runMoveTasks(now timestamp) {
	for len(s.running) > 0 {
		next := slices.MinFunc(s.running, func(a, b *moveTask) int { return int(a.due() - b.due()) })
		if next.due() > now {
			return
		}
		s.moveNext(next)
	}
}

// nextMove is when a running task may put a message into q; at latest if none does.
func (s *Fake) nextMove(q *queue, latest timestamp) timestamp {
	for _, t := range s.running {
		if t.target == nil || t.target == q {
			latest = min(latest, t.due())
		}
	}
	return latest
}

// moveNext moves one message, or ends the task. A task moves what is visible, as a
// receive would take it; that it ends when it finds nothing more is unverified.
func (s *Fake) moveNext(t *moveTask) {
	now := t.due()
	t.source.update(now)
	m := t.source.messages.ready.first(nil)
	switch {
	case now.sub(t.started) >= maxMoveTime:
		s.endTask(t, taskFailed, failureTooLong)
		return
	case m == nil || t.moved == t.total:
		s.endTask(t, taskCompleted, "")
		return
	}
	target, failure := t.moveTarget(m)
	if failure != "" {
		s.endTask(t, taskFailed, failure)
		return
	}
	group := m.groupID()
	t.source.messages.remove(m)
	target.update(now)
	target.enqueue(s.movedMessage(m, now), group, target.delay, now)
	if t.moved++; t.moved == t.total {
		s.endTask(t, taskCompleted, "")
	}
}

// moveTarget finds the queue that a task moves a message to.
func (t *moveTask) moveTarget(m *message) (target *queue, failure string) {
	target = t.target
	if target == nil {
		origin := m.readExtras().deadFrom
		if origin == "" {
			return nil, failureNoSource
		}
		target = t.origins[origin]
	}
	if target.exists() != nil {
		return nil, failureNoTarget
	}
	return target, ""
}

// movedMessage is a message that a task moves: new to its queue, with an id and a time
// of its own (developer guide: "All redriven messages are considered new messages
// with a new messageID and enqueueTime"). That it keeps its sender and its
// deduplication id, and forgets its receives and where it came from, is
// unverified.
func (s *Fake) movedMessage(m *message, now timestamp) *message {
	moved := &message{id: s.world.IDs().RandomUUID(), bodyMD5: m.bodyMD5, body: m.body, sender: m.sender, sent: now, dedupID: m.dedupID}
	if m.extras != nil {
		parts := *m.extras
		parts.deadFrom = ""
		moved.extras = &parts
	}
	return moved
}

// handle is what CancelMessageMoveTask takes: base 64 of the task's id and source.
func (t *moveTask) handle() string {
	b, err := json.Marshal(taskHandle{t.id, t.source.arn})
	if err != nil {
		panic(err) // two strings
	}
	return base64.StdEncoding.EncodeToString(b)
}

type taskHandle struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func parseTaskHandle(handle *string) (taskHandle, queueID, error) {
	if handle == nil || *handle == "" {
		return taskHandle{}, queueID{}, missingParameter("TaskHandle")
	}
	var h taskHandle
	b, err := base64.StdEncoding.DecodeString(*handle)
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	id, ok := parseARN(h.SourceARN)
	if err != nil || !ok {
		return taskHandle{}, queueID{}, invalidParameter(textTaskHandle)
	}
	return h, id, nil
}

// entry is a task in the form of ListMessageMoveTasks. Only a running one shows its
// handle.
func (t *moveTask) entry() types.ListMessageMoveTasksResultEntry {
	e := types.ListMessageMoveTasksResultEntry{
		SourceArn:                         &t.source.arn,
		Status:                            &t.status,
		StartedTimestamp:                  t.started.time().UnixMilli(),
		ApproximateNumberOfMessagesMoved:  int64(t.moved),
		ApproximateNumberOfMessagesToMove: aws.Int64(int64(t.total)),
		FailureReason:                     optional(t.failure),
	}
	if t.status == taskRunning {
		e.TaskHandle = aws.String(t.handle())
	}
	if t.target != nil {
		e.DestinationArn = aws.String(t.target.arn)
	}
	if t.rate > 0 {
		e.MaxNumberOfMessagesPerSecond = aws.Int32(t.rate)
	}
	return e
}
