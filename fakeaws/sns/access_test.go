package sns_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// A call is one of an operation, with the resource that its permission is on.
type call struct {
	action, resource string
	do               func(context.Context, *awssns.Client) error
}

func calling[I, O any](f func(*awssns.Client, context.Context, *I, ...func(*awssns.Options)) (*O, error), in *I) func(context.Context, *awssns.Client) error {
	return func(ctx context.Context, c *awssns.Client) error {
		_, err := f(c, ctx, in)
		return err
	}
}

const (
	everything  = "arn:aws:sns:" + region + ":" + owner + ":*"
	application = "arn:aws:sns:" + region + ":" + owner + ":app/GCM/shop"
	phone       = "+15550001111"
)

// everyCall has a call of each operation, in an order in which all succeed.
func everyCall(c *cloud, subscription *string, device *string) []call {
	topic, other, tags := aws.String(topicARN), aws.String(topicARN+"-2"), []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	settings := map[string]string{"PlatformCredential": "x"}
	return []call{
		{"CreateTopic", *other, calling((*awssns.Client).CreateTopic, &awssns.CreateTopicInput{Name: aws.String("orders-2")})},
		{"GetTopicAttributes", topicARN, calling((*awssns.Client).GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: topic})},
		{"SetTopicAttributes", topicARN, calling((*awssns.Client).SetTopicAttributes, &awssns.SetTopicAttributesInput{TopicArn: topic, AttributeName: aws.String("DisplayName"), AttributeValue: aws.String("x")})},
		{"ListTopics", everything, calling((*awssns.Client).ListTopics, &awssns.ListTopicsInput{})},
		{"AddPermission", topicARN, calling((*awssns.Client).AddPermission, &awssns.AddPermissionInput{TopicArn: topic, Label: aws.String("l"), AWSAccountId: []string{stranger}, ActionName: []string{"Publish"}})},
		{"RemovePermission", topicARN, calling((*awssns.Client).RemovePermission, &awssns.RemovePermissionInput{TopicArn: topic, Label: aws.String("l")})},
		{"TagResource", topicARN, calling((*awssns.Client).TagResource, &awssns.TagResourceInput{ResourceArn: topic, Tags: tags})},
		{"ListTagsForResource", topicARN, calling((*awssns.Client).ListTagsForResource, &awssns.ListTagsForResourceInput{ResourceArn: topic})},
		{"UntagResource", topicARN, calling((*awssns.Client).UntagResource, &awssns.UntagResourceInput{ResourceArn: topic, TagKeys: []string{"team"}})},
		{"PutDataProtectionPolicy", topicARN, calling((*awssns.Client).PutDataProtectionPolicy, &awssns.PutDataProtectionPolicyInput{ResourceArn: topic, DataProtectionPolicy: aws.String("{}")})},
		{"GetDataProtectionPolicy", topicARN, calling((*awssns.Client).GetDataProtectionPolicy, &awssns.GetDataProtectionPolicyInput{ResourceArn: topic})},
		{"Subscribe", topicARN, calling((*awssns.Client).Subscribe, &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("email"), Endpoint: aws.String("a@example.com")})},
		{"ConfirmSubscription", topicARN, func(ctx context.Context, client *awssns.Client) error {
			_, err := client.ConfirmSubscription(ctx, &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: aws.String(tokenOf(c, "a@example.com"))})
			return err
		}},
		{"GetSubscriptionAttributes", topicARN, calling((*awssns.Client).GetSubscriptionAttributes, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: subscription})},
		{"SetSubscriptionAttributes", topicARN, calling((*awssns.Client).SetSubscriptionAttributes, &awssns.SetSubscriptionAttributesInput{SubscriptionArn: subscription, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String(`{"a":["b"]}`)})},
		{"ListSubscriptions", everything, calling((*awssns.Client).ListSubscriptions, &awssns.ListSubscriptionsInput{})},
		{"ListSubscriptionsByTopic", topicARN, calling((*awssns.Client).ListSubscriptionsByTopic, &awssns.ListSubscriptionsByTopicInput{TopicArn: topic})},
		{"Publish", topicARN, calling((*awssns.Client).Publish, &awssns.PublishInput{TopicArn: topic, Message: aws.String("x")})},
		{"Publish", phone, calling((*awssns.Client).Publish, &awssns.PublishInput{PhoneNumber: aws.String(phone), Message: aws.String("x")})},
		{"Publish", *device, calling((*awssns.Client).Publish, &awssns.PublishInput{TargetArn: device, Message: aws.String("x")})},
		{"Publish", topicARN, calling((*awssns.Client).PublishBatch, &awssns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{{Id: aws.String("1"), Message: aws.String("x")}}})},
		{"Unsubscribe", topicARN, calling((*awssns.Client).Unsubscribe, &awssns.UnsubscribeInput{SubscriptionArn: subscription})},
		{"DeleteTopic", *other, calling((*awssns.Client).DeleteTopic, &awssns.DeleteTopicInput{TopicArn: other})},
		{"CreatePlatformApplication", everything, calling((*awssns.Client).CreatePlatformApplication, &awssns.CreatePlatformApplicationInput{Name: aws.String("shop"), Platform: aws.String("GCM"), Attributes: settings})},
		{"GetPlatformApplicationAttributes", everything, calling((*awssns.Client).GetPlatformApplicationAttributes, &awssns.GetPlatformApplicationAttributesInput{PlatformApplicationArn: aws.String(application)})},
		{"SetPlatformApplicationAttributes", everything, calling((*awssns.Client).SetPlatformApplicationAttributes, &awssns.SetPlatformApplicationAttributesInput{PlatformApplicationArn: aws.String(application), Attributes: map[string]string{"SuccessFeedbackSampleRate": "1"}})},
		{"ListPlatformApplications", everything, calling((*awssns.Client).ListPlatformApplications, &awssns.ListPlatformApplicationsInput{})},
		{"CreatePlatformEndpoint", everything, calling((*awssns.Client).CreatePlatformEndpoint, &awssns.CreatePlatformEndpointInput{PlatformApplicationArn: aws.String(application), Token: aws.String("t2")})},
		{"GetEndpointAttributes", everything, calling((*awssns.Client).GetEndpointAttributes, &awssns.GetEndpointAttributesInput{EndpointArn: device})},
		{"SetEndpointAttributes", everything, calling((*awssns.Client).SetEndpointAttributes, &awssns.SetEndpointAttributesInput{EndpointArn: device, Attributes: map[string]string{"CustomUserData": "x"}})},
		{"ListEndpointsByPlatformApplication", everything, calling((*awssns.Client).ListEndpointsByPlatformApplication, &awssns.ListEndpointsByPlatformApplicationInput{PlatformApplicationArn: aws.String(application)})},
		{"DeleteEndpoint", everything, calling((*awssns.Client).DeleteEndpoint, &awssns.DeleteEndpointInput{EndpointArn: device})},
		{"DeletePlatformApplication", everything, calling((*awssns.Client).DeletePlatformApplication, &awssns.DeletePlatformApplicationInput{PlatformApplicationArn: aws.String(application)})},
		{"SetSMSAttributes", everything, calling((*awssns.Client).SetSMSAttributes, &awssns.SetSMSAttributesInput{Attributes: map[string]string{"DefaultSMSType": "Transactional"}})},
		{"GetSMSAttributes", everything, calling((*awssns.Client).GetSMSAttributes, &awssns.GetSMSAttributesInput{})},
		{"CheckIfPhoneNumberIsOptedOut", everything, calling((*awssns.Client).CheckIfPhoneNumberIsOptedOut, &awssns.CheckIfPhoneNumberIsOptedOutInput{PhoneNumber: aws.String(phone)})},
		{"ListPhoneNumbersOptedOut", everything, calling((*awssns.Client).ListPhoneNumbersOptedOut, &awssns.ListPhoneNumbersOptedOutInput{})},
		{"OptInPhoneNumber", everything, calling((*awssns.Client).OptInPhoneNumber, &awssns.OptInPhoneNumberInput{PhoneNumber: aws.String(phone)})},
		{"ListOriginationNumbers", everything, calling((*awssns.Client).ListOriginationNumbers, &awssns.ListOriginationNumbersInput{})},
		{"GetSMSSandboxAccountStatus", everything, calling((*awssns.Client).GetSMSSandboxAccountStatus, &awssns.GetSMSSandboxAccountStatusInput{})},
		{"CreateSMSSandboxPhoneNumber", everything, calling((*awssns.Client).CreateSMSSandboxPhoneNumber, &awssns.CreateSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone)})},
		{"VerifySMSSandboxPhoneNumber", everything, func(ctx context.Context, client *awssns.Client) error {
			_, err := client.VerifySMSSandboxPhoneNumber(ctx, &awssns.VerifySMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone), OneTimePassword: aws.String(sns.Passcode(c.World.World, owner, region, phone))})
			return err
		}},
		{"ListSMSSandboxPhoneNumbers", everything, calling((*awssns.Client).ListSMSSandboxPhoneNumbers, &awssns.ListSMSSandboxPhoneNumbersInput{})},
		{"DeleteSMSSandboxPhoneNumber", everything, calling((*awssns.Client).DeleteSMSSandboxPhoneNumber, &awssns.DeleteSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone)})},
	}
}

