package iam

import (
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// groupOps are the operations on groups.
func (s *Fake) groupOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createGroup),
		fakeaws.Bind(s.getGroup),
		fakeaws.Bind(s.deleteGroup),
		fakeaws.Bind(s.listGroups),
		fakeaws.Bind(s.listGroupsForUser),
		fakeaws.Bind(s.updateGroup),
		fakeaws.Bind(s.addUserToGroup),
		fakeaws.Bind(s.removeUserFromGroup),
	}
}

func (e *entity) groupView() types.Group {
	return types.Group{
		Arn:        &e.arn,
		CreateDate: &e.created,
		GroupId:    &e.id,
		GroupName:  &e.name,
		Path:       &e.path,
	}
}

// createGroup makes a group.
func (s *Fake) createGroup(call *fakeaws.Call, in *sdk.CreateGroupInput) (*fakeaws.Plan[*sdk.CreateGroupOutput], error) {
	return plan(s, call, in, created("group", in.GroupName, in.Path), func(a *account) (*sdk.CreateGroupOutput, error) {
		g, err := s.add(a, groupKind, *in.GroupName, pathOr(in.Path))
		if err != nil {
			return nil, err
		}
		view := g.groupView()
		return &sdk.CreateGroupOutput{Group: &view}, nil
	})
}

// getGroup describes a group and lists its users by name.
func (s *Fake) getGroup(call *fakeaws.Call, in *sdk.GetGroupInput) (*fakeaws.Plan[*sdk.GetGroupOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.GetGroupOutput, error) {
		p, err := list(ascend(&g.members), in.Marker, in.MaxItems, under(nil, (*entity).listedUser))
		view := g.groupView()
		return &sdk.GetGroupOutput{Group: &view, Users: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// deleteGroup deletes a group that has no users and policies any more.
func (s *Fake) deleteGroup(call *fakeaws.Call, in *sdk.DeleteGroupInput) (*fakeaws.Plan[*sdk.DeleteGroupOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.DeleteGroupOutput, error) {
		return &sdk.DeleteGroupOutput{}, s.remove(g)
	})
}

// listGroups lists the account's groups by name.
func (s *Fake) listGroups(call *fakeaws.Call, in *sdk.ListGroupsInput) (*fakeaws.Plan[*sdk.ListGroupsOutput], error) {
	return plan(s, call, in, listed("group", in.PathPrefix), func(a *account) (*sdk.ListGroupsOutput, error) {
		p, err := list(ascend(&a.groups), in.Marker, in.MaxItems, under(in.PathPrefix, (*entity).groupView))
		return &sdk.ListGroupsOutput{Groups: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// listGroupsForUser lists the groups that a user is in by name.
func (s *Fake) listGroupsForUser(call *fakeaws.Call, in *sdk.ListGroupsForUserInput) (*fakeaws.Plan[*sdk.ListGroupsForUserOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.ListGroupsForUserOutput, error) {
		p, err := list(ascend(&u.groups), in.Marker, in.MaxItems, under(nil, (*entity).groupView))
		return &sdk.ListGroupsForUserOutput{Groups: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// updateGroup changes the name or path of a group.
func (s *Fake) updateGroup(call *fakeaws.Call, in *sdk.UpdateGroupInput) (*fakeaws.Plan[*sdk.UpdateGroupOutput], error) {
	return plan(s, call, in, onGroupAndNew(in.GroupName, in.NewGroupName, in.NewPath), func(g *entity) (*sdk.UpdateGroupOutput, error) {
		return &sdk.UpdateGroupOutput{}, g.rename(in.NewGroupName, in.NewPath)
	})
}

// addUserToGroup makes a user a member of a group; to do it twice is no error.
func (s *Fake) addUserToGroup(call *fakeaws.Call, in *sdk.AddUserToGroupInput) (*fakeaws.Plan[*sdk.AddUserToGroupOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.AddUserToGroupOutput, error) {
		u, err := userKind.find(g.account, *in.UserName)
		if err != nil {
			return nil, err
		}
		key := strings.ToLower(u.name)
		if _, member := g.members.Get(key); member {
			return &sdk.AddUserToGroupOutput{}, nil
		}
		if err := g.account.checkQuota(groupsOfUserQuota, u.groups.Len()); err != nil {
			return nil, err
		}
		g.account.changes++
		g.members.Set(key, u)
		u.groups.Set(strings.ToLower(g.name), g)
		return &sdk.AddUserToGroupOutput{}, nil
	})
}

// removeUserFromGroup ends a user's membership; of one who is no member too, as
// the user exists.
func (s *Fake) removeUserFromGroup(call *fakeaws.Call, in *sdk.RemoveUserFromGroupInput) (*fakeaws.Plan[*sdk.RemoveUserFromGroupOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.RemoveUserFromGroupOutput, error) {
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
