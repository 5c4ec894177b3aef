package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	sums "github.com/leastpriv/leastpriv/internal/checksum"
)

// A checksum is one that S3 keeps with an object: the algorithm and the value
// in base64, big-endian.
type checksum struct {
	algorithm types.ChecksumAlgorithm
	value     string
	// composite says that it is made of the checksums of the parts.
	composite bool
}

// defaultChecksum is what S3 computes for an object that came without one.
const defaultChecksum = types.ChecksumAlgorithmCrc64nvme

// newHash returns the hash of an algorithm, or nil of one that S3 does not know.
func newHash(a types.ChecksumAlgorithm) hash.Hash { return sums.New(string(a)) }

// checksumHeader is the name under which a checksum is sent.
func checksumHeader(a types.ChecksumAlgorithm) string { return sums.Header(string(a)) }

// checksumOfHeader is the algorithm of the checksum that a header has.
func checksumOfHeader(name string) types.ChecksumAlgorithm {
	return types.ChecksumAlgorithm(sums.OfHeader(name))
}

const textManyChecksums = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."

// claim picks the one checksum that a request states in a header. selected is
// the algorithm that it announces, which must be the same.
func claim(selected types.ChecksumAlgorithm, headers checksumValues) (checksum, error) {
	var c checksum
	for _, a := range selected.Values() {
		value := *headers.member(a)
		switch {
		case value == nil:
			continue
		case c.algorithm != "":
			return c, errInvalidRequest.withText(textManyChecksums)
		}
		c = checksum{algorithm: a, value: *value}
	}
	algorithm := cmp.Or(c.algorithm, selected)
	if algorithm == "" {
		return c, nil
	}
	if selected != "" && selected != algorithm {
		return c, errInvalidRequest.withText("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	h := newHash(algorithm)
	if h == nil {
		return c, errInvalidRequest.withText("Value for x-amz-sdk-checksum-algorithm header is invalid.")
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
		return errInvalidRequest.withText("Value for " + checksumHeader(c.algorithm) + " header is invalid.")
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
		return badMD5(hex.EncodeToString(want), sum[:])
	}
	return nil
}

// badMD5 refuses a body with another digest. The expected one is printed in hexadecimal or,
// by UploadPart, as it was sent.
func badMD5(want string, got []byte) error {
	return errBadDigest.of("ExpectedDigest", want, "CalculatedDigest", base64.StdEncoding.EncodeToString(got))
}

// A summing is a checksum in the making.
type summing struct {
	hash.Hash
	algorithm types.ChecksumAlgorithm
}

// checksum is that of what was written.
func (s *summing) checksum() checksum {
	var sum [sha512.Size]byte
	return checksum{algorithm: s.algorithm, value: base64.StdEncoding.EncodeToString(s.Sum(sum[:0]))}
}

// digests are the hashes of a body, taken while it passes.
type digests struct {
	md5      hash.Hash
	summing           // the checksum that S3 keeps
	verified *summing // the one that the request states, if it is another
	limit    int64    // the most bytes of the body; 0: those of an object
	probe    [1]byte
	// Where the MD5 is computed beside the others, pieces takes what is written, which must
	// not change until wait, and done is closed after the last piece.
	pieces chan []byte
	done   chan struct{}
}

func newDigests(a types.ChecksumAlgorithm) *digests {
	return &digests{md5: md5.New(), summing: summing{newHash(a), a}}
}

// everyDigest is the digests as the one writer of all.
type everyDigest struct{ *digests }

// Write implements io.Writer.
func (d everyDigest) Write(p []byte) (int, error) {
	d.write(p)
	return len(p), nil
}

// fork begins to compute the MD5 beside the other digests, until wait.
func (d *digests) fork() {
	if d.pieces != nil {
		return
	}
	pieces, done := make(chan []byte, maxTrusted/window), make(chan struct{})
	d.pieces, d.done = pieces, done
	go func() {
		defer close(done)
		for p := range pieces {
			d.md5.Write(p)
		}
	}()
}

// wait waits until all that was written is in the digests.
func (d *digests) wait() {
	if d.pieces != nil {
		close(d.pieces)
		<-d.done
		d.pieces = nil
	}
}

func (d *digests) write(p []byte) {
	if d.pieces != nil {
		d.pieces <- p
	} else {
		d.md5.Write(p)
	}
	d.Write(p)
	if d.verified != nil {
		d.verified.Write(p)
	}
}

// etag is the entity tag of the body, in quotes.
func (d *digests) etag() string {
	var buf [2 + 2*md5.Size]byte
	var sum [md5.Size]byte
	buf[0], buf[len(buf)-1] = '"', '"'
	hex.Encode(buf[1:], d.md5.Sum(sum[:0]))
	return string(buf[:])
}

// checksumOf is the checksum of data that is stored already.
func checksumOf(ctx context.Context, a types.ChecksumAlgorithm, stored data) (checksum, error) {
	sum := summing{newHash(a), a}
	if err := stored.hash(ctx, sum); err != nil {
		return checksum{}, err
	}
	return sum.checksum(), nil
}

// checksumValues are the members of inputs and outputs that carry a checksum.
type checksumValues struct {
	ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME     *string
	ChecksumSHA1, ChecksumSHA256, ChecksumSHA512         *string
	ChecksumMD5                                          *string
	ChecksumXXHASH64, ChecksumXXHASH3, ChecksumXXHASH128 *string
	ChecksumType                                         types.ChecksumType
}

// member is the one of an algorithm; nil for an unknown algorithm.
func (v *checksumValues) member(a types.ChecksumAlgorithm) **string {
	switch a {
	case types.ChecksumAlgorithmCrc32:
		return &v.ChecksumCRC32
	case types.ChecksumAlgorithmCrc32c:
		return &v.ChecksumCRC32C
	case types.ChecksumAlgorithmCrc64nvme:
		return &v.ChecksumCRC64NVME
	case types.ChecksumAlgorithmSha1:
		return &v.ChecksumSHA1
	case types.ChecksumAlgorithmSha256:
		return &v.ChecksumSHA256
	case types.ChecksumAlgorithmSha512:
		return &v.ChecksumSHA512
	case types.ChecksumAlgorithmMd5:
		return &v.ChecksumMD5
	case types.ChecksumAlgorithmXxhash64:
		return &v.ChecksumXXHASH64
	case types.ChecksumAlgorithmXxhash3:
		return &v.ChecksumXXHASH3
	case types.ChecksumAlgorithmXxhash128:
		return &v.ChecksumXXHASH128
	}
	return nil
}

// bare is a checksum without the count of parts that ends a composite one: so do
// GetObjectAttributes and the parts have it.
func (c checksum) bare() *checksum {
	if c.composite {
		c.value, _, _ = strings.Cut(c.value, "-")
	}
	return &c
}

// values is a checksum as outputs have it; some objects have none.
func (c *checksum) values() *checksumValues {
	if c.algorithm == "" {
		return new(checksumValues)
	}
	v := &checksumValues{ChecksumType: types.ChecksumTypeFullObject}
	if c.composite {
		v.ChecksumType = types.ChecksumTypeComposite
	}
	if member := v.member(c.algorithm); member != nil {
		*member = &c.value
	}
	return v
}

// randomETag is the entity tag of data that is not encrypted with SSE-S3.
func (s *Fake) randomETag() string { return `"` + s.world.IDs().Hex(2*md5.Size) + `"` }
