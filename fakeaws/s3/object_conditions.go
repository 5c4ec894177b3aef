package s3

import (
	"strings"
	"time"
)

// conditions are the preconditions of a read, of RFC 9110 section 13.
type conditions struct {
	match, noneMatch               *string
	modifiedSince, unmodifiedSince *time.Time
}

// failing names the header whose condition does not hold for an object, or "".
// If-Match outweighs If-Unmodified-Since, and If-None-Match outweighs
// If-Modified-Since (API Reference, "GetObject"), which is ignored when its date is yet to
// come (RFC 9110, section 13.1.3).
func (c conditions) failing(o *object, now time.Time) string {
	switch {
	case c.match != nil && !matchesETag(*c.match, o.etag):
		return "If-Match"
	case c.match == nil && c.unmodifiedSince != nil && o.modified.After(*c.unmodifiedSince):
		return "If-Unmodified-Since"
	case c.noneMatch != nil && matchesETag(*c.noneMatch, o.etag):
		return "If-None-Match"
	case c.noneMatch == nil && c.modifiedSince != nil && !c.modifiedSince.After(now) && !o.modified.After(*c.modifiedSince):
		return "If-Modified-Since"
	}
	return ""
}

// matchesETag reports whether a list of entity tags, or *, has the tag. S3
// takes tags with and without quotes.
func matchesETag(list, etag string) bool {
	bare := strings.Trim(etag, `"`)
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		tag = strings.TrimPrefix(tag, "W/")
		if tag == "*" || strings.Trim(tag, `"`) == bare {
			return true
		}
	}
	return false
}

// checkWrite decides a conditional write over what the key holds now, if
// anything (User Guide, "How to prevent object overwrites with conditional
// writes").
func checkWrite(key string, current *object, match, noneMatch *string) error {
	if noneMatch != nil && current != nil {
		return errPreconditionFailed.of("Condition", "If-None-Match")
	}
	if match == nil {
		return nil
	}
	if current == nil {
		return errNoSuchKey.of("Key", key)
	}
	if !matchesETag(*match, current.etag) {
		return errPreconditionFailed.of("Condition", "If-Match")
	}
	return nil
}

// checkWriteHeaders refuses conditions that a write cannot have: If-Match takes an entity
// tag only, If-None-Match a * only, and they exclude each other.
func checkWriteHeaders(match, noneMatch *string) error {
	refused := func(header, text string) error {
		return errHeaderNotImplemented.of("Header", header, "additionalMessage", text)
	}
	unaccepted := func(header string) error {
		return refused(header, "We don't accept the provided value of "+header+" header for this API")
	}
	switch {
	case match != nil && noneMatch != nil:
		return refused("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
	case noneMatch != nil && *noneMatch != "*":
		return unaccepted("If-None-Match")
	case match != nil && *match == "*":
		return unaccepted("If-Match")
	}
	return nil
}
