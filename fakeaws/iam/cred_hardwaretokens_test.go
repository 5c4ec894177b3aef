package iam_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/totp"
)

func TestHardwareTokenLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, alice, serial, seed := t.Context(), aws.String("alice"), aws.String("GAHT12345678"), []byte("12345678901234567890")
		c := w.user(t, "alice", allowAll)
		w.user(t, "bob")
		now := w.Clock().Now()
		shows := func(steps int64) *string { return aws.String(totp.Code(seed, totp.Step(now)+steps)) }
		enable := &sdk.EnableMFADeviceInput{UserName: alice, SerialNumber: serial, AuthenticationCode1: shows(-1), AuthenticationCode2: shows(0)}
		_, err := c.EnableMFADevice(ctx, enable)
		requireError(t, err, "NoSuchEntity", "VirtualMFADevice with serial number GAHT12345678 doesn't exist.")
		require.NoError(t, w.service.AddHardwareToken(*serial, seed))
		require.Error(t, w.service.AddHardwareToken(*serial, seed), "twice")
		require.Error(t, w.service.AddHardwareToken("arn:aws:iam::111122223333:mfa/x", seed), "a virtual device")
		require.Error(t, w.service.AddHardwareToken("GAHT00000000", nil), "without a seed")

		wrong := *enable
		wrong.AuthenticationCode1 = enable.AuthenticationCode2
		_, err = c.EnableMFADevice(ctx, &wrong)
		requireError(t, err, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
		_, err = c.EnableMFADevice(ctx, enable)
		require.NoError(t, err)
		other := *enable
		other.UserName = aws.String("bob")
		_, err = c.EnableMFADevice(ctx, &other)
		requireError(t, err, "EntityAlreadyExists", "MFA Device with serial number GAHT12345678 is already in use.")

		mine, err := c.ListMFADevices(ctx, &sdk.ListMFADevicesInput{})
		require.NoError(t, err)
		require.Len(t, mine.MFADevices, 1)
		assert.Equal(t, *serial, *mine.MFADevices[0].SerialNumber)
		virtual, err := c.ListVirtualMFADevices(ctx, &sdk.ListVirtualMFADevicesInput{})
		require.NoError(t, err)
		assert.Empty(t, virtual.VirtualMFADevices, "a token is none")
		_, err = c.DeleteVirtualMFADevice(ctx, &sdk.DeleteVirtualMFADeviceInput{SerialNumber: serial})
		requireError(t, err, "NoSuchEntity", "VirtualMFADevice with serial number GAHT12345678 doesn't exist.")
		_, err = w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: alice})
		require.ErrorContains(t, err, "DeleteConflict")

		// A code of the token proves who has it, once.
		keys, err := c.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{})
		require.NoError(t, err)
		key, _ := w.Credential(*keys.AccessKeyMetadata[0].AccessKeyId)
		assert.Equal(t, fakeaws.MFAPassed, w.service.MFACode(key.Caller, *serial, *shows(1), true))
		assert.Equal(t, fakeaws.MFAWrongCode, w.service.MFACode(key.Caller, *serial, *shows(1), true))

		_, err = c.ResyncMFADevice(ctx, &sdk.ResyncMFADeviceInput{UserName: alice, SerialNumber: serial, AuthenticationCode1: shows(5), AuthenticationCode2: shows(5)})
		require.ErrorContains(t, err, "InvalidAuthenticationCode")
		_, err = c.ResyncMFADevice(ctx, &sdk.ResyncMFADeviceInput{UserName: alice, SerialNumber: serial, AuthenticationCode1: shows(4), AuthenticationCode2: shows(5)})
		require.NoError(t, err)
		_, err = c.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: serial})
		require.NoError(t, err)
		summary, err := c.GetAccountSummary(ctx, &sdk.GetAccountSummaryInput{})
		require.NoError(t, err)
		assert.Zero(t, summary.SummaryMap["MFADevicesInUse"])
		_, err = c.EnableMFADevice(ctx, &other)
		require.NoError(t, err, "it is free again")
	})
}

// A name that was deleted and made anew cannot be modified for some minutes.
func TestTemporarilyUnmodifiable(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, bob := t.Context(), aws.String("bob")
		c := w.user(t, "admin", allowAll)
		change := func() error {
			return second(c.UpdateUser(ctx, &sdk.UpdateUserInput{UserName: bob, NewPath: aws.String("/x/")}))
		}
		_, err := c.CreateUser(ctx, &sdk.CreateUserInput{UserName: bob})
		require.NoError(t, err)
		require.NoError(t, change())
		_, err = c.DeleteUser(ctx, &sdk.DeleteUserInput{UserName: bob})
		require.NoError(t, err)
		_, err = c.CreateUser(ctx, &sdk.CreateUserInput{UserName: bob})
		require.NoError(t, err)
		const text = "Entity with name bob is temporarily unmodifiable. Please wait several minutes before trying again."
		requireError(t, change(), "EntityTemporarilyUnmodifiable", text)
		_, err = c.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: bob, Password: aws.String("Correct-Horse-7")})
		require.NoError(t, err, "this has no such error")
		_, err = c.UpdateLoginProfile(ctx, &sdk.UpdateLoginProfileInput{UserName: bob, Password: aws.String("Correct-Horse-8")})
		requireError(t, err, "EntityTemporarilyUnmodifiable", text)
		_, err = c.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{UserName: bob})
		requireError(t, err, "EntityTemporarilyUnmodifiable", text)
		w.Clock().Advance(2 * time.Minute)
		require.NoError(t, change())
		_, err = c.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{UserName: bob})
		require.NoError(t, err)
	})
}
