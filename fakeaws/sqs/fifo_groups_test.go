package sqs

import (
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGroupsKeepOrderAndBlock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo")
	b.order(t, url, "a:1", "b:2", "a:3", "a:4", "c:5")

	first, bodies := b.take(t, url, 1)
	assert.Equal(t, []string{"1"}, bodies)
	_, bodies = b.take(t, url, 10)
	assert.Equal(t, []string{"2", "5"}, bodies, "a is blocked by 1; b and c are not")
	_, bodies = b.take(t, url, 10)
	assert.Empty(t, bodies)
	assert.Equal(t, [3]string{"2", "3", "0"}, b.counts(t, url), "what waits behind others counts as visible")

	require.NoError(t, b.drop(url, first[0].ReceiptHandle))
	_, bodies = b.take(t, url, 10)
	assert.Equal(t, []string{"3", "4"}, bodies)
	b.advance(30 * time.Second)
	_, bodies = b.take(t, url, 10)
	assert.Equal(t, []string{"2", "5", "3", "4"}, bodies, "groups in the order in which they came back, each as a whole")
}

func TestAReceivePrefersOneGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo")
	b.order(t, url, "a:1", "b:2", "a:3", "b:4", "a:5")
	_, bodies := b.take(t, url, 4)
	assert.Equal(t, []string{"1", "3", "5", "2"}, bodies)
}

// A group gives its messages out up to the first that is in flight, whatever has become of
// those before it: a message that a visibility timeout is changed for holds those behind it
// back, and no other.
func TestMessagesInFlightHoldBackThoseBehind(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		hidden []int // of four messages, three of them received
		want   []string
	}{
		"none":       {nil, []string{"1", "2", "3", "4"}},
		"first":      {[]int{0}, nil},
		"second":     {[]int{1}, []string{"1"}},
		"third":      {[]int{2}, []string{"1", "2"}},
		"last two":   {[]int{2, 1}, []string{"1"}},
		"all":        {[]int{0, 1, 2}, nil},
		"both sides": {[]int{2, 0}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			url := b.fifo(t, "orders.fifo", "VisibilityTimeout", "10")
			b.order(t, url, "a:1", "a:2", "a:3", "a:4")
			got, _ := b.take(t, url, 3)
			for _, i := range tc.hidden {
				require.NoError(t, b.hide(url, got[i].ReceiptHandle, 100))
			}
			_, bodies := b.take(t, url, 10)
			assert.Empty(t, bodies, "all are hidden yet")
			b.advance(10 * time.Second)
			again, bodies := b.take(t, url, 10)
			assert.Equal(t, tc.want, bodies)
			for _, m := range again {
				require.NoError(t, b.drop(url, m.ReceiptHandle))
			}
			b.advance(90 * time.Second)
			rest := []string{"1", "2", "3", "4"}[len(again):]
			_, bodies = b.take(t, url, 10)
			if len(rest) == 0 {
				rest = nil
			}
			assert.Equal(t, rest, bodies, "what was hidden, and what waited for it")
		})
	}
}

// A group that was received from goes behind those that were not.
func TestGroupsTakeTurns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo")
	b.order(t, url, "a:1", "a:2", "b:3", "b:4", "c:5")
	look := func(n int32) (bodies []string) {
		for _, m := range b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: n, VisibilityTimeout: 0}) {
			bodies = append(bodies, *m.Body)
		}
		return bodies
	}
	require.NoError(t, b.set(url, "VisibilityTimeout", "0"))
	assert.Equal(t, []string{"1", "2", "3", "4"}, look(4))
	assert.Equal(t, []string{"5", "1", "2", "3", "4"}, look(10))
	assert.Equal(t, []string{"1"}, look(1), "all came back at once: the one with the oldest message comes first")
	b.order(t, url, "d:6", "a:7")
	assert.Equal(t, []string{"3", "4", "5", "1", "2", "7", "6"}, look(10), "a new group comes last")
}

func TestAGroupIsBlockedByAnyOfItsMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo", "MessageRetentionPeriod", "100")
	b.order(t, url, "a:1", "a:2", "a:3")
	got, _ := b.take(t, url, 2)
	require.NoError(t, b.hide(url, got[0].ReceiptHandle, 0))
	one, bodies := b.take(t, url, 10)
	assert.Equal(t, []string{"1"}, bodies, "2 is in flight, and 3 behind it")
	require.NoError(t, b.hide(url, got[1].ReceiptHandle, 0))
	_, bodies = b.take(t, url, 10)
	assert.Empty(t, bodies, "1 is in flight")
	require.NoError(t, b.hide(url, one[0].ReceiptHandle, 0))
	_, bodies = b.take(t, url, 10)
	assert.Equal(t, []string{"1", "2", "3"}, bodies)

	t.Run("until it expires", func(t *testing.T) {
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url})
		require.Empty(t, got)
		b.advance(50 * time.Second)
		b.order(t, url, "a:4")
		b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 600})
		b.advance(50 * time.Second)
		_, bodies := b.take(t, url, 10)
		assert.Equal(t, []string{"4"}, bodies)
	})
}
