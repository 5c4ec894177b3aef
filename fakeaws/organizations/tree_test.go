package organizations_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestOrganization(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]awstest.Option{"in process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			acct := awstest.New(t, options...)
			c := client(acct.Config())
			const notInUse = "Your account is not a member of an organization."
			runRows(t, []row{
				{"none yet", "AWSOrganizationsNotInUseException", "", notInUse, call(ctx, c.DescribeOrganization, &sdk.DescribeOrganizationInput{})},
				{"nothing to list", "AWSOrganizationsNotInUseException", "", notInUse, call(ctx, c.ListRoots, &sdk.ListRootsInput{})},
			})
			made, err := c.CreateOrganization(ctx, &sdk.CreateOrganizationInput{})
			require.NoError(t, err)
			o := made.Organization
			assert.Regexp(t, `^o-[a-z0-9]{10}$`, *o.Id)
			assert.Equal(t, "arn:aws:organizations::000000000000:organization/"+*o.Id, *o.Arn)
			assert.Equal(t, "arn:aws:organizations::000000000000:account/"+*o.Id+"/000000000000", *o.MasterAccountArn)
			assert.Equal(t, types.OrganizationFeatureSetAll, o.FeatureSet)
			described, err := c.DescribeOrganization(ctx, &sdk.DescribeOrganizationInput{})
			require.NoError(t, err)
			assert.Equal(t, o, described.Organization)
			roots, err := c.ListRoots(ctx, &sdk.ListRootsInput{})
			require.NoError(t, err)
			require.Len(t, roots.Roots, 1)
			assert.Regexp(t, `^arn:aws:organizations::000000000000:root/`+*o.Id+`/r-[a-z0-9]{4}$`, *roots.Roots[0].Arn)
			assert.Equal(t, []types.PolicyTypeSummary{{Type: scp, Status: types.PolicyTypeStatusEnabled}}, roots.Roots[0].PolicyTypes, "SCPs are enabled from the beginning")
			member := acct.Organization().NewAccount()
			runRows(t, []row{
				{"one organization for each account", "AlreadyInOrganizationException", "", "The AWS account is already a member of an organization.", call(ctx, c.CreateOrganization, &sdk.CreateOrganizationInput{})},
				{"nor a member's", "AlreadyInOrganizationException", "", "", call(ctx, client(member.Config()).CreateOrganization, &sdk.CreateOrganizationInput{})},
				{"with members", "OrganizationNotEmptyException", "", "", call(ctx, c.DeleteOrganization, &sdk.DeleteOrganizationInput{})},
				{"a member leaves", "", "", "", call(ctx, client(member.Config()).LeaveOrganization, &sdk.LeaveOrganizationInput{})},
				{"the management account does not", "MasterCannotLeaveOrganizationException", "", "", call(ctx, c.LeaveOrganization, &sdk.LeaveOrganizationInput{})},
				{"deleted", "", "", "", call(ctx, c.DeleteOrganization, &sdk.DeleteOrganizationInput{})},
				{"it is gone", "AWSOrganizationsNotInUseException", "", notInUse, call(ctx, c.DescribeOrganization, &sdk.DescribeOrganizationInput{})},
				{"consolidated billing", "", "", "", call(ctx, c.CreateOrganization, &sdk.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetConsolidatedBilling})},
				{"without policies", "PolicyTypeNotAvailableForOrganizationException", "", "", call(ctx, c.CreatePolicy, &sdk.CreatePolicyInput{Type: scp, Name: aws.String("p"), Description: aws.String(""), Content: aws.String(denyS3)})},
			})
			assert.Nil(t, acct.World().Membership(member.ID()))
			assert.Nil(t, acct.World().Membership(acct.ID()).SCPs)
		})
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx, root := w.t, w.t.Context(), w.org.RootID()
		outer := w.unit(root, "outer")
		inner := w.unit(outer, "inner")
		assert.Regexp(t, `^ou-`+root[2:]+`-[a-z0-9]{8}$`, outer)
		described, err := w.root.DescribeOrganizationalUnit(ctx, &sdk.DescribeOrganizationalUnitInput{OrganizationalUnitId: &inner})
		require.NoError(t, err)
		assert.Equal(t, w.org.ID()+"/"+root+"/"+outer+"/"+inner+"/", *described.OrganizationalUnit.Path)
		assert.Equal(t, "arn:aws:organizations::000000000000:ou/"+w.org.ID()+"/"+inner, *described.OrganizationalUnit.Arn)
		deep := inner
		for i := range 3 {
			deep = w.unit(deep, fmt.Sprintf("level-%d", i))
		}
		none, nowhere := aws.String("ou-"+root[2:]+"-00000000"), aws.String("r-none")
		create := func(parent *string, name string) func() error {
			return call(ctx, w.root.CreateOrganizationalUnit, &sdk.CreateOrganizationalUnitInput{ParentId: parent, Name: &name})
		}
		move := func(from, to string) func() error {
			return call(ctx, w.root.MoveAccount, &sdk.MoveAccountInput{AccountId: aws.String(w.member.ID()), SourceParentId: &from, DestinationParentId: &to})
		}
		runRows(t, []row{
			{"the name is taken", "DuplicateOrganizationalUnitException", "", "", create(&root, "outer")},
			{"not elsewhere", "", "", "", create(&inner, "outer")},
			{"no such parent", "ParentNotFoundException", "", "", create(none, "x")},
			{"no such root", "ParentNotFoundException", "", "", create(nowhere, "x")},
			{"five levels at most", "ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED", "", create(&deep, "too-deep")},
			{"renamed to its own name", "", "", "", call(ctx, w.root.UpdateOrganizationalUnit, &sdk.UpdateOrganizationalUnitInput{OrganizationalUnitId: &outer, Name: aws.String("outer")})},
			{"renamed", "", "", "", call(ctx, w.root.UpdateOrganizationalUnit, &sdk.UpdateOrganizationalUnitInput{OrganizationalUnitId: &outer, Name: aws.String("other")})},
			{"the old name is free", "", "", "", create(&root, "outer")},
			{"not empty", "OrganizationalUnitNotEmptyException", "", "", call(ctx, w.root.DeleteOrganizationalUnit, &sdk.DeleteOrganizationalUnitInput{OrganizationalUnitId: &outer})},
			{"no such OU", "OrganizationalUnitNotFoundException", "", "", call(ctx, w.root.DeleteOrganizationalUnit, &sdk.DeleteOrganizationalUnitInput{OrganizationalUnitId: none})},
			{"an empty one", "", "", "", call(ctx, w.root.DeleteOrganizationalUnit, &sdk.DeleteOrganizationalUnitInput{OrganizationalUnitId: &deep})},
			{"moved", "", "", "", move(root, inner)},
			{"not there any more", "AccountNotFoundException", "", "You specified an account that doesn't exist.", move(root, outer)},
			{"there already", "DuplicateAccountException", "", "", move(inner, inner)},
			{"nowhere", "DestinationParentNotFoundException", "", "", move(inner, *none)},
			{"from nowhere", "SourceParentNotFoundException", "", "", move(*none, inner)},
		})
		assert.Equal(t, w.org.ID()+"/"+root+"/"+outer+"/"+inner+"/", w.acct.World().Membership(w.member.ID()).Path)
		parents, err := w.root.ListParents(ctx, &sdk.ListParentsInput{ChildId: aws.String(w.member.ID())})
		require.NoError(t, err)
		assert.Equal(t, []types.Parent{{Id: &inner, Type: types.ParentTypeOrganizationalUnit}}, parents.Parents)
		accounts, err := w.root.ListAccountsForParent(ctx, &sdk.ListAccountsForParentInput{ParentId: &inner})
		require.NoError(t, err)
		require.Len(t, accounts.Accounts, 1)
		assert.Equal(t, []string{w.org.ID() + "/" + root + "/" + outer + "/" + inner + "/" + w.member.ID() + "/"}, accounts.Accounts[0].Paths)
		children, err := w.root.ListChildren(ctx, &sdk.ListChildrenInput{ParentId: &outer, ChildType: types.ChildTypeOrganizationalUnit})
		require.NoError(t, err)
		assert.Equal(t, []types.Child{{Id: &inner, Type: types.ChildTypeOrganizationalUnit}}, children.Children)
		runRows(t, []row{{"a root has no parent", "InvalidInputException", "INVALID_PATTERN", "You provided a value that does not match the required pattern.", call(ctx, w.root.ListParents, &sdk.ListParentsInput{ChildId: &root})}})
	})
}

