package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const hello = "hello world"

// The checksums of hello, as the usual tools print them.
const (
	helloMD5       = "XrY7u+Ae7tCTyyK7j1rNww=="
	helloCRC32     = "DUoRhQ=="
	helloCRC32C    = "yZRlqg=="
	helloSHA1      = "Kq5sNclPz7QV2+lfQIuc6R7oRu0="
	helloSHA512    = "MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw=="
	helloXXHASH64  = "RatnNLIeaWg="
	helloXXHASH3   = "1Eex6kDmmIs="
	helloXXHASH128 = "340J6T+HSQCpm4d1zBW2xw=="
	helloSHA256    = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="
)

func TestPutObjectVerifies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   awss3.PutObjectInput
		code string
		text string
	}{
		"nothing":        {},
		"MD5":            {in: awss3.PutObjectInput{ContentMD5: ptr(helloMD5)}},
		"CRC32":          {in: awss3.PutObjectInput{ChecksumCRC32: ptr(helloCRC32)}},
		"CRC32C":         {in: awss3.PutObjectInput{ChecksumCRC32C: ptr(helloCRC32C), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c}},
		"SHA1":           {in: awss3.PutObjectInput{ChecksumSHA1: ptr(helloSHA1)}},
		"SHA256":         {in: awss3.PutObjectInput{ChecksumSHA256: ptr(helloSHA256)}},
		"x-amz-…-md5":    {in: awss3.PutObjectInput{ChecksumMD5: ptr(helloMD5)}},
		"MD5 of another": {in: awss3.PutObjectInput{ContentMD5: ptr("1B2M2Y8AsgTpgAmY7PhCfg==")}, code: "BadDigest", text: "The Content-MD5 you specified did not match what we received."},
		"MD5 too short":  {in: awss3.PutObjectInput{ContentMD5: ptr("abcd")}, code: "InvalidDigest", text: "The Content-MD5 you specified was invalid."},
		"CRC32 of another": {in: awss3.PutObjectInput{ChecksumCRC32: ptr("AAAAAA==")}, code: "BadDigest",
			text: "The CRC32 you specified did not match the calculated checksum."},
		"SHA256 of another": {in: awss3.PutObjectInput{ChecksumSHA256: ptr("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")}, code: "BadDigest",
			text: "The SHA256 you specified did not match the calculated checksum."},
		"empty value": {in: awss3.PutObjectInput{ChecksumCRC32: ptr("")}, code: "InvalidRequest", text: "Value for x-amz-checksum-crc32 header is invalid."},
		"wrong size":  {in: awss3.PutObjectInput{ChecksumSHA1: ptr(helloCRC32)}, code: "InvalidRequest", text: "Value for x-amz-checksum-sha1 header is invalid."},
		"two values": {in: awss3.PutObjectInput{ChecksumCRC32: ptr(helloCRC32), ChecksumSHA1: ptr(helloSHA1)}, code: "InvalidRequest",
			text: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."},
		"other algorithm announced": {in: awss3.PutObjectInput{ChecksumCRC32: ptr(helloCRC32), ChecksumAlgorithm: types.ChecksumAlgorithmSha1}, code: "InvalidRequest",
			text: "Value for x-amz-sdk-checksum-algorithm header is invalid."},
		"SHA512":            {in: awss3.PutObjectInput{ChecksumSHA512: ptr(helloSHA512)}},
		"XXHASH64":          {in: awss3.PutObjectInput{ChecksumXXHASH64: ptr(helloXXHASH64)}},
		"XXHASH3":           {in: awss3.PutObjectInput{ChecksumXXHASH3: ptr(helloXXHASH3)}},
		"XXHASH128":         {in: awss3.PutObjectInput{ChecksumXXHASH128: ptr(helloXXHASH128)}},
		"XXHASH of another": {in: awss3.PutObjectInput{ChecksumXXHASH3: ptr("AAAAAAAAAAA=")}, code: "BadDigest", text: "The XXHASH3 you specified did not match the calculated checksum."},
		"unknown algorithm": {in: awss3.PutObjectInput{ChecksumAlgorithm: "CRC16"}, code: "InvalidRequest", text: "Value for x-amz-sdk-checksum-algorithm header is invalid."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			in := c.in
			in.Bucket, in.Key, in.Body = ptr("bucket"), ptr("key"), strings.NewReader(hello)
			out, err := l.PutObject(l.ctx, &in)
			if c.code != "" {
				e := failure(t, err)
				assert.Equal(t, c.code, e.Code)
				if c.text != "" {
					assert.Equal(t, c.text, e.Message)
				}
				_, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key})
				requireCode(t, err, "NoSuchKey", 404)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, *out.ETag)
			assert.Equal(t, types.ServerSideEncryptionAes256, out.ServerSideEncryption)
			assert.Equal(t, types.ChecksumTypeFullObject, out.ChecksumType)
			for _, pair := range [][2]*string{{in.ChecksumCRC32, out.ChecksumCRC32}, {in.ChecksumCRC32C, out.ChecksumCRC32C},
				{in.ChecksumSHA1, out.ChecksumSHA1}, {in.ChecksumSHA256, out.ChecksumSHA256}, {in.ChecksumMD5, out.ChecksumMD5}} {
				assert.Equal(t, pair[0], pair[1])
			}
			assert.Equal(t, hello, l.read(t, "bucket", "key"))
		})
	}
}

