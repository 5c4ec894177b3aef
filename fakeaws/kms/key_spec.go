package kms

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A spec is what "Key spec reference" of the KMS Developer Guide says of one.
type spec struct {
	usages     []types.KeyUsageType // the first one is the default, if there is one
	chosen     bool                 // the request must name the usage
	encryption []types.EncryptionAlgorithmSpec
	signing    []types.SigningAlgorithmSpec
	mac        []types.MacAlgorithmSpec
}

var (
	rsaSpec = spec{
		usages: []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeSignVerify}, chosen: true,
		encryption: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256},
		signing: []types.SigningAlgorithmSpec{
			types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, types.SigningAlgorithmSpecRsassaPkcs1V15Sha384, types.SigningAlgorithmSpecRsassaPkcs1V15Sha512,
			types.SigningAlgorithmSpecRsassaPssSha256, types.SigningAlgorithmSpecRsassaPssSha384, types.SigningAlgorithmSpecRsassaPssSha512,
		},
	}
	specs = map[types.KeySpec]spec{
		types.KeySpecSymmetricDefault: {
			usages:     []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt},
			encryption: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
		},
		types.KeySpecRsa2048:     rsaSpec,
		types.KeySpecRsa3072:     rsaSpec,
		types.KeySpecRsa4096:     rsaSpec,
		types.KeySpecEccNistP256: eccSpec(types.SigningAlgorithmSpecEcdsaSha256),
		types.KeySpecEccNistP384: eccSpec(types.SigningAlgorithmSpecEcdsaSha384),
		types.KeySpecEccNistP521: eccSpec(types.SigningAlgorithmSpecEcdsaSha512),
		types.KeySpecEccNistEdwards25519: {
			usages: []types.KeyUsageType{types.KeyUsageTypeSignVerify}, chosen: true,
			signing: []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEd25519Sha512, types.SigningAlgorithmSpecEd25519PhSha512},
		},
		types.KeySpecHmac224: hmacSpec(types.MacAlgorithmSpecHmacSha224),
		types.KeySpecHmac256: hmacSpec(types.MacAlgorithmSpecHmacSha256),
		types.KeySpecHmac384: hmacSpec(types.MacAlgorithmSpecHmacSha384),
		types.KeySpecHmac512: hmacSpec(types.MacAlgorithmSpecHmacSha512),
	}
)

func eccSpec(a types.SigningAlgorithmSpec) spec {
	return spec{
		usages: []types.KeyUsageType{types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement}, chosen: true,
		signing: []types.SigningAlgorithmSpec{a},
	}
}

func hmacSpec(a types.MacAlgorithmSpec) spec {
	return spec{usages: []types.KeyUsageType{types.KeyUsageTypeGenerateVerifyMac}, chosen: true, mac: []types.MacAlgorithmSpec{a}}
}

// keySpec checks the spec and the usage that a request asks for. The standard library has
// neither secp256k1 nor SM2, and ML-DSA and ML-KEM are not implemented.
func keySpec(s types.KeySpec, older types.CustomerMasterKeySpec, usage types.KeyUsageType) (types.KeySpec, types.KeyUsageType, error) {
	if s != "" && older != "" {
		return "", "", invalid(textOneSpec)
	}
	if s == "" {
		s = types.KeySpec(older)
	}
	if s == "" {
		s = types.KeySpecSymmetricDefault
	}
	known, ok := specs[s]
	switch {
	case !ok:
		return "", "", notImplemented("KeySpec " + string(s))
	case usage == "" && known.chosen:
		return "", "", invalid(textKeyUsage)
	case usage == "":
		usage = known.usages[0]
	case !slices.Contains(known.usages, usage):
		return "", "", invalid("KeyUsage " + string(usage) + " is not compatible with KeySpec " + string(s))
	}
	return s, usage, nil
}

// usableFor refuses an operation that the usage of a key does not admit. The lock is held.
func usableFor(key *fakeaws.Key, usage types.KeyUsageType, operation string) error {
	if key.Usage != string(usage) {
		return invalidUsage(key.ARN + " key usage is " + key.Usage + " which is not valid for " + operation + ".")
	}
	return nil
}

// compatible refuses an algorithm that is none of a key.
func compatible[A ~string](key *fakeaws.Key, known []A, algorithm A) error {
	if !slices.Contains(known, algorithm) {
		return invalidUsage("Algorithm " + string(algorithm) + " and key spec " + key.Spec + " are incompatible.")
	}
	return nil
}

func isSymmetric(key *fakeaws.Key) bool { return key.Spec == string(types.KeySpecSymmetricDefault) }

// isExternal reports whether the material of a key is imported.
func isExternal(key *fakeaws.Key) bool { return key.Origin == string(types.OriginTypeExternal) }

func isAsymmetric(s string) bool { return strings.HasPrefix(s, "RSA_") || strings.HasPrefix(s, "ECC_") }
