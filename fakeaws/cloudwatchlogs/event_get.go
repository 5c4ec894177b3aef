package cloudwatchlogs

import (
	"cmp"
	"math"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

const (
	// maxEvents is how many events an answer has, and maxAnswer how many bytes: "as many log
	// events as can fit in a response size of 1 MB (up to 10,000 log events)".
	maxEvents = 10_000
	maxAnswer = 1 << 20
)

// getLogEvents returns events of one stream: the latest, those that follow a token, or those
// before one.
func (s *Fake) getLogEvents(call *fakeaws.Call, in *awslogs.GetLogEventsInput) (*fakeaws.Plan[*awslogs.GetLogEventsOutput], error) {
	if err := cmp.Or(checkNames(in.LogGroupName, in.LogStreamName), check(in)); err != nil {
		return nil, err
	}
	id, err := identified(call, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	w := window{forward: aws.ToBool(in.StartFromHead), limit: page.Size(in.Limit, maxEvents)}
	if err := w.parse(in.NextToken); err != nil {
		return nil, err
	}
	plan := onStream(s, call, id, *in.LogStreamName, func(g *group, x *stream) (*awslogs.GetLogEventsOutput, error) {
		switch {
		case x == nil:
			return nil, notFound(textNoStream)
		case g.class == types.LogGroupClassInfrequentAccess:
			return nil, invalidParameter(textClass)
		}
		g.expireOf(x, s.now())
		events := between(x.events, in.StartTime, in.EndTime, false)
		events = w.of(events)
		out := &awslogs.GetLogEventsOutput{Events: make([]types.OutputLogEvent, len(events))}
		for i, e := range events {
			out.Events[i] = types.OutputLogEvent{Timestamp: aws.Int64(e.at), IngestionTime: aws.Int64(e.ingested), Message: aws.String(e.message)}
		}
		forward, backward := w.tokens(events)
		out.NextForwardToken, out.NextBackwardToken = &forward, &backward
		return out, nil
	})
	plan.Needs = append(plan.Needs, s.unmasking(call, id, in.Unmask)...)
	return encrypted(s, call, id, plan, kmsDecrypt), nil
}

// between returns the events from a time on and before another; with through, also those of
// the other time.
func between(events []*event, begin, end *int64, through bool) []*event {
	if begin != nil {
		events = events[from(events, position{*begin, 0}):]
	}
	if end != nil {
		last := *end
		if through && last < math.MaxInt64 {
			last++
		}
		events = events[:from(events, position{last, 0})]
	}
	return events
}

// A window is the part of a stream that a call asks for.
type window struct {
	forward bool
	limit   int
	// at is the position of the token, if there is one: what is behind it is returned, or
	// what is before.
	at    position
	token string
}

// parse reads a token, "f/" or "b/" with the id of an event: "f/…/s".
func (w *window) parse(token *string) error {
	if token == nil {
		return nil
	}
	direction, rest, _ := strings.Cut(*token, "/")
	text, ok := strings.CutSuffix(rest, "/s")
	at, valid := parseID(text)
	if !ok || !valid || direction != "f" && direction != "b" {
		return invalidParameter(textToken)
	}
	w.at, w.forward, w.token = at, direction == "f", *token
	return nil
}

// of returns the events in the window.
func (w *window) of(events []*event) []*event {
	if w.token != "" && w.forward {
		events = events[from(events, w.at.next()):]
	} else if w.token != "" {
		events = events[:from(events, w.at)]
	}
	size, n := 0, 0
	for n < len(events) && n < w.limit {
		e := events[n]
		if !w.forward {
			e = events[len(events)-1-n]
		}
		if size += int(e.size()); size > maxAnswer && n > 0 {
			break
		}
		n++
	}
	if w.forward {
		return events[:n]
	}
	return events[len(events)-n:]
}

// tokens are those of what follows the events and of what comes before: "If you have reached
// the end of the stream, it returns the same token you passed in".
func (w *window) tokens(events []*event) (forward, backward string) {
	if len(events) > 0 {
		return "f/" + events[len(events)-1].id() + "/s", "b/" + events[0].id() + "/s"
	}
	switch {
	case w.token == "":
		return "f/" + w.at.id() + "/s", "b/" + w.at.id() + "/s"
	case w.forward:
		return w.token, "b/" + w.at.next().id() + "/s"
	}
	return "f/" + w.at.previous().id() + "/s", w.token
}

func (p position) next() position { return position{p.at, p.number + 1} }

func (p position) previous() position {
	if p.number == 0 {
		return p
	}
	return position{p.at, p.number - 1}
}

// unmasking is the permission that it takes to read what a data protection policy masks: "To
// use this operation with this parameter, you must be signed into an account with the
// logs:Unmask permission". Nothing is masked here.
func (s *Fake) unmasking(call *fakeaws.Call, id groupID, unmask bool) []fakeaws.Need {
	if !unmask {
		return nil
	}
	_, need := s.lookUp(call, "logs:Unmask", id, id.whole())
	return []fakeaws.Need{need}
}
