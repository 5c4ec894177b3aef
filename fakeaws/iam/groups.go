package iam

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (e *entity) groupView() types.Group {
	return types.Group{
		Arn:        &e.arn,
		CreateDate: &e.created,
		GroupId:    &e.id,
		GroupName:  &e.name,
		Path:       &e.path,
	}
}

// CreateGroup makes a group.
func (s *Fake) CreateGroup(ctx context.Context, in *sdk.CreateGroupInput) (*sdk.CreateGroupOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateGroupOutput, error) {
		g, err := s.add(a, groupKind, *in.GroupName, pathOr(in.Path))
		if err != nil {
			return nil, err
		}
		view := g.groupView()
		return &sdk.CreateGroupOutput{Group: &view}, nil
	})
}

// GetGroup describes a group and lists its users by name.
func (s *Fake) GetGroup(ctx context.Context, in *sdk.GetGroupInput) (*sdk.GetGroupOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.GetGroupOutput, error) {
		p, err := list(ascend(&g.members), in.Marker, in.MaxItems, under(nil, (*entity).listedUser))
		view := g.groupView()
		return &sdk.GetGroupOutput{Group: &view, Users: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// DeleteGroup deletes a group that has no users and policies any more.
func (s *Fake) DeleteGroup(ctx context.Context, in *sdk.DeleteGroupInput) (*sdk.DeleteGroupOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.DeleteGroupOutput, error) {
		return &sdk.DeleteGroupOutput{}, s.remove(g)
	})
}

// ListGroups lists the account's groups by name.
func (s *Fake) ListGroups(ctx context.Context, in *sdk.ListGroupsInput) (*sdk.ListGroupsOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListGroupsOutput, error) {
		p, err := list(ascend(&a.groups), in.Marker, in.MaxItems, under(in.PathPrefix, (*entity).groupView))
		return &sdk.ListGroupsOutput{Groups: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// ListGroupsForUser lists the groups that a user is in by name.
func (s *Fake) ListGroupsForUser(ctx context.Context, in *sdk.ListGroupsForUserInput) (*sdk.ListGroupsForUserOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.ListGroupsForUserOutput, error) {
		p, err := list(ascend(&u.groups), in.Marker, in.MaxItems, under(nil, (*entity).groupView))
		return &sdk.ListGroupsForUserOutput{Groups: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// UpdateGroup changes the name or path of a group.
func (s *Fake) UpdateGroup(ctx context.Context, in *sdk.UpdateGroupInput) (*sdk.UpdateGroupOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.UpdateGroupOutput, error) {
		return &sdk.UpdateGroupOutput{}, g.rename(in.NewGroupName, in.NewPath)
	})
}

// AddUserToGroup makes a user a member of a group; to do it twice is no error.
func (s *Fake) AddUserToGroup(ctx context.Context, in *sdk.AddUserToGroupInput) (*sdk.AddUserToGroupOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.AddUserToGroupOutput, error) {
		u, err := userKind.find(g.account, *in.UserName)
		if err != nil {
			return nil, err
		}
		key := strings.ToLower(u.name)
		if _, member := g.members.Get(key); member {
			return &sdk.AddUserToGroupOutput{}, nil
		}
		if err := g.account.room(groupsOfUserQuota, u.groups.Len()); err != nil {
			return nil, err
		}
		g.account.changes++
		g.members.Set(key, u)
		u.groups.Set(strings.ToLower(g.name), g)
		return &sdk.AddUserToGroupOutput{}, nil
	})
}

// RemoveUserFromGroup ends a user's membership; of one who is no member too, as
// the user exists.
func (s *Fake) RemoveUserFromGroup(ctx context.Context, in *sdk.RemoveUserFromGroupInput) (*sdk.RemoveUserFromGroupOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.RemoveUserFromGroupOutput, error) {
		u, err := userKind.find(g.account, *in.UserName)
		if err != nil {
			return nil, err
		}
		g.account.changes++
		g.members.Delete(strings.ToLower(u.name))
		u.groups.Delete(strings.ToLower(g.name))
		return &sdk.RemoveUserFromGroupOutput{}, nil
	})
}
