package organizations

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"
)

// maxTags is how many tags a resource may have.
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

// tagged finds the tags of a resource by its id.
func (o *organization) tagged(id *string) (*tagSet, error) {
	if n := o.nodes[*id]; n != nil {
		return &n.tags, nil
	}
	if p, ok := o.policies.Get(*id); ok {
		if p.aws {
			return nil, invalidInput(types.InvalidInputExceptionReasonTargetNotSupported, untaggable)
		}
		return &p.tags, nil
	}
	if d := o.delegation; d != nil && d.id == *id {
		return &d.tags, nil
	}
	return nil, &types.TargetNotFoundException{Message: aws.String(noTarget)}
}

// TagResource adds tags or replaces their values.
func (s *Fake) TagResource(ctx context.Context, in *sdk.TagResourceInput) (*sdk.TagResourceOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.TagResourceOutput, error) {
		tags, err := o.tagged(in.ResourceId)
		if err != nil {
			return nil, err
		}
		return &sdk.TagResourceOutput{}, tags.put(in.Tags)
	})
}

// UntagResource removes tags.
func (s *Fake) UntagResource(ctx context.Context, in *sdk.UntagResourceInput) (*sdk.UntagResourceOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.UntagResourceOutput, error) {
		tags, err := o.tagged(in.ResourceId)
		if err != nil {
			return nil, err
		}
		for _, key := range in.TagKeys {
			tags.tags.Delete(key)
		}
		return &sdk.UntagResourceOutput{}, nil
	})
}

// ListTagsForResource lists the tags of a resource by key.
func (s *Fake) ListTagsForResource(ctx context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListTagsForResourceOutput, error) {
		tags, err := o.tagged(in.ResourceId)
		if err != nil {
			return nil, err
		}
		key := func(t types.Tag) string { return *t.Key }
		p, err := paged(tags.list(), key, in.NextToken, nil, func(t types.Tag) types.Tag { return t })
		return &sdk.ListTagsForResourceOutput{Tags: p.items, NextToken: p.next}, err
	})
}
