package awstest

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A KMS has the KMS keys of an account in one region, for objects and queues that are
// encrypted with them: whoever writes or reads those needs permissions on the key, by the
// key's policy and its own. A World that is made with [With] and the Service of package
// fakeaws/kms has the operations of KMS too, on the same keys.
type KMS struct{ regional }

// KMS returns the account's keys in its region.
func (a *Account) KMS() *KMS { return &KMS{regional{a, a.options.region}} }

// In returns the account's keys in another region.
func (k *KMS) In(region string) *KMS { return &KMS{regional{k.account, region}} }

// CreateKey makes a symmetric key with an alias, like "alias/app", and with KMS's default
// key policy: the policies of the account's users and roles decide who may use it.
func (k *KMS) CreateKey(alias string) *Key {
	t := k.account.t
	t.Helper()
	if name, ok := strings.CutPrefix(alias, "alias/"); !ok || name == "" || strings.HasPrefix(name, "aws/") {
		t.Fatalf("awstest: alias of a KMS key %q; want a form like alias/app, and not alias/aws/…, which are AWS's own", alias)
		return nil
	}
	key, err := k.account.world.Keys().Create(k.account.ID(), k.region, nil)
	if err != nil {
		t.Fatalf("awstest: KMS key %s: %v", alias, err)
		return nil
	}
	key.SetAlias(alias)
	return &Key{k, key, alias}
}

// A Key is a KMS key.
type Key struct {
	kms   *KMS
	key   *fakeaws.Key
	alias string
}

// ARN returns the key's ARN, "arn:aws:kms:us-east-1:000000000000:key/…".
func (k *Key) ARN() string { return k.key.ARN }

// ID returns the key's id, a UUID.
func (k *Key) ID() string { return k.key.ID }

// Alias returns the alias that the key was made with.
func (k *Key) Alias() string { return k.alias }

// SetPolicy gives the key another policy. Statements without resources are for the key.
// KMS asks nothing but this policy first: where it does not admit the account, the
// policies of users and roles count for nothing, those of the root user included.
func (k *Key) SetPolicy(policy Policy) {
	a := k.kms.account
	a.t.Helper()
	doc := a.document(policy, enforce.KeyPolicy, k.alias, anyResource)
	parsed, err := enforce.Parse(doc.text, enforce.KeyPolicy, doc.source)
	if err == nil {
		err = k.key.SetPolicy(parsed)
	}
	if err != nil {
		a.t.Fatalf("awstest: policy of %s: %s", k.alias, doc.explain(err))
		return
	}
	a.placeKeyPolicy(k.key, doc)
}

// placeKeyPolicy remembers the policy of a key, for [Mutate].
func (a *Account) placeKeyPolicy(key *fakeaws.Key, d *document) {
	a.place(placement{
		document: *d, at: key.ARN,
		current: func() (string, bool) { return key.Policy().Document(), true },
		put: func(a *Account, d *document) error {
			there, err := a.world.Keys().Find(a.ID(), strings.Split(key.ARN, ":")[3], key.ID)
			if err != nil {
				return err
			}
			p, err := enforce.Parse(d.text, enforce.KeyPolicy, d.source)
			if err != nil {
				return err
			}
			return there.SetPolicy(p)
		},
	})
}
