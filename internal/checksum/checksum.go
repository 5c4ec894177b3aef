// Package checksum has the checksums with which S3 verifies bodies, by the names
// that AWS gives them.
package checksum

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/zeebo/xxh3"
)

// NVME is the polynomial of the NVM Express specification, bit-reversed.
const NVME = 0x9A6C9329AC4BC9B5

// The tables are made when they are first needed: programs that link this package and
// check nothing do not pay for them.
var (
	castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })
	nvme       = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(NVME) })
)

// New returns the hash of an algorithm, "CRC64NVME", or nil of one that S3 does
// not know.
func New(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(castagnoli())
	case "CRC64NVME":
		return crc64.New(nvme())
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	case "SHA512":
		return sha512.New()
	case "MD5":
		return md5.New()
	case "XXHASH64":
		return xxhash.New()
	case "XXHASH3":
		return xxh3.New()
	case "XXHASH128":
		return xxhash128{xxh3.New()}
	}
	return nil
}

// xxhash128 is XXH3 with its 128-bit result.
type xxhash128 struct{ *xxh3.Hasher }

// Size implements hash.Hash.
func (xxhash128) Size() int { return 16 }

// Sum implements hash.Hash: the canonical form is big-endian.
func (h xxhash128) Sum(b []byte) []byte {
	sum := h.Sum128().Bytes()
	return append(b, sum[:]...)
}

// Header is the name under which a checksum is sent.
func Header(algorithm string) string { return "x-amz-checksum-" + strings.ToLower(algorithm) }

// OfHeader is the algorithm of a header in lower case; "" when it has none.
func OfHeader(name string) string {
	algorithm, ok := strings.CutPrefix(name, "x-amz-checksum-")
	if !ok || algorithm == "algorithm" || algorithm == "type" || algorithm == "mode" {
		return ""
	}
	return strings.ToUpper(algorithm)
}
