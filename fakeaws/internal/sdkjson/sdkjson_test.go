package sdkjson_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/sdkjson"
)

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v map[string]any
	require.NoError(t, d.Decode(&v))
	return v
}

// Members of each kind are filled in.
func TestFill(t *testing.T) {
	t.Parallel()
	var send sqs.SendMessageInput
	require.NoError(t, sdkjson.Fill(&send, object(t, `{"QueueUrl":"u","MessageBody":{"a":[1]},"DelaySeconds":5,"MessageGroupId":null,
		"MessageAttributes":{"n":{"DataType":"Binary","BinaryValue":"bytes"}}}`)))
	assert.Equal(t, sqs.SendMessageInput{QueueUrl: aws.String("u"), MessageBody: aws.String(`{"a":[1]}`), DelaySeconds: 5,
		MessageAttributes: map[string]types.MessageAttributeValue{"n": {DataType: aws.String("Binary"), BinaryValue: []byte("bytes")}}}, send)
	var put s3.PutObjectInput
	require.NoError(t, sdkjson.Fill(&put, object(t, `{"Bucket":"b","Key":"k","Body":"text","BucketKeyEnabled":true,"Expires":"2026-01-02T03:04:05Z","ACL":"private","Metadata":{"m":"v"}}`)))
	body, err := io.ReadAll(put.Body)
	require.NoError(t, err)
	assert.Equal(t, "text", string(body))
	assert.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), *put.Expires)
	assert.Equal(t, s3types.ObjectCannedACLPrivate, put.ACL)
	assert.True(t, *put.BucketKeyEnabled)
	var metrics s3.PutBucketMetricsConfigurationInput
	require.NoError(t, sdkjson.Fill(&metrics, object(t, `{"MetricsConfiguration":{"Id":"i","Filter":{"Prefix":"p"}}}`)))
	assert.Equal(t, &s3types.MetricsFilterMemberPrefix{Value: "p"}, metrics.MetricsConfiguration.Filter)
}

// What does not fit names the member.
func TestFillErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Nothing":1}`:                                       "/Nothing: The field is not supported",
		`{"ResultMetadata":{}}`:                               "/ResultMetadata: The field is not supported",
		`{"QueueUrl":1}`:                                      "/QueueUrl: The value must be a string",
		`{"DelaySeconds":"5"}`:                                "/DelaySeconds: The value must be an integer",
		`{"DelaySeconds":99999999999}`:                        "/DelaySeconds: The value must be an integer",
		`{"MessageAttributes":[]}`:                            "/MessageAttributes: The value must be a map",
		`{"MessageAttributes":{"a":1}}`:                       "/MessageAttributes/a: The value must be a structure",
		`{"MessageAttributes":{"a":{"X":1}}}`:                 "/MessageAttributes/a/X: The field is not supported",
		`{"MessageAttributes":{"a":{"StringListValues":{}}}}`: "/MessageAttributes/a/StringListValues: The value must be a list",
	} {
		require.EqualError(t, sdkjson.Fill(&sqs.SendMessageInput{}, object(t, text)), want)
	}
	require.EqualError(t, sdkjson.Fill(&s3.PutBucketMetricsConfigurationInput{}, object(t, `{"MetricsConfiguration":{"Filter":{"None":1}}}`)), "/MetricsConfiguration/Filter/None: The field is not supported")
	require.EqualError(t, sdkjson.Fill(&iam.TagUserInput{}, object(t, `{"Tags":[1]}`)), "/Tags[0]: The value must be a structure")
}

// An output has what is set, with timestamps as texts and streams read.
func TestValue(t *testing.T) {
	t.Parallel()
	out := sdkjson.Value(&s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader("text")), ContentLength: aws.Int64(4), LastModified: aws.Time(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), Metadata: map[string]string{"m": ""}})
	assert.Equal(t, map[string]any{"Body": "text", "ContentLength": json.Number("4"), "LastModified": "2026-01-02T03:04:05Z", "Metadata": map[string]any{"m": ""}}, out)
	assert.Equal(t, map[string]any{"Credentials": map[string]any{"AccessKeyId": "a"}}, sdkjson.Value(&sts.AssumeRoleOutput{Credentials: &ststypes.Credentials{AccessKeyId: aws.String("a")}}))
	assert.Equal(t, map[string]any{"MetricsConfiguration": map[string]any{"Filter": map[string]any{"Prefix": "p"}}},
		sdkjson.Value(&s3.GetBucketMetricsConfigurationOutput{MetricsConfiguration: &s3types.MetricsConfiguration{Filter: &s3types.MetricsFilterMemberPrefix{Value: "p"}}}))
	assert.Equal(t, map[string]any{}, sdkjson.Value(&sqs.DeleteMessageOutput{}))
}

func FuzzFill(f *testing.F) {
	f.Add(`{"QueueUrl":"u","MessageBody":{"a":[1]},"MessageAttributes":{"n":{"BinaryValue":"b"}}}`)
	f.Add(`{"MetricsConfiguration":{"Filter":{"And":{"Tags":[{"Key":"k"}]}}}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v map[string]any
		if d.Decode(&v) != nil {
			return
		}
		for _, in := range []any{&sqs.SendMessageInput{}, &s3.PutBucketMetricsConfigurationInput{}, &s3.PutObjectInput{}, &iam.CreateUserInput{}} {
			if sdkjson.Fill(in, v) == nil {
				sdkjson.Value(in)
			}
		}
	})
}
