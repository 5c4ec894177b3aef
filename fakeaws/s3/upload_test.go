package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// big is the data of a part that is not the last one.
func big(letter string) string { return strings.Repeat(letter, minPart) }

func (l *lab) begin(t testing.TB, in awss3.CreateMultipartUploadInput) *string {
	t.Helper()
	in.Bucket, in.Key = ptr("bucket"), ptr("key")
	out, err := l.CreateMultipartUpload(l.ctx, &in)
	require.NoError(t, err)
	assert.Len(t, *out.UploadId, uploadIDLength)
	return out.UploadId
}

func (l *lab) part(t testing.TB, id *string, number int32, data string) types.CompletedPart {
	t.Helper()
	out, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: &number, Body: strings.NewReader(data)})
	require.NoError(t, err)
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag}
}

func (l *lab) complete(id *string, in awss3.CompleteMultipartUploadInput, parts ...types.CompletedPart) (*awss3.CompleteMultipartUploadOutput, error) {
	in.Bucket, in.Key, in.UploadId = ptr("bucket"), ptr("key"), id
	in.MultipartUpload = &types.CompletedMultipartUpload{Parts: parts}
	return l.CompleteMultipartUpload(l.ctx, &in)
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	id := l.begin(t, awss3.CreateMultipartUploadInput{ContentType: ptr("text/plain"), Tagging: ptr("a=1"), Metadata: map[string]string{"color": "blue"}})
	three := l.part(t, id, 3, "the end")
	l.part(t, id, 1, big("x"))
	one := l.part(t, id, 1, big("a")) // in its place
	two := l.part(t, id, 2, big("b"))
	_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	requireCode(t, err, "NoSuchKey", 404)

	out, err := l.complete(id, awss3.CompleteMultipartUploadInput{MpuObjectSize: ptr(int64(2*minPart + 7))}, one, two, three)
	require.NoError(t, err)
	md5s := md5.New()
	for _, p := range []string{big("a"), big("b"), "the end"} {
		sum := md5.Sum([]byte(p))
		md5s.Write(sum[:])
	}
	assert.Equal(t, `"`+hex.EncodeToString(md5s.Sum(nil))+`-3"`, *out.ETag)
	assert.Equal(t, "https://bucket.s3.us-east-1.amazonaws.com/key", *out.Location)
	assert.Equal(t, sumOf(t, "CRC64NVME", big("a")+big("b")+"the end").value, *out.ChecksumCRC64NVME)
	assert.Equal(t, types.ChecksumTypeFullObject, out.ChecksumType)
	again, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, one, two, three)
	require.NoError(t, err, "who did not get the answer asks again")
	assert.Equal(t, out, again)
	assert.Equal(t, big("a")+big("b")+"the end", l.read(t, "bucket", "key"))

	got, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Range: ptr("bytes=" + strconv.Itoa(minPart-2) + "-" + strconv.Itoa(minPart+1))})
	require.NoError(t, err)
	raw, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	assert.Equal(t, "aabb", string(raw))
	assert.Equal(t, "text/plain", *got.ContentType)
	assert.Equal(t, int32(1), *got.TagCount)
	assert.Nil(t, got.PartsCount)
	got, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), PartNumber: ptr(int32(3)), ChecksumMode: "ENABLED"})
	require.NoError(t, err)
	raw, err = io.ReadAll(got.Body)
	require.NoError(t, err)
	assert.Equal(t, "the end", string(raw))
	assert.Equal(t, int32(3), *got.PartsCount)
	assert.Equal(t, fmt.Sprintf("bytes %d-%d/%d", 2*minPart, 2*minPart+6, 2*minPart+7), *got.ContentRange)
	assert.Nil(t, got.ChecksumCRC64NVME, "S3 does not tell the checksum of a part of a full object")
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), PartNumber: ptr(int32(4))})
	assert.Equal(t, "3", field(requireCode(t, err, "InvalidPartNumber", 416), "ActualPartCount"))

	copied, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key")})
	require.NoError(t, err)
	whole := md5.Sum([]byte(big("a") + big("b") + "the end"))
	assert.Equal(t, `"`+hex.EncodeToString(whole[:])+`"`, *copied.CopyObjectResult.ETag, "a copy is in one part")
}

func TestCompleteIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	one, two, three := l.part(t, id, 1, big("a")), l.part(t, id, 2, "short"), l.part(t, id, 3, "end")
	for name, c := range map[string]struct {
		in    awss3.CompleteMultipartUploadInput
		id    *string
		parts []types.CompletedPart
		code  string
	}{
		"nothing":         {code: "InvalidRequest"},
		"no number":       {parts: []types.CompletedPart{{ETag: one.ETag}}, code: "MalformedXML"},
		"order":           {parts: []types.CompletedPart{two, one}, code: "InvalidPartOrder"},
		"twice":           {parts: []types.CompletedPart{one, one}, code: "InvalidPartOrder"},
		"not uploaded":    {parts: []types.CompletedPart{one, {PartNumber: ptr(int32(9)), ETag: one.ETag}}, code: "InvalidPart"},
		"other tag":       {parts: []types.CompletedPart{{PartNumber: ptr(int32(1)), ETag: two.ETag}}, code: "InvalidPart"},
		"too small":       {parts: []types.CompletedPart{one, two, three}, code: "EntityTooSmall"},
		"no such upload":  {id: ptr(strings.Repeat("x", 128)), parts: []types.CompletedPart{one}, code: "NoSuchUpload"},
		"size":            {in: awss3.CompleteMultipartUploadInput{MpuObjectSize: ptr(int64(1))}, parts: []types.CompletedPart{one}, code: "InvalidRequest"},
		"checksum":        {in: awss3.CompleteMultipartUploadInput{ChecksumCRC64NVME: ptr("AAAAAAAAAAA=")}, parts: []types.CompletedPart{one}, code: "BadDigest"},
		"other algorithm": {in: awss3.CompleteMultipartUploadInput{ChecksumCRC32: ptr("AAAAAA==")}, parts: []types.CompletedPart{one}, code: "InvalidRequest"},
		"type":            {in: awss3.CompleteMultipartUploadInput{ChecksumType: "COMPOSITE"}, parts: []types.CompletedPart{one}, code: "InvalidRequest"},
		"If-None-Match":   {in: awss3.CompleteMultipartUploadInput{IfNoneMatch: ptr("*")}, parts: []types.CompletedPart{one}, code: "PreconditionFailed"},
		"If-Match":        {in: awss3.CompleteMultipartUploadInput{IfMatch: ptr("x")}, parts: []types.CompletedPart{one}, code: "PreconditionFailed"},
		"unknown if":      {in: awss3.CompleteMultipartUploadInput{IfNoneMatch: ptr("x")}, parts: []types.CompletedPart{one}, code: "NotImplemented"},
	} {
		upload := c.id
		if upload == nil {
			upload = id
		}
		_, err := l.complete(upload, c.in, c.parts...)
		assert.Equal(t, c.code, failure(t, err).Code, name)
		assert.Equal(t, hello, l.read(t, "bucket", "key"), "nothing has changed")
	}
	_, err := l.complete(id, awss3.CompleteMultipartUploadInput{IfMatch: ptr("5eb63bbbe01eeed093cb22bb8f5acdc3")}, one, two)
	require.NoError(t, err, "the last part may be small, and not all need be used")
}

