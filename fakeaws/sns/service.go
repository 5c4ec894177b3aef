// Package sns is a fake of Amazon SNS: topics with their policies, subscriptions, and
// deliveries that are judged as the service's own calls.
package sns

import (
	"slices"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/constraint"
	"github.com/leastpriv/leastpriv/internal/sigv4"
)

// A Fake has the topics of all accounts and regions of a World, with their subscriptions,
// and what mobile push and SMS keep.
type Fake struct {
	world *fakeaws.World

	mu            fakeaws.Mutex // guards everything below, and all topics and subscriptions
	topics        map[topicID]*topic
	subscriptions map[string]*subscription // by ARN
	applications  map[string]*application  // by ARN
	phones        map[place]*phones
	receivers     []receiver
	outbox        outbox
}

// A place is an account in a region.
type place struct{ account, region string }

// serviceName is the principal as which SNS calls other services.
const serviceName = "sns.amazonaws.com"

// Service is Amazon SNS, for a World to be made of. It takes unsigned requests, of which
// only those that confirm and end subscriptions are no error: see signed.
var Service = fakeaws.Service{
	Name: "sns", Anonymous: true, Faults: faults, Wire: ownWire,
	New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
}

// Of returns the Amazon SNS of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("sns").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:         w,
		topics:        make(map[topicID]*topic),
		subscriptions: make(map[string]*subscription),
		applications:  make(map[string]*application),
		phones:        make(map[place]*phones),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.topicOps(), s.attributeOps(), s.permissionOps(), s.tagOps(), s.protectionOps(),
		s.subscriptionOps(), s.confirmationOps(), s.publishOps(), s.applicationOps(), s.endpointOps(), s.phoneOps(), s.sandboxOps())
}

// signed makes the row of an operation that needs a signature, as all do but
// ConfirmSubscription and Unsubscribe. That a topic policy for everybody does not let
// unsigned requests in is unverified.
func signed[I, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		if call.Anonymous() {
			return nil, sigv4.NoSignature()
		}
		return plan(call, in)
	})
}

// noPolicy stands for the policy of a topic that has none which counts for an action.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// A sharing says whether a topic's policy can grant an action to other accounts.
type sharing bool

// A topic's policy grants the actions of the developer guide's "Valid Amazon SNS policy
// actions", and no other.
const (
	ownerOnly sharing = false
	shareable sharing = true
)

// A topicID names a topic: SNS knows topics by account, region and name.
type topicID struct{ account, region, name string }

func (id topicID) arn() string { return fakeaws.ARN("sns", id.region, id.account, id.name) }

// parseTopicARN reads the ARN of a topic.
func parseTopicARN(text string) (topicID, bool) {
	a, err := awsarn.Parse(text)
	if err != nil || a.Partition != "aws" || a.Service != "sns" || a.Region == "" || !awsid.IsAccount(a.AccountID) || !isTopicName(a.Resource) {
		return topicID{}, false
	}
	return topicID{a.AccountID, a.Region, a.Resource}, true
}

// topicAt reads the ARN of the topic of a call, which must be in the region of the call.
func topicAt(call *fakeaws.Call, parameter string, arn *string) (topicID, error) {
	if arn == nil {
		return topicID{}, required(parameter)
	}
	id, ok := parseTopicARN(*arn)
	if !ok || id.region != call.Region {
		return topicID{}, invalidParameter(parameter)
	}
	return id, nil
}

// required is the error of a call that lacks a member, named as the model has it but for
// the first letter, which SNS's front end writes small.
func required(parameter string) error {
	return constraint.Error("1 validation error detected: Value null at '" + lowerFirst(parameter) + "' failed to satisfy constraint: Member must not be null")
}

func lowerFirst(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]+'a'-'A') + s[1:]
}

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// lookUp finds a topic, nil when there is none, and makes the permission on it. A topic
// that does not exist is judged like one without a policy, so that only who may see it
// learns that it is missing.
func (s *Fake) lookUp(call *fakeaws.Call, action string, id topicID, may sharing) (*topic, fakeaws.Need) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topics[id], s.need(call, action, id, may)
}

// need is one permission on a topic. The lock is held.
func (s *Fake) need(call *fakeaws.Call, action string, id topicID, may sharing) fakeaws.Need {
	need := fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}
	t := s.topics[id]
	if t == nil {
		return need
	}
	if may == shareable || call.Account == id.account {
		need.Policy = t.policy.Policy()
	}
	for key, value := range t.tags {
		need.Context.Set("aws:ResourceTag/"+key, value)
	}
	return need
}

// onTopic plans an operation on one topic, with one permission. The function do performs it
// under the lock on the topic that was judged: one that was deleted meanwhile does not
// exist, also if there is another of its name.
func onTopic[O any](s *Fake, call *fakeaws.Call, parameter string, arn *string, action string, may sharing, do func(*topic) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	id, err := topicAt(call, parameter, arn)
	if err != nil {
		return nil, err
	}
	t, need := s.lookUp(call, action, id, may)
	for _, set := range keys {
		set(&need.Context)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.exists(); err != nil {
			return none, err
		}
		return do(t)
	}}, nil
}

// onAccount plans an operation that is about no topic. SNS judges it on the ARN of all
// topics of the account, as its denials show ("on resource:
// arn:aws:sns:us-east-1:111122223333:*").
func onAccount[O any](s *Fake, call *fakeaws.Call, action string, do func() (O, error)) (*fakeaws.Plan[O], error) {
	if call.Account == "" {
		return nil, authorizationError(textNoAccount)
	}
	need := fakeaws.Need{Action: action, Resource: fakeaws.ARN("sns", call.Region, call.Account, "*"), ResourceAccount: call.Account}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}, nil
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if need.OfKMS() {
		return kmsDenied(call, d.Message(need.Style("kms")))
	}
	return authorizationError(d.Message(need.Style("sns")))
}
