package lint

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// decide says whether a policy of the statements allows a request with the keys.
func decide(t *rapid.T, action, resource string, keys map[string]string, statements ...string) bool {
	policy, err := enforce.Parse(statementsOf(statements...), enforce.IdentityPolicy, enforce.Source{})
	if err != nil {
		t.Fatalf("%v: %v", statements, err)
	}
	request := enforce.Request{Principal: enforce.Principal{Type: enforce.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/u"}, Action: action, Resource: resource}
	for k, v := range keys {
		request.Context.Set(k, v)
	}
	return enforce.Evaluate(&request, &enforce.PolicySet{Identity: []*enforce.Policy{policy}}).Allowed()
}

// narrowed puts something in place of the stars of a statement's patterns.
func narrowed(t *rapid.T, statement string) string {
	var b strings.Builder
	for _, c := range statement {
		if c == '*' {
			b.WriteString(rapid.StringMatching(`[ab*?]{0,2}`).Draw(t, "in place of *"))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Of two statements of which one is redundant, the other allows whatever that one does.
func TestRedundantStatementsAreCovered(t *testing.T) {
	t.Parallel()
	covered := 0
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{1,5}`)
		draw := func() string {
			element := rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "element")
			condition := rapid.SampledFrom([]string{"", `,"Condition":{"StringEquals":{"aws:PrincipalTag/a":"b"}}`}).Draw(t, "condition")
			return fmt.Sprintf(`{"Effect":"Allow","%s":["s3:%s","s3:%s"],"Resource":"arn:aws:s3:%s::%s"%s}`, element, pattern.Draw(t, "action"), pattern.Draw(t, "action"),
				rapid.SampledFrom([]string{"", "*"}).Draw(t, "region"), pattern.Draw(t, "resource"), condition)
		}
		one := draw()
		other := draw()
		if rapid.Bool().Draw(t, "narrow") {
			other = narrowed(t, one)
		}
		found := found(statementsOf(one, other), enforce.IdentityPolicy, Redundant)
		if len(found) == 0 {
			return
		}
		covered++
		if strings.Contains(found[0], "statement 2 (") {
			one, other = other, one // the one that covers
		}
		for range 20 {
			word := rapid.StringMatching(`[ab*?]{1,6}`)
			action, resource := "s3:"+word.Draw(t, "asked"), "arn:aws:s3:::"+word.Draw(t, "of")
			for _, keys := range []map[string]string{nil, {"aws:PrincipalTag/a": "b"}} {
				if decide(t, action, resource, keys, other) && !decide(t, action, resource, keys, one) {
					t.Fatalf("%s is said to cover\n%s, which alone allows %s on %s", one, other, action, resource)
				}
			}
		}
	})
	if covered == 0 && !testing.Short() {
		t.Fatal("no statement covered another one")
	}
}

// No value fulfils conditions that are said to hold never.
func TestNothingFulfilsWhatNeverHolds(t *testing.T) {
	t.Parallel()
	never := 0
	for family, c := range map[string]struct {
		key       string
		operators []string
		values    *rapid.Generator[string]
	}{
		"strings":   {"aws:PrincipalTag/a", []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}, rapid.StringMatching(`[aA*?]{1,2}`)},
		"numbers":   {"s3:max-keys", []string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"}, rapid.StringMatching(`-?[0-3](\.5)?`)},
		"dates":     {"aws:CurrentTime", []string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"}, rapid.StringMatching(`2026-01-0[1-3]T00:00:0[0-2]Z`)},
		"addresses": {"aws:SourceIp", []string{"IpAddress", "NotIpAddress"}, rapid.StringMatching(`10\.[01]\.[01]\.0(/(8|16|24))?`)},
		"booleans":  {"aws:SecureTransport", []string{"Bool"}, rapid.SampledFrom([]string{"true", "false", "no"})},
	} {
		rapid.Check(t, func(t *rapid.T) {
			var conditions []string
			operators := rapid.SliceOfNDistinct(rapid.SampledFrom(c.operators), 1, 3, rapid.ID).Draw(t, family)
			for _, operator := range operators {
				suffix := rapid.SampledFrom([]string{"", "", "IfExists"}).Draw(t, "suffix")
				values := rapid.SliceOfN(c.values, 0, 3).Draw(t, "values")
				list := `"` + strings.Join(values, `","`) + `"`
				if len(values) == 0 {
					list = ""
				}
				conditions = append(conditions, fmt.Sprintf(`"%s%s":{"%s":[%s]}`, operator, suffix, c.key, list))
			}
			statement := stmt("Allow", "s3:ListBucket", "arn:aws:s3:::b", `"Condition":{`+strings.Join(conditions, ",")+`}`)
			if len(found(statementsOf(statement), enforce.IdentityPolicy, NeverHolds)) == 0 {
				return
			}
			never++
			keys := map[string]string{}
			for range 30 {
				if v := c.values.Draw(t, "value"); !strings.Contains(v, "/") {
					keys[c.key] = v
				}
				if decide(t, "s3:ListBucket", "arn:aws:s3:::b", keys, statement) {
					t.Fatalf("%s is said never to hold, and holds of %v", statement, keys)
				}
			}
		})
	}
	if never == 0 && !testing.Short() {
		t.Fatal("nothing was said never to hold")
	}
}
