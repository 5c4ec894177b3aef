// Package kms is a fake of AWS Key Management Service: keys with policies, aliases and
// grants, and real cryptography of the standard library. Its keys are those that the other
// services of the World encrypt with.
package kms

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// A Fake is KMS. It keeps nothing of its own: its keys are those of the World.
type Fake struct{ world *fakeaws.World }

var _ fakeaws.Stateful = (*Fake)(nil)

// Service is AWS KMS, for a World to be made of.
var Service = fakeaws.Service{Name: "kms", New: func(w *fakeaws.World) fakeaws.Fake { return &Fake{w} }}

// State implements [fakeaws.Stateful].
func (s *Fake) State() *fakeaws.Mutex { return nil }

// Ops returns the operations of KMS. Those of custom key stores, and of keys for
// post-quantum cryptography, are not implemented.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(
		s.keyOps(), s.listOps(), s.policyOps(), s.deletionOps(), s.tagOps(), s.aliasOps(), s.grantOps(), s.rotationOps(),
		s.importOps(), s.replicaOps(), s.encryptOps(), s.dataKeyOps(), s.signOps(), s.macOps(), s.agreementOps(),
	)
}

// members has the constraints of KMS's service model.
var members = constraint.NewModel("kms", constraint.Wording{Error: invalid})

// check refuses an input that the service model does not admit.
func check(in any) error {
	if err := members.Check(in); err != nil {
		return err
	}
	for _, context := range contexts(in) {
		size := 0
		for name, value := range context {
			size += len(name) + len(value)
		}
		if size > maxContext {
			return invalid(textContextSize)
		}
	}
	return nil
}

// maxContext is how many bytes the keys and values of an encryption context have at most:
// unverified.
const maxContext = 8192

// contexts are the encryption contexts of an input.
func contexts(in any) []map[string]string {
	switch in := in.(type) {
	case *awskms.EncryptInput:
		return []map[string]string{in.EncryptionContext}
	case *awskms.DecryptInput:
		return []map[string]string{in.EncryptionContext}
	case *awskms.ReEncryptInput:
		return []map[string]string{in.SourceEncryptionContext, in.DestinationEncryptionContext}
	case *awskms.GenerateDataKeyInput:
		return []map[string]string{in.EncryptionContext}
	case *awskms.GenerateDataKeyWithoutPlaintextInput:
		return []map[string]string{in.EncryptionContext}
	case *awskms.GenerateDataKeyPairInput:
		return []map[string]string{in.EncryptionContext}
	case *awskms.GenerateDataKeyPairWithoutPlaintextInput:
		return []map[string]string{in.EncryptionContext}
	}
	return nil
}

func bind[I any, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		if err := check(in); err != nil {
			return nil, err
		}
		return plan(call, in)
	})
}

// Denied implements [fakeaws.Fake]. Callers of other accounts do not learn whether there
// is a key.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if need.ResourceAccount != call.Account && d.Layer == enforce.ResourceLayer {
		return accessDenied("User: " + call.Caller.ARN + " is not authorized to perform: " + need.Action + " on resource: " + need.Resource + textForeign)
	}
	return accessDenied(d.Message(need.Style("kms")))
}

// Guard implements [fakeaws.Guardian]. What is asked of keys is the World's to answer.
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	parsed, _ := arn.Parse(resource)
	account := parsed.AccountID
	if account == "" {
		account = call.Account
	}
	return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: account}, nil
}

func (s *Fake) now() time.Time { return s.world.Clock().Now() }

func (s *Fake) keys() *fakeaws.Keys { return s.world.Keys() }

// A use is what an operation does with a key: how a request names it, and what it takes.
type use struct {
	id     *string
	action string
	// noAlias says that only key ids and key ARNs name the key.
	noAlias bool
	// context is the encryption context, that of the constraints of a new grant too, and
	// algorithm the one to encrypt with.
	context   map[string]string
	algorithm string
	// set adds condition keys of the request.
	set func(*enforce.Context)
	// admits chooses the grants that may allow it; nil is all.
	admits func(*fakeaws.KeyGrant) bool
}

