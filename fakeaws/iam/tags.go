package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// tagOps are the operations on tags of users, roles and policies.
func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagUser),
		fakeaws.Bind(s.untagUser),
		fakeaws.Bind(s.listUserTags),
		fakeaws.Bind(s.tagRole),
		fakeaws.Bind(s.untagRole),
		fakeaws.Bind(s.listRoleTags),
		fakeaws.Bind(s.tagPolicy),
		fakeaws.Bind(s.untagPolicy),
		fakeaws.Bind(s.listPolicyTags),
	}
}

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

func (s *tagSet) list(marker *string, maxItems *int32) (page.Page[types.Tag], error) {
	return list(ascend(&s.m), marker, maxItems, page.All[types.Tag])
}

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

// tagUser adds tags to a user or replaces their values.
func (s *Fake) tagUser(call *fakeaws.Call, in *sdk.TagUserInput) (*fakeaws.Plan[*sdk.TagUserOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.TagUserOutput, error) {
		return &sdk.TagUserOutput{}, u.tag(in.Tags)
	}, requestTags(in.Tags))
}

// untagUser removes tags from a user.
func (s *Fake) untagUser(call *fakeaws.Call, in *sdk.UntagUserInput) (*fakeaws.Plan[*sdk.UntagUserOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.UntagUserOutput, error) {
		u.untag(in.TagKeys)
		return &sdk.UntagUserOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listUserTags lists the tags of a user by key.
func (s *Fake) listUserTags(call *fakeaws.Call, in *sdk.ListUserTagsInput) (*fakeaws.Plan[*sdk.ListUserTagsOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.ListUserTagsOutput, error) {
		p, err := u.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListUserTagsOutput{Tags: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// tagRole adds tags to a role or replaces their values.
func (s *Fake) tagRole(call *fakeaws.Call, in *sdk.TagRoleInput) (*fakeaws.Plan[*sdk.TagRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.TagRoleOutput, error) {
		return &sdk.TagRoleOutput{}, r.tag(in.Tags)
	}, requestTags(in.Tags))
}

// untagRole removes tags from a role.
func (s *Fake) untagRole(call *fakeaws.Call, in *sdk.UntagRoleInput) (*fakeaws.Plan[*sdk.UntagRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.UntagRoleOutput, error) {
		r.untag(in.TagKeys)
		return &sdk.UntagRoleOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listRoleTags lists the tags of a role by key.
func (s *Fake) listRoleTags(call *fakeaws.Call, in *sdk.ListRoleTagsInput) (*fakeaws.Plan[*sdk.ListRoleTagsOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.ListRoleTagsOutput, error) {
		p, err := r.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListRoleTagsOutput{Tags: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// tagPolicy adds tags to a managed policy or replaces their values.
func (s *Fake) tagPolicy(call *fakeaws.Call, in *sdk.TagPolicyInput) (*fakeaws.Plan[*sdk.TagPolicyOutput], error) {
	return plan(s, call, in, onOwnPolicyByName(in.PolicyArn), func(p *policy) (*sdk.TagPolicyOutput, error) {
		return &sdk.TagPolicyOutput{}, p.tags.put(in.Tags, "Policy")
	}, requestTags(in.Tags))
}

// untagPolicy removes tags from a managed policy.
func (s *Fake) untagPolicy(call *fakeaws.Call, in *sdk.UntagPolicyInput) (*fakeaws.Plan[*sdk.UntagPolicyOutput], error) {
	return plan(s, call, in, onOwnPolicyByName(in.PolicyArn), func(p *policy) (*sdk.UntagPolicyOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagPolicyOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listPolicyTags lists the tags of a managed policy by key.
func (s *Fake) listPolicyTags(call *fakeaws.Call, in *sdk.ListPolicyTagsInput) (*fakeaws.Plan[*sdk.ListPolicyTagsOutput], error) {
	return plan(s, call, in, onPolicyByName(in.PolicyArn), func(p *policy) (*sdk.ListPolicyTagsOutput, error) {
		tags, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListPolicyTagsOutput{Tags: tags.Items, IsTruncated: tags.Truncated(), Marker: tags.Next}, err
	})
}
