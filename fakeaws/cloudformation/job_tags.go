package cloudformation

import (
	"maps"
	"slices"
)

// tagsOf are the tags of a resource: those of the stack, and its own.
func (j *job) tagsOf(properties map[string]any, stack map[string]string) map[string]string {
	tags := maps.Clone(stack)
	if tags == nil {
		tags = map[string]string{}
	}
	if m, ok := properties["Tags"].(map[string]any); ok {
		for k, v := range m {
			tags[k] = encodedText(v)
		}
		return tags
	}
	for _, t := range objects(properties["Tags"]) {
		tags[encodedText(t["Key"])] = encodedText(t["Value"])
	}
	return tags
}

// ownTags are those of the resource that is made.
func (j *job) ownTags() map[string]string { return j.tagsOf(j.properties, j.tags) }

// tagList are the tags as a list of structures, nil where there are none.
func (j *job) tagList() any { return asList(j.ownTags(), "Key", "Value") }

func asList(tags map[string]string, k, v string) any {
	if len(tags) == 0 {
		return nil
	}
	var all []any
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, map[string]any{k: name, v: tags[name]})
	}
	return all
}

// tagMap are the tags as a map, nil where there are none.
func (j *job) tagMap() any { return asMap(j.ownTags()) }

func asMap(tags map[string]string) any {
	if len(tags) == 0 {
		return nil
	}
	m := make(map[string]any, len(tags))
	for k, v := range tags {
		m[k] = v
	}
	return m
}

// retag compares the tags that are wanted with those that were: what is set, and which keys
// are removed.
func (j *job) retag() (set map[string]string, removed []string) {
	was, want := j.tagsOf(j.old, j.tagsBefore), j.ownTags()
	set = map[string]string{}
	for k, v := range want {
		if old, ok := was[k]; !ok || old != v {
			set[k] = v
		}
	}
	for _, k := range slices.Sorted(maps.Keys(was)) {
		if _, ok := want[k]; !ok {
			removed = append(removed, k)
		}
	}
	return set, removed
}

// A tagging is how a service's operations set and remove the tags of a resource.
type tagging struct {
	sdk, set, remove string
	resource         string // the member that names the resource
	tags, keys       string // the members of tags and of their keys
	asMap            bool
}

// retagged sets and removes the tags of a resource that have changed.
func (j *job) retagged(t tagging, resource string) error {
	set, removed := j.retag()
	if len(removed) > 0 {
		if err := j.do(t.sdk, t.remove, map[string]any{t.resource: resource, t.keys: removed}); err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	tags := asList(set, "Key", "Value")
	if t.asMap {
		tags = asMap(set)
	}
	return j.do(t.sdk, t.set, map[string]any{t.resource: resource, t.tags: tags})
}
