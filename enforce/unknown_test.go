package enforce

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What is not known decides against the caller: an Allow must apply whatever it is, and a
// Deny applies if it may.
func TestUnknown(t *testing.T) {
	t.Parallel()
	const (
		one = "arn:aws:ec2:us-east-1:111122223333:instance/i-1"
		all = "arn:aws:ec2:us-east-1:111122223333:instance/*"
		dev = `"Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}`
	)
	for _, c := range []struct {
		name, statements string
		allowed          bool
		unknown          []string
	}{
		{"everything", stmt("Allow", "*", "*"), true, nil},
		{"all instances", stmt("Allow", "ec2:StopInstances", all), true, nil},
		{"wildcards elsewhere", stmt("Allow", "ec2:*", "arn:aws:ec2:*:111122223333:instance/*"), true, nil},
		{"one instance", stmt("Allow", "ec2:*", one), false, []string{"the resource"}},
		{"a single character", stmt("Allow", "ec2:*", "arn:aws:ec2:us-east-1:111122223333:instance/?"), false, []string{"the resource"}},
		{"other resources", stmt("Allow", "ec2:*", "arn:aws:ec2:us-east-1:111122223333:volume/*"), false, nil},
		{"all but one", `{"Effect":"Allow","Action":"*","NotResource":"` + one + `"}`, false, []string{"the resource"}},
		{"all but others", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::*"}`, true, nil},
		{"a denied instance", stmt("Allow", "*", "*") + "," + stmt("Deny", "*", one), false, []string{"the resource"}},
		{"denied all but one", stmt("Allow", "*", "*") + `,{"Effect":"Deny","Action":"*","NotResource":"` + one + `"}`, false, []string{"the resource"}},
		{"another one is denied", stmt("Allow", "*", "*") + "," + stmt("Deny", "*", "arn:aws:ec2:us-east-1:111122223333:volume/v"), true, nil},
		{"a tag is wanted", stmt("Allow", "*", "*", dev), false, []string{"aws:ResourceTag/env"}},
		{"no tag is wanted", stmt("Allow", "*", "*", `"Condition":{"Null":{"aws:ResourceTag/env":"true"}}`), false, []string{"aws:ResourceTag/env"}},
		{"a tag is denied", stmt("Allow", "*", "*") + "," + stmt("Deny", "*", "*", dev), false, []string{"aws:ResourceTag/env"}},
		{"a tag is denied elsewhere", stmt("Allow", "*", "*") + "," + stmt("Deny", "s3:*", "*", dev), true, nil},
		{"a condition that surely fails", stmt("Allow", "*", "*") + "," +
			stmt("Deny", "*", "*", `"Condition":{"StringEquals":{"aws:ResourceTag/env":"dev","aws:RequestedRegion":"eu-west-1"}}`), true, nil},
		{"a condition that surely holds", stmt("Allow", "*", "*", `"Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`), true, nil},
		{"a tag is wanted of another action", stmt("Allow", "s3:*", "*", dev), false, nil},
		{"a key that is surely missing", stmt("Allow", "*", "*", `"Condition":{"Null":{"ec2:Absent":"true"}}`), true, nil},
		{"a variable", stmt("Allow", "*", "*", `"Condition":{"StringEquals":{"aws:RequestedRegion":"${aws:ResourceTag/region}"}}`), false, []string{"aws:ResourceTag/region"}},
		{"a variable with a default", stmt("Allow", "*", "*", `"Condition":{"StringEquals":{"aws:RequestedRegion":"${aws:ResourceTag/region, 'us-east-1'}"}}`), false, []string{"aws:ResourceTag/region"}},
		{"a variable in a resource", stmt("Allow", "*", "arn:aws:ec2:*:*:instance/${aws:ResourceTag/id}"), false, []string{"the resource"}},
		{"a known variable", stmt("Allow", "*", "arn:aws:ec2:*:*:${aws:RequestedRegion}/*"), false, nil},
		{"a variable without a value", stmt("Allow", "*", "arn:aws:ec2:*:*:${ec2:Absent}/*"), false, nil},
		{"an escape", stmt("Allow", "*", "*", `"Condition":{"StringEquals":{"aws:RequestedRegion":"${*}"}}`), false, nil},
		{"an operator without variables", stmt("Allow", "*", "*", `"Condition":{"NumericEquals":{"aws:RequestedRegion":"1"}}`), false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := identity(t, c.statements)
			req := ask(userOf(account, "a"), "ec2:StopInstances", all, "aws:RequestedRegion", "us-east-1")
			req.Context.SetAbsent("ec2:Absent")
			req.Unknown = &Unknown{Resource: true, Key: func(string) bool { return true }}
			d := Evaluate(req, &PolicySet{Identity: []*Policy{p}})
			assert.Equal(t, c.allowed, d.Allowed(), d.Explain())
			assert.Equal(t, c.unknown, d.Unknowns())
			for _, name := range c.unknown {
				assert.Contains(t, d.Explain(), name)
				assert.Empty(t, d.Suggestions(), "to change a policy does not make anything known")
			}
		})
	}
}