func TestCompositeChecksums(t *testing.T) {
	t.Parallel()
	for _, algorithm := range types.ChecksumAlgorithm("").Values() {
		if algorithm == types.ChecksumAlgorithmCrc64nvme {
			continue // never composite
		}
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			id := l.begin(t, awss3.CreateMultipartUploadInput{ChecksumAlgorithm: algorithm})
			var parts []types.CompletedPart
			h := newHash(algorithm)
			for i, text := range []string{big("a"), "end"} {
				sum := sumOf(t, algorithm, text)
				in := &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(i + 1)), Body: strings.NewReader(text)}
				missing := *in
				_, err := l.UploadPart(l.ctx, &missing)
				assert.Contains(t, requireCode(t, err, "InvalidRequest", 400).Message, "actual checksum Type: null")
				mapFields[awss3.UploadPartInput, checksumValues]().copy(in, sum.values())
				out, err := l.UploadPart(l.ctx, in)
				require.NoError(t, err)
				p := types.CompletedPart{PartNumber: in.PartNumber, ETag: out.ETag}
				mapFields[types.CompletedPart, checksumValues]().copy(&p, sum.values())
				parts = append(parts, p)
				raw := newHash(algorithm)
				raw.Write([]byte(text))
				h.Write(raw.Sum(nil))
			}
			bare := types.CompletedPart{PartNumber: parts[0].PartNumber, ETag: parts[0].ETag}
			_, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, bare, parts[1])
			assert.Contains(t, requireCode(t, err, "InvalidRequest", 400).Message, "It was missing for part 1 in the request.")
			_, err = l.complete(id, awss3.CompleteMultipartUploadInput{}, parts[1])
			requireCode(t, err, "InvalidPartOrder", 400)
			out, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, parts...)
			require.NoError(t, err)
			assert.Equal(t, types.ChecksumTypeComposite, out.ChecksumType)
			want := checksum{algorithm: algorithm, value: base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-2"}
			assert.Equal(t, want.value, **completeValues.of(out).member(algorithm))
			head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ChecksumMode: "ENABLED"})
			require.NoError(t, err)
			assert.Equal(t, types.ChecksumTypeComposite, head.ChecksumType)
			attributes, err := l.GetObjectAttributes(l.ctx, &awss3.GetObjectAttributesInput{Bucket: ptr("bucket"), Key: ptr("key"),
				ObjectAttributes: types.ObjectAttributes("").Values(), MaxParts: ptr(int32(1))})
			require.NoError(t, err)
			assert.Equal(t, int32(2), *attributes.ObjectParts.TotalPartsCount)
			require.Len(t, attributes.ObjectParts.Parts, 1)
			assert.True(t, *attributes.ObjectParts.IsTruncated)
			assert.Equal(t, "1", *attributes.ObjectParts.NextPartNumberMarker)
			assert.Equal(t, int64(minPart), *attributes.ObjectParts.Parts[0].Size)
			assert.Equal(t, strings.Trim(*out.ETag, `"`), *attributes.ETag)
			assert.Equal(t, int64(minPart+3), *attributes.ObjectSize)
			assert.Equal(t, types.ChecksumTypeComposite, attributes.Checksum.ChecksumType)
		})
	}
}

var completeValues = mapFields[checksumValues, awss3.CompleteMultipartUploadOutput]()

func TestChecksumTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		algorithm types.ChecksumAlgorithm
		kind      types.ChecksumType
		composite bool
		code      string
	}{
		{"", "", false, ""},
		{"CRC32", "", true, ""},
		{"CRC32", "FULL_OBJECT", false, ""},
		{"CRC64NVME", "", false, ""},
		{"SHA256", "", true, ""},
		{"SHA256", "FULL_OBJECT", false, "InvalidRequest"},
		{"CRC64NVME", "COMPOSITE", false, "InvalidRequest"},
		{"", "COMPOSITE", false, "InvalidRequest"},
		{"CRC32", "OTHER", false, "InvalidRequest"},
		{"ROT13", "", false, "InvalidRequest"},
	} {
		composite, err := compositeOf(c.algorithm, c.kind)
		if c.code != "" {
			assert.Equal(t, c.code, failure(t, err).Code, c)
			continue
		}
		require.NoError(t, err, c)
		assert.Equal(t, c.composite, composite, c)
	}
}

