package all_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	fhtypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	packages["kinesis"], packages["firehose"] = "kinesis", "firehose"
	recordedServices["kinesis"] = recordedService{schema: "kinesis", folder: "kinesis", scenarios: kinesisScenarios}
	recordedServices["firehose"] = recordedService{schema: "firehose", folder: "firehose", scenarios: firehoseScenarios}
	knownDifferences[`kinesis *HashKey: want "*`] = "the recording has a placeholder there"
}

const kinesisTests = "kinesis::TestKinesis::test_"

// kinesisStream makes a stream.
func kinesisStream(p *player, shards *int32) *string {
	name := aws.String("stream")
	in := &kinesis.CreateStreamInput{StreamName: name, ShardCount: shards}
	if shards == nil {
		in.StreamModeDetails = &kinesistypes.StreamModeDetails{StreamMode: kinesistypes.StreamModeOnDemand}
	}
	p.call(in)
	return name
}

var kinesisScenarios = map[string]scenario{
	kinesisTests + "add_tags_to_stream": func(p *player) {
		name := kinesisStream(p, aws.Int32(1))
		p.call(&kinesis.AddTagsToStreamInput{StreamName: name, Tags: map[string]string{"foo": "bar"}})
		got := p.call(&kinesis.ListTagsForStreamInput{StreamName: name})
		p.compare("Tags", at(got, "Tags.0"))
	},
	kinesisTests + "create_stream_without_shard_count": func(p *player) {
		got := p.call(&kinesis.DescribeStreamInput{StreamName: kinesisStream(p, nil)})
		p.compare("Shards", at(got, "StreamDescription.Shards"))
	},
	kinesisTests + "record_lifecycle_data_integrity": func(p *player) {
		name := kinesisStream(p, aws.Int32(1))
		long := strings.Repeat("a", strings.Count(*text(p.recorded["Records"], "1.Data"), "a"))
		for _, data := range []string{"", long, "test", "ünicödé 统一码 💣💻🔥"} {
			p.call(&kinesis.PutRecordInput{StreamName: name, Data: []byte(data), PartitionKey: aws.String("1")})
		}
		shards := p.call(&kinesis.ListShardsInput{StreamName: name})
		iterator := p.call(&kinesis.GetShardIteratorInput{StreamName: name, ShardId: text(shards, "Shards.0.ShardId"), ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon})
		got := p.call(&kinesis.GetRecordsInput{ShardIterator: text(iterator, "ShardIterator")})
		p.compare("Records", at(got, "Records"))
	},
	kinesisTests + "stream_consumers": func(p *player) {
		described := p.call(&kinesis.DescribeStreamInput{StreamName: kinesisStream(p, aws.Int32(1))})
		arn := text(described, "StreamDescription.StreamARN")
		p.call(&kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("consumer")})
		listed := p.call(&kinesis.ListStreamConsumersInput{StreamARN: arn})
		p.compare("One_consumer_by_list_stream", at(listed, "Consumers"))
		got := p.call(&kinesis.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("consumer")})
		p.compare("One_consumer_by_describe_stream", at(got, "ConsumerDescription"))
	},
}

var firehoseScenarios = map[string]scenario{
	"firehose::TestFirehoseResourceTagging::test_resource_tagging": func(p *player) {
		roles := iam.NewFromConfig(worldtest.FixtureConfig(p.world.World, worldtest.Account, worldtest.Region))
		role, err := roles.CreateRole(p.Context(), &iam.CreateRoleInput{RoleName: aws.String("delivery"), AssumeRolePolicyDocument: aws.String(strings.ReplaceAll(trustLambda, "lambda.amazonaws.com", "firehose.amazonaws.com"))})
		require.NoError(p, err)
		name := aws.String("stream")
		p.call(&firehose.CreateDeliveryStreamInput{
			DeliveryStreamName: name, Tags: []fhtypes.Tag{{Key: aws.String("subject"), Value: aws.String("taboo")}},
			ExtendedS3DestinationConfiguration: &fhtypes.ExtendedS3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::bucket"), RoleARN: role.Role.Arn},
		})
		list := func(answer string) {
			p.answer(answer, &firehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: name})
		}
		list("list-tags-1")
		p.answer("remove-tags", &firehose.UntagDeliveryStreamInput{DeliveryStreamName: name, TagKeys: []string{"subject"}})
		list("list-tags-2")
		p.answer("add-tags", &firehose.TagDeliveryStreamInput{DeliveryStreamName: name, Tags: []fhtypes.Tag{{Key: aws.String("feeling"), Value: aws.String("uncomfortable")}}})
		list("list-tags-3")
	},
}
