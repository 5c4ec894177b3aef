package sns

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sns/internal/filter"
)

// An outbox has the messages for queues that SNS has yet to send. They are collected with
// the lock held, in the order of publishing, and sent by the call that caused them once it
// is not: SQS is never called under the lock. So a test that has its answer finds the
// message in the queue.
type outbox struct {
	waiting []*delivery // guarded by the lock of SNS
	// handed are those for Go code, which the call that is under the lock takes: they are
	// not sent in turn, because Go code may publish itself.
	handed []*delivery
	// unsent is how many messages wait or are being sent.
	unsent atomic.Int64
	// sending is held while messages are sent, one after the other. Who waits for it finds
	// its own messages sent.
	sending sync.Mutex
}

// A delivery is one message to one subscription, as this was when it was published.
type delivery struct {
	publication *publication
	// topic and its account are on whose behalf SNS calls.
	topic, account         string
	region                 string // of the topic
	subscription           string
	protocol, endpoint     string
	raw                    bool
	redrive                string
	firehoseRole, owner    string
	confirmation           string // the token of what is no notification; "" else
	record                 *Delivery
	groupID, deduplication string
}

// A publication is a message with what is made of it for all of its subscribers. Only who
// sends uses it.
type publication struct {
	*Message
	structure map[string]string
	version   string // of the signature
	fifo      bool
	signed    map[string]string // signatures by texts: see signature
}

// add puts a message for a queue behind the others. The lock of SNS is held.
func (b *outbox) add(d *delivery) {
	b.waiting = append(b.waiting, d)
	b.unsent.Add(1)
}

// takeHanded takes what Go code is to be given. The lock of SNS is held.
func (b *outbox) takeHanded() []*delivery {
	handed := b.handed
	b.handed = nil
	return handed
}

// fanOut has a message delivered to the subscriptions whose filter policies it passes. The
// lock is held.
func (s *Fake) fanOut(t *topic, m *Message, e *entry) {
	s.forgetPending(t)
	p := &publication{Message: m, structure: e.structure, version: "1", fifo: t.fifo}
	if v := t.values[attrSignature]; v != "" {
		p.version = v
	}
	f := filtered{message: m, entry: e}
	for _, sub := range t.subs {
		if sub.pending || !f.passes(sub) {
			continue
		}
		d := s.deliveryTo(sub, p)
		d.record = &Delivery{SubscriptionARN: sub.arn, Protocol: sub.protocol, Endpoint: sub.endpoint}
		m.deliveries = append(m.deliveries, d.record)
		if sub.protocol == protocolSQS {
			s.outbox.add(d)
		} else {
			s.outbox.handed = append(s.outbox.handed, d)
		}
	}
}

// deliveryTo is the delivery of a message to a subscription as it is now.
func (s *Fake) deliveryTo(sub *subscription, p *publication) *delivery {
	return &delivery{
		publication: p, topic: sub.topic.arn, account: sub.topic.id.account, region: sub.topic.id.region, subscription: sub.arn,
		protocol: sub.protocol, endpoint: sub.endpoint, raw: sub.raw, redrive: sub.redrive,
		firehoseRole: sub.values[attrFirehoseRole], owner: sub.owner,
		groupID: p.GroupID, deduplication: p.DeduplicationID,
	}
}

// filtered is a message as filter policies look at it. What they look at is made when one
// does.
type filtered struct {
	message    *Message
	entry      *entry
	attributes filter.Message
}

// filtersBodies reports whether a subscription looks at the messages themselves. The lock is
// held.
func (t *topic) filtersBodies() bool {
	return t != nil && slices.ContainsFunc(t.subs, func(sub *subscription) bool {
		return sub.filter != nil && sub.scope != filter.Attributes
	})
}

// passes reports whether a message is for a subscription.
func (f *filtered) passes(sub *subscription) bool {
	switch {
	case sub.filter == nil:
		return true
	case sub.scope == filter.Attributes:
		if f.attributes == nil {
			f.attributes = attributesOf(f.message.Attributes)
		}
		return sub.filter.Match(f.attributes)
	}
	f.entry.parse() // it was, unless the subscription is new
	return f.entry.body != nil && sub.filter.Match(f.entry.body)
}

