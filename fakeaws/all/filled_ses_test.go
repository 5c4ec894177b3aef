package all_test

import (
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	mailtypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	fakeses "github.com/leastpriv/leastpriv/fakeaws/ses"
)

func init() {
	register("ses", func(c aws.Config) any { return awsses.NewFromConfig(c) }, mailValues, (*filled).fillSES)
	clientsOf["sesv2"] = func(c aws.Config) any { return sesv2.NewFromConfig(c) }
	maps.Copy(storedValues, map[string]any{
		"sesv2.Tags": []mailtypes.Tag{{Key: aws.String(hidden), Value: aws.String(hidden)}},
	})
}

const ofSES = "arn:aws:ses:" + worldtest.Region + ":" + worldtest.Account + ":"

// mailValues are the values of members of Amazon SES, in both versions.
var mailValues = map[string]any{
	"ses.Identity": "target.example", "ses.EmailAddress": "value@target.example", "ses.Domain": "value.example", "ses.Identities": []string{"target.example"},
	"ses.PolicyName": "target", "ses.Policy": toTarget1, "ses.ConfigurationSetName": "target", "ses.TemplateName": "target", "ses.RuleSetName": "target", "ses.RuleName": "target",
	"ses.NotificationType": sestypes.NotificationTypeBounce, "ses.EventDestinationName": "target",
	"CreateConfigurationSet.ConfigurationSet": &sestypes.ConfigurationSet{Name: aws.String("value")}, "ses.TrackingOptions": &sestypes.TrackingOptions{CustomRedirectDomain: aws.String("target.example")},
	"ses.EventDestination": &sestypes.EventDestination{Name: aws.String("value"), MatchingEventTypes: []sestypes.EventType{sestypes.EventTypeSend}, CloudWatchDestination: &sestypes.CloudWatchDestination{DimensionConfigurations: []sestypes.CloudWatchDimensionConfiguration{{DimensionName: aws.String("value"), DimensionValueSource: sestypes.DimensionValueSourceMessageTag, DefaultDimensionValue: aws.String("value")}}}},
	"ses.UpdateConfigurationSetEventDestination.EventDestination": &sestypes.EventDestination{Name: aws.String("target"), MatchingEventTypes: []sestypes.EventType{sestypes.EventTypeSend}, CloudWatchDestination: &sestypes.CloudWatchDestination{DimensionConfigurations: []sestypes.CloudWatchDimensionConfiguration{{DimensionName: aws.String("value"), DimensionValueSource: sestypes.DimensionValueSourceMessageTag, DefaultDimensionValue: aws.String("value")}}}},
	"ses.CreateCustomVerificationEmailTemplate.TemplateName":      "value", "ses.FromEmailAddress": "a@target.example", "ses.SuccessRedirectionURL": "https://target.example/", "ses.FailureRedirectionURL": "https://target.example/",
	"CreateReceiptFilter.Filter": &sestypes.ReceiptFilter{Name: aws.String("value"), IpFilter: &sestypes.ReceiptIpFilter{Cidr: aws.String("192.0.2.0/24"), Policy: sestypes.ReceiptFilterPolicyBlock}},
	"CreateReceiptRule.Rule":     &sestypes.ReceiptRule{Name: aws.String("value")}, "UpdateReceiptRule.Rule": &sestypes.ReceiptRule{Name: aws.String("target")},
	"CreateReceiptRuleSet.RuleSetName": "value", "CloneReceiptRuleSet.RuleSetName": "value", "OriginalRuleSetName": "target", "RuleNames": []string{"target"},
	"DeleteReceiptRuleSet.RuleSetName": "spare",
	"CreateTemplate.Template":          &sestypes.Template{TemplateName: aws.String("value"), SubjectPart: aws.String("value"), TextPart: aws.String("value")},
	"UpdateTemplate.Template":          &sestypes.Template{TemplateName: aws.String("target"), SubjectPart: aws.String("value"), TextPart: aws.String("value")},
	"ses.Source":                       "a@target.example", "ses.Destination": &sestypes.Destination{ToAddresses: []string{"b@target.example"}}, "ses.TemplateData": "{}", "ses.DefaultTemplateData": "{}",
	"ses.SendTemplatedEmail.Template": "target", "ses.SendBulkTemplatedEmail.Template": "target",
	"ses.Message":                         &sestypes.Message{Subject: &sestypes.Content{Data: aws.String("value")}, Body: &sestypes.Body{Text: &sestypes.Content{Data: aws.String("value")}}},
	"ses.RawMessage":                      &sestypes.RawMessage{Data: []byte("From: a@target.example\r\nTo: b@target.example\r\n\r\nvalue")},
	"SendBulkTemplatedEmail.Destinations": []sestypes.BulkEmailDestination{{Destination: &sestypes.Destination{ToAddresses: []string{"b@target.example"}}}},
	"BounceSender":                        "a@target.example", "BouncedRecipientInfoList": []sestypes.BouncedRecipientInfo{{Recipient: aws.String("b@target.example"), BounceType: sestypes.BounceTypeDoesNotExist}},
	"DeleteConfigurationSetTrackingOptions.ConfigurationSetName": "tracked", "UpdateConfigurationSetTrackingOptions.ConfigurationSetName": "tracked",

	"sesv2.EmailIdentity": "target.example", "CreateEmailIdentity.EmailIdentity": "value.example", "sesv2.ConfigurationSetName": "target", "sesv2.CreateConfigurationSet.ConfigurationSetName": "value",
	"sesv2.EventDestinationName": "target", "sesv2.CreateConfigurationSetEventDestination.EventDestinationName": "value",
	"sesv2.EventDestination": toBus(),
	"sesv2.ContactListName":  "target", "CreateContactList.ContactListName": "value", "sesv2.EmailAddress": "target@target.example", "CreateContact.EmailAddress": "value@target.example",
	"sesv2.TemplateName": "target", "CreateEmailTemplate.TemplateName": "value", "sesv2.CreateCustomVerificationEmailTemplate.TemplateName": "value",
	"sesv2.FromEmailAddress": "a@target.example", "sesv2.SuccessRedirectionURL": "https://target.example/", "sesv2.FailureRedirectionURL": "https://target.example/",
	"sesv2.TemplateContent": &mailtypes.EmailTemplateContent{Subject: aws.String("value"), Text: aws.String("value")},
	"sesv2.CreateCustomVerificationEmailTemplate.TemplateContent": "value", "sesv2.UpdateCustomVerificationEmailTemplate.TemplateContent": "value",
	"sesv2.TemplateData": "{}", "sesv2.PoolName": "target", "CreateDedicatedIpPool.PoolName": "value", "sesv2.PolicyName": "target", "CreateEmailIdentityPolicy.PolicyName": "value", "sesv2.Policy": toTarget1,
	"sesv2.ResourceArn": ofSES + "identity/target.example", "sesv2.Tags": []mailtypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
	"sesv2.SendEmail.FromEmailAddress": "a@target.example", "sesv2.SendEmail.Destination": &mailtypes.Destination{ToAddresses: []string{"b@target.example"}},
	"sesv2.SendEmail.Content":              plainMail(),
	"sesv2.SendBulkEmail.FromEmailAddress": "a@target.example", "sesv2.DefaultContent": &mailtypes.BulkEmailContent{Template: &mailtypes.Template{TemplateName: aws.String("target"), TemplateData: aws.String("{}")}},
	"BulkEmailEntries":        []mailtypes.BulkEmailEntry{{Destination: &mailtypes.Destination{ToAddresses: []string{"b@target.example"}}}},
	"SigningAttributesOrigin": mailtypes.DkimSigningAttributesOriginAwsSes, "PutSuppressedDestination.Reason": mailtypes.SuppressionListReasonBounce, "sesv2.ScalingMode": mailtypes.ScalingModeManaged,
	"PutAccountDetails.WebsiteURL": "https://target.example/", "MailType": mailtypes.MailTypeTransactional, "VdmAttributes": &mailtypes.VdmAttributes{VdmEnabled: mailtypes.FeatureStatusEnabled},
}

