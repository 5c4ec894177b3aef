package iam_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A creation makes a resource of that name.
type creation struct {
	kind, quota string // by its name in Service Quotas; empty when none can be set
	caseless    bool   // names are not distinguished by case (page "IAM and AWS STS quotas")
	create      func(ctx context.Context, c *sdk.Client, name string) error
}

func creations(t *testing.T) []creation {
	t.Helper()
	cert := newCertificate(t, "www", nil)
	return []creation{
		{"User", "Users per account", true, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateUser(ctx, &sdk.CreateUserInput{UserName: &n}))
		}},
		{"Group", "Groups per account", true, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateGroup(ctx, &sdk.CreateGroupInput{GroupName: &n}))
		}},
		{"Role", "Roles per account", true, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: &n, AssumeRolePolicyDocument: aws.String(trustEC2)}))
		}},
		{"Policy", "Customer managed policies per account", true, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: &n, PolicyDocument: aws.String(allowAll)}))
		}},
		{"InstanceProfile", "Instance profiles per account", true, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: &n}))
		}},
		{"ServerCertificate", "Server certificates per account", false, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.UploadServerCertificate(ctx, &sdk.UploadServerCertificateInput{ServerCertificateName: &n, CertificateBody: &cert.body, PrivateKey: &cert.secret}))
		}},
		{"OIDCProvider", "OpenId connect providers per account", false, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateOpenIDConnectProvider(ctx, &sdk.CreateOpenIDConnectProviderInput{Url: aws.String("https://" + n + ".example.com")}))
		}},
		{"SAMLProvider", "SAML providers per account", false, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateSAMLProvider(ctx, &sdk.CreateSAMLProviderInput{Name: &n, SAMLMetadataDocument: metadata(`entityID="https://idp.example.com"`, sso)}))
		}},
		{"MFADevice", "", false, func(ctx context.Context, c *sdk.Client, n string) error {
			return second(c.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &n}))
		}},
	}
}

func codeOf(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api.ErrorCode()
}

// A name is taken once, and an account has as many resources of a
// kind as its quota says. A name that is taken is said before a quota that is full.
func TestNamesAndQuotas(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for _, made := range creations(t) {
			c, ctx := w.iam, t.Context()
			require.NoError(t, made.create(ctx, c, "abc"), made.kind)
			assert.Equal(t, "EntityAlreadyExists", codeOf(t, made.create(ctx, c, "abc")), made.kind)
			if made.caseless {
				assert.Equal(t, "EntityAlreadyExists", codeOf(t, made.create(ctx, c, "ABC")), "%s in another case", made.kind)
			}
			if made.quota == "" {
				continue
			}
			require.NoError(t, w.service.SetQuota(accountID, made.quota, 1))
			assert.Equal(t, "EntityAlreadyExists", codeOf(t, made.create(ctx, c, "abc")), made.kind)
			assert.Equal(t, "LimitExceeded", codeOf(t, made.create(ctx, c, "def")), made.kind)
			require.NoError(t, w.service.SetQuota(accountID, made.quota, 2))
			require.NoError(t, made.create(ctx, c, "def"), made.kind)
		}
	})
}

// The inline policies of an entity share a size, in which white space does not count.
func TestInlineSizes(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "x")
		w.role(t, "x")
		w.group(t, "x")
		for kind, size := range map[string]int{"User": 2048, "Group": 5120, "Role": 10240} {
			put := func(name, document string) error {
				return second(w.grant("Put%sPolicy", kind, "x", map[string]string{"PolicyName": name, "PolicyDocument": document}))
			}
			document := func(size int) string {
				short := allow("s3:GetObject", "arn:aws:s3:::b/")
				return allow("s3:GetObject", "arn:aws:s3:::b/"+strings.Repeat("k", size-len(short)))
			}
			half := size / 2
			require.NoError(t, put("a", document(half)), kind)
			require.NoError(t, put("b", strings.ReplaceAll(document(half), ",", ", \n ")), "%s: white space", kind)
			err := put("c", document(200))
			requireError(t, err, "LimitExceeded", fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s x", size, strings.ToLower(kind)))
			require.NoError(t, put("b", document(half)), "%s: replaced", kind)
			assert.Equal(t, "LimitExceeded", codeOf(t, put("b", document(half+1))), kind)
		}
	})
}

// A policy of service-linked roles limits nobody else.
func TestServiceRolePolicyIsNoBoundary(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c, ctx, x := w.user(t, "x", allowAll), t.Context(), aws.String("x")
		w.role(t, "x")
		arn := aws.String("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy")
		for name, put := range map[string]func() error{
			"user": func() error {
				return second(c.PutUserPermissionsBoundary(ctx, &sdk.PutUserPermissionsBoundaryInput{UserName: x, PermissionsBoundary: arn}))
			},
			"role": func() error {
				return second(c.PutRolePermissionsBoundary(ctx, &sdk.PutRolePermissionsBoundaryInput{RoleName: x, PermissionsBoundary: arn}))
			},
		} {
			assert.Equal(t, "PolicyNotAttachable", codeOf(t, put()), name)
		}
		requireError(t, second(c.CreateUser(ctx, &sdk.CreateUserInput{UserName: aws.String("y"), PermissionsBoundary: arn})), "NoSuchEntity", "Scope ARN: "+*arn+" does not exist or is not attachable.")
		user, err := c.GetUser(ctx, &sdk.GetUserInput{UserName: x})
		require.NoError(t, err)
		assert.Nil(t, user.User.PermissionsBoundary)
		require.NoError(t, second(c.PutUserPermissionsBoundary(ctx, &sdk.PutUserPermissionsBoundaryInput{UserName: x, PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")})))
	})
}
