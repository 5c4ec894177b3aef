package organizations

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// maxTags is how many tags a resource may have. That a call which removes more than that
// many is refused is unverified.
const maxTags = 50

// A tagSet has the tags of a root, OU, account or policy, by key.
type tagSet struct{ tags btree.Map[string, string] }

// put adds all tags, or none when one of them is refused.
func (s *tagSet) put(tags []types.Tag) error {
	added := make(map[string]bool, len(tags))
	for _, t := range tags {
		switch {
		case added[*t.Key]:
			return invalidInput(types.InvalidInputExceptionReasonDuplicateTagKey, duplicateTag)
		case strings.HasPrefix(strings.ToLower(*t.Key), "aws:"):
			return invalidInput(types.InvalidInputExceptionReasonInvalidSystemTagsParameter, systemTag)
		}
		added[*t.Key] = true
	}
	for key := range added {
		if _, there := s.tags.Get(key); there {
			delete(added, key)
		}
	}
	if s.tags.Len()+len(added) > maxTags {
		return violates(types.ConstraintViolationExceptionReasonMaxTagLimitExceeded, tooManyTags)
	}
	for _, t := range tags {
		s.tags.Set(*t.Key, *t.Value)
	}
	return nil
}

// list returns the tags by key.
func (s *tagSet) list() []types.Tag {
	tags := make([]types.Tag, 0, s.tags.Len())
	s.tags.Scan(func(key, value string) bool {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
		return true
	})
	return tags
}

// tags are those of what was found; nil when that has none.
func (f found) tags() *tagSet {
	switch {
	case f.node != nil:
		return &f.node.tags
	case f.policy != nil && !f.policy.aws:
		return &f.policy.tags
	case f.delegation != nil:
		return &f.delegation.tags
	}
	return nil
}

// tagged finds the tags of a resource by its id.
func (r *request) tagged(id *string) (*tagSet, error) {
	f := r.get(id)
	if tags := f.tags(); tags != nil {
		return tags, nil
	}
	if f.policy != nil {
		return nil, invalidInput(types.InvalidInputExceptionReasonTargetNotSupported, untaggable)
	}
	return nil, &types.TargetNotFoundException{Message: aws.String(noTarget)}
}

// tagResource adds tags or replaces their values.
func (s *Fake) tagResource(call *fakeaws.Call, in *sdk.TagResourceInput) (*fakeaws.Plan[*sdk.TagResourceOutput], error) {
	return onOrganization(s, call, in, delegates, about{ids: []*string{in.ResourceId}, tags: in.Tags}, func(r *request) (*sdk.TagResourceOutput, error) {
		tags, err := r.tagged(in.ResourceId)
		if err != nil {
			return nil, err
		}
		return &sdk.TagResourceOutput{}, tags.put(in.Tags)
	})
}

// untagResource removes tags.
func (s *Fake) untagResource(call *fakeaws.Call, in *sdk.UntagResourceInput) (*fakeaws.Plan[*sdk.UntagResourceOutput], error) {
	return onOrganization(s, call, in, delegates, about{ids: []*string{in.ResourceId}, tagKeys: in.TagKeys}, func(r *request) (*sdk.UntagResourceOutput, error) {
		tags, err := r.tagged(in.ResourceId)
		if err != nil {
			return nil, err
		}
		for _, key := range in.TagKeys {
			tags.tags.Delete(key)
		}
		return &sdk.UntagResourceOutput{}, nil
	})
}

// listTagsForResource lists the tags of a resource by key.
func (s *Fake) listTagsForResource(call *fakeaws.Call, in *sdk.ListTagsForResourceInput) (*fakeaws.Plan[*sdk.ListTagsForResourceOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.ResourceId}}, func(r *request) (*sdk.ListTagsForResourceOutput, error) {
		tags, err := r.tagged(in.ResourceId)
		if err != nil {
			return nil, err
		}
		key := func(t types.Tag) string { return *t.Key }
		p, err := paged(tags.list(), key, in.NextToken, nil, func(t types.Tag) types.Tag { return t })
		return &sdk.ListTagsForResourceOutput{Tags: p.Items, NextToken: p.Next}, err
	})
}
