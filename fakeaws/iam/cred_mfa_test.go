package iam_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"image/png"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// code is what an authenticator app shows of a seed some steps from a time.
func code(t testing.TB, seed []byte, at time.Time, steps int64) *string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(string(seed))
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	require.NoError(t, binary.Write(mac, binary.BigEndian, at.Unix()/30+steps))
	sum := mac.Sum(nil)
	offset := sum[19] & 15
	return aws.String(fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000))
}

// device makes a virtual MFA device.
func (w *world) device(t testing.TB, name string) *types.VirtualMFADevice {
	t.Helper()
	out, err := w.iam.CreateVirtualMFADevice(w.root, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name})
	require.NoError(t, err)
	return out.VirtualMFADevice
}

// enable gives a user an MFA device.
func (w *world) enable(t testing.TB, user string, d *types.VirtualMFADevice) {
	t.Helper()
	now := w.Clock().Now()
	_, err := w.iam.EnableMFADevice(w.root, &sdk.EnableMFADeviceInput{
		UserName: &user, SerialNumber: d.SerialNumber,
		AuthenticationCode1: code(t, d.Base32StringSeed, now, -1), AuthenticationCode2: code(t, d.Base32StringSeed, now, 0),
	})
	require.NoError(t, err)
}

func TestMFADeviceLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "alice", allowAll)
		alice := aws.String("alice")

		made, err := client.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{
			VirtualMFADeviceName: aws.String("phone"), Path: aws.String("/eng/"),
			Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		})
		require.NoError(t, err)
		d := made.VirtualMFADevice
		assert.Equal(t, "arn:aws:iam::111122223333:mfa/eng/phone", *d.SerialNumber)
		assert.Regexp(t, "^[A-Z2-7]{64}$", string(d.Base32StringSeed))
		assert.Len(t, d.Tags, 1)
		_, err = png.Decode(bytes.NewReader(d.QRCodePNG))
		require.NoError(t, err)
		_, err = client.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone"), Path: aws.String("/eng/")})
		requireError(t, err, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")

		now := w.Clock().Now()
		enable := &sdk.EnableMFADeviceInput{
			UserName: alice, SerialNumber: d.SerialNumber,
			AuthenticationCode1: code(t, d.Base32StringSeed, now, 0), AuthenticationCode2: code(t, d.Base32StringSeed, now, 0),
		}
		_, err = client.EnableMFADevice(ctx, enable)
		requireError(t, err, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
		enable.AuthenticationCode1 = code(t, d.Base32StringSeed, now, -1)
		_, err = client.EnableMFADevice(ctx, enable)
		require.NoError(t, err)
		_, err = client.EnableMFADevice(ctx, enable)
		requireError(t, err, "EntityAlreadyExists", "MFA Device with serial number "+*d.SerialNumber+" is already in use.")

		mine, err := client.ListMFADevices(ctx, &sdk.ListMFADevicesInput{})
		require.NoError(t, err)
		require.Len(t, mine.MFADevices, 1)
		assert.Equal(t, d.SerialNumber, mine.MFADevices[0].SerialNumber)
		assert.Equal(t, "alice", *mine.MFADevices[0].UserName)

		_, err = client.ResyncMFADevice(ctx, &sdk.ResyncMFADeviceInput{
			UserName: alice, SerialNumber: d.SerialNumber,
			AuthenticationCode1: code(t, d.Base32StringSeed, now, 4), AuthenticationCode2: code(t, d.Base32StringSeed, now, 5),
		})
		require.NoError(t, err)
		remove := &sdk.DeleteVirtualMFADeviceInput{SerialNumber: d.SerialNumber}
		_, err = client.DeleteVirtualMFADevice(ctx, remove)
		requireError(t, err, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
		_, err = client.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: d.SerialNumber})
		require.NoError(t, err)
		_, err = client.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{SerialNumber: d.SerialNumber})
		requireError(t, err, "NoSuchEntity", "MFA Device invalid for user.")
		_, err = client.DeleteVirtualMFADevice(ctx, remove)
		require.NoError(t, err)
		_, err = client.DeleteVirtualMFADevice(ctx, remove)
		requireError(t, err, "NoSuchEntity", "VirtualMFADevice with serial number "+*d.SerialNumber+" doesn't exist.")
		_, err = client.GetMFADevice(ctx, &sdk.GetMFADeviceInput{SerialNumber: d.SerialNumber})
		requireError(t, err, "NoSuchEntity", "MFA Device invalid for user.")
	})
}

