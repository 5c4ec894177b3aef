package fakeaws

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A watch reads each call once, in order, and says how many it missed.
func TestLogWatch(t *testing.T) {
	t.Parallel()
	log, n := new(Log), 0
	add := func(calls int) {
		for range calls {
			log.add(&Event{RequestID: strconv.Itoa(n)}, someone, 0, 0)
			n++
		}
	}
	reads := func(w *Watch, most, first, count, missed int) {
		t.Helper()
		events, left := w.Read(most)
		require.Len(t, events, count)
		assert.Equal(t, missed, left)
		for i, e := range events {
			require.Equal(t, strconv.Itoa(first+i), e.RequestID)
		}
	}
	add(5)
	w := log.Watch()
	reads(w, 10, 0, 0, 0)
	add(3)
	<-w.Woken()
	assert.Empty(t, w.Woken(), "woken once for several calls")
	reads(w, 2, 5, 2, 0)
	reads(w, 2, 7, 1, 0)
	add(logSize + 7)
	reads(w, logSize, 15, logSize, 7)
	reads(w, logSize, 0, 0, 0)

	// What is forgotten on request is not missed.
	add(2)
	log.Reset()
	reads(w, 10, 0, 0, 0)
	add(1)
	reads(w, 10, n-1, 1, 0)
	<-w.Woken()
	w.Stop()
	w.Stop()
	add(1)
	assert.Empty(t, w.Woken())
	assert.Empty(t, log.watches)
}

// Many calls at once are all read, by each who watches.
func TestLogWatchOfManyCalls(t *testing.T) {
	t.Parallel()
	const callers, calls = 8, 400
	log := new(Log)
	var readers, writers sync.WaitGroup
	for range 3 {
		w := log.Watch()
		readers.Go(func() {
			defer w.Stop()
			seen := map[string]bool{}
			for len(seen) < callers*calls {
				<-w.Woken()
				for {
					events, missed := w.Read(100)
					assert.Zero(t, missed)
					for _, e := range events {
						assert.False(t, seen[e.RequestID])
						seen[e.RequestID] = true
					}
					if len(events) < 100 {
						break
					}
				}
			}
		})
	}
	for c := range callers {
		writers.Go(func() {
			for n := range calls {
				log.add(&Event{RequestID: strconv.Itoa(c*calls + n)}, someone, 0, 0)
			}
		})
	}
	writers.Wait()
	readers.Wait()
}

// To be watched costs a call less than two microseconds more, although nobody reads.
func TestSpeedOfTheTraceThatIsWatched(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: what it costs a call to be watched is not measured")
	}
	const calls = 100_000
	log, e := new(Log), traced()
	fastest := func() time.Duration {
		best := time.Hour
		for range 10 {
			start := time.Now()
			for range calls {
				log.add(&e, someone, 0, 0)
			}
			best = min(best, time.Since(start)/calls)
		}
		return best
	}
	alone := fastest()
	w := log.Watch()
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-w.Woken():
				w.Read(64)
			case <-quit:
				return
			}
		}
	}()
	watched := fastest()
	close(quit)
	<-ended
	t.Logf("%v a call, %v when it is watched", alone, watched)
	assert.Less(t, watched-alone, 2*time.Microsecond)
}
