package sns

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) subscriptionOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.subscribe),
		signed(s.getSubscriptionAttributes),
		signed(s.setSubscriptionAttributes),
		signed(s.listSubscriptions),
		signed(s.listSubscriptionsByTopic),
	}
}

// onSubscription plans an operation on one subscription, which SNS judges by its topic
// (Service Authorization Reference names no resource: that it is the topic is unverified).
// Its owner and the topic's may perform it, no other account.
func onSubscription[O any](s *Fake, call *fakeaws.Call, arn *string, action string, do func(*subscription) (O, error)) (*fakeaws.Plan[O], error) {
	id, err := subscriptionAt(call, arn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.subscriptions[*arn]
	need := s.subscriptionNeed(call, action, id, sub)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.exists(sub); err != nil {
			return none, err
		}
		if call.Account != sub.owner && call.Account != sub.topic.id.account {
			return none, authorizationError(textNotYours)
		}
		return do(sub)
	}}, nil
}

// subscriptionAt reads the ARN of a subscription: that of its topic, and an id.
func subscriptionAt(call *fakeaws.Call, arn *string) (topicID, error) {
	if arn == nil {
		return topicID{}, required("SubscriptionArn")
	}
	i := strings.LastIndexByte(*arn, ':')
	id, ok := parseTopicARN((*arn)[:max(i, 0)])
	if !ok || id.region != call.Region {
		return topicID{}, invalidParameter("SubscriptionArn Reason: An ARN must have at least 6 elements, not " + countElements(*arn))
	}
	return id, nil
}

func countElements(arn string) string {
	n := strings.Count(arn, ":") + 1
	if n > 9 {
		n = 9
	}
	return string(rune('0' + n))
}

// subscriptionNeed is one permission on a subscription. One that its caller owns is a thing
// of the caller's account, also of another account's topic. The lock is held.
func (s *Fake) subscriptionNeed(call *fakeaws.Call, action string, id topicID, sub *subscription) fakeaws.Need {
	need := s.need(call, action, id, ownerOnly)
	if sub != nil && sub.owner == call.Account {
		need.ResourceAccount, need.Policy = call.Account, noPolicy
	}
	return need
}

// exists returns the error of a subscription that was not found, or was deleted since. The
// lock is held.
func (s *Fake) exists(sub *subscription) error {
	if sub != nil {
		s.forgetPending(sub.topic)
	}
	if sub == nil || sub.deleted {
		return notFound(textNoSubscription)
	}
	return nil
}

// subscribe subscribes an endpoint to a topic. What must be confirmed is sent a token.
func (s *Fake) subscribe(call *fakeaws.Call, in *awssns.SubscribeInput) (*fakeaws.Plan[*awssns.SubscribeOutput], error) {
	if in.Protocol == nil {
		return nil, required("Protocol")
	}
	id, err := topicAt(call, "TopicArn", in.TopicArn)
	if err != nil {
		return nil, err
	}
	if len(aws.ToString(in.Endpoint)) > maxEndpoint {
		return nil, invalidParameter(textEndpointLong)
	}
	t, need := s.lookUp(call, "sns:Subscribe", id, shareable)
	subscribeKeys(in)(&need.Context)
	return &fakeaws.Plan[*awssns.SubscribeOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssns.SubscribeOutput, error) {
		sub, waits, err := s.subscribed(call, t, in)
		if err != nil {
			return nil, err
		}
		if !waits {
			return &awssns.SubscribeOutput{SubscriptionArn: aws.String(sub.arn)}, nil
		}
		s.deliver(call)
		s.askForConfirmation(call, sub)
		if in.ReturnSubscriptionArn {
			return &awssns.SubscribeOutput{SubscriptionArn: aws.String(sub.arn)}, nil
		}
		return &awssns.SubscribeOutput{SubscriptionArn: aws.String("pending confirmation")}, nil
	}}, nil
}

// subscribeKeys are the condition keys of Subscribe.
func subscribeKeys(in *awssns.SubscribeInput) contextKey {
	return func(c *enforce.Context) {
		c.Set("sns:Protocol", *in.Protocol)
		if in.Endpoint != nil {
			c.Set("sns:Endpoint", *in.Endpoint)
		}
	}
}

