package organizations_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// Member accounts may ask which organization they are in, and nothing else, until
// the management account delegates.
func TestMembers(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		admin := w.member.NewUser("admin", awstest.Allow("organizations:*"))
		c, root := client(admin.Config()), w.org.RootID()
		denied := func(action, resource string) string {
			return "User: arn:aws:iam::111111111111:user/admin is not authorized to perform: organizations:" + action + " on resource: " + resource +
				" because no resource-based policy allows the organizations:" + action + " action"
		}
		describe := call(ctx, c.DescribeOrganization, &sdk.DescribeOrganizationInput{})
		list := call(ctx, c.ListAccounts, &sdk.ListAccountsInput{})
		create := call(ctx, c.CreateOrganizationalUnit, &sdk.CreateOrganizationalUnitInput{ParentId: &root, Name: aws.String("x")})
		const service = "config.amazonaws.com"
		register := call(ctx, w.root.RegisterDelegatedAdministrator, &sdk.RegisterDelegatedAdministratorInput{AccountId: aws.String(w.member.ID()), ServicePrincipal: aws.String(service)})
		runRows(t, []row{
			{"its own organization", "", "", "", describe},
			{"not the others in it", "AccessDeniedException", "", denied("ListAccounts", "*"), list},
			{"not as the root user", "AccessDeniedException", "", "", call(ctx, client(w.member.Config()).ListAccounts, &sdk.ListAccountsInput{})},
			{"no change", "AccessDeniedException", "", denied("CreateOrganizationalUnit", "arn:aws:organizations::000000000000:root/"+w.org.ID()+"/"+root), create},
			{"without trusted access", "ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED", "You must enable service access before you delegate an administrator for this service. Call the AWS API EnableAWSServiceAccess first.", register},
			{"no service", "InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.", call(ctx, w.root.EnableAWSServiceAccess, &sdk.EnableAWSServiceAccessInput{ServicePrincipal: aws.String("config")})},
			{"trusted access", "", "", "", call(ctx, w.root.EnableAWSServiceAccess, &sdk.EnableAWSServiceAccessInput{ServicePrincipal: aws.String(service)})},
			{"no delegated services", "AccountNotRegisteredException", "", "", call(ctx, w.root.ListDelegatedServicesForAccount, &sdk.ListDelegatedServicesForAccountInput{AccountId: aws.String(w.member.ID())})},
			{"a delegated administrator", "", "", "", register},
			{"only once", "AccountAlreadyRegisteredException", "", "", register},
			{"not the management account", "ConstraintViolationException", "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", "", call(ctx, w.root.RegisterDelegatedAdministrator, &sdk.RegisterDelegatedAdministratorInput{AccountId: aws.String(w.acct.ID()), ServicePrincipal: aws.String(service)})},
			{"now it may ask", "", "", "", list},
			{"but change nothing", "AccessDeniedException", "", "", create},
			{"it stays", "ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", "", call(ctx, c.LeaveOrganization, &sdk.LeaveOrganizationInput{})},
		})
		assert.True(t, w.acct.World().Membership(w.member.ID()).Administers(w.member.ID(), service))
		administrators, err := w.root.ListDelegatedAdministrators(ctx, &sdk.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(service)})
		require.NoError(t, err)
		require.Len(t, administrators.DelegatedAdministrators, 1)
		assert.Equal(t, w.member.ID(), *administrators.DelegatedAdministrators[0].Id)
		none, err := w.root.ListDelegatedAdministrators(ctx, &sdk.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String("iam.amazonaws.com")})
		require.NoError(t, err)
		assert.Empty(t, none.DelegatedAdministrators)
		services, err := w.root.ListDelegatedServicesForAccount(ctx, &sdk.ListDelegatedServicesForAccountInput{AccountId: aws.String(w.member.ID())})
		require.NoError(t, err)
		require.Len(t, services.DelegatedServices, 1)
		assert.Equal(t, service, *services.DelegatedServices[0].ServicePrincipal)
		enabled, err := w.root.ListAWSServiceAccessForOrganization(ctx, &sdk.ListAWSServiceAccessForOrganizationInput{})
		require.NoError(t, err)
		require.Len(t, enabled.EnabledServicePrincipals, 1)
		runRows(t, []row{
			{"not any more", "", "", "", call(ctx, w.root.DeregisterDelegatedAdministrator, &sdk.DeregisterDelegatedAdministratorInput{AccountId: aws.String(w.member.ID()), ServicePrincipal: aws.String(service)})},
			{"never was", "AccountNotRegisteredException", "", "", call(ctx, w.root.DeregisterDelegatedAdministrator, &sdk.DeregisterDelegatedAdministratorInput{AccountId: aws.String(w.member.ID()), ServicePrincipal: aws.String(service)})},
			{"trusted no more", "", "", "", call(ctx, w.root.DisableAWSServiceAccess, &sdk.DisableAWSServiceAccessInput{ServicePrincipal: aws.String(service)})},
			{"asks no more", "AccessDeniedException", "", denied("ListAccounts", "*"), list},
		})
		assert.Empty(t, w.acct.World().Membership(w.member.ID()).Trusted)
	})
}