// What is known is decided as ever, also where something else is unknown.
func TestUnknownKeysOnly(t *testing.T) {
	t.Parallel()
	p := identity(t, stmt("Allow", "s3:*", bucketObject))
	req := ask(userOf(account, "a"), "s3:GetObject", bucketObject)
	req.Unknown = &Unknown{}
	set := &PolicySet{Identity: []*Policy{p}}
	assert.True(t, Evaluate(req, set).Allowed())
	req.Resource += "x"
	d := Evaluate(req, set)
	assert.False(t, d.Allowed())
	assert.Empty(t, d.Unknowns())
	assert.NotEmpty(t, d.Suggestions())
	assert.Nil(t, Evaluate(ask(userOf(account, "a"), "s3:GetObject", bucketObject), set).Unknowns())
	assert.Nil(t, Evaluate(ask(userOf(account, "a"), "s3:PutObject", "x"), set).Unknowns())
}

// What is suggested for a resource that is partly unknown allows it: its wildcards are
// written as such.
func TestSuggestionForUnknownResource(t *testing.T) {
	t.Parallel()
	const secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-??????"
	for _, version := range []string{"2012-10-17", "2008-10-17"} {
		req := ask(userOf(account, "a"), "secretsmanager:GetSecretValue", secret)
		req.Unknown = &Unknown{Resource: true}
		boundary := MustParse(`{"Version":"`+version+`","Statement":`+stmt("Allow", "s3:*", "*")+`}`, IdentityPolicy)
		set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "*", "*"))}, Boundary: boundary}
		all := Evaluate(req, set).Suggestions()
		require.Len(t, all, 1, "one change is enough")
		assert.Contains(t, all[0].Add, secret)
		require.True(t, set.apply(BoundaryLayer, 0, all[0].Add))
		assert.True(t, Evaluate(req, set).Allowed())
	}
}

// What is written ${… in a document without variables need not be closed.
func TestUnknownWithoutVariables(t *testing.T) {
	t.Parallel()
	old := MustParse(`{"Statement":`+stmt("Allow", "*", "*", `"Condition":{"StringEquals":{"aws:RequestedRegion":"${aws:ResourceTag/region"}}`)+`}`, IdentityPolicy)
	req := ask(userOf(account, "a"), "ec2:StopInstances", "*", "aws:RequestedRegion", "us-east-1")
	req.Unknown = &Unknown{Key: func(string) bool { return true }}
	d := Evaluate(req, &PolicySet{Identity: []*Policy{old}})
	assert.False(t, d.Allowed())
	assert.Empty(t, d.Unknowns())
}

// A policy that is not of its layer decides by itself, whatever is unknown.
func TestUnknownOfMisplacedPolicies(t *testing.T) {
	t.Parallel()
	req := ask(userOf(account, "a"), "s3:GetObject", "*")
	req.Unknown = &Unknown{Resource: true, Key: func(string) bool { return true }}
	conditional := policy(t, SessionPolicy, stmt("Allow", "s3:*", "*", `"Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}`))
	d := Evaluate(req, &PolicySet{Identity: []*Policy{conditional}})
	assert.False(t, d.Allowed())
	assert.Empty(t, d.Unknowns())
}

// An action without resource-level permissions has the resource "*", which is no ARN.
func TestUnknownOfNoARN(t *testing.T) {
	t.Parallel()
	req := ask(userOf(account, "a"), "ec2:DescribeInstances", "nothing")
	req.Unknown = &Unknown{Resource: true}
	assert.False(t, Evaluate(req, &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "*", "arn:*:ec2:*:*:*"))}}).Allowed())
}

