package all_test

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the ETags of S3 are MD5
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var loadTime = flag.Duration("load", time.Second, "how long TestMixedLoad works")

// A load is one account of a World under load.
type load struct {
	*worldtest.World
	t       *testing.T
	account string
	root    aws.Config
	until   time.Time
	calls   *atomic.Int64
}

// Many clients work at once, over a socket, on all services of two accounts, and what they
// see is right at every moment: objects are what was put, lists are whole and in order,
// messages are neither lost nor doubled, groups of FIFO queues are in order, and who has
// lost a permission or a key is refused from then on.
func TestMixedLoad(t *testing.T) {
	t.Parallel()
	w := worldtest.New(t, worldtest.Socket, all.Services()...)
	var calls atomic.Int64
	var wg sync.WaitGroup
	for _, account := range []string{worldtest.Account, worldtest.Other} {
		l := &load{World: w, t: t, account: account, root: w.RootConfig(account), until: time.Now().Add(*loadTime), calls: &calls}
		bucket := "load-" + account
		l.versionedBucket(bucket)
		for n := range 3 {
			wg.Go(func() { l.objects(bucket, n) })
			wg.Go(func() { l.users(n) })
		}
		wg.Go(func() { l.roles() })
		wg.Go(func() { l.multipart(bucket) })
		wg.Go(func() { l.standardQueue() })
		wg.Go(func() { l.fifoQueue() })
	}
	wg.Wait()
	t.Logf("%d calls in %v", calls.Load(), *loadTime)
}

// goes reports whether the load goes on.
func (l *load) goes() bool { return !l.t.Failed() && time.Now().Before(l.until) }

// ok notes a call that must succeed.
func (l *load) ok(err error, what string, args ...any) bool {
	l.calls.Add(1)
	return assert.NoErrorf(l.t, err, what, args...)
}

// fails notes a call that must fail with a code.
func (l *load) fails(err error, code, what string) bool {
	l.calls.Add(1)
	var api smithy.APIError
	return assert.ErrorAs(l.t, err, &api, what) && assert.Equal(l.t, code, api.ErrorCode(), what)
}

func (l *load) versionedBucket(bucket string) {
	client := s3.NewFromConfig(l.root)
	_, err := client.CreateBucket(l.t.Context(), &s3.CreateBucketInput{Bucket: &bucket})
	require.NoError(l.t, err)
	_, err = client.PutBucketVersioning(l.t.Context(), &s3.PutBucketVersioningInput{Bucket: &bucket,
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}})
	require.NoError(l.t, err)
}

// A storedVersion is a version of an object that a client has put.
type storedVersion struct{ id, etag string }

// objects puts, reads, deletes and lists the objects of one prefix, which is the client's own.
func (l *load) objects(bucket string, n int) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	client, ctx := s3.NewFromConfig(l.root), l.t.Context()
	prefix := fmt.Sprintf("client %d/", n)
	versions := map[string][]storedVersion{}
	deleted := map[string]bool{}
	for l.goes() {
		key := fmt.Sprintf("%s%02d ä", prefix, rng.IntN(30))
		switch rng.IntN(6) {
		case 0, 1:
			content := make([]byte, rng.IntN(1<<14))
			for i := range content {
				content[i] = byte(rng.Uint32())
			}
			out, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)})
			if l.ok(err, "put") && assert.Equal(l.t, etagOf(content), *out.ETag) {
				versions[key] = append(versions[key], storedVersion{*out.VersionId, *out.ETag})
				deleted[key] = false
			}
		case 2, 3:
			l.read(client, bucket, key, versions[key], deleted[key], rng)
		case 4:
			_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
			if l.ok(err, "delete") {
				deleted[key] = true
			}
		case 5:
			l.list(client, bucket, prefix, versions, deleted)
			if rng.IntN(10) == 0 {
				l.listVersions(client, bucket, prefix, versions)
			}
		}
	}
}

func etagOf(content []byte) string {
	sum := md5.Sum(content) //nolint:gosec // as above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// read gets the object and one of its versions.
func (l *load) read(client *s3.Client, bucket, key string, versions []storedVersion, deleted bool, rng *rand.Rand) {
	out, err := client.GetObject(l.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if len(versions) == 0 || deleted {
		l.fails(err, "NoSuchKey", "get of what is not there")
	} else if l.ok(err, "get") {
		l.same(out, versions[len(versions)-1])
	}
	if len(versions) > 0 {
		v := versions[rng.IntN(len(versions))]
		out, err := client.GetObject(l.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: &v.id})
		if l.ok(err, "get of a version") {
			l.same(out, v)
		}
	}
}

func (l *load) same(out *s3.GetObjectOutput, v storedVersion) {
	content, err := io.ReadAll(out.Body)
	assert.NoError(l.t, err)
	assert.NoError(l.t, out.Body.Close())
	got := storedVersion{*out.VersionId, *out.ETag}
	assert.Equal(l.t, v, got)
	assert.Equal(l.t, v.etag, etagOf(content), "what was read is what was put")
}

// list lists the objects in pages, and compares them with what is there.
func (l *load) list(client *s3.Client, bucket, prefix string, versions map[string][]storedVersion, deleted map[string]bool) {
	var want, got []string
	for key := range versions {
		if !deleted[key] {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, MaxKeys: aws.Int32(7)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(l.t.Context())
		if !l.ok(err, "list") {
			return
		}
		for _, o := range page.Contents {
			got = append(got, *o.Key)
		}
	}
	assert.Equal(l.t, want, got, "the list of %s", prefix)
}

// listVersions counts the versions that are listed.
func (l *load) listVersions(client *s3.Client, bucket, prefix string, versions map[string][]storedVersion) {
	all, listed := 0, 0
	for _, list := range versions {
		all += len(list)
	}
	older := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: &bucket, Prefix: &prefix})
	for older.HasMorePages() {
		page, err := older.NextPage(l.t.Context())
		if !l.ok(err, "list of versions") {
			return
		}
		listed += len(page.Versions)
	}
	assert.Equal(l.t, all, listed, "versions of %s", prefix)
}

