package secretsmanager

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/schedule"
)

// The bounds of rates ("You can rotate a secret as often as every four hours", "The maximum
// rotation period is 999 days").
const (
	minRate = 4 * time.Hour
	maxRate = 999 * 24 * time.Hour
)

// nextRotation is the date before which the next rotation is due: that of the World's clock,
// as far as AWS lets one know it ("You can predict only the date of the next rotation").
func nextRotation(e *schedule.Expression, now time.Time) time.Time {
	switch {
	case e.IsCron():
		return e.After(now, time.UTC)
	case e.Rate == 0:
		return time.Time{}
	case e.Rate < 24*time.Hour:
		return now.Add(e.Rate)
	}
	return day(now.Add(e.Rate)).Add(24*time.Hour - time.Second)
}

// readSchedule checks the rules of a rotation.
func readSchedule(rules *types.RotationRulesType) (e schedule.Expression, err error) {
	expression := aws.ToString(rules.ScheduleExpression)
	switch {
	case rules.AutomaticallyAfterDays != nil && expression != "":
		return e, invalidParameter(textBothSchedules)
	case rules.AutomaticallyAfterDays != nil:
		e.Rate = time.Duration(*rules.AutomaticallyAfterDays) * 24 * time.Hour
	case expression == "":
		return e, invalidParameter(textNoRules)
	default:
		var ok bool
		if e, ok = parseExpression(expression); !ok {
			return e, invalidParameterf(textSchedule, expression)
		}
	}
	if rules.Duration != nil {
		hours, err := strconv.Atoi(strings.TrimSuffix(*rules.Duration, "h"))
		if err != nil || hours < 1 || hours > 24 || e.Rate > 0 && time.Duration(hours)*time.Hour > e.Rate {
			return e, invalidParameter(textDuration)
		}
	}
	return e, nil
}

// parseExpression reads "rate(10 days)" or "cron(0 8 1 * ? *)". It takes of the expressions
// of EventBridge those that are in "Rotation schedules" of the user guide. That the unit must
// be singular for 1 and plural for more, as EventBridge has it, is unverified.
func parseExpression(text string) (schedule.Expression, bool) {
	if fields, ok := strings.CutPrefix(text, "cron("); ok {
		return parseCron(fields)
	}
	e, ok := schedule.ParseRate(text)
	return e, ok && !strings.Contains(text, "minute") && e.Rate >= minRate && e.Rate <= maxRate
}

// parseCron reads the fields of a cron expression and what ends it. The minutes are 0 and the
// years all, no day of the month is one with W, and an increment without a beginning, as /4,
// begins at the lowest value.
func parseCron(text string) (schedule.Expression, bool) {
	f := strings.Fields(text)
	if len(f) != 6 || f[0] != "0" || f[5] != "*)" || strings.Contains(f[2], "W") {
		return schedule.Expression{}, false
	}
	for i, field := range f {
		parts := strings.Split(field, ",")
		for j, part := range parts {
			if strings.HasPrefix(part, "/") {
				parts[j] = "*" + part
			}
		}
		f[i] = strings.Join(parts, ",")
	}
	return schedule.ParseCron("cron(" + strings.Join(f, " "))
}
