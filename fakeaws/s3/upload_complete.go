package s3

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/crc"
)

// uploadCompleteOps are the rows of CompleteMultipartUpload.
func (s *Fake) uploadCompleteOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.completeMultipartUpload)}
}

// A completion is what is left of an upload that is complete.
type completion struct {
	etag, version string
	checksum      checksum
}

var (
	completeChecksums  = mapFields[checksumValues, awss3.CompleteMultipartUploadInput]()
	completeKey        = mapFields[customerKey, awss3.CompleteMultipartUploadInput]()
	completeSums       = mapFields[awss3.CompleteMultipartUploadOutput, checksumValues]()
	completeEncryption = mapFields[awss3.CompleteMultipartUploadOutput, sse]()
	completedChecksums = mapFields[checksumValues, types.CompletedPart]()
)

// checkParts refuses a list of parts that is none.
func checkParts(list *types.CompletedMultipartUpload) error {
	if list == nil || len(list.Parts) > maxPart {
		return errMalformedXML.of()
	}
	for _, p := range list.Parts {
		if p.PartNumber == nil || p.ETag == nil {
			return errMalformedXML.of()
		}
		if err := checkPartNumber(p.PartNumber); err != nil {
			return err
		}
	}
	return nil
}

// checkOrder refuses a list of parts that makes no object. S3 looks for the upload before.
func (m *multipart) checkOrder(list []types.CompletedPart) error {
	if len(list) == 0 {
		return errInvalidRequest.withText("You must specify at least one part")
	}
	for i := 1; i < len(list); i++ {
		if *list[i].PartNumber <= *list[i-1].PartNumber {
			return errInvalidPartOrder.of("UploadId", m.id)
		}
	}
	return nil
}

// checkMode refuses a type of checksum that the upload was not begun with.
func (m *multipart) checkMode(given types.ChecksumType) error {
	mode := cmp.Or(m.mode(), "null")
	if given == "" || given == mode {
		return nil
	}
	return errInvalidRequest.withText("The upload was created using the " + string(mode) + " checksum mode. The complete request must use the same checksum mode.")
}

// completeMultipartUpload makes an object of parts.
func (s *Fake) completeMultipartUpload(call *fakeaws.Call, in *awss3.CompleteMultipartUploadInput) (*fakeaws.Plan[*awss3.CompleteMultipartUploadOutput], error) {
	if err := checkWriteHeaders(in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	key := completeKey.of(in)
	if err := key.check(); err != nil {
		return nil, err
	}
	if err := checkParts(in.MultipartUpload); err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}
	if err := ref.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	needs, kmsErr := s.completeNeeds(call, b, ref, in)
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.CompleteMultipartUploadOutput, error) {
		m, err := b.upload(in.Key, in.UploadId)
		if err != nil {
			if m = b.completedUpload(in); m == nil {
				return nil, err
			}
			return b.completed(m), nil
		}
		// A key is needed only where the upload has checksums (API Reference,
		// "CompleteMultipartUpload").
		if key.sent() || m.algorithm != "" {
			if err := m.checkKey(*key); err != nil {
				return nil, err
			}
		}
		if err := s.finish(call, b, m, in); err != nil {
			return nil, err
		}
		return b.completed(m), nil
	}).Refusing(kmsErr), nil
}

// completeNeeds are the permissions to complete an upload, and an error to answer with
// when the call is allowed.
func (s *Fake) completeNeeds(call *fakeaws.Call, b *bucket, ref objectRef, in *awss3.CompleteMultipartUploadInput) ([]fakeaws.Need, error) {
	put := s.need(call, b, "s3:PutObject", b.objectARN(in.Key), 3)
	put.Context.SetBool("s3:ObjectCreationOperation", true)
	setIfSent(&put.Context, "s3:if-match", in.IfMatch)
	setIfSent(&put.Context, "s3:if-none-match", in.IfNoneMatch)
	needs := []fakeaws.Need{put}
	if in.IfMatch != nil {
		_, get := s.objectNeed(call, b, ref, "s3:GetObject")
		needs = append(needs, get)
	}
	kms, err := s.partKMS(call, b, in.Key, in.UploadId, true)
	return append(needs, kms...), err
}

