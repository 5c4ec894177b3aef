package kms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A record is what KMS keeps of a key. It never changes: another one takes its place, so
// that cryptography needs no lock and clones share it.
type record struct {
	description string
	// versions are the key materials of a symmetric or HMAC key, the current one last.
	versions []version
	// private is that of an asymmetric key.
	private crypto.Signer
	rotation
	importing
}

// A version is one key material of a symmetric or HMAC key.
type version struct {
	id     string // KeyMaterialId
	secret []byte // nil when it was deleted or has expired
	sealer cipher.AEAD
	// rotated is when it became current, and how; zero of the first.
	rotated time.Time
	by      types.RotationType
}

// recordOf returns what KMS keeps of a key, with what is due to it done: the material of a
// replica is that of its primary key, unless it is imported, into each by itself
// ("Importing key material into multi-Region keys"). Keys that were made without KMS get
// theirs now. The lock is held.
func (s *Fake) recordOf(key *fakeaws.Key, now time.Time) *record {
	r, _ := key.Material.(*record)
	if r == nil {
		r = &record{versions: []version{s.newVersion(key, nil)}}
		key.Material = r
	}
	if r.due(now) {
		r = s.rotateDue(key, r, now)
		key.Material = r
	}
	if key.State == string(types.KeyStatePendingImport) && (len(r.versions) > 0 || r.private != nil) {
		r = r.without() // it has expired
		key.Material = r
	}
	if primary := primaryOf(key); primary != key && !isExternal(key) {
		shared := *s.recordOf(primary, now)
		shared.description, shared.importing = r.description, r.importing
		return &shared
	}
	return r
}

// primaryOf is the key that has the material: the key itself, or the primary of a replica.
func primaryOf(key *fakeaws.Key) *fakeaws.Key {
	if key.MultiRegion != nil {
		return key.MultiRegion.Primary
	}
	return key
}

// change puts a changed record in the place of that of a key. The lock is held.
func (s *Fake) change(key *fakeaws.Key, now time.Time, change func(*record)) {
	r := *s.recordOf(key, now)
	r.versions = slices.Clone(r.versions)
	change(&r)
	key.Material = &r
}

// newVersion makes key material of a secret; nil makes one up.
func (s *Fake) newVersion(key *fakeaws.Key, secret []byte) version {
	if secret == nil {
		secret = s.random(secretSize(key.Spec))
	}
	sum := sha256.Sum256(append([]byte("key material of "+key.ID+"\x00"), secret...))
	return version{id: hex.EncodeToString(sum[:]), secret: secret, sealer: newSealer(key.Spec, secret)}
}

// newSealer is AES-256-GCM of a symmetric key; nil for others.
func newSealer(keySpec string, secret []byte) cipher.AEAD {
	if keySpec != string(types.KeySpecSymmetricDefault) {
		return nil
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic("kms: " + err.Error()) // the size is that of the spec
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		panic("kms: " + err.Error())
	}
	return sealer
}

// secretSize is the length of key material ("Key spec reference").
func secretSize(keySpec string) int {
	switch types.KeySpec(keySpec) {
	case types.KeySpecHmac224:
		return 28
	case types.KeySpecHmac384:
		return 48
	case types.KeySpecHmac512:
		return 64
	}
	return 32
}

// random makes bytes of the World's own: the same seed makes the same.
func (s *Fake) random(n int) []byte {
	b, err := hex.DecodeString(s.world.IDs().Hex(2 * n))
	if err != nil {
		panic("kms: " + err.Error()) // Hex makes hex
	}
	return b
}

// newPrivate makes an asymmetric key. An RSA key of 4096 bits takes a second or two.
func newPrivate(keySpec string) (crypto.Signer, error) {
	switch types.KeySpec(keySpec) {
	case types.KeySpecRsa2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case types.KeySpecRsa3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case types.KeySpecRsa4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case types.KeySpecEccNistP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case types.KeySpecEccNistP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case types.KeySpecEccNistP521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case types.KeySpecEccNistEdwards25519:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, notImplemented("KeySpec " + keySpec)
}

// current is the material that encrypts.
func (r *record) current() *version { return &r.versions[len(r.versions)-1] }
