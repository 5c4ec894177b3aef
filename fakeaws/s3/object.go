package s3

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// An object is immutable: a change stores another one under its key, so readers
// need no lock. Its data is shared by all copies of it.
type object struct {
	key string
	// version is the id of this version of the key: nullVersion for one that was
	// made while the bucket had no versioning.
	version string
	// place is the one in the order in which all versions of a World were made.
	place uint64
	// marker says that this is a delete marker, which has nothing of what follows
	// but its time.
	marker       bool
	modified     time.Time
	data         data
	size         int64
	etag         string // quoted, as on the wire
	checksum     checksum
	algorithms   []types.ChecksumAlgorithm // of checksum, as lists have it
	tags         []types.Tag
	storageClass types.StorageClass
	// parts are those of an object that was uploaded in parts.
	parts       []objectPart
	restore     *restoration // of an archived object
	encryption  *sse
	lock        *objectLock // nil without Object Lock
	annotations annotations
	owning
	objectHeaders
	expires *string // Expires, where it is no date as S3 would write it
}

// An objectPart is what is known of a part once the upload is complete.
type objectPart struct {
	size     int64
	checksum string
}

// objectHeaders are what S3 calls the metadata of an object: headers that come
// back with it as they were sent.
type objectHeaders struct {
	CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType *string
	Expires                                                                         *time.Time
	Metadata                                                                        map[string]string
	WebsiteRedirectLocation                                                         *string
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
func (o *object) archived(now time.Time) bool {
	_, cold := retrievals[o.storageClass]
	return cold && !o.restore.restored(now)
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

// nullVersion is the id of versions that were made without versioning.
const nullVersion = "null"

// isVersionID reports whether S3 can read an id. It need not be of a version that is, or
// ever was, in the bucket.
func isVersionID(id string) bool { return id == nullVersion || readable(id, versionIDLength) }

// invalidVersionID refuses an id that no version can have: S3 cannot read it, or the bucket
// never had versioning.
func invalidVersionID(id string) error {
	return invalidArgument("Invalid version id specified", "versionId", id)
}

// unversioned reports whether a request names a version by an id in a bucket that never
// had versioning, and so has no ids.
func (ref objectRef) unversioned(b *bucket) bool {
	return b.versioning == "" && ref.version != nil && *ref.version != nullVersion
}

// check refuses keys and version ids that cannot be.
func (ref objectRef) check() error {
	if v := ref.version; v != nil && !isVersionID(*v) {
		return invalidVersionID(*v)
	}
	return checkKey(ref.key)
}

func (b *bucket) objectARN(key *string) string { return b.arn + "/" + aws.ToString(key) }