// subscribed makes the subscription, or finds that there is one; waits says that it is not
// confirmed.
func (s *Fake) subscribed(call *fakeaws.Call, t *topic, in *awssns.SubscribeInput) (sub *subscription, waits bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := t.exists(); err != nil {
		return nil, false, err
	}
	s.forgetPending(t)
	protocol, endpoint := *in.Protocol, aws.ToString(in.Endpoint)
	if err := s.checkSubscribe(t, protocol, endpoint); err != nil {
		return nil, false, err
	}
	found := t.find(protocol, endpoint)
	sub = &subscription{
		arn: t.arn + ":" + s.world.IDs().UUID(), topic: t, owner: call.Account, protocol: protocol, endpoint: endpoint,
		created: s.now(), pending: mustConfirm(protocol, endpoint, call.Account),
	}
	if found != nil {
		sub.owner, sub.pending = found.owner, found.pending
	}
	if sub.subscriptionSettings, err = changeSubscription(sub, in.Attributes); err != nil {
		return nil, false, err
	}
	if found != nil {
		if len(in.Attributes) > 0 && !maps.Equal(found.values, sub.values) {
			return nil, false, invalidParameter(textSubscribedOther)
		}
		return found, s.subscribedAgain(call, found, protocol, endpoint), nil
	}
	most := maxSubscriptions
	if t.fifo {
		most = maxFIFOSubscriptions
	}
	if len(t.subs) >= most {
		return nil, false, &types.SubscriptionLimitExceededException{Message: aws.String("Subscription limit exceeded: " + textSubscribed)}
	}
	if err := s.checkFilters(sub, &sub.subscriptionSettings); err != nil {
		return nil, false, err
	}
	if sub.pending {
		sub.token = s.world.IDs().Hex(tokenSize)
		s.outbox.confirm(sub)
	} else {
		sub.authenticated = true
	}
	t.subs = append(t.subs, sub)
	s.subscriptions[sub.arn] = sub
	return sub, sub.pending, nil
}

// subscribedAgain confirms a pending subscription of the owner of its endpoint, or has the
// token sent anew, and reports whether the subscription still waits.
func (s *Fake) subscribedAgain(call *fakeaws.Call, sub *subscription, protocol, endpoint string) bool {
	if sub.pending && !mustConfirm(protocol, endpoint, call.Account) {
		sub.pending, sub.owner, sub.authenticated, sub.token = false, call.Account, true, ""
	}
	if sub.pending {
		s.outbox.confirm(sub)
	}
	return sub.pending
}

// checkSubscribe checks the endpoint by its protocol and by the kind of topic.
func (s *Fake) checkSubscribe(t *topic, protocol, endpoint string) error {
	if err := checkEndpoint(protocol, endpoint); err != nil {
		return err
	}
	switch {
	case t.fifo && protocol != protocolSQS:
		return invalidParameter(textFIFOProtocol)
	case !t.fifo && protocol == protocolSQS && strings.HasSuffix(endpoint, fifoSuffix):
		return invalidParameter(textFIFOQueue)
	case protocol == protocolApplication && s.endpointAt(endpoint) == nil:
		return invalidParameter("Endpoint Reason: Endpoint does not exist for endpoint " + endpoint)
	}
	return nil
}

// listSubscriptions lists the subscriptions of the caller's account in the call's region.
func (s *Fake) listSubscriptions(call *fakeaws.Call, in *awssns.ListSubscriptionsInput) (*fakeaws.Plan[*awssns.ListSubscriptionsOutput], error) {
	return onAccount(s, call, "sns:ListSubscriptions", func() (*awssns.ListSubscriptionsOutput, error) {
		var arns []string
		for arn, sub := range s.subscriptions {
			if sub.owner == call.Account && sub.topic.id.region == call.Region {
				arns = append(arns, arn)
			}
		}
		p, err := listed(arns, in.NextToken, pageSize, s.showSubscription)
		if err != nil {
			return nil, err
		}
		return &awssns.ListSubscriptionsOutput{Subscriptions: p.Items, NextToken: p.Next}, nil
	})
}

// listSubscriptionsByTopic lists the subscriptions of a topic.
func (s *Fake) listSubscriptionsByTopic(call *fakeaws.Call, in *awssns.ListSubscriptionsByTopicInput) (*fakeaws.Plan[*awssns.ListSubscriptionsByTopicOutput], error) {
	return onTopic(s, call, "TopicArn", in.TopicArn, "sns:ListSubscriptionsByTopic", shareable, func(t *topic) (*awssns.ListSubscriptionsByTopicOutput, error) {
		s.forgetPending(t)
		arns := make([]string, 0, len(t.subs))
		for _, sub := range t.subs {
			arns = append(arns, sub.arn)
		}
		p, err := listed(arns, in.NextToken, pageSize, s.showSubscription)
		if err != nil {
			return nil, err
		}
		return &awssns.ListSubscriptionsByTopicOutput{Subscriptions: p.Items, NextToken: p.Next}, nil
	})
}

// showSubscription is a subscription as lists have it. The ARN of one that is not confirmed
// they do not tell.
func (s *Fake) showSubscription(arn string) types.Subscription {
	sub := s.subscriptions[arn]
	if sub.pending {
		arn = "PendingConfirmation"
	}
	return types.Subscription{
		SubscriptionArn: &arn, TopicArn: aws.String(sub.topic.arn), Owner: aws.String(sub.owner),
		Protocol: aws.String(sub.protocol), Endpoint: aws.String(sub.endpoint),
	}
}
