package s3

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/crc"
)

const (
	// minPart is the least size of every part but the last.
	minPart = 5 << 20
	// uploadIDLength is the length of the upload ids that S3 makes.
	uploadIDLength = 128
	// maxCompleted is how many completed uploads a bucket remembers, and how many that were
	// aborted, so that to
	// complete one again answers as before. For how long S3 does is unverified.
	maxCompleted = 1000
)

// uploadOps are the rows of uploads in parts, from their beginning to their end.
func (s *Fake) uploadOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.createMultipartUpload),
		bind(s, s.abortMultipartUpload),
	}
}

// A multipart is an upload in parts.
type multipart struct {
	key, id string
	// place is the one of its id in the order of uploads.
	place     uint64
	started   time.Time
	initiator types.Initiator
	account   string // of the initiator; empty: anonymous
	params    *writeParams
	// object is what the upload makes, without data.
	object *object
	// algorithm is empty when the client chose none.
	algorithm types.ChecksumAlgorithm
	composite bool
	parts     []*part // by number
	done      *completion
	// disturbed says that the key was written or deleted since the upload was begun.
	disturbed bool
}

// A part is immutable: to upload it again puts another in its place.
type part struct {
	number   int32
	data     data
	size     int64
	etag     string
	checksum checksum
	// stated is the one that came with the part, which may be another.
	stated   checksum
	modified time.Time
}

// stored is the algorithm of the checksums that S3 keeps of the parts.
func (m *multipart) stored() types.ChecksumAlgorithm { return cmp.Or(m.algorithm, defaultChecksum) }

func (m *multipart) checksumType() types.ChecksumType {
	if m.composite {
		return types.ChecksumTypeComposite
	}
	return types.ChecksumTypeFullObject
}

// mode is the type of checksum that the upload was begun with; empty: none.
func (m *multipart) mode() types.ChecksumType {
	if m.algorithm == "" {
		return ""
	}
	return m.checksumType()
}

// index is where a part is, or would be.
func (m *multipart) index(number int32) (int, bool) {
	i := sort.Search(len(m.parts), func(i int) bool { return m.parts[i].number >= number })
	return i, i < len(m.parts) && m.parts[i].number == number
}

// uploads are those of a bucket that are in progress, by key and age.
type uploads struct {
	running   *btree.BTreeG[*multipart]
	completed []*multipart
	// aborted are the last ones that were, by their ids: to abort one again is no error for
	// as long as S3 remembers it.
	aborted []string
}

func (u *uploads) add(m *multipart) {
	if u.running == nil {
		u.running = btree.NewBTreeGOptions(func(a, b *multipart) bool {
			return a.key < b.key || a.key == b.key && a.place < b.place
		}, btree.Options{NoLocks: true})
	}
	u.running.Set(m)
}

// find finds an upload by its key and id.
func (u *uploads) find(key, id string) *multipart {
	if u.running == nil {
		return nil
	}
	m, ok := u.running.Get(&multipart{key: key, place: placeOf(id)})
	if !ok || m.id != id {
		return nil
	}
	return m
}

// disturb notes that a key was written or deleted: a condition of the uploads under it
// can no longer be decided.
func (u *uploads) disturb(key string) {
	if u.running == nil || u.running.Len() == 0 {
		return
	}
	u.running.Ascend(&multipart{key: key}, func(m *multipart) bool {
		if m.key != key {
			return false
		}
		m.disturbed = true
		return true
	})
}

// finish drops the parts of an upload that is complete.
func (u *uploads) finish(m *multipart) {
	u.running.Delete(m)
	m.parts = nil
	if len(u.completed) == maxCompleted {
		u.completed = u.completed[1:]
	}
	u.completed = append(u.completed, m)
}

// abort drops an upload.
func (u *uploads) abort(m *multipart) {
	u.running.Delete(m)
	if len(u.aborted) == maxCompleted {
		u.aborted = u.aborted[1:]
	}
	u.aborted = append(u.aborted, m.key+"/"+m.id)
}

// ended reports whether an upload was completed or aborted.
func (u *uploads) ended(key, id string) bool {
	return slices.Contains(u.aborted, key+"/"+id) ||
		slices.ContainsFunc(u.completed, func(m *multipart) bool { return m.key == key && m.id == id })
}

// upload finds the upload of a request.
func (b *bucket) upload(key, id *string) (*multipart, error) {
	if m := b.uploads.find(aws.ToString(key), aws.ToString(id)); m != nil {
		return m, nil
	}
	return nil, errNoSuchUpload.of("UploadId", aws.ToString(id))
}

var createParams = mapFields[writeParams, awss3.CreateMultipartUploadInput]()

