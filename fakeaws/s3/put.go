package s3

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func putOptions(in *awss3.PutObjectInput) *writeOptions {
	return &writeOptions{
		acl:               in.ACL,
		grants:            [4]*string{in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWriteACP},
		lockMode:          in.ObjectLockMode,
		legalHold:         in.ObjectLockLegalHoldStatus,
		eventHold:         in.ObjectLockEventHold,
		retainUntil:       in.ObjectLockRetainUntilDate,
		encryption:        in.ServerSideEncryption,
		kmsKey:            in.SSEKMSKeyId,
		kmsContext:        in.SSEKMSEncryptionContext,
		bucketKey:         in.BucketKeyEnabled,
		customerAlgorithm: in.SSECustomerAlgorithm,
		customerKey:       in.SSECustomerKey,
		customerMD5:       in.SSECustomerKeyMD5,
		storageClass:      in.StorageClass,
		redirect:          in.WebsiteRedirectLocation,
		metadata:          in.Metadata,
		match:             in.IfMatch,
		noneMatch:         in.IfNoneMatch,
	}
}

func putUpload(call *fakeaws.Call, in *awss3.PutObjectInput) (*upload, error) {
	sum, err := claim(in.ChecksumAlgorithm,
		claimed{types.ChecksumAlgorithmCrc32, in.ChecksumCRC32},
		claimed{types.ChecksumAlgorithmCrc32c, in.ChecksumCRC32C},
		claimed{types.ChecksumAlgorithmCrc64nvme, in.ChecksumCRC64NVME},
		claimed{types.ChecksumAlgorithmSha1, in.ChecksumSHA1},
		claimed{types.ChecksumAlgorithmSha256, in.ChecksumSHA256},
		claimed{types.ChecksumAlgorithmSha512, in.ChecksumSHA512},
		claimed{types.ChecksumAlgorithmMd5, in.ChecksumMD5},
		claimed{types.ChecksumAlgorithmXxhash64, in.ChecksumXXHASH64},
		claimed{types.ChecksumAlgorithmXxhash3, in.ChecksumXXHASH3},
		claimed{types.ChecksumAlgorithmXxhash128, in.ChecksumXXHASH128})
	if err != nil {
		return nil, err
	}
	sent, err := contentMD5(in.ContentMD5)
	if err != nil {
		return nil, err
	}
	return &upload{
		selected: in.ChecksumAlgorithm,
		claimed:  sum,
		trails:   strings.HasSuffix(call.Signed.ContentSHA256, "-TRAILER"),
		md5:      sent,
	}, nil
}

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
	options := putOptions(in)
	if err := options.check(); err != nil {
		return nil, err
	}
	up, err := putUpload(call, in)
	if err != nil {
		return nil, err
	}
	if up.selected != "" && up.claimed.algorithm == "" && !up.trails {
		return nil, errInvalidRequest.says("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
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
	options.setKeys(&need.Context)
	setRequestTags(&need.Context, tags)
	return s.writeNeeds(call, b, need, options, len(tags) > 0), nil
}

// setKeys sets the condition keys of s3:PutObject that PutObject and CopyObject
// share.
func (o *writeOptions) setKeys(keys *enforce.Context) {
	setEnum(keys, "s3:x-amz-acl", o.acl)
	for i, name := range [...]string{"full-control", "read", "read-acp", "write-acp"} {
		setIfSent(keys, "s3:x-amz-grant-"+name, o.grants[i])
	}
	setEnum(keys, "s3:x-amz-server-side-encryption", o.encryption)
	setEnum(keys, "s3:x-amz-storage-class", o.storageClass)
	setIfSent(keys, "s3:x-amz-website-redirect-location", o.redirect)
	setIfSent(keys, "s3:if-match", o.match)
	setIfSent(keys, "s3:if-none-match", o.noneMatch)
	keys.SetBool("s3:ObjectCreationOperation", true)
}

// writeNeeds adds to the permission to write an object those that its
// parameters ask. All of them see the same condition keys.
func (s *Service) writeNeeds(call *fakeaws.Call, b *bucket, put enforce.Need, o *writeOptions, tagging bool) []enforce.Need {
	needs := []enforce.Need{put}
	also := func(action string) {
		more := put
		more.Action = action
		needs = append(needs, more)
	}
	if tagging {
		also("s3:PutObjectTagging")
	}
	if o.granting() {
		also("s3:PutObjectAcl")
	}
	if o.match != nil {
		// Whoever learns whether an entity tag is right reads the object. The User
		// Guide says so of conditional deletes; of writes it is unverified.
		needs = append(needs, s.need(call, b, "s3:GetObject", put.Resource, 0))
	}
	return needs
}

// PutObject stores an object. The body is read before the bucket is looked at
// again and without the lock: a slow upload holds up nobody.
func (s *Service) PutObject(ctx context.Context, in *awss3.PutObjectInput) (*awss3.PutObjectOutput, error) {
	call := fakeaws.CallFrom(ctx)
	options := putOptions(in)
	if err := options.checkACL(); err != nil {
		return nil, err
	}
	tags, err := parseTagging(in.Tagging)
	if err != nil {
		return nil, err
	}
	up, err := putUpload(call, in)
	if err != nil {
		return nil, err
	}
	size := int64(-1)
	if in.ContentLength != nil {
		size = *in.ContentLength
	}
	data, etag, sum, err := up.read(in.Body, size)
	if err != nil {
		return nil, err
	}
	o := &object{
		data:         data,
		etag:         etag,
		checksum:     sum,
		tags:         tags,
		storageClass: in.StorageClass,
		attributes: attributes{
			cacheControl:       in.CacheControl,
			contentDisposition: in.ContentDisposition,
			contentEncoding:    withoutChunking(in.ContentEncoding),
			contentLanguage:    in.ContentLanguage,
			contentType:        in.ContentType,
			redirect:           in.WebsiteRedirectLocation,
			expires:            in.Expires,
			user:               maps.Clone(in.Metadata),
		},
	}
	if err := s.store(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}, o, options); err != nil {
		return nil, err
	}
	out := &awss3.PutObjectOutput{ETag: &o.etag, ServerSideEncryption: types.ServerSideEncryptionAes256}
	o.checksum.put(checksumFields{
		&out.ChecksumCRC32, &out.ChecksumCRC32C, &out.ChecksumCRC64NVME,
		&out.ChecksumSHA1, &out.ChecksumSHA256, &out.ChecksumSHA512, &out.ChecksumMD5, &out.ChecksumType,
	})
	return out, nil
}

