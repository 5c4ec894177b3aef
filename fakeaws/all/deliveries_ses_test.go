package all_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	mailtypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/sestest"
	fakesns "github.com/leastpriv/leastpriv/fakeaws/sns"
)

func init() {
	deliveryRows = append(deliveryRows,
		deliveryRow{"ses", "sns", "sns:Publish", "ses.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
			topic, _ := l.topic("ses.amazonaws.com", true)
			l.sends(&mailtypes.EventDestinationDefinition{SnsDestination: &mailtypes.SnsDestination{TopicArn: &topic}}, func() {
				if !permitted {
					_, err := awssns.NewFromConfig(l.Config()).SetTopicAttributes(l.t.Context(), &awssns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("Policy"), AttributeValue: aws.String("")})
					require.NoError(l.t, err)
				}
			})
			return func() bool { return len(fakesns.Published(l.World(), topic)) > 1 } // the first is that SES tries the topic
		}},
		deliveryRow{"ses", "firehose", "firehose:PutRecord", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			stream, arrived := l.deliveryStream()
			role := l.role("ses.amazonaws.com", permitted, "firehose:PutRecord", stream)
			l.sends(&mailtypes.EventDestinationDefinition{KinesisFirehoseDestination: &mailtypes.KinesisFirehoseDestination{DeliveryStreamArn: &stream, IamRoleArn: &role}}, func() {})
			return arrived
		}},
		deliveryRow{"ses", "s3", "s3:PutObject", "ses.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
			bucket := l.S3().CreateBucket("mail")
			bucket.SetPolicy(awstest.Allow("s3:PutObject").On("arn:aws:s3:::mail/*").By("ses.amazonaws.com"))
			l.receives(sestypes.ReceiptAction{S3Action: &sestypes.S3Action{BucketName: aws.String("mail")}}, func() {
				if !permitted {
					bucket.SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::mail/*").By("ses.amazonaws.com"))
				}
			})
			return func() bool { return len(bucket.Keys()) > 1 }
		}},
		deliveryRow{"ses", "lambda", "lambda:InvokeFunction", "ses.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
			function, arrived := l.function("ses.amazonaws.com", true)
			l.receives(sestypes.ReceiptAction{LambdaAction: &sestypes.LambdaAction{FunctionArn: &function}}, func() {
				if !permitted {
					_, err := awslambda.NewFromConfig(l.Config()).RemovePermission(l.t.Context(), &awslambda.RemovePermissionInput{FunctionName: &function, StatementId: aws.String(l.permission)})
					require.NoError(l.t, err)
				}
			})
			return arrived
		}},
	)
}

// sends has SES send a mail whose events go to a destination, and changes something before.
func (l *deliveryLab) sends(to *mailtypes.EventDestinationDefinition, before func()) {
	ctx := l.t.Context()
	client := sesv2.NewFromConfig(l.Config())
	mail := sestest.Of(l.Account)
	mail.Verify("shop.example")
	mail.Production()
	_, err := client.CreateConfigurationSet(ctx, &sesv2.CreateConfigurationSetInput{ConfigurationSetName: aws.String("set")})
	require.NoError(l.t, err)
	to.Enabled, to.MatchingEventTypes = true, []mailtypes.EventType{mailtypes.EventTypeSend}
	_, err = client.CreateConfigurationSetEventDestination(ctx, &sesv2.CreateConfigurationSetEventDestinationInput{ConfigurationSetName: aws.String("set"), EventDestinationName: aws.String("d"), EventDestination: to})
	require.NoError(l.t, err)
	before()
	_, err = client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("a@shop.example"), Destination: &mailtypes.Destination{ToAddresses: []string{"b@example.org"}}, ConfigurationSetName: aws.String("set"),
		Content: plainMail(),
	})
	require.NoError(l.t, err)
}

// receives has SES receive a mail by a rule with an action, and changes something before.
func (l *deliveryLab) receives(action sestypes.ReceiptAction, before func()) {
	ctx := l.t.Context()
	client := awsses.NewFromConfig(l.Config())
	mail := sestest.Of(l.Account)
	mail.Verify("shop.example")
	_, err := client.CreateReceiptRuleSet(ctx, &awsses.CreateReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(l.t, err)
	_, err = client.CreateReceiptRule(ctx, &awsses.CreateReceiptRuleInput{RuleSetName: aws.String("set"), Rule: &sestypes.ReceiptRule{Name: aws.String("r"), Enabled: true, Actions: []sestypes.ReceiptAction{action}}})
	require.NoError(l.t, err)
	_, err = client.SetActiveReceiptRuleSet(ctx, &awsses.SetActiveReceiptRuleSetInput{RuleSetName: aws.String("set")})
	require.NoError(l.t, err)
	before()
	mail.Receive("b@example.org", []byte("Subject: Help\r\n\r\nHello\r\n"), "a@shop.example")
}
