package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"GetObject", "GetObjectAcl", "PutObject", "ListBucket"}
	for name, want := range map[string]string{
		"GetObjetc": "GetObject", "getobject": "GetObject", "GetObject": "GetObject", "GetObjectsAcl": "GetObjectAcl",
		"ListBuckets": "ListBucket", "Delete": "", "": "", "GtObjc": "", strings.Repeat("GetObject", 20): "",
	} {
		assert.Equal(t, want, Nearest(name, names), name)
	}
	assert.Equal(t, "aac", Nearest("abc", []string{"bbc", "aac"}), "the first of equals")
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{0,6}`)
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		far := len(a) + len(b) + len(c)
		if distance(a, a, far) != 0 || distance(a, b, far) != distance(b, a, far) {
			t.Fatalf("%q %q", a, b)
		}
		if a != b && distance(a, b, far) == 0 {
			t.Fatalf("%q and %q differ", a, b)
		}
		if distance(a, b+c, far) > distance(a, b, far)+len(c) {
			t.Fatalf("%q %q %q", a, b, c)
		}
		if most := rapid.IntRange(0, 6).Draw(t, "most"); min(distance(a, b, far), most+1) != min(distance(a, b, most), most+1) {
			t.Fatalf("%q %q up to %d", a, b, most)
		}
	})
}
