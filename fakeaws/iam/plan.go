package iam

import (
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// plan makes the plan of a call. It checks who calls and the input, finds the target
// of the call, and asks for a permission on each of the target's resources. IAM's
// actions have the names of their operations. The plan then does its work on the
// target, if that is still there.
func plan[I, O, T any](s *Fake, call *fakeaws.Call, in I, on target[T], do func(T) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := refuseSession(call.Caller); err != nil {
		return nil, err
	}
	if err := members.Check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(call.Account)
	to, err := on(&lookup{service: s, call: call, account: a})
	if err != nil {
		return nil, err
	}
	needs := make([]fakeaws.Need, len(to.resources))
	for i := range to.resources {
		needs[i] = to.resources[i].need("iam:"+call.Operation, keys)
	}
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.finishDeletions(a)
		if to.missing != nil {
			if err := to.missing(); err != nil {
				return none, err
			}
		}
		s.begin(call)
		defer s.end()
		return do(to.value)
	}}, nil
}

// planApart is plan for work that takes long: do finds what it needs under the lock and
// returns the work, which is done without.
func planApart[I, O, T any](s *Fake, call *fakeaws.Call, in I, on target[T], do func(T) (func() (O, error), error)) (*fakeaws.Plan[O], error) {
	p, err := plan(s, call, in, on, do)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: p.Needs, Do: func() (none O, err error) {
		work, err := p.Do()
		if err != nil {
			return none, err
		}
		return work()
	}}, nil
}

// refuseSession refuses temporary credentials of a user, which may call IAM
// only when they were made with MFA, and of a federated user, which never may
// (API pages "GetSessionToken" and "GetFederationToken").
func refuseSession(c *fakeaws.Caller) error {
	// Those of GetSessionToken have no session policies; others are of AssumeRoot
	// or of a delegation.
	mayCall := c.Session == nil || c.Session.MFA || c.Session.Policies != nil
	if c.Type == enforce.AssumedRole || c.Type != enforce.FederatedUser && mayCall {
		return nil
	}
	return &fakeaws.Error{
		Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid.", Status: 403,
	}
}

// A target finds what a call acts on. The lock is held. Its error ends the call
// before it is authorized. That a resource does not exist is no such error, because
// IAM authorizes first: the target then names the resource as it would be.
type target[T any] func(*lookup) (found[T], error)

// A lookup is what targets search: the caller's account.
type lookup struct {
	service *Fake
	call    *fakeaws.Call
	account *account
}

// found is the answer of a target.
type found[T any] struct {
	// resources are what the call is authorized on, most often one.
	resources []resource
	// value is what the call acts on.
	value T
	// missing returns IAM's error when value was not found, or has been deleted or
	// renamed since. It is nil for what cannot be missing.
	missing func() error
}

// tagged adds the permission that creating a resource with tags needs.
func (t target[T]) tagged(action string, tags []types.Tag) target[T] {
	if len(tags) == 0 {
		return t
	}
	return func(l *lookup) (found[T], error) {
		f, err := t(l)
		if err != nil {
			return f, err
		}
		again := f.resources[0]
		again.action, again.keys = action, []contextKey{requestTags(tags)}
		f.resources = append(f.resources, again)
		return f, nil
	}
}

// A resource is what an action is evaluated on: an ARN with the real path where
// the resource exists, and with path "/" where it does not.
type resource struct {
	arn string
	// name is how IAM prints the resource in a denial; empty is the ARN.
	name string
	// action is a further one that the call needs; empty is the operation's own.
	action   string
	tags     *tagSet
	boundary *policy
	// policy is the resource's own.
	policy *enforce.Policy
	// keys set condition keys that the resource alone decides.
	keys []contextKey
}

// need is the permission on a resource. The keys of the call are those of the
// operation's own action.
func (r *resource) need(action string, keys []contextKey) fakeaws.Need {
	if r.action != "" {
		action, keys = r.action, nil
	}
	n := fakeaws.Need{Action: action, Resource: r.arn, Name: r.name, Policy: r.policy}
	if r.tags != nil {
		r.tags.each(func(key, value string) {
			n.Context.Set("aws:ResourceTag/"+key, value)
			n.Context.Set("iam:ResourceTag/"+key, value)
		})
	}
	for _, set := range r.keys {
		set(&n.Context, r)
	}
	for _, set := range keys {
		set(&n.Context, r)
	}
	return n
}

// A contextKey sets condition keys that an action has beyond those of its
// resource's tags. The input that it reads is valid by then.
type contextKey func(*enforce.Context, *resource)

func requestTags(tags []types.Tag) contextKey {
	return func(c *enforce.Context, _ *resource) {
		fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return *t.Key, *t.Value })
	}
}

func requestTagKeys(keys []string) contextKey {
	return func(c *enforce.Context, _ *resource) { fakeaws.SetTagKeys(c, keys) }
}

// optionalKey sets a key to a member of the request, if it has the member.
func optionalKey(key string, value *string) contextKey {
	return func(c *enforce.Context, _ *resource) {
		if value != nil {
			c.Set(key, *value)
		}
	}
}

func policyARN(arn *string) contextKey { return optionalKey("iam:PolicyARN", arn) }

func requestBoundary(arn *string) contextKey { return optionalKey("iam:PermissionsBoundary", arn) }

func currentBoundary(c *enforce.Context, r *resource) {
	if r.boundary != nil {
		c.Set("iam:PermissionsBoundary", r.boundary.arn)
	}
}
