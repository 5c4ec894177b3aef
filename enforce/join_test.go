package enforce_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	statement := func(effect, action string) *enforce.Policy {
		return enforce.MustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"`+effect+`","Principal":"*","Action":"`+action+`","Resource":"arn:aws:s3:::b/*"}]}`, enforce.BucketPolicy)
	}
	rapid.Check(t, func(t *rapid.T) {
		policies := make([]*enforce.Policy, rapid.IntRange(0, 4).Draw(t, "policies"))
		var allowed, denied bool
		for i := range policies {
			effect := rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect")
			action := rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject"}).Draw(t, "action")
			policies[i] = statement(effect, action)
			if action == "s3:GetObject" {
				allowed, denied = allowed || effect == "Allow", denied || effect == "Deny"
			}
		}
		req := &enforce.Request{Principal: enforce.Principal{Type: enforce.Anonymous}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333"}
		joined := enforce.Join(enforce.BucketPolicy, policies...)
		d := enforce.Evaluate(req, &enforce.PolicySet{Resource: joined})
		assert.Equal(t, allowed && !denied, d.Allowed())
		d = enforce.Evaluate(req, &enforce.PolicySet{Resource: joined.Denials()})
		assert.False(t, d.Allowed())
		assert.Equal(t, denied, d.Verdict == enforce.ExplicitDeny)
	})
	assert.Nil(t, enforce.Join(enforce.BucketPolicy, nil, nil))
}
