package secretsmanager

import (
	"cmp"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// The permissions on the KMS key of a secret that Secrets Manager asks for a caller (User
// Guide, "Secret encryption and decryption in AWS Secrets Manager").
const (
	kmsGenerate = "kms:GenerateDataKey"
	kmsEncrypt  = "kms:Encrypt"
	kmsDecrypt  = "kms:Decrypt"
)

// managedKey is the key that Secrets Manager uses for secrets without one of their own.
const managedKey = "alias/aws/secretsmanager"

// validateKeyAccess takes the place of the id of a version where Secrets Manager only finds
// out whether the caller may use a key ("Validating access to the KMS key"). The text is
// unverified.
const validateKeyAccess = "RequestToValidateKeyAccess"

// A keyUse is one permission that a call needs on a key.
type keyUse struct {
	key     string // as its owner named it
	action  string
	arn     string // of the secret
	version string
	region  string
	account string
}

// keyNeed is the permission on a KMS key. Ids and aliases are those of the secret's account.
func (s *Fake) keyNeed(call *fakeaws.Call, u *keyUse) (fakeaws.Need, error) {
	name := u.key
	if isManaged(name) {
		if call.Account != u.account && !call.Fixture() {
			return fakeaws.Need{}, invalidRequest(textOtherAccountKey)
		}
		name = managedKey
	}
	key, err := s.world.Keys().Find(u.account, u.region, name)
	if err != nil {
		call.Help("KMS: " + err.Error())
		if u.action == kmsDecrypt && u.version != validateKeyAccess {
			return fakeaws.Need{}, decryptionFailure()
		}
		return fakeaws.Need{}, encryptionFailure()
	}
	need := key.Need(call, u.action, map[string]string{"SecretARN": u.arn, "SecretVersionId": u.version})
	if err := key.Usable(u.action); err != nil { // it is disabled, or pending deletion
		call.Help("KMS: " + err.Error())
		if u.action == kmsDecrypt && u.version != validateKeyAccess {
			return need, decryptionFailure()
		}
		return need, encryptionFailure()
	}
	return need, nil
}

// keyNeeds are the permissions on a key for several actions. An error is answered when the
// call is allowed.
func (s *Fake) keyNeeds(call *fakeaws.Call, u keyUse, actions ...string) ([]fakeaws.Need, error) {
	needs := make([]fakeaws.Need, 0, len(actions))
	var failed error
	for _, action := range actions {
		u.action = action
		need, err := s.keyNeed(call, &u)
		if err != nil && need.Action == "" {
			return nil, err
		}
		failed = cmp.Or(failed, err)
		needs = append(needs, need)
	}
	return needs, failed
}

// newKeyNeeds are the permissions on a key that a secret gets: those by which Secrets
// Manager finds out whether the caller may use it, and the one for a value, if there is one.
func (s *Fake) newKeyNeeds(call *fakeaws.Call, x *secret, key string, valueOf *string) ([]fakeaws.Need, error) {
	needs, err := s.keyNeeds(call, x.use(key, validateKeyAccess), kmsGenerate, kmsDecrypt)
	if valueOf == nil {
		return needs, err
	}
	more, valueErr := s.keyNeeds(call, x.use(key, *valueOf), kmsGenerate)
	return append(needs, more...), cmp.Or(err, valueErr)
}

// use begins the use of a key for a secret.
func (x *secret) use(key, version string) keyUse {
	return keyUse{key: key, arn: x.arn(), version: version, region: x.id.region, account: x.id.account}
}

// isManaged reports whether a key is the one that Secrets Manager has in the account.
func isManaged(key string) bool { return key == "" || key == managedKey || key == "aws/secretsmanager" }

// A decryption is what it takes to read a version: any one of its keys.
type decryption struct {
	needs []fakeaws.Need
	keys  []decryptionKey
}

// A decryptionKey is one key that a version is encrypted under.
type decryptionKey struct {
	entry int   // of its need, where another key may do; else 0
	err   error // why it decrypts nothing, also for who may use it
}

// decryptionOf says what it takes to read a version of a secret. One that was encrypted again
// under another key is read with either ("can be decrypted with the previous key or the new
// one"): then the needs are optional, numbered from first on. The lock is held.
func (s *Fake) decryptionOf(call *fakeaws.Call, x *secret, v *version, first int) (d decryption) {
	keys := x.keysOf(v)
	for i, key := range keys {
		use := x.use(key, v.id)
		use.action = kmsDecrypt
		need, err := s.keyNeed(call, &use)
		k := decryptionKey{err: err}
		if need.Action != "" {
			if len(keys) > 1 {
				need.Optional, need.Entry, k.entry = true, first+i, first+i
			}
			d.needs = append(d.needs, need)
		}
		d.keys = append(d.keys, k)
	}
	return d
}

// optional has the denial of the only key take nothing from the call either.
func (d *decryption) optional(entry int) {
	if len(d.keys) == 1 && len(d.needs) == 1 {
		d.needs[0].Optional, d.needs[0].Entry, d.keys[0].entry = true, entry, entry
	}
}

// failure returns the error of a caller who may use none of the keys, or only such as
// decrypt nothing. It is known once the call was judged.
func (d *decryption) failure(call *fakeaws.Call) error {
	var denied, failed error
	for _, k := range d.keys {
		switch {
		case k.entry != 0 && call.EntryDenied(k.entry):
			denied = accessDenied(textKMSDenied)
		case k.err == nil:
			return nil
		default:
			failed = cmp.Or(failed, k.err)
		}
	}
	return cmp.Or(denied, failed)
}
