package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/retry"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A run is one invocation of a target, as the schedule was when it was due.
type run struct {
	arn    string // of the schedule
	group  groupID
	target *types.Target
	id     string
	due    time.Time
	begun  time.Time
	at     time.Time // of the next try
	tried  int
	record *Invocation
}

// first is what is to be done first: a schedule that is due, or a run by its index that is
// tried again. The lock is held.
func (s *Fake) first() (p *plan, i int, at time.Time) {
	i = -1
	for _, g := range s.groups {
		for _, of := range g.schedules {
			if !of.next.IsZero() && (p == nil || of.next.Before(at) || of.next.Equal(at) && of.arn() < p.arn()) {
				p, at = of, of.next
			}
		}
	}
	for n, r := range s.tries {
		if p == nil && i < 0 || r.at.Before(at) {
			p, i, at = nil, n, r.at
		}
	}
	return p, i, at
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
	p, i, at := s.first()
	if at.IsZero() || at.After(s.world.Clock().Now()) {
		s.mu.Unlock()
		return
	}
	var r *run
	if p != nil {
		r = s.begin(p)
	} else {
		r = s.tries[i]
		s.tries = slices.Delete(s.tries, i, i+1)
	}
	s.mu.Unlock()
	s.try(ctx, r)
}

// begin begins the run of a schedule that is due. One that is complete goes if it is to. The
// lock is held.
func (s *Fake) begin(p *plan) *run {
	r := &run{arn: p.arn(), group: p.group.id, target: p.of.Target, id: s.world.IDs().UUID(), due: p.next, begun: s.world.Clock().Now()}
	r.record = &Invocation{ScheduleARN: r.arn, ExecutionID: r.id, Scheduled: r.due.UTC(), TargetARN: *r.target.Arn}
	p.keep(r.record)
	s.advance(p, p.next)
	if p.next.IsZero() && p.of.ActionAfterCompletion == types.ActionAfterCompletionDelete {
		p.remove()
	}
	return r
}

func (s *Fake) note(r *run, change func(*Invocation)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(r.record)
}

// try calls the target once. No lock is held.
func (s *Fake) try(ctx context.Context, r *run) {
	r.tried++
	input := r.input()
	s.note(r, func(i *Invocation) { i.Input, i.Attempts = input, r.tried })
	err := s.send(ctx, r, input)
	if err == nil {
		s.note(r, func(i *Invocation) { i.Outcome, i.Reason = Delivered, "" })
		return
	}
	kind, code, text := retry.Target, "TargetError", err.Error()
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		kind, code, text = retry.Sort(api), api.ErrorCode(), api.ErrorMessage()
	case !s.world.TargetExists(*r.target.Arn):
		kind, code = retry.Resource, "ResourceNotFoundException"
	}
	exhausted := ""
	if kind.Retried() {
		policy := retry.NewPolicy(nil, nil)
		if p := r.target.RetryPolicy; p != nil {
			policy = retry.NewPolicy(p.MaximumRetryAttempts, p.MaximumEventAgeInSeconds)
		}
		var at time.Time
		if at, exhausted = policy.Next(r.begun, s.world.Clock().Now(), r.tried); exhausted == "" {
			s.again(r, at, text)
			return
		}
	}
	s.fail(ctx, r, code, text, exhausted, input)
}

// again has a run be tried again.
func (s *Fake) again(r *run, at time.Time, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.record.Outcome, r.record.Reason = Retrying, why
	r.at = at
	s.tries = append(s.tries, r)
	s.world.Wake(at)
}

// actor is the session of the role of the target, with which all is called.
func (s *Fake) actor(ctx context.Context, r *run) (fakeaws.Actor, error) {
	if !s.world.Has("sts") {
		return fakeaws.Actor{}, errors.New("leastpriv: this World has no STS, which the role of a schedule takes")
	}
	session, err := role.Assume(ctx, s.world, r.group.service(), *r.target.RoleArn, s.world.IDs().Hex(32))
	if err != nil {
		return fakeaws.Actor{}, err
	}
	return session.Actor, nil
}

