package ses

import (
	"errors"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A template is an email template. Its content never changes: another is put in its place.
type template struct {
	name    string
	content *content
	tags    map[string]string
	created time.Time
}

// A content is the parts of a template. A part may be missing.
type content struct{ subject, text, html *string }

var templates = &kind[*template]{
	prefix:  "template/",
	in:      func(r *region) map[string]*template { return r.templates },
	tags:    func(x *template) map[string]string { return x.tags },
	missing: missingFor("TemplateDoesNotExist", textNoTemplate),
	exists:  existsFor("AlreadyExists", textTemplateName),
}

func (s *Fake) templateOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createTemplate),
		bind(s.updateTemplate),
		bind(s.deleteTemplate),
		bind(s.getTemplate),
		bind(s.listTemplates),
		bind(s.testRenderTemplate),
	}
}

func (s fakeV2) templateOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createEmailTemplate),
		bind(s.updateEmailTemplate),
		bind(s.deleteEmailTemplate),
		bind(s.getEmailTemplate),
		bind(s.listEmailTemplates),
		bind(s.testRenderEmailTemplate),
	}
}

// maxTemplate is how long a template is with all its parts: 500 KB ("Service quotas in Amazon
// SES").
const maxTemplate = 500 << 10

var templateName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func invalidTemplate(call *fakeaws.Call, format string, args ...any) error {
	return fail(call, "InvalidTemplate", "BadRequestException", format, args...)
}

// check refuses a template that cannot be rendered.
func (c *content) check(call *fakeaws.Call, name string) error {
	if !templateName.MatchString(name) {
		return fail(call, "ValidationError", "BadRequestException", textTemplate, "its name "+name)
	}
	if len(aws.ToString(c.subject))+len(aws.ToString(c.text))+len(aws.ToString(c.html)) > maxTemplate {
		return limitExceeded(call, textTemplate, "it is longer than 500 KB")
	}
	if c.subject == nil || c.text == nil && c.html == nil {
		return invalidTemplate(call, textTemplate, "it lacks a subject, or a text or HTML part")
	}
	for _, part := range []*string{c.subject, c.text, c.html} {
		if _, err := parseTemplate(aws.ToString(part)); err != nil {
			return invalidTemplate(call, textTemplate, err)
		}
	}
	return nil
}

func contentV1(t *v1.Template) *content { return &content{t.SubjectPart, t.TextPart, t.HtmlPart} }

func contentV2(t *types.EmailTemplateContent) *content { return &content{t.Subject, t.Text, t.Html} }

func createTemplate[O any](s *Fake, call *fakeaws.Call, name string, c *content, tags map[string]string, out O) (*fakeaws.Plan[O], error) {
	if err := c.check(call, name); err != nil {
		return nil, err
	}
	return create(s, call, templates, name, tags, func(*region) (*template, O, error) {
		return &template{name: name, content: c, tags: tags, created: s.now().Truncate(time.Millisecond)}, out, nil
	})
}

func updateTemplate[O any](s *Fake, call *fakeaws.Call, name string, c *content, out O) (*fakeaws.Plan[O], error) {
	if err := c.check(call, name); err != nil {
		return nil, err
	}
	return on(s, call, templates, name, func(_ *region, x *template) (O, error) {
		x.content = c
		return out, nil
	})
}

func (s *Fake) createTemplate(call *fakeaws.Call, in *awsses.CreateTemplateInput) (*fakeaws.Plan[*awsses.CreateTemplateOutput], error) {
	return createTemplate(s, call, aws.ToString(in.Template.TemplateName), contentV1(in.Template), nil, &awsses.CreateTemplateOutput{})
}

func (s *Fake) updateTemplate(call *fakeaws.Call, in *awsses.UpdateTemplateInput) (*fakeaws.Plan[*awsses.UpdateTemplateOutput], error) {
	return updateTemplate(s, call, aws.ToString(in.Template.TemplateName), contentV1(in.Template), &awsses.UpdateTemplateOutput{})
}

// deleteTemplate deletes a template. That there is none is no error in version 1.
func (s *Fake) deleteTemplate(call *fakeaws.Call, in *awsses.DeleteTemplateInput) (*fakeaws.Plan[*awsses.DeleteTemplateOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.DeleteTemplateOutput, error) {
		delete(r.templates, aws.ToString(in.TemplateName))
		return &awsses.DeleteTemplateOutput{}, nil
	})
}

func (s *Fake) getTemplate(call *fakeaws.Call, in *awsses.GetTemplateInput) (*fakeaws.Plan[*awsses.GetTemplateOutput], error) {
	return on(s, call, templates, aws.ToString(in.TemplateName), func(_ *region, x *template) (*awsses.GetTemplateOutput, error) {
		return &awsses.GetTemplateOutput{Template: &v1.Template{TemplateName: aws.String(x.name), SubjectPart: x.content.subject, TextPart: x.content.text, HtmlPart: x.content.html}}, nil
	})
}

// maxTemplates is how many templates a page has at most ("ListTemplates": 1 to 100).
const maxTemplates = 100

func (s *Fake) listTemplates(call *fakeaws.Call, in *awsses.ListTemplatesInput) (*fakeaws.Plan[*awsses.ListTemplatesOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListTemplatesOutput, error) {
		p, err := pageOf(call, r.templates, in.NextToken, sizeOf(in.MaxItems, maxTemplates), func(name string, x *template) (v1.TemplateMetadata, bool) {
			return v1.TemplateMetadata{Name: aws.String(name), CreatedTimestamp: aws.Time(x.created)}, true
		})
		return &awsses.ListTemplatesOutput{TemplatesMetadata: p.Items, NextToken: p.Next}, err
	})
}

