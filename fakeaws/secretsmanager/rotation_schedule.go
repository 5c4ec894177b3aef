package secretsmanager

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// A schedule is when a secret is rotated: after an interval, or at times.
type schedule struct {
	interval time.Duration
	times    *cron
}

// The bounds of schedules ("You can rotate a secret as often as every four hours").
const (
	minRate = 4 * time.Hour
	maxRate = 1000 * 24 * time.Hour
)

// after is the date before which the next rotation is due: that of the World's clock, as
// far as AWS lets one know it ("You can predict only the date of the next rotation").
func (s *schedule) after(now time.Time) time.Time {
	switch {
	case s.times != nil:
		return s.times.after(now)
	case s.interval == 0:
		return time.Time{}
	case s.interval < 24*time.Hour:
		return now.Add(s.interval)
	}
	return day(now.Add(s.interval)).Add(24*time.Hour - time.Second)
}

// readSchedule checks the rules of a rotation.
func readSchedule(rules *types.RotationRulesType) (schedule, error) {
	var s schedule
	expression := stringOf(rules.ScheduleExpression)
	switch {
	case rules.AutomaticallyAfterDays != nil && expression != "":
		return s, invalidParameter(textBothSchedules)
	case rules.AutomaticallyAfterDays != nil:
		s.interval = time.Duration(*rules.AutomaticallyAfterDays) * 24 * time.Hour
	case expression == "":
		return s, invalidParameter(textNoRules)
	default:
		var ok bool
		if s, ok = parseExpression(expression); !ok {
			return s, invalidParameterf(textSchedule, expression)
		}
	}
	if rules.Duration != nil {
		hours, err := strconv.Atoi(strings.TrimSuffix(*rules.Duration, "h"))
		if err != nil || hours < 1 || hours > 24 || s.interval > 0 && time.Duration(hours)*time.Hour > s.interval {
			return s, invalidParameter(textDuration)
		}
	}
	return s, nil
}

// parseExpression reads "rate(10 days)" or "cron(0 8 1 * ? *)".
func parseExpression(text string) (s schedule, ok bool) {
	inner, isRate := strings.CutPrefix(text, "rate(")
	if !isRate {
		if inner, ok = strings.CutPrefix(text, "cron("); !ok {
			return s, false
		}
	}
	if inner, ok = strings.CutSuffix(inner, ")"); !ok {
		return s, false
	}
	if !isRate {
		s.times, ok = parseCron(inner)
		return s, ok
	}
	count, unit, ok := strings.Cut(inner, " ")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || n > 24*1000 {
		return s, false
	}
	switch strings.TrimSuffix(unit, "s") {
	case "hour":
		s.interval = time.Duration(n) * time.Hour
	case "day":
		s.interval = time.Duration(n) * 24 * time.Hour
	}
	return s, s.interval >= minRate && s.interval <= maxRate
}

// A cron is a schedule of times. The minutes are 0 and the years all ("Schedule expressions
// in Secrets Manager rotation").
type cron struct {
	hours, days, months, weekdays uint64 // bits
	lastDay                       bool   // L in the days
	// nth and last are a weekday of a month: its number, and the last ones.
	nth  map[time.Weekday]int
	last map[time.Weekday]bool
}

var (
	monthNames   = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdayNames = []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

func parseCron(text string) (*cron, bool) {
	f := strings.Fields(text)
	if len(f) != 6 || f[0] != "0" || f[5] != "*" || (f[2] == "?") == (f[4] == "?") {
		return nil, false
	}
	c := new(cron)
	var hours, days, months, weekdays bool
	c.hours, hours = parseField(f[1], 0, 23, nil)
	c.months, months = parseField(f[3], 1, 12, monthNames)
	switch {
	case f[2] == "L":
		c.lastDay, days = true, true
	case f[2] == "?":
		days = true
	default:
		c.days, days = parseField(f[2], 1, 31, nil)
	}
	weekdays = f[4] == "?" || c.parseWeekday(f[4])
	return c, hours && days && months && weekdays
}

// parseWeekday reads the days of the week: a list, one of the month ("2#1", the first
// Monday), or the last of it ("6L").
func (c *cron) parseWeekday(text string) (ok bool) {
	if name, n, found := strings.Cut(text, "#"); found {
		day, ok := number(name, 1, 7, weekdayNames)
		nth, valid := number(n, 1, 5, nil)
		c.nth = map[time.Weekday]int{time.Weekday(day - 1): nth}
		return ok && valid
	}
	if name, found := strings.CutSuffix(text, "L"); found {
		if name == "" {
			name = "SAT"
		}
		day, ok := number(name, 1, 7, weekdayNames)
		c.last = map[time.Weekday]bool{time.Weekday(day - 1): true}
		return ok
	}
	c.weekdays, ok = parseField(text, 1, 7, weekdayNames)
	return ok
}

// parseField reads a list of numbers, ranges and increments.
func parseField(text string, low, high int, names []string) (bits uint64, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		span, by, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, ok = number(by, 1, high, nil); !ok {
				return 0, false
			}
		}
		from, to := low, high
		if span != "*" && span != "" || span == "" && !stepped {
			first, last, isRange := strings.Cut(span, "-")
			if from, ok = number(first, low, high, names); !ok {
				return 0, false
			}
			switch {
			case isRange:
				if to, ok = number(last, from, high, names); !ok {
					return 0, false
				}
			case !stepped:
				to = from
			}
		}
		for i := from; i <= to; i += step {
			bits |= 1 << i
		}
	}
	return bits, true
}

// number reads a number or a name within bounds.
func number(text string, low, high int, names []string) (int, bool) {
	for i, name := range names {
		if name != "" && strings.EqualFold(text, name) {
			return i, i >= low && i <= high
		}
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= low && n <= high && text[0] != '+'
}

// searched is how far ahead times are looked for: the 29th of February comes within it.
const searched = 9 * 366

// after is the first hour of the schedule that follows a time; zero where there is none.
func (c *cron) after(now time.Time) time.Time {
	midnight := day(now)
	for i := range searched {
		date := midnight.AddDate(0, 0, i)
		if !c.on(date) {
			continue
		}
		for hour := range 24 {
			if at := date.Add(time.Duration(hour) * time.Hour); c.hours&(1<<hour) != 0 && at.After(now) {
				return at
			}
		}
	}
	return time.Time{}
}

// on reports whether the schedule has a day.
func (c *cron) on(date time.Time) bool {
	weekday := date.Weekday()
	lastWeek := date.AddDate(0, 0, 7).Month() != date.Month()
	switch {
	case c.months&(1<<date.Month()) == 0:
		return false
	case c.lastDay:
		return date.AddDate(0, 0, 1).Day() == 1
	case c.nth != nil:
		return c.nth[weekday] == (date.Day()+6)/7
	case c.last != nil:
		return c.last[weekday] && lastWeek
	}
	return c.days&(1<<date.Day()) != 0 || c.weekdays&(2<<weekday) != 0
}
