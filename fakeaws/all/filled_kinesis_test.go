package all_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const (
	streamARN    = "arn:aws:kinesis:" + worldtest.Region + ":" + worldtest.Account + ":stream/target"
	firehoseRole = "arn:aws:iam::" + worldtest.Account + ":role/target"
)

// fillKinesis makes a stream with a consumer, and a Firehose stream.
func (f *filled) fillKinesis(t testing.TB, client *kinesis.Client, hose *firehose.Client) {
	t.Helper()
	ctx := t.Context()
	_, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("target"), ShardCount: aws.Int32(2)})
	require.NoError(t, err)
	put, err := client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("target"), PartitionKey: aws.String("target"), Data: []byte("data")})
	require.NoError(t, err)
	it, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamARN: aws.String(streamARN), ShardId: put.ShardId, ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	consumer, err := client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: aws.String(streamARN), ConsumerName: aws.String("target")})
	require.NoError(t, err)
	f.values["kinesis.ShardIterator"], f.values["SubscribeToShard.ConsumerARN"] = *it.ShardIterator, *consumer.Consumer.ConsumerARN
	f.values["DescribeStreamConsumer.ConsumerARN"], f.values["DeregisterStreamConsumer.ConsumerARN"] = *consumer.Consumer.ConsumerARN, *consumer.Consumer.ConsumerARN
	role := iam.NewFromConfig(worldtest.FixtureConfig(f.World.World, worldtest.Account, worldtest.Region))
	_, err = role.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("target"), PolicyDocument: aws.String(trustFirehose)})
	require.NoError(t, err)
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("target"), ExtendedS3DestinationConfiguration: toTarget})
	require.NoError(t, err)
}

const trustFirehose = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","firehose.amazonaws.com"]},"Action":"sts:AssumeRole"}}`

// toTarget is a destination in the bucket.
var toTarget = &firehosetypes.ExtendedS3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::target"), RoleARN: aws.String(firehoseRole)}

// kinesisValues are the values of members of Kinesis and Firehose.
var kinesisValues = map[string]any{
	"kinesis.ResourceARN": streamARN, "kinesis.StreamARN": streamARN, "kinesis.Policy": toRoot, "kinesis.Tags": map[string]string{"value": "value"},
	"kinesis.ShardId": "shardId-000000000000", "ShardToSplit": "shardId-000000000000", "ShardToMerge": "shardId-000000000000", "AdjacentShardToMerge": "shardId-000000000001",
	"NewStartingHashKey": "1000", "RetentionPeriodHours": aws.Int32(24), "TargetShardCount": aws.Int32(2), "CreateStream.ShardCount": aws.Int32(1),
	"CreateStream.StreamName": "value", "kinesis.KeyId": "alias/aws/kinesis", "ShardLevelMetrics": []kinesistypes.MetricsName{kinesistypes.MetricsNameAll},
	"MaxRecordSizeInKiB": aws.Int32(1024), "WarmThroughputMiBps": aws.Int32(1), "kinesis.EncryptionType": kinesistypes.EncryptionTypeKms,
	"StreamModeDetails":        &kinesistypes.StreamModeDetails{StreamMode: kinesistypes.StreamModeOnDemand},
	"kinesis.StartingPosition": &kinesistypes.StartingPosition{Type: kinesistypes.ShardIteratorTypeLatest}, "kinesis.ShardIteratorType": kinesistypes.ShardIteratorTypeLatest,
	"RecordDistributionStrategy": kinesistypes.RecordDistributionStrategyUserPartitionKey,

	"PutRecord.PartitionKey": "value", "PutRecords.Records": []kinesistypes.PutRecordsRequestEntry{{PartitionKey: aws.String("value"), Data: []byte("value")}},

	"firehose.Record": &firehosetypes.Record{Data: []byte("value")}, "PutRecordBatch.Records": []firehosetypes.Record{{Data: []byte("value")}},
	"DeliveryStreamName": "target", "CreateDeliveryStream.DeliveryStreamName": "value", "CreateDeliveryStream.ExtendedS3DestinationConfiguration": toTarget,
	"CurrentDeliveryStreamVersionId": "1", "DestinationId": "destinationId-000000000001",
	"UpdateDestination.ExtendedS3DestinationUpdate": &firehosetypes.ExtendedS3DestinationUpdate{Prefix: aws.String("value")},
	"firehose.Tags": []firehosetypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
}

func init() {
	clientsOf["firehose"] = func(c aws.Config) any { return firehose.NewFromConfig(c) }
	for _, operation := range []string{"AddTagsToStream", "RemoveTagsFromStream", "ListTagsForStream", "DeleteStream", "DescribeStream", "DescribeStreamSummary", "ListShards",
		"GetShardIterator", "PutRecords", "SplitShard", "MergeShards", "UpdateShardCount", "IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod",
		"EnableEnhancedMonitoring", "DisableEnhancedMonitoring", "StartStreamEncryption", "StopStreamEncryption", "UpdateStreamWarmThroughput", "PutRecord", "UpdateMaxRecordSize", "UpdateStreamRecordDistributionStrategy", "UpdateStreamMode"} {
		kinesisValues["kinesis."+operation+".StreamARN"] = streamARN
	}
	register("kinesis", func(c aws.Config) any { return kinesis.NewFromConfig(c) }, kinesisValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillKinesis(t, kinesis.NewFromConfig(c), firehose.NewFromConfig(c))
	})
}