// resemblance is what trying all short texts in place of the stars finds.
func TestResemblance(t *testing.T) {
	t.Parallel()
	fillings := []string{"", "a", "b", "é", "z", "ab", "ba", "aa", "bb", "aba", "zzz"}
	rapid.Check(t, func(t *rapid.T) {
		written := rapid.StringMatching(`[ab*?é]{0,6}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[abé]{0,3}([*?][abé]{0,2}){0,2}`).Draw(t, "text")
		p := newPattern(wildcards.Replace(written))
		some, all := false, true
		var fill func(before, rest string)
		fill = func(before, rest string) {
			i := strings.IndexAny(rest, "*?")
			if i < 0 {
				m := p.match(before + rest)
				some, all = some || m, all && m
				return
			}
			for _, f := range fillings {
				if rest[i] == '*' || utf8.RuneCountInString(f) == 1 {
					fill(before+rest[:i]+f, rest[i+1:])
				}
			}
		}
		fill("", text)
		switch got := resemblance(p.text, text); {
		case got == yes && !all:
			t.Fatalf("%q does not match all that %q can be", written, text)
		case got == no && some:
			t.Fatalf("%q matches some that %q can be", written, text)
		case got != yes && all && !strings.Contains(written, "?"):
			t.Fatalf("%q matches all that %q can be", written, text)
		case got == maybe && !strings.ContainsAny(text, "*?"):
			t.Fatalf("nothing of %q is unknown", text)
		}
	})
}

// Characters whose first bytes are the same are compared whole.
func TestResemblanceOfCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          answer
		known         int
	}{
		{"aé", "aè", no, 1},
		{"aé*", "aè*", no, 1},
		{"a世b", "a丗*", no, 1},
		{"a世b", "a世*", maybe, 4},
		{"aé", "aé", yes, 3},
		{"aé*", "aé*", yes, 3},
		{"é?", "é??", no, 2},
		{"é??", "é??", yes, 2},
		{"é", "é*", maybe, 2},
		{"é*", "é", yes, 2},
		{"ab", "a", no, 1},
		{"a", "ab", no, 1},
		{"a", "*", maybe, 0},
		{"*", "a", yes, 0},
		{"*b", "ab", yes, 0},
		{"?b", "ab", yes, 0},
		{"?b", "*", maybe, 0},
		{"?", "", no, 0},
		{"*b?d", "a*bcd", yes, 0},
		{"*b?d", "a*cd", maybe, 0},
		{"*b?d", "a*bce", no, 0},
		{"*b?d", "abcd", yes, 0},
		{"?b", "?c", no, 0},
		{"?b", "?b", yes, 0},
		{"?b", "??", maybe, 0},
		{"*ab", "*b", maybe, 0},
		{"x", "\xa9", no, 0}, // not the beginning of a character
	} {
		p := newPattern(wildcards.Replace(c.pattern))
		assert.Equal(t, c.want, resemblance(p.text, c.text), "%s and %s", c.pattern, c.text)
		assert.Equal(t, c.known, knownPrefix(p.text, c.text), "%s and %s", c.pattern, c.text)
	}
}

// A hostile pattern does not take long: what would stays open.
func TestResemblanceIsBounded(t *testing.T) {
	t.Parallel()
	pattern, text := wildcards.Replace("*"+strings.Repeat("a", 511)), strings.Repeat("b", 512)
	require.Equal(t, no, resemblance(pattern, text), "the most that is compared")
	require.Equal(t, maybe, resemblance(pattern, text+"b"))
	require.Equal(t, maybe, resemblance(strings.Repeat("a\xfe", 4000)+"b", strings.Repeat("a*", 500)))
}

// What is allowed depends on nothing that is unknown, also where no statement allows it.
func TestUnknownOfTheRootUser(t *testing.T) {
	t.Parallel()
	dev := `"Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}`
	for _, set := range []PolicySet{
		{Resource: policy(t, BucketPolicy, stmt("Allow", "s3:*", bucketObject, aws(account), dev))},
		{SCPs: [][]*Policy{{fullSCP, policy(t, ServiceControlPolicy, stmt("Allow", "s3:*", "*", dev))}}},
		{Resource: policy(t, BucketPolicy, stmt("Allow", "s3:*", bucketObject, aws(account), dev), stmt("Allow", "s3:*", bucketObject, aws(account)))},
		{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", dev))}},
	} {
		req := ask(rootOf(account), "s3:GetObject", bucketObject)
		req.ResourceAccount = account
		req.Unknown = &Unknown{Key: func(string) bool { return true }}
		d := Evaluate(req, &set)
		require.True(t, d.Allowed(), d)
		assert.Empty(t, d.Unknowns())
	}
}
