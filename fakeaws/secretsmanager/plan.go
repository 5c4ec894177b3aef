package secretsmanager

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An admission says which secrets an operation takes besides primary ones in use.
type admission uint8

const (
	// deletedToo: also those that are marked for deletion. The operations whose errors in
	// the service model have no InvalidRequestException take these.
	deletedToo admission = 1 << iota
	// replicasToo: also replicas, which only their primary changes.
	replicasToo
)

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// setString is a key with the value of a member that was sent.
func setString(key string, value *string) contextKey {
	return func(c *enforce.Context) {
		if value != nil {
			c.Set(key, *value)
		}
	}
}

// setBool is a key with the value of a member that was sent.
func setBool(key string, value *bool) contextKey {
	return func(c *enforce.Context) {
		if value != nil {
			c.SetBool(key, *value)
		}
	}
}

// A target is the secret that a call is about, and its permission on it.
type target struct {
	*secret // nil where there is none
	ref     reference
	need    fakeaws.Need
}

// target checks the input of a call and finds its secret. A secret that does not exist is
// judged like one without a policy, so that only who may see it learns that it is missing.
// A denial prints the SecretId as it was sent.
func (s *Fake) target(call *fakeaws.Call, in any, id *string, action string) (*target, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, aws.ToString(id))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.targetOf(call, ref, action), nil
}

// targetOf is target of a reference. The lock is held.
func (s *Fake) targetOf(call *fakeaws.Call, ref reference, action string) *target {
	t := &target{secret: s.find(call, &ref), ref: ref}
	if t.secret != nil {
		t.need = t.secret.need(action)
	} else {
		t.need = fakeaws.Need{Action: action, Resource: ref.resource(), ResourceAccount: ref.id.account, Policy: noPolicy}
	}
	t.need.Name = ref.text
	// The reference has the key as an ARN: a name stands for the secret's. That AWS does not
	// compare the text of the request is unverified.
	t.need.Context.Set("secretsmanager:SecretId", t.need.Resource)
	return t
}

// onSecret plans an operation on one secret, which takes one permission on it. The function
// do performs it under the lock on the secret that was judged.
func onSecret[O any](s *Fake, call *fakeaws.Call, in any, id *string, admits admission, do func(*secret) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, in, id, "secretsmanager:"+call.Operation)
	if err != nil {
		return nil, err
	}
	for _, set := range keys {
		set(&t.need.Context)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{t.need}, Do: doOn(s, t.secret, admits, do)}, nil
}

// doOn performs an operation on the secret that was judged, under the lock.
func doOn[O any](s *Fake, x *secret, admits admission, do func(*secret) (O, error)) func() (O, error) {
	return func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.usable(x, admits); err != nil {
			return none, err
		}
		return do(x)
	}
}

// usable returns the error of a secret that is missing, was removed since it was found, or
// that the operation does not take. The lock is held.
func (s *Fake) usable(x *secret, admits admission) error {
	switch {
	case x == nil || x.gone:
		return noSecret()
	case x.expired(s.now()):
		s.remove(x)
		return noSecret()
	case !x.deleted.IsZero() && admits&deletedToo == 0:
		return invalidRequest(textDeleted)
	case x.primary != nil && admits&replicasToo == 0:
		return invalidParameter(textReplica)
	}
	return nil
}

// planFor is the plan of a target with further permissions.
func planFor[O any](s *Fake, t *target, admits admission, more []fakeaws.Need, do func(*secret) (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: append([]fakeaws.Need{t.need}, more...), Do: doOn(s, t.secret, admits, do)}
}

// tokenFor is the ClientRequestToken of a call. The SDKs make one where the program gives
// none, and so does this for Go code, which calls without an SDK.
func (s *Fake) tokenFor(call *fakeaws.Call, given *string) *string {
	if given != nil || call.Host() != "" {
		return given
	}
	token := s.world.IDs().UUID()
	return &token
}
