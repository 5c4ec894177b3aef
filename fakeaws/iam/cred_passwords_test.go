package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoginProfileLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "alice", allowAll)
		alice := aws.String("alice")
		const missing = "Login Profile for User alice cannot be found."

		_, err := client.GetLoginProfile(ctx, &sdk.GetLoginProfileInput{})
		requireError(t, err, "NoSuchEntity", missing)
		_, err = client.UpdateLoginProfile(ctx, &sdk.UpdateLoginProfileInput{UserName: alice})
		requireError(t, err, "NoSuchEntity", missing)
		_, err = client.ChangePassword(ctx, &sdk.ChangePasswordInput{OldPassword: aws.String("a"), NewPassword: aws.String("b")})
		requireError(t, err, "NoSuchEntity", missing)
		_, err = client.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: alice})
		requireError(t, err, "ValidationError", "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null")

		made, err := client.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: alice, Password: aws.String("Passw0rd!"), PasswordResetRequired: true})
		require.NoError(t, err)
		assert.True(t, made.LoginProfile.PasswordResetRequired)
		assert.Equal(t, "alice", *made.LoginProfile.UserName)
		_, err = client.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: alice, Password: aws.String("Passw0rd!")})
		requireError(t, err, "EntityAlreadyExists", "Login Profile for user alice already exists.")

		_, err = client.ChangePassword(ctx, &sdk.ChangePasswordInput{OldPassword: aws.String("wrong"), NewPassword: aws.String("N3w-password")})
		requireError(t, err, "AccessDenied", "The old password was incorrect.")
		_, err = client.ChangePassword(ctx, &sdk.ChangePasswordInput{OldPassword: aws.String("Passw0rd!"), NewPassword: aws.String("N3w-password")})
		require.NoError(t, err)
		got, err := client.GetLoginProfile(ctx, &sdk.GetLoginProfileInput{})
		require.NoError(t, err)
		assert.False(t, got.LoginProfile.PasswordResetRequired)
		assert.Equal(t, made.LoginProfile.CreateDate, got.LoginProfile.CreateDate)

		_, err = client.UpdateLoginProfile(ctx, &sdk.UpdateLoginProfileInput{UserName: alice, Password: aws.String("An0ther-one"), PasswordResetRequired: aws.Bool(true)})
		require.NoError(t, err)
		_, err = client.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		require.NoError(t, err)
		_, err = client.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		requireError(t, err, "NoSuchEntity", missing)
	})
}

func TestRootHasNoLoginProfile(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		_, err := w.iam.GetLoginProfile(w.root, &sdk.GetLoginProfileInput{})
		requireError(t, err, "ValidationError", "Must specify userName when calling with root user credentials")
		acct, _ := w.Account(accountID)
		_, err = w.client(acct.Root).ChangePassword(t.Context(), &sdk.ChangePasswordInput{OldPassword: aws.String("a"), NewPassword: aws.String("b")})
		requireError(t, err, "InvalidUserType", "Only IAM Users can change their own password")
	})
}

func TestPasswordViolations(t *testing.T) {
	t.Parallel()
	const (
		upper  = "Password should have at least one uppercase letter"
		lower  = "Password should have at least one lowercase letter"
		number = "Password should have at least one number"
		symbol = "Password should have at least one symbol"
	)
	strict := &sdk.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: aws.Int32(10), RequireLowercaseCharacters: true, RequireUppercaseCharacters: true,
		RequireNumbers: true, RequireSymbols: true,
	}
	tests := map[string]struct {
		policy   *sdk.UpdateAccountPasswordPolicyInput
		password string
		want     string // empty: allowed
	}{
		"default, too short":        {nil, "aB3!", "Password should have a minimum length of 8"},
		"default, one kind":         {nil, "aaaaaaaa", "Password should meet 2 more of the following requirements: " + upper + ", " + number + ", " + symbol},
		"default, two kinds":        {nil, "aaaaaaa1", "Password should meet 1 more of the following requirements: " + upper + ", " + symbol},
		"default, three kinds":      {nil, "aaaaaaA1", ""},
		"lax, six characters":       {&sdk.UpdateAccountPasswordPolicyInput{}, "aaaaaa", ""},
		"lax, five":                 {&sdk.UpdateAccountPasswordPolicyInput{}, "aaaaa", "Password should have a minimum length of 6"},
		"strict, everything":        {strict, "aaaaaaaB3!", ""},
		"strict, too short":         {strict, "aaaaaB3!", "Password should have a minimum length of 10"},
		"strict, no symbol":         {strict, "aaaaaaaaB3", symbol},
		"strict, other symbol":      {strict, "aaaaaaaaB3~", symbol},
		"strict, letters elsewhere": {strict, "äaaaaaaaa3!", upper},
		"strict, digits only":       {strict, "0123456789", upper + ", " + lower + ", " + symbol},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDoor(t, func(t *testing.T, w *world) {
				w.user(t, "alice")
				if tc.policy != nil {
					_, err := w.iam.UpdateAccountPasswordPolicy(w.root, tc.policy)
					require.NoError(t, err)
				}
				_, err := w.iam.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: aws.String("alice"), Password: &tc.password})
				if tc.want == "" {
					require.NoError(t, err)
					return
				}
				requireError(t, err, "PasswordPolicyViolation", tc.want)
			})
		})
	}
}

