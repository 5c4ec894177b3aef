package iam_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A role is made without its longest session in the answer, which GetRole, ListRoles and
// the account's details have.
func TestMembersOfANewRole(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		made, err := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{
			RoleName: aws.String("web"), AssumeRolePolicyDocument: aws.String(trustEC2), MaxSessionDuration: aws.Int32(7200),
			Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
		})
		require.NoError(t, err)
		assert.Nil(t, made.Role.MaxSessionDuration)
		assert.Nil(t, made.Role.RoleLastUsed)
		assert.Len(t, made.Role.Tags, 1)
		linked, err := w.iam.CreateServiceLinkedRole(w.root, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("rds.amazonaws.com")})
		require.NoError(t, err)
		assert.Nil(t, linked.Role.MaxSessionDuration)

		got, err := w.iam.GetRole(w.root, &sdk.GetRoleInput{RoleName: aws.String("web")})
		require.NoError(t, err)
		assert.Equal(t, int32(7200), *got.Role.MaxSessionDuration)
		assert.NotNil(t, got.Role.RoleLastUsed)
		all, err := w.iam.ListRoles(w.root, &sdk.ListRolesInput{PathPrefix: aws.String("/aws-service-role/")})
		require.NoError(t, err)
		require.Len(t, all.Roles, 1)
		assert.Equal(t, int32(3600), *all.Roles[0].MaxSessionDuration)
	})
}