// multipart uploads objects in two parts, the second twice, and aborts every third upload.
// It pauses, because a part of 5 MiB keeps the machine as busy as hundreds of other calls.
func (l *load) multipart(bucket string) {
	client, ctx, key := s3.NewFromConfig(l.root), l.t.Context(), aws.String("multipart")
	first := bytes.Repeat([]byte("part"), 5<<18)
	for n := 0; l.goes(); n++ {
		time.Sleep(200 * time.Millisecond)
		upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: key})
		if !l.ok(err, "create an upload") {
			return
		}
		last := []byte(fmt.Sprint("the end of ", n))
		var done []s3types.CompletedPart
		for i, content := range [][]byte{first, []byte("replaced"), last} {
			number := int32(min(i, 1) + 1)
			out, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: key, UploadId: upload.UploadId, PartNumber: &number, Body: bytes.NewReader(content)})
			if !l.ok(err, "upload a part") || !assert.Equal(l.t, etagOf(content), *out.ETag) {
				return
			}
			if i != 1 {
				done = append(done, s3types.CompletedPart{PartNumber: &number, ETag: out.ETag})
			}
		}
		if n%3 == 2 {
			_, err = client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: key, UploadId: upload.UploadId})
			l.ok(err, "abort")
			continue
		}
		_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: key, UploadId: upload.UploadId, MultipartUpload: &s3types.CompletedMultipartUpload{Parts: done}})
		if !l.ok(err, "complete") {
			return
		}
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: key})
		if l.ok(err, "get what was uploaded in parts") {
			content, err := io.ReadAll(out.Body)
			assert.NoError(l.t, err)
			assert.NoError(l.t, out.Body.Close())
			assert.True(l.t, bytes.Equal(slices.Concat(first, last), content), "the parts are in order")
		}
		_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: key, VersionId: out.VersionId})
		l.ok(err, "delete the version")
	}
}

const allowRead = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:ListBucket","sts:AssumeRole"],"Resource":"*"}}`

// users makes users, and takes their policy, their key and them away again.
func (l *load) users(n int) {
	client, ctx, bucket := iam.NewFromConfig(l.root), l.t.Context(), "load-"+l.account
	for i := 0; l.goes(); i++ {
		name := fmt.Sprintf("user-%d-%d", n, i)
		_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
		l.ok(err, "create a user")
		made, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
		if !l.ok(err, "create a key") {
			return
		}
		config := l.Config(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")
		list := func() error {
			_, err := s3.NewFromConfig(config).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(1)})
			return err
		}
		who, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, nil)
		if l.ok(err, "get the caller's identity") {
			assert.Equal(l.t, "arn:aws:iam::"+l.account+":user/"+name, *who.Arn)
		}
		l.fails(list(), "AccessDenied", "a user without policies")
		_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("read"), PolicyDocument: aws.String(allowRead)})
		l.ok(err, "put a policy")
		l.ok(list(), "what the policy allows")
		_, err = client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &name, PolicyName: aws.String("read")})
		l.ok(err, "delete the policy")
		l.fails(list(), "AccessDenied", "the policy is gone")
		_, err = client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
		l.ok(err, "attach a policy")
		l.ok(list(), "what the attached policy allows")
		_, err = client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
		l.ok(err, "detach it")
		l.fails(list(), "AccessDenied", "the attached policy is gone")
		_, err = client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &name, AccessKeyId: made.AccessKey.AccessKeyId})
		l.ok(err, "delete the key")
		l.fails(list(), "InvalidAccessKeyId", "the key is gone")
		_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &name})
		l.ok(err, "delete the user")
		_, err = client.GetUser(ctx, &iam.GetUserInput{UserName: &name})
		l.fails(err, "NoSuchEntity", "the user is gone")
	}
}

// roles assumes a role, whose sessions lose what the role loses.
func (l *load) roles() {
	client, ctx, bucket := iam.NewFromConfig(l.root), l.t.Context(), "load-"+l.account
	name, user := "role", "assumes"
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + l.account + `:root"},"Action":"sts:AssumeRole"}}`
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	l.ok(err, "create a role")
	_, err = client.CreateUser(ctx, &iam.CreateUserInput{UserName: &user})
	l.ok(err, "create a user")
	_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("assume"), PolicyDocument: aws.String(allowRead)})
	l.ok(err, "put a policy")
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if !l.ok(err, "create a key") {
		return
	}
	assumer := sts.NewFromConfig(l.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))
	for i := 0; l.goes(); i++ {
		_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("read"), PolicyDocument: aws.String(allowRead)})
		l.ok(err, "put a policy")
		out, err := assumer.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + l.account + ":role/role"), RoleSessionName: aws.String(fmt.Sprint("session-", i))})
		if !l.ok(err, "assume the role") {
			return
		}
		session := s3.NewFromConfig(l.Config(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken))
		list := func(ctx context.Context) error {
			_, err := session.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(1)})
			return err
		}
		l.ok(list(ctx), "what the role allows")
		_, err = client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: aws.String("read")})
		l.ok(err, "delete the policy")
		l.fails(list(ctx), "AccessDenied", "the role's policy is gone")
	}
}
