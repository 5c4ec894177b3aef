package ses_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
	"github.com/leastpriv/leastpriv/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner  = worldtest.Account
	other  = "444455556666"
	region = worldtest.Region
	domain = "arn:aws:ses:" + region + ":" + owner + ":identity/example.com"
)

var start = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

type cloud struct{ *worldtest.World }

// newCloud is a World with SES and what else a test needs, in which example.com is verified
// and the account is out of the sandbox.
func newCloud(t testing.TB, door worldtest.Door, more ...fakeaws.Service) *cloud {
	t.Helper()
	services := append([]fakeaws.Service{ses.Service, ses.ServiceV2, iam.Service, sts.Service}, more...)
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Clock: clock.At(start), Others: anyservice.Services{}, Services: services}, owner, other)
	c := &cloud{worldtest.Open(t, door, w)}
	t.Cleanup(c.Close)
	ses.Verify(w, owner, region, "example.com")
	ses.SetProduction(w, owner, region, true)
	return c
}

func (c *cloud) sent() []ses.Mail { return ses.Sent(c.World.World, owner, region) }

// user makes a user of an account, with a policy.
func (c *cloud) user(t testing.TB, account, policy string) aws.Config {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(account))
	name := aws.String("user-" + c.IDs().Name(8))
	_, err := as.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	if policy != "" {
		_, err = as.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	key, err := as.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	return c.ConfigOf(credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))
}

// refused requires an error of a code whose message has a text.
func refused(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), err)
	assert.Contains(t, api.ErrorMessage(), text)
}

func allow(action, resource, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":` + action + `,"Resource":` + resource + condition + `}}`
}

// simple is a mail of version 2, and simpleV1 one of version 1.
func simple(from string, to ...string) *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: &from, Destination: &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Simple: &types.Message{Subject: &types.Content{Data: aws.String("Hello")}, Body: &types.Body{Text: &types.Content{Data: aws.String("Grüße")}}}},
	}
}

func simpleV1(from string, to ...string) *awsses.SendEmailInput {
	return &awsses.SendEmailInput{
		Source: &from, Destination: &v1.Destination{ToAddresses: to},
		Message: &v1.Message{Subject: &v1.Content{Data: aws.String("Hello")}, Body: &v1.Body{Html: &v1.Content{Data: aws.String("<b>Hi</b>")}}},
	}
}

// Mail goes through both APIs and doors, into one store.
func TestSend(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		ctx := t.Context()
		root := c.RootConfig(owner)
		first, err := awsses.NewFromConfig(root).SendEmail(ctx, simpleV1("Ann <ann@example.com>", "bob@example.org"))
		require.NoError(t, err)
		second, err := sesv2.NewFromConfig(root).SendEmail(ctx, simple("ann@sub.example.com", "bob@example.org", "Carl <carl@example.org>"))
		require.NoError(t, err)
		sent := c.sent()
		require.Len(t, sent, 2)
		assert.Equal(t, *first.MessageId, sent[0].MessageID)
		assert.Equal(t, []string{`"Ann" <ann@example.com>`}, sent[0].From)
		assert.Equal(t, "<b>Hi</b>", sent[0].HTML)
		assert.Equal(t, domain, sent[0].SourceARN)
		assert.Equal(t, *second.MessageId, sent[1].MessageID)
		assert.Equal(t, "Grüße", sent[1].Text)
		assert.Equal(t, "Hello", sent[1].Subject)
		assert.Equal(t, []string{"bob@example.org", "carl@example.org"}, sent[1].Recipients)
		quota, err := awsses.NewFromConfig(root).GetSendQuota(ctx, &awsses.GetSendQuotaInput{})
		require.NoError(t, err)
		assert.InDelta(t, 3, quota.SentLast24Hours, 0)

		_, err = awsses.NewFromConfig(c.user(t, owner, "")).SendEmail(ctx, simpleV1("ann@example.com", "bob@example.org"))
		refused(t, err, "AccessDenied", "' is not authorized to perform `ses:SendEmail' on resource `"+domain+"'")
		_, err = sesv2.NewFromConfig(c.user(t, owner, "")).SendEmail(ctx, simple("ann@example.com", "bob@example.org"))
		refused(t, err, "AccessDeniedException", "`ses:SendEmail' on resource `"+domain)
	})
}

