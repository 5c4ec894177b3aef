package firehose

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagStream),
		fakeaws.Bind(s.untagStream),
		fakeaws.Bind(s.listTags),
	}
}

// maxTags is how many tags a stream has.
const maxTags = 50

// checkTags refuses tags that name a key twice. Their form the model has.
func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return invalidArgument(textManyTags, maxTags)
	}
	if len(tagsOf(tags)) != len(tags) {
		return invalidArgument(textTag, "a key is there twice")
	}
	return nil
}

func tagsOf(tags []types.Tag) map[string]string {
	all := make(map[string]string, len(tags))
	for _, t := range tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}

func requestTags(tags []types.Tag) (c enforce.Context) {
	fakeaws.SetRequestTags(&c, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
	return c
}

func (s *Fake) tagStream(call *fakeaws.Call, in *awsfirehose.TagDeliveryStreamInput) (*fakeaws.Plan[*awsfirehose.TagDeliveryStreamOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.TagDeliveryStreamOutput, error) {
		changed := fakeaws.WithTags(x.tags, tagsOf(in.Tags))
		if len(changed) > maxTags {
			return nil, limitExceeded(textManyTags, maxTags)
		}
		x.tags = changed
		return new(awsfirehose.TagDeliveryStreamOutput), nil
	})
	if err == nil {
		fakeaws.SetRequestTags(&plan.Needs[0].Context, in.Tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
	}
	return plan, err
}

func (s *Fake) untagStream(call *fakeaws.Call, in *awsfirehose.UntagDeliveryStreamInput) (*fakeaws.Plan[*awsfirehose.UntagDeliveryStreamOutput], error) {
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.UntagDeliveryStreamOutput, error) {
		x.tags = fakeaws.WithoutTags(x.tags, in.TagKeys)
		return new(awsfirehose.UntagDeliveryStreamOutput), nil
	})
	if err == nil {
		fakeaws.SetTagKeys(&plan.Needs[0].Context, in.TagKeys)
	}
	return plan, err
}

func (s *Fake) listTags(call *fakeaws.Call, in *awsfirehose.ListTagsForDeliveryStreamInput) (*fakeaws.Plan[*awsfirehose.ListTagsForDeliveryStreamOutput], error) {
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.ListTagsForDeliveryStreamOutput, error) {
		limit := maxTags
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		out := &awsfirehose.ListTagsForDeliveryStreamOutput{HasMoreTags: aws.Bool(false), Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(x.tags)) {
			if in.ExclusiveStartTagKey != nil && key <= *in.ExclusiveStartTagKey {
				continue
			}
			if len(out.Tags) == limit {
				out.HasMoreTags = aws.Bool(true)
				break
			}
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(x.tags[key])})
		}
		return out, nil
	})
	return plan, err
}
