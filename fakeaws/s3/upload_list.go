package s3

import (
	"github.com/tidwall/btree"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// uploadListOps are the rows of ListMultipartUploads.
func (s *Fake) uploadListOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.listMultipartUploads)}
}

func listRequestOfUploads(in *awss3.ListMultipartUploadsInput) *listRequest {
	return &listRequest{
		bucketRef: bucketRef{in.Bucket, in.ExpectedBucketOwner},
		prefix:    in.Prefix,
		delimiter: in.Delimiter,
		maxKeys:   in.MaxUploads,
		encoding:  in.EncodingType,
		after:     aws.ToString(in.KeyMarker),
	}
}

// uploadIter iterates over uploads by key.
type uploadIter struct {
	btree.IterG[*multipart]
}

// Seek implements keyed.
func (it *uploadIter) Seek(key string) bool { return it.IterG.Seek(&multipart{key: key}) }

// Key implements keyed.
func (it *uploadIter) Key() string { return it.Item().key }

// listMultipartUploads lists a page of the uploads that are in progress: by key,
// and the oldest of a key first.
func (s *Fake) listMultipartUploads(call *fakeaws.Call, in *awss3.ListMultipartUploadsInput) (*fakeaws.Plan[*awss3.ListMultipartUploadsOutput], error) {
	if n := in.MaxUploads; n != nil && *n < 0 {
		return nil, invalidArgument("Argument max-uploads must be an integer between 0 and 2147483647", "max-uploads", itoa(*n))
	}
	l := listRequestOfUploads(in)
	if err := l.check(); err != nil {
		return nil, err
	}
	l.ctx = call
	b, needs, err := s.askBucket(call, l.bucketRef, "s3:ListBucketMultipartUploads")
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.ListMultipartUploadsOutput, error) {
		return b.uploadsPage(l, in)
	}), nil
}

// uploadsPage is a page of the uploads that are in progress.
func (b *bucket) uploadsPage(l *listRequest, in *awss3.ListMultipartUploadsInput) (*awss3.ListMultipartUploadsOutput, error) {
	limit := int32(l.limit())
	out := &awss3.ListMultipartUploadsOutput{
		Bucket:         &b.name,
		Prefix:         l.optional(in.Prefix),
		Delimiter:      l.optional(in.Delimiter),
		KeyMarker:      l.text(aws.ToString(in.KeyMarker)),
		UploadIdMarker: new(string),
		EncodingType:   in.EncodingType,
		MaxUploads:     &limit,
		IsTruncated:    aws.Bool(false),
	}
	if l.after != "" && in.UploadIdMarker != nil {
		out.UploadIdMarker = in.UploadIdMarker // without a key marker it is ignored
	}
	// What follows is told whether or not there is more, and of uploads only: behind a common
	// prefix, both are empty.
	out.NextKeyMarker, out.NextUploadIdMarker = new(string), new(string)
	if b.uploads.running == nil {
		return out, nil
	}
	if err := b.uploads.checkMarker(l.after, aws.ToString(in.UploadIdMarker)); err != nil {
		return nil, err
	}
	it := &uploadIter{b.uploads.running.Iter()}
	defer it.Release()
	lastID := ""
	p := l.scan(it, func() bool { return false }, func(p *scan) bool {
		m := it.Item()
		// Without a key marker, that of the upload is ignored (API Reference,
		// "ListMultipartUploads").
		if m.key == l.after && (aws.ToString(in.UploadIdMarker) == "" || m.place <= placeOf(*in.UploadIdMarker)) {
			return true
		}
		if !p.enter(m.key) {
			return false
		}
		lastID = m.id
		out.Uploads = append(out.Uploads, b.listedUpload(l, m))
		return true
	})
	if p.err != nil {
		return nil, p.err
	}
	out.CommonPrefixes, out.IsTruncated = p.prefixes, &p.truncated
	if n := len(out.Uploads); n > 0 && *out.Uploads[n-1].Key == *l.text(p.last) {
		out.NextKeyMarker, out.NextUploadIdMarker = l.text(p.last), &lastID
	}
	return out, nil
}

// checkMarker refuses the id of an upload under another key than the marker's. That of an
// upload which is no more tells its place, but no key.
func (u *uploads) checkMarker(key, id string) (err error) {
	refused := invalidArgument("Invalid uploadId marker", "upload-id-marker", id)
	switch {
	case key == "" || id == "" || u.find(key, id) != nil:
		return nil
	case !readable(id, uploadIDLength):
		return refused
	}
	u.running.Scan(func(m *multipart) bool {
		if m.id == id {
			err = refused
		}
		return err == nil
	})
	return err
}

func (b *bucket) listedUpload(l *listRequest, m *multipart) types.MultipartUpload {
	initiator := m.initiator
	u := types.MultipartUpload{
		Key:          l.text(m.key),
		UploadId:     &m.id,
		Initiated:    &m.started,
		Initiator:    &initiator,
		Owner:        b.ownerIDOf(m.object),
		StorageClass: m.object.listedClass(),
	}
	if m.algorithm != "" {
		u.ChecksumAlgorithm, u.ChecksumType = m.algorithm, m.checksumType()
	}
	return u
}
