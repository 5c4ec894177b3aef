package sns

import (
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Mail is a message that SNS has sent to an email address. SNS sends such mail itself, from
// an address of its own: no permission on Amazon SES is asked ("Email notifications").
type Mail struct {
	MessageID, TopicARN, To string
	// From, Subject and Body are as the mail has them.
	From, Subject, Body string
	Sent                time.Time
}

// What mail of SNS has that the message does not say ("Email notifications").
const (
	mailFrom    = "AWS Notifications <no-reply@sns.amazonaws.com>"
	mailSubject = "AWS Notification Message"
)

// Mails returns the latest mails that SNS has sent to an address for the topics of an account
// in a region, in order of the topics' names: what the latest thousand messages of each topic
// became at its subscriptions of the protocols email and email-json.
func Mails(w *fakeaws.World, account, region, address string) []Mail {
	var all []Mail
	for _, name := range Topics(w, account, region) {
		arn := topicID{account, region, name}.arn()
		for _, m := range Published(w, arn) {
			for _, d := range m.Deliveries {
				if d.Outcome != Delivered || d.Endpoint != address || d.Protocol != protocolEmail && d.Protocol != protocolEmailJSON {
					continue
				}
				all = append(all, mailOf(&m, &d))
			}
		}
	}
	return all
}

// mailOf is a message as it stands in a mail: what it has for the protocol, or for email-json
// the document that other endpoints get.
func mailOf(m *Message, d *Delivery) Mail {
	out := Mail{MessageID: m.ID, TopicARN: m.TopicARN, To: d.Endpoint, From: mailFrom, Subject: m.Subject, Body: d.Mail, Sent: m.Published}
	if out.Subject == "" {
		out.Subject = mailSubject
	}
	return out
}

// keepMail notes the body of a mail. The lock is not held.
func (s *Fake) keepMail(d *delivery, body string) {
	if d.record == nil {
		return // it asks to confirm a subscription
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.record.Mail = body
}
