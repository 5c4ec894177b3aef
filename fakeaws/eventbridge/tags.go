package eventbridge

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// maxTags is how many tags a resource has (AWS General Reference, "Tag quotas").
const maxTags = 50

func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return invalid(textTags)
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid(textTagKey)
		case seen[key]:
			return invalidf(textTagTwice, key)
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
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}

func setRequestTags(c *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
}

// onTagged plans an operation on the tags of a bus or a rule.
func onTagged[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*map[string]string) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if _, ok := parseBusARN(aws.ToString(arn)); ok {
		return onBus(s, call, in, arn, func(b *bus) (O, error) { return do(&b.tags) }, keys...)
	}
	id, name, ok := parseRuleARN(aws.ToString(arn))
	if !ok {
		return nil, invalid(textResourceARN)
	}
	return onRule(s, call, in, id, name, func(r *rule) (O, error) { return do(&r.tags) }, keys...)
}

func (s *Fake) tagResource(call *fakeaws.Call, in *eb.TagResourceInput) (*fakeaws.Plan[*eb.TagResourceOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return onTagged(s, call, in, in.ResourceARN, func(tags *map[string]string) (*eb.TagResourceOutput, error) {
		changed := fakeaws.WithTags(*tags, tagsOf(in.Tags))
		if len(changed) > maxTags {
			return nil, invalid(textTags)
		}
		*tags = changed
		return &eb.TagResourceOutput{}, nil
	}, func(c *enforce.Context) { setRequestTags(c, in.Tags) })
}

// untagResource removes tags. Keys that there are not are fine.
func (s *Fake) untagResource(call *fakeaws.Call, in *eb.UntagResourceInput) (*fakeaws.Plan[*eb.UntagResourceOutput], error) {
	if len(in.TagKeys) > maxTags {
		return nil, invalid(textTags)
	}
	return onTagged(s, call, in, in.ResourceARN, func(tags *map[string]string) (*eb.UntagResourceOutput, error) {
		*tags = fakeaws.WithoutTags(*tags, in.TagKeys)
		return &eb.UntagResourceOutput{}, nil
	}, func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) })
}

func (s *Fake) listTagsForResource(call *fakeaws.Call, in *eb.ListTagsForResourceInput) (*fakeaws.Plan[*eb.ListTagsForResourceOutput], error) {
	return onTagged(s, call, in, in.ResourceARN, func(tags *map[string]string) (*eb.ListTagsForResourceOutput, error) {
		out := &eb.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(*tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String((*tags)[key])})
		}
		return out, nil
	})
}
