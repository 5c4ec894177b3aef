package awstest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// Whoever anybody can be is a stranger: a role as well as a user, in an organization of its
// own or in none.
func TestNotPublicOfStrangers(t *testing.T) {
	t.Parallel()
	for name, condition := range map[string]string{
		"roles":                  `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}`,
		"sessions":               `"StringEquals":{"aws:PrincipalType":"AssumedRole"}`,
		"root users":             `"StringEquals":{"aws:PrincipalType":"Account"}`,
		"with credentials":       `"Null":{"aws:TokenIssueTime":"false"}`,
		"of some organization":   `"Null":{"aws:PrincipalOrgID":"false"}`,
		"of any organization":    `"StringLike":{"aws:PrincipalOrgID":"o-*"}`,
		"of organization paths":  `"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/*"}`,
		"of other organizations": `"StringNotEquals":{"aws:PrincipalOrgID":"o-mine"}`,
		"tagged":                 `"StringLike":{"aws:PrincipalTag/team":"*"}`,
	} {
		acct := awstest.New(t)
		queue := acct.SQS().CreateQueue("q", map[string]string{"Policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{` + condition + `}}}`})
		r := &recorder{}
		assert.False(t, awstest.AssertNotPublic(r, acct, queue.ARN()), name)
	}

	// A Deny keeps them out, whoever they are.
	acct := awstest.New(t)
	queue := acct.SQS().CreateQueue("q", map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"},
		{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"` + acct.ID() + `"}}}]}`})
	awstest.AssertNotPublic(t, acct, queue.ARN())
}
