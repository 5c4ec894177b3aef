package s3

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectCopyOps are the rows of CopyObject.
func (s *Fake) objectCopyOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.copyObject)}
}

// An objectCopy is a CopyObject request that makes sense.
type objectCopy struct {
	source      objectRef
	params      *writeParams
	sourceKey   customerKey
	replaceMeta bool
	replaceTags bool
	annotations bool // are copied
	tags        []types.Tag

	// What the plan found: the two buckets, and the version to copy, nil where there
	// is none.
	from, dest *bucket
	src        *object
	encryption *newEncryption
}

// readCopyObject reads the input of CopyObject.
func readCopyObject(call *fakeaws.Call, in *awss3.CopyObjectInput) (*objectCopy, error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	source, err := parseCopySource(aws.ToString(in.CopySource))
	if err != nil {
		return nil, err
	}
	source.expectedOwner = in.ExpectedSourceBucketOwner
	p := &objectCopy{source: source, params: copyParams.of(in)}
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

// copyHosts are the hosts of a copy source that is a URL.
var copyHosts = []string{"https://s3.amazonaws.com/", "http://s3.amazonaws.com/"}

// parseCopySource reads the x-amz-copy-source header: bucket/key, with or
// without a slash before it or the global endpoint's URL, or the ARN of an access point with
// /object/ and the key; URL-encoded as forms are, where + is a space, and ?versionId=.
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
	path, err := url.QueryUnescape(path)
	if err != nil {
		return ref, invalidArgument("Invalid copy source encoding.", "x-amz-copy-source", header)
	}
	for _, host := range copyHosts {
		path = strings.TrimPrefix(path, host)
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
		// S3 does give the name for the value.
		return ref, invalidArgument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source")
	}
	ref.name, ref.key = &name, &key
	return ref, ref.check()
}

// copyObject stores an object that shares the data of another one: of the version that
// the policies were asked about.
func (s *Fake) copyObject(call *fakeaws.Call, in *awss3.CopyObjectInput) (*fakeaws.Plan[*awss3.CopyObjectOutput], error) {
	p, err := readCopyObject(call, in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.dest, err = s.findBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}); err != nil {
		return nil, err
	}
	// The source may be in another region.
	if p.from, err = s.bucketAnywhere(call, p.source.bucketRef); err != nil {
		return nil, err
	}
	p.encryption = s.planEncryption(call, p.dest, in.Key, &p.params.encryptionParams)
	needs, kmsErr := s.copyNeeds(call, in, p)
	return (&fakeaws.Plan[*awss3.CopyObjectOutput]{Needs: needs, Do: func() (*awss3.CopyObjectOutput, error) {
		return s.copy(call, in, p)
	}}).Refusing(kmsErr), nil
}

