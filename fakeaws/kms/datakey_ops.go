package kms

import (
	"crypto/x509"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) dataKeyOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.generateDataKey), bind(s.generateDataKeyWithoutPlaintext), bind(s.generateDataKeyPair), bind(s.generateDataKeyPairWithoutPlaintext),
		bind(s.generateRandom),
	}
}

// dataKeySize is how long the data key of a request is.
func dataKeySize(spec types.DataKeySpec, bytes *int32) (int, error) {
	switch {
	case (spec == "") == (bytes == nil):
		return 0, invalid(textOneSize)
	case spec == types.DataKeySpecAes128:
		return 16, nil
	case spec == types.DataKeySpecAes256:
		return 32, nil
	}
	return int(*bytes), nil
}

// A dataKey is a key that KMS makes for a caller, and does not keep.
type dataKey struct {
	plaintext, sealed []byte
	material          string
}

// dataKeyOf encrypts a data key that make makes.
func (s *Fake) dataKeyOf(f found, operation string, context map[string]string, dry *bool, plaintext func() ([]byte, error)) (*dataKey, error) {
	r, err := s.take(f.Key, types.KeyUsageTypeEncryptDecrypt, operation)
	if err != nil {
		return nil, err
	}
	if !isSymmetric(f.Key) {
		return nil, invalidUsage(f.ARN + " key usage is " + f.Usage + " which is not valid for " + operation + ".")
	}
	if err := dryRun(dry); err != nil {
		return nil, err
	}
	k := &dataKey{material: r.current().id}
	if k.plaintext, err = plaintext(); err != nil {
		return nil, err
	}
	k.sealed, err = seal(f.Key, r.current(), k.plaintext, context)
	return k, err
}

func (s *Fake) generateDataKey(call *fakeaws.Call, in *awskms.GenerateDataKeyInput) (*fakeaws.Plan[*awskms.GenerateDataKeyOutput], error) {
	if in.Recipient != nil {
		return nil, notImplemented("Recipient")
	}
	n, err := dataKeySize(in.KeySpec, in.NumberOfBytes)
	if err != nil {
		return nil, err
	}
	f := s.find(call, s.dataKeyUse(in.KeyId, "kms:GenerateDataKey", in.EncryptionContext))
	return planOn(f, func() (*awskms.GenerateDataKeyOutput, error) {
		k, err := s.dataKeyOf(f, "GenerateDataKey", in.EncryptionContext, in.DryRun, func() ([]byte, error) { return s.random(n), nil })
		if err != nil {
			return nil, err
		}
		return &awskms.GenerateDataKeyOutput{Plaintext: k.plaintext, CiphertextBlob: k.sealed, KeyId: &f.ARN, KeyMaterialId: &k.material}, nil
	}), nil
}

// dataKeyUse is the use of a key that encrypts a data key.
func (s *Fake) dataKeyUse(id *string, action string, context map[string]string) *use {
	return &use{id: id, action: action, context: context, algorithm: string(types.EncryptionAlgorithmSpecSymmetricDefault)}
}

func (s *Fake) generateDataKeyWithoutPlaintext(call *fakeaws.Call, in *awskms.GenerateDataKeyWithoutPlaintextInput) (*fakeaws.Plan[*awskms.GenerateDataKeyWithoutPlaintextOutput], error) {
	n, err := dataKeySize(in.KeySpec, in.NumberOfBytes)
	if err != nil {
		return nil, err
	}
	f := s.find(call, s.dataKeyUse(in.KeyId, "kms:GenerateDataKeyWithoutPlaintext", in.EncryptionContext))
	return planOn(f, func() (*awskms.GenerateDataKeyWithoutPlaintextOutput, error) {
		k, err := s.dataKeyOf(f, "GenerateDataKeyWithoutPlaintext", in.EncryptionContext, in.DryRun, func() ([]byte, error) { return s.random(n), nil })
		if err != nil {
			return nil, err
		}
		return &awskms.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: k.sealed, KeyId: &f.ARN, KeyMaterialId: &k.material}, nil
	}), nil
}

