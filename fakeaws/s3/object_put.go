package s3

import (
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectPutOps are the rows of PutObject.
func (s *Fake) objectPutOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.putObject)}
}

var (
	putChecksums  = mapFields[checksumParams, awss3.PutObjectInput]()
	putEncryption = mapFields[awss3.PutObjectOutput, sse]()
	putSums       = mapFields[awss3.PutObjectOutput, checksumValues]()
)

// An objectPut is what the input of PutObject means.
type objectPut struct {
	*writeParams
	tags []types.Tag
	body *bodyClaims
}

// readPutObject reads the input of PutObject, and refuses what is wrong in it whatever
// the bucket has.
func readPutObject(call *fakeaws.Call, in *awss3.PutObjectInput) (*objectPut, error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	if in.WriteOffsetBytes != nil {
		return nil, notImplemented("x-amz-write-offset-bytes")
	}
	if err := checkLength(in.ContentLength); err != nil {
		return nil, err
	}
	body, err := newBodyClaims(call, putChecksums.of(in))
	if err != nil {
		return nil, err
	}
	tags, err := parseTagging(in.Tagging)
	if err != nil {
		return nil, err
	}
	p := &objectPut{writeParams: putParams.of(in), tags: tags, body: body}
	return p, p.check(call.Time)
}

// check refuses what is wrong in the parameters whatever the bucket has.
func (p *objectPut) check(now time.Time) error {
	if err := p.writeParams.check(now); err != nil {
		return err
	}
	if err := p.body.check(); err != nil {
		return err
	}
	if p.asked() && !p.body.verifiable() {
		return errInvalidRequest.withText("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
	}
	return nil
}

// writeNeed is the permission to write an object. creating says
// that the call makes the object, and does not only begin to.
func (s *Fake) writeNeed(call *fakeaws.Call, b *bucket, key *string, p *writeParams, tags []types.Tag, creating bool) fakeaws.Need {
	need := s.need(call, b, "s3:PutObject", b.objectARN(key), 4)
	p.setKeys(&need.Context, call.Time)
	need.Context.SetBool("s3:ObjectCreationOperation", creating)
	setObjectTags(&need.Context, tags)
	return need
}

// writeNeeds adds to the permission to write an object those that its
// parameters ask.
func (s *Fake) writeNeeds(call *fakeaws.Call, b *bucket, put fakeaws.Need, key *string, p *writeParams, tagging bool, e *newEncryption) []fakeaws.Need {
	needs := []fakeaws.Need{put}
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
	return append(needs, e.needs...)
}

// putObject stores an object. Its body is read when the call is allowed, and without the
// lock: a slow upload delays no other call. It goes into the bucket that the policies were
// asked about, or nowhere.
func (s *Fake) putObject(call *fakeaws.Call, in *awss3.PutObjectInput) (*fakeaws.Plan[*awss3.PutObjectOutput], error) {
	p, err := readPutObject(call, in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	need := s.writeNeed(call, b, in.Key, p.writeParams, p.tags, true)
	e := s.planEncryption(call, b, in.Key, &p.encryptionParams)
	return &fakeaws.Plan[*awss3.PutObjectOutput]{
		Needs: s.writeNeeds(call, b, need, in.Key, p.writeParams, len(p.tags) > 0, e),
		Do:    func() (*awss3.PutObjectOutput, error) { return s.put(call, b, in, p, e) },
	}, nil
}

func (s *Fake) put(call *fakeaws.Call, b *bucket, in *awss3.PutObjectInput, p *objectPut, e *newEncryption) (*awss3.PutObjectOutput, error) {
	var err error
	o := p.object(in.Key, p.tags)
	o.expires = sentExpires(call, o.Expires)
	if o.data, o.etag, o.checksum, err = p.body.read(call, in.Body, sizeOf(in.ContentLength)); err != nil {
		return nil, err
	}
	o.size = o.data.len()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store(call, b, o, p.writeParams, e); err != nil {
		return nil, err
	}
	s.notify(b, o, created(call))
	out := &awss3.PutObjectOutput{ETag: &o.etag, VersionId: b.shownNamed(o), Expiration: b.expirationOf(o)}
	putEncryption.copy(out, o.encryption.shown())
	putSums.copy(out, o.checksum.values())
	return out, nil
}

// store puts a new object under its key if the bucket that a plan found still stands,
// and the conditions of the request hold. It is encrypted as the plan said; nil is an
// object of an upload in parts, which decided whose it is and how it is encrypted when it
// was begun. The lock is held.
func (s *Fake) store(call *fakeaws.Call, b *bucket, o *object, p *writeParams, e *newEncryption) (err error) {
	if err = b.still(call); err != nil {
		return err
	}
	if e != nil {
		if err = s.own(call, b, o, p); err != nil {
			return err
		}
	}
	if err = checkWrite(o.key, b.live(o.key), p.IfMatch, p.IfNoneMatch); err != nil {
		return err
	}
	if o.lock, err = b.lockFor(&p.lockParams, s.world.Clock().Now()); err != nil {
		return err
	}
	if e != nil {
		if o.encryption, err = e.sse, e.err; err != nil {
			return err
		}
		if !o.encryption.plainETag() {
			o.etag = s.randomETag()
		}
	}
	if o.checksum.algorithm != "" {
		o.algorithms = []types.ChecksumAlgorithm{o.checksum.algorithm}
	}
	s.add(b, o)
	return nil
}
