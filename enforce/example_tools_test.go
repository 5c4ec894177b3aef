package enforce_test

import (
	"context"
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"

	"github.com/leastpriv/leastpriv/enforce"
)

func ExampleLint() {
	findings := enforce.Lint(`{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["s3:GetObjects", "s3:ListBucket"],
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEqual": {"aws:PrincipalTag/team": "finance"}}
  }
}`, enforce.IdentityPolicy, enforce.Source{File: "policy.json"})
	for _, f := range findings {
		fmt.Println(f.String())
	}
	// Output:
	// policy.json:5:16: error INVALID_ACTION: Amazon S3 has no action "GetObjects"; did you mean "s3:GetObject"?
	// policy.json:5:33: warning RESOURCE_NOT_OF_ACTION: s3:ListBucket acts on none of the statement's resources; it acts on arn:${Partition}:s3:::${BucketName}, arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}
	// policy.json:7:19: error MalformedPolicyDocument: unknown condition operator "StringEqual"; did you mean "StringEquals"?
}

func ExampleSimulate() {
	s := &enforce.Simulation{
		Principal: reader,
		Policies:  enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(readReports, enforce.IdentityPolicy)}},
		Actions:   []string{"s3:GetObject", "s3:PutObject"},
		Resources: []string{"arn:aws:s3:::reports/q3.csv"},
	}
	s.Context.Set("aws:PrincipalTag/team", "finance")
	decisions, err := enforce.Simulate(s)
	if err != nil {
		panic(err)
	}
	for i := range decisions {
		fmt.Println(decisions[i].String())
	}
	// Output:
	// ALLOW role/reader s3:GetObject arn:aws:s3:::reports/q3.csv  allowed by identity-based policy, ReadReports (policy:3:17)
	// DENY role/reader s3:PutObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it
}

// Needs says which resources a call is about, so that policies for one resource
// count. What it does not know is an error, not a call that passes.
func ExampleAuthorize_needs() {
	policy := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage",
		"Resource":"arn:aws:sqs:us-east-1:111122223333:jobs"}}`, enforce.IdentityPolicy)
	authorize := enforce.Authorize(enforce.Options{
		Principal: reader,
		Policies:  enforce.PolicySet{Identity: []*enforce.Policy{policy}},
		Needs: func(_ context.Context, c *enforce.Call) ([]enforce.Need, error) {
			switch in := c.Input.(type) {
			case *sqs.SendMessageInput:
				arn := "arn:aws:sqs:" + c.Region + ":111122223333:" + path.Base(*in.QueueUrl)
				return []enforce.Need{{Action: c.Action(), Resource: arn}}, nil
			}
			return nil, fmt.Errorf("unknown operation %s", c.Operation)
		},
		Stub: func(context.Context, *enforce.Call) (any, error) {
			return &sqs.SendMessageOutput{MessageId: aws.String("m-1")}, nil
		},
	})
	client := sqs.NewFromConfig(aws.Config{Region: "us-east-1", APIOptions: []func(*middleware.Stack) error{authorize}})

	for _, queue := range []string{"jobs", "other"} {
		_, err := client.SendMessage(context.Background(), &sqs.SendMessageInput{
			QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/111122223333/" + queue), MessageBody: aws.String("hello"),
		})
		fmt.Println(queue, err)
	}
	// Output:
	// jobs <nil>
	// other operation error SQS: SendMessage, api error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/reader/session is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111122223333:other because no identity-based policy allows the sqs:sendmessage action
}
