package iam_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAccountAlias(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "admin", allowAll)
		list := func() []string {
			out, err := client.ListAccountAliases(ctx, &sdk.ListAccountAliasesInput{})
			require.NoError(t, err)
			return out.AccountAliases
		}
		create := func(account, alias string) error {
			_, err := w.rootOf(account).CreateAccountAlias(ctx, &sdk.CreateAccountAliasInput{AccountAlias: &alias})
			return err
		}
		assert.Empty(t, list())
		require.NoError(t, create(accountID, "one"))
		require.NoError(t, create(accountID, "two"))
		assert.Equal(t, []string{"two"}, list(), "a new alias replaces the old one")
		requireError(t, create(otherID, "two"), "EntityAlreadyExists", "The account alias two already exists.")
		require.NoError(t, create(otherID, "one"), "it is free again")
		requireError(t, create(accountID, "-x"), "ValidationError",
			"2 validation errors detected: Value at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$; Value at 'accountAlias' failed to satisfy constraint: Member must have length greater than or equal to 3")
		_, err := client.DeleteAccountAlias(ctx, &sdk.DeleteAccountAliasInput{AccountAlias: aws.String("one")})
		requireError(t, err, "NoSuchEntity", "The account alias one cannot be found.")
		_, err = client.DeleteAccountAlias(ctx, &sdk.DeleteAccountAliasInput{AccountAlias: aws.String("two")})
		require.NoError(t, err)
		assert.Empty(t, list())
	})
}

func TestAccountSummary(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		client := w.user(t, "alice", allowAll)
		w.user(t, "bob")
		w.role(t, "app")
		w.group(t, "devs")
		p := w.policy(t, "used", allowAll)
		w.policy(t, "idle", allowAll)
		for _, name := range []string{"alice", "bob"} {
			_, err := w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: &name, PolicyArn: &p})
			require.NoError(t, err)
		}
		w.enable(t, "alice", w.device(t, "a"))
		w.device(t, "b")
		out, err := client.GetAccountSummary(t.Context(), &sdk.GetAccountSummaryInput{})
		require.NoError(t, err)
		for key, want := range map[types.SummaryKeyType]int32{
			"Users": 2, "UsersQuota": 5000, "Groups": 1, "Roles": 1, "Policies": 2, "PolicyVersionsInUse": 1,
			"MFADevices": 2, "MFADevicesInUse": 1, "AccountAccessKeysPresent": 1, "AccountPasswordPresent": 1,
			"AccountMFAEnabled": 0, "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2,
			"GlobalEndpointTokenVersion": 1, "AssumeRolePolicySizeQuota": 2048,
		} {
			got, ok := out.SummaryMap[string(key)]
			assert.True(t, ok, key)
			assert.Equal(t, want, got, key)
		}
		assert.Len(t, out.SummaryMap, len(types.SummaryKeyType("").Values()))
	})
}

func TestAccountAuthorizationDetails(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		client := w.user(t, "alice", allowAll)
		w.group(t, "devs")
		w.role(t, "app")
		p := w.policy(t, "p", allowAll)
		_, err := w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: aws.String("alice"), GroupName: aws.String("devs")})
		require.NoError(t, err)
		_, err = w.iam.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: aws.String("app"), PolicyArn: &p})
		require.NoError(t, err)
		_, err = w.iam.AttachGroupPolicy(w.root, &sdk.AttachGroupPolicyInput{GroupName: aws.String("devs"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
		require.NoError(t, err)

		read := func(in *sdk.GetAccountAuthorizationDetailsInput) (names []string, all *sdk.GetAccountAuthorizationDetailsOutput) {
			all = new(sdk.GetAccountAuthorizationDetailsOutput)
			for pages := sdk.NewGetAccountAuthorizationDetailsPaginator(client, in); pages.HasMorePages(); {
				page, err := pages.NextPage(t.Context())
				require.NoError(t, err)
				for _, u := range page.UserDetailList {
					names = append(names, "user "+*u.UserName)
				}
				for _, g := range page.GroupDetailList {
					names = append(names, "group "+*g.GroupName)
				}
				for _, r := range page.RoleDetailList {
					names = append(names, "role "+*r.RoleName)
				}
				for _, p := range page.Policies {
					names = append(names, "policy "+*p.PolicyName)
				}
				all.UserDetailList = append(all.UserDetailList, page.UserDetailList...)
				all.RoleDetailList = append(all.RoleDetailList, page.RoleDetailList...)
				all.Policies = append(all.Policies, page.Policies...)
			}
			return names, all
		}
		want := []string{"user alice", "group devs", "role app", "policy p", "policy AmazonS3ReadOnlyAccess"}
		names, all := read(&sdk.GetAccountAuthorizationDetailsInput{})
		assert.Equal(t, want, names)
		assert.Equal(t, []string{"devs"}, all.UserDetailList[0].GroupList)
		require.Len(t, all.UserDetailList[0].UserPolicyList, 1)
		assert.Contains(t, *all.UserDetailList[0].UserPolicyList[0].PolicyDocument, "%22Action%22")
		assert.Equal(t, p, *all.RoleDetailList[0].AttachedManagedPolicies[0].PolicyArn)
		assert.Contains(t, *all.RoleDetailList[0].AssumeRolePolicyDocument, "ec2.amazonaws.com")
		assert.Equal(t, int32(1), *all.Policies[0].AttachmentCount)
		require.Len(t, all.Policies[0].PolicyVersionList, 1)
		assert.Contains(t, *all.Policies[1].PolicyVersionList[0].Document, "s3%3AGet%2A")

		for size := range int32(6) {
			names, _ = read(&sdk.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(size + 1)})
			assert.Equal(t, want, names, "pages of %d", size+1)
		}
		names, _ = read(&sdk.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}, MaxItems: aws.Int32(1)})
		assert.Equal(t, []string{"role app", "policy p"}, names)
	})
}

