package s3

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A copyPlan is a CopyObject request that makes sense.
type copyPlan struct {
	source      objectRef
	params      *writeParams
	sourceKey   customerKey
	replaceMeta bool
	replaceTags bool
	annotations bool // are copied
	tags        []types.Tag
}

func planCopy(call *fakeaws.Call, in *awss3.CopyObjectInput) (*copyPlan, error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	source, err := parseCopySource(aws.ToString(in.CopySource))
	if err != nil {
		return nil, err
	}
	source.expectedOwner = in.ExpectedSourceBucketOwner
	p := &copyPlan{source: source, params: copyParams.of(in)}
	if err := p.params.check(call.Time); err != nil {
		return nil, err
	}
	p.sourceKey = customerKey{in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5}
	if err := p.sourceKey.check(); err != nil {
		return nil, err
	}
	if a := in.AnnotationDirective; a != "" && !known(a) {
		return nil, invalidArgument(annotationDirectiveText, "x-amz-object-annotation-directive", string(a))
	}
	p.annotations = in.AnnotationDirective != types.AnnotationDirectiveExclude
	if in.ChecksumAlgorithm != "" && !known(in.ChecksumAlgorithm) {
		return nil, unsupportedChecksum()
	}
	switch in.MetadataDirective {
	case "", types.MetadataDirectiveCopy:
	case types.MetadataDirectiveReplace:
		p.replaceMeta = true
	default:
		return nil, invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", string(in.MetadataDirective))
	}
	switch in.TaggingDirective {
	case "", types.TaggingDirectiveCopy:
	case types.TaggingDirectiveReplace:
		p.replaceTags = true
		p.tags, err = parseTagging(in.Tagging)
	default:
		return nil, invalidArgument("Unknown tagging directive.", "x-amz-tagging-directive", string(in.TaggingDirective))
	}
	return p, err
}

// parseCopySource reads the x-amz-copy-source header: bucket/key, with or
// without a slash before it, or the ARN of an access point with /object/ and the key;
// URL-encoded, and ?versionId=.
func parseCopySource(header string) (objectRef, error) {
	var ref objectRef
	path, query, versioned := strings.Cut(header, "?")
	if versioned {
		id, ok := strings.CutPrefix(query, "versionId=")
		if !ok {
			return ref, invalidArgument("Unsupported copy source parameter.", "x-amz-copy-source", header)
		}
		ref.version = &id
	}
	// A slash that is encoded separates bucket and key as well.
	path, err := url.PathUnescape(path)
	if err != nil {
		return ref, invalidArgument("Invalid copy source encoding.", "x-amz-copy-source", header)
	}
	path = strings.TrimPrefix(path, "/")
	separator := "/"
	if strings.HasPrefix(path, "arn:") {
		separator = "/object/"
	}
	name, key, _ := strings.Cut(path, separator)
	if !isAccessPoint(name) && !validBucketName(name) {
		return ref, invalidArgument("Invalid copy source bucket name", "x-amz-copy-source", header)
	}
	if key == "" {
		return ref, invalidArgument("Invalid copy source object key", "x-amz-copy-source", header)
	}
	ref.name, ref.key = &name, &key
	return ref, ref.check()
}

