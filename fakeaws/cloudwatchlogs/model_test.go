package cloudwatchlogs_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A modelEvent is an event as the guide describes it: all that there are stand in a list, in
// the order in which they came.
type modelEvent struct {
	stream, message string
	at              int64
}

// A model is a log group in the plainest way.
type model struct {
	world     *fakeaws.World
	client    *awslogs.Client
	events    []modelEvent
	streams   map[string]bool
	retention int64 // days
}

var modelStreams = []string{"a", "ab", "b"}

// forget drops what is over by the World's clock.
func (m *model) forget() {
	if m.retention > 0 {
		over := m.world.Clock().Now().UnixMilli() - m.retention*24*3600*1000
		m.events = slices.DeleteFunc(m.events, func(e modelEvent) bool { return e.at < over })
	}
}

// find returns the messages of the events that are kept, by time and then as they came.
func (m *model) find(keep func(modelEvent) bool) []string {
	m.forget()
	var found []modelEvent
	for _, e := range m.events {
		if keep(e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b modelEvent) int { return cmp.Compare(a.at, b.at) })
	messages := []string{}
	for _, e := range found {
		messages = append(messages, e.message)
	}
	return messages
}

func (m *model) put(rt *rapid.T) {
	stream := rapid.SampledFrom(modelStreams).Draw(rt, "stream")
	now := m.world.Clock().Now().UnixMilli()
	// Half an hour keeps the events away from where the retention ends.
	first := now - rapid.Int64Range(0, 3*24).Draw(rt, "hours ago")*3600*1000 - 1800*1000
	var batch []types.InputLogEvent
	for range rapid.IntRange(1, 4).Draw(rt, "events") {
		message := rapid.SampledFrom([]string{"ERROR one", "INFO two", "ERROR three", `{"n":1}`}).Draw(rt, "message")
		first += rapid.SampledFrom([]int64{0, 0, 1, 60_000}).Draw(rt, "later")
		batch = append(batch, types.InputLogEvent{Timestamp: aws.Int64(first), Message: &message})
	}
	out, err := m.client.PutLogEvents(context.Background(), &awslogs.PutLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: &stream, LogEvents: batch})
	if !m.streams[stream] {
		require.Error(rt, err)
		return
	}
	require.NoError(rt, err)
	// What was too old by the retention then stays away, also if that is longer later.
	over := int64(0)
	if m.retention > 0 {
		over = now - m.retention*24*3600*1000
	}
	rejected := 0
	for _, e := range batch {
		if *e.Timestamp < over {
			rejected++
			continue
		}
		m.events = append(m.events, modelEvent{stream, *e.Message, *e.Timestamp})
	}
	if rejected > 0 {
		require.Equal(rt, int32(rejected), *out.RejectedLogEventsInfo.ExpiredLogEventEndIndex)
	} else {
		require.Nil(rt, out.RejectedLogEventsInfo)
	}
}

func (m *model) filter(rt *rapid.T) {
	in := &awslogs.FilterLogEventsInput{LogGroupName: aws.String("/app"), Limit: aws.Int32(int32(rapid.IntRange(1, 5).Draw(rt, "limit")))}
	word := rapid.SampledFrom([]string{"", "ERROR", "two"}).Draw(rt, "word")
	in.FilterPattern = &word
	keep := func(e modelEvent) bool { return strings.Contains(e.message, word) }
	if rapid.Bool().Draw(rt, "since") {
		since := m.world.Clock().Now().UnixMilli() - rapid.Int64Range(0, 72).Draw(rt, "since hours")*3600*1000
		in.StartTime = &since
		before := keep
		keep = func(e modelEvent) bool { return before(e) && e.at >= since }
	}
	if rapid.Bool().Draw(rt, "until") {
		until := m.world.Clock().Now().UnixMilli() - rapid.Int64Range(0, 72).Draw(rt, "until hours")*3600*1000
		in.EndTime = &until
		before := keep
		keep = func(e modelEvent) bool { return before(e) && e.at <= until }
	}
	if rapid.Bool().Draw(rt, "prefix") {
		in.LogStreamNamePrefix = aws.String("a")
		before := keep
		keep = func(e modelEvent) bool { return before(e) && strings.HasPrefix(e.stream, "a") }
	}
	got := []string{}
	for pages := awslogs.NewFilterLogEventsPaginator(m.client, in); pages.HasMorePages(); {
		p, err := pages.NextPage(context.Background())
		require.NoError(rt, err)
		require.LessOrEqual(rt, len(p.Events), int(*in.Limit))
		for _, e := range p.Events {
			got = append(got, *e.Message)
		}
	}
	require.Equal(rt, m.find(keep), got)
}

