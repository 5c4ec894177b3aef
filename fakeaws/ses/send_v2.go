package ses

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s fakeV2) sendOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.sendEmail),
		bind(s.sendBulkEmail),
		bind(s.sendCustomVerificationEmail),
	}
}

// unsupported refuses what calls of version 2 have and this fake has not.
func unsupported(endpoint, tenant *string, overrides *types.ConfigurationOverrides, list *types.ListManagementOptions) error {
	switch {
	case endpoint != nil:
		return notImplemented("a multi-region endpoint")
	case tenant != nil:
		return notImplemented("mail of a tenant")
	case overrides != nil:
		return notImplemented("ConfigurationOverrides")
	case list != nil:
		return notImplemented("ListManagementOptions")
	}
	return nil
}

// templateV2 is the template of a call: the name of one of the account, or one that is in the
// call itself.
func templateV2(call *fakeaws.Call, t *types.Template) (named string, inline *content, err error) {
	if err := checkData(call, t.TemplateData); err != nil {
		return "", nil, err
	}
	if t.TemplateContent != nil && t.TemplateName == nil && t.TemplateArn == nil {
		c := contentV2(t.TemplateContent)
		return "", c, c.check(call, "inline")
	}
	named, err = ownTemplate(call, t.TemplateName, t.TemplateArn)
	if err == nil && (named == "" || t.TemplateContent != nil) {
		err = invalid(call, textContent)
	}
	return named, nil, err
}

// sendEmail sends a message of parts, of a template, or in its form. A message in its form takes
// the permission ses:SendRawEmail, as denials show. That it takes ses:SendEmail too is
// unverified: the Service Authorization Reference knows the operation by that name alone.
func (s fakeV2) sendEmail(call *fakeaws.Call, in *sesv2.SendEmailInput) (*fakeaws.Plan[*sesv2.SendEmailOutput], error) {
	if err := unsupported(in.EndpointId, in.TenantName, in.ConfigurationOverrides, in.ListManagementOptions); err != nil {
		return nil, err
	}
	tags, err := messageTagsV2(call, in.EmailTags)
	if err != nil {
		return nil, err
	}
	d := in.Destination
	if d == nil {
		d = new(types.Destination)
	}
	if contents(in.Content) != 1 {
		return nil, invalid(call, textContent)
	}
	if in.Content.Raw != nil {
		return s.sendRaw(call, in, d, tags)
	}
	l := &letter{
		source: aws.ToString(in.FromEmailAddress), sourceARN: aws.ToString(in.FromEmailAddressIdentityArn), returnPath: aws.ToString(in.FeedbackForwardingEmailAddress),
		returnARN: aws.ToString(in.FeedbackForwardingEmailAddressIdentityArn), to: d.ToAddresses, cc: d.CcAddresses, bcc: d.BccAddresses,
		set: aws.ToString(in.ConfigurationSetName), tags: tags,
	}
	m, err := l.prepare(call, call.Operation)
	if err != nil {
		return nil, err
	}
	out := &outgoing{from: l.source, to: l.to, cc: l.cc, replyTo: in.ReplyToAddresses}
	headers, err := out.takeContent(call, m, in.Content)
	if err != nil {
		return nil, err
	}
	if err := m.takeHeaders(in.ReplyToAddresses, headers); err != nil {
		return nil, err
	}
	return planSend(s.Fake, m, out, m.to, answerV2)
}

// takeContent takes what a message is made of, which is a template or parts, and returns the
// headers that the caller adds to it.
func (o *outgoing) takeContent(call *fakeaws.Call, m *sending, c *types.EmailContent) (headers []types.MessageHeader, err error) {
	if t := c.Template; t != nil {
		if m.named, o.template, err = templateV2(call, t); err != nil {
			return nil, err
		}
		o.data, o.headers, o.attachments = aws.ToString(t.TemplateData), t.Headers, t.Attachments
		return t.Headers, checkAttachments(call, t.Attachments, 1)
	}
	simple := c.Simple
	o.subject, o.headers, o.attachments = simple.Subject.Data, simple.Headers, simple.Attachments
	if part := simple.Body.Text; part != nil {
		o.text = part.Data
	}
	if part := simple.Body.Html; part != nil {
		o.html = part.Data
	}
	return simple.Headers, checkAttachments(call, simple.Attachments, 1)
}

func answerV2(id string) *sesv2.SendEmailOutput { return &sesv2.SendEmailOutput{MessageId: &id} }

// contents counts what a message is made of, which is one of three.
func contents(c *types.EmailContent) (count int) {
	for _, there := range []bool{c.Simple != nil, c.Raw != nil, c.Template != nil} {
		if there {
			count++
		}
	}
	return count
}

// sendRaw sends a message that is in its form already.
func (s fakeV2) sendRaw(call *fakeaws.Call, in *sesv2.SendEmailInput, d *types.Destination, tags map[string]string) (*fakeaws.Plan[*sesv2.SendEmailOutput], error) {
	raw := &rawCall{
		actions: []string{"SendRawEmail", "SendEmail"}, raw: in.Content.Raw.Data, source: aws.ToString(in.FromEmailAddress), sourceARN: aws.ToString(in.FromEmailAddressIdentityArn),
		fromARN: aws.ToString(in.FromEmailAddressIdentityArn), returnPath: aws.ToString(in.FeedbackForwardingEmailAddress),
		returnARN: aws.ToString(in.FeedbackForwardingEmailAddressIdentityArn), set: aws.ToString(in.ConfigurationSetName), tags: tags, most: maxMessageV2,
	}
	raw.destinations = slices.Concat(d.ToAddresses, d.CcAddresses, d.BccAddresses)
	m, out, to, err := raw.prepare(call)
	if err != nil {
		return nil, err
	}
	return planSend(s.Fake, m, out, to, answerV2)
}
