package anyservice

import (
	"maps"
	"net/url"
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// maxTags is how many tags a request may have. AWS's limit for a resource is 50; a request
// can be about several.
const maxTags = 1_000

// A givenTag is a tag in a request; of is the type of the resources that it is for, where
// the request says that.
type givenTag struct {
	fakeaws.Tag
	of string
}

// givenTags returns the tags in a request, or the keys of those that it removes.
func (r *request) givenTags(t *catalog.Tags) (given []givenTag, removed []string, err error) {
	switch {
	case t.List != "":
		given, err = r.listedTags(t)
		return given, nil, err
	case t.Map != "":
		v, err := r.value(t.Map)
		if err != nil {
			return nil, nil, err
		}
		v.Entries(func(key string, value *wire.Value) {
			text, _ := value.Text()
			given = append(given, givenTag{Tag: fakeaws.Tag{Key: key, Value: text}})
		})
	case t.Query != "":
		all, err := r.texts(t.Query)
		if err != nil {
			return nil, nil, err
		}
		for i := range all {
			pairs, err := url.ParseQuery(all[i].text)
			if err != nil {
				return nil, nil, invalid("The tags of the request are malformed.")
			}
			for _, key := range slices.Sorted(maps.Keys(pairs)) {
				given = append(given, givenTag{Tag: fakeaws.Tag{Key: key, Value: pairs.Get(key)}})
			}
		}
	case t.Keys != "":
		all, err := r.texts(t.Keys)
		if err != nil {
			return nil, nil, err
		}
		for i := range all {
			removed = append(removed, all[i].text)
		}
	}
	return given, removed, nil
}

// listedTags returns the tags in a list of structures.
func (r *request) listedTags(t *catalog.Tags) (given []givenTag, err error) {
	key, err := r.texts(t.List + "[]." + t.Key)
	if err != nil {
		return nil, err
	}
	value, err := r.texts(t.List + "[]." + t.Value)
	if err != nil {
		return nil, err
	}
	var of []found
	if t.Type != "" {
		if of, err = r.texts(t.Type); err != nil {
			return nil, err
		}
	}
	if max(len(key), len(value), len(of)) > maxTags {
		return nil, invalid("The request has too many tags.")
	}
	for i := range key {
		tag := givenTag{Tag: fakeaws.Tag{Key: key[i].text}}
		for j := range of {
			if key[i].together(&of[j]) {
				tag.of = of[j].text
			}
		}
		for j := range value {
			if key[i].together(&value[j]) {
				tag.Value = value[j].text
			}
		}
		given = append(given, tag)
	}
	return given, nil
}
