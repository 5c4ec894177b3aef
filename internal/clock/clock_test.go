package clock

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		assert.Equal(t, time.Now().UTC(), c.Now(), "the zero value is the bubble's clock")
		assert.Equal(t, time.UTC, c.Now().Location())

		time.Sleep(time.Hour)
		assert.Equal(t, time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC), c.Now(), "it runs by sleeping")
		c.Advance(30 * time.Minute)
		assert.Equal(t, time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC), c.Now(), "and by command")
		assert.Equal(t, 30*time.Minute, c.Offset())
		c.Advance(-time.Hour)
		assert.Equal(t, time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC), c.Now(), "back, too")
		assert.Equal(t, -30*time.Minute, c.Offset())
	})
}

func TestAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2013, 5, 24, 0, 0, 0, 0, time.FixedZone("CET", 3600))
		c := At(start)
		assert.Equal(t, start.UTC(), c.Now())
		time.Sleep(time.Second)
		assert.Equal(t, start.Add(time.Second).UTC(), c.Now())
	})
}

// Times of a clock compare as times do, also with ones that were parsed: they
// have no monotonic reading.
func TestNowHasNoMonotonicReading(t *testing.T) {
	t.Parallel()
	now := At(time.Now()).Now()
	parsed, err := time.Parse(time.RFC3339Nano, now.Format(time.RFC3339Nano))
	require.NoError(t, err)
	assert.Equal(t, now, parsed)
}

// wait calls Wait in a goroutine, and reports how long it took and with what
// result.
func wait(ctx context.Context, c *Clock, d time.Duration, wake <-chan struct{}) (took func() time.Duration, done *atomic.Bool, result func() error) {
	start, target := time.Now(), c.Now().Add(d)
	var end time.Time
	var err error
	done = new(atomic.Bool)
	go func() {
		err = c.Wait(ctx, target, wake)
		end = time.Now()
		done.Store(true)
	}()
	return func() time.Duration { return end.Sub(start) }, done, func() error { return err }
}

// settle ends a bubble's wait with nobody left among the waiters.
func settle(t *testing.T, c *Clock) {
	t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Empty(t, c.waiters)
}

func TestWaitSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := At(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		took, done, result := wait(t.Context(), c, 30*time.Second, nil)
		time.Sleep(30*time.Second - 1)
		synctest.Wait()
		assert.False(t, done.Load(), "a nanosecond early")
		time.Sleep(time.Nanosecond)
		settle(t, c)
		require.True(t, done.Load())
		require.NoError(t, result())
		assert.Equal(t, 30*time.Second, took())
	})
}

func TestWaitForThePast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		ctx, cancel := context.WithCancel(t.Context())
		for _, d := range []time.Duration{0, -time.Hour} {
			took, _, result := wait(ctx, &c, d, nil)
			settle(t, &c)
			require.NoError(t, result())
			assert.Zero(t, took())
		}
		cancel()
		_, _, result := wait(ctx, &c, 0, nil)
		settle(t, &c)
		require.ErrorIs(t, result(), context.Canceled, "a caller that has gone is told so")
	})
}

// Advancing wakes everyone, due or not, so that each looks again.
func TestAdvanceWakesWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		took1, done1, _ := wait(t.Context(), &c, time.Minute, nil)
		took2, done2, _ := wait(t.Context(), &c, time.Hour, make(chan struct{}))
		synctest.Wait()
		c.Advance(time.Minute)
		settle(t, &c)
		require.True(t, done1.Load())
		require.True(t, done2.Load())
		assert.Zero(t, took1(), "no time has passed outside")
		assert.Zero(t, took2())

		// Who looks again and waits on, waits for the rest of it.
		took, _, _ := wait(t.Context(), &c, 59*time.Minute, nil)
		time.Sleep(time.Hour)
		settle(t, &c)
		assert.Equal(t, 59*time.Minute, took())
	})
}

func TestWaitIsWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		wake := make(chan struct{}, 1)
		took, done, result := wait(t.Context(), &c, time.Hour, wake)
		time.Sleep(time.Second)
		wake <- struct{}{}
		settle(t, &c)
		require.True(t, done.Load())
		require.NoError(t, result())
		assert.Equal(t, time.Second, took())

		closed := make(chan struct{})
		close(closed)
		took, _, result = wait(t.Context(), &c, time.Hour, closed)
		settle(t, &c)
		require.NoError(t, result())
		assert.Zero(t, took())
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		took, _, result := wait(ctx, &c, time.Hour, nil)
		time.Sleep(time.Minute)
		settle(t, &c)
		require.ErrorIs(t, result(), context.DeadlineExceeded)
		assert.Equal(t, time.Second, took())
	})
}

// Many clients sleep while many advance: whoever waits has seen his time when
// the clock has reached it.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		start := c.Now()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				due := start.Add(time.Duration(i) * time.Minute)
				for c.Now().Before(due) {
					assert.NoError(t, c.Wait(t.Context(), due, nil))
				}
			})
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				c.Advance(10 * time.Second)
			})
		}
		wg.Wait()
		assert.GreaterOrEqual(t, c.Now().Sub(start), 19*time.Minute)
		assert.Equal(t, 200*time.Second, c.Offset())
		settle(t, &c)
	})
}

// Outside of a bubble the machine's clock runs.
func TestRealTime(t *testing.T) {
	t.Parallel()
	var c Clock
	before := time.Now()
	require.NoError(t, c.Wait(t.Context(), c.Now().Add(2*time.Millisecond), nil))
	assert.GreaterOrEqual(t, time.Since(before), 2*time.Millisecond)
	assert.WithinDuration(t, time.Now(), c.Now(), time.Minute)
}