func (s *Fake) needCopyObject(ctx context.Context, in *awss3.CopyObjectInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	p, err := planCopy(call, in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dest, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	// The source may be in another region.
	from, err := s.bucketAnywhere(p.source.bucketRef)
	if err != nil {
		return nil, err
	}
	needs := s.readNeeds(call, from, p.source)
	o := from.version(*p.source.key, p.source.version)
	copiesTags := !p.replaceTags && o != nil && len(o.tags) > 0
	if copiesTags {
		read := needs[len(needs)-1]
		read.Action = byVersion(p.source.version, "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
		needs = append(needs, read)
	}
	if p.copiesAnnotations(o) {
		needs = append(needs, narrowed(needs[0], byVersion(p.source.version, "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation")))
	}
	put := s.need(call, dest, "s3:PutObject", dest.objectARN(in.Key), 7)
	// The key has the form bucket/key of the documentation's policies, also when
	// the header begins with a slash; unverified.
	put.Context.Set("s3:x-amz-copy-source", strings.TrimPrefix(aws.ToString(in.CopySource), "/"))
	setEnum(&put.Context, "s3:x-amz-metadata-directive", in.MetadataDirective)
	setEnum(&put.Context, "s3:x-amz-object-annotation-directive", in.AnnotationDirective)
	p.params.setKeys(&put.Context, call.Time)
	put.Context.SetBool("s3:ObjectCreationOperation", true)
	setRequestTags(&put.Context, p.tags)
	needs = append(needs, s.writeNeeds(call, dest, put, in.Key, p.params, copiesTags || len(p.tags) > 0)...)
	if p.copiesAnnotations(o) {
		needs = append(needs, narrowed(put, "s3:PutObjectAnnotation"))
	}
	return needs, nil
}

// copiesAnnotations reports whether a copy takes annotations along, which needs
// permissions of its own. That it needs none where the source has no annotations is
// unverified.
func (p *copyPlan) copiesAnnotations(src *object) bool {
	return p.annotations && src != nil && len(src.annotations) > 0
}

// annotationDirectiveText refuses a directive that is none; unverified.
const annotationDirectiveText = "Unknown annotation directive."

// CopyObject stores an object that shares the data of another one.
func (s *Fake) CopyObject(ctx context.Context, in *awss3.CopyObjectInput) (*awss3.CopyObjectOutput, error) {
	call := fakeaws.CallFrom(ctx)
	p, err := planCopy(call, in)
	if err != nil {
		return nil, err
	}
	src, version, err := s.copied(in, p)
	if err != nil {
		return nil, err
	}
	o := p.copyOf(in, src)
	s.mu.Lock()
	defer s.mu.Unlock()
	dest, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if err := s.store(call, dest, o, p.params); err != nil {
		return nil, err
	}
	if p.copiesAnnotations(src) {
		s.copyAnnotations(o, src, in.ChecksumAlgorithm)
	}
	result := &types.CopyObjectResult{ETag: &o.etag, LastModified: &o.modified}
	copySums.copy(result, o.checksum.values())
	out := &awss3.CopyObjectOutput{CopyObjectResult: result, VersionId: dest.shown(o), CopySourceVersionId: version}
	copyEncryption.copy(out, o.encryption.shown())
	return out, nil
}

// copied finds the object to copy, and its version as it is shown.
func (s *Fake) copied(in *awss3.CopyObjectInput, p *copyPlan) (*object, *string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.bucketAnywhere(p.source.bucketRef)
	if err != nil {
		return nil, nil, err
	}
	src, err := from.copySource(p.source, s.world.Clock().Now())
	if err != nil {
		return nil, nil, err
	}
	if err := src.checkKey(p.sourceKey); err != nil {
		return nil, nil, err
	}
	when := conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}
	dest, err := s.bucketAnywhere(bucketRef{name: in.Bucket})
	if err != nil {
		return nil, nil, err
	}
	itself := dest.store == from.store && aws.ToString(in.Key) == *p.source.key && p.source.version == nil
	failing := when.failing(src)
	switch {
	case failing != "":
		return nil, nil, errPreconditionFailed.of("Condition", "x-amz-copy-source-"+failing)
	case itself && !p.changes(in, src):
		return nil, nil, errInvalidRequest.says("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	case p.copiesAnnotations(src) && p.params.customerKey.sent():
		// Unverified: that S3 does not leave them out.
		return nil, nil, errCustomerKeyAnnotation.of()
	case src.size > maxObject:
		return nil, nil, errInvalidRequest.says("The specified copy source is larger than the maximum allowable size for a copy source: " + itoa(int64(maxObject)))
	}
	return src, from.shown(src), nil
}

var copyEncryption = mapFields[awss3.CopyObjectOutput, sse]()

var copySums = mapFields[types.CopyObjectResult, checksumValues]()

// copySource finds the object to copy.
func (b *bucket) copySource(ref objectRef, now time.Time) (*object, error) {
	o := b.version(*ref.key, ref.version)
	switch {
	case o != nil && o.marker && ref.version != nil:
		// Unverified: which text it is.
		return nil, errInvalidRequest.says("The source of a copy request may not specifically refer to a delete marker by version id.")
	case o == nil && ref.version != nil:
		return nil, errNoSuchVersion.of("Key", *ref.key, "VersionId", *ref.version)
	case o == nil || o.marker:
		return nil, errNoSuchKey.of("Key", *ref.key)
	case o.archived(now):
		return nil, errNotInActiveTier.of()
	}
	return o, nil
}

// changes reports whether a copy of an object to itself has a purpose.
func (p *copyPlan) changes(in *awss3.CopyObjectInput, src *object) bool {
	return p.replaceMeta || in.WebsiteRedirectLocation != nil || p.params.encryptionParams != encryptionParams{} ||
		in.ChecksumAlgorithm != "" && in.ChecksumAlgorithm != src.checksum.algorithm ||
		in.StorageClass != "" && in.StorageClass != src.storageClass
}

// copyOf is the object that a copy makes. Storage class and website redirect
// are never copied (API Reference, "CopyObject").
func (p *copyPlan) copyOf(in *awss3.CopyObjectInput, src *object) *object {
	o := p.params.object(in.Key, src.tags)
	o.data, o.size, o.etag, o.checksum = src.data, src.size, src.etag, src.checksum
	algorithm := cmp.Or(in.ChecksumAlgorithm, src.checksum.algorithm)
	switch {
	case src.parts != nil || !src.encryption.plainETag():
		// A copy is in one part, with the digests of its own data. What is stored
		// does not change, so this needs no lock.
		d := newDigests(algorithm)
		for _, piece := range src.data {
			d.write(piece)
		}
		o.etag, o.checksum = d.etag(), d.checksum()
	case algorithm != src.checksum.algorithm:
		o.checksum = checksumOf(algorithm, src.data)
	}
	if p.replaceTags {
		o.tags = p.tags
	}
	if !p.replaceMeta {
		o.attributes = src.attributes
		o.WebsiteRedirectLocation = in.WebsiteRedirectLocation
	}
	return o
}