// Senders must be verified, and in the sandbox recipients too.
func TestVerification(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	old, client := awsses.NewFromConfig(c.RootConfig(owner)), sesv2.NewFromConfig(c.RootConfig(owner))
	_, err := old.SendEmail(ctx, simpleV1("x@example.net", "bob@example.org"))
	refused(t, err, "MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: x@example.net")
	_, err = old.VerifyEmailIdentity(ctx, &awsses.VerifyEmailIdentityInput{EmailAddress: aws.String("x@example.net")})
	require.NoError(t, err)
	_, err = old.SendEmail(ctx, simpleV1("x@example.net", "bob@example.org"))
	refused(t, err, "MessageRejected", "x@example.net")
	asked := ses.Verifications(c.World.World, owner, region)
	require.Len(t, asked, 1)
	assert.Equal(t, []string{"x@example.net"}, asked[0].To)
	ses.Verify(c.World.World, owner, region, "x@example.net")
	_, err = old.SendEmail(ctx, simpleV1("x@example.net", "bob@example.org"))
	require.NoError(t, err)

	ses.SetProduction(c.World.World, owner, region, false)
	_, err = client.SendEmail(ctx, simple("ann@example.com", "x@example.net", "bob@example.org", "success@simulator.amazonses.com"))
	refused(t, err, "MessageRejected", "failed the check in region US-EAST-1: bob@example.org")
	_, err = client.SendEmail(ctx, simple("ann@example.com", "x@example.net", "success@simulator.amazonses.com"))
	require.NoError(t, err)
	// There the recipient's identity is asked for as well.
	sender := sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `"`+domain+`"`, "")))
	_, err = sender.SendEmail(ctx, simple("ann@example.com", "x@example.net"))
	refused(t, err, "AccessDeniedException", "identity/x@example.net")
	_, err = client.PutAccountDetails(ctx, &sesv2.PutAccountDetailsInput{MailType: types.MailTypeTransactional, WebsiteURL: aws.String("https://example.com"), ProductionAccessEnabled: aws.Bool(true)})
	require.NoError(t, err)
	_, err = sender.SendEmail(ctx, simple("ann@example.com", "x@example.net"))
	require.NoError(t, err)

	_, err = client.PutAccountSendingAttributes(ctx, &sesv2.PutAccountSendingAttributesInput{SendingEnabled: false})
	require.NoError(t, err)
	_, err = client.SendEmail(ctx, simple("ann@example.com", "x@example.net"))
	refused(t, err, "SendingPausedException", "")
	_, err = old.SendEmail(ctx, simpleV1("ann@example.com", "x@example.net"))
	refused(t, err, "AccountSendingPausedException", "")
}

// An address that nobody has verified counts as its verified domain, and not as itself.
func TestVerifiedIdentityIsJudged(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	_, err := awsses.NewFromConfig(c.RootConfig(owner)).VerifyEmailIdentity(t.Context(), &awsses.VerifyEmailIdentityInput{EmailAddress: aws.String("ann@example.com")})
	require.NoError(t, err)
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `"arn:aws:ses:*:*:identity/ann@example.com"`, ""))).SendEmail(t.Context(), simple("ann@example.com", "bob@example.org"))
	refused(t, err, "AccessDeniedException", domain)
	ses.Verify(c.World.World, owner, region, "ann@example.com")
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `"arn:aws:ses:*:*:identity/ann@example.com"`, ""))).SendEmail(t.Context(), simple("ann@example.com", "bob@example.org"))
	require.NoError(t, err)
}

