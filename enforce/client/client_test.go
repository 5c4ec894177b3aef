package client_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/client"
)

const queueARN = "arn:aws:sqs:us-east-1:111122223333:jobs"

func alice() enforce.Principal {
	return enforce.Principal{Type: enforce.User, ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333", UserName: "alice"}
}

// clientConfig never reaches the network: sending fails.
func clientConfig(o client.Options) aws.Config {
	return aws.Config{
		Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
		}),
		HTTPClient: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errSent }),
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
		APIOptions: []func(*middleware.Stack) error{client.Authorize(o)},
	}
}

var errSent = errors.New("the call was sent")

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

func allows(statement string) enforce.PolicySet {
	return enforce.PolicySet{Identity: []*enforce.Policy{
		enforce.MustParse(`{"Version":"2012-10-17","Statement":[`+statement+`]}`, enforce.IdentityPolicy)}}
}

func TestAuthorizeDenies(t *testing.T) {
	t.Parallel()
	var decisions []string
	o := client.Options{
		Principal: alice(), Policies: allows(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`),
		Decided: func(c *client.Call, d *enforce.Decision) {
			decisions = append(decisions, c.ServiceID+" "+d.Verdict.String())
		},
	}
	_, err := sqs.NewFromConfig(clientConfig(o)).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "AccessDenied", api.ErrorCode())
	assert.Equal(t, "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sqs:listqueues because no identity-based policy allows the sqs:listqueues action", api.ErrorMessage())
	var operation *smithy.OperationError
	require.ErrorAs(t, err, &operation)
	assert.Equal(t, "ListQueues", operation.Operation())

	_, err = sts.NewFromConfig(clientConfig(o)).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), RoleSessionName: aws.String("s")})
	require.ErrorAs(t, err, &api)
	assert.NotContains(t, api.ErrorMessage(), "because")

	_, err = s3.NewFromConfig(clientConfig(o)).ListBuckets(t.Context(), nil)
	require.ErrorIs(t, err, errSent, "an allowed call is sent")
	assert.Equal(t, []string{"SQS implicitDeny", "STS implicitDeny", "S3 allowed"}, decisions)
}

func TestAuthorizeNeeds(t *testing.T) {
	t.Parallel()
	o := client.Options{
		Principal: alice(),
		Policies:  allows(`{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"` + queueARN + `","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1","k":"v","x":"y"}}}`),
		Needs: func(_ context.Context, c *client.Call) ([]client.Need, error) {
			if c.Operation != "SendMessage" {
				return nil, errors.New("unknown operation " + c.Operation)
			}
			need := client.Need{Action: "sqs:SendMessage", Resource: queueARN}
			need.Context.Set("k", "v")
			return []client.Need{need, {Action: "sqs:SendMessage", Resource: queueARN, Name: "-",
				Policy: enforce.MustParse(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}}`, enforce.QueuePolicy)}}, nil
		},
	}
	o.Context.Set("x", "y")
	queues := sqs.NewFromConfig(clientConfig(o))
	_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("https://q"), MessageBody: aws.String("hi")})
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sqs:sendmessage with an explicit deny in a resource-based policy", api.ErrorMessage())
	_, err = queues.ListQueues(t.Context(), nil)
	require.ErrorContains(t, err, "what sqs:ListQueues needs: unknown operation ListQueues")
}

func TestAuthorizeStub(t *testing.T) {
	t.Parallel()
	o := client.Options{
		Principal: alice(), Policies: allows(`{"Effect":"Allow","Action":"*","Resource":"*"}`),
		Stub: func(_ context.Context, c *client.Call) (any, error) {
			switch in := c.Input.(type) {
			case *sqs.GetQueueUrlInput:
				return &sqs.GetQueueUrlOutput{QueueUrl: aws.String("https://" + c.Region + "/" + *in.QueueName)}, nil
			case *sqs.DeleteQueueInput:
				return nil, &smithy.GenericAPIError{Code: "Stubbed"}
			}
			return nil, client.ErrNotStubbed
		},
	}
	queues := sqs.NewFromConfig(clientConfig(o))
	out, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
	require.NoError(t, err)
	assert.Equal(t, "https://us-east-1/jobs", *out.QueueUrl)
	_, err = queues.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: aws.String("u")})
	require.ErrorContains(t, err, "Stubbed")
	_, err = queues.ListQueues(t.Context(), nil)
	require.ErrorIs(t, err, errSent)
}

func TestIAMPrefix(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"S3": "s3", "SQS": "sqs", "CloudWatch Logs": "logs", "SFN": "states", "Secrets Manager": "secretsmanager",
		"DynamoDB": "dynamodb", "EventBridge": "events", "Cognito Identity Provider": "cognito-idp", "SESv2": "ses",
		"Elastic Load Balancing v2": "elasticloadbalancing", "CloudWatch": "cloudwatch", "Lambda": "lambda",
	} {
		assert.Equal(t, want, client.IAMPrefix(id))
	}
}

// Every service answers denials with its own code.
func TestDenialCodes(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"S3": "AccessDenied", "IAM": "AccessDenied", "SNS": "AuthorizationError", "EC2": "UnauthorizedOperation",
		"DynamoDB": "AccessDeniedException", "KMS": "AccessDeniedException", "RDS": "AccessDenied",
	} {
		stack := middleware.NewStack("Op", func() any { return nil })
		require.NoError(t, client.Authorize(client.Options{Principal: alice()})(stack))
		m, ok := stack.Initialize.Get("client:Authorize")
		require.True(t, ok)
		_, _, err := m.HandleInitialize(client.WithService(t.Context(), id), middleware.InitializeInput{}, nil)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, want, api.ErrorCode(), id)
	}
}

// rule 61: EC2's denials can have an encoded message; those of other services not.
func TestAuthorizeEncodes(t *testing.T) {
	t.Parallel()
	o := client.Options{Principal: alice(), Encode: func(d *enforce.Decision) string { return "encoded " + d.Verdict.String() }}
	for id, want := range map[string]bool{"EC2": true, "DynamoDB": false} {
		stack := middleware.NewStack("Op", func() any { return nil })
		require.NoError(t, client.Authorize(o)(stack))
		m, ok := stack.Initialize.Get("client:Authorize")
		require.True(t, ok)
		_, _, err := m.HandleInitialize(client.WithService(t.Context(), id), middleware.InitializeInput{}, nil)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, want, strings.HasSuffix(api.ErrorMessage(), "Encoded authorization failure message: encoded implicitDeny"), api.ErrorMessage())
		assert.Equal(t, want, strings.HasPrefix(api.ErrorMessage(), "You are not authorized to perform this operation. User: "))
	}
}
