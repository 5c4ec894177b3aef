package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	profileNotFound   = "Instance Profile %s cannot be found."
	profileHasRole    = "Cannot delete entity, must remove roles from instance profile first."
	profileHasNotRole = "The role with name %s cannot be found in the instance profile with name %s." // unverified
)

// An instanceProfile hands a role to EC2 instances. It has one role at most, a
// quota that AWS does not raise.
type instanceProfile struct {
	name, path, id string
	arn            string
	created        time.Time
	tags           tagSet
	role           *entity
}

func (a *account) profile(name string) (*instanceProfile, error) {
	if p, ok := a.profiles.Get(strings.ToLower(name)); ok && p.name == name {
		return p, nil
	}
	return nil, noSuchEntity(profileNotFound, name)
}

// inProfile is inAccount for an operation on an instance profile that must exist.
func inProfile[O any](ctx context.Context, s *Fake, in any, name *string, do func(*account, *instanceProfile) (*O, error)) (*O, error) {
	return inAccount(ctx, s, in, func(a *account) (*O, error) {
		p, err := a.profile(*name)
		if err != nil {
			return nil, err
		}
		return do(a, p)
	})
}

// listedProfile is an instance profile as lists return it: without tags.
func (p *instanceProfile) listedProfile() types.InstanceProfile {
	view := types.InstanceProfile{
		Arn:                 aws.String(p.arn),
		CreateDate:          aws.Time(p.created),
		InstanceProfileId:   aws.String(p.id),
		InstanceProfileName: aws.String(p.name),
		Path:                aws.String(p.path),
		Roles:               []types.Role{},
	}
	if p.role != nil {
		view.Roles = append(view.Roles, p.role.listedRole())
	}
	return view
}

func (p *instanceProfile) view() *types.InstanceProfile {
	view := p.listedProfile()
	view.Tags = p.tags.all()
	return &view
}

// hold puts a role into the profile; nil takes the one out that it has.
func (p *instanceProfile) hold(r *entity) {
	key := strings.ToLower(p.name)
	if p.role != nil {
		p.role.role.profiles.Delete(key)
	}
	if p.role = r; r != nil {
		r.role.profiles.Set(key, p)
	}
}

// CreateInstanceProfile makes an instance profile without a role.
func (s *Fake) CreateInstanceProfile(ctx context.Context, in *sdk.CreateInstanceProfileInput) (*sdk.CreateInstanceProfileOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateInstanceProfileOutput, error) {
		p := &instanceProfile{name: *in.InstanceProfileName, path: pathOr(in.Path), created: s.now()}
		if err := p.tags.put(in.Tags, "InstanceProfile"); err != nil {
			return nil, err
		}
		key := strings.ToLower(p.name)
		if _, exists := a.profiles.Get(key); exists {
			return nil, alreadyExists("Instance Profile %s already exists.", p.name)
		}
		if err := a.room(profilesQuota, a.profiles.Len()); err != nil {
			return nil, err
		}
		p.id = s.world.IDs().Unique("AIPA")
		p.arn = iamARN(a.id, "instance-profile", p.path, p.name)
		a.profiles.Set(key, p)
		return &sdk.CreateInstanceProfileOutput{InstanceProfile: p.view()}, nil
	})
}

// GetInstanceProfile describes an instance profile with its role.
func (s *Fake) GetInstanceProfile(ctx context.Context, in *sdk.GetInstanceProfileInput) (*sdk.GetInstanceProfileOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(_ *account, p *instanceProfile) (*sdk.GetInstanceProfileOutput, error) {
		return &sdk.GetInstanceProfileOutput{InstanceProfile: p.view()}, nil
	})
}

// DeleteInstanceProfile deletes an instance profile that has no role any more.
func (s *Fake) DeleteInstanceProfile(ctx context.Context, in *sdk.DeleteInstanceProfileInput) (*sdk.DeleteInstanceProfileOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(a *account, p *instanceProfile) (*sdk.DeleteInstanceProfileOutput, error) {
		if p.role != nil {
			return nil, deleteConflict(profileHasRole)
		}
		a.profiles.Delete(strings.ToLower(p.name))
		return &sdk.DeleteInstanceProfileOutput{}, nil
	})
}

