package s3

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// The permissions on the KMS key of an object that calls need besides those of S3 (API
// Reference, the page of each operation).
const (
	kmsEncrypt = "kms:GenerateDataKey"
	kmsDecrypt = "kms:Decrypt"
)

// A newEncryption is how a plan encrypts what it writes, and what that takes. An error of
// it is answered when the call is allowed: it tells of keys.
type newEncryption struct {
	*sse
	needs []fakeaws.Need
	err   error
}

// planEncryption decides how a new object is encrypted: as the request asks, or else as
// the bucket does when the call is judged.
func (s *Fake) planEncryption(call *fakeaws.Call, b *bucket, key *string, p *encryptionParams) *newEncryption {
	n := new(newEncryption)
	if n.sse, n.err = s.encryptionFor(call, b, p); n.err == nil && n.sse != nil {
		n.needs, n.err = s.kmsNeeds(call, b, b.objectARN(key), n.sse, kmsEncrypt)
	}
	return n
}

// kmsKey finds the KMS key that a request or a bucket names by its id, its alias or its
// ARN; the key aws/s3 of the account when it names none. Ids and aliases are those of the
// caller's account, and of the bucket's for a caller without one.
func (s *Fake) kmsKey(call *fakeaws.Call, b *bucket, id *string) (*fakeaws.Key, error) {
	account, name := call.Account, aws.ToString(id)
	if account == "" {
		account = b.owner.ID
	}
	if name == "" {
		name = "alias/aws/s3"
	}
	key, err := s.world.Keys().Find(account, b.region, name)
	if err != nil {
		return nil, errKMSNotFound.withText(err.Error())
	}
	return key, nil
}

// kmsNeeds are the permissions on the KMS key of an object, by its ARN, that S3 asks for
// the caller; none with another encryption. A request without a signature of version 4
// cannot use such a key: that is answered when the call is allowed.
func (s *Fake) kmsNeeds(call *fakeaws.Call, b *bucket, object string, e *sse, actions ...string) ([]fakeaws.Need, error) {
	if e == nil || e.SSEKMSKeyId == nil {
		return nil, nil
	}
	if err := needsVersion4(call, e); err != nil {
		return nil, err
	}
	key, err := s.world.Keys().Find(b.owner.ID, b.region, *e.SSEKMSKeyId)
	if err != nil {
		return nil, errKMSNotFound.withText(err.Error())
	}
	needs := make([]fakeaws.Need, len(actions))
	for i, action := range actions {
		needs[i] = key.Need(call, action, e.encryptionContext(b, object))
	}
	return needs, kmsUnusable(key, actions[0])
}

// kmsUnusable is the error of KMS, as S3 repeats it, for a key that is disabled, pending
// deletion or not for this. It is answered when the call is allowed.
func kmsUnusable(key *fakeaws.Key, action string) error {
	var state *fakeaws.KeyStateError
	if errors.As(key.Usable(action), &state) {
		return s3Error{"KMS." + state.Code, http.StatusBadRequest, ""}.withText(state.Message)
	}
	return nil
}

// encryptionContext is what KMS binds the data key of an object to: the ARN of the object,
// or of its bucket where the bucket has a key of its own, and what the request added (User
// Guide, "Using server-side encryption with AWS KMS keys").
func (e *sse) encryptionContext(b *bucket, object string) map[string]string {
	pairs := map[string]string{"aws:s3:arn": object}
	if aws.ToBool(e.BucketKeyEnabled) {
		pairs["aws:s3:arn"] = b.arn
	}
	if e.SSEKMSEncryptionContext != nil {
		var more map[string]string
		raw, err := base64.StdEncoding.DecodeString(*e.SSEKMSEncryptionContext)
		if err == nil && json.Unmarshal(raw, &more) == nil { // it was checked when it was stored
			maps.Copy(pairs, more)
		}
	}
	return pairs
}

// readKMS are the permissions to read what is encrypted with a KMS key, of a version that
// may be missing.
func (s *Fake) readKMS(call *fakeaws.Call, b *bucket, o *object) ([]fakeaws.Need, error) {
	if o == nil {
		return nil, nil
	}
	return s.kmsNeeds(call, b, b.objectARN(&o.key), o.encryption, kmsDecrypt)
}

// partKMS are the permissions to put a part into an upload, or to see the checksums of
// its parts: S3 decrypts the parts to complete the upload. There are none where the
// upload is missing, which is answered when the call is allowed.
func (s *Fake) partKMS(call *fakeaws.Call, b *bucket, key, id *string, checksums bool) ([]fakeaws.Need, error) {
	m, err := b.upload(key, id)
	if err != nil || checksums && m.algorithm == "" {
		return nil, nil //nolint:nilerr // the operation answers with it
	}
	return s.kmsNeeds(call, b, b.objectARN(key), m.object.encryption, kmsDecrypt)
}
