package minimalpolicy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// TestDocument adds what was used with the conditions of its statement, and what was denied
// only where it is asked for.
func TestDocument(t *testing.T) {
	t.Parallel()
	policy, err := enforce.Parse(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
		{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
	]}`, enforce.IdentityPolicy, enforce.Source{})
	require.NoError(t, err)
	principal, err := enforce.ParsePrincipal("arn:aws:iam::111122223333:role/worker")
	require.NoError(t, err)
	decide := func(action string) enforce.Decision {
		req := &enforce.Request{Principal: principal, Action: action, Resource: "arn:aws:s3:::reports/a"}
		req.Context.Set("aws:SecureTransport", "false")
		return enforce.Evaluate(req, &enforce.PolicySet{Identity: []*enforce.Policy{policy}})
	}
	var used Policy
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObject"} {
		used.Add(decide(action), false)
	}
	const get = `{"Sid": "Used1", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::reports/a"]}`
	const put = `{"Sid": "Used2", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::reports/a"],
		"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [`+get+`,`+put+`]}`, used.Document())

	var learned Policy
	learned.Add(decide("s3:DeleteObject"), true)
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Used1", "Effect": "Allow", "Action": ["s3:DeleteObject"], "Resource": ["arn:aws:s3:::reports/a"]}]}`, learned.Document())
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": []}`, new(Policy).Document())
}
