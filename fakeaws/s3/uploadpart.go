package s3

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

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

func (s *Fake) needUploadPart(ctx context.Context, in *awss3.UploadPartInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkPartNumber(in.PartNumber); err != nil {
		return nil, err
	}
	if in.ContentLength != nil && *in.ContentLength > maxObject {
		return nil, tooLarge(*in.ContentLength)
	}
	if err := partKey.of(in).check(); err != nil {
		return nil, err
	}
	up, err := newUpload(call, partChecksums.of(in))
	if err != nil {
		return nil, err
	}
	if err := up.check(); err != nil {
		return nil, err
	}
	return s.partNeeds(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil})
}

// partNeeds is the permission to add to an upload.
func (s *Fake) partNeeds(call *fakeaws.Call, ref objectRef) ([]fakeaws.Need, error) {
	needs, err := s.uploadNeeds(call, ref, "s3:PutObject")
	if err == nil {
		needs[0].Context.SetBool("s3:ObjectCreationOperation", false)
	}
	return needs, err
}

// uploadNeeds is the one permission of an operation on an upload. The object that
// is under its key now, if any, has no say: its tags are no condition keys, and it
// may be of another account.
func (s *Fake) uploadNeeds(call *fakeaws.Call, ref objectRef, action string) ([]fakeaws.Need, error) {
	if err := ref.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	return []fakeaws.Need{s.need(call, b, action, b.objectARN(ref.key), 1)}, nil
}

