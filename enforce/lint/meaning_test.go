package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

func documentOf(t interface {
	Fatalf(format string, args ...any)
}, kind enforce.Kind, statements ...string) (*enforce.Document, *enforce.Policy) {
	policy, err := enforce.Parse(statementsOf(statements...), kind, enforce.Source{})
	if err != nil {
		t.Fatalf("%v: %v", statements, err)
	}
	return policy.Elements(), policy
}

func TestSameMeaning(t *testing.T) {
	t.Parallel()
	const sid = `"Sid":""`
	read := stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", sid)
	with := func(conditions string) string {
		return stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Condition":{`+conditions+`}`)
	}
	for name, c := range map[string]struct {
		a, b []string
		kind enforce.Kind
		want bool
	}{
		"itself":             {a: []string{read}, b: []string{read}, want: true},
		"twice":              {a: []string{read, read}, b: []string{read}, want: true},
		"covered":            {a: []string{stmt("Allow", "s3:Get*", "*", sid), read}, b: []string{stmt("Allow", "s3:Get*", "*", sid)}, want: true},
		"not covered":        {a: []string{stmt("Allow", "s3:Put*", "*", sid), read}, b: []string{stmt("Allow", "s3:Put*", "*", sid)}},
		"of another effect":  {a: []string{stmt("Deny", "s3:*", "*", sid), read}, b: []string{stmt("Deny", "s3:*", "*", sid)}},
		"together":           {a: []string{stmt("Allow", "s3:GetObject", "*", sid), stmt("Allow", "s3:PutObject", "*", sid), `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}`}, b: []string{stmt("Allow", "s3:GetObject", "*", sid), stmt("Allow", "s3:PutObject", "*", sid)}},
		"an implied pattern": {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":["ab","ac"]},"StringLike":{"aws:PrincipalTag/t":"a*"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":["ab","ac"]}`)}, want: true},
		"one value not":      {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":["ab","bc"]},"StringLike":{"aws:PrincipalTag/t":"a*"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":["ab","bc"]}`)}},
		"another key":        {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"},"StringLike":{"aws:PrincipalTag/s":"a*"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"}`)}},
		"an implied Null":    {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"},"Null":{"aws:PrincipalTag/t":"false"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"}`)}, want: true},
		"a Null that is not": {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"},"Null":{"aws:PrincipalTag/t":"true"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"}`)}},
		"negated":            {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"},"StringNotEquals":{"aws:PrincipalTag/t":"c"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"ab"}`)}, want: true},
		"IfExists":           {a: []string{with(`"StringEqualsIfExists":{"aws:PrincipalTag/t":"ab"},"StringLike":{"aws:PrincipalTag/t":"a*"}`)}, b: []string{with(`"StringEqualsIfExists":{"aws:PrincipalTag/t":"ab"}`)}},
		"a variable":         {a: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"${aws:username}"},"StringLike":{"aws:PrincipalTag/t":"*"}`)}, b: []string{with(`"StringEquals":{"aws:PrincipalTag/t":"${aws:username}"}`)}},
		"any principal":      {a: []string{stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Principal":"*"`), stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Principal":{"AWS":"arn:aws:iam::111122223333:user/u"}`)}, b: []string{stmt("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `"Principal":"*"`)}, kind: enforce.BucketPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := c.kind
			if kind == 0 {
				kind = enforce.IdentityPolicy
			}
			a, _ := documentOf(t, kind, c.a...)
			b, _ := documentOf(t, kind, c.b...)
			assert.Equal(t, c.want, SameMeaning(a, b))
			assert.Equal(t, c.want, SameMeaning(b, a))
		})
	}
}

// drawStatement draws a statement of few words, so that statements cover each other now and
// then.
func drawStatement(t *rapid.T, principals bool) string {
	pattern := rapid.StringMatching(`[ab*?]{1,4}`)
	principal := ""
	if principals {
		principal = rapid.SampledFrom([]string{`"Principal":"*",`, `"Principal":{"AWS":"111122223333"},`, `"Principal":{"AWS":"arn:aws:iam::111122223333:user/u"},`,
			`"Principal":{"AWS":["arn:aws:iam::111122223333:user/u","arn:aws:iam::444455556666:root"]},`}).Draw(t, "principal")
	}
	var conditions []string
	for _, operator := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"StringEquals", "StringLike", "StringNotEquals", "StringLikeIfExists", "Null", "ForAnyValue:StringLike", "ForAllValues:StringEquals", "StringNotLike"}), 0, 3, rapid.ID).Draw(t, "operators") {
		values := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "a*", "*", "true", "false", ""}), 1, 2).Draw(t, "values")
		key := rapid.SampledFrom([]string{"aws:PrincipalTag/a", "aws:PrincipalTag/A", "aws:TagKeys"}).Draw(t, "key")
		if operator == "Null" {
			values = []string{rapid.SampledFrom([]string{"true", "false"}).Draw(t, "null")}
		}
		conditions = append(conditions, fmt.Sprintf(`%q:{%q:["%s"]}`, operator, key, strings.Join(values, `","`)))
	}
	element := func(name, not, prefix string) string {
		which := rapid.SampledFrom([]string{name, name, not}).Draw(t, name)
		list := rapid.SliceOfN(pattern, 1, 2).Draw(t, "patterns")
		return fmt.Sprintf(`"%s":["%s%s"]`, which, prefix, strings.Join(list, `","`+prefix))
	}
	effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")
	return fmt.Sprintf(`{"Effect":%q,%s%s,%s,"Condition":{%s}}`, effect, principal, element("Action", "NotAction", "s3:"), element("Resource", "NotResource", "arn:aws:s3:::"), strings.Join(conditions, ","))
}

