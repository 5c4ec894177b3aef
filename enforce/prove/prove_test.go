package prove_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

func parse(t testing.TB, kind enforce.Kind, statements ...string) *enforce.Policy {
	p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`, kind, enforce.Source{Name: "p"})
	require.NoError(t, err)
	return p
}

func alice(t testing.TB) []enforce.Principal {
	who, err := enforce.ParsePrincipal("arn:aws:iam::111122223333:user/alice")
	require.NoError(t, err)
	return []enforce.Principal{who}
}

const (
	allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	allowS3  = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
)

func TestCan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		statements []string
		question   prove.Question
		want       prove.Verdict
	}{
		{"a Deny of the bucket", []string{allowS3, `{"Effect":"Deny","Action":"s3:Delete*","Resource":"arn:aws:s3:::prod-*"}`},
			prove.Question{Actions: []string{"s3:DeleteObject"}, Resources: []string{"arn:aws:s3:::prod-*/*"}}, prove.No},
		{"a Deny of one action", []string{allowS3, `{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}`},
			prove.Question{Actions: []string{"s3:Delete*"}}, prove.Yes},
		{"a Deny of all actions that there are today", []string{allowS3, `{"Effect":"Deny","Action":["s3:Delete?*"],"Resource":"*"}`},
			prove.Question{Actions: []string{"s3:Delete*"}}, prove.Yes}, // s3:Delete
		{"only known actions", []string{allowS3, `{"Effect":"Deny","Action":["s3:Delete?*"],"Resource":"*"}`},
			prove.Question{Actions: []string{"s3:Delete*"}, Known: true}, prove.No},
		{"two globs that meet", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*-logs/*"}`},
			prove.Question{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::prod-*"}}, prove.Yes},
		{"two globs that do not", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::??-logs/*"}`},
			prove.Question{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::prod-*"}}, prove.No},
		{"numbers between", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericGreaterThan":{"s3:max-keys":"5"},"NumericLessThan":{"s3:max-keys":"6"}}}`},
			prove.Question{Actions: []string{"s3:ListBucket"}}, prove.Yes},
		{"no numbers between", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericGreaterThan":{"s3:max-keys":"5"},"NumericLessThan":{"s3:max-keys":"5.0"}}}`},
			prove.Question{Actions: []string{"s3:ListBucket"}}, prove.No},
		{"dates between", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01"},"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00.000000001Z"}}}`},
			prove.Question{Actions: []string{"s3:ListBucket"}}, prove.No},
		{"all addresses but all", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1","::/0"]},"Null":{"aws:SourceIp":"false"}}}`},
			prove.Question{Actions: []string{"s3:ListBucket"}}, prove.No},
		{"one address is left", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/31"},"NotIpAddress":{"aws:SourceIp":["10.0.0.0"]}}}`},
			prove.Question{Actions: []string{"s3:ListBucket"}}, prove.Yes},
		{"two conditions of one key", []string{allowS3, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}}`},
			prove.Question{Actions: []string{"s3:*"}, Where: []enforce.ConditionElement{enforce.Condition("StringLike", "AWS:requestedregion", "us-*")}}, prove.No},
		{"a key that is missing", []string{allowS3, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`},
			prove.Question{Actions: []string{"s3:*"}, Where: []enforce.ConditionElement{enforce.Condition("Bool", "aws:SecureTransport", "false")}}, prove.No},
		{"a home of one's own", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}`},
			prove.Question{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::home/bob/*"}}, prove.No},
		{"a home of a tag", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:PrincipalTag/team}/*"}`},
			prove.Question{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::home/blue/*"}}, prove.Yes},
		{"values of a set", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]},"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"},"ForAnyValue:StringLike":{"aws:TagKeys":"?*"}}}`},
			prove.Question{Actions: []string{"s3:PutObject"}}, prove.Yes},
		{"no values of a set", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}}}`},
			prove.Question{Actions: []string{"s3:PutObject"}}, prove.No},
		{"a value that a Deny leaves in a set", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}}}`,
			`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}}`},
			prove.Question{Actions: []string{"s3:PutObject"}}, prove.Yes},
		{"an address in the middle of a block", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/30"},"NotIpAddress":{"aws:SourceIp":["10.0.0.0/31","10.0.0.3"]}}}`},
			prove.Question{Actions: []string{"s3:PutObject"}}, prove.Yes},
		{"an owner whom no policy names", []string{`{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:12*:q","Condition":{"StringNotEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}}`},
			prove.Question{Actions: []string{"sqs:SendMessage"}, Resources: []string{"arn:aws:sqs:*:12*5:*"}}, prove.No}, // across accounts
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set := &enforce.PolicySet{Identity: []*enforce.Policy{parse(t, enforce.IdentityPolicy, c.statements...)}}
			c.question.Principals = alice(t)
			a, err := prove.Can(t.Context(), set, c.question)
			require.NoError(t, err)
			assert.Equal(t, c.want, a.Verdict, "%v %v", a.Reasons, a.Witness)
			if a.Verdict == prove.Yes {
				d := enforce.Evaluate(a.Witness, set)
				assert.True(t, d.Allowed())
			}
		})
	}
}

// A No says what forbids all requests: the Denies, or the layers that do not allow.
func TestNoSaysWhy(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.IdentityPolicy, allowS3,
		`{"Sid":"Unrelated","Effect":"Deny","Action":"sqs:*","Resource":"*"}`,
		`{"Sid":"Production","Effect":"Deny","Action":"s3:Delete*","Resource":"arn:aws:s3:::prod-*"}`)
	scp := parse(t, enforce.ServiceControlPolicy, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{p}, SCPs: [][]*enforce.Policy{{enforce.FullAWSAccess(enforce.ServiceControlPolicy)}, {scp}}}
	q := prove.Question{Principals: alice(t), Actions: []string{"s3:DeleteObject"}, Resources: []string{"arn:aws:s3:::prod-*/*"}}
	a, err := prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	require.Equal(t, prove.No, a.Verdict)
	require.Len(t, a.Denies, 1)
	assert.Equal(t, "Production", a.Denies[0].Sid())
	assert.Empty(t, a.Missing)

	q.Actions = []string{"ec2:*"}
	a, err = prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	require.Equal(t, prove.No, a.Verdict)
	assert.Empty(t, a.Denies)
	assert.Equal(t, []enforce.Layer{enforce.SCPLayer, enforce.IdentityLayer}, a.Missing)
}

// Questions and policies that make no sense have no answer.
func TestBadInput(t *testing.T) {
	t.Parallel()
	who := alice(t)
	p := parse(t, enforce.IdentityPolicy, allowAll)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{p}}
	for want, c := range map[string]struct {
		set *enforce.PolicySet
		q   prove.Question
	}{
		"names no action":                    {set, prove.Question{Principals: who}},
		"names no principal":                 {set, prove.Question{Actions: []string{"*"}}},
		`action 2, "s3"`:                     {set, prove.Question{Principals: who, Actions: []string{"*", "s3"}}},
		`resource 1, "bucket"`:               {set, prove.Question{Principals: who, Actions: []string{"*"}, Resources: []string{"bucket"}}},
		"has no policy variables":            {set, prove.Question{Principals: who, Actions: []string{"*"}, Resources: []string{"arn:aws:s3:::${aws:username}"}}},
		`condition 1: unknown`:               {set, prove.Question{Principals: who, Actions: []string{"*"}, Where: []enforce.ConditionElement{enforce.Condition("StringIs", "k", "v")}}},
		"condition 2, DateEquals of \"k\"":   {set, prove.Question{Principals: who, Actions: []string{"*"}, Where: []enforce.ConditionElement{enforce.Condition("Null", "k", "true"), enforce.Condition("DateEquals", "k", "today")}}},
		`owner: account "9" has not`:         {set, prove.Question{Principals: who, Actions: []string{"*"}, ResourceAccount: "9"}},
		"no policies are given":              {nil, prove.Question{Principals: who, Actions: []string{"*"}}},
		"is no date":                         {set, prove.Question{Principals: who, Actions: []string{"*"}, Where: []enforce.ConditionElement{enforce.Condition("DateEquals", "k", "today")}}},
		`principal 1: unknown type`:          {set, prove.Question{Principals: []enforce.Principal{{Type: "Nobody"}}, Actions: []string{"*"}}},
		"has not 12 digits":                  {set, prove.Question{Principals: []enforce.Principal{{Type: enforce.User, Account: "1"}}, Actions: []string{"*"}}},
		"has an ARN":                         {set, prove.Question{Principals: []enforce.Principal{{Type: enforce.Root, Account: "111122223333"}}, Actions: []string{"*"}}},
		"has no account":                     {set, prove.Question{Principals: []enforce.Principal{{Type: enforce.Service, Account: "111122223333"}}, Actions: []string{"*"}}},
		"is given as service control policy": {&enforce.PolicySet{SCPs: [][]*enforce.Policy{{p}}}, prove.Question{Principals: who, Actions: []string{"*"}}},
		"is given as resource-based policy":  {&enforce.PolicySet{Resource: p}, prove.Question{Principals: who, Actions: []string{"*"}}},
	} {
		a, err := prove.Can(t.Context(), c.set, c.q)
		assert.ErrorContains(t, err, want)
		assert.Zero(t, a)
		_, err = prove.NoNewAccess(t.Context(), set, c.set, c.q)
		assert.ErrorContains(t, err, want)
		_, err = prove.Difference(t.Context(), set, c.set, c.q)
		assert.ErrorContains(t, err, want)
		_, err = prove.Equivalent(t.Context(), set, c.set, c.q)
		assert.ErrorContains(t, err, want)
	}
}