// finish makes the object of an upload.
func (s *Fake) finish(call *fakeaws.Call, b *bucket, m *multipart, in *awss3.CompleteMultipartUploadInput) error {
	if err := m.checkOrder(in.MultipartUpload.Parts); err != nil {
		return err
	}
	if err := m.checkMode(in.ChecksumType); err != nil {
		return err
	}
	parts, err := m.choose(call, in)
	if err != nil {
		return err
	}
	o, err := m.assemble(in, parts)
	if err != nil {
		return err
	}
	if err := m.checkAllStated(in.MultipartUpload.Parts); err != nil {
		return err
	}
	params := *m.params
	params.IfMatch, params.IfNoneMatch = in.IfMatch, in.IfNoneMatch
	if err := m.checkConflict(b.live(m.key), &params); err != nil {
		return err
	}
	if err := s.store(call, b, o, &params, nil); err != nil {
		return err
	}
	// The date of an object is that of the beginning of its upload (User Guide,
	// "Working with object metadata").
	o.modified = m.started
	m.done = &completion{etag: o.etag, checksum: o.checksum}
	if version := b.shown(o); version != nil {
		m.done.version = *version
	}
	b.uploads.finish(m)
	s.notify(b, o, occurrence{event: types.EventS3ObjectCreatedCompleteMultipartUpload, call: call})
	return nil
}

// checkConflict refuses a conditional write whose condition holds, though not because
// nothing happened: the key was written or deleted after the upload was begun. Then the
// upload has to be begun anew (User Guide, "How to prevent object overwrites with
// conditional writes").
func (m *multipart) checkConflict(current *object, p *writeParams) error {
	condition := "If-Match"
	if p.IfNoneMatch != nil {
		condition = "If-None-Match"
	}
	if p.IfMatch == nil && p.IfNoneMatch == nil || !m.disturbed {
		return nil
	}
	if err := checkWrite(m.key, current, p.IfMatch, p.IfNoneMatch); err != nil {
		return err
	}
	return errConditionalConflict.of("Condition", condition, "Key", m.key)
}

// choose finds the parts that a request lists.
func (m *multipart) choose(ctx context.Context, in *awss3.CompleteMultipartUploadInput) ([]*part, error) {
	chosen := make([]*part, len(in.MultipartUpload.Parts))
	for i, want := range in.MultipartUpload.Parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at, found := m.index(*want.PartNumber)
		if !found || !matchesETag(*want.ETag, m.parts[at].etag) {
			return nil, errInvalidPart.of("UploadId", m.id, "PartNumber", itoa(*want.PartNumber), "ETag", strings.Trim(*want.ETag, `"`))
		}
		p := m.parts[at]
		sent, err := claim("", *completedChecksums.of(&want))
		switch {
		case err != nil:
			return nil, err
		case sent.algorithm != "" && sent.algorithm != m.algorithm && m.algorithm != "":
			return nil, errBadDigest.withText("The " + strings.ToLower(string(sent.algorithm)) + " you specified for part " + itoa(p.number) + " did not match what we received.")
		case sent.algorithm != "" && (m.algorithm == "" || sent.value != p.checksum.value):
			// An upload without an algorithm keeps no checksums of its parts, so that any is
			// another.
			return nil, errInvalidPart.of("UploadId", m.id, "PartNumber", itoa(p.number), "ETag", strings.Trim(*want.ETag, `"`))
		case m.algorithm != "" && int(p.number) != i+1:
			// With additional checksums, numbers begin at 1 and leave none out (API
			// Reference, "CompletedPart").
			return nil, errInvalidPartOrder.of()
		case i < len(chosen)-1 && p.size < minPart:
			return nil, errEntityTooSmall.of("ProposedSize", itoa(p.size), "MinSizeAllowed", itoa(int64(minPart)), "PartNumber", itoa(p.number), "ETag", strings.Trim(p.etag, `"`))
		}
		chosen[i] = p
	}
	return chosen, nil
}