// A keyPair is a data key pair.
type keyPair struct {
	*dataKey
	public []byte
}

func (s *Fake) keyPairUse(id *string, action string, spec types.DataKeyPairSpec, context map[string]string) *use {
	u := s.dataKeyUse(id, action, context)
	u.set = func(c *enforce.Context) { c.Set("kms:DataKeyPairSpec", string(spec)) }
	return u
}

func (s *Fake) keyPairOf(f found, operation string, spec types.DataKeyPairSpec, context map[string]string, dry *bool) (*keyPair, error) {
	pair := new(keyPair)
	var err error
	pair.dataKey, err = s.dataKeyOf(f, operation, context, dry, func() ([]byte, error) {
		private, err := newPrivate(string(spec))
		if err != nil {
			return nil, err
		}
		if pair.public, err = x509.MarshalPKIXPublicKey(private.Public()); err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(private)
	})
	return pair, err
}

func (s *Fake) generateDataKeyPair(call *fakeaws.Call, in *awskms.GenerateDataKeyPairInput) (*fakeaws.Plan[*awskms.GenerateDataKeyPairOutput], error) {
	if in.Recipient != nil {
		return nil, notImplemented("Recipient")
	}
	f := s.find(call, s.keyPairUse(in.KeyId, "kms:GenerateDataKeyPair", in.KeyPairSpec, in.EncryptionContext))
	return planOn(f, func() (*awskms.GenerateDataKeyPairOutput, error) {
		p, err := s.keyPairOf(f, "GenerateDataKeyPair", in.KeyPairSpec, in.EncryptionContext, in.DryRun)
		if err != nil {
			return nil, err
		}
		return &awskms.GenerateDataKeyPairOutput{
			KeyId: &f.ARN, KeyPairSpec: in.KeyPairSpec, PublicKey: p.public, PrivateKeyPlaintext: p.plaintext, PrivateKeyCiphertextBlob: p.sealed, KeyMaterialId: &p.material,
		}, nil
	}), nil
}

func (s *Fake) generateDataKeyPairWithoutPlaintext(call *fakeaws.Call, in *awskms.GenerateDataKeyPairWithoutPlaintextInput) (*fakeaws.Plan[*awskms.GenerateDataKeyPairWithoutPlaintextOutput], error) {
	f := s.find(call, s.keyPairUse(in.KeyId, "kms:GenerateDataKeyPairWithoutPlaintext", in.KeyPairSpec, in.EncryptionContext))
	return planOn(f, func() (*awskms.GenerateDataKeyPairWithoutPlaintextOutput, error) {
		p, err := s.keyPairOf(f, "GenerateDataKeyPairWithoutPlaintext", in.KeyPairSpec, in.EncryptionContext, in.DryRun)
		if err != nil {
			return nil, err
		}
		return &awskms.GenerateDataKeyPairWithoutPlaintextOutput{
			KeyId: &f.ARN, KeyPairSpec: in.KeyPairSpec, PublicKey: p.public, PrivateKeyCiphertextBlob: p.sealed, KeyMaterialId: &p.material,
		}, nil
	}), nil
}

// generateRandom makes random bytes, for which no key is needed.
func (s *Fake) generateRandom(call *fakeaws.Call, in *awskms.GenerateRandomInput) (*fakeaws.Plan[*awskms.GenerateRandomOutput], error) {
	if in.Recipient != nil || in.CustomKeyStoreId != nil {
		return nil, notImplemented("Recipient and CustomKeyStoreId")
	}
	n := aws.ToInt32(in.NumberOfBytes)
	if in.NumberOfBytes == nil {
		return nil, invalid(textOneSize)
	}
	return &fakeaws.Plan[*awskms.GenerateRandomOutput]{Needs: []fakeaws.Need{account(call, "kms:GenerateRandom")}, Do: func() (*awskms.GenerateRandomOutput, error) {
		return &awskms.GenerateRandomOutput{Plaintext: s.random(int(n))}, nil
	}}, nil
}