func TestPartCopy(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "source", "0123456789")
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	copyPart := func(in awss3.UploadPartCopyInput) (*awss3.UploadPartCopyOutput, error) {
		in.Bucket, in.Key, in.UploadId, in.PartNumber = ptr("bucket"), ptr("key"), id, ptr(int32(1))
		if in.CopySource == nil {
			in.CopySource = ptr("bucket/source")
		}
		return l.UploadPartCopy(l.ctx, &in)
	}
	for name, c := range map[string]struct {
		in   awss3.UploadPartCopyInput
		code string
	}{
		"open range":   {awss3.UploadPartCopyInput{CopySourceRange: ptr("bytes=2-")}, "InvalidArgument"},
		"suffix":       {awss3.UploadPartCopyInput{CopySourceRange: ptr("bytes=-2")}, "InvalidArgument"},
		"beyond":       {awss3.UploadPartCopyInput{CopySourceRange: ptr("bytes=2-10")}, "InvalidArgument"},
		"no source":    {awss3.UploadPartCopyInput{CopySource: ptr("bucket/none")}, "NoSuchKey"},
		"condition":    {awss3.UploadPartCopyInput{CopySourceIfMatch: ptr("x")}, "PreconditionFailed"},
		"odd source":   {awss3.UploadPartCopyInput{CopySource: ptr("bucket")}, "InvalidArgument"},
		"customer key": {awss3.UploadPartCopyInput{SSECustomerAlgorithm: ptr("AES256")}, "InvalidArgument"},
	} {
		_, err := copyPart(c.in)
		assert.Equal(t, c.code, failure(t, err).Code, name)
	}
	out, err := copyPart(awss3.UploadPartCopyInput{CopySourceRange: ptr("bytes=2-4")})
	require.NoError(t, err)
	sum := md5.Sum([]byte("234"))
	assert.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, *out.CopyPartResult.ETag)
	_, err = l.complete(id, awss3.CompleteMultipartUploadInput{}, types.CompletedPart{PartNumber: ptr(int32(1)), ETag: out.CopyPartResult.ETag})
	require.NoError(t, err)
	assert.Equal(t, "234", l.read(t, "bucket", "key"))
}

