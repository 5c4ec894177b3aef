package ses

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
)

// A verificationTemplate is the mail in which people are asked to verify an address.
type verificationTemplate struct {
	name, from, subject, content, success, failure string
	tags                                           map[string]string
}

var customs = &kind[*verificationTemplate]{
	prefix:  "custom-verification-email-template/",
	in:      func(r *region) map[string]*verificationTemplate { return r.custom },
	tags:    func(x *verificationTemplate) map[string]string { return x.tags },
	missing: missingFor("CustomVerificationEmailTemplateDoesNotExist", textNoCustom),
	exists:  existsFor("CustomVerificationEmailTemplateAlreadyExists", textCustomExists),
}

func (s *Fake) verificationTemplateOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createCustom),
		bind(s.updateCustom),
		bind(s.deleteCustom),
		bind(s.getCustom),
		bind(s.listCustom),
	}
}

func (s fakeV2) verificationTemplateOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createCustom),
		bind(s.updateCustom),
		bind(s.deleteCustom),
		bind(s.getCustom),
		bind(s.listCustom),
	}
}

// createCustom plans that a template is made, whose sender must be verified.
func createCustom[O any](s *Fake, call *fakeaws.Call, x verificationTemplate, out O) (*fakeaws.Plan[O], error) {
	if !templateName.MatchString(x.name) {
		return nil, invalid(call, textTemplate, "its name "+x.name)
	}
	return create(s, call, customs, x.name, x.tags, func(r *region) (*verificationTemplate, O, error) {
		return &x, out, s.checkCustom(call, r, x.from)
	})
}

func (s *Fake) checkCustom(call *fakeaws.Call, r *region, from string) error {
	a, ok := parseAddress(from)
	if !ok || !s.isVerified(r.place, a.Address) {
		return fail(call, "FromEmailAddressNotVerified", "BadRequestException", textFromCustom, from)
	}
	return nil
}

// updateCustom plans that a template is changed: what the call leaves out stays.
func updateCustom[O any](s *Fake, call *fakeaws.Call, name, from, subject, content, success, failure *string, out O) (*fakeaws.Plan[O], error) {
	return on(s, call, customs, aws.ToString(name), func(r *region, x *verificationTemplate) (none O, err error) {
		if from != nil {
			if err := s.checkCustom(call, r, *from); err != nil {
				return none, err
			}
		}
		for to, value := range map[*string]*string{&x.from: from, &x.subject: subject, &x.content: content, &x.success: success, &x.failure: failure} {
			if value != nil {
				*to = *value
			}
		}
		return out, nil
	})
}

func (s *Fake) createCustom(call *fakeaws.Call, in *awsses.CreateCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*awsses.CreateCustomVerificationEmailTemplateOutput], error) {
	return createCustom(s, call, verificationTemplate{
		name: aws.ToString(in.TemplateName), from: aws.ToString(in.FromEmailAddress), subject: aws.ToString(in.TemplateSubject),
		content: aws.ToString(in.TemplateContent), success: aws.ToString(in.SuccessRedirectionURL), failure: aws.ToString(in.FailureRedirectionURL),
	}, &awsses.CreateCustomVerificationEmailTemplateOutput{})
}

func (s *Fake) updateCustom(call *fakeaws.Call, in *awsses.UpdateCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*awsses.UpdateCustomVerificationEmailTemplateOutput], error) {
	return updateCustom(s, call, in.TemplateName, in.FromEmailAddress, in.TemplateSubject, in.TemplateContent, in.SuccessRedirectionURL, in.FailureRedirectionURL, &awsses.UpdateCustomVerificationEmailTemplateOutput{})
}

// deleteCustom deletes a template. That there is none is no error in version 1.
func (s *Fake) deleteCustom(call *fakeaws.Call, in *awsses.DeleteCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*awsses.DeleteCustomVerificationEmailTemplateOutput], error) {
	name := aws.ToString(in.TemplateName)
	s.mu.Lock()
	defer s.mu.Unlock()
	judged := customs.find(s, call, name)
	return &fakeaws.Plan[*awsses.DeleteCustomVerificationEmailTemplateOutput]{Needs: []fakeaws.Need{customs.need(s, call, call.Operation, name)}, Do: func() (*awsses.DeleteCustomVerificationEmailTemplateOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if judged != nil && customs.find(s, call, name) == judged {
			delete(s.in(placeOf(call)).custom, name)
		}
		return &awsses.DeleteCustomVerificationEmailTemplateOutput{}, nil
	}}, nil
}

