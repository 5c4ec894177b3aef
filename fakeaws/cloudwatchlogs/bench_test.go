package cloudwatchlogs_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// newCrowd is a log group with so many streams of 10,000 events, a millisecond apart.
func newCrowd(b *testing.B, streams int) (*fakeaws.World, *awslogs.Client) {
	b.Helper()
	w := worldtest.NewWorld(b, fakeaws.Config{Services: []fakeaws.Service{cloudwatchlogs.Service}})
	client := awslogs.NewFromConfig(worldtest.FixtureConfig(w, owner, region))
	_, err := client.CreateLogGroup(b.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/app")})
	require.NoError(b, err)
	begin := w.Clock().Now().UnixMilli() - 10_000
	for i := range streams {
		name := fmt.Sprintf("stream%04d", i)
		stream(b, client, name)
		events := make([]types.InputLogEvent, 10_000)
		for j := range events {
			events[j] = types.InputLogEvent{Message: aws.String("an event"), Timestamp: aws.Int64(begin + int64(j))}
		}
		_, err := put(b, client, name, events)
		require.NoError(b, err)
	}
	return w, client
}

// What is put into a large log group costs what it costs in a small one.
func BenchmarkPutLogEvents(b *testing.B) {
	for _, streams := range []int{1, 100} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			w, client := newCrowd(b, streams)
			for b.Loop() {
				_, err := put(b, client, "stream0000", []types.InputLogEvent{{Message: aws.String("x"), Timestamp: aws.Int64(w.Clock().Now().UnixMilli())}})
				require.NoError(b, err)
			}
		})
	}
}

// Of a large log group only what is asked for is looked at.
func BenchmarkFilterLogEvents(b *testing.B) {
	for _, streams := range []int{1, 100} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			w, client := newCrowd(b, streams)
			in := &awslogs.FilterLogEventsInput{LogGroupName: aws.String("/app"), StartTime: aws.Int64(w.Clock().Now().UnixMilli() - 5000), Limit: aws.Int32(10)}
			for b.Loop() {
				out, err := client.FilterLogEvents(context.Background(), in)
				require.NoError(b, err)
				require.Len(b, out.Events, 10)
			}
		})
	}
}