// UploadPart stores a part of an upload. As with PutObject the body is read
// without the lock.
func (s *Fake) UploadPart(ctx context.Context, in *awss3.UploadPartInput) (*awss3.UploadPartOutput, error) {
	call := fakeaws.CallFrom(ctx)
	up, err := newUpload(call, partChecksums.of(in))
	if err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}
	m, err := s.uploading(call, ref, in.UploadId, func(m *multipart) error { return m.admit(up, *partKey.of(in)) })
	if err != nil {
		return nil, err
	}
	p := &part{number: *in.PartNumber}
	up.keep = m.stored()
	if p.data, p.etag, p.checksum, err = up.read(in.Body, sizeOf(in.ContentLength)); err != nil {
		return nil, err
	}
	if err := m.checkAlgorithm(up.stated.algorithm); err != nil {
		return nil, err
	}
	p.stated = up.stated
	if err := s.addPart(call, ref, m, p); err != nil {
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

// uploading finds the upload of a request and checks that the part fits it.
func (s *Fake) uploading(call *fakeaws.Call, ref objectRef, id *string, admit func(*multipart) error) (*multipart, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	m, err := b.upload(ref.key, id)
	if err != nil {
		return nil, err
	}
	return m, admit(m)
}

// admit refuses a part with another checksum or key than the upload was begun
// with.
func (m *multipart) admit(up *upload, key customerKey) error {
	if err := m.checkKey(key); err != nil {
		return err
	}
	if up.trails && up.claimed.algorithm == "" {
		return nil // it is known when the body has been read
	}
	return m.checkAlgorithm(up.claimed.algorithm)
}

// checkAlgorithm refuses a part with a checksum of another algorithm. A checksum
// that is composite needs those of all parts.
func (m *multipart) checkAlgorithm(sent types.ChecksumAlgorithm) error {
	if m.algorithm == "" || sent == m.algorithm || sent == "" && !m.composite {
		return nil
	}
	actual := cmp.Or(strings.ToLower(string(sent)), "null")
	return errInvalidRequest.says("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(string(m.algorithm)) + ", actual checksum Type: " + actual)
}

// checkKey refuses a part with another customer key than that of the upload.
func (m *multipart) checkKey(key customerKey) error {
	want := m.object.encryption.shown().SSECustomerKeyMD5
	switch {
	case want == nil && key.sent():
		return errInvalidRequest.says("The multipart upload initiate request did not request encryption. Subsequent part requests must not include encryption parameters.")
	case want != nil && !key.sent():
		return errInvalidRequest.says("The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	case want != nil && *want != *key.SSECustomerKeyMD5:
		return errInvalidRequest.says("The provided encryption parameters did not match the ones used originally.")
	}
	return nil
}

// addPart puts a part into an upload that is still in progress.
func (s *Fake) addPart(call *fakeaws.Call, ref objectRef, m *multipart, p *part) error {
	p.size = p.data.len()
	if !m.object.encryption.plainETag() {
		p.etag = s.randomETag()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return err
	}
	if _, err := b.upload(&m.key, &m.id); err != nil {
		return err
	}
	p.modified = s.world.Clock().Now().UTC().Truncate(time.Second)
	i, found := m.index(p.number)
	if found {
		m.parts[i] = p
	} else {
		m.parts = slices.Insert(m.parts, i, p)
	}
	return nil
}

var (
	partCopySums       = mapFields[types.CopyPartResult, checksumValues]()
	partCopyEncryption = mapFields[awss3.UploadPartCopyOutput, sse]()
	partCopyKey        = mapFields[customerKey, awss3.UploadPartCopyInput]()
)

// A partCopyPlan is an UploadPartCopy request that makes sense.
type partCopyPlan struct {
	source           objectRef
	key, sourceKey   customerKey
	dest             objectRef
	sourceConditions conditions
	first, last      int64 // of the range, when it has one
	ranged           bool
}

func planPartCopy(in *awss3.UploadPartCopyInput) (*partCopyPlan, error) {
	if err := checkPartNumber(in.PartNumber); err != nil {
		return nil, err
	}
	source, err := parseCopySource(aws.ToString(in.CopySource))
	if err != nil {
		return nil, err
	}
	source.expectedOwner = in.ExpectedSourceBucketOwner
	p := &partCopyPlan{
		source:           source,
		key:              *partCopyKey.of(in),
		sourceKey:        customerKey{in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5},
		dest:             objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil},
		sourceConditions: conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince},
	}
	for _, k := range []customerKey{p.key, p.sourceKey} {
		if err := k.check(); err != nil {
			return nil, err
		}
	}
	if in.CopySourceRange != nil {
		first, last, ok := copyRange(*in.CopySourceRange)
		if !ok {
			return nil, invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", *in.CopySourceRange)
		}
		p.first, p.last, p.ranged = first, last, true
	}
	return p, nil
}

// copyRange reads the range of a part copy, which has one form only.
func copyRange(header string) (first, last int64, ok bool) {
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	from, to, _ := strings.Cut(spec, "-")
	first, okFirst := parseOffset(from)
	last, okLast := parseOffset(to)
	return first, last, isBytes && okFirst && okLast && first <= last
}

func (s *Fake) needUploadPartCopy(ctx context.Context, in *awss3.UploadPartCopyInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	p, err := planPartCopy(in)
	if err != nil {
		return nil, err
	}
	put, err := s.partNeeds(call, p.dest)
	if err != nil {
		return nil, err
	}
	put[0].Context.Set("s3:x-amz-copy-source", strings.TrimPrefix(*in.CopySource, "/"))
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.bucketAnywhere(p.source.bucketRef)
	if err != nil {
		return nil, err
	}
	return append(s.readNeeds(call, from, p.source), put...), nil
}

// UploadPartCopy makes a part of an object, or of a range of one, and shares its
// data.
func (s *Fake) UploadPartCopy(ctx context.Context, in *awss3.UploadPartCopyInput) (*awss3.UploadPartCopyOutput, error) {
	call := fakeaws.CallFrom(ctx)
	p, err := planPartCopy(in)
	if err != nil {
		return nil, err
	}
	var version *string
	copied := &part{number: *in.PartNumber}
	m, err := s.uploading(call, p.dest, in.UploadId, func(m *multipart) error {
		if err := m.checkKey(p.key); err != nil {
			return err
		}
		copied.data, version, err = s.partSource(p)
		return err
	})
	if err != nil {
		return nil, err
	}
	// What is stored does not change, so it is hashed without the lock.
	d := newDigests(m.stored())
	for _, piece := range copied.data {
		d.write(piece)
	}
	copied.etag, copied.checksum = d.etag(), d.checksum()
	if err := s.addPart(call, p.dest, m, copied); err != nil {
		return nil, err
	}
	result := &types.CopyPartResult{ETag: &copied.etag, LastModified: &copied.modified}
	if m.algorithm != "" {
		partCopySums.copy(result, copied.checksum.values())
	}
	out := &awss3.UploadPartCopyOutput{CopyPartResult: result, CopySourceVersionId: version}
	partCopyEncryption.copy(out, m.object.encryption.shown())
	return out, nil
}

// partSource is the data of a part copy.
func (s *Fake) partSource(p *partCopyPlan) (data, *string, error) {
	b, err := s.bucketAnywhere(p.source.bucketRef)
	if err != nil {
		return nil, nil, err
	}
	o, err := b.copySource(p.source, s.world.Clock().Now())
	if err != nil {
		return nil, nil, err
	}
	if err := o.checkKey(p.sourceKey); err != nil {
		return nil, nil, err
	}
	if failing := p.sourceConditions.failing(o); failing != "" {
		return nil, nil, errPreconditionFailed.of("Condition", "x-amz-copy-source-"+failing)
	}
	if !p.ranged {
		p.last = o.size - 1
	}
	switch {
	case p.last >= o.size:
		return nil, nil, invalidArgument("Range specified is not valid for source object of size: "+itoa(o.size), "x-amz-copy-source-range", "bytes="+itoa(p.first)+"-"+itoa(p.last))
	case p.last-p.first >= maxObject:
		return nil, nil, errInvalidRequest.says("The specified copy source is larger than the maximum allowable size for a copy source: " + itoa(int64(maxObject)))
	}
	return o.data.cut(span{start: p.first, length: p.last - p.first + 1}), b.shown(o), nil
}
