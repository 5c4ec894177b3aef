package s3

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxKey is the longest object key, in bytes of UTF-8.
const maxKey = 1024

// checkBucketName applies the rules of the User Guide's page "General purpose
// bucket naming rules".
func checkBucketName(name string) error {
	if !validBucketName(name) {
		return errInvalidBucketName.of("BucketName", name)
	}
	return nil
}

func validBucketName(name string) bool {
	if len(name) < 3 || len(name) > 63 || strings.Contains(name, "..") {
		return false
	}
	for i := range len(name) {
		c := name[i]
		edge := i == 0 || i == len(name)-1
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || !edge && (c == '-' || c == '.')) {
			return false
		}
	}
	if addr, err := netip.ParseAddr(name); err == nil && addr.Is4() {
		return false
	}
	return !reservedName(name)
}

// checkBucketKind refuses names of what S3 has besides general purpose buckets and this fake
// has not.
func checkBucketKind(name string) error {
	switch {
	case strings.HasSuffix(name, "--x-s3"):
		return notImplemented("Bucket, for a directory bucket,")
	case strings.HasSuffix(name, ".mrap"):
		return notImplemented("Bucket, for a Multi-Region Access Point,")
	}
	return nil
}

// reservedName reports whether a name has an affix that AWS keeps for access
// point aliases, S3 Tables, directory buckets and S3's own tests.
func reservedName(name string) bool {
	for _, prefix := range [...]string{"xn--", "sthree-", "amzn-s3-demo-"} {
		// amzn-s3-demo- is the prefix of the documentation's example buckets,
		// which cannot be created.
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, suffix := range [...]string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	// This suffix is for names in the namespace of an account.
	_, _, regional := namespaceOf(name)
	return strings.HasSuffix(name, "-an") && !regional
}

// checkKey refuses a key that S3 cannot store.
func checkKey(key *string) error {
	k := aws.ToString(key)
	if len(k) > maxKey {
		return errKeyTooLong.of("Size", strconv.Itoa(len(k)), "MaxSizeAllowed", strconv.Itoa(maxKey))
	}
	if !utf8.ValidString(k) {
		return errInvalidArgument.withText("Couldn't parse the specified URI.")
	}
	return nil
}
