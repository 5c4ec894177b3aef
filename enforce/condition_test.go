package enforce

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// absent is a key that the request does not have.
var absent = []string(nil)

func many(values ...string) []string { return append([]string{"many"}, values...) }

// conditionHolds asks one condition of a request whose key k has the values:
// none, one, or many(…).
func conditionHolds(t *testing.T, operator, want string, values []string) bool {
	t.Helper()
	p := identity(t, stmt("Allow", "s3:GetObject", "*", `"Condition":{"`+operator+`":{"k":`+want+`}}`))
	req := ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::b/k")
	switch {
	case len(values) > 0 && values[0] == "many":
		req.Context.SetMulti("k", values[1:])
	case len(values) == 1:
		req.Context.Set("k", values[0])
	}
	return verdict(req, &PolicySet{Identity: []*Policy{p}}) == Allowed
}

func TestConditionOperators(t *testing.T) {
	t.Parallel()
	one := func(v string) []string { return []string{v} }
	for _, c := range []struct {
		name, operator, wanted string
		values                 []string
		want                   bool
	}{
		{"rule 18: values are alternatives", "StringEquals", `["a","b"]`, one("b"), true},
		{"rule 18: negated values are NOR", "StringNotEquals", `["a","b"]`, one("b"), false},
		{"rule 18: negated values are NOR, none matches", "StringNotEquals", `["a","b"]`, one("c"), true},
		{"rule 18: no values match nothing", "StringEquals", `[]`, one("a"), false},
		{"rule 18: no values, negated", "StringNotEquals", `[]`, one("a"), true},

		{"rule 20: missing key", "StringEquals", `"a"`, absent, false},
		{"rule 20: missing key, negated", "StringNotEquals", `"a"`, absent, true},
		{"rule 20: missing key, NotIpAddress", "NotIpAddress", `"10.0.0.0/8"`, absent, true},
		{"rule 20: missing key, ArnNotLike", "ArnNotLike", `"arn:aws:s3:::b"`, absent, true},
		{"rule 20: missing key, less than", "NumericLessThan", `"1"`, absent, false},
		{"rule 20: missing key, IfExists", "StringEqualsIfExists", `"a"`, absent, true},
		{"rule 20: missing key, negated IfExists", "StringNotEqualsIfExists", `"a"`, absent, true},
		{"rule 20: IfExists with the key", "StringEqualsIfExists", `"a"`, one("b"), false},

		{"rule 21: Null true, absent", "Null", `"true"`, absent, true},
		{"rule 21: Null true, present", "Null", `"true"`, one("a"), false},
		{"rule 21: Null false, present", "Null", `"false"`, one("a"), true},
		{"rule 21: Null false, absent", "Null", `"false"`, absent, false},
		{"rule 21: Null JSON boolean", "Null", `true`, absent, true},
		{"rule 21: Null values are alternatives", "Null", `["true","false"]`, one("a"), true},
		{"rule 21: Null of an empty set", "Null", `"true"`, many(), true},
		{"rule 21: Null of another word", "Null", `"yes"`, absent, false},

		{"rule 22: ForAllValues, all in", "ForAllValues:StringEquals", `["a","b"]`, many("a", "b"), true},
		{"rule 22: ForAllValues, one out", "ForAllValues:StringEquals", `["a","b"]`, many("a", "c"), false},
		{"rule 22: ForAllValues, missing key", "ForAllValues:StringEquals", `["a"]`, absent, true},
		{"rule 22: ForAllValues, empty set", "ForAllValues:StringEquals", `["a"]`, many(), true},
		{"rule 22: ForAllValues, null", "ForAllValues:StringEquals", `["a"]`, many(""), true},
		{"rule 22: ForAllValues, single empty string", "ForAllValues:StringEquals", `["a"]`, one(""), true},
		{"rule 22: ForAnyValue, one in", "ForAnyValue:StringEquals", `["a"]`, many("x", "a"), true},
		{"rule 22: ForAnyValue, none in", "ForAnyValue:StringEquals", `["a"]`, many("x", "y"), false},
		{"rule 22: ForAnyValue, missing key", "ForAnyValue:StringEquals", `["a"]`, absent, false},
		{"rule 22: ForAnyValue, empty set", "ForAnyValue:StringEquals", `["a"]`, many(), false},
		{"rule 22: ForAnyValue, null", "ForAnyValue:StringEquals", `[""]`, many(""), false},
		{"rule 22: ForAnyValue negated, some value outside", "ForAnyValue:StringNotEquals", `["a","b"]`, many("a", "c"), true},
		{"rule 22: ForAnyValue negated, all inside", "ForAnyValue:StringNotEquals", `["a","b"]`, many("a", "b"), false},
		{"rule 22: ForAllValues negated, none inside", "ForAllValues:StringNotEquals", `["a","b"]`, many("c", "d"), true},
		{"rule 22: ForAllValues negated, one inside", "ForAllValues:StringNotEquals", `["a","b"]`, many("a", "d"), false},
		{"rule 22: ForAnyValue negated, missing key", "ForAnyValue:StringNotEquals", `["a"]`, absent, false},
		{"rule 22: ForAllValues over patterns", "ForAllValues:StringLike", `["te*"]`, many("team", "test"), true},

		{"rule 23: multivalued key without a set operator", "StringEquals", `"a"`, many("a"), false},
		{"rule 23: multivalued key without a set operator, negated", "StringNotEquals", `"a"`, many("a"), true},
		{"rule 23: single value with ForAllValues", "ForAllValues:StringEquals", `["a"]`, one("a"), true},
		{"rule 23: single value with ForAllValues, other", "ForAllValues:StringEquals", `["a"]`, one("b"), false},
		{"rule 23: single value with ForAnyValue", "ForAnyValue:StringEquals", `["a"]`, one("a"), true},
		{"rule 24: ForAnyValue IfExists, missing key", "ForAnyValue:StringEqualsIfExists", `["a"]`, absent, true},
		{"rule 24: ForAllValues IfExists, missing key", "ForAllValues:StringEqualsIfExists", `["a"]`, absent, true},

		{"rule 25: StringEquals is case-sensitive", "StringEquals", `"A"`, one("a"), false},
		{"rule 25: StringEquals takes no wildcards", "StringEquals", `"a*"`, one("ab"), false},
		{"rule 25: StringEquals, literal star", "StringEquals", `"a*"`, one("a*"), true},
		{"rule 25: StringEqualsIgnoreCase", "StringEqualsIgnoreCase", `"ABC"`, one("abc"), true},
		{"rule 25: StringNotEqualsIgnoreCase", "StringNotEqualsIgnoreCase", `"ABC"`, one("abc"), false},
		{"rule 25: StringLike", "StringLike", `"a*c?"`, one("abbc1"), true},
		{"rule 25: StringLike is case-sensitive", "StringLike", `"A*"`, one("abc"), false},
		{"rule 25: StringLike looks at the whole value", "StringLike", `"b"`, one("abc"), false},
		{"rule 25: StringNotLike", "StringNotLike", `"a*"`, one("abc"), false},
		{"rule 25: empty value", "StringEquals", `""`, one(""), true},

		{"rule 26: NumericEquals", "NumericEquals", `"10"`, one("10.0"), true},
		{"rule 26: NumericEquals, JSON number", "NumericEquals", `10`, one("010"), true},
		{"rule 26: NumericNotEquals", "NumericNotEquals", `"10"`, one("11"), true},
		{"rule 26: NumericLessThan", "NumericLessThan", `"10"`, one("9.99"), true},
		{"rule 26: NumericLessThan, equal", "NumericLessThan", `"10"`, one("10"), false},
		{"rule 26: NumericLessThanEquals", "NumericLessThanEquals", `"10"`, one("10"), true},
		{"rule 26: NumericGreaterThan", "NumericGreaterThan", `"10"`, one("10.01"), true},
		{"rule 26: NumericGreaterThan, equal", "NumericGreaterThan", `"10"`, one("10"), false},
		{"rule 26: NumericGreaterThanEquals", "NumericGreaterThanEquals", `"-2"`, one("-1.5"), true},
		{"rule 26: negative numbers", "NumericLessThan", `"-1"`, one("-1.5"), true},
		{"rule 26: large numbers compare exactly", "NumericEquals", `"9007199254740993"`, one("9007199254740992"), false},
		{"rule 26: no number in the request", "NumericNotEquals", `"10"`, one("ten"), false},
		{"rule 26: no number in the policy", "NumericNotEquals", `"ten"`, one("10"), false},
		{"rule 26: variables are not known", "NumericEquals", `"${k}"`, one("10"), false},

		{"rule 27: DateEquals, zones", "DateEquals", `"2026-11-22T20:00:00Z"`, one("2026-11-22T21:00:00+01:00"), true},
		{"rule 27: DateNotEquals", "DateNotEquals", `"2026-11-22"`, one("2026-11-23"), true},
		{"rule 27: DateLessThan, seconds", "DateLessThan", `"2026-11-22T20:00:00Z"`, one("1795370000"), true},
		{"rule 27: DateLessThanEquals", "DateLessThanEquals", `"2026"`, one("2026-01-01T00:00Z"), true},
		{"rule 27: DateGreaterThan", "DateGreaterThan", `"2026-10"`, one("2026-10-01T00:00:00.1Z"), true},
		{"rule 27: DateGreaterThanEquals", "DateGreaterThanEquals", `"2026-10-02"`, one("2026-10-01"), false},
		{"rule 27: no date in the request", "DateNotEquals", `"2026"`, one("yesterday"), false},
		{"rule 27: four digits are a year", "DateEquals", `"2024"`, one("2024-01-01T00:00:00Z"), true},
		{"rule 27: five digits are seconds", "DateEquals", `"20240"`, one("1970-01-01T05:37:20Z"), true},

		{"rule 28: Bool", "Bool", `"true"`, one("TRUE"), true},
		{"rule 28: Bool, JSON boolean", "Bool", `false`, one("false"), true},
		{"rule 28: Bool, other", "Bool", `"true"`, one("false"), false},
		{"rule 28: Bool of another word", "Bool", `"yes"`, one("yes"), false},
		{"rule 29: BinaryEquals", "BinaryEquals", `"aGVsbG8="`, one("hello"), true},
		{"rule 29: BinaryEquals, other", "BinaryEquals", `"aGVsbG8="`, one("aGVsbG8="), false},

		{"rule 30: IpAddress, block", "IpAddress", `"203.0.113.0/24"`, one("203.0.113.7"), true},
		{"rule 30: IpAddress, host bits", "IpAddress", `"203.0.113.9/24"`, one("203.0.113.7"), true},
		{"rule 30: IpAddress, bare", "IpAddress", `"203.0.113.7"`, one("203.0.113.7"), true},
		{"rule 30: IpAddress, outside", "IpAddress", `"203.0.113.0/24"`, one("203.0.114.7"), false},
		{"rule 30: IpAddress, IPv6", "IpAddress", `"2001:db8::/32"`, one("2001:DB8:1::1"), true},
		{"rule 30: IPv4 is never IPv6", "IpAddress", `"::/0"`, one("203.0.113.7"), false},
		{"rule 30: IPv6 is never IPv4", "NotIpAddress", `"0.0.0.0/0"`, one("2001:db8::1"), true},
		{"rule 30: NotIpAddress", "NotIpAddress", `"203.0.113.0/24"`, one("203.0.113.7"), false},
		{"rule 30: NotIpAddress of no address", "NotIpAddress", `"203.0.113.0/24"`, one("home"), true},

		{"rule 31: ArnEquals takes wildcards", "ArnEquals", `"arn:aws:s3:::*"`, one("arn:aws:s3:::b"), true},
		{"rule 31: ArnLike, segments apart", "ArnLike", `"arn:aws:sns:*:topic"`, one("arn:aws:sns:us-east-1:111122223333:topic"), false},
		{"rule 31: ArnLike, last segment crosses colons", "ArnLike", `"arn:aws:sns:*:*:t*"`, one("arn:aws:sns:us-east-1:111122223333:t:x"), true},
		{"rule 31: ArnLike is case-sensitive", "ArnLike", `"arn:aws:s3:::B"`, one("arn:aws:s3:::b"), false},
		{"rule 31: ArnLike of no ARN", "ArnLike", `"*"`, one("b"), false},
		{"rule 31: ArnNotLike of no ARN", "ArnNotLike", `"*"`, one("b"), true},
		{"rule 31: ArnNotEquals", "ArnNotEquals", `"arn:aws:s3:::b"`, one("arn:aws:s3:::b"), false},
		{"rule 31: ArnNotLike", "ArnNotLike", `"arn:aws:s3:::c*"`, one("arn:aws:s3:::b"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, conditionHolds(t, c.operator, c.wanted, c.values))
		})
	}
}