// ListInstanceProfiles lists the account's instance profiles by name.
func (s *Fake) ListInstanceProfiles(ctx context.Context, in *sdk.ListInstanceProfilesInput) (*sdk.ListInstanceProfilesOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListInstanceProfilesOutput, error) {
		p, err := list(ascend(&a.profiles), in.Marker, in.MaxItems, func(p *instanceProfile) (types.InstanceProfile, bool) {
			return p.listedProfile(), in.PathPrefix == nil || strings.HasPrefix(p.path, *in.PathPrefix)
		})
		return &sdk.ListInstanceProfilesOutput{InstanceProfiles: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// ListInstanceProfilesForRole lists the instance profiles that have a role, by name.
func (s *Fake) ListInstanceProfilesForRole(ctx context.Context, in *sdk.ListInstanceProfilesForRoleInput) (*sdk.ListInstanceProfilesForRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.ListInstanceProfilesForRoleOutput, error) {
		p, err := list(ascend(&r.role.profiles), in.Marker, in.MaxItems, func(p *instanceProfile) (types.InstanceProfile, bool) {
			return p.listedProfile(), true
		})
		return &sdk.ListInstanceProfilesForRoleOutput{InstanceProfiles: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// AddRoleToInstanceProfile puts a role into an instance profile that has none.
// Even the role that it has is one too many.
func (s *Fake) AddRoleToInstanceProfile(ctx context.Context, in *sdk.AddRoleToInstanceProfileInput) (*sdk.AddRoleToInstanceProfileOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(a *account, p *instanceProfile) (*sdk.AddRoleToInstanceProfileOutput, error) {
		r, err := roleKind.find(a, *in.RoleName)
		if err != nil {
			return nil, err
		}
		if err := r.modifiable(); err != nil {
			return nil, err
		}
		if p.role != nil {
			return nil, quotaExceeded("InstanceSessionsPerInstanceProfile", 1)
		}
		p.hold(r)
		return &sdk.AddRoleToInstanceProfileOutput{}, nil
	})
}

// RemoveRoleFromInstanceProfile takes the role out of an instance profile.
func (s *Fake) RemoveRoleFromInstanceProfile(ctx context.Context, in *sdk.RemoveRoleFromInstanceProfileInput) (*sdk.RemoveRoleFromInstanceProfileOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(a *account, p *instanceProfile) (*sdk.RemoveRoleFromInstanceProfileOutput, error) {
		r, err := roleKind.find(a, *in.RoleName)
		if err != nil {
			return nil, err
		}
		if p.role != r {
			return nil, noSuchEntity(profileHasNotRole, r.name, p.name)
		}
		p.hold(nil)
		return &sdk.RemoveRoleFromInstanceProfileOutput{}, nil
	})
}

// TagInstanceProfile adds tags to an instance profile or replaces their values.
func (s *Fake) TagInstanceProfile(ctx context.Context, in *sdk.TagInstanceProfileInput) (*sdk.TagInstanceProfileOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(_ *account, p *instanceProfile) (*sdk.TagInstanceProfileOutput, error) {
		return &sdk.TagInstanceProfileOutput{}, p.tags.put(in.Tags, "InstanceProfile")
	})
}

// UntagInstanceProfile removes tags from an instance profile.
func (s *Fake) UntagInstanceProfile(ctx context.Context, in *sdk.UntagInstanceProfileInput) (*sdk.UntagInstanceProfileOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(_ *account, p *instanceProfile) (*sdk.UntagInstanceProfileOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagInstanceProfileOutput{}, nil
	})
}

// ListInstanceProfileTags lists the tags of an instance profile by key.
func (s *Fake) ListInstanceProfileTags(ctx context.Context, in *sdk.ListInstanceProfileTagsInput) (*sdk.ListInstanceProfileTagsOutput, error) {
	return inProfile(ctx, s, in, in.InstanceProfileName, func(_ *account, p *instanceProfile) (*sdk.ListInstanceProfileTagsOutput, error) {
		t, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListInstanceProfileTagsOutput{Tags: t.items, IsTruncated: t.truncated, Marker: t.marker}, err
	})
}
