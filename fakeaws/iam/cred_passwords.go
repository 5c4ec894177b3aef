package iam

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// passwordOps are the operations on passwords.
func (s *Fake) passwordOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createLoginProfile),
		fakeaws.Bind(s.getLoginProfile),
		fakeaws.Bind(s.updateLoginProfile),
		fakeaws.Bind(s.deleteLoginProfile),
		fakeaws.Bind(s.changePassword),
	}
}

// A loginProfile is the password with which a user signs in to the console.
type loginProfile struct {
	password         string
	previous         []string // newest last
	created, changed time.Time
	resetRequired    bool
}

// set gives the profile a password that the account's policy allows.
func (p *loginProfile) set(a *account, password string, now time.Time) error {
	if err := a.checkPassword(password, append(slices.Clone(p.previous), p.password)); err != nil {
		return err
	}
	if p.password != "" {
		p.previous = append(p.previous, p.password)
	}
	p.password, p.changed = password, now
	return nil
}

func (e *entity) loginView() *types.LoginProfile {
	return &types.LoginProfile{
		CreateDate:            aws.Time(e.user.login.created),
		PasswordResetRequired: e.user.login.resetRequired,
		UserName:              optional(e.name),
	}
}

// signInName is how texts about passwords name a user.
func (e *entity) signInName() string {
	if e == e.account.root {
		return rootSignInName
	}
	return e.name
}

// login is the password of a user, who must have one.
func (e *entity) login() (*loginProfile, error) {
	if e.user.login == nil {
		return nil, noSuchEntity(noLoginProfile, e.signInName())
	}
	return e.user.login, nil
}

// rootSessionOnly refuses an operation on the root user's own credentials outside of a
// session of AssumeRoot.
func rootSessionOnly[O any](call *fakeaws.Call, do func(*entity) (O, error)) func(*entity) (O, error) {
	return func(u *entity) (none O, err error) {
		if u == u.account.root && !taskOfRoot(call.Caller) {
			return none, constraint.Error(rootNeedsSession)
		}
		return do(u)
	}
}

// taskOfRoot reports whether a caller is the root user in a session of AssumeRoot,
// which only there has policies: those of its task.
func taskOfRoot(c *fakeaws.Caller) bool {
	return c.Type == enforce.Root && c.Session != nil && c.Session.Policies != nil
}

// createLoginProfile gives a user a password, by default the caller. The root user
// gets none: whoever reads its mail may choose one.
func (s *Fake) createLoginProfile(call *fakeaws.Call, in *sdk.CreateLoginProfileInput) (*fakeaws.Plan[*sdk.CreateLoginProfileOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), rootSessionOnly(call, func(u *entity) (*sdk.CreateLoginProfileOutput, error) {
		if u.user.login != nil {
			return nil, alreadyExists(loginProfileExists, u.signInName())
		}
		p := &loginProfile{created: s.now(), resetRequired: in.PasswordResetRequired}
		// The model has no required password, because a session of AssumeRoot must
		// leave it out.
		switch own := u == u.account.root; {
		case own && in.Password != nil:
			return nil, constraint.Error(rootHasNoPassword)
		case own:
			p.changed = p.created
		case in.Password == nil:
			return nil, constraint.Error("1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null")
		default:
			if err := p.set(u.account, *in.Password, p.created); err != nil {
				return nil, err
			}
		}
		u.user.login = p
		return &sdk.CreateLoginProfileOutput{LoginProfile: u.loginView()}, nil
	}))
}

// getLoginProfile says since when a user, by default the caller, has a password.
func (s *Fake) getLoginProfile(call *fakeaws.Call, in *sdk.GetLoginProfileInput) (*fakeaws.Plan[*sdk.GetLoginProfileOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), rootSessionOnly(call, func(u *entity) (*sdk.GetLoginProfileOutput, error) {
		if _, err := u.login(); err != nil {
			return nil, err
		}
		return &sdk.GetLoginProfileOutput{LoginProfile: u.loginView()}, nil
	}))
}

// updateLoginProfile changes the password of a user, and whether it must be
// changed at the next sign-in.
func (s *Fake) updateLoginProfile(call *fakeaws.Call, in *sdk.UpdateLoginProfileInput) (*fakeaws.Plan[*sdk.UpdateLoginProfileOutput], error) {
	return plan(s, call, in, onUser(in.UserName), modifiableUser(s, func(u *entity) (*sdk.UpdateLoginProfileOutput, error) {
		p, err := u.login()
		if err != nil {
			return nil, err
		}
		if in.Password != nil {
			if err := p.set(u.account, *in.Password, s.now()); err != nil {
				return nil, err
			}
		}
		if in.PasswordResetRequired != nil {
			p.resetRequired = *in.PasswordResetRequired
		}
		return &sdk.UpdateLoginProfileOutput{}, nil
	}))
}

// deleteLoginProfile takes the password from a user, by default the caller.
func (s *Fake) deleteLoginProfile(call *fakeaws.Call, in *sdk.DeleteLoginProfileInput) (*fakeaws.Plan[*sdk.DeleteLoginProfileOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), rootSessionOnly(call, modifiableUser(s, func(u *entity) (*sdk.DeleteLoginProfileOutput, error) {
		if _, err := u.login(); err != nil {
			return nil, err
		}
		u.user.login = nil
		return &sdk.DeleteLoginProfileOutput{}, nil
	})))
}

// onOwnPassword is the target of ChangePassword: the calling user. Where the account's
// password policy lets users change their passwords, it grants that to each of them
// (API page "PasswordPolicy").
func onOwnPassword(l *lookup) (found[*entity], error) {
	if l.call.Caller.Type != enforce.User {
		return found[*entity]{}, invalidUserType()
	}
	f, err := onCaller(l)
	if err != nil {
		return f, err
	}
	f.resources[0].policy = l.account.grant(f.value, "iam:ChangePassword")
	return f, nil
}

// changePassword changes the password of the calling user, who must know it.
func (s *Fake) changePassword(call *fakeaws.Call, in *sdk.ChangePasswordInput) (*fakeaws.Plan[*sdk.ChangePasswordOutput], error) {
	return plan(s, call, in, onOwnPassword, modifiableUser(s, func(u *entity) (*sdk.ChangePasswordOutput, error) {
		p, err := u.login()
		if err != nil {
			return nil, err
		}
		if p.password != *in.OldPassword {
			return nil, &fakeaws.Error{Code: "AccessDenied", Message: wrongOldPassword, Status: 403}
		}
		if err := p.set(u.account, *in.NewPassword, s.now()); err != nil {
			return nil, err
		}
		p.resetRequired = false
		return &sdk.ChangePasswordOutput{}, nil
	}))
}
