package s3

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// listOps are the rows of lists of objects.
func (s *Fake) listOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.listObjects),
		bind(s, s.listObjectsV2),
	}
}

// maxKeys is the largest page of a list of objects, and the one of a request
// that names no size.
const maxKeys = 1000

// A listRequest is a request for a page of a bucket's keys.
type listRequest struct {
	bucketRef
	action            string
	prefix, delimiter *string
	maxKeys           *int32
	encoding          types.EncodingType
	after             string // the page begins behind this key or common prefix
	owner             bool
	v2                bool // ListObjectsV2
	// extra are further attributes that the request wants of each object.
	extra []types.OptionalObjectAttributes
	now   time.Time
	ctx   context.Context // the call's
}

// askList finds the bucket of a list, and the permission to list it.
func (s *Fake) askList(call *fakeaws.Call, l *listRequest) (*bucket, []fakeaws.Need, error) {
	if err := l.check(); err != nil {
		return nil, nil, err
	}
	l.now, l.ctx = call.Time, call
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, l.bucketRef)
	if err != nil {
		return nil, nil, err
	}
	need := s.need(call, b, l.action, b.arn, 3)
	setIfSent(&need.Context, "s3:prefix", l.prefix)
	setIfSent(&need.Context, "s3:delimiter", l.delimiter)
	// This key is there in every request (IAM User Guide, "IAM JSON policy
	// elements: Condition operators").
	size := int32(maxKeys)
	if l.maxKeys != nil {
		size = *l.maxKeys
	}
	need.Context.Set("s3:max-keys", itoa(size))
	return b, []fakeaws.Need{need}, nil
}

func (l *listRequest) check() error {
	if l.maxKeys != nil && *l.maxKeys < 0 {
		return invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys", itoa(*l.maxKeys))
	}
	for _, a := range l.extra {
		if !known(a) {
			return invalidArgument("Invalid attribute name specified", "x-amz-optional-object-attributes", string(a))
		}
	}
	if l.encoding != "" && l.encoding != types.EncodingTypeUrl {
		return invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", string(l.encoding))
	}
	return nil
}

// limit is the size of the page.
func (l *listRequest) limit() int {
	if l.maxKeys == nil {
		return maxKeys
	}
	return int(min(*l.maxKeys, maxKeys))
}

// text is a key as the list shows it.
func (l *listRequest) text(s string) *string {
	if l.encoding == types.EncodingTypeUrl {
		s = urlEncode(s)
	}
	return &s
}

// optional is text of a parameter that may be missing.
func (l *listRequest) optional(s *string) *string {
	if s == nil {
		return nil
	}
	return l.text(*s)
}

// page collects a page of objects.
func (b *bucket) page(l *listRequest) (*scan, []types.Object) {
	var contents []types.Object
	it := b.objects.Iter()
	// A delete marker hides the key.
	hidden := func() bool { return it.Value().live() == nil }
	p := l.scan(&it, hidden, func(p *scan) bool {
		if it.Key() == l.after {
			return true
		}
		if !p.enter(it.Key()) {
			return false
		}
		if contents == nil {
			contents = make([]types.Object, 0, min(l.limit(), b.objects.Len()))
		}
		contents = append(contents, b.entry(l, it.Value().live()))
		return true
	})
	return p, contents
}

// entry is one object of a list.
func (b *bucket) entry(l *listRequest, o *object) types.Object {
	e := types.Object{
		Key:               &o.key,
		ETag:              &o.etag,
		LastModified:      &o.modified,
		Size:              &o.size,
		StorageClass:      types.ObjectStorageClass(o.listedClass()),
		ChecksumAlgorithm: o.algorithms,
		ChecksumType:      types.ChecksumTypeFullObject,
	}
	if l.encoding != "" {
		e.Key = l.text(o.key)
	}
	if l.owner {
		e.Owner = b.ownerIDOf(o)
	}
	if r := o.restore; len(l.extra) > 0 && (r.ongoing(l.now) || r.restored(l.now)) {
		e.RestoreStatus = &types.RestoreStatus{IsRestoreInProgress: aws.Bool(r.ongoing(l.now))}
		if r.restored(l.now) {
			e.RestoreStatus.RestoreExpiryDate = &r.expires
		}
	}
	return e
}

