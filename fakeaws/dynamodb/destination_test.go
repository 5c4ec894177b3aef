package dynamodb_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	ddb "github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// replicated is a World whose table sends its changes to a Kinesis stream.
type replicated struct {
	*worldtest.World
	stream *string
}

func newReplicated(t *testing.T) *replicated {
	t.Helper()
	w := &replicated{World: worldtest.New(t, worldtest.InProcess, ddb.Service, ddb.StreamsService, iam.Service, sts.Service, kinesis.Service)}
	ctx := t.Context()
	_, err := w.client().CreateTable(ctx, musicTable())
	require.NoError(t, err)
	streams := awskinesis.NewFromConfig(w.RootConfig(owner))
	_, err = streams.CreateStream(ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("changes"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	described, err := streams.DescribeStream(ctx, &awskinesis.DescribeStreamInput{StreamName: aws.String("changes")})
	require.NoError(t, err)
	w.stream = described.StreamDescription.StreamARN
	return w
}

func (w *replicated) client() *dynamodb.Client { return dynamodb.NewFromConfig(w.RootConfig(owner)) }

func (w *replicated) put(t *testing.T, item attributes) {
	t.Helper()
	_, err := w.client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("music"), Item: item})
	require.NoError(t, err)
}

// got are the records of the stream.
func (w *replicated) got(t *testing.T) []map[string]any {
	t.Helper()
	require.NoError(t, w.Settle(t.Context()))
	var all []map[string]any
	for _, r := range kinesis.Of(w.World.World).Records(*w.stream, "", "") {
		var record map[string]any
		require.NoError(t, json.Unmarshal(r.Data, &record))
		all = append(all, record)
	}
	return all
}

// A Kinesis stream gets the changes of a table, by the role that DynamoDB has in the account.
func TestKinesisDestination(t *testing.T) {
	t.Parallel()
	w := newReplicated(t)
	ctx, name := t.Context(), aws.String("music")
	w.put(t, song("a", "before"))
	enabled, err := w.client().EnableKinesisStreamingDestination(ctx, &dynamodb.EnableKinesisStreamingDestinationInput{TableName: name, StreamArn: w.stream})
	require.NoError(t, err)
	assert.Equal(t, types.DestinationStatusEnabling, enabled.DestinationStatus)
	_, err = w.client().EnableKinesisStreamingDestination(ctx, &dynamodb.EnableKinesisStreamingDestinationInput{TableName: name, StreamArn: w.stream})
	requireCode(t, err, "ResourceInUseException")
	w.put(t, song("a", "1"))
	item := song("a", "1")
	item["plays"] = num("1")
	w.put(t, item)
	w.put(t, item) // nothing changes
	_, err = w.client().DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: song("a", "1")})
	require.NoError(t, err)
	records := w.got(t)
	require.Len(t, records, 3)
	for i, event := range []string{"INSERT", "MODIFY", "REMOVE"} {
		assert.Equal(t, event, records[i]["eventName"])
		assert.Equal(t, "music", records[i]["tableName"])
	}
	change := records[1]["dynamodb"].(map[string]any)
	assert.Equal(t, map[string]any{"artist": map[string]any{"S": "a"}, "song": map[string]any{"S": "1"}}, change["Keys"])
	assert.Equal(t, map[string]any{"N": "1"}, change["NewImage"].(map[string]any)["plays"])
	assert.NotContains(t, change["OldImage"], "plays")

	described, err := w.client().DescribeKinesisStreamingDestination(ctx, &dynamodb.DescribeKinesisStreamingDestinationInput{TableName: name})
	require.NoError(t, err)
	assert.Equal(t, types.DestinationStatusActive, described.KinesisDataStreamDestinations[0].DestinationStatus)
	_, err = w.client().UpdateKinesisStreamingDestination(ctx, &dynamodb.UpdateKinesisStreamingDestinationInput{
		TableName: name, StreamArn: w.stream, UpdateKinesisStreamingConfiguration: &types.UpdateKinesisStreamingConfiguration{ApproximateCreationDateTimePrecision: "MICROSECOND"},
	})
	require.NoError(t, err)
	w.put(t, song("a", "2"))
	precise := w.got(t)[3]["dynamodb"].(map[string]any)
	assert.InDelta(t, w.Clock().Now().UnixMicro(), precise["ApproximateCreationDateTime"], 1e9)
	_, err = w.client().DisableKinesisStreamingDestination(ctx, &dynamodb.DisableKinesisStreamingDestinationInput{TableName: name, StreamArn: w.stream})
	require.NoError(t, err)
	w.put(t, song("a", "3"))
	assert.Len(t, w.got(t), 4)
}

// The role is made for the caller, who needs the permission; without it nothing is sent, and with
// it again all is.
func TestKinesisDestinationRole(t *testing.T) {
	t.Parallel()
	w := newReplicated(t)
	ctx, users := t.Context(), awsiam.NewFromConfig(w.RootConfig(owner))
	_, err := users.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("user")})
	require.NoError(t, err)
	key, err := users.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("user")})
	require.NoError(t, err)
	may := func(actions ...string) {
		_, err := users.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("user"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allow(actions, "*", nil))})
		require.NoError(t, err)
	}
	user := dynamodb.NewFromConfig(w.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))
	enable := func() error {
		_, err := user.EnableKinesisStreamingDestination(ctx, &dynamodb.EnableKinesisStreamingDestinationInput{TableName: aws.String("music"), StreamArn: w.stream})
		return err
	}
	may("dynamodb:EnableKinesisStreamingDestination")
	requireDenied(t, enable())
	may("dynamodb:EnableKinesisStreamingDestination", "iam:CreateServiceLinkedRole")
	require.NoError(t, enable())

	// A resource policy of the stream can shut the role out, as anybody.
	streams := awskinesis.NewFromConfig(w.RootConfig(owner))
	_, err = streams.PutResourcePolicy(ctx, &awskinesis.PutResourcePolicyInput{ResourceARN: w.stream, Policy: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"kinesis:PutRecord","Resource":"` + *w.stream + `"}}`)})
	require.NoError(t, err)
	w.put(t, song("a", "1"))
	assert.Empty(t, w.got(t))
	_, err = streams.DeleteResourcePolicy(ctx, &awskinesis.DeleteResourcePolicyInput{ResourceARN: w.stream})
	require.NoError(t, err)
	w.Clock().Advance(2 * time.Minute)
	assert.Len(t, w.got(t), 1)
}

// requireDenied requires a denial, whatever the service calls it.
func requireDenied(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.Contains(t, err.Error(), "is not authorized to perform: iam:CreateServiceLinkedRole")
}

var _ fakeaws.Worker = (*ddb.Fake)(nil)
