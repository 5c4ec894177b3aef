package enforce

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPolicyVariables(t *testing.T) {
	t.Parallel()
	const home = "arn:aws:s3:::home/"
	user := userOf(account, "alice")
	for _, c := range []struct {
		name, statement, resource string
		keys                      []string
		want                      bool
	}{
		{"rule 13: in a resource", stmt("Allow", "s3:GetObject", home+"${aws:username}/*"), home + "alice/x", nil, true},
		{"rule 13: in a resource, another's", stmt("Allow", "s3:GetObject", home+"${aws:username}/*"), home + "bob/x", nil, false},
		{"rule 13: before the fifth colon it is text", stmt("Allow", "s3:GetObject", "arn:aws:s3::${aws:PrincipalAccount}:b"), "arn:aws:s3::" + account + ":b", nil, false},
		{"rule 13: in a condition value", stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringLike":{"s3:prefix":"${aws:username}/*"}}`),
			home + "x", []string{"s3:prefix", "alice/docs"}, true},
		{"rule 13: in an Arn condition", stmt("Allow", "s3:GetObject", "*", `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:${aws:PrincipalAccount}:t*"}}`),
			home + "x", []string{"aws:SourceArn", "arn:aws:sns:us-east-1:" + account + ":topic"}, true},
		{"rule 13: in Bool", stmt("Allow", "s3:GetObject", "*", `"Condition":{"Bool":{"aws:SecureTransport":"${aws:PrincipalTag/tls}"}}`),
			home + "x", []string{"aws:SecureTransport", "true", "aws:PrincipalTag/tls", "true"}, true},
		{"rule 14: escaped star is a star", stmt("Allow", "s3:GetObject", home+"${*}"), home + "x", nil, false},
		{"rule 14: escaped star matches a star", stmt("Allow", "s3:GetObject", home+"${*}"), home + "*", nil, true},
		{"rule 14: escaped question mark and dollar", stmt("Allow", "s3:GetObject", home+"${?}${$}{x}"), home + "?${x}", nil, true},
		{"rule 14: escaped star in StringLike", stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringLike":{"k":"a${*}"}}`), home, []string{"k", "ab"}, false},
		{"rule 14: default", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/team, 'shared'}/*"), home + "shared/x", nil, true},
		{"rule 14: default is used only without a value", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/team, 'shared'}/*"),
			home + "shared/x", []string{"aws:PrincipalTag/team", "data"}, false},
		{"rule 14: an empty default", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/team, ''}x"), home + "x", nil, true},
		{"rule 15: keys are case-insensitive", stmt("Allow", "s3:GetObject", home+"${AWS:UserName}"), home + "alice", nil, true},
		{"rule 15: a value is no pattern", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/p}"), home + "secret", []string{"aws:PrincipalTag/p", "*"}, false},
		{"rule 15: a value with a star matches a star", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/p}"), home + "*", []string{"aws:PrincipalTag/p", "*"}, true},
		{"rule 15: bytes that mean wildcards are no value", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/p}"), home + "secret", []string{"aws:PrincipalTag/p", "\xfe"}, false},
		{"rule 15: bytes that mean one character are no value", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/p}"), home + "s", []string{"aws:PrincipalTag/p", "\xff"}, false},
		{"rule 16: no value, positive operator", stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringEquals":{"k":"${aws:PrincipalTag/none}"}}`), home, []string{"k", ""}, false},
		{"rule 16: no value, negated operator", stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringNotEquals":{"k":"${aws:PrincipalTag/none}"}}`), home, []string{"k", "x"}, true},
		{"rule 16: no value in a resource", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/none}*"), home + "x", nil, false},
		{"rule 16: an empty value in a condition", stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringEquals":{"k":"${aws:PrincipalTag/e}"}}`), home, []string{"k", "", "aws:PrincipalTag/e", ""}, true},
		{"rule 16: an empty value is a value", stmt("Allow", "s3:GetObject", home+"${aws:PrincipalTag/e}"), home, []string{"aws:PrincipalTag/e", ""}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := verdict(ask(user, "s3:GetObject", c.resource, c.keys...), &PolicySet{Identity: []*Policy{identity(t, c.statement)}})
			assert.Equal(t, c.want, got == Allowed)
		})
	}
}

// rule 12: in policies of Version 2008-10-17, or of none, variables are text.
func TestVariablesNeedTheVersion(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`{"Version":"2012-10-17","Statement":` + stmt("Allow", "s3:GetObject", "arn:aws:s3:::${aws:username}") + `}`: true,
		`{"Version":"2008-10-17","Statement":` + stmt("Allow", "s3:GetObject", "arn:aws:s3:::${aws:username}") + `}`: false,
		`{"Statement":` + stmt("Allow", "s3:GetObject", "arn:aws:s3:::${aws:username}") + `}`:                        false,
	} {
		set := &PolicySet{Identity: []*Policy{MustParse(doc, IdentityPolicy)}}
		assert.Equal(t, want, verdict(ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::alice"), set) == Allowed, doc)
		assert.Equal(t, !want, verdict(ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::${aws:username}"), set) == Allowed, doc)
	}
}

// rule 10: a pattern with a variable that has no value matches nothing, in
// NotResource too, so that a Deny with it denies everything.
func TestNotResourceWithoutValue(t *testing.T) {
	t.Parallel()
	deny := `{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b-${aws:PrincipalTag/x}"}`
	set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "*", "*"), deny)}}
	assert.Equal(t, ExplicitDeny, verdict(ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::b-1"), set))
	assert.Equal(t, Allowed, verdict(ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::b-1", "aws:PrincipalTag/x", "1"), set))
}

// rule 15: a multivalued key is not usable as a variable.
func TestMultivaluedVariable(t *testing.T) {
	t.Parallel()
	set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:GetObject", "arn:aws:s3:::${aws:TagKeys}"))}}
	req := ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::a")
	req.Context.SetMulti("aws:TagKeys", []string{"a"})
	assert.Equal(t, ImplicitDeny, verdict(req, set))
}

func TestBrokenVariables(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"${aws:username", "${}", "${a b}", "${aws:username,'x'}", "${aws:username, x}", "${aws:username, '}", "${, 'x'}"} {
		_, err := Parse(`{"Version":"2012-10-17","Statement":`+stmt("Allow", "s3:GetObject", "arn:aws:s3:::"+v)+`}`, IdentityPolicy, Source{})
		require.ErrorContains(t, err, "policy variable", v)
		_, err = Parse(`{"Version":"2012-10-17","Statement":`+stmt("Allow", "s3:GetObject", "*", `"Condition":{"StringEquals":{"k":"`+v+`"}}`)+`}`, IdentityPolicy, Source{})
		require.ErrorContains(t, err, "policy variable", v)
	}
}

// rule 31: an Arn condition is compared segment by segment, also where variables
// stand for a part of a segment, or for several.
func TestVariablesInARNConditions(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:us-east-1:" + account + ":t:x"
	for _, c := range []struct {
		name, operator, wanted, source, tag string
		want                                bool
	}{
		{"rule 31: one segment", "ArnLike", "arn:aws:sns:${aws:PrincipalTag/p}:*:t*", topic, "us-east-1", true},
		{"rule 31: another segment", "ArnLike", "arn:aws:sns:${aws:PrincipalTag/p}:*:t*", topic, "eu-west-1", false},
		{"rule 31: the last segment has the other colons", "ArnLike", "arn:aws:sns:*:*:${aws:PrincipalTag/p}", topic, "t:x", true},
		{"rule 31: all of it", "ArnEquals", "${aws:PrincipalTag/p}", topic, topic, true},
		{"rule 31: what is missing at the end matches everything", "ArnLike", "arn:aws:sns:${aws:PrincipalTag/p}", topic, "us-east-1", true},
		{"rule 31: no ARN, a pattern for everything", "ArnLike", "*${aws:PrincipalTag/p}", "t", "", false},
		{"rule 31: no ARN", "ArnLike", "${aws:PrincipalTag/p}", "t", "t", false},
		{"rule 16: no value", "ArnLike", "arn:aws:sns:${aws:PrincipalTag/other}:*:*", topic, "us-east-1", false},
		{"rule 16: no value, negated", "ArnNotLike", "arn:aws:sns:${aws:PrincipalTag/other}:*:*", topic, "us-east-1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := identity(t, stmt("Allow", "sns:Publish", "*", `"Condition":{"`+c.operator+`":{"aws:SourceArn":"`+c.wanted+`"}}`))
			req := ask(userOf(account, "alice"), "sns:Publish", topic, "aws:SourceArn", c.source, "aws:PrincipalTag/p", c.tag)
			assert.Equal(t, c.want, verdict(req, &PolicySet{Identity: []*Policy{p}}) == Allowed)
		})
	}
}

// rule 12: an old version has no variables in Arn conditions either.
func TestNoVariablesInOldARNConditions(t *testing.T) {
	t.Parallel()
	condition := `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:${aws:PrincipalTag/p}"}}`
	for version, want := range map[string]bool{version2008: false, version2012: true} {
		p := MustParse(`{"Version":"`+version+`","Statement":`+stmt("Allow", "sns:Publish", "*", condition)+`}`, IdentityPolicy)
		req := ask(userOf(account, "alice"), "sns:Publish", "*", "aws:SourceArn", "arn:aws:sns:us-east-1:"+account+":t", "aws:PrincipalTag/p", "t")
		assert.Equal(t, want, verdict(req, &PolicySet{Identity: []*Policy{p}}) == Allowed, version)
	}
}