func TestUploadsThatAreGone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	abort := func() error {
		_, err := l.AbortMultipartUpload(l.ctx, &awss3.AbortMultipartUploadInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id})
		return err
	}
	require.NoError(t, abort())
	require.NoError(t, abort(), "S3 remembers it")
	for name, err := range map[string]error{
		"part": func() error {
			_, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1))})
			return err
		}(),
		"list": func() error {
			_, err := l.ListParts(l.ctx, &awss3.ListPartsInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id})
			return err
		}(),
	} {
		e := requireCode(t, err, "NoSuchUpload", 404)
		assert.Equal(t, *id, field(e, "UploadId"), name)
	}
	// A client that goes away in the middle of a part leaves nothing.
	id = l.begin(t, awss3.CreateMultipartUploadInput{})
	_, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)),
		Body: io.MultiReader(strings.NewReader("half"), iotestErr{})})
	require.Error(t, err)
	parts, err := l.ListParts(l.ctx, &awss3.ListPartsInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id})
	require.NoError(t, err)
	assert.Empty(t, parts.Parts)
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestListParts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	id := l.begin(t, awss3.CreateMultipartUploadInput{StorageClass: "STANDARD_IA"})
	for _, n := range []int32{7, 2, 10000, 4} {
		l.part(t, id, n, "x")
	}
	var numbers []int32
	in := &awss3.ListPartsInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, MaxParts: ptr(int32(3))}
	for {
		out, err := l.ListParts(l.ctx, in)
		require.NoError(t, err)
		assert.Equal(t, types.StorageClassStandardIa, out.StorageClass)
		for _, p := range out.Parts {
			numbers = append(numbers, *p.PartNumber)
		}
		if !*out.IsTruncated {
			break
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
	assert.Equal(t, []int32{2, 4, 7, 10000}, numbers)
	for _, in := range []*awss3.ListPartsInput{{MaxParts: ptr(int32(-1))}, {PartNumberMarker: ptr("x")}, {PartNumberMarker: ptr("-1")}} {
		in.Bucket, in.Key, in.UploadId = ptr("bucket"), ptr("key"), id
		_, err := needsOf(l.fake.listParts(l.ctx, in))
		requireCode(t, err, "InvalidArgument", 400)
	}
}

// TestListUploadPages puts pages of uploads together, some of which end while
// they are listed.
func TestListUploadPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLabOf(t)
		var keys []string
		for range rapid.IntRange(0, 12).Draw(t, "uploads") {
			key := rapid.SampledFrom([]string{"a", "a/b", "a/c", "é", "b"}).Draw(t, "key")
			_, err := l.CreateMultipartUpload(l.ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("bucket"), Key: &key})
			require.NoError(t, err)
			keys = append(keys, key)
		}
		prefix, delimiter := rapid.SampledFrom([]string{"", "a", "a/"}).Draw(t, "prefix"), rapid.SampledFrom([]string{"", "/"}).Draw(t, "delimiter")
		size, aborting := rapid.Int32Range(1, 4).Draw(t, "page"), rapid.Bool().Draw(t, "aborting")
		// A list of distinct names has each upload of a key once.
		counts := make(map[string]int)
		for _, key := range keys {
			counts[key]++
		}
		var distinct []string
		for key, n := range counts {
			for i := range n {
				distinct = append(distinct, key+"\x01"+strconv.Itoa(i))
			}
		}
		want := naiveList(distinct, prefix, delimiter, "")
		var got []string
		in := &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket"), Prefix: &prefix, Delimiter: &delimiter, MaxUploads: &size}
		seen := make(map[string]int)
		for {
			out, err := l.ListMultipartUploads(l.ctx, in)
			require.NoError(t, err)
			require.LessOrEqual(t, len(out.Uploads)+len(out.CommonPrefixes), int(size))
			for _, p := range out.CommonPrefixes {
				got = append(got, *p.Prefix+"\x00group")
			}
			for _, u := range out.Uploads {
				got = append(got, *u.Key+"\x01"+strconv.Itoa(seen[*u.Key]))
				seen[*u.Key]++
				if aborting {
					_, err := l.AbortMultipartUpload(l.ctx, &awss3.AbortMultipartUploadInput{Bucket: ptr("bucket"), Key: u.Key, UploadId: u.UploadId})
					require.NoError(t, err)
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				break
			}
			in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
			if n := len(out.CommonPrefixes); *out.NextKeyMarker == "" && n > 0 {
				in.KeyMarker = out.CommonPrefixes[n-1].Prefix // S3 does not tell it
			}
		}
		require.ElementsMatch(t, want, got)
	})
}

func TestMultipartKeepsItsEncryption(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	newKMSKey(t, l.world, "alias/mine")
	id := l.begin(t, awss3.CreateMultipartUploadInput{ServerSideEncryption: "aws:kms", SSEKMSKeyId: ptr("alias/mine")})
	one := l.part(t, id, 1, hello)
	assert.NotEqual(t, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, *one.ETag)
	l.encrypt(t, "bucket", types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms:dsse"}})
	out, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, one)
	require.NoError(t, err)
	assert.Contains(t, *out.ETag, `-1"`)
	assert.Equal(t, types.ServerSideEncryptionAwsKms, out.ServerSideEncryption)
	head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	assert.Equal(t, out.ETag, head.ETag)
	assert.Equal(t, out.SSEKMSKeyId, head.SSEKMSKeyId)
}

// sumOf is a checksum of a text.
func sumOf(t *testing.T, a types.ChecksumAlgorithm, text string) checksum {
	t.Helper()
	sum, err := checksumOf(t.Context(), a, data{[]byte(text)})
	require.NoError(t, err)
	return sum
}
