package sigv4

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
)

// SigV4A signs with a private key of the curve P-256 that is derived from the
// secret, so that a service needs the public half only. Its scope has no region:
// X-Amz-Region-Set lists the regions in which the request is good.

// asymmetric reports whether the signature is SigV4A's.
func (s *Signature) asymmetric() bool { return s.algorithm == algorithmECDSA }

// Covers reports whether the signature is good in a region: the one of its scope,
// or for SigV4A one of its region set, where * stands for any characters. A signature of
// Version 2 is good in all regions that take it.
func (s *Signature) Covers(region string) bool {
	if s.Version2() {
		return slices.Contains(regionsOfVersion2, region)
	}
	if !s.asymmetric() {
		return s.Region == region
	}
	for one := range strings.SplitSeq(s.RegionSet, ",") {
		if matchRegion(strings.TrimSpace(one), region) {
			return true
		}
	}
	return false
}

// matchRegion matches a region with an entry of a region set: "us-east-1",
// "us-*" or "*".
func matchRegion(pattern, region string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == region
	}
	rest, ok := strings.CutPrefix(region, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if ok {
			_, rest, ok = strings.Cut(rest, part)
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}

// setRegions takes the region set, which must be signed because the string to
// sign does not have it. A set of one region is the region of the request.
func (s *Signature) setRegions(set string) error {
	if set == "" || !s.Presigned && !s.signs("x-amz-region-set") {
		return s.missingRegions()
	}
	if len(set) > maxRegionSet {
		return s.missingRegions()
	}
	s.RegionSet = set
	if !strings.ContainsAny(set, ",*") {
		s.Region = strings.TrimSpace(set)
	}
	return nil
}

// maxRegionSet bounds a region set, because its wildcards are tried one by one.
// It has room for all regions there are. Unverified: AWS's own limit.
const maxRegionSet = 1024

// maxDigits is the longest hexadecimal signature: two numbers of 33 bytes, each
// with two bytes before it, and two bytes before both.
const maxDigits = 144

// orderMinusTwo is two less than the order of P-256.
var orderMinusTwo = new(big.Int).Sub(elliptic.P256().Params().N, big.NewInt(2))

// publicKey derives the key pair of an access key and returns its public half.
// The private key is the output of a KDF in counter mode (NIST SP 800-108) over
// the algorithm, the access key id and a counter, plus one; the counter goes up
// until the output is in range, which but for one secret in 2^32 it is at once.
func publicKey(accessKeyID, secret string) *ecdsa.PublicKey {
	h := hmac.New(sha256.New, []byte("AWS4A"+secret))
	for counter := byte(1); ; counter++ {
		h.Reset()
		h.Write([]byte{0, 0, 0, 1})
		h.Write([]byte(algorithmECDSA))
		h.Write([]byte{0})
		h.Write([]byte(accessKeyID))
		h.Write([]byte{counter, 0, 0, 1, 0})
		d := new(big.Int).SetBytes(h.Sum(nil))
		if d.Cmp(orderMinusTwo) > 0 {
			continue
		}
		d.Add(d, big.NewInt(1))
		if private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32))); err == nil {
			return &private.PublicKey
		}
	}
}

// signedByPublic verifies a hexadecimal ECDSA signature of the string to sign.
func (c *scratch) signedByPublic(key *ecdsa.PublicKey, signature string) bool {
	if len(signature) > maxDigits || !isLowerHex(signature) {
		return false
	}
	der, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(c.toSign[sha256.BlockSize:])
	return ecdsa.VerifyASN1(key, sum[:], der)
}

// isLowerHex insists on the digits that AWS's signers write, so that a signature
// has one form.
func isLowerHex(v string) bool {
	for i := range len(v) {
		if !isHex(v[i]) || 'A' <= v[i] && v[i] <= 'F' {
			return false
		}
	}
	return true
}
