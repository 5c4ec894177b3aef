package selectsql

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A precision is the last part of a timestamp that is known.
type precision uint8

const (
	toYear precision = iota
	toMonth
	toDay
	toMinute
	toSecond
)

// A timestamp is one of Ion: a moment with a precision and an offset, which may be unknown
// (User Guide, "Data types"). It is immutable.
type timestamp struct {
	at       time.Time // in its offset; UTC when that is unknown
	known    precision
	fraction int  // digits of a second
	offset   bool // known
}

// parseTimestamp reads the form of the W3C's note: 2007T, 2007-02T, 2007-02-23,
// 2007-02-23T12:14Z, 2007-02-23T12:14:33.079-08:00. A date may end with T.
func parseTimestamp(s string) (*timestamp, bool) {
	date, clock, hasT := strings.Cut(s, "T")
	t := &timestamp{known: toDay}
	year, month, day := 0, 1, 1
	parts := strings.Split(date, "-")
	ok := fixed(parts[0], 4, 1, 9999, &year)
	switch {
	case len(parts) > 3, len(parts) < 3 && (!hasT || clock != ""):
		return nil, false
	case len(parts) == 1:
		t.known = toYear
	case len(parts) == 2:
		t.known = toMonth
	}
	if len(parts) > 1 {
		ok = ok && fixed(parts[1], 2, 1, 12, &month)
	}
	if len(parts) > 2 {
		ok = ok && fixed(parts[2], 2, 1, 31, &day)
	}
	if !ok || day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return nil, false
	}
	t.at = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, clock == "" || t.parseClock(clock)
}

// fixed reads a number of so many digits.
func fixed(s string, digits, least, most int, n *int) bool {
	if len(s) != digits || strings.Trim(s, "0123456789") != "" {
		return false
	}
	*n, _ = strconv.Atoi(s)
	return *n >= least && *n <= most
}

// parseClock reads what follows the T: a time always has an offset.
func (t *timestamp) parseClock(s string) bool {
	i := strings.IndexAny(s, "Z+-")
	if i < 0 {
		return false
	}
	clock, zone := s[:i], s[i:]
	clock, fraction, point := strings.Cut(clock, ".")
	parts := strings.Split(clock, ":")
	var hour, minute, second, nanos int
	if len(parts) < 2 || len(parts) > 3 || !fixed(parts[0], 2, 0, 23, &hour) || !fixed(parts[1], 2, 0, 59, &minute) {
		return false
	}
	t.known = toMinute
	if len(parts) == 3 {
		if t.known = toSecond; !fixed(parts[2], 2, 0, 59, &second) {
			return false
		}
	}
	if point {
		if t.known != toSecond || fraction == "" || strings.Trim(fraction, "0123456789") != "" {
			return false
		}
		t.fraction = min(len(fraction), 9)
		nanos, _ = strconv.Atoi((fraction + "000000000")[:9])
	}
	location, ok := t.parseZone(zone)
	if !ok {
		return false
	}
	t.at = time.Date(t.at.Year(), t.at.Month(), t.at.Day(), hour, minute, second, nanos, location)
	return true
}

