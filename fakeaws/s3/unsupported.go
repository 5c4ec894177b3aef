package s3

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// writeOptions are the parameters that PutObject and CopyObject share and that
// are refused, or not, without looking at anything stored.
type writeOptions struct {
	acl                                         types.ObjectCannedACL
	grants                                      [4]*string
	lockMode                                    types.ObjectLockMode
	legalHold                                   types.ObjectLockLegalHoldStatus
	eventHold                                   types.ObjectLockEventHold
	retainUntil                                 *time.Time
	encryption                                  types.ServerSideEncryption
	kmsKey, kmsContext                          *string
	bucketKey                                   *bool
	customerAlgorithm, customerKey, customerMD5 *string
	storageClass                                types.StorageClass
	redirect                                    *string
	metadata                                    map[string]string
	match, noneMatch                            *string
}

// check refuses what the fake does not have and what S3 does not accept.
func (o *writeOptions) check() error {
	if err := o.checkEncryption(); err != nil {
		return err
	}
	// Object Lock needs a bucket that was made with it, and there is none.
	if o.lockMode != "" || o.legalHold != "" || o.retainUntil != nil || o.eventHold != "" {
		return errInvalidRequest.says("Bucket is missing Object Lock Configuration")
	}
	if err := checkStorageClass(o.storageClass); err != nil {
		return err
	}
	if err := checkRedirect(o.redirect); err != nil {
		return err
	}
	if err := checkWriteHeaders(o.match, o.noneMatch); err != nil {
		return err
	}
	return checkMetadata(o.metadata)
}

func (o *writeOptions) checkEncryption() error {
	switch {
	case o.customerAlgorithm != nil || o.customerKey != nil || o.customerMD5 != nil:
		return notImplemented("x-amz-server-side-encryption-customer-algorithm")
	case o.encryption == types.ServerSideEncryptionAwsKms, o.encryption == types.ServerSideEncryptionAwsKmsDsse:
		return notImplemented("x-amz-server-side-encryption: " + string(o.encryption))
	case o.encryption != "" && o.encryption != types.ServerSideEncryptionAes256:
		return errInvalidEncryption.of()
	case o.kmsKey != nil:
		return notImplemented("x-amz-server-side-encryption-aws-kms-key-id")
	case o.kmsContext != nil:
		return notImplemented("x-amz-server-side-encryption-context")
	case o.bucketKey != nil && *o.bucketKey:
		return notImplemented("x-amz-server-side-encryption-bucket-key-enabled")
	}
	return nil
}

// granting reports whether a request gives the object an ACL, which takes a
// permission of its own.
func (o *writeOptions) granting() bool { return o.acl != "" || o.grants != [4]*string{} }

// checkACL refuses ACLs other than the one that bucket owner enforced buckets
// put up with (User Guide, "Controlling ownership of objects and disabling ACLs
// for your bucket").
func (o *writeOptions) checkACL() error {
	if o.grants != [4]*string{} || o.acl != "" && o.acl != types.ObjectCannedACLBucketOwnerFullControl {
		return errACLNotSupported.of()
	}
	return nil
}

func checkRedirect(location *string) error {
	if location == nil {
		return nil
	}
	for _, prefix := range [...]string{"/", "http://", "https://"} {
		if len(*location) >= len(prefix) && (*location)[:len(prefix)] == prefix {
			return nil
		}
	}
	return errInvalidRedirect.of()
}