func TestCredentialReport(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "alice", allowAll)
		_, err := client.GetCredentialReport(ctx, &sdk.GetCredentialReportInput{})
		requireError(t, err, "ReportNotPresent", "")
		var missing *types.CredentialReportNotPresentException
		require.ErrorAs(t, err, &missing)

		_, err = w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("bob"), Path: aws.String("/eng/")})
		require.NoError(t, err)
		_, err = w.iam.UpdateAccountPasswordPolicy(w.root, &sdk.UpdateAccountPasswordPolicyInput{MaxPasswordAge: aws.Int32(10)})
		require.NoError(t, err)
		login, err := w.iam.CreateLoginProfile(w.root, &sdk.CreateLoginProfileInput{UserName: aws.String("bob"), Password: aws.String("Passw0rd!")})
		require.NoError(t, err)
		w.enable(t, "bob", w.device(t, "phone"))
		_, err = w.iam.UploadSigningCertificate(w.root, &sdk.UploadSigningCertificateInput{UserName: aws.String("bob"), CertificateBody: aws.String(newCertificate(t, "bob", nil).body)})
		require.NoError(t, err)

		generate := func() *sdk.GenerateCredentialReportOutput {
			out, err := w.iam.GenerateCredentialReport(w.root, &sdk.GenerateCredentialReportInput{})
			require.NoError(t, err)
			return out
		}
		started := generate()
		assert.Equal(t, types.ReportStateTypeStarted, started.State)
		assert.Equal(t, "No report exists. Starting a new report generation task", *started.Description)
		assert.Equal(t, types.ReportStateTypeComplete, generate().State)
		report, err := client.GetCredentialReport(ctx, &sdk.GetCredentialReportInput{})
		require.NoError(t, err)
		assert.Equal(t, types.ReportFormatTypeTextCsv, report.ReportFormat)
		rows, err := csv.NewReader(strings.NewReader(string(report.Content))).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 4)
		assert.Len(t, rows[0], 22)
		column := func(row int, name string) string {
			for i, header := range rows[0] {
				if header == name {
					return rows[row][i]
				}
			}
			t.Fatal("no column " + name)
			return ""
		}
		assert.Equal(t, []string{"<root_account>", "arn:aws:iam::111122223333:root"}, rows[1][:2])
		assert.Equal(t, "not_supported", column(1, "password_next_rotation"))
		assert.Equal(t, "true", column(1, "access_key_1_active"))
		assert.Equal(t, "alice", column(2, "user"))
		assert.Equal(t, "N/A", column(2, "password_last_used"))
		assert.Equal(t, "true", column(2, "access_key_1_active"))
		assert.Equal(t, "iam", column(2, "access_key_1_last_used_service"))
		assert.Equal(t, "us-east-1", column(2, "access_key_1_last_used_region"))
		assert.Equal(t, "iam", column(1, "access_key_1_last_used_service"))
		assert.Equal(t, "false", column(2, "access_key_2_active"))
		assert.Equal(t, "arn:aws:iam::111122223333:user/eng/bob", column(3, "arn"))
		assert.Equal(t, "true", column(3, "password_enabled"))
		assert.Equal(t, "no_information", column(3, "password_last_used"))
		assert.Equal(t, login.LoginProfile.CreateDate.AddDate(0, 0, 10).Format("2006-01-02T15:04:05-07:00"), column(3, "password_next_rotation"))
		assert.Equal(t, "true", column(3, "mfa_active"))
		assert.Equal(t, "true", column(3, "cert_1_active"))
		assert.Equal(t, "N/A", column(3, "cert_2_last_rotated"))

		w.user(t, "carol")
		w.Clock().Advance(3 * time.Hour)
		assert.Equal(t, types.ReportStateTypeComplete, generate().State)
		again, err := w.iam.GetCredentialReport(w.root, &sdk.GetCredentialReportInput{})
		require.NoError(t, err)
		assert.Equal(t, report.Content, again.Content, "the report of the last four hours")
		w.Clock().Advance(time.Hour)
		_, err = w.iam.GetCredentialReport(w.root, &sdk.GetCredentialReportInput{})
		requireError(t, err, "ReportExpired", "")
		assert.Equal(t, types.ReportStateTypeStarted, generate().State)
		again, err = w.iam.GetCredentialReport(w.root, &sdk.GetCredentialReportInput{})
		require.NoError(t, err)
		assert.Contains(t, string(again.Content), "user/carol")
	})
}