// Every list call goes page by page, and loses and repeats nothing.
func TestPages(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx, root := w.t, w.t.Context(), w.org.RootID()
		made := make(map[string]bool)
		for i := range 25 {
			made[w.unit(root, fmt.Sprint(i))] = true
		}
		for size, pages := range map[int32]int{0: 2, 20: 2, 7: 4, 5: 5} {
			in := &sdk.ListOrganizationalUnitsForParentInput{ParentId: &root}
			if size > 0 {
				in.MaxResults = &size
			}
			p := sdk.NewListOrganizationalUnitsForParentPaginator(w.root, in)
			seen, n := make(map[string]bool), 0
			for ; p.HasMorePages(); n++ {
				out, err := p.NextPage(ctx)
				require.NoError(t, err)
				for _, u := range out.OrganizationalUnits {
					assert.False(t, seen[*u.Id])
					seen[*u.Id] = true
				}
			}
			assert.Equal(t, made, seen)
			assert.Equal(t, pages, n, "pages of %d", size)
		}
		list := func(size *int32, token *string) func() error {
			return call(ctx, w.root.ListOrganizationalUnitsForParent, &sdk.ListOrganizationalUnitsForParentInput{ParentId: &root, MaxResults: size, NextToken: token})
		}
		runRows(t, []row{
			{"too many", "InvalidInputException", "MAX_VALUE_EXCEEDED", "", list(aws.Int32(21), nil)},
			{"a token of nobody's", "InvalidInputException", "INVALID_NEXT_TOKEN", "", list(nil, aws.String("!"))},
		})
	})
}

