package everyservice

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

func init() {
	awstest.RegisterUnion(
		types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberB{}, types.AttributeValueMemberBOOL{},
		types.AttributeValueMemberNULL{}, types.AttributeValueMemberL{}, types.AttributeValueMemberM{}, types.AttributeValueMemberSS{},
		types.AttributeValueMemberNS{}, types.AttributeValueMemberBS{})
}

// Stubs answer over the socket as they do in the process: what they are given and what the
// client gets is the same, in all protocols.
func TestStubsOverSocket(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]awstest.Option{"process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, opts...)
			ctx := t.Context()
			item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}, "n": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "2"}}}}
			awstest.Stub(acct, func(_ context.Context, in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
				assert.Equal(t, item, in.Item)
				return &dynamodb.PutItemOutput{Attributes: in.Item}, nil
			})
			put, err := dynamodb.NewFromConfig(acct.Config()).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("t"), Item: item})
			require.NoError(t, err)
			assert.Equal(t, item, put.Attributes)

			awstest.Stub(acct, func(_ context.Context, in *sns.PublishInput) (*sns.PublishOutput, error) {
				return &sns.PublishOutput{MessageId: aws.String(*in.Message + "!")}, nil
			})
			published, err := sns.NewFromConfig(acct.Config()).Publish(ctx, &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:t"), Message: aws.String("m")})
			require.NoError(t, err)
			assert.Equal(t, "m!", *published.MessageId)

			awstest.Stub(acct, func(_ context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
				return &lambda.InvokeOutput{StatusCode: 200, Payload: in.Payload, ExecutedVersion: in.Qualifier}, nil
			})
			invoked, err := lambda.NewFromConfig(acct.Config()).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("7"), Payload: []byte(`{"a":1}`)})
			require.NoError(t, err)
			assert.Equal(t, `{"a":1}`, string(invoked.Payload))
			assert.Equal(t, "7", *invoked.ExecutedVersion)

			awstest.Stub(acct, func(_ context.Context, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
				assert.Equal(t, "app", *in.Namespace)
				assert.InDelta(t, 1.5, *in.MetricData[0].Value, 0)
				return nil, nil
			})
			awstest.Stub(acct, func(_ context.Context, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
				return &cloudwatch.ListMetricsOutput{Metrics: []cwtypes.Metric{{MetricName: in.MetricName}}}, nil
			})
			metrics := cloudwatch.NewFromConfig(acct.Config())
			_, err = metrics.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: []cwtypes.MetricDatum{{MetricName: aws.String("m"), Value: aws.Float64(1.5)}}})
			require.NoError(t, err)
			listed, err := metrics.ListMetrics(ctx, &cloudwatch.ListMetricsInput{MetricName: aws.String("m")})
			require.NoError(t, err)
			assert.Equal(t, "m", *listed.Metrics[0].MetricName)

			awstest.Stub(acct, func(_ context.Context, in *route53.GetHostedZoneInput) (*route53.GetHostedZoneOutput, error) {
				if *in.Id != "Z1" {
					return nil, &r53types.NoSuchHostedZone{Message: aws.String("none")}
				}
				return &route53.GetHostedZoneOutput{HostedZone: &r53types.HostedZone{Id: in.Id, Name: aws.String("example.com."), CallerReference: aws.String("r")}}, nil
			})
			zones := route53.NewFromConfig(acct.Config())
			zone, err := zones.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String("Z1")})
			require.NoError(t, err)
			assert.Equal(t, "example.com.", *zone.HostedZone.Name)
			_, err = zones.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String("Z2")})
			var none *r53types.NoSuchHostedZone
			require.ErrorAs(t, err, &none)
		})
	}
}
