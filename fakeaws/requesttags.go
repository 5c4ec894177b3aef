package fakeaws

import (
	"maps"

	"github.com/leastpriv/leastpriv/enforce"
)

// SetRequestTags sets the condition keys of the tags that a request gives to a resource or
// a session: aws:RequestTag of each tag, and aws:TagKeys. tag takes apart a service's type.
// A request without tags has none of these keys.
func SetRequestTags[T any](c *enforce.Context, tags []T, tag func(T) (key, value string)) {
	if len(tags) == 0 {
		return
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		var value string
		keys[i], value = tag(t)
		c.Set("aws:RequestTag/"+keys[i], value)
	}
	SetTagKeys(c, keys)
}

// SetTagKeys sets aws:TagKeys alone, as a request has it that removes tags.
func SetTagKeys(c *enforce.Context, keys []string) {
	if len(keys) > 0 {
		c.SetMulti("aws:TagKeys", keys)
	}
}

// WithTags is a copy of tags with others in place of those of the same keys. The tags of a
// resource are changed so, because the permissions of calls at work have those before.
func WithTags(tags, more map[string]string) map[string]string {
	all := make(map[string]string, len(tags)+len(more))
	maps.Copy(all, tags)
	maps.Copy(all, more)
	return all
}

// WithoutTags is a copy of tags without some. Keys that there are not are fine.
func WithoutTags(tags map[string]string, keys []string) map[string]string {
	all := maps.Clone(tags)
	for _, key := range keys {
		delete(all, key)
	}
	return all
}
