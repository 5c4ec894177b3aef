package s3

import "github.com/aws/aws-sdk-go-v2/service/s3/types"

func (p *encryptionParams) checkEncryption() error {
	switch {
	case p.customerKey != customerKey{}:
		return notImplemented("x-amz-server-side-encryption-customer-algorithm")
	case p.ServerSideEncryption == types.ServerSideEncryptionAwsKms, p.ServerSideEncryption == types.ServerSideEncryptionAwsKmsDsse:
		return notImplemented("x-amz-server-side-encryption: " + string(p.ServerSideEncryption))
	case p.ServerSideEncryption != "" && p.ServerSideEncryption != types.ServerSideEncryptionAes256:
		return errInvalidEncryption.of()
	case p.SSEKMSKeyId != nil:
		return notImplemented("x-amz-server-side-encryption-aws-kms-key-id")
	case p.SSEKMSEncryptionContext != nil:
		return notImplemented("x-amz-server-side-encryption-context")
	case p.BucketKeyEnabled != nil && *p.BucketKeyEnabled:
		return notImplemented("x-amz-server-side-encryption-bucket-key-enabled")
	}
	return nil
}
