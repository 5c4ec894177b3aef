package firehose_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/firehose"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A stack is an account with a bucket and a role that Firehose may assume.
type stack struct {
	*awstest.Account
	client *awsfirehose.Client
	role   *awstest.Principal
}

// onSocket has the clients of a stack use a socket.
func onSocket(cfg *aws.Config, acct *awstest.Account) {
	cfg.BaseEndpoint, cfg.HTTPClient = aws.String(acct.URL()), acct.HTTPClient()
}

func newStack(t *testing.T, door worldtest.Door) *stack {
	t.Helper()
	acct := awstest.New(t, awstest.With(firehose.Service, kinesis.Service))
	acct.S3().CreateBucket("lake")
	role := acct.NewRole("delivery", awstest.Trust(awstest.Allow("sts:AssumeRole").By("firehose.amazonaws.com").If("StringEquals", "sts:ExternalId", acct.ID())))
	cfg := acct.Config()
	if door == worldtest.Socket {
		onSocket(&cfg, acct)
	}
	s := &stack{acct, awsfirehose.NewFromConfig(cfg), role}
	s.let(t, role, awstest.Allow("s3:PutObject").On("arn:aws:s3:::lake/*"))
	return s
}

// let gives a role a policy in place of the one that it has.
func (s *stack) let(t *testing.T, role *awstest.Principal, statements ...awstest.Statement) {
	t.Helper()
	name := role.ARN()[strings.LastIndexByte(role.ARN(), '/')+1:]
	_, err := iam.NewFromConfig(s.Config()).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: aws.String(awstest.Document(statements...)),
	})
	require.NoError(t, err)
}

func (s *stack) arn(name string) string {
	return fakeaws.ARN("firehose", s.Region(), s.ID(), "deliverystream/"+name)
}

// create makes a stream that delivers to the bucket.
func (s *stack) create(t *testing.T, change func(*types.ExtendedS3DestinationConfiguration)) {
	t.Helper()
	require.NoError(t, s.tryCreate(t, s.client, change))
}

func (s *stack) tryCreate(t *testing.T, client *awsfirehose.Client, change func(*types.ExtendedS3DestinationConfiguration)) error {
	t.Helper()
	c := &types.ExtendedS3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::lake"), RoleARN: aws.String(s.role.ARN())}
	if change != nil {
		change(c)
	}
	_, err := client.CreateDeliveryStream(t.Context(), &awsfirehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("logs"), ExtendedS3DestinationConfiguration: c})
	return err
}

func (s *stack) put(t *testing.T, data string) {
	t.Helper()
	_, err := s.client.PutRecord(t.Context(), &awsfirehose.PutRecordInput{DeliveryStreamName: aws.String("logs"), Record: &types.Record{Data: []byte(data)}})
	require.NoError(t, err)
}

// objects are the keys and bodies of what is in the bucket, in order.
func (s *stack) objects(t *testing.T) (keys, bodies []string) {
	t.Helper()
	client := s3.NewFromConfig(s.Config())
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("lake")})
	require.NoError(t, err)
	for _, o := range list.Contents {
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: o.Key})
		require.NoError(t, err)
		body, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		keys, bodies = append(keys, *o.Key), append(bodies, string(body))
	}
	return keys, bodies
}

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

