package s3_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

// An inbox is a queue that gets the events of a bucket.
type inbox struct {
	*sqs.Client
	t        testing.TB
	url, arn *string
}

// inbox makes a queue to which S3 may send on behalf of a bucket of the owner's.
func (a *account) inbox(name, bucket string, attributes map[string]string) *inbox {
	a.t.Helper()
	q := &inbox{t: a.t, arn: aws.String("arn:aws:sqs:us-east-1:" + owner + ":" + name)}
	q.Client = sqs.New(sqs.Options{Region: "us-east-1", Credentials: a.root.Options().Credentials, HTTPClient: a.world.Door(), Retryer: aws.NopRetryer{},
		APIOptions: []func(*middleware.Stack) error{sdkclient.SignAt(a.world.Clock())}})
	out, err := q.CreateQueue(a.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	require.NoError(a.t, err)
	q.url = out.QueueUrl
	q.admit(`{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::` + bucket + `"},"StringEquals":{"aws:SourceAccount":"` + owner + `"}}`)
	return q
}

// admit gives the queue a policy that lets S3 send under a condition.
func (q *inbox) admit(condition string) {
	q.t.Helper()
	_, err := q.SetQueueAttributes(q.t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: q.url, Attributes: map[string]string{"Policy": `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + *q.arn + `","Condition":` + condition + `}]}`}})
	require.NoError(q.t, err)
}

// take receives what is in the queue.
func (q *inbox) take() []sqstypes.Message {
	q.t.Helper()
	var all []sqstypes.Message
	for {
		out, err := q.ReceiveMessage(q.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: q.url, MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"AWSTraceHeader"}})
		require.NoError(q.t, err)
		if len(out.Messages) == 0 {
			return all
		}
		for _, m := range out.Messages {
			_, err := q.DeleteMessage(q.t.Context(), &sqs.DeleteMessageInput{QueueUrl: q.url, ReceiptHandle: m.ReceiptHandle})
			require.NoError(q.t, err)
		}
		all = append(all, out.Messages...)
	}
}

// An event is one as a consumer reads it.
type event struct {
	EventVersion, EventSource, AwsRegion, EventTime, EventName string
	UserIdentity                                               struct{ PrincipalID string }
	RequestParameters                                          struct{ SourceIPAddress string }
	ResponseElements                                           map[string]string
	S3                                                         struct {
		S3SchemaVersion, ConfigurationID string
		Bucket                           struct {
			Name, Arn     string
			OwnerIdentity struct{ PrincipalID string }
		}
		Object map[string]any
	}
	GlacierEventData, LifecycleEventData map[string]map[string]string
}

// events are the events in the queue.
func (q *inbox) events() []event {
	q.t.Helper()
	var all []event
	for _, m := range q.take() {
		var body struct{ Records []event }
		require.NoError(q.t, json.Unmarshal([]byte(*m.Body), &body), *m.Body)
		require.Len(q.t, body.Records, 1, *m.Body)
		all = append(all, body.Records...)
	}
	return all
}

// told is an event in short: its version, name and key, and the other members of its object.
func (e *event) told() string {
	var members []string
	for _, name := range []string{"size", "eTag", "versionId", "sequencer"} {
		if _, ok := e.S3.Object[name]; ok {
			members = append(members, name)
		}
	}
	return strings.Join(append([]string{e.EventVersion, e.EventName, e.S3.Object["key"].(string)}, members...), " ")
}

func told(events []event) []string {
	var all []string
	for i := range events {
		all = append(all, events[i].told())
	}
	return all
}

// notifying has events of a bucket sent to a queue, and takes the test event.
func (a *account) notifying(bucket string, q *inbox, filter map[types.FilterRuleName]string, events ...types.Event) {
	a.t.Helper()
	c := types.QueueConfiguration{Id: aws.String("all"), QueueArn: q.arn, Events: events}
	for name, value := range filter {
		if c.Filter == nil {
			c.Filter = &types.NotificationConfigurationFilter{Key: new(types.S3KeyFilter)}
		}
		c.Filter.Key.FilterRules = append(c.Filter.Key.FilterRules, types.FilterRule{Name: name, Value: &value})
	}
	_, err := a.root.PutBucketNotificationConfiguration(a.t.Context(), &awss3.PutBucketNotificationConfigurationInput{Bucket: &bucket,
		NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{c}}})
	require.NoError(a.t, err)
	require.Len(a.t, q.take(), 1, "the test event")
}

