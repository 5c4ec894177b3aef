package enforce_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestContextKeys(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		policy string
		want   []string
	}{
		"none": {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, nil},
		"resources before conditions": {
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-west-2:128716708097:table/${aws:username}","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}`,
			[]string{"aws:username", "aws:CurrentTime"},
		},
		"variables of values": {
			`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team, 'none'}"}}}}`,
			[]string{"aws:ResourceTag/team", "aws:PrincipalTag/team"},
		},
		"each once, whatever its case": {
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"AWS:securetransport":"false"}}}]}`,
			[]string{"aws:SecureTransport"},
		},
		"rule 12: the old version has no variables": {
			`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}","Condition":{"StringLike":{"s3:prefix":"${aws:userid}"}}}}`,
			[]string{"s3:prefix"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, enforce.MustParse(tc.policy, enforce.IdentityPolicy).ContextKeys())
		})
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	services := map[string][]string{"s3": {"s3:PutObject", "s3:GetObject"}, "sqs": {"sqs:SendMessage"}}
	for statement, want := range map[string]string{
		`"Effect":"Allow","Action":["S3:get*"]`:          "s3",
		`"Effect":"Allow","Action":["s3:Delete*"]`:       "",
		`"Effect":"Allow","Action":"*"`:                  "s3 sqs",
		`"Effect":"Allow","NotAction":"s3:*"`:            "sqs",
		`"Effect":"Allow","NotAction":"sqs:SendMessage"`: "s3",
		`"Effect":"Deny","Action":"*"`:                   "",
	} {
		p := enforce.MustParse(`{"Version":"2012-10-17","Statement":{`+statement+`,"Resource":"arn:aws:s3:::b/*"}}`, enforce.IdentityPolicy)
		var reached []string
		for _, service := range []string{"s3", "sqs"} {
			if p.Reaches(service, slices.Values(services[service])) {
				reached = append(reached, service)
			}
		}
		assert.Equal(t, want, strings.Join(reached, " "), statement)
	}
}

func TestMatched(t *testing.T) {
	t.Parallel()
	identity := enforce.MustParse(`{"Version":"2012-10-17","Statement":[
		{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},
		{"Sid":"b","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
		{"Sid":"c","Effect":"Deny","Action":"s3:Delete*","Resource":"arn:aws:s3:::b/*"}]}`, enforce.IdentityPolicy)
	bucket := enforce.MustParse(`{"Version":"2012-10-17","Statement":[
		{"Sid":"d","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"},
		{"Sid":"e","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"v"}}}]}`, enforce.ResourcePolicy)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{identity}, Resource: bucket}
	tests := map[string]struct{ matched, absent []string }{
		"s3:GetObject":    {[]string{"a", "d"}, []string{"aws:SecureTransport"}},
		"s3:DeleteObject": {[]string{"c"}, []string{"aws:SourceVpc"}},
		"sqs:SendMessage": {nil, nil},
	}
	for action, tc := range tests {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			d := enforce.Evaluate(&enforce.Request{
				Principal: enforce.Principal{Type: enforce.User, ARN: "arn:aws:iam::111122223333:user/u", Account: "111122223333"},
				Action:    action, Resource: "arn:aws:s3:::b/k",
			}, set)
			var sids []string
			for _, s := range d.Matched() {
				sids = append(sids, s.Sid())
				start, end := s.Span()
				assert.Equal(t, s.Document(), s.Policy().Document()[start:end])
			}
			assert.Equal(t, tc.matched, sids)
			assert.Equal(t, tc.absent, d.AbsentKeys())
		})
	}
}
