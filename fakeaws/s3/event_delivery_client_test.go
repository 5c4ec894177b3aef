package s3_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
)

// errorElements are the body of an error: what the SDK's types leave out.
type errorElements struct {
	Code, Message string
	All           []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

// bodyKeeper keeps the body of the latest answer.
type bodyKeeper struct {
	aws.HTTPClient
	body []byte
}

// Do implements aws.HTTPClient.
func (k *bodyKeeper) Do(r *http.Request) (*http.Response, error) {
	resp, err := k.HTTPClient.Do(r)
	if err != nil {
		return nil, err
	}
	if k.body, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(k.body))
	return resp, nil
}

// refusal is how a configuration is refused, with the arguments that the error names.
func (a *account) refusal(bucket string, n types.NotificationConfiguration) string {
	a.t.Helper()
	keep := &bodyKeeper{HTTPClient: a.http}
	_, err := a.root.PutBucketNotificationConfiguration(a.t.Context(), &awss3.PutBucketNotificationConfigurationInput{Bucket: &bucket, NotificationConfiguration: &n},
		func(o *awss3.Options) { o.HTTPClient = keep })
	require.Error(a.t, err)
	var e errorElements
	require.NoError(a.t, xml.Unmarshal(keep.body, &e), string(keep.body))
	text := e.Code + " " + e.Message
	for _, x := range e.All {
		if strings.HasPrefix(x.XMLName.Local, "Argument") {
			text += " " + x.XMLName.Local + "=" + x.Text
		}
	}
	return text
}

func TestEventFilters(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, map[types.FilterRuleName]string{"pReFix": "in/", "SUFFIX": ".txt"}, "s3:ObjectCreated:Put", "s3:ObjectRemoved:*")
		got, err := a.root.GetBucketNotificationConfiguration(t.Context(), &awss3.GetBucketNotificationConfigurationInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		assert.ElementsMatch(t, []types.FilterRule{{Name: "Prefix", Value: aws.String("in/")}, {Name: "Suffix", Value: aws.String(".txt")}}, got.QueueConfigurations[0].Filter.Key.FilterRules)
		for _, key := range []string{"in/a.txt", "in/a.jpg", "a.txt", "in/b c.txt", "in/.txt"} {
			a.put("bucket", key, "1")
		}
		must(t)(a.root.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("in/copy.txt"), CopySource: aws.String("bucket/a.txt")}))
		must(t)(a.root.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("in/a.txt")}))
		var names []string
		for _, e := range q.events() {
			names = append(names, e.EventName+" "+e.S3.Object["key"].(string))
		}
		assert.Equal(t, []string{"ObjectCreated:Put in/a.txt", "ObjectCreated:Put in/b+c.txt", "ObjectCreated:Put in/.txt", "ObjectRemoved:Delete in/a.txt"}, names)

		configured := func(rules ...types.FilterRule) types.NotificationConfiguration {
			return types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{{QueueArn: q.arn, Events: []types.Event{"s3:ObjectCreated:*"},
				Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: rules}}}}}
		}
		v := aws.String("v")
		assert.Equal(t, "InvalidArgument filter rule name must be either prefix or suffix ArgumentName=FilterRule.Name ArgumentValue=INVALID", a.refusal("bucket", configured(types.FilterRule{Name: "INVALID", Value: v})))
		for _, r := range []types.FilterRule{{Name: "prefix"}, {Value: v}, {}} {
			assert.Contains(t, a.refusal("bucket", configured(r)), "MalformedXML ")
		}
		assert.Contains(t, a.refusal("bucket", configured(types.FilterRule{Name: "prefix", Value: v}, types.FilterRule{Name: "Prefix", Value: v})), "Cannot specify more than one prefix rule in a filter.")
	})
}

// rule 79: what the queue's policy does not allow is dropped, and the log says so.
func TestEventDenied(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, nil, "s3:ObjectCreated:*")
		for name, condition := range map[string]string{
			"another bucket":  `{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::other"}}`,
			"another account": `{"StringEquals":{"aws:SourceAccount":"` + stranger + `"}}`,
		} {
			q.admit(condition)
			a.world.Log().Reset()
			a.put("bucket", "key", "1")
			var denied []string
			for _, e := range a.world.Log().Events() {
				if e.Denied {
					denied = append(denied, e.Caller+" "+e.Code+" "+e.String())
				}
			}
			require.Len(t, denied, 1, name)
			assert.Contains(t, denied[0], "s3.amazonaws.com", name)
			assert.Contains(t, denied[0], "DENY", name)
			assert.Contains(t, denied[0], "sqs:SendMessage", name)
			assert.Empty(t, q.take(), name)
		}
		q.admit(`{"StringEquals":{"aws:SourceAccount":"` + owner + `"}}`)
		a.put("bucket", "key", "1")
		assert.Len(t, q.events(), 1, "what was refused is not sent again")
	})
}

