package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// How long the parameters of an import are valid, and how far away the expiration of key
// material may be ("Importing key material").
const (
	importValid = day
	maxValidTo  = 365 * day
	tokenBytes  = 256
)

// An importing is what a key with imported material has beside it.
type importing struct {
	// wrapping is the key of the latest parameters, which the token names.
	wrapping  *rsa.PrivateKey
	algorithm types.AlgorithmSpec
	token     []byte
	until     time.Time
	// imported is the id of the material that was imported first: no other can be.
	imported string
}

func (s *Fake) importOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.getParametersForImport), bind(s.importKeyMaterial), bind(s.deleteImportedKeyMaterial)}
}

var wrappingBits = map[types.WrappingKeySpec]int{
	types.WrappingKeySpecRsa2048: 2048, types.WrappingKeySpecRsa3072: 3072, types.WrappingKeySpecRsa4096: 4096,
}

// getParametersForImport makes a wrapping key and a token for one import.
func (s *Fake) getParametersForImport(call *fakeaws.Call, in *awskms.GetParametersForImportInput) (*fakeaws.Plan[*awskms.GetParametersForImportOutput], error) {
	bits, ok := wrappingBits[in.WrappingKeySpec]
	if !ok {
		return nil, notImplemented("WrappingKeySpec " + string(in.WrappingKeySpec))
	}
	f := s.find(call, &use{id: in.KeyId, action: "kms:GetParametersForImport", noAlias: true, set: func(c *enforce.Context) {
		c.Set("kms:WrappingAlgorithm", string(in.WrappingAlgorithm))
		c.Set("kms:WrappingKeySpec", string(in.WrappingKeySpec))
	}})
	return planOn(f, func() (*awskms.GetParametersForImportOutput, error) {
		if err := s.importable(f.Key); err != nil {
			return nil, err
		}
		wrapping, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			return nil, err
		}
		public, err := x509.MarshalPKIXPublicKey(&wrapping.PublicKey)
		if err != nil {
			return nil, err
		}
		now, token := s.now(), s.random(tokenBytes)
		until := now.Add(importValid).Truncate(time.Second)
		s.keys().Lock()
		defer s.keys().Unlock()
		if err := s.still(f.Key, now); err != nil {
			return nil, err
		}
		s.recordOf(f.Key, now)
		r := *f.Material.(*record)
		r.wrapping, r.algorithm, r.token, r.until = wrapping, in.WrappingAlgorithm, token, until
		f.Material = &r
		return &awskms.GetParametersForImportOutput{KeyId: &f.ARN, ImportToken: token, PublicKey: public, ParametersValidTo: &until}, nil
	}), nil
}

func (s *Fake) importable(key *fakeaws.Key) error {
	now := s.now()
	s.keys().Lock()
	defer s.keys().Unlock()
	if err := s.still(key, now); err != nil {
		return err
	}
	return imported.admit(key)
}

// importKeyMaterial unwraps key material, and enables the key.
func (s *Fake) importKeyMaterial(call *fakeaws.Call, in *awskms.ImportKeyMaterialInput) (*fakeaws.Plan[*awskms.ImportKeyMaterialOutput], error) {
	if in.ImportType == types.ImportTypeNewKeyMaterial {
		return nil, notImplemented("ImportType " + string(in.ImportType))
	}
	model := in.ExpirationModel
	if model == "" {
		model = types.ExpirationModelTypeKeyMaterialExpires
	}
	if (model == types.ExpirationModelTypeKeyMaterialExpires) != (in.ValidTo != nil) {
		return nil, invalid(textValidTo)
	}
	u := &use{id: in.KeyId, action: "kms:ImportKeyMaterial", set: func(c *enforce.Context) {
		c.Set("kms:ExpirationModel", string(model))
		if in.ValidTo != nil {
			c.SetTime("kms:ValidTo", *in.ValidTo)
		}
	}}
	return changeKey(s, call, u, imported, func(key *fakeaws.Key, now time.Time) (*awskms.ImportKeyMaterialOutput, error) {
		if in.ValidTo != nil && (!in.ValidTo.After(now) || in.ValidTo.After(now.Add(maxValidTo))) {
			return nil, invalid(textValidTo)
		}
		id, err := s.importInto(key, in, now)
		if err != nil {
			return nil, err
		}
		key.State, key.ExpiresAt = string(types.KeyStateEnabled), aws.ToTime(in.ValidTo)
		return &awskms.ImportKeyMaterialOutput{KeyId: &key.ARN, KeyMaterialId: sent(id)}, nil
	})
}

