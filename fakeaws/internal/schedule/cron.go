package schedule

import (
	"strconv"
	"strings"
	"time"
)

// A cron has the times of the fields of a cron expression ("Cron expressions" of the
// EventBridge user guide).
type cron struct {
	minutes, hours, months uint64 // bits
	years                  [maxYear - minYear + 1]bool
	// days are those of the month, and weekdays of the week, Sunday being 1; the one that is
	// "?" has none.
	days, weekdays uint64
	// lastDay is L in the days of the month, lastWeekday LW, and nearest a number with W.
	lastDay, lastWeekday bool
	nearest              int
	// nth is the weekday that counts, of its nth in the month; the last one where n is 0.
	nth    time.Weekday
	n      int
	hasNth bool
}

const minYear, maxYear = 1970, 2199

var (
	monthNames   = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdayNames = []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// parseCron reads six fields. One of the two kinds of days must be "?", and the other must
// not.
func parseCron(text string) (*cron, bool) {
	f := strings.Fields(text)
	if len(f) != 6 || (f[2] == "?") == (f[4] == "?") {
		return nil, false
	}
	c := new(cron)
	ok := parseBits(f[0], 0, 59, nil, &c.minutes) && parseBits(f[1], 0, 23, nil, &c.hours) && parseBits(f[3], 1, 12, monthNames, &c.months)
	ok = ok && (f[2] == "?" || c.parseDay(f[2])) && (f[4] == "?" || c.parseWeekday(f[4]))
	return c, ok && parseField(f[5], minYear, maxYear, nil, func(n int) { c.years[n-minYear] = true })
}

// parseDay reads the days of the month: a list, L, LW, or a number with W.
func (c *cron) parseDay(text string) bool {
	switch text {
	case "L":
		c.lastDay = true
		return true
	case "LW":
		c.lastWeekday = true
		return true
	}
	if day, found := strings.CutSuffix(text, "W"); found {
		n, ok := value(day, 1, 31, nil)
		c.nearest = n
		return ok
	}
	return parseBits(text, 1, 31, nil, &c.days)
}

// parseWeekday reads the days of the week: a list, one of the month ("3#2", its second
// Tuesday), or the last of it ("5L", its last Thursday). L alone is Saturday.
func (c *cron) parseWeekday(text string) bool {
	if text == "L" {
		c.weekdays = 1 << 7
		return true
	}
	day, n, found := strings.Cut(text, "#")
	last := false
	if !found {
		if day, last = strings.CutSuffix(text, "L"); !last {
			return parseBits(text, 1, 7, weekdayNames, &c.weekdays)
		}
	}
	weekday, ok := value(day, 1, 7, weekdayNames)
	c.nth, c.hasNth = time.Weekday(weekday-1), true
	if last || !ok {
		return ok
	}
	c.n, ok = value(n, 1, 5, nil)
	return ok
}

func parseBits(text string, low, high int, names []string, bits *uint64) bool {
	return parseField(text, low, high, names, func(n int) { *bits |= 1 << n })
}

// parseField reads a list of numbers, ranges and increments.
func parseField(text string, low, high int, names []string, add func(int)) bool {
	for part := range strings.SplitSeq(text, ",") {
		span, by, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var ok bool
			if step, ok = value(by, 1, high, nil); !ok {
				return false
			}
		}
		from, to := low, high
		if span != "*" {
			first, last, isRange := strings.Cut(span, "-")
			var ok bool
			if from, ok = value(first, low, high, names); !ok {
				return false
			}
			switch {
			case isRange:
				if to, ok = value(last, from, high, names); !ok {
					return false
				}
			case !stepped:
				to = from
			}
		}
		for i := from; i <= to; i += step {
			add(i)
		}
	}
	return true
}

// value reads a number or a name within bounds.
func value(text string, low, high int, names []string) (int, bool) {
	for i, name := range names {
		if name != "" && strings.EqualFold(text, name) {
			return i, i >= low && i <= high
		}
	}
	if !digits(text) || len(text) > 4 {
		return 0, false
	}
	n, _ := strconv.Atoi(text)
	return n, n >= low && n <= high
}

// after is the first time behind another. Times that a clock leaves out when it is put
// forward are left out, and those that it shows twice count once.
func (c *cron) after(now time.Time, zone *time.Location) time.Time {
	begin := now.In(zone)
	for year := max(begin.Year(), minYear); year <= maxYear; year++ {
		if !c.years[year-minYear] {
			continue
		}
		month := time.January
		if year == begin.Year() {
			month = begin.Month()
		}
		for ; month <= time.December; month++ {
			if c.months&(1<<month) == 0 {
				continue
			}
			if t := c.inMonth(year, month, now, zone); !t.IsZero() {
				return t
			}
		}
	}
	return time.Time{}
}

// inMonth is the first time of a month behind another; zero where there is none.
func (c *cron) inMonth(year int, month time.Month, now time.Time, zone *time.Location) time.Time {
	days := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	local := now.In(zone)
	day := 1
	if local.Year() == year && local.Month() == month {
		day = local.Day()
	}
	for ; day <= days; day++ {
		if !c.on(year, month, day, days) {
			continue
		}
		// No clock is put back by a day: a day that is over has no times behind now.
		for hour := range 24 {
			if c.hours&(1<<hour) == 0 {
				continue
			}
			for minute := range 60 {
				if c.minutes&(1<<minute) == 0 {
					continue
				}
				t := time.Date(year, month, day, hour, minute, 0, 0, zone)
				if t.After(now) && t.Hour() == hour && t.Minute() == minute {
					return t
				}
			}
		}
	}
	return time.Time{}
}

// on reports whether the expression has a day of a month that has so many.
func (c *cron) on(year int, month time.Month, day, days int) bool {
	weekday := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()
	switch {
	case c.lastDay:
		return day == days
	case c.lastWeekday:
		return day == nearestWeekday(year, month, days, days)
	case c.nearest > 0:
		return c.nearest <= days && day == nearestWeekday(year, month, c.nearest, days)
	case c.hasNth && c.n == 0:
		return weekday == c.nth && day+7 > days
	case c.hasNth:
		return weekday == c.nth && (day+6)/7 == c.n
	}
	return c.days&(1<<day) != 0 || c.weekdays&(2<<weekday) != 0
}

// nearestWeekday is the day from Monday to Friday that is nearest to another of the month.
func nearestWeekday(year int, month time.Month, day, days int) int {
	switch time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == days {
			return day - 2
		}
		return day + 1
	}
	return day
}