// Every operator of the table is of the documentation's list, and the list is complete.
func TestOperatorTable(t *testing.T) {
	t.Parallel()
	assert.Len(t, operators, 27)
	for name, op := range operators {
		q, err := parseOperator(name)
		require.NoError(t, err)
		assert.Equal(t, op, q.op)
	}
	for _, name := range []string{"", "stringEquals", "StringEqual", "ForSomeValues:StringEquals", "ForAllValues:",
		"StringEqualsIfExistsIfExists", "NullIfExists", "ForAnyValue:Null", "IfExists"} {
		_, err := parseOperator(name)
		require.Error(t, err, name)
	}
	_, err := parseOperator("stringequals")
	assert.ErrorContains(t, err, `did you mean "StringEquals"?`)
}

// rule 18: operators and keys are all required; rule 19: names are
// case-insensitive and values are not.
func TestConditionBlock(t *testing.T) {
	t.Parallel()
	both := `"Condition":{"StringEquals":{"aws:PrincipalTag/Team":"data","aws:requestedregion":"us-east-1"},"Bool":{"AWS:SecureTransport":"true"}}`
	set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:GetObject", "*", both))}}
	keys := func(team, region, secure string) *Request {
		return ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::b/k",
			"aws:principaltag/TEAM", team, "aws:RequestedRegion", region, "aws:SecureTransport", secure)
	}
	assert.Equal(t, Allowed, verdict(keys("data", "us-east-1", "true"), set), "rule 19: keys are case-insensitive")
	assert.Equal(t, ImplicitDeny, verdict(keys("Data", "us-east-1", "true"), set), "rule 19: values are case-sensitive")
	assert.Equal(t, ImplicitDeny, verdict(keys("data", "eu-west-1", "true"), set), "rule 18: keys are ANDed")
	assert.Equal(t, ImplicitDeny, verdict(keys("data", "us-east-1", "false"), set), "rule 18: operators are ANDed")
}

