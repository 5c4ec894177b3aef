package all_test

import (
	"reflect"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// lockedBy is for how much CPU time of its own a function holds the lock of a service at
// most, from its beginning to its end: the least of some runs. The function runs on a
// thread of its own. Another one looks all the time which locks are held, and reads the
// first one's clock; from the last look that found a lock free to the last that did not
// is as long as it can have been held. What other programs do meanwhile does not count.
func lockedBy(w *fakeaws.World, run func()) time.Duration {
	best := time.Hour
	for range 10 {
		best = min(best, longestLock(locksOf(w), run))
		if best <= maxLocked {
			break
		}
	}
	return best
}

func longestLock(locks []lock, run func()) (longest time.Duration) {
	thread, begin, done, gone := make(chan int), make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		thread <- syscall.Gettid()
		<-begin
		run()
		close(done)
		<-gone // the clock is that of the thread as long as it is there
	}()
	id := <-thread
	defer close(gone)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	free := make([]time.Duration, len(locks)) // when each was free last
	for i := range free {
		free[i] = threadTime(id)
	}
	close(begin)
	for {
		for i, lock := range locks {
			now := threadTime(id)
			if lock.TryLock() {
				lock.Unlock()
				free[i] = now
			} else {
				longest = max(longest, threadTime(id)-free[i])
			}
		}
		select {
		case <-done:
			return longest
		default:
		}
	}
}

// A lock is that of a service, or of the World's keys, which are KMS's.
type lock interface {
	TryLock() bool
	Unlock()
}

// locksOf are the locks of a World's services.
func locksOf(w *fakeaws.World) (locks []lock) {
	keys := reflect.ValueOf(w.Keys()).Elem().FieldByName("mu")
	locks = append(locks, (*fakeaws.RWMutex)(keys.Addr().UnsafePointer()))
	for service := range clientsOf {
		if !w.Has(service) {
			continue
		}
		if fake, ok := w.Fake(service).(fakeaws.Stateful); ok && fake.State() != nil {
			locks = append(locks, fake.State())
		}
	}
	return locks
}

// threadTime is the CPU time that a thread of the process has taken: a clock of Linux that
// counts as the scheduler does.
func threadTime(id int) time.Duration {
	const ofThread, ofScheduler = 4, 2
	var t syscall.Timespec
	clock := ^uintptr(id)<<3 | ofThread | ofScheduler
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(int32(clock)), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		panic(errno)
	}
	return time.Duration(t.Nano())
}

// The measure finds how long a lock is held, and does not count what is done without it.
func TestLocksAreMeasured(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: the measure of locks is not checked")
	}
	var mu sync.Mutex
	work := func(d time.Duration) {
		id := syscall.Gettid()
		for start := threadTime(id); threadTime(id)-start < d; {
		}
	}
	var got time.Duration
	for range 5 { // who looks at the lock comes late on a busy machine
		got = max(got, longestLock([]lock{&mu}, func() {
			work(50 * time.Millisecond)
			mu.Lock()
			work(20 * time.Millisecond)
			mu.Unlock()
			work(50 * time.Millisecond)
		}))
	}
	t.Log(got)
	assert.GreaterOrEqual(t, got, 20*time.Millisecond)
	assert.Less(t, got, 40*time.Millisecond)
}
