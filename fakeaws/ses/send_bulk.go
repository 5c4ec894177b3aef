package ses

import (
	"encoding/json"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxBulk is how many destinations a call has ("SendBulkTemplatedEmail": up to 50).
const maxBulk = 50

// An entry is one message of a call that sends several.
type entry struct {
	out  *outgoing
	to   []string
	tags map[string]string
	data string
}

// merge is the data of a template with that of one message over it.
func merge(call *fakeaws.Call, data, over string) (string, error) {
	both, err := parseData(data)
	if err != nil {
		return "", renderingError(call, err)
	}
	more, err := parseData(over)
	if err != nil {
		return "", renderingError(call, err)
	}
	maps.Copy(both, more)
	text, err := json.Marshal(both)
	return string(text), err
}

// planBulk plans that several messages are sent. One that cannot be sent does not stop the
// others.
func planBulk[O any](s *Fake, m *sending, entries []*entry, answer func(ids []string, failures []*fakeaws.Error) O) (*fakeaws.Plan[O], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.defaultSet(m)
	return &fakeaws.Plan[O]{Needs: m.needs(s), Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := m.ready(s); err != nil {
			return none, err
		}
		ids, failures := make([]string, len(entries)), make([]*fakeaws.Error, len(entries))
		for i, e := range entries {
			if m.call.Err() != nil {
				return none, m.call.Err()
			}
			if m.template != nil {
				e.out.template = m.template.content
			}
			if ids[i], err = m.send(s, e.out, e.to, e.tags, e.data); err != nil && !errors.As(err, &failures[i]) {
				return none, err
			}
		}
		return answer(ids, failures), nil
	}}, nil
}

func (s *Fake) sendBulkTemplatedEmail(call *fakeaws.Call, in *awsses.SendBulkTemplatedEmailInput) (*fakeaws.Plan[*awsses.SendBulkTemplatedEmailOutput], error) {
	if len(in.Destinations) > maxBulk || len(in.Destinations) == 0 {
		return nil, invalid(call, textDestinations)
	}
	tags, err := messageTags(call, in.DefaultTags)
	if err != nil {
		return nil, err
	}
	l := &letter{source: aws.ToString(in.Source), sourceARN: aws.ToString(in.SourceArn), returnPath: aws.ToString(in.ReturnPath), returnARN: aws.ToString(in.ReturnPathArn), set: aws.ToString(in.ConfigurationSetName)}
	var entries []*entry
	var all []string
	for i := range in.Destinations {
		d := &in.Destinations[i]
		e, err := newEntry(call, d.Destination.ToAddresses, d.Destination.CcAddresses, d.Destination.BccAddresses, aws.ToString(in.DefaultTemplateData), aws.ToString(d.ReplacementTemplateData))
		if err != nil {
			return nil, err
		}
		more, err := messageTags(call, d.ReplacementTags)
		if err != nil {
			return nil, err
		}
		e.tags = fakeaws.WithTags(tags, more)
		e.out.from, e.out.replyTo = l.source, in.ReplyToAddresses
		entries, all = append(entries, e), append(all, e.to...)
	}
	l.to = all[:1]
	m, err := l.prepare(call, call.Operation)
	if err != nil {
		return nil, err
	}
	m.to = all
	if m.named, err = ownTemplate(call, in.Template, in.TemplateArn); err != nil {
		return nil, err
	}
	return planBulk(s, m, entries, func(ids []string, failures []*fakeaws.Error) *awsses.SendBulkTemplatedEmailOutput {
		out := &awsses.SendBulkTemplatedEmailOutput{}
		for i, id := range ids {
			status := v1.BulkEmailDestinationStatus{Status: v1.BulkEmailStatusSuccess}
			if f := failures[i]; f != nil {
				status.Status, status.Error = bulkStatus(f, v1.BulkEmailStatusMessageRejected, v1.BulkEmailStatusAccountDailyQuotaExceeded, v1.BulkEmailStatusFailed), aws.String(f.Message)
			} else {
				status.MessageId = aws.String(id)
			}
			out.Status = append(out.Status, status)
		}
		return out
	})
}

// bulkStatus is the status of a message that was not sent.
func bulkStatus[T any](f *fakeaws.Error, rejected, quota, otherwise T) T {
	switch f.Code {
	case "MessageRejected":
		return rejected
	case "Throttling", "TooManyRequestsException":
		return quota
	}
	return otherwise
}

