package all_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	register("logs", func(c aws.Config) any { return cloudwatchlogs.NewFromConfig(c) }, logsValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillLogs(t, cloudwatchlogs.NewFromConfig(c))
	})
}

// logsValues are those of plainValues that are members of CloudWatch Logs.
var logsValues = map[string]any{
	"LogGroupName": "target", "LogGroupIdentifier": "target", "LogStreamName": "target", "StartQuery.LogGroupName": "target", "RetentionInDays": int32(1),
	"GetLogEvents.LogGroupName": "target", "FilterLogEvents.LogGroupName": "target", "DescribeLogStreams.LogGroupName": "target", "DestinationName": "target",
	"AssociateKmsKey.LogGroupName": "target", "DisassociateKmsKey.LogGroupName": "target", "KmsKeyId": "arn:aws:kms:us-east-1:" + worldtest.Account + ":key/01234567-89ab-cdef-0123-456789abcdef",
	"TargetArn": "arn:aws:kinesis:us-east-1:" + worldtest.Account + ":stream/target", "DestinationArn": "arn:aws:lambda:us-east-1:" + worldtest.Account + ":function:target",
	"logs.ResourceArn": "arn:aws:logs:us-east-1:" + worldtest.Account + ":log-group:target", "QueryString": "fields @message",
	"logs.StartTime": int64(1), "logs.EndTime": int64(2), "PutResourcePolicy.PolicyDocument": toRoot, "PutResourcePolicy.PolicyName": "target", "DeleteResourcePolicy.PolicyName": "target",
}

func (f *filled) fillLogs(t testing.TB, client *cloudwatchlogs.Client) {
	t.Helper()
	ctx, name := t.Context(), aws.String("target")
	_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name})
	require.NoError(t, err)
	_, err = client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: name, LogStreamName: name})
	require.NoError(t, err)
	now := f.Clock().Now().UnixMilli()
	_, err = client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: name, LogStreamName: name,
		LogEvents: []logstypes.InputLogEvent{{Message: aws.String("data"), Timestamp: &now}}})
	require.NoError(t, err)
	f.values["logs.LogEvents"] = []logstypes.InputLogEvent{{Message: aws.String("data"), Timestamp: &now}}
	query, err := client.StartQuery(ctx, &cloudwatchlogs.StartQueryInput{LogGroupName: name, StartTime: aws.Int64(0), EndTime: aws.Int64(now / 1000), QueryString: aws.String("fields @message")})
	require.NoError(t, err)
	f.values["QueryId"] = *query.QueryId
	results, err := client.GetQueryResults(ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: query.QueryId})
	require.NoError(t, err)
	f.values["LogRecordPointer"] = *results.Results[0][1].Value
}
