package sts_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A phone is an MFA device of a user.
type phone struct {
	serial string
	key    []byte
	made   time.Time
}

// phone makes a virtual MFA device and gives it to a user.
func (w *world) phone(t testing.TB, user string) *phone {
	t.Helper()
	made, err := w.iam.CreateVirtualMFADevice(t.Context(), &iamsdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &user})
	require.NoError(t, err)
	p := &phone{serial: *made.VirtualMFADevice.SerialNumber, made: w.Clock().Now()}
	p.key, err = base32.StdEncoding.DecodeString(string(made.VirtualMFADevice.Base32StringSeed))
	require.NoError(t, err)
	_, err = w.iam.EnableMFADevice(t.Context(), &iamsdk.EnableMFADeviceInput{
		UserName: &user, SerialNumber: &p.serial,
		AuthenticationCode1: p.code(-2), AuthenticationCode2: p.code(-1),
	})
	require.NoError(t, err)
	return p
}

// code is what the device shows some steps of 30 seconds after it was made.
func (p *phone) code(steps int64) *string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(p.made.Unix()/30+steps))
	mac := hmac.New(sha1.New, p.key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	return aws.String(fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000))
}

const withMFA = `"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}`

// rule 52: the trust policy sees the MFA code of the call.
func TestAssumeRoleWithMFA(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", "")
	p := w.phone(t, "alice")
	role := w.role(t, "app", trust(assume, alice, withMFA))
	_, err := u.AssumeRole(ctx, input(role))
	requireError(t, err, "AccessDenied", denied(alice, "AssumeRole", role))

	in := input(role)
	in.SerialNumber, in.TokenCode = &p.serial, p.code(0)
	out, err := u.AssumeRole(ctx, in)
	require.NoError(t, err)
	c, ok := w.Credential(*out.Credentials.AccessKeyId)
	require.True(t, ok)
	assert.False(t, c.Caller.Session.MFA, "a role session tells nothing of MFA")
	_, err = u.AssumeRole(ctx, in)
	requireError(t, err, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
}

// A code is looked at before the permissions are asked for, and used up by a call that
// has them.
func TestDeniedCallsUseNoCode(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", "")
	p := w.phone(t, "alice")
	role, other := w.role(t, "app", trust(assume, alice, withMFA)), w.role(t, "other", trust(assume, "arn:aws:iam::111122223333:root", ""))
	in := input(other)
	in.SerialNumber, in.TokenCode = &p.serial, p.code(0)
	_, err := u.AssumeRole(ctx, in)
	requireError(t, err, "AccessDenied", denied(alice, "AssumeRole", other))
	in.RoleArn = &role
	_, err = u.AssumeRole(ctx, in)
	require.NoError(t, err)
	_, err = u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{SerialNumber: in.SerialNumber, TokenCode: in.TokenCode})
	requireError(t, err, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
}

// rule 54: the credentials of GetSessionToken may call IAM when they were made
// with MFA, and every request of theirs says so.
func TestSessionTokenWithMFA(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}`)
	p := w.phone(t, "alice")
	role := w.role(t, "app", trust(assume, "arn:aws:iam::111122223333:root", withMFA))
	out, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{SerialNumber: &p.serial, TokenCode: p.code(0)})
	require.NoError(t, err)
	_, err = w.session(out.Credentials).AssumeRole(ctx, input(role))
	require.NoError(t, err)
	c, ok := w.Credential(*out.Credentials.AccessKeyId)
	require.True(t, ok)
	assert.True(t, c.Caller.Session.MFA)

	plain, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{})
	require.NoError(t, err)
	_, err = w.session(plain.Credentials).AssumeRole(ctx, input(role))
	requireError(t, err, "AccessDenied", denied(alice, "AssumeRole", role))
}

func TestMFAErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user(t, w.iam, "alice", "")
	w.user(t, w.iam, "bob", "")
	p, other := w.phone(t, "alice"), w.phone(t, "bob")
	const unknown = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
	for name, tc := range map[string]struct {
		serial, code *string
		message      string
	}{
		"no code":           {&p.serial, nil, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."},
		"no device":         {nil, p.code(0), "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."},
		"device of another": {&other.serial, other.code(0), unknown},
		"used code":         {&p.serial, p.code(-1), "MultiFactorAuthentication failed with invalid MFA one time pass code."},
		"code of tomorrow":  {&p.serial, p.code(2880), "MultiFactorAuthentication failed with invalid MFA one time pass code."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := u.GetSessionToken(t.Context(), &sdk.GetSessionTokenInput{SerialNumber: tc.serial, TokenCode: tc.code})
			requireError(t, err, "AccessDenied", tc.message)
		})
	}
	acct, _ := w.Account(accountID)
	assert.Equal(t, fakeaws.MFAUnknownDevice, w.Directory().MFACode(acct.Root.Caller, p.serial, *p.code(0), true))
	w.Clock().Advance(time.Hour)
	caller := &fakeaws.Caller{EntityID: w.userID(t, "alice")}
	assert.Equal(t, fakeaws.MFAPassed, w.Directory().MFACode(caller, p.serial, *p.code(120), true))
}

func (w *world) userID(t testing.TB, name string) string {
	t.Helper()
	out, err := w.iam.GetUser(t.Context(), &iamsdk.GetUserInput{UserName: &name})
	require.NoError(t, err)
	return *out.User.UserId
}
