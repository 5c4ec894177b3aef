package kinesis

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.addTags),
		fakeaws.Bind(s.removeTags),
		fakeaws.Bind(s.listTags),
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// maxTags is how many tags a stream or a consumer has.
const maxTags = 50

// checkTags refuses tags that no resource has.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalidArgument(textManyTags, maxTags)
	}
	for key, value := range tags {
		if n := utf8.RuneCountInString(key); n < 1 || n > 128 || strings.HasPrefix(strings.ToLower(key), "aws:") || utf8.RuneCountInString(value) > 256 {
			return invalidArgument(textTag)
		}
	}
	return nil
}

func sortedKeys(tags map[string]string) []string { return slices.Sorted(maps.Keys(tags)) }

// retag is a copy of tags with others in place of those of the same keys.
func retag(tags, more map[string]string) (map[string]string, error) {
	changed := fakeaws.WithTags(tags, more)
	if len(changed) > maxTags {
		return nil, invalidArgument(textManyTags, maxTags)
	}
	return changed, nil
}

func showTags(tags map[string]string) []types.Tag {
	all := []types.Tag{}
	for _, key := range sortedKeys(tags) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return all
}

func tagKeys(keys []string) contextKey {
	return func(c *enforce.Context) { fakeaws.SetTagKeys(c, keys) }
}

func (s *Fake) addTags(call *fakeaws.Call, in *awskinesis.AddTagsToStreamInput) (*fakeaws.Plan[*awskinesis.AddTagsToStreamOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (out *awskinesis.AddTagsToStreamOutput, err error) {
		tags, err := retag(x.tags, in.Tags)
		if err == nil {
			x.tags = tags
		}
		return new(awskinesis.AddTagsToStreamOutput), err
	}, requestTags(in.Tags))
}

func (s *Fake) removeTags(call *fakeaws.Call, in *awskinesis.RemoveTagsFromStreamInput) (*fakeaws.Plan[*awskinesis.RemoveTagsFromStreamOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.RemoveTagsFromStreamOutput, error) {
		x.tags = fakeaws.WithoutTags(x.tags, in.TagKeys)
		return new(awskinesis.RemoveTagsFromStreamOutput), nil
	}, tagKeys(in.TagKeys))
}

func (s *Fake) listTags(call *fakeaws.Call, in *awskinesis.ListTagsForStreamInput) (*fakeaws.Plan[*awskinesis.ListTagsForStreamOutput], error) {
	return onStream(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.ListTagsForStreamOutput, error) {
		limit := maxTags
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		out := &awskinesis.ListTagsForStreamOutput{HasMoreTags: aws.Bool(false), Tags: []types.Tag{}}
		for _, tag := range showTags(x.tags) {
			if in.ExclusiveStartTagKey != nil && *tag.Key <= *in.ExclusiveStartTagKey {
				continue
			}
			if len(out.Tags) == limit {
				out.HasMoreTags = aws.Bool(true)
				break
			}
			out.Tags = append(out.Tags, tag)
		}
		return out, nil
	})
}

// onResource plans an operation on a stream or a consumer, by its ARN. What is found is given
// by its tags and its policy.
func onResource[O any](s *Fake, call *fakeaws.Call, in any, arn, id *string, do func(*map[string]string, **fakeaws.ResourcePolicy) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if strings.Contains(*arn, "/consumer/") {
		_, plan, err := onConsumer(s, call, in, consumerRef{arn: arn, id: id}, func(c *consumer) (O, error) { return do(&c.tags, &c.policy) })
		if err == nil {
			for _, set := range keys {
				set(&plan.Needs[0].Context)
			}
		}
		return plan, err
	}
	if _, ok := parseStreamARN(*arn); !ok {
		return nil, invalidArgument(textResource, *arn)
	}
	return onStream(s, call, in, ref{nil, arn, id}, func(x *stream) (O, error) { return do(&x.tags, &x.policy) }, keys...)
}

func (s *Fake) tagResource(call *fakeaws.Call, in *awskinesis.TagResourceInput) (*fakeaws.Plan[*awskinesis.TagResourceOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return onResource(s, call, in, in.ResourceARN, in.StreamId, func(tags *map[string]string, _ **fakeaws.ResourcePolicy) (*awskinesis.TagResourceOutput, error) {
		changed, err := retag(*tags, in.Tags)
		if err == nil {
			*tags = changed
		}
		return new(awskinesis.TagResourceOutput), err
	}, requestTags(in.Tags))
}

func (s *Fake) untagResource(call *fakeaws.Call, in *awskinesis.UntagResourceInput) (*fakeaws.Plan[*awskinesis.UntagResourceOutput], error) {
	return onResource(s, call, in, in.ResourceARN, in.StreamId, func(tags *map[string]string, _ **fakeaws.ResourcePolicy) (*awskinesis.UntagResourceOutput, error) {
		*tags = fakeaws.WithoutTags(*tags, in.TagKeys)
		return new(awskinesis.UntagResourceOutput), nil
	}, tagKeys(in.TagKeys))
}

func (s *Fake) listTagsForResource(call *fakeaws.Call, in *awskinesis.ListTagsForResourceInput) (*fakeaws.Plan[*awskinesis.ListTagsForResourceOutput], error) {
	return onResource(s, call, in, in.ResourceARN, in.StreamId, func(tags *map[string]string, _ **fakeaws.ResourcePolicy) (*awskinesis.ListTagsForResourceOutput, error) {
		return &awskinesis.ListTagsForResourceOutput{Tags: showTags(*tags)}, nil
	})
}