func (s *Fake) testRenderTemplate(call *fakeaws.Call, in *awsses.TestRenderTemplateInput) (*fakeaws.Plan[*awsses.TestRenderTemplateOutput], error) {
	return on(s, call, templates, aws.ToString(in.TemplateName), func(_ *region, x *template) (*awsses.TestRenderTemplateOutput, error) {
		text, err := s.rendered(call, x.content, aws.ToString(in.TemplateData))
		return &awsses.TestRenderTemplateOutput{RenderedTemplate: &text}, err
	})
}

// rendered is a whole message of a template: with headers and a body for each part.
func (s *Fake) rendered(call *fakeaws.Call, c *content, data string) (string, error) {
	m, err := c.render(data)
	if err != nil {
		return "", renderingError(call, err)
	}
	raw, err := s.compose(&outgoing{subject: m.subject, text: m.text, html: m.html, date: true})
	return string(raw), err
}

// renderingError is why a template cannot be rendered.
func renderingError(call *fakeaws.Call, err error) error {
	var missing *missingError
	var data *dataError
	switch {
	case errors.As(err, &missing):
		return fail(call, "MissingRenderingAttribute", "BadRequestException", "%s", err)
	case errors.As(err, &data):
		return fail(call, "InvalidRenderingParameter", "BadRequestException", textData, err)
	}
	return invalidTemplate(call, textTemplate, err)
}

// render fills data into all parts.
func (c *content) render(text string) (*content, error) {
	data, err := parseData(text)
	if err != nil {
		return nil, err
	}
	out := new(content)
	for _, part := range []struct{ from, to **string }{{&c.subject, &out.subject}, {&c.text, &out.text}, {&c.html, &out.html}} {
		if *part.from == nil {
			continue
		}
		made, err := render(**part.from, data)
		if err != nil {
			return nil, err
		}
		*part.to = &made
	}
	return out, nil
}

func (s fakeV2) createEmailTemplate(call *fakeaws.Call, in *sesv2.CreateEmailTemplateInput) (*fakeaws.Plan[*sesv2.CreateEmailTemplateOutput], error) {
	tags, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	return createTemplate(s.Fake, call, aws.ToString(in.TemplateName), contentV2(in.TemplateContent), tags, &sesv2.CreateEmailTemplateOutput{})
}

func (s fakeV2) updateEmailTemplate(call *fakeaws.Call, in *sesv2.UpdateEmailTemplateInput) (*fakeaws.Plan[*sesv2.UpdateEmailTemplateOutput], error) {
	return updateTemplate(s.Fake, call, aws.ToString(in.TemplateName), contentV2(in.TemplateContent), &sesv2.UpdateEmailTemplateOutput{})
}

func (s fakeV2) deleteEmailTemplate(call *fakeaws.Call, in *sesv2.DeleteEmailTemplateInput) (*fakeaws.Plan[*sesv2.DeleteEmailTemplateOutput], error) {
	return on(s.Fake, call, templates, aws.ToString(in.TemplateName), func(r *region, x *template) (*sesv2.DeleteEmailTemplateOutput, error) {
		delete(r.templates, x.name)
		return &sesv2.DeleteEmailTemplateOutput{}, nil
	})
}

func (s fakeV2) getEmailTemplate(call *fakeaws.Call, in *sesv2.GetEmailTemplateInput) (*fakeaws.Plan[*sesv2.GetEmailTemplateOutput], error) {
	return on(s.Fake, call, templates, aws.ToString(in.TemplateName), func(_ *region, x *template) (*sesv2.GetEmailTemplateOutput, error) {
		return &sesv2.GetEmailTemplateOutput{
			TemplateName: aws.String(x.name), Tags: shownTags(x.tags),
			TemplateContent: &types.EmailTemplateContent{Subject: x.content.subject, Text: x.content.text, Html: x.content.html},
		}, nil
	})
}

func (s fakeV2) listEmailTemplates(call *fakeaws.Call, in *sesv2.ListEmailTemplatesInput) (*fakeaws.Plan[*sesv2.ListEmailTemplatesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListEmailTemplatesOutput, error) {
		p, err := pageOf(call, r.templates, in.NextToken, sizeOf(in.PageSize, maxTemplates), func(name string, x *template) (types.EmailTemplateMetadata, bool) {
			return types.EmailTemplateMetadata{TemplateName: aws.String(name), CreatedTimestamp: aws.Time(x.created)}, true
		})
		return &sesv2.ListEmailTemplatesOutput{TemplatesMetadata: p.Items, NextToken: p.Next}, err
	})
}

func (s fakeV2) testRenderEmailTemplate(call *fakeaws.Call, in *sesv2.TestRenderEmailTemplateInput) (*fakeaws.Plan[*sesv2.TestRenderEmailTemplateOutput], error) {
	return on(s.Fake, call, templates, aws.ToString(in.TemplateName), func(_ *region, x *template) (*sesv2.TestRenderEmailTemplateOutput, error) {
		text, err := s.rendered(call, x.content, aws.ToString(in.TemplateData))
		return &sesv2.TestRenderEmailTemplateOutput{RenderedTemplate: &text}, err
	})
}
