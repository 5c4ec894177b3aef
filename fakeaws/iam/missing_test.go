package iam_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nothing names, by member of an input, what an account without resources does not
// have, in the form that the model asks for.
func nothing(t *testing.T) map[string]any {
	t.Helper()
	tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	return map[string]any{
		"PolicyArn": aws.String("arn:aws:iam::111122223333:policy/none"), "PermissionsBoundary": aws.String("arn:aws:iam::111122223333:policy/none"), "PolicySourceArn": aws.String("arn:aws:iam::111122223333:user/none"),
		"OpenIDConnectProviderArn": aws.String("arn:aws:iam::111122223333:oidc-provider/none.example.com"), "SAMLProviderArn": aws.String("arn:aws:iam::111122223333:saml-provider/none"),
		"SerialNumber": aws.String("arn:aws:iam::111122223333:mfa/none"), "Arn": aws.String("arn:aws:iam::111122223333:user/none"),
		"EntityArn": aws.String("arn:aws:iam::111122223333:delegation-request/01234567-0123-0123-0123-0123456789ab"), "TemplateArn": aws.String(templateARN),
		"DelegationRequestId": aws.String("01234567-0123-0123-0123-0123456789ab"), "JobId": aws.String("01234567-0123-0123-0123-0123456789ab"),
		"DeletionTaskId": aws.String("task/aws-service-role/es.amazonaws.com/none/01234567-0123-0123-0123-0123456789ab"), "VersionId": aws.String("v1"),
		"Tags": tags, "TagKeys": []string{"k"}, "PolicyDocument": aws.String(allowAll), "AssumeRolePolicyDocument": aws.String(trustEC2),
		"Path": aws.String("/"), "NewPath": aws.String("/"), "PathPrefix": aws.String("/"), "Password": aws.String("Correct-Horse-7"),
		"AuthenticationCode1": aws.String("123456"), "AuthenticationCode2": aws.String("123457"), "OldPassword": aws.String("a"), "NewPassword": aws.String("b"),
		"ThumbprintList": []string{strings.Repeat("a", 40)}, "SAMLMetadataDocument": metadata(`entityID="https://idp.example.com"`, sso),
		"ServiceName": aws.String("bedrock.amazonaws.com"), "CredentialAgeDays": aws.Int32(30), "AddPrivateKey": privateKey(t), "RemovePrivateKey": aws.String(strings.Repeat("A", 24)),
		"SSHPublicKeyId": aws.String(strings.Repeat("A", 24)), "CertificateId": aws.String(strings.Repeat("A", 24)), "ServiceSpecificCredentialId": aws.String(strings.Repeat("A", 24)),
		"AccessKeyId": aws.String("AKIA" + strings.Repeat("A", 16)), "PrivateKeyId": aws.String(strings.Repeat("A", 24)), "AccountAlias": aws.String("none"),
		"MaxItems": aws.Int32(10), "ServiceNamespaces": []string{"s3"}, "CallerArn": (*string)(nil), "ResourceHandlingOption": (*string)(nil), "ContextEntries": []types.ContextEntry(nil),
		"PolicyInputList": []string{allowAll}, "PermissionsBoundaryPolicyInputList": []string(nil), "ResourcePolicy": (*string)(nil), "ResourceOwner": (*string)(nil), "ResourceArns": []string{"*"},
		"Locale": aws.String("en"), "MinorVersion": aws.Int32(0), "TemplateMinorVersion": aws.Int32(0), "AllUsers": (*bool)(nil),
	}
}

// Every operation on a resource answers NoSuchEntity when there is none, as its
// model declares.
func TestNothingIsThere(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		client := reflect.ValueOf(w.user(t, "admin", allowAll))
		known := nothing(t)
		for _, name := range declaring {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m := client.MethodByName(name)
				in := reflect.New(m.Type().In(1).Elem())
				fill(in.Elem(), known)
				out := m.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
				err, _ := out[1].Interface().(error)
				var api smithy.APIError
				if assert.ErrorAs(t, err, &api) {
					assert.Equal(t, "NoSuchEntity", api.ErrorCode(), api.ErrorMessage())
				}
			})
		}
	})
}

