package all_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	aatypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	iamfake "github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/wire"
)

var scale = flag.Bool("scale", false, "do as much as takes long; takes a minute and 3 GiB")

// A leaving is the context of a client that goes when it has been looked at so often,
// or never.
type leaving struct {
	context.Context
	stays int64
	looks atomic.Int64
}

// Err implements context.Context.
func (l *leaving) Err() error {
	if n := l.looks.Add(1); l.stays >= 0 && n > l.stays {
		return context.Canceled
	}
	return nil
}

// A crowd is a World with much in it, as far as a size goes.
type crowd struct {
	*fakeaws.World
	t    testing.TB
	root fakeaws.Actor
	size int
}

func newCrowd(t testing.TB, size int) *crowd {
	t.Helper()
	w := all.NewWorld(fakeaws.Config{Services: all.OptIn()})
	_, err := w.AddAccount(account, key, secret)
	require.NoError(t, err)
	return &crowd{w, t, w.Fixture(account, "us-east-1"), size}
}

// table makes a table with as many items as the size says.
func (c *crowd) table() {
	do[awsdynamodb.CreateTableOutput](c, &awsdynamodb.CreateTableInput{
		TableName: aws.String("table"), BillingMode: ddbtypes.BillingModePayPerRequest,
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddbtypes.KeyTypeHash}},
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: ddbtypes.ScalarAttributeTypeS}},
	})
	for i := range c.size {
		do[awsdynamodb.PutItemOutput](c, &awsdynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]ddbtypes.AttributeValue{
			"id": &ddbtypes.AttributeValueMemberS{Value: strconv.Itoa(i)}, "n": &ddbtypes.AttributeValueMemberN{Value: strconv.Itoa(i)},
		}})
	}
}

// do performs what sets the World up.
func do[O any](c *crowd, in any) *O {
	c.t.Helper()
	out, err := fakeaws.Do[O](c.t.Context(), c.World, c.root, in)
	require.NoError(c.t, err)
	return out
}

// bucket makes a bucket with an object of size mebibytes in parts of five.
func (c *crowd) bucket() (upload *string, parts []types.CompletedPart) {
	do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	return c.upload("object")
}

const partSize = 5 << 20

func (c *crowd) upload(key string) (id *string, parts []types.CompletedPart) {
	id = do[s3.CreateMultipartUploadOutput](c, &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: &key}).UploadId
	do[s3.PutObjectOutput](c, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("part"), Body: bytes.NewReader(make([]byte, partSize))})
	for i := range max(2, c.size/5) {
		number := aws.Int32(int32(i + 1))
		part := do[s3.UploadPartCopyOutput](c, &s3.UploadPartCopyInput{Bucket: aws.String("bucket"), Key: &key, UploadId: id, PartNumber: number, CopySource: aws.String("bucket/part")})
		parts = append(parts, types.CompletedPart{PartNumber: number, ETag: part.CopyPartResult.ETag})
	}
	return id, parts
}

// object makes the bucket with an object of as many mebibytes.
func (c *crowd) object() {
	id, parts := c.bucket()
	do[s3.CompleteMultipartUploadOutput](c, &s3.CompleteMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("object"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
}

// markers makes a bucket in which as many keys are hidden by delete markers.
func (c *crowd) markers() {
	bucket := aws.String("bucket")
	do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: bucket})
	do[s3.PutBucketVersioningOutput](c, &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	for i := range c.size {
		do[s3.DeleteObjectOutput](c, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String(fmt.Sprintf("%07d", i))})
	}
}

// users makes as many users, who all have one policy.
func (c *crowd) users() *string {
	policy := do[iam.CreatePolicyOutput](c, &iam.CreatePolicyInput{PolicyName: aws.String("all"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)}).Policy.Arn
	for i := range c.size {
		name := aws.String(fmt.Sprintf("user%d", i))
		do[iam.CreateUserOutput](c, &iam.CreateUserInput{UserName: name})
		do[iam.AttachUserPolicyOutput](c, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: policy})
	}
	return policy
}

