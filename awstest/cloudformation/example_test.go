package cloudformation_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/cloudformation"
)

// The worker of a template may purge its queue in development and not in production.
func ExampleTemplate() {
	_ = func(t *testing.T) { // a test of its own
		acct := awstest.New(t)
		stack := acct.Load(cloudformation.Template("testdata/worker.yaml", map[string]string{"Stage": "prod"}))
		worker := sqs.NewFromConfig(stack.Role("WorkerRole").Config())
		queue := &sqs.PurgeQueueInput{QueueUrl: aws.String(stack.Output("QueueUrl"))}
		_, err := worker.PurgeQueue(t.Context(), queue)
		awstest.AssertDenied(t, err, "sqs:PurgeQueue")
	}
}
