package fakeaws

import (
	"iter"
	"slices"
	"time"
)

// KeyAttributes are what KMS keeps of a key beside its policy, its aliases and its grants.
type KeyAttributes struct {
	// Spec, Usage, Origin and State are of AWS's enums: "SYMMETRIC_DEFAULT",
	// "ENCRYPT_DECRYPT", "AWS_KMS" and "Enabled".
	Spec, Usage, Origin, State string
	Tags                       map[string]string
	// DeleteAt is when a key that is pending deletion is deleted.
	DeleteAt time.Time
	// Window is the waiting period of its deletion.
	Window time.Duration
	// ExpiresAt is when imported key material expires; zero is never.
	ExpiresAt time.Time
	// MultiRegion has the keys that are related to a multi-Region key; nil for others.
	MultiRegion *RelatedKeys
}

// RelatedKeys are the primary key and the replicas of a multi-Region key, which all of
// them share.
type RelatedKeys struct {
	Primary  *Key
	Replicas []*Key
}

// relate adds a new multi-Region key to its related keys: the first is the primary key. The
// lock is held.
func (key *Key) relate() {
	switch related := key.MultiRegion; {
	case related == nil:
	case related.Primary == nil:
		related.Primary = key
	default:
		related.Replicas = append(related.Replicas, key)
	}
}

// The states of keys that are decided by time.
const (
	keyEnabled                = "Enabled"
	keyDisabled               = "Disabled"
	keyPendingImport          = "PendingImport"
	keyPendingDeletion        = "PendingDeletion"
	keyPendingReplicaDeletion = "PendingReplicaDeletion"
)

// keySymmetric is the spec of a symmetric key, and the name of its encryption algorithm.
const keySymmetric = "SYMMETRIC_DEFAULT"

// fill gives a key that was made without KMS what CreateKey gives without parameters.
func (a *KeyAttributes) fill() {
	if a.Spec == "" {
		a.Spec, a.Usage, a.Origin, a.State = keySymmetric, "ENCRYPT_DECRYPT", "AWS_KMS", keyEnabled
	}
}

// Lock locks all keys, for KMS to change what it keeps of them. Whoever holds the lock
// calls nothing of the World.
func (k *Keys) Lock() { k.mu.Lock() }

// Unlock ends Lock.
func (k *Keys) Unlock() { k.mu.Unlock() }

// Managed reports whether the key is an AWS service's own in the account.
func (key *Key) Managed() bool { return key.managed }

// Get returns the key of an ARN as it is at a time, or nil. The lock is held.
func (k *Keys) Get(arn string, now time.Time) *Key {
	key := k.byARN[arn]
	if key == nil {
		return nil
	}
	if related := key.MultiRegion; related != nil {
		// Replicas go first: the waiting period of a primary key begins with the last one.
		for _, replica := range slices.Clone(related.Replicas) {
			replica.settle(now)
		}
		related.Primary.settle(now)
	} else {
		key.settle(now)
	}
	return k.byARN[arn]
}

// settle does what is due to a key.
func (key *Key) settle(now time.Time) {
	if key.State == keyPendingDeletion && !now.Before(key.DeleteAt) {
		key.remove()
		return
	}
	expired := !key.ExpiresAt.IsZero() && !now.Before(key.ExpiresAt)
	if expired && (key.State == keyEnabled || key.State == keyDisabled) {
		key.State = keyPendingImport
	}
}

// remove deletes a key, with its aliases and grants.
func (key *Key) remove() {
	delete(key.keys.byARN, key.ARN)
	key.keys.counts[home{key.Account, key.Region}]--
	for _, alias := range key.aliases {
		delete(key.keys.aliases, ARN("kms", key.Region, key.Account, alias))
	}
	key.Material, key.grants, key.grantees, key.aliases = nil, nil, nil, nil
	related := key.MultiRegion
	if related == nil || related.Primary == key {
		return
	}
	related.Replicas = slices.DeleteFunc(related.Replicas, func(r *Key) bool { return r == key })
	if primary := related.Primary; len(related.Replicas) == 0 && primary.State == keyPendingReplicaDeletion {
		primary.State, primary.DeleteAt = keyPendingDeletion, key.DeleteAt.Add(primary.Window)
	}
}