func tokenOf(c *cloud, endpoint string) string {
	for _, sub := range sns.Subscriptions(c.World.World, topicARN) {
		if sub.Endpoint == endpoint {
			return sub.Token
		}
	}
	return ""
}

// Each operation is denied without its permission and allowed with it, and none is
// forgotten.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		topic := c.topic(t, "orders")
		subscription := c.queue(t, owner, "q", topicARN).subscribe(t, c.root(), topic)
		app, err := c.root().CreatePlatformApplication(t.Context(), &awssns.CreatePlatformApplicationInput{Name: aws.String("shop"), Platform: aws.String("GCM"), Attributes: map[string]string{"PlatformCredential": "x"}})
		require.NoError(t, err)
		assert.Equal(t, application, *app.PlatformApplicationArn)
		device, err := c.root().CreatePlatformEndpoint(t.Context(), &awssns.CreatePlatformEndpointInput{PlatformApplicationArn: app.PlatformApplicationArn, Token: aws.String("t")})
		require.NoError(t, err)
		calls := everyCall(c, subscription, device.EndpointArn)
		nobody, denied := c.user(owner, "nobody", ""), map[string]bool{}
		for _, tc := range calls {
			worldtest.RequireError(t, tc.do(t.Context(), nobody), "AuthorizationError",
				"User: arn:aws:iam::"+owner+":user/nobody is not authorized to perform: SNS:"+tc.action+" on resource: "+tc.resource+" because no identity-based policy allows the SNS:"+tc.action+" action")
			denied[tc.action] = true
		}
		for i, tc := range calls {
			resource := tc.resource
			if resource == phone {
				resource = "*" // no policy can name a number
			}
			one := c.user(owner, tc.action+string(rune('a'+i%26)), allow("sns:"+tc.action, resource))
			require.NoError(t, tc.do(t.Context(), one), tc.action)
		}
		for i := range reflect.TypeFor[*awssns.Client]().NumMethod() {
			name := reflect.TypeFor[*awssns.Client]().Method(i).Name
			assert.True(t, denied[name] || name == "Options" || name == "PublishBatch", name)
		}
		assert.Len(t, sns.Of(c.World.World).Ops(), 42)
		for _, tc := range calls {
			if door == worldtest.Socket {
				break // an unsigned call names its service by the host alone
			}
			if err := tc.do(t.Context(), c.anybody()); tc.action != "Unsubscribe" && tc.action != "ConfirmSubscription" {
				worldtest.RequireError(t, err, "MissingAuthenticationToken", "Request is missing Authentication Token")
			}
		}
	})
}

