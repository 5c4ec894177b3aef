package s3

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// An annotation is a named text that is attached to a version of an object (User
// Guide, "Annotating your objects"). It is immutable, and copies of the object share
// it. It has no encryption of its own: it is encrypted as its object is.
type annotation struct {
	name     string
	text     []byte
	etag     string // quoted
	checksum checksum
	modified time.Time
}

// annotations are those of a version by the bytes of their names; that S3 lists them
// so is unverified. Like the object, they are replaced and never changed.
type annotations []*annotation

// The limits of the User Guide's section "Annotation limits".
const (
	maxAnnotations    = 1000
	maxAnnotationName = 512
	maxAnnotation     = 1 << 20
)

// checkAnnotationName applies the User Guide's "Annotation naming rules".
func checkAnnotationName(name string) error {
	lower := strings.ToLower(name)
	switch {
	case len(name) > maxAnnotationName:
		return errAnnotationNameTooLong.of("AnnotationName", name)
	case name == "" || strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "s3") || !annotationText(name):
		return errInvalidAnnotationName.of("AnnotationName", name)
	}
	return nil
}

// checkAnnotationPrefix refuses what no name can begin with. That a prefix must be of
// the characters of names, and may be reserved, is unverified.
func checkAnnotationPrefix(prefix string) error {
	if len(prefix) > maxAnnotationName || !annotationText(prefix) {
		return errInvalidPrefix.of("AnnotationPrefix", prefix)
	}
	return nil
}

// annotationText reports whether a text is of the characters of names: letters of any
// language, and with them the marks that some languages write letters with, which is
// unverified; digits; and _.-
func annotationText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && (r < '0' || r > '9') && !strings.ContainsRune("_.-", r)
	})
}

// checkAnnotationText refuses what cannot be attached to an object.
func checkAnnotationText(text []byte) error {
	switch {
	case len(text) == 0:
		return errNoAnnotationText.of()
	case !utf8.Valid(text):
		return errUnsupportedMediaType.of()
	}
	return nil
}

// find is where the annotation of a name is, or has its place.
func (a annotations) find(name string) (int, bool) {
	return slices.BinarySearchFunc(a, name, func(n *annotation, name string) int { return cmp.Compare(n.name, name) })
}

// get is the annotation of a name.
func (a annotations) get(name string) (*annotation, error) {
	i, ok := a.find(name)
	if !ok {
		return nil, errNoSuchAnnotation.of("AnnotationName", name)
	}
	return a[i], nil
}

// with are the annotations and another one, or with it in the place of the one of
// the same name.
func (a annotations) with(n *annotation) (annotations, error) {
	i, ok := a.find(n.name)
	if ok {
		changed := slices.Clone(a)
		changed[i] = n
		return changed, nil
	}
	if len(a) >= maxAnnotations {
		return nil, errAnnotationLimit.of()
	}
	return slices.Insert(slices.Clone(a), i, n), nil
}

// without are the annotations but for that of a name, if there is one.
func (a annotations) without(name string) annotations {
	i, ok := a.find(name)
	switch {
	case !ok:
		return a
	case len(a) == 1:
		return nil
	}
	return slices.Delete(slices.Clone(a), i, i+1)
}

// entry is an annotation as lists have it.
func (n *annotation) entry() types.AnnotationEntry {
	return types.AnnotationEntry{
		AnnotationName:    &n.name,
		ETag:              &n.etag,
		LastModified:      &n.modified,
		Size:              aws.Int64(int64(len(n.text))),
		ChecksumAlgorithm: []types.ChecksumAlgorithm{n.checksum.algorithm},
	}
}

// annotationETag is the entity tag of an annotation: like that of an object, which is
// unverified.
func (s *Fake) annotationETag(e *sse, text []byte) string {
	if !e.plainETag() {
		return s.randomETag()
	}
	return plainAnnotationETag(text)
}

func plainAnnotationETag(text []byte) string {
	sum := md5.Sum(text)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// copiedAnnotations are the annotations of an object for a copy of it. Their checksums
// stay, unless the request has the copy get another one (User Guide, "Annotating your
// objects"). Annotations do not change, so this needs no lock.
func (o *object) copiedAnnotations(ctx context.Context, algorithm types.ChecksumAlgorithm) (annotations, error) {
	copied := make(annotations, len(o.annotations))
	for i, n := range o.annotations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := *n
		if !o.encryption.plainETag() {
			c.etag = plainAnnotationETag(c.text)
		}
		if algorithm != "" && algorithm != c.checksum.algorithm {
			var err error
			if c.checksum, err = checksumOf(ctx, algorithm, data{c.text}); err != nil {
				return nil, err
			}
		}
		copied[i] = &c
	}
	return copied, nil
}

// annotate gives a new object the annotations of the one that it is a copy of. The lock
// is held.
func (s *Fake) annotate(o *object, copied annotations) {
	for _, n := range copied {
		n.modified = o.modified
		if !o.encryption.plainETag() {
			n.etag = s.randomETag()
		}
	}
	o.annotations = copied
}

// annotatable refuses annotations of objects that are encrypted with the customer's
// key.
func (o *object) annotatable() error {
	if o.encryption.shown().SSECustomerKeyMD5 != nil {
		return errCustomerKeyAnnotation.of()
	}
	return nil
}
