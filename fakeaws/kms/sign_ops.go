package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the algorithms
	_ "crypto/sha512"
	"crypto/x509"
	"strings"

	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) signOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.sign), bind(s.verify), bind(s.getPublicKey)}
}

// A message is what is signed, and how.
type message struct {
	algorithm types.SigningAlgorithmSpec
	kind      types.MessageType
	data      []byte
}

func messageOf(data []byte, kind types.MessageType, algorithm types.SigningAlgorithmSpec) *message {
	if kind == "" {
		kind = types.MessageTypeRaw
	}
	return &message{algorithm, kind, data}
}

func (m *message) use(id *string, action string) *use {
	return &use{id: id, action: action, set: func(c *enforce.Context) {
		c.Set("kms:SigningAlgorithm", string(m.algorithm))
		c.Set("kms:MessageType", string(m.kind))
	}}
}

// hash is the hash function of an algorithm.
func (m *message) hash() crypto.Hash {
	switch a := string(m.algorithm); {
	case strings.HasSuffix(a, "SHA_256"):
		return crypto.SHA256
	case strings.HasSuffix(a, "SHA_384"):
		return crypto.SHA384
	}
	return crypto.SHA512
}

// digest is what the algorithm signs: the hash of the message or, for ED25519_SHA_512, the
// message itself.
func (m *message) digest() ([]byte, error) {
	h := m.hash()
	if m.algorithm == types.SigningAlgorithmSpecEd25519Sha512 {
		if m.kind != types.MessageTypeRaw {
			return nil, invalid(textDigest + string(m.algorithm) + ".")
		}
		return m.data, nil
	}
	switch m.kind {
	case types.MessageTypeExternalMu:
		return nil, invalid(textDigest + string(m.algorithm) + ".")
	case types.MessageTypeDigest:
		if len(m.data) != h.Size() {
			return nil, invalid(textDigest + string(m.algorithm) + ".")
		}
		if m.algorithm != types.SigningAlgorithmSpecEd25519PhSha512 {
			return m.data, nil
		}
	case types.MessageTypeRaw:
		if m.algorithm == types.SigningAlgorithmSpecEd25519PhSha512 {
			return nil, invalid(textDigest + string(m.algorithm) + ".")
		}
	}
	// What is given to ED25519_PH_SHA_512 is hashed again ("Sign" of the API reference).
	sum := h.New()
	sum.Write(m.data)
	return sum.Sum(nil), nil
}

// options are how crypto.Signer signs by the algorithm.
func (m *message) options() crypto.SignerOpts {
	switch {
	case m.algorithm == types.SigningAlgorithmSpecEd25519Sha512:
		return crypto.Hash(0)
	case strings.HasPrefix(string(m.algorithm), "RSASSA_PSS"):
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: m.hash()}
	}
	return m.hash()
}

// take returns the private key, and the digest that it signs.
func (m *message) take(s *Fake, key *fakeaws.Key, operation string, dry *bool) (crypto.Signer, []byte, error) {
	r, err := s.take(key, types.KeyUsageTypeSignVerify, operation)
	if err != nil {
		return nil, nil, err
	}
	if err := compatible(key, specs[types.KeySpec(key.Spec)].signing, m.algorithm); err != nil {
		return nil, nil, err
	}
	digest, err := m.digest()
	if err != nil {
		return nil, nil, err
	}
	return r.private, digest, dryRun(dry)
}

func (s *Fake) sign(call *fakeaws.Call, in *awskms.SignInput) (*fakeaws.Plan[*awskms.SignOutput], error) {
	m := messageOf(in.Message, in.MessageType, in.SigningAlgorithm)
	f := s.find(call, m.use(in.KeyId, "kms:Sign"))
	return planOn(f, func() (*awskms.SignOutput, error) {
		private, digest, err := m.take(s, f.Key, "Sign", in.DryRun)
		if err != nil {
			return nil, err
		}
		signature, err := private.Sign(rand.Reader, digest, m.options())
		if err != nil {
			return nil, err
		}
		return &awskms.SignOutput{KeyId: &f.ARN, Signature: signature, SigningAlgorithm: m.algorithm}, nil
	}), nil
}

func (s *Fake) verify(call *fakeaws.Call, in *awskms.VerifyInput) (*fakeaws.Plan[*awskms.VerifyOutput], error) {
	m := messageOf(in.Message, in.MessageType, in.SigningAlgorithm)
	f := s.find(call, m.use(in.KeyId, "kms:Verify"))
	return planOn(f, func() (*awskms.VerifyOutput, error) {
		private, digest, err := m.take(s, f.Key, "Verify", in.DryRun)
		if err != nil {
			return nil, err
		}
		if !m.verifies(private.Public(), digest, in.Signature) {
			return nil, &types.KMSInvalidSignatureException{}
		}
		return &awskms.VerifyOutput{KeyId: &f.ARN, SignatureValid: true, SigningAlgorithm: m.algorithm}, nil
	}), nil
}

func (m *message) verifies(public crypto.PublicKey, digest, signature []byte) bool {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if pss, ok := m.options().(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(public, pss.Hash, digest, signature, pss) == nil
		}
		return rsa.VerifyPKCS1v15(public, m.hash(), digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, digest, signature)
	case ed25519.PublicKey:
		options := &ed25519.Options{Hash: m.options().HashFunc()}
		return ed25519.VerifyWithOptions(public, digest, signature, options) == nil
	}
	return false
}

// getPublicKey gives the public key of an asymmetric key away.
func (s *Fake) getPublicKey(call *fakeaws.Call, in *awskms.GetPublicKeyInput) (*fakeaws.Plan[*awskms.GetPublicKeyOutput], error) {
	f := s.find(call, &use{id: in.KeyId, action: "kms:GetPublicKey"})
	return planOn(f, func() (*awskms.GetPublicKeyOutput, error) {
		if !isAsymmetric(f.Spec) {
			return nil, unsupported(f.ARN + " key spec is " + f.Spec + " which is not valid for GetPublicKey.")
		}
		r, err := s.take(f.Key, types.KeyUsageType(f.Usage), "GetPublicKey")
		if err != nil {
			return nil, err
		}
		public, err := x509.MarshalPKIXPublicKey(r.private.Public())
		if err != nil {
			return nil, err
		}
		s.keys().Lock()
		defer s.keys().Unlock()
		m := s.metadata(f.Key, s.now())
		return &awskms.GetPublicKeyOutput{
			KeyId: &f.ARN, PublicKey: public, KeySpec: m.KeySpec, KeyUsage: m.KeyUsage, CustomerMasterKeySpec: m.CustomerMasterKeySpec, //nolint:staticcheck // AWS answers it
			SigningAlgorithms: m.SigningAlgorithms, EncryptionAlgorithms: m.EncryptionAlgorithms, KeyAgreementAlgorithms: m.KeyAgreementAlgorithms,
		}, nil
	}), nil
}
