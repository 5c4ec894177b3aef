package anyservice

import (
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// unknown says what of a permission on a resource is not known. It is shared by all calls.
type unknown struct {
	action *catalog.Action // nil for one that the catalog does not have
	prefix string
	bound  map[string]bool // keys that the request tells, in lower case; "kms:encryptioncontext:" is all that begin so
	tags   bool            // the request's own tags are known
	tagged bool            // the tags of the resource are known
}

// Key reports whether AWS may know a condition key that we do not: one of the action or its
// resources that is neither in the request nor computed.
func (u *unknown) Key(name string) bool {
	lower := strings.ToLower(name)
	if u.bound[lower] || u.bound[family(lower)] {
		return false
	}
	service, rest, _ := strings.Cut(lower, ":")
	base, _, _ := strings.Cut(rest, "/")
	switch {
	case base == "resourcetag":
		return !u.tagged
	case service == "aws" && (base == "requesttag" || base == "tagkeys"):
		return !u.tags && (u.action == nil || u.takes(name))
	case service == "aws":
		return false
	case u.action == nil:
		return service == u.prefix
	}
	return u.takes(name)
}

// takes reports whether requests for the action can have a key.
func (u *unknown) takes(name string) bool {
	k, ok := u.action.Service.Key(name)
	if !ok {
		k, ok = catalog.GlobalKey(name)
	}
	return ok && u.action.HasKey(k)
}

// family returns what a key with a name of its own begins with: "kms:encryptioncontext:".
func family(key string) string {
	service, rest, _ := strings.Cut(key, ":")
	if at := strings.IndexAny(rest, ":/"); at >= 0 {
		return service + ":" + rest[:at+1]
	}
	return ""
}
