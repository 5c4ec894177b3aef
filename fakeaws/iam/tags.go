package iam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/tidwall/btree"
)

// maxTags is the quota of tags per resource.
const maxTags = 50

// A tagSet holds the tags of a resource by lower-case key: in IAM tag keys keep
// their case but are compared without it, so that a tag replaces the one whose
// key differs in case only (User Guide "Tags for AWS IAM resources").
type tagSet struct {
	m btree.Map[string, types.Tag]
}

// put adds tags or, when one of them may not be, none. title names the kind of
// resource in the quota's message.
func (s *tagSet) put(tags []types.Tag, title string) error {
	total := s.m.Len()
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := strings.ToLower(*t.Key)
		if seen[key] {
			return invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		if strings.HasPrefix(key, "aws:") {
			return invalidInput(reservedTagKey)
		}
		seen[key] = true
		if _, replaces := s.m.Get(key); !replaces {
			total++
		}
	}
	if total > maxTags {
		return limitExceeded(tooManyTags, title, maxTags)
	}
	for _, t := range tags {
		s.m.Set(strings.ToLower(*t.Key), types.Tag{Key: aws.String(*t.Key), Value: aws.String(*t.Value)})
	}
	return nil
}

// remove removes tags; keys without a tag are no error.
func (s *tagSet) remove(keys []string) {
	for _, k := range keys {
		s.m.Delete(strings.ToLower(k))
	}
}

// each visits the tags in the order of their keys.
func (s *tagSet) each(visit func(key, value string)) {
	s.m.Scan(func(_ string, t types.Tag) bool {
		visit(*t.Key, *t.Value)
		return true
	})
}

// all returns the tags in the order of their keys; nil when there are none.
func (s *tagSet) all() []types.Tag {
	if s.m.Len() == 0 {
		return nil
	}
	return s.m.Values()
}

// listed is all for those answers of IAM that have an empty list where others
// leave it out: recorded answers of GetPolicy, GetOpenIDConnectProvider and
// GetAccountAuthorizationDetails.
func (s *tagSet) listed() []types.Tag {
	if s.m.Len() == 0 {
		return []types.Tag{}
	}
	return s.m.Values()
}

func (s *tagSet) list(marker *string, maxItems *int32) (page[types.Tag], error) {
	return list(ascend(&s.m), marker, maxItems, whole[types.Tag])
}

// whole shows a stored item as it is.
func whole[T any](t T) (T, bool) { return t, true }

// tag adds tags to a user or role.
func (e *entity) tag(tags []types.Tag) error {
	e.account.changes++
	return e.tags.put(tags, e.title)
}

// untag removes tags from a user or role.
func (e *entity) untag(keys []string) {
	e.account.changes++
	e.tags.remove(keys)
}

// TagUser adds tags to a user or replaces their values.
func (s *Fake) TagUser(ctx context.Context, in *sdk.TagUserInput) (*sdk.TagUserOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.TagUserOutput, error) {
		return &sdk.TagUserOutput{}, u.tag(in.Tags)
	})
}

// UntagUser removes tags from a user.
func (s *Fake) UntagUser(ctx context.Context, in *sdk.UntagUserInput) (*sdk.UntagUserOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.UntagUserOutput, error) {
		u.untag(in.TagKeys)
		return &sdk.UntagUserOutput{}, nil
	})
}

// ListUserTags lists the tags of a user by key.
func (s *Fake) ListUserTags(ctx context.Context, in *sdk.ListUserTagsInput) (*sdk.ListUserTagsOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.ListUserTagsOutput, error) {
		p, err := u.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListUserTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// TagRole adds tags to a role or replaces their values.
func (s *Fake) TagRole(ctx context.Context, in *sdk.TagRoleInput) (*sdk.TagRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.TagRoleOutput, error) {
		return &sdk.TagRoleOutput{}, r.tag(in.Tags)
	})
}

// UntagRole removes tags from a role.
func (s *Fake) UntagRole(ctx context.Context, in *sdk.UntagRoleInput) (*sdk.UntagRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.UntagRoleOutput, error) {
		r.untag(in.TagKeys)
		return &sdk.UntagRoleOutput{}, nil
	})
}

// ListRoleTags lists the tags of a role by key.
func (s *Fake) ListRoleTags(ctx context.Context, in *sdk.ListRoleTagsInput) (*sdk.ListRoleTagsOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.ListRoleTagsOutput, error) {
		p, err := r.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListRoleTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// TagPolicy adds tags to a managed policy or replaces their values.
func (s *Fake) TagPolicy(ctx context.Context, in *sdk.TagPolicyInput) (*sdk.TagPolicyOutput, error) {
	return inOwnPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.TagPolicyOutput, error) {
		return &sdk.TagPolicyOutput{}, p.tags.put(in.Tags, "Policy")
	})
}

// UntagPolicy removes tags from a managed policy.
func (s *Fake) UntagPolicy(ctx context.Context, in *sdk.UntagPolicyInput) (*sdk.UntagPolicyOutput, error) {
	return inOwnPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.UntagPolicyOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagPolicyOutput{}, nil
	})
}

// ListPolicyTags lists the tags of a managed policy by key.
func (s *Fake) ListPolicyTags(ctx context.Context, in *sdk.ListPolicyTagsInput) (*sdk.ListPolicyTagsOutput, error) {
	return inPolicy(ctx, s, in, in.PolicyArn, func(p *policy) (*sdk.ListPolicyTagsOutput, error) {
		tags, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListPolicyTagsOutput{Tags: tags.items, IsTruncated: tags.truncated, Marker: tags.marker}, err
	})
}
