package s3

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// objectAnnotationOps are the rows of annotations of objects.
func (s *Fake) objectAnnotationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putObjectAnnotation),
		bind(s, s.getObjectAnnotation),
		bind(s, s.deleteObjectAnnotation),
		bind(s, s.listObjectAnnotations),
	}
}

var (
	annotationChecksums = mapFields[checksumParams, awss3.PutObjectAnnotationInput]()
	putAnnotationSums   = mapFields[awss3.PutObjectAnnotationOutput, checksumValues]()
	getAnnotationSums   = mapFields[awss3.GetObjectAnnotationOutput, checksumValues]()
)

// putObjectAnnotation attaches an annotation to a version of an object, or replaces
// the one of its name. The body is read without the lock, once the call is allowed.
func (s *Fake) putObjectAnnotation(call *fakeaws.Call, in *awss3.PutObjectAnnotationInput) (*fakeaws.Plan[*awss3.PutObjectAnnotationOutput], error) {
	n := &annotation{name: aws.ToString(in.AnnotationName)}
	if err := checkAnnotationName(n.name); err != nil {
		return nil, err
	}
	body, err := newBodyClaims(call, annotationChecksums.of(in))
	if err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	plan, err := changeObject(s, call, versionChange[*awss3.PutObjectAnnotationOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: byVersion(in.VersionId, "s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation"), method: "PUT",
		change: func(b *bucket, o *object) (*awss3.PutObjectAnnotationOutput, error) {
			if err := o.matches(in.ObjectIfMatch); err != nil {
				return nil, err
			}
			if err := o.annotatable(); err != nil {
				return nil, err
			}
			n.etag = s.annotationETag(o.encryption, n.text)
			n.modified = s.now()
			var err error
			if o.annotations, err = o.annotations.with(n); err != nil {
				return nil, err
			}
			s.notify(b, o, occurrence{event: types.EventS3ObjectAnnotationPut, call: call})
			out := &awss3.PutObjectAnnotationOutput{
				AnnotationName: &n.name, ETag: &n.etag, Key: &o.key, ObjectVersionId: b.shown(o),
				ServerSideEncryption: o.encryption.shown().ServerSideEncryption,
			}
			putAnnotationSums.copy(out, n.checksum.values())
			return out, nil
		},
	})
	if err != nil {
		return nil, err
	}
	setIfSent(&plan.Needs[0].Context, "s3:x-amz-object-if-match", in.ObjectIfMatch)
	attach := plan.Do
	plan.Do = func() (out *awss3.PutObjectAnnotationOutput, err error) {
		if n.text, n.checksum, err = body.text(call, in.AnnotationPayload); err != nil {
			return nil, err
		}
		return attach()
	}
	return plan, nil
}

// text is the body of an upload that is kept in one piece of its own size.
func (c *bodyClaims) text(ctx context.Context, body io.Reader) ([]byte, checksum, error) {
	c.limit = maxAnnotation // what S3 answers to more, EntityTooLarge here, is unverified
	stored, _, sum, err := c.read(ctx, body, -1)
	if err != nil {
		return nil, sum, err
	}
	text := slices.Concat(stored...)
	return text, sum, checkAnnotationText(text)
}

// matches decides the condition of a request on the object whose annotations it changes.
// Neither the object's entity tag nor its time changes with them.
func (o *object) matches(tags *string) error {
	if tags != nil && !matchesETag(*tags, o.etag) {
		return errPreconditionFailed.of("Condition", objectIfMatch)
	}
	return nil
}

// objectIfMatch is what PreconditionFailed names as the condition; unverified.
const objectIfMatch = "x-amz-object-if-match"

// getObjectAnnotation returns the text of an annotation, also that of an archived
// object.
func (s *Fake) getObjectAnnotation(call *fakeaws.Call, in *awss3.GetObjectAnnotationInput) (*fakeaws.Plan[*awss3.GetObjectAnnotationOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	action := byVersion(in.VersionId, "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation")
	return onObject(s, call, ref, action, nil, func(b *bucket, o *object) (*awss3.GetObjectAnnotationOutput, error) {
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
	})
}

// deleteObjectAnnotation removes an annotation for good. An object that Object Lock
// protects keeps its annotations: the SDK's input has no member for the bypass of
// governance that the API Reference speaks of. That a legal hold and compliance mode
// keep them as well, and that a locked object's annotations may be added to and
// replaced, is unverified. So is that a name which is not there is no error: the model
// of the operation has none for it, unlike that of GetObjectAnnotation.
func (s *Fake) deleteObjectAnnotation(call *fakeaws.Call, in *awss3.DeleteObjectAnnotationInput) (*fakeaws.Plan[*awss3.DeleteObjectAnnotationOutput], error) {
	plan, err := changeObject(s, call, versionChange[*awss3.DeleteObjectAnnotationOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: byVersion(in.VersionId, "s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation"), method: "DELETE",
		change: func(b *bucket, o *object) (*awss3.DeleteObjectAnnotationOutput, error) {
			if err := o.matches(in.ObjectIfMatch); err != nil {
				return nil, err
			}
			if err := s.checkLocked(o, false); err != nil {
				return nil, err
			}
			o.annotations = o.annotations.without(aws.ToString(in.AnnotationName))
			s.notify(b, o, occurrence{event: types.EventS3ObjectAnnotationDelete, call: call})
			return &awss3.DeleteObjectAnnotationOutput{ObjectVersionId: b.shown(o)}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	setIfSent(&plan.Needs[0].Context, "s3:x-amz-object-if-match", in.ObjectIfMatch)
	return plan, nil
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
	p.after, err = afterToken(in.ContinuationToken)
	return p, err
}

// annotationResultsText is the text that refuses a size of pages outside of the range
// of the API Reference. Unverified: that S3 refuses it, and the text.
const annotationResultsText = "Argument max-annotation-results must be an integer between 1 and 1000"

// listObjectAnnotations lists a page of the annotations of a version.
func (s *Fake) listObjectAnnotations(call *fakeaws.Call, in *awss3.ListObjectAnnotationsInput) (*fakeaws.Plan[*awss3.ListObjectAnnotationsOutput], error) {
	p, err := annotationPageOf(in)
	if err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	action := byVersion(in.VersionId, "s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations")
	plan, err := onObject(s, call, ref, action, nil, func(b *bucket, o *object) (*awss3.ListObjectAnnotationsOutput, error) {
		all := page.Sorted(o.annotations, func(n *annotation) string { return n.name })
		list := page.Of(page.Prefixed(all, p.prefix), p.after, int(p.size), page.Every((*annotation).entry))
		return &awss3.ListObjectAnnotationsOutput{
			AnnotationCount: aws.Int32(int32(len(list.Items))), AnnotationPrefix: in.AnnotationPrefix, Annotations: list.Items,
			Bucket: &b.name, ContinuationToken: in.ContinuationToken, Key: &o.key, MaxAnnotationResults: &p.size,
			NextContinuationToken: list.Next, ObjectVersionId: b.shown(o),
		}, nil
	})
	if err != nil {
		return nil, err
	}
	keys := &plan.Needs[0].Context
	setIfSent(keys, "s3:annotation-prefix", in.AnnotationPrefix)
	if in.MaxAnnotationResults != nil {
		keys.Set("s3:max-annotation-results", itoa(*in.MaxAnnotationResults))
	}
	return plan, nil
}
