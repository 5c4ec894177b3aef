package s3

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An object is immutable: a change stores another one under its key, so readers
// need no lock. Its data is shared by all copies of it.
type object struct {
	key          string
	data         []byte
	size         int64
	etag         string // quoted, as on the wire
	modified     time.Time
	checksum     checksum
	algorithms   []types.ChecksumAlgorithm // of checksum, as lists have it
	tags         []types.Tag
	storageClass types.StorageClass
	attributes
}

// attributes are what S3 calls the metadata of an object: headers that come
// back with it as they were sent.
type attributes struct {
	cacheControl, contentDisposition, contentEncoding, contentLanguage *string
	contentType, redirect                                              *string
	expires                                                            *time.Time
	user                                                               map[string]string
}

// defaultContentType is the type of an object that was stored without one.
const defaultContentType = "binary/octet-stream"

// maxMetadata is the most user-defined metadata of an object, in bytes of keys
// and values.
const maxMetadata = 2048

func checkMetadata(m map[string]string) error {
	size := 0
	for k, v := range m {
		size += len(k) + len(v)
	}
	if size > maxMetadata {
		return errMetadataTooLarge.of("Size", strconv.Itoa(size), "MaxSizeAllowed", strconv.Itoa(maxMetadata))
	}
	return nil
}

// archived reports whether the data of an object must be restored before it
// can be read.
func archived(c types.StorageClass) bool {
	return c == types.StorageClassGlacier || c == types.StorageClassDeepArchive
}

// checkStorageClass refuses classes that general purpose buckets do not have.
func checkStorageClass(c types.StorageClass) error {
	switch c {
	case "", types.StorageClassStandard, types.StorageClassReducedRedundancy, types.StorageClassStandardIa,
		types.StorageClassOnezoneIa, types.StorageClassIntelligentTiering, types.StorageClassGlacier,
		types.StorageClassDeepArchive, types.StorageClassGlacierIr:
		return nil
	}
	return errInvalidStorageClass.of("StorageClassRequested", string(c))
}

// An objectRef is how the input of an operation names its object.
type objectRef struct {
	bucketRef
	key, version *string
}

// versionIDLength is the length of the version ids that S3 makes.
const versionIDLength = 32

// nullVersion is the id of the only version in a bucket without versioning.
const nullVersion = "null"

// check refuses keys and version ids that cannot be.
func (r objectRef) check() error {
	if v := r.version; v != nil && *v != nullVersion && len(*v) != versionIDLength {
		return invalidArgument("Invalid version id specified", "versionId", *v)
	}
	return checkKey(r.key)
}

// otherVersion reports whether a request names a version that a bucket without
// versioning does not have.
func (r objectRef) otherVersion() bool { return r.version != nil && *r.version != nullVersion }

// object finds the object of a request. The lock is held.
func (s *Service) object(call *fakeaws.Call, ref objectRef) (*bucket, *object, error) {
	b, err := s.bucket(call, ref.bucketRef)
	if err != nil {
		return nil, nil, err
	}
	key := aws.ToString(ref.key)
	if ref.otherVersion() {
		return nil, nil, errNoSuchVersion.of("Key", key, "VersionId", *ref.version)
	}
	o, ok := b.objects.Get(key)
	if !ok {
		return nil, nil, errNoSuchKey.of("Key", key)
	}
	return b, o, nil
}

func (b *bucket) objectARN(key *string) string { return b.arn + "/" + aws.ToString(key) }
