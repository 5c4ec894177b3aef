package ses_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// An identity has the same settings in both versions.
func TestIdentities(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	old, client := awsses.NewFromConfig(c.RootConfig(owner)), sesv2.NewFromConfig(c.RootConfig(owner))
	made, err := client.CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String("Shop.example"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	require.NoError(t, err)
	assert.Equal(t, types.IdentityTypeDomain, made.IdentityType)
	assert.Len(t, made.DkimAttributes.Tokens, 3)
	assert.Equal(t, types.DkimStatusPending, made.DkimAttributes.Status)
	_, err = client.CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String("shop.example")})
	refused(t, err, "AlreadyExistsException", "Email identity shop.example already exist.")
	_, err = client.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String("none.example")})
	refused(t, err, "NotFoundException", "Email identity none.example does not exist.")
	ses.Verify(c.World.World, owner, region, "shop.example")
	_, err = old.SetIdentityMailFromDomain(ctx, &awsses.SetIdentityMailFromDomainInput{Identity: aws.String("shop.example"), MailFromDomain: aws.String("mail.shop.example"), BehaviorOnMXFailure: v1.BehaviorOnMXFailureRejectMessage})
	require.NoError(t, err)
	_, err = client.PutEmailIdentityMailFromAttributes(ctx, &sesv2.PutEmailIdentityMailFromAttributesInput{EmailIdentity: aws.String("shop.example"), MailFromDomain: aws.String("mail.other.example")})
	refused(t, err, "BadRequestException", "")
	_, err = old.SetIdentityFeedbackForwardingEnabled(ctx, &awsses.SetIdentityFeedbackForwardingEnabledInput{Identity: aws.String("shop.example")})
	require.NoError(t, err)
	got, err := client.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String("shop.example")})
	require.NoError(t, err)
	assert.True(t, got.VerifiedForSendingStatus)
	assert.Equal(t, types.DkimStatusSuccess, got.DkimAttributes.Status)
	assert.Equal(t, "mail.shop.example", *got.MailFromAttributes.MailFromDomain)
	assert.Equal(t, types.BehaviorOnMxFailureRejectMessage, got.MailFromAttributes.BehaviorOnMxFailure)
	assert.False(t, got.FeedbackForwardingStatus)
	assert.Equal(t, []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}, got.Tags)
	attributes, err := old.GetIdentityVerificationAttributes(ctx, &awsses.GetIdentityVerificationAttributesInput{Identities: []string{"shop.example", "none.example"}})
	require.NoError(t, err)
	require.Len(t, attributes.VerificationAttributes, 1)
	assert.Equal(t, v1.VerificationStatusSuccess, attributes.VerificationAttributes["shop.example"].VerificationStatus)
	names, err := old.ListIdentities(ctx, &awsses.ListIdentitiesInput{MaxItems: aws.Int32(1)})
	require.NoError(t, err)
	assert.Equal(t, []string{"example.com"}, names.Identities)
	names, err = old.ListIdentities(ctx, &awsses.ListIdentitiesInput{NextToken: names.NextToken})
	require.NoError(t, err)
	assert.Equal(t, []string{"shop.example"}, names.Identities)
	_, err = old.ListIdentities(ctx, &awsses.ListIdentitiesInput{NextToken: aws.String("x")})
	refused(t, err, "InvalidParameterValue", "")
	tagged := allow(`"ses:DeleteEmailIdentity"`, `"*"`, `{"StringEquals":{"aws:ResourceTag/a":"c"}}`)
	_, err = sesv2.NewFromConfig(c.user(t, owner, tagged)).DeleteEmailIdentity(ctx, &sesv2.DeleteEmailIdentityInput{EmailIdentity: aws.String("shop.example")})
	refused(t, err, "AccessDeniedException", "identity/shop.example")
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:CreateEmailIdentity"`, `"*"`, ""))).CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String("new.example"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	refused(t, err, "AccessDeniedException", "ses:TagResource")
	arn := "arn:aws:ses:" + region + ":" + owner + ":identity/shop.example"
	_, err = client.TagResource(ctx, &sesv2.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("c")}}})
	require.NoError(t, err)
	_, err = sesv2.NewFromConfig(c.user(t, owner, tagged)).DeleteEmailIdentity(ctx, &sesv2.DeleteEmailIdentityInput{EmailIdentity: aws.String("shop.example")})
	require.NoError(t, err)
}

