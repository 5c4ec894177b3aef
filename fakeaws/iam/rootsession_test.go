package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// rootSession is a client of the root user of the other account, which a user of
// the management account became for a task.
func (w *world) rootSession(t *testing.T, admin *fakeaws.Credential, task string) *sdk.Client {
	t.Helper()
	out, err := awssts.NewFromConfig(w.Config(admin.AccessKeyID, admin.SecretAccessKey, "")).AssumeRoot(t.Context(), &awssts.AssumeRootInput{
		TargetPrincipal: aws.String(otherID),
		TaskPolicyArn:   &ststypes.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/" + task)},
	})
	require.NoError(t, err)
	return w.client(&fakeaws.Credential{
		AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken,
	})
}

// The management account gives the root user of a member a way to sign in, looks
// at its credentials and takes them away: sessions of AssumeRoot act on the root
// user when they name nobody, which the root user's own keys may not.
func TestRootUserOfMember(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.organize(t, allowAll, func(o *fakeaws.Organization) { o.Management = accountID })
		w.SetRootAccess(orgID, fakeaws.RootAccess{Sessions: true, Credentials: true})
		w.user(t, "admin", allowAll)
		keys, err := w.iam.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{UserName: aws.String("admin")})
		require.NoError(t, err)
		admin, _ := w.Credential(*keys.AccessKeyMetadata[0].AccessKeyId)
		audit := w.rootSession(t, admin, "IAMAuditRootUserCredentials")
		create := w.rootSession(t, admin, "IAMCreateRootUserPassword")
		remove := w.rootSession(t, admin, "IAMDeleteRootUserCredentials")
		root := w.rootOf(otherID)

		rootKeys := "Must specify userName when calling with root user credentials"
		_, err = root.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		requireError(t, err, "ValidationError", rootKeys)
		_, err = root.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{})
		requireError(t, err, "ValidationError", rootKeys)

		profile, err := audit.GetLoginProfile(ctx, &sdk.GetLoginProfileInput{})
		require.NoError(t, err)
		assert.False(t, profile.LoginProfile.PasswordResetRequired)
		summary, err := audit.GetAccountSummary(ctx, &sdk.GetAccountSummaryInput{})
		require.NoError(t, err)
		assert.Equal(t, []int32{1, 1}, []int32{summary.SummaryMap["AccountPasswordPresent"], summary.SummaryMap["AccountAccessKeysPresent"]})
		held, err := audit.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{})
		require.NoError(t, err)
		require.Len(t, held.AccessKeyMetadata, 1)
		_, err = audit.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		require.ErrorContains(t, err, "AccessDenied", "it is not the task")

		_, err = create.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{})
		requireError(t, err, "EntityAlreadyExists", "Login Profile for user root already exists.")
		_, err = remove.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		require.NoError(t, err)
		_, err = audit.GetLoginProfile(ctx, &sdk.GetLoginProfileInput{})
		requireError(t, err, "NoSuchEntity", "Login Profile for User root cannot be found.")
		_, err = remove.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		requireError(t, err, "NoSuchEntity", "Login Profile for User root cannot be found.")
		_, err = create.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{Password: aws.String("Correct-Horse-7")})
		requireError(t, err, "ValidationError", "Password must not be specified when calling with an AssumeRoot session")
		made, err := create.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{})
		require.NoError(t, err)
		assert.NotNil(t, made.LoginProfile.CreateDate)
		_, err = remove.DeleteLoginProfile(ctx, &sdk.DeleteLoginProfileInput{})
		require.NoError(t, err)

		// Its certificate, MFA device and keys go too.
		cert, err := root.UploadSigningCertificate(ctx, &sdk.UploadSigningCertificateInput{CertificateBody: aws.String(newCertificate(t, "root", nil).body)})
		require.NoError(t, err)
		_, err = remove.DeleteSigningCertificate(ctx, &sdk.DeleteSigningCertificateInput{CertificateId: cert.Certificate.CertificateId})
		require.NoError(t, err)
		device, err := root.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("m")})
		require.NoError(t, err)
		seed, serial := device.VirtualMFADevice.Base32StringSeed, device.VirtualMFADevice.SerialNumber
		require.NoError(t, w.service.EnableRootMFADevice(otherID, *serial, *code(t, seed, w.Clock().Now(), -1), *code(t, seed, w.Clock().Now(), 0)))
		devices, err := audit.ListMFADevices(ctx, &sdk.ListMFADevicesInput{})
		require.NoError(t, err)
		require.Len(t, devices.MFADevices, 1)
		assert.Nil(t, devices.MFADevices[0].UserName)
		_, err = root.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: serial})
		requireError(t, err, "ValidationError", rootKeys)
		_, err = remove.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: serial})
		require.NoError(t, err)
		_, err = remove.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: serial})
		requireError(t, err, "NoSuchEntity", "MFA Device invalid for user.")
		for _, k := range held.AccessKeyMetadata {
			_, err = remove.DeleteAccessKey(ctx, &sdk.DeleteAccessKeyInput{AccessKeyId: k.AccessKeyId})
			require.NoError(t, err)
		}
		_, err = root.GetUser(ctx, &sdk.GetUserInput{})
		require.ErrorContains(t, err, "InvalidClientTokenId", "its key is gone")
		summary, err = audit.GetAccountSummary(ctx, &sdk.GetAccountSummaryInput{})
		require.NoError(t, err)
		for _, key := range []string{"AccountPasswordPresent", "AccountAccessKeysPresent", "AccountSigningCertificatesPresent", "AccountMFAEnabled"} {
			assert.Zero(t, summary.SummaryMap[key], key)
		}
	})
}