// listedClass is the storage class as lists have it.
func (o *object) listedClass() types.StorageClass {
	return cmp.Or(o.storageClass, types.StorageClassStandard)
}

func listRequestV1(in *awss3.ListObjectsInput) *listRequest {
	return &listRequest{
		bucketRef: bucketRef{in.Bucket, in.ExpectedBucketOwner},
		action:    "s3:ListBucket",
		prefix:    in.Prefix,
		delimiter: in.Delimiter,
		maxKeys:   in.MaxKeys,
		encoding:  in.EncodingType,
		after:     aws.ToString(in.Marker),
		extra:     in.OptionalObjectAttributes,
		owner:     true,
	}
}

// listObjects lists a page of a bucket's objects in the first form of the list.
func (s *Fake) listObjects(call *fakeaws.Call, in *awss3.ListObjectsInput) (*fakeaws.Plan[*awss3.ListObjectsOutput], error) {
	l := listRequestV1(in)
	b, needs, err := s.askList(call, l)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.ListObjectsOutput, error) {
		p, contents := b.page(l)
		if p.err != nil {
			return nil, p.err
		}
		limit := int32(l.limit())
		out := &awss3.ListObjectsOutput{
			Name:           &b.name,
			Prefix:         l.text(aws.ToString(in.Prefix)),
			Marker:         l.text(aws.ToString(in.Marker)),
			Delimiter:      l.optional(in.Delimiter),
			EncodingType:   in.EncodingType,
			MaxKeys:        &limit,
			IsTruncated:    &p.truncated,
			Contents:       contents,
			CommonPrefixes: p.prefixes,
		}
		// Without a delimiter, the last key is the next marker, and S3 does not
		// repeat it.
		if p.truncated && in.Delimiter != nil {
			out.NextMarker = l.text(p.last)
		}
		return out, nil
	}), nil
}

func listRequestV2(in *awss3.ListObjectsV2Input) (*listRequest, error) {
	after, err := afterToken(in.ContinuationToken)
	if err != nil {
		return nil, err
	}
	if in.ContinuationToken == nil {
		after = aws.ToString(in.StartAfter)
	}
	return &listRequest{
		bucketRef: bucketRef{in.Bucket, in.ExpectedBucketOwner},
		action:    "s3:ListBucket",
		v2:        true,
		prefix:    in.Prefix,
		delimiter: in.Delimiter,
		maxKeys:   in.MaxKeys,
		encoding:  in.EncodingType,
		after:     after,
		extra:     in.OptionalObjectAttributes,
		owner:     aws.ToBool(in.FetchOwner),
	}, nil
}

// listObjectsV2 lists a page of a bucket's objects.
func (s *Fake) listObjectsV2(call *fakeaws.Call, in *awss3.ListObjectsV2Input) (*fakeaws.Plan[*awss3.ListObjectsV2Output], error) {
	l, err := listRequestV2(in)
	if err != nil {
		return nil, err
	}
	b, needs, err := s.askList(call, l)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.ListObjectsV2Output, error) {
		p, contents := b.page(l)
		if p.err != nil {
			return nil, p.err
		}
		limit, count := int32(l.limit()), int32(len(contents)+len(p.prefixes))
		out := &awss3.ListObjectsV2Output{
			Name:              &b.name,
			Prefix:            l.text(aws.ToString(in.Prefix)),
			Delimiter:         l.optional(in.Delimiter),
			ContinuationToken: in.ContinuationToken,
			EncodingType:      in.EncodingType,
			MaxKeys:           &limit,
			KeyCount:          &count,
			IsTruncated:       &p.truncated,
			Contents:          contents,
			CommonPrefixes:    p.prefixes,
		}
		if in.ContinuationToken == nil {
			out.StartAfter = l.optional(in.StartAfter)
		}
		if p.truncated {
			out.NextContinuationToken = page.Token(p.last)
		}
		return out, nil
	}), nil
}
