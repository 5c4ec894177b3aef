package enforce_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	s := &enforce.Simulation{
		Principal: alice(),
		Policies:  allows(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}},{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}`),
		Actions:   []string{"s3:GetObject", "s3:DeleteObject"},
		Resources: []string{"arn:aws:s3:::b/k", "arn:aws:s3:::c/k"},
	}
	s.Context.Set("aws:PrincipalTag/team", "blue")
	decisions, err := enforce.Simulate(s)
	require.NoError(t, err)
	var got []string
	for i := range decisions {
		d := &decisions[i]
		got = append(got, d.Request.Action+" "+d.Request.Resource+" "+d.Verdict.String())
	}
	assert.Equal(t, []string{
		"s3:GetObject arn:aws:s3:::b/k allowed",
		"s3:GetObject arn:aws:s3:::c/k implicitDeny",
		"s3:DeleteObject arn:aws:s3:::b/k explicitDeny",
		"s3:DeleteObject arn:aws:s3:::c/k explicitDeny",
	}, got)
	assert.Contains(t, decisions[1].Explain(), "it names other resources")
}

func TestSimulateResources(t *testing.T) {
	t.Parallel()
	all := allows(`{"Effect":"Allow","Action":"*","Resource":"*"}`)
	for _, c := range []struct {
		name, resource, owner string
		want                  enforce.Verdict
	}{
		{"none is any", "", "", enforce.Allowed},
		{"one's own", "arn:aws:sqs:us-east-1:111122223333:q", "", enforce.Allowed},
		{"the ARN says whose", "arn:aws:sqs:us-east-1:444455556666:q", "111122223333", enforce.ImplicitDeny},
		{"the ARN does not say", "arn:aws:s3:::b", "", enforce.Allowed},
		{"the simulation says", "arn:aws:s3:::b", "444455556666", enforce.ImplicitDeny},
		{"one of AWS's own", "arn:aws:iam::aws:policy/ReadOnlyAccess", "", enforce.Allowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &enforce.Simulation{Principal: alice(), Policies: all, Actions: []string{"x:Y"}, ResourceAccount: c.owner}
			if c.resource != "" {
				s.Resources = []string{c.resource}
			}
			decisions, err := enforce.Simulate(s)
			require.NoError(t, err)
			require.Len(t, decisions, 1)
			assert.Equal(t, c.want, decisions[0].Verdict)
		})
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ action, resource, want string }{
		{"GetObject", "*", `action "GetObject"; want a form like s3:GetObject`},
		{"s3:Get*", "*", "want a form like s3:GetObject"},
		{"*", "*", "want a form like s3:GetObject"},
		{"", "*", "want a form like s3:GetObject"},
		{"s3:Get:Object", "*", "want a form like s3:GetObject"},
		{"s3:GetObject", "b", `resource "b"; want an ARN or "*"`},
		{"s3:GetObject", "", `resource ""; want an ARN or "*"`},
		{"s3:GetObject", "arn:aws:s3", "want an ARN"},
	} {
		_, err := enforce.Simulate(&enforce.Simulation{Principal: alice(), Actions: []string{c.action}, Resources: []string{c.resource}})
		require.ErrorContains(t, err, c.want)
	}
	_, err := enforce.Simulate(&enforce.Simulation{Principal: alice()})
	require.ErrorContains(t, err, "no actions")
}

func TestParsePrincipal(t *testing.T) {
	t.Parallel()
	const account = "111122223333"
	for text, want := range map[string]enforce.Principal{
		"arn:aws:iam::111122223333:user/eng/alice": {Type: enforce.User, ARN: "arn:aws:iam::111122223333:user/eng/alice", Account: account, UserName: "alice"},
		"arn:aws:iam::111122223333:root":           {Type: enforce.Root, ARN: "arn:aws:iam::111122223333:root", Account: account, UserID: account},
		"arn:aws:iam::111122223333:role/app/reader": {Type: enforce.AssumedRole, ARN: "arn:aws:sts::111122223333:assumed-role/reader/simulated",
			IssuerARN: "arn:aws:iam::111122223333:role/app/reader", Account: account},
		"arn:aws-cn:sts::111122223333:assumed-role/reader/s": {Type: enforce.AssumedRole, ARN: "arn:aws-cn:sts::111122223333:assumed-role/reader/s",
			IssuerARN: "arn:aws-cn:iam::111122223333:role/reader", Account: account},
		"arn:aws:sts::111122223333:federated-user/bob": {Type: enforce.FederatedUser, ARN: "arn:aws:sts::111122223333:federated-user/bob", Account: account, UserID: account + ":bob"},
		"lambda.amazonaws.com":                         {Type: enforce.Service, Service: "lambda.amazonaws.com"},
		"anonymous":                                    {Type: enforce.Anonymous},
	} {
		p, err := enforce.ParsePrincipal(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, p, text)
	}
	for _, text := range []string{
		"", "*", "alice", account, "arn:aws:iam::111122223333:user/", "arn:aws:iam::111122223333:user/*", "arn:aws:iam::1:user/a",
		"arn:aws:iam::111122223333:group/g", "arn:aws:sts::111122223333:assumed-role/r", "arn:aws:s3:::b", "arn:aws:sts::111122223333:x.amazonaws.com",
	} {
		_, err := enforce.ParsePrincipal(text)
		require.ErrorContains(t, err, "is none", text)
	}
}