// An account that is created has a role that the management account may assume,
// and cannot leave at once.
func TestCreateAccount(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		create := func(c *sdk.Client, email string, change func(*sdk.CreateAccountInput)) (*sdk.CreateAccountOutput, error) {
			in := &sdk.CreateAccountInput{AccountName: aws.String("sandbox"), Email: &email}
			if change != nil {
				change(in)
			}
			return c.CreateAccount(ctx, in)
		}
		out, err := create(w.root, "sandbox@example.com", func(in *sdk.CreateAccountInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
		})
		require.NoError(t, err)
		assert.Equal(t, types.CreateAccountStateInProgress, out.CreateAccountStatus.State)
		assert.Regexp(t, `^car-[a-z0-9]{32}$`, *out.CreateAccountStatus.Id)
		status, err := w.root.DescribeCreateAccountStatus(ctx, &sdk.DescribeCreateAccountStatusInput{CreateAccountRequestId: out.CreateAccountStatus.Id})
		require.NoError(t, err)
		require.Equal(t, types.CreateAccountStateSucceeded, status.CreateAccountStatus.State)
		id := status.CreateAccountStatus.AccountId
		account, err := w.root.DescribeAccount(ctx, &sdk.DescribeAccountInput{AccountId: id})
		require.NoError(t, err)
		assert.Equal(t, "sandbox", *account.Account.Name)
		assert.Equal(t, types.AccountJoinedMethodCreated, account.Account.JoinedMethod)
		assert.Equal(t, types.AccountStateActive, account.Account.State)
		tags, err := w.root.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: id})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}, tags.Tags)

		admin := w.acct.NewUser("admin", awstest.Allow("sts:AssumeRole"))
		_, err = sts.NewFromConfig(admin.Config()).AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + *id + ":role/OrganizationAccountAccessRole"), RoleSessionName: aws.String("admin"),
		})
		awstest.AssertAllowed(t, err)

		again, err := create(w.root, "Sandbox@example.com", nil)
		require.NoError(t, err, "that the address is taken turns out later")
		status, err = w.root.DescribeCreateAccountStatus(ctx, &sdk.DescribeCreateAccountStatusInput{CreateAccountRequestId: again.CreateAccountStatus.Id})
		require.NoError(t, err)
		assert.Equal(t, types.CreateAccountFailureReasonEmailAlreadyExists, status.CreateAccountStatus.FailureReason)
		failed, err := w.root.ListCreateAccountStatus(ctx, &sdk.ListCreateAccountStatusInput{States: []types.CreateAccountState{types.CreateAccountStateFailed}})
		require.NoError(t, err)
		assert.Equal(t, []types.CreateAccountStatus{*status.CreateAccountStatus}, failed.CreateAccountStatuses)

		remove := call(ctx, w.root.RemoveAccountFromOrganization, &sdk.RemoveAccountFromOrganizationInput{AccountId: id})
		named := func(name string) func() error {
			return func() error {
				_, err := create(w.root, "x@example.com", func(in *sdk.CreateAccountInput) { in.RoleName = &name })
				return err
			}
		}
		runRows(t, []row{
			{"a name that only AWS gives", "InvalidInputException", "INVALID_ROLE_NAME", "", named("AWSServiceRoleForMe")},
			{"no address", "InvalidInputException", "INVALID_PATTERN", "", func() error { _, err := create(w.root, "nobody", nil); return err }},
			{"no such request", "CreateAccountStatusNotFoundException", "", "", call(ctx, w.root.DescribeCreateAccountStatus, &sdk.DescribeCreateAccountStatusInput{CreateAccountRequestId: aws.String("car-00000000")})},
			{"no such account", "AccountNotFoundException", "", "", call(ctx, w.root.DescribeAccount, &sdk.DescribeAccountInput{AccountId: aws.String("123456789012")})},
			{"too young to leave", "ConstraintViolationException", "WAIT_PERIOD_ACTIVE", "", remove},
		})
		w.acct.Advance(4 * 24 * time.Hour)
		require.NoError(t, remove())
		assert.Nil(t, w.acct.World().Membership(*id))

		// Tags need a permission of their own.
		maker := w.acct.NewUser("maker", awstest.Allow("organizations:CreateAccount"))
		_, err = create(client(maker.Config()), "y@example.com", nil)
		awstest.AssertAllowed(t, err)
		_, err = create(client(maker.Config()), "z@example.com", func(in *sdk.CreateAccountInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
		})
		awstest.AssertDenied(t, err, "organizations:TagResource")
	})
}

