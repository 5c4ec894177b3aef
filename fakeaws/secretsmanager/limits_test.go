package secretsmanager_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Values are bounded in bytes: half as many characters of two bytes are as many.
func TestSizes(t *testing.T) {
	t.Parallel()
	root, ctx := newCloud(t).root(), t.Context()
	create(t, root, "full", strings.Repeat("é", 32768))
	const long = "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to 65536"
	_, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("long"), SecretString: aws.String(strings.Repeat("é", 32768) + "x")})
	worldtest.RequireError(t, err, "ValidationException", fmt.Sprintf(long, "secretString"))
	_, err = root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("full"), SecretBinary: make([]byte, 65537)})
	worldtest.RequireError(t, err, "ValidationException", fmt.Sprintf(long, "secretBinary"))
	_, err = root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String(strings.Repeat("n", 513))})
	worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value '"+strings.Repeat("n", 513)+"' at 'name' failed to satisfy constraint: Member must have length less than or equal to 512")
	_, err = root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("x"), SecretString: aws.String("x"), ClientRequestToken: aws.String("short")})
	worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value 'short' at 'clientRequestToken' failed to satisfy constraint: Member must have length greater than or equal to 32")
}

func TestLabelsAndVersionsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	create(t, root, "db", "x")
	labels := make([]string, 19)
	for i := range labels {
		labels[i] = fmt.Sprint("label", i)
	}
	put := func(labels ...string) error {
		_, err := root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("y"), VersionStages: labels})
		return err
	}
	require.NoError(t, put(labels...), "20 with AWSCURRENT")
	worldtest.RequireError(t, put("one more"), "LimitExceededException", "You can't attach more than 20 staging labels to the versions of a secret.")
	require.NoError(t, put("label0"))
	for range 97 {
		require.NoError(t, put("label0"))
	}
	worldtest.RequireError(t, put("label0"), "LimitExceededException", "You have exceeded the number of versions that a secret can have.")
	c.Clock().Advance(24 * time.Hour)
	require.NoError(t, put("label0"), "deprecated versions of yesterday make room")
	value, err := get(t, root, "db")
	require.NoError(t, err)
	assert.Equal(t, "x", value, "that with a label stays")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	root, ctx := newCloud(t).root(), t.Context()
	password := func(in *sm.GetRandomPasswordInput) string {
		t.Helper()
		out, err := root.GetRandomPassword(ctx, in)
		require.NoError(t, err)
		return *out.RandomPassword
	}
	assert.Len(t, password(&sm.GetRandomPasswordInput{}), 32)
	yes, no := aws.Bool(true), aws.Bool(false)
	for range 50 {
		four := password(&sm.GetRandomPasswordInput{PasswordLength: aws.Int64(4)})
		for _, is := range []func(rune) bool{unicode.IsUpper, unicode.IsLower, unicode.IsDigit, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }} {
			assert.True(t, strings.ContainsFunc(four, is), four)
		}
	}
	long := password(&sm.GetRandomPasswordInput{PasswordLength: aws.Int64(4096), ExcludePunctuation: yes, ExcludeUppercase: yes, ExcludeCharacters: aws.String("abc1"), IncludeSpace: yes})
	assert.Len(t, long, 4096)
	assert.Regexp(t, "^[d-z02-9 ]+$", long)
	assert.Contains(t, long, " ")
	assert.Len(t, password(&sm.GetRandomPasswordInput{PasswordLength: aws.Int64(1), RequireEachIncludedType: no}), 1)
	_, err := root.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{PasswordLength: aws.Int64(3)})
	worldtest.RequireError(t, err, "InvalidParameterException", "The password length is too short for the required character types.")
	_, err = root.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{ExcludeLowercase: yes, ExcludeNumbers: yes, ExcludePunctuation: yes, ExcludeUppercase: yes})
	worldtest.RequireError(t, err, "InvalidParameterException", "The password can't be made of no characters: all of them are excluded.")
	_, err = root.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{PasswordLength: aws.Int64(4097)})
	worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value '4097' at 'passwordLength' failed to satisfy constraint: Member must have value less than or equal to 4096")
}

