package kms

import (
	"crypto/ecdsa"
	"crypto/x509"

	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) agreementOps() []fakeaws.Op { return []fakeaws.Op{bind(s.deriveSharedSecret)} }

// deriveSharedSecret makes the secret of ECDH of the key and another's public key.
func (s *Fake) deriveSharedSecret(call *fakeaws.Call, in *awskms.DeriveSharedSecretInput) (*fakeaws.Plan[*awskms.DeriveSharedSecretOutput], error) {
	if in.Recipient != nil {
		return nil, notImplemented("Recipient")
	}
	f := s.find(call, &use{id: in.KeyId, action: "kms:DeriveSharedSecret", set: func(c *enforce.Context) {
		c.Set("kms:KeyAgreementAlgorithm", string(in.KeyAgreementAlgorithm))
	}})
	return planOn(f, func() (*awskms.DeriveSharedSecretOutput, error) {
		r, err := s.take(f.Key, types.KeyUsageTypeKeyAgreement, "DeriveSharedSecret")
		if err != nil {
			return nil, err
		}
		secret, err := r.agree(in.PublicKey)
		if err != nil {
			return nil, err
		}
		if err := dryRun(in.DryRun); err != nil {
			return nil, err
		}
		return &awskms.DeriveSharedSecretOutput{KeyId: &f.ARN, SharedSecret: secret, KeyAgreementAlgorithm: in.KeyAgreementAlgorithm, KeyOrigin: types.OriginType(f.Origin)}, nil
	}), nil
}

func (r *record) agree(public []byte) ([]byte, error) {
	parsed, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return nil, invalid(textPublicKey)
	}
	other, ok := parsed.(*ecdsa.PublicKey)
	own, ours := r.private.(*ecdsa.PrivateKey)
	if !ok || !ours || other.Curve != own.Curve {
		return nil, invalid(textPublicKey)
	}
	private, err := own.ECDH()
	if err != nil {
		return nil, err
	}
	theirs, err := other.ECDH()
	if err != nil {
		return nil, invalid(textPublicKey)
	}
	return private.ECDH(theirs)
}
