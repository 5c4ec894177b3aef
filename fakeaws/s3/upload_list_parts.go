package s3

import (
	"sort"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// uploadListPartsOps are the rows of ListParts.
func (s *Fake) uploadListPartsOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.listParts)}
}

// maxParts is the largest page of a list of parts, and the one of a request that
// names no size.
const maxParts = 1000

// A partPage is which parts a request wants to see.
type partPage struct{ after, size int32 }

func partsOf(marker *string, limit *int32) (partPage, error) {
	p := partPage{size: maxParts}
	if limit != nil {
		if *limit < 0 {
			return p, invalidArgument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts", itoa(*limit))
		}
		p.size = min(*limit, maxParts)
	}
	if marker != nil && *marker != "" {
		n, err := strconv.ParseInt(*marker, 10, 32)
		if err != nil || n < 0 {
			return p, invalidArgument("Argument part-number-marker must be an integer between 0 and 2147483647", "part-number-marker", *marker)
		}
		p.after = int32(n)
	}
	return p, nil
}

// cut is where the page is in a list of parts, whose numbers ascend.
func (p partPage) cut(length int, number func(i int) int32) (from, to int, truncated bool) {
	from = sort.Search(length, func(i int) bool { return number(i) > p.after })
	to = min(from+int(p.size), length)
	return from, to, to < length && p.size > 0
}

// listParts lists the parts of an upload by number.
func (s *Fake) listParts(call *fakeaws.Call, in *awss3.ListPartsInput) (*fakeaws.Plan[*awss3.ListPartsOutput], error) {
	p, err := partsOf(in.PartNumberMarker, in.MaxParts)
	if err != nil {
		return nil, err
	}
	key := listPartsKey.of(in)
	if err := key.check(); err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}
	b, needs, err := s.askUpload(call, ref, in.UploadId, "s3:ListMultipartUploadParts")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kms, kmsErr := s.partKMS(call, b, in.Key, in.UploadId, true)
	return withBucket(s, call, b, append(needs, kms...), func(b *bucket) (*awss3.ListPartsOutput, error) {
		m, err := b.upload(in.Key, in.UploadId)
		if err != nil {
			return nil, err
		}
		// A key is needed only where the upload has checksums (API Reference, "ListParts").
		// That S3 then refuses to do without it is unverified.
		if key.sent() || m.algorithm != "" {
			if err := m.checkKey(*key); err != nil {
				return nil, err
			}
		}
		return b.partsPage(m, p), nil
	}).Refusing(kmsErr), nil
}

// partsPage is a page of the parts of an upload.
func (b *bucket) partsPage(m *multipart, p partPage) *awss3.ListPartsOutput {
	from, to, truncated := p.cut(len(m.parts), func(i int) int32 { return m.parts[i].number })
	initiator := m.initiator
	out := &awss3.ListPartsOutput{
		Bucket:           &b.name,
		Key:              &m.key,
		UploadId:         &m.id,
		Initiator:        &initiator,
		Owner:            b.ownerIDOf(m.object),
		StorageClass:     m.object.listedClass(),
		PartNumberMarker: aws.String(itoa(p.after)),
		MaxParts:         &p.size,
		IsTruncated:      &truncated,
		ChecksumType:     m.checksumType(),
	}
	out.AbortDate, out.AbortRuleId = b.aborted(m)
	if out.ChecksumAlgorithm = m.algorithm; m.algorithm == "" {
		out.ChecksumType = ""
	}
	next := int32(0) // of a page without parts
	for _, part := range m.parts[from:to] {
		item := types.Part{PartNumber: &part.number, ETag: &part.etag, Size: &part.size, LastModified: &part.modified}
		if m.algorithm != "" {
			listedPartSums.copy(&item, part.checksum.values())
		}
		out.Parts = append(out.Parts, item)
		next = part.number
	}
	out.NextPartNumberMarker = aws.String(itoa(next))
	return out
}

var listPartsKey = mapFields[customerKey, awss3.ListPartsInput]()

var listedPartSums = mapFields[types.Part, checksumValues]()
