package organizations_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// What an organization costs a call, by whose account makes it.
func BenchmarkCall(b *testing.B) {
	for _, shape := range shapes {
		b.Run(shape.name, func(b *testing.B) {
			call := shape.call(b)
			b.ReportAllocs()
			for b.Loop() {
				call()
			}
		})
	}
}

// A shape is an account and its organization.
type shape struct {
	name string
	make func(acct *awstest.Account) *awstest.Account // returns who calls
}

var shapes = []shape{
	{"no organization", func(acct *awstest.Account) *awstest.Account { return acct }},
	{"another account's organization", func(acct *awstest.Account) *awstest.Account {
		acct.NewAccount().NewOrganization().AttachSCP("p", usual("s3:*"))
		return acct
	}},
	{"management account", func(acct *awstest.Account) *awstest.Account {
		acct.NewOrganization().AttachSCP("p", usual("s3:*"))
		return acct
	}},
	{"three levels", func(acct *awstest.Account) *awstest.Account {
		return limited(acct.NewOrganization(), 1).NewAccount()
	}},
	{"three levels, five policies each", func(acct *awstest.Account) *awstest.Account {
		return limited(acct.NewOrganization(), 4).NewAccount()
	}},
}

// limited puts SCPs and RCPs on the root and on an OU in it; the account beneath is
// the third level.
func limited(org *awstest.Organization, policies int) *awstest.OU {
	ou := org.NewOU("workloads")
	for i := range policies {
		name := strconv.Itoa(i)
		org.AttachSCP("root-scp"+name, usual("sqs:Delete"+name+"*")).AttachRCP("root-rcp"+name, usual("sqs:*"))
		ou.AttachSCP("ou-scp"+name, usual("ec2:*")).AttachRCP("ou-rcp"+name, usual("s3:*"))
	}
	return ou
}

// usual is a statement like those of real SCPs.
func usual(action string) awstest.Statement {
	return awstest.Deny(action).If("StringNotEqualsIfExists", "aws:RequestedRegion", "us-east-1", "eu-west-1").If("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin")
}

// call prepares a call of a user of the account.
func (s shape) call(tb testing.TB) func() {
	acct := s.make(awstest.New(tb))
	out, err := sqs.NewFromConfig(acct.Config()).CreateQueue(tb.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	require.NoError(tb, err)
	client, in := sqs.NewFromConfig(acct.NewUser("u", awstest.Allow("sqs:*")).Config()), &sqs.GetQueueAttributesInput{QueueUrl: out.QueueUrl}
	ctx := tb.Context()
	return func() {
		_, err := client.GetQueueAttributes(ctx, in)
		require.NoError(tb, err)
	}
}

// An account without an organization pays nothing for those of others, and a member
// no memory for its policies: they are compiled when they are stored.
func TestOrganizationsAllocateNothing(t *testing.T) {
	allocations := make([]float64, len(shapes))
	for i, s := range shapes {
		call := s.call(t)
		for range 50 {
			call()
		}
		allocations[i] = testing.AllocsPerRun(200, call)
	}
	for i, s := range shapes {
		require.InDelta(t, allocations[0], allocations[i], 1, s.name)
	}
}
