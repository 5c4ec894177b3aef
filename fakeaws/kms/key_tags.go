package kms

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxTags is how many tags a key can have.
const maxTags = 50

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.tagResource), bind(s.untagResource), bind(s.listResourceTags)}
}

var tagText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })

// tagsOf checks the tags of a request.
func tagsOf(tags []types.Tag) (map[string]string, error) {
	if len(tags) > maxTags {
		return nil, limitExceeded(textTooManyTags)
	}
	of := make(map[string]string, len(tags))
	for _, t := range tags {
		name, value := aws.ToString(t.TagKey), aws.ToString(t.TagValue)
		switch {
		case strings.HasPrefix(strings.ToLower(name), "aws:"):
			return nil, tagError(textTagReserved)
		case !tagText().MatchString(name), !tagText().MatchString(value):
			return nil, tagError(textTagCharacters)
		}
		if _, twice := of[name]; twice {
			return nil, tagError(textTagTwice)
		}
		of[name] = value
	}
	return of, nil
}

func setRequestTags(keys *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(keys, tags, func(t types.Tag) (key, value string) {
		return aws.ToString(t.TagKey), aws.ToString(t.TagValue)
	})
}

func (s *Fake) tagResource(call *fakeaws.Call, in *awskms.TagResourceInput) (*fakeaws.Plan[*awskms.TagResourceOutput], error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	u := &use{id: in.KeyId, action: "kms:TagResource", set: func(c *enforce.Context) { setRequestTags(c, in.Tags) }}
	return changeKey(s, call, u, notPending, func(key *fakeaws.Key, _ time.Time) (*awskms.TagResourceOutput, error) {
		all := maps.Clone(key.Tags)
		if all == nil {
			all = make(map[string]string)
		}
		maps.Copy(all, tags)
		if len(all) > maxTags {
			return nil, limitExceeded(textTooManyTags)
		}
		key.Tags = all
		return &awskms.TagResourceOutput{}, nil
	})
}

func (s *Fake) untagResource(call *fakeaws.Call, in *awskms.UntagResourceInput) (*fakeaws.Plan[*awskms.UntagResourceOutput], error) {
	u := &use{id: in.KeyId, action: "kms:UntagResource", set: func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) }}
	return changeKey(s, call, u, notPending, func(key *fakeaws.Key, _ time.Time) (*awskms.UntagResourceOutput, error) {
		all := maps.Clone(key.Tags)
		for _, name := range in.TagKeys {
			delete(all, name)
		}
		key.Tags = all
		return &awskms.UntagResourceOutput{}, nil
	})
}

func (s *Fake) listResourceTags(call *fakeaws.Call, in *awskms.ListResourceTagsInput) (*fakeaws.Plan[*awskms.ListResourceTagsOutput], error) {
	u := &use{id: in.KeyId, action: "kms:ListResourceTags", noAlias: true}
	return onKey(s, call, u, anyState, func(key *fakeaws.Key, _ time.Time) (*awskms.ListResourceTagsOutput, error) {
		p, err := pageOf(slices.Collect(maps.Keys(key.Tags)), func(name string) string { return name }, in.Limit, in.Marker, pageFew, pageFew, func(name string) types.Tag {
			return types.Tag{TagKey: aws.String(name), TagValue: aws.String(key.Tags[name])}
		})
		if err != nil {
			return nil, err
		}
		return &awskms.ListResourceTagsOutput{Tags: p.Items, NextMarker: p.Next, Truncated: p.Truncated()}, nil
	})
}
