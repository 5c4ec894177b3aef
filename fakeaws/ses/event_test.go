package ses_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/firehose"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
	"github.com/leastpriv/leastpriv/fakeaws/sns"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

var all = []types.EventType{types.EventTypeSend, types.EventTypeDelivery, types.EventTypeBounce, types.EventTypeComplaint, types.EventTypeRenderingFailure}

// topic makes a topic, to which SES may publish for a source.
func (c *cloud) topic(t testing.TB, name, source string) string {
	t.Helper()
	client := awssns.NewFromConfig(c.RootConfig(owner))
	made, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name})
	require.NoError(t, err)
	if source != "" {
		_, err = client.SetTopicAttributes(t.Context(), &awssns.SetTopicAttributesInput{TopicArn: made.TopicArn, AttributeName: aws.String("Policy"), AttributeValue: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ses.amazonaws.com"},"Action":"sns:Publish","Resource":"` + *made.TopicArn + `",` +
				`"Condition":{"StringEquals":{"aws:SourceAccount":"` + owner + `"},"ArnLike":{"aws:SourceArn":"` + source + `"}}}}`)})
		require.NoError(t, err)
	}
	return *made.TopicArn
}

func (c *cloud) set(t testing.TB) *sesv2.Client {
	t.Helper()
	client := sesv2.NewFromConfig(c.RootConfig(owner))
	_, err := client.CreateConfigurationSet(t.Context(), &sesv2.CreateConfigurationSetInput{ConfigurationSetName: aws.String("set")})
	require.NoError(t, err)
	return client
}

func toTopic(name, topic string) *sesv2.CreateConfigurationSetEventDestinationInput {
	return &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: aws.String("set"), EventDestinationName: &name,
		EventDestination: &types.EventDestinationDefinition{Enabled: true, MatchingEventTypes: all, SnsDestination: &types.SnsDestination{TopicArn: &topic}},
	}
}

// Events of mail go to a topic, as its policy lets SES.
func TestEventsToTopic(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, sns.Service)
	ctx := t.Context()
	client := c.set(t)
	_, err := client.CreateConfigurationSetEventDestination(ctx, toTopic("shut", c.topic(t, "shut", "arn:aws:ses:*:*:configuration-set/other")))
	refused(t, err, "BadRequestException", "SES cannot publish")
	topic := c.topic(t, "events", "arn:aws:ses:"+region+":"+owner+":configuration-set/set")
	_, err = client.CreateConfigurationSetEventDestination(ctx, toTopic("events", topic))
	require.NoError(t, err)
	_, err = client.CreateConfigurationSetEventDestination(ctx, toTopic("events", topic))
	refused(t, err, "AlreadyExistsException", "events")
	in := simple("Ann <ann@example.com>", "bob@example.org", "bounce@simulator.amazonses.com", "complaint+1@simulator.amazonses.com")
	in.ConfigurationSetName, in.EmailTags = aws.String("set"), []types.MessageTag{{Name: aws.String("custom-tag"), Value: aws.String("tag-value")}}
	sent, err := client.SendEmail(ctx, in)
	require.NoError(t, err)
	require.NoError(t, c.Settle(ctx))
	published := sns.Published(c.World.World, topic)
	require.Len(t, published, 5)
	assert.Equal(t, "Successfully validated SNS topic for Amazon SES event publishing.", published[0].Message)
	var kinds []string
	for _, m := range published[1:] {
		var e struct {
			EventType string
			Mail      struct {
				MessageID, Source, SourceARN string
				Tags                         map[string][]string
				CommonHeaders                struct{ From, To []string }
			}
			Bounce struct {
				BounceType        string
				BouncedRecipients []struct{ EmailAddress string }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(m.Message), &e))
		assert.Equal(t, "Amazon SES Email Event Notification", m.Subject)
		assert.Equal(t, *sent.MessageId, e.Mail.MessageID)
		assert.Equal(t, "ann@example.com", e.Mail.Source)
		assert.Equal(t, domain, e.Mail.SourceARN)
		assert.Equal(t, []string{"tag-value"}, e.Mail.Tags["custom-tag"])
		assert.Equal(t, []string{"set"}, e.Mail.Tags["ses:configuration-set"])
		assert.Equal(t, []string{`"Ann" <ann@example.com>`}, e.Mail.CommonHeaders.From)
		assert.Equal(t, "bob@example.org", e.Mail.CommonHeaders.To[0])
		kinds = append(kinds, e.EventType)
		if e.EventType == "Bounce" {
			assert.Equal(t, "Permanent", e.Bounce.BounceType)
			assert.Equal(t, "bounce@simulator.amazonses.com", e.Bounce.BouncedRecipients[0].EmailAddress)
		}
	}
	assert.Equal(t, []string{"Send", "Delivery", "Bounce", "Complaint"}, kinds)

	// What the policy no longer lets fails, and is kept for the test.
	sns1 := awssns.NewFromConfig(c.RootConfig(owner))
	_, err = sns1.SetTopicAttributes(ctx, &awssns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("Policy"), AttributeValue: aws.String("")})
	require.NoError(t, err)
	_, err = client.SendEmail(ctx, in)
	require.NoError(t, err)
	require.NoError(t, c.Settle(ctx))
	assert.Len(t, ses.Failures(c.World.World, owner, region), 4)
}

