package ses_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const message = "From: Ann <ann@example.com>\r\nTo: bob@example.org\r\nBcc: carl@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
	"X-SES-CONFIGURATION-SET: set\r\nX-SES-MESSAGE-TAGS: a=b, c=d\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHi\r\n"

func raw(text string) *v1.RawMessage { return &v1.RawMessage{Data: []byte(text)} }

// What the headers of a raw message ask for is judged as members of the call are.
func TestRaw(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	root := awsses.NewFromConfig(c.RootConfig(owner))
	_, err := root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw(message)})
	refused(t, err, "ConfigurationSetDoesNotExist", "Configuration set <set> does not exist.")
	_, err = root.CreateConfigurationSet(ctx, &awsses.CreateConfigurationSetInput{ConfigurationSet: &v1.ConfigurationSet{Name: aws.String("set")}})
	require.NoError(t, err)
	sender := awsses.NewFromConfig(c.user(t, owner, allow(`"ses:SendRawEmail"`, `"`+domain+`"`, "")))
	_, err = sender.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw(message)})
	refused(t, err, "AccessDenied", "configuration-set/set")
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw(message)})
	require.NoError(t, err)
	sent := c.sent()
	require.Len(t, sent, 1)
	assert.Equal(t, []string{"bob@example.org", "carl@example.org"}, sent[0].Recipients)
	assert.Equal(t, map[string]string{"a": "b", "c": "d"}, sent[0].Tags)
	assert.Equal(t, "Grüße", sent[0].Subject)
	assert.Equal(t, "Hi\r\n", sent[0].Text)
	assert.NotContains(t, string(sent[0].Raw), "X-SES")
	assert.NotContains(t, string(sent[0].Raw), "carl")

	// The sender of the envelope and all addresses of From must be the caller's.
	for _, in := range []*awsses.SendRawEmailInput{
		{RawMessage: raw(message), Source: aws.String("x@example.net")},
		{RawMessage: raw(strings.Replace(message, "Ann <ann@example.com>", "ann@example.com, x@example.net", 1))},
		{RawMessage: raw("Sender: x@example.net\r\n" + message)},
		{RawMessage: raw("Return-Path: <x@example.net>\r\n" + message)},
	} {
		_, err = root.SendRawEmail(ctx, in)
		refused(t, err, "MessageRejected", "x@example.net")
	}
	// A message that is not well formed, or has a header twice, does not get around that.
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw("no header\r\nFrom: x@example.net\r\n\r\nHi"), Source: aws.String("ann@example.com"), Destinations: []string{"bob@example.org"}})
	refused(t, err, "MessageRejected", "x@example.net")
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw("From: ann@example.com\r\nfrom: x@example.net\r\nTo: bob@example.org\r\n\r\nHi")})
	refused(t, err, "InvalidParameterValue", "Duplicate header 'From'.")
	// Nor does a space before the colon, which RFC 5322 lets programs that read mail pass over.
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw("From : x@example.net\r\n\r\nHi"), Source: aws.String("ann@example.com"), Destinations: []string{"bob@example.org"}})
	refused(t, err, "MessageRejected", "x@example.net")
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw("From: ann@example.com\r\nFrom\t: x@example.net\r\nTo: bob@example.org\r\n\r\nHi")})
	refused(t, err, "InvalidParameterValue", "Duplicate header 'From'.")
	_, err = sender.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw(strings.Replace(message, "SET:", "SET :", 1))})
	refused(t, err, "AccessDenied", "configuration-set/set")
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw(strings.Replace(message, "Bcc:", "Bcc :", 1))})
	require.NoError(t, err)
	sent = c.sent()
	require.Len(t, sent, 2)
	assert.Contains(t, sent[1].Recipients, "carl@example.org")
	assert.NotContains(t, string(sent[1].Raw), "carl")
	// One without headers is taken, where the call has the addresses.
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw("Hello"), Source: aws.String("ann@example.com"), Destinations: []string{"bob@example.org"}})
	require.NoError(t, err)
	_, err = root.SendRawEmail(ctx, &awsses.SendRawEmailInput{RawMessage: raw("Hello"), Destinations: []string{"bob@example.org"}})
	refused(t, err, "InvalidParameterValue", "")
}

// Every address of From is one that ses:FromAddress tells of.
func TestRawOfSeveral(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	for _, x := range []struct {
		condition, from string
		allowed         bool
	}{
		{`"ses:FromAddress":"ann@example.com"`, "ann@example.com", true},
		{`"ses:FromAddress":"ann@example.com"`, "ann@example.com, bob@example.com", false},
		{`"ses:FromAddress":"ann@example.com"`, "bob@example.com, ann@example.com", false},
		{`"ses:FromDisplayName":"Ann"`, "Ann <ann@example.com>", true},
		{`"ses:FromDisplayName":"Ann"`, "Ann <ann@example.com>, Bob <ann@example.com>", false},
	} {
		as := awsses.NewFromConfig(c.user(t, owner, allow(`"ses:SendRawEmail"`, `"*"`, `{"StringEquals":{`+x.condition+`}}`)))
		_, err := as.SendRawEmail(t.Context(), &awsses.SendRawEmailInput{RawMessage: raw("From: " + x.from + "\r\nTo: bob@example.org\r\n\r\nHi")})
		if x.allowed {
			require.NoError(t, err, x.from)
		} else {
			refused(t, err, "AccessDenied", "ses:SendRawEmail")
		}
	}
}

