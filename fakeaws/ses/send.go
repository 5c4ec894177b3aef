package ses

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// maxRecipients is how many a message has ("Service quotas in Amazon SES").
const maxRecipients = 50

// A sender is an address that mail comes from, by the identity that a call names or by the
// account's own.
type sender struct {
	text    string // as the call has it
	address string
	name    string // for people
	arn     string // that the call names
	// header says that it is one of the header From, which ses:FromAddress tells of.
	header bool
	// judged is the identity whose policies were asked.
	judged *identity
	of     place
}

// A sending is a call that sends mail: one message, or several of one template.
type sending struct {
	call *fakeaws.Call
	// actions are the permissions that it takes.
	actions []string
	from    *sender
	// others are further addresses that must be the caller's to use: the envelope's sender of
	// a raw message, the one that bounces go to.
	others   []*sender
	feedback string
	to       []string // all recipients
	set      string
	judged   *configurationSet
	template *template
	named    string // the template that the call names
	tags     map[string]string
	keys     map[string]string // further condition keys
}

// newSender reads an address of a sender.
func newSender(call *fakeaws.Call, text, arn string) (*sender, error) {
	a, ok := parseAddress(text)
	if !ok {
		return nil, invalid(call, textAddress, text)
	}
	x := &sender{text: text, address: a.Address, name: a.Name, arn: arn, of: placeOf(call)}
	if arn == "" {
		return x, nil
	}
	of, name, ok := parseIdentity(arn)
	if !ok || of.region != call.Region {
		return nil, invalid(call, textARN, arn)
	}
	if !covers(name, x.address) {
		return nil, invalid(call, textSourceARN, arn, x.address)
	}
	x.of = of
	return x, nil
}

// find finds the identity that guards the address, and its ARN. The lock is held.
func (x *sender) find(s *Fake) (found *identity, arn string) {
	if x.arn != "" {
		_, name, _ := parseIdentity(x.arn)
		return s.seen(x.of).identities[name], x.of.arn("identity/" + name)
	}
	if found = s.identityFor(x.of, x.address); found != nil {
		return found, found.arn()
	}
	return nil, x.of.arn("identity/" + x.address)
}

// passes reports whether the address is verified still, by the identity that was judged. The
// lock is held.
func (x *sender) passes(s *Fake) bool {
	found, _ := x.find(s)
	return found != nil && found == x.judged && found.verified
}

// needs are the permissions of a sending: on the identities that it sends as, on the
// configuration set and the template, and, in the sandbox, on the identities that it sends to,
// as denials there name them. The lock is held.
func (m *sending) needs(s *Fake) []fakeaws.Need {
	of := placeOf(m.call)
	var all []fakeaws.Need
	seen := make(map[string]bool)
	add := func(n fakeaws.Need, from *sender) {
		if key := n.Action + " " + n.Resource + " " + from.name + " <" + from.address; !seen[key] {
			seen[key] = true
			all = append(all, n)
		}
	}
	r := s.seen(of)
	m.judged, m.template = r.sets[m.set], r.templates[m.named]
	for _, action := range m.actions {
		for _, x := range append([]*sender{m.from}, m.others...) {
			found, arn := x.find(s)
			x.judged = found
			from := m.from
			if x.header {
				from = x
			}
			n := m.needFrom(from, action, x.of, strings.TrimPrefix(arn, x.of.arn("")), nil)
			if found != nil {
				n = m.needFrom(from, action, x.of, "identity/"+found.name, found.tags)
				n.Policy = found.policy()
			}
			add(n, from)
		}
		if m.set != "" {
			add(m.need(action, of, sets.prefix+m.set, tagsIf(m.judged, sets.tags)), m.from)
		}
		if m.named != "" {
			add(m.need(action, of, templates.prefix+m.named, tagsIf(m.template, templates.tags)), m.from)
		}
		if r.account.production {
			continue
		}
		for _, address := range m.to {
			if found := s.identityFor(of, address); found != nil {
				n := m.need(action, of, "identity/"+found.name, found.tags)
				n.Policy, n.Note = found.policy(), "in the sandbox SES asks for the permission on the identities of recipients too"
				add(n, m.from)
			}
		}
	}
	return all
}

func tagsIf[T comparable](x T, tags func(T) map[string]string) map[string]string {
	var none T
	if x == none {
		return nil
	}
	return tags(x)
}

// need is one permission of a sending, with those of its condition keys that the action has.
func (m *sending) need(action string, of place, resource string, tags map[string]string) fakeaws.Need {
	return m.needFrom(m.from, action, of, resource, tags)
}

// needFrom is need where a message has several addresses in From: each is asked about with
// itself as ses:FromAddress. Which one AWS tells is unverified.
func (m *sending) needFrom(from *sender, action string, of place, resource string, tags map[string]string) fakeaws.Need {
	return need(m.call, action, of, resource, tags, func(c *enforce.Context) {
		set := func(key string, values ...string) {
			if len(values) > 0 && values[0] != "" && hasKey("ses:"+action, key) {
				c.SetMulti(key, values)
			}
		}
		set("ses:Recipients", m.to...)
		for key, value := range map[string]string{"ses:FromAddress": from.address, "ses:FromDisplayName": from.name, "ses:FeedbackAddress": m.feedback} {
			if value != "" && hasKey("ses:"+action, key) {
				c.Set(key, value)
			}
		}
		for key, value := range m.keys {
			if value != "" && hasKey("ses:"+action, key) {
				c.Set(key, value)
			}
		}
	})
}

// hasKey reports whether requests for an action have a condition key.
func hasKey(action, key string) bool {
	a, ok := catalog.Find(action)
	if !ok {
		return false
	}
	k, ok := a.Service.Key(key)
	return ok && a.HasKey(k)
}

