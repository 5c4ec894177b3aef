package prove_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	old := parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}`)
	changed := parse(t, enforce.IdentityPolicy, `{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b*"}`,
		`{"Sid":"Same","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`,
		`{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":"x/*"}}}`)
	before, q := prove.Alone(old, changed)
	after, _ := prove.Alone(changed, old)
	regions, err := prove.Difference(t.Context(), before, after, q)
	require.NoError(t, err)
	require.Len(t, regions, 2)
	said := map[string]string{}
	for i := range regions {
		said[regions[i].Statement.Sid()] = regions[i].String()
	}
	assert.Contains(t, said["Read"], "s3:Get* on arn:aws:s3:::b*; for example ")
	assert.Contains(t, said["List"], "s3:ListBucket on arn:aws:s3:::b, if StringLike s3:prefix x/*; for example ")

	a, err := prove.NoNewAccess(t.Context(), after, before, q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)
	a, err = prove.Equivalent(t.Context(), before, after, q)
	require.NoError(t, err)
	assert.Equal(t, prove.Yes, a.Verdict)
}

// Policies that are written otherwise and mean the same are equivalent.
func TestEquivalent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind enforce.Kind
		a, b string
	}{
		{enforce.IdentityPolicy, `{"Effect":"Allow","Action":["s3:GetObject","S3:getobject*"],"Resource":"*"}`, `{"Effect":"Allow","Action":"s3:GetObject*","Resource":"*"}`},
		{enforce.IdentityPolicy, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/9","10.128.0.0/9"]}}}`,
			`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.1.2.3/8"}}}`},
		{enforce.IdentityPolicy, `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}`,
			`{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::home/${aws:username}/*","arn:aws:s3:::home/${aws:username}/a/*"]}`},
		{enforce.ServiceControlPolicy, `{"Effect":"Allow","Action":["*","s3:*"],"Resource":"*"}`, `{"Effect":"Allow","Action":"*","Resource":"*"}`},
		{enforce.ResourcePolicy, `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*","Resource":"*"}`},
	} {
		a, b := parse(t, c.kind, c.a), parse(t, c.kind, c.b)
		one, q := prove.Alone(a, b)
		two, _ := prove.Alone(b, a)
		answer, err := prove.Equivalent(t.Context(), one, two, q)
		require.NoError(t, err)
		switch answer.Verdict {
		case prove.Yes:
			t.Errorf("%s and %s differ: %s", c.a, c.b, prove.Describe(answer.Witness))
		case prove.Unknown:
			t.Logf("unknown: %s: %v", c.a, answer.Reasons)
			assert.Contains(t, c.a, "${", "only variables may be unknown")
		}
	}
}

func TestNotGranted(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`)
	answers, err := prove.NotGranted(t.Context(), p, prove.Access{Actions: []string{"iam:*"}}, prove.Access{Actions: []string{"s3:Put*"}, Resources: []string{"arn:aws:s3:::b/*"}})
	require.NoError(t, err)
	assert.Equal(t, prove.No, answers[0].Verdict)
	assert.Equal(t, prove.Yes, answers[1].Verdict)
	_, err = prove.NotGranted(t.Context(), p)
	assert.ErrorContains(t, err, "no accesses")
	_, err = prove.NotGranted(t.Context(), p, prove.Access{})
	assert.ErrorContains(t, err, "access 1: prove: the question names no action")
}

func TestRedundant(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.IdentityPolicy,
		`{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}`,
		`{"Sid":"ReadOne","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k"}`,
		`{"Sid":"Shut","Effect":"Deny","Action":"sqs:*","Resource":"*"}`,
		`{"Sid":"Open","Effect":"Deny","Action":"s3:GetObjectAcl","Resource":"arn:aws:s3:::b/*"}`)
	redundant, err := prove.Redundant(t.Context(), p)
	require.NoError(t, err)
	var sids []string
	for _, s := range redundant {
		sids = append(sids, s.Sid())
	}
	assert.Equal(t, []string{"ReadOne", "Shut"}, sids)
}

// A Deny of a resource's policy keeps something from the owner's account, whose own policies
// allow it.
func TestRedundantOfResources(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.BucketPolicy,
		`{"Sid":"Read","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`,
		`{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		`{"Sid":"Secret","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/secret/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`)
	redundant, err := prove.Redundant(t.Context(), p)
	require.NoError(t, err)
	require.Len(t, redundant, 1)
	assert.Equal(t, "Secret", redundant[0].Sid())
	_, _, ok := prove.SameAccount(parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":"*","Resource":"*"}`))
	assert.False(t, ok)
}

func TestShrink(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.IdentityPolicy,
		`{"Effect":"Allow","Action":["s3:Get*","s3:PutObject","s3:*"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]}`,
		`{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	use := &enforce.Request{Principal: alice(t)[0], Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	small, err := prove.Shrink(p, []*enforce.Request{use})
	require.NoError(t, err)
	assert.Equal(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}]}`, small.String())

	before, q := prove.Alone(p, small)
	after, _ := prove.Alone(small, p)
	a, err := prove.NoNewAccess(t.Context(), before, after, q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)

	use.Action = "ec2:RunInstances"
	_, err = prove.Shrink(p, []*enforce.Request{use})
	assert.ErrorContains(t, err, "request 1 is not allowed")
	assert.NotErrorIs(t, err, prove.ErrUnknown)
}