func (t *timestamp) parseZone(zone string) (*time.Location, bool) {
	if zone == "Z" {
		t.offset = true
		return time.UTC, true
	}
	var hours, minutes int
	h, m, ok := strings.Cut(zone[1:], ":")
	if !ok || !fixed(h, 2, 0, 23, &hours) || !fixed(m, 2, 0, 59, &minutes) {
		return nil, false
	}
	seconds := hours*3600 + minutes*60
	if t.offset = zone != "-00:00"; seconds == 0 { // -00:00 is an offset that nobody knows
		return time.UTC, true
	}
	if zone[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}

// String writes the timestamp as precisely as it is known.
func (t *timestamp) String() string {
	switch t.known {
	case toYear:
		return t.at.Format("2006T")
	case toMonth:
		return t.at.Format("2006-01T")
	case toDay:
		return t.at.Format("2006-01-02")
	}
	text := t.at.Format("2006-01-02T15:04")
	if t.known == toSecond {
		text = t.at.Format("2006-01-02T15:04:05")
		if t.fraction > 0 {
			text += "." + fmt.Sprintf("%09d", t.at.Nanosecond())[:t.fraction]
		}
	}
	if !t.offset {
		return text + "-00:00"
	}
	return text + t.zone("-07:00", true)
}

// zone is the offset in a layout of package time, or Z.
func (t *timestamp) zone(layout string, z bool) string {
	if _, seconds := t.at.Zone(); seconds == 0 && z {
		return "Z"
	}
	return t.at.Format(layout)
}

// A datePart is a part of a timestamp that functions name.
type datePart string

// precisions are those that a part needs; the parts of an offset can be read only.
var precisions = map[datePart]precision{
	"year": toYear, "month": toMonth, "day": toDay, "hour": toMinute, "minute": toMinute, "second": toSecond,
}

// isDatePart reports whether a name is one of a part. Only EXTRACT reads offsets.
func isDatePart(name string, offsets bool) bool {
	if name == "timezone_hour" || name == "timezone_minute" {
		return offsets
	}
	_, ok := precisions[datePart(name)]
	return ok
}

// maxQuantity bounds what is added: more seconds than 10,000 years have.
const maxQuantity = 1 << 39

// add is DATE_ADD: the result is as precise as the part is, at least. False where the
// year is none that a timestamp has.
func (t *timestamp) add(part datePart, n int64) (*timestamp, bool) {
	if n > maxQuantity || n < -maxQuantity {
		return nil, false
	}
	sum := *t
	sum.known = max(t.known, precisions[part])
	switch part {
	case "year", "month":
		months := n
		if part == "year" {
			months *= 12
		}
		months += int64(t.at.Year())*12 + int64(t.at.Month()) - 1
		year, month := months/12, months%12
		if year < 1 || year > 9999 {
			return nil, false
		}
		last := time.Date(int(year), time.Month(month)+2, 0, 0, 0, 0, 0, time.UTC).Day()
		hour, minute, second := t.at.Clock()
		sum.at = time.Date(int(year), time.Month(month)+1, min(t.at.Day(), last), hour, minute, second, t.at.Nanosecond(), t.at.Location())
		return &sum, true
	case "day":
		n *= 24 * 3600
	case "hour":
		n *= 3600
	case "minute":
		n *= 60
	}
	if n > maxQuantity || n < -maxQuantity {
		return nil, false
	}
	sum.at = time.Unix(t.at.Unix()+n, int64(t.at.Nanosecond())).In(t.at.Location())
	return &sum, sum.at.Year() >= 1 && sum.at.Year() <= 9999
}

// diff is DATE_DIFF: how many whole parts lie between two moments.
func (t *timestamp) diff(part datePart, u *timestamp) int64 {
	switch part {
	case "year":
		return monthsBetween(t.at, u.at) / 12
	case "month":
		return monthsBetween(t.at, u.at)
	}
	seconds := u.at.Unix() - t.at.Unix()
	if nanos := u.at.Nanosecond() - t.at.Nanosecond(); seconds > 0 && nanos < 0 {
		seconds--
	} else if seconds < 0 && nanos > 0 {
		seconds++
	}
	return seconds / map[datePart]int64{"day": 24 * 3600, "hour": 3600, "minute": 60, "second": 1}[part]
}

func monthsBetween(a, b time.Time) int64 {
	a, b = a.UTC(), b.UTC()
	if b.Before(a) {
		return -monthsBetween(b, a)
	}
	months := int64(b.Year()-a.Year())*12 + int64(b.Month()-a.Month())
	in := time.Date(b.Year(), b.Month(), a.Day(), a.Hour(), a.Minute(), a.Second(), a.Nanosecond(), time.UTC)
	if b.Before(in) || in.Month() != b.Month() && b.Day() < a.Day() {
		months--
	}
	return months
}

// extract is EXTRACT.
func (t *timestamp) extract(part datePart) Value {
	_, offset := t.at.Zone()
	switch part {
	case "year":
		return intOf(int64(t.at.Year()))
	case "month":
		return intOf(int64(t.at.Month()))
	case "day":
		return intOf(int64(t.at.Day()))
	case "hour":
		return intOf(int64(t.at.Hour()))
	case "minute":
		return intOf(int64(t.at.Minute()))
	case "second":
		return intOf(int64(t.at.Second()))
	case "timezone_hour":
		return intOf(int64(offset / 3600))
	}
	return intOf(int64(offset % 3600 / 60))
}
