package enforce_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestAboutResource(t *testing.T) {
	t.Parallel()
	bucket := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}}`, enforce.ResourcePolicy)
	trust := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`, enforce.TrustPolicy)
	for _, c := range []struct {
		name, resource string
		policy         *enforce.Policy
		want           bool
	}{
		{"of another action", "arn:aws:s3:::b/k", bucket, true},
		{"another resource", "arn:aws:s3:::other/k", bucket, false},
		{"the resource that has the policy", "arn:aws:iam::111122223333:role/r", trust, true},
		{"no policy", "arn:aws:s3:::b/k", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := enforce.Evaluate(&enforce.Request{Principal: alice(), Action: "s3:GetObject", Resource: c.resource}, &enforce.PolicySet{Resource: c.policy})
			assert.Equal(t, c.want, d.AboutResource())
		})
	}
}
