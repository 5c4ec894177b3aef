package s3

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A checksum is one that S3 keeps with an object: the algorithm and the value
// in base64. Big-endian, over the whole object.
type checksum struct {
	algorithm types.ChecksumAlgorithm
	value     string
}

// defaultChecksum is what S3 computes for an object that came without one.
const defaultChecksum = types.ChecksumAlgorithmCrc64nvme

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// nvme is the polynomial of the NVM Express specification, bit-reversed.
	nvme = crc64.MakeTable(0x9A6C9329AC4BC9B5)
)

// newHash returns the hash of an algorithm, or nil of one that is not implemented.
func newHash(a types.ChecksumAlgorithm) hash.Hash {
	switch a {
	case types.ChecksumAlgorithmCrc32:
		return crc32.NewIEEE()
	case types.ChecksumAlgorithmCrc32c:
		return crc32.New(castagnoli)
	case types.ChecksumAlgorithmCrc64nvme:
		return crc64.New(nvme)
	case types.ChecksumAlgorithmSha1:
		return sha1.New()
	case types.ChecksumAlgorithmSha256:
		return sha256.New()
	case types.ChecksumAlgorithmSha512:
		return sha512.New()
	case types.ChecksumAlgorithmMd5:
		return md5.New()
	}
	return nil
}

// checksumHeader is the name under which a checksum is sent.
func checksumHeader(a types.ChecksumAlgorithm) string {
	return "x-amz-checksum-" + strings.ToLower(string(a))
}

// A claimed checksum is one that a request states for its body.
type claimed struct {
	algorithm types.ChecksumAlgorithm
	value     *string
}

// claim picks the one checksum that a request states in a header. selected is
// the algorithm that it announces, which must be the same.
func claim(selected types.ChecksumAlgorithm, headers ...claimed) (checksum, error) {
	var c checksum
	for _, h := range headers {
		switch {
		case h.value == nil:
			continue
		case c.algorithm != "":
			return c, errInvalidRequest.says("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		c = checksum{h.algorithm, *h.value}
	}
	algorithm := c.algorithm
	if algorithm == "" {
		algorithm = selected
	}
	if algorithm == "" {
		return c, nil
	}
	if selected != "" && selected != algorithm {
		return c, errInvalidRequest.says("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	h := newHash(algorithm)
	if h == nil {
		return c, notImplemented(checksumHeader(algorithm))
	}
	if c.algorithm != "" {
		return c, c.check(h.Size())
	}
	return c, nil
}

// check refuses a value that no hash of that size can have.
func (c checksum) check(size int) error {
	raw, err := base64.StdEncoding.DecodeString(c.value)
	if err != nil || len(raw) != size {
		return errInvalidRequest.says("Value for " + checksumHeader(c.algorithm) + " header is invalid.")
	}
	return nil
}

// contentMD5 decodes the Content-MD5 header.
func contentMD5(header *string) ([]byte, error) {
	if header == nil {
		return nil, nil
	}
	raw, err := base64.StdEncoding.DecodeString(*header)
	if err != nil || len(raw) != md5.Size {
		return nil, errInvalidDigest.of("Content-MD5", *header)
	}
	return raw, nil
}

// checkMD5 compares text with the Content-MD5 header that came with it.
func checkMD5(header *string, text string) error {
	want, err := contentMD5(header)
	if err != nil || want == nil {
		return err
	}
	if sum := md5.Sum([]byte(text)); !bytes.Equal(want, sum[:]) {
		return badMD5(want, sum[:])
	}
	return nil
}

func badMD5(want, got []byte) error {
	return errBadDigest.of("ExpectedDigest", hex.EncodeToString(want), "CalculatedDigest", base64.StdEncoding.EncodeToString(got))
}

// digests are the hashes of a body, taken while it passes.
type digests struct {
	md5       hash.Hash
	extra     hash.Hash // the checksum that S3 keeps
	algorithm types.ChecksumAlgorithm
	probe     [1]byte
}

func newDigests(a types.ChecksumAlgorithm) *digests {
	return &digests{md5: md5.New(), extra: newHash(a), algorithm: a}
}

func (d *digests) write(p []byte) {
	d.md5.Write(p)
	d.extra.Write(p)
}

// etag is the entity tag of the body, in quotes.
func (d *digests) etag() string {
	var buf [2 + 2*md5.Size]byte
	var sum [md5.Size]byte
	buf[0], buf[len(buf)-1] = '"', '"'
	hex.Encode(buf[1:], d.md5.Sum(sum[:0]))
	return string(buf[:])
}

// checksum is the additional checksum of the body.
func (d *digests) checksum() checksum {
	var sum [sha512.Size]byte
	return checksum{d.algorithm, base64.StdEncoding.EncodeToString(d.extra.Sum(sum[:0]))}
}

// checksumOf is the checksum of data that is stored already.
func checksumOf(a types.ChecksumAlgorithm, data []byte) checksum {
	d := digests{extra: newHash(a), algorithm: a}
	d.extra.Write(data)
	return d.checksum()
}

// checksumFields are the members of an output that carry a checksum.
type checksumFields struct {
	crc32, crc32c, crc64nvme, sha1, sha256, sha512, md5 **string
	kind                                                *types.ChecksumType
}

// put sets the member of the algorithm.
func (c *checksum) put(f checksumFields) {
	var member **string
	switch c.algorithm {
	case types.ChecksumAlgorithmCrc32:
		member = f.crc32
	case types.ChecksumAlgorithmCrc32c:
		member = f.crc32c
	case types.ChecksumAlgorithmCrc64nvme:
		member = f.crc64nvme
	case types.ChecksumAlgorithmSha1:
		member = f.sha1
	case types.ChecksumAlgorithmSha256:
		member = f.sha256
	case types.ChecksumAlgorithmSha512:
		member = f.sha512
	case types.ChecksumAlgorithmMd5:
		member = f.md5
	default:
		return
	}
	*member = &c.value
	*f.kind = types.ChecksumTypeFullObject
}
