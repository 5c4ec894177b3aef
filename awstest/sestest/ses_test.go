package sestest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/sestest"
)

// welcome is what a program sends.
func welcome(to string) *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("Shop <hello@shop.example>"),
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: aws.String("Welcome")},
			Body:    &types.Body{Text: &types.Content{Data: aws.String("Hi!")}},
		}},
	}
}

// A program sends with its role's permissions, and the test reads the mail.
func TestMail(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, sestest.With())
	mail := sestest.Of(acct)
	mail.Verify("shop.example")
	role := acct.NewRole("app", awstest.Allow("ses:SendEmail").
		On("arn:aws:ses:*:*:identity/shop.example").
		If("StringEquals", "ses:FromAddress", "hello@shop.example"))
	client := sesv2.NewFromConfig(role.Config())

	_, err := client.SendEmail(t.Context(), welcome("bob@example.org"))
	require.ErrorContains(t, err, "Email address is not verified")
	mail.Production()
	_, err = client.SendEmail(t.Context(), welcome("bob@example.org"))
	require.NoError(t, err)

	sent := mail.Sent()
	require.Len(t, sent, 1)
	assert.Equal(t, "Welcome", sent[0].Subject)
	assert.Equal(t, []string{"bob@example.org"}, sent[0].Recipients)
	assert.Empty(t, mail.In("eu-west-1").Sent())
	assert.Empty(t, mail.Failures())

	_, err = awsses.NewFromConfig(role.Config()).VerifyEmailIdentity(t.Context(), &awsses.VerifyEmailIdentityInput{EmailAddress: aws.String("x@example.net")})
	require.ErrorContains(t, err, "AccessDenied")
	_, err = awsses.NewFromConfig(acct.Config()).VerifyEmailIdentity(t.Context(), &awsses.VerifyEmailIdentityInput{EmailAddress: aws.String("x@example.net")})
	require.NoError(t, err)
	assert.Len(t, mail.Verifications(), 1)
}

// A mail comes in by the receipt rules.
func TestReceive(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, sestest.With())
	mail := sestest.Of(acct)
	mail.Verify("shop.example")
	bucket := acct.S3().CreateBucket("mail")
	bucket.SetPolicy(awstest.Allow("s3:PutObject").On("arn:aws:s3:::mail/*").By("ses.amazonaws.com").If("StringEquals", "aws:SourceAccount", acct.ID()))
	client := awsses.NewFromConfig(acct.Config())
	_, err := client.CreateReceiptRuleSet(t.Context(), &awsses.CreateReceiptRuleSetInput{RuleSetName: aws.String("in")})
	require.NoError(t, err)
	_, err = client.CreateReceiptRule(t.Context(), &awsses.CreateReceiptRuleInput{RuleSetName: aws.String("in"), Rule: &v1.ReceiptRule{
		Name: aws.String("store"), Enabled: true, Actions: []v1.ReceiptAction{{S3Action: &v1.S3Action{BucketName: aws.String("mail")}}},
	}})
	require.NoError(t, err)
	_, err = client.SetActiveReceiptRuleSet(t.Context(), &awsses.SetActiveReceiptRuleSetInput{RuleSetName: aws.String("in")})
	require.NoError(t, err)
	out := mail.Receive("bob@example.org", []byte("Subject: Help\r\n\r\nHello\r\n"), "help@shop.example")
	assert.Empty(t, out.Actions[0].Reason)
	assert.Equal(t, "Subject: Help\r\n\r\nHello\r\n", bucket.Body(out.MessageID))
}
