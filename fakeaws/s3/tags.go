package s3

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A tagLimit is how many tags a resource may have, and what S3 says of more.
type tagLimit struct {
	count int
	text  string
	// system is what S3 says of a key that is kept for AWS.
	system string
	// newBucket says that CreateBucket is to have the tags: it does not tell that key, and
	// fails itself over one key twice.
	newBucket bool
}

var (
	bucketTags = tagLimit{count: 50, text: "Bucket tag count cannot be greater than 50", system: "System tags cannot be added/updated by requester"}
	objectTags = tagLimit{count: 10, text: "Object tags cannot be greater than 10", system: "Your TagKey cannot be prefixed with aws:"}
	// CreateBucket has the texts of tags of resources.
	newBucketTags = tagLimit{
		count: bucketTags.count, text: bucketTags.text, newBucket: true,
		system: `User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`,
	}
)

// The longest key and value of a tag, in Unicode characters.
const (
	maxTagKey   = 128
	maxTagValue = 256
)

// checkTags applies the User Guide's rules for tags.
func checkTags(tags []types.Tag, limit tagLimit) error {
	if len(tags) > limit.count {
		return errBadRequest.withText(limit.text)
	}
	for i, t := range tags {
		if t.Key == nil || t.Value == nil {
			return errMalformedXML.of()
		}
		key, value := *t.Key, *t.Value
		if key == "" || !validTagText(key, maxTagKey) {
			return errInvalidTag.withText("The TagKey you have provided is invalid", "TagKey", key)
		}
		if !validTagText(value, maxTagValue) {
			return errInvalidTag.withText("The TagValue you have provided is invalid", "TagKey", key, "TagValue", value)
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			if limit.newBucket {
				return errInvalidTag.withText(limit.system)
			}
			return errInvalidTag.withText(limit.system, "TagKey", key)
		}
		for _, other := range tags[:i] {
			if aws.ToString(other.Key) == key {
				if limit.newBucket {
					return errInternal.of()
				}
				return errInvalidTag.withText("Cannot provide multiple Tags with the same key", "TagKey", key)
			}
		}
	}
	return nil
}

// validTagText reports whether all characters are letters, digits, spaces or
// one of + - = . _ : / @, in any script.
func validTagText(s string, longest int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > longest {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Zs, r) && !strings.ContainsRune("+-=._:/@", r) {
			return false
		}
	}
	return true
}

// parseTagging reads the x-amz-tagging header: tags as URL query parameters.
func parseTagging(header *string) ([]types.Tag, error) {
	if header == nil || *header == "" {
		return nil, nil
	}
	malformed := func() error {
		return invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", *header)
	}
	var tags []types.Tag
	for pair := range strings.SplitSeq(*header, "&") {
		if pair == "" {
			continue // S3 accepts stray separators
		}
		name, text, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(name)
		if err != nil {
			return nil, malformed()
		}
		value, err := url.QueryUnescape(text)
		if err != nil {
			return nil, malformed()
		}
		if key == "" || strings.Contains(text, "=") || !validTagText(key, len(key)) || !validTagText(value, len(value)) {
			return nil, malformed()
		}
		if slices.ContainsFunc(tags, func(t types.Tag) bool { return *t.Key == key }) {
			return nil, malformed()
		}
		if tags = append(tags, types.Tag{Key: &key, Value: &value}); len(tags) > objectTags.count {
			break
		}
	}
	return tags, checkTags(tags, objectTags)
}

// tagSet is the list of a Tagging document; without one, there is to be no tag.
func tagSet(t *types.Tagging) ([]types.Tag, error) {
	if t == nil {
		return nil, errMalformedXML.of()
	}
	return t.TagSet, nil
}

func tagKeys(tags []types.Tag) []string {
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = aws.ToString(t.Key)
	}
	return keys
}

// cloneTags is a deep copy of tags.
func cloneTags(tags []types.Tag) []types.Tag {
	out := make([]types.Tag, len(tags))
	for i, t := range tags {
		out[i] = types.Tag{Key: aws.String(aws.ToString(t.Key)), Value: aws.String(aws.ToString(t.Value))}
	}
	return out
}

func itoa[N int32 | int64](n N) string { return strconv.FormatInt(int64(n), 10) }
