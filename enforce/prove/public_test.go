package prove_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

var zone = prove.Zone{Account: "111122223333", Accounts: []string{"222233334444"}, Organization: "o-own"}

func allow(principal, condition string) string {
	s := `{"Sid":"S","Effect":"Allow","Principal":` + principal + `,"Action":["sqs:SendMessage","sqs:ReceiveMessage"],"Resource":"arn:aws:sqs:us-east-1:111122223333:q"`
	if condition != "" {
		s += `,"Condition":` + condition
	}
	return s + "}"
}

// Which statements let somebody in from outside of the zone of trust, and whom.
func TestPublicOfOneStatement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		principal, condition string
		public               prove.Verdict
		want                 []string // principal and conditions of the findings
	}{
		"everybody":                    {`"*"`, "", prove.Yes, []string{"*"}},
		"everybody of AWS":             {`{"AWS":"*"}`, "", prove.Yes, []string{"*"}},
		"the account":                  {`{"AWS":"111122223333"}`, "", prove.No, nil},
		"a role of the zone":           {`{"AWS":"arn:aws:iam::222233334444:role/r"}`, "", prove.No, nil},
		"another account":              {`{"AWS":"444455556666"}`, "", prove.No, []string{"AWS 444455556666"}},
		"two, of which one is outside": {`{"AWS":["arn:aws:iam::111122223333:user/u","arn:aws:iam::444455556666:user/u"]}`, "", prove.No, []string{"AWS arn:aws:iam::444455556666:user/u"}},
		"an id":                        {`{"AWS":"AIDAEXAMPLEEXAMPLEAAA"}`, "", prove.No, []string{"AWS AIDAEXAMPLEEXAMPLEAAA"}},
		"a service":                    {`{"Service":"sns.amazonaws.com"}`, "", prove.No, nil},
		"services alone":               {`"*"`, `{"Bool":{"aws:PrincipalIsAWSService":"true"}}`, prove.No, nil},
		"the own organization":         {`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-own"}}`, prove.No, nil},
		"a unit of it":                 {`"*"`, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-own/r-1/ou-2/*"}}`, prove.No, nil},
		"a unit, or nothing":           {`"*"`, `{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-own/r-1/ou-2/*"}}`, prove.Yes, []string{"*"}},
		"another organization":         {`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-other"}}`, prove.No, []string{"* aws:PrincipalOrgID=o-other"}},
		"two organizations":            {`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":["o-own","o-b","o-c"]}}`, prove.No, []string{"* aws:PrincipalOrgID=o-b", "* aws:PrincipalOrgID=o-c"}},
		"the own topic":                {`"*"`, `{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}}`, prove.No, nil},
		"another's topic":              {`"*"`, `{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:444455556666:t"}}`, prove.No, []string{"* aws:SourceArn=arn:aws:sns:us-east-1:444455556666:t"}},
		"any topic":                    {`"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}`, prove.Yes, []string{"* aws:SourceArn=arn:aws:sns:*:*:*"}},
		"the own account as source":    {`"*"`, `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`, prove.No, nil},
		"a key's callers":              {`"*"`, `{"StringEquals":{"kms:CallerAccount":"444455556666"}}`, prove.No, []string{"* kms:CallerAccount=444455556666"}},
		"a network":                    {`"*"`, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, prove.No, []string{"* aws:SourceIp=203.0.113.0/24"}},
		"half of the internet":         {`"*"`, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}`, prove.Yes, []string{"* aws:SourceIp=0.0.0.0/1"}},
		"a network, of two operators":  {`"*"`, `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, prove.No, nil},
		"a VPC":                        {`"*"`, `{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`, prove.No, []string{"* aws:SourceVpc=vpc-1"}},
		"not a VPC":                    {`"*"`, `{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`, prove.Yes, []string{"*"}},
		"a role of the owner":          {`"*"`, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`, prove.No, nil},
		"a role of another":            {`"*"`, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}}`, prove.Yes, []string{"* aws:PrincipalArn=arn:aws:iam::444455556666:role/*"}},
		"users of Google":              {`{"Federated":"accounts.google.com"}`, "", prove.Yes, []string{"Federated accounts.google.com"}},
		"users of an application":      {`{"Federated":"accounts.google.com"}`, `{"StringEquals":{"accounts.google.com:aud":"app"}}`, prove.No, []string{"Federated accounts.google.com accounts.google.com:aud=app"}},
		"a provider of the account":    {`{"Federated":"arn:aws:iam::111122223333:saml-provider/x"}`, "", prove.No, []string{"Federated arn:aws:iam::111122223333:saml-provider/x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, enforce.ResourcePolicy, allow(c.principal, c.condition))
			x, err := prove.Public(t.Context(), p, zone)
			require.NoError(t, err)
			assert.Empty(t, x.Reasons)
			assert.Equal(t, c.public, x.Public)
			assert.Equal(t, len(c.want) > 0, x.Verdict == prove.Yes)
			assert.Equal(t, len(c.want) == 0, x.Verdict == prove.No)
			var got []string
			for i := range x.Findings {
				got = append(got, named(&x.Findings[i]))
				checkFinding(t, p, &x.Findings[i])
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func named(f *prove.Finding) string {
	text := f.Principal.Type + " " + f.Principal.Value
	if f.Principal.Value == "*" {
		text = "*"
	}
	for _, key := range slices.Sorted(maps.Keys(f.Conditions)) {
		text += " " + key + "=" + f.Conditions[key]
	}
	return text
}

// checkFinding asks the evaluator about the witness of a finding.
func checkFinding(t *testing.T, p *enforce.Policy, f *prove.Finding) {
	everything := parse(t, enforce.IdentityPolicy, allowAll)
	d := enforce.Evaluate(f.Witness, &enforce.PolicySet{Identity: []*enforce.Policy{everything}, Resource: p})
	assert.True(t, d.Allowed(), d.Explain())
	assert.NotContains(t, []string{"111122223333", "222233334444"}, f.Witness.Principal.Account)
	assert.NotEmpty(t, f.Actions)
	assert.NotEmpty(t, f.Statements)
	assert.Contains(t, f.String(), f.Actions[0])
}

// Denies count, but for what S3 calls public.
func TestPublicWithDenies(t *testing.T) {
	t.Parallel()
	deny := `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":`
	for _, c := range []struct {
		organization          string
		verdict, public       prove.Verdict
		publicAsABucketPolicy prove.Verdict
	}{
		{`"o-own"`, prove.No, prove.No, prove.Yes},
		{`["o-own","o-other"]`, prove.Yes, prove.No, prove.Yes},
	} {
		for kind, want := range map[enforce.Kind]prove.Verdict{enforce.ResourcePolicy: c.public, enforce.BucketPolicy: c.publicAsABucketPolicy} {
			p := parse(t, kind, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`, deny+c.organization+`}}}`)
			x, err := prove.Public(t.Context(), p, zone)
			require.NoError(t, err)
			assert.Equal(t, c.verdict, x.Verdict)
			assert.Equal(t, want, x.Public, "%v", kind)
		}
	}
}

// Findings of one principal are one, with the actions of which something is left.
func TestFindingsAreJoined(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.ResourcePolicy,
		`{"Sid":"A","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}`,
		`{"Sid":"B","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}`,
		`{"Sid":"D","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*"}`)
	x, err := prove.Public(t.Context(), p, zone)
	require.NoError(t, err)
	require.Len(t, x.Findings, 1)
	assert.Equal(t, []string{"s3:GetObject", "s3:ListBucket"}, x.Findings[0].Actions)
	assert.Len(t, x.Findings[0].Statements, 2)
	assert.Regexp(t, `^AWS 444455556666 may s3:GetObject, s3:ListBucket; for example arn:aws:`, x.Findings[0].String())
}

// A policy that takes long to look at is looked at in part, and what is found stays found.
func TestPublicEnds(t *testing.T) {
	t.Parallel()
	quoted := func(form string, n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(form, i))
		}
		return `["` + strings.Join(all, `","`) + `"]`
	}
	p := parse(t, enforce.ResourcePolicy, allow(`{"AWS":"444455556666"}`, ""),
		`{"Sid":"Many","Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":`+quoted("vpc-%d", 150)+`,"aws:PrincipalOrgID":`+quoted("o-%d", 150)+`}}}`)
	x, err := prove.Public(t.Context(), p, prove.Zone{Account: "111122223333", Budget: 200})
	require.NoError(t, err)
	assert.Equal(t, prove.Yes, x.Verdict)
	assert.Equal(t, prove.Unknown, x.Public)
	assert.Equal(t, []string{"the budget is spent"}, x.Reasons)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x, err = prove.Public(ctx, p, zone)
	require.NoError(t, err)
	assert.Equal(t, prove.Unknown, x.Verdict)
	assert.Equal(t, []string{context.Canceled.Error()}, x.Reasons)
}

func TestPublicOfWrongInput(t *testing.T) {
	t.Parallel()
	queue := parse(t, enforce.ResourcePolicy, allow(`"*"`, ""))
	for text, ask := range map[string]func() (prove.Exposure, error){
		"is not a resource-based policy": func() (prove.Exposure, error) {
			return prove.Public(t.Context(), parse(t, enforce.IdentityPolicy, allowAll), zone)
		},
		"names no account":                func() (prove.Exposure, error) { return prove.Public(t.Context(), queue, prove.Zone{}) },
		`account "111" has not 12 digits`: func() (prove.Exposure, error) { return prove.Public(t.Context(), queue, prove.Zone{Account: "111"}) },
		`account "other" has not 12 digits`: func() (prove.Exposure, error) {
			return prove.Public(t.Context(), queue, prove.Zone{Account: "111122223333", Accounts: []string{"other"}})
		},
	} {
		_, err := ask()
		assert.ErrorContains(t, err, text)
	}
}
