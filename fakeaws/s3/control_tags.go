package s3

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// tagOps are the rows of the tags of resources.
func (c controlFake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(c.tagResource),
		fakeaws.Bind(c.untagResource),
		fakeaws.Bind(c.listTagsForResource),
	}
}

// A taggedRef is how the inputs of S3 Control name what has tags.
type taggedRef struct{ account, arn *string }

// A tagged is what was found of the name: a bucket or an access point.
type tagged struct {
	bucket *bucket
	point  *accessPoint
}

// tags are those of what was found, while it is there.
func (t tagged) tags() (*[]types.Tag, bool) {
	if t.point != nil {
		return &t.point.tags, !t.point.deleted
	}
	return &t.bucket.tags, !t.bucket.deleted
}

// findTagged finds a bucket or an access point, and the permission to work on its tags.
// The lock is held.
func (c controlFake) findTagged(call *fakeaws.Call, ref taggedRef, action string) (tagged, fakeaws.Need, error) {
	need, err := controlNeed(call, action, aws.ToString(ref.arn), ref.account)
	if err != nil {
		return tagged{}, need, err
	}
	if p := c.points[*ref.arn]; p != nil && p.account == *ref.account && p.region == call.Region {
		p.setKeys(&need.Context)
		setTags(&need.Context, "aws:ResourceTag/", p.tags)
		return tagged{point: p}, need, nil
	}
	name, ok := strings.CutPrefix(*ref.arn, bucketARN(""))
	switch {
	case !ok && !strings.Contains(*ref.arn, accessPointInfix):
		return tagged{}, need, notImplemented("tags of another resource than a bucket or an access point")
	case !ok:
		return tagged{}, need, errNoSuchResource.of("ResourceArn", *ref.arn)
	}
	b, ok := c.buckets.Get(name)
	// That S3 finds only what is the account's and of the region is unverified.
	if !ok || b.owner.ID != *ref.account || b.region != call.Region {
		return tagged{}, need, errNoSuchResource.of("ResourceArn", *ref.arn)
	}
	return tagged{bucket: b}, c.need(call, b, action, b.arn, 0), nil
}

// onTags plans an operation on tags. The tags that a request gives, and the keys of those
// that it removes, are condition keys. do performs it with the lock held.
func onTags[O any](c controlFake, call *fakeaws.Call, ref taggedRef, action string, given []types.Tag, removed []string, do func(*[]types.Tag) (O, error)) (*fakeaws.Plan[O], error) {
	if err := checkTags(given, bucketTags); err != nil {
		return nil, err
	}
	if len(removed) > bucketTags.count { // that S3 refuses to remove more than there can be is unverified
		return nil, errTooManyTags.of()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found, need, err := c.findTagged(call, ref, action)
	if err != nil {
		return nil, err
	}
	setRequestTags(&need.Context, given)
	fakeaws.SetTagKeys(&need.Context, removed)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		tags, ok := found.tags()
		if !ok {
			return none, errNoSuchResource.of("ResourceArn", *ref.arn)
		}
		return do(tags)
	}}, nil
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

// tagResource adds tags to a bucket or an access point, or gives them other values.
func (c controlFake) tagResource(call *fakeaws.Call, in *s3control.TagResourceInput) (*fakeaws.Plan[*s3control.TagResourceOutput], error) {
	if len(in.Tags) > bucketTags.count {
		return nil, errBadRequest.withText(bucketTags.text)
	}
	added := cloneTags(bucketTagsOf(in.Tags))
	return onTags(c, call, taggedRef{in.AccountId, in.ResourceArn}, "s3:TagResource", added, nil, func(tags *[]types.Tag) (*s3control.TagResourceOutput, error) {
		merged := append(without(*tags, tagKeys(added)), added...)
		if len(merged) > bucketTags.count {
			return nil, errTooManyTags.of()
		}
		*tags = merged
		return new(s3control.TagResourceOutput), nil
	})
}

// untagResource removes tags.
func (c controlFake) untagResource(call *fakeaws.Call, in *s3control.UntagResourceInput) (*fakeaws.Plan[*s3control.UntagResourceOutput], error) {
	return onTags(c, call, taggedRef{in.AccountId, in.ResourceArn}, "s3:UntagResource", nil, in.TagKeys, func(tags *[]types.Tag) (*s3control.UntagResourceOutput, error) {
		*tags = without(*tags, in.TagKeys)
		return new(s3control.UntagResourceOutput), nil
	})
}

// listTagsForResource lists tags.
func (c controlFake) listTagsForResource(call *fakeaws.Call, in *s3control.ListTagsForResourceInput) (*fakeaws.Plan[*s3control.ListTagsForResourceOutput], error) {
	return onTags(c, call, taggedRef{in.AccountId, in.ResourceArn}, "s3:ListTagsForResource", nil, nil, func(tags *[]types.Tag) (*s3control.ListTagsForResourceOutput, error) {
		return &s3control.ListTagsForResourceOutput{Tags: controlTags(*tags)}, nil
	})
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
