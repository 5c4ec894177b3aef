package ses

import (
	"context"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A publication is an event or a notification on its way to a topic, a Firehose stream or the
// default event bus. It never changes.
type publication struct {
	as           fakeaws.ServiceCall
	from         string // whose it is, for who looks at failures
	target, role string
	subject      string
	body         []byte
	detailType   string // of an event for the bus
	due          time.Time
}

// sessionName is that of the sessions of SES with the roles that it is given: unverified.
const sessionName = "SES"

// maxWaiting is how many publications wait at most: what is more is dropped, as AWS's event
// publishing is best effort.
const maxWaiting = 100_000

// A Failure is an event that could not be published, and why.
type Failure struct{ Source, Target, Reason string }

// enqueue has something published. The lock is held.
func (s *Fake) enqueue(p *publication) {
	if len(s.waiting) < maxWaiting {
		p.due = s.world.Clock().Now()
		s.waiting = append(s.waiting, p)
	}
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return time.Time{}, false
	}
	return s.waiting[0].due, true
}

// Work implements [fakeaws.Worker]. What cannot be published is dropped: AWS documents no
// retries.
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	if len(s.waiting) == 0 || s.waiting[0].due.After(s.world.Clock().Now()) {
		s.mu.Unlock()
		return
	}
	p := s.waiting[0]
	s.waiting[0] = nil
	if s.waiting = s.waiting[1:]; len(s.waiting) == 0 {
		s.waiting = nil
	}
	s.mu.Unlock()
	err := s.deliver(ctx, p)
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.in(place{p.as.SourceAccount, p.as.Region})
	r.failures = recent.Add(r.failures, Failure{p.from, p.target, err.Error()}, maxKept)
}

// deliver publishes as SES, or as the role that it was given.
func (s *Fake) deliver(ctx context.Context, p *publication) error {
	if p.detailType != "" {
		s.world.PutServiceEvent(ctx, &fakeaws.ServiceEvent{
			Account: p.as.SourceAccount, Region: p.as.Region, Source: "aws.ses", DetailType: p.detailType, Resources: []string{p.as.SourceARN},
			Detail: p.body, Time: p.due.UTC().Truncate(time.Second),
		})
		return nil
	}
	actor := p.as.Actor()
	if p.role != "" {
		session, err := role.Assume(ctx, s.world, p.as, p.role, sessionName)
		if err != nil {
			return err
		}
		actor = session.Actor
	}
	_, err := s.world.Deliver(ctx, actor, &fakeaws.Delivery{Target: p.target, Subject: p.subject, Body: p.body})
	return err
}

// Failures returns the latest events of an account in a region that could not be published.
func Failures(w *fakeaws.World, account, region string) []Failure {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Failure(nil), recent.Of(s.in(place{account, region}).failures, maxKept)...)
}
