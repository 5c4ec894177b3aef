package organizations

import "github.com/leastpriv/leastpriv/fakeaws"

// Ops returns the operations of Organizations, each with the accounts that it is
// for beside the management account, as the API reference has them.
func (s *Fake) Ops() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.CreateOrganization, everyone),
		bind(s, s.DescribeOrganization, everyone),
		bind(s, s.DeleteOrganization, management),

		bind(s, s.ListRoots, readers),
		bind(s, s.ListChildren, readers),
		bind(s, s.ListParents, readers),

		bind(s, s.CreateOrganizationalUnit, management),
		bind(s, s.DescribeOrganizationalUnit, readers),
		bind(s, s.UpdateOrganizationalUnit, management),
		bind(s, s.DeleteOrganizationalUnit, management),
		bind(s, s.ListOrganizationalUnitsForParent, readers),

		bind(s, s.CreateAccount, management),
		bind(s, s.DescribeCreateAccountStatus, readers),
		bind(s, s.ListCreateAccountStatus, readers),
		bind(s, s.DescribeAccount, readers),
		bind(s, s.ListAccounts, readers),
		bind(s, s.ListAccountsForParent, readers),
		bind(s, s.MoveAccount, management),
		bind(s, s.RemoveAccountFromOrganization, management),
		bind(s, s.LeaveOrganization, everyone),
		bind(s, s.CloseAccount, management),

		bind(s, s.InviteAccountToOrganization, management),
		bind(s, s.EnableAllFeatures, management),
		bind(s, s.AcceptHandshake, everyone),
		bind(s, s.DeclineHandshake, everyone),
		bind(s, s.CancelHandshake, everyone),
		bind(s, s.DescribeHandshake, everyone),
		bind(s, s.ListHandshakesForAccount, everyone),
		bind(s, s.ListHandshakesForOrganization, readers),

		bind(s, s.EnablePolicyType, delegates),
		bind(s, s.DisablePolicyType, delegates),
		bind(s, s.CreatePolicy, delegates),
		bind(s, s.DescribePolicy, readers),
		bind(s, s.UpdatePolicy, delegates),
		bind(s, s.DeletePolicy, delegates),
		bind(s, s.ListPolicies, readers),
		bind(s, s.AttachPolicy, delegates),
		bind(s, s.DetachPolicy, delegates),
		bind(s, s.ListPoliciesForTarget, readers),
		bind(s, s.ListTargetsForPolicy, readers),
		bind(s, s.DescribeEffectivePolicy, everyone),
		bind(s, s.ListAccountsWithInvalidEffectivePolicy, readers),
		bind(s, s.ListEffectivePolicyValidationErrors, readers),

		bind(s, s.EnableAWSServiceAccess, management),
		bind(s, s.DisableAWSServiceAccess, management),
		bind(s, s.ListAWSServiceAccessForOrganization, readers),
		bind(s, s.RegisterDelegatedAdministrator, management),
		bind(s, s.DeregisterDelegatedAdministrator, management),
		bind(s, s.ListDelegatedAdministrators, readers),
		bind(s, s.ListDelegatedServicesForAccount, readers),

		bind(s, s.PutResourcePolicy, management),
		bind(s, s.DescribeResourcePolicy, readers),
		bind(s, s.DeleteResourcePolicy, management),

		bind(s, s.TagResource, delegates),
		bind(s, s.UntagResource, delegates),
		bind(s, s.ListTagsForResource, readers),
	}
}
