package schedule

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func at(t *testing.T, text string, zone *time.Location) time.Time {
	t.Helper()
	parsed, err := time.ParseInLocation("2006-01-02 15:04:05", text, zone)
	require.NoError(t, err)
	return parsed
}

// The expressions are those of the tables in the EventBridge user guide.
func TestCron(t *testing.T) {
	t.Parallel()
	cases := []struct {
		expression, from string
		want             []string
	}{
		{"cron(0 10 * * ? *)", "2026-11-30 10:00:00", []string{"2026-12-01 10:00:00", "2026-12-02 10:00:00"}},
		{"cron(15 12 * * ? *)", "2026-11-30 12:14:59", []string{"2026-11-30 12:15:00"}},
		{"cron(0 18 ? * MON-FRI *)", "2026-11-27 18:00:00", []string{"2026-11-30 18:00:00"}},
		{"cron(0 8 1 * ? *)", "2026-12-31 08:00:00", []string{"2027-01-01 08:00:00", "2027-02-01 08:00:00"}},
		{"cron(0/15 * * * ? *)", "2026-11-30 23:50:00", []string{"2026-12-01 00:00:00", "2026-12-01 00:15:00"}},
		{"cron(0/10 * ? * MON-FRI *)", "2026-11-27 23:50:00", []string{"2026-11-30 00:00:00", "2026-11-30 00:10:00"}},
		{"cron(0/5 8-17 ? * MON-FRI *)", "2026-11-30 17:54:00", []string{"2026-11-30 17:55:00", "2026-12-01 08:00:00"}},
		{"cron(0/30 20-2 ? * MON-FRI *)", "", nil},
		{"cron(0 9 ? * 2#1 *)", "2026-11-30 09:00:00", []string{"2026-12-07 09:00:00", "2027-01-04 09:00:00"}},
		{"cron(0 9 ? * 3#2 *)", "2026-11-30 09:00:00", []string{"2026-12-08 09:00:00"}},
		{"cron(0 0 L * ? *)", "2028-01-31 00:00:00", []string{"2028-02-29 00:00:00", "2028-03-31 00:00:00"}},
		{"cron(0 0 LW * ? *)", "2027-01-01 00:00:00", []string{"2027-01-29 00:00:00"}},
		{"cron(0 0 ? * L *)", "2026-11-30 00:00:00", []string{"2026-12-05 00:00:00"}},
		{"cron(0 0 ? * 5L *)", "2026-11-30 00:00:00", []string{"2026-12-31 00:00:00", "2027-01-28 00:00:00"}},
		{"cron(0 0 3W * ? *)", "2026-09-30 00:00:00", []string{"2026-10-02 00:00:00", "2026-11-03 00:00:00"}},
		{"cron(0 0 1W * ? *)", "2026-07-30 00:00:00", []string{"2026-08-03 00:00:00"}},
		{"cron(0 0 31W * ? *)", "2027-01-01 00:00:00", []string{"2027-01-29 00:00:00", "2027-03-31 00:00:00"}},
		{"cron(0 0 1,15 JAN,feb ? *)", "2026-11-30 00:00:00", []string{"2027-01-01 00:00:00", "2027-01-15 00:00:00", "2027-02-01 00:00:00"}},
		{"cron(59 23 31 DEC ? 2026-2028/2)", "2026-11-30 00:00:00", []string{"2026-12-31 23:59:00", "2028-12-31 23:59:00", ""}},
		{"cron(0 0 29 2 ? *)", "2026-11-30 00:00:00", []string{"2028-02-29 00:00:00", "2032-02-29 00:00:00"}},
		{"cron(0 0 30 2 ? *)", "2026-11-30 00:00:00", []string{""}},
		{"cron(0 0 1 1 ? 1999)", "2026-11-30 00:00:00", []string{""}},
	}
	for _, c := range cases {
		e, ok := ParseCron(c.expression)
		if c.want == nil {
			assert.False(t, ok, c.expression)
			continue
		}
		require.True(t, ok, c.expression)
		now := at(t, c.from, time.UTC)
		for _, want := range c.want {
			next := e.After(now, time.UTC)
			if want == "" {
				assert.Zero(t, next, c.expression)
				break
			}
			assert.Equal(t, want, next.Format(time.DateTime), c.expression)
			now = next
		}
	}
}