// store puts a new object under its key if the conditions of the request hold.
// The lock is not held.
func (s *Service) store(call *fakeaws.Call, ref objectRef, o *object, options *writeOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return err
	}
	key := aws.ToString(ref.key)
	current, _ := b.objects.Get(key)
	if err := checkWrite(key, current, options.match, options.noneMatch); err != nil {
		return err
	}
	b.put(key, o, s.world.Clock().Now())
	return nil
}

// put stores an object that nobody has seen yet.
func (b *bucket) put(key string, o *object, now time.Time) {
	o.key, o.size = key, int64(len(o.data))
	o.algorithms = []types.ChecksumAlgorithm{o.checksum.algorithm}
	// Last-Modified is an HTTP date, and lists agree with it.
	o.modified = now.Truncate(time.Second)
	if o.contentType == nil {
		o.contentType = aws.String(defaultContentType)
	}
	b.objects.Set(key, o)
}

// withoutChunking takes aws-chunked, which is how the request was sent and not
// what the object is, out of a Content-Encoding.
func withoutChunking(encoding *string) *string {
	if encoding == nil || !strings.Contains(*encoding, "aws-chunked") {
		return encoding
	}
	parts := strings.Split(*encoding, ",")
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "aws-chunked" })
	if len(parts) == 0 {
		return nil
	}
	return aws.String(strings.TrimSpace(strings.Join(parts, ",")))
}