// A raw message of version 2 takes ses:SendRawEmail.
func TestRawV2(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	in := &sesv2.SendEmailInput{Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte(strings.Replace(message, "X-SES-CONFIGURATION-SET: set\r\n", "", 1))}}}
	_, err := sesv2.NewFromConfig(c.user(t, owner, allow(`"ses:SendEmail"`, `"*"`, ""))).SendEmail(t.Context(), in)
	refused(t, err, "AccessDeniedException", "ses:SendRawEmail")
	_, err = sesv2.NewFromConfig(c.user(t, owner, allow(`["ses:SendEmail","ses:SendRawEmail"]`, `"*"`, ""))).SendEmail(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, c.sent(), 1)
	assert.Equal(t, "SendEmail", c.sent()[0].Operation)
}

// Attachments stand beside the parts, and headers cannot add others.
func TestCompose(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	in := simple("ann@example.com", "bob@example.org")
	in.Content.Simple.Attachments = []types.Attachment{{FileName: aws.String("a.txt"), RawContent: []byte(strings.Repeat("attached ", 20)), ContentType: aws.String("text/plain")}}
	in.Content.Simple.Headers = []types.MessageHeader{{Name: aws.String("X-A"), Value: aws.String("b")}}
	in.ReplyToAddresses = []string{"reply@example.com"}
	_, err := sesv2.NewFromConfig(c.RootConfig(owner)).SendEmail(t.Context(), in)
	require.NoError(t, err)
	m := c.sent()[0]
	assert.Contains(t, string(m.Raw), "Content-Disposition: attachment; filename=a.txt")
	assert.Contains(t, string(m.Raw), "YXR0YWNoZWQg")
	assert.Equal(t, []string{"<reply@example.com>"}, m.ReplyTo)
	var names []string
	for _, h := range m.Headers {
		names = append(names, h.Name)
	}
	assert.Equal(t, []string{"From", "Reply-To", "To", "Subject", "X-A", "MIME-Version", "Content-Type"}, names)
	one := in.Content.Simple.Attachments[0]
	in.Content.Simple.Attachments = slices.Repeat([]types.Attachment{one}, 501)
	_, err = sesv2.NewFromConfig(c.RootConfig(owner)).SendEmail(t.Context(), in)
	worldtest.RequireError(t, err, "BadRequestException", "The messages have more than 500 attachments")
	in.Content.Simple.Attachments = nil
	in.Content.Simple.Subject.Data = aws.String("a\r\nBcc: x@example.net")
	_, err = sesv2.NewFromConfig(c.RootConfig(owner)).SendEmail(t.Context(), in)
	require.NoError(t, err)
	assert.NotContains(t, string(c.sent()[1].Raw), "\nBcc")
}

// A header of a call of version 2 cannot make the message one of somebody else.
func TestOwnHeaders(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root := sesv2.NewFromConfig(c.RootConfig(owner))
	inline := &types.EmailTemplateContent{Subject: aws.String("a"), Text: aws.String("b")}
	calls := map[string]func(types.MessageHeader) error{
		"simple": func(h types.MessageHeader) error {
			in := simple("ann@example.com", "bob@example.org")
			in.ReplyToAddresses = []string{"reply@example.com"}
			in.Content.Simple.Headers = []types.MessageHeader{h}
			_, err := root.SendEmail(t.Context(), in)
			return err
		},
		"template": func(h types.MessageHeader) error {
			in := simple("ann@example.com", "bob@example.org")
			in.ReplyToAddresses = []string{"reply@example.com"}
			in.Content = &types.EmailContent{Template: &types.Template{TemplateContent: inline, Headers: []types.MessageHeader{h}}}
			_, err := root.SendEmail(t.Context(), in)
			return err
		},
		"bulk": func(h types.MessageHeader) error {
			_, err := root.SendBulkEmail(t.Context(), &sesv2.SendBulkEmailInput{
				FromEmailAddress: aws.String("ann@example.com"), ReplyToAddresses: []string{"reply@example.com"},
				DefaultContent:   &types.BulkEmailContent{Template: &types.Template{TemplateContent: inline, Headers: []types.MessageHeader{h}}},
				BulkEmailEntries: []types.BulkEmailEntry{{Destination: &types.Destination{ToAddresses: []string{"bob@example.org"}}}},
			})
			return err
		},
		"bulk entry": func(h types.MessageHeader) error {
			_, err := root.SendBulkEmail(t.Context(), &sesv2.SendBulkEmailInput{
				FromEmailAddress: aws.String("ann@example.com"), ReplyToAddresses: []string{"reply@example.com"},
				DefaultContent:   &types.BulkEmailContent{Template: &types.Template{TemplateContent: inline}},
				BulkEmailEntries: []types.BulkEmailEntry{{Destination: &types.Destination{ToAddresses: []string{"bob@example.org"}}, ReplacementHeaders: []types.MessageHeader{h}}},
			})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			for _, header := range []string{"From", "from", "To", "Cc", "Bcc", "Subject", "Reply-To", "Return-Path", "Content-Type", "MIME-Version"} {
				refused(t, call(types.MessageHeader{Name: &header, Value: aws.String("x@example.net")}), "BadRequestException", "")
			}
			refused(t, call(types.MessageHeader{Name: aws.String("X\r\nFrom"), Value: aws.String("x@example.net")}), "BadRequestException", "")
			refused(t, call(types.MessageHeader{Name: aws.String("Sender"), Value: aws.String("x@example.net")}), "MessageRejected", "x@example.net")
			refused(t, call(types.MessageHeader{Name: aws.String("Sender"), Value: aws.String("nobody")}), "BadRequestException", "")
			require.NoError(t, call(types.MessageHeader{Name: aws.String("Sender"), Value: aws.String("bob@example.com")}))
			require.NoError(t, call(types.MessageHeader{Name: aws.String("X-A"), Value: aws.String("b")}))
		})
	}
}