// newEntry reads one message.
func newEntry(call *fakeaws.Call, to, cc, bcc []string, data, over string) (*entry, error) {
	e := &entry{out: &outgoing{to: to, cc: cc}}
	var err error
	if e.to, err = recipients(call, to, cc, bcc); err != nil {
		return nil, err
	}
	if e.data, err = merge(call, data, over); err != nil {
		return nil, err
	}
	e.out.data = e.data
	return e, nil
}

// sendBulkEmail sends messages of one template, which is the account's or in the call.
func (s fakeV2) sendBulkEmail(call *fakeaws.Call, in *sesv2.SendBulkEmailInput) (*fakeaws.Plan[*sesv2.SendBulkEmailOutput], error) {
	if len(in.BulkEmailEntries) > maxBulk || len(in.BulkEmailEntries) == 0 {
		return nil, invalid(call, textDestinations)
	}
	if err := unsupported(in.EndpointId, in.TenantName, in.ConfigurationOverrides, nil); err != nil {
		return nil, err
	}
	t := in.DefaultContent.Template
	if t == nil {
		return nil, invalid(call, textContent)
	}
	tags, err := messageTagsV2(call, in.DefaultEmailTags)
	if err != nil {
		return nil, err
	}
	l := &letter{
		source: aws.ToString(in.FromEmailAddress), sourceARN: aws.ToString(in.FromEmailAddressIdentityArn), returnPath: aws.ToString(in.FeedbackForwardingEmailAddress),
		returnARN: aws.ToString(in.FeedbackForwardingEmailAddressIdentityArn), set: aws.ToString(in.ConfigurationSetName),
	}
	named, inline, err := templateV2(call, t)
	if err != nil {
		return nil, err
	}
	entries, all, err := entriesV2(call, in, t, tags, inline)
	if err != nil {
		return nil, err
	}
	l.to = all[:1]
	m, err := l.prepare(call, call.Operation)
	if err != nil {
		return nil, err
	}
	m.to, m.named = all, named
	for _, e := range entries {
		if err := m.takeHeaders(in.ReplyToAddresses, e.out.headers); err != nil {
			return nil, err
		}
	}
	return planBulk(s.Fake, m, entries, bulkAnswer)
}

func bulkAnswer(ids []string, failures []*fakeaws.Error) *sesv2.SendBulkEmailOutput {
	out := &sesv2.SendBulkEmailOutput{}
	for i, id := range ids {
		result := types.BulkEmailEntryResult{Status: types.BulkEmailStatusSuccess}
		if f := failures[i]; f != nil {
			result.Status, result.Error = bulkStatus(f, types.BulkEmailStatusMessageRejected, types.BulkEmailStatusAccountDailyQuotaExceeded, types.BulkEmailStatusFailed), aws.String(f.Message)
		} else {
			result.MessageId = aws.String(id)
		}
		out.BulkEmailEntryResults = append(out.BulkEmailEntryResults, result)
	}
	return out
}

// entriesV2 are the messages of a call, and the addresses of all.
func entriesV2(call *fakeaws.Call, in *sesv2.SendBulkEmailInput, t *types.Template, tags map[string]string, inline *content) (entries []*entry, all []string, err error) {
	if err := checkAttachments(call, t.Attachments, len(in.BulkEmailEntries)); err != nil {
		return nil, nil, err
	}
	for i := range in.BulkEmailEntries {
		b := &in.BulkEmailEntries[i]
		over := ""
		if r := b.ReplacementEmailContent; r != nil && r.ReplacementTemplate != nil {
			over = aws.ToString(r.ReplacementTemplate.ReplacementTemplateData)
		}
		d := b.Destination
		if d == nil {
			d = new(types.Destination)
		}
		e, err := newEntry(call, d.ToAddresses, d.CcAddresses, d.BccAddresses, aws.ToString(t.TemplateData), over)
		if err != nil {
			return nil, nil, err
		}
		more, err := messageTagsV2(call, b.ReplacementTags)
		if err != nil {
			return nil, nil, err
		}
		e.tags = fakeaws.WithTags(tags, more)
		e.out.from, e.out.replyTo, e.out.template, e.out.attachments = aws.ToString(in.FromEmailAddress), in.ReplyToAddresses, inline, t.Attachments
		e.out.headers = append(append(e.out.headers, t.Headers...), b.ReplacementHeaders...)
		entries, all = append(entries, e), append(all, e.to...)
	}
	return entries, all, nil
}
