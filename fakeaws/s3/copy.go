package s3

import (
	"context"
	"maps"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A copyPlan is a CopyObject request that makes sense.
type copyPlan struct {
	source      objectRef
	options     *writeOptions
	replaceMeta bool
	replaceTags bool
	tags        []types.Tag
}

func planCopy(in *awss3.CopyObjectInput) (*copyPlan, error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	source, err := parseCopySource(aws.ToString(in.CopySource))
	if err != nil {
		return nil, err
	}
	source.expectedOwner = in.ExpectedSourceBucketOwner
	p := &copyPlan{source: source, options: copyOptions(in)}
	if err := p.options.check(); err != nil {
		return nil, err
	}
	if in.CopySourceSSECustomerAlgorithm != nil || in.CopySourceSSECustomerKey != nil || in.CopySourceSSECustomerKeyMD5 != nil {
		return nil, errInvalidRequest.says("The encryption parameters are not applicable to this object.")
	}
	if in.AnnotationDirective != "" {
		return nil, notImplemented("x-amz-annotation-directive")
	}
	if in.ChecksumAlgorithm != "" && newHash(in.ChecksumAlgorithm) == nil {
		return nil, notImplemented("x-amz-checksum-algorithm: " + string(in.ChecksumAlgorithm))
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

func copyOptions(in *awss3.CopyObjectInput) *writeOptions {
	return &writeOptions{
		acl:               in.ACL,
		grants:            [4]*string{in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWriteACP},
		lockMode:          in.ObjectLockMode,
		legalHold:         in.ObjectLockLegalHoldStatus,
		eventHold:         in.ObjectLockEventHold,
		retainUntil:       in.ObjectLockRetainUntilDate,
		encryption:        in.ServerSideEncryption,
		kmsKey:            in.SSEKMSKeyId,
		kmsContext:        in.SSEKMSEncryptionContext,
		bucketKey:         in.BucketKeyEnabled,
		customerAlgorithm: in.SSECustomerAlgorithm,
		customerKey:       in.SSECustomerKey,
		customerMD5:       in.SSECustomerKeyMD5,
		storageClass:      in.StorageClass,
		redirect:          in.WebsiteRedirectLocation,
		metadata:          in.Metadata,
		match:             in.IfMatch,
		noneMatch:         in.IfNoneMatch,
	}
}

// parseCopySource reads the x-amz-copy-source header: bucket/key, with or
// without a slash before it, URL-encoded, and ?versionId=.
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
	if strings.HasPrefix(path, "arn:") {
		return ref, notImplemented("x-amz-copy-source of an access point")
	}
	name, key, _ := strings.Cut(path, "/")
	if !validBucketName(name) {
		return ref, invalidArgument("Invalid copy source bucket name", "x-amz-copy-source", header)
	}
	if key == "" {
		return ref, invalidArgument("Invalid copy source object key", "x-amz-copy-source", header)
	}
	ref.name, ref.key = &name, &key
	return ref, ref.check()
}

func (s *Service) needCopyObject(ctx context.Context, in *awss3.CopyObjectInput) ([]enforce.Need, error) {
	call := fakeaws.CallFrom(ctx)
	p, err := planCopy(in)
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
	o, _ := from.objects.Get(*p.source.key)
	copiesTags := !p.replaceTags && o != nil && len(o.tags) > 0
	if copiesTags {
		read := needs[len(needs)-1]
		read.Action = byVersion(p.source.version, "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
		needs = append(needs, read)
	}
	put := s.need(call, dest, "s3:PutObject", dest.objectARN(in.Key), 6)
	// The key has the form bucket/key of the documentation's policies, also when
	// the header begins with a slash; unverified.
	put.Context.Set("s3:x-amz-copy-source", strings.TrimPrefix(aws.ToString(in.CopySource), "/"))
	setEnum(&put.Context, "s3:x-amz-metadata-directive", in.MetadataDirective)
	p.options.setKeys(&put.Context)
	setRequestTags(&put.Context, p.tags)
	return append(needs, s.writeNeeds(call, dest, put, p.options, copiesTags || len(p.tags) > 0)...), nil
}

// CopyObject stores an object that shares the data of another one.
func (s *Service) CopyObject(ctx context.Context, in *awss3.CopyObjectInput) (*awss3.CopyObjectOutput, error) {
	call := fakeaws.CallFrom(ctx)
	p, err := planCopy(in)
	if err != nil {
		return nil, err
	}
	if err := p.options.checkACL(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dest, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	src, err := s.copySource(p.source)
	if err != nil {
		return nil, err
	}
	when := conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}
	if failing := when.failing(src); failing != "" {
		return nil, errPreconditionFailed.of("Condition", "x-amz-copy-source-"+failing)
	}
	key := aws.ToString(in.Key)
	if dest.name == *p.source.name && key == *p.source.key && !p.changes(in, src) {
		return nil, errInvalidRequest.says("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	current, _ := dest.objects.Get(key)
	if err := checkWrite(key, current, in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	o := p.copyOf(in, src)
	dest.put(key, o, s.world.Clock().Now())
	result := &types.CopyObjectResult{ETag: &o.etag, LastModified: &o.modified}
	o.checksum.put(checksumFields{
		&result.ChecksumCRC32, &result.ChecksumCRC32C, &result.ChecksumCRC64NVME,
		&result.ChecksumSHA1, &result.ChecksumSHA256, &result.ChecksumSHA512, &result.ChecksumMD5, &result.ChecksumType,
	})
	return &awss3.CopyObjectOutput{CopyObjectResult: result, ServerSideEncryption: types.ServerSideEncryptionAes256}, nil
}

// copySource finds the object to copy, in any region. The lock is held.
func (s *Service) copySource(ref objectRef) (*object, error) {
	b, err := s.bucketAnywhere(ref.bucketRef)
	if err != nil {
		return nil, err
	}
	if ref.otherVersion() {
		return nil, errNoSuchVersion.of("Key", *ref.key, "VersionId", *ref.version)
	}
	o, ok := b.objects.Get(*ref.key)
	if !ok {
		return nil, errNoSuchKey.of("Key", *ref.key)
	}
	if archived(o.storageClass) {
		return nil, errNotInActiveTier.of()
	}
	return o, nil
}

// changes reports whether a copy of an object to itself has a purpose.
func (p *copyPlan) changes(in *awss3.CopyObjectInput, src *object) bool {
	return p.replaceMeta || in.WebsiteRedirectLocation != nil || in.ServerSideEncryption != "" ||
		in.ChecksumAlgorithm != "" && in.ChecksumAlgorithm != src.checksum.algorithm ||
		in.StorageClass != "" && in.StorageClass != src.storageClass
}

// copyOf is the object that a copy makes. Storage class and website redirect
// are never copied (API Reference, "CopyObject").
func (p *copyPlan) copyOf(in *awss3.CopyObjectInput, src *object) *object {
	o := &object{data: src.data, etag: src.etag, checksum: src.checksum, tags: src.tags, storageClass: in.StorageClass, attributes: src.attributes}
	if in.ChecksumAlgorithm != "" && in.ChecksumAlgorithm != src.checksum.algorithm {
		o.checksum = checksumOf(in.ChecksumAlgorithm, src.data)
	}
	if p.replaceTags {
		o.tags = p.tags
	}
	if p.replaceMeta {
		o.attributes = attributes{
			cacheControl:       in.CacheControl,
			contentDisposition: in.ContentDisposition,
			contentEncoding:    in.ContentEncoding,
			contentLanguage:    in.ContentLanguage,
			contentType:        in.ContentType,
			expires:            in.Expires,
			user:               maps.Clone(in.Metadata),
		}
	}
	o.redirect = in.WebsiteRedirectLocation
	return o
}