// checkAllStated refuses a list that leaves out the checksum of a part, where they make that
// of the object. S3 compares a checksum of the whole before.
func (m *multipart) checkAllStated(list []types.CompletedPart) error {
	if !m.composite {
		return nil
	}
	for _, p := range list {
		if sent, err := claim("", *completedChecksums.of(&p)); err == nil && sent.algorithm == "" {
			return errInvalidRequest.withText("The upload was created using a " + strings.ToLower(string(m.algorithm)) + " checksum. The complete request must include the checksum for each part. It was missing for part " + itoa(*p.PartNumber) + " in the request.")
		}
	}
	return nil
}

// assemble makes the object of its parts, whose data it shares.
func (m *multipart) assemble(in *awss3.CompleteMultipartUploadInput, parts []*part) (*object, error) {
	o := *m.object
	etags, partSums := md5.New(), newHash(m.stored())
	for _, p := range parts {
		o.data = append(o.data, p.data...)
		o.size += p.size
		o.parts = append(o.parts, objectPart{p.size, p.checksum.value})
		raw, _ := hex.DecodeString(strings.Trim(p.etag, `"`)) // it was made here
		etags.Write(raw)
		raw, _ = base64.StdEncoding.DecodeString(p.checksum.value)
		partSums.Write(raw)
	}
	count := "-" + strconv.Itoa(len(parts))
	o.etag = `"` + hex.EncodeToString(etags.Sum(nil)) + count + `"`
	switch {
	case m.algorithm == "" && o.encryption.shown().SSECustomerKeyMD5 != nil:
		// S3 has not the key that it would need to read the parts again.
		o.checksum = checksum{}
	case m.composite:
		o.checksum = checksum{m.algorithm, base64.StdEncoding.EncodeToString(partSums.Sum(nil)) + count, true}
	default:
		o.checksum = combined(m.stored(), parts)
	}
	if in.MpuObjectSize != nil && *in.MpuObjectSize != o.size {
		return nil, errInvalidRequest.withText("The provided 'x-amz-mp-object-size' header value " + itoa(*in.MpuObjectSize) + " does not match what was computed: " + itoa(o.size))
	}
	return &o, m.checkWhole(completeChecksums.of(in), &o)
}

// combined is the checksum of a whole, a CRC, of those of its parts.
func combined(a types.ChecksumAlgorithm, parts []*part) checksum {
	sums := make([]crc.Part, len(parts))
	for i, p := range parts {
		raw, _ := base64.StdEncoding.DecodeString(p.checksum.value) // it was made here
		sums[i] = crc.Part{Size: p.size, Sum: raw}
	}
	return checksum{algorithm: a, value: base64.StdEncoding.EncodeToString(crc.Of(string(a)).Combine(sums))}
}

// checkWhole compares the checksum that a request states of the whole object.
func (m *multipart) checkWhole(headers *checksumValues, o *object) error {
	for _, a := range m.algorithm.Values() {
		value := *headers.member(a)
		if value == nil {
			continue
		}
		name := strings.ToLower(string(a))
		switch {
		case a != o.checksum.algorithm:
			return checksumMismatch(o.checksum.algorithm, a)
		case *value != o.checksum.value && *value+"-"+strconv.Itoa(len(o.parts)) != o.checksum.value:
			return errBadDigest.withText("The " + name + " you specified did not match the calculated checksum.")
		}
	}
	return nil
}

// completedUpload is an upload that was completed before. It completes again as
// it did: clients repeat a request whose answer they did not get.
func (b *bucket) completedUpload(in *awss3.CompleteMultipartUploadInput) *multipart {
	for _, m := range b.uploads.completed {
		if m.id == aws.ToString(in.UploadId) && m.key == aws.ToString(in.Key) {
			return m
		}
	}
	return nil
}

// completed is the answer to a request that completes an upload.
func (b *bucket) completed(m *multipart) *awss3.CompleteMultipartUploadOutput {
	out := &awss3.CompleteMultipartUploadOutput{
		Bucket:   &b.name,
		Key:      &m.key,
		ETag:     &m.done.etag,
		Location: aws.String("https://" + b.name + ".s3." + b.region + ".amazonaws.com/" + strings.ReplaceAll(urlEncode(m.key), "+", "%20")),
	}
	if m.done.version != "" {
		out.VersionId = &m.done.version
	}
	completeSums.copy(out, m.done.checksum.values())
	completeEncryption.copy(out, m.object.encryption.shown())
	return out
}
