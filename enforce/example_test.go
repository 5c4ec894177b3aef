package enforce_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"

	"github.com/leastpriv/leastpriv/enforce"
)

var reader = enforce.Principal{
	Type:      enforce.AssumedRole,
	ARN:       "arn:aws:sts::111122223333:assumed-role/reader/session",
	IssuerARN: "arn:aws:iam::111122223333:role/reader",
	Account:   "111122223333",
}

const readReports = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "ReadReports",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "finance"}}
  }]
}`

func ExampleEvaluate() {
	policy, err := enforce.Parse(readReports, enforce.IdentityPolicy, enforce.Source{Name: "read-reports"})
	if err != nil {
		panic(err)
	}
	req := &enforce.Request{Principal: reader, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q3.csv"}
	req.Context.Set("aws:PrincipalTag/team", "finance")
	set := &enforce.PolicySet{Identity: []*enforce.Policy{policy}}

	d := enforce.Evaluate(req, set)
	fmt.Println(d.String())

	req.Action = "s3:DeleteObject"
	d = enforce.Evaluate(req, set)
	fmt.Println(d.String())
	fmt.Println(d.Message(enforce.MessageStyle{QuoteResource: true}))
	// Output:
	// ALLOW role/reader s3:GetObject arn:aws:s3:::reports/q3.csv  allowed by identity-based policy read-reports, ReadReports (policy:3:17)
	// DENY role/reader s3:DeleteObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it
	// User: arn:aws:sts::111122223333:assumed-role/reader/session is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::reports/q3.csv" because no identity-based policy allows the s3:DeleteObject action
}

func ExampleDecision_Explain() {
	policy := enforce.MustParse(readReports, enforce.IdentityPolicy)
	d := enforce.Evaluate(&enforce.Request{
		Principal: reader, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q3.csv",
	}, &enforce.PolicySet{Identity: []*enforce.Policy{policy}})
	fmt.Println(d.Explain())
	// Output:
	// DENY role/reader s3:GetObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it
	//   identity-based policy    implicitDeny
	//   not allowed by identity-based policy, ReadReports (policy:3:17):
	//     StringEquals aws:PrincipalTag/team wants "finance"; the request has no aws:PrincipalTag/team
	//   to allow it, add to the identity-based policy: {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/q3.csv"}
}

func ExampleParse() {
	_, err := enforce.Parse(`{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"k": "v"}}}
}`, enforce.IdentityPolicy, enforce.Source{File: "policy.json"})
	fmt.Println(err)
	// Output:
	// policy.json:3:85: MalformedPolicyDocument: Syntax errors in policy. (unknown condition operator "StringEqual"; did you mean "StringEquals"?)
}

// Any client of the SDK can be made to ask the policies first. Nothing is sent
// here: what is denied ends in the client, and what is allowed is answered by the
// stub.
func ExampleAuthorize() {
	cfg := aws.Config{
		Region: "us-east-1",
		APIOptions: []func(*middleware.Stack) error{enforce.Authorize(enforce.Options{
			Principal: reader,
			Policies: enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(
				`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}}`,
				enforce.IdentityPolicy)}},
			Stub: func(context.Context, *enforce.Call) (any, error) {
				return &sqs.SendMessageOutput{MessageId: aws.String("m-1")}, nil
			},
		})},
	}
	client := sqs.NewFromConfig(cfg)
	queue := aws.String("https://sqs.us-east-1.amazonaws.com/111122223333/jobs")

	out, err := client.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("hello")})
	fmt.Println(*out.MessageId, err)
	_, err = client.PurgeQueue(context.Background(), &sqs.PurgeQueueInput{QueueUrl: queue})
	fmt.Println(err)
	// Output:
	// m-1 <nil>
	// operation error SQS: PurgeQueue, api error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/reader/session is not authorized to perform: sqs:purgequeue because no identity-based policy allows the sqs:purgequeue action
}
