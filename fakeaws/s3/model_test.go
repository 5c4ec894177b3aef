package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A modelVersion is a version as the naive model has it.
type modelVersion struct {
	id     string
	marker bool
	body   string
	tags   int
	until  time.Time // of a retention in compliance mode
	hold   bool
}

// A model is a bucket as the User Guide describes it: per key a list of versions,
// newest first.
type model struct {
	*lab
	versions   map[string][]modelVersion
	versioning types.BucketVersioningStatus
	locking    bool
	uploads    map[string]map[int32]string // parts by upload id, the key before a space
}

var modelKeys = []string{"a", "a/b", "é"}

func (m *model) key(t *rapid.T) string { return rapid.SampledFrom(modelKeys).Draw(t, "key") }

func (m *model) add(key string, v modelVersion, id *string) {
	list := m.versions[key]
	switch m.versioning {
	case types.BucketVersioningStatusEnabled:
		v.id = *id
	default:
		v.id = nullVersion
		list = slices.DeleteFunc(slices.Clone(list), func(old modelVersion) bool { return old.id == nullVersion })
	}
	m.versions[key] = append([]modelVersion{v}, list...)
}

// current is the version that a request without an id means.
func (m *model) current(key string) *modelVersion {
	if list := m.versions[key]; len(list) > 0 && !list[0].marker {
		return &list[0]
	}
	return nil
}

func (m *model) Put(t *rapid.T) {
	key, body := m.key(t), rapid.StringN(0, 40, -1).Draw(t, "body")
	in := &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: &key, Body: strings.NewReader(body)}
	v := modelVersion{body: body}
	if m.locking && rapid.Bool().Draw(t, "locked") {
		v.until = m.world.Clock().Now().Add(time.Hour)
		in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockModeCompliance, &v.until
		sum := md5.Sum([]byte(body)) // a lock takes a digest
		in.ContentMD5 = ptr(base64.StdEncoding.EncodeToString(sum[:]))
	}
	if rapid.Bool().Draw(t, "if new") {
		in.IfNoneMatch = ptr("*")
	}
	out, err := m.PutObject(m.ctx, in)
	if in.IfNoneMatch != nil && m.current(key) != nil {
		requireCodeOf(t, err, "PreconditionFailed")
		return
	}
	require.NoError(t, err)
	m.add(key, v, out.VersionId)
}

func (m *model) Copy(t *rapid.T) {
	from, to := m.key(t), m.key(t)
	source := "bucket/" + from
	v := m.current(from)
	if list := m.versions[from]; len(list) > 0 && m.versioning != "" && rapid.Bool().Draw(t, "a version") {
		chosen := rapid.SampledFrom(list).Draw(t, "version")
		source += "?versionId=" + chosen.id
		v = &chosen
	}
	out, err := m.CopyObject(m.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: &to, CopySource: &source, MetadataDirective: "REPLACE"})
	switch {
	case v == nil:
		requireCodeOf(t, err, "NoSuchKey")
	case v.marker:
		requireCodeOf(t, err, "InvalidRequest")
	default:
		require.NoError(t, err)
		m.add(to, modelVersion{body: v.body, tags: v.tags}, out.VersionId)
	}
}

func (m *model) Tag(t *rapid.T) {
	key, n := m.key(t), rapid.IntRange(0, 3).Draw(t, "tags")
	in := &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: &key, Tagging: &types.Tagging{TagSet: []types.Tag{}}}
	for i := range n {
		in.Tagging.TagSet = append(in.Tagging.TagSet, types.Tag{Key: aws.String(strings.Repeat("k", i+1)), Value: aws.String("")})
	}
	_, err := m.PutObjectTagging(m.ctx, in)
	if v := m.current(key); v != nil {
		require.NoError(t, err)
		v.tags = n
		return
	}
	if len(m.versions[key]) > 0 {
		requireCodeOf(t, err, "MethodNotAllowed") // a delete marker has no tags
		return
	}
	requireCodeOf(t, err, "NoSuchKey")
}

func (m *model) Delete(t *rapid.T) {
	key := m.key(t)
	out, err := m.DeleteObject(m.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: &key})
	require.NoError(t, err)
	if m.versioning == "" {
		delete(m.versions, key)
		return
	}
	require.True(t, *out.DeleteMarker)
	m.add(key, modelVersion{marker: true}, out.VersionId)
}