// What CreateServiceLinkedRole makes for a service: the role's name does not follow from
// the principal.
func TestWhatServiceLinkedRolesAre(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for service, want := range map[string]struct{ name, policy string }{
			"acm.amazonaws.com":                   {"AWSServiceRoleForCertificateManager", "CertificateManagerServiceRolePolicy"},
			"cks.kms.amazonaws.com":               {"AWSServiceRoleForKeyManagementServiceCustomKeyStores", "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"},
			"docdb-elastic.amazonaws.com":         {"AWSServiceRoleForDocDB-Elastic", "AmazonDocDB-ElasticServiceRolePolicy"},
			"replication.ecr.amazonaws.com":       {"AWSServiceRoleForECRReplication", "ECRReplicationServiceRolePolicy"},
			"replication.cassandra.amazonaws.com": {"AWSServiceRoleForKeyspacesReplication", "KeyspacesReplicationServiceRolePolicy"},
			"rds.amazonaws.com":                   {"AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"},
			"ssm.amazonaws.com":                   {"AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy"},
		} {
			made, err := w.iam.CreateServiceLinkedRole(w.root, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: &service})
			require.NoError(t, err, service)
			assert.Equal(t, want.name, *made.Role.RoleName)
			got, err := w.iam.GetRole(w.root, &sdk.GetRoleInput{RoleName: made.Role.RoleName})
			require.NoError(t, err)
			assert.Nil(t, got.Role.Description)
			assert.Equal(t, "/aws-service-role/"+service+"/", *got.Role.Path)
			trust, err := url.QueryUnescape(*got.Role.AssumeRolePolicyDocument)
			require.NoError(t, err)
			assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"`+service+`"}}]}`, trust)
			attached, err := w.iam.ListAttachedRolePolicies(w.root, &sdk.ListAttachedRolePoliciesInput{RoleName: made.Role.RoleName})
			require.NoError(t, err)
			require.Len(t, attached.AttachedPolicies, 1)
			assert.Equal(t, "arn:aws:iam::aws:policy/aws-service-role/"+want.policy, *attached.AttachedPolicies[0].PolicyArn)
		}
		named, err := w.iam.CreateServiceLinkedRole(w.root, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("sso.amazonaws.com"), Description: aws.String("mine")})
		require.NoError(t, err)
		assert.Equal(t, "mine", *named.Role.Description)
	})
}

// Three services take a suffix; all others refuse one, also services that nobody tried.
func TestSuffixesOfServiceLinkedRoles(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for service, name := range map[string]string{
			"autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling_two",
			"connect.amazonaws.com":     "AWSServiceRoleForAmazonConnect_two",
			"lexv2.amazonaws.com":       "AWSServiceRoleForLexV2Bots_two",
			"acm.amazonaws.com":         "",
			"unheard-of.amazonaws.com":  "",
		} {
			made, err := w.iam.CreateServiceLinkedRole(w.root, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: &service, CustomSuffix: aws.String("two")})
			if name == "" {
				requireError(t, err, "InvalidInput", "Custom suffix is not allowed for "+service)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, name, *made.Role.RoleName)
		}
	})
}

// Errors about service-specific credentials, and the order in which IAM finds them: the
// input, the user, the service, the credential.
func TestErrorsOfServiceSpecificCredentials(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "jane")
		str := aws.String
		for what, tc := range map[string]struct {
			err           error
			code, message string
		}{
			"no such user, no such service": {
				second(w.iam.CreateServiceSpecificCredential(w.root, &sdk.CreateServiceSpecificCredentialInput{UserName: str("joe"), ServiceName: str("lambda.amazonaws.com")})),
				"NoSuchEntity", "The user with name joe cannot be found.",
			},
			"no such service": {
				second(w.iam.CreateServiceSpecificCredential(w.root, &sdk.CreateServiceSpecificCredentialInput{UserName: str("jane"), ServiceName: str("lambda.amazonaws.com")})),
				"NoSuchEntity", "No such service lambda.amazonaws.com is supported for Service Specific Credentials",
			},
			"no such service, listed": {
				second(w.iam.ListServiceSpecificCredentials(w.root, &sdk.ListServiceSpecificCredentialsInput{UserName: str("jane"), ServiceName: str("x.amazonaws.com")})),
				"NoSuchEntity", "No such service x.amazonaws.com is supported for Service Specific Credentials",
			},
			"no such credential": {
				second(w.iam.ResetServiceSpecificCredential(w.root, &sdk.ResetServiceSpecificCredentialInput{UserName: str("jane"), ServiceSpecificCredentialId: str("likeanidentifierbutnone")})),
				"NoSuchEntity", "No such credential likeanidentifierbutnone exists",
			},
			"no identifier": {
				second(w.iam.DeleteServiceSpecificCredential(w.root, &sdk.DeleteServiceSpecificCredentialInput{UserName: str("joe"), ServiceSpecificCredentialId: str("an-identifier-with-hyphens")})),
				"ValidationError", `1 validation error detected: Value at 'serviceSpecificCredentialId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w]+`,
			},
			"no status": {
				second(w.iam.UpdateServiceSpecificCredential(w.root, &sdk.UpdateServiceSpecificCredentialInput{UserName: str("jane"), ServiceSpecificCredentialId: str("likeanidentifierbutnone"), Status: "Off"})),
				"ValidationError", "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
			},
		} {
			t.Run(what, func(t *testing.T) { requireError(t, tc.err, tc.code, tc.message) })
		}
	})
}

// Documents, keys and certificates have characters of Latin-1 alone, and IAM has words of
// its own for others.
func TestCharactersOfDocumentsAndKeys(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "jane")
		document := aws.String(`{"Version":"2012-10-17","Statement":{"Sid":"łódź","Effect":"Allow","Action":"*","Resource":"*"}}`)
		_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: aws.String("jane"), PolicyName: aws.String("p"), PolicyDocument: document})
		requireError(t, err, "ValidationError", "The specified value for policyDocument is invalid. It must contain only printable ASCII characters.")
		_, err = w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: document})
		requireError(t, err, "ValidationError", "The specified value for policyDocument is invalid. It must contain only printable ASCII characters.")
		_, err = w.iam.UploadServerCertificate(w.root, &sdk.UploadServerCertificateInput{ServerCertificateName: aws.String("c"), CertificateBody: aws.String("x"), PrivateKey: aws.String("ł")})
		requireError(t, err, "ValidationError", "The specified value for privateKey is invalid. It must contain only printable ASCII characters.")
	})
}
