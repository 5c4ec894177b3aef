package s3

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var (
	annotationChecksums = mapFields[checksumParams, awss3.PutObjectAnnotationInput]()
	putAnnotationSums   = mapFields[awss3.PutObjectAnnotationOutput, checksumValues]()
	getAnnotationSums   = mapFields[awss3.GetObjectAnnotationOutput, checksumValues]()
)

// annotationOps are the operations on annotations of objects.
func (s *Fake) annotationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.BindMethod(s.PutObjectAnnotation, s.needPutObjectAnnotation),
		fakeaws.BindMethod(s.GetObjectAnnotation, s.needGetObjectAnnotation),
		fakeaws.BindMethod(s.DeleteObjectAnnotation, s.needDeleteObjectAnnotation),
		fakeaws.BindMethod(s.ListObjectAnnotations, s.needListObjectAnnotations),
	}
}

func (s *Fake) needPutObjectAnnotation(ctx context.Context, in *awss3.PutObjectAnnotationInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkAnnotationName(aws.ToString(in.AnnotationName)); err != nil {
		return nil, err
	}
	body, err := annotationUpload(call, in)
	if err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	needs, err := s.objectNeeds(call, ref, byVersion(in.VersionId, "s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation"))
	if err != nil {
		return nil, err
	}
	setIfSent(&needs[0].Context, "s3:x-amz-object-if-match", in.ObjectIfMatch)
	return needs, nil
}

func annotationUpload(call *fakeaws.Call, in *awss3.PutObjectAnnotationInput) (*upload, error) {
	return newUpload(call, annotationChecksums.of(in))
}

// PutObjectAnnotation attaches an annotation to a version of an object, or replaces
// the one of its name. The body is read without the lock.
func (s *Fake) PutObjectAnnotation(ctx context.Context, in *awss3.PutObjectAnnotationInput) (*awss3.PutObjectAnnotationOutput, error) {
	call := fakeaws.CallFrom(ctx)
	body, err := annotationUpload(call, in)
	if err != nil {
		return nil, err
	}
	n := &annotation{name: aws.ToString(in.AnnotationName)}
	if n.text, n.checksum, err = body.text(in.AnnotationPayload); err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	b, o, err := s.annotate(ctx, ref, "PUT", in.ObjectIfMatch, func(o *object) (annotations, error) {
		if err := o.annotatable(); err != nil {
			return nil, err
		}
		n.etag = s.annotationETag(o.encryption, n.text)
		n.modified = s.world.Clock().Now().UTC().Truncate(time.Second)
		return o.annotations.with(n)
	})
	if err != nil {
		return nil, err
	}
	out := &awss3.PutObjectAnnotationOutput{
		AnnotationName: &n.name, ETag: &n.etag, Key: &o.key, ObjectVersionId: b.shown(o),
		ServerSideEncryption: o.encryption.shown().ServerSideEncryption,
	}
	putAnnotationSums.copy(out, n.checksum.values())
	return out, nil
}

// text is the body of an upload that is kept in one piece of its own size.
func (u *upload) text(body io.Reader) ([]byte, checksum, error) {
	u.limit = maxAnnotation // what S3 answers to more, EntityTooLarge here, is unverified
	stored, _, sum, err := u.read(body, -1)
	if err != nil {
		return nil, sum, err
	}
	text := slices.Concat(stored...)
	return text, sum, checkAnnotationText(text)
}

// annotate changes the annotations of a version, if the request's condition on the
// object holds. Neither the object's entity tag nor its time changes.
func (s *Fake) annotate(ctx context.Context, ref objectRef, method string, match *string, change func(*object) (annotations, error)) (*bucket, *object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), ref, method)
	if err != nil {
		return nil, nil, err
	}
	if match != nil && !matchesETag(*match, o.etag) {
		return nil, nil, errPreconditionFailed.of("Condition", objectIfMatch)
	}
	changed := *o
	if changed.annotations, err = change(o); err != nil {
		return nil, nil, err
	}
	b.replace(&changed)
	return b, &changed, nil
}

// objectIfMatch is what PreconditionFailed names as the condition; unverified.
const objectIfMatch = "x-amz-object-if-match"

func (s *Fake) needGetObjectAnnotation(ctx context.Context, in *awss3.GetObjectAnnotationInput) ([]fakeaws.Need, error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	return s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation"))
}

