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

// objectAttributesOps are the rows of attributes of objects.
func (s *Fake) objectAttributesOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.getObjectAttributes)}
}

var (
	attributeKey      = mapFields[customerKey, awss3.GetObjectAttributesInput]()
	attributeSums     = mapFields[types.Checksum, checksumValues]()
	attributePartSums = mapFields[types.ObjectPart, checksumValues]()
)

func checkAttributeNames(names []types.ObjectAttributes) error {
	names = slices.DeleteFunc(slices.Clone(names), func(a types.ObjectAttributes) bool { return a == "" })
	if len(names) == 0 {
		return errInvalidRequest.withText("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	for _, a := range names {
		if !known(a) {
			return errInvalidArgument.withText("Invalid attribute name specified.", "ArgumentName", "x-amz-object-attributes", "ArgumentValue", string(a))
		}
	}
	return nil
}

// getObjectAttributes returns what a request wants to know of an object.
func (s *Fake) getObjectAttributes(call *fakeaws.Call, in *awss3.GetObjectAttributesInput) (*fakeaws.Plan[*awss3.GetObjectAttributesOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	if err := ref.check(); err != nil {
		return nil, err
	}
	key := attributeKey.of(in)
	if err := key.check(); err != nil {
		return nil, err
	}
	page, err := partsOf(in.PartNumberMarker, in.MaxParts)
	if err != nil {
		return nil, err
	}
	if err := checkAttributeNames(in.ObjectAttributes); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	o, needs := s.readNeeds(call, b, ref)
	needs = append(needs, narrowed(needs[len(needs)-1], byVersion(in.VersionId, "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes")))
	// That S3 decrypts for the checksums, as for HeadObject, and for nothing else is unverified.
	var kms []fakeaws.Need
	var kmsErr error
	if slices.Contains(in.ObjectAttributes, types.ObjectAttributesChecksum) {
		kms, kmsErr = s.readKMS(call, b, o)
	}
	return withBucket(s, call, b, append(needs, kms...), func(b *bucket) (*awss3.GetObjectAttributesOutput, error) {
		if err := b.checkFound(ref, o, "GET"); err != nil {
			return nil, err
		}
		if err := o.checkKey(*key); err != nil {
			return nil, err
		}
		out := o.attributes(in.ObjectAttributes, page)
		out.VersionId = b.shown(o)
		return out, nil
	}).Refusing(kmsErr), nil
}

// attributes are those of an object that a request wants.
func (o *object) attributes(wanted []types.ObjectAttributes, page partPage) *awss3.GetObjectAttributesOutput {
	out := &awss3.GetObjectAttributesOutput{LastModified: &o.modified}
	wants := func(a types.ObjectAttributes) bool { return slices.Contains(wanted, a) }
	if wants(types.ObjectAttributesEtag) {
		out.ETag = aws.String(strings.Trim(o.etag, `"`))
	}
	if wants(types.ObjectAttributesChecksum) {
		out.Checksum = attributeSums.of(o.checksum.bare().values())
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
	return out
}

// attributeParts lists the parts of an object. They are only counted where no checksum of
// each part went into that of the object: without an additional checksum (API Reference,
// "GetObjectAttributes"), and with one of the full object.
func (o *object) attributeParts(p partPage) *types.GetObjectAttributesParts {
	count := int32(len(o.parts))
	out := &types.GetObjectAttributesParts{TotalPartsCount: &count}
	if !o.checksum.composite {
		return out
	}
	from, to, truncated := p.cut(len(o.parts), func(i int) int32 { return int32(i + 1) })
	out.MaxParts, out.IsTruncated = &p.size, &truncated
	if from == to {
		to = 0
	}
	out.PartNumberMarker, out.NextPartNumberMarker = aws.String(itoa(p.after)), aws.String(itoa(int32(to)))
	for i := from; i < to; i++ {
		item := types.ObjectPart{PartNumber: aws.Int32(int32(i + 1)), Size: &o.parts[i].size}
		sum := checksum{algorithm: o.checksum.algorithm, value: o.parts[i].checksum}
		attributePartSums.copy(&item, sum.values())
		out.Parts = append(out.Parts, item)
	}
	return out
}