// raiseQuotas makes room for as much as the size says.
func (c *crowd) raiseQuotas() {
	for _, quota := range []string{"Users per account", "Customer managed policies per account"} {
		require.NoError(c.t, iamfake.Of(c.World).SetQuota(account, quota, 2*c.size))
	}
}

func base64Of(body string) string {
	sum := sha256.Sum256([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// queue makes a queue and its dead-letter queue, and returns their URLs.
func (c *crowd) queue() (url, dead *string) {
	dead = do[sqs.CreateQueueOutput](c, &sqs.CreateQueueInput{QueueName: aws.String("dead")}).QueueUrl
	return c.source("source"), dead
}

func (c *crowd) source(name string) *string {
	return do[sqs.CreateQueueOutput](c, &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "0",
		"RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + awsid.ARN("sqs", "us-east-1", account, "dead") + `"}`}}).QueueUrl
}

// logs makes a log group with as many events.
func (c *crowd) logs() *string {
	name, now := aws.String("group"), c.Clock().Now().UnixMilli()
	do[cloudwatchlogs.CreateLogGroupOutput](c, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name})
	do[cloudwatchlogs.CreateLogStreamOutput](c, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: name, LogStreamName: name})
	for left := c.size; left > 0; left -= 2500 {
		events := make([]logstypes.InputLogEvent, min(left, 2500))
		for i := range events {
			events[i] = logstypes.InputLogEvent{Message: aws.String(`{"a":1,"b":"xx"}`), Timestamp: &now}
		}
		do[cloudwatchlogs.PutLogEventsOutput](c, &cloudwatchlogs.PutLogEventsInput{LogGroupName: name, LogStreamName: name, LogEvents: events})
	}
	return name
}

// lasting are the operations that can take longer than 100 ms. Each makes a World, and
// the input of a call that does as much there as the size says.
var lasting = map[string]struct {
	// few and many are the sizes with which every test runs, and the one that takes long.
	few, many int
	fill      func(*crowd) any
}{
	"UpdateTable with a new index": {5000, 300_000, func(c *crowd) any {
		c.table()
		return &awsdynamodb.UpdateTableInput{
			TableName:            aws.String("table"),
			AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("n"), AttributeType: ddbtypes.ScalarAttributeTypeN}},
			GlobalSecondaryIndexUpdates: []ddbtypes.GlobalSecondaryIndexUpdate{{Create: &ddbtypes.CreateGlobalSecondaryIndexAction{
				IndexName: aws.String("index"), KeySchema: []ddbtypes.KeySchemaElement{{AttributeName: aws.String("n"), KeyType: ddbtypes.KeyTypeHash}},
				Projection: &ddbtypes.Projection{ProjectionType: ddbtypes.ProjectionTypeAll},
			}}},
		}
	}},
	"UpdateTimeToLive": {5000, 300_000, func(c *crowd) any {
		c.table()
		return &awsdynamodb.UpdateTimeToLiveInput{TableName: aws.String("table"), TimeToLiveSpecification: &ddbtypes.TimeToLiveSpecification{AttributeName: aws.String("n"), Enabled: aws.Bool(true)}}
	}},
	"ValidatePolicy": {10, 3000, func(c *crowd) any {
		st := `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`
		return &aa.ValidatePolicyInput{PolicyType: aatypes.PolicyTypeIdentityPolicy,
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Repeat(st+",", c.size-1) + st + `]}`)}
	}},
	"ListFindingsV2": {3, 300, func(c *crowd) any {
		for i := range c.size {
			name := aws.String(fmt.Sprint("user", i))
			do[iam.CreateUserOutput](c, &iam.CreateUserInput{UserName: name})
			do[iam.PutUserPolicyOutput](c, &iam.PutUserPolicyInput{UserName: name, PolicyName: name, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)})
		}
		c.Clock().Advance(100 * 24 * time.Hour)
		arn := do[aa.CreateAnalyzerOutput](c, &aa.CreateAnalyzerInput{AnalyzerName: aws.String("unused"), Type: aatypes.TypeAccountUnusedAccess}).Arn
		return &aa.ListFindingsV2Input{AnalyzerArn: arn}
	}},
	"PutObject": {5, 1000, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		return &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("new"), Body: bytes.NewReader(make([]byte, c.size<<20))}
	}},
	"UploadPart": {5, 1000, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		id := do[s3.CreateMultipartUploadOutput](c, &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("new")}).UploadId
		return &s3.UploadPartInput{Bucket: aws.String("bucket"), Key: aws.String("new"), UploadId: id, PartNumber: aws.Int32(1), Body: bytes.NewReader(make([]byte, c.size<<20))}
	}},
	"CopyObject": {10, 2000, func(c *crowd) any {
		c.object()
		return &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("new"), CopySource: aws.String("bucket/object")}
	}},
	"CopyObject with another checksum": {5, 1000, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		do[s3.PutObjectOutput](c, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("object"), Body: bytes.NewReader(make([]byte, c.size<<20))})
		return &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("new"), CopySource: aws.String("bucket/object"), ChecksumAlgorithm: types.ChecksumAlgorithmSha512}
	}},
	"CopyObject with annotations": {3, 1000, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		do[s3.PutObjectOutput](c, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("object"), Body: strings.NewReader("x")})
		text := bytes.Repeat([]byte("x"), 1<<20)
		for i := range c.size {
			do[s3.PutObjectAnnotationOutput](c, &s3.PutObjectAnnotationInput{Bucket: aws.String("bucket"), Key: aws.String("object"), AnnotationName: aws.String(fmt.Sprint("n", i)), AnnotationPayload: bytes.NewReader(text)})
		}
		return &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("new"), CopySource: aws.String("bucket/object"), ChecksumAlgorithm: types.ChecksumAlgorithmSha512}
	}},
	"SelectObjectContent": {5, 300, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		do[s3.PutObjectOutput](c, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("object"), Body: bytes.NewReader(bytes.Repeat([]byte("a,b,c,d,e,f,12\n"), c.size<<20/15))})
		return &s3.SelectObjectContentInput{Bucket: aws.String("bucket"), Key: aws.String("object"), ExpressionType: types.ExpressionTypeSql,
			Expression:         aws.String("SELECT s._1 FROM S3Object s WHERE s._7 > 12 OR s._1 LIKE '%b_'"),
			InputSerialization: &types.InputSerialization{CSV: &types.CSVInput{}}, OutputSerialization: &types.OutputSerialization{CSV: &types.CSVOutput{}}}
	}},
	"UploadPartCopy": {10, 2000, func(c *crowd) any {
		c.object()
		id := do[s3.CreateMultipartUploadOutput](c, &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("new")}).UploadId
		return &s3.UploadPartCopyInput{Bucket: aws.String("bucket"), Key: aws.String("new"), UploadId: id, PartNumber: aws.Int32(1), CopySource: aws.String("bucket/object")}
	}},
	"CompleteMultipartUpload": {10, 2000, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		id, parts := c.upload("new")
		return &s3.CompleteMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("new"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}
	}},
	"ListObjects": {2500, 200_000, func(c *crowd) any {
		c.markers()
		return &s3.ListObjectsInput{Bucket: aws.String("bucket")}
	}},
	"ListObjectsV2": {2500, 200_000, func(c *crowd) any {
		c.markers()
		return &s3.ListObjectsV2Input{Bucket: aws.String("bucket")}
	}},
	"ListObjectVersions": {2500, 200_000, func(c *crowd) any {
		c.markers()
		return &s3.ListObjectVersionsInput{Bucket: aws.String("bucket")}
	}},
	"ListMultipartUploads": {2500, 100_000, func(c *crowd) any {
		do[s3.CreateBucketOutput](c, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		var last *string
		for range c.size {
			last = do[s3.CreateMultipartUploadOutput](c, &s3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key")}).UploadId
		}
		return &s3.ListMultipartUploadsInput{Bucket: aws.String("bucket"), KeyMarker: aws.String("key"), UploadIdMarker: last}
	}},
	"lifecycle rules": {50, 200_000, func(c *crowd) any {
		c.markers()
		do[s3.PutBucketLifecycleConfigurationOutput](c, &s3.PutBucketLifecycleConfigurationInput{Bucket: aws.String("bucket"), LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{
			{ID: aws.String("rule"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)}}}}})
		return &s3.HeadBucketInput{Bucket: aws.String("bucket")}
	}},
	"ReceiveMessage past dead letters": {50, 50_000, func(c *crowd) any {
		url, _ := c.queue()
		for range c.size {
			do[sqs.SendMessageOutput](c, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
		}
		for range c.size / 10 {
			do[sqs.ReceiveMessageOutput](c, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 60})
		}
		c.Clock().Advance(time.Hour)
		return &sqs.ReceiveMessageInput{QueueUrl: url}
	}},
	"ListQueues": {4500, 50_000, func(c *crowd) any {
		for i := range c.size {
			do[sqs.CreateQueueOutput](c, &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprint("queue", i))})
		}
		return &sqs.ListQueuesInput{MaxResults: aws.Int32(10)}
	}},
	"ListDeadLetterSourceQueues": {4500, 50_000, func(c *crowd) any {
		_, dead := c.queue()
		for i := range c.size {
			c.source(fmt.Sprint("queue", i))
		}
		return &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead}
	}},
	"FilterLogEvents": {2500, 100_000, func(c *crowd) any {
		return &cloudwatchlogs.FilterLogEventsInput{LogGroupName: c.logs(), FilterPattern: aws.String("{ $.a = 1 && $.b = %x+y% }")}
	}},
	"StartQuery": {2500, 300_000, func(c *crowd) any {
		return &cloudwatchlogs.StartQueryInput{LogGroupName: c.logs(), StartTime: aws.Int64(0), EndTime: aws.Int64(1 << 33), QueryString: aws.String("filter a = 2 | stats count(*) by b")}
	}},
	"GetWebIdentityToken": {1, 1, func(c *crowd) any {
		do[iam.EnableOutboundWebIdentityFederationOutput](c, &iam.EnableOutboundWebIdentityFederationInput{})
		return &sts.GetWebIdentityTokenInput{Audience: []string{"a"}, SigningAlgorithm: aws.String("RS256")}
	}},
	"GenerateCredentialReport": {20, 4000, func(c *crowd) any {
		c.users()
		return &iam.GenerateCredentialReportInput{}
	}},
	"GenerateServiceLastAccessedDetails": {20, 4000, func(c *crowd) any {
		return &iam.GenerateServiceLastAccessedDetailsInput{Arn: c.users()}
	}},
	"ListPoliciesGrantingServiceAccess": {20, 4000, func(c *crowd) any {
		c.users()
		return &iam.ListPoliciesGrantingServiceAccessInput{Arn: aws.String(awsid.ARN("iam", "", account, "user/user0")), ServiceNamespaces: []string{"ec2", "s3", "sqs"}}
	}},
	"GenerateOrganizationsAccessReport": {20, 4000, func(c *crowd) any {
		c.users()
		org := do[organizations.CreateOrganizationOutput](c, &organizations.CreateOrganizationInput{}).Organization
		roots := do[organizations.ListRootsOutput](c, &organizations.ListRootsInput{}).Roots
		return &iam.GenerateOrganizationsAccessReportInput{EntityPath: aws.String(*org.Id + "/" + *roots[0].Id + "/" + account)}
	}},
}

// perform performs a call, and takes all that it answers as an event stream.
func (c *crowd) perform(ctx context.Context, in any) error {
	out, err := c.Do(ctx, c.root, in)
	if selected, ok := out.(*s3.SelectObjectContentOutput); ok && err == nil {
		events := wire.EventsOf(selected.ResultMetadata)
		for err == nil {
			_, err = events.Next()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	return err
}

// A client that leaves ends its work at the next look that the operation takes, and
// what the operation would have made is not there.
func TestLastingOperationsLookWhetherTheClientIsThere(t *testing.T) {
	t.Parallel()
	for name, test := range lasting {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, test.few)
			in := test.fill(c)
			rewind := func() {
				switch in := in.(type) {
				case *s3.PutObjectInput:
					_, _ = in.Body.(*bytes.Reader).Seek(0, 0)
				case *s3.UploadPartInput:
					_, _ = in.Body.(*bytes.Reader).Seek(0, 0)
				}
			}
			for stays := range int64(2) {
				rewind()
				ctx := &leaving{Context: t.Context(), stays: stays}
				err := c.perform(ctx, in)
				require.ErrorIs(t, err, context.Canceled, "it left after %d looks", stays)
				assert.Equal(t, stays+1, ctx.looks.Load(), "nothing is done after the look that finds nobody")
			}
			for _, missing := range []any{
				&s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("new")},
				&iam.GetCredentialReportInput{},
			} {
				_, err := c.Do(t.Context(), c.root, missing)
				assert.Error(t, err)
			}
			rewind()
			err := c.perform(t.Context(), in)
			assert.NoError(t, err, "who comes again is served")
		})
	}
}

// Each key of a batch is a question of its own.
func TestQuestionsOfABatchEndWithItsClient(t *testing.T) {
	t.Parallel()
	w := newOrigins(t)
	var keys strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&keys, "<Object><Key>%d</Key></Object>", i)
	}
	body := "<Delete>" + keys.String() + "</Delete>"
	p := protocol{service: "s3", method: "POST", target: "/bucket?delete", body: body, header: map[string]string{"X-Amz-Checksum-Sha256": base64Of(body)}}
	r := signing{}.request(t, "https://localhost", p)
	all := &leaving{Context: t.Context(), stays: -1}
	resp, err := w.Door().RoundTrip(r.WithContext(all))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Greater(t, all.looks.Load(), int64(1000))

	half := &leaving{Context: t.Context(), stays: 500}
	r = signing{}.request(t, "https://localhost", p)
	resp, err = w.Door().RoundTrip(r.WithContext(half))
	if resp != nil {
		require.NoError(t, resp.Body.Close())
	}
	require.ErrorIs(t, err, context.Canceled)
	assert.Less(t, half.looks.Load(), int64(510))
}

// A long poll ends with its client at once.
func TestLongPollsEndWithTheirClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 0)
		url, _ := c.queue()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		_, err := c.Do(ctx, c.root, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 5*time.Second, time.Since(start))
	})
}

// A client that hangs up has left.
func TestHangingUpIsLeaving(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 0)
	url, _ := c.queue()
	served := make(chan time.Duration, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c.Door().ServeHTTP(w, r)
		served <- time.Since(start)
	}))
	defer server.Close()
	poll := request{body: "Action=ReceiveMessage&Version=2012-11-05&WaitTimeSeconds=20&QueueUrl=" + *url, header: form, service: "sqs"}.build(t, server.URL)
	conn, err := net.Dial("tcp", poll.Host)
	require.NoError(t, err)
	require.NoError(t, poll.Write(conn))
	time.Sleep(50 * time.Millisecond)
	require.NoError(t, conn.Close())
	assert.Less(t, <-served, 10*time.Second, "the poll would have waited for 20 s")
}

// With as much as takes long, a client that leaves has ended its work 100 ms later.
func TestLastingOperationsEndWithin100Milliseconds(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: as much as takes long, which takes a minute, is not ended")
	}
	for name, test := range lasting {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, test.many)
			c.raiseQuotas()
			in := test.fill(c)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var left atomic.Int64
			start := time.Now()
			time.AfterFunc(10*time.Millisecond, func() { left.Store(int64(time.Since(start))); cancel() })
			err := c.perform(ctx, in)
			took := time.Since(start)
			if err == nil {
				t.Logf("done after %v, before the client left", took)
				assert.Less(t, took, 100*time.Millisecond)
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			after := took - time.Duration(left.Load())
			t.Logf("ended %v after the client had left", after)
			assert.Less(t, after, 100*time.Millisecond)
		})
	}
}