// allEvents are those that S3 can be told to send of objects that exist here.
var allEvents = []types.Event{"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put", "s3:ObjectRestore:*",
	"s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:ObjectAnnotation:*", "s3:ObjectRetention:Put"}

func TestEventOfAPut(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, nil, allEvents...)
		a.allow(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`)
		rec := &recorder{HTTPClient: a.http}
		before := a.world.Clock().Now().UTC()
		out, err := a.user.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a@b/red flower.jpg"), Body: strings.NewReader("something")},
			func(o *awss3.Options) { o.HTTPClient = rec })
		require.NoError(t, err)
		events := q.events()
		require.Len(t, events, 1)
		e := events[0]
		assert.Equal(t, []string{"2.1", "aws:s3", "us-east-1", "ObjectCreated:Put", "127.0.0.1", "1.0", "all"},
			[]string{e.EventVersion, e.EventSource, e.AwsRegion, e.EventName, e.RequestParameters.SourceIPAddress, e.S3.S3SchemaVersion, e.S3.ConfigurationID})
		assert.Equal(t, "AWS:"+a.reader.Caller.UserID, e.UserIdentity.PrincipalID)
		assert.Regexp(t, `^A[A-Z0-9]{13}$`, e.S3.Bucket.OwnerIdentity.PrincipalID)
		assert.Equal(t, []string{"bucket", "arn:aws:s3:::bucket"}, []string{e.S3.Bucket.Name, e.S3.Bucket.Arn})
		assert.Equal(t, map[string]string{"x-amz-request-id": rec.last.Header.Get("X-Amz-Request-Id"), "x-amz-id-2": rec.last.Header.Get("X-Amz-Id-2")}, e.ResponseElements, "the ids of the answer")
		assert.GreaterOrEqual(t, e.EventTime, before.Format("2006-01-02T15:04:05.000Z"))
		sequencer := e.S3.Object["sequencer"]
		assert.Regexp(t, "^[0-9A-F]{18}$", sequencer)
		assert.Equal(t, map[string]any{"key": "a%40b/red+flower.jpg", "size": 9.0, "eTag": strings.Trim(*out.ETag, `"`), "sequencer": sequencer}, e.S3.Object)
		assert.Nil(t, e.GlacierEventData)

		a.put("bucket", "empty", "")
		events = q.events()
		require.Equal(t, []string{"2.1 ObjectCreated:Put empty size eTag sequencer"}, told(events))
		assert.Zero(t, events[0].S3.Object["size"])
		assert.Equal(t, "AmazonCustomer:"+e.S3.Bucket.OwnerIdentity.PrincipalID, events[0].UserIdentity.PrincipalID, "the root user")
		assert.Greater(t, events[0].S3.Object["sequencer"], sequencer)
	})
}

// An act is something done to a bucket, and the events that it causes.
type act struct {
	name string
	do   func(t *testing.T, a *account)
	want []string
}

func must(t *testing.T) func(_ any, err error) {
	return func(_ any, err error) { t.Helper(); require.NoError(t, err) }
}