func (s *Fake) getCustom(call *fakeaws.Call, in *awsses.GetCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*awsses.GetCustomVerificationEmailTemplateOutput], error) {
	return on(s, call, customs, aws.ToString(in.TemplateName), func(_ *region, x *verificationTemplate) (*awsses.GetCustomVerificationEmailTemplateOutput, error) {
		return &awsses.GetCustomVerificationEmailTemplateOutput{
			TemplateName: aws.String(x.name), FromEmailAddress: aws.String(x.from), TemplateSubject: aws.String(x.subject), TemplateContent: aws.String(x.content),
			SuccessRedirectionURL: aws.String(x.success), FailureRedirectionURL: aws.String(x.failure),
		}, nil
	})
}

// maxCustoms is how many templates a page has at most.
const maxCustoms = 50

func (s *Fake) listCustom(call *fakeaws.Call, in *awsses.ListCustomVerificationEmailTemplatesInput) (*fakeaws.Plan[*awsses.ListCustomVerificationEmailTemplatesOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListCustomVerificationEmailTemplatesOutput, error) {
		p, err := pageOf(call, r.custom, in.NextToken, sizeOf(in.MaxResults, maxCustoms), func(_ string, x *verificationTemplate) (v1.CustomVerificationEmailTemplate, bool) {
			return v1.CustomVerificationEmailTemplate{
				TemplateName: aws.String(x.name), FromEmailAddress: aws.String(x.from), TemplateSubject: aws.String(x.subject),
				SuccessRedirectionURL: aws.String(x.success), FailureRedirectionURL: aws.String(x.failure),
			}, true
		})
		return &awsses.ListCustomVerificationEmailTemplatesOutput{CustomVerificationEmailTemplates: p.Items, NextToken: p.Next}, err
	})
}

func (s fakeV2) createCustom(call *fakeaws.Call, in *sesv2.CreateCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*sesv2.CreateCustomVerificationEmailTemplateOutput], error) {
	tags, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	return createCustom(s.Fake, call, verificationTemplate{
		name: aws.ToString(in.TemplateName), from: aws.ToString(in.FromEmailAddress), subject: aws.ToString(in.TemplateSubject), tags: tags,
		content: aws.ToString(in.TemplateContent), success: aws.ToString(in.SuccessRedirectionURL), failure: aws.ToString(in.FailureRedirectionURL),
	}, &sesv2.CreateCustomVerificationEmailTemplateOutput{})
}

func (s fakeV2) updateCustom(call *fakeaws.Call, in *sesv2.UpdateCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*sesv2.UpdateCustomVerificationEmailTemplateOutput], error) {
	return updateCustom(s.Fake, call, in.TemplateName, in.FromEmailAddress, in.TemplateSubject, in.TemplateContent, in.SuccessRedirectionURL, in.FailureRedirectionURL, &sesv2.UpdateCustomVerificationEmailTemplateOutput{})
}

func (s fakeV2) deleteCustom(call *fakeaws.Call, in *sesv2.DeleteCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*sesv2.DeleteCustomVerificationEmailTemplateOutput], error) {
	return on(s.Fake, call, customs, aws.ToString(in.TemplateName), func(r *region, x *verificationTemplate) (*sesv2.DeleteCustomVerificationEmailTemplateOutput, error) {
		delete(r.custom, x.name)
		return &sesv2.DeleteCustomVerificationEmailTemplateOutput{}, nil
	})
}

func (s fakeV2) getCustom(call *fakeaws.Call, in *sesv2.GetCustomVerificationEmailTemplateInput) (*fakeaws.Plan[*sesv2.GetCustomVerificationEmailTemplateOutput], error) {
	return on(s.Fake, call, customs, aws.ToString(in.TemplateName), func(_ *region, x *verificationTemplate) (*sesv2.GetCustomVerificationEmailTemplateOutput, error) {
		return &sesv2.GetCustomVerificationEmailTemplateOutput{
			TemplateName: aws.String(x.name), FromEmailAddress: aws.String(x.from), TemplateSubject: aws.String(x.subject), TemplateContent: aws.String(x.content),
			SuccessRedirectionURL: aws.String(x.success), FailureRedirectionURL: aws.String(x.failure), Tags: shownTags(x.tags),
		}, nil
	})
}

