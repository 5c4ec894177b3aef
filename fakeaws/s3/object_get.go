package s3

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/byterange"
)

// objectGetOps are the rows of the operations that read objects.
func (s *Fake) objectGetOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.getObject),
		bind(s, s.headObject),
	}
}

// maxPart is the highest part number of a multipart upload.
const maxPart = 10000

// getObject returns an object or a range of it.
func (s *Fake) getObject(call *fakeaws.Call, in *awss3.GetObjectInput) (*fakeaws.Plan[*awss3.GetObjectOutput], error) {
	r, needs, err := s.planRead(call, in, "GET")
	if err != nil {
		return nil, err
	}
	return (&fakeaws.Plan[*awss3.GetObjectOutput]{Needs: needs, Do: func() (*awss3.GetObjectOutput, error) {
		if err := r.decide(); err != nil {
			return nil, err
		}
		if r.archived(r.at) {
			return nil, errInvalidObjectState.of("StorageClass", string(r.storageClass))
		}
		out := r.describe()
		out.Body = r.data.reader(r.part)
		return out, nil
	}}).Refusing(r.kmsErr), nil
}

var headOutput = mapFields[awss3.HeadObjectOutput, awss3.GetObjectOutput]()

// headObject returns what GetObject would, without the data.
func (s *Fake) headObject(call *fakeaws.Call, in *awss3.HeadObjectInput) (*fakeaws.Plan[*awss3.HeadObjectOutput], error) {
	r, needs, err := s.planRead(call, (*awss3.GetObjectInput)(in), "HEAD")
	if err != nil {
		return nil, err
	}
	return (&fakeaws.Plan[*awss3.HeadObjectOutput]{Needs: needs, Do: func() (*awss3.HeadObjectOutput, error) {
		if err := r.decide(); err != nil {
			return nil, err
		}
		return headOutput.of(r.describe()), nil
	}}).Refusing(r.kmsErr), nil
}

// A reading is what a request reads: a part of an object.
type reading struct {
	*object // that was found, and judged; nil where there is none
	fake    *Fake
	call    *fakeaws.Call
	in      *awss3.GetObjectInput
	method  string
	bucket  *bucket
	kmsErr  error // answered when the call is allowed

	// What is decided when the call is allowed.
	part    byterange.Span
	number  int32   // of the part, if the request names one of several
	version *string // as it is shown
	at      time.Time
	// expiration says when a lifecycle rule expires the object, if one does.
	expiration *string
}

func refOfGet(in *awss3.GetObjectInput) objectRef {
	return objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
}

// planRead finds the object of a read, and the permissions that it takes.
func (s *Fake) planRead(call *fakeaws.Call, in *awss3.GetObjectInput, method string) (*reading, []fakeaws.Need, error) {
	ref := refOfGet(in)
	if err := ref.check(); err != nil {
		return nil, nil, err
	}
	if err := checkRead(call, in); err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, nil, err
	}
	o, needs := s.readNeeds(call, b, ref)
	r := &reading{object: o, fake: s, call: call, in: in, method: method, bucket: b}
	// HeadObject decrypts only what the checksum needs (API Reference, "HeadObject").
	if method == "GET" || in.ChecksumMode == types.ChecksumModeEnabled {
		var kms []fakeaws.Need
		kms, r.kmsErr = s.readKMS(call, b, o)
		needs = append(needs, kms...)
	}
	return r, append(needs, s.headerNeeds(call, b, ref, o)...), nil
}

// Headers that only those are sent who may ask for what they tell.
const (
	tagCountHeader = iota + 1
	retentionHeaders
	legalHoldHeader
)

// headerNeeds are the permissions to see more of an object than its data (API
// Reference, "HeadObject"; User Guide, "Managing Object Lock").
func (s *Fake) headerNeeds(call *fakeaws.Call, b *bucket, ref objectRef, o *object) (needs []fakeaws.Need) {
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

// missingObject is why a read of an object asks for s3:ListBucket.
const missingObject = "the object does not exist, so s3:ListBucket was asked: who may not list a bucket does not learn that"

// readNeeds finds the version of a request, nil where there is none, and the permissions
// to read it. To learn that a key does not exist takes s3:ListBucket alone, whether or not
// reading is allowed: users of AWS report so. That a version which does not exist takes
// both is unverified.
func (s *Fake) readNeeds(call *fakeaws.Call, b *bucket, ref objectRef) (*object, []fakeaws.Need) {
	o := b.version(aws.ToString(ref.key), ref.version)
	needs := make([]fakeaws.Need, 0, 2)
	// A delete marker hides the object, but one that is named is there.
	if o == nil || o.marker && ref.version == nil {
		list := s.need(call, b, "s3:ListBucket", b.arn, 1)
		setIfSent(&list.Context, "s3:prefix", ref.key) // as if this key were listed
		list.Note = missingObject
		if needs = append(needs, list); ref.version == nil {
			return o, needs
		}
	}
	action := byVersion(ref.version, "s3:GetObject", "s3:GetObjectVersion")
	get := s.need(call, b, action, b.objectARN(ref.key), 2)
	setIfSent(&get.Context, "s3:versionid", ref.version)
	s.guardObject(call, b, &get, o)
	return o, append(needs, get)
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
		return errInvalidRequest.withText("Request specific response headers cannot be used for anonymous GET requests.")
	}
	if err := keyOf(in).checkRead(); err != nil {
		return err
	}
	if part := in.PartNumber; part != nil {
		if *part < 1 || *part > maxPart {
			return invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", itoa(*part))
		}
		if in.Range != nil {
			return errInvalidRequest.withText("Cannot specify both Range header and partNumber query parameter")
		}
	}
	return nil
}

