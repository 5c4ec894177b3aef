package s3

import (
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An sse is how an object is encrypted, under the names that outputs have
// for it. It is immutable; nil is SSE-S3, as most objects have.
type sse struct {
	ServerSideEncryption                 types.ServerSideEncryption
	SSEKMSKeyId, SSEKMSEncryptionContext *string //nolint:revive // the SDK spells it so
	BucketKeyEnabled                     *bool
	// SSECustomerKeyMD5 knows the key of SSE-C again.
	SSECustomerAlgorithm, SSECustomerKeyMD5 *string
}

var sseS3 = &sse{ServerSideEncryption: types.ServerSideEncryptionAes256}

// shown is an encryption as outputs have it.
func (e *sse) shown() *sse {
	if e == nil {
		return sseS3
	}
	return e
}

// plainETag reports whether the entity tag of an object is the MD5 of its data:
// with KMS or customer keys it is not (API Reference, "Object").
func (e *sse) plainETag() bool { return e == nil }

const (
	sseHeader    = "x-amz-server-side-encryption"
	sseKeyHeader = "x-amz-server-side-encryption-aws-kms-key-id"
)

// checkEncryption refuses parameters of encryption that do not fit together.
func (p *encryptionParams) checkEncryption() error {
	if err := p.customerKey.check(); err != nil {
		return err
	}
	kms := p.ServerSideEncryption == types.ServerSideEncryptionAwsKms || p.ServerSideEncryption == types.ServerSideEncryptionAwsKmsDsse
	switch {
	case p.customerKey.sent() && (p.ServerSideEncryption != "" || p.SSEKMSKeyId != nil):
		return invalidArgument("Server Side Encryption with Customer provided key is incompatible with the encryption method specified", sseHeader, string(p.ServerSideEncryption))
	case p.ServerSideEncryption != "" && !kms && p.ServerSideEncryption != types.ServerSideEncryptionAes256:
		return invalidArgument("The encryption method specified is not supported", sseHeader, string(p.ServerSideEncryption))
	case !kms && (p.SSEKMSKeyId != nil || p.SSEKMSEncryptionContext != nil):
		return invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms", sseHeader, string(p.ServerSideEncryption))
	}
	return checkEncryptionContext(p.SSEKMSEncryptionContext)
}

// checkEncryptionContext refuses what is no JSON object of strings in base64.
func checkEncryptionContext(header *string) error {
	if header == nil {
		return nil
	}
	var pairs map[string]string
	raw, err := base64.StdEncoding.DecodeString(*header)
	if err != nil || json.Unmarshal(raw, &pairs) != nil {
		return invalidArgument("The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map", "x-amz-server-side-encryption-context", *header)
	}
	return nil
}

// sent reports whether a request has a customer key.
func (k customerKey) sent() bool { return k != customerKey{} }

// check refuses a customer key that is not one.
func (k customerKey) check() error {
	const requests = "Requests specifying Server Side Encryption with Customer provided keys must provide "
	if !k.sent() {
		return nil
	}
	// Whatever is wrong, the argument that S3 names is the header of encryption. It never
	// repeats the key or its MD5.
	refused := func(text string) error { return errInvalidArgument.withText(text, "ArgumentName", sseHeader) }
	switch {
	case k.SSECustomerAlgorithm == nil:
		return refused(requests + "a valid encryption algorithm.")
	case *k.SSECustomerAlgorithm != "AES256":
		return errInvalidEncryption.of("ArgumentName", sseHeader, "ArgumentValue", *k.SSECustomerAlgorithm)
	case k.SSECustomerKey == nil:
		return refused(requests + "an appropriate secret key.")
	case k.SSECustomerKeyMD5 == nil:
		return refused(requests + "the client calculated MD5 of the secret key.")
	}
	key, err := base64.StdEncoding.DecodeString(*k.SSECustomerKey)
	sum := md5.Sum(key)
	switch {
	case err != nil:
		return refused(invalidCustomerKey)
	case base64.StdEncoding.EncodeToString(sum[:]) != *k.SSECustomerKeyMD5:
		return refused("The calculated MD5 hash of the key did not match the hash that was provided.")
	case len(key) != customerKeySize:
		return refused(invalidCustomerKey)
	}
	return nil
}

const invalidCustomerKey = "The secret key was invalid for the specified algorithm."

// customerKeySize is the size of a key of AES-256 in bytes.
const customerKeySize = 32

// checkRead is check for requests that read an object. There a key that comes without its
// MD5 is the wrong one, and so is one that is too long, as of a client that encoded it
// twice; that no other key is, before the object is looked at, is unverified.
func (k customerKey) checkRead() error {
	if aws.ToString(k.SSECustomerAlgorithm) == "AES256" && k.SSECustomerKey != nil {
		key, err := base64.StdEncoding.DecodeString(*k.SSECustomerKey)
		if k.SSECustomerKeyMD5 == nil || err == nil && len(key) > customerKeySize {
			return errWrongCustomerKey.of()
		}
	}
	return k.check()
}

// checkKey decides whether a request may read an object with the customer key
// that it has, or has not.
func (o *object) checkKey(k customerKey) error {
	e := o.encryption.shown()
	switch {
	case e.SSECustomerKeyMD5 == nil && k.sent():
		return errInvalidRequest.withText("The encryption parameters are not applicable to this object.")
	case e.SSECustomerKeyMD5 == nil:
		return nil
	case !k.sent():
		return errInvalidRequest.withText("The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
	case *e.SSECustomerKeyMD5 != *k.SSECustomerKeyMD5:
		return errWrongCustomerKey.of()
	}
	return nil
}

// needsVersion4 refuses callers who may not use a KMS key: those without a signature, and
// those with Signature Version 2. Which error of several comes first is unverified.
func needsVersion4(call *fakeaws.Call, e *sse) error {
	if e == nil || e.SSEKMSKeyId == nil || !call.Anonymous() && call.Signed.Version != signatureVersion2 {
		return nil
	}
	return invalidArgument("Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
		"Authorization", cmp.Or(call.Header("Authorization"), "null"))
}

// encryptionFor is how a new object is encrypted: as the request asks or else as
// the bucket does by default.
func (s *Fake) encryptionFor(call *fakeaws.Call, b *bucket, p *encryptionParams) (*sse, error) {
	if p.customerKey.sent() {
		if b.blocksCustomerKeys() {
			return nil, errAccessDenied.of()
		}
		return &sse{SSECustomerAlgorithm: p.SSECustomerAlgorithm, SSECustomerKeyMD5: p.SSECustomerKeyMD5}, nil
	}
	method, id, rule := p.ServerSideEncryption, p.SSEKMSKeyId, b.defaultEncryption()
	if method == "" && rule != nil && rule.ApplyServerSideEncryptionByDefault != nil {
		method = rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm
		id = rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID
	}
	if method == "" || method == types.ServerSideEncryptionAes256 {
		return nil, nil
	}
	e := &sse{
		ServerSideEncryption: method, SSEKMSKeyId: id,
		SSEKMSEncryptionContext: p.SSEKMSEncryptionContext, BucketKeyEnabled: p.BucketKeyEnabled,
	}
	key, err := s.kmsKey(call, b, e.SSEKMSKeyId)
	if err != nil {
		return nil, err
	}
	e.SSEKMSKeyId = &key.ARN
	if err := needsVersion4(call, e); err != nil {
		return nil, err
	}
	if e.BucketKeyEnabled == nil && rule != nil {
		e.BucketKeyEnabled = rule.BucketKeyEnabled
	}
	// Answers speak of a bucket key only where there is one, and DSSE has none.
	if !aws.ToBool(e.BucketKeyEnabled) || e.ServerSideEncryption == types.ServerSideEncryptionAwsKmsDsse {
		e.BucketKeyEnabled = nil
	}
	return e, nil
}

// blocksCustomerKeys reports whether the bucket refuses new objects with SSE-C,
// as all do whose encryption does not allow it (User Guide, "Blocking or
// unblocking SSE-C for a general purpose bucket"; since April 2026).
func (b *bucket) blocksCustomerKeys() bool {
	rule := b.defaultEncryption()
	return rule == nil || rule.BlockedEncryptionTypes == nil ||
		!slices.Contains(rule.BlockedEncryptionTypes.EncryptionType, types.EncryptionTypeNone)
}