// get reads a stream from one end to the other, and back.
func (m *model) get(rt *rapid.T) {
	stream := rapid.SampledFrom(modelStreams).Draw(rt, "stream")
	if !m.streams[stream] {
		return
	}
	forward := rapid.Bool().Draw(rt, "forward")
	in := &awslogs.GetLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: &stream, StartFromHead: &forward, Limit: aws.Int32(int32(rapid.IntRange(1, 3).Draw(rt, "limit")))}
	got, pages := []string{}, 0
	for {
		out, err := m.client.GetLogEvents(context.Background(), in)
		require.NoError(rt, err)
		var page []string
		for _, e := range out.Events {
			page = append(page, *e.Message)
		}
		next := out.NextForwardToken
		if forward {
			got = append(got, page...)
		} else {
			got = append(append([]string{}, page...), got...)
			next = out.NextBackwardToken
		}
		pages++
		if in.NextToken != nil && *next == *in.NextToken || pages > 1000 {
			break
		}
		in.NextToken = next
	}
	require.Equal(rt, m.find(func(e modelEvent) bool { return e.stream == stream }), got)
}

// The events of a log group are those of the model, after any calls.
func TestAgainstTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		w := worldtest.NewWorld(rt, fakeaws.Config{Seed: 1, Services: []fakeaws.Service{cloudwatchlogs.Service}})
		m := &model{world: w, client: awslogs.NewFromConfig(worldtest.FixtureConfig(w, owner, region)), streams: map[string]bool{}}
		_, err := m.client.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/app")})
		require.NoError(rt, err)
		rt.Repeat(map[string]func(*rapid.T){
			"put": m.put, "put more": m.put, "filter": m.filter, "get": m.get,
			"create": func(rt *rapid.T) {
				stream := rapid.SampledFrom(modelStreams).Draw(rt, "stream")
				_, err := m.client.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: aws.String("/app"), LogStreamName: &stream})
				require.Equal(rt, m.streams[stream], err != nil)
				m.streams[stream] = true
			},
			"delete": func(rt *rapid.T) {
				stream := rapid.SampledFrom(modelStreams).Draw(rt, "stream")
				_, err := m.client.DeleteLogStream(ctx, &awslogs.DeleteLogStreamInput{LogGroupName: aws.String("/app"), LogStreamName: &stream})
				require.Equal(rt, !m.streams[stream], err != nil)
				m.streams[stream] = false
				m.events = slices.DeleteFunc(m.events, func(e modelEvent) bool { return e.stream == stream })
			},
			"retain": func(rt *rapid.T) {
				m.forget()
				m.retention = int64(rapid.SampledFrom([]int32{0, 1, 3}).Draw(rt, "days"))
				var err error
				if m.retention == 0 {
					_, err = m.client.DeleteRetentionPolicy(ctx, &awslogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("/app")})
				} else {
					_, err = m.client.PutRetentionPolicy(ctx, &awslogs.PutRetentionPolicyInput{LogGroupName: aws.String("/app"), RetentionInDays: aws.Int32(int32(m.retention))})
				}
				require.NoError(rt, err)
			},
			"wait": func(rt *rapid.T) {
				w.Clock().Advance(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
			},
			"": func(rt *rapid.T) {
				events, ok := cloudwatchlogs.Of(w).Events(owner, region, "/app", "")
				require.True(rt, ok)
				got := []string{}
				for _, e := range events {
					got = append(got, e.Message)
				}
				require.Equal(rt, m.find(func(modelEvent) bool { return true }), got)
				groups, err := m.client.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{})
				require.NoError(rt, err)
				size := int64(0)
				for _, e := range m.events {
					size += int64(len(e.message)) + 26
				}
				require.Equal(rt, size, *groups.LogGroups[0].StoredBytes)
			},
		})
	})
}