func TestVirtualMFADeviceList(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "alice")
		for _, name := range []string{"c", "a", "b"} {
			d := w.device(t, name)
			if name == "b" {
				w.enable(t, "alice", d)
			}
		}
		list := func(in *sdk.ListVirtualMFADevicesInput) (names string, out *sdk.ListVirtualMFADevicesOutput) {
			out, err := w.iam.ListVirtualMFADevices(w.root, in)
			require.NoError(t, err)
			for _, d := range out.VirtualMFADevices {
				names += (*d.SerialNumber)[len(*d.SerialNumber)-1:]
				assert.Empty(t, d.Base32StringSeed, "the seed is shown once")
				assert.Equal(t, d.User != nil, d.EnableDate != nil)
			}
			return names, out
		}
		for status, want := range map[types.AssignmentStatusType]string{
			"": "abc", types.AssignmentStatusTypeAny: "abc",
			types.AssignmentStatusTypeAssigned: "b", types.AssignmentStatusTypeUnassigned: "ac",
		} {
			got, _ := list(&sdk.ListVirtualMFADevicesInput{AssignmentStatus: status})
			assert.Equal(t, want, got, status)
		}
		got, page := list(&sdk.ListVirtualMFADevicesInput{MaxItems: aws.Int32(2)})
		assert.Equal(t, "ab", got)
		assert.Equal(t, "alice", *page.VirtualMFADevices[1].User.UserName)
		got, page = list(&sdk.ListVirtualMFADevicesInput{Marker: page.Marker})
		assert.Equal(t, "c", got)
		assert.False(t, page.IsTruncated)
	})
}

func TestMFADeviceQuota(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "alice")
		for i := range 8 {
			w.enable(t, "alice", w.device(t, fmt.Sprint("d", i)))
		}
		d, now := w.device(t, "ninth"), w.Clock().Now()
		_, err := w.iam.EnableMFADevice(w.root, &sdk.EnableMFADeviceInput{
			UserName: aws.String("alice"), SerialNumber: d.SerialNumber,
			AuthenticationCode1: code(t, d.Base32StringSeed, now, -1), AuthenticationCode2: code(t, d.Base32StringSeed, now, 0),
		})
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8")
	})
}

func TestMFADeviceTags(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		d := w.device(t, "phone")
		client := w.user(t, "tagger", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["iam:TagMFADevice","iam:ListMFADeviceTags"],"Resource":"arn:aws:iam::111122223333:mfa/phone"},
		{"Effect":"Allow","Action":"iam:UntagMFADevice","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/Team":"blue"}}}]}`)
		_, err := client.TagMFADevice(ctx, &sdk.TagMFADeviceInput{SerialNumber: d.SerialNumber, Tags: []types.Tag{
			{Key: aws.String("team"), Value: aws.String("blue")}, {Key: aws.String("a"), Value: aws.String("b")},
		}})
		require.NoError(t, err)
		_, err = client.UntagMFADevice(ctx, &sdk.UntagMFADeviceInput{SerialNumber: d.SerialNumber, TagKeys: []string{"A"}})
		require.NoError(t, err)
		tags, err := client.ListMFADeviceTags(ctx, &sdk.ListMFADeviceTagsInput{SerialNumber: d.SerialNumber})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}, tags.Tags)
	})
}

func TestVirtualMFADeviceNameBound(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		name := string(bytes.Repeat([]byte("n"), 226))
		d := w.device(t, name)
		assert.Len(t, *d.SerialNumber, 256)
		_, err := w.iam.CreateVirtualMFADevice(w.root, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String(name + "n")})
		requireError(t, err, "InvalidInput", "The serial number of the MFA device would be longer than 256 characters.")
	})
}

func TestDeleteUserWithCredentials(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		alice := aws.String("alice")
		_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: alice})
		require.NoError(t, err)
		conflict := func(want string) {
			t.Helper()
			_, err := w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: alice})
			requireError(t, err, "DeleteConflict", "Cannot delete entity, must "+want+" first.")
		}
		_, err = w.iam.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: alice, Password: aws.String("Passw0rd!")})
		require.NoError(t, err)
		d := w.device(t, "phone")
		w.enable(t, "alice", d)
		cert, err := w.iam.UploadSigningCertificate(w.root, &sdk.UploadSigningCertificateInput{UserName: alice, CertificateBody: aws.String(newCertificate(t, "alice", nil).body)})
		require.NoError(t, err)
		ssh, err := w.iam.UploadSSHPublicKey(w.root, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String(sshLine(1, 2048))})
		require.NoError(t, err)
		git, err := w.iam.CreateServiceSpecificCredential(w.root, &sdk.CreateServiceSpecificCredentialInput{UserName: alice, ServiceName: aws.String("codecommit.amazonaws.com")})
		require.NoError(t, err)

		conflict("delete login profile")
		_, err = w.iam.DeleteLoginProfile(w.root, &sdk.DeleteLoginProfileInput{UserName: alice})
		require.NoError(t, err)
		conflict("delete MFA device")
		_, err = w.iam.DeactivateMFADevice(w.root, &sdk.DeactivateMFADeviceInput{UserName: alice, SerialNumber: d.SerialNumber})
		require.NoError(t, err)
		conflict("delete signing certificates")
		_, err = w.iam.DeleteSigningCertificate(w.root, &sdk.DeleteSigningCertificateInput{UserName: alice, CertificateId: cert.Certificate.CertificateId})
		require.NoError(t, err)
		conflict("remove referenced objects")
		_, err = w.iam.DeleteSSHPublicKey(w.root, &sdk.DeleteSSHPublicKeyInput{UserName: alice, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId})
		require.NoError(t, err)
		conflict("remove referenced objects")
		_, err = w.iam.DeleteServiceSpecificCredential(w.root, &sdk.DeleteServiceSpecificCredentialInput{UserName: alice, ServiceSpecificCredentialId: git.ServiceSpecificCredential.ServiceSpecificCredentialId})
		require.NoError(t, err)
		_, err = w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: alice})
		require.NoError(t, err)
	})
}
