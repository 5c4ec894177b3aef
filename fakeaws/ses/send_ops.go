package ses

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	v2 "github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) sendOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.sendEmail),
		bind(s.sendRawEmail),
		bind(s.sendTemplatedEmail),
		bind(s.sendBulkTemplatedEmail),
		bind(s.sendCustomVerificationEmail),
		bind(s.sendBounce),
	}
}

// planSend plans that one message is sent.
func planSend[O any](s *Fake, m *sending, out *outgoing, to []string, answer func(id string) O) (*fakeaws.Plan[O], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.defaultSet(m)
	return &fakeaws.Plan[O]{Needs: m.needs(s), Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := m.ready(s); err != nil {
			return none, err
		}
		if m.template != nil {
			out.template = m.template.content
		}
		id, err := m.send(s, out, to, m.tags, out.data)
		if err != nil {
			return none, err
		}
		return answer(id), nil
	}}, nil
}

// defaultSet is the configuration set of the identity, where the call names none. That the
// caller needs a permission on it as if it were named is unverified. The lock is held.
func (s *Fake) defaultSet(m *sending) {
	if m.set != "" {
		return
	}
	if found, _ := m.from.find(s); found != nil && found.of == placeOf(m.call) {
		m.set = found.set
	}
}

// A letter is what calls that send have in common.
type letter struct {
	source, sourceARN     string
	returnPath, returnARN string
	to, cc, bcc           []string
	set                   string
	tags                  map[string]string
}

// prepare reads who sends a message and to whom.
func (l *letter) prepare(call *fakeaws.Call, actions ...string) (*sending, error) {
	m := &sending{call: call, actions: actions, set: l.set, tags: l.tags}
	from, err := newSender(call, l.source, l.sourceARN)
	if err != nil {
		return nil, err
	}
	m.from = from
	if l.returnPath != "" {
		x, err := newSender(call, l.returnPath, l.returnARN)
		if err != nil {
			return nil, err
		}
		m.feedback = x.address
		if x.address != from.address || x.arn != "" && x.arn != from.arn {
			m.others = append(m.others, x)
		}
	}
	if m.to, err = recipients(call, l.to, l.cc, l.bcc); err != nil {
		return nil, err
	}
	return m, nil
}

// maxMessageTags is how many tags a message has; unverified.
const maxMessageTags = 50

// messageTags are the tags of a message, whose form is that of configuration sets' names.
func messageTags(call *fakeaws.Call, tags []v1.MessageTag) (map[string]string, error) {
	return messageTagsOf(call, tags, func(t *v1.MessageTag) (*string, *string) { return t.Name, t.Value })
}

func messageTagsV2(call *fakeaws.Call, tags []v2.MessageTag) (map[string]string, error) {
	return messageTagsOf(call, tags, func(t *v2.MessageTag) (*string, *string) { return t.Name, t.Value })
}