// A time that there is not is left out, and one that comes twice counts once.
func TestZones(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	e, ok := ParseCron("cron(30 2 * * ? *)")
	require.True(t, ok)
	assert.Equal(t, "2026-03-09 02:30:00", e.After(at(t, "2026-03-07 02:30:00", zone), zone).Format(time.DateTime))
	e, ok = ParseCron("cron(30 1 * * ? *)")
	require.True(t, ok)
	first := e.After(at(t, "2026-10-31 12:00:00", zone), zone)
	assert.Equal(t, "2026-11-01 01:30:00", first.Format(time.DateTime))
	assert.Equal(t, "2026-11-02 01:30:00", e.After(first, zone).Format(time.DateTime))
	single, ok := ParseAt("at(2026-07-01T08:00:00)")
	require.True(t, ok)
	assert.Equal(t, "2026-07-01 12:00:00", single.In(zone).UTC().Format(time.DateTime))
}

func TestRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(1 hour)": time.Hour, "rate(7 days)": 7 * 24 * time.Hour,
		"rate(1 minutes)": 0, "rate(5 minute)": 0, "rate(0 minutes)": 0, "rate(-1 minutes)": 0, "rate(1.5 hours)": 0, "rate(1 second)": 0,
		"rate(5minutes)": 0, "rate(5 minutes": 0, "Rate(5 minutes)": 0, "rate(99999999999999999999 days)": 0, "rate(999999999 days)": 0,
	} {
		e, ok := ParseRate(text)
		assert.Equal(t, want, e.Rate, text)
		assert.Equal(t, want > 0, ok, text)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"cron(0 1 * * * *)", "cron(0 dummy ? * MON-FRI *)", "cron(7 20 * * NOT *)", "cron(71 8 1 * ? *)", "cron(INVALID)",
		"cron(0 1 ? * ? *)", "cron(0 1 * * ?)", "cron(0 24 * * ? *)", "cron(0 1 0 * ? *)", "cron(0 1 ? * 8 *)", "cron(0 1 ? * 2#6 *)",
		"cron(0 1 32W * ? *)", "cron(0 1 * 13 ? *)", "cron(0 1 * * ? 1969)", "cron(0 1 * * ? 2200)", "cron(0/0 1 * * ? *)", "cron(, 1 * * ? *)",
		"cron(? 1 * * ? *)", "cron(+1 1 * * ? *)", "cron(0 1 L-3 * ? *)", "cron(5-1 1 * * ? *)", "0 1 * * ? *",
	} {
		_, ok := ParseCron(text)
		assert.False(t, ok, text)
	}
	for _, text := range []string{"at(2026-13-01T00:00:00)", "at(2026-11-30)", "at(2026-11-30T08:00:00Z)", "at()"} {
		_, ok := ParseAt(text)
		assert.False(t, ok, text)
	}
}

// The next time is behind now, and one minute before it the same time is the next.
func FuzzCron(f *testing.F) {
	for _, seed := range []string{"0/5 8-17 ? * MON-FRI *", "0 9 ? * 2#1 2026-2099/3", "0 0 LW 2 ? *", "59 23 31W DEC,JAN ? *"} {
		f.Add(seed, int64(1796000000))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		e, ok := ParseCron("cron(" + text + ")")
		if !ok {
			return
		}
		now := time.Unix(seconds%(1<<33), 0).UTC()
		next := e.After(now, time.UTC)
		if next.IsZero() {
			return
		}
		assert.True(t, next.After(now))
		assert.Zero(t, next.Second())
		assert.Equal(t, next, e.After(next.Add(-time.Second), time.UTC))
	})
}