func keyOf(in *awss3.GetObjectInput) customerKey {
	return customerKey{in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5}
}

// decide decides the preconditions and the range of a read that is allowed.
func (r *reading) decide() (err error) {
	s, b, o, in := r.fake, r.bucket, r.object, r.in
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.still(r.call); err != nil {
		return err
	}
	if err := b.checkFound(refOfGet(in), o, r.method); err != nil {
		return err
	}
	if err := o.checkKey(keyOf(in)); err != nil {
		return err
	}
	if err := needsVersion4(r.call, o.encryption); err != nil {
		return err
	}
	switch failing := (conditions{in.IfMatch, in.IfNoneMatch, in.IfModifiedSince, in.IfUnmodifiedSince}).failing(o, s.world.Clock().Now()); failing {
	case "":
	case "If-None-Match", "If-Modified-Since":
		return withHeaders(errNotModified.of(), "ETag", o.etag, "Last-Modified", httpDate(o.modified))
	default:
		return errPreconditionFailed.of("Condition", failing)
	}
	r.part, r.version, r.at, r.expiration = byterange.Span{Length: o.size}, b.shown(o), s.world.Clock().Now(), nil
	if in.VersionId == nil {
		r.expiration = b.expirationOf(o)
	}
	switch {
	case in.PartNumber != nil:
		err = r.choose(*in.PartNumber)
	case in.Range != nil:
		r.part, err = parseRange(*in.Range, o.size)
	}
	return err
}

// parseRange reads the Range header of a request for an object of a size.
func parseRange(header string, size int64) (byterange.Span, error) {
	s, ok := byterange.Parse(header, size)
	if !ok {
		return s, errInvalidRange.of("RangeRequested", header, "ActualObjectSize", itoa(size))
	}
	return s, nil
}

// choose makes a part of the object what is read. An object that was not uploaded
// in parts is the one part of itself. The parts count from one, also where the
// upload left numbers out; unverified.
func (r *reading) choose(number int32) error {
	count := max(len(r.parts), 1)
	if int(number) > count {
		return errInvalidPartNumber.of("ActualPartCount", itoa(int64(count)), "PartNumberRequested", itoa(number))
	}
	r.part.Partial = r.size > 0
	if len(r.parts) > 0 {
		for _, before := range r.parts[:number-1] {
			r.part.Start += before.size
		}
		r.part.Length = r.parts[number-1].size
		r.number = number
	}
	return nil
}

// sum is the checksum of what is read, if S3 knows it: of the object or of one of
// its parts, but not of a range. Of a part it is known only where that of the object is
// made of those of the parts.
func (r *reading) sum() *checksum {
	switch {
	case r.number > 0 && !r.checksum.composite:
		return nil
	case r.number > 0:
		return &checksum{algorithm: r.checksum.algorithm, value: r.parts[r.number-1].checksum, composite: r.checksum.composite}
	case r.part.Length == r.size:
		return &r.checksum
	}
	return nil
}

// describe is the answer to a read, but for the data.
func (r *reading) describe() *awss3.GetObjectOutput {
	call, in, o, part := r.call, r.in, r.object, &r.part
	out := &awss3.GetObjectOutput{
		AcceptRanges:            &acceptRanges,
		Expiration:              r.expiration,
		CacheControl:            override(in.ResponseCacheControl, o.CacheControl),
		ContentDisposition:      override(in.ResponseContentDisposition, o.ContentDisposition),
		ContentEncoding:         override(in.ResponseContentEncoding, o.ContentEncoding),
		ContentLanguage:         override(in.ResponseContentLanguage, o.ContentLanguage),
		ContentType:             override(in.ResponseContentType, o.ContentType),
		Expires:                 override(in.ResponseExpires, o.Expires),
		ContentLength:           &part.Length,
		ETag:                    &o.etag,
		LastModified:            &o.modified,
		Metadata:                o.Metadata,
		WebsiteRedirectLocation: o.WebsiteRedirectLocation,
		VersionId:               r.version,
	}
	if in.ResponseExpires == nil && o.expires != nil {
		out.Expires, out.ExpiresString = nil, o.expires
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
	if part.Partial {
		out.ContentRange = aws.String(part.ContentRange(o.size))
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