func TestPasswordReuse(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "alice")
		alice := aws.String("alice")
		_, err := w.iam.UpdateAccountPasswordPolicy(w.root, &sdk.UpdateAccountPasswordPolicyInput{PasswordReusePrevention: aws.Int32(2)})
		require.NoError(t, err)
		_, err = w.iam.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: alice, Password: aws.String("first1")})
		require.NoError(t, err)
		set := func(password string) error {
			_, err := w.iam.UpdateLoginProfile(w.root, &sdk.UpdateLoginProfileInput{UserName: alice, Password: &password})
			return err
		}
		require.NoError(t, set("second"))
		requireError(t, set("first1"), "PasswordPolicyViolation", "Password should not be one of the previous 2 passwords")
		require.NoError(t, set("third3"))
		require.NoError(t, set("first1"), "two passwords later it may be used again")
	})
}

func TestAccountPasswordPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "admin", allowAll)
		get := func() (*types.PasswordPolicy, error) {
			out, err := client.GetAccountPasswordPolicy(ctx, &sdk.GetAccountPasswordPolicyInput{})
			if err != nil {
				return nil, err
			}
			return out.PasswordPolicy, nil
		}
		_, err := get()
		requireError(t, err, "NoSuchEntity", "The Password Policy with domain name 111122223333 cannot be found.")
		_, err = client.UpdateAccountPasswordPolicy(ctx, &sdk.UpdateAccountPasswordPolicyInput{
			MaxPasswordAge: aws.Int32(90), HardExpiry: aws.Bool(true), PasswordReusePrevention: aws.Int32(5), RequireNumbers: true,
		})
		require.NoError(t, err)
		p, err := get()
		require.NoError(t, err)
		assert.Equal(t, &types.PasswordPolicy{
			ExpirePasswords: true, HardExpiry: aws.Bool(true), MaxPasswordAge: aws.Int32(90),
			MinimumPasswordLength: aws.Int32(6), PasswordReusePrevention: aws.Int32(5), RequireNumbers: true,
		}, p)
		_, err = client.UpdateAccountPasswordPolicy(ctx, &sdk.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(20)})
		require.NoError(t, err)
		p, err = get()
		require.NoError(t, err)
		assert.Equal(t, &types.PasswordPolicy{MinimumPasswordLength: aws.Int32(20)}, p, "what is left out gets its default")
		_, err = client.UpdateAccountPasswordPolicy(ctx, &sdk.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(5)})
		requireError(t, err, "ValidationError", "1 validation error detected: Value at 'minimumPasswordLength' failed to satisfy constraint: Member must have value greater than or equal to 6")
		_, err = client.DeleteAccountPasswordPolicy(ctx, &sdk.DeleteAccountPasswordPolicyInput{})
		require.NoError(t, err)
		_, err = client.DeleteAccountPasswordPolicy(ctx, &sdk.DeleteAccountPasswordPolicyInput{})
		requireError(t, err, "NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.")
	})
}

// The account's password policy can let all users change their own passwords,
// without a policy of theirs; a policy can still deny it.
func TestUsersMayChangeTheirPasswords(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		plain := w.user(t, "plain")
		barred := w.user(t, "barred", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ChangePassword","Resource":"*"}}`)
		for _, name := range []string{"plain", "barred"} {
			_, err := w.iam.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: &name, Password: aws.String("Passw0rd!")})
			require.NoError(t, err)
		}
		change := &sdk.ChangePasswordInput{OldPassword: aws.String("Passw0rd!"), NewPassword: aws.String("N3w-password")}
		_, err := plain.ChangePassword(ctx, change)
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/plain is not authorized to perform: iam:ChangePassword on resource: user plain because no identity-based policy allows the iam:ChangePassword action")
		_, err = plain.GetAccountPasswordPolicy(ctx, &sdk.GetAccountPasswordPolicyInput{})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/plain is not authorized to perform: iam:GetAccountPasswordPolicy on resource: * because no identity-based policy allows the iam:GetAccountPasswordPolicy action")

		_, err = w.iam.UpdateAccountPasswordPolicy(w.root, &sdk.UpdateAccountPasswordPolicyInput{AllowUsersToChangePassword: true})
		require.NoError(t, err)
		_, err = plain.ChangePassword(ctx, change)
		require.NoError(t, err)
		_, err = plain.GetAccountPasswordPolicy(ctx, &sdk.GetAccountPasswordPolicyInput{})
		require.NoError(t, err)
		_, err = plain.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/plain is not authorized to perform: iam:DeleteLoginProfile on resource: user plain because no identity-based policy allows the iam:DeleteLoginProfile action")
		_, err = barred.ChangePassword(ctx, change)
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/barred is not authorized to perform: iam:ChangePassword on resource: user barred with an explicit deny in an identity-based policy")
	})
}