// Who may not see a topic does not learn that it is missing.
func TestMissingTopics(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	in := &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("x")}
	_, err := c.user(owner, "nobody", "").Publish(t.Context(), in)
	require.ErrorContains(t, err, "AuthorizationError")
	_, err = c.root().Publish(t.Context(), in)
	worldtest.RequireError(t, err, "NotFound", "Topic does not exist")
	_, err = c.root().ListTagsForResource(t.Context(), &awssns.ListTagsForResourceInput{ResourceArn: in.TopicArn})
	worldtest.RequireError(t, err, "ResourceNotFound", "Resource does not exist")
	_, err = c.of(stranger).Publish(t.Context(), in)
	require.ErrorContains(t, err, "because no resource-based policy allows the SNS:Publish action")
	_, err = c.root().DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: in.TopicArn})
	require.NoError(t, err)
	_, err = c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(strings.Replace(topicARN, region, "eu-west-1", 1)), Message: aws.String("x")})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: TopicArn")
}

// The default policy grants nothing to others, AddPermission writes a statement, and
// RemovePermission takes it away.
func TestTopicPolicies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	policy := func() string {
		out, err := c.root().GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: topic})
		require.NoError(t, err)
		return out.Attributes["Policy"]
	}
	assert.JSONEq(t, `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},
		"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],
		"Resource":"`+topicARN+`","Condition":{"StringEquals":{"AWS:SourceOwner":"`+owner+`"}}}]}`, policy())
	guest := c.user(stranger, "guest", allow("sns:*", "*"))
	in := &awssns.PublishInput{TopicArn: topic, Message: aws.String("x")}
	_, err := guest.Publish(t.Context(), in)
	require.ErrorContains(t, err, "because no resource-based policy allows the SNS:Publish action")

	permission := &awssns.AddPermissionInput{TopicArn: topic, Label: aws.String("guests"), AWSAccountId: []string{stranger}, ActionName: []string{"Publish", "Subscribe"}}
	_, err = c.root().AddPermission(t.Context(), permission)
	require.NoError(t, err)
	assert.Contains(t, policy(), `{"Sid":"guests","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+stranger+`:root"},"Action":["SNS:Publish","SNS:Subscribe"],"Resource":"`+topicARN+`"}`)
	_, err = guest.Publish(t.Context(), in)
	require.NoError(t, err)
	_, err = c.user(stranger, "nobody", "").Publish(t.Context(), in)
	require.Error(t, err, "a grant to the account leaves it to the account")
	_, err = c.root().AddPermission(t.Context(), permission)
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: Statement already exists")
	_, err = c.root().RemovePermission(t.Context(), &awssns.RemovePermissionInput{TopicArn: topic, Label: permission.Label})
	require.NoError(t, err)
	_, err = guest.Publish(t.Context(), in)
	require.Error(t, err)

	// No policy lets another account tag the topic.
	_, err = guest.TagResource(t.Context(), &awssns.TagResourceInput{ResourceArn: topic, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	require.ErrorContains(t, err, "because no resource-based policy allows the SNS:TagResource action")

	for document, want := range map[string]string{
		`x`: "Policy Error: null",
		grant(`{"AWS":"arn:aws:iam::`+owner+`:role/missing"}`, "sns:Publish"):                  "Policy Error: PrincipalNotFound",
		grant(`"*"`, "sqs:SendMessage"):                                                        "Policy statement action out of service scope!",
		grant(`"*"`, "sns:*"):                                                                  "Policy statement action out of service scope!",
		grant(`"*"`, "sns:CreateTopic"):                                                        "Policy statement action out of service scope!",
		strings.Replace(grant(`"*"`, "sns:Publish"), ":orders", ":other", 1):                   "Policy statement resource is not the topic",
		strings.Replace(grant(`"*"`, "sns:Publish"), "Guests", strings.Repeat("x", 31<<10), 1): "Policy Error: the policy exceeds a quota",
	} {
		worldtest.RequireError(t, setAttribute(t, c.root(), topic, "Policy", document), "InvalidParameter", "Invalid parameter: "+want)
	}
	require.NoError(t, setAttribute(t, c.root(), topic, "Policy", strings.Replace(grant(`{"AWS":"`+stranger+`"}`, "sns:Publish"), "Allow", "Deny", 1)))
	_, err = c.root().Publish(t.Context(), in)
	require.NoError(t, err)
}

// A service publishes to a topic whose policy lets it, for the resource that it calls for.
func TestServicesPublish(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	guarded := strings.Replace(grant(`{"Service":"s3.amazonaws.com"}`, "sns:Publish"), `"Resource"`, `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::mine"},"StringEquals":{"aws:SourceAccount":"`+owner+`"}},"Resource"`, 1)
	require.NoError(t, setAttribute(t, c.root(), topic, "Policy", guarded))
	in := &awssns.PublishInput{TopicArn: topic, Message: aws.String("event")}
	for _, tc := range []struct {
		bucket, account string
		allowed         bool
	}{{"mine", owner, true}, {"other", owner, false}, {"mine", stranger, false}} {
		as := fakeaws.ServiceCall{Principal: "s3.amazonaws.com", SourceARN: "arn:aws:s3:::" + tc.bucket, SourceAccount: tc.account, Region: region}
		_, err := fakeaws.Do[awssns.PublishOutput](t.Context(), c.World.World, as.Actor(), in)
		assert.Equal(t, tc.allowed, err == nil, "%v: %v", tc, err)
	}
}

func TestConditionKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	when := func(action, operator, key, value string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + action + `,"Resource":"*","Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}}]}`
	}
	subscribe := func(by *awssns.Client, protocol, endpoint string) error {
		_, err := by.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint})
		return err
	}
	mail := c.user(owner, "mail", when(`"sns:Subscribe"`, "StringEquals", "sns:Protocol", "email"))
	require.NoError(t, subscribe(mail, "email", "a@example.com"))
	require.ErrorContains(t, subscribe(mail, "https", "https://example.com"), "AuthorizationError")
	ours := c.user(owner, "ours", when(`"sns:Subscribe"`, "StringLike", "sns:Endpoint", "*@example.com"))
	require.NoError(t, subscribe(ours, "email", "b@example.com"))
	require.ErrorContains(t, subscribe(ours, "email", "b@example.org"), "AuthorizationError")

	_, err := c.root().TagResource(t.Context(), &awssns.TagResourceInput{ResourceArn: topic, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}})
	require.NoError(t, err)
	in := &awssns.PublishInput{TopicArn: topic, Message: aws.String("x")}
	_, err = c.user(owner, "a", when(`"sns:Publish"`, "StringEquals", "aws:ResourceTag/team", "a")).Publish(t.Context(), in)
	require.NoError(t, err)
	_, err = c.user(owner, "b", when(`"sns:Publish"`, "StringEquals", "aws:ResourceTag/team", "b")).Publish(t.Context(), in)
	require.Error(t, err)

	tagged := &awssns.CreateTopicInput{Name: aws.String("new"), Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("x")}}}
	_, err = c.user(owner, "maker", allow("sns:CreateTopic", "*")).CreateTopic(t.Context(), tagged)
	require.ErrorContains(t, err, "SNS:TagResource")
	_, err = c.user(owner, "tagger", when(`["sns:CreateTopic","sns:TagResource"]`, "StringEquals", "aws:RequestTag/env", "x")).CreateTopic(t.Context(), tagged)
	require.NoError(t, err)
	_, err = c.user(owner, "untagger", when(`"sns:UntagResource"`, "ForAllValues:StringEquals", "aws:TagKeys", "env")).UntagResource(t.Context(), &awssns.UntagResourceInput{ResourceArn: topic, TagKeys: []string{"team"}})
	require.Error(t, err)
}
