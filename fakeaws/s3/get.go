package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxPart is the highest part number of a multipart upload.
const maxPart = 10000

func (s *Fake) needGetObject(ctx context.Context, in *awss3.GetObjectInput) ([]fakeaws.Need, error) {
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
	return append(s.readNeeds(call, b, ref), s.headerNeeds(call, b, ref)...), nil
}

// Headers that only those are sent who may ask for what they tell.
const (
	tagCountHeader = iota + 1
	retentionHeaders
	legalHoldHeader
)

// headerNeeds are the permissions to see more of an object than its data (API
// Reference, "HeadObject"; User Guide, "Managing Object Lock").
func (s *Fake) headerNeeds(call *fakeaws.Call, b *bucket, ref objectRef) (needs []fakeaws.Need) {
	o := b.version(aws.ToString(ref.key), ref.version)
	if o == nil || o.marker {
		return nil
	}
	see := func(header int, action string) {
		n := s.need(call, b, action, b.objectARN(ref.key), 2)
		setIfSent(&n.Context, "s3:versionid", ref.version)
		s.guardObject(call, b, &n, o)
		n = narrowed(n, action)
		n.Entry, n.Optional = header, true
		needs = append(needs, n)
	}
	if len(o.tags) > 0 {
		see(tagCountHeader, byVersion(ref.version, "s3:GetObjectTagging", "s3:GetObjectVersionTagging"))
	}
	if o.locked().mode != "" {
		see(retentionHeaders, "s3:GetObjectRetention")
	}
	if o.locked().hold != "" {
		see(legalHoldHeader, "s3:GetObjectLegalHold")
	}
	return needs
}

func (s *Fake) needHeadObject(ctx context.Context, in *awss3.HeadObjectInput) ([]fakeaws.Need, error) {
	return s.needGetObject(ctx, (*awss3.GetObjectInput)(in))
}

// readNeeds are the permissions to read an object. To learn that a key does not
// exist takes s3:ListBucket as well, which AWS looks at first.
func (s *Fake) readNeeds(call *fakeaws.Call, b *bucket, ref objectRef) []fakeaws.Need {
	o := b.version(aws.ToString(ref.key), ref.version)
	needs := make([]fakeaws.Need, 0, 2)
	// A delete marker hides the object, but one that is named is there.
	if o == nil || o.marker && ref.version == nil {
		needs = append(needs, s.need(call, b, "s3:ListBucket", b.arn, 0))
	}
	action := byVersion(ref.version, "s3:GetObject", "s3:GetObjectVersion")
	get := s.need(call, b, action, b.objectARN(ref.key), 2)
	setIfSent(&get.Context, "s3:versionid", ref.version)
	s.guardObject(call, b, &get, o)
	return append(needs, get)
}

// needForCondition is the permission that a write or delete on condition of an
// entity tag needs besides: whoever learns whether the tag is right reads the object.
// The User Guide says so of conditional deletes; of writes it is unverified.
func (s *Fake) needForCondition(call *fakeaws.Call, b *bucket, key *string) fakeaws.Need {
	get := s.need(call, b, "s3:GetObject", b.objectARN(key), 2)
	s.guardObject(call, b, &get, b.live(aws.ToString(key)))
	return get
}