// An account's daily quota counts recipients, and those of a day alone.
func TestQuota(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ses.SetProduction(c.World.World, owner, region, false)
	ses.Verify(c.World.World, owner, region, "example.org")
	client := sesv2.NewFromConfig(c.RootConfig(owner))
	to := make([]string, 50)
	for i := range to {
		to[i] = "bob@example.org"
	}
	for range 4 {
		_, err := client.SendEmail(t.Context(), simple("ann@example.com", to...))
		require.NoError(t, err)
	}
	_, err := client.SendEmail(t.Context(), simple("ann@example.com", "bob@example.org"), func(o *sesv2.Options) { o.RetryMaxAttempts = 1 })
	refused(t, err, "TooManyRequestsException", "Daily message quota exceeded.")
	require.NoError(t, c.Advance(t.Context(), 24*time.Hour))
	_, err = client.SendEmail(t.Context(), simple("ann@example.com", "bob@example.org"))
	require.NoError(t, err)
	_, err = client.SendEmail(t.Context(), simple("ann@example.com", append(to, "bob@example.org")...))
	refused(t, err, "BadRequestException", "")
}

// The condition keys of a sending are those of the Service Authorization Reference.
func TestConditions(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	for _, x := range []struct {
		name, condition string
		allowed         bool
	}{
		{"from", `{"StringEquals":{"ses:FromAddress":"ann@example.com"}}`, true},
		{"another from", `{"StringEquals":{"ses:FromAddress":"bob@example.com"}}`, false},
		{"display name", `{"StringLike":{"ses:FromDisplayName":"Ann*"}}`, true},
		{"another display name", `{"StringEquals":{"ses:FromDisplayName":"Bob"}}`, false},
		{"recipients", `{"ForAllValues:StringLike":{"ses:Recipients":["*@example.org"]}}`, false},
		{"all recipients", `{"ForAllValues:StringLike":{"ses:Recipients":["*@example.org","*@example.net"]}}`, true},
		{"feedback", `{"StringEquals":{"ses:FeedbackAddress":"bounces@example.com"}}`, true},
		{"another feedback", `{"StringEquals":{"ses:FeedbackAddress":"x@example.com"}}`, false},
		{"version", `{"StringEquals":{"ses:ApiVersion":"2"}}`, true},
		{"another version", `{"StringEquals":{"ses:ApiVersion":"1"}}`, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			in := simple("Ann A <ann@example.com>", "bob@example.org")
			in.Destination.BccAddresses = []string{"carl@example.net"}
			in.FeedbackForwardingEmailAddress = aws.String("bounces@example.com")
			_, err := sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `"*"`, x.condition))).SendEmail(ctx, in)
			if x.allowed {
				require.NoError(t, err)
			} else {
				refused(t, err, "AccessDeniedException", "")
			}
		})
	}
}

// A sending takes the permission on the configuration set and on the template too.
func TestResources(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	root := sesv2.NewFromConfig(c.RootConfig(owner))
	_, err := root.CreateConfigurationSet(ctx, &sesv2.CreateConfigurationSetInput{ConfigurationSetName: aws.String("set"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}})
	require.NoError(t, err)
	_, err = root.CreateEmailTemplate(ctx, &sesv2.CreateEmailTemplateInput{TemplateName: aws.String("hello"), TemplateContent: &types.EmailTemplateContent{Subject: aws.String("Hi {{name}}"), Text: aws.String("{{#each items}}{{this}};{{/each}}")}})
	require.NoError(t, err)
	in := simple("ann@example.com", "bob@example.org")
	in.ConfigurationSetName = aws.String("set")
	in.Content = &types.EmailContent{Template: &types.Template{TemplateName: aws.String("hello"), TemplateData: aws.String(`{"name":"<Bob>","items":[1,"&",3]}`)}}
	const prefix = "arn:aws:ses:" + region + ":" + owner + ":"
	for _, x := range []struct{ resources, missing string }{
		{`["` + domain + `"]`, "configuration-set/set"},
		{`["` + domain + `","` + prefix + `configuration-set/set"]`, "template/hello"},
		{`["` + prefix + `configuration-set/set","` + prefix + `template/*"]`, "identity/example.com"},
	} {
		_, err := sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, x.resources, ""))).SendEmail(ctx, in)
		refused(t, err, "AccessDeniedException", prefix+x.missing)
	}
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `["`+domain+`","`+prefix+`configuration-set/set","`+prefix+`template/hello"]`, ""))).SendEmail(ctx, in)
	require.NoError(t, err)
	sent := c.sent()
	require.Len(t, sent, 1)
	assert.Equal(t, "Hi <Bob>", sent[0].Subject)
	assert.Equal(t, "1;&;3;", sent[0].Text)
	assert.Equal(t, "set", sent[0].ConfigurationSet)

	// The set of the identity counts where the call names none.
	_, err = root.PutEmailIdentityConfigurationSetAttributes(ctx, &sesv2.PutEmailIdentityConfigurationSetAttributesInput{EmailIdentity: aws.String("example.com"), ConfigurationSetName: aws.String("set")})
	require.NoError(t, err)
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `["`+domain+`"]`, ""))).SendEmail(ctx, simple("ann@example.com", "bob@example.org"))
	refused(t, err, "AccessDeniedException", "configuration-set/set")
	// Tags of the set are keys of the permission.
	tagged := `{"StringEquals":{"aws:ResourceTag/team":"b"}}`
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:GetConfigurationSet"`, `"*"`, tagged))).GetConfigurationSet(ctx, &sesv2.GetConfigurationSetInput{ConfigurationSetName: aws.String("set")})
	refused(t, err, "AccessDeniedException", "")
}