func TestAccountProperties(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "admin", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:GetAccountProperties","Resource":"*"},
		{"Effect":"Allow","Action":"iam:PutAccountProperties","Resource":"*","Condition":{"ForAllValues:StringEquals":{"iam:AccountPropertyNamespaces":"A"}}}]}`)
		put := func(properties map[string]string) error {
			_, err := client.PutAccountProperties(ctx, &sdk.PutAccountPropertiesInput{Properties: properties})
			return err
		}
		require.NoError(t, put(map[string]string{"A/x": "true", "A/y": "1"}))
		require.NoError(t, put(map[string]string{"A/x": "false"}))
		out, err := client.GetAccountProperties(ctx, &sdk.GetAccountPropertiesInput{})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"A/x": "false", "A/y": "1"}, out.Properties)
		requireError(t, put(map[string]string{"B/x": "1"}), "AccessDenied", "User: arn:aws:iam::111122223333:user/admin is not authorized to perform: iam:PutAccountProperties on resource: * because no identity-based policy allows the iam:PutAccountProperties action")
		set := func(properties map[string]string) error {
			_, err := w.iam.PutAccountProperties(w.root, &sdk.PutAccountPropertiesInput{Properties: properties})
			return err
		}
		requireError(t, set(map[string]string{"A/x": "1", "B/x": "1"}), "InvalidInput", "All properties must belong to the same namespace.")
		for _, key := range []string{"x", "/x", "x/", "a/b/c"} {
			requireError(t, set(map[string]string{key: "1"}), "InvalidInput", "Property key "+key+" must have the format Namespace/PropertyName.")
		}
		requireError(t, set(nil), "ValidationError", "1 validation error detected: Value at 'properties' failed to satisfy constraint: Member must not be null")
	})
}

// rule 77: the resources of these actions, and how they are printed.
func TestDeniedCredentialResources(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		u := w.user(t, "nobody")
		w.user(t, "alice")
		alice := aws.String("alice")
		const mfa, certificate = "arn:aws:iam::111122223333:mfa/", "arn:aws:iam::111122223333:server-certificate/"
		serial := aws.String(mfa + "x")
		tests := []struct {
			action, resource string
			call             func(context.Context) error
		}{
			{"CreateLoginProfile", "user alice", call(u.CreateLoginProfile, &sdk.CreateLoginProfileInput{UserName: alice, Password: aws.String("x")})},
			{"GetLoginProfile", "user nobody", call(u.GetLoginProfile, &sdk.GetLoginProfileInput{})},
			{"CreateVirtualMFADevice", mfa + "y/x", call(u.CreateVirtualMFADevice, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("x"), Path: aws.String("/y/")})},
			{"DeleteVirtualMFADevice", mfa + "x", call(u.DeleteVirtualMFADevice, &sdk.DeleteVirtualMFADeviceInput{SerialNumber: serial})},
			{"ListVirtualMFADevices", mfa, call(u.ListVirtualMFADevices, &sdk.ListVirtualMFADevicesInput{})},
			{"EnableMFADevice", "user alice", call(u.EnableMFADevice, &sdk.EnableMFADeviceInput{UserName: alice, SerialNumber: serial, AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("123456")})},
			{"DeactivateMFADevice", "user nobody", call(u.DeactivateMFADevice, &sdk.DeactivateMFADeviceInput{SerialNumber: serial})},
			{"ListMFADevices", "user alice", call(u.ListMFADevices, &sdk.ListMFADevicesInput{UserName: alice})},
			{"ListSigningCertificates", "user missing", call(u.ListSigningCertificates, &sdk.ListSigningCertificatesInput{UserName: aws.String("missing")})},
			{"UploadServerCertificate", certificate + "c", call(u.UploadServerCertificate, &sdk.UploadServerCertificateInput{ServerCertificateName: aws.String("c"), CertificateBody: aws.String("x"), PrivateKey: aws.String("x")})},
			{"GetServerCertificate", certificate + "c", call(u.GetServerCertificate, &sdk.GetServerCertificateInput{ServerCertificateName: aws.String("c")})},
			{"ListServerCertificates", certificate, call(u.ListServerCertificates, &sdk.ListServerCertificatesInput{})},
			{"UploadSSHPublicKey", "user alice", call(u.UploadSSHPublicKey, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String("x")})},
			{"ListServiceSpecificCredentials", "arn:aws:iam::111122223333:user/", call(u.ListServiceSpecificCredentials, &sdk.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true)})},
			{"ListAccountAliases", "*", call(u.ListAccountAliases, &sdk.ListAccountAliasesInput{})},
			{"GetAccountSummary", "*", call(u.GetAccountSummary, &sdk.GetAccountSummaryInput{})},
			{"GetAccountAuthorizationDetails", "*", call(u.GetAccountAuthorizationDetails, &sdk.GetAccountAuthorizationDetailsInput{})},
			{"GenerateCredentialReport", "*", call(u.GenerateCredentialReport, &sdk.GenerateCredentialReportInput{})},
			{"UpdateAccountPasswordPolicy", "*", call(u.UpdateAccountPasswordPolicy, &sdk.UpdateAccountPasswordPolicyInput{})},
		}
		for _, tc := range tests {
			t.Run(tc.action, func(t *testing.T) {
				t.Parallel()
				requireError(t, tc.call(t.Context()), "AccessDenied",
					"User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: iam:"+tc.action+
						" on resource: "+tc.resource+" because no identity-based policy allows the iam:"+tc.action+" action")
			})
		}
	})
}

// A certificate is made with tags by who may tag it, and renamed by who may
// change both names.
func TestServerCertificatePermissions(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := newCertificate(t, "www", nil)
		client := w.user(t, "ops", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:UploadServerCertificate","Resource":"*"},
		{"Effect":"Allow","Action":"iam:UpdateServerCertificate","Resource":"arn:aws:iam::111122223333:server-certificate/a*"}]}`)
		upload := &sdk.UploadServerCertificateInput{
			ServerCertificateName: aws.String("a"), CertificateBody: &c.body, PrivateKey: &c.secret,
			Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		}
		const start, end = "User: arn:aws:iam::111122223333:user/ops is not authorized to perform: iam:", " because no identity-based policy allows the iam:"
		_, err := client.UploadServerCertificate(ctx, upload)
		requireError(t, err, "AccessDenied", start+"TagServerCertificate on resource: arn:aws:iam::111122223333:server-certificate/a"+end+"TagServerCertificate action")
		upload.Tags = nil
		_, err = client.UploadServerCertificate(ctx, upload)
		require.NoError(t, err)
		_, err = client.UpdateServerCertificate(ctx, &sdk.UpdateServerCertificateInput{ServerCertificateName: aws.String("a"), NewServerCertificateName: aws.String("b")})
		requireError(t, err, "AccessDenied", start+"UpdateServerCertificate on resource: arn:aws:iam::111122223333:server-certificate/b"+end+"UpdateServerCertificate action")
		_, err = client.UpdateServerCertificate(ctx, &sdk.UpdateServerCertificateInput{ServerCertificateName: aws.String("a"), NewServerCertificateName: aws.String("a2")})
		require.NoError(t, err)
	})
}
