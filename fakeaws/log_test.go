package fakeaws

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLogFindsCalls(t *testing.T) {
	t.Parallel()
	log := new(Log)
	for n := range 2*logSize + 10 {
		if n == 3 || n == logSize || n == 2*logSize+9 {
			oldest := max(0, n-logSize)
			for _, id := range []int{oldest, (oldest + n) / 2, n - 1} {
				e, ok := log.Find(strconv.Itoa(id))
				assert.True(t, ok, "%d of %d", id, n)
				assert.False(t, e.Settled)
			}
			_, ok := log.Find(strconv.Itoa(oldest - 1))
			assert.False(t, ok)
			_, ok = log.Settle("")
			assert.False(t, ok)
		}
		log.add(Event{RequestID: strconv.Itoa(n)})
	}
	last := strconv.Itoa(2*logSize + 9)
	log.Settle(last)
	e, ok := log.Find(last)
	assert.True(t, ok && e.Settled)
	_, ok = new(Log).Find(last)
	assert.False(t, ok)
}
