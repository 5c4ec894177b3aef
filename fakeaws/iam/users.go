package iam

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// userOps are the operations on users.
func (s *Fake) userOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createUser),
		fakeaws.Bind(s.getUser),
		fakeaws.Bind(s.deleteUser),
		fakeaws.Bind(s.listUsers),
		fakeaws.Bind(s.updateUser),
	}
}

// userView is a user as the operations on it return it.
func (e *entity) userView() *types.User {
	u := e.listedUser()
	u.PermissionsBoundary = e.boundaryView()
	u.Tags = e.tags.all()
	return &u
}

// listedUser is a user as lists return it: without tags and boundary.
func (e *entity) listedUser() types.User {
	u := types.User{Arn: &e.arn, CreateDate: &e.created, Path: &e.path, UserId: &e.id}
	if e.name != "" {
		u.UserName = &e.name
	}
	return u
}

// addRoot gives an account its root user, which no list shows: a user whose
// name is empty and whose id is the account's. It can sign in with a password,
// until a session of AssumeRoot takes it away.
func (s *Fake) addRoot(a *account) {
	a.root = &entity{
		kind: userKind, account: a,
		identity: &identity{path: "/", id: a.id, arn: fakeaws.ARN("iam", "", a.id, "root"), created: s.now()},
	}
	a.root.user.login = &loginProfile{created: a.root.created, changed: a.root.created}
	if acct, ok := s.world.Account(a.id); ok && acct.Root != nil {
		a.root.uses = acct.Root.Caller.Uses
		s.addKey(a.root, acct.Root)
	}
}

// callingUser is the user who makes a call: what operations act on whose request names
// no user.
func (s *Fake) callingUser(call *fakeaws.Call) (*entity, error) {
	switch caller := call.Caller; caller.Type {
	case enforce.Root:
		return s.account(call.Account).root, nil
	case enforce.User:
		if e, ok := s.byID[caller.EntityID]; ok {
			return e, nil
		}
		return nil, noSuchEntity("The user with name %s cannot be found.", caller.UserName)
	default:
		return nil, constraint.Error("Must specify userName when calling with non-User credentials")
	}
}

// createUser makes a user.
func (s *Fake) createUser(call *fakeaws.Call, in *sdk.CreateUserInput) (*fakeaws.Plan[*sdk.CreateUserOutput], error) {
	return plan(s, call, in, created("user", in.UserName, in.Path).tagged("iam:TagUser", in.Tags), func(a *account) (*sdk.CreateUserOutput, error) {
		u, err := s.addTagged(a, userKind, *in.UserName, in.Path, in.Tags, in.PermissionsBoundary)
		if err != nil {
			return nil, err
		}
		s.delayChanges(u)
		return &sdk.CreateUserOutput{User: u.userView()}, nil
	}, requestTags(in.Tags), requestBoundary(in.PermissionsBoundary))
}

// addTagged makes a user or role with what it may have from the beginning.
func (s *Fake) addTagged(a *account, k *kind, name string, path *string, tags []types.Tag, boundary *string) (*entity, error) {
	var has tagSet
	if err := has.put(tags, k.title); err != nil {
		return nil, err
	}
	var limit *policy
	if boundary != nil {
		var err error
		if limit, err = a.findPolicy(*boundary, noBoundaryPolicy); err != nil {
			return nil, err
		}
		// Creations do not declare PolicyNotAttachable; that they answer this is unverified.
		if limit.ofServiceRoles() {
			return nil, noSuchEntity(noBoundaryPolicy, *boundary)
		}
	}
	e, err := s.add(a, k, name, pathOr(path))
	if err != nil {
		return nil, err
	}
	e.tags = has
	e.bound(limit)
	return e, nil
}

// getUser describes a user, by default the caller.
func (s *Fake) getUser(call *fakeaws.Call, in *sdk.GetUserInput) (*fakeaws.Plan[*sdk.GetUserOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.GetUserOutput, error) {
		return &sdk.GetUserOutput{User: u.userView()}, nil
	})
}

// deleteUser deletes a user that has no policies, keys and groups any more.
func (s *Fake) deleteUser(call *fakeaws.Call, in *sdk.DeleteUserInput) (*fakeaws.Plan[*sdk.DeleteUserOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.DeleteUserOutput, error) {
		if err := s.remove(u); err != nil {
			return nil, err
		}
		s.noteDeletion(u)
		return &sdk.DeleteUserOutput{}, nil
	})
}

// listUsers lists the account's users by name.
func (s *Fake) listUsers(call *fakeaws.Call, in *sdk.ListUsersInput) (*fakeaws.Plan[*sdk.ListUsersOutput], error) {
	return plan(s, call, in, listed("user", in.PathPrefix), func(a *account) (*sdk.ListUsersOutput, error) {
		p, err := list(ascend(&a.users), in.Marker, in.MaxItems, under(in.PathPrefix, (*entity).listedUser))
		return &sdk.ListUsersOutput{Users: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// updateUser changes the name or path of a user. Its id, keys and policies stay.
func (s *Fake) updateUser(call *fakeaws.Call, in *sdk.UpdateUserInput) (*fakeaws.Plan[*sdk.UpdateUserOutput], error) {
	return plan(s, call, in, onUserAndNew(in.UserName, in.NewUserName, in.NewPath), modifiableUser(s, func(u *entity) (*sdk.UpdateUserOutput, error) {
		if err := u.rename(in.NewUserName, in.NewPath); err != nil {
			return nil, err
		}
		s.nameInForce(u)
		// Requests signed with the user's keys come from the new ARN.
		s.storeKeys(u)
		return &sdk.UpdateUserOutput{}, nil
	}))
}