// An account in GovCloud has a member account beside it, with the tags and the role.
func TestCreateGovCloudAccount(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
		in := &sdk.CreateGovCloudAccountInput{AccountName: aws.String("gov"), Email: aws.String("gov@example.com"), RoleName: aws.String("Access"), Tags: tags}
		maker := w.acct.NewUser("maker", awstest.Allow("organizations:CreateGovCloudAccount").If("StringEquals", "aws:RequestTag/team", "blue"))
		_, err := client(maker.Config()).CreateGovCloudAccount(ctx, in)
		awstest.AssertDenied(t, err, "organizations:TagResource")
		maker.Attach(awstest.Allow("organizations:TagResource"))
		out, err := client(maker.Config()).CreateGovCloudAccount(ctx, in)
		require.NoError(t, err)
		assert.Equal(t, types.CreateAccountStateInProgress, out.CreateAccountStatus.State)
		assert.Nil(t, out.CreateAccountStatus.GovCloudAccountId)
		described, err := w.root.DescribeCreateAccountStatus(ctx, &sdk.DescribeCreateAccountStatusInput{CreateAccountRequestId: out.CreateAccountStatus.Id})
		require.NoError(t, err)
		status := described.CreateAccountStatus
		require.Equal(t, types.CreateAccountStateSucceeded, status.State)
		assert.Regexp(t, `^[0-9]{12}$`, *status.GovCloudAccountId)
		assert.NotEqual(t, status.AccountId, status.GovCloudAccountId)
		listed, err := w.root.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: status.AccountId})
		require.NoError(t, err)
		assert.Equal(t, tags, listed.Tags)

		admin := w.acct.NewUser("admin", awstest.Allow("sts:AssumeRole"))
		_, err = sts.NewFromConfig(admin.Config()).AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + *status.AccountId + ":role/Access"), RoleSessionName: aws.String("admin"),
		})
		awstest.AssertAllowed(t, err)

		again, err := w.root.CreateGovCloudAccount(ctx, in)
		require.NoError(t, err)
		described, err = w.root.DescribeCreateAccountStatus(ctx, &sdk.DescribeCreateAccountStatusInput{CreateAccountRequestId: again.CreateAccountStatus.Id})
		require.NoError(t, err)
		assert.Equal(t, types.CreateAccountFailureReasonEmailAlreadyExists, described.CreateAccountStatus.FailureReason)
		assert.Nil(t, described.CreateAccountStatus.GovCloudAccountId)
		elsewhere := *in
		elsewhere.RoleName = aws.String("AWSServiceRoleForMe")
		runRows(t, []row{
			{"a name that only AWS gives", "InvalidInputException", "INVALID_ROLE_NAME", "", call(ctx, w.root.CreateGovCloudAccount, &elsewhere)},
			{"no name", "InvalidInputException", "INPUT_REQUIRED", "", call(ctx, w.root.CreateGovCloudAccount, &sdk.CreateGovCloudAccountInput{Email: in.Email})},
			{"not a member", "AccessDeniedException", "", "", call(ctx, client(w.member.Config()).CreateGovCloudAccount, in)},
		})
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		t, ctx := w.t, w.t.Context()
		policy := w.policy(scp, "p", denyS3)
		tag := func(id string, pairs ...string) func() error {
			in := &sdk.TagResourceInput{ResourceId: &id}
			for i := 0; i < len(pairs); i += 2 {
				in.Tags = append(in.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
			}
			return call(ctx, w.root.TagResource, in)
		}
		var many []string
		for i := range 50 {
			many = append(many, fmt.Sprint("key", i), "v")
		}
		runRows(t, []row{
			{"a root", "", "", "", tag(w.org.RootID(), "a", "1", "b", "2")},
			{"a policy", "", "", "", tag(policy, "a", "1")},
			{"an account", "", "", "", tag(w.member.ID(), many...)},
			{"a new value", "", "", "", tag(w.member.ID(), "key0", "w")},
			{"too many", "ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED", "", tag(w.member.ID(), "one-more", "v")},
			{"twice", "InvalidInputException", "DUPLICATE_TAG_KEY", "", tag(policy, "a", "1", "a", "2")},
			{"AWS's own", "InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER", "", tag(policy, "aws:x", "1")},
			{"AWS's policy", "InvalidInputException", "TARGET_NOT_SUPPORTED", "", tag(full, "a", "1")},
			{"nothing", "TargetNotFoundException", "", "", tag("p-00000000", "a", "1")},
			{"untagged", "", "", "", call(ctx, w.root.UntagResource, &sdk.UntagResourceInput{ResourceId: aws.String(w.org.RootID()), TagKeys: []string{"a", "none"}})},
		})
		out, err := w.root.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceId: aws.String(w.org.RootID())})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}, out.Tags)

		// Tags are conditions.
		user := w.acct.NewUser("user", awstest.Allow("organizations:DeletePolicy").If("StringEquals", "aws:ResourceTag/a", "1"))
		other := w.policy(scp, "other", denyS3)
		c := client(user.Config())
		_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyId: &other})
		awstest.AssertDenied(t, err, "organizations:DeletePolicy")
		_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyId: &policy})
		awstest.AssertAllowed(t, err)
	})
}

