package sns

import (
	"crypto/subtle"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) confirmationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.confirmSubscription),
		fakeaws.Bind(s.unsubscribe),
	}
}

// tokenSize is how many hexadecimal digits a token of a confirmation has.
const tokenSize = 256

// ofEverybody is what lets callers without a signature, and those of other accounts, confirm
// a subscription with its token, and end one that is not locked: who knows the token or the
// ARN may.
var ofEverybody = func() *enforce.Policy {
	p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[{"Sid":"KnowsTheSubscription","Effect":"Allow","Principal":"*",`+
		`"Action":["sns:ConfirmSubscription","sns:Unsubscribe"],"Resource":"*"}]}`, enforce.ResourcePolicy, enforce.Source{Implied: true})
	if err != nil {
		panic("sns: " + err.Error()) // the document is the one above
	}
	return p
}()

// confirmSubscription confirms a subscription by its token. "This call requires an AWS
// signature only when the AuthenticateOnUnsubscribe flag is set to true." A signed call
// takes the permission too, in the caller's account.
func (s *Fake) confirmSubscription(call *fakeaws.Call, in *awssns.ConfirmSubscriptionInput) (*fakeaws.Plan[*awssns.ConfirmSubscriptionOutput], error) {
	if in.Token == nil {
		return nil, required("Token")
	}
	id, err := topicAt(call, "TopicArn", in.TopicArn)
	if err != nil {
		return nil, err
	}
	lock := isTrue(aws.ToString(in.AuthenticateOnUnsubscribe))
	if lock && call.Anonymous() {
		return nil, authorizationError(textNoAccount)
	}
	t, need := s.lookUp(call, "sns:ConfirmSubscription", id, ownerOnly)
	if call.Account != id.account {
		need.Policy = ofEverybody
	}
	return &fakeaws.Plan[*awssns.ConfirmSubscriptionOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssns.ConfirmSubscriptionOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.exists(); err != nil {
			return nil, err
		}
		s.forgetPending(t)
		sub := t.withToken(*in.Token)
		if sub == nil {
			return nil, invalidParameter(textToken)
		}
		if sub.pending {
			sub.pending, sub.authenticated, sub.locked = false, !call.Anonymous(), lock
		}
		return &awssns.ConfirmSubscriptionOutput{SubscriptionArn: aws.String(sub.arn)}, nil
	}}, nil
}

// withToken finds the subscription that has a token. It keeps it when it is confirmed: to
// confirm twice is fine.
func (t *topic) withToken(token string) *subscription {
	for _, sub := range t.subs {
		if sub.token != "" && subtle.ConstantTimeCompare([]byte(sub.token), []byte(token)) == 1 {
			return sub
		}
	}
	return nil
}

// unsubscribe ends a subscription. One that does not exist is fine. A call without a
// signature, as of a browser that opens the UnsubscribeURL, ends every confirmed
// subscription that is not locked.
func (s *Fake) unsubscribe(call *fakeaws.Call, in *awssns.UnsubscribeInput) (*fakeaws.Plan[*awssns.UnsubscribeOutput], error) {
	id, err := subscriptionAt(call, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.subscriptions[*in.SubscriptionArn]
	need := s.subscriptionNeed(call, "sns:Unsubscribe", id, sub)
	if call.Anonymous() && (sub == nil || !sub.locked) {
		need.Policy = ofEverybody
	}
	return &fakeaws.Plan[*awssns.UnsubscribeOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssns.UnsubscribeOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.exists(sub) != nil {
			return &awssns.UnsubscribeOutput{}, nil
		}
		if sub.pending {
			return nil, invalidParameter("SubscriptionArn Reason: This subscription must be confirmed first") // unverified
		}
		if !call.Anonymous() && call.Account != sub.owner && call.Account != sub.topic.id.account {
			return nil, authorizationError(textNotYours)
		}
		s.end(sub)
		return &awssns.UnsubscribeOutput{}, nil
	}}, nil
}
