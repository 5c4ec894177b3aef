package kinesis_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

// An attempt is a call of a user whose policy names what it needs, or only most of it.
type attempt struct {
	name    string
	grants  []string // statements, all of which the call needs
	perform func(*testing.T, *awskinesis.Client) error
}

// Each operation takes just the permissions that it is documented to take.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const stream = arnOf + "orders"
	name, arn, shard := aws.String("orders"), aws.String(stream), aws.String("shardId-000000000000")
	requestTag := condition("StringEquals", "aws:RequestTag/team", "a")
	tags := map[string]string{"team": "a"}
	do := func(_ any, err error) error { return err }
	for _, tc := range []attempt{
		{"create", []string{allow("kinesis:CreateStream", arnOf+"new")}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("new"), ShardCount: aws.Int32(1)}))
		}},
		{"create with tags", []string{allow("kinesis:CreateStream", arnOf+"new", requestTag), allow("kinesis:AddTagsToStream", arnOf+"new", requestTag)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("new"), ShardCount: aws.Int32(1), Tags: tags}))
		}},
		{"put", []string{allow("kinesis:PutRecord", stream)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: name, PartitionKey: name, Data: []byte("x")}))
		}},
		{"put by a tag of the stream", []string{allow("kinesis:PutRecord", "*", condition("StringEquals", "aws:ResourceTag/env", "test"))}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamARN: arn, PartitionKey: name, Data: []byte("x")}))
		}},
		{"put many", []string{allow("kinesis:PutRecords", stream)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.PutRecords(t.Context(), &awskinesis.PutRecordsInput{StreamName: name, Records: []types.PutRecordsRequestEntry{{PartitionKey: name, Data: []byte("x")}}}))
		}},
		{"read", []string{allow("kinesis:GetShardIterator", stream), allow("kinesis:GetRecords", stream)}, func(t *testing.T, c *awskinesis.Client) error {
			it, err := c.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{StreamName: name, ShardId: shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
			if err != nil {
				return err
			}
			return do(c.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: it.ShardIterator}))
		}},
		{"list shards", []string{allow("kinesis:ListShards", stream)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.ListShards(t.Context(), &awskinesis.ListShardsInput{StreamName: name}))
		}},
		{"register with tags", []string{allow("kinesis:RegisterStreamConsumer", stream, requestTag), allow("kinesis:TagResource", stream+"/consumer/new:*", requestTag)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.RegisterStreamConsumer(t.Context(), &awskinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("new"), Tags: tags}))
		}},
		{"describe a consumer", []string{allow("kinesis:DescribeStreamConsumer", stream+"/consumer/billing:*")}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.DescribeStreamConsumer(t.Context(), &awskinesis.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("billing")}))
		}},
		{"scale", []string{allow("kinesis:UpdateShardCount", "*")}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.UpdateShardCount(t.Context(), &awskinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling}))
		}},
		{"tag", []string{allow("kinesis:TagResource", stream, requestTag)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.TagResource(t.Context(), &awskinesis.TagResourceInput{ResourceARN: arn, Tags: tags}))
		}},
		{"untag", []string{allow("kinesis:RemoveTagsFromStream", stream, `"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["env"]}}`)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.RemoveTagsFromStream(t.Context(), &awskinesis.RemoveTagsFromStreamInput{StreamName: name, TagKeys: []string{"env"}}))
		}},
		{"policy", []string{allow("kinesis:PutResourcePolicy", stream)}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.PutResourcePolicy(t.Context(), &awskinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String(share(stream))}))
		}},
		{"list streams", []string{allow("kinesis:ListStreams", "*")}, func(t *testing.T, c *awskinesis.Client) error {
			return do(c.ListStreams(t.Context(), &awskinesis.ListStreamsInput{}))
		}},
		{"dry run", []string{allow("kinesis:PutRecord", stream)}, func(t *testing.T, c *awskinesis.Client) error {
			_, err := c.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: name, PartitionKey: name, Data: []byte("x"), DryRun: aws.Bool(true)})
			if dry := new(*types.DryRunOperationException); assert.ErrorAs(t, err, dry) || err == nil {
				return nil
			}
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			// Without each one of the statements the call is denied, with all it is not.
			for missing := -1; missing < len(tc.grants); missing++ {
				c := newCloud(t, worldtest.InProcess)
				create(t, c.root(), "orders", 1)
				_, err := c.root().AddTagsToStream(t.Context(), &awskinesis.AddTagsToStreamInput{StreamName: name, Tags: map[string]string{"env": "test"}})
				require.NoError(t, err)
				register(t, c.root(), "orders", "billing")
				var granted []string
				for i, statement := range tc.grants {
					if i != missing {
						granted = append(granted, statement)
					}
				}
				if len(granted) == 0 {
					granted = []string{allow("sqs:*", "*")}
				}
				if missing >= 0 && tc.name == "dry run" {
					continue // TestBadInputs has the denial
				}
				err = tc.perform(t, c.user(owner, "dev", statements(granted...)))
				if missing < 0 {
					require.NoError(t, err)
					continue
				}
				var denied *types.AccessDeniedException
				require.ErrorAs(t, err, &denied)
				assert.Contains(t, denied.ErrorMessage(), "User: arn:aws:iam::"+owner+":user/dev is not authorized to perform: kinesis:")
			}
		})
	}
}

