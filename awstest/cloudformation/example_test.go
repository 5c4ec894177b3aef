package cloudformation_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/cloudformation"
)

// The worker of a template may purge its queue in development, and not in production.
func ExampleTemplate() {
	var t *testing.T // the test's

	acct := awstest.New(t)
	stack := acct.Load(cloudformation.Template("testdata/worker.yaml", map[string]string{"Stage": "prod"}))
	worker := sqs.NewFromConfig(stack.Role("WorkerRole").Config())
	_, err := worker.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String(stack.Output("QueueUrl"))})
	awstest.AssertDenied(t, err, "sqs:PurgeQueue")
}

// One stack of an app of the CDK; roles are named by the paths of their constructs.
func ExampleCDK() {
	var t *testing.T // the test's

	acct := awstest.New(t)
	stack := acct.Load(cloudformation.CDK("testdata/cdk.out"))
	worker := sqs.NewFromConfig(stack.Role("AppStack/Worker/ServiceRole").Config())
	_, err := worker.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(stack.Queue("DataStack/Jobs").URL())})
	awstest.AssertAllowed(t, err)
}