var plainActs = []act{
	{"put", func(_ *testing.T, a *account) { a.put("bucket", "key", "1") }, []string{"2.1 ObjectCreated:Put key size eTag sequencer"}},
	{"post", func(t *testing.T, a *account) {
		form := formUpload{file: "x", fields: a.signed(a.root, `{"bucket":"bucket"},["starts-with","$key",""]`, "key", "posted")}
		resp, err := a.http.Do(form.request(t, a.address("bucket", "")))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 204, resp.StatusCode)
	}, []string{"2.1 ObjectCreated:Post posted size eTag sequencer"}},
	{"copy", func(t *testing.T, a *account) {
		must(t)(a.root.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("copy"), CopySource: aws.String("bucket/key")}))
	}, []string{"2.1 ObjectCreated:Copy copy size eTag sequencer"}},
	{"upload in parts", func(t *testing.T, a *account) {
		m, err := a.root.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("parts")})
		require.NoError(t, err)
		p, err := a.root.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: m.Bucket, Key: m.Key, UploadId: m.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("part")})
		require.NoError(t, err)
		for range 2 { // the second repeats an answer and does nothing
			must(t)(a.root.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: m.Bucket, Key: m.Key, UploadId: m.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: p.ETag}}}}))
		}
	}, []string{"2.1 ObjectCreated:CompleteMultipartUpload parts size eTag sequencer"}},
	{"tags", func(t *testing.T, a *account) {
		must(t)(a.root.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{Bucket: aws.String("bucket"), Key: aws.String("key"),
			Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}}))
		must(t)(a.root.DeleteObjectTagging(t.Context(), &awss3.DeleteObjectTaggingInput{Bucket: aws.String("bucket"), Key: aws.String("key")}))
	}, []string{"2.3 ObjectTagging:Put key eTag", "2.3 ObjectTagging:Delete key eTag"}},
	{"ACL", func(t *testing.T, a *account) {
		must(t)(a.root.PutBucketOwnershipControls(t.Context(), &awss3.PutBucketOwnershipControlsInput{Bucket: aws.String("bucket"),
			OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: "ObjectWriter"}}}}))
		for range 2 { // the second changes nothing
			must(t)(a.root.PutObjectAcl(t.Context(), &awss3.PutObjectAclInput{Bucket: aws.String("bucket"), Key: aws.String("key"), ACL: "authenticated-read"}))
		}
	}, []string{"2.3 ObjectAcl:Put key eTag"}},
	{"annotation", func(t *testing.T, a *account) {
		must(t)(a.root.PutObjectAnnotation(t.Context(), &awss3.PutObjectAnnotationInput{Bucket: aws.String("bucket"), Key: aws.String("key"), AnnotationName: aws.String("n"), AnnotationPayload: strings.NewReader("text")}))
		must(t)(a.root.DeleteObjectAnnotation(t.Context(), &awss3.DeleteObjectAnnotationInput{Bucket: aws.String("bucket"), Key: aws.String("key"), AnnotationName: aws.String("n")}))
	}, []string{"2.3 ObjectAnnotation:Put key eTag", "2.3 ObjectAnnotation:Delete key eTag"}},
	{"delete", func(t *testing.T, a *account) {
		for range 2 { // the second removes nothing
			must(t)(a.root.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}))
		}
	}, []string{"2.1 ObjectRemoved:Delete key sequencer"}},
	{"delete many", func(t *testing.T, a *account) {
		must(t)(a.root.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("bucket"), Delete: &types.Delete{
			Objects: []types.ObjectIdentifier{{Key: aws.String("posted")}, {Key: aws.String("none")}, {Key: aws.String("copy")}}}}))
	}, []string{"2.1 ObjectRemoved:Delete posted sequencer", "2.1 ObjectRemoved:Delete copy sequencer"}},
	{"read", func(t *testing.T, a *account) {
		must(t)(a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("parts")}))
	}, nil},
}

func TestEvents(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		must(t)(a.root.DeletePublicAccessBlock(t.Context(), &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("bucket")}))
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, nil, allEvents...)
		last := ""
		for _, do := range plainActs {
			do.do(t, a)
			events := q.events()
			assert.Equal(t, do.want, told(events), do.name)
			for _, e := range events {
				if sequencer, ok := e.S3.Object["sequencer"].(string); ok {
					assert.Greater(t, sequencer, last)
					last = sequencer
				}
			}
		}
	})
}

func TestEventsOfVersions(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "old", "1")
		a.versioning("bucket")
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, nil, allEvents...)
		put, err := a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
		require.NoError(t, err)
		hidden, err := a.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
		require.NoError(t, err)
		for _, id := range []*string{hidden.VersionId, put.VersionId} {
			must(t)(a.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), VersionId: id}))
		}
		must(t)(a.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("old"), VersionId: aws.String("null")}))
		events := q.events()
		assert.Equal(t, []string{
			"2.1 ObjectCreated:Put key size eTag versionId sequencer",
			"2.1 ObjectRemoved:DeleteMarkerCreated key eTag versionId sequencer",
			"2.1 ObjectRemoved:Delete key versionId sequencer",
			"2.1 ObjectRemoved:Delete key versionId sequencer",
			"2.1 ObjectRemoved:Delete old sequencer",
		}, told(events))
		for i, id := range []string{*put.VersionId, *hidden.VersionId, *hidden.VersionId, *put.VersionId} {
			assert.Equal(t, id, events[i].S3.Object["versionId"])
		}
	})
}
