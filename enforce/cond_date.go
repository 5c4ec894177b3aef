package enforce

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// minEpochDigits tells seconds since 1970 from a year: "2024" is a year and
// "20240" are seconds. Unverified.
const minEpochDigits = 5

// instantValue is the operand of the Date operators. Policy variables are not
// known there.
type instantValue struct {
	at      time.Time
	compare comparison
}

func date(compare comparison) func(string, bool) (operand, error) {
	return func(value string, _ bool) (operand, error) {
		at, ok := parseDate(value)
		if !ok {
			return nil, fmt.Errorf("%q is no date; write it like 2026-11-22T20:26:45Z", value)
		}
		return &instantValue{at, compare}, nil
	}
}

func (o *instantValue) match(_ *eval, v item) outcome {
	at, ok := v.at(), true
	if v.kind == single {
		at, ok = parseDate(v.text)
	}
	if !ok {
		return unreadableDate
	}
	return outcomeOf(o.compare(at.Compare(o.at)))
}

// ParseDate reads a date as the Date operators do; false when it is none.
func ParseDate(s string) (time.Time, bool) { return parseDate(s) }

// parseDate reads seconds since 1970, or a form of the W3C's profile of ISO 8601:
// YYYY, YYYY-MM, YYYY-MM-DD, or a date with Thh:mm, Thh:mm:ss or Thh:mm:ss.s and
// the zone Z, +hh:mm or -hh:mm.
func parseDate(s string) (time.Time, bool) {
	if seconds := strings.TrimPrefix(s, "-"); allDigits(seconds) && len(seconds) >= minEpochDigits {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0), err == nil
	}
	day, clock, hasClock := strings.Cut(s, "T")
	year, day, ok := cutNumber(day, 4)
	month, day, okMonth := optionalNumber(day, '-')
	dayOfMonth, day, okDay := optionalNumber(day, '-')
	if !ok || !okMonth || !okDay || day != "" || hasClock && dayOfMonth == 0 {
		return time.Time{}, false
	}
	var hour, minute, second, nano int
	var offset time.Duration
	if hasClock {
		if hour, minute, second, nano, offset, ok = parseClock(clock); !ok {
			return time.Time{}, false
		}
	}
	month, dayOfMonth = max(month, 1), max(dayOfMonth, 1)
	t := time.Date(year, time.Month(month), dayOfMonth, hour, minute, second, nano, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != dayOfMonth {
		return time.Time{}, false // the month has no such day
	}
	return t.Add(-offset), true
}

// parseClock reads what follows the T.
func parseClock(s string) (hour, minute, second, nano int, offset time.Duration, ok bool) {
	hour, s, ok = cutNumber(s, 2)
	if !ok || hour > 23 || !strings.HasPrefix(s, ":") {
		return 0, 0, 0, 0, 0, false
	}
	minute, s, ok = cutNumber(s[1:], 2)
	if !ok || minute > 59 {
		return 0, 0, 0, 0, 0, false
	}
	if strings.HasPrefix(s, ":") {
		second, s, ok = cutNumber(s[1:], 2)
		if !ok || second > 59 {
			return 0, 0, 0, 0, 0, false
		}
		if strings.HasPrefix(s, ".") {
			nano, s, ok = cutFraction(s[1:])
		}
	}
	if !ok {
		return 0, 0, 0, 0, 0, false
	}
	offset, ok = parseZone(s)
	return hour, minute, second, nano, offset, ok
}

func parseZone(s string) (time.Duration, bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != len("+00:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, _, ok := cutNumber(s[1:], 2)
	minutes, _, okMinutes := cutNumber(s[4:], 2)
	if !ok || !okMinutes || hours > 23 || minutes > 59 {
		return 0, false
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// cutNumber reads exactly n digits.
func cutNumber(s string, n int) (value int, rest string, ok bool) {
	if len(s) < n || !allDigits(s[:n]) {
		return 0, s, false
	}
	for _, c := range []byte(s[:n]) {
		value = 10*value + int(c-'0')
	}
	return value, s[n:], true
}

// optionalNumber reads two digits from 01 on after a separator, 0 when s is at
// its end.
func optionalNumber(s string, separator byte) (value int, rest string, ok bool) {
	if s == "" {
		return 0, "", true
	}
	if s[0] != separator {
		return 0, s, false
	}
	value, rest, ok = cutNumber(s[1:], 2)
	return value, rest, ok && value > 0
}

// cutFraction reads the digits of a fraction of a second; those beyond
// nanoseconds do not count.
func cutFraction(s string) (nano int, rest string, ok bool) {
	n := 0
	for scale := int(time.Second / 10); n < len(s) && '0' <= s[n] && s[n] <= '9'; n++ {
		nano += int(s[n]-'0') * scale
		scale /= 10
	}
	return nano, s[n:], n > 0
}