// copyNeeds finds the version to copy, and the permissions that it takes. Its error is
// answered when the call is allowed.
func (s *Fake) copyNeeds(call *fakeaws.Call, in *awss3.CopyObjectInput, p *objectCopy) ([]fakeaws.Need, error) {
	o, needs := s.readNeeds(call, p.from, p.source)
	p.src = o
	copiesTags := !p.replaceTags && o != nil && len(o.tags) > 0
	if copiesTags {
		read := needs[len(needs)-1]
		read.Action = byVersion(p.source.version, "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
		needs = append(needs, read)
	}
	if p.copiesAnnotations(o) {
		needs = append(needs, narrowed(needs[0], byVersion(p.source.version, "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation")))
	}
	put := s.writeNeed(call, p.dest, in.Key, p.params, p.tags, true)
	// The key has the form bucket/key of the documentation's policies, also when
	// the header begins with a slash; unverified.
	put.Context.Set("s3:x-amz-copy-source", strings.TrimPrefix(aws.ToString(in.CopySource), "/"))
	setEnum(&put.Context, "s3:x-amz-metadata-directive", in.MetadataDirective)
	setEnum(&put.Context, "s3:x-amz-object-annotation-directive", in.AnnotationDirective)
	needs = append(needs, s.writeNeeds(call, p.dest, put, in.Key, p.params, copiesTags || len(p.tags) > 0, p.encryption)...)
	if p.copiesAnnotations(o) {
		needs = append(needs, narrowed(put, "s3:PutObjectAnnotation"))
	}
	kms, err := s.readKMS(call, p.from, o)
	return append(needs, kms...), err
}

// copiesAnnotations reports whether a copy takes annotations along, which needs
// permissions of its own. That it needs none where the source has no annotations is
// unverified.
func (p *objectCopy) copiesAnnotations(src *object) bool {
	return p.annotations && src != nil && len(src.annotations) > 0
}

// annotationDirectiveText refuses a directive that is none; unverified.
const annotationDirectiveText = "Unknown annotation directive."

func (s *Fake) copy(call *fakeaws.Call, in *awss3.CopyObjectInput, p *objectCopy) (*awss3.CopyObjectOutput, error) {
	version, err := s.checkCopied(in, p)
	if err != nil {
		return nil, err
	}
	o, err := p.copyOf(call, in)
	if err != nil {
		return nil, err
	}
	var notes annotations
	if p.copiesAnnotations(p.src) {
		if notes, err = p.src.copiedAnnotations(call, in.ChecksumAlgorithm); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store(call, p.dest, o, p.params, p.encryption); err != nil {
		return nil, err
	}
	s.annotate(o, notes)
	s.notify(p.dest, o, occurrence{event: types.EventS3ObjectCreatedCopy, call: call})
	result := &types.CopyObjectResult{ETag: &o.etag, LastModified: &o.modified}
	copySums.copy(result, o.checksum.values())
	out := &awss3.CopyObjectOutput{CopyObjectResult: result, VersionId: p.dest.shown(o), CopySourceVersionId: version}
	copyEncryption.copy(out, o.encryption.shown())
	return out, nil
}

// checkCopied refuses what cannot be copied, or not onto itself. It returns the version
// of the source as it is shown.
func (s *Fake) checkCopied(in *awss3.CopyObjectInput, p *objectCopy) (*string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := p.from.checkSource(p.source, p.src, s.world.Clock().Now()); err != nil {
		return nil, err
	}
	if err := p.src.checkKey(p.sourceKey); err != nil {
		return nil, err
	}
	when := conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}
	itself := p.dest.name == p.from.name && aws.ToString(in.Key) == *p.source.key && p.source.version == nil
	failing := when.failing(p.src, s.world.Clock().Now())
	switch {
	case failing != "":
		return nil, errPreconditionFailed.of("Condition", "x-amz-copy-source-"+failing)
	case itself && !p.changes(in):
		return nil, errInvalidRequest.withText("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	case p.copiesAnnotations(p.src) && p.params.customerKey.sent():
		// Unverified: that S3 does not leave them out.
		return nil, errCustomerKeyAnnotation.of()
	case p.src.size > maxObject:
		return nil, errInvalidRequest.withText("The specified copy source is larger than the maximum allowable size for a copy source: " + itoa(int64(maxObject)))
	}
	return p.from.shownNamed(p.src), nil
}

var copyEncryption = mapFields[awss3.CopyObjectOutput, sse]()

var copySums = mapFields[types.CopyObjectResult, checksumValues]()

// checkSource refuses a source that cannot be copied, as it was found, and a source whose
// bucket was deleted in the meantime.
func (b *bucket) checkSource(ref objectRef, o *object, now time.Time) error {
	switch {
	case b.deleted:
		return errNoSuchBucket.of("BucketName", b.name)
	case ref.unversioned(b):
		return invalidVersionID(*ref.version)
	case o != nil && o.marker && ref.version != nil:
		return errInvalidRequest.withText("The source of a copy request may not specifically refer to a delete marker by version id.")
	case o == nil && ref.version != nil:
		return errNoSuchVersion.of("Key", *ref.key, "VersionId", *ref.version)
	case o == nil || o.marker:
		return errNoSuchKey.of("Key", *ref.key)
	case o.archived(now):
		return errNotInActiveTier.of()
	}
	return nil
}

// changes reports whether a copy of an object to itself has a purpose. A storage class is
// one, though it be the same, and so is the default encryption that a bucket was given.
func (p *objectCopy) changes(in *awss3.CopyObjectInput) bool {
	src := p.src
	return p.replaceMeta || in.WebsiteRedirectLocation != nil || p.params.encryptionParams != encryptionParams{} ||
		in.ChecksumAlgorithm != "" && in.ChecksumAlgorithm != src.checksum.algorithm ||
		in.StorageClass != "" || p.dest.encryption != nil
}

// copyOf is the object that a copy makes. Storage class and website redirect
// are never copied (API Reference, "CopyObject"). What is stored does not change, so
// hashing it needs no lock.
func (p *objectCopy) copyOf(call *fakeaws.Call, in *awss3.CopyObjectInput) (_ *object, err error) {
	src := p.src
	o := p.params.object(in.Key, src.tags)
	o.expires = sentExpires(call, o.Expires)
	o.data, o.size, o.etag, o.checksum = src.data, src.size, src.etag, src.checksum
	algorithm := cmp.Or(in.ChecksumAlgorithm, src.checksum.algorithm, defaultChecksum)
	switch {
	case src.parts != nil || !src.encryption.plainETag():
		// A copy is in one part, with the digests of its own data.
		d := newDigests(algorithm)
		if err := src.data.hash(call, everyDigest{d}); err != nil {
			return nil, err
		}
		o.etag, o.checksum = d.etag(), d.checksum()
	case algorithm != src.checksum.algorithm:
		if o.checksum, err = checksumOf(call, algorithm, src.data); err != nil {
			return nil, err
		}
	}
	if p.replaceTags {
		o.tags = p.tags
	}
	if !p.replaceMeta {
		o.objectHeaders, o.expires = src.objectHeaders, src.expires
		o.WebsiteRedirectLocation = in.WebsiteRedirectLocation
	}
	return o, nil
}