func TestStory(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		s := newStack(t, door)
		s.create(t, nil)
		name := aws.String("logs")
		d, err := s.client.DescribeDeliveryStream(t.Context(), &awsfirehose.DescribeDeliveryStreamInput{DeliveryStreamName: name})
		require.NoError(t, err)
		assert.Equal(t, types.DeliveryStreamStatusActive, d.DeliveryStreamDescription.DeliveryStreamStatus)
		assert.Equal(t, s.arn("logs"), *d.DeliveryStreamDescription.DeliveryStreamARN)
		assert.Equal(t, "1", *d.DeliveryStreamDescription.VersionId)
		hints := d.DeliveryStreamDescription.Destinations[0].ExtendedS3DestinationDescription.BufferingHints
		assert.Equal(t, []int32{5, 300}, []int32{*hints.SizeInMBs, *hints.IntervalInSeconds})

		at := s.Now().UTC()
		s.put(t, "one\n")
		batch, err := s.client.PutRecordBatch(t.Context(), &awsfirehose.PutRecordBatchInput{DeliveryStreamName: name, Records: []types.Record{{Data: []byte("two\n")}, {Data: []byte("three\n")}}})
		require.NoError(t, err)
		assert.Len(t, batch.RequestResponses, 2)
		s.Settle()
		keys, _ := s.objects(t)
		assert.Empty(t, keys, "the buffer has 300 seconds")
		s.Advance(300 * time.Second)
		keys, bodies := s.objects(t)
		assert.Equal(t, []string{"one\ntwo\nthree\n"}, bodies)
		assert.Regexp(t, "^"+at.Format("2006/01/02/15")+"/logs-1-"+at.Format("2006-01-02-15")+`-\d\d-\d\d-`+uuid+"$", keys[0])

		// A full buffer is delivered at once.
		for range 6 {
			s.put(t, string(make([]byte, 1_000_000)))
		}
		s.Settle()
		_, bodies = s.objects(t)
		require.Len(t, bodies, 2)
		assert.Contains(t, []int{len(bodies[0]), len(bodies[1])}, 6_000_000)

		_, err = s.client.UpdateDestination(t.Context(), &awsfirehose.UpdateDestinationInput{
			DeliveryStreamName: name, CurrentDeliveryStreamVersionId: aws.String("1"), DestinationId: aws.String("destinationId-000000000001"),
			ExtendedS3DestinationUpdate: &types.ExtendedS3DestinationUpdate{
				CompressionFormat: types.CompressionFormatGzip, BufferingHints: &types.BufferingHints{IntervalInSeconds: aws.Int32(60)},
				Prefix: aws.String("year=!{timestamp:yyyy}/'!{timestamp:'day='dd}/"), ErrorOutputPrefix: aws.String("bad/!{firehose:error-output-type}/"),
			},
		})
		require.NoError(t, err)
		s.put(t, "zipped")
		s.Advance(time.Minute)
		keys, bodies = s.objects(t)
		require.Len(t, keys, 3)
		assert.Regexp(t, "^year="+s.Now().UTC().Format("2006")+`/'day=\d\d/logs-2-.*-`+uuid+`\.gz$`, keys[2])
		list, err := s3.NewFromConfig(s.Config()).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: &keys[2]})
		require.NoError(t, err)
		z, err := gzip.NewReader(list.Body)
		require.NoError(t, err)
		plain, err := io.ReadAll(z)
		require.NoError(t, err)
		require.NoError(t, list.Body.Close())
		assert.Equal(t, "zipped", string(plain))
		_ = bodies

		_, err = s.client.DeleteDeliveryStream(t.Context(), &awsfirehose.DeleteDeliveryStreamInput{DeliveryStreamName: name})
		require.NoError(t, err)
		_, err = s.client.PutRecord(t.Context(), &awsfirehose.PutRecordInput{DeliveryStreamName: name, Record: &types.Record{Data: []byte("x")}})
		worldtest.RequireError(t, err, "ResourceNotFoundException", "Firehose logs under account "+s.ID()+" not found.")
	})
}