// The delegation policy lets a member account manage policies of one type.
func TestDelegationPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		admin := w.member.NewUser("admin", awstest.Allow("organizations:*"))
		other := w.member.NewUser("other")
		c, target := client(admin.Config()), w.member.ID()
		put := func(document string, tags ...types.Tag) func() error {
			return call(ctx, w.root.PutResourcePolicy, &sdk.PutResourcePolicyInput{Content: &document, Tags: tags})
		}
		delegate := awstest.Document(
			awstest.Allow("organizations:ListPolicies", "organizations:CreatePolicy", "organizations:AttachPolicy", "organizations:CreateOrganizationalUnit").
				By(w.member.ID()).If("StringLikeIfExists", "organizations:PolicyType", "SERVICE_CONTROL_POLICY"),
		)
		id := w.policy(scp, "no-s3", denyS3)
		ofRCP := w.policy(rcp, "no-s3", denyRCP)
		attach := func(c *sdk.Client, id string) func() error {
			return call(ctx, c.AttachPolicy, &sdk.AttachPolicyInput{PolicyId: &id, TargetId: &target})
		}
		create := func(kind types.PolicyType, document string) func() error {
			return call(ctx, c.CreatePolicy, &sdk.CreatePolicyInput{Type: kind, Name: aws.String("theirs"), Description: aws.String(""), Content: &document})
		}
		runRows(t, []row{
			{"none yet", "ResourcePolicyNotFoundException", "", "", call(ctx, w.root.DescribeResourcePolicy, &sdk.DescribeResourcePolicyInput{})},
			{"not delegated", "AccessDeniedException", "", "", attach(c, id)},
			{"not JSON", "InvalidInputException", "INVALID_RESOURCE_POLICY_JSON", "", put("{")},
			{"nobody", "InvalidInputException", "INVALID_PRINCIPAL", "", put(awstest.Document(awstest.Allow("organizations:ListPolicies").By("arn:aws:iam::111111111111:user/nobody")))},
			{"delegated", "", "", "", put(delegate, types.Tag{Key: aws.String("k"), Value: aws.String("v")})},
			{"tags are for a new one", "ConstraintViolationException", "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED", "", put(delegate, types.Tag{Key: aws.String("k"), Value: aws.String("v")})},
			{"attaches", "", "", "", attach(c, id)},
			{"creates", "", "", "", create(scp, denyS3)},
			{"lists", "", "", "", call(ctx, c.ListPolicies, &sdk.ListPoliciesInput{Filter: scp})},
			{"not of the other type", "AccessDeniedException", "", "", attach(c, ofRCP)},
			{"nor creates one", "AccessDeniedException", "", "", create(rcp, denyRCP)},
			{"nor lists them", "AccessDeniedException", "", "", call(ctx, c.ListPolicies, &sdk.ListPoliciesInput{Filter: rcp})},
			{"not what is the management account's", "AccessDeniedException", "", "", call(ctx, c.CreateOrganizationalUnit, &sdk.CreateOrganizationalUnitInput{ParentId: aws.String(w.org.RootID()), Name: aws.String("x")})},
			{"not whom the account does not let", "AccessDeniedException", "", "", attach(client(other.Config()), id)},
		})
		policy, err := w.root.DescribeResourcePolicy(ctx, &sdk.DescribeResourcePolicyInput{})
		require.NoError(t, err)
		assert.Equal(t, delegate, *policy.ResourcePolicy.Content)
		assert.Regexp(t, `^arn:aws:organizations::000000000000:resourcepolicy/`+w.org.ID()+`/rp-[a-z0-9]{8}$`, *policy.ResourcePolicy.ResourcePolicySummary.Arn)
		tags, err := w.root.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: policy.ResourcePolicy.ResourcePolicySummary.Id})
		require.NoError(t, err)
		assert.Len(t, tags.Tags, 1)
		runRows(t, []row{
			{"withdrawn", "", "", "", call(ctx, w.root.DeleteResourcePolicy, &sdk.DeleteResourcePolicyInput{})},
			{"no more", "AccessDeniedException", "", "", call(ctx, c.ListPolicies, &sdk.ListPoliciesInput{Filter: scp})},
			{"nothing to withdraw", "ResourcePolicyNotFoundException", "", "", call(ctx, w.root.DeleteResourcePolicy, &sdk.DeleteResourcePolicyInput{})},
		})
	})
}

// Calls are authorized on the ARNs of what they name.
func TestResources(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		ou := w.unit(w.org.RootID(), "ou")
		id := w.policy(scp, "p", denyS3)
		policyARN := "arn:aws:organizations::000000000000:policy/" + w.org.ID() + "/service_control_policy/" + id
		unitARN := "arn:aws:organizations::000000000000:ou/" + w.org.ID() + "/" + ou
		user := w.acct.NewUser("user", awstest.Allow("organizations:AttachPolicy").On(policyARN))
		c := client(user.Config())
		attach := call(ctx, c.AttachPolicy, &sdk.AttachPolicyInput{PolicyId: &id, TargetId: &ou})
		err := attach()
		awstest.AssertDenied(t, err, "organizations:AttachPolicy")
		assert.ErrorContains(t, err, "on resource: "+unitARN+" because no identity-based policy allows")
		user.Attach(awstest.Allow("organizations:AttachPolicy").On(unitARN))
		awstest.AssertAllowed(t, attach())

		user.Attach(awstest.Allow("organizations:EnableAWSServiceAccess").If("StringEquals", "organizations:ServicePrincipal", "iam.amazonaws.com"))
		trust := func(service string) error {
			_, err := c.EnableAWSServiceAccess(ctx, &sdk.EnableAWSServiceAccessInput{ServicePrincipal: &service})
			return err
		}
		awstest.AssertDenied(t, trust("config.amazonaws.com"), "organizations:EnableAWSServiceAccess")
		awstest.AssertAllowed(t, trust("iam.amazonaws.com"))
	})
}