// Events go to a Firehose stream with a role that the caller must pass, and to the default bus.
func TestEventsToStreamAndBus(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, firehose.Service, eventbridge.Service, s3.Service)
	ctx := t.Context()
	client := c.set(t)
	as := awsiam.NewFromConfig(c.RootConfig(owner))
	trust := func(service string) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}}`)
	}
	role, err := as.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("ses"), AssumeRolePolicyDocument: trust("firehose.amazonaws.com")})
	require.NoError(t, err)
	_, err = awss3.NewFromConfig(c.RootConfig(owner)).CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	stream := fakeStream(t, c, *role.Role.Arn)
	in := &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: aws.String("set"), EventDestinationName: aws.String("stream"),
		EventDestination: &types.EventDestinationDefinition{Enabled: true, MatchingEventTypes: all, KinesisFirehoseDestination: &types.KinesisFirehoseDestination{DeliveryStreamArn: &stream, IamRoleArn: role.Role.Arn}},
	}
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:*"`, `"*"`, ""))).CreateConfigurationSetEventDestination(ctx, in)
	refused(t, err, "AccessDeniedException", "iam:PassRole")
	_, err = client.CreateConfigurationSetEventDestination(ctx, in)
	refused(t, err, "BadRequestException", "cannot be assumed")
	_, err = as.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String("ses"), PolicyDocument: trust("ses.amazonaws.com")})
	require.NoError(t, err)
	passer := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ses.amazonaws.com"}}}]}`
	_, err = sesv2.NewFromConfig(c.user(t, owner, passer)).CreateConfigurationSetEventDestination(ctx, in)
	require.NoError(t, err)

	bus := &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: aws.String("set"), EventDestinationName: aws.String("bus"),
		EventDestination: &types.EventDestinationDefinition{Enabled: true, MatchingEventTypes: []types.EventType{types.EventTypeSend}, EventBridgeDestination: &types.EventBridgeDestination{EventBusArn: aws.String("arn:aws:events:" + region + ":" + owner + ":event-bus/default")}},
	}
	_, err = client.CreateConfigurationSetEventDestination(ctx, bus)
	require.NoError(t, err)
	_, err = eb.NewFromConfig(c.RootConfig(owner)).PutRule(ctx, &eb.PutRuleInput{Name: aws.String("mail"), EventPattern: aws.String(`{"source":["aws.ses"]}`), State: ebtypes.RuleStateEnabled})
	require.NoError(t, err)

	mail := simple("ann@example.com", "bob@example.org")
	mail.ConfigurationSetName = aws.String("set")
	_, err = client.SendEmail(ctx, mail)
	require.NoError(t, err)
	require.NoError(t, c.Settle(ctx))
	events := eventbridge.Published(c.World.World, "arn:aws:events:"+region+":"+owner+":event-bus/default")
	require.Len(t, events, 1)
	assert.Equal(t, "Email Sent", events[0].DetailType)
	failures := ses.Failures(c.World.World, owner, region)
	require.Len(t, failures, 2) // the role may not put records
	assert.Contains(t, failures[0].Reason, "firehose:PutRecord")
	_, err = as.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("ses"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allow(`"firehose:PutRecord"`, `"`+stream+`"`, ""))})
	require.NoError(t, err)
	_, err = client.SendEmail(ctx, mail)
	require.NoError(t, err)
	require.NoError(t, c.Settle(ctx))
	kept, ok := firehose.Of(c.World.World).Stream(stream)
	require.True(t, ok)
	require.Len(t, kept.Waiting, 2)
	assert.Contains(t, string(kept.Waiting[0]), `"eventType":"Send"`)
}

