package s3

import (
	"cmp"
	"context"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxKeys is the largest page of a list of objects, and the one of a request
// that names no size.
const maxKeys = 1000

// A listing is a request for a page of a bucket's keys.
type listing struct {
	bucketRef
	action            string
	prefix, delimiter *string
	maxKeys           *int32
	encoding          types.EncodingType
	after             string // the page begins behind this key or common prefix
	owner             bool
}

// A page is what a listing found.
type page struct {
	contents  []types.Object
	prefixes  []types.CommonPrefix
	last      string // the last key or common prefix
	truncated bool
}

func (s *Service) needListObjects(ctx context.Context, in *awss3.ListObjectsInput) ([]enforce.Need, error) {
	return s.needList(ctx, listingV1(in))
}

func (s *Service) needListObjectsV2(ctx context.Context, in *awss3.ListObjectsV2Input) ([]enforce.Need, error) {
	l, err := listingV2(in)
	if err != nil {
		return nil, err
	}
	return s.needList(ctx, l)
}

func (s *Service) needList(ctx context.Context, l *listing) ([]enforce.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if err := l.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, l.bucketRef)
	if err != nil {
		return nil, err
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
	return []enforce.Need{need}, nil
}

func (l *listing) check() error {
	if l.maxKeys != nil && *l.maxKeys < 0 {
		return invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys", itoa(*l.maxKeys))
	}
	if l.encoding != "" && l.encoding != types.EncodingTypeUrl {
		return invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", string(l.encoding))
	}
	return nil
}

// limit is the size of the page.
func (l *listing) limit() int {
	if l.maxKeys == nil {
		return maxKeys
	}
	return int(min(*l.maxKeys, maxKeys))
}

// text is a key as the list shows it.
func (l *listing) text(s string) *string {
	if l.encoding == types.EncodingTypeUrl {
		s = urlEncode(s)
	}
	return &s
}

// optional is text of a parameter that may be missing.
func (l *listing) optional(s *string) *string {
	if s == nil {
		return nil
	}
	return l.text(*s)
}

// page collects a page. It seeks: keys before the page and keys behind a common
// prefix cost nothing. The lock is held.
func (b *bucket) page(l *listing) page {
	var p page
	prefix, delimiter := aws.ToString(l.prefix), aws.ToString(l.delimiter)
	limit := l.limit()
	if limit == 0 {
		return p
	}
	it := b.objects.Iter()
	for ok := it.Seek(max(prefix, l.after)); ok; {
		key := it.Key()
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if key == l.after {
			ok = it.Next()
			continue
		}
		o := it.Value().live()
		if o == nil { // a delete marker hides the key
			ok = it.Next()
			continue
		}
		group := commonPrefix(key, prefix, delimiter)
		if group != "" && group == l.after {
			ok = it.Seek(behind(group))
			continue
		}
		if len(p.contents)+len(p.prefixes) == limit {
			p.truncated = true
			break
		}
		if group != "" {
			p.prefixes = append(p.prefixes, types.CommonPrefix{Prefix: l.text(group)})
			p.last = group
			ok = it.Seek(behind(group))
			continue
		}
		p.contents = append(p.contents, *b.entry(l, o))
		p.last = key
		ok = it.Next()
	}
	return p
}

// entry is one object of a list.
func (b *bucket) entry(l *listing, o *object) *types.Object {
	e := &types.Object{
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
		e.Owner = b.ownerID()
	}
	return e
}

// listedClass is the storage class as lists have it.
func (o *object) listedClass() types.StorageClass {
	return cmp.Or(o.storageClass, types.StorageClassStandard)
}

// commonPrefix is the key up to the first delimiter after the prefix, or "".
func commonPrefix(key, prefix, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	i := strings.Index(key[len(prefix):], delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(prefix)+i+len(delimiter)]
}

// behind is the least string that is greater than all strings with a prefix.
// Keys are UTF-8, so no byte of one is 0xFF.
func behind(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

func listingV1(in *awss3.ListObjectsInput) *listing {
	return &listing{
		bucketRef: bucketRef{in.Bucket, in.ExpectedBucketOwner},
		action:    "s3:ListBucket",
		prefix:    in.Prefix,
		delimiter: in.Delimiter,
		maxKeys:   in.MaxKeys,
		encoding:  in.EncodingType,
		after:     aws.ToString(in.Marker),
		owner:     true,
	}
}

// ListObjects lists a page of a bucket's objects in the first form of the list.
func (s *Service) ListObjects(ctx context.Context, in *awss3.ListObjectsInput) (*awss3.ListObjectsOutput, error) {
	l := listingV1(in)
	if err := l.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), l.bucketRef)
	if err != nil {
		return nil, err
	}
	p := b.page(l)
	limit := int32(l.limit())
	out := &awss3.ListObjectsOutput{
		Name:           &b.name,
		Prefix:         l.text(aws.ToString(in.Prefix)),
		Marker:         l.text(aws.ToString(in.Marker)),
		Delimiter:      l.optional(in.Delimiter),
		EncodingType:   in.EncodingType,
		MaxKeys:        &limit,
		IsTruncated:    &p.truncated,
		Contents:       p.contents,
		CommonPrefixes: p.prefixes,
	}
	// Without a delimiter, the last key is the next marker, and S3 does not
	// repeat it.
	if p.truncated && in.Delimiter != nil {
		out.NextMarker = l.text(p.last)
	}
	return out, nil
}

