package iam

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// passwordPolicyOps are the operations on the password policy of an account.
func (s *Fake) passwordPolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.updateAccountPasswordPolicy),
		fakeaws.Bind(s.getAccountPasswordPolicy),
		fakeaws.Bind(s.deleteAccountPasswordPolicy),
	}
}

const (
	// defaultLength is the least length of a password in an account without a
	// policy of its own, and defaultClasses how many kinds of characters it must
	// have (User Guide "Set an account password policy for IAM users").
	defaultLength  = 8
	defaultClasses = 3
	// leastLength is that of a policy that does not say (API page
	// "UpdateAccountPasswordPolicy").
	leastLength = 6
	// passwordSymbols are what counts as a symbol.
	passwordSymbols = `!@#$%^&*()_+-=[]{}|'`
)

// A passwordClass is a kind of characters that a policy may require.
type passwordClass struct {
	text     string
	chars    string
	required func(*types.PasswordPolicy) bool
}

var passwordClasses = []passwordClass{
	{"Password should have at least one uppercase letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		func(p *types.PasswordPolicy) bool { return p.RequireUppercaseCharacters }},
	{"Password should have at least one lowercase letter", "abcdefghijklmnopqrstuvwxyz",
		func(p *types.PasswordPolicy) bool { return p.RequireLowercaseCharacters }},
	{"Password should have at least one number", "0123456789",
		func(p *types.PasswordPolicy) bool { return p.RequireNumbers }},
	{"Password should have at least one symbol", passwordSymbols,
		func(p *types.PasswordPolicy) bool { return p.RequireSymbols }},
}

// missingClasses says what a password lacks.
func missingClasses(password string, of func(*passwordClass) bool) []string {
	var missing []string
	for i := range passwordClasses {
		if c := &passwordClasses[i]; of(c) && !strings.ContainsAny(password, c.chars) {
			missing = append(missing, c.text)
		}
	}
	return missing
}

// checkPassword holds a new password against the account's policy. previous has
// the user's passwords, newest last. How several violations of a policy of the
// account's own are worded together is unverified.
func (a *account) checkPassword(password string, previous []string) error {
	p := a.signIn.passwordPolicy
	if p == nil {
		return checkDefault(password)
	}
	missing := tooShort(password, int(*p.MinimumPasswordLength))
	missing = append(missing, missingClasses(password, func(c *passwordClass) bool { return c.required(p) })...)
	if len(missing) > 0 {
		return violatesPolicy(strings.Join(missing, ", "))
	}
	remembered := int(aws.ToInt32(p.PasswordReusePrevention))
	if slices.Contains(previous[max(0, len(previous)-remembered):], password) {
		return violatesPolicy(fmt.Sprintf(reusedPassword, remembered))
	}
	return nil
}

func tooShort(password string, least int) []string {
	if utf8.RuneCountInString(password) >= least {
		return nil
	}
	return []string{fmt.Sprintf("Password should have a minimum length of %d", least)}
}

// checkDefault holds a password against the policy of accounts without one.
func checkDefault(password string) error {
	if short := tooShort(password, defaultLength); short != nil {
		return violatesPolicy(short[0])
	}
	missing := missingClasses(password, func(*passwordClass) bool { return true })
	if more := len(missing) - (len(passwordClasses) - defaultClasses); more > 0 {
		return violatesPolicy(fmt.Sprintf("Password should meet %d more of the following requirements: %s", more, strings.Join(missing, ", ")))
	}
	return nil
}

// grant is the permission that the password policy gives each user for its own
// password; nil when it gives none. It is not an identity-based policy: AWS
// applies it at the account.
func (a *account) grant(u *entity, action string) *enforce.Policy {
	if p := a.signIn.passwordPolicy; p == nil || !p.AllowUsersToChangePassword {
		return nil
	}
	grant, err := newGrant(u.arn, enforce.Source{}, action)
	if err != nil {
		return nil // a user's ARN is good: it cannot be
	}
	return grant
}

// onPasswordPolicy is the target of reading the password policy, which may grant that
// to the users whom it lets change their passwords.
func onPasswordPolicy(l *lookup) (found[*account], error) {
	f, err := onAccount(l)
	if l.call.Caller.Type == enforce.User {
		if u, err := l.service.callingUser(l.call); err == nil {
			f.resources[0].policy = l.account.grant(u, "iam:GetAccountPasswordPolicy")
		}
	}
	return f, err
}

// updateAccountPasswordPolicy replaces the password policy of the account. What
// the request leaves out gets its default, not the value that it had.
func (s *Fake) updateAccountPasswordPolicy(call *fakeaws.Call, in *sdk.UpdateAccountPasswordPolicyInput) (*fakeaws.Plan[*sdk.UpdateAccountPasswordPolicyOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.UpdateAccountPasswordPolicyOutput, error) {
		a.signIn.passwordPolicy = &types.PasswordPolicy{
			AllowUsersToChangePassword: in.AllowUsersToChangePassword,
			ExpirePasswords:            in.MaxPasswordAge != nil,
			HardExpiry:                 copied(in.HardExpiry),
			MaxPasswordAge:             copied(in.MaxPasswordAge),
			MinimumPasswordLength:      aws.Int32(leastLength),
			PasswordReusePrevention:    copied(in.PasswordReusePrevention),
			RequireLowercaseCharacters: in.RequireLowercaseCharacters,
			RequireNumbers:             in.RequireNumbers,
			RequireSymbols:             in.RequireSymbols,
			RequireUppercaseCharacters: in.RequireUppercaseCharacters,
		}
		if in.MinimumPasswordLength != nil {
			*a.signIn.passwordPolicy.MinimumPasswordLength = *in.MinimumPasswordLength
		}
		return &sdk.UpdateAccountPasswordPolicyOutput{}, nil
	})
}

// copied keeps what a request points to, which is the caller's to change.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// getAccountPasswordPolicy returns the password policy that was set.
func (s *Fake) getAccountPasswordPolicy(call *fakeaws.Call, in *sdk.GetAccountPasswordPolicyInput) (*fakeaws.Plan[*sdk.GetAccountPasswordPolicyOutput], error) {
	return plan(s, call, in, onPasswordPolicy, func(a *account) (*sdk.GetAccountPasswordPolicyOutput, error) {
		if a.signIn.passwordPolicy == nil {
			return nil, noSuchEntity(noPasswordPolicy, a.id)
		}
		return &sdk.GetAccountPasswordPolicyOutput{PasswordPolicy: copied(a.signIn.passwordPolicy)}, nil
	})
}

// deleteAccountPasswordPolicy puts the default password policy in force again.
func (s *Fake) deleteAccountPasswordPolicy(call *fakeaws.Call, in *sdk.DeleteAccountPasswordPolicyInput) (*fakeaws.Plan[*sdk.DeleteAccountPasswordPolicyOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.DeleteAccountPasswordPolicyOutput, error) {
		if a.signIn.passwordPolicy == nil {
			return nil, noSuchEntity(noPolicyToDelete)
		}
		a.signIn.passwordPolicy = nil
		return &sdk.DeleteAccountPasswordPolicyOutput{}, nil
	})
}