func (s fakeV2) listCustom(call *fakeaws.Call, in *sesv2.ListCustomVerificationEmailTemplatesInput) (*fakeaws.Plan[*sesv2.ListCustomVerificationEmailTemplatesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListCustomVerificationEmailTemplatesOutput, error) {
		p, err := pageOf(call, r.custom, in.NextToken, sizeOf(in.PageSize, maxCustoms), func(_ string, x *verificationTemplate) (types.CustomVerificationEmailTemplateMetadata, bool) {
			return types.CustomVerificationEmailTemplateMetadata{
				TemplateName: aws.String(x.name), FromEmailAddress: aws.String(x.from), TemplateSubject: aws.String(x.subject),
				SuccessRedirectionURL: aws.String(x.success), FailureRedirectionURL: aws.String(x.failure),
			}, true
		})
		return &sesv2.ListCustomVerificationEmailTemplatesOutput{CustomVerificationEmailTemplates: p.Items, NextToken: p.Next}, err
	})
}

// askToVerify sends the mail in which the owner of an address is asked to verify it: that of
// AWS, or one of a template. It is kept apart from what the account sends. The lock is held.
func (s *Fake) askToVerify(call *fakeaws.Call, r *region, address string, x *verificationTemplate, set string) string {
	now := s.now()
	m := &Mail{
		MessageID: messageID(s.world, now), Account: r.place.account, Region: r.place.region, Operation: call.Operation, Sent: now, Recipients: []string{address}, To: []string{address},
		Source: "no-reply-aws@amazon.com", Subject: "Amazon Web Services – Email Address Verification Request in region " + r.place.region, ConfigurationSet: set,
		HTML: "Click the link to confirm that " + address + " may be used with Amazon SES.",
	}
	if x != nil {
		m.Source, m.Subject, m.HTML, m.Template = x.from, x.subject, x.content, x.name
	}
	m.From = []string{m.Source}
	r.verifying = recent.Add(r.verifying, m, maxKept)
	return m.MessageID
}

// ask plans that a template is sent to an address, which becomes an identity of the account.
func ask[O any](s *Fake, call *fakeaws.Call, address, name, set *string, answer func(id string) O) (*fakeaws.Plan[O], error) {
	to, err := checkIdentity(call, aws.ToString(address))
	if err != nil {
		return nil, err
	}
	if domainOf(to) == "" {
		return nil, invalid(call, textAddress, to)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := customs.find(s, call, aws.ToString(name))
	m := &sending{call: call, to: []string{to}, from: &sender{of: placeOf(call)}}
	if x != nil {
		if a, ok := parseAddress(x.from); ok {
			m.from.address, m.from.name = a.Address, a.Name
		}
	}
	plan := &fakeaws.Plan[O]{Needs: []fakeaws.Need{m.need(call.Operation, placeOf(call), customs.prefix+aws.ToString(name), tagsIf(x, customs.tags))}}
	if x != nil {
		n := m.need(call.Operation, placeOf(call), "identity/"+m.from.address, nil)
		if found, _ := m.from.find(s); found != nil {
			n = m.need(call.Operation, placeOf(call), "identity/"+found.name, found.tags)
			n.Policy = found.policy()
		}
		plan.Needs = append(plan.Needs, n)
	}
	plan.Do = func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		r := s.in(placeOf(call))
		switch {
		case x == nil || customs.find(s, call, x.name) != x:
			return none, customs.missing(call, aws.ToString(name))
		case !r.account.production:
			return none, fail(call, "ProductionAccessNotGranted", "BadRequestException", textProduction)
		case aws.ToString(set) != "" && r.sets[*set] == nil:
			return none, sets.missing(call, *set)
		}
		if err := s.checkCustom(call, r, x.from); err != nil {
			return none, err
		}
		r.add(to)
		return answer(s.askToVerify(call, r, to, x, aws.ToString(set))), nil
	}
	return plan, nil
}

func (s *Fake) sendCustomVerificationEmail(call *fakeaws.Call, in *awsses.SendCustomVerificationEmailInput) (*fakeaws.Plan[*awsses.SendCustomVerificationEmailOutput], error) {
	return ask(s, call, in.EmailAddress, in.TemplateName, in.ConfigurationSetName, func(id string) *awsses.SendCustomVerificationEmailOutput {
		return &awsses.SendCustomVerificationEmailOutput{MessageId: &id}
	})
}

func (s fakeV2) sendCustomVerificationEmail(call *fakeaws.Call, in *sesv2.SendCustomVerificationEmailInput) (*fakeaws.Plan[*sesv2.SendCustomVerificationEmailOutput], error) {
	return ask(s.Fake, call, in.EmailAddress, in.TemplateName, in.ConfigurationSetName, func(id string) *sesv2.SendCustomVerificationEmailOutput {
		return &sesv2.SendCustomVerificationEmailOutput{MessageId: &id}
	})
}
