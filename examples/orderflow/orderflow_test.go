// Package orderflow proves a chain of services as it is in production: orders come to a queue, a
// Lambda function stores them in a DynamoDB table, and another one that reads the table's stream
// publishes them to a topic. Each function has a role of its own.
package orderflow

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// store is the function that stores the orders of a queue.
func store(cfg aws.Config) any {
	client := dynamodb.NewFromConfig(cfg)
	return func(ctx context.Context, batch events.SQSEvent) error {
		for _, m := range batch.Records {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]types.AttributeValue{
				"id": &types.AttributeValueMemberS{Value: m.Body},
			}})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// publish is the function that tells of new orders.
func publish(topic string) func(aws.Config) any {
	return func(cfg aws.Config) any {
		client := awssns.NewFromConfig(cfg)
		return func(ctx context.Context, batch events.DynamoDBEvent) error {
			for _, r := range batch.Records {
				if _, err := client.Publish(ctx, &awssns.PublishInput{TopicArn: &topic, Message: aws.String(r.Change.Keys["id"].String())}); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

// flow is the account as it is in production.
type flow struct {
	*awstest.Account
	orders            *awstest.Queue
	table             *dynamotest.Table
	topic             string
	storing, emitting *awstest.Principal
}

func newFlow(t *testing.T) *flow {
	t.Helper()
	acct := awstest.New(t, lambdatest.With(), dynamotest.With(), awstest.With(sns.Service))
	f := &flow{Account: acct, orders: acct.SQS().CreateQueue("orders", nil), table: dynamotest.Of(acct).Create("orders", "id")}
	stream := f.table.EnableStream(types.StreamViewTypeKeysOnly)
	topic, err := awssns.NewFromConfig(acct.Config()).CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("new-orders")})
	require.NoError(t, err)
	f.topic = *topic.TopicArn
	f.storing = acct.NewRole("storing", lambdatest.Trust(), awstest.Statements(
		awstest.Allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On(f.orders.ARN()),
		awstest.Allow("dynamodb:PutItem").On(f.table.ARN()),
	))
	f.emitting = acct.NewRole("emitting", lambdatest.Trust(), awstest.Statements(
		awstest.Allow("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream").On(stream),
		awstest.Allow("dynamodb:ListStreams"),
		awstest.Allow("sns:Publish").On(f.topic),
	))
	functions := lambdatest.Of(acct)
	functions.HandleConfig("storing", f.storing, store).Consume(f.orders.ARN())
	functions.HandleConfig("emitting", f.emitting, publish(f.topic)).Consume(stream, lambdatest.From(lambdatypes.EventSourcePositionTrimHorizon))
	return f
}

func TestOrdersAreStoredAndPublished(t *testing.T) {
	f := newFlow(t)
	f.orders.Send("order-1", "order-2")
	f.Settle()
	assert.Len(t, f.table.Items(), 2)
	assert.Len(t, sns.Published(f.World(), f.topic), 2)
	assert.Empty(t, f.orders.Messages())
	awstest.AssertLeastPrivilege(t, f.storing)
	awstest.AssertLeastPrivilege(t, f.emitting)
}

// Without dynamodb:PutItem nothing is stored, the log says why, and the order comes again when
// the permission is back.
func TestStoringWithoutPutItem(t *testing.T) {
	f := newFlow(t)
	receive := awstest.Allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On(f.orders.ARN())
	f.storing.Replace("policy-1", receive)
	f.orders.Send("order-1")
	f.Settle()
	assert.Empty(t, f.table.Items())
	f.AssertDenied(t, "dynamodb:PutItem")
	denied := f.Calls().By(f.storing).Denied()
	require.Len(t, denied, 1)
	assert.Equal(t, "DENY role/storing dynamodb:PutItem "+f.table.ARN()+"  no identity-based policy allows it", denied[0].Decisions[0].String())

	f.storing.Replace("policy-1", awstest.Statements(receive, awstest.Allow("dynamodb:PutItem").On(f.table.ARN())))
	f.Advance(time.Minute) // longer than the visibility timeout
	assert.Len(t, f.table.Items(), 1)
}