// share is a policy by which a stream can be read and written by the other account.
func share(stream string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + stranger + `"},"Action":["kinesis:PutRecord","kinesis:GetRecords","kinesis:GetShardIterator","kinesis:DeleteStream"],"Resource":"` + stream + `"}]}`
}

// The resource policy lets another account in, by the ARN, for what can be shared.
func TestResourcePolicy(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		root, ctx, arn := c.root(), t.Context(), aws.String(arnOf+"orders")
		create(t, root, "orders", 1)
		other := c.user(stranger, "partner", worldtest.AllowAll)
		write := func() error {
			_, err := other.PutRecord(ctx, &awskinesis.PutRecordInput{StreamARN: arn, PartitionKey: aws.String("a"), Data: []byte("theirs")})
			return err
		}
		worldtest.RequireError(t, write(), "AccessDeniedException", "User: arn:aws:iam::"+stranger+":user/partner is not authorized to perform: kinesis:PutRecord on resource: "+*arn+" because no resource-based policy allows the kinesis:PutRecord action")
		_, err := root.PutResourcePolicy(ctx, &awskinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String(share(*arn))})
		require.NoError(t, err)
		require.NoError(t, write())
		it, err := other.GetShardIterator(ctx, &awskinesis.GetShardIteratorInput{StreamARN: arn, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		require.NoError(t, err)
		assert.Equal(t, []string{"theirs"}, texts(get(t, other, it.ShardIterator).Records))
		var denied *types.AccessDeniedException
		_, err = other.DeleteStream(ctx, &awskinesis.DeleteStreamInput{StreamARN: arn})
		require.ErrorAs(t, err, &denied, "the policy cannot share that")
		_, err = other.UpdateShardCount(ctx, &awskinesis.UpdateShardCountInput{StreamARN: arn, TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
		require.ErrorAs(t, err, &denied)
		// By its name it would be a stream of the caller's own account.
		_, err = other.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a"), Data: []byte("x")})
		worldtest.RequireError(t, err, "ResourceNotFoundException", "Stream orders under account "+stranger+" not found.")

		got, err := root.GetResourcePolicy(ctx, &awskinesis.GetResourcePolicyInput{ResourceARN: arn})
		require.NoError(t, err)
		assert.JSONEq(t, share(*arn), *got.Policy)
		_, err = root.DeleteResourcePolicy(ctx, &awskinesis.DeleteResourcePolicyInput{ResourceARN: arn})
		require.NoError(t, err)
		require.ErrorAs(t, write(), &denied)
		var invalid *types.InvalidArgumentException
		for _, document := range []string{"{}", "no", share(arnOf + "another"), `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:user/nobody"},"Action":"kinesis:*","Resource":"` + *arn + `"}}`} {
			_, err = root.PutResourcePolicy(ctx, &awskinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: &document})
			require.ErrorAs(t, err, &invalid, document)
		}
	})
}