// What is not implemented says so by its name.
func TestNotImplemented(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(w *tree) {
		ctx := w.t.Context()
		runRows(w.t, []row{
			{"an operation", "NotImplemented", "", "organizations DescribeResponsibilityTransfer is not implemented by leastpriv.", call(ctx, w.root.DescribeResponsibilityTransfer, &sdk.DescribeResponsibilityTransferInput{Id: aws.String("rt-12345678")})},
			{"a type", "NotImplemented", "", "organizations: policies of type TAG_POLICY are not implemented by leastpriv.", call(ctx, w.root.EnablePolicyType, &sdk.EnablePolicyTypeInput{RootId: aws.String(w.org.RootID()), PolicyType: types.PolicyTypeTagPolicy})},
			{"the newest type", "NotImplemented", "", "", call(ctx, w.root.ListPolicies, &sdk.ListPoliciesInput{Filter: types.PolicyTypeGuarddutyPolicy})},
			{"no type", "InvalidInputException", "INVALID_ENUM_POLICY_TYPE", "You specified an invalid value.", call(ctx, w.root.EnablePolicyType, &sdk.EnablePolicyTypeInput{RootId: aws.String(w.org.RootID()), PolicyType: "NONE"})},
			{"SCPs have no effective policy", "InvalidInputException", "INVALID_ENUM_POLICY_TYPE", "", call(ctx, w.root.DescribeEffectivePolicy, &sdk.DescribeEffectivePolicyInput{PolicyType: "SERVICE_CONTROL_POLICY"})},
			{"nothing in effect", "EffectivePolicyNotFoundException", "", "", call(ctx, w.root.DescribeEffectivePolicy, &sdk.DescribeEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy})},
			{"no account has one that is invalid", "EffectivePolicyNotFoundException", "", "", call(ctx, w.root.ListAccountsWithInvalidEffectivePolicy, &sdk.ListAccountsWithInvalidEffectivePolicyInput{PolicyType: types.EffectivePolicyTypeTagPolicy})},
			{"nothing is wrong with it", "EffectivePolicyNotFoundException", "", "", call(ctx, w.root.ListEffectivePolicyValidationErrors, &sdk.ListEffectivePolicyValidationErrorsInput{AccountId: aws.String(w.member.ID()), PolicyType: types.EffectivePolicyTypeTagPolicy})},
			{"whose", "AccountNotFoundException", "", "", call(ctx, w.root.ListEffectivePolicyValidationErrors, &sdk.ListEffectivePolicyValidationErrorsInput{AccountId: aws.String("999999999999"), PolicyType: types.EffectivePolicyTypeTagPolicy})},
			{"missing", "InvalidInputException", "INPUT_REQUIRED", "", call(ctx, w.root.DescribePolicy, &sdk.DescribePolicyInput{})},
			{"too long", "InvalidInputException", "MAX_LENGTH_EXCEEDED", "", call(ctx, w.root.CreatePolicy, &sdk.CreatePolicyInput{Type: scp, Name: aws.String(strings.Repeat("x", 129)), Description: aws.String(""), Content: aws.String(denyS3)})},
		})
	})
}
