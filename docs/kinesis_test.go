package docs

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/firehose"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

// TestKinesis is docs/kinesis.md's.
func TestKinesis(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(kinesis.Service, firehose.Service))
	stream := fakeaws.ARN("kinesis", acct.Region(), acct.ID(), "stream/orders")
	client := awskinesis.NewFromConfig(acct.Config())
	_, err := client.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	_, err = client.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a"), Data: []byte("order 1")})
	require.NoError(t, err)
	records := kinesis.Of(acct.World()).Records(stream, "", "")
	assert.Equal(t, "order 1", string(records[0].Data))

	acct.S3().CreateBucket("lake")
	role := acct.NewRole("delivery", awstest.Trust(awstest.Allow("sts:AssumeRole").By("firehose.amazonaws.com")), awstest.Allow("s3:PutObject").On("arn:aws:s3:::lake/*"))
	hose := awsfirehose.NewFromConfig(acct.Config())
	_, err = hose.CreateDeliveryStream(t.Context(), &awsfirehose.CreateDeliveryStreamInput{
		DeliveryStreamName:                 aws.String("logs"),
		ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::lake"), RoleARN: aws.String(role.ARN())},
	})
	require.NoError(t, err)
	_, err = hose.PutRecord(t.Context(), &awsfirehose.PutRecordInput{DeliveryStreamName: aws.String("logs"), Record: &firehosetypes.Record{Data: []byte("order 1")}})
	require.NoError(t, err)
	assert.Empty(t, acct.S3().Bucket("lake").Keys())
	acct.Advance(300 * time.Second) // BufferingHints.IntervalInSeconds
	lake := acct.S3().Bucket("lake")
	assert.Equal(t, "order 1", lake.Body(lake.Keys()[0]))
}
