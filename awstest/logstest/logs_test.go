package logstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/logstest"
)

// Go code seeds and inspects log groups past the policies, and the calls of programs do not
// show it.
func TestLogs(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, logstest.With())
	logs := logstest.Of(acct)
	app := logs.CreateGroup(&awslogs.CreateLogGroupInput{LogGroupName: aws.String("/app"), Tags: map[string]string{"team": "red"}})
	logs.In("eu-west-1").Create("/other")
	app.Put("web", "one", "two")
	app.Put("api", "three")
	assert.Equal(t, []string{"/app"}, logs.Names())
	assert.Equal(t, []string{"/other"}, logs.In("eu-west-1").Names())
	assert.Equal(t, "arn:aws:logs:"+acct.Region()+":"+acct.ID()+":log-group:/app", app.ARN())
	assert.Equal(t, "/app", app.Name())
	assert.Equal(t, []string{"api", "web"}, app.State().Streams)
	assert.Equal(t, map[string]string{"team": "red"}, app.State().Tags)
	require.Len(t, app.Stream("web"), 2)
	assert.Equal(t, "two", app.Stream("web")[1].Message)
	assert.ElementsMatch(t, []string{"one", "two", "three"}, logs.Group("/app").Messages())
	assert.Empty(t, acct.Calls())
}