// GetObjectAnnotation returns the text of an annotation, also that of an archived
// object.
func (s *Fake) GetObjectAnnotation(ctx context.Context, in *awss3.GetObjectAnnotationInput) (*awss3.GetObjectAnnotationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	n, err := o.annotations.get(aws.ToString(in.AnnotationName))
	if err != nil {
		return nil, err
	}
	out := &awss3.GetObjectAnnotationOutput{
		AnnotationPayload: io.NopCloser(bytes.NewReader(n.text)), ContentLength: aws.Int64(int64(len(n.text))),
		ETag: &n.etag, LastModified: &n.modified, ObjectVersionId: b.shown(o),
		ServerSideEncryption: o.encryption.shown().ServerSideEncryption,
	}
	if in.ChecksumMode == types.ChecksumModeEnabled {
		getAnnotationSums.copy(out, n.checksum.values())
	}
	return out, nil
}

func (s *Fake) needDeleteObjectAnnotation(ctx context.Context, in *awss3.DeleteObjectAnnotationInput) ([]fakeaws.Need, error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	needs, err := s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation"))
	if err != nil {
		return nil, err
	}
	setIfSent(&needs[0].Context, "s3:x-amz-object-if-match", in.ObjectIfMatch)
	return needs, nil
}

// DeleteObjectAnnotation removes an annotation for good. An object that Object Lock
// protects keeps its annotations: the SDK's input has no member for the bypass of
// governance that the API Reference speaks of. That a legal hold and compliance mode
// keep them as well, and that a locked object's annotations may be added to and
// replaced, is unverified. So is that a name which is not there is no error: the model
// of the operation has none for it, unlike that of GetObjectAnnotation.
func (s *Fake) DeleteObjectAnnotation(ctx context.Context, in *awss3.DeleteObjectAnnotationInput) (*awss3.DeleteObjectAnnotationOutput, error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	b, o, err := s.annotate(ctx, ref, "DELETE", in.ObjectIfMatch, func(o *object) (annotations, error) {
		if err := s.checkLocked(o, false); err != nil {
			return nil, err
		}
		return o.annotations.without(aws.ToString(in.AnnotationName)), nil
	})
	if err != nil {
		return nil, err
	}
	return &awss3.DeleteObjectAnnotationOutput{ObjectVersionId: b.shown(o)}, nil
}

// An annotationPage is what a request wants to see of an object's annotations.
type annotationPage struct {
	prefix, after string
	size          int32
}

func annotationPageOf(in *awss3.ListObjectAnnotationsInput) (p annotationPage, err error) {
	p = annotationPage{prefix: aws.ToString(in.AnnotationPrefix), size: maxAnnotations}
	if err = checkAnnotationPrefix(p.prefix); err != nil {
		return p, err
	}
	if n := in.MaxAnnotationResults; n != nil {
		if *n < 1 || *n > maxAnnotations {
			return p, invalidArgument(annotationResultsText, "max-annotation-results", itoa(*n))
		}
		p.size = *n
	}
	p.after, err = listToken(in.ContinuationToken)
	return p, err
}

// annotationResultsText is the text that refuses a size of pages outside of the range
// of the API Reference. Unverified: that S3 refuses it, and the text.
const annotationResultsText = "Argument max-annotation-results must be an integer between 1 and 1000"

func (s *Fake) needListObjectAnnotations(ctx context.Context, in *awss3.ListObjectAnnotationsInput) ([]fakeaws.Need, error) {
	if _, err := annotationPageOf(in); err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	needs, err := s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations"))
	if err != nil {
		return nil, err
	}
	setIfSent(&needs[0].Context, "s3:annotation-prefix", in.AnnotationPrefix)
	if in.MaxAnnotationResults != nil {
		needs[0].Context.Set("s3:max-annotation-results", itoa(*in.MaxAnnotationResults))
	}
	return needs, nil
}

// ListObjectAnnotations lists a page of the annotations of a version.
func (s *Fake) ListObjectAnnotations(ctx context.Context, in *awss3.ListObjectAnnotationsInput) (*awss3.ListObjectAnnotationsOutput, error) {
	p, err := annotationPageOf(in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	out := &awss3.ListObjectAnnotationsOutput{
		AnnotationPrefix: in.AnnotationPrefix, Bucket: &b.name, ContinuationToken: in.ContinuationToken,
		Key: &o.key, MaxAnnotationResults: &p.size, ObjectVersionId: b.shown(o),
	}
	from, found := o.annotations.find(max(p.prefix, p.after))
	if found && p.after >= p.prefix && p.after != "" {
		from++ // the page begins behind it
	}
	for _, n := range o.annotations[from:] {
		if !strings.HasPrefix(n.name, p.prefix) {
			break
		}
		if len(out.Annotations) == int(p.size) {
			out.NextContinuationToken = newListToken(*out.Annotations[p.size-1].AnnotationName)
			break
		}
		out.Annotations = append(out.Annotations, n.entry())
	}
	out.AnnotationCount = aws.Int32(int32(len(out.Annotations)))
	return out, nil
}
