package ses

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// simulator is the domain of the mailbox simulator, whose addresses bounce and complain.
const simulator = "simulator.amazonses.com"

// An event is what became of a mail, as event destinations are told.
type event struct {
	kind types.EventType
	// name is that in the document, "Delivery", and member the one of its details.
	name, member string
	details      any
	// outgoing says that the mail left SES: its tags have the address it left from.
	outgoing bool
}

// detailTypes are those of events on the default bus ("Monitor Amazon SES events using Amazon
// EventBridge").
var detailTypes = map[types.EventType]string{
	types.EventTypeSend: "Email Sent", types.EventTypeDelivery: "Email Delivered", types.EventTypeBounce: "Email Bounced",
	types.EventTypeComplaint: "Email Complaint Received", types.EventTypeRenderingFailure: "Email Rendering Failed",
}

// What mail servers say here, and where mail leaves from: AWS's answers have other values at
// each time.
const (
	reportingMTA = "a8-77.smtp-out.amazonses.com"
	smtpResponse = "250 2.0.0 OK"
	outgoingIP   = "54.240.8.77"
	processing   = 100 // milliseconds
)

type bouncedRecipient struct {
	EmailAddress   string `json:"emailAddress"`
	Action         string `json:"action"`
	Status         string `json:"status"`
	DiagnosticCode string `json:"diagnosticCode"`
}