// What there is none of is told in the words of SES.
func TestConfigurationSets(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, sns.Service)
	ctx := t.Context()
	old := awsses.NewFromConfig(c.RootConfig(owner))
	topic := c.topic(t, "events", "arn:aws:ses:*")
	in := &awsses.CreateConfigurationSetEventDestinationInput{ConfigurationSetName: aws.String("none"), EventDestination: &v1.EventDestination{
		Name: aws.String("d"), Enabled: true, SNSDestination: &v1.SNSDestination{TopicARN: &topic},
		MatchingEventTypes: []v1.EventType{v1.EventTypeSend, v1.EventTypeBounce, v1.EventTypeDelivery, v1.EventTypeOpen, v1.EventTypeClick},
	}}
	_, err := old.CreateConfigurationSetEventDestination(ctx, in)
	refused(t, err, "ConfigurationSetDoesNotExist", "Configuration set <none> does not exist.")
	_, err = old.DeleteConfigurationSet(ctx, &awsses.DeleteConfigurationSetInput{ConfigurationSetName: aws.String("none")})
	refused(t, err, "ConfigurationSetDoesNotExist", "Configuration set <none> does not exist.")
	client := c.set(t)
	_, err = old.DeleteConfigurationSetEventDestination(ctx, &awsses.DeleteConfigurationSetEventDestinationInput{ConfigurationSetName: aws.String("set"), EventDestinationName: aws.String("d")})
	refused(t, err, "EventDestinationDoesNotExist", "No EventDestination found for set")
	in.ConfigurationSetName = aws.String("set")
	_, err = old.CreateConfigurationSetEventDestination(ctx, in)
	require.NoError(t, err)
	out, err := old.DescribeConfigurationSet(ctx, &awsses.DescribeConfigurationSetInput{ConfigurationSetName: aws.String("set"), ConfigurationSetAttributeNames: []v1.ConfigurationSetAttribute{v1.ConfigurationSetAttributeEventDestinations}})
	require.NoError(t, err)
	require.Len(t, out.EventDestinations, 1)
	assert.Equal(t, []v1.EventType{"bounce", "click", "delivery", "open", "send"}, out.EventDestinations[0].MatchingEventTypes)
	_, err = client.PutConfigurationSetSendingOptions(ctx, &sesv2.PutConfigurationSetSendingOptionsInput{ConfigurationSetName: aws.String("set")})
	require.NoError(t, err)
	mail := simple("ann@example.com", "bob@example.org")
	mail.ConfigurationSetName = aws.String("set")
	_, err = client.SendEmail(ctx, mail)
	refused(t, err, "SendingPausedException", "")
	_, err = client.PutConfigurationSetDeliveryOptions(ctx, &sesv2.PutConfigurationSetDeliveryOptionsInput{ConfigurationSetName: aws.String("set"), SendingPoolName: aws.String("pool")})
	refused(t, err, "NotFoundException", "pool")
	_, err = client.CreateDedicatedIpPool(ctx, &sesv2.CreateDedicatedIpPoolInput{PoolName: aws.String("pool")})
	require.NoError(t, err)
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:*"`, `"arn:aws:ses:*:*:configuration-set/*"`, ""))).PutConfigurationSetDeliveryOptions(ctx, &sesv2.PutConfigurationSetDeliveryOptionsInput{ConfigurationSetName: aws.String("set"), SendingPoolName: aws.String("pool")})
	refused(t, err, "AccessDeniedException", "dedicated-ip-pool/pool")
}

// People choose topics of a contact list.
func TestContacts(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	client := sesv2.NewFromConfig(c.RootConfig(owner))
	list := aws.String("people")
	_, err := client.CreateContactList(ctx, &sesv2.CreateContactListInput{ContactListName: list, Topics: []types.Topic{{TopicName: aws.String("news"), DisplayName: aws.String("News"), DefaultSubscriptionStatus: types.SubscriptionStatusOptOut}}})
	require.NoError(t, err)
	_, err = client.CreateContactList(ctx, &sesv2.CreateContactListInput{ContactListName: aws.String("second")})
	refused(t, err, "LimitExceededException", "")
	_, err = client.CreateContact(ctx, &sesv2.CreateContactInput{ContactListName: list, EmailAddress: aws.String("bob@example.org"), TopicPreferences: []types.TopicPreference{{TopicName: aws.String("news"), SubscriptionStatus: types.SubscriptionStatusOptIn}}})
	require.NoError(t, err)
	_, err = client.CreateContact(ctx, &sesv2.CreateContactInput{ContactListName: list, EmailAddress: aws.String("carl@example.org")})
	require.NoError(t, err)
	_, err = client.CreateContact(ctx, &sesv2.CreateContactInput{ContactListName: list, EmailAddress: aws.String("carl@example.org")})
	refused(t, err, "AlreadyExistsException", "")
	filter := &types.ListContactsFilter{FilteredStatus: types.SubscriptionStatusOptIn, TopicFilter: &types.TopicFilter{TopicName: aws.String("news"), UseDefaultIfPreferenceUnavailable: true}}
	out, err := client.ListContacts(ctx, &sesv2.ListContactsInput{ContactListName: list, Filter: filter})
	require.NoError(t, err)
	require.Len(t, out.Contacts, 1)
	assert.Equal(t, "bob@example.org", *out.Contacts[0].EmailAddress)
	_, err = client.GetContact(ctx, &sesv2.GetContactInput{ContactListName: list, EmailAddress: aws.String("none@example.org")})
	refused(t, err, "NotFoundException", "")
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:GetContact"`, `"arn:aws:ses:*:*:contact-list/other"`, ""))).GetContact(ctx, &sesv2.GetContactInput{ContactListName: list, EmailAddress: aws.String("bob@example.org")})
	refused(t, err, "AccessDeniedException", "contact-list/people")
}

// A template of the account asks people to verify their addresses.
func TestCustomVerification(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	client := sesv2.NewFromConfig(c.RootConfig(owner))
	in := &sesv2.CreateCustomVerificationEmailTemplateInput{
		TemplateName: aws.String("ask"), FromEmailAddress: aws.String("ann@example.net"), TemplateSubject: aws.String("Please"), TemplateContent: aws.String("Click"),
		SuccessRedirectionURL: aws.String("https://example.com/ok"), FailureRedirectionURL: aws.String("https://example.com/no"),
	}
	_, err := client.CreateCustomVerificationEmailTemplate(ctx, in)
	refused(t, err, "BadRequestException", "ann@example.net")
	in.FromEmailAddress = aws.String("ann@example.com")
	_, err = client.CreateCustomVerificationEmailTemplate(ctx, in)
	require.NoError(t, err)
	send := &sesv2.SendCustomVerificationEmailInput{EmailAddress: aws.String("bob@example.org"), TemplateName: aws.String("ask")}
	const custom = "arn:aws:ses:" + region + ":" + owner + ":custom-verification-email-template/ask"
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendCustomVerificationEmail"`, `"`+custom+`"`, ""))).SendCustomVerificationEmail(ctx, send)
	refused(t, err, "AccessDeniedException", "identity/example.com")
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendCustomVerificationEmail"`, `["`+custom+`","`+domain+`"]`, ""))).SendCustomVerificationEmail(ctx, send)
	require.NoError(t, err)
	asked := ses.Verifications(c.World.World, owner, region)
	require.Len(t, asked, 1)
	assert.Equal(t, "Please", asked[0].Subject)
	assert.False(t, ses.Verified(c.World.World, owner, region, "bob@example.org"))
	ses.SetProduction(c.World.World, owner, region, false)
	_, err = client.SendCustomVerificationEmail(ctx, send)
	refused(t, err, "BadRequestException", "sandbox")
}

// A clone has the mail and the identities of its World, and what waits to be published.
func TestClone(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, sns.Service)
	ctx := t.Context()
	client := c.set(t)
	topic := c.topic(t, "events", "arn:aws:ses:*")
	_, err := client.CreateConfigurationSetEventDestination(ctx, toTopic("events", topic))
	require.NoError(t, err)
	mail := simple("ann@example.com", "bob@example.org")
	mail.ConfigurationSetName = aws.String("set")
	_, err = client.SendEmail(ctx, mail)
	require.NoError(t, err)
	clone := worldtest.Clone(t, c.World.World)
	t.Cleanup(clone.Close)
	_, err = sesv2.NewFromConfig(clone.RootConfig(owner)).SendEmail(ctx, simple("ann@example.com", "bob@example.org"))
	require.NoError(t, err)
	require.NoError(t, clone.Settle(ctx))
	assert.Len(t, ses.Sent(clone.World, owner, region), 2)
	assert.Len(t, c.sent(), 1)
	assert.Len(t, sns.Published(clone.World, topic), 3)
}
