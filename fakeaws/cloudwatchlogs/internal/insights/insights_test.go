package insights_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/insights"
)

var records = []insights.Record{
	{Message: `{"level":"INFO","ms":10,"user":{"id":"a"},"tags":["x","y"],"ok":true}`, Stream: "s1", Log: "1:g", Pointer: "p1", At: 60_000, Ingested: 61_000},
	{Message: `{"level":"ERROR","ms":30,"user":{"id":"b"}}`, Stream: "s2", Log: "1:g", Pointer: "p2", At: 90_000, Ingested: 91_000},
	{Message: `user=carol, id=7`, Stream: "s1", Log: "1:g", Pointer: "p3", At: 400_000, Ingested: 400_000},
}

func none() error { return nil }

func run(t *testing.T, text string) [][]string {
	t.Helper()
	q, err := insights.Parse(text)
	require.NoError(t, err, text)
	rows, err := q.Run(records, 0, none)
	require.NoError(t, err)
	all := [][]string{}
	for _, row := range rows.Rows {
		var one []string
		for _, f := range row {
			one = append(one, f.Name+"="+f.Value)
		}
		all = append(all, one)
	}
	return all
}

func TestQueries(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][][]string{
		"fields @timestamp, level": {{"@timestamp=1970-01-01 00:06:40.000", "@ptr=p3"},
			{"@timestamp=1970-01-01 00:01:30.000", "level=ERROR", "@ptr=p2"}, {"@timestamp=1970-01-01 00:01:00.000", "level=INFO", "@ptr=p1"}},
		"fields level as l | filter ms >= 10 and ms < 30":                             {{"l=INFO", "@ptr=p1"}},
		`fields user.id | filter @message like /(?i)error/ or tags.1 = "y" | sort ms`: {{"user.id=a", "@ptr=p1"}, {"user.id=b", "@ptr=p2"}},
		`fields ms | filter level in ["INFO", "WARN"]`:                                {{"ms=10", "@ptr=p1"}},
		`fields ms | filter not ispresent(level) or level not like "O"`:               {{"@ptr=p3"}},
		`fields ok | filter ok = 1 # they are numbers`:                                {{"ok=1", "@ptr=p1"}},
		"stats count(*)": {{"count(*)=3"}},
		"filter level = 'NONE' | stats count(*) as n, avg(ms)":                                {{"n=0"}},
		"stats avg(ms), max(ms) as most, min(ms), sum(ms) by @log":                            {{"@log=1:g", "avg(ms)=20", "most=30", "min(ms)=10", "sum(ms)=40"}},
		"stats count(*) as n by bin(5m) | sort n desc":                                        {{"bin(5m)=1970-01-01 00:00:00.000", "n=2"}, {"bin(5m)=1970-01-01 00:05:00.000", "n=1"}},
		"stats count(*) by bin(30s) | sort `bin(30s)` | limit 1":                              {{"bin(30s)=1970-01-01 00:01:00.000", "count(*)=1"}},
		"stats latest(ms), earliest(ms), count_distinct(@logStream)":                          {{"latest(ms)=30", "earliest(ms)=10", "count_distinct(@logStream)=2"}},
		`parse @message "user=*, id=*" as user, id | filter ispresent(id) | display id, user`: {{"id=7", "user=carol", "@ptr=p3"}},
		`parse @message /user=(?<who>\w+)/ | filter who = "carol" | fields who`:               {{"who=carol", "@ptr=p3"}},
		"dedup @logStream | fields @logStream":                                                {{"@logStream=s1", "@ptr=p3"}, {"@logStream=s2", "@ptr=p2"}},
		"FIELDS @ptr | SORT @timestamp ASC | LIMIT 1":                                         {{"@ptr=p1"}},
	} {
		assert.Equal(t, want, run(t, text), text)
	}
}

func TestWrongQueries(t *testing.T) {
	t.Parallel()
	for text, message := range map[string]string{
		"fields":                   "unexpected symbol found <EOF> at line 1 and position 6",
		"nothing @message":         "unexpected symbol found   at line 1 and position 7",
		"filter a ~ 1":             "unexpected symbol found ~ at line 1 and position 9",
		"limit 0":                  "unexpected symbol found 0 at line 1 and position 6",
		"limit 10001":              "unexpected symbol found 1 at line 1 and position 6",
		"fields a b":               "unexpected symbol found b at line 1 and position 9",
		"stats count(*) by":        "unexpected symbol found <EOF> at line 1 and position 17",
		"filter (a = 1":            "unexpected symbol found <EOF> at line 1 and position 13",
		"filter a like /(/":        "unexpected symbol found / at line 1 and position 14",
		`parse a "* *" as b`:       "unexpected symbol found <EOF> at line 1 and position 18",
		"stats avg(*)":             "unexpected symbol found ) at line 1 and position 11",
		"stats count() by bin(5x)": "unexpected symbol found ) at line 1 and position 23",
	} {
		_, err := insights.Parse(text)
		var wrong *insights.SyntaxError
		if assert.ErrorAs(t, err, &wrong, text) {
			assert.Equal(t, message, wrong.Message, text)
		}
	}
	for text, name := range map[string]string{
		"pattern @message":        "the command pattern of queries",
		"stats pct(ms, 99)":       "the function pct of queries",
		"fields strlen(@message)": "the function strlen of queries",
		"filter a = b":            "the comparison with b of queries",
	} {
		_, err := insights.Parse(text)
		var missing *insights.UnsupportedError
		if assert.ErrorAs(t, err, &missing, text) {
			assert.Equal(t, name, missing.Error())
		}
	}
}

func FuzzQuery(f *testing.F) {
	for _, text := range []string{"fields a, b as c | filter a = 1 and (b like /x/ or not c in [1, \"2\"])", "stats count(*) as n by bin(5m), a | sort n desc | limit 3", `parse @message "a*b" as x | dedup x`} {
		f.Add(text, records[0].Message)
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		q, err := insights.Parse(text)
		if err != nil {
			return
		}
		rows, err := q.Run([]insights.Record{{Message: message}, {Message: "x"}}, 0, none)
		require.NoError(t, err)
		require.LessOrEqual(t, len(rows.Rows), 2)
	})
}
