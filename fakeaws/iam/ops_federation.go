package iam

import "github.com/leastpriv/leastpriv/fakeaws"

// federationOps returns the operations on what federates, links and delegates,
// and on what permissions are: instance profiles, identity providers,
// service-linked roles, delegation requests, reports and the simulator.
func (s *Fake) federationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.CreateInstanceProfile, newProfile, requestTags),
		bind(s, s.GetInstanceProfile, onProfile),
		bind(s, s.DeleteInstanceProfile, onProfile),
		bind(s, s.ListInstanceProfiles, listProfiles),
		bind(s, s.ListInstanceProfilesForRole, onRole),
		bind(s, s.AddRoleToInstanceProfile, onProfileAndRole, passedToEC2),
		bind(s, s.RemoveRoleFromInstanceProfile, onProfile),
		bind(s, s.TagInstanceProfile, onProfile, requestTags),
		bind(s, s.UntagInstanceProfile, onProfile, requestTagKeys),
		bind(s, s.ListInstanceProfileTags, onProfile),

		bind(s, s.CreateOpenIDConnectProvider, newOIDCProvider, requestTags),
		bind(s, s.GetOpenIDConnectProvider, onOIDCProvider),
		bind(s, s.DeleteOpenIDConnectProvider, onOIDCProvider),
		bind(s, s.ListOpenIDConnectProviders, pseudo("oidc-provider/*")),
		bind(s, s.UpdateOpenIDConnectProviderThumbprint, onOIDCProvider),
		bind(s, s.AddClientIDToOpenIDConnectProvider, onOIDCProvider),
		bind(s, s.RemoveClientIDFromOpenIDConnectProvider, onOIDCProvider),
		bind(s, s.TagOpenIDConnectProvider, onOIDCProvider, requestTags),
		bind(s, s.UntagOpenIDConnectProvider, onOIDCProvider, requestTagKeys),
		bind(s, s.ListOpenIDConnectProviderTags, onOIDCProvider),

		bind(s, s.CreateSAMLProvider, newSAMLProvider, requestTags),
		bind(s, s.GetSAMLProvider, onSAMLProvider),
		bind(s, s.UpdateSAMLProvider, onSAMLProvider),
		bind(s, s.DeleteSAMLProvider, onSAMLProvider),
		bind(s, s.ListSAMLProviders, pseudo("saml-provider/*")),
		bind(s, s.TagSAMLProvider, onSAMLProvider, requestTags),
		bind(s, s.UntagSAMLProvider, onSAMLProvider, requestTagKeys),
		bind(s, s.ListSAMLProviderTags, onSAMLProvider),

		bind(s, s.CreateServiceLinkedRole, newLinkedRole, awsServiceName),
		bind(s, s.DeleteServiceLinkedRole, onRole),
		bind(s, s.GetServiceLinkedRoleDeletionStatus, onDeletion),

		bind(s, s.SetSecurityTokenServicePreferences, onAccount),
		bind(s, s.EnableOutboundWebIdentityFederation, onAccount),
		bind(s, s.DisableOutboundWebIdentityFederation, onAccount),
		bind(s, s.GetOutboundWebIdentityFederationInfo, onAccount),

		bind(s, s.EnableOrganizationsRootCredentialsManagement, onAccount),
		bind(s, s.DisableOrganizationsRootCredentialsManagement, onAccount),
		bind(s, s.EnableOrganizationsRootSessions, onAccount),
		bind(s, s.DisableOrganizationsRootSessions, onAccount),
		bind(s, s.ListOrganizationsFeatures, onAccount),

		bind(s, s.CreateDelegationRequest, pseudo("delegation-request/*"), delegationKeys),
		bind(s, s.GetDelegationRequest, onDelegation),
		bind(s, s.ListDelegationRequests, onAccount, delegationOwner),
		bind(s, s.AssociateDelegationRequest, onDelegation),
		bind(s, s.UpdateDelegationRequest, onDelegation),
		bind(s, s.AcceptDelegationRequest, onDelegation),
		bind(s, s.RejectDelegationRequest, onDelegation),
		bind(s, s.SendDelegationToken, onDelegation),
		bind(s, s.GetHumanReadableSummary, onSummarized),

		bind(s, s.AcquireRole, onRoleTemplate),
		bind(s, s.GetRoleTemplateVersion, onRoleTemplate),

		bind(s, s.GenerateServiceLastAccessedDetails, onARN("Arn")),
		bind(s, s.GetServiceLastAccessedDetails, onAccount),
		bind(s, s.GetServiceLastAccessedDetailsWithEntities, onAccount),
		bind(s, s.ListPoliciesGrantingServiceAccess, onARN("Arn")),
		bind(s, s.GenerateOrganizationsAccessReport, onEntityPath, organizationsPolicy),
		bind(s, s.GetOrganizationsAccessReport, onAccount),

		bind(s, s.GetContextKeysForCustomPolicy, onAccount),
		bind(s, s.GetContextKeysForPrincipalPolicy, onSource),
		bind(s, s.SimulateCustomPolicy, onAccount),
		bind(s, s.SimulatePrincipalPolicy, onSource),
	}
}
