package iam

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// instanceProfileOps are the operations on instance profiles.
func (s *Fake) instanceProfileOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createInstanceProfile),
		fakeaws.Bind(s.getInstanceProfile),
		fakeaws.Bind(s.deleteInstanceProfile),
		fakeaws.Bind(s.listInstanceProfiles),
		fakeaws.Bind(s.listInstanceProfilesForRole),
		fakeaws.Bind(s.addRoleToInstanceProfile),
		fakeaws.Bind(s.removeRoleFromInstanceProfile),
		fakeaws.Bind(s.tagInstanceProfile),
		fakeaws.Bind(s.untagInstanceProfile),
		fakeaws.Bind(s.listInstanceProfileTags),
	}
}

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
	account        *account
	deleted        bool // for the plans that still hold it
}

func (a *account) profile(name string) (*instanceProfile, error) {
	if p, ok := a.profiles.Get(strings.ToLower(name)); ok && p.name == name {
		return p, nil
	}
	return nil, noSuchEntity(profileNotFound, name)
}

// onProfile is the target of actions on an instance profile.
func onProfile(name *string) target[*instanceProfile] {
	return func(l *lookup) (found[*instanceProfile], error) {
		p, err := l.account.profile(*name)
		r := resource{arn: iamARN(l.account.id, "instance-profile", "/", *name), name: "instance profile " + *name}
		if err == nil {
			r.arn, r.tags = p.arn, &p.tags
		}
		return found[*instanceProfile]{resources: []resource{r}, value: p, missing: func() error {
			if err == nil && p.deleted {
				return noSuchEntity(profileNotFound, *name)
			}
			return err
		}}, nil
	}
}

// A profileAndRole is what AddRoleToInstanceProfile acts on.
type profileAndRole struct {
	profile *instanceProfile
	role    *entity
}

// onProfileAndRole is the target of an action that hands a role to EC2: the caller
// must be allowed to pass it. Which instance the role is for is not known when the
// profile gets it (API page "AddRoleToInstanceProfile").
func onProfileAndRole(profileName, roleName *string) target[profileAndRole] {
	return func(l *lookup) (found[profileAndRole], error) {
		profile, err := onProfile(profileName)(l)
		if err != nil {
			return found[profileAndRole]{}, err
		}
		role, err := onRole(roleName)(l)
		passed := role.resources[0]
		passed.name, passed.action = "", "iam:PassRole"
		passed.keys = append(passed.keys, passedToEC2(l.account.id))
		return found[profileAndRole]{
			resources: append(profile.resources, passed),
			value:     profileAndRole{profile.value, role.value},
			missing: func() error {
				if err := profile.missing(); err != nil {
					return err
				}
				return role.missing()
			},
		}, err
	}
}

