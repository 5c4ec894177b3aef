package s3

import (
	"net/http"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A device is a directory whose root users have one, which shows one code.
type device struct{ fakeaws.Directory }

func (device) ProfileRole(string) (string, bool) { return "", false }

func (device) MFACode(_ *fakeaws.Caller, serial, code string, _ bool) fakeaws.MFAResult {
	switch {
	case serial != "device":
		return fakeaws.MFAUnknownDevice
	case code != "123456":
		return fakeaws.MFAWrongCode
	}
	return fakeaws.MFAPassed
}

func (device) Ops() []fakeaws.Op { return nil }

func (device) Denied(*fakeaws.Call, *fakeaws.Need, *enforce.Decision) error { return nil }

func FuzzMFA(f *testing.F) {
	w := worldtest.NewWorld(f, fakeaws.Config{Services: []fakeaws.Service{{Name: "iam", New: func(*fakeaws.World) fakeaws.Fake { return device{} }}}})
	acct, _ := w.Account(owner)
	call := &fakeaws.Call{Context: f.Context(), World: w, Account: owner, Region: region, Caller: acct.Root.Caller}
	for _, s := range []string{"device 123456", "device  123456", "device 123456 ", "device", " 123456", "other 123456", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		shownBy, err := authenticateMFA(call, &header)
		require.Equal(t, header == "device 123456", shownBy != "")
		require.Equal(t, shownBy == "", err != nil)
		if err != nil {
			require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, failure(t, err).Status)
		}
	})
}

// FuzzMarkers: whatever a list is said to begin after, it is an argument that is refused
// or a list in order.
func FuzzMarkers(f *testing.F) {
	l := newLab(f)
	l.bucketNamed(f, "bucket")
	var upload *string
	for _, key := range []string{"a", "a/b", "é"} {
		out, err := l.CreateMultipartUpload(l.ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("bucket"), Key: ptr(key)})
		require.NoError(f, err)
		l.store(f, "bucket", key, "data")
		upload = out.UploadId
	}
	_, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("é"), UploadId: upload, PartNumber: ptr(int32(3)), Body: strings.NewReader("x")})
	require.NoError(f, err)
	f.Add("a", *upload, "null", "3", int32(2))
	f.Add("", "none", "", "-1", int32(-1))
	f.Add("\xff", "\x00", "made up", "99999999999999999999", int32(0))
	f.Fuzz(func(t *testing.T, key, id, version, part string, size int32) {
		refused := func(err error) {
			if err != nil {
				require.Equal(t, http.StatusBadRequest, failure(t, err).Status)
			}
		}
		uploads := &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket"), KeyMarker: &key, UploadIdMarker: &id, MaxUploads: &size}
		if out, err := l.ListMultipartUploads(l.ctx, uploads); err == nil {
			for i, u := range out.Uploads {
				require.GreaterOrEqual(t, *u.Key, key)
				require.True(t, i == 0 || *out.Uploads[i-1].Key <= *u.Key)
			}
		} else {
			refused(err)
		}
		_, err := l.ListObjectVersions(l.ctx, &awss3.ListObjectVersionsInput{Bucket: ptr("bucket"), KeyMarker: &key, VersionIdMarker: &version, MaxKeys: &size})
		refused(err)
		_, err = l.ListParts(l.ctx, &awss3.ListPartsInput{Bucket: ptr("bucket"), Key: ptr("é"), UploadId: upload, PartNumberMarker: &part, MaxParts: &size})
		refused(err)
		_, err = l.ListObjects(l.ctx, &awss3.ListObjectsInput{Bucket: ptr("bucket"), Marker: &key, MaxKeys: &size})
		refused(err)
	})
}