func messageTagsOf[T any](call *fakeaws.Call, tags []T, read func(*T) (name, value *string)) (map[string]string, error) {
	if len(tags) > maxMessageTags {
		return nil, invalid(call, "A message has at most %d tags", maxMessageTags)
	}
	all := make(map[string]string, len(tags))
	for i := range tags {
		of, is := read(&tags[i])
		name, value := aws.ToString(of), aws.ToString(is)
		if err := checkTag(call, name, value); err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, nil
}

// checkTag refuses a tag of a message ("MessageTag": letters, digits, _ and -, fewer than 256).
func checkTag(call *fakeaws.Call, name, value string) error {
	bad := func(text string) bool {
		return text == "" || len(text) >= 256 || strings.ContainsFunc(text, func(r rune) bool { return r != '.' && r != '@' && notDomain(r) })
	}
	if bad(name) || bad(value) {
		return invalid(call, textTag, name)
	}
	return nil
}

func (s *Fake) sendEmail(call *fakeaws.Call, in *awsses.SendEmailInput) (*fakeaws.Plan[*awsses.SendEmailOutput], error) {
	tags, err := messageTags(call, in.Tags)
	if err != nil {
		return nil, err
	}
	l := &letter{
		source: aws.ToString(in.Source), sourceARN: aws.ToString(in.SourceArn), returnPath: aws.ToString(in.ReturnPath), returnARN: aws.ToString(in.ReturnPathArn),
		to: in.Destination.ToAddresses, cc: in.Destination.CcAddresses, bcc: in.Destination.BccAddresses, set: aws.ToString(in.ConfigurationSetName), tags: tags,
	}
	m, err := l.prepare(call, call.Operation)
	if err != nil {
		return nil, err
	}
	out := &outgoing{from: l.source, to: l.to, cc: l.cc, replyTo: in.ReplyToAddresses, subject: in.Message.Subject.Data}
	if part := in.Message.Body.Text; part != nil {
		out.text = part.Data
	}
	if part := in.Message.Body.Html; part != nil {
		out.html = part.Data
	}
	return planSend(s, m, out, m.to, func(id string) *awsses.SendEmailOutput { return &awsses.SendEmailOutput{MessageId: &id} })
}

func (s *Fake) sendRawEmail(call *fakeaws.Call, in *awsses.SendRawEmailInput) (*fakeaws.Plan[*awsses.SendRawEmailOutput], error) {
	tags, err := messageTags(call, in.Tags)
	if err != nil {
		return nil, err
	}
	raw := &rawCall{
		actions: []string{call.Operation}, raw: in.RawMessage.Data, source: aws.ToString(in.Source), sourceARN: aws.ToString(in.SourceArn),
		fromARN: aws.ToString(in.FromArn), returnARN: aws.ToString(in.ReturnPathArn), set: aws.ToString(in.ConfigurationSetName),
		destinations: in.Destinations, tags: tags, most: maxMessage,
	}
	m, out, to, err := raw.prepare(call)
	if err != nil {
		return nil, err
	}
	return planSend(s, m, out, to, func(id string) *awsses.SendRawEmailOutput { return &awsses.SendRawEmailOutput{MessageId: &id} })
}

// ownTemplate is the name of a template, which is the account's own also where the call gives
// an ARN.
func ownTemplate(call *fakeaws.Call, name, arn *string) (string, error) {
	if arn == nil || *arn == "" {
		return aws.ToString(name), nil
	}
	own, ok := strings.CutPrefix(*arn, placeOf(call).arn(templates.prefix))
	if !ok || name != nil && *name != "" && *name != own {
		return "", notImplemented("a template of another account")
	}
	return own, nil
}

func (s *Fake) sendTemplatedEmail(call *fakeaws.Call, in *awsses.SendTemplatedEmailInput) (*fakeaws.Plan[*awsses.SendTemplatedEmailOutput], error) {
	tags, err := messageTags(call, in.Tags)
	if err != nil {
		return nil, err
	}
	l := &letter{
		source: aws.ToString(in.Source), sourceARN: aws.ToString(in.SourceArn), returnPath: aws.ToString(in.ReturnPath), returnARN: aws.ToString(in.ReturnPathArn),
		to: in.Destination.ToAddresses, cc: in.Destination.CcAddresses, bcc: in.Destination.BccAddresses, set: aws.ToString(in.ConfigurationSetName), tags: tags,
	}
	m, err := l.prepare(call, call.Operation)
	if err != nil {
		return nil, err
	}
	if m.named, err = ownTemplate(call, in.Template, in.TemplateArn); err != nil {
		return nil, err
	}
	if err := checkData(call, in.TemplateData); err != nil {
		return nil, err
	}
	out := &outgoing{from: l.source, to: l.to, cc: l.cc, replyTo: in.ReplyToAddresses, data: aws.ToString(in.TemplateData)}
	return planSend(s, m, out, m.to, func(id string) *awsses.SendTemplatedEmailOutput {
		return &awsses.SendTemplatedEmailOutput{MessageId: &id}
	})
}

// checkData refuses data that is no JSON object.
func checkData(call *fakeaws.Call, data *string) error {
	if _, err := parseData(aws.ToString(data)); err != nil {
		return renderingError(call, err)
	}
	return nil
}
