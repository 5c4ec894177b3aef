package kms

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) macOps() []fakeaws.Op { return []fakeaws.Op{bind(s.generateMac), bind(s.verifyMac)} }

var macHashes = map[types.MacAlgorithmSpec]func() hash.Hash{
	types.MacAlgorithmSpecHmacSha224: sha256.New224,
	types.MacAlgorithmSpecHmacSha256: sha256.New,
	types.MacAlgorithmSpecHmacSha384: sha512.New384,
	types.MacAlgorithmSpecHmacSha512: sha512.New,
}

func macUse(id *string, action string, a types.MacAlgorithmSpec) *use {
	return &use{id: id, action: action, set: func(c *enforce.Context) { c.Set("kms:MacAlgorithm", string(a)) }}
}

func (s *Fake) mac(key *fakeaws.Key, operation string, a types.MacAlgorithmSpec, message []byte, dry *bool) ([]byte, error) {
	r, err := s.take(key, types.KeyUsageTypeGenerateVerifyMac, operation)
	if err != nil {
		return nil, err
	}
	if err := compatible(key, specs[types.KeySpec(key.Spec)].mac, a); err != nil {
		return nil, err
	}
	if err := dryRun(dry); err != nil {
		return nil, err
	}
	sum := hmac.New(macHashes[a], r.current().secret)
	sum.Write(message)
	return sum.Sum(nil), nil
}

func (s *Fake) generateMac(call *fakeaws.Call, in *awskms.GenerateMacInput) (*fakeaws.Plan[*awskms.GenerateMacOutput], error) {
	f := s.find(call, macUse(in.KeyId, "kms:GenerateMac", in.MacAlgorithm))
	return planOn(f, func() (*awskms.GenerateMacOutput, error) {
		mac, err := s.mac(f.Key, "GenerateMac", in.MacAlgorithm, in.Message, in.DryRun)
		if err != nil {
			return nil, err
		}
		return &awskms.GenerateMacOutput{KeyId: &f.ARN, Mac: mac, MacAlgorithm: in.MacAlgorithm}, nil
	}), nil
}

func (s *Fake) verifyMac(call *fakeaws.Call, in *awskms.VerifyMacInput) (*fakeaws.Plan[*awskms.VerifyMacOutput], error) {
	f := s.find(call, macUse(in.KeyId, "kms:VerifyMac", in.MacAlgorithm))
	return planOn(f, func() (*awskms.VerifyMacOutput, error) {
		mac, err := s.mac(f.Key, "VerifyMac", in.MacAlgorithm, in.Message, in.DryRun)
		if err != nil {
			return nil, err
		}
		if !hmac.Equal(mac, in.Mac) {
			return nil, &types.KMSInvalidMacException{}
		}
		return &awskms.VerifyMacOutput{KeyId: &f.ARN, MacValid: true, MacAlgorithm: in.MacAlgorithm}, nil
	}), nil
}
