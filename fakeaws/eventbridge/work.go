package eventbridge

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws/internal/retry"
)

// A job is something that EventBridge does by itself at a time: to try a delivery again, or
// to replay events. One of the two is set.
type job struct {
	at       time.Time
	delivery *delivery
	replay   *replay
}

// later has a delivery be tried again. It is false, and says which limit is why, when the
// retry policy has no more.
func (s *Fake) later(d *delivery, why *failure) bool {
	policy := retry.NewPolicy(nil, nil)
	if p := d.target.RetryPolicy; p != nil {
		policy = retry.NewPolicy(p.MaximumRetryAttempts, p.MaximumEventAgeInSeconds)
	}
	at, exhausted := policy.Next(d.begun, s.world.Clock().Now(), d.attempts)
	if exhausted != "" {
		why.exhausted = exhausted
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(&job{at: at, delivery: d})
	return true
}

// add enters a job. The lock is held.
func (s *Fake) add(j *job) {
	s.jobs = append(s.jobs, j)
	s.world.Wake(j.at)
}

// first is what is to be done first: a rule that runs, or a job by its index. Of several
// things at one time it is the rule whose ARN comes first, and the job that was entered
// first. The lock is held.
func (s *Fake) first() (r *rule, i int, at time.Time) {
	i = -1
	for _, of := range s.scheduled {
		if r == nil || of.next.Before(at) || of.next.Equal(at) && of.arn() < r.arn() {
			r, at = of, of.next
		}
	}
	for n, j := range s.jobs {
		if r == nil && i < 0 || j.at.Before(at) {
			r, i, at = nil, n, j.at
		}
	}
	return r, i, at
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _, at := s.first()
	return at, !at.IsZero()
}

// Work implements [fakeaws.Worker].
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	r, i, at := s.first()
	if at.IsZero() || at.After(s.world.Clock().Now()) {
		s.mu.Unlock()
		return
	}
	if r != nil {
		all := s.run(r)
		s.mu.Unlock()
		s.deliver(ctx, all)
		return
	}
	j := s.jobs[i]
	s.jobs = append(s.jobs[:i:i], s.jobs[i+1:]...)
	s.mu.Unlock()
	if j.delivery != nil {
		s.try(ctx, j.delivery)
		return
	}
	s.runReplay(ctx, j.replay)
}

// run makes the event of a rule whose schedule is due. The lock is held.
func (s *Fake) run(r *rule) []*delivery {
	at := r.next
	r.next = nextRun(r.schedule, at)
	if r.next.IsZero() {
		delete(s.scheduled, r.arn())
	} else {
		s.world.Wake(r.next)
	}
	e, err := newEvent(&eventDocument{
		ID: s.world.IDs().UUID(), DetailType: "Scheduled Event", Source: "aws.events", Account: r.bus.id.account, Time: timestamp(at),
		Region: r.bus.id.region, Resources: []string{r.arn()}, Detail: []byte("{}"),
	}, s.now())
	if err != nil {
		return nil // it always has a form
	}
	r.bus.keep(e.record)
	return s.deliveriesOf(r, e)
}

// timeOf is a time in an answer; nil for none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return aws.Time(t)
}
