package awstest

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An S3 is the S3 of an account in one region, for Go code that seeds and inspects
// buckets past the clients: no policy is asked, and [Account.Calls] shows nothing of it.
// What goes wrong ends the test.
type S3 struct{ regional }

// S3 returns the account's buckets in its region.
func (a *Account) S3() *S3 { return &S3{regional{a, a.options.region}} }

// In returns the account's buckets in another region.
func (s *S3) In(region string) *S3 { return &S3{regional{s.account, region}} }

// CreateBucket makes a bucket.
func (s *S3) CreateBucket(name string) *Bucket {
	s.account.t.Helper()
	in := &awss3.CreateBucketInput{Bucket: &name}
	if s.region != fakeaws.DefaultRegion {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(s.region)}
	}
	perform[awss3.CreateBucketOutput](s.fixture(name), in)
	return &Bucket{s, name}
}

// Bucket returns a bucket that exists.
func (s *S3) Bucket(name string) *Bucket {
	s.account.t.Helper()
	if all := s.Names(); !slices.Contains(all, name) {
		s.account.t.Fatalf("awstest: no bucket %s in %s of %s; there are: %s", name, s.region, s.account.ID(), strings.Join(all, ", "))
		return nil
	}
	return &Bucket{s, name}
}

// Names returns the names of the buckets, in order.
func (s *S3) Names() []string {
	s.account.t.Helper()
	var names []string
	in := &awss3.ListBucketsInput{BucketRegion: &s.region}
	for {
		page := perform[awss3.ListBucketsOutput](s.fixture(""), in)
		for _, b := range page.Buckets {
			names = append(names, *b.Name)
		}
		if in.ContinuationToken = page.ContinuationToken; in.ContinuationToken == nil {
			return names
		}
	}
}

// Dump returns every bucket as [Bucket.Dump] does, for the log of a test that fails.
func (s *S3) Dump() string {
	s.account.t.Helper()
	return dump(s.Names(), func(name string) string { return s.Bucket(name).Dump() })
}

// A Bucket is a bucket that Go code seeds and inspects.
type Bucket struct {
	s3   *S3
	name string
}

// Name returns the bucket's name.
func (b *Bucket) Name() string { return b.name }

// ARN returns the bucket's ARN.
func (b *Bucket) ARN() string { return fakeaws.ARN("s3", "", "", b.name) }

// Put puts an object into the bucket.
func (b *Bucket) Put(key, body string) {
	b.s3.account.t.Helper()
	b.PutObject(&awss3.PutObjectInput{Key: &key, Body: strings.NewReader(body)})
}

// PutFS puts each file of a file system into the bucket, under its path: what go:embed
// has, os.DirFS, or the files of a txtar archive (golang.org/x/tools/txtar).
func (b *Bucket) PutFS(fsys fs.FS) {
	t := b.s3.account.t
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, path)
		if err == nil {
			b.PutObject(&awss3.PutObjectInput{Key: &path, Body: bytes.NewReader(body)})
		}
		return err
	})
	if err != nil {
		t.Fatalf("awstest: PutFS %s: %v", b.name, err)
	}
}

// PutObject puts an object into the bucket, with all that PutObject can give it. The
// input needs no Bucket.
func (b *Bucket) PutObject(in *awss3.PutObjectInput) *awss3.PutObjectOutput {
	b.s3.account.t.Helper()
	put := *in
	put.Bucket = &b.name
	return perform[awss3.PutObjectOutput](b.s3.fixture(b.name+"/"+aws.ToString(in.Key)), &put)
}

// An Object is an object of a bucket, in its current version.
type Object struct {
	Key          string
	Size         int64
	ETag         string
	StorageClass string
	LastModified time.Time
}

// String returns the object in one line.
func (o Object) String() string { return fmt.Sprintf("%s (%d bytes)", o.Key, o.Size) }

// Objects returns the bucket's objects, in the order of their keys.
func (b *Bucket) Objects() []Object {
	b.s3.account.t.Helper()
	var all []Object
	in := &awss3.ListObjectsV2Input{Bucket: &b.name}
	for {
		page := perform[awss3.ListObjectsV2Output](b.s3.fixture(b.name), in)
		for _, o := range page.Contents {
			all = append(all, Object{*o.Key, aws.ToInt64(o.Size), aws.ToString(o.ETag), string(o.StorageClass), aws.ToTime(o.LastModified)})
		}
		if in.ContinuationToken = page.NextContinuationToken; in.ContinuationToken == nil {
			return all
		}
	}
}

// Keys returns the keys of the bucket's objects, in order.
func (b *Bucket) Keys() []string {
	b.s3.account.t.Helper()
	var keys []string
	for _, o := range b.Objects() {
		keys = append(keys, o.Key)
	}
	return keys
}

// Body returns the body of an object.
func (b *Bucket) Body(key string) string {
	b.s3.account.t.Helper()
	out, err := b.s3.fixture("").do(&awss3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		b.s3.account.t.Fatalf("awstest: GetObject %s/%s: %v; there are: %s", b.name, key, err, strings.Join(b.Keys(), ", "))
		return ""
	}
	body := out.(*awss3.GetObjectOutput).Body
	text, err := io.ReadAll(body)
	if err == nil {
		err = body.Close()
	}
	if err != nil {
		b.s3.account.t.Fatalf("awstest: GetObject %s/%s: %v", b.name, key, err)
	}
	return string(text)
}

// SetPolicy gives the bucket a policy. Statements without resources are for the bucket
// and its objects.
func (b *Bucket) SetPolicy(policy Policy) {
	b.s3.account.t.Helper()
	f := b.s3.fixture("of " + b.name)
	f.policy = b.s3.account.document(policy, enforce.BucketPolicy, b.name, b.ARN(), b.ARN()+"/*")
	perform[awss3.PutBucketPolicyOutput](f, &awss3.PutBucketPolicyInput{Bucket: &b.name, Policy: &f.policy.text})
}

// AllowPublicAccess switches the bucket's Block Public Access off: without it S3 refuses
// policies that let everybody in.
func (b *Bucket) AllowPublicAccess() {
	b.s3.account.t.Helper()
	perform[awss3.DeletePublicAccessBlockOutput](b.s3.fixture("of "+b.name), &awss3.DeletePublicAccessBlockInput{Bucket: &b.name})
}

// Dump returns the bucket and its objects, one in a line, for the log of a test that
// fails.
func (b *Bucket) Dump() string {
	b.s3.account.t.Helper()
	objects := b.Objects()
	var s strings.Builder
	fmt.Fprintf(&s, "bucket %s in %s, objects: %d\n", b.name, b.s3.region, len(objects))
	if out, err := b.s3.fixture("").do(&awss3.GetBucketPolicyInput{Bucket: &b.name}); err == nil {
		fmt.Fprintf(&s, "      policy: %s\n", aws.ToString(out.(*awss3.GetBucketPolicyOutput).Policy))
	}
	for i, o := range objects {
		fmt.Fprintf(&s, "%4d  %s\n", i+1, o)
	}
	return s.String()
}