// toBus is an event destination, and plainMail a mail: each time others, because tests fill them.
func toBus() *mailtypes.EventDestinationDefinition {
	return &mailtypes.EventDestinationDefinition{MatchingEventTypes: []mailtypes.EventType{mailtypes.EventTypeSend},
		EventBridgeDestination: &mailtypes.EventBridgeDestination{EventBusArn: aws.String("arn:aws:events:" + worldtest.Region + ":" + worldtest.Account + ":event-bus/default")}}
}

func plainMail() *mailtypes.EmailContent {
	return &mailtypes.EmailContent{Simple: &mailtypes.Message{Subject: &mailtypes.Content{Data: aws.String("value")}, Body: &mailtypes.Body{Text: &mailtypes.Content{Data: aws.String("value")}}}}
}

// toTarget1 is a policy of the identity for the account itself.
const toTarget1 = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Account + `"},"Action":"ses:SendEmail","Resource":"` + ofSES + `identity/target.example"}}`

// fillSES makes one of each resource, called target, and an identity that is verified.
func (f *filled) fillSES(t testing.TB, config aws.Config) {
	t.Helper()
	ctx, name := t.Context(), aws.String("target")
	old, client := awsses.NewFromConfig(config), sesv2.NewFromConfig(config)
	_, err := client.CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String("target.example")})
	require.NoError(t, err)
	fakeses.Verify(f.World.World, worldtest.Account, worldtest.Region, "target.example")
	fakeses.SetProduction(f.World.World, worldtest.Account, worldtest.Region, true)
	_, err = client.CreateEmailIdentityPolicy(ctx, &sesv2.CreateEmailIdentityPolicyInput{EmailIdentity: aws.String("target.example"), PolicyName: name, Policy: aws.String(toTarget1)})
	require.NoError(t, err)
	for _, set := range []string{"target", "tracked"} {
		_, err = client.CreateConfigurationSet(ctx, &sesv2.CreateConfigurationSetInput{ConfigurationSetName: &set})
		require.NoError(t, err)
	}
	_, err = old.CreateConfigurationSetTrackingOptions(ctx, &awsses.CreateConfigurationSetTrackingOptionsInput{ConfigurationSetName: aws.String("tracked"), TrackingOptions: &sestypes.TrackingOptions{CustomRedirectDomain: aws.String("target.example")}})
	require.NoError(t, err)
	_, err = client.CreateConfigurationSetEventDestination(ctx, &sesv2.CreateConfigurationSetEventDestinationInput{ConfigurationSetName: name, EventDestinationName: name, EventDestination: toBus()})
	require.NoError(t, err)
	_, err = client.CreateEmailTemplate(ctx, &sesv2.CreateEmailTemplateInput{TemplateName: name, TemplateContent: &mailtypes.EmailTemplateContent{Subject: name, Text: name}})
	require.NoError(t, err)
	_, err = client.CreateCustomVerificationEmailTemplate(ctx, &sesv2.CreateCustomVerificationEmailTemplateInput{TemplateName: name, FromEmailAddress: aws.String("a@target.example"), TemplateSubject: name, TemplateContent: name,
		SuccessRedirectionURL: aws.String("https://target.example/"), FailureRedirectionURL: aws.String("https://target.example/")})
	require.NoError(t, err)
	_, err = client.PutSuppressedDestination(ctx, &sesv2.PutSuppressedDestinationInput{EmailAddress: aws.String("target@target.example"), Reason: mailtypes.SuppressionListReasonBounce})
	require.NoError(t, err)
	_, err = client.CreateContactList(ctx, &sesv2.CreateContactListInput{ContactListName: name})
	require.NoError(t, err)
	_, err = client.CreateContact(ctx, &sesv2.CreateContactInput{ContactListName: name, EmailAddress: aws.String("target@target.example")})
	require.NoError(t, err)
	_, err = client.CreateDedicatedIpPool(ctx, &sesv2.CreateDedicatedIpPoolInput{PoolName: name})
	require.NoError(t, err)
	_, err = old.CreateReceiptFilter(ctx, &awsses.CreateReceiptFilterInput{Filter: &sestypes.ReceiptFilter{Name: name, IpFilter: &sestypes.ReceiptIpFilter{Cidr: aws.String("192.0.2.0/24"), Policy: sestypes.ReceiptFilterPolicyAllow}}})
	require.NoError(t, err)
	for _, set := range []string{"target", "spare"} {
		_, err = old.CreateReceiptRuleSet(ctx, &awsses.CreateReceiptRuleSetInput{RuleSetName: &set})
		require.NoError(t, err)
	}
	_, err = old.CreateReceiptRule(ctx, &awsses.CreateReceiptRuleInput{RuleSetName: name, Rule: &sestypes.ReceiptRule{Name: name, Enabled: true}})
	require.NoError(t, err)
	_, err = old.SetActiveReceiptRuleSet(ctx, &awsses.SetActiveReceiptRuleSetInput{RuleSetName: name})
	require.NoError(t, err)
	received, err := fakeses.Receive(ctx, f.World.World, &fakeses.Incoming{Account: worldtest.Account, Region: worldtest.Region, From: "a@target.example", Recipients: []string{"b@target.example"}})
	require.NoError(t, err)
	f.values["OriginalMessageId"] = received.MessageID
	_, err = client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("a@target.example"), Destination: &mailtypes.Destination{ToAddresses: []string{"b@target.example"}}, ConfigurationSetName: name,
		Content: plainMail(),
	})
	require.NoError(t, err)
}
