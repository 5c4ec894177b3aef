package ses

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s fakeV2) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.tagResource),
		bind(s.untagResource),
		bind(s.listTagsForResource),
	}
}

// The limits of "Tagging your Amazon SES resources".
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// tagsOf are the tags that a call gives.
func tagsOf(call *fakeaws.Call, tags []types.Tag) (map[string]string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	all := make(map[string]string, len(tags))
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		if _, twice := all[key]; twice || key == "" || len(key) > maxTagKey || len(value) > maxTagValue || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid(call, textTags)
		}
		all[key] = value
	}
	if len(all) > maxTags {
		return nil, invalid(call, textTags)
	}
	return all, nil
}

func shownTags(tags map[string]string) []types.Tag {
	all := []types.Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return all
}

func requestTags(tags map[string]string) contextKey {
	return func(c *enforce.Context) {
		fakeaws.SetRequestTags(c, slices.Sorted(maps.Keys(tags)), func(key string) (string, string) { return key, tags[key] })
	}
}

// tagged are the tags of a resource, where they are kept; nil where there is no such
// resource, and found says what it is. The lock is held.
func (r *region) tagged(resource string) (tags *map[string]string, found any) {
	kind, name, _ := strings.Cut(resource, "/")
	switch kind {
	case "identity":
		if x := r.identities[normal(name)]; x != nil {
			return &x.tags, x
		}
	case "configuration-set":
		if x := r.sets[name]; x != nil {
			return &x.tags, x
		}
	case "template":
		if x := r.templates[name]; x != nil {
			return &x.tags, x
		}
	case "custom-verification-email-template":
		if x := r.custom[name]; x != nil {
			return &x.tags, x
		}
	case "contact-list":
		if x := r.lists[name]; x != nil {
			return &x.tags, x
		}
	case "dedicated-ip-pool":
		if x := r.pools[name]; x != nil {
			return &x.tags, x
		}
	}
	return nil, nil
}

// onTagged plans an operation on the tags of a resource by its ARN.
func onTagged[O any](s fakeV2, call *fakeaws.Call, arn *string, do func(*map[string]string) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	a, err := awsarn.Parse(aws.ToString(arn))
	if err != nil || a.Service != "ses" || a.Region != call.Region {
		return nil, invalid(call, textNoResource, aws.ToString(arn))
	}
	of := place{a.AccountID, a.Region}
	s.mu.Lock()
	defer s.mu.Unlock()
	var tags map[string]string
	var judged any
	if of == placeOf(call) {
		kept, x := s.in(of).tagged(a.Resource)
		if judged = x; kept != nil {
			tags = *kept
		}
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need(call, call.Operation, of, a.Resource, tags, keys...)}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if judged == nil {
			return none, fail(call, "", "NotFoundException", textNoResource, *arn)
		}
		kept, x := s.in(of).tagged(a.Resource)
		if x != judged {
			return none, fail(call, "", "NotFoundException", textNoResource, *arn)
		}
		return do(kept)
	}}, nil
}

func (s fakeV2) tagResource(call *fakeaws.Call, in *sesv2.TagResourceInput) (*fakeaws.Plan[*sesv2.TagResourceOutput], error) {
	more, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	return onTagged(s, call, in.ResourceArn, func(tags *map[string]string) (*sesv2.TagResourceOutput, error) {
		changed := fakeaws.WithTags(*tags, more)
		if len(changed) > maxTags {
			return nil, invalid(call, textTags)
		}
		*tags = changed
		return &sesv2.TagResourceOutput{}, nil
	}, requestTags(more))
}

func (s fakeV2) untagResource(call *fakeaws.Call, in *sesv2.UntagResourceInput) (*fakeaws.Plan[*sesv2.UntagResourceOutput], error) {
	return onTagged(s, call, in.ResourceArn, func(tags *map[string]string) (*sesv2.UntagResourceOutput, error) {
		*tags = fakeaws.WithoutTags(*tags, in.TagKeys)
		return &sesv2.UntagResourceOutput{}, nil
	}, func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) })
}

func (s fakeV2) listTagsForResource(call *fakeaws.Call, in *sesv2.ListTagsForResourceInput) (*fakeaws.Plan[*sesv2.ListTagsForResourceOutput], error) {
	return onTagged(s, call, in.ResourceArn, func(tags *map[string]string) (*sesv2.ListTagsForResourceOutput, error) {
		return &sesv2.ListTagsForResourceOutput{Tags: shownTags(*tags)}, nil
	})
}