// Another account sends as an identity whose policy lets it, by the ARN.
func TestSendingAuthorization(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	ses.SetProduction(c.World.World, other, region, true)
	root := sesv2.NewFromConfig(c.RootConfig(owner))
	mine := allow(`["ses:SendEmail","ses:SendRawEmail"]`, `"*"`, "")
	delegate := c.user(t, other, mine)
	in := simple("ann@example.com", "bob@example.org")
	in.FromEmailAddressIdentityArn = aws.String(domain)
	_, err := sesv2.NewFromConfig(delegate).SendEmail(ctx, in)
	refused(t, err, "AccessDeniedException", domain)
	policy := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + other + `"},"Action":"ses:SendEmail","Resource":"` + domain + `","Condition":{"StringLike":{"ses:FromAddress":"ann@*"}}}}`
	_, err = root.CreateEmailIdentityPolicy(ctx, &sesv2.CreateEmailIdentityPolicyInput{EmailIdentity: aws.String("example.com"), PolicyName: aws.String("one"), Policy: &policy})
	require.NoError(t, err)
	_, err = sesv2.NewFromConfig(delegate).SendEmail(ctx, in)
	require.NoError(t, err)
	v1in := simpleV1("ann@example.com", "bob@example.org")
	v1in.SourceArn = aws.String(domain)
	_, err = awsses.NewFromConfig(delegate).SendEmail(ctx, v1in)
	require.NoError(t, err)
	assert.Len(t, ses.Sent(c.World.World, other, region), 2)
	assert.Empty(t, c.sent())
	in.FromEmailAddress = aws.String("bob@example.com")
	_, err = sesv2.NewFromConfig(delegate).SendEmail(ctx, in)
	refused(t, err, "AccessDeniedException", "")
	in.FromEmailAddress = aws.String("ann@example.org")
	_, err = sesv2.NewFromConfig(delegate).SendEmail(ctx, in)
	refused(t, err, "BadRequestException", "")
	// A second policy of the identity that denies counts as much.
	denial := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"ses:*","Resource":"` + domain + `"}}`
	_, err = awsses.NewFromConfig(c.RootConfig(owner)).PutIdentityPolicy(ctx, &awsses.PutIdentityPolicyInput{Identity: aws.String("example.com"), PolicyName: aws.String("two"), Policy: &denial})
	require.NoError(t, err)
	in.FromEmailAddress = aws.String("ann@example.com")
	_, err = sesv2.NewFromConfig(delegate).SendEmail(ctx, in)
	refused(t, err, "AccessDeniedException", domain)
	// Without the ARN it is an address of the other account, which has not verified it.
	in.FromEmailAddressIdentityArn = nil
	_, err = sesv2.NewFromConfig(delegate).SendEmail(ctx, in)
	refused(t, err, "MessageRejected", "ann@example.com")
	_, err = root.CreateEmailIdentityPolicy(ctx, &sesv2.CreateEmailIdentityPolicyInput{EmailIdentity: aws.String("example.com"), PolicyName: aws.String("three"), Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"ses:SendEmail","Resource":"arn:aws:ses:us-east-1:` + owner + `:identity/other.com"}}`)})
	refused(t, err, "BadRequestException", "")
}