func (m *model) DeleteVersion(t *rapid.T) {
	key := m.key(t)
	list := m.versions[key]
	if len(list) == 0 {
		t.Skip("nothing there")
	}
	i := rapid.IntRange(0, len(list)-1).Draw(t, "version")
	out, err := m.DeleteObjects(m.ctx, &awss3.DeleteObjectsInput{Bucket: ptr("bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: &key, VersionId: &list[i].id}}}})
	require.NoError(t, err)
	if list[i].hold || m.world.Clock().Now().Before(list[i].until) {
		require.Equal(t, "AccessDenied", *out.Errors[0].Code)
		return
	}
	require.Empty(t, out.Errors)
	require.Equal(t, list[i].marker, aws.ToBool(out.Deleted[0].DeleteMarker))
	m.versions[key] = slices.Delete(slices.Clone(list), i, i+1)
}

func (m *model) Versioning(t *rapid.T) {
	status := rapid.SampledFrom([]types.BucketVersioningStatus{"Enabled", "Suspended"}).Draw(t, "versioning")
	_, err := m.PutBucketVersioning(m.ctx, &awss3.PutBucketVersioningInput{Bucket: ptr("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: status}})
	if m.locking && status == "Suspended" {
		requireCodeOf(t, err, "InvalidBucketState")
		return
	}
	require.NoError(t, err)
	m.lab.ctx, m.versioning = m.as(owner, region), status
}

func (m *model) Hold(t *rapid.T) {
	key, on := m.key(t), rapid.Bool().Draw(t, "hold")
	status := types.ObjectLockLegalHoldStatusOff
	if on {
		status = types.ObjectLockLegalHoldStatusOn
	}
	_, err := m.PutObjectLegalHold(m.ctx, &awss3.PutObjectLegalHoldInput{Bucket: ptr("bucket"), Key: &key, LegalHold: &types.ObjectLockLegalHold{Status: status}})
	v := m.current(key)
	switch {
	case !m.locking:
		requireCodeOf(t, err, "InvalidRequest")
	case v == nil && len(m.versions[key]) > 0:
		requireCodeOf(t, err, "MethodNotAllowed") // a delete marker has no hold
	case v == nil:
		requireCodeOf(t, err, "NoSuchKey")
	default:
		require.NoError(t, err)
		v.hold = on
	}
}

func (m *model) Advance(t *rapid.T) {
	m.world.Clock().Advance(time.Duration(rapid.IntRange(1, 50).Draw(t, "minutes")) * time.Minute)
	m.lab.ctx = m.as(owner, region)
}

func (m *model) Begin(t *rapid.T) {
	key := m.key(t)
	out, err := m.CreateMultipartUpload(m.ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("bucket"), Key: &key})
	require.NoError(t, err)
	m.uploads[key+" "+*out.UploadId] = make(map[int32]string)
}

// upload draws one that was begun.
func (m *model) upload(t *rapid.T) (name, key string, id *string) {
	if len(m.uploads) == 0 {
		t.Skip("none begun")
	}
	var names []string
	for name := range m.uploads {
		names = append(names, name)
	}
	slices.Sort(names)
	name = rapid.SampledFrom(names).Draw(t, "upload")
	key, text, _ := strings.Cut(name, " ")
	return name, key, &text
}

func (m *model) Part(t *rapid.T) {
	name, key, id := m.upload(t)
	number, body := rapid.Int32Range(1, 3).Draw(t, "number"), rapid.StringN(0, 20, -1).Draw(t, "part")
	_, err := m.UploadPart(m.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: &key, UploadId: id, PartNumber: &number, Body: strings.NewReader(body)})
	require.NoError(t, err)
	m.uploads[name][number] = body
}

func (m *model) Complete(t *rapid.T) {
	name, key, id := m.upload(t)
	parts, err := m.ListParts(m.ctx, &awss3.ListPartsInput{Bucket: ptr("bucket"), Key: &key, UploadId: id})
	require.NoError(t, err)
	require.Len(t, parts.Parts, len(m.uploads[name]))
	// One part is the last one, and may be small.
	in := &awss3.CompleteMultipartUploadInput{Bucket: ptr("bucket"), Key: &key, UploadId: id, MultipartUpload: new(types.CompletedMultipartUpload)}
	for _, p := range parts.Parts {
		in.MultipartUpload.Parts = append(in.MultipartUpload.Parts, types.CompletedPart{PartNumber: p.PartNumber, ETag: p.ETag})
	}
	if len(parts.Parts) != 1 {
		_, err := m.CompleteMultipartUpload(m.ctx, in)
		requireCodeOf(t, err, "InvalidRequest", "EntityTooSmall")
		return
	}
	out, err := m.CompleteMultipartUpload(m.ctx, in)
	require.NoError(t, err)
	m.add(key, modelVersion{body: m.uploads[name][*parts.Parts[0].PartNumber]}, out.VersionId)
	delete(m.uploads, name)
}

func (m *model) Abort(t *rapid.T) {
	name, key, id := m.upload(t)
	_, err := m.AbortMultipartUpload(m.ctx, &awss3.AbortMultipartUploadInput{Bucket: ptr("bucket"), Key: &key, UploadId: id})
	require.NoError(t, err)
	delete(m.uploads, name)
}

// check compares everything that can be read with the model.
func (m *model) check(t *rapid.T) {
	for _, key := range modelKeys {
		m.checkRead(t, key, nil, m.current(key))
		for _, v := range m.versions[key] {
			if !v.marker {
				m.checkRead(t, key, &v.id, &v)
			}
		}
	}
	listed, err := m.ListObjectVersions(m.ctx, &awss3.ListObjectVersionsInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	got, want := make(map[string]bool), make(map[string]bool)
	for _, v := range listed.Versions {
		got[*v.Key+" "+*v.VersionId] = *v.IsLatest
	}
	for _, v := range listed.DeleteMarkers {
		got[*v.Key+" "+*v.VersionId] = *v.IsLatest
	}
	var live []string
	for _, key := range modelKeys {
		for i, v := range m.versions[key] {
			want[key+" "+v.id] = i == 0
		}
		if m.current(key) != nil {
			live = append(live, key)
		}
	}
	require.Equal(t, want, got)
	objects, err := m.ListObjectsV2(m.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket")})
	require.NoError(t, err)
	var keys []string
	for _, o := range objects.Contents {
		keys = append(keys, *o.Key)
	}
	require.Equal(t, live, keys)
	uploads, err := m.ListMultipartUploads(m.ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	require.Len(t, uploads.Uploads, len(m.uploads))
}

func (m *model) checkRead(t *rapid.T, key string, version *string, want *modelVersion) {
	out, err := m.GetObject(m.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: &key, VersionId: version})
	if want == nil {
		requireCodeOf(t, err, "NoSuchKey")
		return
	}
	require.NoError(t, err)
	var body bytes.Buffer
	_, err = io.Copy(&body, out.Body)
	require.NoError(t, err)
	require.Equal(t, want.body, body.String())
	require.EqualValues(t, want.tags, aws.ToInt32(out.TagCount))
	require.Equal(t, m.versioning == "", out.VersionId == nil)
}

func requireCodeOf(t *rapid.T, err error, codes ...string) {
	var e *fakeaws.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, codes, e.Code, e.Message)
}

// TestModel performs operations at random, and compares the bucket after each
// with a model that is too simple to be wrong.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{lab: newLabIn(t), versions: make(map[string][]modelVersion), uploads: make(map[string]map[int32]string)}
		m.locking = rapid.Bool().Draw(t, "Object Lock")
		_, err := m.CreateBucket(m.ctx, &awss3.CreateBucketInput{Bucket: ptr("bucket"), ObjectLockEnabledForBucket: &m.locking})
		require.NoError(t, err)
		if m.locking {
			m.versioning = types.BucketVersioningStatusEnabled
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": m.Put, "put more": m.Put, "copy": m.Copy, "tag": m.Tag, "delete": m.Delete, "delete version": m.DeleteVersion,
			"versioning": m.Versioning, "hold": m.Hold, "advance": m.Advance,
			"begin": m.Begin, "part": m.Part, "complete": m.Complete, "abort": m.Abort,
			"": m.check,
		})
	})
}
