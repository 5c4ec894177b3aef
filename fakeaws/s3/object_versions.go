package s3

import (
	"slices"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A history has the versions of one key in the order in which they were made:
// the last one is the current one. A key without versions has no history.
//
// A copy of a World has the same versions of a key in the same array until one of the two
// changes it. So who changes a history takes it from changing.
type history []*object

// Copy is for the tree of a bucket, which calls it before a copy of the tree is changed.
func (h history) Copy() history { return slices.Clone(h) }

// current is the newest version, a delete marker or not.
func (h history) current() *object {
	if len(h) == 0 {
		return nil
	}
	return h[len(h)-1]
}

// live is the current version if it is an object.
func (h history) live() *object {
	if o := h.current(); o != nil && !o.marker {
		return o
	}
	return nil
}

// index finds a version by its id, or returns -1. Ids tell where to look.
func (h history) index(version string) int {
	if version == nullVersion {
		return slices.IndexFunc(h, func(o *object) bool { return o.version == nullVersion })
	}
	if i := h.place(placeOf(version)); i < len(h) && h[i].version == version {
		return i
	}
	return -1
}

// place is the index of the first version that is not older than a place in the
// order of versions.
func (h history) place(place uint64) int {
	return sort.Search(len(h), func(i int) bool { return h[i].place >= place })
}

// history returns the versions of a key.
func (b *bucket) history(key string) history {
	h, _ := b.objects.Get(key)
	return h
}

// changing returns the versions of a key, which may be changed in place.
func (b *bucket) changing(key string) history {
	h, _ := b.objects.GetMut(key)
	return h
}

// live returns the object under a key, nil where there is none or a delete
// marker.
func (b *bucket) live(key string) *object { return b.history(key).live() }

// version returns a version of a key, delete markers included; the current one
// when id is nil. It is nil where there is none.
func (b *bucket) version(key string, id *string) *object {
	h := b.history(key)
	if id == nil {
		return h.current()
	}
	if i := h.index(*id); i >= 0 {
		return h[i]
	}
	return nil
}

// versioned reports whether new objects get versions of their own.
func (b *bucket) versioned() bool { return b.versioning == types.BucketVersioningStatusEnabled }

// shown is the version id of an object as answers have it: buckets that never
// had versioning do not speak of versions.
func (b *bucket) shown(o *object) *string {
	if b.versioning == "" {
		return nil
	}
	return &o.version
}

// shownNamed is the version id of an object as PutObject answers it, and CopyObject for its
// source: only ids that S3 made. The null version, which is what a bucket with versioning
// suspended stores, is not told of. That UploadPartCopy does as CopyObject is unverified.
func (b *bucket) shownNamed(o *object) *string {
	if o.version == nullVersion {
		return nil
	}
	return b.shown(o)
}

// now is the time as S3 stores it, in whole seconds: Last-Modified is an HTTP date, and
// lists agree with it.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Second) }

// add makes a new object, or delete marker, the current version of its key. In
// a bucket with versioning it joins the others; else it takes the place of the
// null version (User Guide, "How S3 Versioning works").
func (s *Fake) add(b *bucket, o *object) {
	s.made++
	o.place = s.made
	o.modified = s.now()
	b.uploads.disturb(o.key)
	h := b.changing(o.key)
	if b.versioned() {
		o.version = orderedID(s.world.IDs(), versionIDLength, o.place)
		b.objects.Set(o.key, append(h, o))
		return
	}
	o.version = nullVersion
	switch i := h.index(nullVersion); {
	case i < 0:
		b.objects.Set(o.key, append(h, o))
	case i == len(h)-1:
		h[i] = o
	default:
		b.objects.Set(o.key, append(slices.Delete(h, i, i+1), o))
	}
}

// drop removes a version for good.
func (b *bucket) drop(o *object) {
	h := b.changing(o.key)
	i := h.index(o.version)
	if i < 0 {
		return
	}
	if i == len(h)-1 {
		b.uploads.disturb(o.key)
	}
	if len(h) == 1 {
		b.objects.Delete(o.key)
		return
	}
	b.objects.Set(o.key, slices.Delete(h, i, i+1))
}

// replace puts a changed copy in the place of a version: those who read the old
// one are not disturbed. Where the version is no more, nothing happens.
func (b *bucket) replace(changed *object) {
	h := b.changing(changed.key)
	if i := h.place(changed.place); i < len(h) && h[i].place == changed.place {
		h[i] = changed
	}
}

// checkFound refuses what a request found in place of the version that it names. A current
// delete marker hides the object; a delete marker that is named by its id cannot be read, and
// nothing can be kept beside one.
func (b *bucket) checkFound(ref objectRef, o *object, method string) error {
	key := aws.ToString(ref.key)
	switch {
	case ref.unversioned(b):
		return invalidVersionID(*ref.version)
	case o == nil && ref.version != nil:
		return errNoSuchVersion.of("Key", key, "VersionId", *ref.version)
	case o == nil:
		return errNoSuchKey.of("Key", key)
	case o.marker && (ref.version != nil || method == "PUT" || method == "DELETE"):
		return o.markerRefuses(method)
	case o.marker:
		return withHeaders(errNoSuchKey.of("Key", key), "x-amz-delete-marker", "true", "x-amz-version-id", o.version)
	}
	return nil
}

// markerRefuses is the answer to a method that a delete marker does not have.
func (o *object) markerRefuses(method string) error {
	return withHeaders(errMethodNotAllowed.of("Method", method, "ResourceType", "DeleteMarker"),
		"x-amz-delete-marker", "true", "x-amz-version-id", o.version, "Allow", "DELETE", "Last-Modified", httpDate(o.modified))
}
