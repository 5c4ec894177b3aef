package iam

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

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

// self is the user who makes a call: what operations act on whose request names
// no user.
func (s *Fake) self(call *fakeaws.Call) (*entity, error) {
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

// namedOrSelf performs an operation on the user of that name, or on the caller.
func namedOrSelf[O any](ctx context.Context, s *Fake, in any, name *string, do func(*entity) (*O, error)) (*O, error) {
	if name != nil {
		return inEntity(ctx, s, in, userKind, name, do)
	}
	return inAccount(ctx, s, in, func(*account) (*O, error) {
		e, err := s.self(fakeaws.CallFrom(ctx))
		if err != nil {
			return nil, err
		}
		return do(e)
	})
}

// CreateUser makes a user.
func (s *Fake) CreateUser(ctx context.Context, in *sdk.CreateUserInput) (*sdk.CreateUserOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateUserOutput, error) {
		u, err := s.addTagged(a, userKind, *in.UserName, in.Path, in.Tags, in.PermissionsBoundary)
		if err != nil {
			return nil, err
		}
		s.exhume(u)
		return &sdk.CreateUserOutput{User: u.userView()}, nil
	})
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

// GetUser describes a user, by default the caller.
func (s *Fake) GetUser(ctx context.Context, in *sdk.GetUserInput) (*sdk.GetUserOutput, error) {
	return namedOrSelf(ctx, s, in, in.UserName, func(u *entity) (*sdk.GetUserOutput, error) {
		return &sdk.GetUserOutput{User: u.userView()}, nil
	})
}

// DeleteUser deletes a user that has no policies, keys and groups any more.
func (s *Fake) DeleteUser(ctx context.Context, in *sdk.DeleteUserInput) (*sdk.DeleteUserOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.DeleteUserOutput, error) {
		if err := s.remove(u); err != nil {
			return nil, err
		}
		s.bury(u)
		return &sdk.DeleteUserOutput{}, nil
	})
}

// ListUsers lists the account's users by name.
func (s *Fake) ListUsers(ctx context.Context, in *sdk.ListUsersInput) (*sdk.ListUsersOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListUsersOutput, error) {
		p, err := list(ascend(&a.users), in.Marker, in.MaxItems, under(in.PathPrefix, (*entity).listedUser))
		return &sdk.ListUsersOutput{Users: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// UpdateUser changes the name or path of a user. Its id, keys and policies stay.
func (s *Fake) UpdateUser(ctx context.Context, in *sdk.UpdateUserInput) (*sdk.UpdateUserOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, settled(s, func(u *entity) (*sdk.UpdateUserOutput, error) {
		if err := u.rename(in.NewUserName, in.NewPath); err != nil {
			return nil, err
		}
		s.world.Principals().Set(u.id, u.arn)
		// Requests signed with the user's keys come from the new ARN.
		s.storeKeys(u)
		return &sdk.UpdateUserOutput{}, nil
	}))
}