// Policies that are made to take long end within the budget, and with the context.
func TestHostilePolicies(t *testing.T) {
	t.Parallel()
	var denies []string
	for i := range 100 {
		denies = append(denies, fmt.Sprintf(`"arn:aws:s3:::*a*%d*b*%d*"`, i, i*7))
	}
	p := parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*a*1*b*2*a*3*b*"}`,
		`{"Effect":"Deny","Action":"*","Resource":[`+strings.Join(denies, ",")+`]}`)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{p}}
	q := prove.Question{Principals: alice(t), Actions: []string{"s3:*"}, Budget: 100_000}
	start := time.Now()
	a, err := prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	assert.Less(t, time.Since(start), time.Minute)
	if a.Verdict == prove.Unknown {
		assert.Equal(t, []string{"the budget is spent"}, a.Reasons)
	}

	q.Budget = 10
	a, err = prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	assert.Equal(t, prove.Unknown, a.Verdict)
	assert.Equal(t, []string{"the budget is spent"}, a.Reasons)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q.Budget = 0
	a, err = prove.Can(ctx, set, q)
	require.NoError(t, err)
	if a.Verdict == prove.Unknown {
		assert.Contains(t, a.Reasons, context.Canceled.Error())
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	q := prove.Question{Principals: alice(t), Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::b/*"}}
	free := parse(t, enforce.IdentityPolicy, allowAll)
	boundary := parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`)
	session := parse(t, enforce.SessionPolicy, `{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}`)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{free}, Boundary: boundary}
	a, err := prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	require.Equal(t, prove.Yes, a.Verdict)
	assert.True(t, strings.HasPrefix(a.Witness.Action, "s3:Get"), a.Witness.Action)

	set.Session = []*enforce.Policy{session}
	a, err = prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)

	// What the bucket's policy allows the user, no boundary forbids; of another account's it does.
	set.Resource = parse(t, enforce.BucketPolicy, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::b/*"}`)
	a, err = prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	require.Equal(t, prove.Yes, a.Verdict)
	assert.Equal(t, "s3:DeleteObject", a.Witness.Action)
	q.ResourceAccount = "444455556666"
	a, err = prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)
}

func TestAnyone(t *testing.T) {
	t.Parallel()
	bucket := func(statement string) *enforce.PolicySet {
		return &enforce.PolicySet{Resource: parse(t, enforce.BucketPolicy, statement)}
	}
	q := prove.Question{Anyone: true, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/*"}, ResourceAccount: "111122223333"}
	for statement, want := range map[string]enforce.PrincipalType{
		`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalType":"Anonymous"}}}`:                             enforce.Anonymous,
		`{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`:                                                         enforce.Service,
		`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ops/*"}}}`:        enforce.AssumedRole,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringLike":{"aws:username":"bo?"}}}`: enforce.User,
	} {
		a, err := prove.Can(t.Context(), bucket(statement), q)
		require.NoError(t, err)
		require.Equal(t, prove.Yes, a.Verdict, "%s %v", statement, a.Reasons)
		assert.Equal(t, want, a.Witness.Principal.Type, statement)
	}
	a, err := prove.Can(t.Context(), bucket(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalType":"Nobody"}}}`), q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)
}

// Among anyone are federated users, services that a condition names, and callers of tokens;
// where conditions have patterns of accounts, no No is given.
func TestAnyoneOfAllSorts(t *testing.T) {
	t.Parallel()
	q := prove.Question{Anyone: true, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/*"}, ResourceAccount: "111122223333"}
	for condition, want := range map[string]prove.Verdict{
		`{"StringEquals":{"aws:PrincipalType":"FederatedUser"},"StringLike":{"aws:userid":"*:bob"}}`:               prove.Yes,
		`{"StringEquals":{"aws:PrincipalServiceName":"logs.amazonaws.com"}}`:                                       prove.Yes,
		`{"StringLike":{"aws:PrincipalAccount":"4444*","aws:PrincipalType":"Nobody"}}`:                             prove.Unknown,
		`{"StringLike":{"aws:PrincipalServiceName":"logs.*","aws:PrincipalType":"Nobody"}}`:                        prove.Unknown,
		`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::44*:role/x"},"StringEquals":{"aws:PrincipalType":"Nobody"}}`: prove.Unknown,
	} {
		p := parse(t, enforce.BucketPolicy, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":`+condition+`}`)
		a, err := prove.Can(t.Context(), &enforce.PolicySet{Resource: p}, q)
		require.NoError(t, err)
		assert.Equal(t, want, a.Verdict, "%s %v", condition, a.Reasons)
	}
}

// The names of all actions of AWS are such that a question is about them.
func TestActionsOfAWS(t *testing.T) {
	t.Parallel()
	for _, prefix := range catalog.Prefixes() {
		service, _ := catalog.Lookup(prefix)
		for _, action := range service.Actions() {
			require.Regexp(t, `^[A-Za-z0-9-]+:[A-Za-z0-9-]+$`, action.String())
		}
	}
}

// The account in a resource's ARN and aws:ResourceAccount are one.
func TestOwner(t *testing.T) {
	t.Parallel()
	identity := parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:12*:q","Condition":{"StringNotEquals":{"aws:ResourceAccount":["${aws:PrincipalAccount}","121212121212"]}}}`)
	queue := parse(t, enforce.QueuePolicy, `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sqs:*","Resource":"*"}`)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{identity}, Resource: queue}
	q := prove.Question{Principals: alice(t), Actions: []string{"sqs:SendMessage"}, Resources: []string{"arn:aws:sqs:us-east-1:12*:*"}}
	q.Where = []enforce.ConditionElement{enforce.Condition("StringNotEquals", "aws:ResourceAccount", "111122223333")}
	a, err := prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	require.Equal(t, prove.Yes, a.Verdict, a.Reasons)
	assert.Regexp(t, `^arn:aws:sqs:us-east-1:12\d{10}:q$`, a.Witness.Resource)
	assert.NotContains(t, a.Witness.Resource, "121212121212")

	q.Resources = []string{"arn:aws:sqs:us-east-1:121212121212:*"}
	a, err = prove.Can(t.Context(), set, q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)
}

// Policy variables whose keys may have any value: equal to another key, and not.
func TestOpenVariables(t *testing.T) {
	t.Parallel()
	equal := `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"x":"${k}"}}}`
	other := `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"x":"${k}"}}}`
	same := `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"x":"${k}"}}}`
	q := prove.Question{Principals: alice(t), Actions: []string{"s3:*"}}
	can := func(statements ...string) prove.Verdict {
		a, err := prove.Can(t.Context(), &enforce.PolicySet{Identity: []*enforce.Policy{parse(t, enforce.IdentityPolicy, statements...)}}, q)
		require.NoError(t, err)
		return a.Verdict
	}
	assert.Equal(t, prove.Yes, can(other, equal))
	assert.Equal(t, prove.Yes, can(same))
	assert.Equal(t, prove.No, can(same, equal))
	assert.Equal(t, prove.No, can(equal))

	q.Where = []enforce.ConditionElement{enforce.Condition("Null", "x", "true")}
	assert.Equal(t, prove.Yes, can(other))
	assert.Equal(t, prove.No, can(same))

	// A number with a 7 in it that is less than 2.
	q.Where = []enforce.ConditionElement{enforce.Condition("StringEquals", "k", "7", "8")}
	assert.Equal(t, prove.Yes, can(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"x":"*${k}*"},"NumericLessThan":{"x":"2"}}}`))
	assert.Equal(t, prove.No, can(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"x":"${k}"},"NumericLessThan":{"x":"7.0"}}}`))
}

// Questions can be asked at the same time.
func TestQuestionsAtTheSameTime(t *testing.T) {
	t.Parallel()
	p := parse(t, enforce.IdentityPolicy, `{"Effect":"Allow","Action":["s3:*","sqs:Send*"],"Resource":"arn:aws:s3:::${aws:PrincipalTag/team}-*/*","Condition":{"ForAnyValue:StringLike":{"aws:TagKeys":["a*","*b"]},"ForAllValues:StringNotLike":{"k":"?*x"}}}`,
		`{"Effect":"Deny","Action":"s3:Put*","Resource":"*","Condition":{"ForAnyValue:StringNotEquals":{"k":"a"},"NumericLessThan":{"n":"5"},"StringLike":{"n":"*1"}}}`)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{p}}
	q := prove.Question{Principals: alice(t), Actions: []string{"s3:*"}}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 5 {
				a, err := prove.Can(t.Context(), set, q)
				if err != nil || a.Verdict != prove.Yes {
					t.Errorf("%v %v", a, err)
				}
				if _, err = prove.Redundant(t.Context(), p); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