// Rules are checked, and say when the next rotation is due.
func TestSchedules(t *testing.T) {
	t.Parallel()
	c := rotatable(t, worldtest.InProcess)
	root, ctx := c.root(), t.Context()
	create(t, root, "db", "x")
	rotate := func(rules types.RotationRulesType) error {
		_, err := root.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: &rules})
		return err
	}
	for _, bad := range []string{"rate(3 hours)", "rate(1001 days)", "rate(1000 days)", "rate(300 minutes)", "rate(0 days)", "rate(10 weeks)", "rate(10)", "10 days", "cron(0 8 1 * ? 2026)", "cron(5 8 1 * ? *)",
		"cron(0 24 1 * ? *)", "cron(0 8 1 * 1 *)", "cron(0 8 ? * ? *)", "cron(0 8 32 * ? *)", "cron(0 8 1 13 ? *)", "cron(0 8 ? * 8 *)", "cron(0 8 ? * 2#6 *)", "cron(0 8-7 1 * ? *)", "cron()", "rate()",
		"cron(0 8 1W * ? *)", "cron(0 8 LW * ? *)", "cron(0 8 1 * ? *", "cron(0 / 1 * ? *)"} {
		worldtest.RequireError(t, rotate(types.RotationRulesType{ScheduleExpression: &bad}), "InvalidParameterException", "Invalid ScheduleExpression: "+bad+".")
	}
	worldtest.RequireError(t, rotate(types.RotationRulesType{ScheduleExpression: aws.String("rate(1 day)"), AutomaticallyAfterDays: aws.Int64(1)}), "InvalidParameterException", "You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
	worldtest.RequireError(t, rotate(types.RotationRulesType{ScheduleExpression: aws.String("rate(4 hours)"), Duration: aws.String("5h")}), "InvalidParameterException", "Invalid Duration: the window must be between 1h and 24h, and end before the next one begins.")
	worldtest.RequireError(t, rotate(types.RotationRulesType{}), "InvalidParameterException", "You must specify AutomaticallyAfterDays or ScheduleExpression.")
	for expression, is := range map[string]func(time.Time) bool{
		"rate(999 days)":         func(at time.Time) bool { return at.Sub(c.Clock().Now()) >= 999*24*time.Hour },
		"cron(0 1,/12 1 * ? *)":  func(at time.Time) bool { return at.Day() == 1 && (at.Hour() <= 1 || at.Hour() == 12) },
		"rate(4 hours)":          func(at time.Time) bool { return at.Sub(c.Clock().Now()) <= 4*time.Hour },
		"cron(0 8 1 * ? *)":      func(at time.Time) bool { return at.Day() == 1 && at.Hour() == 8 },
		"cron(0 /4 L * ? *)":     func(at time.Time) bool { return at.AddDate(0, 0, 1).Day() == 1 && at.Hour()%4 == 0 },
		"cron(0 16 ? * SUN#1 *)": func(at time.Time) bool { return at.Weekday() == time.Sunday && at.Day() <= 7 },
		"cron(0 16 ? 2,MAR 6L *)": func(at time.Time) bool {
			return at.Weekday() == time.Friday && at.AddDate(0, 0, 7).Month() != at.Month() && at.Month() <= 3
		},
		"cron(0 1-3 ? 1/2 MON-WED *)": func(at time.Time) bool {
			return at.Month()%2 == 1 && at.Weekday() >= time.Monday && at.Weekday() <= time.Wednesday
		},
	} {
		require.NoError(t, rotate(types.RotationRulesType{ScheduleExpression: &expression}), expression)
		out, err := root.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
		require.NoError(t, err)
		require.NotNil(t, out.NextRotationDate, expression)
		assert.True(t, out.NextRotationDate.After(c.Clock().Now()), expression)
		assert.True(t, is(out.NextRotationDate.UTC()), "%s: %v", expression, out.NextRotationDate)
	}
}
