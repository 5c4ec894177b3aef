package awstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

// A role that deploys functions is an administrator where it may pass an administrator's role.
func TestEscalationFails(t *testing.T) {
	t.Parallel()
	r := failing(t, func(t awstest.TB) {
		acct := awstest.New(t)
		acct.NewRole("admin", awstest.Allow("*").On("*"), awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
		pipeline := acct.NewRole("pipeline", awstest.File("testdata/pipeline.json"))
		awstest.AssertNoEscalation(t, pipeline)
	})
	require.Len(t, r.errors, 1)
	assert.Equal(t, `want: no escalation by arn:aws:iam::000000000000:role/pipeline
got:  1, with what each call asks for
iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction
  1. arn:aws:sts::000000000000:assumed-role/pipeline/session: lambda:CreateFunction with FunctionName=escalation, Role=arn:aws:iam::000000000000:role/admin
     lambda:CreateFunction on arn:aws:lambda:us-east-1:000000000000:function:escalation: allowed by Functions of pipeline (testdata/pipeline.json:4:5)
     iam:PassRole on arn:aws:iam::000000000000:role/admin with iam:PassedToService=lambda.amazonaws.com: allowed by Pass of pipeline (testdata/pipeline.json:5:5)
  2. arn:aws:sts::000000000000:assumed-role/pipeline/session: lambda:InvokeFunction with FunctionName=escalation
     lambda:InvokeFunction on arn:aws:lambda:us-east-1:000000000000:function:escalation: allowed by Functions of pipeline (testdata/pipeline.json:4:5)
  3. lambda.amazonaws.com: sts:AssumeRole with RoleArn=arn:aws:iam::000000000000:role/admin: code that the caller chose runs as arn:aws:iam::000000000000:role/admin
     sts:AssumeRole on arn:aws:iam::000000000000:role/admin: allowed by statement 1 of admin
  gains: everything, for example s3:AbortMultipartUpload on arn:aws:s3:us-east-1:000000000000:accesspoint/example/object/example (statement 1 of policy-1), as arn:aws:sts::000000000000:assumed-role/admin/session
  closed by: add {"Effect":"Deny","Action":"iam:PassRole","Resource":"arn:aws:iam::000000000000:role/admin"} to a policy of arn:aws:sts::000000000000:assumed-role/pipeline/session, or narrow Pass of pipeline (testdata/pipeline.json:5:5)`, r.errors[0])
}

// What bounds the gain makes it none, and what cannot be known is no answer.
func TestNoEscalation(t *testing.T) {
	t.Parallel()
	own := awstest.Allow("iam:PutUserPolicy").On("arn:aws:iam::*:user/${aws:username}")
	for name, c := range map[string]struct {
		test func(tb awstest.TB, acct *awstest.Account) *awstest.Principal
		want string // in the failure; "" where there is none
	}{
		"a reader": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			return acct.NewUser("u", awstest.Allow("s3:Get*").On("*"))
		}, ""},
		"an administrator": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			return acct.NewUser("u", awstest.Allow("*").On("*"))
		}, ""},
		"its own policies":      {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal { return acct.NewUser("u", own) }, "iam:PutUserPolicy\n  1."},
		"those of another name": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal { return acct.NewRole("r", own) }, ""},
		"a boundary": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			return acct.NewUser("u", own, awstest.Boundary(own))
		}, ""},
		"a boundary that lets something through": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			return acct.NewUser("u", own, awstest.Boundary(awstest.Statements(own, awstest.Allow("s3:GetObject").On("*"))))
		}, "gains: for example s3:GetObject"},
		"an SCP": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			member := acct.NewOrganization().NewAccount()
			member.AttachSCP("only-iam", awstest.Statements(awstest.Deny("s3:*", "ec2:*").On("*")))
			return member.NewUser("u", own, awstest.Deny("*").On("*").If("StringNotLike", "aws:username", "u"))
		}, "iam:PutUserPolicy\n  1."},
		"an SCP that denies the call": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			member := acct.NewOrganization().NewAccount()
			member.AttachSCP("no-iam", awstest.Deny("iam:*"))
			return member.NewUser("u", own)
		}, ""},
		"a role that may be passed to another service": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			acct.NewRole("admin", awstest.Allow("*").On("*"), awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
			return acct.NewUser("u", awstest.Allow("lambda:*").On("*"), awstest.Allow("iam:PassRole").On("*").If("StringEquals", "iam:PassedToService", "ec2.amazonaws.com"))
		}, ""},
		"a role of a service that is not in the table": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			acct.NewRole("backup", awstest.Allow("*").On("*"), awstest.Trust(awstest.Allow("sts:AssumeRole").By("backup.amazonaws.com")))
			return acct.NewUser("u", awstest.Allow("backup:*", "iam:PassRole").On("*"))
		}, "got:  not known: "},
		"another account": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			u := acct.NewUser("u", awstest.Allow("sts:AssumeRole").On("*"))
			acct.NewAccount().NewRole("far", awstest.Allow("s3:*").On("*"), awstest.Trust(awstest.Allow("sts:AssumeRole").By(u.ARN())))
			return u
		}, "role/far"},
		"an administrator, by another account": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal {
			mine := acct.NewRole("mine")
			acct.NewAccount().NewRole("far", awstest.Allow("s3:*").On("*"), awstest.Trust(awstest.Allow("sts:AssumeRole").By(mine.ARN())))
			return acct.NewUser("u", awstest.Allow("*").On("*"))
		}, "role/far"},
		"the root user": {func(tb awstest.TB, acct *awstest.Account) *awstest.Principal { return acct.Root() }, "got:  no answer: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				awstest.AssertNoEscalation(tb, c.test(tb, awstest.New(tb)))
			})
			text := strings.Join(r.errors, "\n")
			if c.want == "" {
				assert.Empty(t, text)
				return
			}
			assert.Contains(t, text, c.want)
			assert.LessOrEqual(t, strings.Count(text, "\n"), 45, "more than a screen")
		})
	}
}

