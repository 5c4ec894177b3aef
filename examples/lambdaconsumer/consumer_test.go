package lambdaconsumer

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// setUp makes the account as it is in production: the queue, the bucket, and the function
// that consumes one into the other.
func setUp(t *testing.T) (acct *awstest.Account, role *awstest.Principal) {
	t.Helper()
	acct = awstest.New(t, lambdatest.With())
	orders := acct.SQS().CreateQueue("orders", nil)
	acct.S3().CreateBucket("archive")
	role = acct.NewRole("consumer", lambdatest.Trust(), awstest.File("policy.json"))
	lambdatest.Of(acct).
		HandleConfig("consumer", role, func(cfg aws.Config) any { return New(cfg, "archive").Handle }).
		Consume(orders.ARN(), lambdatest.ReportFailures())
	return acct, role
}

// The function stores the orders, and its role has no permission that it does not need.
func TestConsumerIsLeastPrivilege(t *testing.T) {
	t.Parallel()
	acct, role := setUp(t)
	acct.SQS().Queue("orders").Send(`{"id":"1"}`, `{"id":"2"}`, `no order`)
	acct.Settle()
	assert.Equal(t, []string{"orders/1.json", "orders/2.json"}, acct.S3().Bucket("archive").Keys())
	assert.Equal(t, []string{"no order"}, acct.SQS().Queue("orders").Bodies())
	awstest.AssertLeastPrivilege(t, role)
}

// Without one of its permissions the function fails, and the log of calls says which it
// lacks. The message stays in the queue, and is handled when the permission is back.
func TestConsumerWithoutPutObject(t *testing.T) {
	t.Parallel()
	acct, role := setUp(t)
	consume := awstest.Allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On("arn:aws:sqs:us-east-1:000000000000:orders")
	role.Replace("policy", consume)
	orders := acct.SQS().Queue("orders")
	orders.Send(`{"id":"1"}`)
	acct.Settle()
	assert.Empty(t, acct.S3().Bucket("archive").Keys())
	denied := acct.Calls().By(role).Denied()
	require.Len(t, denied, 1)
	assert.Equal(t, "DENY role/consumer s3:PutObject arn:aws:s3:::archive/orders/1.json  no identity-based policy allows it", denied[0].Decisions[0].String())

	role.Replace("policy", awstest.Statements(consume, awstest.Allow("s3:PutObject").On("arn:aws:s3:::archive/orders/*")))
	acct.Advance(30 * time.Second) // the visibility timeout
	assert.Equal(t, []string{"orders/1.json"}, acct.S3().Bucket("archive").Keys())
	assert.Empty(t, orders.Messages())
}
