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
	if t := in.Content.Template; t != nil {
		if m.named, out.template, err = templateV2(call, t); err != nil {
			return nil, err
		}
		out.data, out.headers, out.attachments = aws.ToString(t.TemplateData), t.Headers, t.Attachments
		if err := checkAttachments(call, t.Attachments, 1); err != nil {
			return nil, err
		}
		if err := m.takeHeaders(in.ReplyToAddresses, t.Headers); err != nil {
			return nil, err
		}
		return planSend(s.Fake, m, out, m.to, answerV2)
	}
	simple := in.Content.Simple
	if err := checkAttachments(call, simple.Attachments, 1); err != nil {
		return nil, err
	}
	if err := m.takeHeaders(in.ReplyToAddresses, simple.Headers); err != nil {
		return nil, err
	}
	out.subject, out.headers, out.attachments = simple.Subject.Data, simple.Headers, simple.Attachments
	if part := simple.Body.Text; part != nil {
		out.text = part.Data
	}
	if part := simple.Body.Html; part != nil {
		out.html = part.Data
	}
	return planSend(s.Fake, m, out, m.to, answerV2)
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
