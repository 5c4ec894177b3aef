package s3

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/byterange"
)

var (
	partCopySums       = mapFields[types.CopyPartResult, checksumValues]()
	partCopyEncryption = mapFields[awss3.UploadPartCopyOutput, sse]()
	partCopyKey        = mapFields[customerKey, awss3.UploadPartCopyInput]()
)

// A partCopy is an UploadPartCopy request that makes sense.
type partCopy struct {
	source           objectRef
	key, sourceKey   customerKey
	dest             objectRef
	sourceConditions conditions
	first, last      int64 // of the range, when it has one
	ranged           bool

	// What the plan found: the bucket of the source, and the version to copy, nil
	// where there is none.
	from *bucket
	src  *object
}

// readUploadPartCopy reads the input of UploadPartCopy.
func readUploadPartCopy(in *awss3.UploadPartCopyInput) (*partCopy, error) {
	if err := checkPartNumber(in.PartNumber); err != nil {
		return nil, err
	}
	source, err := parseCopySource(aws.ToString(in.CopySource))
	if err != nil {
		return nil, err
	}
	source.expectedOwner = in.ExpectedSourceBucketOwner
	p := &partCopy{
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
		first, last, ok := byterange.ParseExact(*in.CopySourceRange)
		if !ok {
			return nil, invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", *in.CopySourceRange)
		}
		p.first, p.last, p.ranged = first, last, true
	}
	return p, nil
}

// uploadPartCopy makes a part of an object, or of a range of one, and shares its data:
// that of the version that the policies were asked about.
func (s *Fake) uploadPartCopy(call *fakeaws.Call, in *awss3.UploadPartCopyInput) (*fakeaws.Plan[*awss3.UploadPartCopyOutput], error) {
	p, err := readUploadPartCopy(in)
	if err != nil {
		return nil, err
	}
	dest, err := s.askPart(call, p.dest, in.UploadId)
	if err != nil {
		return nil, err
	}
	dest.needs[0].Context.Set("s3:x-amz-copy-source", strings.TrimPrefix(*in.CopySource, "/"))
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.from, err = s.bucketAnywhere(call, p.source.bucketRef); err != nil {
		return nil, err
	}
	var needs []fakeaws.Need
	p.src, needs = s.readNeeds(call, p.from, p.source)
	kms, kmsErr := s.readKMS(call, p.from, p.src)
	needs = slices.Concat(needs, dest.needs, kms)
	return (&fakeaws.Plan[*awss3.UploadPartCopyOutput]{Needs: needs, Do: func() (*awss3.UploadPartCopyOutput, error) {
		return s.copyPart(call, dest.bucket, in, p)
	}}).Refusing(cmp.Or(dest.err, kmsErr)), nil
}

func (s *Fake) copyPart(call *fakeaws.Call, dest *bucket, in *awss3.UploadPartCopyInput, p *partCopy) (*awss3.UploadPartCopyOutput, error) {
	var version *string
	copied := &part{number: *in.PartNumber}
	m, err := s.uploading(call, dest, in.Key, in.UploadId, func(m *multipart) (err error) {
		if err = m.checkKey(p.key); err != nil {
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
	if err := copied.data.hash(call, everyDigest{d}); err != nil {
		return nil, err
	}
	copied.etag, copied.checksum = d.etag(), d.checksum()
	if err := s.addPart(call, dest, m, copied); err != nil {
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
func (s *Fake) partSource(p *partCopy) (data, *string, error) {
	o := p.src
	if err := p.from.checkSource(p.source, o, s.world.Clock().Now()); err != nil {
		return nil, nil, err
	}
	if err := o.checkKey(p.sourceKey); err != nil {
		return nil, nil, err
	}
	if failing := p.sourceConditions.failing(o, s.world.Clock().Now()); failing != "" {
		return nil, nil, errPreconditionFailed.of("Condition", "x-amz-copy-source-"+failing)
	}
	if !p.ranged {
		p.last = o.size - 1
	}
	switch {
	case p.ranged && p.first >= o.size:
		return nil, nil, errInvalidRequest.withText("The specified copy range is invalid for the source object size")
	case p.last >= o.size:
		return nil, nil, invalidArgument("Range specified is not valid for source object of size: "+itoa(o.size), "x-amz-copy-source-range", "bytes="+itoa(p.first)+"-"+itoa(p.last))
	case p.last-p.first >= maxObject:
		return nil, nil, errInvalidRequest.withText("The specified copy source is larger than the maximum allowable size for a copy source: " + itoa(int64(maxObject)))
	}
	return o.data.cut(byterange.Span{Start: p.first, Length: p.last - p.first + 1}), p.from.shownNamed(o), nil
}
