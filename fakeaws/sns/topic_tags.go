package sns

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.tagResource),
		signed(s.untagResource),
		signed(s.listTagsForResource),
	}
}

// The limits of the developer guide's page "Amazon SNS topic tagging".
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func tooManyTags() error { return &types.TagLimitExceededException{Message: aws.String(textTagCount)} }

// requestTags are the keys of the tags that a call sends.
func requestTags(tags []types.Tag) contextKey {
	return func(c *enforce.Context) {
		fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
	}
}

// onTagged is onTopic for the operations on tags, which say ResourceNotFound.
func onTagged[O any](s *Fake, call *fakeaws.Call, arn *string, action string, may sharing, do func(*topic) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	plan, err := onTopic(s, call, "ResourceArn", arn, action, may, do, keys...)
	if err != nil {
		return nil, err
	}
	perform := plan.Do
	plan.Do = func() (O, error) {
		out, err := perform()
		if _, missing := err.(*types.NotFoundException); missing {
			err = resourceNotFound()
		}
		return out, err
	}
	return plan, nil
}

// tagResource adds tags to a topic, in place of those of the same keys.
func (s *Fake) tagResource(call *fakeaws.Call, in *awssns.TagResourceInput) (*fakeaws.Plan[*awssns.TagResourceOutput], error) {
	switch {
	case in.Tags == nil:
		return nil, required("Tags")
	case len(in.Tags) > maxTags:
		return nil, tooManyTags()
	}
	return onTagged(s, call, in.ResourceArn, "sns:TagResource", ownerOnly, func(t *topic) (*awssns.TagResourceOutput, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		changed := fakeaws.WithTags(t.tags, tagsOf(in.Tags))
		if len(changed) > maxTags {
			return nil, tooManyTags()
		}
		t.tags = changed
		return &awssns.TagResourceOutput{}, nil
	}, requestTags(in.Tags))
}

// untagResource removes tags from a topic. Keys that it does not have are fine.
func (s *Fake) untagResource(call *fakeaws.Call, in *awssns.UntagResourceInput) (*fakeaws.Plan[*awssns.UntagResourceOutput], error) {
	switch {
	case in.TagKeys == nil:
		return nil, required("TagKeys")
	case len(in.TagKeys) > maxTags:
		return nil, invalidParameter(textUntagged)
	}
	return onTagged(s, call, in.ResourceArn, "sns:UntagResource", ownerOnly, func(t *topic) (*awssns.UntagResourceOutput, error) {
		t.tags = fakeaws.WithoutTags(t.tags, in.TagKeys)
		return &awssns.UntagResourceOutput{}, nil
	}, func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) })
}

// listTagsForResource returns the tags of a topic, in order of key.
func (s *Fake) listTagsForResource(call *fakeaws.Call, in *awssns.ListTagsForResourceInput) (*fakeaws.Plan[*awssns.ListTagsForResourceOutput], error) {
	return onTagged(s, call, in.ResourceArn, "sns:ListTagsForResource", shareable, func(t *topic) (*awssns.ListTagsForResourceOutput, error) {
		out := &awssns.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(t.tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(t.tags[key])})
		}
		return out, nil
	})
}

func tagsOf(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

func checkTags(tags []types.Tag) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case seen[key]:
			return invalidParameter(textTagDuplicate)
		case key == "" || utf8.RuneCountInString(key) > maxTagKey || strings.HasPrefix(strings.ToLower(key), "aws:") || strings.ContainsFunc(key, notTagRune):
			return invalidParameter(textTagKey)
		case utf8.RuneCountInString(value) > maxTagValue || strings.ContainsFunc(value, notTagRune):
			return invalidParameter(textTagValue)
		}
		seen[key] = true
	}
	return nil
}

func notTagRune(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_.:/=+-@", r)
}
