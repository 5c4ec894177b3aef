package docs_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/logstest"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// TestLogs is docs/logs.md's.
func TestLogs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acct := awstest.New(t, logstest.With())
	app := logstest.Of(acct).Create("/app")
	role := acct.NewRole("api", awstest.Allow("logs:CreateLogStream", "logs:PutLogEvents").On(app.ARN()+":*"))
	app.Put("web", "GET /a 200", "GET /b 500") // the stream is made
	app.Messages()                             // of all streams, in the order of time
	app.Stream("web")                          // the events of one, with ids and times
	app.State()                                // retention, key, tags, names of the streams

	assert.Equal(t, []string{"GET /a 200", "GET /b 500"}, app.Messages())
	_, err := cloudwatchlogs.NewFromConfig(role.Config()).CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("/app"), LogStreamName: aws.String("api")})
	require.NoError(t, err)

	function := "arn:aws:lambda:us-east-1:" + acct.ID() + ":function:digest"
	var events [][]byte
	acct.World().Receive(function, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		events = append(events, d.Body) // {"awslogs":{"data":…}}
		return nil, nil
	})
	acct.SetResourcePolicy(function, awstest.Allow("lambda:InvokeFunction").By("logs.amazonaws.com").
		If("ArnLike", "aws:SourceArn", app.ARN()+":*"))
	_, err = cloudwatchlogs.NewFromConfig(acct.Config()).PutSubscriptionFilter(ctx, &cloudwatchlogs.PutSubscriptionFilterInput{
		LogGroupName: aws.String("/app"), FilterName: aws.String("errors"), FilterPattern: aws.String("500"), DestinationArn: &function})
	require.NoError(t, err)
	app.Put("web", "GET /c 500")
	acct.Settle() // or the World does it by itself, a tenth of a second later

	assert.Len(t, events, 1)

	bus := fakeaws.ServiceCall{Principal: "events.amazonaws.com", SourceAccount: acct.ID()}.Actor()
	app.SetPolicy("events", awstest.Allow("logs:CreateLogStream", "logs:PutLogEvents").By("events.amazonaws.com"))
	_, err = acct.World().Deliver(ctx, bus, &fakeaws.Delivery{Target: app.ARN(), Name: "a-stream", Body: []byte("{}")})
	require.NoError(t, err)
	assert.Len(t, app.Stream("a-stream"), 1)
}