// importInto gives a key the material of a request. The lock is held.
func (s *Fake) importInto(key *fakeaws.Key, in *awskms.ImportKeyMaterialInput, now time.Time) (string, error) {
	s.recordOf(key, now)
	r := *key.Material.(*record)
	switch {
	case r.wrapping == nil, subtle.ConstantTimeCompare(r.token, in.ImportToken) != 1:
		return "", &types.InvalidImportTokenException{Message: aws.String(textTokenInvalid)}
	case !now.Before(r.until):
		return "", &types.ExpiredImportTokenException{Message: aws.String(textTokenExpired)}
	}
	secret, err := unwrap(r.wrapping, r.algorithm, in.EncryptedKeyMaterial)
	if err != nil {
		return "", invalidCiphertext()
	}
	v := s.newVersion(key, secretOf(key, secret))
	if isAsymmetric(key.Spec) {
		v = s.newVersionOf(key, secret)
		if r.private, err = parsePrivate(key.Spec, secret); err != nil {
			return "", invalidCiphertext()
		}
	} else if len(secret) != secretSize(key.Spec) {
		return "", invalidCiphertext()
	}
	wanted := r.imported
	if first, _ := primaryOf(key).Material.(*record); wanted == "" && first != nil {
		wanted = first.imported
	}
	if wanted != "" && wanted != v.id {
		return "", &types.IncorrectKeyMaterialException{Message: aws.String(textMaterial)}
	}
	r.imported = v.id
	if !isAsymmetric(key.Spec) {
		r.versions = []version{v}
	}
	key.Material = &r
	return v.id, nil
}

// secretOf is material of the size that the key needs, for one that has another: it is
// refused after that.
func secretOf(key *fakeaws.Key, secret []byte) []byte {
	if len(secret) != secretSize(key.Spec) {
		return make([]byte, secretSize(key.Spec))
	}
	return secret
}

// newVersionOf names the material of an asymmetric key.
func (s *Fake) newVersionOf(key *fakeaws.Key, der []byte) version {
	h := crypto.SHA256.New()
	h.Write(der)
	return s.newVersion(&fakeaws.Key{ID: key.ID, KeyAttributes: fakeaws.KeyAttributes{Spec: string(types.KeySpecHmac256)}}, h.Sum(nil))
}

// parsePrivate reads the PKCS #8 of an asymmetric key, which must be of its spec.
func parsePrivate(keySpec string, der []byte) (crypto.Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(crypto.Signer)
	if !ok || specOf(private) != keySpec {
		return nil, invalidCiphertext()
	}
	return private, nil
}

// deleteImportedKeyMaterial leaves a key without material, which can be imported again.
func (s *Fake) deleteImportedKeyMaterial(call *fakeaws.Call, in *awskms.DeleteImportedKeyMaterialInput) (*fakeaws.Plan[*awskms.DeleteImportedKeyMaterialOutput], error) {
	u := &use{id: in.KeyId, action: "kms:DeleteImportedKeyMaterial"}
	return changeKey(s, call, u, material, func(key *fakeaws.Key, now time.Time) (*awskms.DeleteImportedKeyMaterialOutput, error) {
		s.recordOf(key, now)
		r := key.Material.(*record)
		key.Material = r.without()
		key.ExpiresAt = time.Time{}
		if pendingDeletion(key) == nil {
			key.State = string(types.KeyStatePendingImport)
		}
		return &awskms.DeleteImportedKeyMaterialOutput{KeyId: &key.ARN, KeyMaterialId: sent(r.imported)}, nil
	})
}

// without returns the record without key material.
func (r *record) without() *record {
	empty := *r
	empty.versions, empty.private = nil, nil
	return &empty
}