func fakeStream(t testing.TB, c *cloud, role string) string {
	t.Helper()
	ctx := t.Context()
	as := awsiam.NewFromConfig(c.RootConfig(owner))
	made, err := as.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("hose"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"firehose.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	require.NoError(t, err)
	out, err := awsfirehose.NewFromConfig(c.RootConfig(owner)).CreateDeliveryStream(ctx, &awsfirehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String("events"), ExtendedS3DestinationConfiguration: destinationInBucket(*made.Role.Arn),
	})
	require.NoError(t, err)
	return *out.DeliveryStreamARN
}

// Feedback goes to the topics of the identity, and mail to suppressed addresses bounces.
func TestFeedback(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, sns.Service)
	ctx := t.Context()
	old, client := awsses.NewFromConfig(c.RootConfig(owner)), sesv2.NewFromConfig(c.RootConfig(owner))
	topic := c.topic(t, "feedback", domain)
	_, err := old.SetIdentityNotificationTopic(ctx, &awsses.SetIdentityNotificationTopicInput{Identity: aws.String("example.com"), NotificationType: v1.NotificationTypeBounce, SnsTopic: &topic})
	require.NoError(t, err)
	_, err = old.SetIdentityHeadersInNotificationsEnabled(ctx, &awsses.SetIdentityHeadersInNotificationsEnabledInput{Identity: aws.String("example.com"), NotificationType: "InvalidType"})
	refused(t, err, "InvalidParameterValue", "Invalid notification type: InvalidType. Valid values are: Bounce, Complaint, Delivery.")
	_, err = client.PutSuppressedDestination(ctx, &sesv2.PutSuppressedDestinationInput{EmailAddress: aws.String("bob@example.org"), Reason: types.SuppressionListReasonComplaint})
	require.NoError(t, err)
	_, err = client.SendEmail(ctx, simple("ann@example.com", "bob@example.org", "carl@example.org"))
	require.NoError(t, err)
	require.NoError(t, c.Settle(ctx))
	published := sns.Published(c.World.World, topic)
	require.Len(t, published, 1)
	assert.Contains(t, published[0].Message, `"notificationType":"Bounce"`)
	assert.Contains(t, published[0].Message, "OnAccountSuppressionList")
	assert.NotContains(t, published[0].Message, "commonHeaders")
	assert.Equal(t, []string{"bob@example.org"}, c.sent()[0].Bounced)
	points, err := old.GetSendStatistics(ctx, &awsses.GetSendStatisticsInput{})
	require.NoError(t, err)
	require.Len(t, points.SendDataPoints, 1)
	assert.Equal(t, int64(2), points.SendDataPoints[0].DeliveryAttempts)
	list, err := client.ListSuppressedDestinations(ctx, &sesv2.ListSuppressedDestinationsInput{Reasons: []types.SuppressionListReason{types.SuppressionListReasonBounce}})
	require.NoError(t, err)
	assert.Empty(t, list.SuppressedDestinationSummaries)
}