func listingV2(in *awss3.ListObjectsV2Input) (*listing, error) {
	after, err := listToken(in.ContinuationToken)
	if err != nil {
		return nil, err
	}
	if in.ContinuationToken == nil {
		after = aws.ToString(in.StartAfter)
	}
	return &listing{
		bucketRef: bucketRef{in.Bucket, in.ExpectedBucketOwner},
		action:    "s3:ListBucket",
		prefix:    in.Prefix,
		delimiter: in.Delimiter,
		maxKeys:   in.MaxKeys,
		encoding:  in.EncodingType,
		after:     after,
		owner:     aws.ToBool(in.FetchOwner),
	}, nil
}

// ListObjectsV2 lists a page of a bucket's objects.
func (s *Service) ListObjectsV2(ctx context.Context, in *awss3.ListObjectsV2Input) (*awss3.ListObjectsV2Output, error) {
	l, err := listingV2(in)
	if err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), l.bucketRef)
	if err != nil {
		return nil, err
	}
	p := b.page(l)
	limit, count := int32(l.limit()), int32(len(p.contents)+len(p.prefixes))
	out := &awss3.ListObjectsV2Output{
		Name:              &b.name,
		Prefix:            l.text(aws.ToString(in.Prefix)),
		Delimiter:         l.optional(in.Delimiter),
		StartAfter:        l.optional(in.StartAfter),
		ContinuationToken: in.ContinuationToken,
		EncodingType:      in.EncodingType,
		MaxKeys:           &limit,
		KeyCount:          &count,
		IsTruncated:       &p.truncated,
		Contents:          p.contents,
		CommonPrefixes:    p.prefixes,
	}
	if p.truncated {
		out.NextContinuationToken = newListToken(p.last)
	}
	return out, nil
}

// tokenMark distinguishes tokens that were made here from other base64.
const tokenMark = "1/"

// newListToken makes an opaque token that continues behind a name.
func newListToken(last string) *string {
	return aws.String(base64.StdEncoding.EncodeToString([]byte(tokenMark + last)))
}

// listToken reads a token of newListToken.
func listToken(token *string) (string, error) {
	if token == nil {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(*token)
	last, ok := strings.CutPrefix(string(raw), tokenMark)
	if err != nil || !ok {
		return "", invalidArgument("The continuation token provided is incorrect", "continuation-token", *token)
	}
	return last, nil
}

// urlEncode is the encoding of encoding-type=url: that of HTML forms, which
// writes a space as +, but with slashes as they are.
func urlEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.*/", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