// Documents that are said to mean the same decide every request alike: those of users in the
// account and in another one, with a boundary and without, whatever the keys.
func TestSameMeaningIsThatOfTheEvaluator(t *testing.T) {
	t.Parallel()
	same := 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]enforce.Kind{enforce.IdentityPolicy, enforce.ResourcePolicy}).Draw(t, "kind")
		ofResource := kind == enforce.ResourcePolicy
		statements := rapid.Map(rapid.IntRange(1, 3), func(n int) []string { return make([]string, n) }).Draw(t, "statements")
		for i := range statements {
			statements[i] = drawStatement(t, ofResource)
		}
		changed := change(t, statements)
		a, before := documentOf(t, kind, statements...)
		b, after := documentOf(t, kind, changed...)
		if !SameMeaning(a, b) {
			return
		}
		same++
		for range 40 {
			request := drawRequest(t)
			sets := setsWith(before, after, ofResource)
			for _, pair := range sets {
				if one, other := enforce.Evaluate(request, &pair[0]), enforce.Evaluate(request, &pair[1]); one.Verdict != other.Verdict {
					t.Fatalf("said to mean the same:\n%s\n%s\nbut of %s on %s, %v, they say %s and %s", strings.Join(statements, "\n"), strings.Join(changed, "\n"), request.Action, request.Resource, request.Principal, one.Verdict, other.Verdict)
				}
			}
		}
	})
	require.Positive(t, same, "no documents meant the same")
	t.Logf("%d pairs of documents meant the same", same)
}

// change makes another document: a statement twice, one away, an element of one changed, or
// one narrowed beside it.
func change(t *rapid.T, statements []string) []string {
	at := rapid.IntRange(0, len(statements)-1).Draw(t, "at")
	changed := append([]string{}, statements...)
	switch rapid.IntRange(0, 3).Draw(t, "change") {
	case 0:
		changed = append(changed, narrowedPatterns(t, statements[at]))
	case 1:
		changed = append(changed, statements[at])
	case 2:
		if i := strings.Index(changed[at], `"Condition":{"`); i >= 0 {
			// Without the first condition.
			rest := changed[at][i+len(`"Condition":{`):]
			if end := strings.Index(rest, `]},`); end >= 0 {
				changed[at] = changed[at][:i+len(`"Condition":{`)] + rest[end+len(`]},`):]
			}
		}
	case 3:
		if len(changed) > 1 {
			changed = append(changed[:at], changed[at+1:]...)
		}
	}
	return changed
}

// narrowedPatterns is narrowed of a statement before its conditions.
func narrowedPatterns(t *rapid.T, statement string) string {
	i := strings.Index(statement, `"Action"`)
	if j := strings.Index(statement, `"NotAction"`); i < 0 || j >= 0 && j < i {
		i = j
	}
	end := strings.Index(statement, `"Condition"`)
	return statement[:i] + narrowed(t, statement[i:end]) + statement[end:]
}

func drawRequest(t *rapid.T) *enforce.Request {
	word := rapid.StringMatching(`[ab*?]{1,4}`)
	account := rapid.SampledFrom([]string{"111122223333", "444455556666"}).Draw(t, "account")
	r := &enforce.Request{
		Principal: enforce.Principal{Type: enforce.User, Account: account, ARN: "arn:aws:iam::" + account + ":user/u"},
		Action:    "s3:" + word.Draw(t, "asked"), Resource: "arn:aws:s3:::" + word.Draw(t, "of"), ResourceAccount: "111122223333",
	}
	value := rapid.SampledFrom([]string{"a", "b", "ab", "abc", "true", "", "A"})
	if rapid.Bool().Draw(t, "tagged") {
		r.Context.Set("aws:PrincipalTag/a", value.Draw(t, "tag"))
	}
	if rapid.Bool().Draw(t, "keyed") {
		r.Context.SetMulti("aws:TagKeys", rapid.SliceOfN(value, 0, 2).Draw(t, "keys"))
	}
	return r
}

// setsWith are sets of policies, with the one policy and the other.
func setsWith(before, after *enforce.Policy, ofResource bool) (pairs [][2]enforce.PolicySet) {
	all := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)
	none := enforce.Empty(enforce.IdentityPolicy)
	set := func(p *enforce.Policy, identity, boundary *enforce.Policy) enforce.PolicySet {
		if !ofResource {
			return enforce.PolicySet{Identity: []*enforce.Policy{p}, Boundary: boundary}
		}
		return enforce.PolicySet{Identity: []*enforce.Policy{identity}, Boundary: boundary, Resource: p}
	}
	for _, identity := range []*enforce.Policy{all, none} {
		for _, boundary := range []*enforce.Policy{nil, all, none} {
			pairs = append(pairs, [2]enforce.PolicySet{set(before, identity, boundary), set(after, identity, boundary)})
		}
	}
	return pairs
}