// declaring has the operations whose models declare NoSuchEntity, but CreateGroup,
// CreateServiceLinkedRole, ListDelegationRequests and UpdateAccountPasswordPolicy, which
// need nothing to be there, and DeleteOpenIDConnectProvider, whose page says that it does
// not fail for a provider that does not exist.
var declaring = []string{
	"AcceptDelegationRequest",
	"AcquireRole",
	"AddClientIDToOpenIDConnectProvider",
	"AddRoleToInstanceProfile",
	"AddUserToGroup",
	"AssociateDelegationRequest",
	"AttachGroupPolicy",
	"AttachRolePolicy",
	"AttachUserPolicy",
	"ChangePassword",
	"CreateAccessKey",
	"CreateLoginProfile",
	"CreatePolicyVersion",
	"CreateServiceSpecificCredential",
	"CreateUser",
	"DeactivateMFADevice",
	"DeleteAccessKey",
	"DeleteAccountAlias",
	"DeleteAccountPasswordPolicy",
	"DeleteGroup",
	"DeleteGroupPolicy",
	"DeleteInstanceProfile",
	"DeleteLoginProfile",
	"DeletePolicy",
	"DeletePolicyVersion",
	"DeleteRole",
	"DeleteRolePermissionsBoundary",
	"DeleteRolePolicy",
	"DeleteSAMLProvider",
	"DeleteServerCertificate",
	"DeleteServiceLinkedRole",
	"DeleteServiceSpecificCredential",
	"DeleteSigningCertificate",
	"DeleteSSHPublicKey",
	"DeleteUser",
	"DeleteUserPermissionsBoundary",
	"DeleteUserPolicy",
	"DeleteVirtualMFADevice",
	"DetachGroupPolicy",
	"DetachRolePolicy",
	"DetachUserPolicy",
	"EnableMFADevice",
	"GenerateServiceLastAccessedDetails",
	"GetAccountPasswordPolicy",
	"GetContextKeysForPrincipalPolicy",
	"GetDelegationRequest",
	"GetGroup",
	"GetGroupPolicy",
	"GetHumanReadableSummary",
	"GetInstanceProfile",
	"GetLoginProfile",
	"GetMFADevice",
	"GetOpenIDConnectProvider",
	"GetOrganizationsAccessReport",
	"GetPolicy",
	"GetPolicyVersion",
	"GetRole",
	"GetRolePolicy",
	"GetRoleTemplateVersion",
	"GetSAMLProvider",
	"GetServerCertificate",
	"GetServiceLastAccessedDetails",
	"GetServiceLastAccessedDetailsWithEntities",
	"GetServiceLinkedRoleDeletionStatus",
	"GetSSHPublicKey",
	"GetUser",
	"GetUserPolicy",
	"ListAccessKeys",
	"ListAttachedGroupPolicies",
	"ListAttachedRolePolicies",
	"ListAttachedUserPolicies",
	"ListEntitiesForPolicy",
	"ListGroupPolicies",
	"ListGroupsForUser",
	"ListInstanceProfilesForRole",
	"ListInstanceProfileTags",
	"ListMFADevices",
	"ListMFADeviceTags",
	"ListOpenIDConnectProviderTags",
	"ListPoliciesGrantingServiceAccess",
	"ListPolicyTags",
	"ListPolicyVersions",
	"ListRolePolicies",
	"ListRoleTags",
	"ListSAMLProviderTags",
	"ListServerCertificateTags",
	"ListServiceSpecificCredentials",
	"ListSigningCertificates",
	"ListSSHPublicKeys",
	"ListUserPolicies",
	"ListUserTags",
	"PutGroupPolicy",
	"PutRolePermissionsBoundary",
	"PutRolePolicy",
	"PutUserPermissionsBoundary",
	"PutUserPolicy",
	"RejectDelegationRequest",
	"RemoveClientIDFromOpenIDConnectProvider",
	"RemoveRoleFromInstanceProfile",
	"RemoveUserFromGroup",
	"ResetServiceSpecificCredential",
	"ResyncMFADevice",
	"SendDelegationToken",
	"SetDefaultPolicyVersion",
	"SimulatePrincipalPolicy",
	"TagInstanceProfile",
	"TagMFADevice",
	"TagOpenIDConnectProvider",
	"TagPolicy",
	"TagRole",
	"TagSAMLProvider",
	"TagServerCertificate",
	"TagUser",
	"UntagInstanceProfile",
	"UntagMFADevice",
	"UntagOpenIDConnectProvider",
	"UntagPolicy",
	"UntagRole",
	"UntagSAMLProvider",
	"UntagServerCertificate",
	"UntagUser",
	"UpdateAccessKey",
	"UpdateAssumeRolePolicy",
	"UpdateDelegationRequest",
	"UpdateGroup",
	"UpdateLoginProfile",
	"UpdateOpenIDConnectProviderThumbprint",
	"UpdateRole",
	"UpdateRoleDescription",
	"UpdateSAMLProvider",
	"UpdateServerCertificate",
	"UpdateServiceSpecificCredential",
	"UpdateSigningCertificate",
	"UpdateSSHPublicKey",
	"UpdateUser",
	"UploadSigningCertificate",
	"UploadSSHPublicKey",
}

