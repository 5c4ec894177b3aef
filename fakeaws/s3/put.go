package s3

import (
	"context"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

var (
	putChecksums  = mapFields[checksumParams, awss3.PutObjectInput]()
	putEncryption = mapFields[awss3.PutObjectOutput, sse]()
	putSums       = mapFields[awss3.PutObjectOutput, checksumValues]()
)

func (s *Service) needPutObject(ctx context.Context, in *awss3.PutObjectInput) ([]enforce.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	if in.WriteOffsetBytes != nil {
		return nil, notImplemented("x-amz-write-offset-bytes")
	}
	if in.ContentLength != nil && *in.ContentLength > maxObject {
		return nil, tooLarge(*in.ContentLength)
	}
	params := putParams.of(in)
	if err := params.check(call.Time); err != nil {
		return nil, err
	}
	up, err := newUpload(call, putChecksums.of(in))
	if err != nil {
		return nil, err
	}
	if err := up.check(); err != nil {
		return nil, err
	}
	if params.lockParams.asked() && !up.verifiable() {
		return nil, errInvalidRequest.says("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
	}
	tags, err := parseTagging(in.Tagging)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	need := s.need(call, b, "s3:PutObject", b.objectARN(in.Key), 4)
	params.setKeys(&need.Context, call.Time)
	need.Context.SetBool("s3:ObjectCreationOperation", true)
	setRequestTags(&need.Context, tags)
	return s.writeNeeds(call, b, need, in.Key, params, len(tags) > 0), nil
}

// writeNeeds adds to the permission to write an object those that its
// parameters ask.
func (s *Service) writeNeeds(call *fakeaws.Call, b *bucket, put enforce.Need, key *string, p *writeParams, tagging bool) []enforce.Need {
	needs := []enforce.Need{put}
	also := func(action string) { needs = append(needs, narrowed(put, action)) }
	if tagging {
		also("s3:PutObjectTagging")
	}
	if p.granting() {
		also("s3:PutObjectAcl")
	}
	if p.ObjectLockMode != "" {
		also("s3:PutObjectRetention")
	}
	if p.ObjectLockLegalHoldStatus != "" {
		also("s3:PutObjectLegalHold")
	}
	if p.IfMatch != nil {
		needs = append(needs, s.needForCondition(call, b, key))
	}
	return needs
}

// PutObject stores an object. The body is read before the bucket is looked at
// again and without the lock: a slow upload holds up nobody.
func (s *Service) PutObject(ctx context.Context, in *awss3.PutObjectInput) (*awss3.PutObjectOutput, error) {
	call := fakeaws.CallFrom(ctx)
	params := putParams.of(in)
	tags, err := parseTagging(in.Tagging)
	if err != nil {
		return nil, err
	}
	up, err := newUpload(call, putChecksums.of(in))
	if err != nil {
		return nil, err
	}
	o := params.object(in.Key, tags)
	if o.data, o.etag, o.checksum, err = up.read(in.Body, sizeOf(in.ContentLength)); err != nil {
		return nil, err
	}
	o.size = o.data.len()
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if err := s.store(call, b, o, params); err != nil {
		return nil, err
	}
	out := &awss3.PutObjectOutput{ETag: &o.etag, VersionId: b.shown(o), Expiration: b.expirationOf(o)}
	putEncryption.copy(out, o.encryption.shown())
	putSums.copy(out, o.checksum.values())
	return out, nil
}

// sizeOf is the announced length of a body, negative when there is none.
func sizeOf(contentLength *int64) int64 {
	if contentLength == nil {
		return -1
	}
	return *contentLength
}

// store puts a new object under its key if the conditions of the request hold.
func (s *Service) store(call *fakeaws.Call, b *bucket, o *object, p *writeParams) (err error) {
	if err = s.own(call, b, o, p); err != nil {
		return err
	}
	if err = checkWrite(o.key, b.live(o.key), p.IfMatch, p.IfNoneMatch); err != nil {
		return err
	}
	if o.lock, err = b.lockFor(&p.lockParams, s.world.Clock().Now()); err != nil {
		return err
	}
	if o.parts == nil { // else the upload was begun with it
		if o.encryption, err = s.encryptionFor(call, b, &p.encryptionParams); err != nil {
			return err
		}
		if !o.encryption.plainETag() {
			o.etag = s.randomETag()
		}
	}
	o.algorithms = []types.ChecksumAlgorithm{o.checksum.algorithm}
	s.add(b, o)
	return nil
}