// passedToEC2 sets the keys of passing a role of an account to EC2.
func passedToEC2(account string) contextKey {
	return func(c *enforce.Context, _ *resource) {
		c.Set("iam:PassedToService", "ec2.amazonaws.com")
		c.Set("iam:AssociatedResourceArn", "arn:aws:ec2:*:"+account+":instance/*")
	}
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

// setRole puts a role into the profile; nil removes the role that it has.
func (p *instanceProfile) setRole(r *entity) {
	key := strings.ToLower(p.name)
	if p.role != nil {
		p.role.role.profiles.Delete(key)
	}
	if p.role = r; r != nil {
		r.role.profiles.Set(key, p)
	}
}

// createInstanceProfile makes an instance profile without a role.
func (s *Fake) createInstanceProfile(call *fakeaws.Call, in *sdk.CreateInstanceProfileInput) (*fakeaws.Plan[*sdk.CreateInstanceProfileOutput], error) {
	return plan(s, call, in, created("instance-profile", in.InstanceProfileName, in.Path).tagged("iam:TagInstanceProfile", in.Tags), func(a *account) (*sdk.CreateInstanceProfileOutput, error) {
		p := &instanceProfile{name: *in.InstanceProfileName, path: pathOr(in.Path), created: s.now(), account: a}
		if err := p.tags.put(in.Tags, "InstanceProfile"); err != nil {
			return nil, err
		}
		key := strings.ToLower(p.name)
		if _, exists := a.profiles.Get(key); exists {
			return nil, alreadyExists("Instance Profile %s already exists.", p.name)
		}
		if err := a.checkQuota(profilesQuota, a.profiles.Len()); err != nil {
			return nil, err
		}
		p.id = s.world.IDs().Unique("AIPA")
		p.arn = iamARN(a.id, "instance-profile", p.path, p.name)
		a.profiles.Set(key, p)
		return &sdk.CreateInstanceProfileOutput{InstanceProfile: p.view()}, nil
	}, requestTags(in.Tags))
}

// getInstanceProfile describes an instance profile with its role.
func (s *Fake) getInstanceProfile(call *fakeaws.Call, in *sdk.GetInstanceProfileInput) (*fakeaws.Plan[*sdk.GetInstanceProfileOutput], error) {
	return plan(s, call, in, onProfile(in.InstanceProfileName), func(p *instanceProfile) (*sdk.GetInstanceProfileOutput, error) {
		return &sdk.GetInstanceProfileOutput{InstanceProfile: p.view()}, nil
	})
}

// deleteInstanceProfile deletes an instance profile that has no role any more.
func (s *Fake) deleteInstanceProfile(call *fakeaws.Call, in *sdk.DeleteInstanceProfileInput) (*fakeaws.Plan[*sdk.DeleteInstanceProfileOutput], error) {
	return plan(s, call, in, onProfile(in.InstanceProfileName), func(p *instanceProfile) (*sdk.DeleteInstanceProfileOutput, error) {
		if p.role != nil {
			return nil, deleteConflict(profileHasRole)
		}
		p.deleted = true
		p.account.profiles.Delete(strings.ToLower(p.name))
		return &sdk.DeleteInstanceProfileOutput{}, nil
	})
}

// listInstanceProfiles lists the account's instance profiles by name.
func (s *Fake) listInstanceProfiles(call *fakeaws.Call, in *sdk.ListInstanceProfilesInput) (*fakeaws.Plan[*sdk.ListInstanceProfilesOutput], error) {
	return plan(s, call, in, listed("instance-profile", in.PathPrefix), func(a *account) (*sdk.ListInstanceProfilesOutput, error) {
		p, err := list(ascend(&a.profiles), in.Marker, in.MaxItems, func(p *instanceProfile) (types.InstanceProfile, bool) {
			return p.listedProfile(), in.PathPrefix == nil || strings.HasPrefix(p.path, *in.PathPrefix)
		})
		return &sdk.ListInstanceProfilesOutput{InstanceProfiles: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// listInstanceProfilesForRole lists the instance profiles that have a role, by name.
func (s *Fake) listInstanceProfilesForRole(call *fakeaws.Call, in *sdk.ListInstanceProfilesForRoleInput) (*fakeaws.Plan[*sdk.ListInstanceProfilesForRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.ListInstanceProfilesForRoleOutput, error) {
		p, err := list(ascend(&r.role.profiles), in.Marker, in.MaxItems, func(p *instanceProfile) (types.InstanceProfile, bool) {
			return p.listedProfile(), true
		})
		return &sdk.ListInstanceProfilesForRoleOutput{InstanceProfiles: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// addRoleToInstanceProfile puts a role into an instance profile that has none.
// Even the role that it has is one too many.
func (s *Fake) addRoleToInstanceProfile(call *fakeaws.Call, in *sdk.AddRoleToInstanceProfileInput) (*fakeaws.Plan[*sdk.AddRoleToInstanceProfileOutput], error) {
	return plan(s, call, in, onProfileAndRole(in.InstanceProfileName, in.RoleName), func(on profileAndRole) (*sdk.AddRoleToInstanceProfileOutput, error) {
		p, r := on.profile, on.role
		if err := r.modifiable(); err != nil {
			return nil, err
		}
		if p.role != nil {
			return nil, quotaExceeded("InstanceSessionsPerInstanceProfile", 1)
		}
		p.setRole(r)
		return &sdk.AddRoleToInstanceProfileOutput{}, nil
	})
}

// removeRoleFromInstanceProfile takes the role out of an instance profile.
func (s *Fake) removeRoleFromInstanceProfile(call *fakeaws.Call, in *sdk.RemoveRoleFromInstanceProfileInput) (*fakeaws.Plan[*sdk.RemoveRoleFromInstanceProfileOutput], error) {
	return plan(s, call, in, onProfile(in.InstanceProfileName), func(p *instanceProfile) (*sdk.RemoveRoleFromInstanceProfileOutput, error) {
		r, err := roleKind.find(p.account, *in.RoleName)
		if err != nil {
			return nil, err
		}
		if p.role != r {
			return nil, noSuchEntity(profileHasNotRole, r.name, p.name)
		}
		p.setRole(nil)
		return &sdk.RemoveRoleFromInstanceProfileOutput{}, nil
	})
}

// tagInstanceProfile adds tags to an instance profile or replaces their values.
func (s *Fake) tagInstanceProfile(call *fakeaws.Call, in *sdk.TagInstanceProfileInput) (*fakeaws.Plan[*sdk.TagInstanceProfileOutput], error) {
	return plan(s, call, in, onProfile(in.InstanceProfileName), func(p *instanceProfile) (*sdk.TagInstanceProfileOutput, error) {
		return &sdk.TagInstanceProfileOutput{}, p.tags.put(in.Tags, "InstanceProfile")
	}, requestTags(in.Tags))
}

// untagInstanceProfile removes tags from an instance profile.
func (s *Fake) untagInstanceProfile(call *fakeaws.Call, in *sdk.UntagInstanceProfileInput) (*fakeaws.Plan[*sdk.UntagInstanceProfileOutput], error) {
	return plan(s, call, in, onProfile(in.InstanceProfileName), func(p *instanceProfile) (*sdk.UntagInstanceProfileOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagInstanceProfileOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listInstanceProfileTags lists the tags of an instance profile by key.
func (s *Fake) listInstanceProfileTags(call *fakeaws.Call, in *sdk.ListInstanceProfileTagsInput) (*fakeaws.Plan[*sdk.ListInstanceProfileTagsOutput], error) {
	return plan(s, call, in, onProfile(in.InstanceProfileName), func(p *instanceProfile) (*sdk.ListInstanceProfileTagsOutput, error) {
		t, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListInstanceProfileTagsOutput{Tags: t.Items, IsTruncated: t.Truncated(), Marker: t.Next}, err
	})
}
