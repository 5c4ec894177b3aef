package escalation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// Who assumes a role names the session: what other policies give to one of its sessions is
// given to who may name it so.
func TestSessionNames(t *testing.T) {
	t.Parallel()
	const session = `arn:aws:sts::` + id + `:assumed-role/mine/special`
	for name, statements := range map[string]string{
		"as the principal": `{"Effect":"Allow","Principal":{"AWS":"` + session + `"},"Action":"sts:AssumeRole"}`,
		"by its user id":   `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + id + `:role/mine"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"aws:userid":"*:special"}}}`,
		"spared by a Deny": `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + id + `:role/mine"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringNotLike":{"aws:userid":"*:special"}}}`,
	} {
		w, from := scene(t, allow("s3:GetObject"))
		trusted(t, w.Accounts[0].Roles[1], statements)
		result := search(t, w, from)
		assert.NotEqual(t, prove.No, result.Verdict(), name)
	}
	w, from := scene(t, allow("s3:GetObject"))
	w.Accounts[0].Roles[0].Inline = []*enforce.Policy{parse(t, enforce.IdentityPolicy, "mine", `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringLike":{"aws:userid":"*:special"}}}`)}
	result := search(t, w, from)
	assert.NotEqual(t, prove.No, result.Verdict(), "what the role itself may do")
}

// Anybody may have an application of the providers that all accounts share.
func TestSharedProviders(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]prove.Verdict{
		"": prove.Unknown,
		`,"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}}`:          prove.No,
		`,"Condition":{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`: prove.Unknown,
	} {
		w, from := scene(t, allow("s3:GetObject"))
		trusted(t, w.Accounts[0].Roles[1], `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"`+condition+`}`)
		result := search(t, w, from)
		assert.Equal(t, want, result.Verdict(), "%s %v", condition, result.Unknown)
	}
}

// A resource that admits one more, beside what it admits everybody to.
func TestGainByOneOfSeveralStatements(t *testing.T) {
	t.Parallel()
	w, from := scene(t, allow("s3:GetObject"))
	a := w.Accounts[0]
	const queue = "arn:aws:sqs:us-east-1:" + id + ":q"
	a.Resources = []*account.Resource{{ARN: queue, Policy: parse(t, enforce.QueuePolicy, "queue", `
		{"Effect":"Allow","Principal":{"AWS":["`+from.ARN+`","`+a.Roles[0].ARN+`"]},"Action":"sqs:ReceiveMessage","Resource":"`+queue+`"},
		{"Effect":"Allow","Principal":{"AWS":["`+from.ARN+`","`+a.Roles[0].ARN+`"]},"Action":"sqs:GetQueueAttributes","Resource":"`+queue+`"},
		{"Effect":"Allow","Principal":{"AWS":"`+a.Roles[0].ARN+`"},"Action":"sqs:PurgeQueue","Resource":"`+queue+`"}`)}}
	result := search(t, w, from)
	assert.NotEqual(t, prove.No, result.Verdict(), "%v", result.Unknown)
}

// What a role may do that admits the caller, under conditions that ask who calls.
func TestGainByConditions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after string
	}{
		"negated variable":      {allow("s3:*") + `,{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"s3:prefix":"${aws:PrincipalTag/team}"}}}`, allow("s3:*")},
		"old version variables": {`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`, `{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team, 'x'}"}`},
		"if exists":             {allow("s3:GetObject"), `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEqualsIfExists":{"aws:PrincipalTag/team":"x"}}}`},
		"for all":               {allow("s3:GetObject"), `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:PrincipalTag/team":"x"}}}`},
		"not action":            {allow("s3:GetObject"), `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`},
		"not resource":          {allow("s3:GetObject"), `{"Effect":"Allow","Action":"dynamodb:*","NotResource":"arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team}"}`},
		"user name":             {allow("s3:GetObject"), `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"Null":{"aws:username":"true"}}}`},
		"token":                 {allow("s3:GetObject"), `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"Null":{"aws:TokenIssueTime":"false"}}}`},
		"type":                  {allow("s3:GetObject"), `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}}`},
		"same, by type":         {`{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}}`, `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}}`},
		"a Deny of users":       {allow("dynamodb:*") + `,{"Effect":"Deny","Action":"dynamodb:*","Resource":"*","Condition":{"Null":{"aws:TokenIssueTime":"true"}}}`, allow("dynamodb:*")},
	} {
		w, from := scene(t, c.before)
		mine := w.Accounts[0].Roles[0]
		mine.Inline = []*enforce.Policy{parse(t, enforce.IdentityPolicy, "mine", c.after)}
		result := search(t, w, from)
		assert.NotEqual(t, prove.No, result.Verdict(), "%s %v", name, result.Unknown)
	}
}
