package sqs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) moveOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.startMessageMoveTask),
		fakeaws.Bind(s.cancelMessageMoveTask),
		fakeaws.Bind(s.listMessageMoveTasks),
	}
}

// The limits of move tasks (API reference, StartMessageMoveTask; developer guide,
// "Learn how to configure a dead-letter queue redrive in Amazon SQS").
const (
	maxMoveRate    = 500 // messages per second
	maxMoveTasks   = 100 // running, per account
	maxMoveTime    = 36 * time.Hour
	maxTasksListed = 10
)

// startMessageMoveTask begins to move the messages of a dead-letter queue to
// another queue, or each to the one that it came from. It takes sqs:SendMessage too:
// on the destination or, without one, on every queue that messages may go back to.
// That SQS asks before the task begins is unverified.
func (s *Fake) startMessageMoveTask(call *fakeaws.Call, in *awssqs.StartMessageMoveTaskInput) (*fakeaws.Plan[*awssqs.StartMessageMoveTaskOutput], error) {
	from, err := moveQueueID("SourceArn", in.SourceArn)
	if err != nil {
		return nil, err
	}
	var to queueID
	if in.DestinationArn != nil {
		if to, err = moveQueueID("DestinationArn", in.DestinationArn); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &moveTask{source: s.queues[from], status: taskRunning, interval: time.Second / moveRate}
	targets := []queueID{to}
	if in.DestinationArn != nil {
		t.target = s.queues[to]
	} else {
		t.origins = s.origins(t.source)
		targets = targets[:0]
		for _, arn := range sorted(t.origins) {
			targets = append(targets, t.origins[arn].id)
		}
	}
	needs, kmsErr := s.startNeeds(call, from, targets)
	return &fakeaws.Plan[*awssqs.StartMessageMoveTaskOutput]{Needs: needs, Do: func() (*awssqs.StartMessageMoveTaskOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.runMoveTasks(s.now())
		if err := t.source.movable(call, "SourceArn"); err != nil {
			return nil, err
		}
		if kmsErr != nil {
			return nil, kmsErr
		}
		if in.DestinationArn != nil {
			if err := t.target.movable(call, "DestinationArn"); err != nil {
				return nil, err
			}
			if err := checkMove(t.source, t.target); err != nil {
				return nil, err
			}
		}
		if err := s.startMove(t, in.MaxNumberOfMessagesPerSecond); err != nil {
			return nil, err
		}
		return &awssqs.StartMessageMoveTaskOutput{TaskHandle: aws.String(t.handle())}, nil
	}}, nil
}

// startNeeds are the permissions to start a task: on its source, on the queues that get its
// messages, and on the keys that encrypt them. The error is answered when the call is
// allowed. The lock is held.
func (s *Fake) startNeeds(call *fakeaws.Call, from queueID, targets []queueID) ([]fakeaws.Need, error) {
	needs := s.moveNeeds(call, "sqs:StartMessageMoveTask", from)
	for _, id := range targets {
		needs = append(needs, s.need(call, "sqs:SendMessage", id, shareable))
	}
	for _, id := range append(targets, from) {
		action := kmsEncrypt
		if id == from {
			action = kmsDecrypt
		}
		if q := s.queues[id]; q != nil {
			kms, err := s.kmsNeedsOf(call, q, action)
			needs = append(needs, kms...)
			if err != nil {
				return needs, err
			}
		}
	}
	return needs, nil
}

// startMove begins a task, at a rate that the call may choose.
func (s *Fake) startMove(t *moveTask, rate *int32) error {
	if rate != nil {
		if *rate < 1 || *rate > maxMoveRate {
			return invalidValue(*rate, "MaxNumberOfMessagesPerSecond", textMoveRate)
		}
		t.rate, t.interval = *rate, time.Second/time.Duration(*rate)
	}
	if err := s.checkStart(t.source); err != nil {
		return err
	}
	now := s.now()
	t.source.update(now)
	t.id, t.started, t.total = s.world.IDs().UUID(), now, t.source.messages.ready.len()
	t.source.tasks = append(t.source.tasks, t)
	s.running = append(s.running, t)
	s.runMoveTasks(now)
	for _, q := range s.queues {
		q.wake() // a poll of a queue that gets messages looks when they are due
	}
	return nil
}

// movable refuses a queue of a task that does not exist, or is not in the call's region.
func (q *queue) movable(call *fakeaws.Call, parameter string) error {
	if q.exists() != nil || q.id.region != call.Region {
		return resourceNotFound("The resource that you specified for the " + parameter + " parameter doesn't exist.")
	}
	return nil
}

// moveNeeds are the permissions on the source of a move task: besides the action
// itself those that the task uses (developer guide, "Amazon SQS API permissions:
// Actions and resource reference"). The lock is held.
func (s *Fake) moveNeeds(call *fakeaws.Call, action string, source queueID) []fakeaws.Need {
	needs := make([]fakeaws.Need, 0, 5)
	for _, a := range []string{action, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
		needs = append(needs, s.need(call, a, source, ownerOnly))
	}
	return needs
}

// origins returns the queues that the messages of a dead-letter queue may go back to, by
// ARN: those whose dead-letter queue it is, and those that its messages came from. The
// lock is held.
func (s *Fake) origins(dead *queue) map[string]*queue {
	origins := make(map[string]*queue)
	if dead == nil {
		return origins
	}
	for id := range s.sourcesOf(dead) {
		origins[id.arn()] = s.queues[id]
	}
	previous := "" // most messages come from one queue
	dead.messages.ages.each(func(m *message) {
		from := m.readExtras().deadFrom
		if from == previous {
			return
		}
		previous = from
		if id, ok := parseARN(from); ok && s.queues[id] != nil {
			origins[from] = s.queues[id]
		}
	})
	return origins
}

func moveQueueID(parameter string, arn *string) (queueID, error) {
	if arn == nil || *arn == "" {
		return queueID{}, missingParameter(parameter)
	}
	id, ok := parseARN(*arn)
	if !ok {
		return queueID{}, invalidParameter("You must use this format to specify the " + parameter + ": arn:<partition>:<service>:<region>:<account-id>:<resource-id>")
	}
	return id, nil
}

// checkMove checks the two queues of a task by each other.
func checkMove(source, target *queue) error {
	switch {
	case source == target:
		return invalidParameter(textMoveToItself)
	case source.fifo != target.fifo:
		return invalidParameter(textMoveType)
	}
	return nil
}

// checkStart checks that a task may begin: the queue is the dead-letter queue of
// another, and no task is at work on it.
func (s *Fake) checkStart(source *queue) error {
	running := 0
	for _, t := range s.running {
		if t.source == source {
			return invalidParameter(textMoveRunning)
		}
		if t.source.id.account == source.id.account {
			running++
		}
	}
	if running >= maxMoveTasks {
		return overLimit(textMoveTasks)
	}
	if !s.hasSources(source) {
		return invalidParameter(textMoveSource)
	}
	return nil
}

// cancelMessageMoveTask stops a running task. What it has moved stays moved.
func (s *Fake) cancelMessageMoveTask(call *fakeaws.Call, in *awssqs.CancelMessageMoveTaskInput) (*fakeaws.Plan[*awssqs.CancelMessageMoveTaskOutput], error) {
	h, id, err := parseTaskHandle(in.TaskHandle)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	source, needs := s.queues[id], s.moveNeeds(call, "sqs:CancelMessageMoveTask", id)
	return &fakeaws.Plan[*awssqs.CancelMessageMoveTaskOutput]{Needs: needs, Do: func() (*awssqs.CancelMessageMoveTaskOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.runMoveTasks(s.now())
		if err := source.movable(call, "SourceArn"); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(source.tasks, func(t *moveTask) bool { return t.id == h.TaskID })
		if i < 0 {
			return nil, resourceNotFound(textNoTask)
		}
		t := source.tasks[i]
		if t.status != taskRunning {
			return nil, invalidParameter(textNotRunning)
		}
		s.endTask(t, taskCancelled, "")
		return &awssqs.CancelMessageMoveTaskOutput{ApproximateNumberOfMessagesMoved: int64(t.moved)}, nil
	}}, nil
}

// listMessageMoveTasks lists the tasks out of a queue, the latest first: one, or up
// to ten.
func (s *Fake) listMessageMoveTasks(call *fakeaws.Call, in *awssqs.ListMessageMoveTasksInput) (*fakeaws.Plan[*awssqs.ListMessageMoveTasksOutput], error) {
	id, err := moveQueueID("SourceArn", in.SourceArn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	source, needs := s.queues[id], s.moveNeeds(call, "sqs:ListMessageMoveTasks", id)
	return &fakeaws.Plan[*awssqs.ListMessageMoveTasksOutput]{Needs: needs, Do: func() (*awssqs.ListMessageMoveTasksOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.runMoveTasks(s.now())
		if err := source.movable(call, "SourceArn"); err != nil {
			return nil, err
		}
		limit := 1
		if n := in.MaxResults; n != nil {
			if *n < 1 || *n > maxTasksListed {
				return nil, invalidValue(*n, "MaxResults", textTasksListed)
			}
			limit = int(*n)
		}
		out := &awssqs.ListMessageMoveTasksOutput{}
		for _, t := range slices.Backward(source.tasks) {
			if len(out.Results) < limit {
				out.Results = append(out.Results, t.entry())
			}
		}
		return out, nil
	}}, nil
}
