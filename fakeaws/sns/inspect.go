package sns

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
)

// An Outcome is what became of a delivery.
type Outcome string

// The outcomes of deliveries.
const (
	Delivered    Outcome = "delivered"
	DeadLettered Outcome = "dead-lettered" // it failed, and is in the dead-letter queue
	Dropped      Outcome = "dropped"
)

// A Delivery is one message on its way to one subscription.
type Delivery struct {
	SubscriptionARN, Protocol, Endpoint string
	// Outcome is empty while the delivery is under way; Reason says why it failed.
	Outcome Outcome
	Reason  string
	// Mail is the body of the mail that an address was sent: see [Mails].
	Mail string
}

// A Message is one that was published, as Go code sees it.
type Message struct {
	ID, TopicARN, Subject, Message string
	// PhoneNumber or TargetARN is where a message went that was published to no topic.
	PhoneNumber, TargetARN                   string
	GroupID, DeduplicationID, SequenceNumber string
	Attributes                               map[string]types.MessageAttributeValue
	Published                                time.Time
	// Deliveries are those to the subscriptions whose filter policies the message passed.
	Deliveries []Delivery

	deliveries []*Delivery
}

// maxPublished is how many messages of a topic are kept for Go code to look at.
const maxPublished = 1000

// keep remembers a message that was published. The lock is held.
func (t *topic) keep(m *Message) { t.published = recent.Add(t.published, m, maxPublished) }

// shown are the latest messages of a list, with what became of them.
func shown(list []*Message) []Message {
	list = recent.Of(list, maxPublished)
	all := make([]Message, len(list))
	for i, m := range list {
		all[i] = *m
		all[i].deliveries = nil
		for _, d := range m.deliveries {
			all[i].Deliveries = append(all[i].Deliveries, *d)
		}
	}
	return all
}

// Topics returns the names of the topics of an account in a region, in order.
func Topics(w *fakeaws.World, account, region string) []string {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for id := range s.topics {
		if id.account == account && id.region == region {
			names = append(names, id.name)
		}
	}
	slices.Sort(names)
	return names
}

// Published returns the latest thousand messages of a topic, by its ARN, the first first;
// nil when there is no topic.
func Published(w *fakeaws.World, topicARN string) []Message {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := parseTopicARN(topicARN); ok && s.topics[id] != nil {
		return shown(s.topics[id].published)
	}
	return nil
}

// PublishedDirectly returns the latest thousand messages that an account published in a
// region to phones and to endpoints of mobile push.
func PublishedDirectly(w *fakeaws.World, account, region string) []Message {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.phones[place{account, region}]; p != nil {
		return shown(p.published)
	}
	return nil
}

// A Subscription is one of a topic, as Go code sees it.
type Subscription struct {
	ARN, Owner, Protocol, Endpoint string
	Pending                        bool
	// Token confirms the subscription while it is pending: the endpoint was sent it.
	Token      string
	Attributes map[string]string
}

// Subscriptions returns the subscriptions of a topic, by its ARN, the oldest first.
func Subscriptions(w *fakeaws.World, topicARN string) []Subscription {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := parseTopicARN(topicARN)
	t := s.topics[id]
	if !ok || t == nil {
		return nil
	}
	s.forgetPending(t)
	var all []Subscription
	for _, sub := range t.subs {
		show := Subscription{ARN: sub.arn, Owner: sub.owner, Protocol: sub.protocol, Endpoint: sub.endpoint, Pending: sub.pending}
		if sub.pending {
			show.Token = sub.token
		}
		show.Attributes = make(map[string]string, len(sub.values))
		for name, value := range sub.values {
			show.Attributes[name] = value
		}
		all = append(all, show)
	}
	return all
}
