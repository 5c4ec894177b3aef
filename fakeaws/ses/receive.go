package ses

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// An Incoming is a mail that somebody sends to addresses of an account.
type Incoming struct {
	Account, Region string
	From            string
	Recipients      []string
	Raw             []byte
	// IP is the host that it comes from; empty is one that no filter is about.
	IP string
}

// A Receipt is what became of a mail that was received.
type Receipt struct {
	MessageID  string
	Recipients []string
	Actions    []Action

	from string
}

// An Action is one that a rule has taken.
type Action struct {
	Rule, Kind string // "S3", "SNS", "Lambda", "AddHeader", "Bounce", "Stop"
	// Reason says why it failed; empty is that it did not.
	Reason string
}

// A receipt is a mail under way through the rules.
type receipt struct {
	*Incoming
	*Receipt
	set  string
	at   time.Time
	raw  []byte
	stop bool
}

// Receive has SES receive a mail: the rules of the active rule set do with it what they say,
// one after the other, each action judged as SES's own call. An error says that nobody receives
// it: a filter blocks the host, the recipients are of no verified domain, or there are no rules.
func Receive(ctx context.Context, w *fakeaws.World, in *Incoming) (Receipt, error) {
	s := Of(w)
	s.mu.Lock()
	of := place{in.Account, in.Region}
	r := s.in(of)
	var to []string
	for _, text := range in.Recipients {
		if a, ok := parseAddress(text); ok && s.isVerified(of, a.Address) {
			to = append(to, a.Address)
		}
	}
	set := r.ruleSets[r.activeRules]
	blocked := r.blocks(in.IP)
	var rules []*types.ReceiptRule
	if set != nil {
		rules = slices.Clone(set.rules)
	}
	s.mu.Unlock()
	switch {
	case blocked:
		return Receipt{}, fmt.Errorf("ses: a filter blocks mail from %s", in.IP)
	case len(to) == 0:
		return Receipt{}, fmt.Errorf("ses: no recipient is of a verified identity of account %s in %s: %v", in.Account, in.Region, in.Recipients)
	case set == nil:
		return Receipt{}, fmt.Errorf("ses: account %s has no active rule set in %s", in.Account, in.Region)
	}
	m := &receipt{Incoming: in, Receipt: &Receipt{MessageID: receivedID(w), Recipients: to, from: in.From}, set: set.name, at: s.now(), raw: in.Raw}
	for _, rule := range rules {
		if m.stop {
			break
		}
		if rule.Enabled && slices.ContainsFunc(to, func(address string) bool { return matches(rule, address) }) {
			s.apply(ctx, m, of, rule)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.received = recent.Add(r.received, m.Receipt, maxKept)
	return *m.Receipt, nil
}

// receivedID is the id of a mail that is received, which is the name of its object in S3.
func receivedID(w *fakeaws.World) string {
	return strings.ToLower(strings.ReplaceAll(w.IDs().UUID(), "-", "")) + "81"
}

// blocks reports whether the filters refuse a host. Of several the longest prefix counts:
// unverified.
func (r *region) blocks(ip string) bool {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	bits, blocked := -1, false
	for _, x := range r.filters {
		if x.prefix.Contains(address) && x.prefix.Bits() > bits {
			bits, blocked = x.prefix.Bits(), x.IpFilter.Policy == types.ReceiptFilterPolicyBlock
		}
	}
	return blocked
}

// apply does what a rule says. An action that fails does not stop those that follow.
func (s *Fake) apply(ctx context.Context, m *receipt, of place, rule *types.ReceiptRule) {
	as := asRule(of, m.set, *rule.Name)
	for i := range rule.Actions {
		a := &rule.Actions[i]
		kind, ends, err := s.act(ctx, m, as, a)
		outcome := Action{Rule: *rule.Name, Kind: kind}
		if err != nil {
			outcome.Reason = err.Error()
		}
		m.Actions = append(m.Actions, outcome)
		if err == nil && a.SNSAction == nil {
			for _, topic := range topicsOf(a) {
				if err := s.tell(ctx, m, as, topic, a, kind); err != nil {
					m.Actions = append(m.Actions, Action{*rule.Name, "SNS", err.Error()})
				}
			}
		}
		if ends || m.stop {
			return
		}
	}
}

// act takes one action. It says whether the rule ends with it.
func (s *Fake) act(ctx context.Context, m *receipt, as fakeaws.ServiceCall, a *types.ReceiptAction) (kind string, ends bool, err error) {
	switch {
	case a.AddHeaderAction != nil:
		line := oneLine(aws.ToString(a.AddHeaderAction.HeaderName)) + ": " + oneLine(aws.ToString(a.AddHeaderAction.HeaderValue)) + "\r\n"
		m.raw = append([]byte(line), m.raw...)
		return "AddHeader", false, nil
	case a.S3Action != nil:
		return "S3", false, s.store(ctx, as, a.S3Action, m.MessageID, m.raw)
	case a.SNSAction != nil:
		return "SNS", false, s.tell(ctx, m, as, aws.ToString(a.SNSAction.TopicArn), a, "SNS")
	case a.LambdaAction != nil:
		ends, err = s.invoke(ctx, m, as, a.LambdaAction)
		return "Lambda", ends, err
	case a.BounceAction != nil:
		return "Bounce", false, s.bounce(m, as, a.BounceAction)
	}
	m.stop = true // StopAction
	return "Stop", true, nil
}

// store puts an object into a bucket, as SES or as the role that it was given.
func (s *Fake) store(ctx context.Context, as fakeaws.ServiceCall, a *types.S3Action, name string, body []byte) error {
	if !s.world.Has("s3") {
		return fmt.Errorf("ses: this World has no s3")
	}
	actor := as.Actor()
	if a.IamRoleArn != nil {
		session, err := role.Assume(ctx, s.world, as, *a.IamRoleArn, sessionName)
		if err != nil {
			return err
		}
		actor = session.Actor
	}
	_, err := fakeaws.Do[s3.PutObjectOutput](ctx, s.world, actor, &s3.PutObjectInput{
		Bucket: a.BucketName, Key: aws.String(aws.ToString(a.ObjectKeyPrefix) + name), Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
	})
	return err
}

// invoke invokes a function, whose answer may end the rule or all.
func (s *Fake) invoke(ctx context.Context, m *receipt, as fakeaws.ServiceCall, a *types.LambdaAction) (ends bool, err error) {
	waits := a.InvocationType == types.InvocationTypeRequestResponse
	body := jsonOf(map[string]any{"Records": []any{map[string]any{
		"eventSource": "aws:ses", "eventVersion": "1.0", "ses": map[string]any{
			"mail": m.mail(), "receipt": m.verdicts(map[string]any{"type": "Lambda", "functionArn": a.FunctionArn, "invocationType": invocation(waits)}),
		},
	}}})
	answer, err := s.world.Deliver(ctx, as.Actor(), &fakeaws.Delivery{Target: aws.ToString(a.FunctionArn), Body: body, Answered: waits})
	if err != nil || !waits {
		return false, err
	}
	var said struct{ Disposition string }
	if json.Unmarshal(answer, &said) != nil {
		return false, nil
	}
	m.stop = strings.EqualFold(said.Disposition, "STOP_RULE_SET")
	return m.stop || strings.EqualFold(said.Disposition, "STOP_RULE"), nil
}

func invocation(waits bool) string {
	if waits {
		return "RequestResponse"
	}
	return "Event"
}

// tell publishes a mail to a topic: all of it where that is the action itself.
func (s *Fake) tell(ctx context.Context, m *receipt, as fakeaws.ServiceCall, topic string, a *types.ReceiptAction, kind string) error {
	action := map[string]any{"type": kind, "topicArn": topic}
	document := map[string]any{"notificationType": "Received", "mail": m.mail(), "receipt": m.verdicts(action)}
	if x := a.S3Action; x != nil {
		action["bucketName"], action["objectKey"], action["objectKeyPrefix"] = x.BucketName, aws.ToString(x.ObjectKeyPrefix)+m.MessageID, x.ObjectKeyPrefix
	}
	if x := a.SNSAction; x != nil {
		action["encoding"] = "UTF8"
		document["content"] = string(m.raw)
		if x.Encoding == types.SNSActionEncodingBase64 {
			action["encoding"], document["content"] = "BASE64", base64.StdEncoding.EncodeToString(m.raw)
		}
	}
	_, err := s.world.Deliver(ctx, as.Actor(), &fakeaws.Delivery{Target: topic, Subject: "Amazon SES Email Receipt Notification", Body: jsonOf(document)})
	return err
}

// mail is what documents have of the mail.
func (m *receipt) mail() map[string]any {
	read := &Mail{Raw: m.raw}
	read.read()
	headers, truncated := shownHeaders(read.Headers)
	common := map[string]any{"messageId": m.MessageID, "subject": read.Subject}
	for name, list := range map[string][]string{"from": read.From, "to": read.To, "cc": read.Cc} {
		if len(list) > 0 {
			common[name] = list
		}
	}
	return map[string]any{
		"timestamp": stamp(m.at), "source": m.From, "messageId": m.MessageID, "destination": m.Receipt.Recipients, "headersTruncated": truncated,
		"headers": headers, "commonHeaders": common,
	}
}

// verdicts are what SES found when it looked at the mail, which it does not here: all passes.
func (m *receipt) verdicts(action map[string]any) map[string]any {
	pass := map[string]string{"status": "PASS"}
	return map[string]any{
		"timestamp": stamp(m.at), "processingTimeMillis": processing, "recipients": m.Receipt.Recipients, "spamVerdict": pass, "virusVerdict": pass,
		"spfVerdict": pass, "dkimVerdict": pass, "dmarcVerdict": pass, "action": action,
	}
}
