package sns

import "github.com/leastpriv/leastpriv/fakeaws"

// confirm has a token sent to an endpoint that must confirm; what is for queues waits in
// turn with the messages, so that the order stays. The lock of SNS is held.
func (b *outbox) confirm(sub *subscription) {
	if sub.protocol == protocolSQS {
		b.add(confirmationOf(sub))
	}
}

// askForConfirmation sends the token to an endpoint that is no queue. Mail has none: Go code reads the token
// with [Subscriptions].
func (s *Fake) askForConfirmation(call *fakeaws.Call, sub *subscription) {
	s.mu.Lock()
	d := confirmationOf(sub)
	s.mu.Unlock()
	switch d.protocol {
	case protocolHTTP, protocolHTTPS:
		s.finish(call, d, s.post(call, d))
	}
}

// confirmationOf is the delivery of the token of a subscription. The lock is held.
func confirmationOf(sub *subscription) *delivery {
	s := sub.topic
	p := &publication{Message: &Message{ID: sub.arn[len(s.arn)+1:], TopicARN: s.arn, Published: sub.created}, version: "1"}
	if v := s.values[attrSignature]; v != "" {
		p.version = v
	}
	d := &delivery{
		publication: p, topic: s.arn, account: s.id.account, region: s.id.region, subscription: sub.arn,
		protocol: sub.protocol, endpoint: sub.endpoint, confirmation: sub.token,
	}
	if s.fifo {
		d.groupID, d.deduplication = "confirmation", p.ID // unverified
	}
	return d
}
