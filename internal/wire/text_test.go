package wire

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAppendTime(t *testing.T) {
	t.Parallel()
	second := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		at               time.Time
		milli, iso, http string
	}{
		{second, "2026-01-02T02:04:05.000Z", "2026-01-02T02:04:05Z", "Fri, 02 Jan 2026 02:04:05 GMT"},
		{second.Add(7_999_999), "2026-01-02T02:04:05.007Z", "2026-01-02T02:04:05.007Z", "Fri, 02 Jan 2026 02:04:05 GMT"},
		{second.Add(999_999), "2026-01-02T02:04:05.000Z", "2026-01-02T02:04:05Z", "Fri, 02 Jan 2026 02:04:05 GMT"},
		{second.Add(890 * time.Millisecond), "2026-01-02T02:04:05.890Z", "2026-01-02T02:04:05.890Z", "Fri, 02 Jan 2026 02:04:05 GMT"},
		{time.Date(9999, 12, 31, 23, 59, 59, 123e6, time.UTC), "9999-12-31T23:59:59.123Z", "9999-12-31T23:59:59.123Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
	} {
		assert.Equal(t, "x"+c.milli, string(appendTime([]byte("x"), &c.at, milliTime)))
		assert.Equal(t, "x"+c.iso, string(appendTime([]byte("x"), &c.at, dateTime)))
		assert.Equal(t, "x"+c.http, string(appendTime([]byte("x"), &c.at, httpDate)))
	}
}
