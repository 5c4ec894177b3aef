package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// listVersionsOps are the rows of ListObjectVersions.
func (s *Fake) listVersionsOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.listObjectVersions)}
}

func listRequestOfVersions(in *awss3.ListObjectVersionsInput) *listRequest {
	return &listRequest{
		bucketRef: bucketRef{in.Bucket, in.ExpectedBucketOwner},
		action:    "s3:ListBucketVersions",
		prefix:    in.Prefix,
		delimiter: in.Delimiter,
		maxKeys:   in.MaxKeys,
		encoding:  in.EncodingType,
		after:     aws.ToString(in.KeyMarker),
		extra:     in.OptionalObjectAttributes,
		owner:     true,
	}
}

func checkVersionMarker(in *awss3.ListObjectVersionsInput) error {
	id := in.VersionIdMarker
	switch {
	case id == nil:
		return nil
	case *id == "":
		return invalidArgument("A version-id marker cannot be empty.", "version-id-marker", "")
	case aws.ToString(in.KeyMarker) == "":
		return invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", *id)
	case !isVersionID(*id):
		return invalidArgument("Invalid version id specified", "version-id-marker", *id)
	}
	return nil
}

// listObjectVersions lists a page of all versions in a bucket: by key, and the
// newest of a key first.
func (s *Fake) listObjectVersions(call *fakeaws.Call, in *awss3.ListObjectVersionsInput) (*fakeaws.Plan[*awss3.ListObjectVersionsOutput], error) {
	if err := checkVersionMarker(in); err != nil {
		return nil, err
	}
	l := listRequestOfVersions(in)
	b, needs, err := s.askList(call, l)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.ListObjectVersionsOutput, error) {
		return b.versionsPage(l, in)
	}), nil
}

func (b *bucket) versionsPage(l *listRequest, in *awss3.ListObjectVersionsInput) (*awss3.ListObjectVersionsOutput, error) {
	p := b.versionPage(l, in.VersionIdMarker)
	if p.err != nil {
		return nil, p.err
	}
	limit := int32(l.limit())
	out := &awss3.ListObjectVersionsOutput{
		Name:            &b.name,
		Prefix:          l.text(aws.ToString(in.Prefix)),
		Delimiter:       l.optional(in.Delimiter),
		KeyMarker:       l.text(aws.ToString(in.KeyMarker)),
		VersionIdMarker: aws.String(aws.ToString(in.VersionIdMarker)),
		EncodingType:    in.EncodingType,
		MaxKeys:         &limit,
		IsTruncated:     &p.truncated,
		Versions:        p.versions,
		DeleteMarkers:   p.markers,
		CommonPrefixes:  p.prefixes,
	}
	if p.truncated {
		out.NextKeyMarker = l.text(p.last)
		if p.lastVersion != "" {
			out.NextVersionIdMarker = &p.lastVersion
		}
	}
	return out, nil
}

// A versionPage is a page of ListObjectVersions.
type versionPage struct {
	*scan
	versions []types.ObjectVersion
	markers  []types.DeleteMarkerEntry
	// lastVersion is empty behind a common prefix.
	lastVersion string
}

// versionPage collects a page. The marker is the version that ended the last
// page; it may have been deleted since.
func (b *bucket) versionPage(l *listRequest, marker *string) *versionPage {
	p := new(versionPage)
	it := b.objects.Iter()
	p.scan = l.scan(&it, func() bool { return false }, func(page *scan) bool {
		h := it.Value()
		older := len(h)
		if it.Key() == l.after {
			older = h.olderThan(marker)
		}
		for i := older - 1; i >= 0; i-- {
			if !page.enter(it.Key()) {
				return false
			}
			p.add(b, l, h[i], i == len(h)-1)
		}
		return true
	})
	if n := len(p.prefixes); n > 0 && *p.prefixes[n-1].Prefix == *l.text(p.last) {
		p.lastVersion = ""
	}
	return p
}

// olderThan is how many versions are older than the one of a marker: none
// without a marker, which is behind all of them.
func (h history) olderThan(marker *string) int {
	if marker == nil {
		return 0
	}
	if i := h.index(*marker); i >= 0 {
		return i
	}
	if *marker == nullVersion {
		// It is gone, and its id does not tell where it was: nothing is left out.
		return len(h)
	}
	return h.place(placeOf(*marker))
}

// add puts a version at the end of a page.
func (p *versionPage) add(b *bucket, l *listRequest, o *object, latest bool) {
	p.lastVersion = o.version
	if o.marker {
		p.markers = append(p.markers, types.DeleteMarkerEntry{
			Key: l.text(o.key), VersionId: &o.version, IsLatest: &latest, LastModified: &o.modified, Owner: b.ownerIDOf(o),
		})
		return
	}
	entry := b.entry(l, o)
	e := versionEntry.of(&entry)
	e.StorageClass = types.ObjectVersionStorageClass(o.listedClass())
	e.VersionId, e.IsLatest = &o.version, &latest
	p.versions = append(p.versions, *e)
}

var versionEntry = mapFields[types.ObjectVersion, types.Object]()
