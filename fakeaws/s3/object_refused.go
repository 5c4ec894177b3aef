package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectRefusedOps are the rows of operations that S3 refuses on every general purpose
// bucket.
func (s *Fake) objectRefusedOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.renameObject),
		bind(s, s.getObjectTorrent),
	}
}

// errRenameRefused and errTorrentRefused are what S3 answers to operations that a general
// purpose bucket does not have. That it is this error is unverified.
var (
	errRenameRefused  = errMethodNotAllowed
	errTorrentRefused = errMethodNotAllowed
)

// renameObject refuses to rename an object: only objects of directory buckets have other
// names (API Reference, "RenameObject"). No action of IAM is about it in a general purpose
// bucket, so that none is asked.
func (s *Fake) renameObject(call *fakeaws.Call, in *awss3.RenameObjectInput) (*fakeaws.Plan[*awss3.RenameObjectOutput], error) {
	if err := checkKey(in.Key); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.findBucket(call, bucketRef{name: in.Bucket}); err != nil {
		return nil, err
	}
	return nil, errRenameRefused.of("Method", "PUT", "ResourceType", "OBJECT")
}

// getObjectTorrent refuses to make a torrent file: S3 has had no BitTorrent since April
// 2022, though the action of IAM is still there. That it is still asked, and that the
// object is not looked at, is unverified.
func (s *Fake) getObjectTorrent(call *fakeaws.Call, in *awss3.GetObjectTorrentInput) (*fakeaws.Plan[*awss3.GetObjectTorrentOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, nil}
	b, _, needs, err := s.findObject(call, ref, "s3:GetObjectTorrent")
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(*bucket) (*awss3.GetObjectTorrentOutput, error) {
		return nil, errTorrentRefused.of("Method", "GET", "ResourceType", "TORRENT")
	}), nil
}
