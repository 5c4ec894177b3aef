package terraform_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/terraform"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"strings"
)

func TestService(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
	stack := acct.Load(terraform.Plan("testdata/service/plan.json"))
	worker := stack.Role("aws_iam_role.worker[0]")
	bucket := stack.Bucket("aws_s3_bucket.data")
	client := s3.NewFromConfig(worker.Config())
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket.Name()), Key: aws.String("tenants/a/orders.csv"), Body: strings.NewReader("x")})
	require.NoError(t, err)
	_, err = client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket.Name()), Key: aws.String("tenants/a/orders.csv")})
	require.Error(t, err)
	t.Log(err)
	queue := stack.Queue(`module.queue["import"].aws_sqs_queue.this`)
	out, err := sqs.NewFromConfig(worker.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue.URL())})
	require.NoError(t, err)
	assert.Len(t, out.Messages, 1)
	for _, r := range stack.NotMade() {
		t.Log(r.Address, r.Type, r.Properties)
	}
}
