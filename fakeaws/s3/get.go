package s3

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxPart is the highest part number of a multipart upload.
const maxPart = 10000

func (s *Service) needGetObject(ctx context.Context, in *awss3.GetObjectInput) ([]enforce.Need, error) {
	call := fakeaws.CallFrom(ctx)
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	if err := ref.check(); err != nil {
		return nil, err
	}
	if err := checkRead(call, in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	return s.readNeeds(call, b, ref), nil
}

func (s *Service) needHeadObject(ctx context.Context, in *awss3.HeadObjectInput) ([]enforce.Need, error) {
	return s.needGetObject(ctx, (*awss3.GetObjectInput)(in))
}

// readNeeds are the permissions to read an object. To learn that a key does not
// exist takes s3:ListBucket as well, which AWS looks at first.
func (s *Service) readNeeds(call *fakeaws.Call, b *bucket, ref objectRef) []enforce.Need {
	o, found := b.objects.Get(aws.ToString(ref.key))
	found = found && !ref.otherVersion()
	needs := make([]enforce.Need, 0, 2)
	if !found {
		needs = append(needs, s.need(call, b, "s3:ListBucket", b.arn, 0))
	}
	action := byVersion(ref.version, "s3:GetObject", "s3:GetObjectVersion")
	get := s.need(call, b, action, b.objectARN(ref.key), 2)
	setIfSent(&get.Context, "s3:versionid", ref.version)
	if found {
		setExistingTags(&get.Context, o)
	}
	return append(needs, get)
}

// checkRead refuses what a read cannot ask for.
func checkRead(call *fakeaws.Call, in *awss3.GetObjectInput) error {
	override := in.ResponseCacheControl != nil || in.ResponseContentDisposition != nil || in.ResponseContentEncoding != nil ||
		in.ResponseContentLanguage != nil || in.ResponseContentType != nil || in.ResponseExpires != nil
	if override && call.Anonymous() {
		return errInvalidRequest.says("Request specific response headers cannot be used for anonymous GET requests.")
	}
	if in.SSECustomerAlgorithm != nil || in.SSECustomerKey != nil || in.SSECustomerKeyMD5 != nil {
		// All objects are encrypted with S3's own keys.
		return errInvalidRequest.says("The encryption parameters are not applicable to this object.")
	}
	if part := in.PartNumber; part != nil {
		if *part < 1 || *part > maxPart {
			return invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", itoa(*part))
		}
		if in.Range != nil {
			return errInvalidRequest.says("Cannot specify both Range header and partNumber query parameter")
		}
	}
	return nil
}

// GetObject returns an object or a range of it.
func (s *Service) GetObject(ctx context.Context, in *awss3.GetObjectInput) (*awss3.GetObjectOutput, error) {
	o, part, err := s.look(ctx, in)
	if err != nil {
		return nil, err
	}
	if archived(o.storageClass) {
		return nil, errInvalidObjectState.of("StorageClass", string(o.storageClass))
	}
	out := describe(in, o, part)
	out.Body = io.NopCloser(bytes.NewReader(o.data[part.start : part.start+part.length]))
	return out, nil
}

// HeadObject returns what GetObject would, without the data.
func (s *Service) HeadObject(ctx context.Context, in *awss3.HeadObjectInput) (*awss3.HeadObjectOutput, error) {
	get := (*awss3.GetObjectInput)(in)
	o, part, err := s.look(ctx, get)
	if err != nil {
		return nil, err
	}
	d := describe(get, o, part)
	return &awss3.HeadObjectOutput{
		AcceptRanges:            d.AcceptRanges,
		CacheControl:            d.CacheControl,
		ChecksumCRC32:           d.ChecksumCRC32,
		ChecksumCRC32C:          d.ChecksumCRC32C,
		ChecksumCRC64NVME:       d.ChecksumCRC64NVME,
		ChecksumMD5:             d.ChecksumMD5,
		ChecksumSHA1:            d.ChecksumSHA1,
		ChecksumSHA256:          d.ChecksumSHA256,
		ChecksumSHA512:          d.ChecksumSHA512,
		ChecksumType:            d.ChecksumType,
		ContentDisposition:      d.ContentDisposition,
		ContentEncoding:         d.ContentEncoding,
		ContentLanguage:         d.ContentLanguage,
		ContentLength:           d.ContentLength,
		ContentRange:            d.ContentRange,
		ContentType:             d.ContentType,
		ETag:                    d.ETag,
		Expires:                 d.Expires,
		LastModified:            d.LastModified,
		Metadata:                d.Metadata,
		ServerSideEncryption:    d.ServerSideEncryption,
		StorageClass:            d.StorageClass,
		TagCount:                d.TagCount,
		WebsiteRedirectLocation: d.WebsiteRedirectLocation,
	}, nil
}

// look finds the object of a read, decides its preconditions and its range.
func (s *Service) look(ctx context.Context, in *awss3.GetObjectInput) (*object, span, error) {
	o, err := s.current(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId})
	if err != nil {
		return nil, span{}, err
	}
	switch failing := (conditions{in.IfMatch, in.IfNoneMatch, in.IfModifiedSince, in.IfUnmodifiedSince}).failing(o); failing {
	case "":
	case "If-None-Match", "If-Modified-Since":
		return nil, span{}, tell(errNotModified.of(), "ETag", o.etag, "Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	default:
		return nil, span{}, errPreconditionFailed.of("Condition", failing)
	}
	size := o.size
	switch {
	case in.PartNumber != nil && *in.PartNumber != 1:
		// The object is the one part of itself.
		return nil, span{}, errInvalidPartNumber.of("ActualPartCount", "1", "PartNumberRequested", itoa(*in.PartNumber))
	case in.PartNumber != nil:
		return o, span{length: size, partial: size > 0}, nil
	case in.Range != nil:
		part, err := parseRange(*in.Range, size)
		return o, part, err
	}
	return o, span{length: size}, nil
}

// current is the object of a request as it is now.
func (s *Service) current(call *fakeaws.Call, ref objectRef) (*object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, o, err := s.object(call, ref)
	return o, err
}

// describe is the answer to a read, but for the data.
func describe(in *awss3.GetObjectInput, o *object, part span) *awss3.GetObjectOutput {
	out := &awss3.GetObjectOutput{
		AcceptRanges:            &acceptRanges,
		CacheControl:            override(in.ResponseCacheControl, o.cacheControl),
		ContentDisposition:      override(in.ResponseContentDisposition, o.contentDisposition),
		ContentEncoding:         override(in.ResponseContentEncoding, o.contentEncoding),
		ContentLanguage:         override(in.ResponseContentLanguage, o.contentLanguage),
		ContentType:             override(in.ResponseContentType, o.contentType),
		Expires:                 override(in.ResponseExpires, o.expires),
		ContentLength:           &part.length,
		ETag:                    &o.etag,
		LastModified:            &o.modified,
		Metadata:                o.user,
		ServerSideEncryption:    types.ServerSideEncryptionAes256,
		WebsiteRedirectLocation: o.redirect,
	}
	if o.storageClass != types.StorageClassStandard {
		out.StorageClass = o.storageClass // the header is left out for STANDARD
	}
	if len(o.tags) > 0 {
		// AWS tells it only to callers who may read the tags. To ask that here
		// would put a permission that the call can do without among those that
		// it needs.
		out.TagCount = aws.Int32(int32(len(o.tags)))
	}
	if part.partial {
		out.ContentRange = aws.String(part.contentRange(o.size))
	}
	// The checksum of the object says nothing of a range of it.
	whole := part.length == o.size
	if in.ChecksumMode == types.ChecksumModeEnabled && whole {
		o.checksum.put(checksumFields{
			&out.ChecksumCRC32, &out.ChecksumCRC32C, &out.ChecksumCRC64NVME,
			&out.ChecksumSHA1, &out.ChecksumSHA256, &out.ChecksumSHA512, &out.ChecksumMD5, &out.ChecksumType,
		})
	}
	return out
}

var acceptRanges = "bytes"

// override prefers what the request wants a header to be.
func override[T any](wanted, stored *T) *T {
	if wanted != nil {
		return wanted
	}
	return stored
}
