package lambda_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// AddPermission writes statements as Lambda does.
func TestAddPermissionStatements(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	someone := acct.NewUser("someone")
	lambdatest.Of(acct).Handle("fn", acct.NewRole("worker", lambdatest.Trust()), nothing)
	c := client(acct)
	_, err := c.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("fn")})
	require.NoError(t, err)
	arn := "arn:aws:lambda:us-east-1:" + acct.ID() + ":function:fn"
	const invoke = `"Effect":"Allow","Action":"lambda:InvokeFunction"`
	for id, tc := range map[string]struct {
		in   awslambda.AddPermissionInput
		want string
	}{
		"service": {awslambda.AddPermissionInput{Principal: aws.String("s3.amazonaws.com"), SourceArn: aws.String("arn:aws:s3:::b"), SourceAccount: aws.String("111122223333")},
			invoke + `,"Principal":{"Service":"s3.amazonaws.com"},"Resource":"` + arn + `","Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}`},
		"account":   {awslambda.AddPermissionInput{Principal: aws.String("111122223333")}, invoke + `,"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Resource":"` + arn + `"`},
		"user":      {awslambda.AddPermissionInput{Principal: aws.String(someone.ARN())}, invoke + `,"Principal":{"AWS":"` + someone.ARN() + `"},"Resource":"` + arn + `"`},
		"everybody": {awslambda.AddPermissionInput{Principal: aws.String("*"), PrincipalOrgID: aws.String("o-1234567890")}, invoke + `,"Principal":"*","Resource":"` + arn + `","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}`},
		"alexa":     {awslambda.AddPermissionInput{Principal: aws.String("*"), EventSourceToken: aws.String("amzn1.ask.skill.1")}, invoke + `,"Principal":"*","Resource":"` + arn + `","Condition":{"StringEquals":{"lambda:EventSourceToken":"amzn1.ask.skill.1"}}`},
		"version":   {awslambda.AddPermissionInput{Principal: aws.String("sns.amazonaws.com"), Qualifier: aws.String("1")}, invoke + `,"Principal":{"Service":"sns.amazonaws.com"},"Resource":"` + arn + `:1"`},
		"via-url":   {awslambda.AddPermissionInput{Principal: aws.String("*"), InvokedViaFunctionUrl: aws.Bool(true)}, invoke + `,"Principal":"*","Resource":"` + arn + `","Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}`},
		"url": {awslambda.AddPermissionInput{Action: aws.String("lambda:InvokeFunctionUrl"), Principal: aws.String("*"), FunctionUrlAuthType: types.FunctionUrlAuthTypeNone},
			`"Effect":"Allow","Action":"lambda:InvokeFunctionUrl","Principal":"*","Resource":"` + arn + `","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}`},
	} {
		tc.in.FunctionName, tc.in.StatementId = aws.String("fn"), &id
		if tc.in.Action == nil {
			tc.in.Action = aws.String("lambda:InvokeFunction")
		}
		out, err := c.AddPermission(t.Context(), &tc.in)
		require.NoError(t, err, id)
		assert.JSONEq(t, `{"Sid":"`+id+`",`+tc.want+`}`, *out.Statement, id)
	}
	policy, err := c.GetPolicy(t.Context(), &awslambda.GetPolicyInput{FunctionName: aws.String("fn")})
	require.NoError(t, err)
	var document struct {
		Version, ID string
		Statement   []json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(*policy.Policy), &document))
	assert.Equal(t, "2012-10-17 default", document.Version+" "+document.ID)
	assert.Len(t, document.Statement, 7, "that of the version is another policy's")

	again := &awslambda.AddPermissionInput{FunctionName: aws.String("fn"), StatementId: aws.String("url"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*")}
	_, err = c.AddPermission(t.Context(), again)
	requireCode(t, err, "ResourceConflictException", "The statement id (url) provided already exists. Please provide a new statement id, or remove the existing statement.")
	again.StatementId, again.RevisionId = aws.String("new"), aws.String("wrong")
	_, err = c.AddPermission(t.Context(), again)
	requireCode(t, err, "PreconditionFailedException", "Call the GetPolicy API to retrieve the latest Revision Id")
	again.RevisionId = policy.RevisionId
	again.Principal = aws.String("nobody")
	_, err = c.AddPermission(t.Context(), again)
	requireCode(t, err, "InvalidParameterValueException", "The provided principal was invalid. Please check the principal and try again.")
	again.Principal, again.Qualifier = aws.String("*"), aws.String("$LATEST")
	_, err = c.AddPermission(t.Context(), again)
	requireCode(t, err, "InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
	for id := range map[string]bool{"service": true, "account": true, "user": true, "everybody": true, "alexa": true, "url": true, "via-url": true} {
		_, err = c.RemovePermission(t.Context(), &awslambda.RemovePermissionInput{FunctionName: aws.String("fn"), StatementId: &id})
		require.NoError(t, err)
	}
	_, err = c.RemovePermission(t.Context(), &awslambda.RemovePermissionInput{FunctionName: aws.String("fn"), StatementId: aws.String("url")})
	requireCode(t, err, "ResourceNotFoundException", "No policy is associated with the given resource.")
	_, err = c.GetPolicy(t.Context(), &awslambda.GetPolicyInput{FunctionName: aws.String("fn")})
	requireCode(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")
}

// Another account invokes a function when its policy and their own let it.
func TestCrossAccountInvoke(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		other := acct.NewAccount()
		fn := lambdatest.Of(acct).Handle("shared", acct.NewRole("worker", lambdatest.Trust()), func() (int, error) { return 42, nil })
		user := other.NewUser("user", awstest.Allow("lambda:InvokeFunction"))
		in := &awslambda.InvokeInput{FunctionName: aws.String(fn.ARN())}
		_, err := clientOf(user).Invoke(t.Context(), in)
		awstest.RequireDenied(t, err, "lambda:InvokeFunction")
		requireCode(t, err, "AccessDeniedException", "User: "+user.ARN()+" is not authorized to perform: lambda:InvokeFunction on resource: "+fn.ARN()+" because no resource-based policy allows the lambda:InvokeFunction action")
		fn.Permit(other.ID(), "")
		out, err := clientOf(user).Invoke(t.Context(), in)
		require.NoError(t, err)
		assert.Equal(t, "42", string(out.Payload))
		in.Qualifier = aws.String("live")
		_, err = clientOf(user).Invoke(t.Context(), in)
		awstest.RequireDenied(t, err, "lambda:InvokeFunction")
	})
}

// A service invokes a function through its policy, for the source that the policy names.
func TestServicesInvoke(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	var got []string
	fn := lambdatest.Of(acct).Handle("fn", acct.NewRole("worker", lambdatest.Trust()), func(event string) (string, error) {
		got = append(got, event)
		return "answer", nil
	})
	w, source := acct.World(), "arn:aws:s3:::bucket"
	by := fakeaws.ServiceCall{Principal: "s3.amazonaws.com", SourceARN: source, SourceAccount: acct.ID(), Region: "us-east-1"}.Actor()
	d := &fakeaws.Delivery{Target: fn.ARN(), Body: []byte(`"event"`)}
	_, err := w.Deliver(t.Context(), by, d)
	awstest.RequireDenied(t, err, "lambda:InvokeFunction")
	fn.Permit("s3.amazonaws.com", source)
	_, err = w.Deliver(t.Context(), by, d)
	require.NoError(t, err)
	assert.Empty(t, got, "it is asynchronous")
	acct.Settle()
	assert.Equal(t, []string{"event"}, got)
	d.Answered = true
	answer, err := w.Deliver(t.Context(), by, d)
	require.NoError(t, err)
	assert.Equal(t, `"answer"`, string(answer))
	assert.True(t, w.TargetExists(fn.ARN()))
	assert.False(t, w.TargetExists(fn.ARN()+":live"))
}

// What code of a function calls tells which function it is; the policy of the called one may
// ask for it.
func TestSourceFunctionArn(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	queue := acct.SQS().CreateQueue("orders", nil)
	role := acct.NewRole("worker", lambdatest.Trust(), awstest.Allow("sqs:GetQueueAttributes").On(queue.ARN()).
		If("ArnEquals", "lambda:SourceFunctionArn", "arn:aws:lambda:us-east-1:"+acct.ID()+":function:one"))
	for _, name := range []string{"one", "two"} {
		lambdatest.Of(acct).HandleConfig(name, role, look(queue.URL()))
		out, err := invokeNamed(t.Context(), client(acct), name, `{}`)
		require.NoError(t, err)
		assert.Equal(t, name == "two", out.FunctionError != nil, string(out.Payload))
	}
}
