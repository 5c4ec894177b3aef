package secretsmanager

import (
	"strings"
	"testing"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// What is read as a SecretId is a name of a secret, and names the same again.
func FuzzRefer(f *testing.F) {
	for _, text := range []string{"db", "prod/db-abcdef", "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf", "arn:aws:secretsmanager:us-east-1:111122223333:secret:db", "arn:", "-abcdef", "a b"} {
		f.Add(text)
	}
	call := &fakeaws.Call{Account: "111122223333", Region: "us-east-1"}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := refer(call, text)
		if err != nil || text == "" {
			return
		}
		if !strings.HasPrefix(text, "arn:") && (r.id.name != text || r.suffix != "") {
			t.Fatalf("%q is %+v", text, r)
		}
		again, err := refer(call, r.resource())
		if r.suffix != "" && (err != nil || again.id != r.id || again.suffix != r.suffix) {
			t.Fatalf("%q is %+v, and %q is %+v, %v", text, r, r.resource(), again, err)
		}
	})
}

// A schedule that is taken has its times after any time, those of cron on the hour, and none
// between a time and the next.
func FuzzSchedule(f *testing.F) {
	for _, text := range []string{"rate(4 hours)", "rate(10 days)", "cron(0 8 1 * ? *)", "cron(0 /4 L 1-3,DEC ? *)", "cron(0 16 ? * SUN#1 *)", "cron(0 16 ? * 6L *)", "cron(0 1-3/2 ? * 2,WED *)", "cron(0 0 30 2 ? *)"} {
		f.Add(text, int64(1_700_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		e, ok := parseExpression(text)
		if !ok {
			return
		}
		now := time.Unix(at%4_000_000_000, 0).UTC()
		next := nextRotation(&e, now)
		if next.IsZero() && e.IsCron() {
			return // the 30th of February
		}
		if !next.After(now) {
			t.Fatalf("%q after %v is %v", text, now, next)
		}
		if !e.IsCron() {
			return
		}
		if !next.Equal(next.Truncate(time.Hour)) {
			t.Fatalf("%q has %v", text, next)
		}
		if again := nextRotation(&e, next.Add(-time.Second)); !again.Equal(next) {
			t.Fatalf("%q after %v is %v, and before it %v", text, now, next, again)
		}
	})
}

// The words of a text are its letters and digits.
func FuzzWords(f *testing.F) {
	f.Add("credsDatabase#892")
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.Map(func(r rune) rune {
			if r < 128 && isAlphanumeric(byte(r)) {
				return r
			}
			return -1
		}, text)
		if got := strings.Join(words(text), ""); got != want {
			t.Fatalf("%q has %q, want %q", text, got, want)
		}
	})
}
