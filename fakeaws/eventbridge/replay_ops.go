package eventbridge

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) replayOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.startReplay),
		fakeaws.Bind(s.cancelReplay),
		fakeaws.Bind(s.describeReplay),
		fakeaws.Bind(s.listReplays),
	}
}

// A replay puts the events of an archive on the bus again that they came from.
type replay struct {
	id          named
	description *string
	archive     *archive
	to          types.ReplayDestination
	from, until time.Time // of the events
	state       types.ReplayState
	begun       time.Time
	ended       time.Time // zero while it runs
	last        time.Time // of the latest event; zero for none
}

// replayStart is how long a replay is STARTING: then all of it is done. How long AWS takes is
// unverified.
const replayStart = time.Minute

func (s *Fake) startReplay(call *fakeaws.Call, in *eb.StartReplayInput) (*fakeaws.Plan[*eb.StartReplayOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if !in.EventStartTime.Before(*in.EventEndTime) {
		return nil, invalid(textReplayTimes)
	}
	from, err := awsarn.Parse(*in.EventSourceArn)
	name, ok := strings.CutPrefix(from.Resource, "archive/")
	if err != nil || !ok {
		return nil, invalidf(textReplaySource, *in.EventSourceArn)
	}
	source := named{from.AccountID, from.Region, name}
	to, ok := parseBusARN(aws.ToString(in.Destination.Arn))
	if !ok {
		return nil, invalid(textReplayBus)
	}
	r := &replay{
		id: named{call.Account, call.Region, *in.ReplayName}, description: in.Description, to: *in.Destination,
		from: in.EventStartTime.UTC(), until: in.EventEndTime.UTC(), state: types.ReplayStateStarting, begun: s.now(),
	}
	s.mu.Lock()
	r.archive = s.archives[source]
	_, onBus := s.need("events:StartReplay", to)
	s.mu.Unlock()
	needs := []fakeaws.Need{needNamed(call, "replay", r.id), needNamed(call, "archive", source), onBus}
	return planned(s, needs, func() (*eb.StartReplayOutput, error) {
		switch {
		case s.replays[r.id] != nil:
			return nil, exists(textReplayExists, r.id.name)
		case r.archive == nil || r.archive.gone:
			return nil, invalidf(textReplaySource, source.name)
		case r.archive.bus != to:
			return nil, invalid(textReplayBus)
		}
		for _, arn := range in.Destination.FilterArns {
			if s.ruleAt(arn) == nil {
				return nil, invalidf(textReplayFilter, arn)
			}
		}
		s.replays[r.id] = r
		s.add(&job{at: s.world.Clock().Now().Add(replayStart), replay: r})
		return &eb.StartReplayOutput{ReplayArn: aws.String(r.id.arn("replay")), ReplayStartTime: aws.Time(r.begun), State: r.state}, nil
	}), nil
}

// runReplay puts the events on the bus that come at their times into the replay: they have
// its name, and keep what they have else. No lock is held.
func (s *Fake) runReplay(ctx context.Context, r *replay) {
	s.mu.Lock()
	if r.state == types.ReplayStateCancelling {
		r.state, r.ended = types.ReplayStateCancelled, s.now()
		s.mu.Unlock()
		return
	}
	r.state = types.ReplayStateRunning
	r.archive.expire(s.now())
	var events []*event
	for _, e := range r.archive.events {
		if at := e.record.Published; !at.Before(r.from) && at.Before(r.until) {
			events = append(events, e)
		}
	}
	s.mu.Unlock()
	only := make(map[string]bool)
	for _, arn := range r.to.FilterArns {
		only[arn] = true
	}
	if len(only) == 0 {
		only = nil
	}
	id, _ := parseBusARN(*r.to.Arn)
	for _, e := range events {
		again, err := e.replayed(r.id.name, s.now())
		if err != nil {
			continue // it was an event before
		}
		s.publish(ctx, id, again, only)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(events) > 0 {
		r.last = events[len(events)-1].record.Published
	}
	r.state, r.ended = types.ReplayStateCompleted, s.now()
}

// replayed is the event with the name of a replay.
func (e *event) replayed(name string, now time.Time) (*event, error) {
	var d eventDocument
	if err := json.Unmarshal(e.document, &d); err != nil {
		return nil, err
	}
	d.ReplayName = name
	return newEvent(&d, now)
}

// onReplay plans an operation on one replay of the caller.
func onReplay[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*replay) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := named{call.Account, call.Region, *name}
	return planned(s, []fakeaws.Need{needNamed(call, "replay", id)}, func() (none O, err error) {
		r := s.replays[id] // none is ever deleted
		if r == nil {
			return none, notFound(textNoReplay, id.name)
		}
		return do(r)
	}), nil
}

func (s *Fake) cancelReplay(call *fakeaws.Call, in *eb.CancelReplayInput) (*fakeaws.Plan[*eb.CancelReplayOutput], error) {
	return onReplay(s, call, in, in.ReplayName, func(r *replay) (*eb.CancelReplayOutput, error) {
		if r.state != types.ReplayStateStarting && r.state != types.ReplayStateRunning {
			return nil, &types.IllegalStatusException{Message: aws.String(strings.Replace(textReplayState, "%s", r.id.name, 1))}
		}
		r.state = types.ReplayStateCancelling
		return &eb.CancelReplayOutput{ReplayArn: aws.String(r.id.arn("replay")), State: r.state}, nil
	})
}

func (s *Fake) describeReplay(call *fakeaws.Call, in *eb.DescribeReplayInput) (*fakeaws.Plan[*eb.DescribeReplayOutput], error) {
	return onReplay(s, call, in, in.ReplayName, func(r *replay) (*eb.DescribeReplayOutput, error) {
		e := r.entry()
		return &eb.DescribeReplayOutput{
			ReplayArn: aws.String(r.id.arn("replay")), ReplayName: e.ReplayName, Description: r.description, Destination: &r.to,
			EventSourceArn: e.EventSourceArn, EventStartTime: e.EventStartTime, EventEndTime: e.EventEndTime, State: e.State,
			ReplayStartTime: e.ReplayStartTime, ReplayEndTime: e.ReplayEndTime, EventLastReplayedTime: e.EventLastReplayedTime,
		}, nil
	})
}

func (r *replay) entry() types.Replay {
	return types.Replay{
		ReplayName: aws.String(r.id.name), EventSourceArn: aws.String(r.archive.id.arn("archive")), State: r.state,
		EventStartTime: aws.Time(r.from), EventEndTime: aws.Time(r.until), ReplayStartTime: aws.Time(r.begun),
		ReplayEndTime: timeOf(r.ended), EventLastReplayedTime: timeOf(r.last),
	}
}

func (s *Fake) listReplays(call *fakeaws.Call, in *eb.ListReplaysInput) (*fakeaws.Plan[*eb.ListReplaysOutput], error) {
	return onAccount(s, call, in, func() (*eb.ListReplaysOutput, error) {
		all := ofAccount(call, s.replays, func(r *replay) bool {
			return (in.EventSourceArn == nil || r.archive.id.arn("archive") == *in.EventSourceArn) && (in.State == "" || in.State == r.state)
		})
		p, err := listed(all, in.NextToken, in.Limit, in.NamePrefix, func(r *replay) string { return r.id.name }, (*replay).entry)
		if err != nil {
			return nil, err
		}
		return &eb.ListReplaysOutput{Replays: p.Items, NextToken: p.Next}, nil
	})
}