// rule 27: aws:EpochTime works with Date and Numeric operators, and times that
// are set as such compare without being written out.
func TestTimeKeys(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 26, 45, 5e8, time.UTC)
	for condition, want := range map[string]bool{
		`{"DateGreaterThan":{"aws:EpochTime":"2026-11-22T20:26:45Z"}}`:    true,
		`{"NumericEquals":{"aws:EpochTime":"1795379205"}}`:                true,
		`{"DateLessThan":{"aws:CurrentTime":"2026-11-22T20:26:45.6Z"}}`:   true,
		`{"DateLessThan":{"aws:CurrentTime":"2026-11-22T20:26:45Z"}}`:     false,
		`{"StringLike":{"aws:CurrentTime":"2026-11-22T20:26:45Z"}}`:       true,
		`{"ForAnyValue:DateLessThan":{"aws:CurrentTime":"1795379206"}}`:   true,
		`{"ForAllValues:DateLessThan":{"aws:CurrentTime":"1795379200"}}`:  false,
		`{"ForAllValues:NumericLessThan":{"aws:EpochTime":"1795379206"}}`: true,
	} {
		req := ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::b/k")
		req.Context.SetTime("aws:CurrentTime", at)
		req.Context.SetTime("aws:EpochTime", at)
		p := identity(t, stmt("Allow", "s3:GetObject", "*", `"Condition":`+condition))
		assert.Equal(t, want, verdict(req, &PolicySet{Identity: []*Policy{p}}) == Allowed, condition)
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2026":                            "2026-01-01T00:00:00Z",
		"2026-11":                         "2026-11-01T00:00:00Z",
		"2026-11-22":                      "2026-11-22T00:00:00Z",
		"2026-11-22T20:26Z":               "2026-11-22T20:26:00Z",
		"2026-11-22T20:26:45Z":            "2026-11-22T20:26:45Z",
		"2026-11-22T20:26:45.25-05:30":    "2026-11-23T01:56:45.25Z",
		"2026-11-22T20:26:45.1234567891Z": "2026-11-22T20:26:45.123456789Z",
		"2024-02-29":                      "2024-02-29T00:00:00Z",
		"2026-11-22T20:26:45.05Z":         "2026-11-22T20:26:45.05Z",
		"2026-11-22T20:26:45+23:00":       "2026-11-21T21:26:45Z",
		"2026-11-22T20:26:45+00:59":       "2026-11-22T19:27:45Z",
		"2026-11-22T23:59:59Z":            "2026-11-22T23:59:59Z",
		"1795379205":                      "2026-11-22T20:26:45Z",
		"-86400":                          "1969-12-31T00:00:00Z",
		"99999999999999999999":            "",
		"2023-02-29":                      "",
		"2026-13":                         "",
		"2026-00":                         "",
		"2026-1-1":                        "",
		"2026-11-22T20:26":                "",
		"2026-11-22T20Z":                  "",
		"2026-11T20:26:45+00:00":          "",
		"2026-11-22T24:00:00Z":            "",
		"2026-11-22T20:60:00Z":            "",
		"2026-11-22T20:26:60Z":            "",
		"2026-11-22T20:26:45.Z":           "",
		"2026-11-22T20:26:45+0100":        "",
		"2026-11-22T20:26:45+24:00":       "",
		"2026-11-22T20:26:45+01:60":       "",
		"2026-11-22T20:26:45+01x30":       "",
		"2026-11-22T20:26:45x01:30":       "",
		"2026-11-22T20:26:45+x1:30":       "",
		"2026-11-22T20:26:45+01:x0":       "",
		"2026-11-22T20:26:45.5":           "",
		"2026-11-22T20x26Z":               "",
		"2026-11-22T:26Z":                 "",
		"2026-11-22T20:26:45Z ":           "",
		"2026-11-22 20:26:45Z":            "",
		"22 Nov 2026":                     "",
		"":                                "",
		"202":                             "",
		"2026-11-22T":                     "",
		"2026-11-22T20:26:45,5Z":          "",
		"2026-11-22T20:2":                 "",
		"2026-11-22T20:26:4Z":             "",
	} {
		got, ok := parseDate(s)
		require.Equal(t, want != "", ok, s)
		if ok {
			assert.Equal(t, want, got.UTC().Format(time.RFC3339Nano), s)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	ordered := []string{"-1000", "-10.5", "-10.25", "-0.5", "0", "0.05", "0.5", "0.55", "1", "9", "10", "100"}
	for i, x := range ordered {
		for j, y := range ordered {
			a, okA := parseDecimal(x)
			b, okB := parseDecimal(y)
			require.True(t, okA && okB)
			got := a.compare(b)
			switch {
			case i < j:
				assert.Equal(t, -1, got, "%s %s", x, y)
			case i > j:
				assert.Equal(t, 1, got, "%s %s", x, y)
			default:
				assert.Zero(t, got, x)
			}
		}
	}
	for _, same := range [][2]string{{"-0", "0"}, {"+1", "1"}, {"01.50", "1.5"}, {".5", "0.5"}, {"5.", "5"}} {
		a, _ := parseDecimal(same[0])
		b, ok := parseDecimal(same[1])
		assert.True(t, ok && a.compare(b) == 0, same)
	}
	for _, s := range []string{"", "-", ".", "1e3", "1 ", "0x10", "--1", "+-1", "1.2.3", "٣"} {
		_, ok := parseDecimal(s)
		assert.False(t, ok, s)
	}
}
