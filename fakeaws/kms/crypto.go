package kms

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A ciphertext of a symmetric key is AES-256-GCM. It begins with what Decrypt must know:
//
//	version 1 | length of "account/key id" | account/key id | key material id | nonce | sealed
//
// The header and the encryption context are authenticated with it.
const (
	blobVersion  = 1
	materialSize = 32
	nonceSize    = 12
	tagSize      = 16
)

// A blob is a ciphertext that was taken apart.
type blob struct {
	owner    string // account/key id
	material string
	header   []byte
	nonce    []byte
	sealed   []byte
}

// seal encrypts with the current material of a symmetric key.
func seal(key *fakeaws.Key, v *version, plaintext []byte, context map[string]string) ([]byte, error) {
	owner := key.Account + "/" + key.ID
	id, err := hex.DecodeString(v.id)
	if err != nil {
		return nil, err
	}
	pairs := encodeContext(context)
	b := make([]byte, 0, 2+len(owner)+materialSize+nonceSize+len(plaintext)+tagSize)
	b = append(b, blobVersion, byte(len(owner)))
	b = append(append(b, owner...), id...)
	header := len(b)
	b = b[:header+nonceSize]
	if _, err := rand.Read(b[header:]); err != nil {
		return nil, err
	}
	return v.sealer.Seal(b, b[header:], plaintext, append(slices.Clip(b[:header:header]), pairs...)), nil
}

// openBlob takes a ciphertext of a symmetric key apart; false for anything else.
func openBlob(b []byte) (blob, bool) {
	if len(b) < 2 || b[0] != blobVersion || len(b) < 2+int(b[1])+materialSize+nonceSize+tagSize {
		return blob{}, false
	}
	at := 2 + int(b[1])
	header := at + materialSize
	return blob{string(b[2:at]), hex.EncodeToString(b[at:header]), b[:header:header], b[header : header+nonceSize], b[header+nonceSize:]}, true
}

// open decrypts a ciphertext with the material that encrypted it.
func (r *record) open(b *blob, context map[string]string) ([]byte, error) {
	for i := range r.versions {
		v := &r.versions[i]
		if v.id != b.material || v.sealer == nil {
			continue
		}
		plaintext, err := v.sealer.Open(nil, b.nonce, b.sealed, append(b.header, encodeContext(context)...))
		if err != nil {
			return nil, invalidCiphertext()
		}
		return plaintext, nil
	}
	return nil, invalidCiphertext()
}

// encodeContext writes an encryption context so that two are equal if and only if their
// bytes are: the order of the pairs does not count.
func encodeContext(context map[string]string) []byte {
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, text := range []string{name, context[name]} {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
		}
	}
	return b
}

// of reports whether the ciphertext is one of a key or of a related one.
func (b *blob) of(key *fakeaws.Key) bool { return b.owner == key.Account+"/"+key.ID }

// encryptionAlgorithm is that of a request, or the default.
func encryptionAlgorithm(asked types.EncryptionAlgorithmSpec) types.EncryptionAlgorithmSpec {
	if asked == "" {
		return types.EncryptionAlgorithmSpecSymmetricDefault
	}
	return asked
}

// take returns the record of a key for a cryptographic operation, once its state and its
// usage admit it.
func (s *Fake) take(key *fakeaws.Key, usage types.KeyUsageType, operation string) (*record, error) {
	now := s.now()
	s.keys().Lock()
	defer s.keys().Unlock()
	if err := s.still(key, now); err != nil {
		return nil, err
	}
	if err := usable.admit(key); err != nil {
		return nil, err
	}
	if err := usableFor(key, usage, operation); err != nil {
		return nil, err
	}
	return s.recordOf(key, now), nil
}
