package s3

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// writeParams are the parameters that the operations which make an object share,
// under the SDK's names.
type writeParams struct {
	ACL types.ObjectCannedACL

	GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP *string

	IfMatch, IfNoneMatch *string

	StorageClass types.StorageClass
	Tagging      *string

	objectHeaders
	encryptionParams
	lockParams
}

// encryptionParams are the parameters of server-side encryption.
type encryptionParams struct {
	ServerSideEncryption                 types.ServerSideEncryption
	SSEKMSKeyId, SSEKMSEncryptionContext *string //nolint:revive // the SDK spells it so
	BucketKeyEnabled                     *bool
	customerKey
}

// customerKey is a key of the caller's own that an object is encrypted with.
type customerKey struct{ SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 *string }

// lockParams are the parameters of Object Lock.
type lockParams struct {
	ObjectLockMode                                                    types.ObjectLockMode
	ObjectLockRetainUntilDate                                         *time.Time
	ObjectLockLegalHoldStatus                                         types.ObjectLockLegalHoldStatus
	ObjectLockEventHold                                               types.ObjectLockEventHold
	ObjectLockEventHoldDurationDays, ObjectLockEventHoldDurationYears *int32
}

var (
	putParams  = mapFields[writeParams, awss3.PutObjectInput]()
	copyParams = mapFields[writeParams, awss3.CopyObjectInput]()
)

// check refuses what the fake does not have and what S3 does not accept, without
// looking at anything stored.
func (p *writeParams) check(now time.Time) error {
	if err := p.checkEncryption(); err != nil {
		return err
	}
	if err := p.checkLock(now); err != nil {
		return err
	}
	if err := checkStorageClass(p.StorageClass); err != nil {
		return err
	}
	if err := checkRedirect(p.WebsiteRedirectLocation); err != nil {
		return err
	}
	if err := checkWriteHeaders(p.IfMatch, p.IfNoneMatch); err != nil {
		return err
	}
	return checkMetadata(p.Metadata)
}

// grants are the grant headers in the order of grantKeys.
func (p *writeParams) grants() [4]*string {
	return [4]*string{p.GrantFullControl, p.GrantRead, p.GrantReadACP, p.GrantWriteACP}
}

var grantKeys = [4]string{"s3:x-amz-grant-full-control", "s3:x-amz-grant-read", "s3:x-amz-grant-read-acp", "s3:x-amz-grant-write-acp"}

// granting reports whether a request gives the object an ACL, which takes a
// permission of its own.
func (p *writeParams) granting() bool { return p.ACL != "" || p.grants() != [4]*string{} }

// object is an object with what the parameters say of it, but for its data and
// for what depends on the bucket.
func (p *writeParams) object(key *string, tags []types.Tag) *object {
	o := &object{key: aws.ToString(key), tags: tags, storageClass: p.StorageClass, objectHeaders: p.objectHeaders}
	o.ContentEncoding = withoutChunking(p.ContentEncoding)
	o.Metadata = plainMetadata(p.Metadata)
	if o.ContentType == nil {
		o.ContentType = aws.String(defaultContentType)
	}
	return o
}

// setKeys sets the condition keys of s3:PutObject that the operations which make
// an object, or begin to, share.
func (p *writeParams) setKeys(keys *enforce.Context, now time.Time) {
	setEnum(keys, "s3:x-amz-acl", p.ACL)
	for i, grant := range p.grants() {
		setIfSent(keys, grantKeys[i], grant)
	}
	setEnum(keys, "s3:x-amz-server-side-encryption", p.ServerSideEncryption)
	setIfSent(keys, "s3:x-amz-server-side-encryption-aws-kms-key-id", p.SSEKMSKeyId)
	setIfSent(keys, "s3:x-amz-server-side-encryption-customer-algorithm", p.SSECustomerAlgorithm)
	p.lockParams.setKeys(keys, now)
	setEnum(keys, "s3:x-amz-storage-class", p.StorageClass)
	setIfSent(keys, "s3:x-amz-website-redirect-location", p.WebsiteRedirectLocation)
	setIfSent(keys, "s3:if-match", p.IfMatch)
	setIfSent(keys, "s3:if-none-match", p.IfNoneMatch)
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

func checkRedirect(location *string) error {
	if location == nil {
		return nil
	}
	for _, prefix := range [...]string{"/", "http://", "https://"} {
		if strings.HasPrefix(*location, prefix) {
			return nil
		}
	}
	return errInvalidRedirect.of()
}

func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