// A service that delivers needs the policy too.
func TestTarget(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root, arn := c.root(), arnOf+"orders"
	create(t, root, "orders", 1)
	service := fakeaws.ServiceCall{Principal: "events.amazonaws.com", SourceARN: "arn:aws:events:us-east-1:" + owner + ":rule/r", SourceAccount: owner, Region: region}
	d := &fakeaws.Delivery{Target: arn, Body: []byte("event"), PartitionKey: "key"}
	_, err := c.Deliver(t.Context(), service.Actor(), d)
	require.Error(t, err)
	assert.Empty(t, kinesis.Of(c.World.World).Records(arn, "", ""))
	_, err = c.Deliver(t.Context(), c.fixture(), d)
	require.NoError(t, err)
	_, err = c.Deliver(t.Context(), c.fixture(), &fakeaws.Delivery{Target: arn, Body: []byte("without a key")})
	require.NoError(t, err)
	records := kinesis.Of(c.World.World).Records(arn, "", "")
	require.Len(t, records, 2)
	assert.Equal(t, "key", records[0].PartitionKey)
	assert.NotEmpty(t, records[1].PartitionKey)
	assert.True(t, c.TargetExists(arn))
	assert.False(t, c.TargetExists(arn+"2"))
	_, err = c.Deliver(t.Context(), c.fixture(), &fakeaws.Delivery{Target: arn + "/consumer"})
	require.Error(t, err)

	// Records that follow one, as a poller reads them.
	after := kinesis.Of(c.World.World).Records(arn, records[0].ShardID, records[0].SequenceNumber)
	assert.Equal(t, records[1:], after)
	user := c.users.Add(c.World.World, owner, "poller", statements(allow("kinesis:GetShardIterator", arn), allow("kinesis:ListShards", arn)))
	actor, err := c.ActorOf(user.AccessKeyID, region)
	require.NoError(t, err)
	reading := func() ([]fakeaws.StreamRecord, error) {
		from := fakeaws.StreamPosition{After: records[0].SequenceNumber}
		return kinesis.Of(c.World.World).ReadStream(t.Context(), actor, arn, records[0].ShardID, from, 10)
	}
	_, err = reading()
	require.ErrorContains(t, err, "kinesis:GetRecords")
	c.users.SetPolicy(user, statements(allow("kinesis:Get*", arn), allow("kinesis:ListShards", arn)))
	read, err := reading()
	require.NoError(t, err)
	require.Len(t, read, 1)
	assert.Equal(t, "without a key", string(read[0].Data))
}