func TestDefaultChecksum(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	// The check value of CRC-64/NVME in the catalogue of CRC algorithms.
	out := l.store(t, "bucket", "key", "123456789")
	assert.Equal(t, base64.StdEncoding.EncodeToString([]byte{0xae, 0x8b, 0x14, 0x86, 0x0a, 0x79, 0x98, 0x88}), *out.ChecksumCRC64NVME)
}

// A trailedBody is a body that checksums follow.
type trailedBody struct {
	io.Reader
	trailer []fakeaws.Field
}

func (b trailedBody) Trailer() []fakeaws.Field { return b.trailer }

func TestTrailingChecksum(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		announced types.ChecksumAlgorithm
		trailer   []fakeaws.Field
		want      checksum
		code      string
	}{
		"announced":       {types.ChecksumAlgorithmCrc32, []fakeaws.Field{{Name: "x-amz-checksum-crc32", Value: helloCRC32}}, checksum{algorithm: "CRC32", value: helloCRC32}, ""},
		"not announced":   {"", []fakeaws.Field{{Name: "x-amz-checksum-sha256", Value: helloSHA256}}, checksum{algorithm: "SHA256", value: helloSHA256}, ""},
		"another's":       {"CRC32", []fakeaws.Field{{Name: "x-amz-checksum-crc32", Value: "AAAAAA=="}}, checksum{}, "BadDigest"},
		"malformed":       {"CRC32", []fakeaws.Field{{Name: "x-amz-checksum-crc32", Value: "?"}}, checksum{}, "InvalidRequest"},
		"other announced": {"CRC32", []fakeaws.Field{{Name: "x-amz-checksum-sha1", Value: helloSHA1}}, checksum{}, "InvalidRequest"},
		"nothing at all":  {"", nil, checksum{algorithm: "CRC64NVME", value: "jSnVw/bqjr4="}, ""},
		"no trailer":      {"CRC32", nil, checksum{algorithm: "CRC32", value: helloCRC32}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &bodyClaims{selected: c.announced, trails: true}
			_, _, sum, err := u.read(t.Context(), trailedBody{strings.NewReader(hello), c.trailer}, -1)
			if c.code != "" {
				assert.Equal(t, c.code, failure(t, err).Code)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, sum)
		})
	}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789abcdef"), 3*window/16+7)
	sum := md5.Sum(data)
	for name, r := range map[string]io.Reader{
		"at once":       bytes.NewReader(data),
		"halves":        iotest.HalfReader(bytes.NewReader(data)),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		for _, size := range []int64{-1, 0, 1, int64(len(data)), int64(len(data)) + 100} {
			raw, err := io.ReadAll(r)
			require.NoError(t, err)
			d := newDigests(defaultChecksum)
			got, err := receive(t.Context(), bytes.NewReader(raw), size, d)
			require.NoError(t, err)
			if len(raw) == len(data) {
				assert.True(t, bytes.Equal(data, bytes.Join(got, nil)), "%s, announced %d", name, size)
				assert.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, d.etag())
			}
			r = bytes.NewReader(data)
		}
	}
	t.Run("one allocation for storage", func(t *testing.T) {
		d := newDigests(defaultChecksum)
		got, err := receive(t.Context(), bytes.NewReader(data), int64(len(data)), d)
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, len(data), cap(got[0]))
	})
	t.Run("large, in pieces that fit", func(t *testing.T) {
		large := bytes.Repeat(data, 20)
		got, err := receive(t.Context(), bytes.NewReader(large), int64(len(large)), newDigests(defaultChecksum))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(large, bytes.Join(got, nil)))
		room := 0
		for _, piece := range got {
			room += cap(piece)
		}
		assert.Equal(t, len(large), room)
		assert.Less(t, len(got), 8)
	})
	t.Run("a length is not believed", func(t *testing.T) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := receive(t.Context(), iotest.ErrReader(errBoom), maxObject, newDigests(defaultChecksum))
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, errBoom)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "of 5 GiB that were announced")
	})
	t.Run("errors", func(t *testing.T) {
		_, err := receive(t.Context(), iotest.ErrReader(errBoom), -1, newDigests(defaultChecksum))
		assert.ErrorIs(t, err, errBoom)
		_, err = receive(t.Context(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(io.ErrUnexpectedEOF)), 9, newDigests(defaultChecksum))
		requireCode(t, err, "IncompleteBody", 400)
		_, err = receive(t.Context(), strings.NewReader(""), maxObject+1, newDigests(defaultChecksum))
		e := requireCode(t, err, "EntityTooLarge", 400)
		assert.Equal(t, "5368709120", field(e, "MaxSizeAllowed"))
		assert.Equal(t, "5368709121", field(e, "ProposedSize"))
	})
}

func TestPutObjectIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	for name, c := range map[string]struct {
		in    awss3.PutObjectInput
		code  string
		field [2]string
	}{
		"key":                 {awss3.PutObjectInput{Key: ptr(strings.Repeat("k", 1025))}, "KeyTooLongError", [2]string{"Size", "1025"}},
		"metadata":            {awss3.PutObjectInput{Metadata: map[string]string{"k": strings.Repeat("v", 2048)}}, "MetadataTooLarge", [2]string{"Size", "2049"}},
		"size":                {awss3.PutObjectInput{ContentLength: ptr(int64(maxObject + 1))}, "EntityTooLarge", [2]string{"MaxSizeAllowed", "5368709120"}},
		"storage class":       {awss3.PutObjectInput{StorageClass: "EXPRESS_ONEZONE"}, "InvalidStorageClass", [2]string{"StorageClassRequested", "EXPRESS_ONEZONE"}},
		"SSE":                 {awss3.PutObjectInput{ServerSideEncryption: "ROT13"}, "InvalidArgument", [2]string{}},
		"SSE and KMS key":     {awss3.PutObjectInput{ServerSideEncryption: "AES256", SSEKMSKeyId: ptr("k")}, "InvalidArgument", [2]string{"ArgumentName", "x-amz-server-side-encryption"}},
		"KMS context":         {awss3.PutObjectInput{ServerSideEncryption: "aws:kms", SSEKMSEncryptionContext: ptr("{}")}, "InvalidArgument", [2]string{"ArgumentName", "x-amz-server-side-encryption-context"}},
		"SSE-C without key":   {awss3.PutObjectInput{SSECustomerAlgorithm: ptr("AES256")}, "InvalidArgument", [2]string{"ArgumentName", "x-amz-server-side-encryption"}},
		"append":              {awss3.PutObjectInput{WriteOffsetBytes: ptr(int64(1))}, "NotImplemented", [2]string{"Parameter", "x-amz-write-offset-bytes"}},
		"lock without date":   {awss3.PutObjectInput{ObjectLockMode: types.ObjectLockModeGovernance}, "InvalidArgument", [2]string{}},
		"lock in the past":    {awss3.PutObjectInput{ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: ptr(time.Unix(0, 0))}, "InvalidArgument", [2]string{}},
		"lock mode":           {awss3.PutObjectInput{ObjectLockMode: "LOOSE", ObjectLockRetainUntilDate: ptr(time.Unix(1<<40, 0))}, "InvalidArgument", [2]string{"ArgumentValue", "LOOSE"}},
		"legal hold":          {awss3.PutObjectInput{ObjectLockLegalHoldStatus: "MAYBE"}, "InvalidArgument", [2]string{"ArgumentValue", "MAYBE"}},
		"lock without digest": {awss3.PutObjectInput{ObjectLockLegalHoldStatus: "ON"}, "InvalidRequest", [2]string{}},
		"event hold":          {awss3.PutObjectInput{ObjectLockEventHold: "ON"}, "NotImplemented", [2]string{"Parameter", "x-amz-object-lock-event-hold"}},
		"redirect":            {awss3.PutObjectInput{WebsiteRedirectLocation: ptr("elsewhere")}, "InvalidRedirectLocation", [2]string{}},
		"none but *":          {awss3.PutObjectInput{IfNoneMatch: ptr(`"abc"`)}, "NotImplemented", [2]string{"Header", "If-None-Match"}},
		"eleven tags":         {awss3.PutObjectInput{Tagging: ptr("a=&b=&c=&d=&e=&f=&g=&h=&i=&j=&k=")}, "BadRequest", [2]string{}},
		"tag twice":           {awss3.PutObjectInput{Tagging: ptr("a=1&a=2")}, "InvalidArgument", [2]string{"ArgumentName", "x-amz-tagging"}},
		"algorithm, no value": {awss3.PutObjectInput{ChecksumAlgorithm: types.ChecksumAlgorithmCrc32}, "InvalidRequest", [2]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := c.in
			in.Bucket = ptr("bucket")
			if in.Key == nil {
				in.Key = ptr("key")
			}
			_, err := needsOf(l.fake.putObject(l.ctx, &in))
			e := failure(t, err)
			assert.Equal(t, c.code, e.Code, e.Message)
			assert.Equal(t, c.field[1], field(e, c.field[0]))
		})
	}
	t.Run("ACL, after authorization", func(t *testing.T) {
		t.Parallel()
		in := &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ACL: types.ObjectCannedACLPublicRead}
		needs, err := needsOf(l.fake.putObject(l.ctx, in))
		require.NoError(t, err)
		assert.Len(t, needs, 2)
		_, err = l.PutObject(l.ctx, in)
		e := requireCode(t, err, "AccessControlListNotSupported", 400)
		assert.Equal(t, "The bucket does not allow ACLs", e.Message)
		in.ACL = types.ObjectCannedACLBucketOwnerFullControl
		_, err = l.PutObject(l.ctx, in)
		require.NoError(t, err, "this one is what the bucket does anyway")
	})
}