// Of the services that list all their resources it is known which policies there are to write,
// also where there is none yet.
func TestNoEscalationKnowsResources(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, dynamotest.With(), awstest.With(kinesis.Service))
	tables := acct.NewUser("tables", awstest.Allow("dynamodb:PutResourcePolicy").On("*"))
	streams := acct.NewUser("streams", awstest.Allow("kinesis:PutResourcePolicy").On("*"))
	awstest.AssertNoEscalation(t, tables)
	awstest.AssertNoEscalation(t, streams)
	orders := dynamotest.Of(acct).Create("orders", "id")
	name := "clicks"
	_, err := awskinesis.NewFromConfig(acct.Root().Config()).CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	for p, arn := range map[*awstest.Principal]string{tables: orders.ARN(), streams: "arn:aws:kinesis:us-east-1:" + acct.ID() + ":stream/clicks"} {
		r := &recorder{}
		assert.False(t, awstest.AssertNoEscalation(r, p))
		require.Len(t, r.errors, 1)
		assert.Contains(t, r.errors[0], ":PutResourcePolicy\n  1.")
		assert.Contains(t, r.errors[0], arn)
	}
	accounts, undescribed := acct.World().Describe(acct.ID())
	require.Len(t, accounts, 1)
	assert.Empty(t, undescribed)
	var arns []string
	for _, resource := range accounts[0].Resources {
		arns = append(arns, resource.ARN)
	}
	assert.Equal(t, []string{orders.ARN(), "arn:aws:kinesis:us-east-1:" + acct.ID() + ":stream/clicks"}, arns, "each once, and no roles")
}

// An alias has a policy of its own, which may be written where that of its function may not.
func TestNoEscalationKnowsAliases(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	f := lambdatest.Of(acct).Handle("f", acct.NewRole("f", lambdatest.Trust()), func(context.Context) error { return nil })
	client, alias := awslambda.NewFromConfig(acct.Root().Config()), f.ARN()+":live"
	version, err := client.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	_, err = client.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: aws.String("f"), Name: aws.String("live"), FunctionVersion: version.Version})
	require.NoError(t, err)
	u := acct.NewUser("u", awstest.Allow("lambda:AddPermission").On(alias))
	result := escalations(t, acct, u)
	require.Len(t, result.Paths, 1, "%v", result.Unknown)
	assert.Contains(t, result.Paths[0].String(), alias)
	replayed(t, acct, u, result.Paths[0])
}
