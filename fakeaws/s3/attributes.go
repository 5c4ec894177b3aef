package s3

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var (
	attributeKey      = mapFields[customerKey, awss3.GetObjectAttributesInput]()
	attributeSums     = mapFields[types.Checksum, checksumValues]()
	attributePartSums = mapFields[types.ObjectPart, checksumValues]()
)

func (s *Fake) needGetObjectAttributes(ctx context.Context, in *awss3.GetObjectAttributesInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	if err := ref.check(); err != nil {
		return nil, err
	}
	if err := attributeKey.of(in).check(); err != nil {
		return nil, err
	}
	if _, err := partsOf(in.PartNumberMarker, in.MaxParts); err != nil {
		return nil, err
	}
	if len(in.ObjectAttributes) == 0 {
		return nil, errInvalidArgument.says("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	for _, a := range in.ObjectAttributes {
		if !known(a) {
			return nil, errInvalidArgument.says("Invalid attribute name specified.", "ArgumentName", "x-amz-object-attributes", "ArgumentValue", string(a))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	needs := s.readNeeds(call, b, ref)
	return append(needs, narrowed(needs[len(needs)-1], byVersion(in.VersionId, "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"))), nil
}

// GetObjectAttributes returns what a request wants to know of an object.
func (s *Fake) GetObjectAttributes(ctx context.Context, in *awss3.GetObjectAttributesInput) (*awss3.GetObjectAttributesOutput, error) {
	page, err := partsOf(in.PartNumberMarker, in.MaxParts)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	if err := o.checkKey(*attributeKey.of(in)); err != nil {
		return nil, err
	}
	out := &awss3.GetObjectAttributesOutput{LastModified: &o.modified, VersionId: b.shown(o)}
	wants := func(a types.ObjectAttributes) bool { return slices.Contains(in.ObjectAttributes, a) }
	if wants(types.ObjectAttributesEtag) {
		out.ETag = aws.String(strings.Trim(o.etag, `"`))
	}
	if wants(types.ObjectAttributesChecksum) {
		out.Checksum = attributeSums.of(o.checksum.values())
	}
	if wants(types.ObjectAttributesObjectSize) {
		out.ObjectSize = &o.size
	}
	if wants(types.ObjectAttributesStorageClass) {
		out.StorageClass = cmp.Or(o.storageClass, types.StorageClassStandard)
	}
	if wants(types.ObjectAttributesObjectParts) && len(o.parts) > 0 {
		out.ObjectParts = o.attributeParts(page)
	}
	return out, nil
}

// attributeParts lists the parts of an object. Those of an upload without an
// additional checksum are counted only (API Reference, "GetObjectAttributes").
func (o *object) attributeParts(p partPage) *types.GetObjectAttributesParts {
	count := int32(len(o.parts))
	out := &types.GetObjectAttributesParts{TotalPartsCount: &count}
	if !o.chosenChecksum {
		return out
	}
	from, to, truncated := p.cut(len(o.parts), func(i int) int32 { return int32(i + 1) })
	out.MaxParts, out.IsTruncated = &p.size, &truncated
	out.PartNumberMarker, out.NextPartNumberMarker = aws.String(itoa(p.after)), aws.String(itoa(int32(to)))
	for i := from; i < to; i++ {
		item := types.ObjectPart{PartNumber: aws.Int32(int32(i + 1)), Size: &o.parts[i].size}
		sum := checksum{algorithm: o.checksum.algorithm, value: o.parts[i].checksum}
		attributePartSums.copy(&item, sum.values())
		out.Parts = append(out.Parts, item)
	}
	return out
}