// Producers and consumers of an encrypted stream need its key, by the stream's ARN.
func TestEncryption(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root, ctx, name, arn := c.root(), t.Context(), aws.String("orders"), arnOf+"orders"
	create(t, root, "orders", 1)
	put(t, root, "orders", "a", "plain")
	key, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	start := &awskinesis.StartStreamEncryptionInput{StreamName: name, KeyId: &key.ARN, EncryptionType: types.EncryptionTypeKms}
	var denied *types.AccessDeniedException
	_, err = c.user(owner, "half", statements(allow("kinesis:StartStreamEncryption", arn))).StartStreamEncryption(ctx, start)
	require.ErrorAs(t, err, &denied)
	_, err = c.user(owner, "whole", statements(allow("kinesis:StartStreamEncryption", arn), allow("kinesis:StartStreamEncryption", key.ARN))).StartStreamEncryption(ctx, start)
	require.NoError(t, err)
	described, err := root.DescribeStreamSummary(ctx, &awskinesis.DescribeStreamSummaryInput{StreamName: name})
	require.NoError(t, err)
	assert.Equal(t, types.EncryptionTypeKms, described.StreamDescriptionSummary.EncryptionType)

	all := allow("kinesis:*", arn)
	inContext := func(action string) string {
		return allow(action, key.ARN, `"Condition":{"StringEquals":{"kms:EncryptionContext:aws:kinesis:arn":"`+arn+`","kms:ViaService":"kinesis.`+region+`.amazonaws.com"}}`)
	}
	write := func(client *awskinesis.Client) error {
		_, err := client.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("a"), Data: []byte("sealed")})
		return err
	}
	var kms *types.KMSAccessDeniedException
	require.ErrorAs(t, write(c.user(owner, "w1", statements(all))), &kms)
	assert.Contains(t, kms.ErrorMessage(), "is not authorized to perform: kms:GenerateDataKey on resource: "+key.ARN)
	require.ErrorAs(t, write(c.user(owner, "w2", statements(all, inContext("kms:Decrypt")))), &kms)
	require.NoError(t, write(c.user(owner, "w3", statements(all, inContext("kms:GenerateDataKey")))))

	read := func(client *awskinesis.Client, limit int32) ([]string, error) {
		it, err := client.GetShardIterator(ctx, &awskinesis.GetShardIteratorInput{StreamName: name, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		require.NoError(t, err)
		out, err := client.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: it.ShardIterator, Limit: &limit})
		if err != nil {
			return nil, err
		}
		return texts(out.Records), nil
	}
	producer := c.user(owner, "r1", statements(all, inContext("kms:GenerateDataKey")))
	got, err := read(producer, 1)
	require.NoError(t, err, "the first record is not encrypted")
	assert.Equal(t, []string{"plain"}, got)
	_, err = read(producer, 2)
	require.ErrorAs(t, err, &kms)
	consumer := c.user(owner, "r2", statements(all, inContext("kms:Decrypt")))
	got, err = read(consumer, 2)
	require.NoError(t, err)
	assert.Equal(t, []string{"plain", "sealed"}, got)

	// What is encrypted stays so when encryption stops.
	_, err = root.StopStreamEncryption(ctx, &awskinesis.StopStreamEncryptionInput{StreamName: name, KeyId: &key.ARN, EncryptionType: types.EncryptionTypeKms})
	require.NoError(t, err)
	require.NoError(t, write(c.user(owner, "w4", statements(all))))
	_, err = read(producer, 3)
	require.ErrorAs(t, err, &kms)

	// A key that is disabled stops both.
	_, err = root.StartStreamEncryption(ctx, start)
	require.NoError(t, err)
	c.Keys().Lock()
	key.State = "Disabled"
	c.Keys().Unlock()
	var disabled *types.KMSDisabledException
	require.ErrorAs(t, write(root), &disabled)
	_, err = read(root, 3)
	require.ErrorAs(t, err, &disabled)
	require.ErrorAs(t, write(c.user(owner, "w5", statements(all))), &kms, "who may not use the key does not learn of its state")
	start.KeyId = aws.String("alias/none")
	var missing *types.KMSNotFoundException
	_, err = root.StartStreamEncryption(ctx, start)
	require.ErrorAs(t, err, &missing)
}

// A question is answered as a call is judged.
func TestAsk(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	create(t, c.root(), "orders", 1)
	user := c.users.Add(c.World.World, owner, "dev", statements(allow("kinesis:PutRecord", arnOf+"orders")))
	ask := func(action, resource string) enforce.Verdict {
		answer, err := c.Ask(t.Context(), &fakeaws.Question{AccessKeyID: user.AccessKeyID, Action: action, Resource: resource, Region: region})
		require.NoError(t, err)
		return answer.Verdict
	}
	assert.Equal(t, enforce.Allowed, ask("kinesis:PutRecord", arnOf+"orders"))
	assert.Equal(t, enforce.ImplicitDeny, ask("kinesis:GetRecords", arnOf+"orders"))
	assert.Equal(t, enforce.ImplicitDeny, ask("kinesis:PutRecord", arnOf+"others"))
}