// The key of a queue that KMS encrypts must let S3 use it.
func TestEventToAnEncryptedQueue(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	keyFor := func(principal string) *enforce.Policy {
		p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+owner+`"},"Action":"kms:*","Resource":"*"},
			{"Effect":"Allow","Principal":{"Service":"`+principal+`"},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}]}`, enforce.KeyPolicy, enforce.Source{})
		require.NoError(t, err)
		return p
	}
	key, err := a.world.Keys().Create(owner, "us-east-1", keyFor("s3.amazonaws.com"))
	require.NoError(t, err)
	q := a.inbox("events", "bucket", map[string]string{"KmsMasterKeyId": key.ID})
	a.notifying("bucket", q, nil, "s3:ObjectCreated:*")
	a.put("bucket", "key", "1")
	assert.Len(t, q.events(), 1)
	require.NoError(t, key.SetPolicy(keyFor("sns.amazonaws.com")))
	a.put("bucket", "key", "1")
	assert.Empty(t, q.events())
	assert.Contains(t, a.refusal("bucket", types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{{QueueArn: q.arn, Events: []types.Event{"s3:ObjectCreated:*"}}}}), "Permissions on the destination queue")
}

func TestNotificationsToFIFO(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	q := a.inbox("events.fifo", "bucket", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	n := types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{{QueueArn: q.arn, Events: []types.Event{"s3:ObjectCreated:*"}}}}
	assert.Contains(t, a.refusal("bucket", n), "InvalidArgument Unable to validate the following destination configurations ArgumentName1="+*q.arn+" ArgumentValue1=FIFO")
	must(t)(a.root.PutBucketNotificationConfiguration(t.Context(), &awss3.PutBucketNotificationConfigurationInput{Bucket: aws.String("bucket"), NotificationConfiguration: &n, SkipDestinationValidation: aws.Bool(true)}))
	a.put("bucket", "key", "1")
	assert.Empty(t, q.take())
}

// A World without SQS has no queues, and what is configured without a look sends nothing.
func TestNotificationsWithoutSQS(t *testing.T) {
	t.Parallel()
	w := worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{s3.Service}})
	c := awss3.NewFromConfig(worldtest.FixtureConfig(w, owner, "us-east-1"))
	ctx := worldtest.As(context.Background(), w.Fixture(owner, "us-east-1"))
	must(t)(c.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("bucket")}))
	in := &awss3.PutBucketNotificationConfigurationInput{Bucket: aws.String("bucket"), NotificationConfiguration: &types.NotificationConfiguration{
		QueueConfigurations: []types.QueueConfiguration{{QueueArn: aws.String("arn:aws:sqs:us-east-1:" + owner + ":q"), Events: []types.Event{"s3:ObjectCreated:*"}}}}}
	_, err := c.PutBucketNotificationConfiguration(ctx, in)
	var refused *fakeaws.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, []string{"InvalidArgument", "The destination queue does not exist"}, []string{refused.Code, refused.Fields[1].Value})
	in.SkipDestinationValidation = aws.Bool(true)
	must(t)(c.PutBucketNotificationConfiguration(ctx, in))
	must(t)(c.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}))
}

// AWS X-Ray follows a request into the queue.
func TestEventTrace(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, nil, "s3:ObjectCreated:*")
		const trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
		must(t)(a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}, func(o *awss3.Options) {
			o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
				return s.Build.Add(middleware.BuildMiddlewareFunc("trace", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
					in.Request.(*smithyhttp.Request).Header.Set("X-Amzn-Trace-Id", trace)
					return next.HandleBuild(ctx, in)
				}), middleware.After)
			})
		}))
		messages := q.take()
		require.Len(t, messages, 1)
		assert.Equal(t, trace, messages[0].Attributes["AWSTraceHeader"])
	})
}

// Every call has its event in the queue when it is answered, also beside others, and the
// events are in the order of their sequencers.
func TestEventsOfConcurrentCalls(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	q := a.inbox("events", "bucket", nil)
	a.notifying("bucket", q, nil, "s3:ObjectCreated:*")
	const clients, puts = 8, 20
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for j := range puts {
				_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(strconv.Itoa(i) + "/" + strconv.Itoa(j))})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	events := q.events()
	assert.Len(t, events, clients*puts)
	last := ""
	for _, e := range events {
		sequencer := e.S3.Object["sequencer"].(string)
		assert.Greater(t, sequencer, last)
		last = sequencer
	}
}
