package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // RSAES_OAEP_SHA_1
	"crypto/sha256"
	"hash"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) encryptOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.encrypt), bind(s.decrypt), bind(s.reEncrypt)}
}

func (s *Fake) encrypt(call *fakeaws.Call, in *awskms.EncryptInput) (*fakeaws.Plan[*awskms.EncryptOutput], error) {
	algorithm := encryptionAlgorithm(in.EncryptionAlgorithm)
	f := s.find(call, &use{id: in.KeyId, action: "kms:Encrypt", context: in.EncryptionContext, algorithm: string(algorithm)})
	return planOn(f, func() (*awskms.EncryptOutput, error) {
		b, err := s.encryptWith(f.Key, "Encrypt", algorithm, in.Plaintext, in.EncryptionContext, in.DryRun)
		if err != nil {
			return nil, err
		}
		return &awskms.EncryptOutput{CiphertextBlob: b, KeyId: &f.ARN, EncryptionAlgorithm: algorithm}, nil
	}), nil
}

// encryptWith encrypts with a key, if it can and is not only asked whether it would.
func (s *Fake) encryptWith(key *fakeaws.Key, operation string, a types.EncryptionAlgorithmSpec, plaintext []byte, context map[string]string, dry *bool) ([]byte, error) {
	r, err := s.take(key, types.KeyUsageTypeEncryptDecrypt, operation)
	if err != nil {
		return nil, err
	}
	if err := admitAlgorithm(key, a, context); err != nil {
		return nil, err
	}
	if err := dryRun(dry); err != nil {
		return nil, err
	}
	if isSymmetric(key) {
		return seal(key, r.current(), plaintext, context)
	}
	private, ok := r.private.(*rsa.PrivateKey)
	if !ok {
		return nil, invalidUsage("Algorithm " + string(a) + " and key spec " + key.Spec + " are incompatible.")
	}
	b, err := rsa.EncryptOAEP(oaepHash(a), rand.Reader, &private.PublicKey, plaintext, nil)
	if err != nil {
		return nil, invalid(textTooLong)
	}
	return b, nil
}

// admitAlgorithm refuses an algorithm that is none of the key's, and an encryption context
// that none of its algorithms has.
func admitAlgorithm(key *fakeaws.Key, a types.EncryptionAlgorithmSpec, context map[string]string) error {
	if err := compatible(key, specs[types.KeySpec(key.Spec)].encryption, a); err != nil {
		return err
	}
	if !isSymmetric(key) && len(context) > 0 {
		return invalid(textContext)
	}
	return nil
}

func oaepHash(a types.EncryptionAlgorithmSpec) hash.Hash {
	if a == types.EncryptionAlgorithmSpecRsaesOaepSha1 {
		return crypto.SHA1.New()
	}
	return sha256.New()
}

// A cipher is what is to be decrypted: by Decrypt, and by ReEncrypt.
type encrypted struct {
	data      []byte
	algorithm types.EncryptionAlgorithmSpec
	context   map[string]string
	keyID     *string
	blob      blob
	symmetric bool
	incorrect bool // the request names another key
}

// source finds the key of a ciphertext. A ciphertext of a symmetric key tells which it is;
// what a request names must be the same.
func (s *Fake) source(call *fakeaws.Call, c *encrypted, action string, set func(*enforce.Context)) (found, error) {
	u := &use{id: c.keyID, action: action, context: c.context, algorithm: string(c.algorithm), set: set}
	if c.algorithm != types.EncryptionAlgorithmSpecSymmetricDefault {
		if c.keyID == nil {
			return found{}, invalid(textNoKeyID)
		}
		return s.find(call, u), nil
	}
	c.blob, c.symmetric = openBlob(c.data)
	if c.keyID != nil {
		f := s.find(call, u)
		c.incorrect = c.symmetric && f.missing == nil && isSymmetric(f.Key) && !c.blob.of(f.Key)
		return f, nil
	}
	if !c.symmetric {
		return found{}, invalidCiphertext()
	}
	account, id, _ := strings.Cut(c.blob.owner, "/")
	u.id = aws.String(fakeaws.ARN("kms", call.Region, account, "key/"+id))
	f := s.find(call, u)
	if f.missing != nil {
		return found{}, accessDenied(textCiphertext)
	}
	return f, nil
}