func TestConditionalWrites(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	put := func(key string, match, none *string) error {
		_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: &key, Body: strings.NewReader(hello), IfMatch: match, IfNoneMatch: none})
		return err
	}
	require.NoError(t, put("new", nil, ptr("*")))
	e := requireCode(t, put("new", nil, ptr("*")), "PreconditionFailed", 412)
	assert.Equal(t, "If-None-Match", field(e, "Condition"))
	require.NoError(t, put("new", ptr(`"5eb63bbbe01eeed093cb22bb8f5acdc3"`), nil))
	require.NoError(t, put("new", ptr("5eb63bbbe01eeed093cb22bb8f5acdc3"), nil), "without quotes")
	e = requireCode(t, put("new", ptr(`"0"`), nil), "PreconditionFailed", 412)
	assert.Equal(t, "If-Match", field(e, "Condition"))
	requireCode(t, put("missing", ptr(`"0"`), nil), "NoSuchKey", 404)
}

func TestContentEncodingOfChunks(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]*string{"aws-chunked": nil, "gzip,aws-chunked": ptr("gzip"), "aws-chunked, gzip": ptr("gzip"), "gzip": ptr("gzip")} {
		assert.Equal(t, want, withoutChunking(&sent), sent)
	}
	assert.Nil(t, withoutChunking(nil))
}