// The objects are put by the role: what it may not, is tried again for a day.
func TestRoleDecides(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	s.create(t, func(c *types.ExtendedS3DestinationConfiguration) {
		c.BufferingHints = &types.BufferingHints{IntervalInSeconds: aws.Int32(0)}
	})
	s.let(t, s.role, awstest.Allow("s3:PutObject").On("arn:aws:s3:::other/*"))
	s.put(t, "one")
	s.Settle()
	keys, _ := s.objects(t)
	assert.Empty(t, keys)
	stream, _ := firehose.Of(s.World()).Stream(s.arn("logs"))
	require.Len(t, stream.Failures, 1)
	assert.Contains(t, stream.Failures[0], "is not authorized to perform: s3:PutObject")
	s.let(t, s.role, awstest.Allow("s3:PutObject").On("arn:aws:s3:::lake/*"))
	s.Advance(time.Minute)
	_, bodies := s.objects(t)
	assert.Equal(t, []string{"one"}, bodies)

	s.let(t, s.role, awstest.Deny("*").On("*"))
	s.put(t, "lost")
	s.Advance(24*time.Hour + time.Minute)
	stream, _ = firehose.Of(s.World()).Stream(s.arn("logs"))
	assert.Empty(t, stream.Waiting)
	assert.Len(t, stream.Failures, 100)
	s.let(t, s.role, awstest.Allow("s3:PutObject").On("arn:aws:s3:::lake/*"))
	s.Advance(time.Hour)
	_, bodies = s.objects(t)
	assert.Equal(t, []string{"one"}, bodies)
}

// Who makes a stream passes its roles, which Firehose must be able to assume.
func TestCreateIsJudged(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	may := func(statements ...awstest.Statement) *awsfirehose.Client {
		return awsfirehose.NewFromConfig(s.NewUser(fmt.Sprint("user", len(s.Calls())), awstest.Statements(statements...)).Config())
	}
	create := awstest.Allow("firehose:CreateDeliveryStream").On(s.arn("logs"))
	pass := awstest.Allow("iam:PassRole").On(s.role.ARN())
	awstest.RequireDenied(t, s.tryCreate(t, may(pass), nil), "firehose:CreateDeliveryStream")
	awstest.RequireDenied(t, s.tryCreate(t, may(create), nil), "iam:PassRole")
	awstest.RequireDenied(t, s.tryCreate(t, may(create, pass.If("StringEquals", "iam:PassedToService", "lambda.amazonaws.com")), nil), "iam:PassRole")
	backup := func(c *types.ExtendedS3DestinationConfiguration) {
		c.S3BackupMode = types.S3BackupModeEnabled
		c.S3BackupConfiguration = &types.S3DestinationConfiguration{BucketARN: c.BucketARN, RoleARN: aws.String(s.NewRole("backup").ARN())}
	}
	awstest.RequireDenied(t, s.tryCreate(t, may(create, pass), backup), "iam:PassRole")
	closed := s.NewRole("closed", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
	err := s.tryCreate(t, s.client, func(c *types.ExtendedS3DestinationConfiguration) { c.RoleARN = aws.String(closed.ARN()) })
	worldtest.RequireError(t, err, "InvalidArgumentException", "Firehose is unable to assume role "+closed.ARN()+". Please check the role provided.")
	require.NoError(t, s.tryCreate(t, may(create, pass.If("StringEquals", "iam:PassedToService", "firehose.amazonaws.com")), nil))
}

// A function transforms what is delivered, and what it does not goes to the error output.
func TestTransform(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	function := fakeaws.ARN("lambda", s.Region(), s.ID(), "function:upper")
	s.create(t, func(c *types.ExtendedS3DestinationConfiguration) {
		c.BufferingHints = &types.BufferingHints{IntervalInSeconds: aws.Int32(0)}
		c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{
			Type: types.ProcessorTypeLambda, Parameters: []types.ProcessorParameter{{ParameterName: types.ProcessorParameterNameLambdaArn, ParameterValue: &function}},
		}}}
	})
	asked := 0
	s.World().Receive(function, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		asked++
		var event struct {
			DeliveryStreamARN string `json:"deliveryStreamArn"`
			Records           []struct {
				RecordID string `json:"recordId"`
				Data     []byte `json:"data"`
			} `json:"records"`
		}
		require.NoError(t, json.Unmarshal(d.Body, &event))
		assert.Equal(t, s.arn("logs"), event.DeliveryStreamARN)
		type record struct {
			RecordID string `json:"recordId"`
			Result   string `json:"result"`
			Data     []byte `json:"data"`
		}
		var answer struct {
			Records []record `json:"records"`
		}
		for _, r := range event.Records {
			result := map[string]string{"keep": "Ok", "drop": "Dropped", "fail": "ProcessingFailed"}[string(r.Data)]
			if result != "" {
				answer.Records = append(answer.Records, record{r.RecordID, result, append([]byte("new "), r.Data...)})
			}
		}
		return json.Marshal(answer)
	})
	put := func(all ...string) {
		in := &awsfirehose.PutRecordBatchInput{DeliveryStreamName: aws.String("logs")}
		for _, data := range all {
			in.Records = append(in.Records, types.Record{Data: []byte(data)})
		}
		_, err := s.client.PutRecordBatch(t.Context(), in)
		require.NoError(t, err)
		s.Settle()
	}
	put("keep")
	assert.Zero(t, asked, "the role may not invoke the function")
	keys, bodies := s.objects(t)
	require.Len(t, keys, 1)
	assert.Regexp(t, `^processing-failed/\d{4}/\d\d/\d\d/\d\d/logs-1-`, keys[0])
	assert.Contains(t, bodies[0], `"attemptsMade":4`)
	assert.Contains(t, bodies[0], `"errorCode":"Lambda.InvokeAccessDenied"`)
	assert.Contains(t, bodies[0], `"rawData":"a2VlcA=="`)

	s.let(t, s.role, awstest.Allow("s3:PutObject").On("arn:aws:s3:::lake/*"), awstest.Allow("lambda:InvokeFunction").On(function))
	put("keep", "drop", "fail", "forget")
	assert.Equal(t, 1, asked)
	_, bodies = s.objects(t)
	require.Len(t, bodies, 3)
	assert.Equal(t, "new keep", bodies[0])
	failed := bodies[1] + bodies[2]
	assert.Contains(t, failed, "Lambda.ProcessingFailedStatus")
	assert.Contains(t, failed, "Lambda.MissingRecordId")
	assert.NotContains(t, failed, "ZHJvcA==", "what is dropped is no failure")
}

