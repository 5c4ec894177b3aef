package enforce

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUses(t *testing.T) {
	t.Parallel()
	p := identity(t,
		`{"Effect":"Allow","Action":["s3:Get*","sqs:*","s3:GetObject"],"Resource":["arn:aws:s3:::other/*","arn:aws:s3:::b/*"]}`,
		`{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::other/*"}`,
		`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`,
		`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`,
		`{"Effect":"Deny","Action":"s3:GetObjectAcl","Resource":"*"}`)
	decide := func(action string, keys ...string) Decision {
		return Evaluate(ask(userOf(account, "alice"), action, bucketObject, keys...), &PolicySet{Identity: []*Policy{p}})
	}
	s := p.Statements()
	assert.Equal(t, []Use{{s[0], []int{0, 2}, []int{1}}, {s[1], nil, nil}}, decide("s3:GetObject").Uses())
	assert.Equal(t, []Use{{s[1], nil, nil}, {s[2], []int{0}, []int{0}}, {s[3], []int{0}, []int{0}}}, decide("s3:PutObject", "aws:MultiFactorAuthPresent", "true").Uses())
	assert.Empty(t, decide("s3:GetObjectAcl").Uses(), "denied")
	assert.Empty(t, decide("iam:GetUser").Uses())
	assert.Empty(t, Evaluate(ask(rootOf(account), "s3:GetObject", bucketObject), &PolicySet{}).Uses(), "root needs no policy")
}
