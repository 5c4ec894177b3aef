package cloudwatchlogs

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/pattern"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// What a call looks through at most before it answers what it has, with a token for the rest:
// "the results might contain fewer events, or none, and a token". How much AWS looks through
// is unverified.
const (
	maxSearched      = 100_000
	maxSearchedBytes = 64 << 20
)

// filterLogEvents returns the events of a log group that a pattern matches, of all streams or
// of some, in the order of their times.
func (s *Fake) filterLogEvents(call *fakeaws.Call, in *awslogs.FilterLogEventsInput) (*fakeaws.Plan[*awslogs.FilterLogEventsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := identified(call, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if in.LogStreamNames != nil && in.LogStreamNamePrefix != nil {
		return nil, invalidParameter(textNamesAndPrefix)
	}
	p, err := parsePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	token, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	search := search{pattern: p, limit: page.Size(in.Limit, maxEvents)}
	if token != "" {
		at, ok := parseID(token)
		if !ok {
			return nil, invalidParameter(textToken)
		}
		search.from = at.next()
	}
	plan := onGroup(s, call, id, func(g *group) (*awslogs.FilterLogEventsOutput, error) {
		if g.class != types.LogGroupClassStandard {
			return nil, invalidParameter(textClass)
		}
		if err := s.begin(&search, g, in); err != nil {
			return nil, err
		}
		return search.run(call)
	})
	plan.Needs = append(plan.Needs, s.unmasking(call, id, in.Unmask)...)
	return encrypted(s, call, id, plan, kmsDecrypt), nil
}

func parsePattern(text *string) (*pattern.Pattern, error) {
	p, err := pattern.Parse(aws.ToString(text))
	if err != nil {
		return nil, invalidParameter(err.Error())
	}
	return p, nil
}

// A search goes through the events of streams in the order of their times.
type search struct {
	pattern *pattern.Pattern
	limit   int
	from    position
	streams cursors
}

// A cursor is what is left of a stream.
type cursor struct {
	name   string
	events []*event
}

// cursors is a heap of cursors, the one with the first event at the top.
type cursors []cursor

func (c cursors) Len() int           { return len(c) }
func (c cursors) Less(i, j int) bool { return c[i].events[0].before(c[j].events[0].position) }
func (c cursors) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *cursors) Push(x any)        { *c = append(*c, x.(cursor)) }

func (c *cursors) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}

// begin finds the streams of a search. The lock is held.
func (s *Fake) begin(x *search, g *group, in *awslogs.FilterLogEventsInput) error {
	now := s.now()
	add := func(one *stream) {
		g.expireOf(one, now)
		events := between(one.events, in.StartTime, in.EndTime, true)
		if events = events[from(events, x.from):]; len(events) > 0 {
			x.streams = append(x.streams, cursor{one.name, events})
		}
	}
	if in.LogStreamNames != nil {
		names := slices.Compact(slices.Sorted(slices.Values(in.LogStreamNames)))
		for _, name := range names {
			one, ok := g.streams.Get(name)
			if !ok {
				return notFound(textNoStream)
			}
			add(one)
		}
	} else {
		prefix := aws.ToString(in.LogStreamNamePrefix)
		g.streams.Ascend(prefix, func(name string, one *stream) bool {
			if !strings.HasPrefix(name, prefix) {
				return false
			}
			add(one)
			return true
		})
	}
	heap.Init(&x.streams)
	return nil
}

// next takes the next event; nil when there is none.
func (x *search) next() (name string, e *event) {
	if len(x.streams) == 0 {
		return "", nil
	}
	first := &x.streams[0]
	name, e = first.name, first.events[0]
	if first.events = first.events[1:]; len(first.events) == 0 {
		heap.Pop(&x.streams)
	} else if len(x.streams) > 1 {
		heap.Fix(&x.streams, 0)
	}
	return name, e
}

// run returns a page. The lock is held.
func (x *search) run(call *fakeaws.Call) (*awslogs.FilterLogEventsOutput, error) {
	out := &awslogs.FilterLogEventsOutput{Events: []types.FilteredLogEvent{}, SearchedLogStreams: []types.SearchedLogStream{}}
	size, searched := 0, 0
	var last position
	for n := 1; len(x.streams) > 0; n++ {
		if err := call.Err(); err != nil { // events may be long
			return nil, err
		}
		first := x.streams[0].events[0]
		matches := x.pattern.Match(first.message)
		full := matches && (len(out.Events) == x.limit || len(out.Events) > 0 && size+int(first.size()) > maxAnswer)
		if full || n > maxSearched || searched > maxSearchedBytes {
			out.NextToken = page.Token(last.id())
			return out, nil
		}
		name, e := x.next()
		last = e.position
		searched += int(e.size())
		if matches {
			size += int(e.size())
			out.Events = append(out.Events, types.FilteredLogEvent{
				EventId: aws.String(e.id()), IngestionTime: aws.Int64(e.ingested), LogStreamName: aws.String(name),
				Message: aws.String(e.message), Timestamp: aws.Int64(e.at),
			})
		}
	}
	return out, nil
}
