package client_test

import (
	"context"
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/client"
)

var reader = enforce.Principal{
	Type:      enforce.AssumedRole,
	ARN:       "arn:aws:sts::111122223333:assumed-role/reader/session",
	IssuerARN: "arn:aws:iam::111122223333:role/reader",
	Account:   "111122223333",
}

// Any client of the SDK can be made to ask the policies first. Nothing is sent
// here: what is denied ends in the client, and what is allowed is answered by the
// stub.
func ExampleAuthorize() {
	cfg := aws.Config{
		Region: "us-east-1",
		APIOptions: []func(*middleware.Stack) error{client.Authorize(client.Options{
			Principal: reader,
			Policies: enforce.PolicySet{Identity: []*enforce.Policy{enforce.MustParse(
				`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}}`,
				enforce.IdentityPolicy)}},
			Stub: func(context.Context, *client.Call) (any, error) {
				return &sqs.SendMessageOutput{MessageId: aws.String("m-1")}, nil
			},
		})},
	}
	queues := sqs.NewFromConfig(cfg)
	queue := aws.String("https://sqs.us-east-1.amazonaws.com/111122223333/jobs")

	out, err := queues.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("hello")})
	fmt.Println(*out.MessageId, err)
	_, err = queues.PurgeQueue(context.Background(), &sqs.PurgeQueueInput{QueueUrl: queue})
	fmt.Println(err)
	// Output:
	// m-1 <nil>
	// operation error SQS: PurgeQueue, api error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/reader/session is not authorized to perform: sqs:purgequeue because no identity-based policy allows the sqs:purgequeue action
}

// Needs says which resources a call is about, so that policies for one resource
// count. What it does not know is an error, not a call that passes.
func ExampleAuthorize_needs() {
	policy := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage",
		"Resource":"arn:aws:sqs:us-east-1:111122223333:jobs"}}`, enforce.IdentityPolicy)
	authorize := client.Authorize(client.Options{
		Principal: reader,
		Policies:  enforce.PolicySet{Identity: []*enforce.Policy{policy}},
		Needs: func(_ context.Context, c *client.Call) ([]client.Need, error) {
			switch in := c.Input.(type) {
			case *sqs.SendMessageInput:
				arn := "arn:aws:sqs:" + c.Region + ":111122223333:" + path.Base(*in.QueueUrl)
				return []client.Need{{Action: c.Action(), Resource: arn}}, nil
			}
			return nil, fmt.Errorf("unknown operation %s", c.Operation)
		},
		Stub: func(context.Context, *client.Call) (any, error) {
			return &sqs.SendMessageOutput{MessageId: aws.String("m-1")}, nil
		},
	})
	queues := sqs.NewFromConfig(aws.Config{Region: "us-east-1", APIOptions: []func(*middleware.Stack) error{authorize}})

	for _, queue := range []string{"jobs", "other"} {
		_, err := queues.SendMessage(context.Background(), &sqs.SendMessageInput{
			QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/111122223333/" + queue), MessageBody: aws.String("hello"),
		})
		fmt.Println(queue, err)
	}
	// Output:
	// jobs <nil>
	// other operation error SQS: SendMessage, api error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/reader/session is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111122223333:other because no identity-based policy allows the sqs:sendmessage action
}
