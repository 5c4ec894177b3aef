package kms_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// A bounded is a World whose IAM has users, roles and boundaries.
type bounded struct {
	*worldtest.World
	iam *awsiam.Client
	kms *awskms.Client
	key *types.KeyMetadata
}

func newBounded(t *testing.T, door worldtest.Door) *bounded {
	t.Helper()
	w := worldtest.New(t, door, kms.Service, iam.Service, sts.Service)
	b := &bounded{World: w, iam: awsiam.NewFromConfig(w.RootConfig(owner)), kms: awskms.NewFromConfig(w.RootConfig(owner))}
	made, err := b.kms.CreateKey(t.Context(), &awskms.CreateKeyInput{})
	require.NoError(t, err)
	b.key = made.KeyMetadata
	return b
}

func (b *bounded) client(id, secret, token *string) *awskms.Client {
	return awskms.NewFromConfig(b.ConfigOf(credentials.NewStaticCredentialsProvider(*id, *secret, aws.ToString(token))))
}

// boundary makes a policy for boundaries.
func (b *bounded) boundary(t *testing.T, action string) *string {
	t.Helper()
	out, err := b.iam.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("boundary"), PolicyDocument: aws.String(allow(action, "*"))})
	require.NoError(t, err)
	return out.Policy.Arn
}

func (b *bounded) user(t *testing.T, name string) *awskms.Client {
	t.Helper()
	_, err := b.iam.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	k, err := b.iam.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	return b.client(k.AccessKey.AccessKeyId, k.AccessKey.SecretAccessKey, nil)
}

// role makes a role that every user of the account may assume.
func (b *bounded) role(t *testing.T, name string) *string {
	t.Helper()
	out, err := b.iam.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + owner + `"},"Action":"sts:AssumeRole"}}`)})
	require.NoError(t, err)
	return out.Role.Arn
}

// assume assumes a role, with a session policy if there is one.
func (b *bounded) assume(t *testing.T, role, policy *string) *awskms.Client {
	t.Helper()
	admin := aws.String("admin")
	if _, err := b.iam.GetUser(t.Context(), &awsiam.GetUserInput{UserName: admin}); err != nil {
		_, err = b.iam.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: admin})
		require.NoError(t, err)
		_, err = b.iam.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: admin, PolicyName: admin, PolicyDocument: aws.String(allow("sts:AssumeRole", "*"))})
		require.NoError(t, err)
	}
	k, err := b.iam.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: admin})
	require.NoError(t, err)
	defer func() {
		_, err := b.iam.DeleteAccessKey(context.Background(), &awsiam.DeleteAccessKeyInput{UserName: admin, AccessKeyId: k.AccessKey.AccessKeyId})
		require.NoError(t, err)
	}()
	cfg := b.ConfigOf(credentials.NewStaticCredentialsProvider(*k.AccessKey.AccessKeyId, *k.AccessKey.SecretAccessKey, ""))
	out, err := awssts.NewFromConfig(cfg).AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("session"), Policy: policy})
	require.NoError(t, err)
	return b.client(out.Credentials.AccessKeyId, out.Credentials.SecretAccessKey, out.Credentials.SessionToken)
}

func (b *bounded) grant(t *testing.T, grantee string) {
	t.Helper()
	_, err := b.kms.CreateGrant(t.Context(), &awskms.CreateGrantInput{KeyId: b.key.KeyId, GranteePrincipal: &grantee, Operations: []types.GrantOperation{types.GrantOperationEncrypt}})
	require.NoError(t, err)
}

func (b *bounded) encrypt(t *testing.T, client *awskms.Client) error {
	t.Helper()
	_, err := client.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: b.key.KeyId, Plaintext: []byte("x")})
	return err
}

// A grant allows no more than what bounds the grantee: the permissions boundary of a user or
// a role, and the session policy, also where the grant names the user or the session.
func TestGrantAndBounds(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		b := newBounded(t, door)
		ctx := t.Context()
		boundary := b.boundary(t, "s3:*")
		alice := b.user(t, "alice")
		b.grant(t, userARN(owner, "alice"))
		require.NoError(t, b.encrypt(t, alice))
		_, err := b.iam.PutUserPermissionsBoundary(ctx, &awsiam.PutUserPermissionsBoundaryInput{UserName: aws.String("alice"), PermissionsBoundary: boundary})
		require.NoError(t, err)
		requireCode(t, b.encrypt(t, alice), "AccessDeniedException")

		role := b.role(t, "worker")
		b.grant(t, *role)
		require.NoError(t, b.encrypt(t, b.assume(t, role, nil)))
		require.NoError(t, b.encrypt(t, b.assume(t, role, aws.String(allow("kms:Encrypt", "*")))))
		requireCode(t, b.encrypt(t, b.assume(t, role, aws.String(allow("s3:*", "*")))), "AccessDeniedException")
		_, err = b.iam.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("worker"), PermissionsBoundary: boundary})
		require.NoError(t, err)
		requireCode(t, b.encrypt(t, b.assume(t, role, nil)), "AccessDeniedException")

		session := b.role(t, "session")
		b.grant(t, "arn:aws:sts::"+owner+":assumed-role/session/session")
		require.NoError(t, b.encrypt(t, b.assume(t, session, nil)))
		requireCode(t, b.encrypt(t, b.assume(t, session, aws.String(allow("s3:*", "*")))), "AccessDeniedException")
	})
}

// A role that is made anew under an old name has none of its grants.
func TestGrantOfARoleMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBounded(t, worldtest.InProcess)
	role := b.role(t, "worker")
	b.grant(t, *role)
	require.NoError(t, b.encrypt(t, b.assume(t, role, nil)))
	_, err := b.iam.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("worker")})
	require.NoError(t, err)
	requireCode(t, b.encrypt(t, b.assume(t, b.role(t, "worker"), nil)), "AccessDeniedException")
}
