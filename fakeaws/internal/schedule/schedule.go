// Package schedule reads schedule expressions of AWS: rates, times of cron, and single
// times.
package schedule

import (
	"strconv"
	"strings"
	"time"
)

// An Expression says when something is due. It never changes.
type Expression struct {
	// Rate is the time between two runs; zero where the expression is no rate.
	Rate time.Duration
	// At is the only time, read as one of a time zone: its location is UTC. Zero where the
	// expression has others.
	At    time.Time
	times *cron
}

// maxRate bounds rates, so that they can be added to times.
const maxRate = 100 * 365 * 24 * time.Hour

// ParseRate reads "rate(5 minutes)": "If the value is equal to 1, the unit must be singular.
// If the value is greater than 1, the unit must be plural".
func ParseRate(text string) (Expression, bool) {
	inner, ok := inside(text, "rate(")
	if !ok {
		return Expression{}, false
	}
	f := strings.Fields(inner)
	if len(f) != 2 || !digits(f[0]) {
		return Expression{}, false
	}
	n, err := strconv.Atoi(f[0])
	unit, plural := strings.CutSuffix(f[1], "s")
	if err != nil || n < 1 || plural != (n > 1) {
		return Expression{}, false
	}
	each := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[unit]
	if each == 0 || n > int(maxRate/each) {
		return Expression{}, false
	}
	return Expression{Rate: time.Duration(n) * each}, true
}

// ParseCron reads "cron(0 10 * * ? *)".
func ParseCron(text string) (Expression, bool) {
	inner, ok := inside(text, "cron(")
	if !ok {
		return Expression{}, false
	}
	c, ok := parseCron(inner)
	return Expression{times: c}, ok
}

// ParseAt reads "at(2026-11-30T08:00:00)".
func ParseAt(text string) (Expression, bool) {
	inner, ok := inside(text, "at(")
	if !ok {
		return Expression{}, false
	}
	at, err := time.Parse("2006-01-02T15:04:05", inner)
	return Expression{At: at}, err == nil
}

func inside(text, begin string) (string, bool) {
	inner, ok := strings.CutPrefix(text, begin)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, ")")
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// IsCron reports whether the expression has times of cron.
func (e *Expression) IsCron() bool { return e.times != nil }

// In is a single time in a time zone.
func (e *Expression) In(zone *time.Location) time.Time {
	t := e.At
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
}

// After is the first time of cron behind another, in a time zone; zero where there is none.
func (e *Expression) After(now time.Time, zone *time.Location) time.Time {
	return e.times.after(now, zone)
}