// checkRead refuses what a read cannot ask for.
func checkRead(call *fakeaws.Call, in *awss3.GetObjectInput) error {
	override := in.ResponseCacheControl != nil || in.ResponseContentDisposition != nil || in.ResponseContentEncoding != nil ||
		in.ResponseContentLanguage != nil || in.ResponseContentType != nil || in.ResponseExpires != nil
	if override && call.Anonymous() {
		return errInvalidRequest.says("Request specific response headers cannot be used for anonymous GET requests.")
	}
	if err := keyOf(in).check(); err != nil {
		return err
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

func keyOf(in *awss3.GetObjectInput) customerKey {
	return customerKey{in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5}
}

// GetObject returns an object or a range of it.
func (s *Fake) GetObject(ctx context.Context, in *awss3.GetObjectInput) (*awss3.GetObjectOutput, error) {
	r, err := s.look(ctx, in, "GET")
	if err != nil {
		return nil, err
	}
	if r.archived(r.at) {
		return nil, errInvalidObjectState.of("StorageClass", string(r.storageClass))
	}
	out := r.describe(fakeaws.CallFrom(ctx), in)
	out.Body = r.data.reader(r.part)
	return out, nil
}

var headOutput = mapFields[awss3.HeadObjectOutput, awss3.GetObjectOutput]()

// HeadObject returns what GetObject would, without the data.
func (s *Fake) HeadObject(ctx context.Context, in *awss3.HeadObjectInput) (*awss3.HeadObjectOutput, error) {
	get := (*awss3.GetObjectInput)(in)
	r, err := s.look(ctx, get, "HEAD")
	if err != nil {
		return nil, err
	}
	return headOutput.of(r.describe(fakeaws.CallFrom(ctx), get)), nil
}

// A reading is what a request reads: a part of an object.
type reading struct {
	*object
	part    span
	number  int32   // of the part, if the request names one of several
	version *string // as it is shown
	at      time.Time
	// expiration says when a lifecycle rule expires the object, if one does.
	expiration *string
}

// look finds the object of a read, decides its preconditions and its range.
func (s *Fake) look(ctx context.Context, in *awss3.GetObjectInput, method string) (*reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, method)
	if err != nil {
		return nil, err
	}
	if err := o.checkKey(keyOf(in)); err != nil {
		return nil, err
	}
	switch failing := (conditions{in.IfMatch, in.IfNoneMatch, in.IfModifiedSince, in.IfUnmodifiedSince}).failing(o); failing {
	case "":
	case "If-None-Match", "If-Modified-Since":
		return nil, tell(errNotModified.of(), "ETag", o.etag, "Last-Modified", httpDate(o.modified))
	default:
		return nil, errPreconditionFailed.of("Condition", failing)
	}
	r := &reading{object: o, part: span{length: o.size}, version: b.shown(o), at: s.world.Clock().Now(), expiration: b.expirationOf(o)}
	switch {
	case in.PartNumber != nil:
		err = r.choose(*in.PartNumber)
	case in.Range != nil:
		r.part, err = parseRange(*in.Range, o.size)
	}
	return r, err
}

// choose makes a part of the object what is read. An object that was not uploaded
// in parts is the one part of itself. The parts count from one, also where the
// upload left numbers out; unverified.
func (r *reading) choose(number int32) error {
	count := max(len(r.parts), 1)
	if int(number) > count {
		return errInvalidPartNumber.of("ActualPartCount", itoa(int64(count)), "PartNumberRequested", itoa(number))
	}
	r.part.partial = r.size > 0
	if len(r.parts) > 0 {
		for _, before := range r.parts[:number-1] {
			r.part.start += before.size
		}
		r.part.length = r.parts[number-1].size
		r.number = number
	}
	return nil
}

// sum is the checksum of what is read, if S3 knows it: of the object or of one of
// its parts, but not of a range.
func (r *reading) sum() *checksum {
	switch {
	case r.number > 0:
		return &checksum{algorithm: r.checksum.algorithm, value: r.parts[r.number-1].checksum, composite: r.checksum.composite}
	case r.part.length == r.size:
		return &r.checksum
	}
	return nil
}

// describe is the answer to a read, but for the data.
func (r *reading) describe(call *fakeaws.Call, in *awss3.GetObjectInput) *awss3.GetObjectOutput {
	o, part := r.object, &r.part
	out := &awss3.GetObjectOutput{
		AcceptRanges:            &acceptRanges,
		Expiration:              r.expiration,
		CacheControl:            override(in.ResponseCacheControl, o.CacheControl),
		ContentDisposition:      override(in.ResponseContentDisposition, o.ContentDisposition),
		ContentEncoding:         override(in.ResponseContentEncoding, o.ContentEncoding),
		ContentLanguage:         override(in.ResponseContentLanguage, o.ContentLanguage),
		ContentType:             override(in.ResponseContentType, o.ContentType),
		Expires:                 override(in.ResponseExpires, o.Expires),
		ContentLength:           &part.length,
		ETag:                    &o.etag,
		LastModified:            &o.modified,
		Metadata:                o.Metadata,
		WebsiteRedirectLocation: o.WebsiteRedirectLocation,
		VersionId:               r.version,
	}
	getEncryption.copy(out, o.encryption.shown())
	if l := o.locked(); l.mode != "" && !call.EntryDenied(retentionHeaders) {
		out.ObjectLockMode, out.ObjectLockRetainUntilDate = l.mode, &l.until
	}
	if !call.EntryDenied(legalHoldHeader) {
		out.ObjectLockLegalHoldStatus = o.locked().hold
	}
	if o.storageClass != types.StorageClassStandard {
		out.StorageClass = o.storageClass // the header is left out for STANDARD
	}
	if len(o.tags) > 0 && !call.EntryDenied(tagCountHeader) {
		out.TagCount = aws.Int32(int32(len(o.tags)))
	}
	if part.partial {
		out.ContentRange = aws.String(part.contentRange(o.size))
	}
	if sum := r.sum(); sum != nil && in.ChecksumMode == types.ChecksumModeEnabled {
		getSums.copy(out, sum.values())
	}
	if r.number > 0 {
		out.PartsCount = aws.Int32(int32(len(r.parts)))
	}
	out.Restore = o.restore.header(r.at)
	return out
}

var (
	acceptRanges  = "bytes"
	getEncryption = mapFields[awss3.GetObjectOutput, sse]()
	getSums       = mapFields[awss3.GetObjectOutput, checksumValues]()
)

// override prefers what the request wants a header to be.
func override[T any](wanted, stored *T) *T {
	if wanted != nil {
		return wanted
	}
	return stored
}