// recipients reads the addresses of a message, which has one at least.
func recipients(call *fakeaws.Call, lists ...[]string) ([]string, error) {
	var all []string
	for _, list := range lists {
		for _, text := range list {
			a, ok := parseAddress(text)
			if !ok {
				return nil, invalid(call, textAddress, text)
			}
			all = append(all, a.Address)
		}
	}
	switch {
	case len(all) == 0:
		return nil, invalid(call, textNoRecipient)
	case len(all) > maxRecipients:
		return nil, invalid(call, textRecipients)
	}
	return all, nil
}

// ready refuses a sending that cannot be, for whomever it is: sending is paused, an address
// that it sends as is not verified, something is gone. The lock is held.
func (m *sending) ready(s *Fake) error {
	r := s.in(placeOf(m.call))
	if !r.account.sending {
		return fail(m.call, "AccountSendingPausedException", "SendingPausedException", textPaused)
	}
	if m.set != "" {
		switch x := r.sets[m.set]; {
		case x == nil || x != m.judged:
			return sets.missing(m.call, m.set)
		case x.sendingOff:
			return fail(m.call, "ConfigurationSetSendingPausedException", "SendingPausedException", textSetPaused, m.set)
		}
	}
	if m.named != "" && (m.template == nil || r.templates[m.named] != m.template) {
		return templates.missing(m.call, m.named)
	}
	var failed []string
	for _, x := range append([]*sender{m.from}, m.others...) {
		if !x.passes(s) && !slices.Contains(failed, x.text) {
			failed = append(failed, x.text)
		}
	}
	return m.unverified(failed)
}

func (m *sending) unverified(failed []string) error {
	if len(failed) == 0 {
		return nil
	}
	return rejected(m.call, textNotVerified, strings.ToUpper(m.call.Region), strings.Join(failed, ", "))
}

// admits refuses recipients that are not verified while the account is in the sandbox. The
// mailbox simulator takes mail from there too. The lock is held.
func (m *sending) admits(s *Fake, to []string) error {
	if s.in(placeOf(m.call)).account.production {
		return nil
	}
	var failed []string
	for _, address := range to {
		if domainOf(address) != simulator && !s.isVerified(placeOf(m.call), address) {
			failed = append(failed, address)
		}
	}
	return m.unverified(failed)
}

// The quotas of accounts in the sandbox and outside of it ("Service quotas in Amazon SES" and
// "Request production access"). Outside every account has its own: this is the least.
const (
	sandboxDay, sandboxRate       = 200, 1
	productionDay, productionRate = 50_000, 14
)

func (r *region) quota() (day, rate float64) {
	if r.account.production {
		return productionDay, productionRate
	}
	return sandboxDay, sandboxRate
}

// sentLately is how many recipients mail of the last day had, without those of the mailbox
// simulator. The lock is held.
func (r *region) sentLately(now time.Time) int {
	i := 0
	for i < len(r.sends) && !r.sends[i].After(now.Add(-24*time.Hour)) {
		i++
	}
	r.sends = slices.Delete(r.sends, 0, i)
	return len(r.sends)
}

// send sends one message and returns its id: it is kept for the test, and its events are
// published later. The lock is held.
func (m *sending) send(s *Fake, out *outgoing, to []string, tags map[string]string, data string) (string, error) {
	r := s.in(placeOf(m.call))
	if err := m.admits(s, to); err != nil {
		return "", err
	}
	now := s.now()
	day, _ := r.quota()
	counted := slices.DeleteFunc(slices.Clone(to), func(address string) bool { return domainOf(address) == simulator })
	if r.sentLately(now)+len(counted) > int(day) {
		return "", fail(m.call, "Throttling", "TooManyRequestsException", textQuota)
	}
	letter := &Mail{
		MessageID: messageID(s.world, now), Account: m.call.Account, Region: m.call.Region, Operation: m.call.Operation, Sent: now,
		Source: m.from.text, SourceARN: m.from.sourceARN(), ReturnPath: m.feedback, Recipients: to, ConfigurationSet: m.set, Template: m.named, TemplateData: data, Tags: tags,
	}
	raw, failure := out.message(s, letter)
	if failure != nil {
		s.publish(m, r, letter, out, failure)
		return letter.MessageID, nil
	}
	if most := mostBytes(m.call); len(raw) > most {
		return "", invalid(m.call, textMessageSize, most)
	}
	letter.Raw = raw
	letter.read()
	for range counted {
		r.sends = append(r.sends, now)
	}
	r.keep(letter)
	s.publish(m, r, letter, out, nil)
	return letter.MessageID, nil
}

// mostBytes is how long a message may be.
func mostBytes(call *fakeaws.Call) int {
	if isV2(call) {
		return maxMessageV2
	}
	return maxMessage
}

// sourceARN is the ARN of the identity that the address was sent as.
func (x *sender) sourceARN() string {
	if x.judged == nil {
		return ""
	}
	return x.judged.arn()
}

// messageID is an id as those of SES look.
func messageID(w *fakeaws.World, now time.Time) string {
	return fmt.Sprintf("0100%012x-%s-000000", now.UnixMilli(), w.IDs().UUID())
}

// addressList writes addresses as a header has them.
func addressList(texts []string) string { return strings.Join(texts, ", ") }

// headerAddresses are those of a header.
func headerAddresses(h mail.Header, name string) []string {
	list, err := h.AddressList(name)
	if err != nil {
		return nil
	}
	all := make([]string, len(list))
	for i, a := range list {
		all[i] = a.String()
	}
	return all
}
