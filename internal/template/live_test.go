package template

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

func environment(params map[string]string) Environment {
	return Environment{
		Target: deploy.Target{Partition: "aws", Account: "111122223333", Region: "us-east-1", ID: func(string, int) string { return "" }}, StackName: "s",
		StackID: "arn:aws:cloudformation:us-east-1:111122223333:stack/s/1", Parameters: params,
	}
}

const sam = `
Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Type: String, Default: test}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: index.handler
      Runtime: nodejs22.x
      Tags: {stage: !Ref Stage}
      Tracing: Active
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}
      EventInvokeConfig: {MaximumRetryAttempts: 1}
      Events:
        In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5}}
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 hour), Input: "{}"}}
  T: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: key, Type: Number}}}
Outputs:
  Arn: {Value: !GetAtt F.Arn, Export: {Name: !Sub "${AWS::StackName}-arn"}}
`

// A template that is deployed is evaluated resource by resource, with what is there already.
func TestOpen(t *testing.T) {
	t.Parallel()
	live, err := Open([]byte(sam), environment(nil))
	require.NoError(t, err)
	var order []string
	for _, r := range live.Resources() {
		order = append(order, r.Logical)
	}
	assert.Equal(t, []string{"Queue", "FRole", "F", "FIn", "FTick", "FTickPermission", "FEventInvokeConfig", "T"}, order)
	in, err := live.Properties("FIn")
	require.NoError(t, err)
	assert.True(t, Missing(in), "of a queue that is not there")
	live.Set(map[string]string{"Queue": "url", "Queue.Arn": "arn:queue", "F": "f", "F.Arn": "arn:f", "FRole.Arn": "arn:role"})
	in, err = live.Properties("FIn")
	require.NoError(t, err)
	assert.JSONEq(t, `{"EventSourceArn":"arn:queue","FunctionName":"f","BatchSize":5}`, toJSON(in))
	f, err := live.Properties("F")
	require.NoError(t, err)
	assert.JSONEq(t, `{"Code":{"S3Bucket":"bucket","S3Key":"key"},"DeadLetterConfig":{"TargetArn":"arn:queue"},"Handler":"index.handler","Role":"arn:role","Runtime":"nodejs22.x",`+
		`"Tags":[{"Key":"lambda:createdBy","Value":"SAM"},{"Key":"stage","Value":"test"}],"TracingConfig":{"Mode":"Active"}}`, toJSON(f))
	tick, err := live.Properties("FTick")
	require.NoError(t, err)
	assert.JSONEq(t, `{"ScheduleExpression":"rate(1 hour)","Targets":[{"Id":"FTickLambdaTarget","Arn":"arn:f","Input":"{}"}]}`, toJSON(tick))
	table, err := live.Properties("T")
	require.NoError(t, err)
	assert.JSONEq(t, `{"AttributeDefinitions":[{"AttributeName":"key","AttributeType":"N"}],"KeySchema":[{"AttributeName":"key","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}`, toJSON(table))
	outputs, err := live.Outputs()
	require.NoError(t, err)
	assert.Equal(t, []Output{{Key: "Arn", Value: "arn:f", Export: "s-arn"}}, outputs)
	again, err := Open([]byte(live.Processed()), environment(nil))
	require.NoError(t, err, "what SAM has made is a template without it")
	assert.Len(t, again.Resources(), len(live.Resources()))
}

// FuzzOpen has any template opened and what is made of it: it is read, or refused.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(sam))
	for _, file := range []string{"worker.yaml", "sam.yaml", "fleet.json", "storage.yaml", "trust.yaml"} {
		text, err := os.ReadFile("../../awstest/cloudformation/testdata/" + file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if o, err := Inspect(text); err == nil {
			_ = o.Validate()
		}
		live, err := Open(text, environment(nil))
		if err != nil {
			var own *Error
			var missing *UnsupportedError
			assert.True(t, errors.As(err, &own) || errors.As(err, &missing), "%T", err)
			return
		}
		for _, r := range live.Resources() {
			_, err := live.Properties(r.Logical)
			assert.NoError(t, err, "what is opened is evaluated")
			_ = live.References(r.Logical)
		}
		_ = live.Processed()
	})
}