// A found is the key of a use.
type found struct {
	*fakeaws.Key       // nil when there is none
	missing      error // why
	need         fakeaws.Need
}

// find finds the key of a use, and makes the permission on it. One that does not exist is
// judged as one with the default key policy, so that only who may use it learns that it is
// missing: unverified. In another account nobody learns it.
func (s *Fake) find(call *fakeaws.Call, u *use) found {
	id := aws.ToString(u.id)
	alias := strings.HasPrefix(id, "alias/") || strings.Contains(id, ":alias/")
	if alias && u.noAlias {
		return s.none(call, u, notFound("Invalid keyId '"+id+"'"))
	}
	key, err := s.keys().Find(call.Account, call.Region, id)
	if err != nil {
		return s.none(call, u, notFound(err.Error()))
	}
	need := key.Direct(call, u.action)
	if alias {
		need.Context.Set("kms:RequestAlias", id[strings.Index(id, "alias/"):])
	}
	if u.algorithm != "" {
		need.Context.Set("kms:EncryptionAlgorithm", u.algorithm)
	}
	if len(u.context) > 0 {
		need.SetEncryptionContext(u.context)
	}
	if u.set != nil {
		u.set(&need.Context)
	}
	key.Grant(call, &need, u.context, u.admits)
	return found{key, nil, need}
}

// noPolicy is the policy of a key that admits nobody.
var noPolicy = enforce.Empty(enforce.KeyPolicy)

func (s *Fake) none(call *fakeaws.Call, u *use, err error) found {
	id := aws.ToString(u.id)
	account, resource := call.Account, "key/"+id
	if parsed, wrong := arn.Parse(id); wrong == nil {
		account, resource = parsed.AccountID, parsed.Resource
	} else if strings.HasPrefix(id, "alias/") {
		resource = id
	}
	need := fakeaws.Need{
		Action: u.action, Resource: fakeaws.ARN("kms", call.Region, account, resource), ResourceAccount: account,
		Policy: noPolicy,
	}
	if account == call.Account {
		need.Policy = fakeaws.DefaultKeyPolicy(account)
	}
	return found{nil, err, need}
}

// planOn plans an operation on one key. The function do performs it without a lock.
func planOn[O any](f found, do func() (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{f.need}, Do: func() (none O, _ error) {
		if f.missing != nil {
			return none, f.missing
		}
		return do()
	}}
}

// onKey plans an operation that looks at a key or changes it. The function do performs it
// under the lock, on the key that was judged: one that was deleted meanwhile does not exist.
// An AWS managed key can be looked at and not be changed.
func onKey[O any](s *Fake, call *fakeaws.Call, u *use, row states, do func(*fakeaws.Key, time.Time) (O, error)) (*fakeaws.Plan[O], error) { //nolint:unparam // plans have an error
	f := s.find(call, u)
	return planOn(f, func() (none O, _ error) {
		now := s.now()
		s.keys().Lock()
		defer s.keys().Unlock()
		if err := s.still(f.Key, now); err != nil {
			return none, err
		}
		if err := row.admit(f.Key); err != nil {
			return none, err
		}
		return do(f.Key, now)
	}), nil
}

// still returns the error of a key that is there no more. The lock is held.
func (s *Fake) still(key *fakeaws.Key, now time.Time) error {
	if s.keys().Get(key.ARN, now) != key {
		return notFound("Key '" + key.ARN + "' does not exist")
	}
	return nil
}

// account is the permission of an operation that is about no key.
func account(call *fakeaws.Call, action string) fakeaws.Need {
	return fakeaws.Need{Action: action, Resource: "*", ResourceAccount: call.Account}
}

// dryRun ends a call that only asks whether it would succeed.
func dryRun(asked *bool) error {
	if aws.ToBool(asked) {
		return dryRunOperation()
	}
	return nil
}