type complainedRecipient struct {
	EmailAddress string `json:"emailAddress"`
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// outcomes sorts the recipients of a mail by what becomes of it. Addresses that are suppressed
// by the list of the account, or that of the configuration set, bounce ("Using the Amazon SES
// account-level suppression list").
func (r *region) outcomes(set *configurationSet, to []string) (delivered, bounced, suppressed, complained []string) {
	reasons := r.account.suppress
	if set != nil && set.suppression != nil {
		reasons = set.suppression.SuppressedReasons
	}
	for _, address := range to {
		local, domain, _ := cutLast(address)
		local, _, _ = strings.Cut(local, "+")
		switch x := r.suppressed[address]; {
		case x != nil && slices.Contains(reasons, x.reason):
			suppressed = append(suppressed, address)
		case domain == simulator && local == "bounce":
			bounced = append(bounced, address)
		case domain == simulator && local == "suppressionlist":
			suppressed = append(suppressed, address)
		case domain == simulator && local == "complaint":
			delivered, complained = append(delivered, address), append(complained, address)
		default:
			delivered = append(delivered, address)
		}
	}
	return delivered, bounced, suppressed, complained
}

// publish has the events of a mail published, and its notifications. The failure is of a
// template that was not rendered: such mail is not sent. The lock is held.
func (s *Fake) publish(m *sending, r *region, letter *Mail, out *outgoing, failure error) {
	set := r.sets[m.set]
	var events []*event
	if failure != nil {
		events = append(events, &event{kind: types.EventTypeRenderingFailure, name: "Rendering Failure", member: "failure", details: map[string]string{
			"errorMessage": failure.Error(), "templateName": m.named,
		}})
	} else {
		events = s.eventsOf(r, set, letter)
	}
	for _, e := range events {
		document := documentOf(letter, m, e, out)
		if set != nil {
			s.toDestinations(set, e, document)
		}
		s.notify(m, e, document)
	}
	if len(s.waiting) > 0 {
		s.world.Wake(s.world.Clock().Now())
	}
}

// eventsOf are the events of a mail that is sent, in their order.
func (s *Fake) eventsOf(r *region, set *configurationSet, letter *Mail) []*event {
	now := s.now()
	events := []*event{{kind: types.EventTypeSend, name: "Send", member: "send", details: struct{}{}}}
	delivered, bounced, suppressed, complained := r.outcomes(set, letter.Recipients)
	letter.Bounced = slices.Concat(bounced, suppressed)
	r.count(now, len(letter.Recipients), len(bounced), len(complained))
	if len(delivered) > 0 {
		events = append(events, &event{kind: types.EventTypeDelivery, name: "Delivery", member: "delivery", outgoing: true, details: map[string]any{
			"timestamp": stamp(now), "processingTimeMillis": processing, "recipients": delivered, "smtpResponse": smtpResponse, "reportingMTA": reportingMTA,
		}})
	}
	for _, b := range []struct {
		to             []string
		sub, code, why string
	}{
		{bounced, "General", "5.1.1", "smtp; 550 5.1.1 user unknown"},
		{suppressed, "OnAccountSuppressionList", "5.1.1", "Amazon SES did not send the message to this address because it is on the suppression list for your account."},
	} {
		if len(b.to) == 0 {
			continue
		}
		var all []bouncedRecipient
		for _, address := range b.to {
			all = append(all, bouncedRecipient{address, "failed", b.code, b.why})
		}
		events = append(events, &event{kind: types.EventTypeBounce, name: "Bounce", member: "bounce", outgoing: true, details: map[string]any{
			"bounceType": "Permanent", "bounceSubType": b.sub, "bouncedRecipients": all, "timestamp": stamp(now), "feedbackId": messageID(s.world, now),
			"reportingMTA": "dns; " + reportingMTA,
		}})
	}
	if len(complained) > 0 {
		var all []complainedRecipient
		for _, address := range complained {
			all = append(all, complainedRecipient{address})
		}
		events = append(events, &event{kind: types.EventTypeComplaint, name: "Complaint", member: "complaint", outgoing: true, details: map[string]any{
			"complainedRecipients": all, "timestamp": stamp(now), "feedbackId": messageID(s.world, now), "complaintFeedbackType": "abuse", "complaintSubType": nil,
		}})
	}
	return events
}

// documentOf is an event of a mail as JSON.
func documentOf(l *Mail, m *sending, e *event, out *outgoing) map[string]any {
	headers, truncated := shownHeaders(l.Headers)
	common := map[string]any{"messageId": l.MessageID}
	for name, list := range map[string][]string{"from": l.From, "to": l.To, "cc": l.Cc, "replyTo": l.ReplyTo} {
		if len(list) > 0 {
			common[name] = plain(list)
		}
	}
	if l.Subject != "" {
		common["subject"] = l.Subject[:min(len(l.Subject), maxHeaders)]
	}
	tags := map[string][]string{
		"ses:operation": {l.Operation}, "ses:source-ip": {m.call.SourceIP}, "ses:caller-identity": {callerName(m.call)},
	}
	if l.ConfigurationSet != "" {
		tags["ses:configuration-set"] = []string{l.ConfigurationSet}
	}
	if len(l.From) > 0 || out.raw == nil {
		tags["ses:from-domain"] = []string{domainOf(m.from.address)}
	}
	if e.outgoing {
		tags["ses:outgoing-ip"] = []string{outgoingIP}
	}
	for name, value := range l.Tags {
		tags[name] = []string{value}
	}
	mail := map[string]any{
		"timestamp": stamp(l.Sent), "source": m.from.address, "sourceArn": l.SourceARN, "sendingAccountId": l.Account, "messageId": l.MessageID,
		"destination": l.Recipients, "headersTruncated": truncated, "headers": headers, "commonHeaders": common, "tags": tags,
	}
	return map[string]any{"eventType": e.name, "mail": mail, e.member: e.details}
}

// maxHeaders is how much of the headers documents have: "Headers are truncated if they are larger
// than 10 KB."
const maxHeaders = 10 << 10

// shownHeaders are the headers of a mail as documents have them.
func shownHeaders(all []Header) (shown []map[string]string, truncated bool) {
	shown = []map[string]string{}
	size := 0
	for _, h := range all {
		if size += len(h.Name) + len(h.Value); size > maxHeaders {
			return shown, true
		}
		shown = append(shown, map[string]string{"name": h.Name, "value": h.Value})
	}
	return shown, false
}

// plain are addresses as events have them: without the brackets of one that has no name.
func plain(list []string) []string {
	all := make([]string, len(list))
	for i, text := range list {
		if a, ok := parseAddress(text); ok && a.Name == "" {
			text = a.Address
		}
		all[i] = text
	}
	return all
}

// callerName is the name of the user or role that sent.
func callerName(call *fakeaws.Call) string {
	parsed, err := awsarn.Parse(call.Caller.ARN)
	if err != nil {
		return call.Caller.Service
	}
	parts := strings.Split(parsed.Resource, "/")
	if parts[0] == "assumed-role" && len(parts) > 1 {
		return parts[1]
	}
	return parts[len(parts)-1]
}

// toDestinations has an event published to the destinations of a configuration set that take
// it. The lock is held.
func (s *Fake) toDestinations(set *configurationSet, e *event, document map[string]any) {
	body := jsonOf(document)
	as := fakeaws.ServiceCall{Principal: serviceName, SourceARN: set.arn(), SourceAccount: set.of.account, Region: set.of.region}
	for _, d := range set.destinations {
		if !d.to.Enabled || !slices.Contains(d.to.MatchingEventTypes, e.kind) {
			continue
		}
		p := &publication{as: as, body: body, from: set.arn() + " " + d.name}
		switch {
		case d.to.SnsDestination != nil:
			p.target, p.subject = aws.ToString(d.to.SnsDestination.TopicArn), "Amazon SES Email Event Notification"
		case d.to.KinesisFirehoseDestination != nil:
			p.target, p.role = aws.ToString(d.to.KinesisFirehoseDestination.DeliveryStreamArn), aws.ToString(d.to.KinesisFirehoseDestination.IamRoleArn)
			p.body = append(slices.Clone(body), '\n')
		case d.to.EventBridgeDestination != nil:
			p.detailType = detailTypes[e.kind]
		default:
			continue // metrics of CloudWatch are not kept
		}
		s.enqueue(p)
	}
}

// notify has feedback published to the topic that the identity has for it. The lock is held.
func (s *Fake) notify(m *sending, e *event, document map[string]any) {
	x := m.from.judged
	if x == nil {
		return
	}
	n := x.notifications[e.name]
	if n.topic == "" {
		return
	}
	mail, _ := document["mail"].(map[string]any)
	shown := map[string]any{}
	for key, value := range mail {
		if key == "tags" || !n.headers && (key == "headers" || key == "headersTruncated" || key == "commonHeaders") {
			continue
		}
		shown[key] = value
	}
	s.enqueue(&publication{
		as:     fakeaws.ServiceCall{Principal: serviceName, SourceARN: x.arn(), SourceAccount: x.of.account, Region: x.of.region},
		target: n.topic, from: x.arn(), body: jsonOf(map[string]any{"notificationType": e.name, "mail": shown, e.member: e.details}),
	})
}

// jsonOf writes what has maps, texts and numbers.
func jsonOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("ses: %v", err))
	}
	return text
}