// A stream reads a Kinesis stream with its role, from where that is when it is made.
func TestKinesisSource(t *testing.T) {
	t.Parallel()
	s := newStack(t, worldtest.InProcess)
	k := awskinesis.NewFromConfig(s.Config())
	_, err := k.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("in"), ShardCount: aws.Int32(2)})
	require.NoError(t, err)
	put := func(data string) {
		_, err := k.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: aws.String("in"), PartitionKey: aws.String("a"), Data: []byte(data)})
		require.NoError(t, err)
	}
	put("before")
	source := fakeaws.ARN("kinesis", s.Region(), s.ID(), "stream/in")
	reader := s.NewRole("reader", awstest.Trust(awstest.Allow("sts:AssumeRole").By("firehose.amazonaws.com")))
	in := &awsfirehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String("logs"), DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource,
		KinesisStreamSourceConfiguration: &types.KinesisStreamSourceConfiguration{KinesisStreamARN: &source, RoleARN: aws.String(reader.ARN())},
		ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::lake"), RoleARN: aws.String(s.role.ARN()), BufferingHints: &types.BufferingHints{IntervalInSeconds: aws.Int32(60)},
		},
	}
	_, err = s.client.CreateDeliveryStream(t.Context(), in)
	require.NoError(t, err)
	_, err = s.client.PutRecord(t.Context(), &awsfirehose.PutRecordInput{DeliveryStreamName: aws.String("logs"), Record: &types.Record{Data: []byte("x")}})
	worldtest.RequireError(t, err, "InvalidArgumentException", "This operation is not permitted on KinesisStreamAsSource delivery stream type.")

	put("one")
	s.Advance(time.Minute)
	_, bodies := s.objects(t)
	assert.Empty(t, bodies, "the role may not read the stream")
	stream, _ := firehose.Of(s.World()).Stream(s.arn("logs"))
	assert.Contains(t, stream.Failures[0], "is not authorized to perform: kinesis:ListShards")
	s.let(t, reader, awstest.Allow("kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords").On(source))
	put("two")
	s.Advance(3 * time.Minute)
	_, bodies = s.objects(t)
	assert.Equal(t, []string{"onetwo"}, bodies)
}
