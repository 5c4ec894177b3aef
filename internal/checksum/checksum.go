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
)

// NVME is the polynomial of the NVM Express specification, bit-reversed.
const NVME = 0x9A6C9329AC4BC9B5

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(NVME)
)

// New returns the hash of an algorithm, "CRC64NVME", or nil of one that is not
// implemented.
func New(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(castagnoli)
	case "CRC64NVME":
		return crc64.New(nvme)
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	case "SHA512":
		return sha512.New()
	case "MD5":
		return md5.New()
	}
	return nil
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
