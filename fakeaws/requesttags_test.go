package fakeaws_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func TestRequestTags(t *testing.T) {
	t.Parallel()
	keys := func(set func(*enforce.Context)) map[string][]string {
		var c enforce.Context
		set(&c)
		found := make(map[string][]string)
		for key, values := range c.All() {
			found[key] = values
		}
		return found
	}
	tag := func(t [2]string) (key, value string) { return t[0], t[1] }
	given := func(tags ...[2]string) map[string][]string {
		return keys(func(c *enforce.Context) { fakeaws.SetRequestTags(c, tags, tag) })
	}
	removed := func(of ...string) map[string][]string {
		return keys(func(c *enforce.Context) { fakeaws.SetTagKeys(c, of) })
	}
	assert.Equal(t, map[string][]string{
		"aws:RequestTag/team": {"blue"}, "aws:RequestTag/Env": {""}, "aws:TagKeys": {"team", "Env"},
	}, given([2]string{"team", "blue"}, [2]string{"Env", ""}))
	assert.Equal(t, map[string][]string{"aws:TagKeys": {"team", "Env"}}, removed("team", "Env"))
	assert.Empty(t, given())
	assert.Empty(t, removed())
}

// The tags of a resource are changed in a copy: whoever has those before keeps them.
func TestChangedTags(t *testing.T) {
	t.Parallel()
	before := map[string]string{"a": "1", "b": "2"}
	assert.Equal(t, map[string]string{"a": "1", "b": "3", "c": ""}, fakeaws.WithTags(before, map[string]string{"b": "3", "c": ""}))
	assert.Equal(t, map[string]string{"b": "2"}, fakeaws.WithoutTags(before, []string{"a", "none"}))
	assert.Equal(t, map[string]string{"a": "1", "b": "2"}, before)
	assert.Equal(t, map[string]string{"a": "1"}, fakeaws.WithTags(nil, map[string]string{"a": "1"}))
	assert.Empty(t, fakeaws.WithoutTags(nil, []string{"a"}))
}
