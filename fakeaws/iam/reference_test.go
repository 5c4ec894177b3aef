package iam_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Credentials are active or inactive by request; they expire by themselves.
func TestNoCredentialIsMadeExpired(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, alice, expired := t.Context(), aws.String("alice"), types.StatusTypeExpired
		c := w.user(t, *alice, allowAll)
		keys, err := c.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{})
		require.NoError(t, err)
		cert, err := c.UploadSigningCertificate(ctx, &sdk.UploadSigningCertificateInput{CertificateBody: aws.String(newCertificate(t, "alice", nil).body)})
		require.NoError(t, err)
		ssh, err := c.UploadSSHPublicKey(ctx, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String(sshLine(7, 2048))})
		require.NoError(t, err)
		git, err := c.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{UserName: alice, ServiceName: aws.String("codecommit.amazonaws.com")})
		require.NoError(t, err)
		for operation, err := range map[string]error{
			"UpdateAccessKey": second(c.UpdateAccessKey(ctx, &sdk.UpdateAccessKeyInput{AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId, Status: expired})),
			"UpdateSigningCertificate": second(c.UpdateSigningCertificate(ctx, &sdk.UpdateSigningCertificateInput{
				CertificateId: cert.Certificate.CertificateId, Status: expired})),
			"UpdateSSHPublicKey": second(c.UpdateSSHPublicKey(ctx, &sdk.UpdateSSHPublicKeyInput{
				UserName: alice, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId, Status: expired})),
			"UpdateServiceSpecificCredential": second(c.UpdateServiceSpecificCredential(ctx, &sdk.UpdateServiceSpecificCredentialInput{
				ServiceSpecificCredentialId: git.ServiceSpecificCredential.ServiceSpecificCredentialId, Status: expired})),
		} {
			require.Error(t, err, operation)
			requireError(t, err, "ValidationError", "The status must be Active or Inactive.")
		}
		keys, err = c.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{})
		require.NoError(t, err, "the key is as good as before")
		assert.Equal(t, types.StatusTypeActive, keys.AccessKeyMetadata[0].Status)
	})
}

// rule 37: of a user who was deleted GetRole shows the id, which trusts nobody, and
// which a new trust policy may not name.
func TestTrustInTheDeleted(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx, bob, role := t.Context(), aws.String("bob"), aws.String("r")
		c := w.user(t, "admin", allowAll)
		w.user(t, *bob, allowAll)
		made, err := c.GetUser(ctx, &sdk.GetUserInput{UserName: bob})
		require.NoError(t, err)
		trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"sts:AssumeRole"}}`
		_, err = c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
		assume := func() error {
			keys, err := c.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{UserName: bob})
			require.NoError(t, err)
			key, _ := w.Credential(*keys.AccessKeyMetadata[0].AccessKeyId)
			return second(awssts.NewFromConfig(w.Config(key.AccessKeyID, key.SecretAccessKey, "")).AssumeRole(ctx, &awssts.AssumeRoleInput{
				RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), RoleSessionName: bob,
			}))
		}
		require.NoError(t, assume())

		keys, err := c.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{UserName: bob})
		require.NoError(t, err)
		for _, k := range keys.AccessKeyMetadata {
			_, err = c.DeleteAccessKey(ctx, &sdk.DeleteAccessKeyInput{UserName: bob, AccessKeyId: k.AccessKeyId})
			require.NoError(t, err)
		}
		inline, err := c.ListUserPolicies(ctx, &sdk.ListUserPoliciesInput{UserName: bob})
		require.NoError(t, err)
		for _, name := range inline.PolicyNames {
			_, err = c.DeleteUserPolicy(ctx, &sdk.DeleteUserPolicyInput{UserName: bob, PolicyName: &name})
			require.NoError(t, err)
		}
		_, err = c.DeleteUser(ctx, &sdk.DeleteUserInput{UserName: bob})
		require.NoError(t, err)
		got, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: role})
		require.NoError(t, err)
		shown, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
		require.NoError(t, err)
		assert.Contains(t, shown, `"AWS":"`+*made.User.UserId+`"`)
		assert.NotContains(t, shown, "user/bob")

		w.user(t, *bob, allow("s3:*", "*"))
		requireError(t, assume(), "AccessDenied",
			"User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/r")
		_, err = c.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &shown})
		requireError(t, err, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+*made.User.UserId+`"`)
		_, err = c.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &trust})
		require.NoError(t, err, "it names the new one")
		require.NoError(t, assume())
	})
}
