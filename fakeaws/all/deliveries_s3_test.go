package all_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/all"
)

// A busEvent is an event of S3 on the default bus.
type busEvent struct {
	Account    string   `json:"account"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     struct {
		Version string `json:"version"`
		Bucket  struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object       map[string]any `json:"object"`
		Requester    string         `json:"requester"`
		RequestID    string         `json:"request-id"`
		SourceIP     string         `json:"source-ip-address"`
		Reason       string         `json:"reason"`
		DeletionType string         `json:"deletion-type"`
	} `json:"detail"`
}

// S3 tells EventBridge of what happens to objects, which needs no permission; a rule has it go
// to a queue, which does.
func TestObjectsTellEventBridge(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(all.OptIn()...))
	ctx, client := t.Context(), s3.NewFromConfig(acct.Config())
	bucket := acct.S3().CreateBucket("source")
	queue := acct.SQS().CreateQueue("events", nil)
	queue.SetPolicy(awstest.Allow("sqs:SendMessage").By("events.amazonaws.com"))
	events := eventbridge.NewFromConfig(acct.Config())
	_, err := events.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("objects"), EventPattern: aws.String(`{"source":["aws.s3"]}`)})
	require.NoError(t, err)
	_, err = events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("objects"), Targets: []ebtypes.Target{{Id: aws.String("1"), Arn: aws.String(queue.ARN())}}})
	require.NoError(t, err)
	bucket.Put("before", "nobody is told")
	_, err = client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String("source"), NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}},
	})
	require.NoError(t, err)

	key := aws.String("a key/ä")
	bucket.Put(*key, "data")
	_, err = client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: aws.String("source"), Key: key, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}})
	require.NoError(t, err)
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: key})
	require.NoError(t, err)
	acct.Settle()

	var got []busEvent
	for _, body := range queue.Bodies() {
		var e busEvent
		require.NoError(t, json.Unmarshal([]byte(body), &e))
		got = append(got, e)
	}
	require.Len(t, got, 3)
	for i, want := range []struct {
		detailType, reason, deletion string
		members                      []string
	}{
		{"Object Created", "PutObject", "", []string{"etag", "key", "sequencer", "size"}},
		{"Object Tags Added", "", "", []string{"etag", "key"}},
		{"Object Deleted", "DeleteObject", "Permanently Deleted", []string{"key", "sequencer"}},
	} {
		e := got[i]
		assert.Equal(t, want.detailType, e.DetailType)
		assert.Equal(t, []string{acct.ID(), "aws.s3", acct.Region(), "0", "source"}, []string{e.Account, e.Source, e.Region, e.Detail.Version, e.Detail.Bucket.Name})
		assert.Equal(t, []string{"arn:aws:s3:::source"}, e.Resources)
		assert.Equal(t, []string{want.reason, want.deletion}, []string{e.Detail.Reason, e.Detail.DeletionType})
		assert.Equal(t, acct.ID(), e.Detail.Requester)
		assert.NotEmpty(t, e.Detail.RequestID)
		assert.NotEmpty(t, e.Detail.SourceIP)
		assert.Equal(t, *key, e.Detail.Object["key"], "not encoded, as it is for queues")
		var members []string
		for name := range e.Detail.Object {
			members = append(members, name)
		}
		assert.ElementsMatch(t, want.members, members, want.detailType)
	}
}