// attributesOf are the attributes that filter policies look at: strings, arrays of them and
// numbers; others they do not see (developer guide, "Filter policy constraints").
func attributesOf(attributes map[string]types.MessageAttributeValue) filter.Message {
	m := make(filter.Message, len(attributes))
	for name, v := range attributes {
		switch {
		case *v.DataType == typeArray:
			m[name], _ = filter.ParseArray(*v.StringValue)
		case baseType(&v) == typeString:
			m[name] = *v.StringValue
		case baseType(&v) == typeNumber:
			m[name], _ = numberOf(*v.StringValue)
		}
	}
	return m
}

// next takes the first message; nil when there is none.
func (s *Fake) next() *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &s.outbox
	if len(b.waiting) == 0 {
		b.waiting = nil
		return nil
	}
	d := b.waiting[0]
	b.waiting[0] = nil
	b.waiting = b.waiting[1:]
	return d
}

// maxUnwatched is how many messages are sent without a look whether the client is still
// there. Who goes leaves the others to the next call.
const maxUnwatched = 1000

// deliver sends what waits to be sent to queues. The lock is not held.
func (s *Fake) deliver(call *fakeaws.Call) {
	if s.outbox.unsent.Load() == 0 {
		return
	}
	s.outbox.sending.Lock()
	defer s.outbox.sending.Unlock()
	for n := 1; ; n++ {
		d := s.next()
		if d == nil {
			return
		}
		s.finish(call, d, s.sendToQueue(call, d, d.endpoint, nil))
		s.outbox.unsent.Add(-1)
		if n%maxUnwatched == 0 && call.Err() != nil {
			return
		}
	}
}

// hand delivers what is not for queues. Go code that is given a message may use the World.
func (s *Fake) hand(call *fakeaws.Call, handed []*delivery) {
	for i, d := range handed {
		if i%maxUnwatched == maxUnwatched-1 && call.Err() != nil {
			return
		}
		var err error
		switch d.protocol {
		case protocolHTTP, protocolHTTPS:
			err = s.post(call, d)
		case protocolLambda:
			err = s.invoke(call, d)
		case protocolFirehose:
			err = s.putRecord(call, d)
		case protocolEmail:
			s.keepMail(d, d.text())
		case protocolEmailJSON:
			s.keepMail(d, s.document(d))
		}
		// Mail, phones and devices are outside of every World: their messages are kept.
		s.finish(call, d, err)
	}
}

// finish notes what became of a delivery. What failed goes to the dead-letter queue if the
// subscription has one, and is dropped else. Retries, by which AWS would delay that, are
// not made: what fails for a reason that lies in a World fails again.
func (s *Fake) finish(call *fakeaws.Call, d *delivery, err error) {
	outcome, reason := Delivered, ""
	if err != nil {
		outcome, reason = Dropped, err.Error()
		call.Help("SNS could not deliver to " + d.endpoint + ": " + reason)
		if d.redrive != "" && d.confirmation == "" {
			if dead := s.sendToQueue(call, d, d.redrive, err); dead != nil {
				reason += "; and not to the dead-letter queue " + d.redrive + ": " + dead.Error()
			} else {
				outcome = DeadLettered
			}
		}
	}
	if d.record == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.record.Outcome, d.record.Reason = outcome, reason
}

// service is SNS as it calls others on behalf of the topic.
func (d *delivery) service(region string) fakeaws.ServiceCall {
	return fakeaws.ServiceCall{Principal: serviceName, SourceARN: d.topic, SourceAccount: d.account, Region: region}
}

func (d *delivery) asService(region string) fakeaws.Actor { return d.service(region).Actor() }

// text is the message for the protocol of the delivery.
func (d *delivery) text() string {
	if d.publication.structure == nil {
		return d.publication.Message.Message
	}
	if text, ok := d.publication.structure[d.protocol]; ok {
		return text
	}
	return d.publication.structure["default"]
}

// background is the context of what is done also if the client has gone: the message is
// published.
func background(call *fakeaws.Call) context.Context { return context.WithoutCancel(call.Context) }

func isFIFO(name string) bool { return strings.HasSuffix(name, fifoSuffix) }
