package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A taggedRef is how the inputs of S3 Control name what has tags.
type taggedRef struct{ account, arn *string }

// tagged finds the tags of a bucket or of an access point, and the permission to
// work on them. The lock is held.
func (c Control) tagged(call *fakeaws.Call, ref taggedRef, action string) (*[]types.Tag, fakeaws.Need, error) {
	needs, err := c.needs(call, action, aws.ToString(ref.arn), ref.account)
	if err != nil {
		return nil, fakeaws.Need{}, err
	}
	if p := c.points[*ref.arn]; p != nil && p.account == *ref.account && p.region == call.Region {
		p.setKeys(&needs[0].Context)
		setTags(&needs[0].Context, "aws:ResourceTag/", p.tags)
		return &p.tags, needs[0], nil
	}
	name, ok := strings.CutPrefix(*ref.arn, bucketARN(""))
	switch {
	case !ok && !strings.Contains(*ref.arn, accessPointInfix):
		return nil, needs[0], notImplemented("tags of another resource than a bucket or an access point")
	case !ok:
		return nil, needs[0], errNoSuchResource.of("ResourceArn", *ref.arn)
	}
	b, ok := c.buckets.Get(name)
	// That S3 finds only what is the account's and of the region is unverified.
	if !ok || b.owner.ID != *ref.account || b.region != call.Region {
		return nil, needs[0], errNoSuchResource.of("ResourceArn", *ref.arn)
	}
	return &b.tags, c.need(call, b, action, b.arn, 0), nil
}

// onTags is the Needs of an operation on tags. The tags and the keys of a request
// are condition keys.
func onTags[I any](c Control, action string, ref func(*I) taggedRef, given func(*I) (tags []types.Tag, keys []string)) fakeaws.Needs[I] {
	return func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		tags, keys := given(in)
		if err := checkTags(tags, bucketTags); err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		_, need, err := c.tagged(fakeaws.CallFrom(ctx), ref(in), action)
		if err != nil {
			return nil, err
		}
		setTags(&need.Context, "aws:RequestTag/", tags)
		if keys = append(tagKeys(tags), keys...); len(keys) > 0 {
			need.Context.SetMulti("aws:TagKeys", keys)
		}
		return []fakeaws.Need{need}, nil
	}
}

// tagOps are the rows of tags.
func (c Control) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.BindMethod(c.TagResource, onTags(c, "s3:TagResource", func(in *s3control.TagResourceInput) taggedRef { return taggedRef{in.AccountId, in.ResourceArn} },
			func(in *s3control.TagResourceInput) ([]types.Tag, []string) { return bucketTagsOf(in.Tags), nil })),
		fakeaws.BindMethod(c.UntagResource, onTags(c, "s3:UntagResource", func(in *s3control.UntagResourceInput) taggedRef { return taggedRef{in.AccountId, in.ResourceArn} },
			func(in *s3control.UntagResourceInput) ([]types.Tag, []string) { return nil, in.TagKeys })),
		fakeaws.BindMethod(c.ListTagsForResource, onTags(c, "s3:ListTagsForResource", func(in *s3control.ListTagsForResourceInput) taggedRef { return taggedRef{in.AccountId, in.ResourceArn} },
			func(*s3control.ListTagsForResourceInput) ([]types.Tag, []string) { return nil, nil })),
	}
}

// bucketTagsOf and controlTags are the same tags in the types of both APIs.
func bucketTagsOf(tags []control.Tag) []types.Tag {
	out := make([]types.Tag, len(tags))
	for i, t := range tags {
		out[i] = types.Tag{Key: t.Key, Value: t.Value}
	}
	return out
}

func controlTags(tags []types.Tag) []control.Tag {
	out := make([]control.Tag, len(tags))
	for i, t := range cloneTags(tags) {
		out[i] = control.Tag{Key: t.Key, Value: t.Value}
	}
	return out
}

// TagResource adds tags to a bucket or an access point, or gives them other values.
func (c Control) TagResource(ctx context.Context, in *s3control.TagResourceInput) (*s3control.TagResourceOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tags, _, err := c.tagged(fakeaws.CallFrom(ctx), taggedRef{in.AccountId, in.ResourceArn}, "s3:TagResource")
	if err != nil {
		return nil, err
	}
	added := cloneTags(bucketTagsOf(in.Tags))
	merged := append(without(*tags, tagKeys(added)), added...)
	if len(merged) > bucketTags.count {
		return nil, errTooManyTags.of()
	}
	*tags = merged
	return new(s3control.TagResourceOutput), nil
}

// UntagResource removes tags.
func (c Control) UntagResource(ctx context.Context, in *s3control.UntagResourceInput) (*s3control.UntagResourceOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tags, _, err := c.tagged(fakeaws.CallFrom(ctx), taggedRef{in.AccountId, in.ResourceArn}, "s3:UntagResource")
	if err != nil {
		return nil, err
	}
	*tags = without(*tags, in.TagKeys)
	return new(s3control.UntagResourceOutput), nil
}

// ListTagsForResource lists tags.
func (c Control) ListTagsForResource(ctx context.Context, in *s3control.ListTagsForResourceInput) (*s3control.ListTagsForResourceOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tags, _, err := c.tagged(fakeaws.CallFrom(ctx), taggedRef{in.AccountId, in.ResourceArn}, "s3:ListTagsForResource")
	if err != nil {
		return nil, err
	}
	return &s3control.ListTagsForResourceOutput{Tags: controlTags(*tags)}, nil
}

// without are the tags but those of some keys.
func without(tags []types.Tag, keys []string) []types.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t types.Tag) bool { return slices.Contains(keys, aws.ToString(t.Key)) })
}

// setTags sets a condition key for each tag.
func setTags(keys *enforce.Context, prefix string, tags []types.Tag) {
	for _, t := range tags {
		keys.Set(prefix+aws.ToString(t.Key), aws.ToString(t.Value))
	}
}