// Everything that has tags has the same limits on them.
func TestTagLimitsOfEverything(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		furnished := w.createResources(t)
		client := reflect.ValueOf(w.user(t, "admin", allowAll))
		pairs := func(from, to int) (tags []types.Tag) {
			for i := from; i < to; i++ {
				tags = append(tags, types.Tag{Key: aws.String(fmt.Sprintf("k%d", i)), Value: aws.String("v")})
			}
			return tags
		}
		for kind, quota := range map[string]string{
			"User": "User", "Role": "Role", "Policy": "Policy", "InstanceProfile": "InstanceProfile", "MFADevice": "",
			"OpenIDConnectProvider": "", "SAMLProvider": "", "ServerCertificate": "",
		} {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				tag := func(tags []types.Tag) error {
					m := client.MethodByName("Tag" + kind)
					in := reflect.New(m.Type().In(1).Elem())
					known := maps.Clone(furnished)
					known["Tags"] = tags
					fill(in.Elem(), known)
					out := m.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
					err, _ := out[1].Interface().(error)
					return err
				}
				code := func(err error) (code, message string) {
					var api smithy.APIError
					require.ErrorAs(t, err, &api)
					return api.ErrorCode(), api.ErrorMessage()
				}
				got, _ := code(tag([]types.Tag{{Key: aws.String("A"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")}}))
				assert.Equal(t, "InvalidInput", got, "keys that differ in case only")
				got, _ = code(tag([]types.Tag{{Key: aws.String("aws:x"), Value: aws.String("1")}}))
				assert.Equal(t, "InvalidInput", got, "a prefix that is AWS's")
				require.NoError(t, tag(pairs(0, 47)), "with the three that it has")
				require.NoError(t, tag(pairs(0, 47)), "replaced")
				got, text := code(tag(pairs(47, 48)))
				assert.Equal(t, "LimitExceeded", got)
				assert.Contains(t, text, "Cannot exceed quota for TagsPer"+quota)
				require.NoError(t, tag([]types.Tag{{Key: aws.String("K0"), Value: aws.String("w")}}), "replaced, in another case")
			})
		}
	})
}

// A quota of attached policies counts policies, so that attaching one again is
// within it.
func TestAttachmentQuotas(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c, ctx, x := w.user(t, "x", allowAll), t.Context(), aws.String("x")
		w.role(t, "x")
		w.group(t, "x")
		arns := make([]string, 11)
		for i := range arns {
			arns[i] = w.policy(t, fmt.Sprintf("p%02d", i), allowAll)
		}
		for title, attach := range map[string]func(arn *string) error{
			"User": func(arn *string) error {
				return second(c.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: x, PolicyArn: arn}))
			},
			"Group": func(arn *string) error {
				return second(c.AttachGroupPolicy(ctx, &sdk.AttachGroupPolicyInput{GroupName: x, PolicyArn: arn}))
			},
			"Role": func(arn *string) error {
				return second(c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: x, PolicyArn: arn}))
			},
		} {
			for i := range 10 {
				require.NoError(t, attach(&arns[i]))
			}
			requireError(t, attach(&arns[10]), "LimitExceeded", "Cannot exceed quota for PoliciesPer"+title+": 10")
			require.NoError(t, attach(&arns[0]))
		}
	})
}

// The description of a service-linked role is the customer's to change (User Guide
// "Update a service-linked role").
func TestServiceLinkedRoleDescription(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c, ctx := w.user(t, "admin", allowAll), t.Context()
		made, err := c.CreateServiceLinkedRole(ctx, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("es.amazonaws.com"), Description: aws.String("old")})
		require.NoError(t, err)
		name := made.Role.RoleName
		updated, err := c.UpdateRoleDescription(ctx, &sdk.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("new")})
		require.NoError(t, err)
		assert.Equal(t, "new", *updated.Role.Description)
		_, err = c.UpdateRole(ctx, &sdk.UpdateRoleInput{RoleName: name, Description: aws.String("newer")})
		require.NoError(t, err)
		role, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: name})
		require.NoError(t, err)
		assert.Equal(t, "newer", *role.Role.Description)
	})
}