// MultiRegionType is "PRIMARY" or "REPLICA" of a multi-Region key. The lock is held.
func (key *Key) MultiRegionType() string {
	if key.MultiRegion.Primary == key {
		return "PRIMARY"
	}
	return "REPLICA"
}

// Of visits the keys of an account in a region as they are at a time. The lock is held.
func (k *Keys) Of(account, region string, now time.Time) iter.Seq[*Key] {
	return func(yield func(*Key) bool) {
		for arn, key := range k.byARN {
			if key.Account != account || key.Region != region {
				continue
			}
			if key = k.Get(arn, now); key != nil && !yield(key) {
				return
			}
		}
	}
}

// A KeyAlias is an alias as KMS lists it.
type KeyAlias struct {
	Name             string
	Key              *Key
	Created, Updated time.Time
}

// Aliases visits the aliases of an account in a region. The lock is held.
func (k *Keys) Aliases(account, region string, now time.Time) iter.Seq[KeyAlias] {
	return func(yield func(KeyAlias) bool) {
		for _, a := range k.aliases {
			if a.Key.Account != account || a.Key.Region != region || k.Get(a.Key.ARN, now) == nil {
				continue
			}
			if !yield(*a) {
				return
			}
		}
	}
}

// Alias finds the key of an alias, by its ARN; nil when there is none. The lock is held.
func (k *Keys) Alias(arn string, now time.Time) *Key {
	if a := k.aliases[arn]; a != nil {
		return k.Get(a.Key.ARN, now)
	}
	return nil
}

// PutAlias is SetAlias with the lock held.
func (key *Key) PutAlias(alias string, now time.Time) {
	at, created := ARN("kms", key.Region, key.Account, alias), now
	if before := key.keys.aliases[at]; before != nil {
		created = before.Created
		before.Key.dropAlias(alias)
	}
	key.keys.aliases[at] = &KeyAlias{alias, key, created, now}
	key.aliases = append(key.aliases, alias)
}

// DeleteAlias takes an alias of the key away. The lock is held.
func (key *Key) DeleteAlias(alias string) {
	key.dropAlias(alias)
	delete(key.keys.aliases, ARN("kms", key.Region, key.Account, alias))
}

func (key *Key) dropAlias(alias string) {
	key.aliases = slices.DeleteFunc(key.aliases, func(a string) bool { return a == alias })
}

// AliasCount is how many aliases the key has. The lock is held.
func (key *Key) AliasCount() int { return len(key.aliases) }

// A KeyStateError says, in the words of KMS, that the state or the kind of a key does not
// admit what was asked of it.
type KeyStateError struct{ Code, Message string }

// Error implements error.
func (e *KeyStateError) Error() string { return e.Code + ": " + e.Message }

// Usable returns the error of a key that no cryptographic operation can use now, or of one
// that is not for symmetric encryption: what a service that encrypts with the key is
// answered by KMS ("Key states of AWS KMS keys" of the KMS Developer Guide).
func (key *Key) Usable(action string) error {
	key.keys.mu.RLock()
	defer key.keys.mu.RUnlock()
	if err := key.CryptoState(); err != nil {
		return err
	}
	if key.Spec != keySymmetric {
		return &KeyStateError{"InvalidKeyUsageException", key.ARN + " key usage is " + key.Usage + " which is not valid for " + action[len("kms:"):] + "."}
	}
	return nil
}

// CryptoState returns the error that cryptographic operations answer by the state of the
// key. The lock is held. KMS answers either of two errors for a key that is pending
// deletion; that it is this one is unverified.
func (key *Key) CryptoState() error {
	switch key.State {
	case keyEnabled:
		return nil
	case keyDisabled:
		return &KeyStateError{"DisabledException", key.ARN + " is disabled."}
	case keyPendingImport:
		return &KeyStateError{"KMSInvalidStateException", key.ARN + " is pending import."}
	case keyPendingReplicaDeletion:
		return &KeyStateError{"KMSInvalidStateException", key.ARN + " is pending replica deletion."}
	}
	return &KeyStateError{"KMSInvalidStateException", key.ARN + " is pending deletion."}
}

// Count is how many keys an account has in a region, without those of AWS services. The lock is held.
func (k *Keys) Count(account, region string) int { return k.counts[home{account, region}] }
