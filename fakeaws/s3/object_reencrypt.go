package s3

import (
	"cmp"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectReencryptOps are the rows of changes of how objects are encrypted.
func (s *Fake) objectReencryptOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.updateObjectEncryption)}
}

// kmsKeyARN is the pattern that the API Reference has for the key of an update: neither
// ids nor aliases will do.
var kmsKeyARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:([0-9]{12}):key/.+$`)
})

// checkReencryption reads how an object is to be encrypted from now on. Its texts, and
// those below, are the ones that the API Reference lists for UpdateObjectEncryption.
func checkReencryption(call *fakeaws.Call, wanted types.ObjectEncryption) (*types.SSEKMSEncryption, error) {
	if call.Anonymous() {
		// That this text is for unsigned requests too is unverified.
		return nil, errInvalidRequest.withText("Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the request to use AWS Signature Version 4, and then try again.")
	}
	kms, ok := wanted.(*types.ObjectEncryptionMemberSSEKMS)
	switch {
	case !ok || kms == nil:
		return nil, errInvalidRequest.withText("Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again.")
	case aws.ToString(kms.Value.KMSKeyArn) == "":
		return nil, errInvalidRequest.withText("Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then try again.")
	case !kmsKeyARN().MatchString(*kms.Value.KMSKeyArn):
		return nil, errInvalidRequest.withText("Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again.")
	}
	return &kms.Value, nil
}

// updateObjectEncryption encrypts the key of an object's data with another one. The
// object is the same in all else: its time, entity tag and checksum too.
func (s *Fake) updateObjectEncryption(call *fakeaws.Call, in *awss3.UpdateObjectEncryptionInput) (*fakeaws.Plan[*awss3.UpdateObjectEncryptionOutput], error) {
	kms, err := checkReencryption(call, in.ObjectEncryption)
	if err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	encryption := &sse{ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: kms.KMSKeyArn}
	if aws.ToBool(kms.BucketKeyEnabled) {
		encryption.BucketKeyEnabled = aws.Bool(true)
	}
	var keyErr error // is set before the change, and answered when the call is allowed
	plan, err := changeObject(s, call, versionChange[*awss3.UpdateObjectEncryptionOutput]{
		ref:    ref,
		action: "s3:UpdateObjectEncryption", method: "PUT",
		change: func(b *bucket, o *object) (*awss3.UpdateObjectEncryptionOutput, error) {
			if err := s.checkReencryptable(o); err != nil {
				return nil, err
			}
			if account := kmsKeyARN().FindStringSubmatch(*kms.KMSKeyArn)[1]; account != b.owner.ID {
				return nil, errAccessDenied.withText("The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.")
			}
			if keyErr != nil {
				return nil, keyErr
			}
			o.encryption = encryption
			return new(awss3.UpdateObjectEncryptionOutput), nil
		},
	})
	if err != nil {
		return nil, err
	}
	keys := &plan.Needs[0].Context
	setEnum(keys, "s3:x-amz-server-side-encryption", types.ServerSideEncryptionAwsKms)
	setIfSent(keys, "s3:x-amz-server-side-encryption-aws-kms-key-id", kms.KMSKeyArn)
	more, err := s.reencryptKMS(call, ref, encryption)
	keyErr = err
	plan.Needs = append(plan.Needs, more...)
	return plan, nil
}

// reencryptKMS are the permissions on the new key of an object and on the one that it has
// (API Reference, "UpdateObjectEncryption"). Which of them KMS is asked for in which case
// is unverified.
func (s *Fake) reencryptKMS(call *fakeaws.Call, ref objectRef, to *sse) ([]fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	object := b.objectARN(ref.key)
	var from []fakeaws.Need
	var fromErr error
	if o := b.version(*ref.key, ref.version); o != nil {
		from, fromErr = s.kmsNeeds(call, b, object, o.encryption, kmsDecrypt, "kms:ReEncryptFrom")
	}
	needs, err := s.kmsNeeds(call, b, object, to, "kms:Encrypt", kmsDecrypt, kmsEncrypt, "kms:ReEncryptFrom", "kms:ReEncryptTo")
	return append(from, needs...), cmp.Or(fromErr, err)
}

// checkReencryptable refuses objects whose encryption cannot be changed. No bypass
// helps where Object Lock protects one.
func (s *Fake) checkReencryptable(o *object) error {
	switch e := o.encryption.shown(); {
	case e.ServerSideEncryption != types.ServerSideEncryptionAes256 && e.ServerSideEncryption != types.ServerSideEncryptionAwsKms:
		return errInvalidRequest.withText("The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.")
	case s.checkLocked(o, false) != nil:
		return errAccessDenied.withText("The encryption type for the specified object can’t be updated because that object is protected by S3 Object Lock. If the object has a governance-mode retention period or a legal hold, you must first remove the Object Lock status on the object before you issue your UpdateObjectEncryption request. You can't use the UpdateObjectEncryption operation with objects that have an Object Lock compliance mode retention period applied to them.")
	}
	return nil
}
