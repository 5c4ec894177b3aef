package stepfunctions

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// An activity has tasks that workers ask for.
type activity struct {
	id      resourceID
	arn     string
	created time.Time
	tags    map[string]string
	tasks   []offered // that no worker has taken, the oldest first
	gone    bool
}

// An offered is a task that an activity has for workers.
type offered struct {
	thread *thread
	token  string
	input  string
}

// polls are the calls that wait for tasks of activities, by ARN, the longest first.
type polls struct {
	waiting map[string][]chan struct{}
}

// Bounds of activities ("Quotas related to activities": "1,000 pollers … per activity").
const (
	pollTime   = 60 * time.Second
	maxWorkers = 1000
)

func (s *Fake) activityOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createActivity),
		fakeaws.Bind(s.deleteActivity),
		fakeaws.Bind(s.describeActivity),
		fakeaws.Bind(s.listActivities),
		fakeaws.Bind(s.getActivityTask),
	}
}

// createActivity makes an activity. One that is there already is answered as if it were new.
func (s *Fake) createActivity(call *fakeaws.Call, in *sfn.CreateActivityInput) (*fakeaws.Plan[*sfn.CreateActivityOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if !isName(*in.Name) {
		return nil, &types.InvalidName{Message: text(textName, []any{*in.Name})}
	}
	if err := checkSettings(nil, in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	id := resourceID{place{call.Account, call.Region}, *in.Name}
	arn := id.arn(kindActivity)
	s.mu.Lock()
	defer s.mu.Unlock()
	var tags map[string]string
	if a := s.activities[id]; a != nil {
		tags = a.tags
	}
	needs := []fakeaws.Need{need("CreateActivity", arn, call.Account, tags)}
	needs = append(needs, tagOnCreate(in.Tags, arn, call.Account, &needs[0])...)
	return &fakeaws.Plan[*sfn.CreateActivityOutput]{Needs: needs, Do: func() (*sfn.CreateActivityOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		a := s.activities[id]
		if a == nil {
			if len(s.activities) >= maxMachines {
				return nil, &types.ActivityLimitExceeded{Message: aws.String(textManyActivities)}
			}
			a = &activity{id: id, arn: arn, created: s.now(), tags: tagsOf(in.Tags)}
			s.activities[id] = a
		}
		return &sfn.CreateActivityOutput{ActivityArn: &a.arn, CreationDate: aws.Time(a.created)}, nil
	}}, nil
}

// activity finds the activity of a call, and makes the permission on it.
func (s *Fake) activity(call *fakeaws.Call, in any, arn *string) (*activity, *reference, fakeaws.Need, error) {
	if err := check(in); err != nil {
		return nil, nil, fakeaws.Need{}, err
	}
	ref, err := refer(call, arn, kindActivity)
	if err != nil {
		return nil, nil, fakeaws.Need{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.activities[ref.resourceID]
	var tags map[string]string
	if a != nil {
		tags = a.tags
	}
	return a, ref, need(call.Operation, ref.text, ref.account, tags), nil
}

// deleteActivity deletes an activity. One that does not exist is fine.
func (s *Fake) deleteActivity(call *fakeaws.Call, in *sfn.DeleteActivityInput) (*fakeaws.Plan[*sfn.DeleteActivityOutput], error) {
	a, ref, n, err := s.activity(call, in, in.ActivityArn)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sfn.DeleteActivityOutput]{Needs: []fakeaws.Need{n}, Do: func() (*sfn.DeleteActivityOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a != nil && !a.gone {
			a.gone = true
			delete(s.activities, ref.resourceID)
			s.wakeAll(a.arn)
		}
		return &sfn.DeleteActivityOutput{}, nil
	}}, nil
}

func (s *Fake) describeActivity(call *fakeaws.Call, in *sfn.DescribeActivityInput) (*fakeaws.Plan[*sfn.DescribeActivityOutput], error) {
	a, ref, n, err := s.activity(call, in, in.ActivityArn)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sfn.DescribeActivityOutput]{Needs: []fakeaws.Need{n}, Do: func() (*sfn.DescribeActivityOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a == nil || a.gone {
			return nil, noActivity(ref.text)
		}
		return &sfn.DescribeActivityOutput{ActivityArn: &a.arn, CreationDate: aws.Time(a.created), Name: &a.id.name, EncryptionConfiguration: awsOwned()}, nil
	}}, nil
}

func (s *Fake) listActivities(call *fakeaws.Call, in *sfn.ListActivitiesInput) (*fakeaws.Plan[*sfn.ListActivitiesOutput], error) {
	return onAccount(s, call, in, "activity:*", func() (*sfn.ListActivitiesOutput, error) {
		var all []*activity
		for id, a := range s.activities {
			if id.place == (place{call.Account, call.Region}) {
				all = append(all, a)
			}
		}
		slices.SortFunc(all, func(a, b *activity) int { return strings.Compare(a.id.name, b.id.name) })
		p, err := paged(all, func(a *activity) string { return a.id.name }, in.NextToken, in.MaxResults, func(a *activity) types.ActivityListItem {
			return types.ActivityListItem{ActivityArn: &a.arn, CreationDate: aws.Time(a.created), Name: &a.id.name}
		})
		if err != nil {
			return nil, err
		}
		return &sfn.ListActivitiesOutput{Activities: p.Items, NextToken: p.Next}, nil
	})
}

// offer has an activity offer a task to workers. The time of a task begins when a worker takes
// it. That a state fails at once whose activity does not exist is AWS's ActivityScheduleFailed.
func (s *Fake) offer(t *thread, j *job) {
	ref, _ := parse(j.resource.activity)
	a := s.activities[ref.resourceID]
	if a == nil {
		failure := &asl.Error{Name: asl.ErrRuntime, Cause: *text(textNoActivity, []any{ref.text})}
		delete(s.tokens, t.token)
		t.last = s.event(t.run, t.last, types.HistoryEventTypeActivityScheduleFailed, func(e *types.HistoryEvent) {
			e.ActivityScheduleFailedEventDetails = &types.ActivityScheduleFailedEventDetails{Error: &failure.Name, Cause: &failure.Cause}
		})
		s.fail(t, failure)
		return
	}
	a.tasks = append(a.tasks, offered{t, t.token, j.text})
	t.phase = answering
	t.turn++
	s.wakeNext(a.arn)
}

// wakeNext has the call look again that waits longest for a task of an activity.
func (s *Fake) wakeNext(arn string) {
	if waiting := s.polls.waiting[arn]; len(waiting) > 0 {
		close(waiting[0])
		s.polls.waiting[arn] = waiting[1:]
	}
}

func (s *Fake) wakeAll(arn string) {
	for len(s.polls.waiting[arn]) > 0 {
		s.wakeNext(arn)
	}
}

// getActivityTask takes a task of an activity. It waits for one for a minute.
func (s *Fake) getActivityTask(call *fakeaws.Call, in *sfn.GetActivityTaskInput) (*fakeaws.Plan[*sfn.GetActivityTaskOutput], error) {
	a, ref, n, err := s.activity(call, in, in.ActivityArn)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sfn.GetActivityTaskOutput]{Needs: []fakeaws.Need{n}, Do: func() (*sfn.GetActivityTaskOutput, error) {
		if a == nil {
			return nil, noActivity(ref.text)
		}
		deadline := s.world.Clock().Now().Add(pollTime)
		for {
			out, wake, err := s.poll(a, aws.ToString(in.WorkerName), deadline)
			if out != nil || err != nil {
				return out, err
			}
			err = s.world.Clock().Wait(call, deadline, wake)
			if err == nil { // what has come meanwhile is not for a caller who was shut out meanwhile
				_, _, again, _ := s.activity(call, in, in.ActivityArn)
				err = call.StillAllowed(again)
			}
			if s.stop(a.arn, wake); err != nil {
				return nil, err
			}
		}
	}}, nil
}

// poll looks once for a task of an activity. Without one the caller waits for the channel.
func (s *Fake) poll(a *activity, worker string, deadline time.Time) (*sfn.GetActivityTaskOutput, chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.gone {
		return nil, nil, noActivity(a.arn)
	}
	for len(a.tasks) > 0 {
		o := a.tasks[0]
		a.tasks = a.tasks[1:]
		if s.tokens[o.token] != o.thread {
			continue
		}
		s.take(o, worker)
		if len(a.tasks) > 0 {
			s.wakeNext(a.arn)
		}
		return &sfn.GetActivityTaskOutput{Input: &o.input, TaskToken: &o.token}, nil, nil
	}
	if !s.world.Clock().Now().Before(deadline) {
		return &sfn.GetActivityTaskOutput{}, nil, nil
	}
	if len(s.polls.waiting[a.arn]) >= maxWorkers {
		return nil, nil, &types.ActivityWorkerLimitExceeded{Message: aws.String(textManyWorkers)}
	}
	if s.polls.waiting == nil {
		s.polls.waiting = make(map[string][]chan struct{})
	}
	wake := make(chan struct{})
	s.polls.waiting[a.arn] = append(s.polls.waiting[a.arn], wake)
	return nil, wake, nil
}

// stop ends a wait. A call that was woken and leaves wakes the next one.
func (s *Fake) stop(arn string, wake chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.polls.waiting[arn]
	if i := slices.Index(waiting, wake); i >= 0 {
		waiting = slices.Delete(waiting, i, i+1)
		s.polls.waiting[arn] = waiting
	} else {
		s.wakeNext(arn)
	}
	if len(s.polls.waiting[arn]) == 0 {
		delete(s.polls.waiting, arn)
	}
}

// take gives a task to a worker.
func (s *Fake) take(o offered, worker string) {
	t := o.thread
	t.last = s.event(t.run, t.last, types.HistoryEventTypeActivityStarted, func(e *types.HistoryEvent) {
		e.ActivityStartedEventDetails = &types.ActivityStartedEventDetails{WorkerName: optional(worker)}
	})
	t.watch(s.world.Clock().Now())
	s.rest(t)
	s.overflow(t.run)
}
