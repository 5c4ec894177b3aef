package secretsmanager

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
	}
}

// maxTags is how many tags a secret has (AWS General Reference, "Tag quotas").
const maxTags = 50

// checkTags refuses tags that no secret can have. Without a value is the empty one.
func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return invalidParameter(textManyTags)
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalidParameter(textTagKey)
		case seen[key]:
			return invalidParameter(fmt.Sprintf(textTwiceTag, key))
		}
		seen[key] = true
	}
	return nil
}

func tagsOf(tags []types.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	all := make(map[string]string, len(tags))
	for _, t := range tags {
		all[*t.Key] = aws.ToString(t.Value)
	}
	return all
}

func setRequestTags(c *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
}

// tagList are the tags as answers have them, by key.
func (c *content) tagList() []types.Tag {
	var all []types.Tag
	for _, key := range slices.Sorted(maps.Keys(c.tags)) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(c.tags[key])})
	}
	return all
}

// tagResource adds tags to a secret, in place of those of the same keys.
func (s *Fake) tagResource(call *fakeaws.Call, in *sm.TagResourceInput) (*fakeaws.Plan[*sm.TagResourceOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:TagResource")
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	setRequestTags(&t.need.Context, in.Tags)
	change := func(tags map[string]string) { maps.Copy(tags, tagsOf(in.Tags)) }
	plan := planFor(s, t, 0, s.keepsPermission(t, change), func(x *secret) (*sm.TagResourceOutput, error) {
		return &sm.TagResourceOutput{}, s.retag(x, change)
	})
	return plan, nil
}

// untagResource removes tags from a secret. Keys that it does not have are fine.
func (s *Fake) untagResource(call *fakeaws.Call, in *sm.UntagResourceInput) (*fakeaws.Plan[*sm.UntagResourceOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:UntagResource")
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) > maxTags {
		return nil, invalidParameter(textManyTags)
	}
	fakeaws.SetTagKeys(&t.need.Context, in.TagKeys)
	change := func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	}
	plan := planFor(s, t, 0, s.keepsPermission(t, change), func(x *secret) (*sm.UntagResourceOutput, error) {
		return &sm.UntagResourceOutput{}, s.retag(x, change)
	})
	return plan, nil
}

// retag changes the tags. The lock is held.
func (s *Fake) retag(x *secret, change func(map[string]string)) error {
	tags := maps.Clone(x.tags)
	if tags == nil {
		tags = make(map[string]string)
	}
	change(tags)
	if len(tags) > maxTags {
		return invalidParameter(textManyTags)
	}
	x.tags, x.changed = tags, s.now()
	return nil
}

// keepsPermission asks for the permission once more, on the secret as it will be: "If
// successfully completing this operation would result in you losing your permissions for
// this secret, then the operation is blocked and returns an Access Denied error." That the
// permission asked is that of the operation itself is unverified.
func (s *Fake) keepsPermission(t *target, change func(map[string]string)) []fakeaws.Need {
	if t.secret == nil {
		return nil
	}
	s.mu.Lock()
	tags := make(map[string]string, len(t.tags))
	maps.Copy(tags, t.tags)
	s.mu.Unlock()
	before := maps.Clone(tags)
	change(tags)
	if maps.Equal(before, tags) || len(tags) > maxTags {
		return nil
	}
	later := t.need
	later.Context = t.need.Context.Clone()
	for key := range before {
		if _, stays := tags[key]; !stays {
			later.Context.SetAbsent("aws:ResourceTag/" + key)
			later.Context.SetAbsent("secretsmanager:ResourceTag/" + key)
		}
	}
	setResourceTags(&later.Context, tags)
	later.Note = "this is the permission on the secret with the tags that it would have: Secrets Manager changes no tags of somebody who would lose the permission by it"
	return []fakeaws.Need{later}
}
