package firehose_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/firehose"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func TestTags(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	s.create(t, nil)
	name, ctx := aws.String("logs"), t.Context()
	_, err := s.client.TagDeliveryStream(ctx, &awsfirehose.TagDeliveryStreamInput{DeliveryStreamName: name, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}})
	require.NoError(t, err)
	list, err := s.client.ListTagsForDeliveryStream(ctx, &awsfirehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: name})
	require.NoError(t, err)
	assert.Equal(t, "team", *list.Tags[0].Key)
	assert.False(t, *list.HasMoreTags)
	put := func(team string) error {
		user := s.NewUser("of-"+team, awstest.Allow("firehose:PutRecord").On("*").If("StringEquals", "aws:ResourceTag/team", team))
		_, err := awsfirehose.NewFromConfig(user.Config()).PutRecord(ctx, &awsfirehose.PutRecordInput{DeliveryStreamName: name, Record: &types.Record{Data: []byte("x")}})
		return err
	}
	awstest.RequireAllowed(t, put("a"))
	awstest.RequireDenied(t, put("b"), "firehose:PutRecord")
	_, err = s.client.UntagDeliveryStream(ctx, &awsfirehose.UntagDeliveryStreamInput{DeliveryStreamName: name, TagKeys: []string{"team"}})
	require.NoError(t, err)
	list, err = s.client.ListTagsForDeliveryStream(ctx, &awsfirehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: name})
	require.NoError(t, err)
	assert.Empty(t, list.Tags)
}

// A customer's key takes kms:CreateGrant of who sets it, and nothing of producers.
func TestEncryption(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	s.create(t, nil)
	key := s.KMS().CreateKey("alias/logs")
	arn := key.ARN()
	start := func(cfg aws.Config) error {
		_, err := awsfirehose.NewFromConfig(cfg).StartDeliveryStreamEncryption(t.Context(), &awsfirehose.StartDeliveryStreamEncryptionInput{
			DeliveryStreamName:                         aws.String("logs"),
			DeliveryStreamEncryptionConfigurationInput: &types.DeliveryStreamEncryptionConfigurationInput{KeyType: types.KeyTypeCustomerManagedCmk, KeyARN: &arn},
		})
		return err
	}
	may := awstest.Allow("firehose:StartDeliveryStreamEncryption").On(s.arn("logs"))
	var refused *types.InvalidKMSResourceException
	require.ErrorAs(t, start(s.NewUser("half", may).Config()), &refused)
	assert.Contains(t, refused.ErrorMessage(), "kms:CreateGrant")
	require.NoError(t, start(s.NewUser("whole", may, awstest.Allow("kms:CreateGrant").On(arn).If("Bool", "kms:GrantIsForAWSResource", "true")).Config()))
	d, err := s.client.DescribeDeliveryStream(t.Context(), &awsfirehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("logs")})
	require.NoError(t, err)
	assert.Equal(t, types.DeliveryStreamEncryptionStatusEnabled, d.DeliveryStreamDescription.DeliveryStreamEncryptionConfiguration.Status)
	producer := s.NewUser("producer", awstest.Allow("firehose:PutRecord").On(s.arn("logs")))
	out, err := awsfirehose.NewFromConfig(producer.Config()).PutRecord(t.Context(), &awsfirehose.PutRecordInput{DeliveryStreamName: aws.String("logs"), Record: &types.Record{Data: []byte("x")}})
	awstest.RequireAllowed(t, err)
	assert.True(t, *out.Encrypted)
}

// What is not there is refused by its name, and what AWS refuses is refused.
func TestBadDestinations(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	for _, tc := range []struct {
		code, text string
		change     func(*types.ExtendedS3DestinationConfiguration)
	}{
		{"NotImplemented", "firehose: CompressionFormat ZIP is not implemented by leastpriv.", func(c *types.ExtendedS3DestinationConfiguration) {
			c.CompressionFormat = types.CompressionFormatZip
		}},
		{"NotImplemented", "firehose: DynamicPartitioningConfiguration is not implemented by leastpriv.", func(c *types.ExtendedS3DestinationConfiguration) {
			c.DynamicPartitioningConfiguration = &types.DynamicPartitioningConfiguration{Enabled: aws.Bool(true)}
		}},
		{"InvalidArgumentException", "ErrorOutputPrefix can't be null when Prefix contains expressions", func(c *types.ExtendedS3DestinationConfiguration) {
			c.Prefix = aws.String("!{timestamp:yyyy}/")
		}},
		{"InvalidArgumentException", "The Prefix is not valid: !{partitionKeyFromQuery:a} is no expression for a stream without dynamic partitioning.", func(c *types.ExtendedS3DestinationConfiguration) {
			c.Prefix = aws.String("!{partitionKeyFromQuery:a}/")
		}},
		{"InvalidArgumentException", "The Prefix is not valid: the timestamp VV is not implemented by leastpriv.", func(c *types.ExtendedS3DestinationConfiguration) {
			c.Prefix, c.ErrorOutputPrefix = aws.String("!{timestamp:VV}/"), aws.String("!{firehose:error-output-type}/")
		}},
		{"ValidationException", "1 validation error detected: Value '901' at 'extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds' failed to satisfy constraint: Member must have value less than or equal to 900", func(c *types.ExtendedS3DestinationConfiguration) {
			c.BufferingHints = &types.BufferingHints{IntervalInSeconds: aws.Int32(901)}
		}},
	} {
		worldtest.RequireError(t, s.tryCreate(t, s.client, tc.change), tc.code, tc.text)
	}
	_, err := s.client.CreateDeliveryStream(t.Context(), &awsfirehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("none")})
	worldtest.RequireError(t, err, "InvalidArgumentException", "Exactly one destination configuration is supported for a Firehose")
	s.create(t, nil)
	worldtest.RequireError(t, s.tryCreate(t, s.client, nil), "ResourceInUseException", "Firehose logs under accountId "+s.ID()+" already exists")
}

// Services deliver to a stream with a role, of its own account only.
func TestTarget(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	s.create(t, nil)
	other := s.NewAccount()
	d := &fakeaws.Delivery{Target: s.arn("logs"), Body: []byte("event")}
	w := s.World()
	deliver := func(p *awstest.Principal) error {
		actor, err := w.ActorOf(p.Credentials().AccessKeyID, s.Region())
		require.NoError(t, err)
		_, err = w.Deliver(t.Context(), actor, d)
		return err
	}
	put := awstest.Allow("firehose:PutRecord").On("*")
	awstest.RequireDenied(t, deliver(s.NewUser("without")), "firehose:PutRecord")
	awstest.RequireDenied(t, deliver(other.NewUser("stranger", put)), "firehose:PutRecord")
	require.Error(t, func() error {
		_, err := w.Deliver(t.Context(), fakeaws.ServiceCall{Principal: "events.amazonaws.com", Region: s.Region()}.Actor(), d)
		return err
	}())
	require.NoError(t, deliver(s.NewUser("with", put)))
	stream, _ := firehose.Of(w).Stream(s.arn("logs"))
	assert.Equal(t, [][]byte{[]byte("event")}, stream.Waiting)

	// A clone has what waits, and delivers it by itself.
	clone := s.Clone(t)
	clone.Advance(300 * time.Second)
	stream, _ = firehose.Of(clone.World()).Stream(s.arn("logs"))
	assert.Empty(t, stream.Waiting)
	assert.Len(t, clone.S3().Bucket("lake").Keys(), 1)
	stream, _ = firehose.Of(w).Stream(s.arn("logs"))
	assert.Len(t, stream.Waiting, 1)
	assert.Empty(t, s.S3().Bucket("lake").Keys())
}
