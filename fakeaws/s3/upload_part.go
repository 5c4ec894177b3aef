package s3

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// uploadPartOps are the rows of parts.
func (s *Fake) uploadPartOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.uploadPart),
		bind(s, s.uploadPartCopy),
	}
}

var (
	partChecksums  = mapFields[checksumParams, awss3.UploadPartInput]()
	partKey        = mapFields[customerKey, awss3.UploadPartInput]()
	partSums       = mapFields[awss3.UploadPartOutput, checksumValues]()
	partEncryption = mapFields[awss3.UploadPartOutput, sse]()
)

func checkPartNumber(number *int32) error {
	if n := aws.ToInt32(number); n < 1 || n > maxPart {
		return invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", itoa(n))
	}
	return nil
}

// uploadPart stores a part of an upload. As with PutObject the body is read when the call
// is allowed, and without the lock.
func (s *Fake) uploadPart(call *fakeaws.Call, in *awss3.UploadPartInput) (*fakeaws.Plan[*awss3.UploadPartOutput], error) {
	if err := checkPartNumber(in.PartNumber); err != nil {
		return nil, err
	}
	if err := checkLength(in.ContentLength); err != nil {
		return nil, err
	}
	key := partKey.of(in)
	if err := key.check(); err != nil {
		return nil, err
	}
	body, err := newBodyClaims(call, partChecksums.of(in))
	if err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	ask, err := s.askPart(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}, in.UploadId)
	if err != nil {
		return nil, err
	}
	b := ask.bucket
	return (&fakeaws.Plan[*awss3.UploadPartOutput]{Needs: ask.needs, Do: func() (*awss3.UploadPartOutput, error) {
		m, err := s.uploading(call, b, in.Key, in.UploadId, func(m *multipart) error { return m.admit(body, *key) })
		if err != nil {
			return nil, err
		}
		return s.putPart(call, b, in, m, body)
	}}).Refusing(ask.err), nil
}

func (s *Fake) putPart(call *fakeaws.Call, b *bucket, in *awss3.UploadPartInput, m *multipart, body *bodyClaims) (*awss3.UploadPartOutput, error) {
	var err error
	p := &part{number: *in.PartNumber}
	body.keep, body.part = m.stored(), true
	if p.data, p.etag, p.checksum, err = body.read(call, in.Body, sizeOf(in.ContentLength)); err != nil {
		return nil, err
	}
	if err := m.checkAlgorithm(body.stated.algorithm); err != nil {
		return nil, err
	}
	p.stated = body.stated
	if err := s.addPart(call, b, m, p); err != nil {
		return nil, err
	}
	out := &awss3.UploadPartOutput{ETag: &p.etag}
	switch {
	case m.algorithm != "":
		partSums.copy(out, p.checksum.values())
	case p.stated.algorithm != "":
		partSums.copy(out, p.stated.values())
	}
	partEncryption.copy(out, m.object.encryption.shown())
	return out, nil
}

// A partAsk is the bucket of an upload, and the permissions to add to the upload. The
// error is answered when the call is allowed.
type partAsk struct {
	bucket *bucket
	needs  []fakeaws.Need
	err    error
}

// askPart finds what a call needs to add a part to an upload.
func (s *Fake) askPart(call *fakeaws.Call, ref objectRef, id *string) (*partAsk, error) {
	b, needs, err := s.askUpload(call, ref, id, "s3:PutObject")
	if err != nil {
		return nil, err
	}
	needs[0].Context.SetBool("s3:ObjectCreationOperation", false)
	s.mu.Lock()
	defer s.mu.Unlock()
	kms, err := s.partKMS(call, b, ref.key, id, false)
	return &partAsk{b, append(needs, kms...), err}, nil
}

// uploading finds the upload of a request and checks that the part fits it.
func (s *Fake) uploading(call *fakeaws.Call, b *bucket, key, id *string, admit func(*multipart) error) (*multipart, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.still(call); err != nil {
		return nil, err
	}
	m, err := b.upload(key, id)
	if err != nil {
		return nil, err
	}
	return m, admit(m)
}

// admit refuses a part with another checksum or key than the upload was begun
// with.
func (m *multipart) admit(body *bodyClaims, key customerKey) error {
	if err := m.checkKey(key); err != nil {
		return err
	}
	if body.trails && body.claimed.algorithm == "" {
		return nil // it is known when the body has been read
	}
	return m.checkAlgorithm(body.claimed.algorithm)
}

// checkAlgorithm refuses a part with a checksum of another algorithm. A checksum
// that is composite needs those of all parts.
func (m *multipart) checkAlgorithm(sent types.ChecksumAlgorithm) error {
	if m.algorithm == "" || sent == m.algorithm || sent == "" && !m.composite {
		return nil
	}
	return checksumMismatch(m.algorithm, sent)
}

// checksumMismatch refuses a checksum of another algorithm than that of the upload.
func checksumMismatch(expected, actual types.ChecksumAlgorithm) error {
	return errInvalidRequest.withText("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(string(expected)) +
		", actual checksum Type: " + cmp.Or(strings.ToLower(string(actual)), "null"))
}

// checkKey refuses a part with another customer key than that of the upload.
func (m *multipart) checkKey(key customerKey) error {
	want := m.object.encryption.shown().SSECustomerKeyMD5
	switch {
	case (want != nil) != key.sent():
		// The text is the same for an upload without a key.
		return errInvalidRequest.withText("The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	case want != nil && *want != *key.SSECustomerKeyMD5:
		return errInvalidRequest.withText("The provided encryption parameters did not match the ones used originally.")
	}
	return nil
}

// addPart puts a part into an upload that is still in progress.
func (s *Fake) addPart(call *fakeaws.Call, b *bucket, m *multipart, p *part) error {
	p.size = p.data.len()
	if !m.object.encryption.plainETag() {
		p.etag = s.randomETag()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.still(call); err != nil {
		return err
	}
	if _, err := b.upload(&m.key, &m.id); err != nil {
		return err
	}
	p.modified = s.now()
	i, found := m.index(p.number)
	if found {
		m.parts[i] = p
	} else {
		m.parts = slices.Insert(m.parts, i, p)
	}
	return nil
}