// decryptWith decrypts with the key of a ciphertext.
func (s *Fake) decryptWith(f found, c *encrypted, operation string, dry *bool) ([]byte, error) {
	r, err := s.take(f.Key, types.KeyUsageTypeEncryptDecrypt, operation)
	if err != nil {
		return nil, err
	}
	if c.incorrect {
		return nil, &types.IncorrectKeyException{Message: aws.String(textIncorrect)}
	}
	if err := admitAlgorithm(f.Key, c.algorithm, c.context); err != nil {
		return nil, err
	}
	var plaintext []byte
	if isSymmetric(f.Key) {
		if !c.symmetric {
			return nil, invalidCiphertext()
		}
		if plaintext, err = r.open(&c.blob, c.context); err != nil {
			return nil, err
		}
	} else {
		private, ok := r.private.(*rsa.PrivateKey)
		if !ok {
			return nil, invalidCiphertext()
		}
		if plaintext, err = rsa.DecryptOAEP(oaepHash(c.algorithm), nil, private, c.data, nil); err != nil {
			return nil, invalidCiphertext()
		}
	}
	return plaintext, dryRun(dry)
}

func (s *Fake) decrypt(call *fakeaws.Call, in *awskms.DecryptInput) (*fakeaws.Plan[*awskms.DecryptOutput], error) {
	if in.Recipient != nil || len(in.DryRunModifiers) > 0 {
		return nil, notImplemented("Recipient and DryRunModifiers")
	}
	if len(in.CiphertextBlob) == 0 {
		return nil, invalidCiphertext()
	}
	c := &encrypted{data: in.CiphertextBlob, algorithm: encryptionAlgorithm(in.EncryptionAlgorithm), context: in.EncryptionContext, keyID: in.KeyId}
	f, err := s.source(call, c, "kms:Decrypt", nil)
	if err != nil {
		return nil, err
	}
	return planOn(f, func() (*awskms.DecryptOutput, error) {
		plaintext, err := s.decryptWith(f, c, "Decrypt", in.DryRun)
		if err != nil {
			return nil, err
		}
		return &awskms.DecryptOutput{Plaintext: plaintext, KeyId: &f.ARN, EncryptionAlgorithm: c.algorithm, KeyMaterialId: sent(c.blob.material)}, nil
	}), nil
}

// reEncrypt decrypts with one key and encrypts with another. It needs kms:ReEncryptFrom on
// the one and kms:ReEncryptTo on the other.
func (s *Fake) reEncrypt(call *fakeaws.Call, in *awskms.ReEncryptInput) (*fakeaws.Plan[*awskms.ReEncryptOutput], error) {
	if len(in.DryRunModifiers) > 0 {
		return nil, notImplemented("DryRunModifiers")
	}
	if len(in.CiphertextBlob) == 0 {
		return nil, invalidCiphertext()
	}
	c := &encrypted{data: in.CiphertextBlob, algorithm: encryptionAlgorithm(in.SourceEncryptionAlgorithm), context: in.SourceEncryptionContext, keyID: in.SourceKeyId}
	from, err := s.source(call, c, "kms:ReEncryptFrom", nil)
	if err != nil {
		return nil, err
	}
	algorithm := encryptionAlgorithm(in.DestinationEncryptionAlgorithm)
	to := s.find(call, &use{id: in.DestinationKeyId, action: "kms:ReEncryptTo", context: in.DestinationEncryptionContext, algorithm: string(algorithm)})
	same := from.missing == nil && from.Key == to.Key
	from.need.Context.SetBool("kms:ReEncryptOnSameKey", same)
	to.need.Context.SetBool("kms:ReEncryptOnSameKey", same)
	plan := planOn(from, func() (*awskms.ReEncryptOutput, error) {
		if to.missing != nil {
			return nil, to.missing
		}
		plaintext, err := s.decryptWith(from, c, "ReEncryptFrom", nil)
		if err != nil {
			return nil, err
		}
		b, err := s.encryptWith(to.Key, "ReEncryptTo", algorithm, plaintext, in.DestinationEncryptionContext, in.DryRun)
		if err != nil {
			return nil, err
		}
		out := &awskms.ReEncryptOutput{
			CiphertextBlob: b, KeyId: &to.ARN, SourceKeyId: &from.ARN, SourceEncryptionAlgorithm: c.algorithm,
			DestinationEncryptionAlgorithm: algorithm, SourceKeyMaterialId: sent(c.blob.material),
		}
		if made, ok := openBlob(b); ok && isSymmetric(to.Key) {
			out.DestinationKeyMaterialId = &made.material
		}
		return out, nil
	})
	plan.Needs = append(plan.Needs, to.need)
	return plan, nil
}