// unsupportedChecksum is the answer to an algorithm that S3 does not know. The list is
// of before S3 knew more; what it lists now is unverified.
func unsupportedChecksum() error {
	return errInvalidRequest.withText("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
}

// compositeOf decides whether the checksum of an upload is made of those of its
// parts (User Guide, "Checking object integrity"). A CRC can be either, and is
// composite unless the request says otherwise; the default checksum never is. That
// MD5, SHA-512 and the XXHash family are as the SHAs is unverified.
func compositeOf(a types.ChecksumAlgorithm, t types.ChecksumType) (bool, error) {
	name := strings.ToLower(string(a))
	switch {
	case a == "" && t != "":
		return false, errInvalidRequest.withText("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case a == "":
		return false, nil
	case !known(a):
		return false, unsupportedChecksum()
	case t != "" && !known(t):
		return false, errInvalidRequest.withText("Value for x-amz-checksum-type header is invalid.")
	case t == types.ChecksumTypeFullObject && crc.Of(string(a)) == nil:
		return false, errInvalidRequest.withText("The FULL_OBJECT checksum type cannot be used with the " + name + " checksum algorithm.")
	case t == types.ChecksumTypeComposite && a == types.ChecksumAlgorithmCrc64nvme:
		return false, errInvalidRequest.withText("The COMPOSITE checksum type cannot be used with the " + name + " checksum algorithm.")
	}
	return t != types.ChecksumTypeFullObject && a != types.ChecksumAlgorithmCrc64nvme, nil
}

// createMultipartUpload begins an upload in parts.
func (s *Fake) createMultipartUpload(call *fakeaws.Call, in *awss3.CreateMultipartUploadInput) (*fakeaws.Plan[*awss3.CreateMultipartUploadOutput], error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	params := createParams.of(in)
	if err := params.check(call.Time); err != nil {
		return nil, err
	}
	composite, err := compositeOf(in.ChecksumAlgorithm, in.ChecksumType)
	if err != nil {
		return nil, err
	}
	tags, err := parseTagging(in.Tagging)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	need := s.writeNeed(call, b, in.Key, params, tags, false)
	e := s.planEncryption(call, b, in.Key, &params.encryptionParams)
	needs := s.writeNeeds(call, b, need, in.Key, params, len(tags) > 0, e)
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.CreateMultipartUploadOutput, error) {
		m := &multipart{
			key: aws.ToString(in.Key), started: s.now(), initiator: initiatorOf(call), account: call.Account,
			params: params, object: params.object(in.Key, tags), algorithm: in.ChecksumAlgorithm, composite: composite,
		}
		m.object.expires = sentExpires(call, m.object.Expires)
		if err := s.begin(call, b, m, e); err != nil {
			return nil, err
		}
		out := &awss3.CreateMultipartUploadOutput{Bucket: &b.name, Key: in.Key, UploadId: &m.id, ChecksumAlgorithm: m.algorithm}
		if m.algorithm != "" {
			out.ChecksumType = m.checksumType()
		}
		out.AbortDate, out.AbortRuleId = b.aborted(m)
		createEncryption.copy(out, m.object.encryption.shown())
		return out, nil
	}), nil
}

// begin decides whose object an upload makes and how it is encrypted, and gives the
// upload its id.
func (s *Fake) begin(call *fakeaws.Call, b *bucket, m *multipart, e *newEncryption) (err error) {
	if err = s.own(call, b, m.object, m.params); err != nil {
		return err
	}
	if m.object.encryption, err = e.sse, e.err; err != nil {
		return err
	}
	if _, err = b.lockFor(&m.params.lockParams, call.Time); err != nil {
		return err
	}
	s.made++
	m.place = s.made
	m.id = orderedID(s.world.IDs(), uploadIDLength, m.place)
	b.uploads.add(m)
	return nil
}

var createEncryption = mapFields[awss3.CreateMultipartUploadOutput, sse]()

// initiatorOf is the caller as lists of uploads show who began one: users and
// roles by their ARN, root users by the canonical id of the account.
//
// A user has its name besides, also since owners have none any more. That a role session
// has its own name there, and that a root user has none, is unverified.
func initiatorOf(call *fakeaws.Call) types.Initiator {
	i := types.Initiator{ID: &call.Caller.ARN}
	switch account, ok := call.World.Account(call.Account); {
	case ok && call.Caller.Type == enforce.Root:
		i.ID = &account.CanonicalUser
	case call.Caller.UserName != "":
		i.DisplayName = &call.Caller.UserName
	case call.Caller.Session != nil && call.Caller.Session.Name != "":
		i.DisplayName = &call.Caller.Session.Name
	}
	return i
}

// abortMultipartUpload ends an upload and drops its parts.
func (s *Fake) abortMultipartUpload(call *fakeaws.Call, in *awss3.AbortMultipartUploadInput) (*fakeaws.Plan[*awss3.AbortMultipartUploadOutput], error) {
	if in.IfMatchInitiatedTime != nil {
		return nil, notImplemented("x-amz-if-match-initiated-time")
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}
	b, needs, err := s.askUpload(call, ref, in.UploadId, "s3:AbortMultipartUpload")
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.AbortMultipartUploadOutput, error) {
		m, err := b.upload(in.Key, in.UploadId)
		switch {
		case err == nil:
			b.uploads.abort(m)
		case !b.uploads.ended(aws.ToString(in.Key), aws.ToString(in.UploadId)):
			return nil, err
		}
		return new(awss3.AbortMultipartUploadOutput), nil
	}), nil
}

// askUpload finds the bucket of an upload, and the permission for an action on it. The
// object that is under the upload's key now, if any, has no say: its tags are no condition
// keys, and it may be of another account. Nor has the upload itself, which is looked for
// when the call is allowed: no two uploads have the same id. But the account that began it
// may list its parts and abort it, whatever the bucket's owner allows (User Guide,
// "Multipart upload API and permissions"); what the owner denies it may not.
func (s *Fake) askUpload(call *fakeaws.Call, ref objectRef, id *string, action string) (*bucket, []fakeaws.Need, error) {
	if err := ref.check(); err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, nil, err
	}
	need := s.need(call, b, action, b.objectARN(ref.key), 1)
	m := b.uploads.find(aws.ToString(ref.key), aws.ToString(id))
	if action != "s3:PutObject" && m != nil && m.account == call.Account && m.account != b.owner.ID && !call.Anonymous() {
		need.ResourceAccount = m.account
		need.Policy = need.Policy.Denials()
	}
	return b, []fakeaws.Need{need}, nil
}
