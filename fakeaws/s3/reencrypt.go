package s3

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// kmsKeyARN is the pattern that the API Reference has for the key of an update: neither
// ids nor aliases will do.
var kmsKeyARN = regexp.MustCompile(`^arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:([0-9]{12}):key/.+$`)

// checkReencryption reads how an object is to be encrypted from now on. Its texts, and
// those below, are the ones that the API Reference lists for UpdateObjectEncryption.
func checkReencryption(call *fakeaws.Call, wanted types.ObjectEncryption) (*types.SSEKMSEncryption, error) {
	if call.Anonymous() {
		// That this text is for unsigned requests too is unverified.
		return nil, errInvalidRequest.says("Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the request to use AWS Signature Version 4, and then try again.")
	}
	kms, ok := wanted.(*types.ObjectEncryptionMemberSSEKMS)
	switch {
	case !ok || kms == nil:
		return nil, errInvalidRequest.says("Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again.")
	case aws.ToString(kms.Value.KMSKeyArn) == "":
		return nil, errInvalidRequest.says("Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then try again.")
	case !kmsKeyARN.MatchString(*kms.Value.KMSKeyArn):
		return nil, errInvalidRequest.says("Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again.")
	}
	return &kms.Value, nil
}

func (s *Fake) needUpdateObjectEncryption(ctx context.Context, in *awss3.UpdateObjectEncryptionInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	kms, err := checkReencryption(call, in.ObjectEncryption)
	if err != nil {
		return nil, err
	}
	needs, err := s.objectNeeds(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "s3:UpdateObjectEncryption")
	if err != nil {
		return nil, err
	}
	setEnum(&needs[0].Context, "s3:x-amz-server-side-encryption", types.ServerSideEncryptionAwsKms)
	setIfSent(&needs[0].Context, "s3:x-amz-server-side-encryption-aws-kms-key-id", kms.KMSKeyArn)
	return needs, nil
}

// UpdateObjectEncryption encrypts the key of an object's data with another one. The
// object is the same in all else: its time, entity tag and checksum too.
func (s *Fake) UpdateObjectEncryption(ctx context.Context, in *awss3.UpdateObjectEncryptionInput) (*awss3.UpdateObjectEncryptionOutput, error) {
	call := fakeaws.CallFrom(ctx)
	kms, err := checkReencryption(call, in.ObjectEncryption)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "PUT")
	if err != nil {
		return nil, err
	}
	if err := s.checkReencryptable(o); err != nil {
		return nil, err
	}
	if account := kmsKeyARN.FindStringSubmatch(*kms.KMSKeyArn)[1]; account != b.owner.ID {
		return nil, errAccessDenied.says("The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.")
	}
	key, err := kmsKey(call, b, kms.KMSKeyArn)
	if err != nil {
		return nil, err
	}
	changed := *o
	changed.encryption = &sse{ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &key}
	if aws.ToBool(kms.BucketKeyEnabled) {
		changed.encryption.BucketKeyEnabled = aws.Bool(true)
	}
	b.replace(&changed)
	return new(awss3.UpdateObjectEncryptionOutput), nil
}

// checkReencryptable refuses objects whose encryption cannot be changed. No bypass
// helps where Object Lock protects one.
func (s *Fake) checkReencryptable(o *object) error {
	switch e := o.encryption.shown(); {
	case e.ServerSideEncryption != types.ServerSideEncryptionAes256 && e.ServerSideEncryption != types.ServerSideEncryptionAwsKms:
		return errInvalidRequest.says("The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.")
	case s.checkLocked(o, false) != nil:
		return errAccessDenied.says("The encryption type for the specified object can’t be updated because that object is protected by S3 Object Lock. If the object has a governance-mode retention period or a legal hold, you must first remove the Object Lock status on the object before you issue your UpdateObjectEncryption request. You can't use the UpdateObjectEncryption operation with objects that have an Object Lock compliance mode retention period applied to them.")
	}
	return nil
}
