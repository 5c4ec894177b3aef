package cloudwatchlogs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) streamOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createLogStream),
		fakeaws.Bind(s.deleteLogStream),
		fakeaws.Bind(s.describeLogStreams),
	}
}

// onStream plans an operation on one stream, which may not exist: then it is nil.
func onStream[O any](s *Fake, call *fakeaws.Call, id groupID, name string, do func(*group, *stream) (O, error)) *fakeaws.Plan[O] {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, x := s.findStream(id, name)
	need := s.need(call, "logs:"+call.Operation, id, id.stream(name))
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: doOn(s, g, func(g *group) (O, error) {
		if x != nil && x.gone {
			x = nil
		}
		return do(g, x)
	})}
}

// findStream finds a stream, and its group; nil where there is none. The lock is held.
func (s *Fake) findStream(id groupID, name string) (*group, *stream) {
	g := s.find(id)
	if g == nil {
		return nil, nil
	}
	x, _ := g.streams.Get(name)
	return g, x
}

// withName returns input in which a service's ARN is the name that it stands for.
func withName[T any](in T, name **string, id groupID) T {
	if *name != nil {
		*name = &id.name
	}
	return in
}

func (s *Fake) createLogStream(call *fakeaws.Call, in *awslogs.CreateLogStreamInput) (*fakeaws.Plan[*awslogs.CreateLogStreamOutput], error) {
	id, checked := named(call, in.LogGroupName), *in
	if err := cmp.Or(checkNames(&id.name, in.LogStreamName), check(withName(&checked, &checked.LogGroupName, id))); err != nil {
		return nil, err
	}
	name := *in.LogStreamName
	return onStream(s, call, id, name, func(g *group, _ *stream) (*awslogs.CreateLogStreamOutput, error) {
		if _, exists := g.streams.Get(name); exists {
			return nil, alreadyExists(textStreamExists)
		}
		g.streams.Set(name, &stream{name: name, created: s.now()})
		return &awslogs.CreateLogStreamOutput{}, nil
	}), nil
}

func (s *Fake) deleteLogStream(call *fakeaws.Call, in *awslogs.DeleteLogStreamInput) (*fakeaws.Plan[*awslogs.DeleteLogStreamOutput], error) {
	if err := cmp.Or(checkNames(in.LogGroupName, in.LogStreamName), check(in)); err != nil {
		return nil, err
	}
	return onStream(s, call, named(call, in.LogGroupName), *in.LogStreamName, func(g *group, x *stream) (*awslogs.DeleteLogStreamOutput, error) {
		switch {
		case x == nil:
			return nil, notFound(textNoStream)
		case g.protected:
			return nil, invalid(textProtected)
		}
		x.gone = true
		for _, e := range x.events {
			g.stored -= e.size()
		}
		g.streams.Delete(x.name)
		return &awslogs.DeleteLogStreamOutput{}, nil
	}), nil
}

// describeLogStreams lists the streams of a log group, by name or by the time of the last
// event.
func (s *Fake) describeLogStreams(call *fakeaws.Call, in *awslogs.DescribeLogStreamsInput) (*fakeaws.Plan[*awslogs.DescribeLogStreamsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := identified(call, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, invalidParameter(textOrderWithPrefix)
	}
	after, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	return onGroup(s, call, id, func(g *group) (*awslogs.DescribeLogStreamsOutput, error) {
		all := page.Ascender[*stream](g.streams.Ascend)
		if byTime || aws.ToBool(in.Descending) {
			all = g.sorted(byTime, aws.ToBool(in.Descending))
		} else {
			all = page.Prefixed(all, aws.ToString(in.LogStreamNamePrefix))
		}
		now := s.now()
		p := page.Of(all, after, page.Size(in.Limit, pageSize), func(x *stream) (types.LogStream, bool) {
			if !strings.HasPrefix(x.name, aws.ToString(in.LogStreamNamePrefix)) {
				return types.LogStream{}, false
			}
			g.expireOf(x, now)
			return x.describe(id), true
		})
		return &awslogs.DescribeLogStreamsOutput{LogStreams: p.Items, NextToken: p.Next}, call.Err()
	}), nil
}

// sorted lists streams in another order than that of their names.
func (g *group) sorted(byTime, descending bool) page.Ascender[*stream] {
	type keyed struct {
		key    string
		stream *stream
	}
	all := make([]keyed, 0, g.streams.Len())
	g.streams.Scan(func(name string, x *stream) bool {
		key := name
		if byTime {
			key = fmt.Sprintf("%020d", x.last) + name
		}
		if descending {
			key = inverted(key)
		}
		all = append(all, keyed{key, x})
		return true
	})
	slices.SortFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	sorted := page.Sorted(all, func(k keyed) string { return k.key })
	return func(from string, visit func(string, *stream) bool) {
		sorted(from, func(key string, k keyed) bool { return visit(key, k.stream) })
	}
}

// inverted is a key whose order is the other way around.
func inverted(key string) string {
	b := make([]byte, len(key)+1) // a name comes behind those that begin with it
	for i := range len(key) {
		b[i] = ^key[i]
	}
	b[len(key)] = 0xff
	return string(b)
}

// describe is a stream as answers have it: "the storedBytes of log streams is always reported
// as zero".
func (x *stream) describe(id groupID) types.LogStream {
	out := types.LogStream{
		Arn: aws.String(id.stream(x.name)), LogStreamName: aws.String(x.name), CreationTime: aws.Int64(x.created.UnixMilli()),
		StoredBytes: aws.Int64(0), //nolint:staticcheck // answers still have it
	}
	if x.batches > 0 {
		out.LastIngestionTime, out.UploadSequenceToken = aws.Int64(x.ingested), aws.String(x.token())
	}
	if n := len(x.events); n > 0 {
		out.FirstEventTimestamp, out.LastEventTimestamp = aws.Int64(x.events[0].at), aws.Int64(x.events[n-1].at)
	}
	return out
}
