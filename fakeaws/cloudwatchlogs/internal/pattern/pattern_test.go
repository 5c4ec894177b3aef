package pattern_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/pattern"
)

const event = `{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],` +
	`"SomeObject":null,"cluster.name":"c","ThisFlag":true,"OtherFlag":false,"latency":50.5,"big":1e3,"user-agent":"curl/8","errorCode":"AccessDenied","n":"7"}`

const access = `127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`

// The patterns of the user guide, and what they match.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, message string
		matches          bool
	}{
		{"", "anything", true},
		{"  ", "anything", true},
		{"ERROR", "[ERROR 400] BAD REQUEST", true},
		{"ERROR", "Exiting with ERRORCODE: -1", true},
		{"ERROR", "error", false},
		{"ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true},
		{"ERROR ARGUMENTS", "[ERROR 420] INVALID", false},
		{"?ERROR ?ARGUMENTS", "WARN ARGUMENTS", true},
		{"?ERROR ?ARGUMENTS", "WARN", false},
		{`"INTERNAL SERVER ERROR"`, "[ERROR 500] INTERNAL SERVER ERROR", true},
		{`"INTERNAL SERVER ERROR"`, "INTERNAL ERROR", false},
		{`"a \"b\""`, `say a "b"`, true},
		{"ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true},
		{"ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false},
		{`-"a b"`, "a b", false},
		{"%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true},
		{`%\d{3}%`, "in 42 ms", false},
		{`%^ERR|WARN$%`, "all of it WARN", true},

		{`{ $.eventType = "UpdateTrail" }`, event, true},
		{`{ $.eventType = UpdateTrail }`, event, true},
		{`{$.eventType="updateTrail"}`, event, false},
		{`{ $.eventType != "UpdateTrail" }`, event, false},
		{`{ $.sourceIPAddress != 123.123.* }`, event, true},
		{`{ $.sourceIPAddress = "111.*" }`, event, true},
		{`{ $.arrayKey[0] = "value" }`, event, true},
		{`{ $.arrayKey[1] = "value" }`, event, false},
		{`{ $.arrayKey[*] = "another value" }`, event, true},
		{`{ $.objectList[*].id = 2 }`, event, true},
		{`{ $.objectList[1].id = 1 }`, event, false},
		{`{ $.SomeObject IS NULL }`, event, true},
		{`{ $.eventType IS NULL }`, event, false},
		{`{ $.SomeOtherObject NOT EXISTS }`, event, true},
		{`{ $.SomeObject NOT EXISTS }`, event, false},
		{`{ $.ThisFlag IS TRUE && $.OtherFlag IS FALSE }`, event, true},
		{`{ $.OtherFlag is true }`, event, false},
		{`{ $.latency > 50 }`, event, true},
		{`{ $.latency >= 50.50 }`, event, true},
		{`{ $.latency < 50.5 }`, event, false},
		{`{ $.big = 1000 }`, event, true},
		{`{ $.big <= 1.0e3 }`, event, true},
		{`{ $.n > 5 }`, event, false},
		{`{ $.n = 7 }`, event, true},
		{`{ $.['cluster.name'] = "c" }`, event, true},
		{`{ $.['user-agent'] = curl* }`, event, true},
		{`{ $.errorCode = %Access.*% }`, event, true},
		{`{ $.errorCode != %^Acc% }`, event, false},
		{`{ ($.a = 1 || $.latency > 1) && ($.eventType = U*) }`, event, true},
		{`{ $.latency > 1 || $.a = 1 && $.b = 1 }`, event, true},
		{`{ $.missing != "x" }`, event, false},
		{`{ $.latency = "50.5" }`, event, false},
		{`{ $.* = UpdateTrail }`, event, true},
		{`{ $.eventType = "UpdateTrail" }`, "UpdateTrail", false},
		{`{ $.eventType = "UpdateTrail" }`, event + " and more", false},

		{"[ip, user, username, timestamp, request, status_code, bytes]", access, true},
		{"[ip, user, username]", access, false},
		{"[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes > 1000]", access, true},
		{"[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]", access, true},
		{"[ip, user, username, timestamp, request, (status_code > 404 && status_code < 410), bytes]", access, false},
		{"[..., status_code = 404, bytes]", access, true},
		{"[ip=%127\\.0\\.0\\.[1-9]%, ...]", access, true},
		{"[ip, ..., bytes < 1000]", access, false},
		{"[w1=ERROR, w2]", "ERROR now", true},
		{"[w1!=ERROR, w2]", "ERROR now", false},
		{"[w1=\"a b\", w2]", `"a b" c`, true},
		{"[]", "x", true},
		{"[a, ...]", "", false},
	} {
		p, err := pattern.Parse(c.pattern)
		if assert.NoError(t, err, c.pattern) {
			assert.Equal(t, c.matches, p.Match(c.message), "%s of %s", c.pattern, c.message)
		}
	}
}

func TestInvalidPatterns(t *testing.T) {
	t.Parallel()
	for text, message := range map[string]string{
		"error:":                         "Invalid character(s) in term 'error:'",
		"a.b c":                          "Invalid character(s) in term 'a.b'",
		`"open`:                          "Invalid filter pattern",
		`""`:                             "Invalid filter pattern",
		"-":                              "Invalid character(s) in term ''",
		"{ $.a }":                        "Invalid filter pattern",
		"{ $.a = }":                      "Invalid filter pattern",
		"{ $.a = 1":                      "Invalid filter pattern",
		"{ $.a = 1 } x":                  "Invalid filter pattern",
		"{ $.a > b }":                    "Invalid filter pattern",
		"{ a = 1 }":                      "Invalid filter pattern",
		"{ $ = 1 }":                      "Invalid filter pattern",
		"{ $.a[ = 1 }":                   "Invalid filter pattern",
		"{ $.a[x] = 1 }":                 "Invalid filter pattern",
		"{ $.a IS NOTHING }":             "Invalid filter pattern",
		"{ $.a NOT THERE }":              "Invalid filter pattern",
		"{ $.*.* = 1 }":                  "Invalid filter pattern",
		"{ ($.a = 1 }":                   "Invalid filter pattern",
		"{ $.a = 1 && }":                 "Invalid filter pattern",
		"[a, b":                          "Invalid filter pattern",
		"[a,, b]":                        "Invalid filter pattern",
		"[..., a, ...]":                  "Invalid filter pattern",
		"[a = 1 || b = 2]":               "Invalid filter pattern",
		"[a] b":                          "Invalid filter pattern",
		"%(a)%":                          "Invalid regular expression in filter pattern",
		"%a!%":                           "Invalid regular expression in filter pattern",
		"%[a%":                           "Invalid regular expression in filter pattern",
		"%a":                             "Invalid regular expression in filter pattern",
		"%é%":                            "Invalid regular expression in filter pattern",
		"%a{1000}{1000}%":                "Invalid regular expression in filter pattern",
		"%a% %b% %c%":                    "Filter pattern contains more than 2 regular expressions",
		strings.Repeat("a", 1025):        "Invalid filter pattern",
		"{" + strings.Repeat("(", 65):    "Invalid filter pattern",
		"{ $" + strings.Repeat(".a", 40): "Invalid filter pattern",
	} {
		_, err := pattern.Parse(text)
		var wrong *pattern.Error
		if assert.ErrorAs(t, err, &wrong, text) {
			assert.Equal(t, message, wrong.Message, text)
		}
	}
}

func TestExtract(t *testing.T) {
	t.Parallel()
	p, err := pattern.Parse("[ip, ..., status = 4*, bytes]")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"$ip": "127.0.0.1", "$status": "404", "$bytes": "1534"}, p.Extract(access))
	p, err = pattern.Parse(`{ $.latency > 1 && $.objectList[1].name = b && $.none NOT EXISTS }`)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"$.latency": "50.5", "$.objectList[1].name": "b"}, p.Extract(event))
	value, ok := pattern.Property("$.objectList[0].id", event)
	assert.True(t, ok)
	assert.Equal(t, "1", value)
	_, ok = pattern.Property("$.objectList", event)
	assert.False(t, ok)
}

// What is parsed matches or not, in time that does not explode.
func FuzzPattern(f *testing.F) {
	for _, text := range []string{"a -b ?c", `"a b"`, "%a.*b%", `{ $.a[*].b = "x*y" && ($.c > 1e3 || $.d IS NULL) }`, "[a=1*, ..., b != 2 && b > 1]", "[]", "{ $.['a'] NOT EXISTS }"} {
		f.Add(text, event)
		f.Add(text, access)
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := pattern.Parse(text)
		if err != nil {
			var wrong *pattern.Error
			require.ErrorAs(t, err, &wrong)
			return
		}
		require.LessOrEqual(t, len([]rune(text)), 1024)
		if p.All() {
			require.True(t, p.Match(message))
		}
		if p.Match(message) {
			for name := range p.Extract(message) {
				require.True(t, strings.HasPrefix(name, "$"), name)
			}
		}
	})
}