// send calls the target with the role.
func (s *Fake) send(ctx context.Context, r *run, input string) error {
	as, err := s.actor(ctx, r)
	if err != nil {
		return err
	}
	t := r.target
	d := &fakeaws.Delivery{Target: *t.Arn, Body: []byte(input)}
	arn, err := awsarn.Parse(*t.Arn)
	if err != nil {
		return err // it was checked
	}
	switch arn.Service {
	case "sqs":
		if t.SqsParameters != nil {
			d.GroupID = aws.ToString(t.SqsParameters.MessageGroupId)
		}
	case "kinesis":
		d.PartitionKey = aws.ToString(t.KinesisParameters.PartitionKey)
	case "events":
		d.Source, d.DetailType = aws.ToString(t.EventBridgeParameters.Source), aws.ToString(t.EventBridgeParameters.DetailType)
		d.Answered = true // the answer has the error of the entry
	case "states":
		d.Name = r.id
	}
	_, err = s.world.Deliver(ctx, as, d)
	return err
}

// input is what the target gets: that of the schedule, with its context attributes, or an
// event ("Adding context attributes in EventBridge Scheduler").
func (r *run) input() string {
	text := aws.ToString(r.target.Input)
	if text == "" {
		return r.event()
	}
	return strings.NewReplacer(
		"<aws.scheduler.schedule-arn>", r.arn, "<aws.scheduler.scheduled-time>", timestamp(r.due),
		"<aws.scheduler.execution-id>", r.id, "<aws.scheduler.attempt-number>", strconv.Itoa(r.tried),
	).Replace(text)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// event is what a target gets of a schedule without an input. Its detail is a text.
func (r *run) event() string {
	raw, err := json.Marshal(struct {
		Version    string   `json:"version"`
		ID         string   `json:"id"`
		DetailType string   `json:"detail-type"`
		Source     string   `json:"source"`
		Account    string   `json:"account"`
		Time       string   `json:"time"`
		Region     string   `json:"region"`
		Resources  []string `json:"resources"`
		Detail     string   `json:"detail"`
	}{"0", r.id, "Scheduled Event", "aws.scheduler", r.group.account, timestamp(r.due), r.group.region, []string{r.arn}, "{}"})
	if err != nil {
		return "" // texts always have a form
	}
	return string(raw)
}

// fail ends a run: what the target should have got goes to the dead-letter queue, with the
// role of the schedule, or is dropped. That the attributes are those is unverified.
func (s *Fake) fail(ctx context.Context, r *run, code, text, exhausted, input string) {
	outcome, reason := Dropped, text
	if queue := r.target.DeadLetterConfig; queue != nil && queue.Arn != nil {
		if err := s.toDeadLetters(ctx, r, *queue.Arn, map[string]string{
			"SCHEDULE_ARN": r.arn, "TARGET_ARN": *r.target.Arn, "ERROR_CODE": code, "ERROR_MESSAGE": text, "EXECUTION_ID": r.id,
			"SCHEDULED_TIME": timestamp(r.due), "RETRY_ATTEMPTS": strconv.Itoa(r.tried - 1), "IS_PAYLOAD_TRUNCATED": "false",
			"EXHAUSTED_RETRY_CONDITION": exhausted,
		}, input); err != nil {
			reason += fmt.Sprintf("; and not to the dead-letter queue %s: %v", *queue.Arn, err)
		} else {
			outcome = DeadLettered
		}
	}
	s.note(r, func(i *Invocation) { i.Outcome, i.Code, i.Reason = outcome, code, reason })
}

func (s *Fake) toDeadLetters(ctx context.Context, r *run, queue string, attributes map[string]string, input string) error {
	as, err := s.actor(ctx, r)
	if err != nil {
		return err
	}
	d := &fakeaws.Delivery{Target: queue, Body: []byte(input), Attributes: make(map[string]fakeaws.DeliveryAttribute, len(attributes))}
	for name, value := range attributes {
		if value != "" {
			d.Attributes[name] = fakeaws.DeliveryAttribute{Type: "String", String: value}
		}
	}
	_, err = s.world.Deliver(ctx, as, d)
	return err
}
